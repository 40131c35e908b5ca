// Fills a message from a YAML tree, by the message's descriptor: whatever field the API has, a
// config file has.

#ifndef GREETER_CONFIG_YAML_READER_H_
#define GREETER_CONFIG_YAML_READER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "config/yaml_tree.h"
#include "google/protobuf/message.h"

namespace greeter::config {

// Fills `message`, which is empty before, from `node`. `path` is the path of `node` in its text,
// empty for the root; `source` names the text. INVALID_ARGUMENT as config_text.h describes it, for
// the first problem in the order of the text; `message` is then half filled. Aliases may expand to
// 16 MiB. Any thread.
absl::Status FillMessage(const YamlNode& node, const std::string& path, absl::string_view source,
                         google::protobuf::Message& message);

}  // namespace greeter::config

#endif  // GREETER_CONFIG_YAML_READER_H_
