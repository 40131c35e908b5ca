// greeterctl as people run it, against servers of every kind that it may meet.

#ifndef GREETER_TESTS_INTEGRATION_ADMIN_CLI_FIXTURE_H_
#define GREETER_TESTS_INTEGRATION_ADMIN_CLI_FIXTURE_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "e2e/process.h"
#include "support/certificates.h"
#include "unit/admin_cli/fake_admin_service.h"

namespace greeter::testing {

using admin_cli::FakeAdminService;

// See admin_cli/client/exit_code.h.
inline constexpr int kFailure = 1, kUsage = 2, kUnreachable = 3, kNotPermitted = 6;

// A TCP server that says one thing to everyone who connects, at once, reads until their end and
// closes.
class Parrot {
 public:
  explicit Parrot(std::string words);
  ~Parrot();

  Parrot(const Parrot&) = delete;
  Parrot& operator=(const Parrot&) = delete;

  const std::string& address() const { return address_; }

 private:
  void Run() const;

  // Constant after construction.
  const std::string words_;
  std::string address_;
  const int fd_;

  std::thread thread_;
};

// A socket that listens on loopback and never accepts; so many can connect.
class DeafListener {
 public:
  explicit DeafListener(int backlog);
  ~DeafListener();

  DeafListener(const DeafListener&) = delete;
  DeafListener& operator=(const DeafListener&) = delete;

  const std::string& address() const { return address_; }
  // Connects until nobody else can.
  void Fill();

 private:
  // Constant after construction.
  const int backlog_;
  std::string address_;
  const int fd_;

  // Owned by the caller's thread.
  std::vector<int> clients_;
};

class AdminCliTest : public ::testing::Test {
 protected:
  AdminCliTest();
  ~AdminCliTest() override;

  // Runs "greeterctl status" with these options.
  static Finished Greeterctl(std::vector<std::string> options,
                             std::map<std::string, std::string> environment = {});
  // It exits with `code` and says one line, which has all of `words`.
  static void ExpectRefused(const Finished& finished, int code,
                            const std::vector<std::string>& words);

  // In a directory of the test's own; gives the path.
  std::string Write(const std::string& name, const std::string& content) const;
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  // Writes the certificate and the key; gives --cert and --key.
  std::vector<std::string> As(const KeyPair& pair) const;
  // --server and --ca, and what is added.
  std::vector<std::string> To(const FakeAdminService& server, const std::string& ca,
                              const std::vector<std::string>& more = {}) const;

 private:
  std::string directory_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_INTEGRATION_ADMIN_CLI_FIXTURE_H_
