#include "greeterd_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

std::string Between(const std::string& text, const std::string& before, const std::string& after) {
  const size_t begin = text.find(before);
  if (begin == std::string::npos) return "";
  const size_t from = begin + before.size();
  return text.substr(from, text.find(after, from) - from);
}

void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

// AddressSanitizer keeps 256 MiB of what has been freed, by default, which is no memory of
// greeterd's.
constexpr char kStart[] = R"(ulimit -n "$1"; shift
export ASAN_OPTIONS="quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
exec "$@")";

}  // namespace

GreeterdProcess::GreeterdProcess(int descriptors, const std::vector<std::string>& more,
                                 std::shared_ptr<grpc::ChannelCredentials> credentials)
    : credentials_(credentials != nullptr ? std::move(credentials)
                                          : grpc::InsecureChannelCredentials()) {
  std::array<int, 2> output = {};
  if (pipe2(output.data(), O_CLOEXEC) != 0) return;
  output_ = net::FileDescriptor(output[0]);
  net::FileDescriptor theirs(output[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
  std::vector<std::string> words = {"/bin/sh",
                                    "-c",
                                    kStart,
                                    "sh",
                                    std::to_string(descriptors),
                                    GREETERD,
                                    "--listen",
                                    "127.0.0.1:0",
                                    "--state-dir",
                                    "none",
                                    "--http",
                                    "127.0.0.1:0",
                                    "--workers",
                                    "2"};
  words.insert(words.end(), more.begin(), more.end());
  if (std::find(more.begin(), more.end(), "--admin") == more.end()) {
    words.insert(words.end(), {"--admin", "127.0.0.1:0"});
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (posix_spawn(&pid_, "/bin/sh", &actions, nullptr, arguments.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  theirs.Close();

  const std::string address = Between(ReadLine(), "serves on ", "\n");
  const std::string http = Between(ReadLine(), "status page on http://", "/");
  const bool has_health = std::find(more.begin(), more.end(), "--health") != more.end();
  if (has_health) {
    health_ = net::Address::Parse(Between(ReadLine(), "health service on ", "\n")).value();
  }
  const std::string admin = Between(ReadLine(), "admin service on ", ";");
  if (address.empty() || http.empty() || admin.empty()) return;
  http_ = net::Address::Parse(http).value();
  address_ = net::Address::Parse(address).value();
  admin_ = net::Address::Parse(admin).value();
  stub_ = NewStub();
}

GreeterdProcess::~GreeterdProcess() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string GreeterdProcess::ReadLine() {
  std::string line;
  char c = 0;
  while (read(output_.get(), &c, 1) == 1 && c != '\n') line += c;
  return line;
}

std::unique_ptr<api::GreeterAdminService::Stub> GreeterdProcess::NewStub() const {
  grpc::ChannelArguments arguments;
  // Channels to one address would otherwise share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return api::GreeterAdminService::NewStub(
      grpc::CreateCustomChannel(admin_.ToString(), credentials_, arguments));
}

absl::Duration GreeterdProcess::Ask(api::GreeterAdminService::Stub& stub) {
  grpc::ClientContext context;
  SetDeadline(context, kPatience);
  api::GetStatusResponse response;
  const absl::Time begin = absl::Now();
  const grpc::Status status = stub.GetStatus(&context, {}, &response);
  return status.ok() ? absl::Now() - begin : absl::InfiniteDuration();
}

api::ConnectionCounts GreeterdProcess::Counts() {
  grpc::ClientContext context;
  SetDeadline(context, kPatience);
  api::GetConnectionCountsResponse response;
  const grpc::Status status = stub_->GetConnectionCounts(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.total();
}

void GreeterdProcess::SetMessage(const std::string& text) {
  grpc::ClientContext context;
  SetDeadline(context, kPatience);
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text(text);
  api::SetMessageResponse response;
  const grpc::Status status = stub_->SetMessage(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

int GreeterdProcess::OpenDescriptors() const {
  int count = 0;
  const auto directory = "/proc/" + std::to_string(pid_) + "/fd";
  std::error_code error;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    ++count;
  }
  return count;
}

absl::Duration GreeterdProcess::Used() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(file, text);
  // Fields 14 and 15 of proc(5), in ticks; the third follows the name's closing parenthesis.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  int64_t user = 0;
  int64_t system = 0;
  fields >> user >> system;
  return absl::Seconds(user + system) / sysconf(_SC_CLK_TCK);
}

int64_t GreeterdProcess::PeakMemory() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  std::string word;
  while (file >> word && word != "VmHWM:") {
  }
  int64_t kilobytes = 0;
  file >> kilobytes;
  return kilobytes / 1024;
}

int GreeterdProcess::Stop() {
  stub_.reset();
  kill(pid_, SIGTERM);
  int status = 0;
  const bool ended = WaitFor([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, kPatience);
  if (!ended) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace greeter::testing
