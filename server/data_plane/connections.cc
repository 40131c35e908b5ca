#include "data_plane/connections.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/string_view.h"
#include "data_plane/accepted_connection.h"

namespace greeter::data_plane {
namespace {

constexpr size_t kScratchBytes = size_t{64} * 1024;
// Reads for one connection before the others get their turn.
constexpr int kReadsPerTurn = 16;
// What a client may send.
constexpr uint32_t kMaxDrainedBytes = uint32_t{64} << 20;

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// Frees the connection's memory in the kernel at once; the client sees a reset.
void CloseWithReset(int socket) {
  const linger abort = {1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  close(socket);
}

}  // namespace

Connections::Connections(int epoll, size_t worker, ConnectionLog::Slot* log)
    : epoll_(epoll), worker_(worker), log_(log), scratch_(kScratchBytes) {}

Connections::~Connections() {
  for (const Fresh& fresh : fresh_) close(fresh.socket);
  for (const Connection& connection : table_) {
    if (connection.state != State::kFree) close(connection.socket);
  }
}

Connections::Use* Connections::Adopt(std::shared_ptr<const Service> service) {
  Use& use = uses_.emplace_back();
  use.counts = &service->counts->worker(worker_);
  use.service = std::move(service);
  return &use;
}

void Connections::Retire(Use* use) {
  use->retired = true;
  if (use->connections == 0) next_expiry_ = Clock::time_point::min();
}

void Connections::Greet(net::FileDescriptor socket, Use* use, const sockaddr_storage* peer,
                        bool has_place, Clock::time_point now) {
  ++use->connections;
  ++open_;
  const Service& service = *use->service;
  std::unique_ptr<ConnectionRecord> record;
  if (log_ != nullptr) record = log_->Begin(service.listener, socket.get(), peer, now);
  const bool literal = service.greeting.is_literal();
  if (!literal) {
    const AcceptedConnection facts(socket.get(), peer, service);
    service.greeting.Render(facts, &buffer_);
    if (record != nullptr) record->number = facts.number_told();
  }
  const std::string& bytes = literal ? service.greeting.literal() : buffer_;

  size_t sent = 0;
  if (!bytes.empty()) {
    const ssize_t result =
        send(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
    if (result < 0 && !WouldBlock(errno)) {
      Count(use, has_place, Outcome::kReset, Clock::duration::zero(), record.get());
      return;
    }
    sent = static_cast<size_t>(std::max<ssize_t>(result, 0));
    use->counts->bytes_sent.Add(sent);
    if (record != nullptr) record->bytes = sent;
  }
  if (sent < bytes.size()) {
    Connection connection;
    connection.use = use;
    connection.since = now;
    connection.deadline = now + service.limits.write_timeout;
    connection.sent = static_cast<uint32_t>(sent);
    if (!literal) connection.rendered = std::make_unique<std::string>(buffer_);
    connection.socket = socket.Release();
    connection.state = State::kWriting;
    connection.has_place = has_place;
    connection.record = std::move(record);
    Register(std::move(connection), EPOLLIN | EPOLLOUT);
    return;
  }
  if (shutdown(socket.get(), SHUT_WR) != 0) {
    Count(use, has_place, Outcome::kReset, Clock::duration::zero(), record.get());
    return;
  }
  use->counts->accept_to_sent.Record(Clock::duration::zero());
  if (record != nullptr) record->sent = Clock::duration::zero();
  if (fresh_.empty()) next_sweep_ = now + kSweepInterval;
  fresh_.push_back(
      {use, now, now + kSweepInterval, socket.Release(), has_place, false, std::move(record)});
  ++greeted_this_turn_;
}

void Connections::Reject(net::FileDescriptor socket, Use* use, const sockaddr_storage* peer,
                         Clock::time_point now) {
  use->counts->Ended(Outcome::kRejected);
  if (log_ == nullptr) return;
  const auto record = log_->Begin(use->service->listener, socket.get(), peer, now);
  if (record != nullptr) log_->End(*record, Outcome::kRejected, Clock::duration::zero());
}

Connections::Drained Connections::Drain(int socket, uint32_t* bytes) {
  // MSG_TRUNC discards without copying on TCP (tcp(7)); unix sockets copy.
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t result = recv(socket, scratch_.data(), scratch_.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (result == 0) return Drained::kEnded;
    if (result < 0) return WouldBlock(errno) ? Drained::kOpen : Drained::kReset;
    *bytes += static_cast<uint32_t>(result);
  }
  return Drained::kOpen;
}

void Connections::OnEvent(uint32_t key, uint32_t events, Clock::time_point now) {
  // MakeRoom() may have ended it since epoll_wait(2) reported it.
  if (table_[key].state == State::kFree) return;
  const bool writing = table_[key].state == State::kWriting;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !table_[key].ended) {
    Connection& connection = table_[key];
    const Drained result = Drain(connection.socket, &connection.drained);
    if (result == Drained::kReset) return End(key, Outcome::kReset, now);
    if (!writing && result == Drained::kEnded) return End(key, Outcome::kCompleted, now);
    if (connection.drained > kMaxDrainedBytes) return End(key, Outcome::kTimedOut, now);
    if (result == Drained::kEnded) {
      connection.ended = true;
      epoll_event event = {};
      event.events = EPOLLOUT;
      event.data.u64 = key;
      epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event);
    }
  }
  if (writing && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) OnWritable(key, now);
}

void Connections::OnWritable(uint32_t key, Clock::time_point now) {
  Connection& connection = table_[key];
  const std::string& bytes = connection.rendered != nullptr
                                 ? *connection.rendered
                                 : connection.use->service->greeting.literal();
  const absl::string_view rest = absl::string_view(bytes).substr(connection.sent);
  const ssize_t result =
      send(connection.socket, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
  if (result < 0) {
    if (!WouldBlock(errno)) End(key, Outcome::kReset, now);
    return;
  }
  connection.sent += static_cast<uint32_t>(result);
  connection.use->counts->bytes_sent.Add(static_cast<uint64_t>(result));
  if (connection.record != nullptr) connection.record->bytes = connection.sent;
  if (connection.sent == bytes.size()) HalfClose(key, now);
}

void Connections::HalfClose(uint32_t key, Clock::time_point now) {
  Connection& connection = table_[key];
  if (shutdown(connection.socket, SHUT_WR) != 0) return End(key, Outcome::kReset, now);
  connection.use->counts->accept_to_sent.Record(now - connection.since);
  if (connection.record != nullptr) connection.record->sent = now - connection.since;
  if (connection.ended) return End(key, Outcome::kCompleted, now);
  Unlink(key);
  connection.state = State::kLingering;
  connection.rendered.reset();
  connection.deadline = now + connection.use->service->limits.linger_timeout;
  next_expiry_ = std::min(next_expiry_, connection.deadline);
  Link(key);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = key;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event);
}

uint32_t Connections::Register(Connection connection, uint32_t events) {
  uint32_t key = free_;
  if (key == kNone) {
    key = static_cast<uint32_t>(table_.size());
    table_.emplace_back();
  } else {
    free_ = table_[key].next;
  }
  next_expiry_ = std::min(next_expiry_, connection.deadline);
  table_[key] = std::move(connection);
  Link(key);
  epoll_event event = {};
  event.events = events;
  event.data.u64 = key;
  // Fails only for want of kernel memory; then the deadline ends the connection.
  epoll_ctl(epoll_, EPOLL_CTL_ADD, table_[key].socket, &event);
  return key;
}

Connections::Use::Queue& Connections::QueueOf(const Connection& connection) {
  return connection.state == State::kWriting ? connection.use->writing : connection.use->lingering;
}

void Connections::Link(uint32_t key) {
  Connection& connection = table_[key];
  Use::Queue& queue = QueueOf(connection);
  connection.previous = queue.tail;
  connection.next = kNone;
  (queue.tail == kNone ? queue.head : table_[queue.tail].next) = key;
  queue.tail = key;
}

void Connections::Unlink(uint32_t key) {
  const Connection& connection = table_[key];
  Use::Queue& queue = QueueOf(connection);
  (connection.previous == kNone ? queue.head : table_[connection.previous].next) = connection.next;
  (connection.next == kNone ? queue.tail : table_[connection.next].previous) = connection.previous;
}

void Connections::Release(uint32_t key) {
  Unlink(key);
  table_[key] = Connection();
  table_[key].next = free_;
  free_ = key;
}

void Connections::End(uint32_t key, Outcome outcome, Clock::time_point now) {
  Connection& connection = table_[key];
  const bool cut_while_writing =
      outcome == Outcome::kTimedOut && connection.state == State::kWriting;
  if (cut_while_writing) {
    CloseWithReset(connection.socket);
  } else {
    close(connection.socket);
  }
  Use* const use = connection.use;
  const bool has_place = connection.has_place;
  const Clock::duration lifetime = now - connection.since;
  const std::unique_ptr<ConnectionRecord> record = std::move(connection.record);
  Release(key);
  Count(use, has_place, outcome, lifetime, record.get());
}

void Connections::Count(Use* use, bool has_place, Outcome outcome, Clock::duration lifetime,
                        ConnectionRecord* record) {
  if (record != nullptr) log_->End(*record, outcome, lifetime);
  if (has_place) use->service->admission->LeavePlace();
  use->counts->Ended(outcome);
  use->counts->lifetime.Record(lifetime);
  --open_;
  // A retired use that is empty is removed by the next Expire().
  if (--use->connections == 0 && use->retired) next_expiry_ = Clock::time_point::min();
}

void Connections::CutAll(Clock::time_point now) {
  for (const Fresh& fresh : std::exchange(fresh_, {})) {
    close(fresh.socket);
    Count(fresh.use, fresh.has_place, Outcome::kTimedOut, now - fresh.since, fresh.record.get());
  }
  for (uint32_t key = 0; key < table_.size(); ++key) {
    if (table_[key].state != State::kFree) End(key, Outcome::kTimedOut, now);
  }
}

}  // namespace greeter::data_plane
