// The real programs, as people run them: greeterd and greeterctl, with the verbs of their users.

#ifndef GREETER_TESTS_E2E_GREETER_FIXTURE_H_
#define GREETER_TESTS_E2E_GREETER_FIXTURE_H_

#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "e2e/addresses.h"
#include "e2e/process.h"
#include "greeter/admin/v1/admin.grpc.pb.h"
#include "grpcpp/channel.h"
#include "gtest/gtest.h"

namespace greeter::testing {

namespace api = ::greeter::admin::v1;

// Waits until `condition` holds; false when it does not within kPatience.
bool WaitUntil(const std::function<bool()>& condition);

// A running greeterd.
class Greeter {
 public:
  // Starts it and waits until it has said what serves where, or has ended.
  explicit Greeter(const Command& command);

  // As announced; empty if it was not. Of a listener moved since, greeterctl status knows.
  std::string address(const std::string& listener = "default") const;
  const std::string& admin() const { return admin_; }
  // "http://127.0.0.1:9464/"; empty with --http none.
  const std::string& page() const { return page_; }
  pid_t pid() const { return process_.pid(); }
  bool running() const { return !admin_.empty(); }

  void Signal(int signal) const { process_.Signal(signal); }
  // Sends the signal and waits for the end; `took` counts from the signal.
  Finished Stop(int signal = SIGTERM);
  // Waits for the end of one that does not run, or was signalled.
  Finished Wait() { return process_.Wait(); }
  // What it has logged so far, and waiting for more.
  std::string log() const { return process_.err(); }
  bool WaitForLog(absl::string_view text) { return process_.WaitForErr(text); }

  // The admin API, without greeterctl between.
  api::GreeterAdminService::Stub& stub() { return *stub_; }
  api::ConnectionCounts Counts(const std::string& listener = "default");
  api::ListenerStatus Status(const std::string& listener = "default");
  // The health service's answer: "SERVING", "NOT_SERVING" or what went wrong.
  std::string Health(const std::string& service);

 private:
  // Owned by one thread; the stub may be used by all.
  Process process_;
  std::string admin_;
  std::string page_;
  std::map<std::string, std::string> addresses_;
  std::shared_ptr<grpc::Channel> channel_;
  // Of the health port, if there is one; else the same.
  std::shared_ptr<grpc::Channel> health_channel_;
  std::unique_ptr<api::GreeterAdminService::Stub> stub_;
};

// accepted = open + completed + timed_out + reset + rejected.
bool Balanced(const api::ConnectionCounts& counts);

class GreeterTest : public ::testing::Test {
 protected:
  GreeterTest();
  ~GreeterTest() override;

  // Starts greeterd with these options and environment, on an admin port and, unless they say
  // otherwise, a data port that the kernel chooses and without a state directory. Fails the test if
  // it does not come up.
  Greeter& StartGreeter(std::vector<std::string> options = {},
                        std::map<std::string, std::string> environment = {});
  // The same through a program that ends in executing its last arguments.
  Greeter& StartGreeterBy(std::vector<std::string> wrapper, std::vector<std::string> options = {});
  // The same with listening sockets that it inherits, as systemd passes them: `names` has a name
  // for each, with colons between.
  Greeter& StartGreeterWithSockets(const std::vector<int>& sockets, const std::string& names,
                                   std::vector<std::string> options = {});
  static Command CommandWithSockets(const std::vector<int>& sockets, const std::string& names);
  // The same as uid 65534.
  Greeter& StartGreeterAsOrdinaryUser(std::vector<std::string> options = {});
  // The same for one that is to exit by itself, without anything added to the options.
  static Finished RunGreeter(const std::vector<std::string>& options,
                             std::map<std::string, std::string> environment = {},
                             bool ordinary_user = false);

  // greeterctl, talking to the greeter started last.
  Command CtlCommand(std::vector<std::string> arguments, std::string input = "") const;
  Finished Ctl(std::vector<std::string> arguments, std::string input = "") const;

  // In a directory of the test's own, which everyone may write to.
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string WriteFile(const std::string& name, const std::string& content) const;

 private:
  Greeter& Start(std::vector<std::string> options, Command command);

  std::string directory_;
  std::vector<std::unique_ptr<Greeter>> greeters_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_E2E_GREETER_FIXTURE_H_
