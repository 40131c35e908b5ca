#include "net/listening_sockets.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "net/errors.h"
#include "net/handshakes.h"

namespace greeter::net {
namespace {

// Longest wait for the gate's own connections, which go through loopback.
constexpr int kConnectTimeoutMs = 500;
// Data sockets are for everyone, as ports are.
constexpr mode_t kSocketFileMode = 0666;

bool SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

absl::Status Attach(int fd, std::vector<sock_filter> code) {
  const sock_fprog program = {static_cast<uint16_t>(code.size()), code.data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) != 0) {
    return SystemError("attaching the steering program", errno);
  }
  return absl::OkStatus();
}

absl::StatusOr<FileDescriptor> TcpSocket(const Address& address) {
  FileDescriptor fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid() || !SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) {
    return ListenError(address, errno);
  }
  if (address.family() == AF_INET6 &&
      !SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, address.is_dual_stack() ? 0 : 1)) {
    return ListenError(address, errno);
  }
  return fd;
}

// The first socket of an address is bound before it may share its port: that fails if anyone else
// has the address, even a process of the same user that would share. Those after it join in.
absl::StatusOr<FileDescriptor> BindFirst(const Address& address, bool port_is_ours) {
  absl::StatusOr<FileDescriptor> fd = TcpSocket(address);
  if (!fd.ok()) return fd;
  if ((port_is_ours && !SetOption(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1)) ||
      bind(fd->get(), address.data(), address.size()) != 0 ||
      !SetOption(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return ListenError(address, errno);
  }
  return fd;
}

absl::StatusOr<FileDescriptor> BindNext(const Address& address) {
  absl::StatusOr<FileDescriptor> fd = TcpSocket(address);
  if (!fd.ok()) return fd;
  if (!SetOption(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1) ||
      bind(fd->get(), address.data(), address.size()) != 0) {
    return ListenError(address, errno);
  }
  return fd;
}

// Where a listener on `bound` can be reached from this machine.
Address Reachable(const Address& bound) {
  if (!bound.is_wildcard()) return bound;
  const bool v6_only = bound.family() == AF_INET6 && !bound.is_dual_stack();
  return Address::Parse(v6_only ? "[::1]:0" : "127.0.0.1:0")->WithPort(bound.port());
}

// The gate's own connections alone have this TTL; see Guard().
bool SetHighestTtl(int fd, const Address& to) {
  return to.family() == AF_INET ? SetOption(fd, IPPROTO_IP, IP_TTL, kHighestTtl)
                                : SetOption(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, kHighestTtl);
}

absl::Status Connect(const Address& to) {
  const FileDescriptor fd(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid() || !SetHighestTtl(fd.get(), to)) return SystemError("socket", errno);
  if (connect(fd.get(), to.data(), to.size()) != 0 && errno != EINPROGRESS) {
    return SystemError("connecting to the gate", errno);
  }
  pollfd waiting = {fd.get(), POLLOUT, 0};
  if (poll(&waiting, 1, kConnectTimeoutMs) != 1) {
    return SystemError("connecting to the gate", ETIMEDOUT);
  }
  int error = 0;
  socklen_t length = sizeof(error);
  getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return SystemError("connecting to the gate", error);
  // Closing it resets it: see Fill().
  const linger abort = {1, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  return absl::OkStatus();
}

// None of the clients gets into the gate's queue while it is being filled.
bool Guard(int gate, const Address& bound) {
  const bool v4 = bound.family() == AF_INET || bound.is_dual_stack();
  return RequireHighestTtl(gate, v4, bound.family() == AF_INET6);
}

// A backlog of 1 holds two connections (sk_acceptq_is_full() in Linux), both made here. A backlog
// of 0 with one would do, but each SYN dropped would look like a SYN flood to the kernel. Reset,
// they stay queued all the same and take no pair of ports: a client of this machine that was given
// that port later would not get through.
absl::Status Fill(const Address& bound) {
  for (int i = 0; i < 2; ++i) {
    const absl::Status filled = Connect(Reachable(bound));
    if (!filled.ok()) return filled;
  }
  return absl::OkStatus();
}

// Makes the first socket of a group the gate: guarded, then full as well, against the rare client
// whose TTL passes the guard.
absl::Status MakeGate(int gate, const Address& bound, bool port_is_ours) {
  const bool guarded = Guard(gate, bound);
  if (listen(gate, 1) != 0) return ListenError(bound, errno);
  // The listener that a wildcard takes the port over from may be the one such a connection reaches:
  // it would be counted and greeted there.
  if (guarded && port_is_ours && bound.is_wildcard()) return absl::OkStatus();
  const absl::Status filled = Fill(bound);
  return guarded ? absl::OkStatus() : filled;
}

absl::StatusOr<ListeningSockets> OpenTcp(const Address& address, const ListenOptions& options) {
  absl::StatusOr<FileDescriptor> first = BindFirst(address, options.port_is_ours);
  if (!first.ok()) return first.status();
  ListeningSockets sockets{LocalAddress(first->get()), options, {}, {}};
  if (options.gate) {
    sockets.gate = Gate(*std::move(first), options.workers);
  } else {
    sockets.workers.emplace_back(*std::move(first));
  }
  while (std::ssize(sockets.workers) < options.workers) {
    absl::StatusOr<FileDescriptor> next = BindNext(sockets.bound);
    if (!next.ok()) return next.status();
    sockets.workers.emplace_back(*std::move(next));
  }
  // Elsewhere it is listening that makes the address ours (inet_csk_bind_conflict() in Linux).
  if (!options.port_is_ours) {
    const absl::Status listening = sockets.Listen();
    if (!listening.ok()) return listening;
  }
  return sockets;
}

absl::StatusOr<ListeningSockets> OpenUnix(const Address& address, const ListenOptions& options) {
  absl::StatusOr<UnixListener> listener = BindUnix(address, kSocketFileMode);
  if (!listener.ok()) return listener.status();
  ListeningSockets sockets{address, options, {}, {}};
  while (std::ssize(sockets.workers) < options.workers) {
    FileDescriptor duplicate(fcntl(listener->socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!duplicate.valid()) return ListenError(address, errno);
    sockets.workers.push_back(ListeningSocket::Shared(std::move(duplicate)));
  }
  sockets.gate = Gate(std::move(listener->socket), std::move(listener->file));
  return sockets;
}

}  // namespace

absl::Status ListeningSockets::Listen() {
  if (listening) return absl::OkStatus();
  if (gate.valid()) {
    const absl::Status shut = gate.Listen(bound, options.port_is_ours);
    if (!shut.ok()) return shut;
  }
  for (const ListeningSocket& worker : workers) {
    if (listen(worker.get(), options.backlog) != 0) return ListenError(bound, errno);
  }
  listening = true;
  return absl::OkStatus();
}

Gate::Gate(FileDescriptor socket, int workers) : socket_(std::move(socket)), workers_(workers) {}

Gate::Gate(FileDescriptor socket, SocketFile file)
    : socket_(std::move(socket)), kind_(Kind::kUnix), file_(std::move(file)) {}

Gate Gate::OfInherited(FileDescriptor socket) {
  Gate gate(std::move(socket), 0);
  gate.kind_ = Kind::kInherited;
  return gate;
}

absl::Status Gate::Listen(const Address& bound, bool port_is_ours) {
  if (kind_ != Kind::kGroup) return absl::OkStatus();
  // Before it reads how many sockets there are to choose from, the kernel reads the program that
  // chooses (reuseport_select_sock() in Linux). A SYN that finds none must not find workers, which
  // may have joined meanwhile: so the group is born with its program.
  if (!port_is_ours) {
    const absl::Status shut = Shut();
    return shut.ok() ? MakeGate(socket_.get(), bound, port_is_ours) : shut;
  }
  // Where others listen on the port, listen(2) fails on a socket that has a group already
  // (inet_csk_get_port()). There such SYNs are waited for.
  const absl::Status made = MakeGate(socket_.get(), bound, port_is_ours);
  const absl::Status shut = made.ok() ? Shut() : made;
  if (shut.ok()) AwaitPacketsInHand();
  return shut;
}

absl::Status Gate::Open(const std::vector<int>& cpus) {
  if (valid() && kind_ == Kind::kInherited) LetClientsIn(socket_.get());
  if (!valid() || kind_ != Kind::kGroup) return absl::OkStatus();
  const auto load = [](int ancillary) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0,
                       static_cast<uint32_t>(SKF_AD_OFF + ancillary)};
  };
  // The gate is number 0 of the group, the workers are 1 to n.
  std::vector<sock_filter> code;
  if (!cpus.empty()) code.push_back(load(SKF_AD_CPU));
  for (size_t i = 0; i < cpus.size(); ++i) {
    code.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<uint32_t>(cpus[i])});
    code.push_back({BPF_RET | BPF_K, 0, 0, static_cast<uint32_t>(i + 1)});
  }
  code.push_back(load(SKF_AD_RANDOM));
  code.push_back({BPF_ALU | BPF_MOD | BPF_K, 0, 0, static_cast<uint32_t>(workers_)});
  code.push_back({BPF_ALU | BPF_ADD | BPF_K, 0, 0, 1});
  code.push_back({BPF_RET | BPF_A, 0, 0, 0});
  return Attach(socket_.get(), code);
}

absl::Status Gate::Shut() {
  if (!valid()) return absl::OkStatus();
  if (kind_ == Kind::kGroup) return Attach(socket_.get(), {{BPF_RET | BPF_K, 0, 0, 0}});
  if (kind_ == Kind::kInherited) {
    return KeepClientsOut(socket_.get()) ? absl::OkStatus() : SystemError("IP_MINTTL", errno);
  }
  file_.Remove();
  // Refuses new connections and leaves those that are queued: connect(2) looks at RCV_SHUTDOWN of
  // the listener, accept(2) only once its queue is empty (af_unix.c).
  if (shutdown(socket_.get(), SHUT_RD) != 0) {
    return SystemError("closing a unix socket to new connections", errno);
  }
  return absl::OkStatus();
}

Address LocalAddress(int fd) {
  sockaddr_storage local = {};
  socklen_t length = sizeof(local);
  getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length);
  int v6_only = 1;
  socklen_t size = sizeof(v6_only);
  getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &size);
  const auto address = [&](bool dual_stack) {
    return Address::FromSockaddr(reinterpret_cast<sockaddr*>(&local), length, dual_stack);
  };
  return address(v6_only == 0 && address(false).is_wildcard());
}

bool HasIpv6() {
  const FileDescriptor v6(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return v6.valid() || errno != EAFNOSUPPORT;
}

absl::StatusOr<ListeningSockets> OpenListeningSockets(const Address& address,
                                                      const ListenOptions& options) {
  if (address.is_unix()) return OpenUnix(address, options);
  return OpenTcp(HasIpv6() ? address : address.WithoutIpv6(), options);
}

absl::Status CheckGate() {
  const absl::StatusOr<Address> loopback = Address::Parse("127.0.0.1:0");
  absl::StatusOr<ListeningSockets> sockets =
      OpenListeningSockets(*loopback, ListenOptions{.backlog = 1});
  return sockets.ok() ? sockets->gate.Open() : sockets.status();
}

}  // namespace greeter::net
