// The access log and its file: what is written, and what a file may do without hurting anybody.

#include "daemon/access_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "support/wait_for.h"

namespace greeter::daemon {
namespace {

using data_plane::ConnectionRecord;
using data_plane::Outcome;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class AccessLogTest : public ::testing::Test {
 protected:
  AccessLogTest() {
    // As greeterd does: what a file refuses is an error like others.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    std::string pattern = ::testing::TempDir() + "/access_log_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    options_.access_log = Path("access.log");
    engine_.workers = 1;
  }
  ~AccessLogTest() override {
    log_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  absl::Status Open() {
    absl::StatusOr<std::unique_ptr<AccessLog>> log = AccessLog::Open(options_, logger_, &engine_);
    if (log.ok()) log_ = *std::move(log);
    return log.status();
  }

  static sockaddr_storage Client(const std::string& address) {
    sockaddr_storage peer = {};
    const net::Address from = net::Address::Parse(address).value();
    std::memcpy(&peer, from.data(), from.size());
    return peer;
  }

  // A worker's connection from `client` with `number`, which ends at once.
  void Record(uint64_t number, const std::string& client = "10.0.0.7:51234") {
    const sockaddr_storage peer = Client(client);
    auto record = engine_.log->worker(0).Begin("default", -1, &peer, Now());
    record->number = number;
    record->bytes = 11;
    record->sent = std::chrono::microseconds(1500);
    record->local = Client("[2001:db8::1]:9190");
    engine_.log->worker(0).End(*record, Outcome::kCompleted, std::chrono::milliseconds(21));
  }
  static std::chrono::steady_clock::time_point Now() { return std::chrono::steady_clock::now(); }

  bool WaitForCounts(uint64_t written, uint64_t dropped) {
    return greeter::testing::WaitFor(
        [&] { return log_->counts()->written >= written && log_->counts()->dropped >= dropped; });
  }

  std::vector<std::string> Lines(const std::string& name) const {
    std::ifstream file(Path(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  // What greeterd's own log says of it.
  std::string Said() {
    logger_->flush();
    return said_.str();
  }

  Options options_;
  data_plane::Engine::Options engine_;
  std::ostringstream said_;
  std::shared_ptr<spdlog::logger> logger_ = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(said_));
  std::unique_ptr<AccessLog> log_;
  std::string directory_;
};

TEST_F(AccessLogTest, WritesForPeople) {
  ASSERT_TRUE(Open().ok());
  Record(7);
  Record(0, "[2001:db8::7]:1");
  ASSERT_TRUE(WaitForCounts(2, 0));
  EXPECT_THAT(Lines("access.log")[0],
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z default "
                           "10\\.0\\.0\\.7:51234 -> \\[2001:db8::1\\]:9190 completed bytes=11 "
                           "sent_ms=1\\.500 lifetime_ms=21\\.000 connection=7"));
  EXPECT_THAT(Lines("access.log")[1], HasSubstr(" [2001:db8::7]:1 -> "));
  EXPECT_THAT(Lines("access.log")[1], ::testing::Not(HasSubstr("connection=")));
}

TEST_F(AccessLogTest, WritesForPrograms) {
  options_.log_format = LogFormat::kJson;
  ASSERT_TRUE(Open().ok());
  Record(7);
  const sockaddr_storage peer = Client("unix:/x");
  auto rejected = engine_.log->worker(0).Begin("file", -1, &peer, Now());
  rejected->local = Client("unix:/run/a\"b");
  engine_.log->worker(0).End(*rejected, Outcome::kRejected, std::chrono::nanoseconds(0));
  ASSERT_TRUE(WaitForCounts(2, 0));
  EXPECT_THAT(Lines("access.log")[0],
              ContainsRegex("^\\{\"time\":\"[0-9T:.-]+Z\",\"listener\":\"default\","
                            "\"remote_addr\":\"10.0.0.7\",\"remote_port\":51234,"
                            "\"local_addr\":\"2001:db8::1\",\"local_port\":9190,"
                            "\"outcome\":\"completed\",\"bytes\":11,\"sent_ms\":1.500,"
                            "\"lifetime_ms\":21.000,\"connection\":7\\}$"));
  EXPECT_THAT(Lines("access.log")[1],
              HasSubstr("\"remote_addr\":\"unix\",\"remote_port\":0,\"local_addr\":"
                        "\"/run/a\\\"b\",\"local_port\":0,\"outcome\":\"rejected\",\"bytes\":0,"
                        "\"sent_ms\":null,\"lifetime_ms\":0.000}"));
}

TEST_F(AccessLogTest, TellsTheTime) {
  ASSERT_TRUE(Open().ok());
  const absl::Time before = absl::Now() - absl::Milliseconds(2);
  Record(1);
  const absl::Time after = absl::Now() + absl::Milliseconds(2);
  ASSERT_TRUE(WaitForCounts(1, 0));
  absl::Time told;
  std::string error;
  const std::string line = Lines("access.log")[0];
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, line.substr(0, line.find(' ')), &told, &error));
  EXPECT_GE(told, before);
  EXPECT_LE(told, after);
}

TEST_F(AccessLogTest, WithoutAFileThereIsNone) {
  options_.access_log = "";
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(engine_.log, nullptr);
  EXPECT_FALSE(log_->counts().has_value());
  log_->Reopen();
}

TEST_F(AccessLogTest, AFileThatCannotBeOpenedIsRefusedAtStart) {
  options_.access_log = Path("no/such/directory");
  EXPECT_THAT(std::string(Open().message()), AllOf(HasSubstr("--access-log: can't write"),
                                                   HasSubstr("No such file or directory")));
  options_.access_log = directory_;
  EXPECT_THAT(std::string(Open().message()), HasSubstr("Is a directory"));
}

// As logrotate does it, while records come: by SIGHUP, and for those who send none.
TEST_F(AccessLogTest, RotationLosesNothing) {
  ASSERT_TRUE(Open().ok());
  constexpr uint64_t kRecords = 20'000;
  uint64_t recorded = 0;
  size_t rotations = 0;
  for (; recorded < kRecords; ++recorded) {
    if (recorded % 5'000 == 2'500) {
      std::filesystem::rename(Path("access.log"), Path(absl::StrCat("access.log.", rotations++)));
      if (rotations % 2 == 0) log_->Reopen();
      ASSERT_TRUE(
          greeter::testing::WaitFor([&] { return std::filesystem::exists(Path("access.log")); }));
    }
    Record(recorded + 1);
    // The ring is not what this is about.
    if (recorded % 4'000 == 3'999) {
      ASSERT_TRUE(WaitForCounts(recorded + 1, 0));
    }
  }
  ASSERT_TRUE(WaitForCounts(kRecords, 0));
  EXPECT_EQ(log_->counts()->dropped, 0U);
  uint64_t expected = 1;
  for (size_t i = 0; i <= rotations; ++i) {
    for (const std::string& line :
         Lines(i == rotations ? "access.log" : absl::StrCat("access.log.", i))) {
      ASSERT_TRUE(absl::EndsWith(line, absl::StrCat("connection=", expected++))) << line;
    }
  }
  EXPECT_EQ(expected, kRecords + 1);
  EXPECT_THAT(Said(), HasSubstr("access log: opened anew"));
}

// More come than can be written.
TEST_F(AccessLogTest, IsOpenedAnewThoughRecordsNeverPause) {
  ASSERT_TRUE(Open().ok());
  std::atomic<bool> stopping = false;
  std::thread recording([&] {
    for (uint64_t i = 1; !stopping; ++i) Record(i);
  });
  EXPECT_TRUE(WaitForCounts(10'000, 0));
  std::filesystem::rename(Path("access.log"), Path("access.log.0"));
  log_->Reopen();
  EXPECT_TRUE(
      greeter::testing::WaitFor([&] { return std::filesystem::exists(Path("access.log")); }));
  stopping = true;
  recording.join();
}

TEST_F(AccessLogTest, AFullDiskIsSaidAndCounted) {
  options_.access_log = "/dev/full";
  ASSERT_TRUE(Open().ok());
  for (uint64_t i = 1; i <= 100; ++i) Record(i);
  ASSERT_TRUE(WaitForCounts(0, 100));
  EXPECT_EQ(log_->counts()->written, 0U);
  log_.reset();
  EXPECT_THAT(Said(),
              ContainsRegex("access log: [0-9]+ lines were dropped: No space left on device"));
}

TEST_F(AccessLogTest, APipeMayGetItsReaderLater) {
  options_.access_log = Path("pipe");
  ASSERT_EQ(mkfifo(options_.access_log.c_str(), 0600), 0);
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Said(), HasSubstr("nobody reads"));
  Record(1);
  ASSERT_TRUE(WaitForCounts(0, 1));
  const net::FileDescriptor reader(open(options_.access_log.c_str(), O_RDONLY | O_NONBLOCK));
  std::string line(1000, 0);
  ASSERT_TRUE(greeter::testing::WaitFor([&] {
    Record(2);
    return read(reader.get(), line.data(), line.size()) > 0;
  }));
  EXPECT_THAT(line, HasSubstr("connection=2"));
}

// Who reads slowly gets whole lines, and what he does not take is counted.
TEST_F(AccessLogTest, ASlowReaderHindersNobody) {
  options_.access_log = Path("pipe");
  ASSERT_EQ(mkfifo(options_.access_log.c_str(), 0600), 0);
  const net::FileDescriptor reader(open(options_.access_log.c_str(), O_RDONLY | O_NONBLOCK));
  ASSERT_TRUE(Open().ok());
  // More than ring, lines on their way and pipe together can hold.
  constexpr uint64_t kRecords = 30'000;
  for (uint64_t i = 1; i <= kRecords; ++i) Record(i);
  ASSERT_TRUE(WaitForCounts(0, 1));
  std::string text;
  std::string some(1 << 16, 0);
  ASSERT_TRUE(greeter::testing::WaitFor([&] {
    const ssize_t size = read(reader.get(), some.data(), some.size());
    if (size > 0) text.append(some, 0, static_cast<size_t>(size));
    return log_->counts()->written + log_->counts()->dropped == kRecords && size < 0;
  }));
  std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), log_->counts()->written);
  for (const std::string& line : lines) {
    EXPECT_THAT(line, ContainsRegex("^20.* default .* connection=[0-9]+$"));
  }
  log_.reset();
  EXPECT_THAT(Said(), HasSubstr("the file takes them too slowly"));
}

// A line that a full disk has cut leaves those after it whole.
TEST_F(AccessLogTest, ATornLineStandsAlone) {
  ASSERT_TRUE(Open().ok());
  Record(1);
  ASSERT_TRUE(WaitForCounts(1, 0));
  const auto size = std::filesystem::file_size(Path("access.log"));
  // As a disk that is full after half a line: writing beyond it is EFBIG.
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit full = before;
  full.rlim_cur = size + 20;
  setrlimit(RLIMIT_FSIZE, &full);
  Record(2);
  const bool dropped = WaitForCounts(1, 1);
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(dropped);
  Record(3);
  ASSERT_TRUE(WaitForCounts(2, 1));
  const std::vector<std::string> lines = Lines("access.log");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].size(), 20U);
  EXPECT_TRUE(absl::EndsWith(lines[2], "connection=3")) << lines[2];
}

// What was recorded before the end is written before it.
TEST_F(AccessLogTest, TheEndWritesWhatIsLeft) {
  ASSERT_TRUE(Open().ok());
  for (uint64_t i = 1; i <= 5'000; ++i) Record(i);
  log_.reset();
  EXPECT_EQ(Lines("access.log").size(), 5'000U);
}

}  // namespace
}  // namespace greeter::daemon
