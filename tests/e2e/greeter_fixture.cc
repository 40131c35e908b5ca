#include "e2e/greeter_fixture.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/byte_buffer.h"

namespace greeter::testing {
namespace {

constexpr absl::Duration kPollInterval = absl::Milliseconds(2);

std::chrono::system_clock::time_point Deadline() {
  return absl::ToChronoTime(absl::Now() + kPatience);
}

bool Names(const std::vector<std::string>& options, absl::string_view option) {
  return std::any_of(options.begin(), options.end(), [&](const std::string& text) {
    return text == option || absl::StartsWith(text, absl::StrCat(option, "="));
  });
}

std::string Between(absl::string_view text, absl::string_view before, absl::string_view after) {
  const size_t begin = text.find(before);
  if (begin == absl::string_view::npos) return "";
  text.remove_prefix(begin + before.size());
  return std::string(text.substr(0, text.find(after)));
}

}  // namespace

bool WaitUntil(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(kPollInterval);
  }
  return true;
}

Greeter::Greeter(const Command& command) : process_(command) {
  // The last line of the announcement.
  if (!process_.WaitForOut("; try: greeterctl")) return;
  const std::string announced = process_.out();
  admin_ = Between(announced, "admin service on ", ";");
  page_ = Between(announced, "status page on ", ",");
  for (const absl::string_view line : absl::StrSplit(announced, '\n')) {
    const std::string name = Between(line, "listener \"", "\"");
    if (!name.empty()) addresses_[name] = Between(line, " serves on ", "\n");
  }
  channel_ = grpc::CreateChannel(admin_, grpc::InsecureChannelCredentials());
  const std::string health = Between(announced, "health service on ", "\n");
  health_channel_ =
      health.empty() ? channel_ : grpc::CreateChannel(health, grpc::InsecureChannelCredentials());
  stub_ = api::GreeterAdminService::NewStub(channel_);
}

std::string Greeter::address(const std::string& listener) const {
  const auto found = addresses_.find(listener);
  return found == addresses_.end() ? "" : found->second;
}

Finished Greeter::Stop(int signal) {
  // A client that is still connected, and silent, makes gRPC wait for it.
  stub_.reset();
  channel_.reset();
  health_channel_.reset();
  const absl::Time begin = absl::Now();
  process_.Signal(signal);
  Finished finished = process_.Wait();
  finished.took = absl::Now() - begin;
  return finished;
}

api::ConnectionCounts Greeter::Counts(const std::string& listener) {
  grpc::ClientContext context;
  context.set_deadline(Deadline());
  api::GetConnectionCountsRequest request;
  request.set_listener(listener);
  api::GetConnectionCountsResponse response;
  const grpc::Status status = stub_->GetConnectionCounts(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.total();
}

api::ListenerStatus Greeter::Status(const std::string& listener) {
  grpc::ClientContext context;
  context.set_deadline(Deadline());
  api::GetStatusRequest request;
  request.set_listener(listener);
  api::GetStatusResponse response;
  const grpc::Status status = stub_->GetStatus(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.status().listeners_size() == 1 ? response.status().listeners(0)
                                                 : api::ListenerStatus();
}

std::string Greeter::Health(const std::string& service) {
  // HealthCheckRequest: string service = 1. HealthCheckResponse: enum status = 1, in which SERVING
  // is 1 and NOT_SERVING 2.
  const grpc::Slice bytes(
      absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service));
  grpc::ClientContext context;
  context.set_deadline(Deadline());
  grpc::GenericStub stub(health_channel_);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                          grpc::ByteBuffer(&bytes, 1), &queue);
  grpc::ByteBuffer response;
  grpc::Status status;
  void* tag = nullptr;
  bool ok = false;
  call->StartCall();
  call->Finish(&response, &status, this);
  queue.Next(&tag, &ok);
  if (!status.ok()) return status.error_message();
  grpc::Slice answer;
  if (!response.DumpToSingleSlice(&answer).ok() || answer.size() != 2) return "unexpected response";
  return answer.begin()[1] == 1 ? "SERVING" : "NOT_SERVING";
}

bool Balanced(const api::ConnectionCounts& counts) {
  return counts.accepted() == counts.open() + counts.completed() + counts.timed_out() +
                                  counts.reset() + counts.rejected();
}

GreeterTest::GreeterTest() {
  std::string pattern = std::filesystem::temp_directory_path() / "greeter-e2e-XXXXXX";
  directory_ = mkdtemp(pattern.data());
  chmod(directory_.c_str(), 0777);
}

GreeterTest::~GreeterTest() {
  greeters_.clear();
  std::filesystem::remove_all(directory_);
}

Greeter& GreeterTest::Start(std::vector<std::string> options, Command command) {
  if (!Names(options, "--admin") && command.environment.count("GREETER_ADMIN") == 0) {
    options.insert(options.end(), {"--admin", "127.0.0.1:0"});
  }
  const bool port = !options.empty() && !absl::StartsWith(options.front(), "-");
  if (!Names(options, "--listen") && !Names(options, "--config") && !port &&
      command.environment.count("GREETER_LISTEN") == 0) {
    options.insert(options.end(), {"--listen", kAnyPort});
  }
  if (!Names(options, "--state-dir") && command.environment.count("GREETER_STATE_DIR") == 0) {
    options.insert(options.end(), {"--state-dir", "none"});
  }
  // Many run side by side.
  if (!Names(options, "--http") && command.environment.count("GREETER_HTTP") == 0) {
    options.insert(options.end(), {"--http", "none"});
  }
  command.arguments.emplace_back(GREETERD);
  command.arguments.insert(command.arguments.end(), options.begin(), options.end());
  greeters_.push_back(std::make_unique<Greeter>(command));
  if (!greeters_.back()->running()) {
    ADD_FAILURE() << "greeterd did not start: " << greeters_.back()->Wait();
    throw std::runtime_error("no greeterd");
  }
  return *greeters_.back();
}

Greeter& GreeterTest::StartGreeter(std::vector<std::string> options,
                                   std::map<std::string, std::string> environment) {
  return Start(std::move(options), Command{.arguments = {}, .environment = std::move(environment)});
}

Greeter& GreeterTest::StartGreeterBy(std::vector<std::string> wrapper,
                                     std::vector<std::string> options) {
  return Start(std::move(options), Command{.arguments = std::move(wrapper)});
}

Command GreeterTest::CommandWithSockets(const std::vector<int>& sockets, const std::string& names) {
  return {.arguments = {"sh", "-c", "export LISTEN_PID=$$; exec \"$@\"", "sh"},
          .environment = {{"LISTEN_FDS", absl::StrCat(sockets.size())}, {"LISTEN_FDNAMES", names}},
          .descriptors = sockets};
}

Greeter& GreeterTest::StartGreeterWithSockets(const std::vector<int>& sockets,
                                              const std::string& names,
                                              std::vector<std::string> options) {
  return Start(std::move(options), CommandWithSockets(sockets, names));
}

Greeter& GreeterTest::StartGreeterAsOrdinaryUser(std::vector<std::string> options) {
  return Start(std::move(options), Command{.arguments = {}, .ordinary_user = true});
}

Finished GreeterTest::RunGreeter(const std::vector<std::string>& options,
                                 std::map<std::string, std::string> environment,
                                 bool ordinary_user) {
  Command command{.arguments = {GREETERD},
                  .environment = std::move(environment),
                  .ordinary_user = ordinary_user};
  // Nothing is left in the home of who runs the test.
  command.environment.emplace("GREETER_STATE_DIR", "none");
  command.environment.emplace("GREETER_HTTP", "none");
  command.arguments.insert(command.arguments.end(), options.begin(), options.end());
  return RunProgram(command);
}

Command GreeterTest::CtlCommand(std::vector<std::string> arguments, std::string input) const {
  Command command{.arguments = {GREETERCTL}, .input = std::move(input)};
  if (!greeters_.empty()) command.environment["GREETER_SERVER"] = greeters_.back()->admin();
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return command;
}

Finished GreeterTest::Ctl(std::vector<std::string> arguments, std::string input) const {
  return RunProgram(CtlCommand(std::move(arguments), std::move(input)));
}

std::string GreeterTest::WriteFile(const std::string& name, const std::string& content) const {
  const std::string path = Path(name);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace greeter::testing
