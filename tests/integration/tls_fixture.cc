#include "tls_fixture.h"

#include "base/message_limit.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace greeter::testing {
TlsTest::TlsTest() {
  WriteServerFiles(authority_.IssueForServer(), authority_.pem());
  admin_options_.certificates = {directory_.File("server.pem"), directory_.File("server.key"),
                                 directory_.File("ca.pem")};
  admin_options_.certificate_interval = absl::Milliseconds(10);
  admin_options_.access.operators = {"operator"};
  admin_options_.access.viewers = {"viewer"};
  admin_options_.access.audit = denials_.Audit();
  admin_options_.refused_handshakes = {refused_handshakes_.Audit(), /*burst=*/1'000'000};
}

void TlsTest::WriteServerFiles(const KeyPair& server, const std::string& client_ca) const {
  directory_.Write("server.pem", server.cert);
  directory_.Write("server.key", server.key);
  directory_.Write("ca.pem", client_ca);
}

std::shared_ptr<grpc::Channel> TlsTest::ConnectAs(const KeyPair& client) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(base::kMaxMessageBytes);
  return grpc::CreateCustomChannel(
      admin_->bound_address(), grpc::SslCredentials({authority_.pem(), client.key, client.cert}),
      arguments);
}

grpc::Status TlsTest::Ask(const std::shared_ptr<grpc::Channel>& channel) {
  Context context;
  api::GetStatusResponse response;
  return api::GreeterAdminService::NewStub(channel)->GetStatus(&context, {}, &response);
}

}  // namespace greeter::testing
