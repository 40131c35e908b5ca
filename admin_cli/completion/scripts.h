// The scripts that make shells complete greeterctl's command lines. All they do is to ask
// "greeterctl __complete WORD...", which Complete() answers (see completion.h).

#ifndef GREETER_ADMIN_CLI_COMPLETION_SCRIPTS_H_
#define GREETER_ADMIN_CLI_COMPLETION_SCRIPTS_H_

namespace greeter::admin_cli {

extern const char kBashCompletion[];
extern const char kZshCompletion[];
extern const char kFishCompletion[];

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMPLETION_SCRIPTS_H_
