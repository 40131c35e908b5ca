#include "base/cpus.h"

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace greeter::base {
namespace {

constexpr char kCgroupRoot[] = "/sys/fs/cgroup";

// The process's cgroup, relative to the root: the line "0::/path" of /proc/self/cgroup.
std::string OwnCgroup() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("0::", 0) == 0) return line.substr(3);
  }
  return "/";
}

}  // namespace

int CpusOfQuota(const std::string& cpu_max) {
  // "max" in place of the quota means none, and does not parse.
  std::istringstream text(cpu_max);
  int64_t quota = 0;
  int64_t period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return static_cast<int>((quota + period - 1) / period);
}

std::vector<int> AffinityCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

bool PinThread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof(set), &set) == 0;
}

int UsableCpus() {
  int cpus = std::max(1, static_cast<int>(AffinityCpus().size()));
  std::string group = OwnCgroup();
  for (;;) {
    std::ifstream file(kCgroupRoot + group + "/cpu.max");
    std::string line;
    std::getline(file, line);
    if (const int quota = CpusOfQuota(line); quota > 0) cpus = std::min(cpus, quota);
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos) break;
    group.resize(slash);
  }
  return cpus;
}

}  // namespace greeter::base
