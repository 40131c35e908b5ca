#include "store/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "store/revision_row.h"

namespace greeter::store {
namespace {

constexpr char kFile[] = "greeter.db";
constexpr char kUnfinishedFile[] = "greeter.db.new";
constexpr char kUnfinishedCopy[] = "greeter.db.replaced.new";
// What SQLite keeps beside a file.
constexpr std::array<const char*, 2> kCompanions = {"-wal", "-shm"};

// Element i brings a file from version i to version i + 1.
constexpr std::array<const char*, 1> kMigrations = {kCreateRevisions};

constexpr int64_t kMostBytesChecked = int64_t{64} << 20;

// The size of `path`; nullopt if it is not there.
absl::StatusOr<std::optional<int64_t>> SizeOf(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) == 0) return status.st_size;
  if (errno == ENOENT) return std::nullopt;
  return FileError("look at", path, errno);
}

absl::Status Remove(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return FileError("remove", path, errno);
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return FileError("rename", from, errno);
}

// FULL: a commit is on the disk when it returns. The log shrinks back after a long one.
absl::Status Configure(Database& database) {
  return database.Execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304");
}

absl::Status Migrate(Database& database, int64_t version) {
  absl::Status status = database.Execute("BEGIN IMMEDIATE");
  for (auto i = static_cast<size_t>(version); status.ok() && i < kMigrations.size(); ++i) {
    status = database.Execute(absl::StrCat(kMigrations[i], "; PRAGMA user_version = ", i + 1));
  }
  if (status.ok()) status = database.Execute("COMMIT");
  return status;
}

// Creates `path` anew, empty; what an attempt that did not come to its end left there is removed.
absl::Status CreateEmpty(const std::string& path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    const absl::Status removed = Remove(path + suffix);
    if (!removed.ok()) return removed;
  }
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return FileError("create", path, errno);
  close(file);
  return absl::OkStatus();
}

absl::Status SyncFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FileError("open", path, errno);
  const int error = fsync(file) == 0 ? 0 : errno;
  close(file);
  return error == 0 ? absl::OkStatus() : FileError("sync", path, error);
}

absl::Status MakeFile(const StateDirectory& directory) {
  const std::string path = directory.FileNamed(kUnfinishedFile);
  const absl::Status created = CreateEmpty(path);
  if (!created.ok()) return created;
  {
    absl::StatusOr<Database> database = Database::Open(path);
    absl::Status status = database.status();
    if (status.ok()) status = Configure(*database);
    if (status.ok()) status = Migrate(*database, 0);
    // Into the file itself: its companions do not come along.
    if (status.ok()) status = database->Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!status.ok()) return status;
  }
  const absl::Status renamed = Rename(path, directory.FileNamed(kFile));
  return renamed.ok() ? directory.Sync() : renamed;
}

// Checks a file before anything in it is touched, and then brings it up to date.
absl::Status BringUp(Database& database, const std::string& path, int64_t size) {
  const absl::StatusOr<int64_t> version = database.QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const auto newest = static_cast<int64_t>(kMigrations.size());
  if (*version > newest) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " is of a newer greeterd: its version is ", *version, ", and this greeterd knows ",
        newest, "; start the newer one, or give another directory with --state-dir"));
  }
  if (*version < 1) return absl::DataLossError(path + ": holds no state of greeterd");
  if (size <= kMostBytesChecked) {
    const absl::StatusOr<std::string> found = database.QueryText("PRAGMA quick_check(1)");
    if (!found.ok()) return found.status();
    if (*found != "ok") return absl::DataLossError(absl::StrCat(path, ": ", *found));
  }
  absl::Status status = Configure(database);
  if (status.ok()) status = Migrate(database, *version);
  return status.ok() ? ReadNewest(database).status() : status;
}

}  // namespace

absl::StatusOr<Database> OpenStateFile(const StateDirectory& directory) {
  const std::string path = directory.FileNamed(kFile);
  absl::StatusOr<std::optional<int64_t>> size = SizeOf(path);
  if (!size.ok()) return size.status();
  if (!size->has_value()) {
    // A new file beside an old log would take in what is in the log.
    const absl::StatusOr<std::optional<int64_t>> log = SizeOf(path + "-wal");
    if (log.ok() && log->value_or(0) > 0) {
      return absl::DataLossError(
          absl::StrCat(path, ": is missing, but its log, ", path, "-wal, is there"));
    }
    const absl::Status made = MakeFile(directory);
    if (!made.ok()) return made;
  } else if (**size == 0) {
    return absl::DataLossError(path + ": is empty");
  } else if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
    return FileError("open", path, errno);
  }
  absl::StatusOr<Database> database = Database::Open(path);
  if (!database.ok()) return database;
  const absl::Status usable = BringUp(*database, path, size->value_or(0));
  if (!usable.ok()) return usable;
  return database;
}

std::vector<std::string> StateFilesOf(const StateDirectory& directory) {
  const std::string path = directory.FileNamed(kFile);
  return {path, path + "-wal"};
}

absl::StatusOr<std::string> SetAsideStateFile(const StateDirectory& directory) {
  const std::string path = directory.FileNamed(kFile);
  const std::string base = absl::StrCat(
      path, ".damaged-", absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone()));
  std::string aside = base;
  for (int i = 2; access(aside.c_str(), F_OK) == 0 || access((aside + "-wal").c_str(), F_OK) == 0;
       ++i) {
    aside = absl::StrCat(base, "-", i);
  }
  // The log last: should this end halfway, what is left is still seen to be damaged.
  for (const char* suffix : {"-shm", "", "-wal"}) {
    if (access((path + suffix).c_str(), F_OK) != 0) continue;
    const absl::Status renamed = Rename(path + suffix, aside + suffix);
    if (!renamed.ok()) return renamed;
  }
  const absl::Status synced = directory.Sync();
  if (!synced.ok()) return synced;
  return aside;
}

absl::StatusOr<std::string> CopyStateFile(const StateDirectory& directory, Database& database,
                                          const std::string& what) {
  const std::string path = directory.FileNamed(absl::StrCat(kFile, ".replaced-", what));
  const std::string unfinished = directory.FileNamed(kUnfinishedCopy);
  absl::Status status;
  if (access(path.c_str(), F_OK) == 0) {
    status = directory.Sync();
    if (!status.ok()) return status;
    return path;
  }
  status = CreateEmpty(unfinished);
  if (status.ok()) status = Statement(database, "VACUUM INTO ?").Bind(unfinished).Run();
  // SQLite leaves that to us (https://sqlite.org/lang_vacuum.html).
  if (status.ok()) status = SyncFile(unfinished);
  if (status.ok()) status = Rename(unfinished, path);
  if (status.ok()) status = directory.Sync();
  if (status.ok()) return path;
  unlink(unfinished.c_str());
  return status;
}

}  // namespace greeter::store
