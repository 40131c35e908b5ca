// A worker's listening socket, which lets nobody in on its way out. Any thread, but one at a time.
//
// Linux looks listening sockets up without a lock. One that is being closed has left its group for
// a moment before it has left the table: a SYN that is looked up right then is not steered to the
// gate but answered by the socket itself, and gone is the listener that the client's ACK is for.
// The ACK then meets the gate, which drops it: a client that takes itself for connected, and is
// never greeted. (inet_unhash(), inet_lhash2_lookup() and tcp_v4_rcv() in Linux; seen once in
// 10,000 closes under a flood of SYNs.) So before it is closed the socket asks for a TTL that no
// client has: whoever tries in that moment is dropped, and answered when his kernel tries again.

#ifndef GREETER_NET_LISTENING_SOCKET_H_
#define GREETER_NET_LISTENING_SOCKET_H_

#include <utility>

#include "net/file_descriptor.h"

namespace greeter::net {

// Clients start at 64 or 128.
inline constexpr int kHighestTtl = 255;

// Has the kernel drop what comes to `socket` with less than the highest TTL (ip(7), IP_MINTTL). On
// a listening socket that is every client's SYN; not so the ACK of a handshake under way, which
// finds its request first. False if the kernel refuses it for one of the stacks asked for.
bool RequireHighestTtl(int socket, bool v4, bool v6);

// The same for the stacks that `socket` has, and the reverse.
bool KeepClientsOut(int socket);
void LetClientsIn(int socket);

class ListeningSocket {
 public:
  ListeningSocket() = default;
  explicit ListeningSocket(FileDescriptor socket) : socket_(std::move(socket)) {}
  // A duplicate of a socket that others accept on as well: closing it is no more than that.
  static ListeningSocket Shared(FileDescriptor socket) {
    ListeningSocket duplicate(std::move(socket));
    duplicate.shared_ = true;
    return duplicate;
  }
  ~ListeningSocket() { Close(); }

  ListeningSocket(ListeningSocket&& other) noexcept = default;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept {
    if (this != &other) {
      Close();
      socket_ = std::move(other.socket_);
      shared_ = other.shared_;
    }
    return *this;
  }
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  bool valid() const { return socket_.valid(); }
  bool shared() const { return shared_; }
  int get() const { return socket_.get(); }

  // Gives it to someone who has no gate to close behind.
  FileDescriptor Release() { return std::move(socket_); }

 private:
  void Close();

  FileDescriptor socket_;
  bool shared_ = false;
};

}  // namespace greeter::net

#endif  // GREETER_NET_LISTENING_SOCKET_H_
