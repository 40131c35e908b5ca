// What a probe has found, before it is shown.

#ifndef GREETER_ADMIN_CLI_VIEWS_PROBE_RESULT_H_
#define GREETER_ADMIN_CLI_VIEWS_PROBE_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "probe/report.h"

namespace greeter::admin_cli {

// One connection.
struct ProbedConnection {
  probe::Outcome outcome = probe::Outcome::kOther;
  // As strerror(3) says it; empty if there was none.
  std::string error;
  std::string address;
  std::string tried_before;
  // Negative if it did not come to that.
  absl::Duration connect;
  absl::Duration first_byte;
  absl::Duration total;
  uint64_t received = 0;
  std::string bytes;
};

struct ProbeResult {
  // As it was given.
  std::string target;
  absl::Duration timeout;
  // What should become of each, and that in words. `expected_text` is of --expect.
  probe::Outcome expected = probe::Outcome::kGreeted;
  std::string expectation;
  std::optional<std::string> expected_text;
  // More than one connection was asked for.
  bool many = false;
  bool interrupted = false;
  // Why the name has no address; then there is nothing else.
  std::string unresolved;
  probe::Report report;
  // The first that was not as expected, else the first.
  std::optional<ProbedConnection> shown;
  // Greetings, the most frequent first; empty if there were more than are kept.
  struct Answer {
    std::string bytes;
    uint64_t count;
  };
  std::vector<Answer> answers;

  uint64_t unexpected() const { return report.connections() - report.count(expected); }
  bool as_expected() const { return report.connections() > 0 && unexpected() == 0; }
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_VIEWS_PROBE_RESULT_H_
