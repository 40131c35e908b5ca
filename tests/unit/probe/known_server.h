// Servers that err in a known way, and driving them: what measures the measuring instrument.

#ifndef GREETER_TESTS_UNIT_PROBE_KNOWN_SERVER_H_
#define GREETER_TESTS_UNIT_PROBE_KNOWN_SERVER_H_

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>

#include "probe/generator.h"
#include "support/scripted_server.h"

namespace greeter::probe {

class Server : public testing::ScriptedServer {
 public:
  using ScriptedServer::ScriptedServer;
  Target target() const { return *ParseTarget(address()); }
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
