#include "admin/health_states.h"

namespace greeter::admin {

void HealthStates::Report(const std::string& service, bool serving) {
  const std::lock_guard lock(mutex_);
  serving_[service] = serving;
  for (auto* const health : attached_) health->SetServingStatus(service, serving);
}

void HealthStates::Attach(grpc::HealthCheckServiceInterface* health) {
  if (health == nullptr) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [service, serving] : serving_) health->SetServingStatus(service, serving);
  attached_.push_back(health);
}

void HealthStates::Detach(grpc::HealthCheckServiceInterface* health) {
  const std::lock_guard lock(mutex_);
  std::erase(attached_, health);
}

void HealthStates::SetNotServing() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (auto* const health : attached_) health->Shutdown();
}

bool HealthStates::IsServing(const std::string& service) const {
  const std::lock_guard lock(mutex_);
  const auto state = serving_.find(service);
  return !stopping_ && state != serving_.end() && state->second;
}

}  // namespace greeter::admin
