// How large a message of the admin API can be: the server's limit for requests and the client's for
// responses, which gRPC would otherwise set to 4 MiB.

#ifndef GREETER_BASE_MESSAGE_LIMIT_H_
#define GREETER_BASE_MESSAGE_LIMIT_H_

namespace greeter::base {

// The largest message holds a Config of 64 listeners, each with a greeting of 64 KiB: 4 MiB and
// some 20 KiB of names, addresses and limits; in a response, the listeners' status besides. A page
// of 1,000 revisions with the longest comments is some 1.2 MiB. The margin lets a Config that is a
// little too large be refused by its field rather than by gRPC.
inline constexpr int kMaxMessageBytes = 5 * 1024 * 1024;

}  // namespace greeter::base

#endif  // GREETER_BASE_MESSAGE_LIMIT_H_
