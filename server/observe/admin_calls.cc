#include "observe/admin_calls.h"

namespace greeter::observe {

void AdminCalls::Count(absl::string_view method, absl::StatusCode code) {
  const std::lock_guard lock(mutex_);
  ++counts_[{std::string(method), absl::StatusCodeToString(code)}];
}

AdminCalls::Counts AdminCalls::Read() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace greeter::observe
