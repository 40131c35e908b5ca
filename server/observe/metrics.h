// The metrics of a greeterd, in Prometheus' terms. Each scrape reads the published snapshot and the
// counters that the workers keep anyway.

#ifndef GREETER_OBSERVE_METRICS_H_
#define GREETER_OBSERVE_METRICS_H_

#include <string>
#include <vector>

#include "observe/sources.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace greeter::observe {

// Any thread.
class Metrics final : public prometheus::Collectable {
 public:
  explicit Metrics(Sources sources);

  // Before the controller has started, what there is without it.
  std::vector<prometheus::MetricFamily> Collect() const override;

  // Collect() in Prometheus' text format, of this content type.
  std::string Text() const;
  static constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

 private:
  const Sources sources_;
};

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_METRICS_H_
