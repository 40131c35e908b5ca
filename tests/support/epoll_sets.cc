#include "support/epoll_sets.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace greeter::testing {

size_t WatchedDescriptors() {
  size_t watched = 0;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo", gone)) {
    std::ifstream info(entry.path());
    for (std::string line; std::getline(info, line);) {
      watched += line.rfind("tfd:", 0) == 0 ? 1 : 0;
    }
  }
  return watched;
}

}  // namespace greeter::testing
