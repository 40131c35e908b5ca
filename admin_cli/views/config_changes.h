// What a change to the whole config would do, listener by listener, for people.

#ifndef GREETER_ADMIN_CLI_VIEWS_CONFIG_CHANGES_H_
#define GREETER_ADMIN_CLI_VIEWS_CONFIG_CHANGES_H_

#include <cstdint>
#include <string>

#include "greeter/admin/v1/admin.pb.h"

namespace greeter::admin_cli {

namespace api = ::greeter::admin::v1;

// The listeners added ("+"), removed ("-") and changed ("~", with each field's old and new value);
// the fields' names are those of config files. Both Configs are complete. Empty if they are the
// same. Ends with a line feed. Any thread.
std::string RenderChanges(const api::Config& before, const api::Config& after);

// What a change that was only tried would make of `now`: the revision's number and its Config.
std::string RenderDryRun(const api::GetConfigResponse& now, uint64_t revision,
                         const api::Config& config);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_VIEWS_CONFIG_CHANGES_H_
