// Clients that are stuck, as the bench holds them.

#include "load/held_connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "known_server.h"

namespace greeter::load {
namespace {

using probe::Server;

TEST(HeldConnectionsTest, StayOpen) {
  std::vector<int> clients;
  std::atomic<size_t> accepted = 0;
  Server server([&](int fd) {
    clients.push_back(fd);
    ++accepted;
  });
  {
    auto held = HeldConnections::Open({server.target()}, 20);
    ASSERT_TRUE(held.ok()) << held.status();
    EXPECT_EQ((*held)->count(), 20U);
    while (accepted < 20) std::this_thread::yield();
    char byte = 0;
    EXPECT_EQ(recv(clients.front(), &byte, 1, MSG_DONTWAIT), -1);
  }
  char byte = 0;
  for (const int fd : clients) {
    EXPECT_EQ(recv(fd, &byte, 1, 0), 0);
    close(fd);
  }
}

}  // namespace
}  // namespace greeter::load
