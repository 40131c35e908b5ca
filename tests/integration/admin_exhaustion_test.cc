// Promise 10: always reachable. The admin service survives running out of descriptors.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "admin_fixture.h"
#include "gtest/gtest.h"
#include "net/address.h"
#include "net/file_descriptor.h"

namespace greeter::testing {
namespace {

constexpr int kDescriptors = 64;
constexpr int kConnections = 200;

class AdminExhaustionTest : public ::testing::Test {
 protected:
  ~AdminExhaustionTest() override {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

  void StartServer() {
    std::array<int, 2> input = {};
    std::array<int, 2> output = {};
    ASSERT_EQ(pipe2(input.data(), O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(output.data(), O_CLOEXEC), 0);
    const net::FileDescriptor theirs_in(input[0]);
    const net::FileDescriptor theirs_out(output[1]);
    input_ = net::FileDescriptor(input[1]);
    output_ = net::FileDescriptor(output[0]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs_in.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, theirs_out.get(), STDOUT_FILENO);
    std::string program = ADMIN_ON_FEW_DESCRIPTORS;
    std::string limit = std::to_string(kDescriptors);
    std::array<char*, 3> arguments = {program.data(), limit.data(), nullptr};
    ASSERT_EQ(posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments.data(), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    address_ = ReadLine();
    while (address_ != "" && address_.rfind("127.", 0) != 0) address_ = ReadLine();
    ASSERT_NE(address_, "");
  }

  std::string ReadLine() {
    std::string line;
    char c = 0;
    while (read(output_.get(), &c, 1) == 1 && c != '\n') line += c;
    return line;
  }

  // Connects without waiting for the answer: beyond its backlog the server's kernel gives none.
  net::FileDescriptor OpenConnection() const {
    const absl::StatusOr<net::Address> to = net::Address::Parse(address_);
    net::FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    connect(fd.get(), to->data(), to->size());
    return fd;
  }

  int OpenDescriptors() const {
    int count = 0;
    const auto directory = "/proc/" + std::to_string(process_) + "/fd";
    std::error_code error;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator(directory, error)) {
      ++count;
    }
    return count;
  }

  // The processor time that the server has used, in clock ticks (1/100 s).
  long UsedTicks() const {
    std::ifstream file("/proc/" + std::to_string(process_) + "/stat");
    std::string text;
    std::getline(file, text);
    // Fields 14 and 15 of proc(5); the third follows the name's closing parenthesis.
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return user + system;
  }

  static grpc::Status Ask(api::GreeterAdminService::Stub* stub,
                          std::chrono::seconds patience = kPatience) {
    Context context;
    context.set_deadline(std::chrono::system_clock::now() + patience);
    context.set_wait_for_ready(true);
    api::GetStatusResponse response;
    return stub->GetStatus(&context, {}, &response);
  }

  std::unique_ptr<api::GreeterAdminService::Stub> NewStub() const {
    return api::GreeterAdminService::NewStub(Connect(address_));
  }

  pid_t process_ = 0;
  net::FileDescriptor input_;
  net::FileDescriptor output_;
  std::string address_;
};

TEST_F(AdminExhaustionTest, RecoversByItselfAndNeverSpins) {
  StartServer();
  const auto early = NewStub();
  ASSERT_TRUE(Ask(early.get()).ok());

  std::vector<net::FileDescriptor> connections;
  for (int i = 0; i < kConnections; ++i) connections.push_back(OpenConnection());
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  // A connection takes three: two may be left.
  while (OpenDescriptors() < kDescriptors - 2) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << OpenDescriptors();
    std::this_thread::yield();
  }

  // Whoever is connected is served meanwhile, others are not, and waiting for descriptors costs
  // next to nothing.
  const long before = UsedTicks();
  EXPECT_EQ(Ask(NewStub().get(), std::chrono::seconds(1)).error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_LT(UsedTicks() - before, 20);
  EXPECT_TRUE(Ask(early.get()).ok());

  connections.clear();
  const grpc::Status recovered = Ask(NewStub().get());
  EXPECT_TRUE(recovered.ok()) << recovered.error_message();

  input_.Close();
  std::string line = ReadLine();
  while (line != "" && line != "stopped") line = ReadLine();
  EXPECT_EQ(line, "stopped");
}

}  // namespace
}  // namespace greeter::testing
