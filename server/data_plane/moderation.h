// Spares a busy worker wakeups.
//
// Falling asleep and being woken costs a worker about as much as greeting a connection, and under
// load it would do so for every one or two. So it then rests a moment after it has accepted, and
// finds several when it looks again: interrupt moderation, as network cards and NAPI do it
// (Documentation/networking/napi.rst in Linux, "Software IRQ coalescing").
//
// A rest delays nobody by more than kRest and the kernel's timer slack (50 us, prctl(2)). It is
// worth that only while it brings company. So rests are tried only at a high rate, and given up
// when they find few: a quiet server, and clients who wait for one another, are answered at once.
//
// Owned and called by one worker thread.

#ifndef GREETER_DATA_PLANE_MODERATION_H_
#define GREETER_DATA_PLANE_MODERATION_H_

#include <chrono>
#include <cstddef>

namespace greeter::data_plane {

class Moderation {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::microseconds kRest{200};
  // Below this many connections per second rests are not tried.
  static constexpr double kBusyPerSecond = 20'000;
  // Connections that a rest must bring, on average.
  static constexpr double kWorthwhile = 10;
  // From one attempt to the next.
  static constexpr std::chrono::milliseconds kTrialInterval{500};

  // Whether to rest now, after a turn in which `accepted` connections were accepted, at `now`.
  // `more`: some are still queued; then there is no rest, for the worker would not sleep anyway.
  bool ShouldRest(size_t accepted, bool more, Clock::time_point now);

 private:
  void Weigh(size_t accepted, Clock::time_point now);
  void Try(Clock::time_point now);

  bool resting_ = false;
  // Of the connections that a rest brings: a moving average.
  double mean_ = 0;
  // Accepted without rests, since then.
  size_t accepted_ = 0;
  Clock::time_point since_;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_MODERATION_H_
