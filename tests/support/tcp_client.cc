#include "support/tcp_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace greeter::testing {

std::ostream& operator<<(std::ostream& out, HowEnded ended) {
  switch (ended) {
    case HowEnded::kOpen:
      return out << "open";
    case HowEnded::kClean:
      return out << "clean";
    case HowEnded::kReset:
      return out << "reset";
    case HowEnded::kRefused:
      return out << "refused";
    case HowEnded::kUnanswered:
      return out << "unanswered";
    case HowEnded::kTimedOut:
      return out << "timed out";
    case HowEnded::kFailed:
      return out << "failed";
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const Greeted& greeted) {
  return out << greeted.bytes.size() << " bytes \"" << greeted.bytes.substr(0, 64) << "\", "
             << greeted.ended;
}

TcpClient::TcpClient(const net::Address& address, const ClientOptions& options)
    : socket_(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto set_timeout = [this](int option, absl::Duration duration) {
    const timeval timeout = absl::ToTimeval(duration);
    setsockopt(socket_.get(), SOL_SOCKET, option, &timeout, sizeof(timeout));
  };
  set_timeout(SO_RCVTIMEO, options.timeout);
  set_timeout(SO_SNDTIMEO, std::min(options.timeout, options.connect_timeout));
  if (options.receive_buffer > 0) {
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer,
               sizeof(options.receive_buffer));
  }
  if (options.max_segment > 0) {
    setsockopt(socket_.get(), IPPROTO_TCP, TCP_MAXSEG, &options.max_segment,
               sizeof(options.max_segment));
  }
  if (connect(socket_.get(), address.data(), address.size()) != 0) End(errno);
  if (ended_ == HowEnded::kTimedOut) GiveUp();
  set_timeout(SO_SNDTIMEO, options.timeout);
}

// The answer may have come just now. shutdown(2) decides: a connection still being made it undoes,
// which shows as ECONNRESET (inet_shutdown() and tcp_disconnect() in Linux), one that has been made
// it half-closes, and fails if there is none any more.
void TcpClient::GiveUp() {
  const bool is_over = shutdown(socket_.get(), SHUT_WR) != 0;
  char byte = 0;
  ended_ = HowEnded::kOpen;
  if (recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno == EAGAIN) return;
  const int error = errno;
  const bool undone = error == ECONNRESET && !is_over;
  // EINVAL: a unix socket that was never connected.
  if (undone || error == ENOTCONN || error == EINVAL) {
    ended_ = HowEnded::kUnanswered;
  } else {
    End(error);
  }
}

HowEnded TcpClient::End(int error) {
  error_ = error;
  switch (error) {
    case 0:
      ended_ = HowEnded::kClean;
      break;
    case ECONNRESET:
    case EPIPE:
      ended_ = HowEnded::kReset;
      break;
    case ECONNREFUSED:
    // The file of a unix socket is gone.
    case ENOENT:
      ended_ = HowEnded::kRefused;
      break;
    case EAGAIN:
    case EINPROGRESS:
    case ETIMEDOUT:
      ended_ = HowEnded::kTimedOut;
      break;
    default:
      ended_ = HowEnded::kFailed;
  }
  return ended_;
}

bool TcpClient::Send(absl::string_view bytes) {
  while (connected() && !bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      End(errno);
    } else {
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  return connected();
}

void TcpClient::HalfClose() { shutdown(socket_.get(), SHUT_WR); }

bool TcpClient::Read(size_t size) {
  std::array<char, 16384> buffer;
  while (connected() && bytes_.size() < size) {
    const ssize_t got =
        recv(socket_.get(), buffer.data(), std::min(buffer.size(), size - bytes_.size()), 0);
    if (got > 0) {
      bytes_.append(buffer.data(), static_cast<size_t>(got));
    } else {
      End(got == 0 ? 0 : errno);
    }
  }
  return bytes_.size() >= size;
}

HowEnded TcpClient::ReadToEnd() {
  Read(SIZE_MAX);
  return ended_;
}

void TcpClient::Reset() {
  const linger abort = {1, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  socket_.Close();
}

Greeted Greet(const net::Address& address, absl::string_view say, const ClientOptions& options) {
  TcpClient client(address, options);
  if (client.connected() && !say.empty()) client.Send(say);
  if (client.connected()) client.ReadToEnd();
  return {client.bytes(), client.ended()};
}

}  // namespace greeter::testing
