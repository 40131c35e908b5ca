#include "observe/http_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/errors.h"
#include "net/listening_sockets.h"

namespace greeter::observe {
namespace {

constexpr int kBacklog = 128;
// Between a lack of descriptors or memory and the next look.
constexpr std::chrono::milliseconds kPause{20};

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const net::Address& address,
                                                              Routes routes,
                                                              const Options& options) {
  absl::StatusOr<net::ListeningSockets> sockets =
      net::OpenListeningSockets(address, {.workers = 1, .backlog = kBacklog, .gate = false});
  if (!sockets.ok()) return sockets.status();
  net::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return net::SystemError("can't serve HTTP", errno);
  std::unique_ptr<HttpServer> server(new HttpServer(sockets->bound,
                                                    sockets->workers.front().Release(),
                                                    std::move(wake), std::move(routes), options));
  try {
    server->thread_ = std::thread([raw = server.get()] { raw->Run(); });
  } catch (const std::system_error& refused) {
    return net::SystemError("can't serve HTTP", refused.code().value());
  }
  return server;
}

HttpServer::HttpServer(const net::Address& bound, net::FileDescriptor listener,
                       net::FileDescriptor wake, Routes routes, const Options& options)
    : bound_address_(bound),
      listener_(std::move(listener)),
      wake_(std::move(wake)),
      routes_(std::move(routes)),
      options_(options) {}

HttpServer::~HttpServer() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
  thread_.join();
}

void HttpServer::Run() {
  std::vector<pollfd> polled;
  for (;;) {
    polled = {{wake_.get(), POLLIN, 0}, {accept_at_ > now_ ? -1 : listener_.get(), POLLIN, 0}};
    for (const Connection& connection : connections_) {
      const bool writing = connection.state == Connection::State::kWriting;
      polled.push_back(
          {connection.socket.get(), static_cast<short>(writing ? POLLOUT : POLLIN), 0});
    }
    poll(polled.data(), polled.size(), TimeoutMs());
    now_ = Clock::now();
    if (polled[0].revents != 0) return;
    size_t i = 2;
    for (auto connection = connections_.begin(); connection != connections_.end(); ++i) {
      const bool ready = polled[i].revents != 0;
      const bool over = now_ >= connection->deadline || (ready && !Advance(*connection));
      connection = over ? connections_.erase(connection) : std::next(connection);
    }
    if (polled[1].revents != 0) Accept();
  }
}

int HttpServer::TimeoutMs() const {
  Clock::time_point next = accept_at_ > now_ ? accept_at_ : Clock::time_point::max();
  for (const Connection& connection : connections_) next = std::min(next, connection.deadline);
  if (next == Clock::time_point::max()) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
  return static_cast<int>(std::max<int64_t>(wait.count(), 0));
}

void HttpServer::Accept() {
  // Those who came before get their turn between.
  for (size_t i = 0; i < options_.connections; ++i) {
    if (connections_.size() >= options_.connections && !MakeRoom()) return;
    net::FileDescriptor socket(
        accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) {
      if (!WouldBlock(errno) && errno != ECONNABORTED) accept_at_ = now_ + kPause;
      return;
    }
    connections_.push_back({.socket = std::move(socket),
                            .since = now_,
                            .deadline = now_ + options_.request_timeout,
                            .received = {},
                            .answer = {}});
  }
}

bool HttpServer::MakeRoom() {
  auto leaver = std::find_if(connections_.begin(), connections_.end(), [](const Connection& each) {
    return each.state != Connection::State::kWriting;
  });
  if (leaver == connections_.end()) leaver = connections_.begin();
  if (leaver->since + kLeastStay > now_) {
    accept_at_ = leaver->since + kLeastStay;
    return false;
  }
  connections_.erase(leaver);
  return true;
}

bool HttpServer::Advance(Connection& connection) {
  switch (connection.state) {
    case Connection::State::kReading:
      return Read(connection);
    case Connection::State::kWriting:
      return Write(connection);
    case Connection::State::kLingering:
      return Linger(connection);
  }
  return false;
}

bool HttpServer::Read(Connection& connection) {
  std::array<char, kMaxHeadBytes> bytes;
  const ssize_t got = recv(connection.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got == 0) return false;
  if (got < 0) return WouldBlock(errno);
  connection.received.append(bytes.data(), static_cast<size_t>(got));
  const size_t length = HeadLength(connection.received);
  if (length == 0 && connection.received.size() < kMaxHeadBytes) return true;
  Answer(connection, absl::string_view(connection.received).substr(0, length));
  connection.received.clear();
  connection.state = Connection::State::kWriting;
  connection.deadline = now_ + options_.answer_timeout;
  return Write(connection);
}

bool HttpServer::Write(Connection& connection) {
  const absl::string_view rest = absl::string_view(connection.answer).substr(connection.sent);
  const ssize_t sent =
      send(connection.socket.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return WouldBlock(errno);
  connection.sent += static_cast<size_t>(sent);
  if (connection.sent < connection.answer.size()) return true;
  // Closing while the client's bytes are unread would reset it.
  if (shutdown(connection.socket.get(), SHUT_WR) != 0) return false;
  connection.answer = {};
  connection.state = Connection::State::kLingering;
  connection.deadline = now_ + options_.linger_timeout;
  return true;
}

bool HttpServer::Linger(Connection& connection) {
  std::array<char, kMaxHeadBytes> ignored;
  const ssize_t got = recv(connection.socket.get(), ignored.data(), ignored.size(), MSG_DONTWAIT);
  return got > 0 || (got < 0 && WouldBlock(errno));
}

void HttpServer::Answer(Connection& connection, absl::string_view head) {
  if (head.empty()) {
    connection.answer = ToBytes({.status = 431, .body = "the request is too long\n"}, true);
    return;
  }
  const std::optional<HttpRequest> request = ParseHead(head);
  if (!request.has_value()) {
    connection.answer = ToBytes({.status = 400, .body = "this is no request of HTTP/1\n"}, true);
    return;
  }
  connection.answer = ToBytes(Respond(*request), request->method != "HEAD");
}

HttpResponse HttpServer::Respond(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    return {.status = 405, .body = "this is for reading: GET and HEAD\n"};
  }
  if (bound_address_.is_loopback() && request.host.has_value() && !IsLoopbackName(*request.host)) {
    return {.status = 403,
            .body =
                "this is for this machine: ask localhost, or start greeterd with another "
                "--http\n"};
  }
  const auto found = routes_.find(request.path);
  if (found != routes_.end()) return found->second();
  std::string paths;
  for (const auto& [path, handler] : routes_) absl::StrAppend(&paths, " ", path);
  return {.status = 404, .body = absl::StrCat("there are:", paths, "\n")};
}

}  // namespace greeter::observe
