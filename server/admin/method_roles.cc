#include "admin/method_roles.h"

#include <array>

namespace greeter::admin {
namespace {

struct MethodRole {
  absl::string_view method;
  Role role;
};

constexpr std::array kTable = {
    MethodRole{"/greeter.admin.v1.GreeterAdminService/SetMessage", Role::kOperator},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/StartListening", Role::kOperator},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/StopListening", Role::kOperator},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/ApplyConfig", Role::kOperator},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/RollBack", Role::kOperator},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/GetConnectionCounts", Role::kViewer},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/GetConfig", Role::kViewer},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/ListRevisions", Role::kViewer},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/GetStatus", Role::kViewer},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/WatchStatus", Role::kViewer},
    MethodRole{"/greeter.admin.v1.GreeterAdminService/ListReplicas", Role::kViewer},
    MethodRole{"/grpc.health.v1.Health/Check", Role::kViewer},
    MethodRole{"/grpc.health.v1.Health/Watch", Role::kViewer},
    MethodRole{"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Role::kViewer},
};

}  // namespace

absl::string_view Name(Role role) {
  switch (role) {
    case Role::kViewer:
      return "viewer";
    case Role::kOperator:
      return "operator";
    case Role::kNone:
      break;
  }
  return "no role";
}

std::optional<Role> RequiredRole(absl::string_view method) {
  for (const MethodRole& entry : kTable) {
    if (entry.method == method) return entry.role;
  }
  return std::nullopt;
}

}  // namespace greeter::admin
