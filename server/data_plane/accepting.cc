// A worker's accepting: who gets a place, and when to pause. Its loop and its endpoints are in
// worker.cc.

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "data_plane/worker.h"

namespace greeter::data_plane {
namespace {

// Connections accepted on one endpoint before others get their turn.
constexpr int kAcceptsPerTurn = 64;
// So many that others come while they are accepted.
constexpr int kMany = 6;

bool IsReadable(int fd) {
  pollfd waiting = {fd, POLLIN, 0};
  return poll(&waiting, 1, 0) != 0;
}

}  // namespace

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
