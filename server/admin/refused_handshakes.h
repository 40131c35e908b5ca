// Clients of the admin port that did not get past the TLS handshake, for the audit.
//
// Strangers, any number of whom can make any number of attempts: so after a few records they are
// counted, and the next record says how many there were.

#ifndef GREETER_ADMIN_REFUSED_HANDSHAKES_H_
#define GREETER_ADMIN_REFUSED_HANDSHAKES_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace greeter::admin {

struct RefusedHandshake {
  // "127.0.0.1:41234".
  std::string peer;
  // "it showed no certificate".
  std::string reason;
  // Refused since the record before, beside this one, and never told of.
  uint64_t others = 0;
};

// Any thread.
class RefusedHandshakes {
 public:
  struct Options {
    // On the thread that calls.
    std::function<void(const RefusedHandshake&)> audit = [](const RefusedHandshake&) {};
    // Records at once, after a pause of `interval` for each; and then one per `interval`.
    int burst = 20;
    absl::Duration interval = absl::Seconds(5);
  };
  explicit RefusedHandshakes(Options options);

  // `peer` was refused for `reason`: a record, or one more to count.
  void Add(std::string peer, std::string reason);

  // A record of those that have been counted, if it is time for one. To be called now and then.
  void TellCounted();

 private:
  // Constant after construction.
  const Options options_;

  // Guarded by mutex_.
  std::mutex mutex_;
  // When the records made so far will be forgotten.
  absl::Time busy_until_ = absl::InfinitePast();
  // Not told of, and the last of them.
  uint64_t untold_ = 0;
  RefusedHandshake last_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_REFUSED_HANDSHAKES_H_
