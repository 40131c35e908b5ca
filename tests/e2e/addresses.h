// Where what is tested serves: loopback, but no address that clients connect from, whose own ports
// might be the one that a listener comes back to.

#ifndef GREETER_TESTS_E2E_ADDRESSES_H_
#define GREETER_TESTS_E2E_ADDRESSES_H_

#include <string>

namespace greeter::testing {

inline constexpr char kAnyPort[] = "127.0.1.1:0";

// "127.64.12.34", a host that is this process's alone: what stops and comes back there finds that
// no test beside it has been given its port.
std::string OwnHost();

// A free address there, never the same one twice. Of one thread.
std::string FreeAddress();

}  // namespace greeter::testing

#endif  // GREETER_TESTS_E2E_ADDRESSES_H_
