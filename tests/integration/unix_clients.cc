#include "unix_clients.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel_posix.h"
#include "gtest/gtest.h"
#include "net/address.h"

namespace greeter::testing {

net::FileDescriptor OpenUnixConnection(const std::string& path) {
  const absl::StatusOr<net::Address> to = net::Address::Parse(absl::StrCat("unix:", path));
  net::FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(fd.get(), to->data(), to->size()), 0);
  return fd;
}

net::FileDescriptor OpenUnixConnectionAs(const std::string& path, uid_t uid, gid_t gid) {
  net::FileDescriptor connection;
  // By a thread that is somebody else's: Linux gives each its own credentials, and libc's setuid()
  // would change them all.
  std::thread([&] {
    EXPECT_EQ(syscall(SYS_setgroups, 0, nullptr), 0);
    EXPECT_EQ(syscall(SYS_setresgid, gid, gid, gid), 0);
    EXPECT_EQ(syscall(SYS_setresuid, uid, uid, uid), 0);
    connection = OpenUnixConnection(path);
  }).join();
  return connection;
}

void LetEveryoneConnect(const std::string& path) {
  chmod(std::filesystem::path(path).parent_path().c_str(), 0711);
  chmod(path.c_str(), 0666);
}

std::shared_ptr<grpc::Channel> ChannelOver(net::FileDescriptor connection) {
  fcntl(connection.get(), F_SETFL, O_NONBLOCK);
  return grpc::CreateInsecureChannelFromFd("admin", connection.Release());
}

}  // namespace greeter::testing
