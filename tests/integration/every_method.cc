#include "every_method.h"

#include <future>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "admin_fixture.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/client_callback.h"

namespace greeter::testing {
namespace {

constexpr char kAdminService[] = "greeter.admin.v1.GreeterAdminService";
constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kHealthWatch[] = "/grpc.health.v1.Health/Watch";
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

// A request that is answered OK by the fixture's server. A new method needs a line here.
std::string RequestFor(const std::string& method) {
  api::SetMessageRequest set_message;
  set_message.mutable_greeting()->set_text("changed");
  api::ApplyConfigRequest apply_config;
  *apply_config.mutable_config() = HelloConfig();
  api::RollBackRequest roll_back;
  roll_back.set_revision(1);
  const std::map<std::string, std::string> requests = {
      {"SetMessage", set_message.SerializeAsString()},
      {"ApplyConfig", apply_config.SerializeAsString()},
      {"RollBack", roll_back.SerializeAsString()},
      {"StartListening", ""},
      {"StopListening", ""},
      {"GetConnectionCounts", ""},
      {"GetConfig", ""},
      {"ListRevisions", ""},
      {"GetStatus", ""},
      {"WatchStatus", ""},
      {"ListReplicas", ""},
  };
  const auto found = requests.find(method);
  EXPECT_NE(found, requests.end()) << method;
  return found == requests.end() ? "" : found->second;
}

// Sends one request and waits for the first response, or the end.
class OneAnswer final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  OneAnswer(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
            const std::string& request)
      : stub_(channel) {
    const grpc::Slice slice(request);
    request_ = grpc::ByteBuffer(&slice, 1);
    stub_.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&response_);
    StartCall();
  }

  grpc::Status Wait() { return done_.get_future().get(); }

  void OnReadDone(bool ok) override {
    answered_ = ok;
    if (ok) context_.TryCancel();
  }
  void OnDone(const grpc::Status& status) override {
    done_.set_value(answered_ ? grpc::Status::OK : status);
  }

 private:
  grpc::GenericStub stub_;
  Context context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  bool answered_ = false;
  std::promise<grpc::Status> done_;
};

}  // namespace

std::vector<Method> AdminMethods() {
  std::vector<Method> methods;
  const auto* const service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(kAdminService);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string name = service->method(i)->name();
    const bool reads = absl::StartsWith(name, "Get") || absl::StartsWith(name, "List") ||
                       absl::StartsWith(name, "Watch");
    methods.push_back({"/" + std::string(kAdminService) + "/" + name, RequestFor(name), !reads});
  }
  return methods;
}

std::vector<Method> OtherMethods() {
  return {{kHealthCheck, ""}, {kHealthWatch, ""}, {kReflection, std::string("\x3a\x01*", 3)}};
}

grpc::Status Outcome(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request) {
  return OneAnswer(channel, method, request).Wait();
}

}  // namespace greeter::testing
