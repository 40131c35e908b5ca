// Changes that operators ask for, as the controller runs them. One function per kind of change.

#ifndef GREETER_CONTROL_CHANGE_H_
#define GREETER_CONTROL_CHANGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "control/api.h"

namespace greeter::control {

// The listener meant when a request names none.
inline constexpr char kDefaultListener[] = "default";

// A change that waits for its turn. Built on any thread, run on the controller thread.
struct Change {
  // What is done, in a few words, for the history: "set message of default".
  std::string action;
  // Who asks; see api::Revision.author.
  std::string author;
  // From where: the peer's address.
  std::string peer;
  api::ChangeOptions options;
  // Makes the desired Config out of the current one. NOT_FOUND for a listener that is not there.
  absl::AnyInvocable<absl::Status(api::Config& config)> edit;
  // Set if `edit` is to be given the Config of this earlier revision in place of the current one.
  std::optional<uint64_t> from_revision;
  // The one listener the change is about; empty if it is about the whole Config. Violations are
  // reported by their path in the request, which this decides: "greeting.text" for a change of one
  // listener, "config.listeners[2].greeting.text" for one of the Config. What a change of one
  // listener makes wrong elsewhere has no path in its request and keeps the Config's:
  // "listeners[2].address".
  std::string listener;
  // The change asks for `listener` to be listening: a FAILED one is tried again at once, and not
  // binding it is the change's failure even if the Config stays the same.
  bool must_listen = false;
  // Set if the change applies a config file: see AppliedFile. A hash that was not the last one
  // makes a revision even if the Config stays the same, so that it is remembered. Violations are
  // then reported by their path in the file.
  std::optional<std::string> file_hash;
};

// The listener a request means: `requested`, or kDefaultListener if that is empty.
std::string ListenerOrDefault(const std::string& requested);

// NOT_FOUND for a listener that `config` doesn't have: names the nearest one and those there are.
absl::Status UnknownListener(const std::string& name, const api::Config& config);

// Each takes its request as received. The author is filled in by the caller.
Change SetMessage(const api::SetMessageRequest& request);
Change StartListening(const api::StartListeningRequest& request);
Change StopListening(const api::StopListeningRequest& request);
Change ApplyConfig(const api::ApplyConfigRequest& request);
Change RollBack(const api::RollBackRequest& request);

}  // namespace greeter::control

#endif  // GREETER_CONTROL_CHANGE_H_
