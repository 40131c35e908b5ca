// Promise 11: closed by default. Who may call what over the unix socket.

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/admin_listener.h"
#include "admin_fixture.h"
#include "every_method.h"
#include "gmock/gmock.h"
#include "unix_clients.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// More than the system's: no user, and no group, has these.
constexpr uid_t kOperator = 3'000'000'001;
constexpr uid_t kViewer = 3'000'000'002;
constexpr uid_t kUnlisted = 3'000'000'003;
constexpr gid_t kNoGroup = 3'000'000'004;
constexpr gid_t kOperators = 3'000'000'005;
constexpr gid_t kViewers = 3'000'000'006;

class AdminUnixRolesTest : public AdminTest {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can connect as others";
    admin_options_.access.audit = denials_.Audit();
  }

  void Start() {
    StartAdmin("unix:" + path());
    LetEveryoneConnect(path());
  }
  std::string path() const { return directory_.File("admin.sock"); }

  std::shared_ptr<grpc::Channel> ConnectAs(uid_t uid, gid_t gid) const {
    return ChannelOver(OpenUnixConnectionAs(path(), uid, gid));
  }

  // Calls every method; see admin_roles_test.cc. Health and reflection answer whoever may connect.
  void ExpectOutcomes(const std::shared_ptr<grpc::Channel>& channel, grpc::StatusCode reading,
                      grpc::StatusCode changing, const std::string& author) {
    for (const Method& method : OtherMethods()) {
      EXPECT_TRUE(Outcome(channel, method.path, method.request).ok()) << method.path;
    }
    for (const Method& method : AdminMethods()) {
      SCOPED_TRACE(method.path);
      const grpc::StatusCode expected = method.changes ? changing : reading;
      const uint64_t revision = controller_->snapshot()->revision.number();
      const size_t denied = denials_.all().size();
      const grpc::Status status = Outcome(channel, method.path, method.request);
      EXPECT_EQ(status.error_code(), expected) << status.error_message();
      if (expected == grpc::OK) continue;
      EXPECT_EQ(controller_->snapshot()->revision.number(), revision);
      ASSERT_EQ(denials_.all().size(), denied + 1);
      const admin::Denial denial = denials_.all().back();
      EXPECT_EQ(denial.method, method.path);
      EXPECT_EQ(denial.author, author);
      EXPECT_EQ(denial.peer, "unix");
      EXPECT_EQ(denial.outcome, absl::StatusCode::kPermissionDenied);
    }
  }

  const TemporaryDirectory directory_;
  DenialLog denials_;
};

TEST_F(AdminUnixRolesTest, EveryMethodByEveryUser) {
  admin_options_.access.operators = {absl::StrCat("uid:", kOperator),
                                     absl::StrCat("gid:", kOperators)};
  admin_options_.access.viewers = {absl::StrCat("uid:", kViewer), absl::StrCat("gid:", kViewers)};
  Start();
  const struct {
    uid_t uid;
    gid_t gid;
    grpc::StatusCode reading;
    grpc::StatusCode changing;
  } users[] = {
      {kUnlisted, kNoGroup, grpc::PERMISSION_DENIED, grpc::PERMISSION_DENIED},
      {kViewer, kNoGroup, grpc::OK, grpc::PERMISSION_DENIED},
      {kUnlisted, kViewers, grpc::OK, grpc::PERMISSION_DENIED},
      {kOperator, kNoGroup, grpc::OK, grpc::OK},
      {kUnlisted, kOperators, grpc::OK, grpc::OK},
      {kViewer, kOperators, grpc::OK, grpc::OK},
      {0, 0, grpc::OK, grpc::OK},
  };
  for (const auto& user : users) {
    SCOPED_TRACE(absl::StrCat("uid ", user.uid, ", gid ", user.gid));
    ExpectOutcomes(ConnectAs(user.uid, user.gid), user.reading, user.changing,
                   absl::StrCat("uid ", user.uid));
  }
}

TEST_F(AdminUnixRolesTest, WithoutListsOthersHaveNoRole) {
  Start();
  ExpectOutcomes(ConnectAs(kUnlisted, kNoGroup), grpc::PERMISSION_DENIED, grpc::PERMISSION_DENIED,
                 absl::StrCat("uid ", kUnlisted));
  EXPECT_TRUE(GetStatus().ok());
}

TEST_F(AdminUnixRolesTest, DenialsSayWhoWasSeenAndWhatToDo) {
  admin_options_.access.viewers = {"user:nobody"};
  Start();
  const grpc::Status status =
      Outcome(ConnectAs(65534, kNoGroup), "/greeter.admin.v1.GreeterAdminService/StopListening");
  EXPECT_EQ(status.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(),
              AllOf(HasSubstr("user \"nobody\" (uid 65534)"), HasSubstr("the role of a viewer"),
                    HasSubstr("--admin-operator user:nobody")));
}

TEST_F(AdminUnixRolesTest, TheSocketsGroup) {
  const group* const wanted = getgrnam("nogroup");
  ASSERT_NE(wanted, nullptr);
  const gid_t gid = wanted->gr_gid;
  admin_options_.socket_group = "nogroup";
  StartAdmin("unix:" + path());
  struct stat file = {};
  ASSERT_EQ(stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_gid, gid);
  EXPECT_EQ(file.st_mode & 07777, 0660U);

  const absl::Status unknown =
      admin::ListenForAdmin("unix:" + directory_.File("other"), {.group = "no-such"}).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("no group \"no-such\""));
  EXPECT_NE(stat(directory_.File("other").c_str(), &file), 0);
}

}  // namespace
}  // namespace greeter::testing
