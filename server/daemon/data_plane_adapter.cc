#include "daemon/data_plane_adapter.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "net/address.h"

namespace greeter::daemon {
namespace {

class EnginePreparation final : public control::DataPlane::Preparation {
 public:
  explicit EnginePreparation(data_plane::Engine::Preparation prepared)
      : prepared_(std::move(prepared)) {}

  const std::map<std::string, absl::Status>& failures() const override {
    return prepared_.failures();
  }

  data_plane::Engine::Preparation Take() { return std::move(prepared_); }

 private:
  data_plane::Engine::Preparation prepared_;
};

data_plane::Ending ToEnding(api::Ending ending) {
  switch (ending) {
    case api::ENDING_LF:
      return data_plane::Ending::kLf;
    case api::ENDING_CRLF:
      return data_plane::Ending::kCrLf;
    case api::ENDING_NUL:
      return data_plane::Ending::kNul;
    default:
      return data_plane::Ending::kNone;
  }
}

std::chrono::nanoseconds ToChrono(const google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) + std::chrono::nanoseconds(duration.nanos());
}

data_plane::Limits ToLimits(const api::Limits& limits) {
  data_plane::Limits plain;
  plain.max_connections = limits.max_connections();
  plain.overflow = limits.overflow() == api::OVERFLOW_REJECT ? data_plane::Overflow::kReject
                                                             : data_plane::Overflow::kWait;
  if (limits.has_write_timeout()) plain.write_timeout = ToChrono(limits.write_timeout());
  if (limits.has_linger_timeout()) plain.linger_timeout = ToChrono(limits.linger_timeout());
  plain.accept_rate = limits.accept_rate();
  plain.accept_burst = limits.accept_burst();
  return plain;
}

}  // namespace

DataPlaneAdapter::DataPlaneAdapter(data_plane::Engine* engine, Identity identity)
    : engine_(engine), identity_(std::move(identity)) {}

absl::StatusOr<data_plane::Greeting> DataPlaneAdapter::Compile(
    const api::Listener& listener) const {
  const api::Greeting& greeting = listener.greeting();
  const data_plane::GreetingSpec spec{greeting.has_raw() ? greeting.raw() : greeting.text(),
                                      ToEnding(greeting.ending()), greeting.template_()};
  return data_plane::Greeting::Compile(
      spec, {listener.name(), identity_.hostname, identity_.server_id, identity_.labels});
}

std::vector<control::FieldViolation> DataPlaneAdapter::Check(const api::Config& config) const {
  std::vector<control::FieldViolation> violations;
  std::vector<std::pair<std::string, net::Address>> addresses;
  for (int i = 0; i < config.listeners_size(); ++i) {
    const api::Listener& listener = config.listeners(i);
    const std::string path = absl::StrCat("listeners[", i, "]");

    const absl::StatusOr<data_plane::Greeting> greeting = Compile(listener);
    if (!greeting.ok()) {
      violations.push_back(
          {absl::StrCat(path, ".greeting.", listener.greeting().has_raw() ? "raw" : "text"),
           std::string(greeting.status().message())});
    }
    // That an address is missing is the control plane's to say.
    if (listener.address().empty()) continue;
    const absl::StatusOr<net::Address> address = net::Address::Parse(listener.address());
    if (!address.ok()) {
      violations.push_back(
          {absl::StrCat(path, ".address"), std::string(address.status().message())});
      continue;
    }
    for (const auto& [name, other] : addresses) {
      if (!address->Overlaps(other)) continue;
      violations.push_back(
          {absl::StrCat(path, ".address"),
           absl::StrCat(address->ToString(), " overlaps with ", other.ToString(), " of listener \"",
                        name, "\"; give each listener an address of its own")});
    }
    addresses.emplace_back(listener.name(), *address);
  }
  return violations;
}

// The Config has passed Check(), so both parts parse.
data_plane::ListenerSpec DataPlaneAdapter::ToSpec(const api::Listener& listener) const {
  return {listener.name(), *net::Address::Parse(listener.address()), listener.enabled(),
          *Compile(listener), ToLimits(listener.limits())};
}

std::unique_ptr<control::DataPlane::Preparation> DataPlaneAdapter::Prepare(
    const api::Config& config) {
  std::vector<data_plane::ListenerSpec> specs;
  for (const api::Listener& listener : config.listeners()) specs.push_back(ToSpec(listener));
  return std::make_unique<EnginePreparation>(engine_->Prepare(std::move(specs)));
}

void DataPlaneAdapter::Activate(std::unique_ptr<Preparation> preparation, uint64_t revision) {
  failures_ = preparation->failures();
  revision_ = revision;
  engine_->Activate(static_cast<EnginePreparation&>(*preparation).Take(), revision);
  auto counts = std::make_shared<CountsByName>();
  for (const data_plane::ListenerState& state : engine_->listeners()) {
    counts->emplace(state.name, state.counts);
  }
  const std::lock_guard lock(mutex_);
  counts_ = std::move(counts);
}

std::vector<api::ListenerStatus> DataPlaneAdapter::Observe() const {
  std::vector<api::ListenerStatus> statuses;
  for (const data_plane::ListenerState& state : engine_->listeners()) {
    api::ListenerStatus& status = statuses.emplace_back();
    status.set_name(state.name);
    status.set_bound_address(state.bound_address);
    status.set_applied_revision(revision_);
    const auto failure = failures_.find(state.name);
    if (failure != failures_.end()) {
      status.set_state(api::ListenerStatus::STATE_FAILED);
      status.set_error(std::string(failure->second.message()));
    } else if (!state.failure.ok()) {
      status.set_state(api::ListenerStatus::STATE_FAILED);
      status.set_error(std::string(state.failure.message()));
    } else {
      status.set_state(state.enabled ? api::ListenerStatus::STATE_LISTENING
                                     : api::ListenerStatus::STATE_STOPPED);
    }
  }
  return statuses;
}

std::shared_ptr<const data_plane::ListenerCounts> DataPlaneAdapter::Find(
    const std::string& listener) const {
  std::shared_ptr<const CountsByName> counts;
  {
    const std::lock_guard lock(mutex_);
    counts = counts_;
  }
  const auto found = counts->find(listener);
  return found == counts->end() ? nullptr : found->second;
}

data_plane::TimesReading DataPlaneAdapter::Times(const std::string& listener) const {
  const auto counts = Find(listener);
  return counts == nullptr ? data_plane::TimesReading() : counts->ReadTimes();
}

api::ConnectionCounts DataPlaneAdapter::Counts(const std::string& listener) const {
  api::ConnectionCounts message;
  const auto counts = Find(listener);
  if (counts == nullptr) return message;
  const data_plane::CountsReading reading = counts->Read();
  message.set_accepted(reading.accepted);
  message.set_open(reading.open);
  message.set_completed(reading.completed);
  message.set_timed_out(reading.timed_out);
  message.set_reset(reading.reset);
  message.set_rejected(reading.rejected);
  message.set_bytes_sent(reading.bytes_sent);
  message.set_pauses(reading.pauses);
  return message;
}

}  // namespace greeter::daemon
