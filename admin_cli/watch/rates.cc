#include "admin_cli/watch/rates.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace greeter::admin_cli {
namespace {

constexpr size_t kMostRates = 60;
constexpr absl::Duration kSecond = absl::Seconds(1);

}  // namespace

void Rates::Add(const api::ServerStatus& status, absl::Time now) {
  // Anew, too, where the clock was set back.
  if (status.server_id() != server_id_ || now < last_) {
    server_id_ = status.server_id();
    series_.clear();
    known_until_ = last_ = now;
  }
  const int64_t seconds = std::llround(absl::FDivDuration(now - known_until_, kSecond));
  if (seconds <= 0 && !series_.empty()) return;
  known_until_ += seconds * kSecond;
  const double elapsed = absl::ToDoubleSeconds(now - last_);
  last_ = now;
  std::map<std::string, Series> current;
  for (const api::ListenerStatus& listener : status.listeners()) {
    const uint64_t accepted = listener.counts().accepted();
    Series& series = current[listener.name()];
    const auto known = series_.find(listener.name());
    // A listener that was removed and made again begins at 0.
    if (known != series_.end() && known->second.accepted <= accepted) {
      series.rates = std::move(known->second.rates);
      const double rate = static_cast<double>(accepted - known->second.accepted) / elapsed;
      series.rates.insert(series.rates.end(), std::min(static_cast<size_t>(seconds), kMostRates),
                          rate);
      while (series.rates.size() > kMostRates) series.rates.pop_front();
    }
    series.accepted = accepted;
  }
  series_ = std::move(current);
}

const std::deque<double>& Rates::Of(const std::string& listener) const {
  static const std::deque<double> kNone;
  const auto series = series_.find(listener);
  return series == series_.end() ? kNone : series->second.rates;
}

}  // namespace greeter::admin_cli
