// How long a change takes to be everywhere, one change after the other: in a fleet of real
// greeterds, in one of many replicas without a data plane in this process, and, to compare with,
// what etcd itself takes from a put to the last of as many watches.
//
//   fleet_latency greeterds CHANGES ADMIN=DATA...      addresses of each
//   fleet_latency replicas CHANGES ETCD COUNT
//   fleet_latency watches CHANGES ETCD COUNT
//
// And what it costs one replica that the answers of so many are waited for, once they are there:
//
//   fleet_latency answers COUNT
//
// Prints one line of JSON; exit 1 if a change fails, or is not everywhere within 10 s.

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "admin/fleet_wait.h"
#include "admin/open_calls.h"
#include "control/fleet.h"
#include "etcd/client.h"
#include "fleet/replica.h"
#include "fleet/roster.h"
#include "greeter/admin/v1/admin.grpc.pb.h"
#include "probe/histogram.h"
#include "support/tcp_client.h"

namespace {

namespace api = greeter::admin::v1;

constexpr absl::Duration kPatience = absl::Seconds(10);
constexpr absl::Duration kLook = absl::Microseconds(200);
constexpr char kKey[] = "/bench/key";

double Milliseconds(const greeter::probe::Histogram& histogram, double percent) {
  return absl::ToDoubleMilliseconds(histogram.Percentile(percent));
}

// `change` makes the change of that number and returns when it is acknowledged; `is_at` tells
// whether it has come to one of `places`.
int Measure(uint64_t changes, size_t places, const std::function<bool(uint64_t number)>& change,
            const std::function<bool(size_t place, uint64_t number)>& is_at) {
  greeter::probe::Histogram acknowledged;
  greeter::probe::Histogram everywhere;
  greeter::probe::Histogram rest;
  // The first connects: it is not counted.
  for (uint64_t number = 0; number <= changes; ++number) {
    const absl::Time start = absl::Now();
    if (!change(number)) return 1;
    const absl::Time answered = absl::Now();
    for (size_t place = 0; place < places; ++place) {
      while (!is_at(place, number)) {
        if (absl::Now() > start + kPatience) {
          std::fprintf(stderr, "change %llu is not everywhere\n",
                       static_cast<unsigned long long>(number));
          return 1;
        }
        absl::SleepFor(kLook);
      }
    }
    if (number == 0) continue;
    acknowledged.Record(answered - start);
    everywhere.Record(absl::Now() - start);
    rest.Record(absl::Now() - answered);
  }
  std::printf(
      "{\"changes\":%llu,\"acknowledged_p50_ms\":%.3f,\"everywhere_p50_ms\":%.3f,"
      "\"everywhere_p99_ms\":%.3f,\"rest_p50_ms\":%.3f,\"rest_p99_ms\":%.3f}\n",
      static_cast<unsigned long long>(changes), Milliseconds(acknowledged, 50),
      Milliseconds(everywhere, 50), Milliseconds(everywhere, 99), Milliseconds(rest, 50),
      Milliseconds(rest, 99));
  return 0;
}

std::string TextOf(uint64_t number) { return absl::StrCat("change ", number); }

int MeasureGreeterds(uint64_t changes, const std::vector<std::string>& greeterds) {
  std::vector<std::unique_ptr<api::GreeterAdminService::Stub>> stubs;
  std::vector<greeter::net::Address> addresses;
  for (const std::string& greeterd : greeterds) {
    const std::pair<std::string, std::string> both = absl::StrSplit(greeterd, '=');
    stubs.push_back(api::GreeterAdminService::NewStub(
        grpc::CreateChannel(both.first, grpc::InsecureChannelCredentials())));
    addresses.push_back(*greeter::net::Address::Parse(both.second));
  }
  const auto change = [&](uint64_t number) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(TextOf(number));
    api::SetMessageResponse response;
    const grpc::Status status =
        stubs[number % stubs.size()]->SetMessage(&context, request, &response);
    if (!status.ok()) std::fprintf(stderr, "SetMessage: %s\n", status.error_message().c_str());
    return status.ok();
  };
  return Measure(changes, addresses.size(), change, [&](size_t place, uint64_t number) {
    return greeter::testing::Greet(addresses[place]).bytes == TextOf(number);
  });
}

int MeasureReplicas(uint64_t changes, const std::string& etcd, size_t count) {
  std::vector<std::unique_ptr<greeter::testing::Replica>> replicas;
  while (replicas.size() < count) {
    replicas.push_back(std::make_unique<greeter::testing::Replica>(etcd));
  }
  const auto change = [&](uint64_t number) {
    const auto made = replicas[number % count]->SetMessage(TextOf(number));
    if (!made.ok()) std::fprintf(stderr, "%s\n", std::string(made.status().message()).c_str());
    return made.ok();
  };
  return Measure(changes, count, change, [&](size_t place, uint64_t number) {
    return replicas[place]->text() == TextOf(number);
  });
}

int MeasureWatches(uint64_t changes, const std::string& etcd, size_t count) {
  struct Watcher {
    explicit Watcher(const std::string& endpoint) : client({.endpoints = {endpoint}}) {}
    greeter::etcd::Client client;
    // Of the last value seen: the change's number and one.
    std::atomic<uint64_t> seen = 0;
    std::thread thread;
  };
  std::vector<std::unique_ptr<Watcher>> watchers;
  while (watchers.size() < count) {
    watchers.push_back(std::make_unique<Watcher>(etcd));
    Watcher& watcher = *watchers.back();
    watcher.thread = std::thread([&watcher] {
      etcdserverpb::WatchCreateRequest request;
      request.set_key(kKey);
      request.set_start_revision(1);
      // gRPC 1.51 reads errno some calls after connect(2), and so now and then takes a connection
      // in progress for one that failed. The client waits for the next before it tries again.
      absl::Status ended = absl::UnavailableError("");
      while (absl::IsUnavailable(ended)) {
        ended = watcher.client.Watch(request, absl::Hours(1), [&](const auto& response) {
          for (const auto& event : response.events()) {
            watcher.seen = std::strtoull(event.kv().value().c_str(), nullptr, 10) + 1;
          }
        });
      }
    });
  }
  greeter::etcd::Client client({.endpoints = {etcd}});
  const auto change = [&](uint64_t number) {
    etcdserverpb::TxnRequest request;
    etcdserverpb::PutRequest* const put = request.add_success()->mutable_request_put();
    put->set_key(kKey);
    put->set_value(absl::StrCat(number));
    const auto made = client.Txn(request);
    if (!made.ok()) std::fprintf(stderr, "put: %s\n", std::string(made.status().message()).c_str());
    return made.ok();
  };
  const int outcome = Measure(changes, count, change, [&](size_t place, uint64_t number) {
    return watchers[place]->seen == number + 1;
  });
  for (const auto& watcher : watchers) {
    watcher->client.Stop();
    watcher->thread.join();
  }
  return outcome;
}

// What one replica hears of the others.
class HeardFleet final : public greeter::control::Fleet {
 public:
  std::string name() const override { return "web"; }
  void Visit(Visitor visitor) const override { roster_.Visit(visitor); }
  void Look(LookDone done) override { done(absl::OkStatus()); }
  void Observe(Observer observer) override { observer_ = std::move(observer); }

  // That a replica has applied a revision.
  void Hear(size_t replica, uint64_t revision) {
    api::Replica record;
    record.set_id(absl::StrCat("web-", replica));
    record.set_applied_revision(revision);
    record.mutable_applied_time()->set_seconds(static_cast<int64_t>(revision));
    mvccpb::Event event;
    event.mutable_kv()->set_key(kPrefix + record.id());
    event.mutable_kv()->set_value(record.SerializeAsString());
    event.mutable_kv()->set_mod_revision(++mod_revision_);
    roster_.Hear(event, absl::Now());
    observer_();
  }

 private:
  static constexpr char kPrefix[] = "/greeter/web/replicas/";

  greeter::fleet::Roster roster_{kPrefix};
  Observer observer_ = [] { return true; };
  int64_t mod_revision_ = 0;
};

int MeasureAnswers(size_t count) {
  // Scatters them: no divisor of a round count.
  constexpr size_t kStride = 7919;
  HeardFleet fleet;
  greeter::admin::OpenCalls calls;
  for (size_t i = 0; i < count; ++i) fleet.Hear(i, 1);
  greeter::admin::FleetWait::Request request;
  request.revision.set_number(2);
  request.revision.mutable_time()->set_seconds(2);
  request.patience = absl::Minutes(1);
  absl::Status outcome = absl::UnknownError("not all answers were taken");
  greeter::admin::FleetWait::Begin(&fleet, &calls, request,
                                   [&outcome](const auto& ended) { outcome = ended.status; });
  const absl::Time start = absl::Now();
  for (size_t i = 0; i < count; ++i) fleet.Hear(i * kStride % count, 2);
  const absl::Duration took = absl::Now() - start;
  if (!outcome.ok()) {
    std::fprintf(stderr, "%s\n", std::string(outcome.message()).c_str());
    return 1;
  }
  std::printf("{\"answers\":%zu,\"took_ms\":%.3f}\n", count, absl::ToDoubleMilliseconds(took));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string what = arguments.empty() ? "" : arguments[0];
  const size_t size = arguments.size();
  const auto number = [&](size_t i) { return std::strtoull(arguments[i].c_str(), nullptr, 10); };
  if (what == "greeterds" && size > 2) {
    return MeasureGreeterds(number(1), {argv + 3, argv + argc});
  }
  if (what == "replicas" && size == 4) return MeasureReplicas(number(1), arguments[2], number(3));
  if (what == "watches" && size == 4) return MeasureWatches(number(1), arguments[2], number(3));
  if (what == "answers" && size == 2) return MeasureAnswers(number(1));
  std::fputs(
      "usage: fleet_latency greeterds CHANGES ADMIN=DATA...\n"
      "       fleet_latency replicas|watches CHANGES ETCD COUNT\n"
      "       fleet_latency answers COUNT\n",
      stderr);
  return 2;
}
