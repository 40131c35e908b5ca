// What the generator makes of what a server does to a connection.

#include "probe/generator.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "known_server.h"

namespace greeter::probe {
namespace {

TEST(GeneratorTest, CountsWholeGreetings) {
  Server server(Saying("Hello world"));
  const Report report = Drive(Few(server.target()));
  ExpectAll(report, Outcome::kGreeted);
  EXPECT_EQ(report.connections(), 100U);
  EXPECT_EQ(report.bytes_received, 1100U);
  EXPECT_EQ(report.total.count(), 100U);
  EXPECT_GE(report.total.max(), report.connect.Percentile(0));
}

TEST(GeneratorTest, TellsShortFromWrong) {
  {
    Server server(Saying("Hello worl"));
    ExpectAll(Drive(Few(server.target())), Outcome::kShort);
  }
  {
    Server server(Saying("Hello worlD"));
    ExpectAll(Drive(Few(server.target())), Outcome::kWrong);
  }
  Server server(Saying("Hello world!"));
  ExpectAll(Drive(Few(server.target())), Outcome::kWrong);
}

TEST(GeneratorTest, TellsAlternativesApartAndRefusesAMix) {
  std::atomic<int> turn = 0;
  Server server([&turn](int fd) {
    const std::string texts[] = {"aaaa", "bbbb", "aabb", ""};
    Saying(texts[turn++ % 4])(fd);
  });
  Options options = Few(server.target());
  options.expected = Expected::OneOf({"aaaa", "bbbb"});
  const Report report = Drive(options);
  EXPECT_EQ(report.greeted_by_expected, (std::vector<uint64_t>{25, 25}));
  EXPECT_EQ(report.count(Outcome::kWrong), 25U);
  EXPECT_EQ(report.count(Outcome::kShort), 25U);
}

TEST(GeneratorTest, VerifiesAGreetingOfManySegments) {
  const std::string text(64 * 1024, 'y');
  Server server(Saying(text));
  Options options = Few(server.target());
  options.expected = Expected::OneOf({text});
  ExpectAll(Drive(options), Outcome::kGreeted);
}

TEST(GeneratorTest, SeesAReset) {
  Server server([](int fd) {
    Say(fd, "Hello world");
    const linger abort = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    close(fd);
  });
  ExpectAll(Drive(Few(server.target())), Outcome::kReset);
}

// Promise 2: what a server that closes without reading does to a client that speaks first.
TEST(GeneratorTest, SeesTheResetOfAServerThatDoesNotRead) {
  Server server(Saying("Hello world"));
  Options options = Few(server.target());
  options.speak_bytes = 1000;
  options.half_close = true;
  ExpectAll(Drive(options), Outcome::kReset);
}

// The reset comes after the greeting and its end have been read.
TEST(GeneratorTest, SeesALateReset) {
  Server server([](int fd) {
    Say(fd, "Hello world");
    shutdown(fd, SHUT_WR);
    char byte = 0;
    EXPECT_EQ(recv(fd, &byte, 1, 0), 1);
    close(fd);
  });
  Options options = Few(server.target());
  options.speak_bytes = Options::kEndless;
  options.speak = Speak::kAfter;
  options.half_close = true;
  const Report report = Drive(options);
  ExpectAll(report, Outcome::kReset);
  EXPECT_EQ(report.reset_after_whole, report.connections());
}

TEST(GeneratorTest, SpeaksWithAServerThatReadsToTheEnd) {
  for (const Speak when : {Speak::kFirst, Speak::kDuring, Speak::kAfter}) {
    std::atomic<uint64_t> heard = 0;
    {
      Server server([&heard](int fd) {
        Say(fd, "Hello world");
        shutdown(fd, SHUT_WR);
        std::vector<char> buffer(65536);
        for (ssize_t size; (size = recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
          heard += static_cast<uint64_t>(size);
        }
        close(fd);
      });
      Options options = Few(server.target());
      options.connections = 20;
      options.speak_bytes = 1 << 20;
      options.speak = when;
      options.half_close = true;
      ExpectAll(Drive(options), Outcome::kGreeted);
    }
    // The server, now gone, has read to the end of the last one.
    EXPECT_EQ(heard, uint64_t{20} << 20);
  }
}

TEST(GeneratorTest, SeesRefusal) {
  Target target;
  {
    Server server(Saying(""));
    target = server.target();
  }
  const Report report = Drive(Few(target));
  ExpectAll(report, Outcome::kRefused);
  EXPECT_EQ(report.connections(), 100U);
}

}  // namespace
}  // namespace greeter::probe
