#include "admin_cli/watch/rates.h"

#include <cstddef>
#include <utility>

namespace greeter::admin_cli {
namespace {

constexpr size_t kMostRates = 60;
constexpr absl::Duration kShortest = absl::Milliseconds(500);

}  // namespace

void Rates::Add(const api::ServerStatus& status, absl::Time now) {
  if (status.server_id() != server_id_) {
    server_id_ = status.server_id();
    series_.clear();
  } else if (now - last_ < kShortest) {
    return;
  }
  const double seconds = absl::ToDoubleSeconds(now - last_);
  last_ = now;
  std::map<std::string, Series> current;
  for (const api::ListenerStatus& listener : status.listeners()) {
    const uint64_t accepted = listener.counts().accepted();
    Series& series = current[listener.name()];
    const auto known = series_.find(listener.name());
    // A listener that was removed and made again begins at 0.
    if (known != series_.end() && known->second.accepted <= accepted) {
      series.rates = std::move(known->second.rates);
      series.rates.push_back(static_cast<double>(accepted - known->second.accepted) / seconds);
      if (series.rates.size() > kMostRates) series.rates.pop_front();
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
