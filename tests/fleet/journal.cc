#include "fleet/journal.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

bool IsRefusal(const absl::Status& answer) {
  return absl::IsAborted(answer) || absl::IsFailedPrecondition(answer) ||
         absl::IsInvalidArgument(answer);
}

}  // namespace

void Journal::Changed(const std::string& text, const absl::Status& answer) {
  const std::lock_guard lock(mutex_);
  unchecked_.emplace(text, answer);
  ++answers_[answer.code()];
}

void Journal::InForce(const std::string& replica, uint64_t revision) {
  const std::lock_guard lock(mutex_);
  uint64_t& last = in_force_[replica];
  if (revision < last && may_step_back_.erase(replica) == 0) {
    ADD_FAILURE() << replica << " went back from revision " << last << " to " << revision;
  }
  last = revision;
}

void Journal::AllowOneStepBack() {
  const std::lock_guard lock(mutex_);
  for (const auto& [replica, revision] : in_force_) may_step_back_.insert(replica);
}

void Journal::Greeted(const std::string& replica, const std::string& text, absl::Duration took) {
  const std::lock_guard lock(mutex_);
  seen_.emplace(text, replica);
  ++greeted_;
  longest_ = std::max(longest_, took);
}

void Journal::NotGreeted(const std::string& replica, const std::string& why) {
  const std::lock_guard lock(mutex_);
  ADD_FAILURE() << "a client of " << replica << " was not greeted: " << why;
}

void Journal::CheckChanges(const Revisions& all) {
  std::map<std::string, int> times;
  for (const auto& [number, text] : all) ++times[text];
  const std::lock_guard lock(mutex_);
  for (const auto& [text, answer] : unchecked_) {
    const auto found = times.find(text);
    const int recorded = found == times.end() ? 0 : found->second;
    if (answer.ok()) {
      EXPECT_EQ(recorded, 1) << text << " was answered OK";
    } else if (IsRefusal(answer)) {
      EXPECT_EQ(recorded, 0) << text << " was refused: " << answer;
    } else {
      EXPECT_LE(recorded, 1) << text << " was answered " << answer;
    }
  }
  unchecked_.clear();
  for (const auto& [text, count] : times) recorded_.insert(text);
}

void Journal::CheckGreetings() {
  const std::lock_guard lock(mutex_);
  for (const auto& [text, replica] : seen_) {
    EXPECT_EQ(recorded_.count(text), 1U)
        << "a client of " << replica << " saw \"" << text << "\", which is in no revision";
  }
}

std::string Journal::Summary() const {
  const std::lock_guard lock(mutex_);
  std::string out = absl::StrCat(greeted_, " greetings, the longest ",
                                 absl::FormatDuration(absl::Trunc(longest_, absl::Milliseconds(1))),
                                 "; changes:");
  for (const auto& [code, count] : answers_) {
    absl::StrAppend(&out, " ", count, " ", absl::StatusCodeToString(code));
  }
  return out;
}

uint64_t Journal::changed() const {
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(absl::StatusCode::kOk);
  return found == answers_.end() ? 0 : found->second;
}

}  // namespace greeter::testing
