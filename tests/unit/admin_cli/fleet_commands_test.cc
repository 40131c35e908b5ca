// fleet, counts --fleet, and changes that wait for a fleet.

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "admin_cli/views/fleet_text.h"
#include "commands_fixture.h"
#include "watched_output.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class FleetCommandsTest : public CommandsTest {
 protected:
  FleetCommandsTest() {
    service_.replicas.set_fleet("web");
    service_.replicas.set_revision(7);
    service_.replicas.mutable_total()->set_accepted(1'234'570);
    AddReplica("web-1", api::Replica::STATE_SERVING, 7, 1'234'567).set_accept_rate(12.34);
    AddReplica("web-2", api::Replica::STATE_FAILED, 6, 3).set_error("address in use\x1b");
  }

  api::Replica& AddReplica(const std::string& id, api::Replica::State state, uint64_t revision,
                           uint64_t accepted) {
    api::Replica& replica = *service_.replicas.add_replicas();
    replica.set_id(id);
    replica.set_state(state);
    replica.set_applied_revision(revision);
    replica.mutable_counts()->set_accepted(accepted);
    return replica;
  }
};

TEST_F(FleetCommandsTest, ShowsReplicasAndTheirSums) {
  const Outcome outcome = Greeterctl({"fleet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "fleet  web\n"
            "\n"
            "REPLICA     STATE    REVISION  LAG   ACCEPTED  PER SEC  ERROR\n"
            "web-1       serving         7    0  1,234,567     12.3\n"
            "web-2       FAILED          6    1          3        -  address in use\\x1B\n"
            "2 replicas                  7    1  1,234,570     12.3\n");
}

TEST_F(FleetCommandsTest, FitsIntoAWindow) {
  service_.replicas.mutable_replicas(1)->set_error("listener \"default\": address in use");
  EXPECT_EQ(RenderFleet(service_.replicas, 80),
            "fleet  web\n"
            "\n"
            "REPLICA     STATE    REVISION  LAG   ACCEPTED  PER SEC  ERROR\n"
            "web-1       serving         7    0  1,234,567     12.3\n"
            "web-2       FAILED          6    1          3        -  listener \"default\":\n"
            "                                                        address in use\n"
            "2 replicas                  7    1  1,234,570     12.3\n");
  EXPECT_EQ(RenderFleet(service_.replicas, 70),
            "fleet  web\n"
            "\n"
            "REPLICA     STATE    REVISION  LAG   ACCEPTED  PER SEC\n"
            "web-1       serving         7    0  1,234,567     12.3\n"
            "web-2       FAILED          6    1          3        -\n"
            "2 replicas                  7    1  1,234,570     12.3\n"
            "\n"
            "web-2: listener \"default\": address in use\n");
}

TEST_F(FleetCommandsTest, ShowsAGreeterdThatIsAlone) {
  service_.replicas.Clear();
  AddReplica("web-1", api::Replica::STATE_SERVING, 0, 0);
  EXPECT_THAT(Greeterctl({"fleet"}).out, AllOf(StartsWith("This greeterd belongs to no fleet.\n"),
                                               HasSubstr("web-1"), HasSubstr("1 replica ")));
}

TEST_F(FleetCommandsTest, HasDocuments) {
  service_.replicas.mutable_replicas(0)->add_data_addresses("127.0.0.1:9190");
  EXPECT_THAT(Greeterctl({"fleet", "-o", "json"}).out, HasSubstr("\"state\": \"STATE_FAILED\""));
  EXPECT_THAT(Greeterctl({"fleet", "-o", "yaml"}).out,
              AllOf(HasSubstr("appliedRevision: 7\n"), HasSubstr("- \"127.0.0.1:9190\"\n")));
}

TEST_F(FleetCommandsTest, CountsReplicas) {
  const Outcome outcome = Greeterctl({"counts", "--fleet"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, MatchesRegex("REPLICA  ACCEPTED .*\n"
                                        "web-1 +1234567 .*\n"
                                        "web-2 +3 .*\n"
                                        "TOTAL +1234570 .*\n"));
  EXPECT_THAT(Greeterctl({"counts", "--fleet", "-l", "default"}),
              testing::Field(&Outcome::code, 2));
}

TEST_F(FleetCommandsTest, EveryChangeCanWaitForTheFleet) {
  const std::vector<std::string> flags = {"--wait", "fleet", "--roll-back-on-failure"};
  const auto run = [&](std::vector<std::string> command) {
    command.insert(command.end(), flags.begin(), flags.end());
    return Greeterctl(std::move(command)).code;
  };
  const std::string file = Write("config.yaml", "listeners: []\n");
  EXPECT_EQ(run({"message", "set", "Moin"}), 0);
  EXPECT_EQ(run({"start"}), 0);
  EXPECT_EQ(run({"stop"}), 0);
  EXPECT_EQ(run({"config", "apply", "-f", file}), 0);
  EXPECT_EQ(run({"rollback", "1"}), 0);
  for (const api::ChangeOptions& change :
       {service_.set_request.change(), service_.start_request.change(),
        service_.stop_request.change(), service_.apply_request.change(),
        service_.roll_back_request.change()}) {
    EXPECT_EQ(change.wait(), api::WAIT_FLEET);
    EXPECT_TRUE(change.roll_back_on_failure());
  }
  EXPECT_EQ(Greeterctl({"stop", "--wait", "this"}).code, 0);
  EXPECT_EQ(service_.stop_request.change().wait(), api::WAIT_UNSPECIFIED);
}

TEST_F(FleetCommandsTest, RefusesWaitsThatMakeNoSense) {
  const Outcome unknown = Greeterctl({"start", "--wait", "all"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("\"all\" is none of this, fleet"));
  const Outcome blind = Greeterctl({"start", "--roll-back-on-failure"});
  EXPECT_EQ(blind.code, 2);
  EXPECT_THAT(blind.err, HasSubstr("--roll-back-on-failure needs --wait fleet"));
}

// The server answers before its time is up, and knows more than that it is.
TEST_F(FleetCommandsTest, TellsWhoHasNotAppliedItInTime) {
  Refuse(grpc::StatusCode::DEADLINE_EXCEEDED, "revision 8 is in force here, but not on web-2");
  const Outcome outcome = Greeterctl({"start", "--wait", "fleet"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err, "greeterctl: revision 8 is in force here, but not on web-2\n");
}

TEST_F(FleetCommandsTest, AFleetCannotBeginWithNothing) {
  const Outcome nothing = Greeterctl({"fleet", "init", "--fleet", "web", "--etcd", "127.0.0.1:1"});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_EQ(nothing.err,
            "greeterctl: this greeterd has no revision yet that a fleet could begin with\n");
}

class FleetWatchTest : public FleetCommandsTest {
 protected:
  FleetWatchTest() { EXPECT_EQ(pipe(interrupt_), 0); }
  ~FleetWatchTest() override {
    close(interrupt_[0]);
    close(interrupt_[1]);
  }

  Outcome WatchUntil(const std::string& awaited, std::vector<std::string> arguments = {}) {
    WatchedOutput out(awaited, [this] { EXPECT_EQ(write(interrupt_[1], "x", 1), 1); });
    arguments.insert(arguments.begin(), {"fleet", "--watch"});
    Outcome outcome = Greeterctl(arguments, &out, interrupt_[0]);
    outcome.out = out.str();
    return outcome;
  }

  int interrupt_[2] = {-1, -1};
};

TEST_F(FleetWatchTest, PrintsALineForEveryReplicaThatChanges) {
  service_.replicas_after = service_.replicas;
  service_.replicas_after->mutable_replicas()->RemoveLast();
  const Outcome outcome = WatchUntil("has left");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out,
              MatchesRegex("[-0-9: ]+ UTC  web-1 is serving, revision 7\n"
                           "[-0-9: ]+ UTC  web-2 is FAILED, revision 6: address in use.*\n"
                           "[-0-9: ]+ UTC  web-2 has left\n"));
}

TEST_F(FleetWatchTest, DrawsOnATerminalAndGivesItBack) {
  terminal_ = true;
  const Outcome outcome = WatchUntil("2 replicas");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, AllOf(StartsWith("\x1b[?1049h"), HasSubstr("web-2       FAILED"),
                                 testing::EndsWith("\x1b[?25h\x1b[?1049l")));
}

TEST_F(FleetWatchTest, SeparatesDocuments) {
  service_.replicas_after = service_.replicas;
  service_.replicas_after->set_revision(8);
  const Outcome json = WatchUntil("\"revision\":\"8\"", {"-o", "json"});
  EXPECT_THAT(json.out, MatchesRegex("\\{\"fleet\":[^\n]+\\}\n\\{\"fleet\":[^\n]+\\}\n"));
}

TEST_F(FleetWatchTest, AsksAnotherServerIfOneIsGone) {
  FakeAdminService gone;
  gone.Stop();
  const Outcome outcome = WatchUntil("web-1 is", {"--server", gone.address() + "," + server_});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(FleetWatchTest, OneThatNobodyEverAnsweredEnds) {
  service_.Stop();
  for (const bool terminal : {false, true}) {
    terminal_ = terminal;
    const Outcome outcome = WatchUntil("never printed");
    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("nobody listens there"));
  }
}

TEST_F(FleetWatchTest, ARefusalEndsIt) {
  Refuse(grpc::StatusCode::PERMISSION_DENIED, "you are nobody");
  EXPECT_EQ(WatchUntil("never printed").code, 6);
}

}  // namespace
}  // namespace greeter::admin_cli
