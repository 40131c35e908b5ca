#include "data_plane/moderation.h"

namespace greeter::data_plane {
namespace {

// Of the newest turn in the moving average.
constexpr double kWeight = 1.0 / 8;

}  // namespace

bool Moderation::ShouldRest(size_t accepted, bool more, Clock::time_point now) {
  if (accepted == 0) return false;
  if (resting_) {
    Weigh(accepted, now);
  } else {
    accepted_ += accepted;
    if (now - since_ >= kTrialInterval) Try(now);
  }
  return resting_ && !more;
}

void Moderation::Weigh(size_t accepted, Clock::time_point now) {
  mean_ += kWeight * (static_cast<double>(accepted) - mean_);
  if (mean_ >= kWorthwhile) return;
  resting_ = false;
  since_ = now;
}

void Moderation::Try(Clock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - since_).count();
  resting_ = static_cast<double>(accepted_) >= kBusyPerSecond * seconds;
  // A few rests to prove themselves.
  mean_ = 2 * kWorthwhile;
  accepted_ = 0;
  since_ = now;
}

}  // namespace greeter::data_plane
