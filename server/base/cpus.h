// How many CPUs this process may use.

#ifndef GREETER_BASE_CPUS_H_
#define GREETER_BASE_CPUS_H_

#include <string>

namespace greeter::base {

// The CPUs of the process's affinity mask, or fewer if its cgroup's quota (cgroup v2, cpu.max) or
// that of a parent is smaller; at least 1. Reads files; any thread.
int UsableCpus();

// The CPUs that a cpu.max file grants, rounded up: "150000 100000" gives 2; 0 for no limit.
int CpusOfQuota(const std::string& cpu_max);

}  // namespace greeter::base

#endif  // GREETER_BASE_CPUS_H_
