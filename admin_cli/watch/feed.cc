#include "admin_cli/watch/feed.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "absl/time/clock.h"
#include "admin_cli/client/client.h"
#include "admin_cli/client/exit_code.h"

namespace greeter::admin_cli {
namespace {

// Between two attempts to reach a server, and between two reports.
constexpr int kRetryMs = 1000;
constexpr absl::Duration kInterval = absl::Seconds(1);

void Signal(int fd) {
  const uint64_t one = 1;
  // Fails only when the counter is full: it is readable then as well.
  [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof(one));
}

}  // namespace

Feed::Feed(const std::vector<std::string>& servers, const std::string& listener,
           absl::Duration timeout, const std::optional<Tls>& tls)
    : news_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      end_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (size_t i = 0; i < servers.size(); ++i) {
    threads_.emplace_back([this, i, server = servers[i], listener, timeout, tls] {
      Run(i, server, listener, timeout, tls);
    });
  }
}

Feed::~Feed() {
  Signal(end_fd_);
  for (std::thread& thread : threads_) thread.join();
  close(news_fd_);
  close(end_fd_);
}

std::vector<Report> Feed::Take() {
  uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t n = read(news_fd_, &ignored, sizeof(ignored));
  const std::lock_guard lock(mutex_);
  return std::exchange(reports_, {});
}

void Feed::Post(Report report) {
  {
    const std::lock_guard lock(mutex_);
    reports_.push_back(std::move(report));
  }
  Signal(news_fd_);
}

void Feed::Run(size_t index, const std::string& server, const std::string& listener,
               absl::Duration timeout, const std::optional<Tls>& tls) {
  Client client(server, timeout, tls, {.pings = true});
  api::WatchStatusRequest request;
  request.set_listener(listener);
  request.mutable_min_interval()->set_seconds(absl::ToInt64Seconds(kInterval));
  while (true) {
    absl::Status end = client.WatchStatus(request, end_fd_, [&](const api::ServerStatus& status) {
      Post({index, absl::Now(), status});
      return true;
    });
    // It was told to end.
    if (end.ok()) return;
    const bool last = ExitCodeFor(end) != kUnreachable;
    Post({index, absl::Now(), std::move(end), last});
    pollfd waiting = {end_fd_, POLLIN, 0};
    if (last || poll(&waiting, 1, kRetryMs) > 0) return;
  }
}

}  // namespace greeter::admin_cli
