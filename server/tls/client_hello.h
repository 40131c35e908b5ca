// The first words of a TLS client. Any thread.

#ifndef GREETER_TLS_CLIENT_HELLO_H_
#define GREETER_TLS_CLIENT_HELLO_H_

#include <string>

namespace greeter::tls {

// A ClientHello (RFC 8446, 4.1.2) with its record's header, as OpenSSL says it by default; empty if
// it has no memory for one.
std::string ClientHello();

}  // namespace greeter::tls

#endif  // GREETER_TLS_CLIENT_HELLO_H_
