// YAML for people: block style, quotes only where they are needed, long texts as blocks.

#ifndef GREETER_CONFIG_YAML_WRITER_H_
#define GREETER_CONFIG_YAML_WRITER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace greeter::config {

// See ToYaml in config_text.h. Any thread.
std::string WriteYaml(const google::protobuf::Message& message);

// A text as the value of a key whose line is indented by `indent` spaces. Every YAML parser reads
// back exactly `text`, as a text. `text` must be UTF-8. Any thread.
std::string YamlText(absl::string_view text, int indent);

}  // namespace greeter::config

#endif  // GREETER_CONFIG_YAML_WRITER_H_
