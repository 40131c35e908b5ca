// Which of the expected greetings the bytes of a connection are, without keeping them.

#ifndef GREETER_LOAD_MATCH_H_
#define GREETER_LOAD_MATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "load/report.h"

namespace greeter::load {

// A value of some bytes; one thread at a time.
class Match {
 public:
  Match() = default;
  // `expected` has at most 32 alternatives, and outlives it. Empty: any bytes will do.
  explicit Match(const std::vector<std::string>& expected);

  void Take(const char* bytes, size_t size);
  uint64_t received() const { return received_; }

  // kGreeted, kShort or kWrong, once the stream has ended cleanly. `which` is set for kGreeted.
  Outcome Verdict(size_t* which) const;

 private:
  const std::vector<std::string>* expected_ = nullptr;
  uint64_t received_ = 0;
  // Bit i: expected[i] is still possible.
  uint32_t possible_ = 0;
};

}  // namespace greeter::load

#endif  // GREETER_LOAD_MATCH_H_
