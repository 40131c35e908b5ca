#include "control/change.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest.h"
#include "control/field_violation.h"
#include "control/validation.h"

namespace greeter::control {
namespace {

constexpr size_t kMostNamesListed = 16;

// The change that does `edit` to the listener called `name`.
Change ListenerChange(std::string name, const std::string& verb, const api::ChangeOptions& options,
                      absl::AnyInvocable<void(api::Listener&)> edit) {
  Change change;
  change.action = absl::StrCat(verb, " ", name);
  change.options = options;
  change.listener = name;
  change.edit = [name = std::move(name),
                 edit = std::move(edit)](api::Config& config) mutable -> absl::Status {
    for (api::Listener& listener : *config.mutable_listeners()) {
      if (listener.name() != name) continue;
      edit(listener);
      return absl::OkStatus();
    }
    return UnknownListener(name, config);
  };
  return change;
}

}  // namespace

std::string ListenerOrDefault(const std::string& requested) {
  return requested.empty() ? kDefaultListener : requested;
}

absl::Status UnknownListener(const std::string& name, const api::Config& config) {
  std::vector<std::string> known;
  for (const api::Listener& listener : config.listeners()) known.push_back(listener.name());
  // Nothing is near a name longer than names can be, and looking would take long.
  const std::string nearest = name.size() > kMaxNameBytes ? "" : base::NearestName(name, known);
  const std::string hint =
      nearest.empty() ? "" : absl::StrCat("; did you mean ", Quoted(nearest), "?");
  if (known.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no listener ", Quoted(name), "; there are none at all"));
  }
  const size_t listed = std::min(known.size(), kMostNamesListed);
  const std::string more =
      known.size() > listed ? absl::StrCat(" and ", known.size() - listed, " more") : "";
  known.resize(listed);
  return absl::NotFoundError(absl::StrCat("no listener ", Quoted(name), hint,
                                          hint.empty() ? "; " : " ",
                                          "listeners: ", absl::StrJoin(known, ", "), more));
}

Change SetMessage(const api::SetMessageRequest& request) {
  return ListenerChange(ListenerOrDefault(request.listener()), "set message of", request.change(),
                        [request](api::Listener& listener) {
                          if (request.has_greeting()) {
                            *listener.mutable_greeting() = request.greeting();
                          } else {
                            listener.clear_greeting();
                          }
                        });
}

Change StartListening(const api::StartListeningRequest& request) {
  Change change = ListenerChange(ListenerOrDefault(request.listener()), "start", request.change(),
                                 [](api::Listener& listener) { listener.set_enabled(true); });
  change.must_listen = true;
  return change;
}

Change StopListening(const api::StopListeningRequest& request) {
  return ListenerChange(ListenerOrDefault(request.listener()), "stop", request.change(),
                        [](api::Listener& listener) { listener.set_enabled(false); });
}

Change ApplyConfig(const api::ApplyConfigRequest& request) {
  Change change;
  change.action = "apply config";
  change.options = request.change();
  change.edit = [request](api::Config& config) -> absl::Status {
    if (!request.has_config()) {
      return InvalidArgument({{"config", "is missing; an empty one removes every listener"}});
    }
    config = request.config();
    return absl::OkStatus();
  };
  return change;
}

Change RollBack(const api::RollBackRequest& request) {
  Change change;
  change.action = absl::StrCat("roll back to revision ", request.revision());
  change.options = request.change();
  if (request.revision() != 0) change.from_revision = request.revision();
  change.edit = [is_missing = request.revision() == 0](api::Config& /*config*/) -> absl::Status {
    if (!is_missing) return absl::OkStatus();
    return InvalidArgument({{"revision", "is 0 or missing; revisions are numbered from 1"}});
  };
  return change;
}

}  // namespace greeter::control
