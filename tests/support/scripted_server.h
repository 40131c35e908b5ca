// A TCP server that errs as a test wants it.

#ifndef GREETER_TESTS_SUPPORT_SCRIPTED_SERVER_H_
#define GREETER_TESTS_SUPPORT_SCRIPTED_SERVER_H_

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace greeter::testing {

// Accepts on a port of its own, in a thread, and lets `serve` do what it likes with each client,
// one after the other; `serve` closes it.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(int fd)> serve) : serve_(std::move(serve)) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 1024), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int client = 0; (client = accept(fd_, nullptr, nullptr)) >= 0;) serve_(client);
    });
  }

  ~ScriptedServer() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }

  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  // "127.0.0.1:40567".
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  const std::function<void(int fd)> serve_;
  int fd_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_SCRIPTED_SERVER_H_
