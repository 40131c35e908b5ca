// What is recorded and what comes back, and files in every state of damage.

#include "store/sqlite_store.h"

#include "google/protobuf/util/message_differencer.h"
#include "store_fixture.h"

namespace greeter::store {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SqliteStoreTest : public StoreTest {
 protected:
  // Opening fails and says `what` and how to go on; nothing is touched. With --state-reset it
  // works, begins anew and keeps `path`'s content.
  void ExpectDamage(const std::string& what, const std::string& path) {
    const std::string content = ReadFile(path);
    const absl::Status status = TryOpen();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("damaged"), HasSubstr(what), HasSubstr("--state-reset")));
    EXPECT_TRUE(ReadFile(path) == content) << "opening has changed " << path;

    Open({.reset_damaged = true});
    EXPECT_EQ(Newest(), 0U);
    EXPECT_THAT(store_->set_aside(), HasSubstr(File() + ".damaged-20"));
    const std::string suffix = path.substr(File().size());
    EXPECT_TRUE(ReadFile(store_->set_aside() + suffix) == content) << "kept, but changed";
    ASSERT_TRUE(store_->Append(RecordOf(1)).ok());
    Open();
    EXPECT_EQ(Newest(), 1U);
  }
  // greeter.db with 20 revisions, closed.
  void MakeFile() {
    OpenWith(20);
    store_.reset();
  }
};

// Promise 7: durable.
TEST_F(SqliteStoreTest, GivesBackWhatWasRecorded) {
  Open();
  EXPECT_EQ(Newest(), 0U);
  control::Record first = RecordOf(1, std::string("Gr\xC3\xBC\xC3\x9F \xF0\x9F\x91\x8B \0 \n", 14));
  first.config.add_listeners()->mutable_greeting()->set_raw("\xFF\x00\x01");
  first.file = control::AppliedFile{"abc123", 1};
  ASSERT_TRUE(store_->Append(first).ok());
  control::Record second = RecordOf(2);
  second.revision.set_comment(std::string("a\0b", 3));
  ASSERT_TRUE(store_->Append(second).ok());
  for (int round = 0; round < 2; ++round) {
    const auto got = store_->Get(1);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(MessageDifferencer::Equals(got->revision, first.revision));
    EXPECT_TRUE(MessageDifferencer::Equals(got->config, first.config));
    ASSERT_TRUE(got->file.has_value());
    EXPECT_EQ(got->file->hash, "abc123");
    EXPECT_EQ(got->file->revision, 1U);
    const auto latest = store_->Latest();
    ASSERT_TRUE(latest.ok()) << latest.status();
    EXPECT_TRUE(MessageDifferencer::Equals((*latest)->revision, second.revision));
    EXPECT_FALSE((*latest)->file.has_value());
    Open();
  }
}

TEST_F(SqliteStoreTest, TakesNumbersInTurnAlone) {
  Open();
  EXPECT_EQ(store_->Append(RecordOf(2)).code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(store_->Append(RecordOf(1)).ok());
  for (const uint64_t wrong : {0U, 1U, 3U}) {
    EXPECT_THAT(std::string(store_->Append(RecordOf(wrong)).message()),
                HasSubstr("can't follow 1"));
  }
  EXPECT_TRUE(store_->Append(RecordOf(2)).ok());
}

TEST_F(SqliteStoreTest, ListsNewestFirstByPages) {
  OpenWith(5);
  EXPECT_THAT(List(UINT64_MAX, 2), ElementsAre(5, 4));
  EXPECT_THAT(List(4, 2), ElementsAre(3, 2));
  EXPECT_THAT(List(2, 2), ElementsAre(1));
  EXPECT_THAT(List(1, 2), IsEmpty());
  EXPECT_THAT(List(UINT64_MAX, 0), IsEmpty());
  EXPECT_EQ(store_->List(UINT64_MAX, 1)->at(0).comment(), "number 5");
}

TEST_F(SqliteStoreTest, KeepsTheNewest) {
  Open({.history = 3});
  EXPECT_EQ(store_->Get(1).status().message(), "no revision 1; there are none yet");
  for (uint64_t i = 1; i <= 10; ++i) ASSERT_TRUE(store_->Append(RecordOf(i)).ok());
  EXPECT_THAT(List(UINT64_MAX, 100), ElementsAre(10, 9, 8));
  EXPECT_EQ(store_->Get(7).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->Get(7).status().message(), "no revision 7; those kept are 8 to 10");
  EXPECT_EQ(store_->Get(UINT64_MAX).status().code(), absl::StatusCode::kNotFound);
  // Fewer from now on; none at all is not possible.
  Open({.history = 0});
  ASSERT_TRUE(store_->Append(RecordOf(11)).ok());
  EXPECT_THAT(List(UINT64_MAX, 100), ElementsAre(11));
}

TEST_F(SqliteStoreTest, TheFileDoesNotGrowWithTheNumberOfChanges) {
  Open({.history = 10});
  uint64_t number = 0;
  const auto append = [&](int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(store_->Append(RecordOf(++number, std::string(20'000, 'x'))).ok());
    }
  };
  append(50);
  Open({.history = 10});
  const auto before = std::filesystem::file_size(File());
  append(200);
  EXPECT_LT(std::filesystem::file_size(File() + "-wal"), 8U << 20);
  Open({.history = 10});
  EXPECT_LT(std::filesystem::file_size(File()), before * 3 / 2);
}

TEST_F(SqliteStoreTest, TheFileDoesNotGrowWithTheSizeOfChanges) {
  constexpr size_t kBound = size_t{1} << 20;
  Open({.history_bytes = kBound});
  uint64_t number = 0;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(store_->Append(RecordOf(++number, std::string(60'000, 'x'))).ok());
  }
  const std::vector<uint64_t> kept = List(UINT64_MAX, 1000);
  EXPECT_GT(kept.size(), 10U);
  EXPECT_LT(kept.size(), kBound / 60'000);
  EXPECT_EQ(kept.front(), number);
  EXPECT_EQ(store_->Get(1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_LT(std::filesystem::file_size(File() + "-wal"), 8U << 20);
  // What exceeds the bound by itself is kept, alone.
  ASSERT_TRUE(store_->Append(RecordOf(++number, std::string(2 * kBound, 'y'))).ok());
  EXPECT_THAT(List(UINT64_MAX, 1000), ElementsAre(number));
  Open({.history_bytes = kBound});
  ASSERT_TRUE(store_->Append(RecordOf(++number)).ok());
  EXPECT_THAT(List(UINT64_MAX, 1000), ElementsAre(number));
  store_.reset();
  EXPECT_LT(std::filesystem::file_size(File()), 4 * kBound);
}

TEST_F(SqliteStoreTest, TheLogShrinksWhenWhoeverHeldItUpIsGone) {
  OpenWith(1);
  auto reader = Database::Open(File());
  ASSERT_TRUE(reader.ok());
  ASSERT_TRUE(reader->Execute("BEGIN; SELECT * FROM revisions").ok());
  const std::string text(60'000, 'x');
  uint64_t number = 1;
  while (number < 150) ASSERT_TRUE(store_->Append(RecordOf(++number, text)).ok());
  EXPECT_GT(std::filesystem::file_size(File() + "-wal"), 8U << 20);
  ASSERT_TRUE(reader->Execute("COMMIT").ok());
  while (number < 160) ASSERT_TRUE(store_->Append(RecordOf(++number, text)).ok());
  EXPECT_LT(std::filesystem::file_size(File() + "-wal"), 5U << 20);
}

TEST_F(SqliteStoreTest, IsPrivateAndReadableWithOtherTools) {
  OpenWith(2);
  EXPECT_EQ(Mode(directory_), 0700U);
  EXPECT_EQ(Mode(File()), 0600U);
  EXPECT_EQ(Mode(File() + "-wal"), 0600U);
  EXPECT_EQ(Mode(directory_ + "/greeter.lock"), 0600U);
  EXPECT_EQ(Sql("SELECT config ->> '$.listeners[0].name' FROM revisions WHERE number = 2"), "l2");
  EXPECT_EQ(Sql("SELECT time FROM revisions WHERE number = 1"), "2023-11-14T22:13:21.123456789Z");
  EXPECT_EQ(Sql("PRAGMA journal_mode"), "wal");
  EXPECT_THAT(FilesNamed("greeter.db.new"), IsEmpty());
}

TEST_F(SqliteStoreTest, RefusesAFileOfANewerGreeterd) {
  MakeFile();
  Sql("PRAGMA user_version = 99");
  const absl::Status status = TryOpen({.reset_damaged = true});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("newer"), HasSubstr("99")));
}

TEST_F(SqliteStoreTest, BeginsAgainWhereItDiedBeforeTheFileWasWhole) {
  std::filesystem::create_directory(directory_);
  WriteFile(File() + ".new", "half");
  WriteFile(File() + ".new-wal", "half");
  OpenWith(1);
  EXPECT_EQ(store_->set_aside(), "");
  EXPECT_THAT(FilesNamed("greeter.db.new"), IsEmpty());
}

TEST_F(SqliteStoreTest, FindsAnEmptyFile) {
  MakeFile();
  std::filesystem::resize_file(File(), 0);
  ExpectDamage("is empty", File());
}

TEST_F(SqliteStoreTest, FindsATextInItsPlace) {
  MakeFile();
  WriteFile(File(), std::string(10'000, 'x'));
  ExpectDamage("not a database", File());
}

TEST_F(SqliteStoreTest, FindsACutFile) {
  MakeFile();
  std::filesystem::resize_file(File(), std::filesystem::file_size(File()) / 2);
  ExpectDamage("greeter.db", File());
}

TEST_F(SqliteStoreTest, FindsAnOverwrittenPage) {
  constexpr size_t kPage = 4096;
  // The first page is the file's head, the last the newest revision's, those between hold others.
  for (size_t at = 0; at < 3 * kPage; at += kPage) {
    MakeFile();
    std::string content = ReadFile(File());
    ASSERT_GT(content.size(), at + kPage);
    content.replace(at, kPage / 2, std::string(kPage / 2, '\xA5'));
    WriteFile(File(), content);
    ExpectDamage("", File());
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
}

TEST_F(SqliteStoreTest, FindsAChangedByteInTheNewestConfig) {
  MakeFile();
  std::string content = ReadFile(File());
  const size_t at = content.find("\"l20\"");
  ASSERT_NE(at, std::string::npos);
  content[at + 1] = 'm';
  WriteFile(File(), content);
  ExpectDamage("revision 20 is damaged: its checksum", File());
}

TEST_F(SqliteStoreTest, FindsAChangedByteInAnOlderConfigWhenItIsAskedFor) {
  MakeFile();
  std::string content = ReadFile(File());
  content[content.find("\"l3\"") + 1] = 'm';
  WriteFile(File(), content);
  Open();
  EXPECT_EQ(store_->Get(3).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(store_->Get(4).ok());
}

TEST_F(SqliteStoreTest, AdoptsWhatIsNewestElsewhereWhateverItsNumber) {
  OpenWith(3);
  ASSERT_TRUE(store_->Adopt(RecordOf(7, "after a gap")).ok());
  EXPECT_THAT(List(100, 10), ElementsAre(7, 3, 2, 1));
  ASSERT_TRUE(store_->Adopt(RecordOf(2, "of a backup")).ok());
  EXPECT_THAT(List(100, 10), ElementsAre(2, 1));
  EXPECT_EQ(store_->Get(2)->config.listeners(0).greeting().text(), "of a backup");
  EXPECT_TRUE(store_->Append(RecordOf(3)).ok()) << "it goes on from there";
}

TEST_F(SqliteStoreTest, KeepsAllRevisionsAside) {
  OpenWith(3);
  const absl::StatusOr<std::string> aside = store_->KeepAside();
  ASSERT_TRUE(aside.ok()) << aside.status();
  EXPECT_EQ(*aside, File() + ".replaced-3-20231114T221323.123456789Z");
  EXPECT_EQ(Mode(*aside), 0600U);
  const std::string content = ReadFile(*aside);
  ASSERT_TRUE(store_->Adopt(RecordOf(2, "of a backup")).ok());
  ASSERT_TRUE(store_->Adopt(RecordOf(3)).ok());
  EXPECT_EQ(*store_->KeepAside(), *aside);
  EXPECT_TRUE(ReadFile(*aside) == content) << "once for each newest revision";
  store_.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(File() + suffix);
  std::filesystem::rename(*aside, File());
  Open();
  EXPECT_THAT(List(100, 10), ElementsAre(3, 2, 1)) << "it can take the file's place";
  EXPECT_EQ(store_->Get(2)->config.listeners(0).greeting().text(), "Moin");
}

TEST_F(SqliteStoreTest, FindsAnotherProgramsDatabase) {
  std::filesystem::create_directory(directory_);
  WriteFile(File(), "");
  Sql("CREATE TABLE revisions (number INTEGER)");
  ExpectDamage("holds no state of greeterd", File());
}

TEST_F(SqliteStoreTest, FindsALogWithoutItsFile) {
  OpenWith(3);
  const std::string log = ReadFile(File() + "-wal");
  store_.reset();
  std::filesystem::remove(File());
  WriteFile(File() + "-wal", log);
  ExpectDamage("is missing", File() + "-wal");
}

TEST_F(SqliteStoreTest, KeepsEveryDamagedFile) {
  for (int i = 0; i < 3; ++i) {
    MakeFile();
    WriteFile(File(), std::string(10'000, 'x'));
    Open({.reset_damaged = true});
    ASSERT_NE(store_->set_aside(), "");
    store_.reset();
    std::filesystem::remove(File());
  }
  EXPECT_THAT(FilesNamed("greeter.db.damaged-"), SizeIs(3));
}

TEST_F(SqliteStoreTest, ResetLeavesASoundFileAlone) {
  MakeFile();
  Open({.reset_damaged = true});
  EXPECT_EQ(Newest(), 20U);
  EXPECT_EQ(store_->set_aside(), "");
}

}  // namespace
}  // namespace greeter::store
