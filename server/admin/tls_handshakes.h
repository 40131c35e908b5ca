// Shakes hands with the clients of a port with mutual TLS, in a thread of its own: each handshake
// takes a millisecond or two of a processor, and who is in already is not to wait for a flood of
// those who want to be.
//
// A client that stalls costs one descriptor and some kilobytes until its time is up. Those who can
// go on do so one step each, in the order in which they came, so a newcomer waits for one step of
// each of the others, of which there are as many as the port has places.

#ifndef GREETER_ADMIN_TLS_HANDSHAKES_H_
#define GREETER_ADMIN_TLS_HANDSHAKES_H_

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/certificate_watch.h"
#include "admin/refused_handshakes.h"
#include "admin/relay_socket.h"
#include "net/file_descriptor.h"

namespace greeter::admin {

class TlsHandshakes {
 public:
  struct Options {
    // For each client.
    absl::Duration timeout = absl::Seconds(10);
    // For one that has been refused to take note of it: closing at once might reset the connection,
    // and lose the reason.
    absl::Duration linger = absl::Seconds(1);
    // Each handshake begins with those in force.
    std::shared_ptr<const CertificateWatch> certificates;
    std::shared_ptr<RefusedHandshakes> refused;
  };
  // Takes a client that has shaken hands. On the thread of the handshakes.
  using Done = std::function<void(RelaySocket client, std::string address)>;

  // FAILED_PRECONDITION if there are no descriptors left to begin with.
  static absl::StatusOr<std::unique_ptr<TlsHandshakes>> Start(Options options, Done done);

  // As Stop().
  ~TlsHandshakes();
  TlsHandshakes(const TlsHandshakes&) = delete;
  TlsHandshakes& operator=(const TlsHandshakes&) = delete;

  // `client` is connected and doesn't block; `address` is its, as people write it. `trusted`
  // clients don't shake hands, and are done as they are. Any thread; before Stop().
  void Add(net::FileDescriptor client, std::string address, bool trusted);

  // Ends the thread: nobody is done any more, and those who are not are closed. Idempotent; by the
  // owner.
  void Stop();

 private:
  struct Client {
    // Without a session until its first step.
    RelaySocket socket;
    std::string address;
    bool trusted = false;
    absl::Time deadline;
    // For poll(2).
    short waits_for = 0;
    bool refused = false;
  };

  TlsHandshakes(Options options, Done done, net::FileDescriptor wake);
  void Run();
  // Takes what was added. False: the end.
  bool TakeAdded();
  // Waits until someone can go on or is late, and lets them.
  void Serve();
  // One step. False: that was the last one.
  bool GoOn(Client* client);
  // What `client` still says is of no interest. False: it has closed.
  static bool Drain(const Client& client);

  // Constant after construction.
  const Options options_;
  const Done done_;
  const net::FileDescriptor wake_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::list<Client> added_;
  bool stopping_ = false;

  // Owned by the thread of the handshakes. In the order in which they came.
  std::list<Client> clients_;

  std::thread thread_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_TLS_HANDSHAKES_H_
