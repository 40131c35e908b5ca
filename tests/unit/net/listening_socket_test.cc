// Closing behind a gate, looked at from so near that a moment in the kernel shows.

#include "net/listening_socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "net/listening_sockets.h"
#include "support/own_network.h"

namespace greeter::net {
namespace {

Address At(const char* text) { return Address::Parse(text).value(); }

// Sends SYN after SYN to one address, as fast as it can, from a thread of its own.
class SynFlood {
 public:
  explicit SynFlood(const Address& to) : to_(to), thread_([this] { Run(); }) {}
  ~SynFlood() { Stop(); }
  SynFlood(const SynFlood&) = delete;
  SynFlood& operator=(const SynFlood&) = delete;

  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  uint64_t sent() const { return sent_; }
  // Those that a listening socket answered.
  uint64_t answered() const { return answered_; }

 private:
  void Run() {
    const FileDescriptor socket(
        ::socket(to_.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const linger abort = {1, 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    while (!stopping_) {
      ++sent_;
      if (connect(socket.get(), to_.data(), to_.size()) == 0 || errno == EINPROGRESS) {
        // On loopback the answer is there when connect(2) returns. A reset after it shows as well.
        pollfd answer = {socket.get(), POLLOUT, 0};
        if (poll(&answer, 1, 0) == 1 && !WasRefused(socket)) ++answered_;
      }
      sockaddr nobody = {};
      nobody.sa_family = AF_UNSPEC;
      connect(socket.get(), &nobody, sizeof(nobody));
    }
  }
  static bool WasRefused(const FileDescriptor& socket) {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error == ECONNREFUSED;
  }

  const Address to_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> sent_ = 0;
  std::atomic<uint64_t> answered_ = 0;
  std::thread thread_;
};

// A port that stays ours while nobody listens there: bound, never listening.
FileDescriptor HoldPort(Address* address) {
  FileDescriptor socket(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  const int off = 0;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address->is_dual_stack()) {
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  EXPECT_EQ(bind(socket.get(), address->data(), address->size()), 0);
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  *address =
      address->WithPort(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&bound), size).port());
  return socket;
}

class ListeningSocketTest : public ::testing::TestWithParam<const char*> {
 private:
  // A port that is held without listening may be taken by whoever asks for just that one: a server
  // of another test that comes back to its address, and answers. Not here, where it is to be had.
  const absl::StatusOr<std::unique_ptr<testing::OwnNetwork>> network_ =
      testing::OwnNetwork::Enter();
};

// Promise 5: a client that is answered by a socket on its way out would wait for ever.
TEST_P(ListeningSocketTest, LetsNobodyInWhileItCloses) {
  Address address = At(GetParam());
  const FileDescriptor holder = HoldPort(&address);
  SynFlood flood(At("127.0.0.1:0").WithPort(address.port()));
  for (int round = 0; round < 3000; ++round) {
    absl::StatusOr<ListeningSockets> sockets =
        OpenListeningSockets(address, {.workers = 16, .backlog = 16});
    ASSERT_TRUE(sockets.ok()) << sockets.status();
    // The last to listen is the first that the kernel's lookup comes across.
    while (!sockets->workers.empty()) sockets->workers.pop_back();
  }
  flood.Stop();
  EXPECT_GT(flood.sent(), 1000u);
  EXPECT_EQ(flood.answered(), 0u) << "of " << flood.sent();
}

INSTANTIATE_TEST_SUITE_P(EveryStack, ListeningSocketTest,
                         ::testing::Values("127.0.0.1:0", "0.0.0.0:0", ":0"));

}  // namespace
}  // namespace greeter::net
