// SQLite as the store uses it: a connection, statements, and errors that say what failed.

#ifndef GREETER_STORE_DATABASE_H_
#define GREETER_STORE_DATABASE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace greeter::store {

// One connection to one file. One thread at a time.
//
// Errors, of every method here: DATA_LOSS if the file is damaged, UNAVAILABLE for all else (no
// space, I/O errors, locked by someone else). They name the file.
class Database {
 public:
  // Opens `path`, which exists, for reading and writing; where that is not allowed, the first write
  // fails.
  static absl::StatusOr<Database> Open(const std::string& path);

  // Runs statements that give no rows, or whose rows don't matter.
  absl::Status Execute(const std::string& sql);

  // The first column of the first row.
  absl::StatusOr<int64_t> QueryInt(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  // Of the file's pages those that hold something, the open transaction's changes included.
  absl::StatusOr<int64_t> BytesInUse();

  // Whether a transaction is open.
  bool in_transaction() const;

  // The error that `result`, a SQLite result code just received, stands for.
  absl::Status Error(int result) const;

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };

  std::string path_;
  std::unique_ptr<sqlite3, Close> connection_;
};

// One prepared statement, for one run. `database` must outlive it.
class Statement {
 public:
  Statement(Database& database, absl::string_view sql);

  // Parameters, in their order.
  Statement& Bind(int64_t value);
  Statement& Bind(absl::string_view value);
  Statement& BindNull();

  // True: a row is there to be read. False: no more of them. Errors of all calls before, too.
  absl::StatusOr<bool> Step();
  // As Step(), for statements without rows.
  absl::Status Run();

  // Columns of the current row, counted from 0.
  int64_t Int(int column) const;
  std::string Text(int column) const;
  bool IsNull(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int parameters_ = 0;
  int result_ = SQLITE_OK;
};

}  // namespace greeter::store

#endif  // GREETER_STORE_DATABASE_H_
