// A number that one thread writes and any thread reads, at the price of a plain store.

#ifndef GREETER_DATA_PLANE_COUNTER_H_
#define GREETER_DATA_PLANE_COUNTER_H_

#include <atomic>
#include <cstdint>

namespace greeter::data_plane {

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

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_COUNTER_H_
