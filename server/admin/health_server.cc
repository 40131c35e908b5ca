#include "admin/health_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "admin/server_limits.h"
#include "admin/unix_entrance.h"
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

// The most connections, of those that there are descriptors for.
Acceptor::Options Relayed(Acceptor::Options options) {
  options.max_connections =
      std::max<size_t>(options.max_connections / kDescriptorsPerRelayedConnection, 1);
  return options;
}

// Reflection is a plugin that gRPC adds to every server of the process.
class WithoutPlugins final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
  }
};

}  // namespace

HealthServer::HealthServer(HealthStates* states, Acceptor::Options options)
    : states_(states), options_(Relayed(std::move(options))), open_(options_.max_connections) {}

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
  entrance_ = builder.experimental().AddExternalConnectionAcceptor(
      ConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  SetLimits(builder, {"health", kMaxRequestBytes, kMemoryQuotaBytes});
  builder.SetOption(std::make_unique<WithoutPlugins>());
  builder.RegisterCallbackGenericService(&nothing_else_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("--health: gRPC did not start; see its log");
  states_->Attach(server_->GetHealthCheckService());

  absl::StatusOr<std::unique_ptr<Relay>> relay = Relay::Start({});
  if (!relay.ok()) return relay.status();
  relay_ = *std::move(relay);
  auto acceptor =
      Acceptor::Start(listener_->socket.get(), options_,
                      [this](net::FileDescriptor connection) { HandOver(std::move(connection)); });
  if (!acceptor.ok()) return acceptor.status();
  acceptor_ = *std::move(acceptor);
  return absl::OkStatus();
}

void HealthServer::HandOver(net::FileDescriptor connection) {
  std::array<int, 2> ends = {};
  if (open_.Full() ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return;
  }
  open_.Add(ends[0]);
  relay_->Add(std::move(connection), net::FileDescriptor(ends[1]), [] {});
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listener_->socket.get();
  parameters.fd = ends[0];
  entrance_->HandleNewConnection(&parameters);
}

void HealthServer::Stop(absl::Duration timeout) {
  acceptor_.reset();
  if (server_ != nullptr) {
    server_->Shutdown(absl::ToChronoTime(absl::Now() + timeout));
    states_->Detach(server_->GetHealthCheckService());
    server_.reset();
  }
  if (relay_ != nullptr) relay_->Stop(timeout);
  relay_.reset();
  entrance_.reset();
  listener_.reset();
}

}  // namespace greeter::admin
