// One WatchStatus stream: sends the state at once, then looks again once per interval and sends it
// if it has changed. While a slow reader still takes one state nothing is queued behind it, so it
// is next sent the newest.

#ifndef GREETER_ADMIN_WATCH_REACTOR_H_
#define GREETER_ADMIN_WATCH_REACTOR_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/open_calls.h"
#include "admin/status_source.h"
#include "control/api.h"
#include "grpcpp/alarm.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace greeter::admin {

inline constexpr absl::Duration kDefaultWatchInterval = absl::Seconds(1);
inline constexpr absl::Duration kMinWatchInterval = absl::Milliseconds(100);
inline constexpr absl::Duration kMaxWatchInterval = absl::Hours(1);
// How often it is asked whether the watcher may still watch, at least.
inline constexpr absl::Duration kStandingInterval = absl::Seconds(1);

// The interval a request asks for. INVALID_ARGUMENT with a field violation. Any thread.
absl::StatusOr<absl::Duration> WatchInterval(const api::WatchStatusRequest& request);

// Owned by itself: lives until gRPC and its alarm are done with it.
class WatchReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public std::enable_shared_from_this<WatchReactor> {
 public:
  struct Request {
    std::string listener;
    absl::Duration interval;
    // Kept until the stream ends.
    std::shared_ptr<const void> place;
    // Whether whoever asked may still watch, else what the stream ends with. Any thread. Null:
    // it may.
    std::function<absl::Status()> standing;
  };

  // A running stream, to be returned to gRPC. It ends when the client cancels, the listener is gone
  // (NOT_FOUND), `calls` stop (UNAVAILABLE) or by `standing`. Any thread.
  static WatchReactor* Watch(const StatusSource* source, OpenCalls* calls, Request request);

  // A stream that ends with `status` and sends nothing. Any thread.
  static WatchReactor* Refuse(OpenCalls* calls, const absl::Status& status);

  // By gRPC.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using Clock = std::chrono::steady_clock;

  WatchReactor(const StatusSource* source, OpenCalls* calls, Request request);
  static std::shared_ptr<WatchReactor> Make(const StatusSource* source, OpenCalls* calls,
                                            Request request);

  // Looks if it is time to, sends if there is anything new, and sets the alarm. From the alarm.
  void Tick();
  // With mutex_ held.
  void Send(api::ServerStatus status);
  void SetAlarm();
  // Ends the stream, after the write that is under way if there is one. The first call counts.
  void End(const absl::Status& status);

  // Constant after construction.
  const StatusSource* const source_;
  OpenCalls* const calls_;
  const Request request_;
  uint64_t number_ = 0;

  // Guarded by mutex_.
  std::mutex mutex_;
  grpc::Alarm alarm_;
  Clock::time_point next_look_ = {};
  bool writing_ = false;
  // What is being written, or was last.
  grpc::ByteBuffer sent_;
  std::string sent_status_;
  // Set when the stream is to end; Finish() has been called once writing_ is false.
  std::optional<grpc::Status> end_;
  // Keeps this alive for gRPC; cleared by OnDone().
  std::shared_ptr<WatchReactor> self_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_WATCH_REACTOR_H_
