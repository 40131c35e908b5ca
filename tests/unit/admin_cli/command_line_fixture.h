// Command lines read as greeterctl reads them, in an environment that says nothing.

#ifndef GREETER_TESTS_UNIT_ADMIN_CLI_COMMAND_LINE_FIXTURE_H_
#define GREETER_TESTS_UNIT_ADMIN_CLI_COMMAND_LINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "admin_cli/command_line/command_line.h"

namespace greeter::admin_cli {

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() { ForgetTheEnvironment(); }
  ~CommandLineTest() override { ForgetTheEnvironment(); }

  static CommandLine Parse(const std::vector<std::string>& arguments) {
    const auto parsed = ParseCommandLine(arguments);
    if (const auto* early = std::get_if<EarlyExit>(&parsed)) {
      ADD_FAILURE() << early->message;
      return {};
    }
    return std::get<CommandLine>(parsed);
  }

  template <typename T>
  static T ParseAs(const std::vector<std::string>& arguments) {
    const CommandLine line = Parse(arguments);
    if (const auto* command = std::get_if<T>(&line.command)) return *command;
    ADD_FAILURE() << "another command";
    return {};
  }

  // The usage error, which is one line.
  static std::string Refusal(const std::vector<std::string>& arguments) {
    const auto parsed = ParseCommandLine(arguments);
    const auto* early = std::get_if<EarlyExit>(&parsed);
    if (early == nullptr) return "accepted";
    EXPECT_EQ(early->code, 2);
    EXPECT_EQ(early->message.find('\n'), early->message.size() - 1) << early->message;
    return early->message;
  }

 private:
  static void ForgetTheEnvironment() {
    for (const char* variable :
         {"GREETER_SERVER", "GREETER_TIMEOUT", "GREETER_CA", "GREETER_CERT", "GREETER_KEY",
          "GREETER_SERVER_NAME", "GREETER_FLEET", "GREETER_ETCD"}) {
      unsetenv(variable);
    }
  }
};

}  // namespace greeter::admin_cli

#endif  // GREETER_TESTS_UNIT_ADMIN_CLI_COMMAND_LINE_FIXTURE_H_
