#include "admin_cli/commands/commands.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "commands_fixture.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(CommandsTest, StatusInEveryFormat) {
  *service_.status_response.mutable_status()->add_listeners() = Listening();
  const Outcome table = Greeterctl({"status", "-l", "default"});
  EXPECT_EQ(table.code, 0);
  EXPECT_EQ(table.err, "");
  EXPECT_THAT(table.out, HasSubstr("\ndefault   listening  127.0.0.1:9190 "));
  EXPECT_EQ(service_.status_request.listener(), "default");
  EXPECT_THAT(Greeterctl({"status", "-o", "json"}).out,
              AllOf(StartsWith("{\n \"status\": {\n"), HasSubstr("\"STATE_LISTENING\"")));
  EXPECT_THAT(Greeterctl({"status", "-o", "yaml"}).out,
              AllOf(StartsWith("status:\n"), HasSubstr("state: STATE_LISTENING\n")));
}

TEST_F(CommandsTest, Counts) {
  service_.counts_response.mutable_total()->set_accepted(5);
  service_.counts_response.add_listeners()->set_name("default");
  EXPECT_THAT(Greeterctl({"counts"}).out, HasSubstr("\ndefault "));
  // Scripts find zeroes too.
  EXPECT_THAT(Greeterctl({"counts", "-o", "json"}).out,
              AllOf(HasSubstr("\"accepted\": \"5\""), HasSubstr("\"reset\": \"0\"")));
}

TEST_F(CommandsTest, MessageGetGivesAPipeTheExactBytes) {
  api::Greeting greeting;
  greeting.set_raw(std::string("\0\xFF\n", 3));
  greeting.set_ending(api::ENDING_LF);
  HaveGreeting(greeting);
  EXPECT_EQ(Greeterctl({"message", "get"}).out, std::string("\0\xFF\n", 3));
  EXPECT_EQ(Greeterctl({"message", "get", "-o", "json"}).out,
            "{\n \"ending\": \"ENDING_LF\",\n \"template\": false,\n \"raw\": \"AP8K\"\n}\n");
  EXPECT_EQ(Greeterctl({"message", "get", "-o", "yaml"}).out,
            "raw: \"AP8K\"\nending: ENDING_LF\ntemplate: false\n");
}

TEST_F(CommandsTest, MessageGetGivesATerminalAReadableForm) {
  api::Greeting greeting;
  greeting.set_text("Hello\x1b world");
  HaveGreeting(greeting);
  terminal_ = true;
  EXPECT_EQ(Greeterctl({"message", "get"}).out,
            "listener  default\nending    none\ntemplate  no\nsize      12 bytes\n\n"
            "Hello\\x1B world\n");
}

TEST_F(CommandsTest, MessageGetOfAnUnknownListener) {
  HaveGreeting({});
  const Outcome outcome = Greeterctl({"message", "get", "-l", "defualt"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "greeterctl: no listener \"defualt\"; did you mean \"default\"?\n");
}

TEST_F(CommandsTest, MessageSetSendsAllThatWasGiven) {
  *service_.set_response.mutable_listener() = Listening();
  service_.set_response.mutable_revision()->set_number(4);
  const Outcome outcome =
      Greeterctl({"message", "set", "Hi ${remote_addr}", "-l", "web", "--ending", "crlf",
                  "--template", "--expect-revision", "3", "--comment", "why"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "default has the message (revision 4) and is listening on 127.0.0.1:9190\n");
  EXPECT_EQ(
      service_.set_request.ShortDebugString(),
      "listener: \"web\" greeting { text: \"Hi ${remote_addr}\" ending: ENDING_CRLF template: "
      "true } change { expected_revision: 3 comment: \"why\" }");
}

TEST_F(CommandsTest, MessageSetReadsFilesStdinAndHex) {
  EXPECT_EQ(Greeterctl({"message", "set", "--file", Write("text", "caf\xC3\xA9\n")}).code, 0);
  EXPECT_EQ(service_.set_request.greeting().text(), "caf\xC3\xA9\n");
  EXPECT_EQ(Greeterctl({"message", "set", "--file", Write("raw", "a\xFF")}).code, 0);
  EXPECT_EQ(service_.set_request.greeting().raw(), "a\xFF");
  stdin_ = "from stdin";
  EXPECT_EQ(Greeterctl({"message", "set", "--file", "-"}).code, 0);
  EXPECT_EQ(service_.set_request.greeting().text(), "from stdin");
  EXPECT_EQ(Greeterctl({"message", "set", "--hex", "48 69 0A00ff"}).code, 0);
  EXPECT_EQ(service_.set_request.greeting().raw(), std::string("Hi\n\0\xFF", 5));
  EXPECT_EQ(Greeterctl({"message", "set", ""}).code, 0);
  EXPECT_TRUE(service_.set_request.greeting().has_text());
}

TEST_F(CommandsTest, MessageSetRefusesWhatCantBeSent) {
  const auto refused = [this](const std::vector<std::string>& arguments, int code) {
    std::vector<std::string> all = {"message", "set"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = Greeterctl(all);
    EXPECT_EQ(outcome.code, code);
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_EQ(refused({"ab\xFF"}, 7),
            "greeterctl: TEXT is not UTF-8: byte 0xFF at offset 2; send other bytes with --file or "
            "--hex\n");
  EXPECT_EQ(refused({"a", "--comment", "\x80"}, 7),
            "greeterctl: --comment is not UTF-8: byte 0x80 at offset 0\n");
  EXPECT_THAT(refused({"--hex", "4g"}, 7), HasSubstr("\"4g\" is not hexadecimal"));
  EXPECT_THAT(refused({"--hex", "414"}, 7), HasSubstr("odd number of digits"));
  EXPECT_EQ(refused({"--file", dir_ + "/none"}, 1),
            absl::StrCat("greeterctl: ", dir_, "/none: No such file or directory\n"));
  EXPECT_EQ(refused({"--file", dir_}, 1), absl::StrCat("greeterctl: ", dir_, ": Is a directory\n"));
  EXPECT_THAT(refused({"--file", Write("long", std::string(65537, 'x'))}, 7),
              HasSubstr("at most 65,536 bytes"));
  EXPECT_FALSE(service_.set_request.has_greeting());
}

TEST_F(CommandsTest, StartAndStop) {
  *service_.start_response.mutable_listener() = Listening();
  service_.start_response.mutable_revision()->set_number(5);
  EXPECT_EQ(Greeterctl({"start"}).out, "default is listening on 127.0.0.1:9190 (revision 5)\n");
  service_.stop_response.mutable_listener()->set_name("web");
  service_.stop_response.mutable_listener()->set_state(api::ListenerStatus::STATE_STOPPED);
  service_.stop_response.mutable_revision()->set_number(6);
  EXPECT_EQ(Greeterctl({"stop", "-l", "web", "--comment", "c"}).out,
            "web is stopped (revision 6)\n");
  EXPECT_EQ(service_.stop_request.ShortDebugString(),
            "listener: \"web\" change { comment: \"c\" }");
}

TEST_F(CommandsTest, WhatConfigGetPrintsCanBeApplied) {
  api::Greeting greeting;
  greeting.set_text("a\nb\n");
  HaveGreeting(greeting);
  service_.config_response.mutable_revision()->set_author("alice");
  EXPECT_THAT(Greeterctl({"config", "get"}).out,
              StartsWith("# revision 3, by alice\nlisteners:\n  - name: default\n"));
  for (const char* format : {"table", "json", "yaml"}) {
    service_.apply_request.Clear();
    stdin_ = Greeterctl({"config", "get", "-o", format}).out;
    const Outcome outcome = Greeterctl({"config", "apply", "-f", "-"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(service_.apply_request.config().ShortDebugString(),
              service_.config_response.config().ShortDebugString());
  }
  Greeterctl({"config", "get", "--revision", "2"});
  EXPECT_EQ(service_.config_request.revision(), 2u);
}

TEST_F(CommandsTest, ConfigApply) {
  const std::string file = Write("c.yaml", "listeners: [{name: a}]");
  service_.apply_response.mutable_revision()->set_number(7);
  *service_.apply_response.add_listeners() = Listening();
  EXPECT_THAT(Greeterctl({"config", "apply", "-f", file}).out,
              AllOf(StartsWith("The config is in force as revision 7.\n\nLISTENER "),
                    HasSubstr("\ndefault ")));
  EXPECT_FALSE(service_.apply_request.change().validate_only());
}

TEST_F(CommandsTest, ConfigApplyRefusesABadFileWithoutAskingTheServer) {
  const std::string file = Write("c.yaml", "listeners:\n- nmae: a\n");
  const Outcome outcome = Greeterctl({"config", "apply", "-f", file});
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(outcome.err, absl::StrCat("greeterctl: ", file,
                                      ":2: listeners[0].nmae: unknown field; did you mean "
                                      "\"name\"?\n"));
  EXPECT_EQ(Greeterctl({"config", "apply", "-f", dir_ + "/none"}).code, 1);
  stdin_ = "";
  EXPECT_THAT(Greeterctl({"config", "apply", "-f", "-"}).err,
              StartsWith("greeterctl: standard input: is empty; "));
  EXPECT_FALSE(service_.apply_request.has_config());
}

TEST_F(CommandsTest, ErrorsAreTheServersOwnWords) {
  const std::vector<std::pair<grpc::StatusCode, int>> cases = {
      {grpc::StatusCode::NOT_FOUND, 4},           {grpc::StatusCode::ABORTED, 5},
      {grpc::StatusCode::INVALID_ARGUMENT, 7},    {grpc::StatusCode::UNAVAILABLE, 3},
      {grpc::StatusCode::FAILED_PRECONDITION, 1}, {grpc::StatusCode::INTERNAL, 1}};
  for (const auto& [code, exit_code] : cases) {
    Refuse(code, "what, why: how\x1b");
    const Outcome outcome = Greeterctl({"stop"});
    EXPECT_EQ(outcome.code, exit_code);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "greeterctl: what, why: how\\x1B\n");
  }
}

TEST_F(CommandsTest, RefusalsForWhoCallsAreToldApart) {
  const std::vector<std::pair<grpc::StatusCode, std::string>> cases = {
      {grpc::StatusCode::PERMISSION_DENIED, "not permitted: what, why: how\\x1B"},
      {grpc::StatusCode::UNAUTHENTICATED,
       server_ + " does not know who you are: what, why: how\\x1B"}};
  for (const auto& [code, text] : cases) {
    Refuse(code, "what, why: how\x1b");
    const Outcome outcome = Greeterctl({"stop"});
    EXPECT_EQ(outcome.code, 6);
    EXPECT_EQ(outcome.err, "greeterctl: " + text + "\n");
  }
}

TEST_F(CommandsTest, EveryRefusedValueHasItsLine) {
  Refuse(grpc::StatusCode::INVALID_ARGUMENT, "greeting.text: too long; name: bad",
         {{"greeting.text", "too long"}, {"name", "bad"}});
  const Outcome outcome = Greeterctl({"message", "set", "x"});
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(outcome.err,
            "greeterctl: refused as invalid; nothing has changed\n"
            "  greeting.text: too long\n"
            "  name: bad\n");
}

TEST_F(CommandsTest, NobodyThere) {
  service_.Stop();
  const Outcome outcome = Greeterctl({"status"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err, absl::StrCat("greeterctl: can't reach greeterd at ", server_,
                                      " (Connection refused): nobody listens there; is it running, "
                                      "and is this its admin address? "
                                      "(--server or GREETER_SERVER)\n"));
}

TEST_F(CommandsTest, NoProxyComesBetween) {
  // Port 1 refuses, so a call through the proxy would fail.
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_EQ(Greeterctl({"status"}).code, 0);
  unsetenv("http_proxy");
}

TEST_F(CommandsTest, SomeoneThereWhoNeverAnswers) {
  // A unix socket that queues connections and accepts none.
  const std::string path = dir_ + "/s";
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(fd, 5), 0);
  server_ = "unix:" + path;
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"status"}, {"status", "--watch"}}) {
    std::vector<std::string> arguments = {"--timeout", "100ms"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const Outcome outcome = Greeterctl(arguments);
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(outcome.err,
              absl::StrCat("greeterctl: no answer from ", server_,
                           " within 100ms; is that greeterd's admin address? (--timeout waits "
                           "longer)\n"));
  }
  close(fd);
}

}  // namespace
}  // namespace greeter::admin_cli
