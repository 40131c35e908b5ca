// The role that each method of the admin port demands: one table.

#ifndef GREETER_ADMIN_METHOD_ROLES_H_
#define GREETER_ADMIN_METHOD_ROLES_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace greeter::admin {

// Each may do what those before it may.
enum class Role { kNone, kViewer, kOperator };

// "no role", "viewer", "operator".
absl::string_view Name(Role role);

// The role that calling `method`, "/package.Service/Method", demands; none: nobody may. Any thread.
std::optional<Role> RequiredRole(absl::string_view method);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_METHOD_ROLES_H_
