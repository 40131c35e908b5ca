#include "admin/health_server.h"

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "admin/server_limits.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "grpcpp/security/server_credentials.h"

namespace greeter::admin {
namespace {

using ConnectionType = grpc::ServerBuilder::experimental_type::ExternalConnectionType;

// A request holds a service's name.
constexpr int kMaxRequestBytes = 4096;
constexpr size_t kMemoryQuotaBytes = size_t{8} * 1024 * 1024;
// As RelayedEntrance::Options. While it lacks memory, gRPC sends newcomers away.
constexpr size_t kMostUnfinishedBytes = size_t{1} * 1024 * 1024;

// Reflection is a plugin that gRPC adds to every server of the process.
class WithoutPlugins final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
  }
};

}  // namespace

HealthServer::HealthServer(HealthStates* states, RelayedEntrance::Options options)
    : states_(states), options_(std::move(options)) {}

HealthServer::~HealthServer() { Stop(absl::ZeroDuration()); }

absl::Status HealthServer::Listen(const std::string& address) {
  absl::StatusOr<AdminListener> listener =
      ListenForAdmin(address, {.name = "--health", .may_be_reachable = true});
  if (!listener.ok()) return listener.status();
  listener_.emplace(*std::move(listener));
  bound_address_ = listener_->bound.ToString();
  return absl::OkStatus();
}

absl::Status HealthServer::Serve() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  RelayedEntrance::Grpc grpc = builder.experimental().AddExternalConnectionAcceptor(
      ConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  SetLimits(builder, {"health", kMaxRequestBytes, kMemoryQuotaBytes});
  builder.SetOption(std::make_unique<WithoutPlugins>());
  builder.RegisterCallbackGenericService(&nothing_else_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("--health: gRPC did not start; see its log");
  states_->Attach(server_->GetHealthCheckService());

  RelayedEntrance::Options options = options_;
  options.most_unfinished = kMostUnfinishedBytes;
  auto entrance = RelayedEntrance::Start(listener_->socket.get(), std::move(grpc), options);
  if (!entrance.ok()) return entrance.status();
  entrance_ = *std::move(entrance);
  return absl::OkStatus();
}

void HealthServer::Stop(absl::Duration timeout) {
  if (entrance_ != nullptr) entrance_->Close();
  if (server_ != nullptr) {
    server_->Shutdown(absl::ToChronoTime(absl::Now() + timeout));
    states_->Detach(server_->GetHealthCheckService());
    server_.reset();
  }
  if (entrance_ != nullptr) entrance_->Stop(timeout);
  entrance_.reset();
  listener_.reset();
}

}  // namespace greeter::admin
