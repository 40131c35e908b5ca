// Finding, making, checking, copying and setting aside the file greeter.db.

#ifndef GREETER_STORE_STATE_FILE_H_
#define GREETER_STORE_STATE_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/database.h"
#include "store/state_directory.h"

namespace greeter::store {

// Opens greeter.db in `directory`, made anew if it is not there, checks it and brings its schema up
// to date. DATA_LOSS if it is damaged or not greeterd's, FAILED_PRECONDITION if it is of a newer
// greeterd, PERMISSION_DENIED if it can't be written, UNAVAILABLE. One thread at a time.
absl::StatusOr<Database> OpenStateFile(const StateDirectory& directory);

// The files that hold the state while greeter.db is open: itself and its log. Any thread.
std::vector<std::string> StateFilesOf(const StateDirectory& directory);

// Renames greeter.db, and what belongs to it, to greeter.db.damaged-TIME and returns its new path.
// PERMISSION_DENIED, UNAVAILABLE.
absl::StatusOr<std::string> SetAsideStateFile(const StateDirectory& directory);

// Copies what is in greeter.db, which `database` is a connection to without an open transaction, to
// greeter.db.replaced-`what`, and returns the path: on the disk, and fit to take the place of
// greeter.db. If that is there already, it is left alone. PERMISSION_DENIED, FAILED_PRECONDITION,
// UNAVAILABLE, DATA_LOSS.
absl::StatusOr<std::string> CopyStateFile(const StateDirectory& directory, Database& database,
                                          const std::string& what);

}  // namespace greeter::store

#endif  // GREETER_STORE_STATE_FILE_H_
