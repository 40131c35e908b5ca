// Promise 7: what is recorded is found after a loss of power, by the names that lead to it.

#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "store_fixture.h"

namespace {

// What was synced with fsync(2), in order.
std::vector<std::string>& Synced() {
  static std::vector<std::string> paths;
  return paths;
}

}  // namespace

// In place of libc's, in this program.
extern "C" int fsync(int fd) {
  std::error_code ignored;
  Synced().push_back(
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored).string());
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace greeter::store {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class SyncedDirectoriesTest : public StoreTest {};

TEST_F(SyncedDirectoriesTest, WhatIsMadeIsSyncedInWhatIsAboveIt) {
  directory_ = top_ + "/a/b";
  Synced().clear();
  Open();
  // greeter.db in b, b in a, a in what was there.
  for (const char* part : {"/a/b", "/a", ""}) EXPECT_THAT(Synced(), Contains(top_ + part));
  Synced().clear();
  Open();
  EXPECT_THAT(Synced(), Not(Contains(top_)));
}

TEST_F(SyncedDirectoriesTest, WhatIsKeptAsideIsOnTheDiskBeforeItHasItsName) {
  OpenWith(1);
  Synced().clear();
  ASSERT_TRUE(store_->KeepAside().ok());
  EXPECT_THAT(Synced(), ElementsAre(File() + ".replaced.new", directory_));
}

}  // namespace
}  // namespace greeter::store
