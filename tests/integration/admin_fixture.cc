#include "admin_fixture.h"

#include <fstream>
#include <future>
#include <utility>
#include <vector>

#include "base/message_limit.h"
#include "control/field_violation.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"

namespace greeter::testing {

void TemporaryDirectory::Write(const std::string& name, const std::string& text) const {
  const std::string beside = File(name + ".new");
  std::ofstream(beside) << text;
  std::filesystem::rename(beside, File(name));
}

api::Listener MakeListener(const std::string& name, const std::string& address) {
  api::Listener listener;
  listener.set_name(name);
  listener.set_address(address);
  listener.mutable_greeting()->set_text("Hello world");
  return listener;
}

api::Config HelloConfig() {
  api::Config config;
  *config.add_listeners() = MakeListener("default", "127.0.0.1:9190");
  return config;
}

google::rpc::BadRequest Violations(const grpc::Status& status) {
  google::rpc::Status rich;
  google::rpc::BadRequest bad_request;
  EXPECT_TRUE(rich.ParseFromString(status.error_details()));
  for (const auto& detail : rich.details()) {
    EXPECT_EQ(rich.code(), status.error_code());
    EXPECT_EQ(rich.message(), status.error_message());
    EXPECT_EQ(detail.type_url(), control::kBadRequestTypeUrl);
    EXPECT_TRUE(bad_request.ParseFromString(detail.value()));
  }
  return bad_request;
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Channels to one address would otherwise share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(base::kMaxMessageBytes);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request, std::string* response) {
  grpc::GenericStub stub(channel);
  Context context;
  const grpc::Slice slice(request);
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::ByteBuffer answer;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &bytes, &answer,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  grpc::Status status = done.get_future().get();
  grpc::Slice flat;
  if (response != nullptr && status.ok() && answer.DumpToSingleSlice(&flat).ok()) {
    response->assign(reinterpret_cast<const char*>(flat.begin()), flat.size());
  }
  return status;
}

AdminTest::~AdminTest() {
  data_plane_.Release();
  admin_.reset();
  if (controller_ != nullptr) controller_->Stop();
}

void AdminTest::StartAdmin(const std::string& address, api::Config config) {
  control::Controller::Options options;
  options.identity = {"test-server", "1.2.3", absl::Now()};
  options.retry_initial = absl::Milliseconds(20);
  options.retry_max = absl::Milliseconds(20);
  controller_ = std::make_unique<control::Controller>(&data_plane_, &store_, std::move(options));
  admin_ = std::make_unique<admin::AdminServer>(controller_.get(), admin_options_);
  absl::Status started = admin_->Listen(address);
  if (started.ok()) started = controller_->Start(std::move(config));
  if (started.ok()) started = admin_->Serve();
  ASSERT_TRUE(started.ok()) << started;
  channel_ = Connect(admin_->bound_address());
  stub_ = api::GreeterAdminService::NewStub(channel_);
}

grpc::Status AdminTest::SetMessage(const std::string& text, api::SetMessageResponse* response) {
  Context context;
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text(text);
  api::SetMessageResponse ignored;
  return stub_->SetMessage(&context, request, response != nullptr ? response : &ignored);
}

grpc::Status AdminTest::GetStatus(api::GetStatusResponse* response) {
  Context context;
  api::GetStatusResponse ignored;
  return stub_->GetStatus(&context, {}, response != nullptr ? response : &ignored);
}

std::string AdminTest::Health(const std::string& service) {
  // HealthCheckRequest: string service = 1. HealthCheckResponse: enum status = 1, in which SERVING
  // is 1 and NOT_SERVING 2.
  std::string request("\x0a", 1);
  request.push_back(static_cast<char>(service.size()));
  std::string response;
  const grpc::Status status =
      CallRaw(channel_, "/grpc.health.v1.Health/Check", request + service, &response);
  if (!status.ok()) return status.error_message();
  if (response == "\x08\x01") return "SERVING";
  if (response == "\x08\x02") return "NOT_SERVING";
  return "unexpected response";
}

}  // namespace greeter::testing
