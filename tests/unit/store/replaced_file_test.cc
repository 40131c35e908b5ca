// Promise 7: a record that the next start would not find is refused. greeter.db deleted, moved or
// replaced while it is in use.

#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "store_fixture.h"

namespace greeter::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ReplacedFileTest : public StoreTest {
 protected:
  void ExpectRefused(const std::string& path, const std::string& why) {
    const absl::Status status = store_->Append(RecordOf(4));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(path + " "), HasSubstr(why), HasSubstr("restart greeterd")));
    // What is there can still be read.
    EXPECT_EQ(Newest(), 3U);
    EXPECT_TRUE(store_->Get(2).ok());
  }
  void ExpectWorksAgain() {
    const absl::Status status = store_->Append(RecordOf(4));
    EXPECT_TRUE(status.ok()) << status;
    Open();
    EXPECT_EQ(Newest(), 4U);
  }
  std::string Aside() const { return top_ + "/aside"; }
};

TEST_F(ReplacedFileTest, MovedAndPutBack) {
  OpenWith(3);
  std::filesystem::rename(File(), Aside());
  ExpectRefused(File(), "deleted or moved");
  std::filesystem::rename(Aside(), File());
  ExpectWorksAgain();
}

TEST_F(ReplacedFileTest, ReplacedAndPutBack) {
  OpenWith(3);
  std::filesystem::rename(File(), Aside());
  std::filesystem::copy_file(Aside(), File());
  ExpectRefused(File(), "another file");
  std::filesystem::rename(Aside(), File());
  ExpectWorksAgain();
}

TEST_F(ReplacedFileTest, TheLogMovedAndPutBack) {
  OpenWith(3);
  std::filesystem::rename(File() + "-wal", Aside());
  ExpectRefused(File() + "-wal", "deleted or moved");
  std::filesystem::rename(Aside(), File() + "-wal");
  ExpectWorksAgain();
}

TEST_F(ReplacedFileTest, TheDirectoryMovedAndPutBack) {
  OpenWith(3);
  std::filesystem::rename(directory_, Aside());
  ExpectRefused(File(), "deleted or moved");
  WriteFile(directory_, "a file in its place");
  ExpectRefused(File(), "deleted or moved");
  std::filesystem::remove(directory_);
  std::filesystem::rename(Aside(), directory_);
  ExpectWorksAgain();
}

// Deleted, it is gone; the next start begins with what it finds.
TEST_F(ReplacedFileTest, DeletedItStaysRefusedUntilTheNextStart) {
  OpenWith(3);
  for (const char* suffix : {"-wal", "-shm", ""}) std::filesystem::remove(File() + suffix);
  ExpectRefused(File(), "deleted or moved");
  ExpectRefused(File(), "deleted or moved");
  Open();
  EXPECT_EQ(Newest(), 0U);
  ASSERT_TRUE(store_->Append(RecordOf(1)).ok());
}

// The new file system's inode numbers may be those of the old one.
TEST_F(ReplacedFileTest, AFileSystemMountedOverIt) {
  OpenWith(3);
  if (!MountSmallDisk("1m")) GTEST_SKIP() << "skipped: may not mount a small file system here";
  ExpectRefused(File(), "deleted or moved");
  ASSERT_EQ(umount(directory_.c_str()), 0);
  ExpectWorksAgain();
}

}  // namespace
}  // namespace greeter::store
