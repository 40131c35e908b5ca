#include "daemon/access_log.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace greeter::daemon {
namespace {

constexpr std::chrono::milliseconds kInterval{20};
constexpr absl::Duration kLastWords = absl::Seconds(1);
// Between looks at whether the file is still the one that its path leads to.
constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr absl::Duration kWordInterval = absl::Minutes(1);
// Records that are made lines of before these are written.
constexpr size_t kBatch = 1024;

uint64_t LinesIn(absl::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessLog>> AccessLog::Open(const Options& options,
                                                           std::shared_ptr<spdlog::logger> logger,
                                                           data_plane::Engine::Options* engine) {
  std::unique_ptr<AccessLog> log(
      new AccessLog(options, static_cast<size_t>(engine->workers), std::move(logger)));
  if (options.access_log.empty()) return log;
  engine->log = &*log->records_;
  const absl::Status opened = log->file_.Open();
  if (absl::IsUnavailable(opened)) {
    log->trouble_ = std::string(opened.message());
    log->logger_->warn("access log: {}; its lines are dropped until somebody does", log->trouble_);
  } else if (!opened.ok()) {
    return absl::Status(opened.code(), absl::StrCat("--access-log: ", opened.message(),
                                                    "; choose a file that greeterd may write"));
  }
  log->thread_ = std::thread([raw = log.get()] { raw->Run(); });
  return log;
}

AccessLog::AccessLog(const Options& options, size_t workers, std::shared_ptr<spdlog::logger> logger)
    : logger_(std::move(logger)), file_(options.access_log), lines_(options.log_format) {
  if (!options.access_log.empty()) records_.emplace(workers, options.access_log_sample);
}

AccessLog::~AccessLog() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = absl::Now() + kLastWords;
    changed_.notify_one();
  }
  thread_.join();
}

void AccessLog::Reopen() {
  const std::lock_guard lock(mutex_);
  reopen_ = true;
  changed_.notify_one();
}

std::optional<AccessLog::Counts> AccessLog::counts() const {
  if (!records_) return std::nullopt;
  return Counts{written_.load(std::memory_order_relaxed),
                dropped_.load(std::memory_order_relaxed) + records_->dropped()};
}

void AccessLog::Run() {
  for (;;) {
    std::optional<absl::Time> stop;
    bool reopen = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kInterval, [this] { return reopen_; });
      reopen = std::exchange(reopen_, false);
      stop = stop_;
    }
    // What was recorded before goes where it was to go.
    const bool all = WriteAll();
    if (reopen) OpenAnew();
    LookAfterFile();
    SayWhatWasDropped();
    if (stop.has_value() && (all || absl::Now() >= *stop)) return;
  }
}

bool AccessLog::WriteAll() {
  lines_.SetClock(absl::Now(), std::chrono::steady_clock::now());
  // There is other work, however fast records come.
  for (size_t left = records_->capacity(); left > 0;) {
    if (!WritePending()) return false;
    const size_t taken = records_->Take(
        std::min(kBatch, left),
        [this](const data_plane::ConnectionRecord& record) { lines_.Append(record, &pending_); });
    if (!file_.is_open()) Drop(trouble_);
    if (taken == 0) return true;
    left -= taken;
  }
  return false;
}

bool AccessLog::WritePending() {
  while (written_bytes_ < pending_.size()) {
    const ssize_t size =
        file_.Write(torn_ ? "\n" : absl::string_view(pending_).substr(written_bytes_));
    if (size >= 0 && torn_) {
      torn_ = size == 0;
    } else if (size >= 0) {
      written_bytes_ += static_cast<size_t>(size);
    } else if (errno == EAGAIN) {
      return false;
    } else if (errno != EINTR) {
      Drop(std::strerror(errno));
      return true;
    }
  }
  written_.fetch_add(LinesIn(pending_), std::memory_order_relaxed);
  pending_.clear();
  written_bytes_ = 0;
  return true;
}

void AccessLog::Drop(absl::string_view why) {
  const absl::string_view out = absl::string_view(pending_).substr(0, written_bytes_);
  written_.fetch_add(LinesIn(out), std::memory_order_relaxed);
  dropped_.fetch_add(LinesIn(absl::string_view(pending_).substr(written_bytes_)),
                     std::memory_order_relaxed);
  why_dropped_ = std::string(why);
  if (!out.empty()) torn_ = out.back() != '\n';
  pending_.clear();
  written_bytes_ = 0;
}

void AccessLog::LookAfterFile() {
  const absl::Time now = absl::Now();
  if (now < next_look_) return;
  next_look_ = now + kLookInterval;
  if (!file_.is_open() || file_.IsReplaced()) OpenAnew();
}

void AccessLog::OpenAnew() {
  // A line that has begun is ended where it began, or not at all.
  if (written_bytes_ > 0) {
    if (!file_.IsReplaced()) return;
    Drop("the pipe was replaced while a line was on its way");
  }
  const absl::Status opened = file_.Open();
  if (opened.ok()) {
    torn_ = false;
    logger_->info("access log: opened anew");
    trouble_.clear();
  } else if (std::exchange(trouble_, std::string(opened.message())) != opened.message()) {
    logger_->error("access log: {}", trouble_);
  }
}

void AccessLog::SayWhatWasDropped() {
  const uint64_t dropped = counts()->dropped;
  const absl::Time now = absl::Now();
  if (dropped == said_dropped_ || now < next_word_) return;
  next_word_ = now + kWordInterval;
  logger_->warn("access log: {} lines were dropped: {}",
                dropped - std::exchange(said_dropped_, dropped),
                why_dropped_.empty() ? "the file takes them too slowly" : why_dropped_);
  why_dropped_.clear();
}

}  // namespace greeter::daemon
