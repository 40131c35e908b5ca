// Turns errno into a sentence for the person who must mend it.

#ifndef GREETER_NET_ERRORS_H_
#define GREETER_NET_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "net/address.h"

namespace greeter::net {

// Why `address` can't be listened on: FAILED_PRECONDITION, with what to do about `error` (errno of
// bind(2) or listen(2)). Any thread.
absl::Status ListenError(const Address& address, int error);

// "what: strerror(error)". FAILED_PRECONDITION. Any thread.
absl::Status SystemError(absl::string_view what, int error);

}  // namespace greeter::net

#endif  // GREETER_NET_ERRORS_H_
