// A client's system calls, none of which waits. Any thread.

#ifndef GREETER_PROBE_SOCKETS_H_
#define GREETER_PROBE_SOCKETS_H_

#include <cstdint>
#include <optional>

#include "net/address.h"

namespace greeter::probe {

// A socket that is connecting to `address`, or has; or minus an errno. `source`: connect from
// 127.0.0.1 plus so many, if it is IPv4. `receive_buffer`: SO_RCVBUF; 0 leaves the kernel's.
int StartConnecting(const net::Address& address, std::optional<uint32_t> source,
                    int receive_buffer = 0);

// Takes back an attempt to connect that nothing has answered: true. If the answer has come just
// now, false: epoll is about to tell. Our side is shut down then.
bool GiveUpConnecting(int fd);

// Its error that nobody has been told of yet; 0 for none.
int PendingError(int fd);

// Whether the other side has acknowledged the end of our stream, having ended its own.
bool IsOverOnBothSides(int fd);

}  // namespace greeter::probe

#endif  // GREETER_PROBE_SOCKETS_H_
