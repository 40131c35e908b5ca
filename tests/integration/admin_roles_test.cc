// Promise 11: closed by default. Who may call what: every method there is, by everyone there is.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "every_method.h"
#include "gmock/gmock.h"
#include "tls_fixture.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class AdminRolesTest : public TlsTest {
 protected:
  uint64_t Revision() const { return controller_->snapshot()->revision.number(); }

  // Calls every method; expects `reading` of those that read and `changing` of those that change,
  // nothing changed by a refusal, and a record of every denial.
  void ExpectOutcomes(const std::shared_ptr<grpc::Channel>& channel, grpc::StatusCode reading,
                      grpc::StatusCode changing, const std::string& author) {
    std::vector<Method> methods = AdminMethods();
    for (Method& method : OtherMethods()) methods.push_back(std::move(method));
    for (const Method& method : methods) {
      SCOPED_TRACE(method.path);
      const grpc::StatusCode expected = method.changes ? changing : reading;
      const uint64_t revision = Revision();
      const size_t denied = denials_.all().size();
      const grpc::Status status = Outcome(channel, method.path, method.request);
      EXPECT_EQ(status.error_code(), expected) << status.error_message();
      if (expected == grpc::StatusCode::OK) continue;
      EXPECT_EQ(Revision(), revision);
      if (expected == grpc::StatusCode::UNAVAILABLE) continue;
      ASSERT_EQ(denials_.all().size(), denied + 1);
      const admin::Denial denial = denials_.all().back();
      EXPECT_EQ(denial.method, method.path);
      EXPECT_EQ(static_cast<int>(denial.outcome), static_cast<int>(expected));
      if (absl::StrContains(method.path, "GreeterAdminService")) {
        EXPECT_THAT(denial.peer, HasSubstr("127.0.0.1:"));
        EXPECT_EQ(denial.author, author.empty() ? denial.peer : author);
      } else {
        EXPECT_EQ(denial.author, author);
      }
    }
  }
};

TEST_F(AdminRolesTest, EveryMethodByEveryClient) {
  StartTls();
  const CertificateAuthority stranger("test CA");
  const absl::Time now = absl::Now();
  const KeyPair expired = authority_.Issue({.common_name = "operator",
                                            .not_before = now - absl::Hours(48),
                                            .not_after = now - absl::Hours(1)});
  const KeyPair early =
      authority_.Issue({.common_name = "operator", .not_before = now + absl::Hours(1)});
  const KeyPair nameless = authority_.Issue({.names = {"email:operator@example.org"}});
  const struct {
    const char* client;
    std::shared_ptr<grpc::Channel> channel;
    grpc::StatusCode reading;
    grpc::StatusCode changing;
    std::string author;
  } clients[] = {
      {"plaintext", Connect(admin_->bound_address()), grpc::UNAVAILABLE, grpc::UNAVAILABLE, ""},
      {"no certificate", ConnectAs({}), grpc::UNAVAILABLE, grpc::UNAVAILABLE, ""},
      {"another CA", ConnectAs(stranger.Issue({.common_name = "operator"})), grpc::UNAVAILABLE,
       grpc::UNAVAILABLE, ""},
      {"expired", ConnectAs(expired), grpc::UNAVAILABLE, grpc::UNAVAILABLE, ""},
      {"not valid yet", ConnectAs(early), grpc::UNAVAILABLE, grpc::UNAVAILABLE, ""},
      {"nameless", ConnectAs(nameless), grpc::UNAUTHENTICATED, grpc::UNAUTHENTICATED, ""},
      {"unlisted", ConnectAs(Named("somebody")), grpc::PERMISSION_DENIED, grpc::PERMISSION_DENIED,
       "somebody"},
      {"viewer", ConnectAs(Named("viewer")), grpc::OK, grpc::PERMISSION_DENIED, "viewer"},
      {"operator", ConnectAs(Named("operator")), grpc::OK, grpc::OK, "operator"},
  };
  for (const auto& client : clients) {
    SCOPED_TRACE(client.client);
    ExpectOutcomes(client.channel, client.reading, client.changing, client.author);
  }
}

TEST_F(AdminRolesTest, WhatThereIsNotIsDenied) {
  StartTls();
  for (const char* path : {"/greeter.admin.v1.GreeterAdminService/Shutdown", "/a.b/C", "/", "/x"}) {
    for (const char* name : {"operator", "somebody"}) {
      EXPECT_EQ(Outcome(ConnectAs(Named(name)), path).error_code(), grpc::PERMISSION_DENIED)
          << path;
    }
  }
}

TEST_F(AdminRolesTest, DenialsSayWhoWasSeenAndWhatToDo) {
  StartTls();
  const KeyPair client =
      authority_.Issue({.common_name = "carol",
                        .names = {"URI:spiffe://example.org/carol", "DNS:carol.example.org"}});
  const grpc::Status status = Ask(ConnectAs(client));
  EXPECT_EQ(status.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_THAT(
      status.error_message(),
      AllOf(HasSubstr("\"spiffe://example.org/carol\", \"carol.example.org\", \"carol\""),
            HasSubstr("no role"), HasSubstr("--admin-viewer 'spiffe://example.org/carol'")));
  const grpc::Status change =
      Outcome(ConnectAs(Named("viewer")), "/greeter.admin.v1.GreeterAdminService/StopListening");
  EXPECT_THAT(change.error_message(),
              AllOf(HasSubstr("the role of a viewer"), HasSubstr("--admin-operator 'viewer'")));
}

TEST_F(AdminRolesTest, TheAuthorIsTheCertificatesFirstName) {
  admin_options_.access.operators = {"carol.example.org"};
  StartTls();
  const KeyPair client =
      authority_.Issue({.common_name = "carol",
                        .names = {"DNS:carol.example.org", "URI:spiffe://example.org/carol"}});
  ASSERT_TRUE(
      Outcome(ConnectAs(client), "/greeter.admin.v1.GreeterAdminService/StopListening").ok());
  EXPECT_EQ(controller_->snapshot()->revision.author(), "spiffe://example.org/carol");
}

TEST_F(AdminRolesTest, WithoutAListNobodyHasARole) {
  admin_options_.access.operators.clear();
  admin_options_.access.viewers.clear();
  StartTls();
  ExpectOutcomes(ConnectAs(Named("operator")), grpc::PERMISSION_DENIED, grpc::PERMISSION_DENIED,
                 "operator");
}

// What a certificate says is text from outside.
TEST_F(AdminRolesTest, StrangeNamesAreEscaped) {
  admin_options_.access.operators = {"*"};
  StartTls();
  const KeyPair client = Named("a\nb\"c\x01");
  ASSERT_TRUE(
      Outcome(ConnectAs(client), "/greeter.admin.v1.GreeterAdminService/StopListening").ok());
  EXPECT_EQ(controller_->snapshot()->revision.author(), "a\\nb\\\"c\\x01");
}

}  // namespace
}  // namespace greeter::testing
