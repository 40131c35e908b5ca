#include "fleet/tcp_proxy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

// How often the proxy looks whether connections have been ended under it.
constexpr int kLookMilliseconds = 20;

net::FileDescriptor Socket() {
  return net::FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

net::Address LocalOf(int fd) {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(storage);
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return net::Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage), size);
}

}  // namespace

TcpProxy::TcpProxy(const std::string& target)
    : target_(*net::Address::Parse(target)), listener_(Socket()), stop_(eventfd(0, EFD_CLOEXEC)) {
  const net::Address any = *net::Address::Parse("127.0.0.1:0");
  EXPECT_EQ(bind(listener_.get(), any.data(), any.size()), 0);
  EXPECT_EQ(listen(listener_.get(), 64), 0);
  address_ = LocalOf(listener_.get()).ToString();
  thread_ = std::thread(&TcpProxy::Run, this);
}

TcpProxy::~TcpProxy() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void TcpProxy::Cut() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cut_ = true;
  connections_.clear();
}

void TcpProxy::Mend() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cut_ = false;
}

void TcpProxy::MuteWhoSends(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  mute_ = text;
}

bool TcpProxy::EndMuted() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return connections_.remove_if([](const Connection& connection) { return connection.muted; }) > 0;
}

void TcpProxy::Run() {
  while (true) {
    std::vector<pollfd> polled = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const Connection& connection : connections_) {
        polled.push_back({connection.client.get(), POLLIN, 0});
        polled.push_back({connection.server.get(), POLLIN, 0});
      }
    }
    poll(polled.data(), polled.size(), kLookMilliseconds);
    if (polled[0].revents != 0) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (polled[1].revents != 0) Accept();
    connections_.remove_if([this](Connection& connection) {
      return !Forward(connection, true) || !Forward(connection, false);
    });
  }
}

void TcpProxy::Accept() {
  Connection connection;
  connection.client = net::FileDescriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  connection.server = Socket();
  if (cut_ || !connection.client.valid() ||
      connect(connection.server.get(), target_.data(), target_.size()) != 0) {
    return;
  }
  connections_.push_back(std::move(connection));
}

bool TcpProxy::Forward(Connection& connection, bool from_client) {
  const int from = from_client ? connection.client.get() : connection.server.get();
  const int to = from_client ? connection.server.get() : connection.client.get();
  char buffer[16'384];
  const ssize_t size = recv(from, buffer, sizeof(buffer), MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  const auto bytes = static_cast<size_t>(size);
  if (from_client) {
    connection.sent.append(buffer, bytes);
    if (!mute_.empty() && absl::StrContains(connection.sent, mute_)) {
      connection.muted = true;
      mute_.clear();
    }
  } else if (connection.muted) {
    return true;
  }
  return send(to, buffer, bytes, MSG_NOSIGNAL) == size;
}

}  // namespace greeter::testing
