#include "integration/admin_cli_fixture.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace greeter::testing {
namespace {

// A socket that listens on a loopback port of the kernel's choice.
int Listen(int backlog, std::string& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&name), size), 0);
  EXPECT_EQ(listen(fd, backlog), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  address = absl::StrCat("127.0.0.1:", ntohs(name.sin_port));
  return fd;
}

}  // namespace

Parrot::Parrot(std::string words)
    : words_(std::move(words)), fd_(Listen(16, address_)), thread_([this] { Run(); }) {}

Parrot::~Parrot() {
  shutdown(fd_, SHUT_RDWR);
  thread_.join();
  close(fd_);
}

void Parrot::Run() const {
  for (;;) {
    const int client = accept(fd_, nullptr, nullptr);
    if (client < 0) return;
    send(client, words_.data(), words_.size(), MSG_NOSIGNAL);
    shutdown(client, SHUT_WR);
    char ignored[1024];
    while (recv(client, ignored, sizeof(ignored), 0) > 0) {
    }
    close(client);
  }
}

DeafListener::DeafListener(int backlog) : backlog_(backlog), fd_(Listen(backlog, address_)) {}

DeafListener::~DeafListener() {
  for (const int client : clients_) close(client);
  close(fd_);
}

void DeafListener::Fill() {
  sockaddr_in name{};
  socklen_t size = sizeof(name);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size);
  // The kernel lets one more in than the backlog says.
  for (int i = 0; i <= backlog_; ++i) {
    clients_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(clients_.back(), reinterpret_cast<const sockaddr*>(&name), size), 0);
  }
}

AdminCliTest::AdminCliTest() {
  std::string pattern = ::testing::TempDir() + "greeterctl_XXXXXX";
  directory_ = mkdtemp(pattern.data());
}

AdminCliTest::~AdminCliTest() { std::filesystem::remove_all(directory_); }

Finished AdminCliTest::Greeterctl(std::vector<std::string> options,
                                  std::map<std::string, std::string> environment) {
  options.insert(options.begin(), {GREETERCTL, "status"});
  return RunProgram({.arguments = std::move(options), .environment = std::move(environment)});
}

void AdminCliTest::ExpectRefused(const Finished& finished, int code,
                                 const std::vector<std::string>& words) {
  EXPECT_EQ(finished.code, code) << finished;
  EXPECT_THAT(finished.out, ::testing::IsEmpty());
  EXPECT_THAT(finished.err, ::testing::StartsWith("greeterctl"));
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished;
  for (const std::string& word : words) EXPECT_THAT(finished.err, ::testing::HasSubstr(word));
}

std::string AdminCliTest::Write(const std::string& name, const std::string& content) const {
  std::ofstream(Path(name), std::ios::binary) << content;
  return Path(name);
}

std::vector<std::string> AdminCliTest::As(const KeyPair& pair) const {
  return {"--cert", Write("me.pem", pair.cert), "--key", Write("me-key.pem", pair.key)};
}

std::vector<std::string> AdminCliTest::To(const FakeAdminService& server, const std::string& ca,
                                          const std::vector<std::string>& more) const {
  std::vector<std::string> all = {"--server", server.address(), "--ca", Write("ca.pem", ca)};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace greeter::testing
