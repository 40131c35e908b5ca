// The data plane as a whole: a set of workers and the addresses they serve.
//
// A change comes in two steps. Prepare() opens the addresses that are new beside those that serve;
// Activate() switches every worker over, first to what is new, then away from what is old, and
// returns when all have. An address stays open through every change that keeps it, whichever
// listener it belongs to.
//
// One owner. Prepare(), Activate() and Shutdown() are called from one thread at a time, which waits
// for the workers and is never waited for by them. Counts are read on any thread through
// ListenerCounts.

#ifndef GREETER_DATA_PLANE_ENGINE_H_
#define GREETER_DATA_PLANE_ENGINE_H_

#include <climits>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "data_plane/connection_log.h"
#include "data_plane/service.h"
#include "data_plane/worker.h"
#include "net/accept.h"
#include "net/address.h"
#include "net/inherited_socket.h"
#include "net/listening_sockets.h"

namespace greeter::data_plane {

// A listener as it should be.
struct ListenerSpec {
  std::string name;
  net::Address address;
  bool enabled = true;
  Greeting greeting;
  Limits limits;
};

// What became of it.
struct ListenerState {
  std::string name;
  bool enabled = false;
  // As bound; empty if it does not listen.
  std::string bound_address;
  // Why it does not listen although its address was prepared; rare.
  absl::Status failure;
  std::shared_ptr<const ListenerCounts> counts;
};

class Engine {
 public:
  struct Options {
    // Threads; at least 1.
    int workers = 1;
    // One CPU for each worker: it is bound to that CPU and gets the connections whose first packet
    // arrived there. Empty: workers run anywhere, and connections are spread at random.
    std::vector<int> cpus = {};
    // Accept queue of each worker's socket; the kernel lowers it to net.core.somaxconn.
    int backlog = 4096;
    // Close TCP addresses behind a gate; false where net::CheckGate() fails.
    bool gates = true;
    // What may be open at the same time, listening sockets included: beyond its part of it a worker
    // accepts no more. So the rest of the process is never left without.
    int descriptors = INT_MAX;
    // How long the handshakes under way when an address is closed may take to complete: a round
    // trip each. Closing takes no longer than they need, some 10 ms if there are none. Where the
    // kernel can't tell (net::HandshakesUnderWay()), it always takes 200 ms, or this if it is less.
    absl::Duration handshake_grace = absl::Seconds(1);
    // How workers accept.
    net::AcceptCall accept = accept4;
    // Where they leave records of connections, in as many slots as there are workers; null for
    // nowhere. Outlives the engine.
    ConnectionLog* log = nullptr;
  };

  // What an Activate() would switch to. Destroying it closes what was opened for it.
  class Preparation {
   public:
    // Enabled listeners whose address could not be opened, by name.
    const std::map<std::string, absl::Status>& failures() const { return failures_; }

   private:
    friend class Engine;
    struct Item {
      ListenerSpec spec;
      // Of the address it will be served at; 0 for none.
      EndpointId endpoint = 0;
    };
    std::vector<Item> items_;
    std::map<EndpointId, net::ListeningSockets> opened_;
    std::map<std::string, absl::Status> failures_;
  };

  // Starts the workers: all, or none and FAILED_PRECONDITION. An address that one of `inherited` is
  // bound to is served there; those that no listener wants refuse, from the first Activate() on.
  static absl::StatusOr<std::unique_ptr<Engine>> Start(
      const Options& options, std::vector<net::InheritedSocket> inherited = {});
  // Ends them; see Shutdown() for doing so in good order.
  ~Engine();

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // `listeners` have distinct names and addresses that do not overlap.
  Preparation Prepare(std::vector<ListenerSpec> listeners);

  // `preparation` is the newest. When this returns, connections are accepted under `revision`, and
  // addresses that are no longer served refuse.
  void Activate(Preparation preparation, uint64_t revision);

  // In the order of the ListenerSpecs last activated.
  const std::vector<ListenerState>& listeners() const { return listeners_; }
  // What Start() was given, for their names and addresses.
  const std::vector<net::InheritedSocket>& inherited() const { return inherited_; }

  // Closes every address without resetting anyone, waits up to `drain_timeout` for the connections
  // that are open, and cuts the rest. Who waits at an inherited socket goes on waiting, for the
  // next greeterd. Nothing may be activated afterwards.
  void Shutdown(absl::Duration drain_timeout);

 private:
  Engine(Options options, std::vector<net::InheritedSocket> inherited,
         std::vector<std::unique_ptr<Worker>> workers);

  // An address being served.
  struct Endpoint {
    // As asked for; the key by which a later change finds it.
    std::string key;
    net::Address bound;
    net::Gate gate;
    std::shared_ptr<const Service> service;
  };

  static std::string Key(const ListenerSpec& spec);
  EndpointId Find(const std::string& key) const;
  EndpointId FindBound(const net::Address& address) const;
  // Opens the address of `item`, unless an endpoint that is kept is in its way.
  void Open(Preparation::Item& item, const std::set<EndpointId>& kept, Preparation& preparation);
  std::shared_ptr<const Service> ServiceFor(const ListenerSpec& spec, uint64_t revision);
  absl::Status OpenOnWorkers(EndpointId id, net::ListeningSockets sockets, Endpoint endpoint);
  // Null for none.
  const net::InheritedSocket* FindInherited(const net::Address& address) const;
  void CloseEndpoints(const std::vector<EndpointId>& ids);
  // What is queued at these, which are inherited, is left there.
  void LeaveEndpoints(const std::vector<EndpointId>& ids);
  void RefuseWhereUnwanted();
  // Waits for the handshakes under way on `closing`, whose gates are shut.
  void AwaitHandshakes(const std::vector<net::Address>& closing) const;
  // Connections that each worker may hold while `endpoints` addresses are open; can be negative.
  int64_t Share(size_t endpoints) const;
  // Tells the workers, if it has changed.
  void ShareOut(size_t endpoints);
  // Runs `task(worker, its number, done)` on every worker; returns when each has called done.
  void OnEveryWorker(const std::function<void(Worker&, size_t, std::function<void()>)>& task);

  // Constant after construction.
  const Options options_;

  // Owned by the calling thread, but for names and addresses. Listen again when the workers have
  // ended.
  std::vector<net::InheritedSocket> inherited_;

  // Constant after construction.
  const std::vector<std::unique_ptr<Worker>> workers_;

  // Owned by the calling thread.
  std::map<EndpointId, Endpoint> endpoints_;
  // By name, for as long as a listener exists.
  struct Shared {
    std::shared_ptr<ListenerCounts> counts;
    std::shared_ptr<Admission> admission;
  };
  std::map<std::string, Shared> shared_;
  std::vector<ListenerState> listeners_;
  EndpointId next_id_ = 1;
  // What the workers were told last.
  size_t share_ = 0;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_ENGINE_H_
