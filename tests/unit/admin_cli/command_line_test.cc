#include "admin_cli/command_line/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "command_line_fixture.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST_F(CommandLineTest, GlobalOptionsHaveDefaults) {
  const CommandLine line = Parse({"status"});
  EXPECT_THAT(line.servers, ElementsAre("127.0.0.1:50051"));
  EXPECT_EQ(line.output, Output::kTable);
  EXPECT_EQ(line.timeout, absl::Seconds(10));
}

TEST_F(CommandLineTest, GlobalOptionsStandBeforeOrAfterTheCommand) {
  for (const auto& arguments :
       {std::vector<std::string>{"--server", "unix:/run/g", "-o", "json", "--timeout", "1m",
                                 "message", "get", "-l", "a"},
        std::vector<std::string>{"message", "get", "-l", "a", "--timeout=1m",
                                 "--server=unix:/run/g", "--output", "json"}}) {
    const CommandLine line = Parse(arguments);
    EXPECT_THAT(line.servers, ElementsAre("unix:/run/g"));
    EXPECT_EQ(line.output, Output::kJson);
    EXPECT_EQ(line.timeout, absl::Minutes(1));
    EXPECT_EQ(std::get<MessageGetCommand>(line.command).listener, "a");
  }
}

TEST_F(CommandLineTest, TheEnvironmentGivesDefaults) {
  setenv("GREETER_SERVER", "[::1]:7", 1);
  setenv("GREETER_TIMEOUT", "250ms", 1);
  EXPECT_THAT(Parse({"status"}).servers, ElementsAre("[::1]:7"));
  EXPECT_EQ(Parse({"status"}).timeout, absl::Milliseconds(250));
  EXPECT_THAT(Parse({"status", "--server", "a:1"}).servers, ElementsAre("a:1"));
  setenv("GREETER_TIMEOUT", "soon", 1);
  EXPECT_THAT(Refusal({"status"}), HasSubstr("GREETER_TIMEOUT): \"soon\" is not a positive"));
}

TEST_F(CommandLineTest, ReadsEveryCommand) {
  ParseAs<VersionCommand>({"version"});
  EXPECT_TRUE(ParseAs<StatusCommand>({"status", "--watch"}).watch);
  EXPECT_EQ(ParseAs<StatusCommand>({"status", "-l", "a"}).listener, "a");
  EXPECT_EQ(ParseAs<CountsCommand>({"counts", "--listener", "a"}).listener, "a");
  EXPECT_EQ(ParseAs<ConfigGetCommand>({"config", "get", "--revision", "7"}).revision, 7u);
  const auto start = ParseAs<StartCommand>({"start", "-l", "a", "--expect-revision", "0"});
  EXPECT_EQ(start.listener, "a");
  EXPECT_EQ(start.change.expect_revision, 0u);
  const auto stop = ParseAs<StopCommand>({"stop", "--comment", "why not"});
  EXPECT_EQ(stop.change.comment, "why not");
  EXPECT_EQ(stop.change.expect_revision, std::nullopt);
  const auto apply = ParseAs<ConfigApplyCommand>({"config", "apply", "-f", "-", "--dry-run"});
  EXPECT_EQ(apply.file, "-");
  EXPECT_TRUE(apply.dry_run);
  EXPECT_EQ(ParseAs<ConfigDiffCommand>({"config", "diff", "-f", "a.yaml"}).file, "a.yaml");
  EXPECT_EQ(ParseAs<HistoryCommand>({"history"}).limit, 20u);
  EXPECT_EQ(ParseAs<HistoryCommand>({"history", "--limit", "0"}).limit, 0u);
  EXPECT_EQ(ParseAs<ShowCommand>({"show", "7"}).revision, 7u);
  const auto roll_back = ParseAs<RollBackCommand>(
      {"rollback", "7", "--expect-revision", "9", "--comment", "c", "--dry-run"});
  EXPECT_EQ(roll_back.revision, 7u);
  EXPECT_EQ(roll_back.change.expect_revision, 9u);
  EXPECT_EQ(roll_back.change.comment, "c");
  EXPECT_TRUE(roll_back.dry_run);
  const auto set = ParseAs<MessageSetCommand>(
      {"message", "set", "--hex", "41", "--ending", "nul", "--template", "--comment", "c"});
  EXPECT_EQ(set.hex, "41");
  EXPECT_EQ(set.text, std::nullopt);
  EXPECT_EQ(set.ending, "nul");
  EXPECT_TRUE(set.is_template);
  EXPECT_EQ(set.change.comment, "c");
}

TEST_F(CommandLineTest, FleetsAreNamedAsGreeterdNamesThem) {
  EXPECT_TRUE(ParseAs<FleetCommand>({"fleet", "--watch"}).watch);
  const auto init = ParseAs<FleetInitCommand>({"fleet", "init", "--fleet", "web", "--etcd",
                                               "a:1,b:2", "--timeout", "3s", "--etcd-ca", "f"});
  EXPECT_EQ(init.fleet.name, "web");
  EXPECT_THAT(init.fleet.etcd, ElementsAre("a:1", "b:2"));
  EXPECT_EQ(init.fleet.ca, "f");
  EXPECT_EQ(init.timeout, absl::Seconds(3));
  EXPECT_THAT(Refusal({"fleet", "init"}), HasSubstr("--fleet is missing"));
  EXPECT_THAT(Refusal({"fleet", "init", "--fleet", "web"}), HasSubstr("--fleet: needs --etcd"));
  EXPECT_THAT(Refusal({"fleet", "init", "--fleet", "a.b", "--etcd", "a:1"}),
              HasSubstr("--fleet: \"a.b\" is no DNS label"));
  EXPECT_THAT(Refusal({"fleet", "init", "--fleet", "web", "--etcd", "a:1", "--etcd-user", "u"}),
              HasSubstr("--etcd-password-file is missing"));
  EXPECT_THAT(
      Refusal({"fleet", "init", "--fleet", "web", "--etcd", "a:1", "--server", "a:1,unix:/b"}),
      HasSubstr("names 2"));
  for (const auto& line : {std::vector<std::string>{"fleet", "init", "--watch"},
                           std::vector<std::string>{"fleet", "--watch", "init"}}) {
    EXPECT_THAT(Refusal(line), HasSubstr("--watch goes with \"greeterctl fleet\" alone"));
  }
  EXPECT_THAT(Refusal({"fleet", "ini"}), HasSubstr("did you mean \"init\"?"));
}

// It is that of greeterd, too, of which other commands know nothing.
TEST_F(CommandLineTest, TheEnvironmentNamesTheFleetForItsCommandAlone) {
  setenv("GREETER_FLEET", "web", 1);
  setenv("GREETER_ETCD", "a:1", 1);
  EXPECT_EQ(ParseAs<FleetInitCommand>({"fleet", "init"}).fleet.name, "web");
  EXPECT_EQ(ParseAs<FleetInitCommand>({"fleet", "init", "--fleet", "b"}).fleet.name, "b");
  setenv("GREETER_ETCD", "nowhere", 1);
  EXPECT_THAT(Refusal({"fleet", "init"}), HasSubstr("init: GREETER_ETCD: \"nowhere\" is no"));
  EXPECT_THAT(Refusal({"fleet", "init", "--etcd-ca", "f"}), HasSubstr("init: GREETER_ETCD: "));
  EXPECT_THAT(Refusal({"fleet", "init", "--etcd=", "--etcd-ca", "f"}), HasSubstr("init: --etcd: "));
  ParseAs<FleetCommand>({"fleet"});
  ParseAs<StatusCommand>({"status"});
}

TEST_F(CommandLineTest, AnyTextIsAMessage) {
  for (const char* text : {"", " ", "Hello world", "status", "get", "[a,b]", "{}", "a=b", "/x",
                           "%s", "a\nb", "'q'", "\"q\"", "[]", "${x}"}) {
    EXPECT_EQ(ParseAs<MessageSetCommand>({"message", "set", text}).text, text);
  }
  EXPECT_EQ(ParseAs<MessageSetCommand>({"message", "set", "--", "--file"}).text, "--file");
  EXPECT_EQ(ParseAs<MessageSetCommand>({"message", "set", "-l", "a", "--", "-"}).text, "-");
}

TEST_F(CommandLineTest, UsageErrorsAreOneLineAndSayWhatToDo) {
  EXPECT_EQ(
      Refusal({}),
      "greeterctl: a command is missing: status, message, start, stop, counts, config, "
      "history, show, rollback, fleet, probe, completion, version; see \"greeterctl --help\"\n");
  EXPECT_EQ(Refusal({"message"}),
            "greeterctl message: a command is missing: get, set; see \"greeterctl message "
            "--help\"\n");
  EXPECT_EQ(Refusal({"statsu"}),
            "greeterctl: unknown command \"statsu\"; did you mean \"status\"? See \"greeterctl "
            "--help\"\n");
  EXPECT_THAT(Refusal({"xyzzy"}), HasSubstr("unknown command \"xyzzy\"; known: status, message"));
  EXPECT_THAT(Refusal({"config", "aply"}), HasSubstr("did you mean \"apply\"?"));
  EXPECT_THAT(Refusal({"status", "--wach"}), HasSubstr("did you mean \"--watch\"?"));
  EXPECT_THAT(Refusal({"status", "--sever", "a:1"}), HasSubstr("did you mean \"--server\"?"));
  EXPECT_THAT(Refusal({"--watch", "status"}),
              HasSubstr("option \"--watch\" goes after \"status\""));
  EXPECT_THAT(Refusal({"-l", "a", "stop"}), HasSubstr("option \"-l\" goes after \"stop\""));
  EXPECT_THAT(Refusal({"status", "now"}), HasSubstr("unexpected argument \"now\""));
  EXPECT_THAT(Refusal({"message", "set"}), HasSubstr("the message is missing: TEXT, --file FILE"));
  EXPECT_THAT(Refusal({"message", "set", "a", "--hex", "41"}), HasSubstr("only one of TEXT"));
  EXPECT_THAT(Refusal({"message", "set", "a", "b"}), HasSubstr("unexpected argument \"b\""));
  EXPECT_THAT(Refusal({"message", "set", "a", "--ending", "cr"}), HasSubstr("\"cr\" is no ending"));
  EXPECT_THAT(Refusal({"config", "apply"}), HasSubstr("--file is required"));
  EXPECT_THAT(Refusal({"config", "diff"}), HasSubstr("--file is required"));
  for (const std::vector<std::string>& empty :
       std::vector<std::vector<std::string>>{{"config", "diff", "-f", ""},
                                             {"config", "apply", "--file", ""},
                                             {"message", "set", "--file", ""},
                                             {"stop", "-l", ""},
                                             {"status", "--listener", ""}}) {
    EXPECT_THAT(Refusal(empty), HasSubstr("empty; give a value"));
  }
  EXPECT_THAT(Refusal({"status", "--server", ""}), HasSubstr("is none of host:port"));
  for (const char* command : {"show", "rollback"}) {
    EXPECT_THAT(Refusal({command}), HasSubstr("REV is required"));
    EXPECT_THAT(Refusal({command, "x"}), HasSubstr("REV: \"x\" is not a revision's number"));
    EXPECT_THAT(Refusal({command, "7", "8"}), HasSubstr("unexpected argument \"8\""));
  }
  EXPECT_THAT(Refusal({"history", "--limit", "-1"}), HasSubstr("\"-1\" is not a whole number"));
  EXPECT_THAT(Refusal({"-o", "xml", "status"}),
              HasSubstr("-o: \"xml\" is none of table, json, yaml"));
  for (const char* number : {"x", "-1", "1.5", "", "18446744073709551616"}) {
    EXPECT_THAT(Refusal({"stop", "--expect-revision", number}), HasSubstr("--expect-revision: "));
  }
  for (const char* duration : {"5", "0s", "-1s", "abc", "1 s"}) {
    EXPECT_THAT(Refusal({"status", "--timeout", duration}),
                HasSubstr("is not a positive duration"));
  }
  for (const char* duration : {"24h1ns", "9999h", "inf"}) {
    EXPECT_THAT(
        Refusal({"status", "--timeout", duration}),
        HasSubstr(absl::StrCat("GREETER_TIMEOUT): \"", duration, "\" is too long; at most 24h;")));
  }
  EXPECT_EQ(Parse({"status", "--timeout", "24h"}).timeout, absl::Hours(24));
  for (const char* server :
       {"foo", ":1", "a:0", "a:65536", "a:b", "unix:", "::1:7", "a/b:1", "a:"}) {
    EXPECT_THAT(Refusal({"status", "--server", server}), HasSubstr("is none of host:port"))
        << server;
  }
}

TEST_F(CommandLineTest, WhatNeedsNoServerDoesNotLookAtHowToReachIt) {
  setenv("GREETER_SERVER", "nonsense", 1);
  setenv("GREETER_CERT", "alone.pem", 1);
  setenv("GREETER_TIMEOUT", "soon", 1);
  EXPECT_THAT(Refusal({"status"}), HasSubstr("\"nonsense\" is none of host:port"));
  EXPECT_THAT(Refusal({"config", "diff", "-f", "x"}), HasSubstr("\"nonsense\" is none of"));
  ParseAs<VersionCommand>({"version"});
  ParseAs<VersionCommand>({"--server", "nonsense", "version"});
  ParseAs<CompletionCommand>({"completion", "bash"});
  ParseAs<CompleteCommand>({"__complete", "stat"});
  EXPECT_THAT(Refusal({"__complete", "stop", "-l", ""}), HasSubstr("\"nonsense\" is none of"));
  // Its own patience it has.
  EXPECT_THAT(Refusal({"probe", "web1:9190"}), HasSubstr("GREETER_TIMEOUT): \"soon\""));
  EXPECT_THAT(Parse({"probe", "web1:9190", "--timeout", "2s"}).servers, IsEmpty());
}

TEST_F(CommandLineTest, HelpGoesToStdoutAndIsNoError) {
  const auto parsed = ParseCommandLine({"message", "set", "--help"});
  const auto& early = std::get<EarlyExit>(parsed);
  EXPECT_EQ(early.code, 0);
  EXPECT_THAT(early.message, AllOf(HasSubstr("Usage: greeterctl message set [options] [TEXT]"),
                                   HasSubstr("65,536 bytes"), EndsWith("\n")));
}

TEST_F(CommandLineTest, HelpIsThereForWhoeverHasMadeAMistake) {
  const auto expect_help = [](const std::vector<std::string>& line) {
    const auto early = std::get<EarlyExit>(ParseCommandLine(line));
    EXPECT_EQ(early.code, 0);
    EXPECT_THAT(early.message, HasSubstr("Usage: greeterctl fleet init"));
  };
  expect_help({"fleet", "init", "--fleet", "Web", "--help"});
  setenv("GREETER_ETCD", "///", 1);
  EXPECT_THAT(Refusal({"fleet", "init", "--fleet", "web"}), HasSubstr("GREETER_ETCD: \"///\""));
  expect_help({"fleet", "init", "--help"});
}

TEST_F(CommandLineTest, SeveralServersHaveCommasBetween) {
  EXPECT_THAT(Parse({"status", "--server", "a:1, [::1]:2,unix:/run/g"}).servers,
              ElementsAre("a:1", "[::1]:2", "unix:/run/g"));
  EXPECT_THAT(Refusal({"status", "--server", "a:1,,b:1"}), HasSubstr("\"\" is none of host:port"));
  EXPECT_THAT(Refusal({"status", "--server", "a:1,a:1"}), HasSubstr("a:1 is named twice"));
  EXPECT_THAT(Refusal({"status", "--server", "a:1", "--server", "b:1"}),
              HasSubstr("--server is given more than once; several servers go with commas"));
  std::string many = "a:1";
  for (int port = 2; port <= 65; ++port) absl::StrAppend(&many, ",a:", port);
  EXPECT_THAT(Refusal({"status", "--server", many}), HasSubstr("at most 64 servers"));
}

TEST_F(CommandLineTest, ValuesThatAreMissingOrTooMany) {
  EXPECT_THAT(Refusal({"stop", "-l"}), HasSubstr("--listener needs a value;"));
  EXPECT_THAT(Refusal({"stop", "-l", "a", "-l", "b"}), HasSubstr("--listener is given more than"));
  EXPECT_THAT(Refusal({"status", "--watch=maybe"}), HasSubstr("--watch takes no value"));
  EXPECT_THAT(
      Refusal({"message", "set", "Back", "soon"}),
      HasSubstr("unexpected argument \"soon\"; put a message of several words into quotes"));
  // Half a word means the whole one.
  EXPECT_THAT(Refusal({"stat"}), HasSubstr("did you mean \"status\"?"));
  EXPECT_THAT(Refusal({""}), HasSubstr("unknown command \"\"; known: status, "));
}

}  // namespace
}  // namespace greeter::admin_cli
