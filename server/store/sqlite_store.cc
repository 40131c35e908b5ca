#include "store/sqlite_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/revision_row.h"
#include "store/state_file.h"

namespace greeter::store {
namespace {

int64_t ToSqlite(uint64_t number) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(number, kMost));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& directory,
                                                               const Options& options) {
  absl::StatusOr<StateDirectory> claimed = StateDirectory::Claim(directory);
  if (!claimed.ok()) return claimed.status();

  std::string set_aside;
  absl::StatusOr<Database> database = OpenStateFile(*claimed);
  if (absl::IsDataLoss(database.status()) && options.reset_damaged) {
    absl::StatusOr<std::string> renamed = SetAsideStateFile(*claimed);
    if (!renamed.ok()) return renamed.status();
    set_aside = *std::move(renamed);
    database = OpenStateFile(*claimed);
  }
  if (absl::IsDataLoss(database.status())) {
    return absl::DataLossError(absl::StrCat(
        "the recorded state is damaged: ", database.status().message(),
        "; put a backup in its place, or begin anew with --state-reset, which keeps the damaged "
        "file under another name"));
  }
  if (!database.ok()) return database.status();
  std::vector<OpenFile> files;
  for (const std::string& path : StateFilesOf(*claimed)) {
    absl::StatusOr<OpenFile> file = OpenFile::At(path);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  std::unique_ptr<SqliteStore> store(
      new SqliteStore(*std::move(claimed), *std::move(database), std::move(files), options));
  store->set_aside_ = set_aside;
  return store;
}

SqliteStore::SqliteStore(StateDirectory directory, Database database, std::vector<OpenFile> files,
                         const Options& options)
    : directory_(std::move(directory)),
      files_(std::move(files)),
      history_(std::max<size_t>(options.history, 1)),
      history_bytes_(ToSqlite(options.history_bytes)),
      database_(std::move(database)) {}

absl::StatusOr<std::optional<control::Record>> SqliteStore::Latest() {
  return ReadNewest(database_);
}

absl::StatusOr<control::Record> SqliteStore::Get(uint64_t revision) {
  Statement select(database_,
                   absl::StrCat("SELECT ", kRecordColumns, " FROM revisions WHERE number = ?"));
  const absl::StatusOr<bool> row = select.Bind(ToSqlite(revision)).Step();
  if (!row.ok()) return row.status();
  if (*row) return ReadRecord(select);
  const absl::StatusOr<int64_t> oldest = database_.QueryInt("SELECT min(number) FROM revisions");
  const absl::StatusOr<int64_t> newest = database_.QueryInt("SELECT max(number) FROM revisions");
  if (!oldest.ok()) return oldest.status();
  if (!newest.ok()) return newest.status();
  return absl::NotFoundError(
      *newest == 0
          ? absl::StrCat("no revision ", revision, "; there are none yet")
          : absl::StrCat("no revision ", revision, "; those kept are ", *oldest, " to ", *newest));
}

absl::StatusOr<std::vector<api::Revision>> SqliteStore::List(uint64_t before, size_t limit) {
  Statement select(database_,
                   absl::StrCat("SELECT ", kRevisionColumns,
                                " FROM revisions WHERE number < ? ORDER BY number DESC LIMIT ?"));
  select.Bind(ToSqlite(before)).Bind(ToSqlite(limit));
  std::vector<api::Revision> revisions;
  while (true) {
    const absl::StatusOr<bool> row = select.Step();
    if (!row.ok()) return row.status();
    if (!*row) return revisions;
    absl::StatusOr<api::Revision> revision = ReadRevision(select);
    if (!revision.ok()) return revision.status();
    revisions.push_back(*std::move(revision));
  }
}

absl::Status SqliteStore::Append(const control::Record& record) {
  return InTransaction([&] {
    const absl::Status status = CheckFollows(record.revision.number());
    return status.ok() ? Write(record) : status;
  });
}

absl::Status SqliteStore::Adopt(const control::Record& record) {
  return InTransaction([&] {
    Statement forget(database_, "DELETE FROM revisions WHERE number >= ?");
    const absl::Status status = forget.Bind(ToSqlite(record.revision.number())).Run();
    return status.ok() ? Write(record) : status;
  });
}

absl::StatusOr<std::string> SqliteStore::KeepAside() {
  const absl::Status in_place = CheckInPlace();
  if (!in_place.ok()) return in_place;
  const absl::StatusOr<std::string> newest = database_.QueryText(
      "SELECT number || '-' || replace(replace(time, '-', ''), ':', '') FROM revisions "
      "ORDER BY number DESC LIMIT 1");
  if (!newest.ok()) return newest;
  return CopyStateFile(directory_, database_, *newest);
}

absl::Status SqliteStore::CheckInPlace() const {
  for (const OpenFile& file : files_) {
    absl::Status in_place = file.CheckInPlace();
    if (!in_place.ok()) return in_place;
  }
  return absl::OkStatus();
}

absl::Status SqliteStore::InTransaction(absl::FunctionRef<absl::Status()> write) {
  absl::Status status = CheckInPlace();
  if (!status.ok()) return status;
  status = database_.Execute("BEGIN IMMEDIATE");
  if (status.ok()) {
    status = write();
    if (status.ok()) status = database_.Execute("COMMIT");
    if (status.ok()) return status;
    Undo();
  }
  return absl::UnavailableError(status.message());
}

absl::Status SqliteStore::CheckFollows(uint64_t number) {
  const absl::StatusOr<int64_t> newest = database_.QueryInt("SELECT max(number) FROM revisions");
  if (!newest.ok()) return newest.status();
  if (ToSqlite(number) == *newest + 1) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("revision ", number, " can't follow ", *newest));
}

absl::Status SqliteStore::Write(const control::Record& record) {
  const absl::Status status = InsertRow(database_, record);
  return status.ok() ? Forget(record.revision.number()) : status;
}

absl::Status SqliteStore::Forget(uint64_t newest) {
  if (newest > history_) {
    Statement prune(database_, "DELETE FROM revisions WHERE number <= ?");
    const absl::Status status = prune.Bind(ToSqlite(newest - history_)).Run();
    if (!status.ok()) return status;
  }
  while (true) {
    const absl::StatusOr<int64_t> used = database_.BytesInUse();
    if (!used.ok()) return used.status();
    if (*used <= history_bytes_) return absl::OkStatus();
    const absl::StatusOr<int64_t> oldest = database_.QueryInt("SELECT min(number) FROM revisions");
    if (!oldest.ok()) return oldest.status();
    if (*oldest == ToSqlite(newest)) return absl::OkStatus();
    Statement forget(database_, "DELETE FROM revisions WHERE number = ?");
    const absl::Status status = forget.Bind(*oldest).Run();
    if (!status.ok()) return status;
  }
}

void SqliteStore::Undo() {
  // Some errors have rolled back already, and rolling back itself needs no disk.
  if (database_.in_transaction()) database_.Execute("ROLLBACK").IgnoreError();
  // If only the sync failed, the log ends in a commit that the next process to open it would take
  // for a good one. Emptying the log takes it out.
  database_.Execute("PRAGMA wal_checkpoint(TRUNCATE)").IgnoreError();
}

}  // namespace greeter::store
