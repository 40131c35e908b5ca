#include "config/defaults.h"

#include <cstdint>

namespace greeter::config {
namespace {

void SetDefault(absl::Duration value, google::protobuf::Duration& field) {
  field.set_seconds(value / absl::Seconds(1));
  field.set_nanos(static_cast<int32_t>(value % absl::Seconds(1) / absl::Nanoseconds(1)));
}

}  // namespace

void Complete(api::Config& config) {
  for (api::Listener& listener : *config.mutable_listeners()) {
    if (!listener.has_enabled()) listener.set_enabled(true);
    if (listener.has_greeting() && listener.greeting().ending() == api::ENDING_UNSPECIFIED) {
      listener.mutable_greeting()->set_ending(api::ENDING_NONE);
    }
    api::Limits& limits = *listener.mutable_limits();
    if (!limits.has_write_timeout()) {
      SetDefault(kDefaultWriteTimeout, *limits.mutable_write_timeout());
    }
    if (!limits.has_linger_timeout()) {
      SetDefault(kDefaultLingerTimeout, *limits.mutable_linger_timeout());
    }
    if (limits.overflow() == api::OVERFLOW_UNSPECIFIED) limits.set_overflow(api::OVERFLOW_WAIT);
    if (limits.accept_burst() == 0) limits.set_accept_burst(limits.accept_rate());
  }
}

}  // namespace greeter::config
