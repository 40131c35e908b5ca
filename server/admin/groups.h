// Groups of users, by name.

#ifndef GREETER_ADMIN_GROUPS_H_
#define GREETER_ADMIN_GROUPS_H_

#include <sys/types.h>

#include <optional>
#include <string>

namespace greeter::admin {

// None: there is no such group, or it can't be found out. May block. Any thread.
std::optional<gid_t> GroupId(const std::string& name);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_GROUPS_H_
