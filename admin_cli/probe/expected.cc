#include "probe/expected.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace greeter::probe {

Expected Expected::Anything() { return {}; }

Expected Expected::OneOf(std::vector<std::string> texts) {
  Expected expected;
  for (size_t i = 0; i < texts.size(); ++i) expected.sorted_.push_back({std::move(texts[i]), i});
  std::stable_sort(expected.sorted_.begin(), expected.sorted_.end(),
                   [](const Text& a, const Text& b) { return a.bytes < b.bytes; });
  return expected;
}

absl::StatusOr<Expected> Expected::Matching(const std::string& pattern) {
  auto compiled = std::make_shared<const RE2>(pattern, RE2::Quiet);
  if (!compiled->ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", pattern, "\" is no regular expression: ", compiled->error()));
  }
  Expected expected;
  expected.pattern_ = std::move(compiled);
  return expected;
}

Match::Match(const Expected& expected)
    : expected_(&expected), end_(static_cast<uint32_t>(expected.sorted_.size())) {}

void Match::Take(const char* bytes, size_t size) {
  const auto text = [this](uint32_t i) -> const std::string& {
    return expected_->sorted_[i].bytes;
  };
  const auto compare = [&](uint32_t i) { return text(i).compare(received_, size, bytes, size); };
  if (end_ - first_ == 1) {
    if (compare(first_) != 0) ++first_;
  } else {
    while (first_ < end_ && compare(first_) != 0) ++first_;
    uint32_t end = first_;
    while (end < end_ && compare(end) == 0) ++end;
    end_ = end;
  }
  received_ += size;
}

Outcome Match::Verdict(absl::string_view bytes, size_t* which) const {
  if (expected_->pattern_ != nullptr) {
    const bool found =
        RE2::PartialMatch(re2::StringPiece(bytes.data(), bytes.size()), *expected_->pattern_);
    return found ? Outcome::kGreeted : received_ == 0 ? Outcome::kShort : Outcome::kWrong;
  }
  if (expected_->sorted_.empty()) return received_ > 0 ? Outcome::kGreeted : Outcome::kShort;
  if (first_ == end_) return Outcome::kWrong;
  const Expected::Text& shortest = expected_->sorted_[first_];
  if (shortest.bytes.size() != received_) return Outcome::kShort;
  *which = shortest.index;
  return Outcome::kGreeted;
}

}  // namespace greeter::probe
