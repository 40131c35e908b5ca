// What the epoll sets of this process watch, as an event to wait for: that a connection has got
// into one says that it has come to a certain point.

#ifndef GREETER_TESTS_SUPPORT_EPOLL_SETS_H_
#define GREETER_TESTS_SUPPORT_EPOLL_SETS_H_

#include <cstddef>

namespace greeter::testing {

// Descriptors watched, of all sets together (the "tfd" lines of /proc/PID/fdinfo, proc(5)).
size_t WatchedDescriptors();

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_EPOLL_SETS_H_
