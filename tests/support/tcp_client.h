// A client of a greeter: connects, may speak, reads what it is told and how that ended. For TCP and
// unix sockets. One owner; every call that waits has a deadline.

#ifndef GREETER_TESTS_SUPPORT_TCP_CLIENT_H_
#define GREETER_TESTS_SUPPORT_TCP_CLIENT_H_

#include <cstddef>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "net/address.h"
#include "net/file_descriptor.h"

namespace greeter::testing {

enum class HowEnded {
  // Still connected.
  kOpen,
  // The server's end of stream.
  kClean,
  // Reset, or found to be so while sending.
  kReset,
  // Nobody listens.
  kRefused,
  // Nobody answered while connecting.
  kUnanswered,
  kTimedOut,
  // Something else; see TcpClient::error().
  kFailed,
};

std::ostream& operator<<(std::ostream& out, HowEnded ended);

struct ClientOptions {
  // For each wait.
  absl::Duration timeout = absl::Seconds(10);
  // For connecting, if that is less.
  absl::Duration connect_timeout = absl::InfiniteDuration();
  // SO_RCVBUF; 0 leaves the kernel's.
  int receive_buffer = 0;
  // TCP_MAXSEG; 0 leaves the kernel's. Small ones make the server's send buffer small.
  int max_segment = 0;
};

class TcpClient {
 public:
  // Connects; ended() tells whether that worked.
  explicit TcpClient(const net::Address& address, const ClientOptions& options = {});

  bool connected() const { return ended_ == HowEnded::kOpen; }
  HowEnded ended() const { return ended_; }
  // What was read so far.
  const std::string& bytes() const { return bytes_; }
  // errno of what ended it.
  int error() const { return error_; }
  const net::FileDescriptor& socket() const { return socket_; }

  // Sends all of `bytes`; false if the server stopped that.
  bool Send(absl::string_view bytes);
  // Sends our end of stream.
  void HalfClose();
  // Reads until `size` bytes in all have come or the stream has ended; true if they have.
  bool Read(size_t size);
  // Reads until the stream ends.
  HowEnded ReadToEnd();
  // Closes with a reset.
  void Reset();
  void Close() { socket_.Close(); }

 private:
  // Ends it unless the server has answered after all.
  void GiveUp();
  HowEnded End(int error);

  net::FileDescriptor socket_;
  std::string bytes_;
  HowEnded ended_ = HowEnded::kOpen;
  int error_ = 0;
};

struct Greeted {
  std::string bytes;
  HowEnded ended = HowEnded::kOpen;

  bool operator==(const Greeted&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Greeted& greeted);

// Connects, sends `say` if there is any, and reads to the end.
Greeted Greet(const net::Address& address, absl::string_view say = "",
              const ClientOptions& options = {});

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_TCP_CLIENT_H_
