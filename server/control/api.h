// The control plane's vocabulary is the API's messages: the Config that is sent is the Config that
// is stored. This header gives their namespace a short name; it brings in no gRPC.

#ifndef GREETER_CONTROL_API_H_
#define GREETER_CONTROL_API_H_

#include "greeter/admin/v1/admin.pb.h"

namespace greeter {
namespace api = ::greeter::admin::v1;
}  // namespace greeter

#endif  // GREETER_CONTROL_API_H_
