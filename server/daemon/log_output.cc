#include "daemon/log_output.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/time/clock.h"
#include "net/errors.h"

namespace greeter::daemon {
namespace {

constexpr absl::Duration kLastWords = absl::Seconds(1);

int MillisecondsUntil(absl::Time time) {
  const absl::Duration left = std::clamp(time - absl::Now(), absl::ZeroDuration(), absl::Hours(1));
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))));
}

}  // namespace

absl::StatusOr<std::shared_ptr<LogOutput>> LogOutput::Start(int descriptor, Options options) {
  net::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return net::SystemError("log: eventfd", errno);
  std::shared_ptr<LogOutput> output(
      new LogOutput(net::NonblockingOutput(descriptor), std::move(wake), std::move(options)));
  output->thread_ = std::thread(&LogOutput::Run, output.get());
  return output;
}

LogOutput::LogOutput(net::NonblockingOutput output, net::FileDescriptor wake, Options options)
    : options_(std::move(options)), wake_(std::move(wake)), output_(std::move(output)) {}

LogOutput::~LogOutput() { Stop(kLastWords); }

void LogOutput::Write(absl::string_view record, Kind kind) {
  const std::lock_guard lock(mutex_);
  const bool was_waiting = !queue_.empty();
  if (!MakeRoom(record.size(), kind)) return Count(kind);
  queue_.push_back({std::string(record), kind});
  queued_bytes_ += record.size();
  // While others wait, the thread looks for room.
  if (was_waiting) return;
  WriteQueued();
  if (!queue_.empty()) eventfd_write(wake_.get(), 1);
}

void LogOutput::Stop(absl::Duration timeout) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = absl::Now() + timeout;
    eventfd_write(wake_.get(), 1);
  }
  thread_.join();
}

void LogOutput::Run() {
  while (true) {
    std::array<pollfd, 2> waiting = {pollfd{wake_.get(), POLLIN, 0}, pollfd{-1, POLLOUT, 0}};
    int timeout = -1;
    {
      const std::lock_guard lock(mutex_);
      const bool idle = queue_.empty();
      if (stop_.has_value()) {
        if (idle || absl::Now() >= *stop_) return;
        timeout = MillisecondsUntil(*stop_);
      }
      if (!idle) waiting[1].fd = output_.descriptor();
    }
    poll(waiting.data(), waiting.size(), timeout);
    eventfd_t ignored = 0;
    if (waiting[0].revents != 0) eventfd_read(wake_.get(), &ignored);
    if (waiting[1].revents == 0) continue;
    const std::lock_guard lock(mutex_);
    WriteQueued();
  }
}

void LogOutput::WriteQueued() {
  // What was dropped was older than what waits; but a record that has begun is finished first.
  if (written_ == 0 && !WriteReport()) return;
  while (!queue_.empty()) {
    const Outcome outcome = WriteText(queue_.front().text);
    if (outcome == Outcome::kNoRoom) return;
    // No reader will ever come, or the disk is full: the next record has its own chance.
    if (outcome == Outcome::kFailed) Count(queue_.front().kind);
    queued_bytes_ -= queue_.front().text.size();
    queue_.pop_front();
    if (outcome == Outcome::kWritten && !WriteReport()) return;
  }
}

bool LogOutput::WriteReport() {
  if (losses_.ordinary + losses_.audit == 0) return true;
  std::string report = options_.report(losses_);
  const Outcome outcome = WriteText(report);
  // Until some of it is out, the counts may still grow.
  if (outcome == Outcome::kWritten || written_ > 0) losses_ = Losses();
  if (written_ > 0) {
    queued_bytes_ += report.size();
    queue_.push_front({std::move(report), Kind::kAudit});
  }
  return outcome != Outcome::kNoRoom;
}

LogOutput::Outcome LogOutput::WriteText(const std::string& text) {
  while (written_ < text.size()) {
    const ssize_t count = output_.Write(text.data() + written_, text.size() - written_);
    if (count >= 0) {
      written_ += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      return Outcome::kNoRoom;
    } else if (errno != EINTR) {
      written_ = 0;
      return Outcome::kFailed;
    }
  }
  written_ = 0;
  return Outcome::kWritten;
}

bool LogOutput::MakeRoom(size_t size, Kind kind) {
  while (!queue_.empty() && queued_bytes_ + size > options_.queue_bytes) {
    if (DropOldest(Kind::kOrdinary)) continue;
    if (kind == Kind::kOrdinary || !DropOldest(Kind::kAudit)) return false;
  }
  return true;
}

bool LogOutput::DropOldest(Kind kind) {
  const auto begin = queue_.begin() + (written_ > 0 ? 1 : 0);
  const auto oldest = std::find_if(begin, queue_.end(),
                                   [kind](const Record& record) { return record.kind == kind; });
  if (oldest == queue_.end()) return false;
  queued_bytes_ -= oldest->text.size();
  queue_.erase(oldest);
  Count(kind);
  return true;
}

void LogOutput::Count(Kind kind) { ++(kind == Kind::kAudit ? losses_.audit : losses_.ordinary); }

}  // namespace greeter::daemon
