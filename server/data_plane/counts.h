// Connection counts of one listener: a slot for each worker, written by that worker alone, and
// summed when read. No lock, no shared cache line on the way of a connection.

#ifndef GREETER_DATA_PLANE_COUNTS_H_
#define GREETER_DATA_PLANE_COUNTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data_plane/counter.h"
#include "data_plane/durations.h"

namespace greeter::data_plane {

// How a connection ended.
enum class Outcome { kCompleted, kTimedOut, kReset, kRejected };

// One worker's part. Cache lines of its own.
struct alignas(64) WorkerCounts {
  Counter accepted;
  Counter completed;
  Counter timed_out;
  Counter reset;
  Counter rejected;
  Counter bytes_sent;
  // Rests for want of descriptors or memory; no part of the balance.
  Counter pauses;
  // From acceptance until the whole greeting was handed to the kernel: 0 if that was in the turn
  // in which it was accepted.
  Durations accept_to_sent;
  // From acceptance until the end was noticed, of those not rejected.
  Durations lifetime;

  // The worker, once for each connection accepted.
  void Ended(Outcome outcome);
};

// A reading: accepted = open + completed + timed_out + reset + rejected.
struct CountsReading {
  uint64_t accepted = 0;
  uint64_t open = 0;
  uint64_t completed = 0;
  uint64_t timed_out = 0;
  uint64_t reset = 0;
  uint64_t rejected = 0;
  uint64_t bytes_sent = 0;
  uint64_t pauses = 0;
};

struct TimesReading {
  DurationsReading accept_to_sent;
  DurationsReading lifetime;
};

class ListenerCounts {
 public:
  explicit ListenerCounts(size_t workers) : workers_(workers) {}

  // The slot of worker number `worker`, from 0. That worker alone writes to it.
  WorkerCounts& worker(size_t worker) { return workers_[worker]; }

  // Balanced at any time: each slot's endings are read before its acceptances, so that what ends in
  // between still counts as open. Any thread.
  CountsReading Read() const;

  // Any thread.
  TimesReading ReadTimes() const;

  // The next number for ${connection}. Any thread.
  uint64_t NextNumber() { return numbers_.fetch_add(1, std::memory_order_relaxed) + 1; }

 private:
  std::vector<WorkerCounts> workers_;
  std::atomic<uint64_t> numbers_ = 0;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_COUNTS_H_
