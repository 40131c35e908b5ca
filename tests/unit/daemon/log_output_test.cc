// A log that nobody reads holds nobody up, and what is lost of it is counted.

#include "daemon/log_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "net/file_descriptor.h"
#include "support/wait_for.h"

namespace greeter::daemon {
namespace {

using testing::WaitFor;
using Kind = LogOutput::Kind;

class LogOutputTest : public ::testing::Test {
 protected:
  void StartOnPipe(size_t queue_bytes = size_t{1} << 20) {
    std::array<int, 2> ends = {};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    reader_ = net::FileDescriptor(ends[0]);
    writer_ = net::FileDescriptor(ends[1]);
    fcntl(writer_.get(), F_SETPIPE_SZ, 4096);
    Start(queue_bytes);
  }
  void StartOnSocket() {
    std::array<int, 2> ends = {};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    reader_ = net::FileDescriptor(ends[0]);
    writer_ = net::FileDescriptor(ends[1]);
    Start(size_t{1} << 20);
  }
  void Start(size_t queue_bytes) {
    LogOutput::Options options;
    options.queue_bytes = queue_bytes;
    options.report = [](const LogOutput::Losses& losses) {
      return absl::StrCat("lost ", losses.ordinary, " ", losses.audit, "\n");
    };
    auto output = LogOutput::Start(writer_.get(), std::move(options));
    ASSERT_TRUE(output.ok()) << output.status();
    output_ = *std::move(output);
  }

  // A record of 100 bytes that begins with `text`.
  void Write(const std::string& text, Kind kind = Kind::kOrdinary) {
    std::string record = absl::StrCat(text, " ");
    record.resize(99, '.');
    output_->Write(record + "\n", kind);
  }

  // What comes within a moment, or at once if it is there.
  std::string ReadSome(int milliseconds) const {
    pollfd waiting = {reader_.get(), POLLIN, 0};
    if (poll(&waiting, 1, milliseconds) <= 0) return "";
    std::string text(65'536, 0);
    const ssize_t size = read(reader_.get(), text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
  }
  // First words of the lines up to one that begins with `last`.
  std::vector<std::string> ReadLinesUntil(const std::string& last) {
    std::string text;
    WaitFor([&] {
      text += ReadSome(100);
      return absl::StrContains(text, "\n" + last) && text.back() == '\n';
    });
    std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
    for (std::string& line : lines) {
      if (!absl::StartsWith(line, "lost")) {
        EXPECT_EQ(line.size(), 99U) << line;
        line = line.substr(0, line.find(' '));
      }
    }
    return lines;
  }

  net::FileDescriptor reader_;
  net::FileDescriptor writer_;
  std::shared_ptr<LogOutput> output_;
};

TEST_F(LogOutputTest, WhatFindsRoomIsOutAtOnce) {
  StartOnPipe();
  Write("first");
  Write("second", Kind::kAudit);
  const std::string text = ReadSome(0);
  EXPECT_EQ(text.size(), 200U);
  EXPECT_TRUE(absl::StartsWith(text, "first ")) << text;
}

TEST_F(LogOutputTest, WhatFindsNoneWaitsForAReaderInOrder) {
  StartOnPipe();
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 1000; ++i)
    Write(absl::StrCat(i), i % 3 == 0 ? Kind::kAudit : Kind::kOrdinary);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  const std::vector<std::string> lines = ReadLinesUntil("999 ");
  ASSERT_EQ(lines.size(), 1000U);
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i], std::to_string(i));
}

TEST_F(LogOutputTest, TheSameOnASocket) {
  StartOnSocket();
  for (int i = 0; i < 5000; ++i) Write(absl::StrCat(i));
  const std::vector<std::string> lines = ReadLinesUntil("4999 ");
  ASSERT_EQ(lines.size(), 5000U);
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i], std::to_string(i));
}

TEST_F(LogOutputTest, TheOldestOrdinaryRecordsAreDroppedFirstAndCounted) {
  StartOnPipe(10'000);
  Write("begin");
  for (int i = 0; i < 50; ++i) Write("audit", Kind::kAudit);
  for (int i = 0; i < 500; ++i) Write("ordinary");
  for (int i = 0; i < 49; ++i) Write("late-audit", Kind::kAudit);
  Write("end", Kind::kAudit);
  const std::vector<std::string> lines = ReadLinesUntil("end ");
  const auto count = [&](const std::string& word) {
    return std::count(lines.begin(), lines.end(), word);
  };
  EXPECT_EQ(count("audit"), 50);
  EXPECT_EQ(count("late-audit"), 49);
  EXPECT_EQ(count("begin"), 1);
  const std::string lost = absl::StrCat("lost ", 500 - count("ordinary"), " 0");
  EXPECT_EQ(count(lost), 1) << lost;
}

TEST_F(LogOutputTest, LostAuditRecordsAreCountedToo) {
  StartOnPipe(10'000);
  for (int i = 0; i < 1000; ++i) Write("audit", Kind::kAudit);
  std::string text;
  ASSERT_TRUE(WaitFor([&] {
    text += ReadSome(100);
    return absl::StrContains(text, "lost");
  }));
  while (true) {
    const std::string more = ReadSome(200);
    if (more.empty()) break;
    text += more;
  }
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  int written = 0;
  int lost = 0;
  for (const std::string& line : lines) {
    if (absl::StartsWith(line, "audit ")) ++written;
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    int count = 0;
    if (words[0] == "lost" && absl::SimpleAtoi(words[2], &count)) lost += count;
  }
  EXPECT_GT(lost, 800);
  EXPECT_EQ(written + lost, 1000);
}

TEST_F(LogOutputTest, StopWaitsForAReaderAWhileAndNoLonger) {
  StartOnPipe();
  for (int i = 0; i < 1000; ++i) Write(absl::StrCat(i));
  const absl::Time begin = absl::Now();
  output_->Stop(absl::Milliseconds(50));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  // Later records hold nobody up either.
  Write("late");
}

TEST_F(LogOutputTest, AReaderThatIsGoneHoldsNobodyUp) {
  signal(SIGPIPE, SIG_IGN);
  StartOnPipe();
  reader_.Close();
  for (int i = 0; i < 1000; ++i) Write(absl::StrCat(i));
  output_->Stop(absl::Seconds(10));
}

// Others who have the same stderr are not to be surprised by EAGAIN.
TEST_F(LogOutputTest, TheDescriptorStaysAsItIs) {
  StartOnPipe();
  for (int i = 0; i < 100; ++i) Write("x");
  EXPECT_EQ(fcntl(writer_.get(), F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace greeter::daemon
