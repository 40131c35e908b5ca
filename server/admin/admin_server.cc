#include "admin/admin_server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "admin/grpc_log.h"
#include "base/message_limit.h"
#include "grpc/impl/codegen/grpc_types.h"
#include "grpcpp/ext/health_check_service_server_builder_option.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

using ConnectionType = grpc::ServerBuilder::experimental_type::ExternalConnectionType;

// For all connections together; some ten of the largest requests in decoding at once.
constexpr size_t kMemoryQuotaBytes = size_t{64} * 1024 * 1024;
constexpr int kMaxStreamsPerConnection = 100;
// A connection that has not said a word of HTTP/2 by then is closed.
constexpr int kHandshakeTimeoutMs = 10'000;
// So is one without a call for this long: it takes a place that another operator may want. Clients
// connect again by themselves.
constexpr int kIdleTimeoutMs = 300'000;
// How long connections without calls may take to close in good order.
constexpr absl::Duration kGoodbye = absl::Milliseconds(500);

}  // namespace

AdminServer::AdminServer(control::Controller* controller, Options options)
    : options_(std::move(options)),
      data_health_(std::make_shared<DataHealth>()),
      service_(controller, &unix_peers_, &calls_) {
  controller->Observe([health = data_health_](const control::Snapshot& snapshot) {
    health->Report(snapshot.serving());
  });
}

AdminServer::~AdminServer() { Stop(absl::ZeroDuration()); }

absl::Status AdminServer::Listen(const std::string& address) {
  absl::StatusOr<AdminListener> listener = ListenForAdmin(address);
  if (!listener.ok()) return listener.status();
  listener_.emplace(*std::move(listener));
  bound_address_ = listener_->bound.ToString();
  return absl::OkStatus();
}

absl::Status AdminServer::Serve() {
  QuietGrpc();
  server_ = Build(&entrance_);
  if (server_ == nullptr) return absl::InternalError("admin: gRPC did not start; see its log");
  data_health_->Attach(server_->GetHealthCheckService());

  const absl::Status accepting = StartAccepting();
  if (!accepting.ok()) return accepting;

  const auto report = [this, health = server_->GetHealthCheckService()](bool answers) {
    answers_ = answers;
    health->SetServingStatus("", answers);
  };
  auto self_check = SelfCheck::Start(listener_->bound, options_.self_check, report);
  if (!self_check.ok()) return self_check.status();
  self_check_ = *std::move(self_check);
  return absl::OkStatus();
}

absl::Status AdminServer::StartAccepting() {
  Acceptor::Options options = options_.acceptor;
  if (listener_->bound.is_unix()) {
    options.max_connections =
        std::max<size_t>(options.max_connections / kDescriptorsPerUnixConnection, 1);
    auto entrance = UnixEntrance::Start(&unix_peers_, options.max_connections);
    if (!entrance.ok()) return entrance.status();
    unix_entrance_ = *std::move(entrance);
  }
  // Last, and stopped first: gRPC leaks a descriptor that it is handed while it does not serve.
  auto acceptor =
      Acceptor::Start(listener_->socket.get(), std::move(options),
                      [this](net::FileDescriptor connection) { HandOver(std::move(connection)); });
  if (!acceptor.ok()) return acceptor.status();
  acceptor_ = *std::move(acceptor);
  return absl::OkStatus();
}

void AdminServer::HandOver(net::FileDescriptor connection) {
  if (unix_entrance_ != nullptr) {
    absl::StatusOr<net::FileDescriptor> admitted = unix_entrance_->Admit(std::move(connection));
    if (!admitted.ok()) {
      if (refusals_.IsDue()) {
        spdlog::warn("a connection was closed: {}", std::string(admitted.status().message()));
      }
      return;
    }
    connection = *std::move(admitted);
  }
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listener_->socket.get();
  parameters.fd = connection.Release();
  entrance_->HandleNewConnection(&parameters);
}

std::unique_ptr<grpc::Server> AdminServer::Build(
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>* entrance) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  *entrance = builder.experimental().AddExternalConnectionAcceptor(
      ConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  builder.RegisterService(&service_);
  if (options_.on_call) {
    builder.experimental().SetInterceptorCreators(ObserveCalls(options_.on_call));
  }
  builder.SetMaxReceiveMessageSize(base::kMaxMessageBytes);
  builder.SetResourceQuota(grpc::ResourceQuota("admin").Resize(kMemoryQuotaBytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleTimeoutMs);
  // Reflection, alone among the services, uses gRPC's own threads: as few as may be.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  // Pings more frequent than gRPC's default limits allow are answered by closing the connection
  // (ENHANCE_YOUR_CALM): those limits are left as they are.
  return builder.BuildAndStart();
}

void AdminServer::SetNotServing() {
  stopping_ = true;
  if (server_ != nullptr) server_->GetHealthCheckService()->Shutdown();
}

void AdminServer::Stop(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  self_check_.reset();
  acceptor_.reset();
  calls_.Stop();
  if (server_ != nullptr) {
    SetNotServing();
    calls_.WaitUntilNone(timeout);
    // Health watches and reflection streams don't end by themselves: gRPC cancels them when its
    // deadline passes, hence a short one once our own calls have been answered.
    const absl::Time goodbye = std::min(deadline, absl::Now() + kGoodbye);
    server_->Shutdown(absl::ToChronoTime(goodbye));
    data_health_->Detach();
    server_.reset();
  }
  if (unix_entrance_ != nullptr) unix_entrance_->Stop(kGoodbye);
  unix_entrance_.reset();
  entrance_.reset();
  listener_.reset();
}

}  // namespace greeter::admin
