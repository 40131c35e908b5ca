#include "data_plane/connection_log.h"

#include <algorithm>
#include <cstring>

namespace greeter::data_plane {

std::unique_ptr<ConnectionRecord> ConnectionLog::Slot::Begin(
    const std::string& listener, int socket, const sockaddr_storage* peer,
    std::chrono::steady_clock::time_point now) {
  if (seen_++ % sample_ != 0) return nullptr;
  auto record = std::make_unique<ConnectionRecord>();
  listener.copy(record->listener.data(), record->listener.size() - 1);
  if (peer->ss_family == AF_UNIX) {
    record->remote.sin6_family = AF_UNIX;
  } else {
    std::memcpy(&record->remote, peer, sizeof(record->remote));
  }
  socklen_t length = sizeof(record->local);
  getsockname(socket, reinterpret_cast<sockaddr*>(&record->local), &length);
  record->accepted = now;
  return record;
}

void ConnectionLog::Slot::End(ConnectionRecord& record, Outcome outcome,
                              std::chrono::nanoseconds lifetime) {
  record.outcome = outcome;
  record.lifetime = lifetime;
  const uint64_t added = added_.load(std::memory_order_relaxed);
  if (added - taken_.load(std::memory_order_acquire) == records_.size()) {
    dropped_.Add(1);
    return;
  }
  records_[added % records_.size()] = record;
  added_.store(added + 1, std::memory_order_release);
}

size_t ConnectionLog::Slot::Take(size_t most,
                                 const std::function<void(const ConnectionRecord&)>& take) {
  const uint64_t taken = taken_.load(std::memory_order_relaxed);
  const uint64_t waiting = added_.load(std::memory_order_acquire) - taken;
  const auto count = static_cast<size_t>(std::min<uint64_t>(most, waiting));
  for (size_t i = 0; i < count; ++i) take(records_[(taken + i) % records_.size()]);
  taken_.store(taken + count, std::memory_order_release);
  return count;
}

ConnectionLog::ConnectionLog(size_t workers, uint64_t sample, size_t capacity)
    : capacity_(workers * capacity) {
  for (size_t i = 0; i < workers; ++i) slots_.push_back(std::make_unique<Slot>(sample, capacity));
}

size_t ConnectionLog::Take(size_t most, const std::function<void(const ConnectionRecord&)>& take) {
  size_t count = 0;
  for (size_t asked = 0; asked < slots_.size() && count < most; ++asked) {
    count += slots_[next_]->Take(most - count, take);
    next_ = (next_ + 1) % slots_.size();
  }
  return count;
}

uint64_t ConnectionLog::dropped() const {
  uint64_t dropped = 0;
  for (const std::unique_ptr<Slot>& slot : slots_) dropped += slot->dropped();
  return dropped;
}

}  // namespace greeter::data_plane
