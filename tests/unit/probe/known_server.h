// Servers that err in a known way, and driving them: what measures the measuring instrument.

#ifndef GREETER_TESTS_UNIT_PROBE_KNOWN_SERVER_H_
#define GREETER_TESTS_UNIT_PROBE_KNOWN_SERVER_H_

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "probe/generator.h"

namespace greeter::probe {

// Accepts on a port of its own, in a thread, and lets `serve` do what it likes with each client.
class Server {
 public:
  explicit Server(std::function<void(int fd)> serve) : serve_(std::move(serve)) {
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

  ~Server() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Target target() const { return *ParseTarget(absl::StrCat("127.0.0.1:", port_)); }

 private:
  const std::function<void(int fd)> serve_;
  int fd_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

inline void Say(int fd, const std::string& text) {
  EXPECT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

inline std::function<void(int)> Saying(const std::string& text) {
  return [text](int fd) {
    Say(fd, text);
    close(fd);
  };
}

inline Options Few(const Target& target) {
  Options options;
  options.targets = {target};
  options.in_flight = 8;
  options.connections = 100;
  return options;
}

inline Report Drive(Options options) {
  auto generator = Generator::Create(std::move(options));
  EXPECT_TRUE(generator.ok()) << generator.status();
  return (*generator)->Run();
}

// Every connection ended as `outcome`.
inline void ExpectAll(const Report& report, Outcome outcome) {
  EXPECT_EQ(report.count(outcome), report.connections()) << report.ToText();
  EXPECT_GT(report.connections(), 0U);
}

}  // namespace greeter::probe

#endif  // GREETER_TESTS_UNIT_PROBE_KNOWN_SERVER_H_
