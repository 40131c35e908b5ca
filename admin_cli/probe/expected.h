// What a greeting may be, and whether the bytes of a connection are that.

#ifndef GREETER_PROBE_EXPECTED_H_
#define GREETER_PROBE_EXPECTED_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "probe/report.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace greeter::probe {

// A value; any thread.
class Expected {
 public:
  // At least one byte.
  static Expected Anything();
  // Exactly one of these texts.
  static Expected OneOf(std::vector<std::string> texts);
  // Bytes in which `pattern` (RE2's syntax) finds something. INVALID_ARGUMENT says what is wrong
  // with it.
  static absl::StatusOr<Expected> Matching(const std::string& pattern);

  // Whether a verdict takes the bytes, not only what a Match keeps of them.
  bool needs_bytes() const { return pattern_ != nullptr; }
  // How many texts there are to choose from.
  size_t texts() const { return sorted_.size(); }

 private:
  friend class Match;
  struct Text {
    std::string bytes;
    // Its place among those given.
    size_t index;
  };

  // In order, so that those that begin alike lie together, the shortest first.
  std::vector<Text> sorted_;
  std::shared_ptr<const re2::RE2> pattern_;
};

// The bytes of one connection as they come, without keeping them. A value of some bytes; one thread
// at a time.
class Match {
 public:
  Match() = default;
  // `expected` outlives it.
  explicit Match(const Expected& expected);

  void Take(const char* bytes, size_t size);
  uint64_t received() const { return received_; }

  // kGreeted, kShort or kWrong, once the stream has ended cleanly. `bytes` are all that came, if
  // the expectation needs them. `which` is set for kGreeted: which of the texts it was.
  Outcome Verdict(absl::string_view bytes, size_t* which) const;

 private:
  const Expected* expected_ = nullptr;
  uint64_t received_ = 0;
  // Those of the sorted texts that begin with what has come: from first_ to before end_.
  uint32_t first_ = 0;
  uint32_t end_ = 0;
};

}  // namespace greeter::probe

#endif  // GREETER_PROBE_EXPECTED_H_
