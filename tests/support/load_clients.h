// Many clients that greet again and again, each in a thread, and a tally of what they got.

#ifndef GREETER_TESTS_SUPPORT_LOAD_CLIENTS_H_
#define GREETER_TESTS_SUPPORT_LOAD_CLIENTS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "net/address.h"
#include "support/tcp_client.h"

namespace greeter::testing {

// What the clients got, by connection tried.
struct Tally {
  // One of the expected greetings, whole, and a clean end.
  uint64_t greeted = 0;
  uint64_t refused = 0;
  // Gave up connecting after Options::patience.
  uint64_t gave_up = 0;
  uint64_t reset = 0;
  uint64_t timed_out = 0;
  // A clean end and not a byte.
  uint64_t cut_short = 0;
  // A clean end of other bytes, a part of a greeting among them.
  uint64_t wrong = 0;
  // Errors of another kind.
  uint64_t failed = 0;

  // Neither greeted whole, nor refused, nor without patience.
  uint64_t harmed() const { return reset + timed_out + cut_short + wrong + failed; }
};

std::ostream& operator<<(std::ostream& out, const Tally& tally);

class LoadClients {
 public:
  struct Options {
    // Client number i goes to addresses[i % addresses.size()].
    std::vector<net::Address> addresses;
    int clients = 64;
    // What is a greeting. Called from many threads.
    std::function<bool(const std::string& bytes)> expected;
    // In all; 0 for no limit.
    uint64_t connections = 0;
    ClientOptions client;
    // A client whose SYN is not answered tries again after this, with another connection. The
    // kernel alone would send it again after a second, which makes clients rare where a listener
    // stops often. Else it is harmed.
    absl::Duration patience = absl::InfiniteDuration();
  };

  // Starts them.
  explicit LoadClients(Options options);
  // Stops them.
  ~LoadClients();

  LoadClients(const LoadClients&) = delete;
  LoadClients& operator=(const LoadClients&) = delete;

  // Each finishes the connection it has. Returns the final tally.
  Tally Stop();
  // Returns when `connections` have been made.
  Tally Join();
  // The tally so far. Any thread.
  Tally tally() const;
  // Waits until `count` more than now have been greeted; false if that takes too long.
  bool WaitForGreeted(uint64_t count) const;

 private:
  struct Counters {
    std::atomic<uint64_t> greeted = 0, refused = 0, gave_up = 0, reset = 0, timed_out = 0,
                          cut_short = 0, wrong = 0, failed = 0;
  };

  void Run(const net::Address& address);
  void Note(const Greeted& greeted);

  // Constant after construction.
  const Options options_;

  // Atomic.
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> started_ = 0;
  Counters counters_;

  // Owned by the caller.
  std::vector<std::thread> threads_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_LOAD_CLIENTS_H_
