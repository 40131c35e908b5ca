// Which Configs are valid as far as the API alone can tell. What only the data plane knows
// (addresses, templates) is DataPlane::Check's part.

#ifndef GREETER_CONTROL_VALIDATION_H_
#define GREETER_CONTROL_VALIDATION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "control/api.h"
#include "control/field_violation.h"

namespace greeter::control {

inline constexpr int kMaxListeners = 64;
// Payload and ending together.
inline constexpr size_t kMaxGreetingBytes = 65'536;
inline constexpr size_t kMaxCommentBytes = 1024;
// Per second; also the largest burst.
inline constexpr uint32_t kMaxAcceptRate = 1'000'000;
inline constexpr size_t kMaxNameBytes = 63;
// Bounds of Limits.write_timeout and linger_timeout.
inline constexpr absl::Duration kMinTimeout = absl::Milliseconds(1);
inline constexpr absl::Duration kMaxTimeout = absl::Hours(1);

// All violations at once; field paths start at the Config. `config` is complete
// (config/defaults.h). A Config of too many listeners has that one violation. Any thread.
std::vector<FieldViolation> Validate(const api::Config& config);

// At most one violation, of "change.comment". Any thread.
std::vector<FieldViolation> ValidateOptions(const api::ChangeOptions& options);

// 1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit (RFC 1123, section 2.1).
bool IsDnsLabel(absl::string_view name);

}  // namespace greeter::control

#endif  // GREETER_CONTROL_VALIDATION_H_
