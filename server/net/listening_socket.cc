#include "net/listening_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace greeter::net {

bool RequireHighestTtl(int socket, bool v4, bool v6) {
  const auto require = [socket](int level, int option) {
    return setsockopt(socket, level, option, &kHighestTtl, sizeof(kHighestTtl)) == 0;
  };
  return (!v4 || require(IPPROTO_IP, IP_MINTTL)) &&
         (!v6 || require(IPPROTO_IPV6, IPV6_MINHOPCOUNT));
}

void ListeningSocket::Close() {
  if (!valid()) return;
  // A socket of one stack refuses the other's option, a unix socket both: none of them needs it.
  RequireHighestTtl(get(), true, false);
  RequireHighestTtl(get(), false, true);
  socket_.Close();
}

}  // namespace greeter::net
