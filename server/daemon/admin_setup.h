// The admin server that this greeterd's options ask for.

#ifndef GREETER_DAEMON_ADMIN_SETUP_H_
#define GREETER_DAEMON_ADMIN_SETUP_H_

#include <string>
#include <vector>

#include "admin/admin_server.h"
#include "daemon/admin_options.h"
#include "daemon/audit_log.h"
#include "daemon/descriptor_budget.h"

namespace greeter::daemon {

// `options` have passed CheckAdminOptions(). Denials and refused handshakes go to `audit`. Adds to
// `warnings` what the operator should know.
admin::AdminServer::Options AdminServerOptions(const AdminOptions& options,
                                               const DescriptorBudget& budget,
                                               const AuditLog& audit,
                                               std::vector<std::string>* warnings);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ADMIN_SETUP_H_
