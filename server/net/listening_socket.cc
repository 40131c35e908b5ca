#include "net/listening_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace greeter::net {

namespace {

bool RequireTtl(int socket, int least, bool v6) {
  return v6 ? setsockopt(socket, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &least, sizeof(least)) == 0
            : setsockopt(socket, IPPROTO_IP, IP_MINTTL, &least, sizeof(least)) == 0;
}

}  // namespace

bool RequireHighestTtl(int socket, bool v4, bool v6) {
  return (!v4 || RequireTtl(socket, kHighestTtl, false)) &&
         (!v6 || RequireTtl(socket, kHighestTtl, true));
}

// A socket of IPv4 refuses the other's option.
bool KeepClientsOut(int socket) {
  RequireTtl(socket, kHighestTtl, true);
  return RequireTtl(socket, kHighestTtl, false);
}

void LetClientsIn(int socket) {
  RequireTtl(socket, 0, true);
  RequireTtl(socket, 0, false);
}

void ListeningSocket::Close() {
  if (!valid()) return;
  if (!shared_) KeepClientsOut(get());
  socket_.Close();
}

}  // namespace greeter::net
