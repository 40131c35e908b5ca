#include "observe/metrics.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "observe/process_metrics.h"
#include "prometheus/client_metric.h"
#include "prometheus/metric_type.h"
#include "prometheus/text_serializer.h"

namespace greeter::observe {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// Every listener has a sample for each.
constexpr std::pair<api::ListenerStatus::State, const char*> kStates[] = {
    {api::ListenerStatus::STATE_LISTENING, "listening"},
    {api::ListenerStatus::STATE_STOPPED, "stopped"},
    {api::ListenerStatus::STATE_FAILED, "failed"}};

// Families under construction.
class Families {
 public:
  MetricFamily& Add(const char* name, MetricType type, const char* help) {
    return families_.emplace_back(MetricFamily{name, help, type, {}});
  }
  void Gauge(const char* name, const char* help, double value) {
    Value(Add(name, MetricType::Gauge, help), {}, value);
  }

  static void Value(MetricFamily& family, Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
  }

  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_;
};

double Seconds(std::chrono::duration<double> duration) { return duration.count(); }

double Seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() / 1e9;
}

void AddCounts(const std::vector<api::ListenerStatus>& listeners, Families& families) {
  struct Count {
    const char* name;
    MetricType type;
    const char* help;
    uint64_t (api::ConnectionCounts::*get)() const;
  };
  static constexpr Count kCounts[] = {
      {"greeter_connections_accepted_total", MetricType::Counter,
       "Connections taken from the kernel.", &api::ConnectionCounts::accepted},
      {"greeter_connections_open", MetricType::Gauge, "Connections being served now.",
       &api::ConnectionCounts::open},
      {"greeter_sent_bytes_total", MetricType::Counter, "Bytes of greetings handed to the kernel.",
       &api::ConnectionCounts::bytes_sent},
      {"greeter_accept_pauses_total", MetricType::Counter,
       "Rests from accepting because descriptors or memory had run out.",
       &api::ConnectionCounts::pauses}};
  for (const Count& count : kCounts) {
    MetricFamily& family = families.Add(count.name, count.type, count.help);
    for (const api::ListenerStatus& listener : listeners) {
      Families::Value(family, {{"listener", listener.name()}},
                      static_cast<double>((listener.counts().*count.get)()));
    }
  }

  MetricFamily& ended =
      families.Add("greeter_connections_ended_total", MetricType::Counter,
                   "Connections that ended, by outcome: completed, timed_out, reset or rejected.");
  for (const api::ListenerStatus& listener : listeners) {
    const api::ConnectionCounts& counts = listener.counts();
    const std::pair<const char*, uint64_t> outcomes[] = {{"completed", counts.completed()},
                                                         {"timed_out", counts.timed_out()},
                                                         {"reset", counts.reset()},
                                                         {"rejected", counts.rejected()}};
    for (const auto& [outcome, value] : outcomes) {
      Families::Value(ended, {{"listener", listener.name()}, {"outcome", outcome}},
                      static_cast<double>(value));
    }
  }
}

ClientMetric::Histogram ToHistogram(const data_plane::DurationsReading& reading) {
  ClientMetric::Histogram histogram;
  for (size_t i = 0; i < reading.counts.size(); ++i) {
    histogram.sample_count += reading.counts[i];
    const bool last = i == data_plane::kDurationBounds.size();
    histogram.bucket.push_back(
        {histogram.sample_count,
         last ? std::numeric_limits<double>::infinity() : Seconds(data_plane::kDurationBounds[i])});
  }
  histogram.sample_sum = Seconds(reading.sum);
  return histogram;
}

void AddTimes(const Sources& sources, const std::vector<api::ListenerStatus>& listeners,
              Families& families) {
  MetricFamily sent{"greeter_accept_to_sent_seconds",
                    "From acceptance until the whole greeting was handed to the kernel; 0 where "
                    "that was done at once.",
                    MetricType::Histogram,
                    {}};
  MetricFamily& lifetime =
      families.Add("greeter_connection_lifetime_seconds", MetricType::Histogram,
                   "From acceptance until the connection's end was noticed, which may take 35 ms.");
  for (const api::ListenerStatus& listener : listeners) {
    const data_plane::TimesReading times = sources.times(listener.name());
    ClientMetric metric;
    metric.label = {{"listener", listener.name()}};
    metric.histogram = ToHistogram(times.lifetime);
    lifetime.metric.push_back(metric);
    metric.histogram = ToHistogram(times.accept_to_sent);
    sent.metric.push_back(std::move(metric));
  }
  families.Add("", MetricType::Untyped, "") = std::move(sent);
}

void AddListeners(const std::vector<api::ListenerStatus>& listeners, Families& families) {
  MetricFamily& state =
      families.Add("greeter_listener_state", MetricType::Gauge,
                   "1 for the state that the listener is in: listening, stopped or failed.");
  for (const api::ListenerStatus& listener : listeners) {
    for (const auto& [value, name] : kStates) {
      Families::Value(state, {{"listener", listener.name()}, {"state", name}},
                      listener.state() == value ? 1 : 0);
    }
  }
}

void AddStatus(const api::ServerStatus& status, Families& families) {
  families.Gauge("greeter_revision", "Number of the revision in force.",
                 static_cast<double>(status.revision().number()));
  families.Gauge("greeter_revision_timestamp_seconds",
                 "When the revision in force was made, in seconds since 1970.",
                 Seconds(status.revision().time()));
  if (status.has_fleet()) {
    families.Gauge("greeter_fleet_stale",
                   "1 while the fleet can't be heard, and what was known last is served.",
                   status.fleet().stale() ? 1 : 0);
    families.Gauge("greeter_fleet_failed_revision",
                   "The fleet's current revision, if it can't be applied here; 0 otherwise.",
                   static_cast<double>(status.fleet().failed_revision()));
  }
  families.Gauge("greeter_start_timestamp_seconds",
                 "When this greeterd was started, in seconds since 1970.",
                 Seconds(status.start_time()));
  if (status.has_admin_certificates()) {
    MetricFamily& expiry = families.Add(
        "greeter_certificate_expiry_timestamp_seconds", MetricType::Gauge,
        "Until when the admin port's certificate, and the first of its client CAs, is good.");
    const api::AdminCertificates& certificates = status.admin_certificates();
    Families::Value(expiry, {{"certificate", "server"}}, Seconds(certificates.server_expires()));
    Families::Value(expiry, {{"certificate", "client_ca"}},
                    Seconds(certificates.client_ca_expires()));
  }
  if (status.has_config_file()) {
    families.Gauge("greeter_config_file_drift",
                   "1 if changes made since the config file was applied are in force.",
                   status.config_file().changed_since() ? 1 : 0);
  }
}

void AddServer(const Sources& sources, const api::ServerStatus& status, Families& families) {
  Families::Value(families.Add("greeter_build_info", MetricType::Gauge,
                               "Always 1; its labels say what was built."),
                  {{"version", status.version()}}, 1);
  Labels labels = {{"server_id", status.server_id()}};
  for (const auto& [name, value] : sources.labels) {
    labels.push_back({absl::StrCat("label_", name), value});
  }
  Families::Value(families.Add("greeter_server_info", MetricType::Gauge,
                               "Always 1; its labels are those given with --label, and the id "
                               "that is new with every start."),
                  std::move(labels), 1);
}

void AddAdmin(const Sources& sources, Families& families) {
  families.Gauge("greeter_alive", "Whether the daemon lives and its admin port answers.",
                 sources.alive() ? 1 : 0);
  families.Gauge("greeter_ready",
                 "Whether at least one listener is enabled and every enabled one is listening.",
                 sources.serving() ? 1 : 0);
  MetricFamily& calls =
      families.Add("greeter_admin_calls_total", MetricType::Counter,
                   "Calls of the admin port that ended, by method and gRPC status code.");
  for (const auto& [call, count] : sources.admin_calls->Read()) {
    Families::Value(calls, {{"method", call.first}, {"code", call.second}},
                    static_cast<double>(count));
  }
}

void AddAccessLog(const Sources& sources, Families& families) {
  const std::optional<data_plane::ConnectionLog::Counts> counts = sources.access_log();
  if (!counts.has_value()) return;
  Families::Value(families.Add("greeter_access_log_lines_total", MetricType::Counter,
                               "Lines of the access log written."),
                  {}, static_cast<double>(counts->written));
  Families::Value(families.Add("greeter_access_log_dropped_total", MetricType::Counter,
                               "Lines of the access log dropped, for the file did not take them."),
                  {}, static_cast<double>(counts->dropped));
}

}  // namespace

Metrics::Metrics(Sources sources) : sources_(std::move(sources)) {}

std::vector<MetricFamily> Metrics::Collect() const {
  Families families;
  AddAdmin(sources_, families);
  AddAccessLog(sources_, families);
  if (sources_.controller->snapshot() != nullptr) {
    const api::ServerStatus status = sources_.status();
    const std::vector<api::ListenerStatus> listeners(status.listeners().begin(),
                                                     status.listeners().end());
    AddServer(sources_, status, families);
    AddStatus(status, families);
    AddListeners(listeners, families);
    AddCounts(listeners, families);
    AddTimes(sources_, listeners, families);
  }
  std::vector<MetricFamily> all = families.Take();
  for (MetricFamily& family : ProcessMetrics()) all.push_back(std::move(family));
  // A family without a member has nothing to say.
  std::erase_if(all, [](const MetricFamily& family) { return family.metric.empty(); });
  return all;
}

std::string Metrics::Text() const {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, Collect());
  return text.str();
}

}  // namespace greeter::observe
