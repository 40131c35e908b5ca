#include "admin/relayed_pair.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace greeter::admin {
namespace {

// Chunks moved before others have their turn.
constexpr int kTurn = 4;

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

RelayedPair::RelayedPair(RelaySocket client, RelaySocket server, std::function<void()> ended,
                         CallBudget* budget)
    : ended_(std::move(ended)), guard_(budget) {
  ends_[kClient].socket = std::move(client);
  ends_[kServer].socket = std::move(server);
  for (const Side side : {kClient, kServer}) ends_[side].watched = {this, side};
}

RelayedPair::~RelayedPair() {
  for (End& end : ends_) end.socket = RelaySocket();
  ended_();
}

uint32_t RelayedPair::Wanted(Side side) const {
  const End& end = ends_[side];
  uint32_t events = 0;
  const bool held = side == kClient && waiting();
  if (!end.ended && !held && ends_[Other(side)].pending.empty()) events |= EPOLLIN;
  // Who is gone needs no turn.
  if (!end.ended && held) events |= EPOLLRDHUP;
  if (!end.pending.empty()) events |= EPOLLOUT;
  // The server's end is to be known even while there is no room for its last words.
  if (side == kServer && !hung_up()) events |= EPOLLRDHUP;
  return events;
}

bool RelayedPair::Watch(int epoll) {
  for (const Side side : {kClient, kServer}) {
    End& end = ends_[side];
    const uint32_t wanted = Wanted(side);
    if (wanted == end.events) continue;
    // Hang-ups are reported whether asked for or not: an end that nothing is wanted from is left
    // out.
    const int operation = wanted == 0       ? EPOLL_CTL_DEL
                          : end.events == 0 ? EPOLL_CTL_ADD
                                            : EPOLL_CTL_MOD;
    epoll_event event = {};
    event.events = wanted;
    event.data.ptr = &end.watched;
    if (epoll_ctl(epoll, operation, end.socket.descriptor.get(), &event) != 0) return false;
    end.events = wanted;
  }
  return true;
}

void RelayedPair::OnEvents(Side side, uint32_t events, RelayBuffer* buffer) {
  const bool closed = (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0;
  if (closed) ends_[side].hung_up = true;
  if (closed && side == kClient && waiting()) return LoseClient();
  if ((events & EPOLLOUT) != 0 || closed) Flush(side);
  if ((events & EPOLLIN) != 0 || closed) Pump(side, buffer);
}

void RelayedPair::Pump(Side side, RelayBuffer* buffer) {
  End& from = ends_[side];
  End& to = ends_[Other(side)];
  for (int i = 0; i < kTurn && !from.ended && to.pending.empty(); ++i) {
    if (side == kClient && waiting()) return;
    const ssize_t size = from.socket.Receive(buffer->data(), buffer->size());
    if (size < 0 && WouldBlock(errno)) return;
    if (size <= 0) {
      // An error is an end, too: it comes once what was sent before has been read.
      from.ended = true;
      Flush(Other(side));
      return;
    }
    const absl::string_view bytes(buffer->data(), static_cast<size_t>(size));
    if (side == kClient) {
      Admit(bytes);
    } else {
      guard_.NoteAnswers(bytes, std::chrono::steady_clock::now());
      if (offence() != nullptr) return LoseClient();
      Send(&to, bytes.data(), bytes.size());
    }
    if (static_cast<size_t>(size) < buffer->size()) return;
  }
}

RelayedPair::Turn RelayedPair::TakeTurn() {
  if (ends_[kClient].ended || !ends_[kServer].pending.empty()) return Turn::kLater;
  const size_t admitted = guard_.Admit(held_, /*waited=*/true, std::chrono::steady_clock::now());
  if (offence() != nullptr) {
    LoseClient();
    return Turn::kTaken;
  }
  if (waiting() && admitted == 0) return Turn::kNoPlace;
  Send(&ends_[kServer], held_.data(), admitted);
  held_.erase(0, admitted);
  return Turn::kTaken;
}

void RelayedPair::Admit(absl::string_view bytes) {
  const size_t admitted = guard_.Admit(bytes, /*waited=*/false, std::chrono::steady_clock::now());
  if (offence() != nullptr) return LoseClient();
  Send(&ends_[kServer], bytes.data(), admitted);
  held_ = std::string(bytes.substr(admitted));
}

void RelayedPair::CutOff(const char* offence) {
  guard_.Condemn(offence);
  // Nothing it said matters, nor how soon the server would take it.
  ends_[kServer].pending.clear();
  LoseClient();
}

void RelayedPair::LoseClient() {
  ends_[kClient].gone = true;
  ends_[kClient].ended = true;
  // Nobody takes it.
  ends_[kClient].pending.clear();
  shutdown(ends_[kClient].socket.descriptor.get(), SHUT_RDWR);
  Flush(kServer);
}

void RelayedPair::Flush(Side side) {
  End& end = ends_[side];
  if (!end.pending.empty()) {
    const std::string pending = std::exchange(end.pending, std::string());
    Send(&end, pending.data(), pending.size());
  }
  if (end.pending.empty() && ends_[Other(side)].ended) end.socket.EndSending();
}

void RelayedPair::Send(End* end, const char* data, size_t size) {
  size_t sent = 0;
  while (sent < size && !end->gone) {
    const ssize_t count = end->socket.Send(data + sent, size - sent);
    if (count >= 0) {
      sent += static_cast<size_t>(count);
    } else if (WouldBlock(errno)) {
      end->pending.assign(data + sent, size - sent);
      return;
    } else {
      // What else comes for it is read and dropped, until its source has noticed.
      end->gone = true;
    }
  }
}

bool RelayedPair::over() const {
  const End& client = ends_[kClient];
  if (client.pending.empty()) return ends_[kServer].ended;
  return client.ended && hung_up();
}

}  // namespace greeter::admin
