// Opens the listening sockets of one address: one for each worker, and, for TCP, a gate that lets
// the address be closed without resetting anyone. System calls only; no thread of its own.
//
// Why a gate. Closing a listening socket resets every connection in its accept queue, and so does
// "drain the queue, then close" for those that arrive in between. The workers' sockets share their
// port (SO_REUSEPORT, socket(7)), and a classic BPF program chooses among them for each SYN
// (SO_ATTACH_REUSEPORT_CBPF, Linux 4.5). The first of the group is the gate: a socket that asks for
// a TTL no client has and whose accept queue is full from the start, so that the kernel drops any
// SYN that reaches it (ip(7), listen(2)). While the gate is shut, all SYNs are steered there:
// nobody is reset, whoever tries then is answered at the retransmission, by a worker or by a
// refusal. The workers meanwhile accept what is left and close.

#ifndef GREETER_NET_LISTENING_SOCKETS_H_
#define GREETER_NET_LISTENING_SOCKETS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "net/listening_socket.h"
#include "net/unix_socket.h"

namespace greeter::net {

// Lets connections of one address in, or keeps them out without resetting any. One owner; its calls
// may come from any one thread at a time. Closing it ends its part: destroy it after the workers'
// sockets.
class Gate {
 public:
  // None: a TCP address without one admits connections until its last socket is closed.
  Gate() = default;
  // For TCP: a bound socket, to be number 0 of a group that has `workers` others.
  Gate(FileDescriptor socket, int workers);
  // For a unix socket: a duplicate of it, and its file.
  Gate(FileDescriptor socket, SocketFile file);
  // For a socket that others have as well (inherited_socket.h): a duplicate of it. Shut, it asks
  // for a TTL no client has.
  static Gate OfInherited(FileDescriptor socket);

  bool valid() const { return socket_.valid(); }
  // Closing the address closes a descriptor alone: its queue has another owner.
  bool is_inherited() const { return kind_ == Kind::kInherited; }

  // For TCP: takes up its place, shut, before the workers' sockets listen. `bound` is its address,
  // `port_is_ours` as in ListenOptions.
  absl::Status Listen(const Address& bound, bool port_is_ours);

  // Lets connections through to the workers. For TCP, `cpus` says how they are spread: with one CPU
  // for each worker, to the worker of the CPU that received the SYN; if it is empty, and for SYNs
  // received on other CPUs, at random.
  absl::Status Open(const std::vector<int>& cpus = {});

  // No new connection gets through from here on. Those that are queued, or whose handshake is under
  // way, are left to the workers. A unix socket can't be opened again.
  absl::Status Shut();

 private:
  enum class Kind { kGroup, kUnix, kInherited };

  FileDescriptor socket_;
  Kind kind_ = Kind::kGroup;
  // Of a group.
  int workers_ = 0;
  SocketFile file_;
};

struct ListenOptions {
  int workers = 1;
  // Accept queue of each socket; the kernel lowers it to net.core.somaxconn.
  int backlog = 4096;
  // The port is ours already (another listener of this process is moving within it): don't insist
  // on being its only user.
  bool port_is_ours = false;
  // Whether to build a gate for TCP.
  bool gate = true;
};

struct ListeningSockets {
  // As bound: with the port that the kernel chose for port 0.
  Address bound;
  ListenOptions options;
  // For TCP it is shut at first: no connection is queued before Gate::Open(). Destroyed last.
  Gate gate;
  // One for each worker, non-blocking. For a unix or an inherited socket, duplicates of one.
  std::vector<ListeningSocket> workers;
  // Whether they listen; see Listen().
  bool listening = false;

  // Makes them listen if they don't yet: unix sockets, inherited ones that have refused, and those
  // on a port that is ours. Had they listened earlier, they would have taken clients from who
  // serves the port, or queued clients that are reset should nothing come of it.
  // FAILED_PRECONDITION as for opening; rare, as they are bound.
  absl::Status Listen();
};

// Opens all of them or none. FAILED_PRECONDITION names the address, the reason and what to do:
// address in use, privileges missing, no such interface. A unix socket file left behind by a dead
// process is replaced; one that answers is "in use". Before Gate::Open(), call Listen().
absl::StatusOr<ListeningSockets> OpenListeningSockets(const Address& address,
                                                      const ListenOptions& options);

// What `fd` is bound to.
Address LocalAddress(int fd);

// Whether this machine has IPv6 at all; without it, ":port" is bound for IPv4 alone.
bool HasIpv6();

// Whether this kernel, under this sandbox, lets us build a gate: tried on a loopback port.
absl::Status CheckGate();

}  // namespace greeter::net

#endif  // GREETER_NET_LISTENING_SOCKETS_H_
