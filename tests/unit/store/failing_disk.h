// A disk that fails when told to: a SQLite VFS over the real one, the default while it lives.

#ifndef GREETER_TESTS_UNIT_STORE_FAILING_DISK_H_
#define GREETER_TESTS_UNIT_STORE_FAILING_DISK_H_

#include <sqlite3.h>

namespace greeter::store {

// One at a time; one thread. Outlives the databases opened while it lives.
class FailingDisk {
 public:
  FailingDisk();
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  // What fails from now on; SQLITE_OK: nothing.
  int write_error = SQLITE_OK;
  int log_sync_error = SQLITE_OK;
  // How many syncs of the log fail, the next ones; -1: all.
  int log_syncs_to_fail = -1;
  int file_sync_error = SQLITE_OK;
  // How often the log was synced.
  int log_syncs = 0;

 private:
  sqlite3_vfs vfs_;
};

}  // namespace greeter::store

#endif  // GREETER_TESTS_UNIT_STORE_FAILING_DISK_H_
