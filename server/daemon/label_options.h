// The option --label. For options.cc alone.

#ifndef GREETER_DAEMON_LABEL_OPTIONS_H_
#define GREETER_DAEMON_LABEL_OPTIONS_H_

#include <map>
#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace greeter::daemon {

// Declares it; both must stay where they are until `app` has parsed.
void AddLabelOption(CLI::App& app, std::map<std::string, std::string>& labels);

// Once `app` has parsed: the labels of GREETER_LABEL, if there are none yet. By a CLI11 option of
// its own the command line's would be split at commas, too. Throws what CLI11 throws.
void ReadLabelEnvironment(std::map<std::string, std::string>& labels);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_LABEL_OPTIONS_H_
