// Every bad input gets one clear line: what, which value, how to mend it.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int kFailure = 1, kUsage = 2;

class BadInputTest : public GreeterTest {
 protected:
  // greeterd ends with `code` and one line on standard error, which has all of `words`.
  static void ExpectRefused(const Finished& finished, int code,
                            const std::vector<std::string>& words) {
    EXPECT_EQ(finished.code, code) << finished;
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, StartsWith("greeterd: "));
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished;
    for (const std::string& word : words) EXPECT_THAT(finished.err, HasSubstr(word));
  }

  static void ExpectUsage(const std::vector<std::string>& options,
                          const std::vector<std::string>& words) {
    SCOPED_TRACE(::testing::PrintToString(options));
    ExpectRefused(RunGreeter(options), kUsage, words);
  }

  void ExpectBadConfig(const std::string& content, const std::vector<std::string>& words) const {
    SCOPED_TRACE(content.substr(0, 200));
    std::vector<std::string> all = words;
    all.push_back(Path("config"));
    ExpectRefused(RunGreeter({"--admin", "127.0.0.1:0", "--config", WriteFile("config", content)}),
                  kFailure, all);
  }
};

TEST_F(BadInputTest, Options) {
  ExpectUsage({"65536"}, {"PORT", "\"65536\"", "0 to 65535"});
  ExpectUsage({"-1"}, {"-1"});
  ExpectUsage({"http"}, {"PORT", "\"http\"", "0 to 65535"});
  ExpectUsage({"9190", "9191"}, {"unexpected argument \"9191\""});
  ExpectUsage({"--listen", "127.0.0.1"}, {"--listen", "no port"});
  ExpectUsage({"--listen", "127.0.0.1:65536"}, {"--listen", "65536 is beyond 65535"});
  ExpectUsage({"--listen", "127.0.0.1:http"}, {"--listen", "http"});
  ExpectUsage({"--listen", "example.org:80"}, {"--listen", "example.org"});
  ExpectUsage({"--listen", ""}, {"--listen", "empty"});
  ExpectUsage({"--listen"}, {"--listen needs a value"});
  ExpectUsage({"--state-dir", ""}, {"--state-dir", "is empty", "\"none\""});
  ExpectUsage({"--state-dir="}, {"--state-dir"});
  ExpectUsage({"--config", ""}, {"--config", "is empty"});
  ExpectUsage({"--admin", ""}, {"--admin", "empty"});
  ExpectUsage({"--label", ""}, {"--label", "NAME=VALUE"});
  ExpectUsage({"--history", ""}, {"--history"});
  ExpectUsage({"--drain-timeout", ""}, {"--drain-timeout"});
  ExpectUsage({"--listen", ":1", "--listen", ":2"}, {"--listen is given more than once"});
  ExpectUsage({"9190", "--listen", ":1"}, {"PORT can't be given together with --listen"});
  ExpectUsage({"--config", "x", "--message", "y"}, {"--message", "--config", "together"});
  ExpectUsage({"--confg", "x"}, {"\"--confg\"", "did you mean \"--config\"?"});
  ExpectUsage({"--workers", "0"}, {"--workers", "\"0\"", "1 to 1024"});
  ExpectUsage({"--workers", "many"}, {"--workers", "\"many\"", "1 to 1024"});
  ExpectUsage({"--drain-timeout", "10"}, {"--drain-timeout", "\"10\"", "10s"});
  ExpectUsage({"--shutdown-delay", "-1s"}, {"--shutdown-delay", "\"-1s\"", "0s to 24h"});
  ExpectUsage({"--log-format", "xml"}, {"--log-format", "\"xml\"", "text, json"});
  ExpectUsage({"--log-level", "loud"}, {"--log-level", "\"loud\"", "warning"});
  ExpectUsage({"--label", "berlin"}, {"--label", "\"berlin\"", "NAME=VALUE"});
  ExpectUsage({"--label", "a b=1"}, {"--label", "\"a b\""});
  ExpectUsage({"--label", "a=1", "--label", "a=2"}, {"\"a\"", "twice"});
}

TEST_F(BadInputTest, EnvironmentIsNamedAsSuch) {
  ExpectRefused(RunGreeter({}, {{"GREETER_WORKERS", "many"}}), kUsage,
                {"GREETER_WORKERS: \"many\""});
  ExpectRefused(RunGreeter({}, {{"GREETER_DRAIN_TIMEOUT", "soon"}}), kUsage,
                {"GREETER_DRAIN_TIMEOUT: \"soon\""});
  ExpectRefused(RunGreeter({}, {{"GREETER_LISTEN", "nowhere"}}), kUsage, {"GREETER_LISTEN"});
  ExpectRefused(RunGreeter({}, {{"GREETER_LABEL", "a=1,berlin"}}), kUsage,
                {"GREETER_LABEL: \"berlin\""});
}

TEST_F(BadInputTest, Messages) {
  const std::vector<std::string> ports = {"--listen", kAnyPort, "--admin", "127.0.0.1:0",
                                          "--message"};
  const auto with = [&](const std::string& message) {
    std::vector<std::string> options = ports;
    options.push_back(message);
    return RunGreeter(options);
  };
  ExpectRefused(with("caf\xe9"), kFailure, {"--message", "UTF-8", "0xE9", "offset 3"});
  ExpectRefused(with(std::string(65537, 'x')), kFailure, {"--message", "65537", "65536"});
}

TEST_F(BadInputTest, HelpAndVersionAreNoErrors) {
  for (const char* option : {"--help", "--version"}) {
    // Who asks for help may have made the mistake already.
    const Finished finished = RunGreeter({option}, {{"GREETER_ETCD", "///"}});
    EXPECT_EQ(finished.code, 0) << finished;
    EXPECT_THAT(finished.out, HasSubstr("greeterd"));
    EXPECT_THAT(finished.err, IsEmpty());
    // What CLI11 would say by itself.
    for (const char* jargon : {"Excludes", "Env:", " INT"}) {
      EXPECT_THAT(finished.out, Not(HasSubstr(jargon)));
    }
  }
}

TEST_F(BadInputTest, ConfigFilesThatCannotBeRead) {
  const auto with = [](const std::string& file) {
    return RunGreeter({"--admin", "127.0.0.1:0", "--config", file});
  };
  ExpectRefused(with(Path("none")), kFailure, {Path("none"), "No such file"});
  ExpectRefused(with(Path("")), kFailure, {Path(""), "directory"});
  const std::string secret = WriteFile("secret", "listeners: []\n");
  chmod(secret.c_str(), 0);
  ExpectRefused(RunGreeter({"--admin", "127.0.0.1:0", "--config", secret}, {},
                           /*ordinary_user=*/true),
                kFailure, {secret, "Permission denied"});
}

TEST_F(BadInputTest, DamagedConfigFiles) {
  ExpectBadConfig("", {"empty"});
  ExpectBadConfig("# nothing but a comment\n", {"empty"});
  ExpectBadConfig("listeners:\n  - name: a\n   address: x\n", {":3"});
  ExpectBadConfig("listeners: [\n", {});
  ExpectBadConfig("{\"listeners\": [}", {":1"});
  ExpectBadConfig("listeners:\n  - name: a\n    adress: \":1\"\n",
                  {":3", "adress", "did you mean \"address\"?"});
  ExpectBadConfig("listners: []\n", {":1", "listners", "did you mean \"listeners\"?"});
  ExpectBadConfig("listeners: 5\n", {":1", "listeners"});
  ExpectBadConfig("- a\n- b\n", {":1"});
  ExpectBadConfig("listeners:\n  - name: a\n    name: b\n", {":3", "name"});
  ExpectBadConfig("listeners:\n  - enabled: perhaps\n", {":2", "enabled", "perhaps"});
  ExpectBadConfig("listeners:\n  - greeting: {text: a, raw: YQ==}\n", {":2", "raw"});
  ExpectBadConfig("listeners:\n  - greeting: {raw: \"?\"}\n", {":2", "raw"});
  ExpectBadConfig("listeners:\n  - greeting: {ending: cr}\n", {":2", "ending", "cr"});
  ExpectBadConfig("listeners:\n  - limits: {maxConnections: many}\n", {":2", "many"});
  ExpectBadConfig("listeners:\n  - limits: {lingerTimeout: 5}\n", {":2", "lingerTimeout"});
  ExpectBadConfig(std::string("listeners:\n  - name: \xff\xfe\n"), {});
  ExpectBadConfig(std::string("listeners:\0\n", 12), {});
}

TEST_F(BadInputTest, ConfigsThatMakeNoSense) {
  const std::string text = "    greeting: {text: hi}\n";
  ExpectBadConfig("listeners:\n  - name: Bad_Name\n    address: \":0\"\n" + text,
                  {"listeners[0].name", "Bad_Name", "DNS label"});
  ExpectBadConfig("listeners:\n  - name: a\n    address: \"127.0.0.1:70000\"\n" + text,
                  {"listeners[0].address", "70000"});
  ExpectBadConfig("listeners:\n  - name: a\n    address: \"127.0.0.1:7000\"\n" + text +
                      "  - name: a\n    address: \"127.0.0.1:7001\"\n" + text,
                  {"listeners[1].name", "\"a\" is taken"});
  ExpectBadConfig("listeners:\n  - name: a\n    address: \"127.0.0.1:7000\"\n" + text +
                      "  - name: b\n    address: \":7000\"\n" + text,
                  {"listeners[1].address", "7000", "\"a\""});
  ExpectBadConfig(
      "listeners:\n  - name: a\n    address: \":0\"\n    greeting: {text: \"${tiem}\", "
      "template: true}\n",
      {"listeners[0].greeting.text", "${tiem}", "did you mean ${time}?"});
  ExpectBadConfig("listeners:\n  - name: a\n    address: \":0\"\n", {"listeners[0].greeting"});
  std::string crowd = "listeners:\n";
  for (int i = 0; i < 65; ++i) {
    absl::StrAppend(&crowd, "  - {name: l", i, ", address: \":0\", greeting: {text: hi}}\n");
  }
  ExpectBadConfig(crowd, {"listeners", "65", "64"});
}

// Promise 11: closed by default.
TEST_F(BadInputTest, AdminAddresses) {
  const auto with = [](const std::string& admin) {
    return RunGreeter({"--listen", kAnyPort, "--admin", admin});
  };
  Greeter& greeter = StartGreeter();
  ExpectRefused(with(greeter.admin()), kFailure,
                {"admin", greeter.admin(), "Address already in use", "ss -ltnp"});
  ExpectRefused(with(":0"), kUsage, {"--admin", "other machines", "127.0.0.1"});
  ExpectRefused(
      with("0.0.0.0:50051"), kUsage,
      {"--admin", "0.0.0.0:50051", "127.0.0.1:50051", "--admin-client-ca", "--admin-insecure"});
  ExpectRefused(with("unix:" + Path("none/admin")), kFailure, {"none/admin", "directory"});
}

// Promise 11: what was meant for protection and would give none is refused.
TEST_F(BadInputTest, AdminOptionsThatDoNotGoTogether) {
  const auto with = [](std::vector<std::string> more) {
    std::vector<std::string> options = {"--listen", kAnyPort};
    options.insert(options.end(), more.begin(), more.end());
    return RunGreeter(options);
  };
  ExpectRefused(with({"--admin-cert", ""}), kUsage, {"--admin-cert", "is empty"});
  ExpectRefused(with({"--admin-cert", "c"}), kUsage, {"--admin-key is missing"});
  ExpectRefused(with({"--admin-cert", "c", "--admin-key", "k"}), kUsage,
                {"--admin-client-ca is missing"});
  ExpectRefused(with({"--admin-key", "k", "--admin-client-ca", "a"}), kUsage,
                {"--admin-cert is missing"});
  const std::vector<std::string> tls = {"--admin-cert",      "c", "--admin-key", "k",
                                        "--admin-client-ca", "a"};
  const auto with_tls = [&](std::vector<std::string> more) {
    more.insert(more.end(), tls.begin(), tls.end());
    return with(more);
  };
  ExpectRefused(with_tls({"--admin", "127.0.0.1:0"}), kFailure, {"--admin-cert c", "No such file"});
  ExpectRefused(with_tls({"--admin", "unix:" + Path("a")}), kUsage, {"unix socket has no TLS"});
  ExpectRefused(with_tls({"--admin-insecure"}), kUsage, {"--admin-insecure", "--admin-cert"});
  ExpectRefused(with_tls({"--admin-operator", "user:alice"}), kUsage,
                {"--admin-operator", "\"user:alice\"", "unix:/path"});
  ExpectRefused(with({"--admin-viewer", "alice"}), kUsage,
                {"--admin-viewer", "\"alice\"", "without TLS"});
  ExpectRefused(with({"--admin", "unix:" + Path("a"), "--admin-operator", "alice"}), kUsage,
                {"--admin-operator", "\"alice\"", "user:NAME"});
  ExpectRefused(with({"--admin", "unix:" + Path("a"), "--admin-operator", "group:no-such"}),
                kFailure, {"--admin-operator", "no group \"no-such\""});
  ExpectRefused(with({"--admin", "unix:" + Path("a"), "--admin-viewer", "uid:alice"}), kUsage,
                {"--admin-viewer", "\"uid:alice\" has no number"});
  ExpectRefused(with_tls({"--admin-operator", "a*b*"}), kUsage,
                {"--admin-operator", "more than one *"});
  ExpectRefused(with({"--admin-socket-group", "root"}), kUsage,
                {"--admin-socket-group", "unix:/path"});
  ExpectRefused(with({"--admin", "unix:" + Path("a"), "--admin-socket-group", "no-such"}), kFailure,
                {"--admin-socket-group", "no group \"no-such\""});
  ExpectRefused(with({"--health", "nowhere"}), kUsage, {"--health", "nowhere"});
  ExpectRefused(RunGreeter({}, {{"GREETER_ADMIN_VIEWER", "a,b"}}), kUsage,
                {"--admin-viewer", "\"a\""});
}

TEST_F(BadInputTest, PortTakenAtStartIsServedOnceItIsFree) {
  const std::string address = FreeAddress();
  Greeter& first = StartGreeter({"--listen", address, "--message", "first"});
  Greeter& second = StartGreeter({"--listen", address, "--message", "second"});
  // It stays up so that an operator can mend it.
  EXPECT_EQ(second.address(), "");
  EXPECT_TRUE(second.WaitForLog(absl::StrCat("can't listen on ", address))) << second.log();
  const api::ListenerStatus status = second.Status();
  EXPECT_EQ(status.state(), api::ListenerStatus::STATE_FAILED);
  EXPECT_THAT(status.error(), HasSubstr("Address already in use"));
  EXPECT_THAT(status.error(), HasSubstr("ss -ltnp"));
  EXPECT_EQ(second.Health("greeter.data"), "NOT_SERVING");
  EXPECT_EQ(second.Health(""), "SERVING");
  EXPECT_THAT(Ctl({"status"}).out, HasSubstr("FAILED"));
  EXPECT_EQ(Greet(address, "first"), "greeted");

  EXPECT_EQ(first.Stop().code, 0);
  EXPECT_TRUE(
      WaitUntil([&] { return second.Status().state() == api::ListenerStatus::STATE_LISTENING; }));
  EXPECT_EQ(Greet(address, "second"), "greeted");
  EXPECT_EQ(second.Health("greeter.data"), "SERVING");
}

// Promise 6: all or nothing.
TEST_F(BadInputTest, MoveToATakenAddressChangesNothing) {
  Greeter& other = StartGreeter();
  Greeter& greeter = StartGreeter();
  const std::string config =
      absl::StrCat("listeners:\n  - {name: default, address: \"", greeter.address(),
                   "\", greeting: {text: \"new\"}}\n  - {name: more, address: \"", other.address(),
                   "\", greeting: {text: \"new\"}}\n");
  const Finished applied = Ctl({"config", "apply", "-f", WriteFile("taken", config)});
  EXPECT_EQ(applied.code, kFailure) << applied;
  EXPECT_THAT(applied.err, HasSubstr("nothing changed"));
  EXPECT_THAT(applied.err, HasSubstr("listener \"more\""));
  EXPECT_THAT(applied.err, HasSubstr(other.address()));
  EXPECT_EQ(Greet(greeter.address()), "greeted");
}

TEST_F(BadInputTest, PortBelow1024WithoutPrivileges) {
  Greeter& greeter = StartGreeterAsOrdinaryUser({"--listen", "127.0.1.1:7"});
  const api::ListenerStatus status = greeter.Status();
  EXPECT_EQ(status.state(), api::ListenerStatus::STATE_FAILED);
  EXPECT_THAT(status.error(), HasSubstr("127.0.1.1:7"));
  EXPECT_THAT(status.error(), HasSubstr("Permission denied"));
  EXPECT_THAT(status.error(), HasSubstr("1024"));
}

}  // namespace
}  // namespace greeter::testing
