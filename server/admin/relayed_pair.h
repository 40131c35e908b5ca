// Two connected stream sockets between which bytes go to and fro: a client's, and ours.
//
// Nothing is read from one while the other has not taken what was read before, so each direction
// holds kRelayChunk bytes at most, and the sender feels the receiver's pace. An end of stream
// travels like the bytes do. What the client says passes a StreamGuard: it may have to wait its
// turn, and is cut off if it misbehaves.

#ifndef GREETER_ADMIN_RELAYED_PAIR_H_
#define GREETER_ADMIN_RELAYED_PAIR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/call_budget.h"
#include "admin/relay_socket.h"
#include "admin/stream_guard.h"

namespace greeter::admin {

// Read at once, and held at most for each direction.
inline constexpr size_t kRelayChunk = size_t{64} * 1024;
using RelayBuffer = std::array<char, kRelayChunk>;

// Owned by a Relay; on its thread.
class RelayedPair {
 public:
  enum Side : uint8_t { kClient = 0, kServer = 1 };

  // `ended` is called when this is destroyed, once both are closed;
  // `budget` outlives this.
  RelayedPair(RelaySocket client, RelaySocket server, std::function<void()> ended,
              CallBudget* budget);
  ~RelayedPair();
  RelayedPair(const RelayedPair&) = delete;
  RelayedPair& operator=(const RelayedPair&) = delete;

  // Watches with `epoll` (with a Watched* as data) what can go on, and nothing else: what can't be
  // acted upon would be reported again and again. False if the kernel refuses.
  bool Watch(int epoll);

  // Does what `events` of `side` make possible. `buffer` is for use meanwhile.
  void OnEvents(Side side, uint32_t events, RelayBuffer* buffer);

  // The client's next call has to wait; nothing more is read from it.
  bool waiting() const { return guard_.waiting(); }
  // It is the client's turn. If it took it, it may be waiting() for the next one.
  enum class Turn : uint8_t {
    kTaken,
    // Until the server has taken what came before, there is no hurry.
    kLater,
    // There still is no place for anybody's call.
    kNoPlace,
  };
  Turn TakeTurn();
  // Why the client has been cut off; null if it has not.
  const char* offence() const { return guard_.offence(); }
  // Cuts it off; the server gets no more of what it said.
  void CutOff(const char* offence);
  // Bytes of its requests that have not come whole.
  size_t unfinished() const { return guard_.unfinished(); }

  // The server's side has ended, and the client has what it said, or has left without taking it.
  bool over() const;
  // The server's side has closed, so that the client has little time left to take the rest.
  bool hung_up() const { return ends_[kServer].hung_up || ends_[kServer].ended; }

  // What epoll events carry.
  struct Watched {
    RelayedPair* pair;
    Side side;
  };

  // For the Relay: until when the rest must be taken, once hung_up().
  absl::Time deadline = absl::InfiniteFuture();

 private:
  struct End {
    RelaySocket socket;
    Watched watched;
    // To be sent to it.
    std::string pending;
    // No more will be read from it, sent to it.
    bool ended = false;
    bool gone = false;
    // It has been reported as closed by its peer.
    bool hung_up = false;
    // Its part of what epoll watches.
    uint32_t events = 0;
  };

  static Side Other(Side side) { return side == kClient ? kServer : kClient; }
  // Reads from `side` and sends to the other.
  void Pump(Side side, RelayBuffer* buffer);
  // Sends `side` what is pending, and then the end of stream if the other has ended.
  void Flush(Side side);
  void Send(End* end, const char* data, size_t size);
  uint32_t Wanted(Side side) const;

  // The client is gone, or is to be.
  void LoseClient();
  // Sends the server what the guard admits of `bytes`, which the client said.
  void Admit(absl::string_view bytes);

  const std::function<void()> ended_;
  StreamGuard guard_;
  std::array<End, 2> ends_;
  // What the client has said, and waits.
  std::string held_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_RELAYED_PAIR_H_
