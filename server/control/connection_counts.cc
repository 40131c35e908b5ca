#include "control/connection_counts.h"

namespace greeter::control {

void Add(const api::ConnectionCounts& counts, api::ConnectionCounts& total) {
  total.set_accepted(total.accepted() + counts.accepted());
  total.set_open(total.open() + counts.open());
  total.set_completed(total.completed() + counts.completed());
  total.set_timed_out(total.timed_out() + counts.timed_out());
  total.set_reset(total.reset() + counts.reset());
  total.set_rejected(total.rejected() + counts.rejected());
  total.set_bytes_sent(total.bytes_sent() + counts.bytes_sent());
  total.set_pauses(total.pauses() + counts.pauses());
}

}  // namespace greeter::control
