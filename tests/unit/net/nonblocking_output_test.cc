// Whatever stderr is, and whoever it belongs to: nobody waits for its reader.

#include "net/nonblocking_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ostream>
#include <string>
#include <utility>

#include "net/file_descriptor.h"

namespace greeter::net {
namespace {

// Two ends: what is written to the second is read from the first.
struct Ends {
  FileDescriptor reader;
  FileDescriptor writer;
};

Ends Pipe() {
  std::array<int, 2> ends = {};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

Ends Socket() {
  std::array<int, 2> ends = {};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

Ends Terminal() {
  FileDescriptor reader(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  std::array<char, 64> name = {};
  EXPECT_EQ(grantpt(reader.get()), 0);
  EXPECT_EQ(unlockpt(reader.get()), 0);
  EXPECT_EQ(ptsname_r(reader.get(), name.data(), name.size()), 0);
  return {std::move(reader), FileDescriptor(open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC))};
}

struct Kind {
  const char* name;
  Ends (*open)();

  friend void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
};

class NonblockingOutputTest : public ::testing::TestWithParam<Kind> {};

// Runs in a child process, which SIGALRM ends if it waits. Exit code 0: as it should be.
void FillAndGoOn(const Ends& ends, bool as_nobody) {
  alarm(10);
  // Root's own may be opened by nobody else.
  if (as_nobody && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
  NonblockingOutput output(ends.writer.get());
  if (as_nobody && output.descriptor() != ends.writer.get()) _exit(3);
  const std::string record = std::string(99, 'x') + "\n";
  const auto fill = [&] {
    size_t filled = 0;
    for (ssize_t size = 0; size >= 0; size = output.Write(record.data(), record.size())) {
      filled += static_cast<size_t>(size);
    }
    if (errno != EAGAIN) _exit(4);
    return filled;
  };
  if (fill() < record.size()) _exit(5);
  std::string read_back(65'536, 0);
  if (read(ends.reader.get(), read_back.data(), read_back.size()) <= 0) _exit(6);
  // A terminal's buffers are emptied by a thread of the kernel's.
  while (fill() == 0) {
    pollfd more = {ends.reader.get(), POLLIN, 0};
    if (poll(&more, 1, 10) == 1 &&
        read(ends.reader.get(), read_back.data(), read_back.size()) <= 0) {
      _exit(7);
    }
  }
  _exit((fcntl(ends.writer.get(), F_GETFL) & O_NONBLOCK) == 0 ? 0 : 8);
}

TEST_P(NonblockingOutputTest, WritesWhatThereIsRoomFor) {
  const Ends ends = GetParam().open();
  EXPECT_EXIT(FillAndGoOn(ends, false), ::testing::ExitedWithCode(0), "");
}

// As under su, and of a service whose stderr another user's program reads.
TEST_P(NonblockingOutputTest, TheSameWhereItIsAnotherUsers) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const Ends ends = GetParam().open();
  EXPECT_EXIT(FillAndGoOn(ends, true), ::testing::ExitedWithCode(0), "");
}

INSTANTIATE_TEST_SUITE_P(Everywhere, NonblockingOutputTest,
                         ::testing::Values(Kind{"Pipe", Pipe}, Kind{"Socket", Socket},
                                           Kind{"Terminal", Terminal}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace greeter::net
