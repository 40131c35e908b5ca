// Keeps a Head up to date with etcd: lists, watches from there, and lists again whenever the watch
// ends, for whatever reason, and once a minute in any case. So nothing depends on an event that
// might not come.
//
// Runs one thread. Owned by the store.

#ifndef GREETER_FLEET_WATCHER_H_
#define GREETER_FLEET_WATCHER_H_

#include <spdlog/logger.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "etcd/client.h"
#include "fleet/backoff.h"
#include "fleet/head.h"

namespace greeter::fleet {

class Watcher {
 public:
  // Watches `key` for `head`; all must outlive it. Warnings go to `logger`.
  Watcher(etcd::Client* client, std::string key, Head* head, spdlog::logger* logger);
  // As Stop().
  ~Watcher();

  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Starts the thread. `changed` is called on it whenever what `head` knows has changed.
  void Start(std::function<void()> changed);
  // Ends it; the client has been stopped before. Idempotent.
  void Stop();

  // Waits until etcd has been asked once, with whatever success, but not beyond `deadline`. After
  // Start(), any thread.
  void WaitForFirst(absl::Time deadline);

  // What a Range of the one key answered, or an event of it told.
  static Sight ToSight(const etcdserverpb::RangeResponse& response);

 private:
  void Run();
  // The revision to watch from.
  absl::StatusOr<int64_t> List();
  absl::Status Watch(int64_t from);
  void Heard(const Sight& sight);
  // Sleeps; false when it is time to stop.
  bool Wait(absl::Duration delay);

  // Constant after construction (changed_: after Start()).
  etcd::Client* const client_;
  const std::string key_;
  Head* const head_;
  spdlog::logger* const logger_;
  std::function<void()> changed_;

  // Owned by the thread.
  Backoff backoff_{absl::Milliseconds(100), absl::Seconds(2)};

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool asked_ = false;

  // Owned by the owner.
  std::thread thread_;
};

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_WATCHER_H_
