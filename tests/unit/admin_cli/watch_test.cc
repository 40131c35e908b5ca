// status --watch: until interrupted, until the server ends, into pipes and terminals.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "commands_fixture.h"
#include "watched_output.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class WatchTest : public CommandsTest {
 protected:
  WatchTest() {
    EXPECT_EQ(pipe(interrupt_), 0);
    service_.updates.resize(2);
    for (int i = 0; i < 2; ++i) {
      service_.updates[i].mutable_status()->mutable_revision()->set_number(i + 1);
      *service_.updates[i].mutable_status()->add_listeners() = Listening();
    }
  }
  ~WatchTest() override {
    close(interrupt_[0]);
    close(interrupt_[1]);
  }

  // Watches until `awaited` has been printed, then does `then`.
  Outcome WatchUntil(const std::string& awaited, const std::function<void()>& then,
                     std::vector<std::string> arguments = {}) {
    WatchedOutput out(awaited, then);
    arguments.insert(arguments.begin(), {"status", "--watch"});
    Outcome outcome = Greeterctl(arguments, &out, interrupt_[0]);
    outcome.out = out.str();
    return outcome;
  }

  void Interrupt() { EXPECT_EQ(write(interrupt_[1], "x", 1), 1); }

  int interrupt_[2] = {-1, -1};
};

TEST_F(WatchTest, PrintsALineForEveryChangeUntilInterrupted) {
  const Outcome outcome = WatchUntil("revision 2", [this] { Interrupt(); });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  // The listener is as it was.
  EXPECT_THAT(outcome.out,
              MatchesRegex("[-0-9: ]+ UTC  revision 1\n"
                           "[-0-9: ]+ UTC  default is listening on 127.0.0.1:9190, 0 open, 0 "
                           "accepted\n"
                           "[-0-9: ]+ UTC  revision 2\n"));
}

TEST_F(WatchTest, DrawsOnATerminalAndGivesItBack) {
  terminal_ = true;
  const Outcome outcome = WatchUntil("revision 2", [this] { Interrupt(); });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, AllOf(StartsWith("\x1b[?1049h\x1b[?25l\x1b[H"), HasSubstr("Ctrl-C ends"),
                                 HasSubstr("default   listening  127.0.0.1:9190"),
                                 EndsWith("\x1b[?25h\x1b[?1049l")));
}

TEST_F(WatchTest, SeparatesDocuments) {
  const Outcome yaml = WatchUntil("number: 2", [this] { Interrupt(); }, {"-o", "yaml"});
  EXPECT_THAT(yaml.out, AllOf(StartsWith("---\nstatus:\n"), HasSubstr("\n---\nstatus:\n")));
  const Outcome json = WatchUntil("\"number\":\"2\"", [this] { Interrupt(); }, {"-o", "json"});
  EXPECT_THAT(json.out, MatchesRegex("\\{\"status\":[^\n]+\\}\n\\{\"status\":[^\n]+\\}\n"));
}

TEST_F(WatchTest, NamesTheServerWhereThereAreSeveral) {
  FakeAdminService other;
  other.updates = {service_.updates[1]};
  const std::string servers = server_ + "," + other.address();
  const Outcome json =
      WatchUntil("{\"server\": \"" + other.address() + "\", \"response\": {\"status\":{",
                 [this] { Interrupt(); }, {"-o", "json", "--server", servers});
  EXPECT_EQ(json.code, 0);
  const Outcome lines =
      WatchUntil(other.address() + "  revision 2", [this] { Interrupt(); }, {"--server", servers});
  EXPECT_EQ(lines.code, 0);
}

TEST_F(WatchTest, SaysThatTheServerHasStoppedAndTriesAgain) {
  service_.watch_ends = true;
  for (const grpc::Status& end :
       {grpc::Status::OK, grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping")}) {
    service_.status = end;
    const Outcome outcome = WatchUntil("reached again", [this] { Interrupt(); });
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat("unreachable: greeterd at ", server_,
                                                    " has stopped; trying again\n")));
  }
}

TEST_F(WatchTest, OneThatNobodyEverAnsweredEnds) {
  service_.Stop();
  for (const bool terminal : {false, true}) {
    terminal_ = terminal;
    const Outcome outcome = WatchUntil("never printed", [] {});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("nobody listens there"));
  }
}

TEST_F(WatchTest, AFullDiskEndsIt) {
  std::filebuf full;
  ASSERT_NE(full.open("/dev/full", std::ios::out), nullptr);
  EXPECT_EQ(Greeterctl({"status", "--watch"}, &full).code, 0);
}

TEST_F(WatchTest, AnErrorEndsIt) {
  service_.updates.clear();
  service_.watch_ends = true;
  Refuse(grpc::StatusCode::NOT_FOUND, "no listener \"x\"");
  const Outcome outcome = WatchUntil("never printed", [] {}, {"-l", "x"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.err, "greeterctl: no listener \"x\"\n");
  EXPECT_THAT(outcome.out, IsEmpty());
}

}  // namespace
}  // namespace greeter::admin_cli
