// What the health service (grpc.health.v1) says, wherever it is served: "" is the admin port
// itself, "greeter.data" the data plane.

#ifndef GREETER_ADMIN_HEALTH_STATES_H_
#define GREETER_ADMIN_HEALTH_STATES_H_

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "grpcpp/health_check_service_interface.h"

namespace greeter::admin {

inline constexpr char kAdminHealthService[] = "";
inline constexpr char kDataHealthService[] = "greeter.data";

// Shared by the controller, which reports for as long as it lives, and the servers, whose health
// services may come later and go earlier. Any thread.
class HealthStates {
 public:
  // At first the admin port is SERVING and the data plane is not.
  void Report(const std::string& service, bool serving);

  // `health` is told the last reports and all later ones, until Detach(). Null is ignored.
  void Attach(grpc::HealthCheckServiceInterface* health);
  void Detach(grpc::HealthCheckServiceInterface* health);

  // NOT_SERVING for every service from here on, whatever is reported. Idempotent.
  void SetNotServing();

  // What is said of `service`.
  bool IsServing(const std::string& service) const;

 private:
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::map<std::string, bool> serving_ = {{kAdminHealthService, true}, {kDataHealthService, false}};
  std::vector<grpc::HealthCheckServiceInterface*> attached_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_HEALTH_STATES_H_
