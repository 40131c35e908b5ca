// What the shells are answered when they complete a command line.

#include "admin_cli/completion/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "commands_fixture.h"

namespace greeter::admin_cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CompletionTest : public CommandsTest {
 protected:
  CompletionTest() {
    *service_.status_response.mutable_status()->add_listeners() = Listening();
    auto* other = service_.status_response.mutable_status()->add_listeners();
    other->set_name("canary");
    other->set_state(api::ListenerStatus::STATE_STOPPED);
    setenv("GREETER_SERVER", server_.c_str(), 1);
  }
  ~CompletionTest() override { unsetenv("GREETER_SERVER"); }

  std::string Complete(const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {"__complete"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const auto parsed = ParseCommandLine(arguments);
    if (std::holds_alternative<EarlyExit>(parsed)) return "refused";
    std::istringstream in;
    std::ostringstream out, err;
    Console console{in, out, err};
    EXPECT_EQ(RunCommand(std::get<CommandLine>(parsed), console), 0);
    EXPECT_EQ(err.str(), "");
    return out.str();
  }
};

TEST_F(CompletionTest, CommandsWithWhatTheyDo) {
  EXPECT_THAT(Complete({"st"}),
              AllOf(StartsWith("status\tShow what listens where"), HasSubstr("\nstart\t"),
                    HasSubstr("\nstop\t"), Not(HasSubstr("message"))));
  EXPECT_THAT(Complete({"--timeout", "5s", "message", ""}),
              AllOf(StartsWith("get\t"), HasSubstr("\nset\t")));
  EXPECT_EQ(Complete({"nonsense"}), "");
}

TEST_F(CompletionTest, OptionsOfTheCommandAndOfAll) {
  EXPECT_THAT(Complete({"message", "set", "--"}),
              AllOf(HasSubstr("--ending\t"), HasSubstr("\n--server\t")));
  EXPECT_EQ(Complete({"message", "set", "--end"}), "--ending\tWhat follows the message\n");
  EXPECT_EQ(Complete({"message", "set", "--", "--end"}), "");
}

TEST_F(CompletionTest, Enumerations) {
  EXPECT_EQ(Complete({"message", "set", "--ending", "n"}), "none\t\nnul\t\n");
  EXPECT_EQ(Complete({"message", "set", "--ending=c"}), "--ending=crlf\t\n");
  EXPECT_EQ(Complete({"-o", "j"}), "json\t\n");
  EXPECT_EQ(Complete({"completion", ""}), "bash\t\nzsh\t\nfish\t\n");
}

TEST_F(CompletionTest, FilesAreForTheShell) {
  EXPECT_EQ(Complete({"config", "apply", "-f", "gr"}), ":files\n");
  EXPECT_EQ(Complete({"--ca=/etc"}), ":files\n");
}

TEST_F(CompletionTest, ListenersAndRevisionsAreAskedFromTheServer) {
  EXPECT_EQ(Complete({"stop", "-l", ""}),
            "default\tlistening on 127.0.0.1:9190\ncanary\tstopped\n");
  EXPECT_EQ(Complete({"stop", "--listener=ca"}), "--listener=canary\tstopped\n");
  service_.list_responses.resize(1);
  auto* revision = service_.list_responses[0].add_revisions();
  revision->set_number(17);
  revision->set_action("stop default");
  EXPECT_EQ(Complete({"rollback", ""}), "17\tstop default\n");
}

TEST_F(CompletionTest, TheServerOfTheLineIsAsked) {
  setenv("GREETER_SERVER", "127.0.0.1:1", 1);
  EXPECT_EQ(Complete({"stop", "-l", ""}), "");
  EXPECT_THAT(Complete({"--server", server_, "stop", "-l", ""}), HasSubstr("canary"));
  EXPECT_THAT(Complete({"--server=" + server_, "stop", "-l", ""}), HasSubstr("canary"));
}

}  // namespace
}  // namespace greeter::admin_cli
