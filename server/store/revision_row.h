// A record as a row of the table `revisions`, readable with any SQLite tool: the Config as indented
// JSON, the time as RFC 3339. A checksum over all of it tells a damaged row from a sound one.

#ifndef GREETER_STORE_REVISION_ROW_H_
#define GREETER_STORE_REVISION_ROW_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/config_store.h"
#include "store/database.h"

namespace greeter::store {

// Creates the table; version 1 of the schema.
inline constexpr char kCreateRevisions[] = R"(
CREATE TABLE revisions (
  number        INTEGER PRIMARY KEY,
  time          TEXT NOT NULL,     -- RFC 3339, UTC
  author        TEXT NOT NULL,
  action        TEXT NOT NULL,
  comment       TEXT NOT NULL,
  config        TEXT NOT NULL,     -- JSON
  file_hash     TEXT,              -- of the config file applied last; NULL: none ever was
  file_revision INTEGER,           -- the revision that applied it
  checksum      INTEGER NOT NULL   -- FNV-1a over the columns before
) STRICT
)";

// The columns that the functions below read, in their order.
inline constexpr char kRevisionColumns[] = "number, time, author, action, comment";
inline constexpr char kRecordColumns[] =
    "number, time, author, action, comment, config, file_hash, file_revision, checksum";

// Adds `record` to the table. UNAVAILABLE, DATA_LOSS.
absl::Status InsertRow(Database& database, const control::Record& record);

// The revision in a row of kRevisionColumns. DATA_LOSS.
absl::StatusOr<api::Revision> ReadRevision(const Statement& row);

// The record in a row of kRecordColumns. DATA_LOSS, naming the revision.
absl::StatusOr<control::Record> ReadRecord(const Statement& row);

// The record with the highest number; nullopt in an empty table. UNAVAILABLE, DATA_LOSS.
absl::StatusOr<std::optional<control::Record>> ReadNewest(Database& database);

}  // namespace greeter::store

#endif  // GREETER_STORE_REVISION_ROW_H_
