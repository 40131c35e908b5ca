// A small HTTP server for a few documents that anyone who reaches it may read: GET and HEAD, one
// request a connection. It is bounded in every direction, so that nobody who talks to it, or
// remains silent, takes from operators and clients of the data ports: one thread, as many
// descriptors as it is given, and a deadline for each connection. When all places are taken, the
// one who has held theirs longest makes room, those who are being answered last. So those who say
// nothing, however many they are, do not keep those who ask from being answered.

#ifndef GREETER_OBSERVE_HTTP_SERVER_H_
#define GREETER_OBSERVE_HTTP_SERVER_H_

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/file_descriptor.h"
#include "net/listening_socket.h"
#include "observe/http_request.h"

namespace greeter::observe {

class HttpServer {
 public:
  // Called on the server's thread; while it runs, nobody else is answered.
  using Handler = std::function<HttpResponse()>;
  // By path: "/metrics".
  using Routes = std::map<std::string, Handler, std::less<>>;

  struct Options {
    // Open at the same time.
    size_t connections = 16;
    // For a request to arrive, for a client to take the answer, and for its end.
    std::chrono::milliseconds request_timeout{2'000};
    std::chrono::milliseconds answer_timeout{10'000};
    std::chrono::milliseconds linger_timeout{1'000};
  };

  // How long everyone may keep a place that others want.
  static constexpr std::chrono::milliseconds kLeastStay{10};

  // Listens on `address`, which is no unix socket, and serves `routes`. FAILED_PRECONDITION says
  // why it can't. Where the address is loopback, requests must be for a loopback host by name: a
  // page from elsewhere whose name was made to point here (DNS rebinding) reads nothing.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const net::Address& address,
                                                           Routes routes, const Options& options);
  // Ends the thread and closes all connections, at once but for a handler that runs.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // With the port that the kernel chose for port 0.
  const net::Address& bound_address() const { return bound_address_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Connection {
    enum class State { kReading, kWriting, kLingering };
    net::FileDescriptor socket;
    Clock::time_point since;
    Clock::time_point deadline;
    State state = State::kReading;
    std::string received;
    std::string answer;
    size_t sent = 0;
  };

  HttpServer(const net::Address& bound, net::FileDescriptor listener, net::FileDescriptor wake,
             Routes routes, const Options& options);

  void Run();
  // Accepts who waits, as far as there is room.
  void Accept();
  // False if nobody may be asked to leave yet; accept_at_ says when.
  bool MakeRoom();
  // Does what can be done now; false if the connection has ended.
  bool Advance(Connection& connection);
  bool Read(Connection& connection);
  bool Write(Connection& connection);
  static bool Linger(Connection& connection);
  void Answer(Connection& connection, absl::string_view head);
  HttpResponse Respond(const HttpRequest& request) const;
  int TimeoutMs() const;

  // Constant after construction.
  const net::Address bound_address_;
  const net::FileDescriptor listener_;
  const net::FileDescriptor wake_;
  const Routes routes_;
  const Options options_;

  // Owned by the thread. Oldest first.
  std::list<Connection> connections_;
  Clock::time_point now_;
  // Not before is anyone accepted.
  Clock::time_point accept_at_ = Clock::time_point::min();

  std::thread thread_;
};

}  // namespace greeter::observe

#endif  // GREETER_OBSERVE_HTTP_SERVER_H_
