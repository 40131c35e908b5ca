// Messages on the wire: what gRPC's own conversion does, with errors that people understand.
//
// gRPC answers a request that it can't decode with UNIMPLEMENTED and an empty message, and invalid
// UTF-8 in a proto3 string is such a request. So the service takes and gives bytes.

#ifndef GREETER_ADMIN_MESSAGES_H_
#define GREETER_ADMIN_MESSAGES_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace greeter::admin {

// Decodes `bytes` into `request`. INVALID_ARGUMENT with a field violation for every string that is
// not UTF-8, and without one for bytes that are no message of that type. Any thread.
absl::Status Decode(const grpc::ByteBuffer& bytes, google::protobuf::Message* request);

grpc::ByteBuffer Encode(const google::protobuf::Message& response);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_MESSAGES_H_
