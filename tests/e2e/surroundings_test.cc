// What whoever starts greeterd may have left it without: standard streams, a reader of them,
// descriptors, or room in a file.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "e2e/process.h"
#include "grpcpp/client_context.h"

namespace greeter::testing {
namespace {

using SurroundingsTest = GreeterTest;

std::string OpenAs(pid_t process, int descriptor) {
  std::error_code error;
  return std::filesystem::read_symlink(absl::StrCat("/proc/", process, "/fd/", descriptor), error);
}

// Else a socket, or the store's file, gets the number, and what is printed goes there.
TEST_F(SurroundingsTest, ClosedStandardStreamsAreTheNullDevice) {
  const std::pair<const char*, std::set<int>> cases[] = {
      {"<&-", {STDIN_FILENO}}, {">&- 2>&-", {STDOUT_FILENO, STDERR_FILENO}}};
  for (const auto& [redirection, closed] : cases) {
    SCOPED_TRACE(redirection);
    const std::string address = FreeAddress();
    Process greeterd({.arguments = {"sh", "-c", absl::StrCat("exec \"$@\" ", redirection), "sh",
                                    GREETERD, "--listen", address, "--admin",
                                    absl::StrCat("unix:", Path("admin")), "--state-dir", "none"}});
    ASSERT_TRUE(WaitUntil([&] { return Greet(address) == "greeted"; })) << greeterd.err();
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      EXPECT_EQ(OpenAs(greeterd.pid(), stream) == "/dev/null", closed.count(stream) == 1) << stream;
    }
    greeterd.Signal(SIGTERM);
    EXPECT_EQ(greeterd.Wait().code, 0);
  }
}

// gRPC would abort where it finds no descriptor for itself.
TEST_F(SurroundingsTest, TooFewDescriptorsAreRefusedInALine) {
  Process greeterd(
      {.arguments = {"sh", "-c", "ulimit -n 22; exec \"$@\"", "sh", GREETERD, "--workers", "1",
                     "--listen", "127.0.0.1:0", "--http", "none", "--admin",
                     absl::StrCat("unix:", Path("admin")), "--state-dir", "none"}});
  EXPECT_EQ(greeterd.Wait().code, 1);
  EXPECT_EQ(greeterd.err(),
            "greeterd: this process may have 22 files open, and needs 64 at least; raise the limit "
            "(ulimit -n, or LimitNOFILE= in systemd)\n");
}

// Else it would never come to wait for a signal.
TEST_F(SurroundingsTest, AFullStandardOutputHindersNothing) {
  const std::string pipe = Path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int ours = open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(ours, 0);
  const std::string page(4096, 'x');
  while (write(ours, page.data(), page.size()) > 0) {
  }
  const std::string address = FreeAddress();
  Process greeterd({.arguments = {"sh", "-c", "exec \"$@\" 1<>\"$0\"", pipe, GREETERD, "--listen",
                                  address, "--http", "none", "--admin",
                                  absl::StrCat("unix:", Path("admin")), "--state-dir", "none"}});
  ASSERT_TRUE(WaitUntil([&] { return Greet(address) == "greeted"; })) << greeterd.err();
  greeterd.Signal(SIGTERM);
  EXPECT_EQ(greeterd.Wait().code, 0);
  close(ours);
}

// ulimit -f: what does not fit into the file is an error like any other (promise 6), no signal that
// kills.
TEST_F(SurroundingsTest, AFileSizeLimitRefusesChangesAndNoMore) {
  // 512 bytes each, by POSIX.
  Greeter& greeter = StartGreeterBy({"sh", "-c", "ulimit -f 600; exec \"$@\"", "sh"},
                                    {"--state-dir", Path("state")});
  grpc::Status status;
  std::string serves = "Hello world";
  for (int i = 0; i < 100 && status.ok(); ++i) {
    const std::string next(60000, static_cast<char>('a' + i % 26));
    grpc::ClientContext context;
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(next);
    api::SetMessageResponse response;
    status = greeter.stub().SetMessage(&context, request, &response);
    if (status.ok()) serves = next;
  }
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(Greet(greeter.address(), serves), "greeted");
  EXPECT_EQ(greeter.Health(""), "SERVING");
  const Finished finished = greeter.Stop();
  EXPECT_EQ(finished.code, 0) << finished;
}

}  // namespace
}  // namespace greeter::testing
