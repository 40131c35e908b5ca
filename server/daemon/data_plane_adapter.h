// Puts data_plane::Engine behind the seam that the control plane needs. The only file that knows
// both vocabularies: the API's messages there, plain types here.

#ifndef GREETER_DAEMON_DATA_PLANE_ADAPTER_H_
#define GREETER_DAEMON_DATA_PLANE_ADAPTER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/data_plane.h"
#include "data_plane/engine.h"

namespace greeter::daemon {

// Threads as stated by control::DataPlane.
class DataPlaneAdapter final : public control::DataPlane {
 public:
  // What templates can say that does not depend on a listener.
  struct Identity {
    std::string hostname;
    std::string server_id;
    std::map<std::string, std::string> labels;
  };

  // `engine` must outlive this.
  DataPlaneAdapter(data_plane::Engine* engine, Identity identity);

  std::vector<control::FieldViolation> Check(const api::Config& config) const override;
  std::unique_ptr<Preparation> Prepare(const api::Config& config) override;
  void Activate(std::unique_ptr<Preparation> preparation, uint64_t revision) override;
  std::vector<api::ListenerStatus> Observe() const override;
  api::ConnectionCounts Counts(const std::string& listener) const override;

  // How long the connections of `listener` took, as Counts().
  data_plane::TimesReading Times(const std::string& listener) const;

 private:
  using CountsByName = std::map<std::string, std::shared_ptr<const data_plane::ListenerCounts>>;

  absl::StatusOr<data_plane::Greeting> Compile(const api::Listener& listener) const;
  // Null for an unknown listener.
  std::shared_ptr<const data_plane::ListenerCounts> Find(const std::string& listener) const;
  data_plane::ListenerSpec ToSpec(const api::Listener& listener) const;

  // Constant after construction.
  data_plane::Engine* const engine_;
  const Identity identity_;

  // Owned by the controller thread.
  std::map<std::string, absl::Status> failures_;
  uint64_t revision_ = 0;

  // Guarded by mutex_: the pointer, not what it points to.
  mutable std::mutex mutex_;
  std::shared_ptr<const CountsByName> counts_ = std::make_shared<const CountsByName>();
};

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_DATA_PLANE_ADAPTER_H_
