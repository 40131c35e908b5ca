#include "observe/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "prometheus/client_metric.h"
#include "prometheus/metric_type.h"

namespace greeter::observe {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Family(const char* name, const char* help, MetricType type, double value) {
  ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {name, help, type, {std::move(metric)}};
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Without the one that reads them.
int64_t OpenDescriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  int64_t open = -1;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++open;
  return open;
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics() {
  std::vector<MetricFamily> families;
  rusage used = {};
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    families.push_back(Family("process_cpu_seconds_total", "CPU time used.", MetricType::Counter,
                              Seconds(used.ru_utime) + Seconds(used.ru_stime)));
  }
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> total_pages >> resident_pages) {
    families.push_back(Family("process_resident_memory_bytes", "Resident memory.",
                              MetricType::Gauge,
                              static_cast<double>(resident_pages * sysconf(_SC_PAGESIZE))));
  }
  const int64_t open = OpenDescriptors();
  if (open >= 0) {
    families.push_back(Family("process_open_fds", "Open file descriptors.", MetricType::Gauge,
                              static_cast<double>(open)));
  }
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(Family("process_max_fds", "The most there may be.", MetricType::Gauge,
                              static_cast<double>(limit.rlim_cur)));
  }
  return families;
}

}  // namespace greeter::observe
