// What people greet with gets exactly the greeting, whatever the kind of address.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"

namespace greeter::testing {
namespace {

constexpr char kPythonClient[] = R"(
import socket, sys
family, address = (socket.AF_UNIX, sys.argv[1]) if len(sys.argv) == 2 else (
    socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, (sys.argv[1], int(sys.argv[2])))
with socket.socket(family) as client:
    client.settimeout(20)
    client.connect(address)
    while data := client.recv(4096):
        sys.stdout.buffer.write(data)
)";

struct HostAndPort {
  std::string host;
  std::string port;
};

HostAndPort Split(const std::string& address) {
  const size_t colon = address.rfind(':');
  return {absl::StrReplaceAll(address.substr(0, colon), {{"[", ""}, {"]", ""}}),
          address.substr(colon + 1)};
}

// A port that is free on all addresses and that the kernel gives to no client.
std::string FreePort() {
  for (int i = 0; i < 10000; ++i) {
    const int port = 20000 + (getpid() + i) % 10000;
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<uint16_t>(port));
    const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    if (free) return absl::StrCat(port);
  }
  return "0";
}

using GreetingTest = GreeterTest;

void ExpectOutput(const Finished& finished, const std::string& bytes) {
  EXPECT_EQ(finished.code, 0) << finished;
  EXPECT_EQ(finished.out, bytes) << finished;
}

// Promise 1: exact.
TEST_F(GreetingTest, ElevenBytesForTheClientsPeopleUse) {
  const auto [host, port] = Split(StartGreeter().address());
  ExpectOutput(RunProgram({{"nc", "-d", host, port}}), "Hello world");
  ExpectOutput(RunProgram({{"python3", "-c", kPythonClient, host, port}}), "Hello world");
  ExpectOutput(
      RunProgram({{"bash", "-c", absl::StrCat("exec 3<>/dev/tcp/", host, "/", port, "; cat <&3")}}),
      "Hello world");
  ExpectOutput(
      RunProgram({{"curl", "-sS", "--max-time", "20", absl::StrCat("telnet://", host, ":", port)}}),
      "Hello world");
}

// Promise 1: with the NUL ending, byte for byte what the classic program sends.
TEST_F(GreetingTest, TwelveBytesOfTheClassicProgram) {
  const auto [host, port] = Split(StartGreeter().address());
  const Finished set = Ctl({"message", "set", "Hello world", "--ending", "nul"});
  ASSERT_EQ(set.code, 0) << set;
  const std::string classic("Hello world\0", 12);
  ExpectOutput(RunProgram({{"nc", "-d", host, port}}), classic);
  ExpectOutput(RunProgram({{"python3", "-c", kPythonClient, host, port}}), classic);
}

TEST_F(GreetingTest, OnIpv6) {
  const auto [host, port] = Split(StartGreeter({"--listen", "[::1]:0"}).address());
  ASSERT_EQ(host, "::1");
  ExpectOutput(RunProgram({{"nc", "-d", host, port}}), "Hello world");
  ExpectOutput(RunProgram({{"python3", "-c", kPythonClient, host, port}}), "Hello world");
}

TEST_F(GreetingTest, OnAUnixSocket) {
  StartGreeter({"--listen", "unix:" + Path("data")});
  ExpectOutput(RunProgram({{"nc", "-d", "-U", Path("data")}}), "Hello world");
  ExpectOutput(RunProgram({{"python3", "-c", kPythonClient, Path("data")}}), "Hello world");
}

TEST_F(GreetingTest, OnEveryAddressOfAPort) {
  const std::string port = FreePort();
  Greeter& greeter = StartGreeter({port});
  EXPECT_EQ(Split(greeter.address()).port, port);
  EXPECT_EQ(Greet("127.0.0.1:" + port), "greeted");
  EXPECT_EQ(Greet("[::1]:" + port), "greeted");
}

TEST_F(GreetingTest, AsTheEnvironmentSays) {
  Greeter& greeter =
      StartGreeter({}, {{"GREETER_MESSAGE", "From outside"}, {"GREETER_LISTEN", kAnyPort}});
  EXPECT_EQ(Greet(greeter.address(), "From outside"), "greeted");
}

TEST_F(GreetingTest, TemplateIsRenderedForEveryClient) {
  Greeter& greeter = StartGreeter({"--label", "site=berlin"});
  const Finished set = Ctl(
      {"message", "set", "${listener} in ${label.site}, connection ${connection}$$", "--template"});
  ASSERT_EQ(set.code, 0) << set;
  EXPECT_EQ(Greet(greeter.address(), "default in berlin, connection 1$"), "greeted");
  EXPECT_EQ(Greet(greeter.address(), "default in berlin, connection 2$"), "greeted");
}

TEST_F(GreetingTest, ConfigFileHasManyListeners) {
  const std::string file = WriteFile("greeter.yaml", R"(listeners:
  - name: default
    address: "127.0.1.1:0"
    greeting: {text: "Down for maintenance", ending: crlf}
  - name: canary
    address: "127.0.1.1:0"
    greeting: {raw: "AP8=", ending: lf}
  - name: spare
    address: "127.0.1.1:0"
    enabled: false
    greeting: {text: "later"}
)");
  Greeter& greeter = StartGreeter({"--config", file});
  EXPECT_EQ(Greet(greeter.address(), "Down for maintenance\r\n"), "greeted");
  EXPECT_EQ(Greet(greeter.address("canary"), std::string("\0\xff\n", 3)), "greeted");
  EXPECT_EQ(greeter.address("spare"), "");
}

}  // namespace
}  // namespace greeter::testing
