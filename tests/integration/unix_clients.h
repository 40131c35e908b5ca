// Clients of a unix socket, as whoever they like. Any thread.

#ifndef GREETER_TESTS_INTEGRATION_UNIX_CLIENTS_H_
#define GREETER_TESTS_INTEGRATION_UNIX_CLIENTS_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "grpcpp/channel.h"
#include "net/file_descriptor.h"

namespace greeter::testing {

net::FileDescriptor OpenUnixConnection(const std::string& path);

// The same as another user, of one group: for root alone.
net::FileDescriptor OpenUnixConnectionAs(const std::string& path, uid_t uid, gid_t gid);

// Opens the socket's file, and the way there, to all users.
void LetEveryoneConnect(const std::string& path);

// A channel that has that one connection.
std::shared_ptr<grpc::Channel> ChannelOver(net::FileDescriptor connection);

}  // namespace greeter::testing

#endif  // GREETER_TESTS_INTEGRATION_UNIX_CLIENTS_H_
