// Listening sockets on loopback and clients that come to them, for the tests of both.

#ifndef GREETER_TESTS_UNIT_NET_LISTENING_FIXTURE_H_
#define GREETER_TESTS_UNIT_NET_LISTENING_FIXTURE_H_

#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <utility>
#include <vector>

#include "net/listening_sockets.h"
#include "support/tcp_client.h"

namespace greeter::net {

inline Address At(const std::string& text) { return Address::Parse(text).value(); }

inline absl::StatusOr<ListeningSockets> Listen(const Address& address, bool port_is_ours = false,
                                               int workers = 2) {
  return OpenListeningSockets(address, {.workers = workers, .port_is_ours = port_is_ours});
}

inline ListeningSockets MustListen(const Address& address, bool port_is_ours = false,
                                   int workers = 2) {
  absl::StatusOr<ListeningSockets> sockets = Listen(address, port_is_ours, workers);
  EXPECT_TRUE(sockets.ok()) << sockets.status();
  return *std::move(sockets);
}

// Whether a connection comes to one of the workers within `timeout_ms`.
inline bool Arrives(const ListeningSockets& sockets, int timeout_ms) {
  std::vector<pollfd> waiting;
  for (const ListeningSocket& worker : sockets.workers)
    waiting.push_back({worker.get(), POLLIN, 0});
  return poll(waiting.data(), waiting.size(), timeout_ms) > 0;
}

inline greeter::testing::TcpClient Connect(const Address& address) {
  return greeter::testing::TcpClient(address, {.timeout = absl::Milliseconds(200)});
}

}  // namespace greeter::net

#endif  // GREETER_TESTS_UNIT_NET_LISTENING_FIXTURE_H_
