// What the page reads, and whoever wants one document with everything: /status.json.

#ifndef GREETER_OBSERVE_STATUS_DOCUMENT_H_
#define GREETER_OBSERVE_STATUS_DOCUMENT_H_

#include <string>

#include "observe/recent_changes.h"
#include "observe/sources.h"

namespace greeter::observe {

// A JSON object: `status` and `config` are those of the API's GetStatusResponse and
// GetConfigResponse in protobuf's JSON mapping, complete; `revisions` the newest of the history;
// `lastChanges` the revision that changed each listener last, by its name, where that is among
// them; `alive` and `ready` what health answers; `time` the server's clock. Empty before the
// controller has started. On the thread that uses `changes`.
std::string StatusDocument(const Sources& sources, RecentChanges& changes);

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_STATUS_DOCUMENT_H_
