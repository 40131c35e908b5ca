#include "data_plane/engine.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <latch>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/cpus.h"
#include "net/errors.h"
#include "net/handshakes.h"

namespace greeter::data_plane {
namespace {

// A listener whose workers could not hold even this many connections each is not opened.
constexpr int64_t kLeastShare = 8;
// A worker's epoll set and its wakeup.
constexpr int64_t kDescriptorsOfWorker = 2;
// Between questions about handshakes under way.
constexpr Clock::duration kLeastPause = std::chrono::milliseconds(5);
// What their completion gets where the kernel can't be asked.
constexpr absl::Duration kBlindGrace = absl::Milliseconds(200);

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(const Options& options,
                                                      std::vector<net::InheritedSocket> inherited) {
  std::vector<std::unique_ptr<Worker>> workers;
  do {
    const size_t number = workers.size();
    absl::StatusOr<std::unique_ptr<Worker>> worker = Worker::Start(
        number, options.accept, options.log == nullptr ? nullptr : &options.log->worker(number));
    if (!worker.ok()) return worker.status();
    workers.push_back(*std::move(worker));
    if (options.cpus.empty()) continue;
    // If it can't be bound it serves all the same, only from elsewhere.
    const int cpu = options.cpus.at(workers.size() - 1);
    workers.back()->Post([cpu] { base::PinThread(cpu); });
  } while (std::ssize(workers) < options.workers);
  return std::unique_ptr<Engine>(new Engine(options, std::move(inherited), std::move(workers)));
}

Engine::Engine(Options options, std::vector<net::InheritedSocket> inherited,
               std::vector<std::unique_ptr<Worker>> workers)
    : options_(std::move(options)),
      inherited_(std::move(inherited)),
      workers_(std::move(workers)) {}

Engine::~Engine() = default;

// Two listeners that ask for any free port get one each, and keep it while they ask for that.
std::string Engine::Key(const ListenerSpec& spec) {
  std::string key = spec.address.ToString();
  if (!spec.address.is_unix() && spec.address.port() == 0) absl::StrAppend(&key, " ", spec.name);
  return key;
}

EndpointId Engine::Find(const std::string& key) const {
  for (const auto& [id, endpoint] : endpoints_) {
    if (endpoint.key == key) return id;
  }
  return 0;
}

EndpointId Engine::FindBound(const net::Address& address) const {
  for (const auto& [id, endpoint] : endpoints_) {
    if (endpoint.bound.ToString() == address.ToString()) return id;
  }
  return 0;
}

Engine::Preparation Engine::Prepare(std::vector<ListenerSpec> listeners) {
  Preparation preparation;
  std::set<EndpointId> kept;
  const bool has_ipv6 = net::HasIpv6();
  for (ListenerSpec& spec : listeners) {
    // As it will be bound here, so that it is found again.
    if (!has_ipv6) spec.address = spec.address.WithoutIpv6();
    const EndpointId id = spec.enabled ? Find(Key(spec)) : 0;
    kept.insert(id);
    preparation.items_.push_back({std::move(spec), id});
  }
  // Who asked for any free port may now ask for the one it got. To open that once more would mix
  // two gates in one group of sockets.
  for (Preparation::Item& item : preparation.items_) {
    if (!item.spec.enabled || item.endpoint != 0) continue;
    const EndpointId id = FindBound(item.spec.address);
    if (kept.insert(id).second) item.endpoint = id;
  }
  for (Preparation::Item& item : preparation.items_) {
    if (item.spec.enabled && item.endpoint == 0) Open(item, kept, preparation);
  }
  return preparation;
}

void Engine::Open(Preparation::Item& item, const std::set<EndpointId>& kept,
                  Preparation& preparation) {
  net::ListenOptions listen;
  listen.workers = static_cast<int>(workers_.size());
  listen.backlog = options_.backlog;
  listen.gate = options_.gates;
  const net::Address& address = item.spec.address;
  if (Share(endpoints_.size() + preparation.opened_.size() + 1) < kLeastShare) {
    preparation.failures_.emplace(item.spec.name, net::ListenError(address, EMFILE));
    return;
  }
  const net::InheritedSocket* const inherited = FindInherited(address);
  for (const auto& [id, endpoint] : endpoints_) {
    if (!endpoint.bound.Overlaps(address)) continue;
    // An inherited socket shares its port with nobody, not even for the time of a move.
    if (kept.count(id) != 0 || inherited != nullptr) {
      preparation.failures_.emplace(item.spec.name, net::ListenError(address, EADDRINUSE));
      return;
    }
    listen.port_is_ours = true;
  }
  absl::StatusOr<net::ListeningSockets> sockets =
      inherited != nullptr ? inherited->Share(listen) : net::OpenListeningSockets(address, listen);
  if (!sockets.ok()) {
    preparation.failures_.emplace(item.spec.name, sockets.status());
    return;
  }
  item.endpoint = next_id_++;
  preparation.opened_.emplace(item.endpoint, *std::move(sockets));
}

const net::InheritedSocket* Engine::FindInherited(const net::Address& address) const {
  for (const net::InheritedSocket& socket : inherited_) {
    if (socket.address().ToString() == address.ToString()) return &socket;
  }
  return nullptr;
}

int64_t Engine::Share(size_t endpoints) const {
  const auto workers = static_cast<int64_t>(workers_.size());
  // An address has a socket for each worker and its gate.
  const int64_t listening = static_cast<int64_t>(endpoints) * (workers + 1);
  const int64_t own = workers * kDescriptorsOfWorker + listening + std::ssize(inherited_);
  return (options_.descriptors - own) / workers;
}

void Engine::ShareOut(size_t endpoints) {
  const auto share = static_cast<size_t>(std::max(Share(endpoints), kLeastShare));
  if (std::exchange(share_, share) == share) return;
  OnEveryWorker([share](Worker& worker, size_t, const std::function<void()>& done) {
    worker.SetShare(share);
    done();
  });
}

std::shared_ptr<const Service> Engine::ServiceFor(const ListenerSpec& spec, uint64_t revision) {
  Shared& shared = shared_[spec.name];
  if (shared.counts == nullptr) {
    shared = {std::make_shared<ListenerCounts>(workers_.size()), std::make_shared<Admission>()};
  }
  return std::make_shared<const Service>(
      Service{spec.name, revision, spec.greeting, spec.limits, shared.counts, shared.admission});
}

void Engine::Activate(Preparation preparation, uint64_t revision) {
  std::set<EndpointId> wanted;
  std::set<std::string> names;
  std::vector<ListenerState> states;
  std::vector<EndpointId> updated;
  ShareOut(endpoints_.size() + preparation.opened_.size());
  for (const Preparation::Item& item : preparation.items_) {
    const ListenerSpec& spec = item.spec;
    std::shared_ptr<const Service> service = ServiceFor(spec, revision);
    ListenerState state{spec.name, spec.enabled, "", absl::OkStatus(), service->counts};
    const auto opened = preparation.opened_.find(item.endpoint);
    if (opened != preparation.opened_.end()) {
      Endpoint endpoint{Key(spec), opened->second.bound, {}, std::move(service)};
      state.failure = OpenOnWorkers(item.endpoint, std::move(opened->second), std::move(endpoint));
    } else if (item.endpoint != 0) {
      Endpoint& endpoint = endpoints_.at(item.endpoint);
      endpoint.key = Key(spec);
      endpoint.service = std::move(service);
      updated.push_back(item.endpoint);
    }
    if (item.endpoint != 0 && state.failure.ok()) {
      state.bound_address = endpoints_.at(item.endpoint).bound.ToString();
      wanted.insert(item.endpoint);
    }
    names.insert(spec.name);
    states.push_back(std::move(state));
  }
  OnEveryWorker([&](Worker& worker, size_t, const std::function<void()>& done) {
    for (const EndpointId id : updated) worker.Update(id, endpoints_.at(id).service);
    done();
  });

  std::vector<EndpointId> unwanted;
  for (const auto& [id, endpoint] : endpoints_) {
    if (wanted.count(id) == 0) unwanted.push_back(id);
  }
  CloseEndpoints(unwanted);
  RefuseWhereUnwanted();
  ShareOut(endpoints_.size());
  std::erase_if(shared_, [&](const auto& entry) { return names.count(entry.first) == 0; });
  listeners_ = std::move(states);
}

absl::Status Engine::OpenOnWorkers(EndpointId id, net::ListeningSockets sockets,
                                   Endpoint endpoint) {
  absl::Status listening = sockets.Listen();
  if (!listening.ok()) return listening;
  endpoint.gate = std::move(sockets.gate);
  // At once: on a port that is ours, the shut gate keeps out clients that were served until now.
  // Out of kernel memory: without the gate, its steering sends all to one worker, which serves.
  if (!endpoint.gate.Open(options_.cpus).ok()) endpoint.gate = net::Gate();
  OnEveryWorker([&](Worker& worker, size_t number, const std::function<void()>& done) {
    worker.Open(id, std::move(sockets.workers[number]), endpoint.service);
    done();
  });
  endpoints_.emplace(id, std::move(endpoint));
  return absl::OkStatus();
}

void Engine::CloseEndpoints(const std::vector<EndpointId>& ids) {
  if (ids.empty()) return;
  std::vector<net::Address> shut;
  for (const EndpointId id : ids) {
    Endpoint& endpoint = endpoints_.at(id);
    if (endpoint.bound.is_unix() || !endpoint.gate.valid()) continue;
    endpoint.gate.Shut().IgnoreError();
    shut.push_back(endpoint.bound);
  }
  if (!shut.empty()) AwaitHandshakes(shut);
  for (const EndpointId id : ids) {
    Endpoint& endpoint = endpoints_.at(id);
    // Not earlier: a unix socket that is shut is readable for ever, and its workers would spin.
    if (endpoint.bound.is_unix()) endpoint.gate.Shut().IgnoreError();
  }
  OnEveryWorker([&ids](Worker& worker, size_t, const std::function<void()>& done) {
    const auto left = std::make_shared<size_t>(ids.size());
    for (const EndpointId id : ids) {
      worker.Close(id, [left, done] {
        if (--*left == 0) done();
      });
    }
  });
  for (const EndpointId id : ids) endpoints_.erase(id);
}

void Engine::LeaveEndpoints(const std::vector<EndpointId>& ids) {
  OnEveryWorker([&ids](Worker& worker, size_t, const std::function<void()>& done) {
    for (const EndpointId id : ids) worker.Leave(id);
    done();
  });
  for (const EndpointId id : ids) endpoints_.erase(id);
}

void Engine::RefuseWhereUnwanted() {
  for (net::InheritedSocket& socket : inherited_) {
    if (FindBound(socket.address()) == 0) socket.Refuse();
  }
}

void Engine::AwaitHandshakes(const std::vector<net::Address>& closing) const {
  const Clock::time_point since = Clock::now();
  const auto until = [since](absl::Duration grace) {
    return since + absl::ToChronoNanoseconds(grace);
  };
  // Without the kernel's help, a reading misses the SYN that it is just answering.
  const int wanted = net::AwaitPacketsInHand() ? 1 : 2;
  for (int none_in_a_row = 0;;) {
    const Clock::time_point asked = Clock::now();
    if (asked >= until(options_.handshake_grace)) return;
    const absl::StatusOr<int> under_way = net::HandshakesUnderWay(closing);
    if (!under_way.ok()) {
      std::this_thread::sleep_until(until(std::min(kBlindGrace, options_.handshake_grace)));
      return;
    }
    none_in_a_row = *under_way == 0 ? none_in_a_row + 1 : 0;
    if (none_in_a_row == wanted) return;
    // Asking can be dear: no more than half of the time goes into it.
    std::this_thread::sleep_for(std::max(kLeastPause, Clock::now() - asked));
  }
}

void Engine::Shutdown(absl::Duration drain_timeout) {
  std::vector<EndpointId> inherited;
  std::vector<EndpointId> own;
  for (const auto& [id, endpoint] : endpoints_) {
    (endpoint.gate.is_inherited() ? inherited : own).push_back(id);
  }
  LeaveEndpoints(inherited);
  CloseEndpoints(own);
  // The clock's own range ends some centuries from now.
  const absl::Duration drain = std::min(drain_timeout, absl::Hours(24 * 365));
  const Clock::time_point deadline = Clock::now() + absl::ToChronoNanoseconds(drain);
  OnEveryWorker([deadline](Worker& worker, size_t, const std::function<void()>& done) {
    worker.Drain(deadline, done);
  });
}

void Engine::OnEveryWorker(
    const std::function<void(Worker&, size_t, std::function<void()>)>& task) {
  // Shared, as the last worker to count down may still be at it when the wait ends.
  const auto remaining = std::make_shared<std::latch>(std::ssize(workers_));
  for (size_t number = 0; number < workers_.size(); ++number) {
    Worker& worker = *workers_[number];
    worker.Post([&task, &worker, number, remaining] {
      task(worker, number, [remaining] { remaining->count_down(); });
    });
  }
  remaining->wait();
}

}  // namespace greeter::data_plane
