// What a file holds while it is being written is never served, even if it could be.

#include "admin/certificate_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "net/file_descriptor.h"
#include "support/certificates.h"
#include "support/wait_for.h"

namespace greeter::admin {
namespace {

using ::greeter::testing::CertificateAuthority;
using ::greeter::testing::KeyPair;
using ::greeter::testing::WaitFor;

class CertificateWatchTest : public ::testing::Test {
 protected:
  CertificateWatchTest() {
    std::string pattern = ::testing::TempDir() + "/watch_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    Write("server.pem", server_.cert);
    Write("server.key", server_.key);
    Write("ca.pem", one_.pem());
  }
  ~CertificateWatchTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ / name; }
  // In place, as "cat" does.
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::trunc) << text;
  }

  void Start(absl::Duration interval) {
    auto watch =
        CertificateWatch::Start({Path("server.pem"), Path("server.key"), Path("ca.pem")}, interval);
    ASSERT_TRUE(watch.ok()) << watch.status();
    watch_ = *std::move(watch);
    reads_ = net::FileDescriptor(inotify_init1(IN_CLOEXEC));
    ASSERT_GE(inotify_add_watch(reads_.get(), Path("ca.pem").c_str(), IN_CLOSE_NOWRITE), 0);
  }
  // Until the watch has read the last of its files.
  bool WaitForReading() const {
    pollfd waiting = {reads_.get(), POLLIN, 0};
    if (poll(&waiting, 1, 20'000) != 1) return false;
    std::array<char, 4096> events = {};
    return read(reads_.get(), events.data(), events.size()) > 0;
  }
  // Whether `client_ca` is what the file of client CAs held when it was read last for good.
  bool IsServed(const std::string& client_ca) const {
    return watch_->current()->digest == DigestOf({server_.cert, server_.key, client_ca});
  }

  const CertificateAuthority one_{"one"};
  const CertificateAuthority other_{"other"};
  const KeyPair server_ = one_.IssueForServer();
  std::filesystem::path directory_;
  std::unique_ptr<CertificateWatch> watch_;
  net::FileDescriptor reads_;
};

TEST_F(CertificateWatchTest, ABundleThatIsCutBetweenCertificatesIsNotServed) {
  Start(absl::Seconds(1));
  for (int i = 0; i < 2; ++i) {
    Write("ca.pem", other_.pem());
    ASSERT_TRUE(WaitForReading());
    EXPECT_TRUE(IsServed(one_.pem()));
    Write("ca.pem", other_.pem() + one_.pem());
    ASSERT_TRUE(WaitForReading());
    EXPECT_TRUE(IsServed(one_.pem()));
  }
  EXPECT_TRUE(WaitFor([&] { return IsServed(other_.pem() + one_.pem()); }));
}

}  // namespace
}  // namespace greeter::admin
