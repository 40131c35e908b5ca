// Where in a config file's text a field stands, for errors that are found only when the Config is
// put into effect.

#ifndef GREETER_CONFIG_FIELD_LINE_H_
#define GREETER_CONFIG_FIELD_LINE_H_

#include "absl/strings/string_view.h"

namespace greeter::config {

// The line of `field` ("listeners[2].greeting.text"), counted from 1, in a text that ParseConfig()
// reads; of the nearest thing around it if the text leaves the field out. 0 if there is none. Any
// thread.
int LineOfField(absl::string_view text, absl::string_view field);

}  // namespace greeter::config

#endif  // GREETER_CONFIG_FIELD_LINE_H_
