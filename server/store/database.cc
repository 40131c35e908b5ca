#include "store/database.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace greeter::store {
namespace {

// How long to wait for somebody who looks at the file with a tool of their own.
constexpr int kBusyTimeoutMilliseconds = 1000;

// SQLite's messages don't tell I/O errors apart, and by then errno is another's.
absl::string_view DoingWhat(int io_error) {
  switch (io_error) {
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
      return " while reading";
    case SQLITE_IOERR_WRITE:
      return " while writing (is there a limit on file sizes?)";
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return " while syncing to the disk";
    default:
      return "";
  }
}

}  // namespace

absl::StatusOr<Database> Database::Open(const std::string& path) {
  Database database;
  database.path_ = path;
  sqlite3* connection = nullptr;
  int result = sqlite3_open_v2(path.c_str(), &connection,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  database.connection_.reset(connection);
  if (connection == nullptr) return absl::UnavailableError(path + ": out of memory");
  sqlite3_extended_result_codes(connection, 1);
  if (result != SQLITE_OK) return database.Error(result);
  sqlite3_busy_timeout(connection, kBusyTimeoutMilliseconds);
  return database;
}

absl::Status Database::Execute(const std::string& sql) {
  const int result = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : Error(result);
}

absl::StatusOr<int64_t> Database::QueryInt(absl::string_view sql) {
  Statement statement(*this, sql);
  const absl::StatusOr<bool> row = statement.Step();
  if (!row.ok()) return row.status();
  return *row ? statement.Int(0) : 0;
}

absl::StatusOr<std::string> Database::QueryText(absl::string_view sql) {
  Statement statement(*this, sql);
  const absl::StatusOr<bool> row = statement.Step();
  if (!row.ok()) return row.status();
  return *row ? statement.Text(0) : "";
}

absl::StatusOr<int64_t> Database::BytesInUse() {
  const absl::StatusOr<int64_t> pages = QueryInt("PRAGMA page_count");
  if (!pages.ok()) return pages;
  const absl::StatusOr<int64_t> unused = QueryInt("PRAGMA freelist_count");
  if (!unused.ok()) return unused;
  const absl::StatusOr<int64_t> page_size = QueryInt("PRAGMA page_size");
  if (!page_size.ok()) return page_size;
  return (*pages - *unused) * *page_size;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

absl::Status Database::Error(int result) const {
  const int kind = result & 0xFF;
  std::string reason = sqlite3_errmsg(connection_.get());
  if (kind == SQLITE_FULL) {
    reason = "the disk is full";
  } else if (kind == SQLITE_IOERR) {
    absl::StrAppend(&reason, DoingWhat(result));
  } else if (kind == SQLITE_CANTOPEN) {
    const int system_error = sqlite3_system_errno(connection_.get());
    if (system_error != 0) absl::StrAppend(&reason, " (", std::strerror(system_error), ")");
  }
  const std::string message = absl::StrCat(path_, ": ", reason);
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) return absl::DataLossError(message);
  return absl::UnavailableError(message);
}

Statement::Statement(Database& database, absl::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  result_ = sqlite3_prepare_v2(database.connection_.get(), sql.data(), static_cast<int>(sql.size()),
                               &statement, nullptr);
  statement_.reset(statement);
}

Statement& Statement::Bind(int64_t value) {
  if (result_ == SQLITE_OK) result_ = sqlite3_bind_int64(statement_.get(), ++parameters_, value);
  return *this;
}

Statement& Statement::Bind(absl::string_view value) {
  if (result_ == SQLITE_OK) {
    // A null pointer would be NULL, not an empty text.
    result_ = sqlite3_bind_text64(statement_.get(), ++parameters_,
                                  value.data() == nullptr ? "" : value.data(), value.size(),
                                  SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  return *this;
}

Statement& Statement::BindNull() {
  if (result_ == SQLITE_OK) result_ = sqlite3_bind_null(statement_.get(), ++parameters_);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  if (result_ == SQLITE_OK) {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    result_ = result;
  }
  return database_.Error(result_);
}

absl::Status Statement::Run() { return Step().status(); }

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return "";
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(size)};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

}  // namespace greeter::store
