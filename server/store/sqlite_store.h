// A ConfigStore in a SQLite file, greeter.db in the state directory: what was recorded survives the
// death of the process and the loss of power.
//
// One table of revisions (store/revision_row.h), in a write-ahead log that is synced at every
// commit. The schema's version is the file's user_version; older ones are brought up to date when
// it is opened. The file is made under another name and renamed when it is whole, so that an empty
// or half-made greeter.db is always damage, never a beginning.

#ifndef GREETER_STORE_SQLITE_STORE_H_
#define GREETER_STORE_SQLITE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "control/config_store.h"
#include "store/database.h"
#include "store/open_file.h"
#include "store/state_directory.h"

namespace greeter::store {

// Owned by main; after Open() called by the controller thread alone.
class SqliteStore : public control::ConfigStore {
 public:
  struct Options {
    // How many revisions to keep, the newest; at least 1.
    size_t history = 1000;
    // The oldest are forgotten, too, while the file has more than this in use; never the newest.
    // What they took is used again, so the file stays near this size, and its log below 4 MiB and
    // the largest change.
    size_t history_bytes = control::kMaxHistoryBytes;
    // A damaged file is renamed (see set_aside()) and a new one begun; without this it is an error.
    bool reset_damaged = false;
  };

  // Claims `directory` for this process and opens or creates greeter.db in it. The errors are for
  // the person who starts greeterd: those of StateDirectory::Claim(), DATA_LOSS for a damaged file,
  // FAILED_PRECONDITION for one of a newer greeterd, PERMISSION_DENIED for one that can't be
  // written, UNAVAILABLE. A file of up to 64 MiB is checked as a whole, of a larger one the newest
  // revision alone.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& directory,
                                                           const Options& options);

  absl::StatusOr<std::optional<control::Record>> Latest() override;
  absl::StatusOr<control::Record> Get(uint64_t revision) override;
  absl::StatusOr<std::vector<api::Revision>> List(uint64_t before, size_t limit) override;
  // Waits up to 1 s for somebody who holds the file with a tool of their own. Refused, too, while
  // the file's name leads elsewhere: whoever starts next would not find the record. It works again
  // once the file is back in its place.
  absl::Status Append(const control::Record& record) override;

  // Makes `record` the newest, whatever its number: the store is the copy of another. Revisions
  // from that number on are forgotten, and there may be a gap below it. Errors as Append().
  absl::Status Adopt(const control::Record& record);

  // Keeps all revisions as they are now in a file beside greeter.db, and gives its path. Once for
  // each state of the store: the file is named by the newest revision. Takes as long as writing all
  // of it to the disk does. Errors as Append(), PERMISSION_DENIED, FAILED_PRECONDITION, DATA_LOSS.
  absl::StatusOr<std::string> KeepAside();

  // Where Open() put a damaged file; empty if there was none.
  const std::string& set_aside() const { return set_aside_; }

 private:
  SqliteStore(StateDirectory directory, Database database, std::vector<OpenFile> files,
              const Options& options);

  // Whether what is written is found by whoever starts next.
  absl::Status CheckInPlace() const;
  // Writes in a transaction, and undoes it if it fails.
  absl::Status InTransaction(absl::FunctionRef<absl::Status()> write);
  // Within a transaction that has begun.
  absl::Status CheckFollows(uint64_t number);
  absl::Status Write(const control::Record& record);
  // Of what has become too much, with `newest` in the table.
  absl::Status Forget(uint64_t newest);
  // After that has failed.
  void Undo();

  // Constant after construction (set_aside_: after Open()).
  const StateDirectory directory_;
  // greeter.db and its log.
  const std::vector<OpenFile> files_;
  const size_t history_;
  const int64_t history_bytes_;
  std::string set_aside_;

  // Owned by the controller thread.
  Database database_;
};

}  // namespace greeter::store

#endif  // GREETER_STORE_SQLITE_STORE_H_
