// Promise 11: closed by default. The table of roles, and the lists that grant them.

#include "admin/access.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "greeter/admin/v1/admin.pb.h"

namespace greeter::admin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kSetMessage[] = "/greeter.admin.v1.GreeterAdminService/SetMessage";
constexpr char kGetStatus[] = "/greeter.admin.v1.GreeterAdminService/GetStatus";
// Neither root nor whoever runs the test.
constexpr uid_t kSomebody = 12345;

Access Lists(std::vector<std::string> operators, std::vector<std::string> viewers = {}) {
  absl::StatusOr<Access> access = Access::Create({std::move(operators), std::move(viewers)});
  EXPECT_TRUE(access.ok()) << access.status();
  return *std::move(access);
}

Role RoleOfName(const std::string& id, const std::string& name) {
  return Lists({id}).RoleOf(CertificateHolder({{}, {name}}, "peer"));
}
Role RoleOfUri(const std::string& id, const std::string& uri) {
  return Lists({id}).RoleOf(CertificateHolder({{uri}, {}}, "peer"));
}

Caller User(uid_t uid, std::string name, std::vector<gid_t> groups = {}) {
  return UnixUser(uid, std::move(name), std::move(groups), "unix");
}

std::string Refusal(const std::string& id) {
  return std::string(Access::Create({{id}, {}}).status().message());
}

// So that a new method is not forgotten.
TEST(MethodRolesTest, EveryMethodHasARole) {
  const auto* const file = v1::ServerStatus::descriptor()->file();
  ASSERT_EQ(file->service_count(), 1);
  for (int i = 0; i < file->service(0)->method_count(); ++i) {
    const auto* const method = file->service(0)->method(i);
    const std::string path = "/" + file->service(0)->full_name() + "/" + method->name();
    const bool reads = absl::StartsWith(method->name(), "Get") ||
                       absl::StartsWith(method->name(), "List") ||
                       absl::StartsWith(method->name(), "Watch");
    EXPECT_EQ(RequiredRole(path), reads ? Role::kViewer : Role::kOperator) << path;
  }
}

TEST(MethodRolesTest, WhatTheTableDoesNotNameIsNobodys) {
  for (const char* method : {"", "/", "/greeter.admin.v1.GreeterAdminService/",
                             "/greeter.admin.v1.GreeterAdminService/GetStatus/",
                             "greeter.admin.v1.GreeterAdminService/GetStatus",
                             "/greeter.admin.v1.GreeterAdminService/getstatus"}) {
    EXPECT_EQ(RequiredRole(method), std::nullopt) << method;
    EXPECT_EQ(Lists({"*"}).Check(CertificateHolder({{}, {"alice"}}, "peer"), method).code(),
              absl::StatusCode::kPermissionDenied)
        << method;
  }
}

TEST(AccessTest, NamesAreExact) {
  EXPECT_EQ(RoleOfName("alice", "alice"), Role::kOperator);
  EXPECT_EQ(RoleOfName("alice", "Alice"), Role::kNone);
  EXPECT_EQ(RoleOfName("alice", "alice2"), Role::kNone);
  EXPECT_EQ(RoleOfName("alice", "malice"), Role::kNone);
  EXPECT_EQ(RoleOfName("alice", std::string("alice\0", 6)), Role::kNone);
  EXPECT_EQ(RoleOfName("a?ice", "alice"), Role::kNone);
}

TEST(AccessTest, OneStarStandsForAnything) {
  EXPECT_EQ(RoleOfName("*", "alice"), Role::kOperator);
  EXPECT_EQ(RoleOfName("*.ops.example.org", "a.ops.example.org"), Role::kOperator);
  EXPECT_EQ(RoleOfName("*.ops.example.org", "ops.example.org"), Role::kNone);
  EXPECT_EQ(RoleOfUri("*", "spiffe://example.org/ops"), Role::kOperator);
  EXPECT_EQ(RoleOfUri("spiffe://example.org/*", "spiffe://example.org/ops/a"), Role::kOperator);
  EXPECT_EQ(RoleOfUri("spiffe://example.org/*", "spiffe://example.com/ops"), Role::kNone);
  EXPECT_EQ(RoleOfName("a*a", "a"), Role::kNone);
  EXPECT_EQ(RoleOfName("a*a", "aa"), Role::kOperator);
  EXPECT_EQ(RoleOfName("a*a", "aba"), Role::kOperator);
}

// Whoever may choose the end of a URI, or a CN, gains nothing by it.
TEST(AccessTest, UrisAndOtherNamesAreNotTakenForEachOther) {
  EXPECT_EQ(RoleOfUri("*.ops.example.org", "https://example.com/a.ops.example.org"), Role::kNone);
  EXPECT_EQ(RoleOfUri("ops*", "ops://example.org"), Role::kNone);
  EXPECT_EQ(RoleOfName("spiffe://example.org/*", "spiffe://example.org/ops"), Role::kNone);
  EXPECT_EQ(RoleOfName("spiffe://example.org/ops", "spiffe://example.org/ops"), Role::kNone);
  EXPECT_EQ(RoleOfName("*://example.org/ops", "spiffe://example.org/ops"), Role::kNone);
  EXPECT_EQ(RoleOfUri("*://example.org/ops", "spiffe://example.org/ops"), Role::kOperator);
  EXPECT_EQ(RoleOfUri("urn:uuid:1", "urn:uuid:1"), Role::kOperator);
}

TEST(AccessTest, AnyNameOfACertificateWillDo) {
  const Access access = Lists({"third"}, {"second"});
  EXPECT_EQ(access.RoleOf(CertificateHolder({{"first"}, {"second"}}, "peer")), Role::kViewer);
  EXPECT_EQ(access.RoleOf(CertificateHolder({{"first"}, {"second", "third"}}, "peer")),
            Role::kOperator);
  EXPECT_EQ(access.RoleOf(CertificateHolder({}, "peer")), Role::kNone);
}

TEST(AccessTest, UsersAndGroups) {
  EXPECT_EQ(Lists({"user:alice"}).RoleOf(User(kSomebody, "alice")), Role::kOperator);
  EXPECT_EQ(Lists({"user:alice"}).RoleOf(User(kSomebody, "bob")), Role::kNone);
  EXPECT_EQ(Lists({"uid:12345"}).RoleOf(User(kSomebody, "alice")), Role::kOperator);
  EXPECT_EQ(Lists({"uid:1234"}).RoleOf(User(kSomebody, "alice")), Role::kNone);
  EXPECT_EQ(Lists({}, {"gid:7"}).RoleOf(User(kSomebody, "alice", {5, 7})), Role::kViewer);
  EXPECT_EQ(Lists({}, {"gid:6"}).RoleOf(User(kSomebody, "alice", {5, 7})), Role::kNone);
  EXPECT_EQ(Lists({"group:root"}).RoleOf(User(kSomebody, "alice", {5, 0})), Role::kOperator);
}

// A name in a certificate is no user, nor the other way about.
TEST(AccessTest, OneKindIsNotTakenForTheOther) {
  EXPECT_EQ(RoleOfName("user:alice", "alice"), Role::kNone);
  EXPECT_EQ(RoleOfName("user:alice", "user:alice"), Role::kNone);
  EXPECT_EQ(Lists({"alice", "*"}).RoleOf(User(kSomebody, "alice")), Role::kNone);
}

TEST(AccessTest, RootAndTheServersOwnUserAreOperators) {
  EXPECT_EQ(Lists({}).RoleOf(User(0, "root")), Role::kOperator);
  EXPECT_EQ(Lists({}).RoleOf(User(geteuid(), "me")), Role::kOperator);
  EXPECT_EQ(Lists({}).RoleOf(User(kSomebody, "alice")), Role::kNone);
}

TEST(AccessTest, InPlaintextEveryoneIsAnOperator) {
  EXPECT_EQ(Lists({}).RoleOf(Anyone("127.0.0.1:1")), Role::kOperator);
}

TEST(AccessTest, WhoIsUnknownIsNotAuthenticated) {
  const absl::Status nameless = Lists({"*"}).Check(CertificateHolder({}, "peer"), kGetStatus);
  EXPECT_EQ(nameless.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(nameless.message()), HasSubstr("no URI or DNS name and no CN"));
}

TEST(AccessTest, ACertificateThatCountsNoMoreGrantsNothing) {
  const Access access = Lists({"*", "alice"});
  const Caller former =
      FormerCertificateHolder(CertificateHolder({{}, {"alice"}}, "peer"), "it has expired");
  EXPECT_EQ(access.RoleOf(former), Role::kNone);
  const absl::Status status = access.Check(former, kGetStatus);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(status.message()), HasSubstr("it has expired"));
  EXPECT_EQ(former.author, "alice");
}

TEST(AccessTest, AUserWithoutANameIsProposedByNumber) {
  const absl::StatusOr<Access> access = Access::Create({{}, {}, [](const Denial&) {}});
  const absl::Status status = access->Check(User(kSomebody, "uid 12345"), kSetMessage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--admin-operator uid:12345 would"));
}

TEST(AccessTest, RefusalsSayWhoAndHow) {
  std::vector<Denial> denials;
  const absl::StatusOr<Access> access = Access::Create(
      {{"user:bob"}, {"user:alice"}, [&denials](const Denial& d) { denials.push_back(d); }});
  EXPECT_TRUE(access->Check(User(kSomebody, "alice"), kGetStatus).ok());
  EXPECT_TRUE(denials.empty());
  const absl::Status status = access->Check(User(kSomebody, "alice"), kSetMessage);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("user \"alice\" (uid 12345)"), HasSubstr("viewer"),
                    HasSubstr("--admin-operator user:alice")));
  ASSERT_EQ(denials.size(), 1u);
  EXPECT_EQ(denials[0].method, kSetMessage);
  EXPECT_EQ(denials[0].author, "alice");
  EXPECT_EQ(denials[0].peer, "unix");
  EXPECT_EQ(denials[0].outcome, absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(denials[0].reason, status.message());
}

TEST(AccessTest, IdsThatNameNobodyAreRefused) {
  EXPECT_THAT(Refusal(""), HasSubstr("--admin-operator: \"\" names nobody"));
  EXPECT_THAT(Refusal("user:"), HasSubstr("names nobody"));
  EXPECT_THAT(Refusal("a*b*"), HasSubstr("more than one *"));
  EXPECT_THAT(Refusal("uid:alice"), HasSubstr("uid:1000"));
  EXPECT_THAT(Refusal("gid:"), HasSubstr("gid:1000"));
  EXPECT_THAT(Refusal("uid:-1"), HasSubstr("uid:1000"));
  // (uid_t)-1, which the kernel uses for nobody in particular.
  EXPECT_THAT(Refusal("uid:4294967295"), HasSubstr("stands for nobody"));
  EXPECT_THAT(Refusal("gid:4294967295"), HasSubstr("stands for nobody"));
  EXPECT_THAT(Refusal("uid:4294967296"), HasSubstr("uid:1000"));
  EXPECT_EQ(Refusal("uid:4294967294"), "");
  EXPECT_THAT(Refusal("group:no-such-group"), HasSubstr("no group \"no-such-group\""));
}

TEST(CallerTest, LongNamesAreCutBetweenCharacters) {
  const std::string name = std::string(255, 'a') + "ü" + std::string(500, 'b');
  EXPECT_EQ(Printable(name), std::string(255, 'a') + "…");
  EXPECT_EQ(Printable("\xff"), "\\xff");
}

}  // namespace
}  // namespace greeter::admin
