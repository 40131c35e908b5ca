#include "support/load_clients.h"

#include <utility>

#include "absl/time/clock.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

// Keeps clients that are refused from taking the processor away from the server.
constexpr absl::Duration kRestWhenRefused = absl::Milliseconds(1);

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tally& tally) {
  return out << "greeted " << tally.greeted << ", refused " << tally.refused << ", gave up "
             << tally.gave_up << ", reset " << tally.reset << ", timed out " << tally.timed_out
             << ", cut short " << tally.cut_short << ", wrong " << tally.wrong << ", failed "
             << tally.failed;
}

LoadClients::LoadClients(Options options) : options_(std::move(options)) {
  for (int i = 0; i < options_.clients; ++i) {
    const auto number = static_cast<size_t>(i) % options_.addresses.size();
    threads_.emplace_back([this, number] { Run(options_.addresses[number]); });
  }
}

LoadClients::~LoadClients() { Stop(); }

Tally LoadClients::Stop() {
  stopping_ = true;
  return Join();
}

Tally LoadClients::Join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return tally();
}

void LoadClients::Run(const net::Address& address) {
  ClientOptions client = options_.client;
  client.connect_timeout = options_.patience;
  while (!stopping_) {
    if (options_.connections != 0 && started_.fetch_add(1) >= options_.connections) return;
    const Greeted greeted = Greet(address, "", client);
    Note(greeted);
    if (greeted.ended == HowEnded::kRefused) absl::SleepFor(kRestWhenRefused);
  }
}

void LoadClients::Note(const Greeted& greeted) {
  switch (greeted.ended) {
    case HowEnded::kClean:
      if (options_.expected(greeted.bytes)) {
        ++counters_.greeted;
      } else if (greeted.bytes.empty()) {
        ++counters_.cut_short;
      } else {
        ++counters_.wrong;
      }
      return;
    case HowEnded::kRefused:
      ++counters_.refused;
      return;
    case HowEnded::kReset:
      ++counters_.reset;
      return;
    case HowEnded::kUnanswered:
      ++(options_.patience < options_.client.timeout ? counters_.gave_up : counters_.timed_out);
      return;
    case HowEnded::kTimedOut:
      ++counters_.timed_out;
      return;
    case HowEnded::kOpen:
    case HowEnded::kFailed:
      ++counters_.failed;
      return;
  }
}

Tally LoadClients::tally() const {
  Tally tally;
  tally.greeted = counters_.greeted;
  tally.refused = counters_.refused;
  tally.gave_up = counters_.gave_up;
  tally.reset = counters_.reset;
  tally.timed_out = counters_.timed_out;
  tally.cut_short = counters_.cut_short;
  tally.wrong = counters_.wrong;
  tally.failed = counters_.failed;
  return tally;
}

bool LoadClients::WaitForGreeted(uint64_t count) const {
  const uint64_t goal = counters_.greeted + count;
  return WaitFor([&] { return counters_.greeted >= goal; }, absl::Seconds(30));
}

}  // namespace greeter::testing
