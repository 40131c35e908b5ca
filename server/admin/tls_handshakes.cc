#include "admin/tls_handshakes.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "net/errors.h"
#include "tls/server_session.h"

namespace greeter::admin {

using Handshake = tls::ServerSession::Handshake;

absl::StatusOr<std::unique_ptr<TlsHandshakes>> TlsHandshakes::Start(Options options, Done done) {
  net::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return net::SystemError("admin: eventfd", errno);
  std::unique_ptr<TlsHandshakes> handshakes(
      new TlsHandshakes(std::move(options), std::move(done), std::move(wake)));
  handshakes->thread_ = std::thread(&TlsHandshakes::Run, handshakes.get());
  return handshakes;
}

TlsHandshakes::TlsHandshakes(Options options, Done done, net::FileDescriptor wake)
    : options_(std::move(options)), done_(std::move(done)), wake_(std::move(wake)) {}

TlsHandshakes::~TlsHandshakes() { Stop(); }

void TlsHandshakes::Add(net::FileDescriptor client, std::string address, bool trusted) {
  const std::lock_guard lock(mutex_);
  Client& added = added_.emplace_back();
  added.socket.descriptor = std::move(client);
  added.address = std::move(address);
  added.trusted = trusted;
  added.deadline = absl::Now() + options_.timeout;
  eventfd_write(wake_.get(), 1);
}

void TlsHandshakes::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    eventfd_write(wake_.get(), 1);
  }
  thread_.join();
  added_.clear();
}

void TlsHandshakes::Run() {
  while (TakeAdded()) Serve();
  clients_.clear();
}

bool TlsHandshakes::TakeAdded() {
  std::list<Client> added;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    added = std::exchange(added_, {});
  }
  for (auto client = added.begin(); client != added.end();) {
    const auto next = std::next(client);
    if (client->trusted) {
      done_(std::move(client->socket), std::move(client->address));
    } else {
      // It speaks first.
      client->waits_for = POLLIN;
      clients_.splice(clients_.end(), added, client);
    }
    client = next;
  }
  return true;
}

void TlsHandshakes::Serve() {
  absl::Time until = absl::InfiniteFuture();
  std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}};
  for (const Client& client : clients_) {
    polled.push_back({client.socket.descriptor.get(), client.waits_for, 0});
    until = std::min(until, client.deadline);
  }
  const absl::Duration left = std::max(until - absl::Now(), absl::ZeroDuration());
  const absl::Duration whole = absl::Ceil(left, absl::Milliseconds(1));
  poll(polled.data(), polled.size(),
       clients_.empty() ? -1 : static_cast<int>(absl::ToInt64Milliseconds(whole)));
  eventfd_t ignored = 0;
  eventfd_read(wake_.get(), &ignored);

  const absl::Time now = absl::Now();
  size_t at = 1;
  for (auto client = clients_.begin(); client != clients_.end();) {
    const bool can_go_on = polled[at++].revents != 0;
    const bool stays = now < client->deadline && (!can_go_on || GoOn(&*client));
    client = stays ? std::next(client) : clients_.erase(client);
  }
}

bool TlsHandshakes::GoOn(Client* client) {
  if (client->refused) return Drain(*client);
  if (client->socket.session == nullptr) {
    auto session = tls::ServerSession::Begin(*options_.certificates->current()->context,
                                             client->socket.descriptor.get());
    if (!session.ok()) return false;
    client->socket.session = *std::move(session);
  }
  switch (client->socket.session->ShakeHands()) {
    case Handshake::kReads:
      client->waits_for = POLLIN;
      return true;
    case Handshake::kWrites:
      client->waits_for = POLLOUT;
      return true;
    case Handshake::kDone:
      done_(std::move(client->socket), std::move(client->address));
      return false;
    case Handshake::kRefused:
      options_.refused->Add(client->address, client->socket.session->refusal());
      client->refused = true;
      client->socket.session.reset();
      shutdown(client->socket.descriptor.get(), SHUT_WR);
      client->waits_for = POLLIN;
      client->deadline = std::min(client->deadline, absl::Now() + options_.linger);
      return true;
    case Handshake::kLeft:
      break;
  }
  return false;
}

bool TlsHandshakes::Drain(const Client& client) {
  std::array<char, 16384> ignored = {};
  const ssize_t got =
      recv(client.socket.descriptor.get(), ignored.data(), ignored.size(), MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace greeter::admin
