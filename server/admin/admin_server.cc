#include "admin/admin_server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "admin/grpc_log.h"
#include "admin/server_limits.h"
#include "base/message_limit.h"
#include "grpcpp/ext/health_check_service_server_builder_option.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

using ConnectionType = grpc::ServerBuilder::experimental_type::ExternalConnectionType;

// For all connections together; some ten of the largest requests in decoding at once.
constexpr size_t kMemoryQuotaBytes = size_t{64} * 1024 * 1024;
// How long connections without calls may take to close in good order.
constexpr absl::Duration kGoodbye = absl::Milliseconds(500);

}  // namespace

AdminServer::AdminServer(control::Controller* controller, Options options)
    : controller_(controller),
      options_(std::move(options)),
      health_states_(std::make_shared<HealthStates>()) {
  controller->Observe([health = health_states_](const control::Snapshot& snapshot) {
    health->Report(kDataHealthService, snapshot.serving());
  });
}

AdminServer::~AdminServer() { Stop(absl::ZeroDuration()); }

absl::Status AdminServer::Listen(const std::string& address) {
  absl::StatusOr<Access> access = Access::Create(options_.access);
  if (!access.ok()) return access.status();
  if (options_.certificates.has_value()) {
    auto watch = CertificateWatch::Start(*options_.certificates, options_.certificate_interval);
    if (!watch.ok()) return watch.status();
    certificates_ = *std::move(watch);
    if (!access->NamesOperatorsWithCertificates()) {
      spdlog::warn(
          "admin: no certificate makes anyone an operator; name one with --admin-operator, by its "
          "URI or DNS name or, if it has neither, its CN");
    }
    refused_handshakes_ = std::make_shared<RefusedHandshakes>(options_.refused_handshakes);
  }
  absl::StatusOr<AdminListener> listener =
      ListenForAdmin(address, {.may_be_reachable = options_.insecure || certificates_ != nullptr,
                               .group = options_.socket_group});
  if (!listener.ok()) return listener.status();
  listener_.emplace(*std::move(listener));
  bound_address_ = listener_->bound.ToString();
  if (!options_.health.empty()) {
    health_server_ = std::make_unique<HealthServer>(health_states_.get(), options_.health_entrance);
    const absl::Status listening = health_server_->Listen(options_.health);
    if (!listening.ok()) return listening;
    health_address_ = health_server_->bound_address();
  }
  authorization_.emplace(&peers_, *std::move(access));
  status_.emplace(controller_, certificates_);
  control::Fleet& alone = alone_.emplace(controller_, bound_address_);
  service_.emplace(AdminService::Dependencies{controller_, &*status_, &*authorization_, &calls_,
                                              options_.fleet ? options_.fleet : &alone},
                   options_.max_watches);
  return absl::OkStatus();
}

absl::Status AdminServer::Serve() {
  QuietGrpc();
  RelayedEntrance::Grpc grpc;
  server_ = Build(&grpc);
  if (server_ == nullptr) return absl::InternalError("admin: gRPC did not start; see its log");
  health_states_->Attach(server_->GetHealthCheckService());
  if (health_server_ != nullptr) {
    const absl::Status serving = health_server_->Serve();
    if (!serving.ok()) return serving;
  }
  RelayedEntrance::Options options = options_.entrance;
  options.is_own = [this](int socket) { return own_connection_.IsOtherEnd(socket); };
  options.peers = &peers_;
  options.certificates = certificates_;
  options.refused = refused_handshakes_;
  auto entrance =
      RelayedEntrance::Start(listener_->socket.get(), std::move(grpc), std::move(options));
  if (!entrance.ok()) return entrance.status();
  entrance_ = *std::move(entrance);

  auto self_check = SelfCheck::Start(
      listener_->bound, options_.self_check, &own_connection_,
      [health = health_states_](bool answers) { health->Report(kAdminHealthService, answers); });
  if (!self_check.ok()) return self_check.status();
  self_check_ = *std::move(self_check);
  return absl::OkStatus();
}

std::unique_ptr<grpc::Server> AdminServer::Build(RelayedEntrance::Grpc* entrance) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  *entrance = builder.experimental().AddExternalConnectionAcceptor(
      ConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  builder.RegisterService(&*service_);
  builder.RegisterCallbackGenericService(&nothing_else_);
  builder.experimental().SetInterceptorCreators(GateCalls(&*authorization_, options_.on_call));
  SetLimits(builder, {"admin", base::kMaxMessageBytes, kMemoryQuotaBytes});
  if (certificates_ != nullptr) {
    builder.AddChannelArgument(
        GRPC_ARG_MAX_CONNECTION_AGE_MS,
        static_cast<int>(absl::ToInt64Milliseconds(options_.max_connection_age)));
  }
  return builder.BuildAndStart();
}

void AdminServer::SetNotServing() { health_states_->SetNotServing(); }

void AdminServer::Stop(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  self_check_.reset();
  if (entrance_ != nullptr) entrance_->Close();
  calls_.Stop();
  if (server_ != nullptr) {
    SetNotServing();
    calls_.WaitUntilNone(timeout);
    // Health watches and reflection streams don't end by themselves: gRPC cancels them when its
    // deadline passes, hence a short one once our own calls have been answered.
    const absl::Time goodbye = std::min(deadline, absl::Now() + kGoodbye);
    server_->Shutdown(absl::ToChronoTime(goodbye));
    health_states_->Detach(server_->GetHealthCheckService());
    server_.reset();
  }
  if (entrance_ != nullptr) entrance_->Stop(kGoodbye);
  entrance_.reset();
  if (health_server_ != nullptr) health_server_->Stop(kGoodbye);
  health_server_.reset();
  listener_.reset();
}

}  // namespace greeter::admin
