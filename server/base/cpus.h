// How many CPUs this process may use.

#ifndef GREETER_BASE_CPUS_H_
#define GREETER_BASE_CPUS_H_

#include <string>
#include <vector>

namespace greeter::base {

// The CPUs of the process's affinity mask, or fewer if its cgroup's quota (cgroup v2, cpu.max) or
// that of a parent is smaller; at least 1. Reads files; any thread.
int UsableCpus();

// The CPUs of the calling thread's affinity mask, by number. Any thread.
std::vector<int> AffinityCpus();

// Binds the calling thread to one CPU. False if the system refuses.
bool PinThread(int cpu);

// The CPUs that a cpu.max file grants, rounded up: "150000 100000" gives 2; 0 for no limit.
int CpusOfQuota(const std::string& cpu_max);

}  // namespace greeter::base

#endif  // GREETER_BASE_CPUS_H_
