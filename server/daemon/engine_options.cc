#include "daemon/engine_options.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/cpus.h"
#include "net/listening_sockets.h"

namespace greeter::daemon {

data_plane::Engine::Options EngineOptions(const Options& options, int descriptors,
                                          std::vector<std::string>* warnings) {
  data_plane::Engine::Options engine;
  engine.descriptors = descriptors;
  engine.workers = options.workers > 0 ? options.workers : base::UsableCpus();
  if (options.steering == Steering::kCpu) {
    engine.cpus = base::AffinityCpus();
    engine.cpus.resize(std::min(engine.cpus.size(), static_cast<size_t>(engine.workers)));
    engine.workers = static_cast<int>(engine.cpus.size());
  }
  if (const absl::Status gate = net::CheckGate(); !gate.ok()) {
    engine.gates = false;
    warnings->push_back(absl::StrCat(
        "stopping a listener may reset clients that are just connecting: ", gate.message()));
  }
  return engine;
}

}  // namespace greeter::daemon
