// Changes that were answered OK, after crashes, on bad disks, and among writers.

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Answer {
  grpc::Status status;
  uint64_t revision = 0;
};

Answer SetMessage(api::GreeterAdminService::Stub& stub, const std::string& text,
                  std::optional<uint64_t> expected_revision = std::nullopt) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text(text);
  if (expected_revision.has_value()) {
    request.mutable_change()->set_expected_revision(*expected_revision);
  }
  api::SetMessageResponse response;
  const grpc::Status status = stub.SetMessage(&context, request, &response);
  return {status, response.revision().number()};
}

// The revision in force and its text, as the API tells.
std::pair<uint64_t, std::string> Current(Greeter& greeter) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  api::GetConfigResponse response;
  const grpc::Status status = greeter.stub().GetConfig(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  const bool any = response.config().listeners_size() > 0;
  return {response.revision().number(),
          any ? response.config().listeners(0).greeting().text() : ""};
}

// What PRAGMA integrity_check says of the file, beside the greeterd that uses it.
std::string IntegrityOf(const std::string& path) {
  std::string found;
  sqlite3* database = nullptr;
  sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
  sqlite3_busy_timeout(database, 10'000);
  const int result = sqlite3_exec(
      database, "PRAGMA integrity_check",
      [](void* to, int, char** values, char**) {
        absl::StrAppend(static_cast<std::string*>(to), values[0]);
        return 0;
      },
      &found, nullptr);
  if (result != SQLITE_OK) found = sqlite3_errmsg(database);
  sqlite3_close(database);
  return found;
}

class DurabilityTest : public GreeterTest {
 protected:
  Greeter& StartDurable() { return StartGreeter({"--state-dir", Path("state")}); }

  // Promise 7. Kills greeterd at a random moment of a stream of changes, `rounds` times.
  void SurviveKills(int rounds) {
    std::mt19937 random(std::random_device{}());
    std::uniform_int_distribution<int> microseconds(0, 60'000);
    uint64_t answered = 1;
    std::string answered_text = "Hello world";
    std::string attempted_text;
    uint64_t changes = 0;
    int ahead = 0;
    for (int round = 0; round < rounds; ++round) {
      SCOPED_TRACE(absl::StrCat("round ", round));
      Greeter& greeter = StartDurable();
      const auto [revision, text] = Current(greeter);
      ASSERT_TRUE(revision == answered || revision == answered + 1)
          << revision << " after " << answered << " was answered OK";
      ASSERT_EQ(text, revision == answered ? answered_text : attempted_text);
      ASSERT_EQ(Greet(greeter.address(), text), "greeted");
      ASSERT_EQ(IntegrityOf(Path("state/greeter.db")), "ok");
      ahead += revision == answered ? 0 : 1;
      answered = revision;
      answered_text = text;

      std::thread writer([&] {
        while (true) {
          attempted_text = absl::StrCat("Message ", ++changes);
          const Answer answer = SetMessage(greeter.stub(), attempted_text);
          if (!answer.status.ok()) return;
          answered = answer.revision;
          answered_text = attempted_text;
        }
      });
      absl::SleepFor(absl::Microseconds(microseconds(random)));
      greeter.Signal(SIGKILL);
      writer.join();
      ASSERT_EQ(greeter.Wait().code, -SIGKILL);
    }
    EXPECT_GT(answered, static_cast<uint64_t>(rounds)) << "hardly a change was made";
    RecordProperty("changes", static_cast<int>(changes));
    RecordProperty("recorded_but_not_answered", ahead);
  }
};

// Two hundred, of four greeterds that may be killed at the same time.
class KilledGreeterdTest : public DurabilityTest, public ::testing::WithParamInterface<int> {};

TEST_P(KilledGreeterdTest, KeepsEveryAnsweredChangeFiftyTimes) { SurviveKills(50); }

INSTANTIATE_TEST_SUITE_P(OfFour, KilledGreeterdTest, ::testing::Range(0, 4));

// Promise 8: never silently overwritten.
TEST_F(DurabilityTest, OfTwoWritersWhoReadTheSameRevisionOneIsAborted) {
  constexpr int kRounds = 1000;
  Greeter& greeter = StartDurable();
  std::barrier<> together(2);
  std::atomic<uint64_t> revision = 1;
  Answer answers[2];
  int wrong = 0;
  const auto write = [&](int writer) {
    for (int round = 0; round < kRounds; ++round) {
      together.arrive_and_wait();
      answers[writer] =
          SetMessage(greeter.stub(), absl::StrCat("Writer ", writer, ", ", round), revision);
      together.arrive_and_wait();
      if (writer == 0) {
        const Answer& ok = answers[answers[0].status.ok() ? 0 : 1];
        const Answer& other = answers[answers[0].status.ok() ? 1 : 0];
        const bool right = ok.status.ok() && ok.revision == revision + 1 &&
                           other.status.error_code() == grpc::StatusCode::ABORTED;
        wrong += right ? 0 : 1;
        ++revision;
      }
    }
  };
  std::thread second(write, 1);
  write(0);
  second.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(Current(greeter).first, kRounds + 1u);
}

// Promise 7: a change that can't be recorded is refused, and service goes on.
TEST_F(DurabilityTest, AFullDiskRefusesChangesAndServesOn) {
  const std::string disk = Path("disk");
  std::filesystem::create_directory(disk);
  const std::string mount = "mount -t tmpfs -o size=512k tmpfs \"$0\" && cd \"$0\" && exec \"$@\"";
  if (RunProgram({.arguments = {"unshare", "-m", "sh", "-c", mount, disk, "true"}}).code != 0) {
    GTEST_SKIP() << "skipped: a small disk needs root, who may mount";
  }
  Greeter& greeter =
      StartGreeterBy({"unshare", "-m", "sh", "-c", mount, disk}, {"--state-dir", disk + "/state"});
  ASSERT_TRUE(SetMessage(greeter.stub(), "Before").status.ok());

  const std::string filler = absl::StrCat("/proc/", greeter.pid(), "/cwd/filler");
  const int file = open(filler.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  const std::string page(4096, 'x');
  while (write(file, page.data(), page.size()) > 0) {
  }
  ASSERT_EQ(errno, ENOSPC);

  // The log may have pages left that it uses again: the disk is full for it when they are.
  Answer refused;
  std::string served = "Before";
  Clients clients([&] {
    probe::Options options = SixtyFour({greeter.address()});
    options.expected = probe::Expected::Anything();
    return options;
  }());
  ASSERT_TRUE(WaitUntil([&] {
    const std::string text = served + "+" + std::string(2000, '.');
    refused = SetMessage(greeter.stub(), text);
    if (refused.status.ok()) served = text;
    return !refused.status.ok();
  }));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(refused.status.error_message(), HasSubstr("nothing changed"));
  EXPECT_EQ(Greet(greeter.address(), served), "greeted");
  const uint64_t revision = Current(greeter).first;

  close(file);
  ASSERT_EQ(unlink(filler.c_str()), 0);
  const Answer again = SetMessage(greeter.stub(), "After");
  EXPECT_TRUE(again.status.ok()) << again.status.error_message();
  EXPECT_EQ(again.revision, revision + 1);
  EXPECT_EQ(Greet(greeter.address(), "After"), "greeted");
  const probe::Report report = clients.Stop();
  EXPECT_EQ(report.connections(), report.count(probe::Outcome::kGreeted)) << report.ToText();
  EXPECT_THAT(greeter.log(), AllOf(HasSubstr("change refused"), HasSubstr("outcome=UNAVAILABLE")));
}

TEST_F(DurabilityTest, AStateDirectoryThatCantBeUsedIsOneClearLine) {
  const auto refused = [](const std::string& directory, bool ordinary_user = false) {
    const Finished finished =
        RunGreeter({"--listen", kAnyPort, "--admin", "127.0.0.1:0", "--state-dir", directory}, {},
                   ordinary_user);
    EXPECT_EQ(finished.code, 1) << finished;
    EXPECT_EQ(finished.err.find('\n'), finished.err.size() - 1) << finished;
    return finished.err;
  };
  EXPECT_THAT(refused(WriteFile("file", "text")),
              AllOf(HasSubstr("file"), HasSubstr("--state-dir")));

  Greeter& greeter = StartDurable();
  EXPECT_THAT(refused(Path("state")), HasSubstr(absl::StrCat("process ", greeter.pid())));
  greeter.Stop();

  std::filesystem::create_directory(Path("closed"));
  chmod(Path("closed").c_str(), 0500);
  if (geteuid() == 0) {
    EXPECT_THAT(refused(Path("closed"), true), HasSubstr("belongs to root"));
    EXPECT_THAT(refused(Path("closed/below"), true), HasSubstr("belongs to root"));
    EXPECT_THAT(refused(Path("state"), true), HasSubstr("--state-dir"));
  }

  std::filesystem::resize_file(Path("state/greeter.db"), 100);
  EXPECT_THAT(refused(Path("state")), AllOf(HasSubstr("damaged"), HasSubstr("--state-reset")));
  Greeter& reset = StartGreeter({"--state-dir", Path("state"), "--state-reset"});
  EXPECT_EQ(Current(reset).first, 1u);
  EXPECT_THAT(reset.log(), HasSubstr("greeter.db.damaged-"));
}

TEST_F(DurabilityTest, KeepsStateWhereTheEnvironmentSays) {
  const auto start = [this](std::map<std::string, std::string> environment) {
    environment.insert({{"GREETER_STATE_DIR", ""},
                        {"STATE_DIRECTORY", ""},
                        {"XDG_STATE_HOME", ""},
                        {"HOME", Path("home")}});
    StartGreeter({}, environment).Stop();
  };
  start({{"STATE_DIRECTORY", Path("first") + ":" + Path("second")}, {"XDG_STATE_HOME", Path("x")}});
  EXPECT_TRUE(std::filesystem::exists(Path("first/greeter.db")));
  EXPECT_FALSE(std::filesystem::exists(Path("second")));
  start({{"XDG_STATE_HOME", Path("xdg")}});
  EXPECT_TRUE(std::filesystem::exists(Path("xdg/greeter/greeter.db")));
  start({});
  EXPECT_TRUE(std::filesystem::exists(Path("home/.local/state/greeter/greeter.db")));
}

TEST_F(DurabilityTest, KeepsAsManyRevisionsAsToldAndSaysWhichOptionsAreWithoutEffect) {
  Greeter& first = StartGreeter({"--state-dir", Path("state"), "--history", "3"});
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(SetMessage(first.stub(), absl::StrCat(i)).status.ok());
  const auto show = [&](const std::string& revision) {
    grpc::ClientContext context;
    api::GetConfigRequest request;
    request.set_revision(std::stoull(revision));
    api::GetConfigResponse response;
    return first.stub().GetConfig(&context, request, &response).error_code();
  };
  EXPECT_EQ(show("4"), grpc::StatusCode::OK);
  EXPECT_EQ(show("3"), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(first.log(), ::testing::Not(HasSubstr("has no effect")));
  first.Stop();

  Greeter& second = StartGreeter({"--state-dir", Path("state"), "--message", "Hello world"});
  EXPECT_EQ(Greet(second.address(), "5"), "greeted");
  EXPECT_THAT(second.log(), HasSubstr("--message has no effect"));
}

}  // namespace
}  // namespace greeter::testing
