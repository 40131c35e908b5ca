#include "load/match.h"

#include <algorithm>
#include <cstring>

namespace greeter::load {

Match::Match(const std::vector<std::string>& expected)
    : expected_(&expected),
      possible_(~uint32_t{0} >> (32 - std::max<size_t>(1, expected.size()))) {}

void Match::Take(const char* bytes, size_t size) {
  for (size_t i = 0; i < expected_->size(); ++i) {
    const std::string& expected = (*expected_)[i];
    const bool same = received_ + size <= expected.size() &&
                      std::memcmp(expected.data() + received_, bytes, size) == 0;
    if (!same) possible_ &= ~(uint32_t{1} << i);
  }
  received_ += size;
}

Outcome Match::Verdict(size_t* which) const {
  if (expected_->empty()) return Outcome::kGreeted;
  for (size_t i = 0; i < expected_->size(); ++i) {
    const bool possible = (possible_ & (uint32_t{1} << i)) != 0;
    if (possible && received_ == (*expected_)[i].size()) {
      *which = i;
      return Outcome::kGreeted;
    }
  }
  return possible_ == 0 ? Outcome::kWrong : Outcome::kShort;
}

}  // namespace greeter::load
