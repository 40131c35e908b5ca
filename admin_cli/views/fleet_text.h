// A fleet for people.

#ifndef GREETER_ADMIN_CLI_VIEWS_FLEET_TEXT_H_
#define GREETER_ADMIN_CLI_VIEWS_FLEET_TEXT_H_

#include <cstddef>
#include <string>

#include "admin_cli/terminal/look.h"
#include "admin_cli/views/render.h"
#include "greeter/admin/v1/admin.pb.h"

namespace greeter::admin_cli {

// Which fleet, one row a replica, and their sums, in lines of at most `width` where that can be.
// Any thread.
std::string RenderFleet(const api::ListReplicasResponse& fleet, size_t width,
                        const Look& look = {});

// One row of counts a replica, and a total if there are several. Any thread.
std::string RenderFleetCounts(const api::ListReplicasResponse& fleet, const Look& look = {});

// "serving", "FAILED" or "silent", as a cell in its colour.
Cell ReplicaStateCell(api::Replica::State state);

// A replica in words: "serving, revision 7". No line feed.
std::string DescribeReplica(const api::Replica& replica);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_VIEWS_FLEET_TEXT_H_
