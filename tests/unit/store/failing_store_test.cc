// Promise 7 where the disk does not keep it easy: failing writes and syncs, no space, kill -9.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <random>
#include <thread>

#include "failing_disk.h"
#include "store_fixture.h"
#include "support/immutable.h"

namespace greeter::store {
namespace {

using ::greeter::testing::SetImmutable;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FailingStoreTest : public StoreTest {
 protected:
  ~FailingStoreTest() override { store_.reset(); }

  // What a process would find that opened the state as it is on the disk now.
  uint64_t NewestAfterCrash() {
    const std::string copy = top_ + "/copy";
    std::filesystem::remove_all(copy);
    std::filesystem::create_directory(copy);
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(File() + suffix, copy + "/greeter.db" + suffix);
    }
    const auto store = SqliteStore::Open(copy, {});
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? store.value()->Latest().value()->revision.number() : 0;
  }

  void ExpectRefused(uint64_t number, const std::string& why, const std::string& text = "Moin") {
    const absl::Status status = store_->Append(RecordOf(number, text));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_EQ(Newest(), number - 1);
  }
  void ExpectAccepted(uint64_t number) {
    const absl::Status status = store_->Append(RecordOf(number));
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(Newest(), number);
    EXPECT_EQ(NewestAfterCrash(), number);
  }

  FailingDisk disk_;
};

TEST_F(FailingStoreTest, AFailedWriteIsRefusedAndTheNextOneWorks) {
  OpenWith(3);
  for (const int error : {SQLITE_IOERR_WRITE, SQLITE_READONLY, SQLITE_FULL}) {
    disk_.write_error = error;
    ExpectRefused(4, "greeter.db");
    EXPECT_EQ(NewestAfterCrash(), 3U);
    ExpectRefused(4, "greeter.db");
    disk_.write_error = SQLITE_OK;
  }
  ExpectAccepted(4);
  Open();
  EXPECT_EQ(Newest(), 4U);
}

TEST_F(FailingStoreTest, HalfACopyIsNone) {
  OpenWith(3);
  disk_.write_error = SQLITE_FULL;
  EXPECT_EQ(store_->KeepAside().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(FilesNamed("greeter.db.replaced"), IsEmpty());
  disk_.write_error = SQLITE_OK;
  // Left by one who was killed.
  WriteFile(File() + ".replaced.new", "half");
  WriteFile(File() + ".replaced.new-journal", "half");
  const absl::StatusOr<std::string> aside = store_->KeepAside();
  ASSERT_TRUE(aside.ok()) << aside.status();
  EXPECT_THAT(FilesNamed("greeter.db.replaced"), ElementsAre(*aside));
  std::filesystem::rename(File(), top_ + "/elsewhere");
  EXPECT_FALSE(store_->KeepAside().ok());
}

TEST_F(FailingStoreTest, EveryRecordIsSyncedBeforeItIsAnswered) {
  OpenWith(1);
  const int before = disk_.log_syncs;
  for (uint64_t i = 2; i <= 11; ++i) ASSERT_TRUE(store_->Append(RecordOf(i)).ok());
  EXPECT_GE(disk_.log_syncs - before, 10);
}

TEST_F(FailingStoreTest, AFailedSyncIsRefusedAndForgotten) {
  OpenWith(3);
  disk_.log_sync_error = SQLITE_IOERR_FSYNC;
  disk_.log_syncs_to_fail = 1;
  ExpectRefused(4, "while syncing");
  // The commit was in the log when its sync failed. A crash now must not bring it back.
  EXPECT_EQ(NewestAfterCrash(), 3U);
  ExpectAccepted(4);
}

TEST_F(FailingStoreTest, RecoversFromADiskThatSyncsNothing) {
  OpenWith(3);
  disk_.log_sync_error = SQLITE_IOERR_FSYNC;
  disk_.file_sync_error = SQLITE_IOERR_FSYNC;
  for (int i = 0; i < 3; ++i) ExpectRefused(4, "while syncing");
  disk_.log_sync_error = SQLITE_OK;
  disk_.file_sync_error = SQLITE_OK;
  ExpectAccepted(4);
  ExpectAccepted(5);
  Open();
  EXPECT_EQ(Newest(), 5U);
  EXPECT_EQ(Sql("PRAGMA integrity_check"), "ok");
}

TEST_F(FailingStoreTest, AFileSizeLimitIsNoReasonToLoseAnything) {
  signal(SIGXFSZ, SIG_IGN);
  OpenWith(3);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  ExpectRefused(4, "while writing");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ExpectAccepted(4);
}

TEST_F(FailingStoreTest, AFullDiskIsRefusedAndWorksAgainWhenThereIsSpace) {
  if (!MountSmallDisk("1m")) GTEST_SKIP() << "skipped: may not mount a small file system here";
  OpenWith(3);
  const std::string filler = directory_ + "/filler";
  const int file = open(filler.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  const std::string page(4096, 'x');
  bool full = false;
  for (int i = 0; i < 1000 && !full; ++i) full = write(file, page.data(), page.size()) < 0;
  close(file);
  ASSERT_TRUE(full);

  const std::string large(50'000, 'y');
  for (int i = 0; i < 3; ++i) ExpectRefused(4, "the disk is full", large);
  EXPECT_TRUE(store_->Get(2).ok());
  std::filesystem::remove(filler);
  ASSERT_TRUE(store_->Append(RecordOf(4, large)).ok());
  Open();
  EXPECT_EQ(Newest(), 4U);
}

TEST_F(FailingStoreTest, AFullDiskAtFirstStartIsSaid) {
  if (!MountSmallDisk("8k")) GTEST_SKIP() << "skipped: may not mount a small file system here";
  WriteFile(directory_ + "/filler", std::string(8192, 'x'));
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), AnyOf(HasSubstr("is full"), HasSubstr("No space")));
  std::filesystem::remove(directory_ + "/filler");
  EXPECT_EQ(mount(nullptr, directory_.c_str(), nullptr, MS_REMOUNT, "size=1m"), 0);
  OpenWith(1);
}

TEST_F(FailingStoreTest, AReadOnlyDiskIsSaid) {
  if (!MountSmallDisk("1m")) GTEST_SKIP() << "skipped: may not mount a small file system here";
  OpenWith(1);
  store_.reset();
  ASSERT_EQ(mount(nullptr, directory_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("Read-only file system"));
  ASSERT_EQ(mount(nullptr, directory_.c_str(), nullptr, MS_REMOUNT, nullptr), 0);
  Open();
  EXPECT_EQ(Newest(), 1U);
}

// What is open for writing stays so when its mount turns read-only.
TEST_F(FailingStoreTest, AMountThatTurnsReadOnlyLosesNothing) {
  if (!MountSmallDisk("1m")) GTEST_SKIP() << "skipped: may not mount a small file system here";
  OpenWith(3);
  ASSERT_EQ(mount(directory_.c_str(), directory_.c_str(), nullptr, MS_BIND, nullptr), 0);
  const unsigned long bind = MS_REMOUNT | MS_BIND;
  ASSERT_EQ(mount(nullptr, directory_.c_str(), nullptr, bind | MS_RDONLY, nullptr), 0);
  ExpectAccepted(4);
  store_.reset();
  EXPECT_EQ(TryOpen().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(mount(nullptr, directory_.c_str(), nullptr, bind, nullptr), 0);
  Open();
  EXPECT_EQ(Newest(), 4U);
}

TEST_F(FailingStoreTest, FilesThatTurnReadOnlyAreRefusedAndWorkAgainWhenTheyAreNot) {
  OpenWith(3);
  const auto set_immutable = [this](bool on) {
    return SetImmutable(File(), on) && SetImmutable(File() + "-wal", on);
  };
  if (!set_immutable(true)) {
    set_immutable(false);
    GTEST_SKIP() << "skipped: this file system, or this user, can't make files immutable";
  }
  const absl::Status status = store_->Append(RecordOf(4));
  if (status.ok()) {
    set_immutable(false);
    GTEST_SKIP() << "skipped: this file system lets immutable files be written that are open";
  }
  ExpectRefused(4, "greeter.db");
  EXPECT_TRUE(store_->Get(2).ok());
  ASSERT_TRUE(set_immutable(false));
  ExpectAccepted(4);
  Open();
  EXPECT_EQ(Newest(), 4U);
}

TEST_F(FailingStoreTest, SomebodysOpenTransactionIsRefusedInTime) {
  OpenWith(1);
  auto other = Database::Open(File());
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(other->Execute("BEGIN IMMEDIATE").ok());
  ExpectRefused(2, "locked");
  ASSERT_TRUE(other->Execute("ROLLBACK").ok());
  ExpectAccepted(2);
}

// The child of the test below: records until it is killed, and writes every number to `acks` once
// it is recorded.
[[noreturn]] void RecordUntilKilled(const std::string& directory, int acks,
                                    const std::function<control::Record(uint64_t)>& make) {
  auto store = SqliteStore::Open(directory, {.history = 50});
  if (!store.ok()) _exit(1);
  const auto latest = store.value()->Latest();
  if (!latest.ok()) _exit(2);
  uint64_t number = latest->has_value() ? (*latest)->revision.number() : 0;
  for (int i = 0; i < 1'000'000; ++i) {
    if (!store.value()->Append(make(++number)).ok()) _exit(3);
    if (write(acks, &number, sizeof(number)) != sizeof(number)) _exit(4);
  }
  _exit(5);
}

// Promise 7: what was answered survives kill -9; what was not is wholly absent or wholly there.
TEST_F(FailingStoreTest, KilledAtAnyMomentItHasTheLastAnsweredRevisionOrOneLater) {
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> microseconds(0, 40'000);
  uint64_t last = 0;
  for (int round = 0; round < 30; ++round) {
    int acks[2];
    ASSERT_EQ(pipe2(acks, O_CLOEXEC), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      RecordUntilKilled(directory_, acks[1], [](uint64_t number) {
        // Of all lengths, so that commits take one page or many.
        return RecordOf(number, std::string(number * 7919 % 30'000, 'x'));
      });
    }
    close(acks[1]);
    uint64_t acknowledged = last;
    // So that records are written however slow this machine is; in some rounds, perhaps none.
    for (int answered = 0; answered < round % 4; ++answered) {
      ASSERT_EQ(read(acks[0], &acknowledged, sizeof(acknowledged)), sizeof(acknowledged));
    }
    // The moment is what is random here; nothing is waited for.
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
    kill(child, SIGKILL);
    while (read(acks[0], &acknowledged, sizeof(acknowledged)) > 0) {
    }
    close(acks[0]);
    int exit_status = 0;
    ASSERT_EQ(waitpid(child, &exit_status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(exit_status)) << "exit " << WEXITSTATUS(exit_status);

    Open({.history = 50});
    last = Newest();
    EXPECT_GE(last, acknowledged);
    EXPECT_LE(last, acknowledged + 1);
    if (last > 0) {
      const auto latest = store_->Latest();
      ASSERT_TRUE(latest.ok());
      EXPECT_EQ((*latest)->config.listeners(0).greeting().text().size(), last * 7919 % 30'000);
    }
    EXPECT_EQ(Sql("PRAGMA integrity_check"), "ok");
    store_.reset();
  }
  EXPECT_GT(last, 30U) << "what the children recorded is lost";
}

}  // namespace
}  // namespace greeter::store
