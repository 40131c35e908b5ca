// What a template can ask of a connection just accepted; looked up only when asked. Lives on the
// worker's stack while a template is rendered.

#ifndef GREETER_DATA_PLANE_ACCEPTED_CONNECTION_H_
#define GREETER_DATA_PLANE_ACCEPTED_CONNECTION_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "data_plane/greeting.h"
#include "data_plane/service.h"
#include "net/address.h"

namespace greeter::data_plane {

// Addresses of a unix socket: "unix" for the client, the path for ours; its ports are 0.
class AcceptedConnection final : public ConnectionFacts {
 public:
  // All three outlive this.
  AcceptedConnection(int socket, const sockaddr_storage* peer, const Service& service)
      : socket_(socket), peer_(peer), service_(service) {}

  std::string RemoteAddress() const override;
  uint16_t RemotePort() const override;
  std::string LocalAddress() const override;
  uint16_t LocalPort() const override;
  uint64_t Number() const override;
  // What Number() has told; 0 if nobody asked.
  uint64_t number_told() const { return number_; }
  uint64_t Revision() const override { return service_.revision; }

 private:
  net::Address Remote() const;
  net::Address Local() const;

  const int socket_;
  const sockaddr_storage* const peer_;
  const Service& service_;
  // Taken at the first question; 0 before.
  mutable uint64_t number_ = 0;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_ACCEPTED_CONNECTION_H_
