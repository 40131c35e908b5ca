#include "admin/data_health.h"

namespace greeter::admin {

void DataHealth::Report(bool serving) {
  const std::lock_guard lock(mutex_);
  serving_ = serving;
  if (health_ != nullptr) health_->SetServingStatus(kDataHealthService, serving);
}

bool DataHealth::serving() const {
  const std::lock_guard lock(mutex_);
  return serving_;
}

void DataHealth::Attach(grpc::HealthCheckServiceInterface* health) {
  const std::lock_guard lock(mutex_);
  health_ = health;
  if (health_ != nullptr) health_->SetServingStatus(kDataHealthService, serving_);
}

}  // namespace greeter::admin
