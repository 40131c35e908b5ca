// Directories that can't be used say why, and what to do.

#include "store/state_directory.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "store_fixture.h"

namespace greeter::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;

class StateDirectoryTest : public StoreTest {
 protected:
  // Opening as somebody without rights; UNKNOWN if that can't be tried here.
  absl::Status TryOpenAsNobody() {
    if (geteuid() != 0) return TryOpen();
    EXPECT_EQ(seteuid(kNobody), 0);
    const absl::Status status = TryOpen();
    EXPECT_EQ(seteuid(0), 0);
    return status;
  }
  void ExpectRefused(const absl::Status& status, absl::StatusCode code, const std::string& first,
                     const std::string& second) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(first), HasSubstr(second)));
  }
};

TEST_F(StateDirectoryTest, IsCreatedWithTheDirectoriesAboveIt) {
  directory_ = top_ + "/a/b/c";
  Open();
  for (const char* part : {"/a", "/a/b", "/a/b/c"}) EXPECT_EQ(Mode(top_ + part), 0700U);
  directory_ = top_ + "/d//e/";
  Open();
  EXPECT_EQ(Mode(top_ + "/d/e"), 0700U);
}

TEST_F(StateDirectoryTest, AnExistingOneKeepsItsMode) {
  std::filesystem::create_directory(directory_);
  ASSERT_EQ(chmod(directory_.c_str(), 0750), 0);
  Open();
  EXPECT_EQ(Mode(directory_), 0750U);
  std::filesystem::create_directory_symlink(directory_, top_ + "/link");
  store_.reset();
  directory_ = top_ + "/link";
  Open();
}

TEST_F(StateDirectoryTest, ASecondOneIsRefusedWithTheHoldersProcess) {
  Open();
  const auto second = SqliteStore::Open(directory_, {});
  ExpectRefused(second.status(), absl::StatusCode::kFailedPrecondition,
                "in use by another greeterd", "process " + std::to_string(getpid()));
  // In another process, too, and no longer once it is closed.
  const pid_t child = fork();
  if (child == 0) _exit(SqliteStore::Open(directory_, {}).ok() ? 1 : 0);
  int exit_status = -1;
  ASSERT_EQ(waitpid(child, &exit_status, 0), child);
  EXPECT_EQ(exit_status, 0);
  store_.reset();
  Open();
}

TEST_F(StateDirectoryTest, AFileInItsPlaceIsRefused) {
  WriteFile(directory_, "x");
  ExpectRefused(TryOpen(), absl::StatusCode::kFailedPrecondition, directory_ + " is a file",
                "--state-dir");
  directory_ += "/below";
  ExpectRefused(TryOpen(), absl::StatusCode::kFailedPrecondition, "Not a directory", "--state-dir");
}

TEST_F(StateDirectoryTest, NoNameIsRefused) {
  directory_ = "";
  ExpectRefused(TryOpen(), absl::StatusCode::kFailedPrecondition, "no name", "\"none\"");
}

TEST_F(StateDirectoryTest, OneThatCannotBeCreatedNamesTheOwnerOfWhatIsAbove) {
  ASSERT_EQ(chmod(top_.c_str(), geteuid() == 0 ? 0755 : 0500), 0);
  const absl::Status status = TryOpenAsNobody();
  ExpectRefused(status, absl::StatusCode::kPermissionDenied, "can't create " + directory_,
                "--state-dir");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(geteuid() == 0 ? "belongs to root" : "its mode is 0500"));
  chmod(top_.c_str(), 0700);
}

TEST_F(StateDirectoryTest, OneThatCannotBeWrittenNamesItsOwner) {
  ASSERT_EQ(chmod(top_.c_str(), 0755), 0);
  std::filesystem::create_directory(directory_);
  ASSERT_EQ(chmod(directory_.c_str(), 0555), 0);
  const absl::Status status = TryOpenAsNobody();
  ExpectRefused(status, absl::StatusCode::kPermissionDenied, "can't write in " + directory_,
                geteuid() == 0 ? "belongs to root" : "its mode is 0555");
  chmod(directory_.c_str(), 0755);
}

TEST_F(StateDirectoryTest, AFileOfSomebodyElseNamesItsOwner) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(chmod(top_.c_str(), 0755), 0);
  OpenWith(1);
  store_.reset();
  ASSERT_EQ(chown(directory_.c_str(), kNobody, kNobody), 0);
  ExpectRefused(TryOpenAsNobody(), absl::StatusCode::kPermissionDenied, "greeter.lock",
                "belongs to root");
  ASSERT_EQ(chown((directory_ + "/greeter.lock").c_str(), kNobody, kNobody), 0);
  ExpectRefused(TryOpenAsNobody(), absl::StatusCode::kPermissionDenied, "greeter.db",
                "belongs to root");
}

TEST_F(StateDirectoryTest, AReadOnlyFileIsRefused) {
  ASSERT_EQ(chmod(top_.c_str(), 0755), 0);
  OpenWith(1);
  store_.reset();
  if (geteuid() == 0) {
    for (const std::string& file : FilesNamed("greeter")) {
      ASSERT_EQ(chown(file.c_str(), kNobody, kNobody), 0);
    }
    ASSERT_EQ(chown(directory_.c_str(), kNobody, kNobody), 0);
  }
  ASSERT_EQ(chmod(File().c_str(), 0400), 0);
  ExpectRefused(TryOpenAsNobody(), absl::StatusCode::kPermissionDenied, "can't open " + File(),
                "mode");
}

}  // namespace
}  // namespace greeter::store
