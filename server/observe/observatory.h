// Everything to be seen of a greeterd over HTTP: /metrics for Prometheus, /livez and /readyz for
// probes, /status.json for programs and / for people.

#ifndef GREETER_OBSERVE_OBSERVATORY_H_
#define GREETER_OBSERVE_OBSERVATORY_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/address.h"
#include "observe/http_server.h"
#include "observe/metrics.h"
#include "observe/recent_changes.h"
#include "observe/sources.h"

namespace greeter::observe {

class Observatory {
 public:
  // In place of an address: nothing is to be seen.
  static constexpr char kNone[] = "none";

  struct Options {
    // As people write it, or kNone.
    std::string address;
    // An address that was not asked for is not worth a failure: it is logged, and nothing is seen.
    bool is_default = false;
    HttpServer::Options http = {};
  };

  // Serves from now on; before the controller has started it says so. FAILED_PRECONDITION if the
  // address can't be had, INVALID_ARGUMENT if it is none.
  static absl::StatusOr<std::unique_ptr<Observatory>> Open(Sources sources, const Options& options);
  // Whatever is being asked is answered first.
  ~Observatory() = default;
  Observatory(const Observatory&) = delete;
  Observatory& operator=(const Observatory&) = delete;

  // "http://127.0.0.1:9464/"; empty if nothing is served.
  std::string url() const;

 private:
  explicit Observatory(Sources sources);

  HttpServer::Routes Routes();
  HttpResponse Status();

  const Sources sources_;
  const Metrics metrics_;
  RecentChanges changes_;
  // Last, for its thread uses all of the above.
  std::unique_ptr<HttpServer> http_;
};

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_OBSERVATORY_H_
