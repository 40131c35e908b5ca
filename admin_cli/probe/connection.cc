// One connection of a Generator: connecting, reading, speaking and leaving.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "absl/time/time.h"
#include "probe/clock.h"
#include "probe/generator.h"
#include "probe/sockets.h"

namespace greeter::probe {
namespace {

constexpr uint32_t kInterest = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
// A client that never gets EAGAIN lets the others have their turn after this.
constexpr uint64_t kSendAtOnce = uint64_t{1024} * 1024;

}  // namespace

// A process that forks keeps a closed socket, and its events, alive until the child's exec
// (epoll(7), questions and answers): they must not be taken for those of the slot's next
// connection.
uint64_t Generator::Key(uint32_t slot) const { return slots_[slot].number << 32 | slot; }

void Generator::Connect(uint32_t slot) {
  Connection& connection = slots_[slot];
  std::optional<uint32_t> source;
  if (options_.source_addresses > 0) {
    source =
        static_cast<uint32_t>(connection.number % static_cast<uint64_t>(options_.source_addresses));
  }
  const int fd = StartConnecting(AddressOf(connection), source);
  if (fd < 0) return FinishWithError(slot, -fd);
  connection.fd = net::FileDescriptor(fd);
  epoll_event event = {};
  event.events = kInterest;
  event.data.u64 = Key(slot);
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return FinishWithError(slot, errno);
  if (attempt_ < timeout_) {
    attempts_.push_back({Now() + attempt_, slot, connection.address, connection.number});
  }
}

void Generator::Handle(uint64_t key, uint32_t events) {
  const auto slot = static_cast<uint32_t>(key);
  Connection& connection = slots_[slot];
  if (!connection.fd.valid() || key != Key(slot)) return;
  if (IsConnecting(connection)) {
    if ((events & (EPOLLIN | EPOLLOUT)) == 0 || (events & EPOLLERR) != 0) {
      const int error = PendingError(connection.fd.get());
      // Accepted and reset before we looked: the connection was made.
      return FinishWithError(slot, error == 0 ? ECONNRESET : error);
    }
    connection.connected_at = Now();
    report_.connect.Record(absl::Nanoseconds(connection.connected_at - connection.start));
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
  const bool keeps_bytes = options_.on_end != nullptr || options_.expected.needs_bytes();
  for (;;) {
    const ssize_t size = recv(connection.fd.get(), buffer_.data(), buffer_.size(), 0);
    if (size < 0) {
      if (errno == EAGAIN) return true;
      if (errno == EINTR) continue;
      FinishWithError(slot, errno);
      return false;
    }
    if (size > 0) {
      if (connection.match.received() == 0) {
        connection.first_byte_at = Now();
        report_.first_byte.Record(absl::Nanoseconds(connection.first_byte_at - connection.start));
      }
      connection.match.Take(buffer_.data(), static_cast<size_t>(size));
      report_.bytes_received += static_cast<uint64_t>(size);
      if (keeps_bytes) {
        const size_t room = Options::kKeptBytes - connection.bytes.size();
        connection.bytes.append(buffer_.data(), std::min(room, static_cast<size_t>(size)));
      }
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
    const ssize_t sent = send(connection.fd.get(), buffer_.data(), size, MSG_NOSIGNAL);
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
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
  }
  return true;
}

void Generator::Leave(uint32_t slot) {
  Connection& connection = slots_[slot];
  if (options_.half_close) {
    if (!connection.shut) {
      connection.shut = true;
      shutdown(connection.fd.get(), SHUT_WR);
    }
    if (const int error = PendingError(connection.fd.get()); error != 0) {
      return FinishWithError(slot, error);
    }
    if (!IsOverOnBothSides(connection.fd.get())) return;
  }
  size_t expected = 0;
  const Outcome verdict = connection.match.Verdict(connection.bytes, &expected);
  if (verdict == Outcome::kGreeted) {
    if (options_.expected.texts() > 0) ++report_.greeted_by_expected[expected];
    report_.total.Record(absl::Nanoseconds(Now() - connection.start));
  }
  Finish(slot, verdict, 0);
}

}  // namespace greeter::probe
