// What was done to a fleet and what was seen of it, and whether that goes together.
//
// Any thread. What does not go together fails the test.

#ifndef GREETER_TESTS_FLEET_JOURNAL_H_
#define GREETER_TESTS_FLEET_JOURNAL_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace greeter::testing {

// The greeting of each revision, by number.
using Revisions = std::map<uint64_t, std::string>;

class Journal {
 public:
  // One change to a greeting that nobody else makes was answered.
  void Changed(const std::string& text, const absl::Status& answer);
  // A replica said that this revision is in force there: a later one than ever before.
  void InForce(const std::string& replica, uint64_t revision);
  // From here on, each replica may go back to an earlier revision once: a backup was restored.
  void AllowOneStepBack();
  // A client was greeted there.
  void Greeted(const std::string& replica, const std::string& text, absl::Duration took);
  // A client was not, and nothing is wrong with the replica that would explain it.
  void NotGreeted(const std::string& replica, const std::string& why);

  // `all` is the fleet's history. Of the changes since the last time, each that was answered OK is
  // there once, none that was refused is, and any other once at most.
  void CheckChanges(const Revisions& all);
  // Every client saw the greeting of a revision.
  void CheckGreetings();

  // For people.
  std::string Summary() const;
  uint64_t changed() const;

 private:
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::string, absl::Status> unchecked_;
  std::map<absl::StatusCode, uint64_t> answers_;
  std::map<std::string, uint64_t> in_force_;
  std::set<std::string> may_step_back_;
  std::set<std::string> recorded_;
  std::map<std::string, std::string> seen_;  // to where it was seen
  uint64_t greeted_ = 0;
  absl::Duration longest_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_FLEET_JOURNAL_H_
