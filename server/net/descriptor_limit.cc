#include "net/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace greeter::net {
namespace {

// Some systems have a hard limit of 2^30; each descriptor allowed may cost memory when used.
constexpr rlim_t kMost = 1'000'000;

}  // namespace

int RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t wanted = std::max(limit.rlim_cur, std::min(limit.rlim_max, kMost));
  rlimit raised = limit;
  raised.rlim_cur = wanted;
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return static_cast<int>(std::min(limit.rlim_cur, kMost));
}

}  // namespace greeter::net
