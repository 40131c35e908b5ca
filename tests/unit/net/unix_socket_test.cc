#include "net/unix_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "net/listening_sockets.h"
#include "support/tcp_client.h"

namespace greeter::net {
namespace {

using greeter::testing::HowEnded;
using greeter::testing::TcpClient;
using ::testing::HasSubstr;

class UnixSocketTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(directory_.data()), nullptr); }
  void TearDown() override {
    unlink(Path().c_str());
    rmdir(directory_.c_str());
  }

  std::string Path() const { return directory_ + "/socket"; }
  Address address() const { return Address::Parse("unix:" + Path()).value(); }
  bool FileExists() const { return access(Path().c_str(), F_OK) == 0; }
  std::string Failure() const {
    const absl::StatusOr<UnixListener> listener = ListenUnix(address(), 8, 0600);
    EXPECT_EQ(listener.status().code(), absl::StatusCode::kFailedPrecondition);
    return std::string(listener.status().message());
  }
  // What a process that was killed leaves behind.
  void LeaveStaleFile() const {
    const FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(bind(fd.get(), address().data(), address().size()), 0);
    ASSERT_EQ(listen(fd.get(), 1), 0);
  }

 private:
  std::string directory_ = "/tmp/greeter-unix-XXXXXX";
};

TEST_F(UnixSocketTest, ReplacesWhatADeadProcessLeft) {
  LeaveStaleFile();
  ASSERT_TRUE(FileExists());
  const absl::StatusOr<UnixListener> listener = ListenUnix(address(), 8, 0600);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(TcpClient(address()).connected());
}

TEST_F(UnixSocketTest, LeavesALiveSocketAlone) {
  const absl::StatusOr<UnixListener> first = ListenUnix(address(), 8, 0600);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(Failure(), ::testing::AllOf(HasSubstr("in use"), HasSubstr("ss -lxp")));
  EXPECT_TRUE(TcpClient(address()).connected());
}

TEST_F(UnixSocketTest, LeavesAFileAlone) {
  std::ofstream(Path()) << "precious";
  EXPECT_THAT(Failure(), HasSubstr("no socket; remove it or choose another path"));
  EXPECT_TRUE(FileExists());
}

TEST_F(UnixSocketTest, SaysThatTheDirectoryIsMissing) {
  const Address elsewhere = Address::Parse("unix:/nowhere/at/all/socket").value();
  EXPECT_THAT(std::string(ListenUnix(elsewhere, 8, 0600).status().message()),
              HasSubstr("the directory does not exist"));
}

TEST_F(UnixSocketTest, GivesItsFileTheModeAskedForWhateverTheUmask) {
  for (const mode_t mode : {0600u, 0660u, 0666u}) {
    const mode_t before = umask(027);
    const absl::StatusOr<UnixListener> listener = ListenUnix(address(), 8, mode);
    umask(before);
    ASSERT_TRUE(listener.ok());
    struct stat file = {};
    ASSERT_EQ(stat(Path().c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777u, mode);
  }
}

TEST_F(UnixSocketTest, TakesItsFileAwayButNoOneElses) {
  { ASSERT_TRUE(ListenUnix(address(), 8, 0600).ok()); }
  EXPECT_FALSE(FileExists());

  absl::StatusOr<UnixListener> ours = ListenUnix(address(), 8, 0600);
  ASSERT_TRUE(ours.ok());
  // Renamed rather than removed, so that its inode is not used again.
  ASSERT_EQ(rename(Path().c_str(), (Path() + ".old").c_str()), 0);
  LeaveStaleFile();
  ours = absl::CancelledError();
  EXPECT_TRUE(FileExists());
  unlink((Path() + ".old").c_str());
}

// Promise 5, for unix sockets: those that are queued are answered, new ones refused.
TEST_F(UnixSocketTest, ShutsWithoutReset) {
  absl::StatusOr<ListeningSockets> sockets = OpenListeningSockets(address(), {.workers = 2});
  ASSERT_TRUE(sockets.ok());
  ASSERT_TRUE(sockets->Listen().ok());
  ASSERT_TRUE(sockets->gate.Open().ok());
  TcpClient before(address());
  ASSERT_TRUE(before.connected());
  ASSERT_TRUE(sockets->gate.Shut().ok());
  EXPECT_FALSE(FileExists());
  EXPECT_EQ(TcpClient(address()).ended(), HowEnded::kRefused);
  FileDescriptor accepted(accept4(sockets->workers[1].get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted.valid());
  EXPECT_EQ(send(accepted.get(), "hi", 2, MSG_NOSIGNAL), 2);
  sockets = absl::CancelledError();
  accepted.Close();
  EXPECT_EQ(before.ReadToEnd(), HowEnded::kClean);
  EXPECT_EQ(before.bytes(), "hi");
}

}  // namespace
}  // namespace greeter::net
