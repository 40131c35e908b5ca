// Connects to the admin port again and again, as a client would, to see whether gRPC answers there.
//
// Why it doesn't make a call: what is known to go wrong is that a server which looks healthy from
// within no longer takes connections (see Acceptor), and a channel within the process would not
// notice. So it goes through the kernel, the acceptor and gRPC's transport, up to the first byte
// that gRPC says of itself: its SETTINGS (RFC 9113, 3.4). That takes a connection, which is
// closed at once and has a place of its own (OwnConnection). It has no certificate, and on a port
// with TLS needs none: it passes by the handshakes, and may call nothing (RelayedEntrance).

#ifndef GREETER_ADMIN_SELF_CHECK_H_
#define GREETER_ADMIN_SELF_CHECK_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/own_connection.h"
#include "net/address.h"
#include "net/file_descriptor.h"

namespace greeter::admin {

class SelfCheck {
 public:
  struct Options {
    // From the end of one check to the next.
    absl::Duration interval = absl::Seconds(5);
    // For each.
    absl::Duration timeout = absl::Seconds(2);
    // Failures in a row until it is reported; one success takes that back.
    int failures = 3;
    // Called after each check that was answered, on the check's thread.
    std::function<void()> on_answer = [] {};
  };
  // Whether the port answers; called when that changes, on the check's thread. At first it does.
  using Report = std::function<void(bool answers)>;

  // Checks `address`, where clients can connect, from now on. `connection`, which outlives this,
  // knows the check's connection. FAILED_PRECONDITION if there are no descriptors left to begin
  // with.
  static absl::StatusOr<std::unique_ptr<SelfCheck>> Start(const net::Address& address,
                                                          Options options,
                                                          OwnConnection* connection, Report report);

  // Ends the thread at once, also in the middle of a check. Nothing is reported any more.
  ~SelfCheck();
  SelfCheck(const SelfCheck&) = delete;
  SelfCheck& operator=(const SelfCheck&) = delete;

 private:
  SelfCheck(const net::Address& address, Options options, OwnConnection* connection, Report report,
            net::FileDescriptor wake);
  void Run();
  absl::Status Check();
  // Counts, logs and reports.
  void Note(const absl::Status& result);
  // Waits for `events` of `socket` (-1: of nothing). DEADLINE_EXCEEDED, or CANCELLED by the end.
  absl::Status WaitFor(int socket, short events, absl::Time deadline) const;

  // Constant after construction.
  const net::Address address_;
  const Options options_;
  OwnConnection* const connection_;
  const Report report_;
  const net::FileDescriptor wake_;

  // Owned by the check's thread.
  int failures_ = 0;

  std::thread thread_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_SELF_CHECK_H_
