// Tells the health service whether the data plane serves: "greeter.data".

#ifndef GREETER_ADMIN_DATA_HEALTH_H_
#define GREETER_ADMIN_DATA_HEALTH_H_

#include <mutex>

#include "grpcpp/health_check_service_interface.h"

namespace greeter::admin {

inline constexpr char kDataHealthService[] = "greeter.data";

// Shared by the controller, which reports for as long as it lives, and the admin server, whose
// health service may come later and go earlier. Any thread.
class DataHealth {
 public:
  void Report(bool serving);
  // As last reported.
  bool serving() const;

  // `health` is told the last report and all later ones, until Detach() or Attach(nullptr).
  void Attach(grpc::HealthCheckServiceInterface* health);
  void Detach() { Attach(nullptr); }

 private:
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  bool serving_ = false;
  grpc::HealthCheckServiceInterface* health_ = nullptr;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_DATA_HEALTH_H_
