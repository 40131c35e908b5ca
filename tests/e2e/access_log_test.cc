// The access log of a greeterd: every connection once, and no file hurts a greeting.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"

namespace greeter::testing {
namespace {

using ::testing::HasSubstr;

class AccessLogTest : public GreeterTest {
 protected:
  uint64_t LinesIn(const std::string& name, const std::string& having) const {
    std::ifstream file(Path(name));
    uint64_t lines = 0;
    for (std::string line; std::getline(file, line);) lines += absl::StrContains(line, having);
    return lines;
  }

  // Greets so many times and expects that all went well.
  static void GreetMany(Greeter& greeter, uint64_t connections) {
    probe::Options options = SixtyFour({greeter.address()});
    options.connections = connections;
    Clients clients(options);
    const probe::Report& report = clients.Join();
    EXPECT_EQ(report.count(probe::Outcome::kGreeted), connections) << report;
  }

  static std::string Metric(Greeter& greeter, const std::string& name) {
    const Finished curl = RunProgram({.arguments = {"curl", "-s", greeter.page() + "metrics"}});
    const size_t at = curl.out.find("\n" + name + " ");
    if (at == std::string::npos) return "none";
    const size_t begin = at + name.size() + 2;
    return curl.out.substr(begin, curl.out.find('\n', begin) - begin);
  }
};

// Under load, and rotated meanwhile as logrotate does it: the lines' sum equals the counts.
TEST_F(AccessLogTest, EveryConnectionHasItsLine) {
  Greeter& greeter =
      StartGreeter({"--access-log", Path("access.log")}, {{"GREETER_HTTP", "127.0.0.1:0"}});
  Clients clients(SixtyFour({greeter.address()}));
  for (int rotation = 1; rotation <= 3; ++rotation) {
    ASSERT_TRUE(clients.WaitForGreeted(500));
    std::filesystem::rename(Path("access.log"), Path(absl::StrCat("access.log.", rotation)));
    greeter.Signal(SIGHUP);
    ASSERT_TRUE(WaitUntil([&] { return std::filesystem::exists(Path("access.log")); }));
  }
  ASSERT_TRUE(clients.WaitForGreeted(500));
  clients.Stop();
  EXPECT_EQ(clients.harmed(), 0U);
  EXPECT_TRUE(WaitUntil([&] { return greeter.Counts().open() == 0; }));
  const std::string accepted = absl::StrCat(greeter.Counts().accepted());
  EXPECT_TRUE(WaitUntil([&] {
    return Metric(greeter, "greeter_access_log_lines_total") == accepted;
  })) << Metric(greeter, "greeter_access_log_lines_total")
      << " of " << accepted;
  EXPECT_EQ(Metric(greeter, "greeter_access_log_dropped_total"), "0");
  uint64_t lines = LinesIn("access.log", " completed bytes=11 ");
  for (int rotation = 1; rotation <= 3; ++rotation) {
    lines += LinesIn(absl::StrCat("access.log.", rotation), " completed bytes=11 ");
  }
  EXPECT_EQ(absl::StrCat(lines), accepted);
}

TEST_F(AccessLogTest, TheLastLinesAreWrittenAtTheEnd) {
  Greeter& greeter = StartGreeter({"--access-log", Path("access.log"), "--log-format", "json"},
                                  {{"GREETER_ACCESS_LOG_SAMPLE", "10"}, {"GREETER_WORKERS", "1"}});
  GreetMany(greeter, 1000);
  EXPECT_EQ(greeter.Stop().code, 0);
  EXPECT_EQ(LinesIn("access.log", "\"outcome\":\"completed\",\"bytes\":11,"), 100U);
}

TEST_F(AccessLogTest, OnStandardOutput) {
  Greeter& greeter = StartGreeter({"--access-log", "-"});
  GreetMany(greeter, 1);
  EXPECT_THAT(greeter.Stop().out, HasSubstr(" completed bytes=11 "));
}

TEST_F(AccessLogTest, AFullDiskHurtsNoGreeting) {
  Greeter& greeter = StartGreeter({"--access-log", "/dev/full"}, {{"GREETER_HTTP", "127.0.0.1:0"}});
  GreetMany(greeter, 1000);
  EXPECT_TRUE(
      WaitUntil([&] { return Metric(greeter, "greeter_access_log_dropped_total") == "1000"; }));
  EXPECT_TRUE(greeter.WaitForLog("lines were dropped: No space left on device"));
}

TEST_F(AccessLogTest, APipeThatNobodyReadsHurtsNoGreeting) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  const int reader = open(Path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  Greeter& greeter = StartGreeter({"--access-log", Path("pipe")});
  GreetMany(greeter, 5000);
  close(reader);
  GreetMany(greeter, 1000);
  const Finished finished = greeter.Stop();
  EXPECT_EQ(finished.code, 0) << finished;
  EXPECT_LT(finished.took, absl::Seconds(10));
}

TEST_F(AccessLogTest, WhatCannotBeIsRefusedAtStart) {
  const Finished refused =
      RunGreeter({"--listen", kAnyPort, "--admin", "127.0.0.1:0", "--http", "none", "--state-dir",
                  "none", "--access-log", Path("no/such/directory")});
  EXPECT_EQ(refused.code, 1) << refused;
  EXPECT_THAT(refused.err, HasSubstr("greeterd: --access-log: can't write"));
  for (const char* sample : {"0", "-1", "x", "1.5", "1000000001"}) {
    const Finished usage = RunGreeter({"--access-log", "-", "--access-log-sample", sample});
    EXPECT_EQ(usage.code, 2) << usage;
    EXPECT_THAT(usage.err, HasSubstr("is no number from 1 to 1000000000"));
  }
  const Finished alone = RunGreeter({"--access-log-sample", "10"});
  EXPECT_EQ(alone.code, 2) << alone;
  EXPECT_THAT(alone.err, HasSubstr("--access-log-sample requires --access-log"));
}

}  // namespace
}  // namespace greeter::testing
