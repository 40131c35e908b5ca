// Ten thousand connections by 64 clients at once, while the message changes a hundred times.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "grpcpp/client_context.h"

namespace greeter::testing {
namespace {

constexpr uint64_t kConnections = 10'000;
constexpr size_t kChanges = 100;
// Of these, by greeterctl; a process each.
constexpr size_t kChangesByCtl = 20;
constexpr size_t kMessages = 20;

// Message number i: no other is its beginning, and they are from 20 bytes to 64 KiB long.
std::vector<std::string> Messages() {
  std::vector<std::string> messages;
  for (size_t i = 0; i < kMessages; ++i) {
    const size_t size = i + 1 == kMessages ? size_t{64} << 10 : 20 + 37 * i;
    messages.emplace_back(size, static_cast<char>('A' + i));
  }
  return messages;
}

using ChangeUnderLoadTest = GreeterTest;

// Promises 1, 3, 4 and 9.
TEST_F(ChangeUnderLoadTest, EveryClientGetsOneMessageWhole) {
  const std::vector<std::string> messages = Messages();
  Greeter& greeter = StartGreeter({"--message", messages[0]});

  std::atomic<bool> stopping = false;
  std::atomic<int> readings = 0;
  // Promise 9: the books balance at every reading.
  std::thread reader([&] {
    while (!stopping) {
      const api::ConnectionCounts counts = greeter.Counts();
      EXPECT_TRUE(Balanced(counts)) << counts.ShortDebugString();
      ++readings;
    }
  });
  probe::Options options = SixtyFour({greeter.address()});
  options.expected = probe::Expected::OneOf(messages);
  Clients clients(options);

  uint64_t greeted_here = 0;
  for (size_t change = 1; change <= kChanges; ++change) {
    const std::string& message = messages[change % kMessages];
    if (change % (kChanges / kChangesByCtl) == 0) {
      const Finished set = Ctl({"message", "set", message});
      EXPECT_EQ(set.code, 0) << set;
    } else {
      grpc::ClientContext context;
      api::SetMessageRequest request;
      request.mutable_greeting()->set_text(message);
      api::SetMessageResponse response;
      const grpc::Status status = greeter.stub().SetMessage(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
    }
    // Promise 4: done means done.
    EXPECT_EQ(Greet(greeter.address(), message), "greeted") << "after change " << change;
    ++greeted_here;
  }
  EXPECT_TRUE(WaitUntil([&] { return clients.finished() >= kConnections; }));
  const probe::Report report = clients.Stop();
  stopping = true;
  reader.join();

  // Promises 1 and 3: each client got one message, whole.
  EXPECT_GE(report.connections(), kConnections);
  EXPECT_EQ(report.count(probe::Outcome::kGreeted), report.connections()) << report.ToText();
  for (size_t i = 0; i < kMessages; ++i) {
    EXPECT_GT(report.greeted_by_expected[i], 0) << "message " << i;
  }
  EXPECT_GT(readings, 10);
  const uint64_t tally = report.connections() + greeted_here;
  EXPECT_TRUE(WaitUntil([&] { return greeter.Counts().open() == 0; }));
  const api::ConnectionCounts counts = greeter.Counts();
  EXPECT_EQ(counts.accepted(), tally);
  EXPECT_EQ(counts.completed(), tally) << counts.ShortDebugString();
}

}  // namespace
}  // namespace greeter::testing
