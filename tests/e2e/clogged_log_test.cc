// Promise 10: always reachable, also while nobody reads what greeterd logs.

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"

namespace greeter::testing {
namespace {

class CloggedLogTest : public GreeterTest {
 protected:
  ~CloggedLogTest() override { close(log_); }

  // A greeterd whose stderr is a pipe that is full from the start.
  Greeter& StartClogged() {
    EXPECT_EQ(mkfifo(Path("log").c_str(), 0600), 0);
    log_ = open(Path("log").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(log_, 0);
    const std::string line(64, '#');
    while (write(log_, line.data(), line.size()) > 0) {
    }
    return StartGreeterBy({"sh", "-c", "exec \"$@\" 2>\"$0\"", Path("log")});
  }

  static grpc::Status SetMessage(Greeter& greeter, const std::string& text,
                                 const std::string& comment) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(text);
    request.mutable_change()->set_comment(comment);
    api::SetMessageResponse response;
    return greeter.stub().SetMessage(&context, request, &response);
  }

  // What was logged, up to a line that contains `last`.
  std::string ReadUntil(const std::string& last) const {
    std::string text;
    std::string some(65'536, 0);
    WaitUntil([&] {
      const ssize_t size = read(log_, some.data(), some.size());
      if (size > 0) text.append(some, 0, static_cast<size_t>(size));
      return absl::StrContains(text, last) && text.back() == '\n';
    });
    return text;
  }

  int log_ = -1;
};

TEST_F(CloggedLogTest, ChangesAreAnsweredAndWhatWasDroppedIsCounted) {
  // More than may wait.
  constexpr int kChanges = 1200;
  Greeter& greeter = StartClogged();
  const std::string comment(1000, 'c');
  for (int i = 1; i <= kChanges; ++i) {
    const grpc::Status status = SetMessage(greeter, absl::StrCat("Message ", i), comment);
    ASSERT_TRUE(status.ok()) << i << ": " << status.error_message();
  }
  EXPECT_EQ(Greet(greeter.address(), absl::StrCat("Message ", kChanges)), "greeted");

  const std::string log = ReadUntil(absl::StrCat("new_revision=", kChanges + 1));
  int logged = 0;
  int lost = 0;
  for (const absl::string_view line : absl::StrSplit(log, '\n')) {
    if (absl::StrContains(line, "change accepted")) ++logged;
    const std::vector<std::string> parts = absl::StrSplit(line, "dropped_audit_records=");
    if (parts.size() == 2) lost += std::stoi(parts[1]);
  }
  EXPECT_GT(lost, 0) << "the queue took everything";
  EXPECT_EQ(logged + lost, kChanges);
}

TEST_F(CloggedLogTest, StoppingDoesNotWaitForAReader) {
  Greeter& greeter = StartClogged();
  ASSERT_TRUE(SetMessage(greeter, "Message", "").ok());
  const Finished finished = greeter.Stop();
  EXPECT_EQ(finished.code, 0) << finished;
  EXPECT_LT(finished.took, absl::Seconds(10));
}

}  // namespace
}  // namespace greeter::testing
