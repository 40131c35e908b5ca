// A GreeterAdminService on a real port that answers what a test tells it to and keeps the requests.

#ifndef GREETER_TESTS_UNIT_ADMIN_CLI_FAKE_ADMIN_SERVICE_H_
#define GREETER_TESTS_UNIT_ADMIN_CLI_FAKE_ADMIN_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "greeter/admin/v1/admin.grpc.pb.h"

namespace greeter::admin_cli {

namespace api = ::greeter::admin::v1;

// Set the answers before calling; read the requests after.
class FakeAdminService final : public api::GreeterAdminService::Service {
 public:
  // The answer of every method, unless OK.
  grpc::Status status;

  api::GetStatusRequest status_request;
  api::GetStatusResponse status_response;
  api::GetConnectionCountsResponse counts_response;
  api::SetMessageRequest set_request;
  api::SetMessageResponse set_response;
  api::StartListeningRequest start_request;
  api::StartListeningResponse start_response;
  api::StopListeningRequest stop_request;
  api::StopListeningResponse stop_response;
  api::GetConfigRequest config_request;
  api::GetConfigResponse config_response;
  api::ApplyConfigRequest apply_request;
  api::ApplyConfigResponse apply_response;
  // The requests for revisions, and their answers in turn; the last one again and again.
  std::vector<api::ListRevisionsRequest> list_requests;
  std::vector<api::ListRevisionsResponse> list_responses;
  api::RollBackRequest roll_back_request;
  api::RollBackResponse roll_back_response;
  // The replicas, and from the second time on those after, if they are set.
  api::ListReplicasResponse replicas;
  std::optional<api::ListReplicasResponse> replicas_after;
  // So many of the next changes with an expected revision are ABORTED.
  int conflicts = 0;
  int changes = 0;
  // Sent one after the other; then the stream ends, if `watch_ends`, or stays open.
  std::vector<api::WatchStatusResponse> updates;
  bool watch_ends = false;

  explicit FakeAdminService(const std::shared_ptr<grpc::ServerCredentials>& credentials =
                                grpc::InsecureServerCredentials(),
                            const std::string& host = "127.0.0.1")
      : host_(host) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(host + ":0", credentials, &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeAdminService() override { Stop(); }

  std::string address() const { return absl::StrCat(host_, ":", port_); }
  int port() const { return port_; }

  // Cancels what is running and refuses connections from then on.
  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status GetStatus(grpc::ServerContext* /*context*/, const api::GetStatusRequest* request,
                         api::GetStatusResponse* response) override {
    return Answer(*request, status_request, status_response, *response);
  }
  grpc::Status GetConnectionCounts(grpc::ServerContext* /*context*/,
                                   const api::GetConnectionCountsRequest* /*request*/,
                                   api::GetConnectionCountsResponse* response) override {
    *response = counts_response;
    return status;
  }
  grpc::Status SetMessage(grpc::ServerContext* /*context*/, const api::SetMessageRequest* request,
                          api::SetMessageResponse* response) override {
    return Answer(*request, set_request, set_response, *response);
  }
  grpc::Status StartListening(grpc::ServerContext* /*context*/,
                              const api::StartListeningRequest* request,
                              api::StartListeningResponse* response) override {
    return Answer(*request, start_request, start_response, *response);
  }
  grpc::Status StopListening(grpc::ServerContext* /*context*/,
                             const api::StopListeningRequest* request,
                             api::StopListeningResponse* response) override {
    return Answer(*request, stop_request, stop_response, *response);
  }
  grpc::Status GetConfig(grpc::ServerContext* /*context*/, const api::GetConfigRequest* request,
                         api::GetConfigResponse* response) override {
    return Answer(*request, config_request, config_response, *response);
  }
  grpc::Status ApplyConfig(grpc::ServerContext* /*context*/, const api::ApplyConfigRequest* request,
                           api::ApplyConfigResponse* response) override {
    ++changes;
    if (conflicts > 0 && request->change().has_expected_revision()) {
      --conflicts;
      return {grpc::StatusCode::ABORTED, "another revision"};
    }
    return Answer(*request, apply_request, apply_response, *response);
  }
  grpc::Status ListRevisions(grpc::ServerContext* /*context*/,
                             const api::ListRevisionsRequest* request,
                             api::ListRevisionsResponse* response) override {
    if (!list_responses.empty()) {
      *response = list_responses[std::min(list_requests.size(), list_responses.size() - 1)];
    }
    list_requests.push_back(*request);
    return status;
  }
  grpc::Status RollBack(grpc::ServerContext* /*context*/, const api::RollBackRequest* request,
                        api::RollBackResponse* response) override {
    return Answer(*request, roll_back_request, roll_back_response, *response);
  }
  grpc::Status ListReplicas(grpc::ServerContext* /*context*/,
                            const api::ListReplicasRequest* /*request*/,
                            api::ListReplicasResponse* response) override {
    const bool later = asked_for_replicas_.exchange(true);
    *response = later && replicas_after.has_value() ? *replicas_after : replicas;
    return status;
  }
  grpc::Status WatchStatus(grpc::ServerContext* context, const api::WatchStatusRequest* /*request*/,
                           grpc::ServerWriter<api::WatchStatusResponse>* writer) override {
    for (const auto& update : updates) writer->Write(update);
    // The synchronous API has no event for a cancelled stream.
    while (!watch_ends && !context->IsCancelled()) {
      std::unique_lock lock(mutex_);
      never_.wait_for(lock, std::chrono::milliseconds(5));
    }
    return status;
  }

 private:
  template <typename Request, typename Response>
  grpc::Status Answer(const Request& request, Request& kept, const Response& answer,
                      Response& response) {
    kept = request;
    response = answer;
    return status;
  }

  const std::string host_;
  std::atomic<bool> asked_for_replicas_ = false;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::mutex mutex_;
  std::condition_variable never_;
};

}  // namespace greeter::admin_cli

#endif  // GREETER_TESTS_UNIT_ADMIN_CLI_FAKE_ADMIN_SERVICE_H_
