#include "fleet/watcher.h"

#include <utility>

#include "absl/time/clock.h"

namespace greeter::fleet {
namespace {

namespace pb = ::etcdserverpb;

// How long a watch may last until what it told is compared with a list.
constexpr absl::Duration kWatch = absl::Minutes(1);
// The same while what was listed is in doubt.
constexpr absl::Duration kWatchInDoubt = absl::Seconds(2);

}  // namespace

Watcher::Watcher(etcd::Client* client, std::string key, Head* head, spdlog::logger* logger)
    : client_(client), key_(std::move(key)), head_(head), logger_(logger) {}

Watcher::~Watcher() { Stop(); }

void Watcher::Start(std::function<void()> changed) {
  changed_ = std::move(changed);
  thread_ = std::thread(&Watcher::Run, this);
}

void Watcher::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watcher::WaitForFirst(absl::Time deadline) {
  std::unique_lock<std::mutex> lock(mutex_);
  wake_.wait_until(lock, absl::ToChronoTime(deadline), [this] { return asked_ || stopping_; });
}

Sight Watcher::ToSight(const pb::RangeResponse& response) {
  Sight sight = {response.header().cluster_id(), response.header().revision(), std::nullopt};
  if (response.kvs_size() > 0) {
    sight.revision = response.kvs(0).mod_revision();
    sight.value = response.kvs(0).value();
  }
  return sight;
}

void Watcher::Run() {
  while (true) {
    const absl::StatusOr<int64_t> from = List();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return;
      asked_ = true;
    }
    if (!from.ok() && head_->Lose(from.status())) {
      logger_->warn("the fleet can't be heard: {}", std::string(from.status().message()));
      changed_();
    }
    wake_.notify_all();
    // One watch that ended as it should is followed by the next at once.
    const bool good = from.ok() && Watch(*from).ok();
    if (!good && !Wait(backoff_.Next())) return;
  }
}

absl::StatusOr<int64_t> Watcher::List() {
  pb::RangeRequest request;
  request.set_key(key_);
  const absl::StatusOr<pb::RangeResponse> response = client_->Range(request);
  if (!response.ok()) return response.status();
  Heard(ToSight(*response));
  return response->header().revision() + 1;
}

absl::Status Watcher::Watch(int64_t from) {
  pb::WatchCreateRequest request;
  request.set_key(key_);
  request.set_start_revision(from);
  const absl::Duration at_most = head_->in_doubt() ? kWatchInDoubt : backoff_.Jittered(kWatch);
  return client_->Watch(request, at_most, [this](const pb::WatchResponse& response) {
    backoff_.Reset();
    for (const mvccpb::Event& event : response.events()) {
      Sight sight = {response.header().cluster_id(), event.kv().mod_revision(), std::nullopt};
      if (event.type() == mvccpb::Event::PUT) sight.value = event.kv().value();
      Heard(sight);
    }
  });
}

void Watcher::Heard(const Sight& sight) {
  const Head::News news = head_->See(sight, absl::Now());
  if (news.heard) logger_->info("the fleet is heard, by etcd at {}", client_->endpoints());
  if (!news.warning.empty()) logger_->warn("{}", news.warning);
  if (news.changed) changed_();
}

bool Watcher::Wait(absl::Duration delay) {
  std::unique_lock<std::mutex> lock(mutex_);
  return !wake_.wait_for(lock, absl::ToChronoNanoseconds(delay), [this] { return stopping_; });
}

}  // namespace greeter::fleet
