// How many WatchStatus streams there may be: each costs memory, and a look at the state once per
// interval, for as long as it likes.

#ifndef GREETER_ADMIN_WATCH_PLACES_H_
#define GREETER_ADMIN_WATCH_PLACES_H_

#include <atomic>
#include <cstddef>
#include <memory>

namespace greeter::admin {

// Any thread.
class WatchPlaces {
 public:
  explicit WatchPlaces(size_t most)
      : most_(most), taken_(std::make_shared<std::atomic<size_t>>(0)) {}

  size_t most() const { return most_; }

  // A place, taken until the last copy of it is gone; null if all are taken.
  std::shared_ptr<const void> Take() const {
    if (taken_->fetch_add(1) >= most_) {
      taken_->fetch_sub(1);
      return nullptr;
    }
    return {taken_.get(), [taken = taken_](const void*) { taken->fetch_sub(1); }};
  }

 private:
  const size_t most_;
  const std::shared_ptr<std::atomic<size_t>> taken_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_WATCH_PLACES_H_
