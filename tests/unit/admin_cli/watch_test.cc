// status --watch: until interrupted, until the server ends, into pipes and terminals.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "commands_fixture.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// A stdout that calls back once it holds `awaited`, however it is written.
class WatchedOutput : public std::stringbuf {
 public:
  WatchedOutput(std::string awaited, std::function<void()> found)
      : awaited_(std::move(awaited)), found_(std::move(found)) {}

 protected:
  int sync() override {
    if (found_ && str().find(awaited_) != std::string::npos) std::exchange(found_, nullptr)();
    return 0;
  }

 private:
  const std::string awaited_;
  std::function<void()> found_;
};

class WatchTest : public CommandsTest {
 protected:
  WatchTest() {
    EXPECT_EQ(pipe(interrupt_), 0);
    service_.updates.resize(2);
    service_.updates[0].mutable_status()->set_server_id("first");
    service_.updates[1].mutable_status()->set_server_id("second");
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

TEST_F(WatchTest, PrintsEveryUpdateUntilInterrupted) {
  const Outcome outcome = WatchUntil("second", [this] { Interrupt(); });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, AllOf(StartsWith("server    first"), HasSubstr("\n\nserver    second"),
                                 Not(HasSubstr("\x1b"))));
}

TEST_F(WatchTest, RedrawsInATerminal) {
  terminal_ = true;
  const Outcome outcome = WatchUntil("second", [this] { Interrupt(); });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, AllOf(StartsWith("\x1b[H\x1b[Jserver    first"),
                                 HasSubstr("\x1b[H\x1b[Jserver    sec")));
}

TEST_F(WatchTest, SeparatesYamlDocuments) {
  const Outcome outcome = WatchUntil("second", [this] { Interrupt(); }, {"-o", "yaml"});
  EXPECT_THAT(outcome.out, AllOf(StartsWith("status:\n"), HasSubstr("\n---\nstatus:\n")));
}

TEST_F(WatchTest, SaysThatTheServerHasStopped) {
  service_.watch_ends = true;
  for (const grpc::Status& end :
       {grpc::Status::OK, grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping")}) {
    service_.status = end;
    const Outcome outcome = WatchUntil("never printed", [] {});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(outcome.err, absl::StrCat("greeterctl: greeterd at ", server_, " has stopped\n"));
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
