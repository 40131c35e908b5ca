// What systemd is told (sd_notify(3)), read as systemd reads it.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::HasSubstr;

class ServiceNotifier : public GreeterTest {
 protected:
  ServiceNotifier() : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    Path("notify").copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~ServiceNotifier() override { close(socket_); }

  std::map<std::string, std::string> Environment() const {
    return {{"NOTIFY_SOCKET", Path("notify")}};
  }

  // Reads messages until one begins with `beginning`, and returns that.
  std::string Await(const std::string& beginning) {
    const absl::Time deadline = absl::Now() + kPatience;
    std::string seen;
    for (;;) {
      pollfd waiting = {socket_, POLLIN, 0};
      const absl::Duration left = deadline - absl::Now();
      if (left <= absl::ZeroDuration() ||
          poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(left))) != 1) {
        return absl::StrCat("nothing but:\n", seen);
      }
      std::array<char, 4096> buffer;
      const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
      const std::string message(buffer.data(), static_cast<size_t>(std::max<ssize_t>(size, 0)));
      if (absl::StartsWith(message, beginning)) return message;
      absl::StrAppend(&seen, message, "\n");
    }
  }

 private:
  const int socket_;
};

TEST_F(ServiceNotifier, SaysWhenItServesReloadsAndStops) {
  const std::string file = WriteFile(
      "c.yaml", "listeners: [{name: default, address: \"127.0.1.1:0\", greeting: {text: a}}]");
  Greeter& greeter = StartGreeter({"--config", file, "--shutdown-delay", "1s"}, Environment());
  EXPECT_EQ(Await("STATUS="), absl::StrCat("STATUS=revision 1: default on ", greeter.address()));
  EXPECT_EQ(Await("READY=1"), "READY=1");

  WriteFile("c.yaml",
            "listeners: [{name: default, address: \"127.0.1.1:0\", greeting: {text: b}}]");
  greeter.Signal(SIGHUP);
  EXPECT_THAT(Await("RELOADING=1"), HasSubstr("\nMONOTONIC_USEC="));
  EXPECT_THAT(Await("STATUS="), HasSubstr("revision 2: default on "));
  // Done means done.
  EXPECT_EQ(Await("READY=1"), "READY=1");
  EXPECT_EQ(Greet(greeter.address(), "b"), "greeted");

  // A reload that changes nothing, or fails, ends as well.
  WriteFile("c.yaml", "no Config");
  for (int time = 0; time < 2; ++time) {
    greeter.Signal(SIGHUP);
    EXPECT_THAT(Await("RELOADING=1"), HasSubstr("RELOADING=1"));
    EXPECT_EQ(Await("READY=1"), "READY=1");
  }

  // Delay and drain, and a margin.
  EXPECT_EQ(greeter.Stop().code, 0);
  EXPECT_EQ(Await("STOPPING=1"), "STOPPING=1\nEXTEND_TIMEOUT_USEC=21000000");
}

TEST_F(ServiceNotifier, IsReadyWithAFailedListenerAndSaysWhy) {
  Greeter& other = StartGreeter();
  StartGreeter({"--listen", other.address()}, Environment());
  EXPECT_THAT(Await("STATUS="),
              HasSubstr(absl::StrCat("revision 1: default FAILED (can't listen on ",
                                     other.address(), ": Address already in use")));
  EXPECT_EQ(Await("READY=1"), "READY=1");
  other.Stop();
  // Tried again.
  EXPECT_THAT(Await("STATUS=revision 1: default on "), HasSubstr(" on 127.0.1.1:"));
}

TEST_F(ServiceNotifier, FeedsTheWatchdogWhileTheAdminPortAnswers) {
  std::map<std::string, std::string> environment = Environment();
  environment["WATCHDOG_USEC"] = "300000";
  StartGreeter({}, environment);
  for (int time = 0; time < 3; ++time) EXPECT_EQ(Await("WATCHDOG=1"), "WATCHDOG=1");
}

TEST_F(ServiceNotifier, NamesEightListenersAtMostAndNoLineFeed) {
  std::string config = "listeners:\n";
  for (int i = 0; i < 10; ++i) {
    absl::StrAppend(&config, "  - {name: l", i, ", enabled: false, address: \"127.0.1.1:", 1 + i,
                    "\", greeting: {text: a}}\n");
  }
  absl::StrAppend(&config, "  - {name: odd, address: \"unix:", Path("no"),
                  "\\nMAINPID=1/s\", greeting: {text: a}}\n");
  StartGreeter({"--config", WriteFile("c.yaml", config)}, Environment());
  const std::string status = Await("STATUS=");
  EXPECT_THAT(status, HasSubstr("no?MAINPID=1/s"));
  EXPECT_THAT(status, HasSubstr(", l6 stopped and 3 more"));
  EXPECT_EQ(status.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace greeter::testing
