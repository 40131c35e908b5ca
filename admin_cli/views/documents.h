// Answers as -o json and yaml show them, also of several servers:
//
//   {"servers": [{"server": "db1:50051", "response": {…}},
//                {"server": "db2:50051", "error": {"code": "UNAVAILABLE", "exitCode": 3,
//                 "message": "…", "violations": [{"field": "…", "description": "…"}]}}]}
//
// Scripts rely on these names. The response is the API's, as it is of one server.

#ifndef GREETER_ADMIN_CLI_VIEWS_DOCUMENTS_H_
#define GREETER_ADMIN_CLI_VIEWS_DOCUMENTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "admin_cli/command_line/command_line.h"
#include "google/protobuf/message.h"

namespace greeter::admin_cli {

// What one server answered: a message, or else an error.
struct Entry {
  std::string server;
  const google::protobuf::Message* message = nullptr;
  absl::Status error = absl::OkStatus();
};

// Each ends with a line feed. `output` is json or yaml. Any thread.
std::string RenderMessage(Output output, const google::protobuf::Message& message);
std::string RenderServers(Output output, const std::vector<Entry>& entries);

// For a stream of documents: one line of JSON, or YAML that begins a new document. Without the
// server's name it is the message alone.
std::string RenderInStream(Output output, const Entry& entry, bool with_server);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_VIEWS_DOCUMENTS_H_
