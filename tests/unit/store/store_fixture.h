// A state directory of the test's own, and verbs for what goes in and what comes out.

#ifndef GREETER_TESTS_UNIT_STORE_STORE_FIXTURE_H_
#define GREETER_TESTS_UNIT_STORE_STORE_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "store/sqlite_store.h"

namespace greeter::store {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "store_test.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    top_ = pattern;
    directory_ = pattern + "/state";
  }
  ~StoreTest() override {
    store_.reset();
    std::error_code error;
    std::filesystem::remove_all(top_, error);
  }

  static control::Record RecordOf(uint64_t number, const std::string& text = "Moin") {
    control::Record record;
    record.revision.set_number(number);
    record.revision.mutable_time()->set_seconds(1'700'000'000 + static_cast<int64_t>(number));
    record.revision.mutable_time()->set_nanos(123'456'789);
    record.revision.set_author("alice");
    record.revision.set_action("set message of default");
    record.revision.set_comment("number " + std::to_string(number));
    api::Listener& listener = *record.config.add_listeners();
    listener.set_name("l" + std::to_string(number));
    listener.set_address(":9190");
    listener.set_enabled(false);
    listener.mutable_greeting()->set_text(text);
    return record;
  }

  absl::Status TryOpen(const SqliteStore::Options& options = {}) {
    store_.reset();
    auto store = SqliteStore::Open(directory_, options);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    return absl::OkStatus();
  }
  void Open(const SqliteStore::Options& options = {}) {
    const absl::Status status = TryOpen(options);
    ASSERT_TRUE(status.ok()) << status;
  }
  // Records 1 to `count`.
  void OpenWith(uint64_t count) {
    Open();
    for (uint64_t i = 1; i <= count; ++i) {
      const absl::Status status = store_->Append(RecordOf(i));
      ASSERT_TRUE(status.ok()) << status;
    }
  }

  // The newest number; 0 for none.
  uint64_t Newest() {
    const auto latest = store_->Latest();
    EXPECT_TRUE(latest.ok()) << latest.status();
    return latest.ok() && latest->has_value() ? (*latest)->revision.number() : 0;
  }
  std::vector<uint64_t> List(uint64_t before, size_t limit) {
    std::vector<uint64_t> numbers;
    const auto revisions = store_->List(before, limit);
    EXPECT_TRUE(revisions.ok()) << revisions.status();
    for (const api::Revision& revision : *revisions) numbers.push_back(revision.number());
    return numbers;
  }

  // Makes a file system of `size` the state directory, gone with this process. False: not allowed.
  bool MountSmallDisk(const std::string& size) {
    std::filesystem::create_directories(directory_);
    return unshare(CLONE_NEWNS) == 0 &&
           mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           mount("tmpfs", directory_.c_str(), "tmpfs", 0, ("mode=0700,size=" + size).c_str()) == 0;
  }

  std::string File() const { return directory_ + "/greeter.db"; }
  static mode_t Mode(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
  static void WriteFile(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
  }
  // The files in the state directory whose names begin with `prefix`.
  std::vector<std::string> FilesNamed(const std::string& prefix) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const std::string name = entry.path().filename().string();
      if (name.compare(0, prefix.size(), prefix) == 0) found.push_back(entry.path().string());
    }
    return found;
  }
  // A statement on greeter.db, as an operator's own tool would run it; the first value it gives.
  std::string Sql(const std::string& statement) const { return SqlIn(File(), statement); }
  static std::string SqlIn(const std::string& path, const std::string& statement) {
    auto database = Database::Open(path);
    if (!database.ok()) return std::string(database.status().message());
    const auto value = database->QueryText(statement);
    return value.ok() ? *value : std::string(value.status().message());
  }

  std::string top_;
  std::string directory_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace greeter::store

#endif  // GREETER_TESTS_UNIT_STORE_STORE_FIXTURE_H_
