// The controller owns the desired state and is its only writer.
//
// It runs one thread. Changes queue up and run one by one: edit a copy of the Config, validate it,
// prepare it in the data plane, record it in the store, activate it on every worker, publish a
// snapshot, answer. A change that fails at any step has changed nothing. Between changes the
// controller retries listeners that are enabled but not bound, with a growing delay.
//
// Reads never queue behind changes: they are served from the last published snapshot. Only the
// history and the Configs of earlier revisions, which the store holds, are read between changes.
//
// A store that is shared with other greeterds brings revisions of theirs as well: see
// control/convergence.h.
//
// Owned by main. Data plane and store are called on the controller thread alone (but for the data
// plane's methods that any thread may call).

#ifndef GREETER_CONTROL_CONTROLLER_H_
#define GREETER_CONTROL_CONTROLLER_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/api.h"
#include "control/change.h"
#include "control/config_store.h"
#include "control/convergence.h"
#include "control/data_plane.h"

namespace greeter::control {

// What the controller last published; immutable.
struct Snapshot {
  api::Revision revision;
  // Complete: every default is filled in.
  api::Config config;
  // As in Record.
  std::optional<AppliedFile> file;
  // In the Config's order, without counts.
  std::vector<api::ListenerStatus> listeners;
  // As in api::ServerStatus.
  std::optional<api::FleetStatus> fleet = std::nullopt;

  // At least one listener is enabled, and every enabled one is listening: the health service's
  // "greeter.data".
  bool serving() const;
};

// Who this greeterd is; constant from start to end.
struct ServerIdentity {
  std::string server_id;
  std::string version;
  absl::Time start_time;
  // As in api::ServerStatus.
  std::vector<std::string> warnings = {};
  // The config file it was started with; empty for none.
  std::string config_file = {};
};

// What became of a change: everything that an audit wants to know, and nothing of what clients of
// the data plane are told.
struct Decision {
  // As in Change.
  std::string action;
  std::string author;
  std::string peer;
  std::string comment;
  bool validate_only = false;
  // The current revision before and after. The same: refused, nothing to change, or
  // validate_only. Different, it is recorded, whatever the outcome.
  uint64_t before = 0;
  uint64_t after = 0;
  absl::StatusCode outcome = absl::StatusCode::kOk;
  // Why it was refused, as the client is told; empty if it was not.
  std::string reason;
};

class Controller {
 public:
  struct Options {
    ServerIdentity identity;
    // Delay before a FAILED listener is tried again: first (at least 1 ms), and the most it grows
    // to (doubling).
    absl::Duration retry_initial = absl::Milliseconds(500);
    absl::Duration retry_max = absl::Seconds(30);
    // Called for every change that is submitted, accepted or refused, before it is answered, and
    // for a changed config file that Start() records; not for revision 1, which changes nothing. On
    // the controller thread; after Stop() on the submitter's.
    std::function<void(const Decision&)> audit = [](const Decision&) {};
  };

  // The answer to a change: the revision in force after it and the listeners' status with counts,
  // in the Config's order. For validate_only: those it would lead to, but for the bound addresses
  // of listeners that are not bound now.
  struct ChangeResult {
    api::Revision revision;
    // The number of the revision in force before it: the same one if nothing was to change.
    uint64_t before = 0;
    std::vector<api::ListenerStatus> listeners;
    // The Config in force after it, complete; empty if the change was about one listener.
    api::Config config;
  };

  using ChangeDone = absl::AnyInvocable<void(absl::StatusOr<ChangeResult>)>;
  using ConfigDone = absl::AnyInvocable<void(absl::StatusOr<Record>)>;
  using RevisionsDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<api::Revision>>)>;
  using Observer = std::function<void(const Snapshot&)>;

  // `data_plane` and `store` must outlive the controller.
  Controller(DataPlane* data_plane, ConfigStore* store, Options options);
  // As Stop().
  ~Controller();

  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Called on the controller thread for every snapshot published, Start()'s included. Before
  // Start().
  void Observe(Observer observer);

  // Starts the controller thread, which takes the store's newest Config and serves it; returns when
  // it is served. If the store has none, or if `file_hash` is not the one recorded there, `initial`
  // is recorded as a new revision and served instead. Listeners that can't bind are FAILED and
  // retried; that is no error. INVALID_ARGUMENT if `initial` is not a valid Config (field paths
  // start at the Config), FAILED_PRECONDITION if the stored one no longer is, UNAVAILABLE or
  // DATA_LOSS if the store fails; the controller is stopped then. `file_hash` is that of the config
  // file that `initial` comes from, if it comes from one. Once, by the owner.
  //
  // With a shared store that is UNAVAILABLE it starts all the same and serves nothing, or the stale
  // Config that the store has; what is to be recorded is, once the store is heard.
  absl::Status Start(api::Config initial, std::optional<std::string> file_hash = std::nullopt);

  // The store's Latest() or sharing() may have changed by another's hand: what is newest there is
  // put in force. Any thread; without effect before Start() and after Stop().
  void StoreChanged();

  // Lets the change that is running finish, answers those still queued with UNAVAILABLE, and ends
  // the thread. Idempotent. By the owner, not from a callback.
  void Stop();

  // Any thread; `done` is called exactly once, on the controller thread (or on the caller's, with
  // UNAVAILABLE, after Stop()). The errors are those of the API, their messages for the operator:
  // INVALID_ARGUMENT (see InvalidArgument()), NOT_FOUND, ABORTED, FAILED_PRECONDITION, UNAVAILABLE,
  // DATA_LOSS.
  void Submit(Change change, ChangeDone done);

  // The Config at `revision`, or the current one. NOT_FOUND, UNAVAILABLE, DATA_LOSS. Any thread,
  // after Start(); `done` is called exactly once: for the current one at once on the caller's
  // thread, for an earlier one as for Submit().
  void GetConfig(std::optional<uint64_t> revision, ConfigDone done);

  // The history as ConfigStore::List() gives it. UNAVAILABLE. Any thread, after Start(); `done` is
  // called exactly once, as for Submit().
  void ListRevisions(uint64_t before, size_t limit, RevisionsDone done);

  // Any thread, never blocks on a change; null before Start().
  std::shared_ptr<const Snapshot> snapshot() const;

  // Observed state with counts: of `listener`, or of all if it is empty. NOT_FOUND. Any thread,
  // after Start().
  absl::StatusOr<api::ServerStatus> GetStatus(const std::string& listener) const;

  // Counts of `listener`, or of all if it is empty, and their sum. NOT_FOUND. Any thread, after
  // Start().
  absl::StatusOr<api::GetConnectionCountsResponse> GetCounts(const std::string& listener) const;

 private:
  // A task for the controller thread: run with OK, or with UNAVAILABLE when it will not be.
  using Task = absl::AnyInvocable<void(absl::Status)>;

  void Post(Task task);
  void Run();
  void RefuseQueued();

  // On the controller thread.
  absl::Status Begin(api::Config initial, std::optional<std::string> file_hash);
  // Puts in force what the store has, or first records there what Start() was given.
  absl::Status Settle();
  absl::Status TrySettle();
  // What the store has now.
  void Converge();
  void Adopt(Record record);
  // Tries to put convergence_.wanted in force.
  void Pursue();
  // What the next change changes: in a fleet perhaps not yet in force here.
  const Record& Newest() const;
  // Executes `change`, again if others were first and it does not mind; says so in `decision`.
  absl::StatusOr<ChangeResult> Decide(Change& change, Decision& decision);
  absl::StatusOr<ChangeResult> Execute(Change& change);
  absl::StatusOr<Record> Load(uint64_t revision);
  // What `change` makes of the Config it begins with, complete and valid.
  absl::StatusOr<api::Config> Desire(Change& change);
  // Retries FAILED listeners, and what could not be put in force, when their time has come.
  void Reconcile();
  void ScheduleRetry();
  void ActivateAndPublish(std::unique_ptr<DataPlane::Preparation> preparation, Record record);
  void Publish();
  std::vector<FieldViolation> CheckConfig(const api::Config& config) const;
  absl::Status CheckFailures(const Change& change, const api::Config& desired,
                             const std::map<std::string, absl::Status>& failures) const;
  std::vector<api::ListenerStatus> Foresee(
      const Record& record, const std::map<std::string, absl::Status>& failures) const;
  Record NextRecord(const Change& change, const Record& base, api::Config config) const;

  // Any thread.
  // Of a change that is not decided yet.
  Decision DecisionOn(const Change& change) const;
  std::vector<api::ListenerStatus> WithCounts(std::vector<api::ListenerStatus> listeners) const;

  // Constant after construction (observers_: from Start() on).
  DataPlane* const data_plane_;
  ConfigStore* const store_;
  const Options options_;
  std::vector<Observer> observers_;

  // Owned by the controller thread.
  Record current_;  // in force
  Convergence convergence_;
  std::map<std::string, absl::Status> failures_;  // why enabled listeners are not bound
  absl::Duration retry_delay_;
  std::optional<std::chrono::steady_clock::time_point> retry_at_;  // unset: nothing to retry

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::shared_ptr<const Snapshot> snapshot_;

  // Owned by the owner.
  std::thread thread_;
};

}  // namespace greeter::control

#endif  // GREETER_CONTROL_CONTROLLER_H_
