// greeterctl's commands, run in this process against a server that answers what a test tells it to.

#ifndef GREETER_TESTS_UNIT_ADMIN_CLI_COMMANDS_FIXTURE_H_
#define GREETER_TESTS_UNIT_ADMIN_CLI_COMMANDS_FIXTURE_H_

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <streambuf>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "admin_cli/command_line/command_line.h"
#include "admin_cli/commands/commands.h"
#include "fake_admin_service.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace greeter::admin_cli {

// What a run of greeterctl leaves.
struct Outcome {
  int code;
  std::string out;
  std::string err;
};

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() {
    std::string pattern = testing::TempDir() + "/greeterctl_XXXXXX";
    dir_ = mkdtemp(pattern.data());
  }
  ~CommandsTest() override { std::filesystem::remove_all(dir_); }

  Outcome Greeterctl(std::vector<std::string> arguments, std::streambuf* out_buffer = nullptr,
                     int interrupt_fd = -1) {
    if (std::find(arguments.begin(), arguments.end(), "--server") == arguments.end()) {
      arguments.insert(arguments.begin(), {"--server", server_});
    }
    const auto parsed = ParseCommandLine(arguments);
    if (const auto* early = std::get_if<EarlyExit>(&parsed))
      return {early->code, "", early->message};
    std::istringstream in(stdin_);
    std::ostringstream buffer;
    std::ostream out(out_buffer == nullptr ? buffer.rdbuf() : out_buffer);
    std::ostringstream err;
    Console console{in, out,         err, Look{terminal_, terminal_, coloured_, terminal_},
                    {}, interrupt_fd};
    const int code = RunCommand(std::get<CommandLine>(parsed), console);
    return {code, buffer.str(), err.str()};
  }

  std::string Write(const std::string& name, const std::string& content) {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << content;
    return dir_ + "/" + name;
  }

  // The server answers everything with this, and with these refused values.
  void Refuse(grpc::StatusCode code, const std::string& message,
              const std::vector<std::pair<std::string, std::string>>& violations = {}) {
    google::rpc::BadRequest bad_request;
    for (const auto& [field, description] : violations) {
      auto* violation = bad_request.add_field_violations();
      violation->set_field(field);
      violation->set_description(description);
    }
    google::rpc::Status details;
    details.set_code(code);
    details.set_message(message);
    if (!violations.empty()) details.add_details()->PackFrom(bad_request);
    service_.status = grpc::Status(code, message, details.SerializeAsString());
  }

  void HaveGreeting(const api::Greeting& greeting) {
    auto* listener = service_.config_response.mutable_config()->add_listeners();
    listener->set_name("default");
    *listener->mutable_greeting() = greeting;
    service_.config_response.mutable_revision()->set_number(3);
  }

  static api::ListenerStatus Listening() {
    api::ListenerStatus listener;
    listener.set_name("default");
    listener.set_state(api::ListenerStatus::STATE_LISTENING);
    listener.set_bound_address("127.0.0.1:9190");
    return listener;
  }

  FakeAdminService service_;
  std::string server_ = service_.address();
  std::string stdin_;
  // Whether stdout is a terminal, and one with colours.
  bool terminal_ = false;
  bool coloured_ = false;
  std::string dir_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_TESTS_UNIT_ADMIN_CLI_COMMANDS_FIXTURE_H_
