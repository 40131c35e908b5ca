#include "failing_disk.h"

#include <gtest/gtest.h>

namespace greeter::store {
namespace {

// Begins with what SQLite takes for the file; the real VFS's file follows it in memory.
struct File {
  sqlite3_file base;
  FailingDisk* disk;
  bool is_log;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& Of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file).real(); }

sqlite3_vfs* RealVfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int Close(sqlite3_file* f) { return Real(f)->pMethods->xClose(Real(f)); }
int Read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  return Real(f)->pMethods->xRead(Real(f), to, size, at);
}
int Write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  if (Of(f).disk->write_error != SQLITE_OK) return Of(f).disk->write_error;
  return Real(f)->pMethods->xWrite(Real(f), from, size, at);
}
int Truncate(sqlite3_file* f, sqlite3_int64 size) {
  return Real(f)->pMethods->xTruncate(Real(f), size);
}
int Sync(sqlite3_file* f, int flags) {
  FailingDisk& disk = *Of(f).disk;
  int error = disk.file_sync_error;
  if (Of(f).is_log) {
    ++disk.log_syncs;
    error = disk.log_syncs_to_fail != 0 ? disk.log_sync_error : SQLITE_OK;
    if (error != SQLITE_OK && disk.log_syncs_to_fail > 0) --disk.log_syncs_to_fail;
  }
  return error != SQLITE_OK ? error : Real(f)->pMethods->xSync(Real(f), flags);
}
int FileSize(sqlite3_file* f, sqlite3_int64* size) {
  return Real(f)->pMethods->xFileSize(Real(f), size);
}
int Lock(sqlite3_file* f, int kind) { return Real(f)->pMethods->xLock(Real(f), kind); }
int Unlock(sqlite3_file* f, int kind) { return Real(f)->pMethods->xUnlock(Real(f), kind); }
int CheckReservedLock(sqlite3_file* f, int* result) {
  return Real(f)->pMethods->xCheckReservedLock(Real(f), result);
}
int FileControl(sqlite3_file* f, int operation, void* argument) {
  return Real(f)->pMethods->xFileControl(Real(f), operation, argument);
}
int SectorSize(sqlite3_file* f) { return Real(f)->pMethods->xSectorSize(Real(f)); }
int Characteristics(sqlite3_file* f) { return Real(f)->pMethods->xDeviceCharacteristics(Real(f)); }
int ShmMap(sqlite3_file* f, int page, int size, int extend, void volatile** memory) {
  return Real(f)->pMethods->xShmMap(Real(f), page, size, extend, memory);
}
int ShmLock(sqlite3_file* f, int offset, int count, int flags) {
  return Real(f)->pMethods->xShmLock(Real(f), offset, count, flags);
}
void ShmBarrier(sqlite3_file* f) { Real(f)->pMethods->xShmBarrier(Real(f)); }
int ShmUnmap(sqlite3_file* f, int remove) { return Real(f)->pMethods->xShmUnmap(Real(f), remove); }

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         Characteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

// The disk that opens files; SQLite's callbacks carry only the VFS.
FailingDisk* present = nullptr;

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  File& file = Of(f);
  file.disk = present;
  file.is_log = (flags & SQLITE_OPEN_WAL) != 0;
  file.base.pMethods = nullptr;
  const int result = RealVfs(vfs)->xOpen(RealVfs(vfs), name, file.real(), flags, out_flags);
  if (file.real()->pMethods != nullptr) file.base.pMethods = &kMethods;
  return result;
}

}  // namespace

FailingDisk::FailingDisk() : vfs_(*sqlite3_vfs_find(nullptr)) {
  EXPECT_EQ(present, nullptr);
  present = this;
  vfs_.pAppData = sqlite3_vfs_find(nullptr);
  vfs_.pNext = nullptr;
  vfs_.zName = "failing_disk";
  vfs_.szOsFile += static_cast<int>(sizeof(File));
  vfs_.xOpen = Open;
  sqlite3_vfs_register(&vfs_, 1);
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_unregister(&vfs_);
  present = nullptr;
}

}  // namespace greeter::store
