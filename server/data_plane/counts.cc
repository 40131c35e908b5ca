#include "data_plane/counts.h"

namespace greeter::data_plane {

void WorkerCounts::Ended(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCompleted:
      completed.Add(1);
      return;
    case Outcome::kTimedOut:
      timed_out.Add(1);
      return;
    case Outcome::kReset:
      reset.Add(1);
      return;
    case Outcome::kRejected:
      rejected.Add(1);
      return;
  }
}

CountsReading ListenerCounts::Read() const {
  CountsReading sum;
  for (const WorkerCounts& worker : workers_) {
    const uint64_t completed = worker.completed.Get();
    const uint64_t timed_out = worker.timed_out.Get();
    const uint64_t reset = worker.reset.Get();
    const uint64_t rejected = worker.rejected.Get();
    sum.bytes_sent += worker.bytes_sent.Get();
    sum.pauses += worker.pauses.Get();
    const uint64_t accepted = worker.accepted.Get();
    sum.accepted += accepted;
    sum.completed += completed;
    sum.timed_out += timed_out;
    sum.reset += reset;
    sum.rejected += rejected;
    sum.open += accepted - completed - timed_out - reset - rejected;
  }
  return sum;
}

TimesReading ListenerCounts::ReadTimes() const {
  TimesReading times;
  for (const WorkerCounts& worker : workers_) {
    worker.accept_to_sent.AddTo(&times.accept_to_sent);
    worker.lifetime.AddTo(&times.lifetime);
  }
  return times;
}

}  // namespace greeter::data_plane
