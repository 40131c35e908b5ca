// Waits for an event that only a question can tell, with a deadline. Any thread.

#ifndef GREETER_TESTS_SUPPORT_WAIT_FOR_H_
#define GREETER_TESTS_SUPPORT_WAIT_FOR_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace greeter::testing {

// Asks `happened` until it says yes; false if it has not by the deadline.
template <typename Predicate>
bool WaitFor(Predicate happened, absl::Duration timeout = absl::Seconds(10)) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!happened()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_WAIT_FOR_H_
