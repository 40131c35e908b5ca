// Connection counts of one listener: a slot for each worker, written by that worker alone, and
// summed when read. No lock, no shared cache line on the way of a connection.

#ifndef GREETER_DATA_PLANE_COUNTS_H_
#define GREETER_DATA_PLANE_COUNTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace greeter::data_plane {

// A number that one thread writes and any thread reads.
class Counter {
 public:
  // The writing thread. What it did before is seen by whoever reads the new value.
  void Add(uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_release);
  }
  // Any thread.
  uint64_t Get() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// How a connection ended.
enum class Outcome { kCompleted, kTimedOut, kReset, kRejected };

// One worker's part. A cache line of its own.
struct alignas(64) WorkerCounts {
  Counter accepted;
  Counter completed;
  Counter timed_out;
  Counter reset;
  Counter rejected;
  Counter bytes_sent;
  // Rests for want of descriptors or memory; no part of the balance.
  Counter pauses;

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

class ListenerCounts {
 public:
  explicit ListenerCounts(size_t workers) : workers_(workers) {}

  // The slot of worker number `worker`, from 0. That worker alone writes to it.
  WorkerCounts& worker(size_t worker) { return workers_[worker]; }

  // Balanced at any time: each slot's endings are read before its acceptances, so that what ends in
  // between still counts as open. Any thread.
  CountsReading Read() const;

  // The next number for ${connection}. Any thread.
  uint64_t NextNumber() { return numbers_.fetch_add(1, std::memory_order_relaxed) + 1; }

 private:
  std::vector<WorkerCounts> workers_;
  std::atomic<uint64_t> numbers_ = 0;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_COUNTS_H_
