#include "load/generator.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace greeter::load {
namespace {

constexpr uint64_t kWake = ~uint64_t{0};
constexpr uint32_t kInterest = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
constexpr size_t kBufferBytes = size_t{128} * 1024;
// A client that never gets EAGAIN lets the others have their turn after this.
constexpr uint64_t kSendAtOnce = uint64_t{1024} * 1024;
constexpr int64_t kSecond = 1'000'000'000;

int64_t ClockNow(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

int64_t Now() { return ClockNow(CLOCK_MONOTONIC); }

int PendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// Leaves the port to connect(), which may use one port for many targets.
int BindSource(int fd, uint32_t host) {
  const int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  sockaddr_in source = {};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  return bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof(source)) == 0 ? 0 : errno;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Generator>> Generator::Create(Options options) {
  if (absl::Status status = Validate(options); !status.ok()) return status;
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  const int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kWake;
  if (epoll_fd < 0 || wake_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) != 0) {
    const int error = errno;
    if (epoll_fd >= 0) close(epoll_fd);
    if (wake_fd >= 0) close(wake_fd);
    return absl::ResourceExhaustedError(
        absl::StrCat("can't create an epoll set: ", std::strerror(error)));
  }
  return std::unique_ptr<Generator>(new Generator(std::move(options), epoll_fd, wake_fd));
}

Generator::Generator(Options options, int epoll_fd, int wake_fd)
    : options_(std::move(options)),
      epoll_fd_(epoll_fd),
      wake_fd_(wake_fd),
      timeout_(absl::ToInt64Nanoseconds(options_.timeout)),
      interval_(options_.rate > 0 ? static_cast<double>(kSecond) / options_.rate : 0),
      slots_(static_cast<size_t>(options_.in_flight)),
      buffer_(kBufferBytes, 'x') {
  report_.greeted_by_expected.resize(options_.expected.size());
  idle_.reserve(slots_.size());
  for (size_t slot = slots_.size(); slot-- > 0;) idle_.push_back(static_cast<uint32_t>(slot));
}

Generator::~Generator() {
  close(wake_fd_);
  close(epoll_fd_);
}

void Generator::Stop() {
  stopping_.store(true, std::memory_order_relaxed);
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

Report Generator::Run() {
  constexpr int kEvents = 256;
  epoll_event events[kEvents];
  const int64_t cpu_before = ClockNow(CLOCK_THREAD_CPUTIME_ID);
  begin_ = Now();
  const int64_t duration = absl::ToInt64Nanoseconds(options_.duration);
  end_of_starts_ = duration > INT64_MAX - begin_ ? INT64_MAX : begin_ + duration;
  int64_t now = begin_;
  StartDue(now);
  while (idle_.size() < slots_.size() || MayStart(now)) {
    const int64_t patience = Patience(now);
    const timespec wait = {patience / kSecond, patience % kSecond};
    const int count = epoll_pwait2(epoll_fd_, events, kEvents, &wait, nullptr);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kWake) {
        epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, wake_fd_, nullptr);
      } else {
        Handle(events[i].data.u64, events[i].events);
      }
    }
    now = Now();
    ExpireDue(now);
    StartDue(now);
  }
  report_.elapsed = absl::Nanoseconds(now - begin_);
  report_.cpu = absl::Nanoseconds(ClockNow(CLOCK_THREAD_CPUTIME_ID) - cpu_before);
  return std::move(report_);
}

bool Generator::MayStart(int64_t now) const {
  return started_ < options_.connections && now < end_of_starts_ &&
         !stopping_.load(std::memory_order_relaxed);
}

int64_t Generator::NextIntended() const {
  return begin_ + static_cast<int64_t>(interval_ * static_cast<double>(started_));
}

// A process that forks keeps a closed socket, and its events, alive until the child's exec
// (epoll(7), questions and answers): they must not be taken for those of the slot's next
// connection.
uint64_t Generator::Key(uint32_t slot) const { return slots_[slot].number << 32 | slot; }

void Generator::StartDue(int64_t now) {
  // At most once round: where connecting fails at once, the slot is idle again at once.
  for (size_t tries = slots_.size(); tries > 0 && !idle_.empty() && MayStart(now); --tries) {
    int64_t intended = now;
    if (interval_ > 0) {
      intended = NextIntended();
      if (intended > now) return;
    }
    const uint32_t slot = idle_.back();
    idle_.pop_back();
    Start(slot, intended);
    now = Now();
  }
  if (interval_ > 0 && idle_.empty() && MayStart(now) && NextIntended() <= now) {
    ++report_.delayed_starts;
  }
}

int64_t Generator::Patience(int64_t now) const {
  int64_t until = now + kSecond;
  if (!deadlines_.empty()) until = std::min(until, deadlines_.front().when);
  if (!idle_.empty() && MayStart(now)) {
    until = std::min(until, interval_ > 0 ? NextIntended() : now);
  }
  return std::max<int64_t>(0, until - now);
}

void Generator::Start(uint32_t slot, int64_t intended) {
  Connection& connection = slots_[slot];
  connection = Connection();
  connection.number = started_++;
  connection.start = intended;
  connection.unsent = options_.speak_bytes;
  connection.match = Match(options_.expected);
  deadlines_.push_back({Now() + timeout_, slot, connection.number});
  if (const int error = Connect(slot); error != 0) FinishWithError(slot, error);
}

int Generator::Connect(uint32_t slot) {
  Connection& connection = slots_[slot];
  const Target& target = options_.targets[connection.number % options_.targets.size()];
  connection.fd = socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection.fd < 0) return errno;
  if (options_.source_addresses > 0 && target.family() == AF_INET) {
    const auto host =
        static_cast<uint32_t>(connection.number % static_cast<uint64_t>(options_.source_addresses));
    if (const int error = BindSource(connection.fd, host); error != 0) return error;
  }
  if (connect(connection.fd, reinterpret_cast<const sockaddr*>(&target.address), target.length) !=
          0 &&
      errno != EINPROGRESS) {
    return errno;
  }
  epoll_event event = {};
  event.events = kInterest;
  event.data.u64 = Key(slot);
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, connection.fd, &event) == 0 ? 0 : errno;
}

void Generator::Handle(uint64_t key, uint32_t events) {
  const auto slot = static_cast<uint32_t>(key);
  Connection& connection = slots_[slot];
  if (connection.fd < 0 || key != Key(slot)) return;
  if (!connection.connected) {
    if ((events & (EPOLLIN | EPOLLOUT)) == 0 || (events & EPOLLERR) != 0) {
      const int error = PendingError(connection.fd);
      // Accepted and reset before we looked: the connection was made.
      return FinishWithError(slot, error == 0 ? ECONNRESET : error);
    }
    connection.connected = true;
    report_.connect.Record(absl::Nanoseconds(Now() - connection.start));
  }
  if (connection.unsent > 0 && options_.speak == Speak::kFirst && !Send(slot)) return;
  if (!connection.ended && !Read(slot, events)) return;
  const bool may_speak = options_.speak == Speak::kDuring  ? connection.match.received() > 0
                         : options_.speak == Speak::kAfter ? connection.ended
                                                           : false;
  if (connection.unsent > 0 && may_speak && !Send(slot)) return;
  if (connection.ended && connection.unsent == 0) Leave(slot);
}

bool Generator::Read(uint32_t slot, uint32_t events) {
  Connection& connection = slots_[slot];
  for (;;) {
    const ssize_t size = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (size < 0) {
      if (errno == EAGAIN) return true;
      if (errno == EINTR) continue;
      FinishWithError(slot, errno);
      return false;
    }
    if (size > 0) {
      if (connection.match.received() == 0) {
        report_.first_byte.Record(absl::Nanoseconds(Now() - connection.start));
      }
      connection.match.Take(buffer_.data(), static_cast<size_t>(size));
      report_.bytes_received += static_cast<uint64_t>(size);
    }
    // The end was there before we read, and less came than was asked for: nothing is left.
    const bool drained = (events & EPOLLRDHUP) != 0 && (events & EPOLLERR) == 0 &&
                         static_cast<size_t>(size) < buffer_.size();
    if (size == 0 || drained) {
      connection.ended = true;
      return true;
    }
  }
}

bool Generator::Send(uint32_t slot) {
  Connection& connection = slots_[slot];
  uint64_t sent_now = 0;
  while (connection.unsent > 0 && sent_now < kSendAtOnce) {
    const size_t size = static_cast<size_t>(std::min<uint64_t>(connection.unsent, buffer_.size()));
    const ssize_t sent = send(connection.fd, buffer_.data(), size, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN) return true;
      if (errno == EINTR) continue;
      FinishWithError(slot, errno);
      return false;
    }
    sent_now += static_cast<uint64_t>(sent);
    if (connection.unsent != Options::kEndless) connection.unsent -= static_cast<uint64_t>(sent);
  }
  if (connection.unsent > 0) {
    // Still writable: only arming it again makes epoll say so.
    epoll_event event = {};
    event.events = kInterest;
    event.data.u64 = Key(slot);
    epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, connection.fd, &event);
  }
  return true;
}

bool Generator::Leave(uint32_t slot) {
  Connection& connection = slots_[slot];
  if (options_.half_close) {
    if (!connection.shut) {
      connection.shut = true;
      shutdown(connection.fd, SHUT_WR);
    }
    if (const int error = PendingError(connection.fd); error != 0) {
      FinishWithError(slot, error);
      return false;
    }
    tcp_info info = {};
    socklen_t size = sizeof(info);
    // A unix socket knows no TCP_INFO, and its shutdown has arrived already.
    const bool acknowledged = getsockopt(connection.fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
                              info.tcpi_state == TCP_CLOSE;
    if (!acknowledged) return true;
  }
  size_t expected = 0;
  const Outcome verdict = connection.match.Verdict(&expected);
  if (verdict == Outcome::kGreeted) {
    if (!options_.expected.empty()) ++report_.greeted_by_expected[expected];
    report_.total.Record(absl::Nanoseconds(Now() - connection.start));
  }
  Finish(slot, verdict);
  return false;
}

void Generator::FinishWithError(uint32_t slot, int error) {
  const Connection& connection = slots_[slot];
  const bool refused = !connection.connected && (error == ECONNREFUSED || error == ENOENT);
  if (refused) return Finish(slot, Outcome::kRefused);
  if (error == ECONNRESET || error == EPIPE) {
    size_t expected = 0;
    if (connection.ended && connection.match.Verdict(&expected) == Outcome::kGreeted) {
      ++report_.reset_after_whole;
    }
    return Finish(slot, Outcome::kReset);
  }
  if (report_.first_error.empty()) {
    report_.first_error =
        absl::StrCat(options_.targets[connection.number % options_.targets.size()].text, ": ",
                     std::strerror(error));
  }
  Finish(slot, error == ETIMEDOUT ? Outcome::kTimedOut : Outcome::kOther);
}

void Generator::Finish(uint32_t slot, Outcome outcome) {
  Connection& connection = slots_[slot];
  if (connection.fd >= 0) close(connection.fd);
  connection.fd = -1;
  ++report_.outcomes[static_cast<size_t>(outcome)];
  idle_.push_back(slot);
  finished_.fetch_add(1, std::memory_order_relaxed);
}

void Generator::ExpireDue(int64_t now) {
  while (!deadlines_.empty()) {
    const Deadline& first = deadlines_.front();
    const Connection& connection = slots_[first.slot];
    const bool over = connection.fd < 0 || connection.number != first.number;
    if (!over && first.when > now) return;
    if (!over) Finish(first.slot, Outcome::kTimedOut);
    deadlines_.pop_front();
  }
}

}  // namespace greeter::load
