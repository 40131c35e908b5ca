// How many file descriptors this process may have.

#ifndef GREETER_NET_DESCRIPTOR_LIMIT_H_
#define GREETER_NET_DESCRIPTOR_LIMIT_H_

namespace greeter::net {

// Raises RLIMIT_NOFILE's soft limit to the hard one, which needs no privilege (setrlimit(2)), and
// returns the limit then in force. No more than a million is asked for or returned. Once, at start.
int RaiseDescriptorLimit();

}  // namespace greeter::net

#endif  // GREETER_NET_DESCRIPTOR_LIMIT_H_
