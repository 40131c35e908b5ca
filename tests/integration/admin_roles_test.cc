// Promise 11: closed by default. Who may call what: every method there is, by everyone there is.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "every_method.h"
#include "gmock/gmock.h"
#include "support/wait_for.h"
#include "tls_fixture.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class AdminRolesTest : public TlsTest {
 protected:
  static std::vector<Method> Methods() {
    std::vector<Method> methods = AdminMethods();
    for (Method& method : OtherMethods()) methods.push_back(std::move(method));
    return methods;
  }

  uint64_t Revision() const { return controller_->snapshot()->revision.number(); }

  // Calls every method; expects `reading` of those that read and `changing` of those that change,
  // nothing changed by a refusal, and a record of every denial.
  void ExpectOutcomes(const std::shared_ptr<grpc::Channel>& channel, grpc::StatusCode reading,
                      grpc::StatusCode changing, const std::string& author) {
    for (const Method& method : Methods()) {
      SCOPED_TRACE(method.path);
      const grpc::StatusCode expected = method.changes ? changing : reading;
      const uint64_t revision = Revision();
      const size_t denied = denials_.all().size();
      const grpc::Status status = Outcome(channel, method.path, method.request);
      EXPECT_EQ(status.error_code(), expected) << status.error_message();
      if (expected == grpc::StatusCode::OK) continue;
      EXPECT_EQ(Revision(), revision);
      ASSERT_EQ(denials_.all().size(), denied + 1);
      ExpectRecord(denials_.all().back(), method, status, author);
    }
  }

  // Calls every method, each with a connection of its own, which is refused for `reason`.
  void ExpectNoHandshake(const std::function<std::shared_ptr<grpc::Channel>()>& connect,
                         const std::string& reason) {
    for (const Method& method : Methods()) {
      SCOPED_TRACE(method.path);
      const uint64_t revision = Revision();
      const size_t refused = refused_handshakes_.all().size();
      const size_t denied = denials_.all().size();
      EXPECT_EQ(Outcome(connect(), method.path, method.request).error_code(), grpc::UNAVAILABLE);
      EXPECT_EQ(Revision(), revision);
      EXPECT_EQ(denials_.all().size(), denied);
      ASSERT_TRUE(WaitFor([&] { return refused_handshakes_.all().size() > refused; }));
      const admin::RefusedHandshake record = refused_handshakes_.all().back();
      EXPECT_EQ(record.reason, reason);
      EXPECT_THAT(record.peer, StartsWith("127.0.0.1:"));
    }
  }

 private:
  static void ExpectRecord(const admin::Denial& denial, const Method& method,
                           const grpc::Status& answer, const std::string& author) {
    EXPECT_EQ(denial.method, method.path);
    EXPECT_EQ(static_cast<int>(denial.outcome), static_cast<int>(answer.error_code()));
    EXPECT_EQ(denial.reason, answer.error_message());
    EXPECT_THAT(denial.peer, HasSubstr("127.0.0.1:"));
    EXPECT_EQ(denial.author, author.empty() ? denial.peer : author);
  }
};

TEST_F(AdminRolesTest, EveryMethodByEveryStranger) {
  StartTls();
  const CertificateAuthority stranger("test CA");
  const absl::Time now = absl::Now();
  const KeyPair of_another_ca = stranger.Issue({.common_name = "operator"});
  const KeyPair expired = authority_.Issue({.common_name = "operator",
                                            .not_before = now - absl::Hours(48),
                                            .not_after = now - absl::Hours(1)});
  const KeyPair early =
      authority_.Issue({.common_name = "operator", .not_before = now + absl::Hours(1)});
  const struct {
    std::function<std::shared_ptr<grpc::Channel>()> connect;
    const char* reason;
  } strangers[] = {
      {[this] { return Connect(admin_->bound_address()); }, "it spoke no TLS"},
      {[this] { return ConnectAs({}); }, "it showed no certificate"},
      {[&] { return ConnectAs(of_another_ca); }, "its certificate is of another CA"},
      {[&] { return ConnectAs(expired); }, "its certificate has expired"},
      {[&] { return ConnectAs(early); }, "its certificate is not valid yet"},
  };
  for (const auto& [connect, reason] : strangers) {
    SCOPED_TRACE(reason);
    ExpectNoHandshake(connect, reason);
  }
}

TEST_F(AdminRolesTest, EveryMethodByEveryClient) {
  StartTls();
  const KeyPair nameless = authority_.Issue({.names = {"email:operator@example.org"}});
  const struct {
    const char* client;
    std::shared_ptr<grpc::Channel> channel;
    grpc::StatusCode reading;
    grpc::StatusCode changing;
    std::string author;
  } clients[] = {
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
  EXPECT_THAT(refused_handshakes_.all(), IsEmpty());
}

// RFC 6125, 6.4.4: its holder is whom the SANs name.
TEST_F(AdminRolesTest, BesideOtherNamesACommonNameIsNone) {
  StartTls();
  const auto ask = [this](const char* san) {
    return Ask(ConnectAs(authority_.Issue({.common_name = "operator", .names = {san}})));
  };
  EXPECT_EQ(ask("DNS:example.org").error_code(), grpc::PERMISSION_DENIED);
  EXPECT_EQ(ask("URI:spiffe://example.org/a").error_code(), grpc::PERMISSION_DENIED);
  EXPECT_TRUE(ask("IP:127.0.0.1").ok());
  EXPECT_TRUE(ask("email:a@example.org").ok());
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
      AllOf(HasSubstr("\"spiffe://example.org/carol\", \"carol.example.org\", with"),
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
