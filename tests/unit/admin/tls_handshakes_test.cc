// Who gets past the handshakes, and how long the others may take.

#include "admin/tls_handshakes.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "net/file_descriptor.h"
#include "support/certificates.h"
#include "support/wait_for.h"

namespace greeter::admin {
namespace {

using ::greeter::testing::CertificateAuthority;
using ::greeter::testing::KeyPair;
using ::greeter::testing::WaitFor;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TlsHandshakesTest : public ::testing::Test {
 protected:
  TlsHandshakesTest() {
    std::string pattern = ::testing::TempDir() + "/handshakes_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    const CertificateAuthority ca("CA");
    const KeyPair server = ca.IssueForServer();
    const auto write = [this](const char* name, const std::string& text) {
      std::ofstream(directory_ / name) << text;
      return (directory_ / name).string();
    };
    auto watch = CertificateWatch::Start(
        {write("cert", server.cert), write("key", server.key), write("ca", ca.pem())},
        absl::Hours(1));
    EXPECT_TRUE(watch.ok()) << watch.status();
    certificates_ = *std::move(watch);
  }
  ~TlsHandshakesTest() override { std::filesystem::remove_all(directory_); }

  void Start(absl::Duration timeout) {
    auto handshakes = TlsHandshakes::Start(
        {.timeout = timeout,
         .linger = absl::Hours(1),
         .certificates = certificates_,
         .refused = std::make_shared<RefusedHandshakes>(
             RefusedHandshakes::Options{[this](const RefusedHandshake& refused) {
               const std::lock_guard lock(mutex_);
               refused_.push_back(refused.peer + ": " + refused.reason);
             }})},
        [this](RelaySocket client, const std::string& address) {
          EXPECT_EQ(client.session, nullptr);
          const std::lock_guard lock(mutex_);
          done_.push_back(address);
        });
    ASSERT_TRUE(handshakes.ok()) << handshakes.status();
    handshakes_ = *std::move(handshakes);
  }

  // The client's end, which waits for 10 seconds at most.
  net::FileDescriptor Add(const std::string& address, bool trusted = false) {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const timeval patience = {10, 0};
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    handshakes_->Add(net::FileDescriptor(ends[1]), address, trusted);
    return net::FileDescriptor(ends[0]);
  }

  // Whether the server's end comes, after what it may have said.
  static bool HasEnded(const net::FileDescriptor& client) {
    std::array<char, 256> said = {};
    ssize_t got = 0;
    do {
      got = recv(client.get(), said.data(), said.size(), 0);
    } while (got > 0);
    return got == 0;
  }

  std::vector<std::string> done() {
    const std::lock_guard lock(mutex_);
    return done_;
  }
  std::vector<std::string> refused() {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

  std::unique_ptr<TlsHandshakes> handshakes_;

 private:
  std::filesystem::path directory_;
  std::shared_ptr<const CertificateWatch> certificates_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::string> done_;
  std::vector<std::string> refused_;
};

TEST_F(TlsHandshakesTest, WhoStallsIsDroppedInTime) {
  Start(absl::Milliseconds(50));
  const net::FileDescriptor silent = Add("silent");
  const net::FileDescriptor slow = Add("slow");
  // A record of TLS that goes on.
  ASSERT_EQ(send(slow.get(), "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
  EXPECT_TRUE(HasEnded(silent));
  EXPECT_TRUE(HasEnded(slow));
  EXPECT_THAT(refused(), IsEmpty());
  EXPECT_THAT(done(), IsEmpty());
}

// However much it says. Longer than the pauses between its bytes on a busy machine, and far shorter
// than what is waited for the end.
TEST_F(TlsHandshakesTest, WhoNeverEndsIsDroppedInTime) {
  Start(absl::Seconds(1));
  const net::FileDescriptor client = Add("endless");
  // A handshake's record, a byte at a time.
  const std::string record = std::string("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc", 9);
  for (const char byte : record) send(client.get(), &byte, 1, MSG_NOSIGNAL);
  EXPECT_TRUE(WaitFor([&] { return send(client.get(), "x", 1, MSG_NOSIGNAL) < 0; }));
}

TEST_F(TlsHandshakesTest, WhoIsRefusedHearsSoAndIsNotHeardAnyMore) {
  Start(absl::Hours(1));
  net::FileDescriptor client = Add("plain");
  ASSERT_EQ(send(client.get(), "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL), 16);
  EXPECT_TRUE(HasEnded(client));
  // Its connection isn't reset meanwhile.
  EXPECT_EQ(send(client.get(), "Host: a\r\n", 9, MSG_NOSIGNAL), 9);
  EXPECT_THAT(refused(), ElementsAre("plain: it spoke no TLS"));
}

TEST_F(TlsHandshakesTest, WhoLeavesIsNotRefused) {
  Start(absl::Hours(1));
  Add("gone");
  Add("next", /*trusted=*/true);
  EXPECT_TRUE(WaitFor([this] { return !done().empty(); }));
  handshakes_->Stop();
  EXPECT_THAT(refused(), IsEmpty());
}

TEST_F(TlsHandshakesTest, WhoIsTrustedIsLetInAsItIs) {
  Start(absl::Hours(1));
  const net::FileDescriptor client = Add("own", /*trusted=*/true);
  EXPECT_TRUE(WaitFor([this] { return !done().empty(); }));
  EXPECT_THAT(done(), ElementsAre("own"));
}

TEST_F(TlsHandshakesTest, StopDropsThem) {
  Start(absl::Hours(1));
  const net::FileDescriptor client = Add("silent");
  handshakes_->Stop();
  EXPECT_TRUE(HasEnded(client));
}

}  // namespace
}  // namespace greeter::admin
