// What a Config means in full.

#ifndef GREETER_CONFIG_DEFAULTS_H_
#define GREETER_CONFIG_DEFAULTS_H_

#include "absl/time/time.h"
#include "greeter/admin/v1/admin.pb.h"

namespace greeter::config {

namespace api = ::greeter::admin::v1;

// Of Limits.write_timeout and linger_timeout.
inline constexpr absl::Duration kDefaultWriteTimeout = absl::Seconds(30);
inline constexpr absl::Duration kDefaultLingerTimeout = absl::Seconds(5);

// Fills in every default, so that a stored Config does not change its meaning with a new version.
// Fields that are set stay as they are, right or wrong. Any thread.
void Complete(api::Config& config);

}  // namespace greeter::config

#endif  // GREETER_CONFIG_DEFAULTS_H_
