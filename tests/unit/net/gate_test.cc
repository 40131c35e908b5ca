// Gates: who gets in while an address opens and closes, and to which worker.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/cpus.h"
#include "listening_fixture.h"
#include "support/clients.h"

namespace greeter::net {
namespace {

using greeter::testing::HowEnded;
using greeter::testing::TcpClient;

FileDescriptor AcceptAny(const ListeningSockets& sockets) {
  for (const ListeningSocket& worker : sockets.workers) {
    FileDescriptor accepted(accept4(worker.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (accepted.valid()) return accepted;
  }
  return {};
}

// A connection to `address` that nobody waits for.
FileDescriptor StartConnecting(const Address& address) {
  FileDescriptor fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  [[maybe_unused]] const int result = connect(fd.get(), address.data(), address.size());
  return fd;
}

class GateTest : public ::testing::TestWithParam<const char*> {
 protected:
  // An address at which a client reaches `sockets`.
  static Address ClientSide(const ListeningSockets& sockets) {
    const bool v6 = std::string(GetParam()).find("[::") == 0;
    return At(v6 ? "[::1]:0" : "127.0.0.1:0").WithPort(sockets.bound.port());
  }
};

TEST_P(GateTest, LetsNobodyInBeforeItOpens) {
  ListeningSockets sockets = MustListen(At(GetParam()));
  std::vector<FileDescriptor> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(StartConnecting(ClientSide(sockets)));
  EXPECT_FALSE(Arrives(sockets, 50));
  ASSERT_TRUE(sockets.gate.Open().ok());
  // Their SYNs are sent again after a second; nobody was turned away meanwhile.
  EXPECT_TRUE(Arrives(sockets, 5000));
}

// Else a client of this machine that is given the same port later never gets through.
TEST_P(GateTest, TakesNoClientsPort) {
  const ListeningSockets sockets = MustListen(At(GetParam()));
  // As in the kernel's tcp_states.h. A pair of ports in TIME_WAIT can be taken again.
  constexpr unsigned kCloseWait = 8;
  constexpr unsigned kListening = 10;
  int listening = 0;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    while (std::getline(file, line)) {
      unsigned port = 0;
      unsigned state = 0;
      if (std::sscanf(line.c_str(), "%*d: %*[0-9A-F]:%X %*s %X", &port, &state) != 2) continue;
      if (port != sockets.bound.port()) continue;
      EXPECT_NE(state, kCloseWait) << line;
      if (state == kListening) ++listening;
    }
  }
  EXPECT_EQ(listening, 3);
}

TEST_P(GateTest, ShutsWithoutReset) {
  ListeningSockets sockets = MustListen(At(GetParam()));
  ASSERT_TRUE(sockets.gate.Open().ok());
  TcpClient before = Connect(ClientSide(sockets));
  ASSERT_TRUE(before.connected());
  ASSERT_TRUE(sockets.gate.Shut().ok());
  EXPECT_EQ(Connect(ClientSide(sockets)).ended(), HowEnded::kUnanswered);

  // Promise 5: the one that was queued is answered.
  FileDescriptor accepted = AcceptAny(sockets);
  ASSERT_TRUE(accepted.valid());
  EXPECT_EQ(send(accepted.get(), "hi", 2, MSG_NOSIGNAL), 2);
  sockets.workers.clear();
  sockets.gate = Gate();
  accepted.Close();
  EXPECT_EQ(before.ReadToEnd(), HowEnded::kClean);
  EXPECT_EQ(before.bytes(), "hi");
}

TEST_P(GateTest, OpensAgain) {
  ListeningSockets sockets = MustListen(At(GetParam()));
  ASSERT_TRUE(sockets.gate.Open().ok());
  ASSERT_TRUE(sockets.gate.Shut().ok());
  ASSERT_TRUE(sockets.gate.Open().ok());
  EXPECT_TRUE(Connect(ClientSide(sockets)).connected());
}

TEST_P(GateTest, SpreadsOverAllWorkers) {
  ListeningSockets sockets = MustListen(At(GetParam()), false, 3);
  ASSERT_TRUE(sockets.gate.Open().ok());
  std::vector<TcpClient> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(Connect(ClientSide(sockets)));
  for (const TcpClient& client : clients) EXPECT_TRUE(client.connected());
  for (const ListeningSocket& worker : sockets.workers) {
    EXPECT_TRUE(FileDescriptor(accept4(worker.get(), nullptr, nullptr, 0)).valid());
  }
}

// Promise 6: what is opened and dropped again under load has touched nobody.
TEST_P(GateTest, OpensAndIsDroppedUnderLoadUnseen) {
  const Address address = MustListen(At(GetParam())).bound;
  const bool v6 = std::string(GetParam()).find("[::") == 0;
  const Address reach = At(v6 ? "[::1]:0" : "127.0.0.1:0").WithPort(address.port());
  probe::Options options;
  options.targets = {{reach.ToString(), {reach}}};
  options.in_flight = 16;
  options.expected = probe::Expected::OneOf({"nobody says this"});
  options.duration = absl::InfiniteDuration();
  options.timeout = absl::Seconds(5);
  greeter::testing::Clients load(options);
  for (int i = 0; i < 50; ++i) {
    const ListeningSockets sockets = MustListen(address);
    EXPECT_FALSE(Arrives(sockets, 1)) << i;
  }
  const probe::Report& report = load.Stop();
  EXPECT_EQ(load.harmed(), 0u) << report;
  EXPECT_GT(report.count(probe::Outcome::kRefused), 0u);
}

INSTANTIATE_TEST_SUITE_P(EveryStack, GateTest,
                         ::testing::Values("127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0", ":0"));

// The gate of an address that takes over part of a port must be tight although connections to that
// port may reach the listener it takes over from.
TEST(GateOverOursTest, IsTightInEveryMoveWithinOnePort) {
  const std::pair<const char*, const char*> moves[] = {
      {"127.0.0.1", "0.0.0.0"},
      {"0.0.0.0", "127.0.0.1"},
      {"127.0.0.1", ""},
      {"", "127.0.0.1"},
      {"0.0.0.0", ""},
      {"", "0.0.0.0"},
      {"[::1]", "[::]"},
      {"[::]", "[::1]"},
      {"[::1]", ""},
      {"[::]", ""},
      {"", "[::]"},
  };
  for (const auto& [from, to] : moves) {
    SCOPED_TRACE(std::string(from) + " to " + to);
    ListeningSockets old = MustListen(At(std::string(from) + ":0"));
    ASSERT_TRUE(old.gate.Open().ok());
    ListeningSockets next = MustListen(At(std::string(to) + ":0").WithPort(old.bound.port()), true);
    ASSERT_TRUE(next.Listen().ok());
    EXPECT_FALSE(Arrives(old, 0)) << "the old listener got a connection of our own";
    old.workers.clear();
    old.gate = Gate();
    const bool v6 = next.bound.family() == AF_INET6 && !next.bound.is_dual_stack();
    std::vector<FileDescriptor> clients;
    for (int i = 0; i < 5; ++i) {
      clients.push_back(
          StartConnecting(At(v6 ? "[::1]:0" : "127.0.0.1:0").WithPort(next.bound.port())));
    }
    for (const FileDescriptor& client : clients) {
      pollfd writable = {client.get(), POLLOUT, 0};
      EXPECT_EQ(poll(&writable, 1, 5), 0) << "the gate took a connection";
    }
  }
}

// On loopback the SYN is received on the CPU that sends it.
TEST(SteeringTest, GivesAConnectionToTheWorkerOfItsCpu) {
  const std::vector<int> cpus = base::AffinityCpus();
  const int workers = static_cast<int>(cpus.size());
  ListeningSockets sockets = MustListen(At("127.0.0.1:0"), false, workers);
  ASSERT_TRUE(sockets.gate.Open(cpus).ok());
  for (size_t worker = 0; worker < cpus.size(); ++worker) {
    for (int i = 0; i < 8; ++i) {
      FileDescriptor client;
      std::thread([&] {
        ASSERT_TRUE(base::PinThread(cpus[worker]));
        client = StartConnecting(sockets.bound);
      }).join();
      ASSERT_TRUE(Arrives(sockets, 5000));
      const FileDescriptor accepted(
          accept4(sockets.workers[worker].get(), nullptr, nullptr, SOCK_CLOEXEC));
      EXPECT_TRUE(accepted.valid()) << "not at worker " << worker;
    }
  }
}

TEST(SteeringTest, SpreadsAtRandomWhatArrivesOnOtherCpus) {
  constexpr int kConnections = 200;
  ListeningSockets sockets = MustListen(At("127.0.0.1:0"));
  ASSERT_TRUE(sockets.gate.Open({100'000, 100'001}).ok());
  std::vector<FileDescriptor> clients;
  int first_worker = 0;
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(StartConnecting(sockets.bound));
    ASSERT_TRUE(Arrives(sockets, 5000));
    const FileDescriptor at_first(
        accept4(sockets.workers[0].get(), nullptr, nullptr, SOCK_CLOEXEC));
    first_worker += at_first.valid() ? 1 : 0;
    if (!at_first.valid()) AcceptAny(sockets);
  }
  // Fair coins: outside of this once in some billions of runs.
  EXPECT_GT(first_worker, 55);
  EXPECT_LT(first_worker, 145);
}

TEST(CheckGateTest, ThisKernelHasGates) { EXPECT_TRUE(CheckGate().ok()) << CheckGate(); }

TEST(NoGateTest, AdmitsAtOnce) {
  const absl::StatusOr<ListeningSockets> sockets =
      OpenListeningSockets(At("127.0.0.1:0"), {.workers = 2, .gate = false});
  ASSERT_TRUE(sockets.ok());
  EXPECT_FALSE(sockets->gate.valid());
  EXPECT_EQ(sockets->workers.size(), 2u);
  EXPECT_TRUE(Connect(sockets->bound).connected());
}

}  // namespace
}  // namespace greeter::net
