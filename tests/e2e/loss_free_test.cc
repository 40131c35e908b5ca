// Promise 5: nothing reset. Every way to take an address away, while 64 clients at once and a
// steady stream of new ones use it, by a greeterd without privileges.

#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "e2e/clients.h"
#include "e2e/greeter_fixture.h"
#include "grpcpp/client_context.h"

namespace greeter::testing {
namespace {

// New connections a second that wait for nobody: a client whose SYN was dropped tries again after a
// second, and so would all 64.
constexpr double kArrivals = 1000;
constexpr int kMostWaiting = 8000;
// Served between one stop and the next.
constexpr uint64_t kBetween = 32;

class LossFree : public GreeterTest {
 protected:
  class Load {
   public:
    explicit Load(const std::vector<std::string>& addresses)
        : sixty_four_(SixtyFour(addresses)), arriving_(Arriving(addresses)) {}

    // Stops, and expects that each connection that was made has been greeted, whole and without a
    // reset; the others were refused, or had not been made in time. Returns how many were greeted.
    uint64_t ExpectNothingLost() {
      const uint64_t greeted = Check(sixty_four_.Stop()) + Check(arriving_.Stop());
      EXPECT_GT(greeted, 100u);
      return greeted;
    }

   private:
    static probe::Options Arriving(const std::vector<std::string>& addresses) {
      probe::Options options = SixtyFour(addresses);
      options.rate = kArrivals;
      options.in_flight = kMostWaiting;
      return options;
    }

    static uint64_t Check(const probe::Report& report) {
      EXPECT_EQ(report.count(probe::Outcome::kReset), 0u) << report.ToText();
      EXPECT_EQ(report.count(probe::Outcome::kShort), 0u) << report.ToText();
      EXPECT_EQ(report.count(probe::Outcome::kWrong), 0u) << report.ToText();
      EXPECT_EQ(report.count(probe::Outcome::kOther), 0u) << report.ToText();
      EXPECT_EQ(report.connect.count(), report.count(probe::Outcome::kGreeted)) << report.ToText();
      return report.count(probe::Outcome::kGreeted);
    }

    Clients sixty_four_;
    Clients arriving_;
  };

  // Waits until so many more have been accepted.
  static void ServeSome(Greeter& greeter, const std::string& listener = "default") {
    const uint64_t before = greeter.Counts(listener).accepted();
    EXPECT_TRUE(
        WaitUntil([&] { return greeter.Counts(listener).accepted() >= before + kBetween; }));
  }

  static void Stop(Greeter& greeter) {
    grpc::ClientContext context;
    api::StopListeningResponse response;
    const grpc::Status status = greeter.stub().StopListening(&context, {}, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  static void Start(Greeter& greeter) {
    grpc::ClientContext context;
    api::StartListeningResponse response;
    const grpc::Status status = greeter.stub().StartListening(&context, {}, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  static void Add(api::Config& config, const std::string& name, const std::string& address) {
    api::Listener* const listener = config.add_listeners();
    listener->set_name(name);
    listener->set_address(address);
    listener->mutable_greeting()->set_text("Hello world");
  }

  static void Apply(Greeter& greeter, const api::Config& config) {
    grpc::ClientContext context;
    api::ApplyConfigRequest request;
    *request.mutable_config() = config;
    api::ApplyConfigResponse response;
    const grpc::Status status = greeter.stub().ApplyConfig(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  // Promise 9: the tally of the clients equals the counts.
  static void ExpectTally(Greeter& greeter, uint64_t greeted) {
    EXPECT_TRUE(WaitUntil([&] { return greeter.Counts().open() == 0; }));
    const api::ConnectionCounts counts = greeter.Counts();
    EXPECT_EQ(counts.accepted(), greeted);
    EXPECT_EQ(counts.completed(), greeted) << counts.ShortDebugString();
  }

  void StopAndStart(const std::string& address, int cycles) {
    Greeter& greeter = StartGreeterAsOrdinaryUser({"--listen", address});
    Load load({address});
    for (int cycle = 0; cycle < cycles; ++cycle) {
      ServeSome(greeter);
      Stop(greeter);
      Start(greeter);
    }
    ExpectTally(greeter, load.ExpectNothingLost());
  }

  void Move(int times) {
    const std::vector<std::string> addresses = {FreeAddress(), FreeAddress()};
    Greeter& greeter = StartGreeterAsOrdinaryUser({"--listen", addresses[0]});
    Load load(addresses);
    for (int time = 1; time <= times; ++time) {
      ServeSome(greeter);
      api::Config config;
      Add(config, "default", addresses[static_cast<size_t>(time % 2)]);
      Apply(greeter, config);
    }
    ExpectTally(greeter, load.ExpectNothingLost());
  }

  void DeleteAndCreate(int cycles) {
    const std::string address = FreeAddress();
    Greeter& greeter = StartGreeterAsOrdinaryUser();
    api::Config without;
    Add(without, "default", kAnyPort);
    api::Config with = without;
    Add(with, "guest", address);
    Apply(greeter, with);
    Load load({address});
    for (int cycle = 0; cycle < cycles; ++cycle) {
      ServeSome(greeter, "guest");
      Apply(greeter, without);
      Apply(greeter, with);
    }
    load.ExpectNothingLost();
  }

  void Terminate(int times) {
    const std::string address = FreeAddress();
    Load load({address});
    for (int time = 0; time < times; ++time) {
      Greeter& greeter = StartGreeterAsOrdinaryUser({"--listen", address});
      ASSERT_EQ(greeter.address(), address) << greeter.log();
      ServeSome(greeter);
      const Finished finished = greeter.Stop(time % 2 == 0 ? SIGTERM : SIGINT);
      ASSERT_EQ(finished.code, 0) << finished;
    }
    load.ExpectNothingLost();
  }
};

using LossFreeLong = LossFree;

TEST_F(LossFree, StopAndStart) { StopAndStart(FreeAddress(), 200); }
TEST_F(LossFree, StopAndStartOnIpv6) {
  StopAndStart(absl::StrCat("[::1]:", 20000 + getpid() % 10000), 20);
}
TEST_F(LossFree, StopAndStartOnAUnixSocket) { StopAndStart("unix:" + Path("data"), 100); }
TEST_F(LossFree, MoveBackAndForth) { Move(100); }
TEST_F(LossFree, DeleteAndCreate) { DeleteAndCreate(100); }
TEST_F(LossFree, Terminate) { Terminate(50); }

TEST_F(LossFreeLong, StopAndStart) { StopAndStart(FreeAddress(), 1000); }
TEST_F(LossFreeLong, StopAndStartOnAUnixSocket) { StopAndStart("unix:" + Path("data"), 1000); }
TEST_F(LossFreeLong, MoveBackAndForth) { Move(1000); }
TEST_F(LossFreeLong, DeleteAndCreate) { DeleteAndCreate(500); }
TEST_F(LossFreeLong, Terminate) { Terminate(250); }

}  // namespace
}  // namespace greeter::testing
