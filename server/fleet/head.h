// The fleet's newest revision, as this replica has seen it: what is in etcd's key `config`, and
// which of two sights of it is the later one.
//
// Within one cluster of etcd's the later one is that with the higher mod_revision. A lower one is
// no news, unless it stays: then etcd was restored from a backup under its old cluster ID. With
// another cluster ID it is adopted at once; both are said loudly.
//
// What can't be read takes nothing away: the last good record stays the newest.
//
// Any thread. Owned by the store.

#ifndef GREETER_FLEET_HEAD_H_
#define GREETER_FLEET_HEAD_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "control/config_store.h"

namespace greeter::fleet {

// The key as a linearizable read, or an event, showed it.
struct Sight {
  uint64_t cluster_id = 0;
  // Of the key; of one that is not there, etcd's own at that time.
  int64_t revision = 0;
  // Unset: the key is not there.
  std::optional<std::string> value;
};

class Head {
 public:
  // What a Sight has changed.
  struct News {
    bool changed = false;
    // Etcd is heard for the first time, or again.
    bool heard = false;
    // For the log, as a warning; empty if there is nothing to say.
    std::string warning = {};
  };

  // What is known, at one moment.
  struct Known {
    // Unset: nothing was ever recorded, or nothing is known yet.
    std::optional<control::Record> record;
    // What the next write must find the key to have: 0 if it is to be absent.
    int64_t mod_revision = 0;
    // DATA_LOSS while the key holds what can't be read, NOT_FOUND while a key that was there is
    // gone.
    absl::Status state;
    // How many histories were known: one more with each that etcd was found to have in place of the
    // one before.
    uint64_t histories = 1;
    // Why etcd can't be heard: UNAVAILABLE. From the beginning, until it is.
    absl::Status contact = absl::UnavailableError("etcd has not answered yet");
  };

  // How long an older revision must stay in the same cluster until it is believed.
  static constexpr absl::Duration kDoubt = absl::Seconds(10);

  // `key` is that of the config.
  explicit Head(std::string key) : key_(std::move(key)) {}

  // As seen at `now`: etcd is heard, and what it has is known, at one moment.
  News See(const Sight& sight, absl::Time now);
  // Our own write has succeeded.
  void Wrote(const control::Record& record, uint64_t cluster_id, int64_t revision);
  // Etcd could not be heard, for `reason`. Whether that is news.
  bool Lose(const absl::Status& reason);

  Known known() const;
  // Whether an older revision is in doubt, so that it is to be looked at again soon.
  bool in_doubt() const;

 private:
  // mutex_ is held.
  void Take(const Sight& sight, News& news);
  // The warning that a step back deserves.
  std::string StepBack(const Sight& sight, const std::string& reason) const;

  // Constant after construction.
  const std::string key_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  Known known_;
  uint64_t cluster_id_ = 0;  // 0: nothing was seen yet
  int64_t revision_ = 0;     // of the sight that was taken last
  std::optional<absl::Time> doubt_since_;
};

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_HEAD_H_
