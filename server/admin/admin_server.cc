#include "admin/admin_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "admin/client_standing.h"
#include "admin/grpc_log.h"
#include "admin/server_limits.h"
#include "admin/tls_credentials.h"
#include "base/message_limit.h"
#include "grpcpp/ext/health_check_service_server_builder_option.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "net/address.h"
#include "spdlog/spdlog.h"
#include "tls/watched_handshakes.h"

namespace greeter::admin {
namespace {

using ConnectionType = grpc::ServerBuilder::experimental_type::ExternalConnectionType;

// For all connections together; some ten of the largest requests in decoding at once.
constexpr size_t kMemoryQuotaBytes = size_t{64} * 1024 * 1024;
// How long connections without calls may take to close in good order.
constexpr absl::Duration kGoodbye = absl::Milliseconds(500);

// Of a TCP connection: "127.0.0.1:41234".
std::string PeerOf(int connection) {
  sockaddr_storage peer = {};
  socklen_t length = sizeof(peer);
  auto* const address = reinterpret_cast<sockaddr*>(&peer);
  if (getpeername(connection, address, &length) != 0) return "someone who has left";
  return net::Address::FromSockaddr(address, length).ToString();
}

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
    health_server_ = std::make_unique<HealthServer>(health_states_.get(), options_.health_acceptor);
    const absl::Status listening = health_server_->Listen(options_.health);
    if (!listening.ok()) return listening;
    health_address_ = health_server_->bound_address();
  }
  const Transport transport = certificates_ != nullptr     ? Transport::kMutualTls
                              : listener_->bound.is_unix() ? Transport::kUnix
                                                           : Transport::kPlaintext;
  authorization_ = std::make_shared<const Authorization>(
      transport, &peers_, *std::move(access), std::make_shared<ClientStanding>(certificates_));
  status_.emplace(controller_, certificates_);
  control::Fleet& alone = alone_.emplace(controller_, bound_address_);
  service_.emplace(AdminService::Dependencies{controller_, &*status_, authorization_.get(), &calls_,
                                              options_.fleet ? options_.fleet : &alone},
                   options_.max_watches);
  return absl::OkStatus();
}

absl::Status AdminServer::Serve() {
  QuietGrpc();
  server_ = Build(&entrance_);
  if (server_ == nullptr) return absl::InternalError("admin: gRPC did not start; see its log");
  health_states_->Attach(server_->GetHealthCheckService());
  if (health_server_ != nullptr) {
    const absl::Status serving = health_server_->Serve();
    if (!serving.ok()) return serving;
  }
  const absl::Status accepting = StartAccepting();
  if (!accepting.ok()) return accepting;

  SelfCheck::Options check = options_.self_check;
  check.tls = certificates_ != nullptr;
  auto self_check = SelfCheck::Start(
      listener_->bound, check, &own_connection_,
      [health = health_states_](bool answers) { health->Report(kAdminHealthService, answers); });
  if (!self_check.ok()) return self_check.status();
  self_check_ = *std::move(self_check);
  return absl::OkStatus();
}

absl::Status AdminServer::StartAccepting() {
  Acceptor::Options options = options_.acceptor;
  options.is_own = [this](int socket) { return own_connection_.IsOtherEnd(socket); };
  if (certificates_ == nullptr) {
    options = ForRelayed(std::move(options));
    auto relayed = RelayedEntrance::Start({.name = options.name, .peers = &peers_});
    if (!relayed.ok()) return relayed.status();
    relayed_ = *std::move(relayed);
    options.substitute = [this](net::FileDescriptor client) {
      return relayed_->Admit(std::move(client));
    };
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
  if (refused_handshakes_ == nullptr) return GiveToGrpc(std::move(connection));
  // The self-check, for one, brings a connection now and then.
  refused_handshakes_->TellCounted();
  const tls::WatchedHandshakes watched(
      [refused = refused_handshakes_, peer = PeerOf(connection.get())](const std::string& reason) {
        refused->Add(peer, reason);
      });
  GiveToGrpc(std::move(connection));
}

void AdminServer::GiveToGrpc(net::FileDescriptor connection) {
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listener_->socket.get();
  parameters.fd = connection.Release();
  entrance_->HandleNewConnection(&parameters);
}

std::shared_ptr<grpc::ServerCredentials> AdminServer::Credentials() const {
  if (certificates_ == nullptr) return grpc::InsecureServerCredentials();
  return MutualTls(certificates_, [authorization = authorization_](CertificateReader client,
                                                                   absl::string_view method) {
    return authorization->AuthorizeOthers(client, method);
  });
}

std::unique_ptr<grpc::Server> AdminServer::Build(
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>* entrance) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  *entrance =
      builder.experimental().AddExternalConnectionAcceptor(ConnectionType::FROM_FD, Credentials());
  builder.RegisterService(&*service_);
  if (options_.on_call) {
    builder.experimental().SetInterceptorCreators(ObserveCalls(options_.on_call));
  }
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
  acceptor_.reset();
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
  if (relayed_ != nullptr) relayed_->Stop(kGoodbye);
  relayed_.reset();
  if (health_server_ != nullptr) health_server_->Stop(kGoodbye);
  health_server_.reset();
  entrance_.reset();
  listener_.reset();
}

}  // namespace greeter::admin
