#include "data_plane/worker.h"

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

constexpr int kEventsPerWait = 128;
// How long a closing endpoint may take to accept what is queued: only a lack of descriptors, or a
// kernel without gates under constant load, makes it last.
constexpr std::chrono::seconds kCloseTimeout{5};

// epoll's 64 bits: connections have their key below 2^32, endpoints this bit, the wakeup the next.
constexpr uint64_t kEndpointBit = uint64_t{1} << 32;
constexpr uint64_t kWakeup = uint64_t{1} << 33;

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

}  // namespace greeter::data_plane
