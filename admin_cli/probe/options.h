// What a run of probes is to do.

#ifndef GREETER_PROBE_OPTIONS_H_
#define GREETER_PROBE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "probe/expected.h"
#include "probe/report.h"
#include "probe/target.h"

namespace greeter::probe {

// When a client sends its own data; see Options.speak_bytes.
enum class Speak {
  // As soon as the connection is made, before it reads anything.
  kFirst,
  // After it has received the first byte.
  kDuring,
  // After it has received the end of stream.
  kAfter,
};

struct Options {
  static constexpr uint64_t kEndless = std::numeric_limits<uint64_t>::max();
  // What is kept of each connection's bytes where they are kept: twice what a greeting may have.
  static constexpr size_t kKeptBytes = size_t{128} * 1024;

  // Taken in turns. At least one.
  std::vector<Target> targets;

  // What a whole greeting is.
  Expected expected = Expected::OneOf({"Hello world"});

  // Connections open at the same time: kept open in a closed loop, the most there may be at a fixed
  // rate. 1 to 1,000,000.
  int in_flight = 64;

  // Starts per second (fixed rate); 0 is a closed loop: as soon as one ends, the next starts.
  // Latencies count from the start that the rate intends, so that a server that stalls is charged
  // for those it kept waiting. Up to 10,000,000.
  double rate = 0;

  // The run starts no more than this many connections, and none after `duration`; both bounds
  // hold. Connections still open then are waited for.
  uint64_t connections = kEndless;
  absl::Duration duration = absl::Seconds(10);

  // A connection that is not over after this is closed. A target's addresses get equal parts of it
  // to answer in.
  absl::Duration timeout = absl::Seconds(10);

  // An address that has not answered after this is given up, if that is sooner. The kernel alone
  // would send its SYN again after a second, which makes clients rare where a listener stops often.
  absl::Duration connect_patience = absl::InfiniteDuration();

  // Bytes every client sends, or kEndless (it goes on until it is cut); and when.
  uint64_t speak_bytes = 0;
  Speak speak = Speak::kFirst;

  // After the greeting's end: false closes. True shuts down our side, then waits until the server
  // has acknowledged that, so that a reset that comes late is seen.
  bool half_close = false;

  // Local IPv4 addresses to connect from, in turns: 127.0.0.1, 127.0.0.2, …; 0 leaves it to the
  // kernel. One address has about 28,000 ports for one target. 0 to 65,000.
  int source_addresses = 0;

  // Told of every connection's end, with the bytes that came, on the thread of Run(). May be empty.
  std::function<void(const Ending&)> on_end;
};

// INVALID_ARGUMENT names the first option that can't be right.
absl::Status Validate(const Options& options);

}  // namespace greeter::probe

#endif  // GREETER_PROBE_OPTIONS_H_
