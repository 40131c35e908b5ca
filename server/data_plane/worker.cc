#include "data_plane/worker.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/errors.h"

namespace greeter::data_plane {
namespace {

// Connections accepted on one endpoint before others get their turn.
constexpr int kAcceptsPerTurn = 64;
// So many that others come while they are accepted.
constexpr int kMany = 6;
constexpr int kEventsPerWait = 128;
// How long a paused endpoint rests, at most.
constexpr std::chrono::milliseconds kPause{20};
// How long a closing endpoint may take to accept what is queued: only a lack of descriptors, or a
// kernel without gates under constant load, makes it last.
constexpr std::chrono::seconds kCloseTimeout{5};

// epoll's 64 bits: connections have their key below 2^32, endpoints this bit, the wakeup the next.
constexpr uint64_t kEndpointBit = uint64_t{1} << 32;
constexpr uint64_t kWakeup = uint64_t{1} << 33;

bool IsReadable(int fd) {
  pollfd waiting = {fd, POLLIN, 0};
  return poll(&waiting, 1, 0) != 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Worker>> Worker::Start(size_t number, net::AcceptCall accept,
                                                      ConnectionLog::Slot* log) {
  net::FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  net::FileDescriptor wakeup(epoll.valid() ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kWakeup;
  int error = 0;
  if (!wakeup.valid() || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wakeup.get(), &event) != 0) {
    error = errno;
  } else {
    std::unique_ptr<Worker> worker(
        new Worker(number, std::move(accept), log, std::move(epoll), std::move(wakeup)));
    try {
      worker->thread_ = std::thread([raw = worker.get()] { raw->Run(); });
      return worker;
    } catch (const std::system_error& refused) {
      error = refused.code().value();
    }
  }
  return net::SystemError(absl::StrCat("can't start worker ", number + 1,
                                       " (see ulimit -n and -u, or start fewer with --workers)"),
                          error);
}

Worker::Worker(size_t number, net::AcceptCall accept, ConnectionLog::Slot* log,
               net::FileDescriptor epoll, net::FileDescriptor wakeup)
    : epoll_(std::move(epoll)),
      wakeup_(std::move(wakeup)),
      accept_(std::move(accept)),
      connections_(epoll_.get(), number, log) {}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  Post([this] { stopping_ = true; });
  thread_.join();
}

void Worker::Post(Closure closure) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(closure));
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wakeup_.get(), &one, sizeof(one));
}

void Worker::Run() {
  while (!stopping_) {
    if (moderation_.ShouldRest(accepted_, more_queued_, now_)) {
      std::this_thread::sleep_for(Moderation::kRest);
    }
    accepted_ = 0;
    more_queued_ = false;
    Wait();
    RunPosted();
    connections_.OnTime(now_);
    if (wants_room_ && connections_.open() < common_) next_tick_ = now_;
    if (now_ >= next_tick_) Tick();
    if (now_ >= drain_deadline_) connections_.CutAll(now_);
    if (drained_ && connections_.open() == 0) {
      drain_deadline_ = Clock::time_point::max();
      std::exchange(drained_, nullptr)();
    }
  }
}

int Worker::TimeoutMs() const {
  const Clock::time_point next = std::min({connections_.next_time(), next_tick_, drain_deadline_});
  if (next == Clock::time_point::max()) return -1;
  const auto now = Clock::now();
  if (next <= now) return 0;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(std::min<int64_t>(wait.count(), 60'000));
}

void Worker::Wait() {
  std::array<epoll_event, kEventsPerWait> events;
  const int count = epoll_wait(epoll_.get(), events.data(), kEventsPerWait, TimeoutMs());
  now_ = Clock::now();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    const uint64_t key = event.data.u64;
    if (key == kWakeup) {
      uint64_t ignored = 0;
      [[maybe_unused]] const ssize_t got = read(wakeup_.get(), &ignored, sizeof(ignored));
    } else if ((key & kEndpointBit) != 0) {
      OnAcceptable(static_cast<EndpointId>(key));
    } else {
      connections_.OnEvent(static_cast<uint32_t>(key), event.events, now_);
    }
  }
}

void Worker::RunPosted() {
  std::vector<Closure> posted;
  {
    const std::lock_guard lock(mutex_);
    posted.swap(posted_);
  }
  for (Closure& closure : posted) closure();
}

void Worker::Poll(EndpointId id, Endpoint& endpoint) {
  epoll_event event = {};
  // Of the workers that share a socket, one is woken for a connection (epoll_ctl(2)).
  event.events = endpoint.socket.shared() ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN;
  event.data.u64 = id | kEndpointBit;
  endpoint.paused = epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, endpoint.socket.get(), &event) != 0;
  // Out of kernel memory or of watches (epoll(7)): tried again like a lack of descriptors.
  if (endpoint.paused) next_tick_ = std::min(next_tick_, now_ + kPause);
}

void Worker::Open(EndpointId id, net::ListeningSocket socket,
                  std::shared_ptr<const Service> service) {
  Endpoint& endpoint = endpoints_[id];
  endpoint.socket = std::move(socket);
  endpoint.use = connections_.Adopt(std::move(service));
  Apportion();
  Poll(id, endpoint);
}

void Worker::Update(EndpointId id, std::shared_ptr<const Service> service) {
  Endpoint& endpoint = endpoints_.at(id);
  connections_.Retire(std::exchange(endpoint.use, connections_.Adopt(std::move(service))));
}

void Worker::Close(EndpointId id, Closure done) {
  Endpoint& endpoint = endpoints_.at(id);
  endpoint.closed = std::move(done);
  endpoint.close_deadline = now_ + kCloseTimeout;
  if (!endpoint.paused) {
    endpoint.rest = {};
    Pause(endpoint);
  }
  next_tick_ = now_;
}

void Worker::Leave(EndpointId id) {
  Endpoint& endpoint = endpoints_.at(id);
  if (!endpoint.paused) Pause(endpoint);
  Remove(id, endpoint);
}

void Worker::Remove(EndpointId id, const Endpoint& endpoint) {
  connections_.Retire(endpoint.use);
  endpoints_.erase(id);
  Apportion();
}

void Worker::Drain(Clock::time_point deadline, Closure done) {
  drain_deadline_ = deadline;
  drained_ = std::move(done);
}

void Worker::OnAcceptable(EndpointId id) {
  Endpoint& endpoint = endpoints_.at(id);
  if (AcceptSome(endpoint) == Progress::kPause) Pause(endpoint);
}

// A socket polled with EPOLLEXCLUSIVE can't be modified, only removed and added again.
void Worker::Pause(Endpoint& endpoint) {
  endpoint.paused = true;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, endpoint.socket.get(), nullptr);
  next_tick_ = std::min(next_tick_, now_ + endpoint.rest);
}

void Worker::Tick() {
  next_tick_ = Clock::time_point::max();
  wants_room_ = false;
  for (auto next = endpoints_.begin(); next != endpoints_.end();) {
    const auto current = next++;
    auto& [id, endpoint] = *current;
    if (endpoint.closed) {
      FinishClosing(id, endpoint);
    } else if (endpoint.paused) {
      Poll(id, endpoint);
    }
  }
}

void Worker::FinishClosing(EndpointId id, Endpoint& endpoint) {
  const Progress progress = AcceptSome(endpoint);
  if (progress != Progress::kEmpty && now_ < endpoint.close_deadline) {
    const auto rest = progress == Progress::kPause ? endpoint.rest : std::chrono::nanoseconds(0);
    next_tick_ = std::min(next_tick_, now_ + rest);
    return;
  }
  Closure closed = std::move(endpoint.closed);
  Remove(id, endpoint);
  closed();
}

void Worker::SetShare(size_t connections) {
  share_ = connections;
  Apportion();
}

// While an endpoint has fewer than guaranteed_, the others together can't hold more than the share
// less guaranteed_: beyond common_ each of them gets no more than its own guarantee.
void Worker::Apportion() {
  const size_t count = std::max<size_t>(1, endpoints_.size());
  guaranteed_ = share_ / (2 * count);
  common_ = share_ - guaranteed_ * (count - 1);
}

bool Worker::HasRoomFor(const Endpoint& endpoint) const {
  const size_t open = connections_.open();
  return open < common_ || (open < share_ && endpoint.use->connections < guaranteed_);
}

bool Worker::MakeRoomFor(const Endpoint& endpoint) {
  while (!HasRoomFor(endpoint)) {
    if (!connections_.MakeRoom(now_)) return false;
  }
  return true;
}

Worker::Progress Worker::AcceptSome(Endpoint& endpoint) {
  bool accepted = false;
  const int most = MostToAccept(endpoint);
  endpoint.accepted_last = 0;
  for (int i = 0; i < most; ++i) {
    if (!HasRoomFor(endpoint)) {
      // Nobody is shed for a client who may not be there: epoll will tell.
      if (accepted) return Progress::kAccepted;
      if (endpoint.closed && !IsReadable(endpoint.socket.get())) return Progress::kEmpty;
      if (!MakeRoomFor(endpoint)) return PauseForRoom(endpoint);
    }
    const Progress progress = AcceptOne(endpoint);
    if (progress == Progress::kEmpty || progress == Progress::kPause) return progress;
    accepted |= progress == Progress::kAccepted;
  }
  more_queued_ |= most == kAcceptsPerTurn;
  // A network that has nothing but errors to offer may do so for long.
  if (endpoint.lost_in_a_row < kAcceptsPerTurn) return Progress::kAccepted;
  endpoint.lost_in_a_row = 0;
  return PauseExhausted(endpoint);
}

// To ask how many wait is cheaper than an accept that finds nobody, which makes a socket and a file
// first. Where many come, it finds somebody who has come meanwhile.
int Worker::MostToAccept(const Endpoint& endpoint) const {
  if (endpoint.closed || endpoint.accepted_last >= kMany) return kAcceptsPerTurn;
  const std::optional<int> queued = net::QueuedConnections(endpoint.socket.get());
  return std::clamp(queued.value_or(kAcceptsPerTurn), 1, kAcceptsPerTurn);
}

Worker::Progress Worker::AcceptOne(Endpoint& endpoint) {
  const Service& service = *endpoint.use->service;
  const bool limited = !endpoint.closed;
  // To wait is to leave it queued; to reject takes a client that is there. A place that is taken
  // for nobody would have another worker reject somebody.
  const bool asks_first = limited && service.limits.overflow == Overflow::kWait;
  Admission::Ticket ticket;
  if (asks_first) ticket = service.admission->Ask(service.limits, now_);
  if (ticket.verdict == Admission::Verdict::kWait) {
    endpoint.rest = std::min<std::chrono::nanoseconds>(ticket.wait, kPause);
    return Progress::kPause;
  }

  sockaddr_storage peer;
  socklen_t length = sizeof(peer);
  const bool wants_peer = connections_.WantsPeer(service);
  net::FileDescriptor socket(accept_(endpoint.socket.get(),
                                     wants_peer ? reinterpret_cast<sockaddr*>(&peer) : nullptr,
                                     wants_peer ? &length : nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.valid()) {
    endpoint.use->counts->accepted.Add(1);
    ++accepted_;
    ++endpoint.accepted_last;
    endpoint.lost_in_a_row = 0;
    if (limited && !asks_first) ticket = service.admission->Ask(service.limits, now_);
    if (ticket.verdict == Admission::Verdict::kReject) {
      connections_.Reject(std::move(socket), endpoint.use, &peer, now_);
    } else {
      connections_.Greet(std::move(socket), endpoint.use, &peer, ticket.has_place, now_);
    }
    return Progress::kAccepted;
  }
  const int error = errno;
  if (asks_first) service.admission->Return(ticket, service.limits);
  return OnAcceptError(error, endpoint);
}

Worker::Progress Worker::OnAcceptError(int error, Endpoint& endpoint) {
  switch (net::ClassifyAcceptError(error)) {
    case net::AcceptFailure::kEmpty:
      return Progress::kEmpty;
    case net::AcceptFailure::kLost:
      ++endpoint.lost_in_a_row;
      return Progress::kLost;
    case net::AcceptFailure::kExhausted:
      return PauseExhausted(endpoint);
    case net::AcceptFailure::kBroken:
      // The queue of a unix socket that has been shut is empty, too (EINVAL, unix_accept() in
      // Linux); of no socket that is broken will there come more.
      return endpoint.closed ? Progress::kEmpty : PauseExhausted(endpoint);
  }
  return Progress::kEmpty;
}

Worker::Progress Worker::PauseForRoom(Endpoint& endpoint) {
  wants_room_ = true;
  if (!connections_.has_fresh()) return PauseExhausted(endpoint);
  endpoint.rest = Connections::kLeastSweepInterval;
  return Progress::kPause;
}

Worker::Progress Worker::PauseExhausted(Endpoint& endpoint) {
  endpoint.use->counts->pauses.Add(1);
  endpoint.rest = kPause;
  return Progress::kPause;
}

}  // namespace greeter::data_plane
