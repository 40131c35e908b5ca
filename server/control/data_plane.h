// What the control plane needs of a data plane. The controller decides; the data plane does.
//
// A change passes through in two steps, so that it can be refused as a whole: Prepare binds what is
// new beside what serves, Activate switches over. A preparation that is destroyed without being
// activated leaves no trace. (What could be bound may still be kept from listening by a process
// that is just as quick, which is as good as never: Observe() tells.)

#ifndef GREETER_CONTROL_DATA_PLANE_H_
#define GREETER_CONTROL_DATA_PLANE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "control/api.h"
#include "control/field_violation.h"

namespace greeter::control {

class DataPlane {
 public:
  // A Config that is bound and compiled, ready to be switched to.
  class Preparation {
   public:
    virtual ~Preparation() = default;

    // Enabled listeners that could not be bound, by name: FAILED_PRECONDITION, with a message for
    // the operator that names the address, the reason and what to do.
    virtual const std::map<std::string, absl::Status>& failures() const = 0;
  };

  virtual ~DataPlane() = default;

  // What the data plane could never serve: addresses and templates that do not parse, addresses
  // that overlap. Field paths start at the Config ("listeners[2].address"). Any thread.
  virtual std::vector<FieldViolation> Check(const api::Config& config) const = 0;

  // Binds the enabled listeners of `config` that are not bound yet. `config` has passed Check.
  // What serves now goes on serving, unchanged. Controller thread.
  virtual std::unique_ptr<Preparation> Prepare(const api::Config& config) = 0;

  // Switches every worker to `preparation`, which is this data plane's newest, and returns when all
  // have: connections accepted from then on belong to `revision`, and addresses no longer wanted
  // refuse. Listeners in failures() do not listen. Controller thread.
  virtual void Activate(std::unique_ptr<Preparation> preparation, uint64_t revision) = 0;

  // The listeners as last activated, in the Config's order, without counts. Controller thread.
  virtual std::vector<api::ListenerStatus> Observe() const = 0;

  // Counts of one listener as last activated; an unknown name gives zeroes.
  // Any thread; never waits for a worker.
  virtual api::ConnectionCounts Counts(const std::string& listener) const = 0;
};

}  // namespace greeter::control

#endif  // GREETER_CONTROL_DATA_PLANE_H_
