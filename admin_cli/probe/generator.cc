// When connections start and end; connection.cc has what happens in between.

#include "probe/generator.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/errors.h"
#include "probe/clock.h"
#include "probe/sockets.h"

namespace greeter::probe {
namespace {

constexpr uint64_t kWake = ~uint64_t{0};
constexpr size_t kBufferBytes = size_t{128} * 1024;
constexpr int64_t kSecond = 1'000'000'000;
// Keeps clients whose attempts to connect fail at once from taking the processor away from the
// server.
constexpr int64_t kRestAfterFailure = 1'000'000;

// Equal for all, so that deadlines come in the order in which they are set.
int64_t AttemptTime(const Options& options) {
  size_t most = 1;
  for (const Target& target : options.targets) most = std::max(most, target.addresses.size());
  const absl::Duration part = options.timeout / static_cast<int64_t>(most);
  return absl::ToInt64Nanoseconds(std::min(part, options.connect_patience));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Generator>> Generator::Create(Options options) {
  if (absl::Status status = Validate(options); !status.ok()) return status;
  net::FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  net::FileDescriptor wake(epoll.valid() ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kWake;
  if (!wake.valid() || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return net::SystemError("can't create an epoll set", errno);
  }
  return std::unique_ptr<Generator>(
      new Generator(std::move(options), std::move(epoll), std::move(wake)));
}

Generator::Generator(Options options, net::FileDescriptor epoll, net::FileDescriptor wake)
    : options_(std::move(options)),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      timeout_(absl::ToInt64Nanoseconds(options_.timeout)),
      attempt_(AttemptTime(options_)),
      pace_(options_.rate, options_.connections, options_.duration),
      slots_(static_cast<size_t>(options_.in_flight)),
      buffer_(kBufferBytes, 'x') {
  report_.greeted_by_expected.resize(options_.expected.texts());
  idle_.reserve(slots_.size());
  for (size_t slot = slots_.size(); slot-- > 0;) idle_.push_back(static_cast<uint32_t>(slot));
}

Generator::~Generator() = default;

void Generator::Stop() {
  stopping_.store(true, std::memory_order_relaxed);
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
}

void Generator::Cut() {
  cutting_.store(true, std::memory_order_relaxed);
  Stop();
}

Report Generator::Run() {
  constexpr int kEvents = 256;
  epoll_event events[kEvents];
  const int64_t cpu_before = ClockNow(CLOCK_THREAD_CPUTIME_ID);
  int64_t now = Now();
  pace_.Begin(now);
  StartDue(now);
  while ((open_ > 0 && !cutting_.load(std::memory_order_relaxed)) || MayStart(now)) {
    const int64_t patience = Patience(now);
    const timespec wait = {patience / kSecond, patience % kSecond};
    const int count = epoll_pwait2(epoll_.get(), events, kEvents, &wait, nullptr);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kWake) {
        uint64_t ignored = 0;
        [[maybe_unused]] const ssize_t got = read(wake_.get(), &ignored, sizeof(ignored));
      } else {
        Handle(events[i].data.u64, events[i].events);
      }
    }
    now = Now();
    ExpireDue(now);
    StartDue(now);
  }
  report_.elapsed = absl::Nanoseconds(now - pace_.begin());
  report_.cpu = absl::Nanoseconds(ClockNow(CLOCK_THREAD_CPUTIME_ID) - cpu_before);
  return std::move(report_);
}

bool Generator::MayStart(int64_t now) const {
  return !stopping_.load(std::memory_order_relaxed) && pace_.MayStart(now);
}

void Generator::StartDue(int64_t now) {
  for (; !resting_.empty() && resting_.front().until <= now; resting_.pop_front()) {
    idle_.push_back(resting_.front().slot);
  }
  // At most once round: where connecting fails at once, the slot is idle again at once.
  for (size_t tries = slots_.size(); tries > 0 && !idle_.empty() && MayStart(now); --tries) {
    const int64_t intended = pace_.NextStart(now);
    if (intended > now) return;
    const uint32_t slot = idle_.back();
    idle_.pop_back();
    Start(slot, intended);
    now = Now();
  }
  if (pace_.has_rate() && idle_.empty() && MayStart(now) && pace_.NextStart(now) <= now) {
    ++report_.delayed_starts;
  }
}

int64_t Generator::Patience(int64_t now) const {
  int64_t until = now + kSecond;
  if (!deadlines_.empty()) until = std::min(until, deadlines_.front().when);
  if (!attempts_.empty()) until = std::min(until, attempts_.front().when);
  if (!resting_.empty()) until = std::min(until, resting_.front().until);
  if (!idle_.empty() && MayStart(now)) until = std::min(until, pace_.NextStart(now));
  return std::max<int64_t>(0, until - now);
}

void Generator::Start(uint32_t slot, int64_t intended) {
  Connection& connection = slots_[slot];
  connection = Connection();
  connection.number = pace_.Start();
  connection.start = intended;
  connection.unsent = options_.speak_bytes;
  connection.match = Match(options_.expected);
  ++open_;
  deadlines_.push_back({Now() + timeout_, slot, 0, connection.number});
  Connect(slot);
}

const Target& Generator::TargetOf(const Connection& connection) const {
  return options_.targets[connection.number % options_.targets.size()];
}

const net::Address& Generator::AddressOf(const Connection& connection) const {
  return TargetOf(connection).addresses[connection.address];
}

bool Generator::TryNext(uint32_t slot, absl::string_view why) {
  Connection& connection = slots_[slot];
  if (connection.address + 1 == TargetOf(connection).addresses.size()) return false;
  if (options_.on_end) {
    absl::StrAppend(&connection.tried_before, connection.tried_before.empty() ? "" : ", ",
                    AddressOf(connection).ToString(), " (", why, ")");
  }
  connection.fd.Close();
  ++connection.address;
  Connect(slot);
  return true;
}

void Generator::FinishWithError(uint32_t slot, int error) {
  const Connection& connection = slots_[slot];
  const Outcome outcome = OutcomeOf(error, !IsConnecting(connection));
  if (IsConnecting(connection) && outcome != Outcome::kReset &&
      TryNext(slot, std::strerror(error))) {
    return;
  }
  size_t ignored = 0;
  if (outcome == Outcome::kReset && connection.ended &&
      connection.match.Verdict(connection.bytes, &ignored) == Outcome::kGreeted) {
    ++report_.reset_after_whole;
  }
  if (outcome != Outcome::kReset && outcome != Outcome::kRefused && report_.first_error.empty()) {
    report_.first_error = absl::StrCat(TargetOf(connection).text, ": ", std::strerror(error));
  }
  Finish(slot, outcome, error);
}

void Generator::Finish(uint32_t slot, Outcome outcome, int error) {
  Connection& connection = slots_[slot];
  if (options_.on_end) Tell(connection, outcome, error);
  const bool was_connected = !IsConnecting(connection);
  connection.fd.Close();
  ++report_.outcomes[static_cast<size_t>(outcome)];
  --open_;
  if (was_connected) {
    idle_.push_back(slot);
  } else {
    resting_.push_back({Now() + kRestAfterFailure, slot});
  }
  if (outcome == Outcome::kGreeted) greeted_.fetch_add(1, std::memory_order_relaxed);
  finished_.fetch_add(1, std::memory_order_relaxed);
}

void Generator::Tell(const Connection& connection, Outcome outcome, int error) const {
  const auto since_start = [&](int64_t when) {
    return when == 0 ? -absl::InfiniteDuration() : absl::Nanoseconds(when - connection.start);
  };
  options_.on_end({outcome, error, &AddressOf(connection), connection.tried_before,
                   since_start(connection.connected_at), since_start(connection.first_byte_at),
                   since_start(Now()), connection.match.received(), connection.bytes});
}

bool Generator::IsOver(const Deadline& deadline) const {
  const Connection& connection = slots_[deadline.slot];
  return !connection.fd.valid() || connection.number != deadline.number;
}

void Generator::ExpireDue(int64_t now) {
  for (; !deadlines_.empty(); deadlines_.pop_front()) {
    const Deadline first = deadlines_.front();
    if (IsOver(first)) continue;
    if (first.when > now) break;
    const Connection& connection = slots_[first.slot];
    const bool unanswered = IsConnecting(connection) && GiveUpConnecting(connection.fd.get());
    Finish(first.slot, unanswered ? Outcome::kUnanswered : Outcome::kTimedOut, 0);
  }
  for (; !attempts_.empty(); attempts_.pop_front()) {
    const Deadline first = attempts_.front();
    const Connection& connection = slots_[first.slot];
    if (IsOver(first) || !IsConnecting(connection) || connection.address != first.address) continue;
    if (first.when > now) break;
    if (!GiveUpConnecting(connection.fd.get())) continue;
    if (!TryNext(first.slot, "no answer")) Finish(first.slot, Outcome::kUnanswered, 0);
  }
}

}  // namespace greeter::probe
