// Which Configs are valid as far as the API alone can tell, and what a Config means in full. What
// only the data plane knows (addresses, templates) is DataPlane::Check's part.

#ifndef GREETER_CONTROL_VALIDATION_H_
#define GREETER_CONTROL_VALIDATION_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "control/api.h"
#include "control/field_violation.h"

namespace greeter::control {

inline constexpr int kMaxListeners = 64;
// Payload and ending together.
inline constexpr size_t kMaxGreetingBytes = 64 * 1024;
inline constexpr size_t kMaxCommentBytes = 1024;
inline constexpr size_t kMaxNameBytes = 63;

// Fills in every default, so that a stored Config does not change its meaning with a new version.
// Fields that are set stay as they are, right or wrong.
void Complete(api::Config& config);

// All violations at once; field paths start at the Config. `config` is complete. Any thread.
std::vector<FieldViolation> Validate(const api::Config& config);

// 1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit (RFC 1123, section 2.1).
bool IsDnsLabel(absl::string_view name);

}  // namespace greeter::control

#endif  // GREETER_CONTROL_VALIDATION_H_
