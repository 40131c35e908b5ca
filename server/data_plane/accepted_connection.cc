#include "data_plane/accepted_connection.h"

namespace greeter::data_plane {

net::Address AcceptedConnection::Remote() const {
  return net::Address::FromSockaddr(reinterpret_cast<const sockaddr*>(peer_),
                                    sizeof(sockaddr_storage));
}

net::Address AcceptedConnection::Local() const {
  sockaddr_storage local = {};
  socklen_t length = sizeof(local);
  getsockname(socket_, reinterpret_cast<sockaddr*>(&local), &length);
  return net::Address::FromSockaddr(reinterpret_cast<const sockaddr*>(&local), length);
}

std::string AcceptedConnection::RemoteAddress() const {
  const net::Address remote = Remote();
  return remote.is_unix() ? "unix" : remote.host();
}

uint16_t AcceptedConnection::RemotePort() const { return Remote().port(); }

std::string AcceptedConnection::LocalAddress() const {
  const net::Address local = Local();
  return local.is_unix() ? local.path() : local.host();
}

uint16_t AcceptedConnection::LocalPort() const { return Local().port(); }

uint64_t AcceptedConnection::Number() const {
  if (number_ == 0) number_ = service_.counts->NextNumber();
  return number_;
}

}  // namespace greeter::data_plane
