// What greeterctl's exit codes mean. Scripts rely on them.

#ifndef GREETER_ADMIN_CLI_CLIENT_EXIT_CODE_H_
#define GREETER_ADMIN_CLI_CLIENT_EXIT_CODE_H_

#include "absl/status/status.h"

namespace greeter::admin_cli {

enum ExitCode : int {
  kOk = 0,
  // Anything that has no code of its own, as an address that can't be bound. To "config diff":
  // there is a difference; the rest is kUsage there.
  kFailure = 1,
  // The command line can't be understood.
  kUsage = 2,
  // No answer from the server, or it can't do its work now.
  kUnreachable = 3,
  // No such listener or revision.
  kNotFound = 4,
  // The revision is not the expected one.
  kConflict = 5,
  // The server does not let us do this, or does not let our certificate in.
  kNotPermitted = 6,
  // A value was refused.
  kInvalid = 7,
  // "probe" saw something else than expected.
  kUnexpected = 8,
};

// The code for the outcome of a call. Any thread.
ExitCode ExitCodeFor(const absl::Status& status);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_CLIENT_EXIT_CODE_H_
