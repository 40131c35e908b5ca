#include "admin_cli/watch/fleet_feed.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/time/clock.h"
#include "admin_cli/client/client.h"

namespace greeter::admin_cli {
namespace {

constexpr int kIntervalMs = 1000;

void Signal(int fd) {
  const uint64_t one = 1;
  // Fails only when the counter is full: it is readable then as well.
  [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof(one));
}

}  // namespace

FleetFeed::FleetFeed(std::vector<std::string> servers, absl::Duration timeout,
                     const std::optional<Tls>& tls)
    : news_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      end_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this, servers = std::move(servers), timeout, tls] { Run(servers, timeout, tls); }) {}

FleetFeed::~FleetFeed() {
  Signal(end_fd_);
  thread_.join();
  close(news_fd_);
  close(end_fd_);
}

std::optional<FleetReport> FleetFeed::Take() {
  uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t n = read(news_fd_, &ignored, sizeof(ignored));
  const std::lock_guard lock(mutex_);
  return std::exchange(report_, std::nullopt);
}

void FleetFeed::Run(const std::vector<std::string>& servers, absl::Duration timeout,
                    const std::optional<Tls>& tls) {
  std::optional<Client> client;
  size_t asked = 0;
  pollfd end = {end_fd_, POLLIN, 0};
  do {
    absl::StatusOr<api::ListReplicasResponse> fleet = absl::UnknownError("not asked");
    for (size_t i = 0; i < servers.size() && !fleet.ok(); ++i) {
      if (!client.has_value()) client.emplace(servers[asked], timeout, tls);
      fleet = client->ListReplicas({}, end_fd_);
      if (absl::IsCancelled(fleet.status())) return;
      if (fleet.ok() || servers.size() == 1) continue;
      asked = (asked + 1) % servers.size();
      client.reset();
    }
    {
      const std::lock_guard lock(mutex_);
      report_ = {absl::Now(), std::move(fleet)};
    }
    Signal(news_fd_);
  } while (poll(&end, 1, kIntervalMs) == 0);
}

}  // namespace greeter::admin_cli
