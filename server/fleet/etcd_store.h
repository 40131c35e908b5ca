// A ConfigStore that a fleet of greeterds shares, in etcd: what one of them records, all of them
// have.
//
// A change is one transaction, which compares the key `config` with what its writer knew and puts
// the new revision there and into the history. So of two who change at the same time one is
// refused. A write whose answer is lost is repeated: by its write ID it is known again if it was
// carried out, and the comparison keeps it from being carried out twice.
//
// What etcd has is kept up to date by a thread of its own (fleet/watcher.h). As long as etcd was
// never heard, the store gives what the local copy has. A fleet that has nothing yet begins with
// the local copy of whoever comes first, so a greeterd that was alone brings its Config and its
// history along.

#ifndef GREETER_FLEET_ETCD_STORE_H_
#define GREETER_FLEET_ETCD_STORE_H_

#include <spdlog/logger.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/config_store.h"
#include "etcd/client.h"
#include "fleet/founding.h"
#include "fleet/head.h"
#include "fleet/watcher.h"
#include "store/sqlite_store.h"

namespace greeter::fleet {

// Owned by main. The methods of ConfigStore and Keep() are called by the controller thread alone,
// the others by the owner.
class EtcdStore : public control::ConfigStore {
 public:
  struct Options {
    // The fleet's name, a DNS label.
    std::string fleet;
    // How many revisions to keep in etcd, the newest; at least 1.
    size_t history = 1000;
    // How long Latest() waits for etcd to be heard for the first time.
    absl::Duration first_contact = absl::Seconds(5);
    // How long a write is repeated whose answer was lost.
    absl::Duration write_patience = absl::Seconds(10);
  };

  // `client` and `logger` must outlive it. `copy` is the local one; null: none is kept.
  EtcdStore(etcd::Client* client, std::unique_ptr<store::SqliteStore> copy, Options options,
            spdlog::logger* logger);
  // As Stop().
  ~EtcdStore() override;
  EtcdStore(const EtcdStore&) = delete;
  EtcdStore& operator=(const EtcdStore&) = delete;

  // Starts to listen to etcd. `changed` is called, on a thread of the store's, whenever Latest() or
  // sharing() may have changed by another's hand.
  void Start(std::function<void()> changed);
  // Ends that, and all calls of `client`. Idempotent.
  void Stop();

  absl::StatusOr<std::optional<control::Record>> Latest() override;
  absl::StatusOr<control::Record> Get(uint64_t revision) override;
  // A revision that etcd has garbage for is listed as unreadable.
  absl::StatusOr<std::vector<api::Revision>> List(uint64_t before, size_t limit) override;
  // RESOURCE_EXHAUSTED, too, for a Config that is too large for etcd.
  absl::Status Append(const control::Record& record) override;
  std::optional<api::FleetStatus> sharing() const override;

  // `record` is in force here: the local copy has it from now on. What goes wrong is logged, and
  // tried again with the next call. If the copy's newest revision is not of the fleet's history (a
  // lone greeterd's, or one that a backup lacks), the copy as it was is kept aside before, which
  // takes as long as writing it does.
  void Keep(const control::Record& record);

 private:
  // Begins the fleet, which has nothing, with `newest`, which is the copy's, and what the copy has
  // before it; or gives what another was first with. UNAVAILABLE.
  absl::StatusOr<std::optional<control::Record>> Found(control::Record newest);
  // What the copy has.
  absl::StatusOr<History> Copied(control::Record newest);
  // UNAVAILABLE while etcd can't be heard: then nobody waits for it.
  absl::Status CheckHeard() const;
  // Before `record` goes into the copy: keeps aside what is there, if it is of another history.
  absl::Status KeepOther(const control::Record& record);
  // Whether etcd has that revision, of that time, in the fleet's history; UNAVAILABLE.
  absl::StatusOr<bool> IsRecorded(const api::Revision& revision);
  // What `record` is written over, if it may be.
  absl::StatusOr<int64_t> BaseOf(const control::Record& record) const;
  // The outcome of a write of `record`, as the answer to it tells.
  absl::Status Judge(const control::Record& record, const etcdserverpb::TxnResponse& response);

  // Constant after construction.
  etcd::Client* const client_;
  const Options options_;
  spdlog::logger* const logger_;
  const std::unique_ptr<store::SqliteStore> copy_;
  std::function<void()> changed_ = [] {};  // from Start() on

  Head head_;
  Watcher watcher_;

  // Owned by the controller thread.
  api::Revision kept_;           // as last given to copy_
  uint64_t kept_histories_ = 0;  // Head::Known's, when it was last seen what history copy_ is of
};

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_ETCD_STORE_H_
