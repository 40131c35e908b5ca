// Promise 11: closed by default. What greeterd's options make of the admin server.

#include "daemon/admin_setup.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace greeter::daemon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AdminSetupTest : public ::testing::Test {
 protected:
  admin::AdminServer::Options Setup(const AdminOptions& options, int connections = 100) {
    warnings_.clear();
    EXPECT_TRUE(CheckAdminOptions(options).ok()) << CheckAdminOptions(options);
    return AdminServerOptions(options, {.admin_connections = connections},
                              AuditLog(nullptr, nullptr), &warnings_);
  }

  static AdminOptions WithTls(const std::string& address) {
    AdminOptions options;
    options.address = address;
    options.certificate = "cert";
    options.key = "key";
    options.client_ca = "ca";
    return options;
  }

  std::vector<std::string> warnings_;
};

TEST_F(AdminSetupTest, ByDefault) {
  const admin::AdminServer::Options server = Setup({});
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_FALSE(server.insecure);
  EXPECT_FALSE(server.certificates.has_value());
  EXPECT_EQ(server.entrance.max_descriptors, 100u);
  EXPECT_EQ(server.entrance.max_per_peer, 0u);
  EXPECT_EQ(server.health, "");
}

TEST_F(AdminSetupTest, ReachableWithoutTlsIsRefusedOrWarnedOf) {
  AdminOptions options;
  for (const char* address : {":50051", "0.0.0.0:50051", "[::]:50051", "192.0.2.1:50051"}) {
    options.address = address;
    options.insecure = false;
    const absl::Status refused = CheckAdminOptions(options);
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(refused.message()),
                AllOf(HasSubstr(address), HasSubstr("--admin-insecure")));
    options.insecure = true;
    EXPECT_TRUE(Setup(options).insecure);
    EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("--admin-insecure"), HasSubstr(address))));
  }
  options.address = "127.0.0.1:50051";
  EXPECT_FALSE(Setup(options).insecure);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(AdminSetupTest, WithTls) {
  const admin::AdminServer::Options server = Setup(WithTls(":50051"));
  EXPECT_THAT(warnings_, IsEmpty());
  ASSERT_TRUE(server.certificates.has_value());
  EXPECT_EQ(server.certificates->client_ca, "ca");
  EXPECT_FALSE(server.insecure);
  EXPECT_EQ(server.entrance.max_per_peer, 25u);
}

TEST_F(AdminSetupTest, TheHealthPortsConnectionsAreOfTheSameBudget) {
  AdminOptions options;
  options.health = ":8086";
  const admin::AdminServer::Options server = Setup(options);
  EXPECT_EQ(server.entrance.max_descriptors, 75u);
  EXPECT_EQ(server.health_entrance.max_descriptors, 25u);
  EXPECT_EQ(server.health_entrance.max_per_peer, 9u);
  EXPECT_EQ(Setup(options, 400).health_entrance.max_per_peer, 25u);
  EXPECT_EQ(Setup(options, 1).health_entrance.max_descriptors, 1u);
  // Where everyone has the same address, there is no part for each.
  options.health = "127.0.0.1:8086";
  EXPECT_EQ(Setup(options).health_entrance.max_per_peer, 0u);
}

// Eight connections from one address, whatever each takes.
TEST_F(AdminSetupTest, OneAddressHasAConsolesWorth) {
  AdminOptions plaintext;
  plaintext.address = "0.0.0.0:50051";
  plaintext.insecure = true;
  EXPECT_EQ(Setup(plaintext, 20).entrance.max_per_peer, 24u);
  EXPECT_EQ(Setup(WithTls("0.0.0.0:50051"), 20).entrance.max_per_peer, 24u);
  EXPECT_EQ(Setup(WithTls("0.0.0.0:50051"), 400).entrance.max_per_peer, 100u);
}

}  // namespace
}  // namespace greeter::daemon
