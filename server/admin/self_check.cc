#include "admin/self_check.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "net/errors.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

// HTTP/2's preface and empty SETTINGS (RFC 9113, 3.4 and 6.5).
constexpr absl::string_view kHello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

}  // namespace

absl::StatusOr<std::unique_ptr<SelfCheck>> SelfCheck::Start(const net::Address& address,
                                                            Options options,
                                                            OwnConnection* connection,
                                                            Report report) {
  net::FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return net::SystemError("admin: eventfd", errno);
  std::unique_ptr<SelfCheck> check(
      new SelfCheck(address, std::move(options), connection, std::move(report), std::move(wake)));
  check->thread_ = std::thread(&SelfCheck::Run, check.get());
  return check;
}

SelfCheck::SelfCheck(const net::Address& address, Options options, OwnConnection* connection,
                     Report report, net::FileDescriptor wake)
    : address_(address),
      options_(std::move(options)),
      connection_(connection),
      report_(std::move(report)),
      wake_(std::move(wake)) {}

SelfCheck::~SelfCheck() {
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

void SelfCheck::Run() {
  while (absl::IsDeadlineExceeded(WaitFor(-1, 0, absl::Now() + options_.interval))) {
    const absl::Status result = Check();
    connection_->Forget();
    if (absl::IsCancelled(result)) return;
    Note(result);
    if (result.ok()) options_.on_answer();
  }
}

absl::Status SelfCheck::WaitFor(int socket, short events, absl::Time deadline) const {
  std::array<pollfd, 2> waiting = {pollfd{wake_.get(), POLLIN, 0}, pollfd{socket, events, 0}};
  for (;;) {
    const absl::Duration left = std::max(deadline - absl::Now(), absl::ZeroDuration());
    const auto timeout = absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)));
    const int ready = poll(waiting.data(), waiting.size(), static_cast<int>(timeout));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return net::SystemError("poll", errno);
    if (waiting[0].revents != 0) return absl::CancelledError("the end");
    if (ready > 0) return absl::OkStatus();
    return absl::DeadlineExceededError(
        absl::StrCat("no answer within ", absl::FormatDuration(options_.timeout)));
  }
}

absl::Status SelfCheck::Check() {
  const absl::Time deadline = absl::Now() + options_.timeout;
  const net::FileDescriptor fd(
      socket(address_.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return net::SystemError("socket", errno);
  if (const int error = connection_->Connect(fd.get(), address_); error != 0) {
    // A unix socket whose queue is full answers EAGAIN, and nothing can be waited for.
    if (error != EINPROGRESS) return net::SystemError("connect", error);
    const absl::Status connected = WaitFor(fd.get(), POLLOUT, deadline);
    if (!connected.ok()) return connected;
  }
  // Fails if the connection did, too.
  if (send(fd.get(), kHello.data(), kHello.size(), MSG_NOSIGNAL) < 0) {
    return net::SystemError("connecting", errno);
  }
  const absl::Status answered = WaitFor(fd.get(), POLLIN, deadline);
  if (!answered.ok()) return answered;
  std::array<char, 64> answer = {};
  const ssize_t got = recv(fd.get(), answer.data(), answer.size(), 0);
  if (got < 0) return net::SystemError("the answer", errno);
  if (got == 0) return absl::UnavailableError("closed without an answer");
  return absl::OkStatus();
}

void SelfCheck::Note(const absl::Status& result) {
  if (!result.ok()) {
    failures_ = std::min(failures_ + 1, options_.failures + 1);
    if (failures_ != options_.failures) return;
    spdlog::error(
        "admin: {} does not answer its own check, {} times in a row: {}; health says NOT_SERVING "
        "until it does",
        address_.ToString(), failures_, std::string(result.message()));
    report_(false);
  } else if (std::exchange(failures_, 0) >= options_.failures) {
    spdlog::info("admin: {} answers again", address_.ToString());
    report_(true);
  }
}

}  // namespace greeter::admin
