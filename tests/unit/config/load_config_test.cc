// Config files, as far as the file is concerned.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/config_text.h"

namespace greeter::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class LoadConfigTest : public testing::Test {
 protected:
  LoadConfigTest() {
    std::string pattern = testing::TempDir() + "/config_text_XXXXXX";
    dir_ = mkdtemp(pattern.data());
  }
  ~LoadConfigTest() override { std::filesystem::remove_all(dir_); }

  std::string Write(const std::string& content) {
    const std::string path = dir_ + "/greeter.yaml";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::string dir_;
};

TEST_F(LoadConfigTest, ReadsAFile) {
  const auto config = LoadConfig(Write("listeners: [{name: a}]"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listeners(0).name(), "a");
}

TEST_F(LoadConfigTest, SaysWhyAFileCantBeRead) {
  const std::string missing = dir_ + "/none.yaml";
  EXPECT_EQ(LoadConfig(missing).status(),
            absl::NotFoundError(missing + ": No such file or directory"));
  EXPECT_EQ(LoadConfig(dir_).status(),
            absl::InvalidArgumentError(dir_ + ": Is a directory; a file is expected"));
  EXPECT_THAT(std::string(LoadConfig(Write("")).status().message()),
              StartsWith(dir_ + "/greeter.yaml: is empty"));
  const auto large = LoadConfig(Write(std::string((16 << 20) + 1, ' '))).status();
  EXPECT_EQ(large.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(large.message()), HasSubstr("is larger than 16 MiB"));
}

TEST_F(LoadConfigTest, SaysThatAFileMayNotBeRead) {
  const std::string secret = Write("listeners: []");
  ASSERT_EQ(chmod(secret.c_str(), 0), 0);
  ASSERT_EQ(chmod(dir_.c_str(), 0755), 0);
  // In a child process, because root may read every file.
  EXPECT_EXIT(
      {
        if (geteuid() == 0 && setuid(65534) != 0) _exit(1);
        _exit(LoadConfig(secret).status().code() == absl::StatusCode::kPermissionDenied ? 0 : 2);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace greeter::config
