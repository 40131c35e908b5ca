#include "admin/admin_service.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "admin/messages.h"
#include "admin/revision_page.h"
#include "admin/unary_call.h"
#include "admin/watch_reactor.h"
#include "control/change.h"

namespace greeter::admin {
namespace {

constexpr char kServicePath[] = "/greeter.admin.v1.GreeterAdminService/";

using ChangeResult = control::Controller::ChangeResult;

// In the infinite future if the caller named none.
absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max() ? absl::InfiniteFuture()
                                                                  : absl::FromChrono(deadline);
}

template <class Response>
Response ToResponse(ChangeResult result, const std::string& listener) {
  Response response;
  *response.mutable_revision() = std::move(result.revision);
  // The answers to changes of the whole Config have every listener, the others the one touched.
  if constexpr (requires { response.mutable_listeners(); }) {
    response.mutable_listeners()->Assign(result.listeners.begin(), result.listeners.end());
    *response.mutable_config() = std::move(result.config);
  } else {
    for (api::ListenerStatus& status : result.listeners) {
      if (status.name() == listener) *response.mutable_listener() = std::move(status);
    }
  }
  return response;
}

}  // namespace

AdminService::AdminService(const Dependencies& dependencies, size_t max_watches)
    : controller_(dependencies.controller),
      status_(dependencies.status),
      authorization_(dependencies.authorization),
      calls_(dependencies.calls),
      fleet_(dependencies.fleet),
      changes_(controller_, fleet_, calls_),
      watch_places_(max_watches) {}

absl::StatusOr<Caller> AdminService::Admit(const grpc::CallbackServerContext& context,
                                           absl::string_view method, const grpc::ByteBuffer& bytes,
                                           google::protobuf::Message* request) const {
  if (calls_->stopping()) return OpenCalls::StoppingError();
  absl::StatusOr<Caller> caller =
      authorization_->Authorize(context.peer(), absl::StrCat(kServicePath, method));
  if (!caller.ok()) return caller.status();
  const absl::Status decoded = Decode(bytes, request);
  if (!decoded.ok()) return decoded;
  return caller;
}

template <class Request, class Response>
grpc::ServerUnaryReactor* AdminService::Submit(grpc::CallbackServerContext* context,
                                               absl::string_view method,
                                               const grpc::ByteBuffer* bytes,
                                               grpc::ByteBuffer* response,
                                               control::Change (*make)(const Request&)) {
  const auto call = UnaryCall<Response>::Begin(calls_, response);
  Request request;
  absl::StatusOr<Caller> caller = Admit(*context, method, *bytes, &request);
  if (!caller.ok()) {
    call->Answer(caller.status());
    return call.get();
  }
  control::Change change = make(request);
  change.peer = std::move(caller->peer);
  change.author = std::move(caller->author);
  std::string listener = change.listener;
  changes_.Submit(std::move(change), DeadlineOf(*context),
                  [call, listener = std::move(listener)](absl::StatusOr<ChangeResult> result) {
                    if (result.ok()) {
                      call->Answer(ToResponse<Response>(*std::move(result), listener));
                    } else {
                      call->Answer(result.status());
                    }
                  });
  return call.get();
}

grpc::ServerUnaryReactor* AdminService::SetMessage(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* request,
                                                   grpc::ByteBuffer* response) {
  return Submit<api::SetMessageRequest, api::SetMessageResponse>(context, "SetMessage", request,
                                                                 response, control::SetMessage);
}

grpc::ServerUnaryReactor* AdminService::StartListening(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return Submit<api::StartListeningRequest, api::StartListeningResponse>(
      context, "StartListening", request, response, control::StartListening);
}

grpc::ServerUnaryReactor* AdminService::StopListening(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return Submit<api::StopListeningRequest, api::StopListeningResponse>(
      context, "StopListening", request, response, control::StopListening);
}

grpc::ServerUnaryReactor* AdminService::ApplyConfig(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  return Submit<api::ApplyConfigRequest, api::ApplyConfigResponse>(context, "ApplyConfig", request,
                                                                   response, control::ApplyConfig);
}

grpc::ServerUnaryReactor* AdminService::RollBack(grpc::CallbackServerContext* context,
                                                 const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* response) {
  return Submit<api::RollBackRequest, api::RollBackResponse>(context, "RollBack", request, response,
                                                             control::RollBack);
}

grpc::ServerUnaryReactor* AdminService::ListRevisions(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* bytes,
                                                      grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::ListRevisionsResponse>::Begin(calls_, response);
  api::ListRevisionsRequest request;
  const absl::Status admitted = Admit(*context, "ListRevisions", *bytes, &request).status();
  const absl::StatusOr<RevisionPage> page =
      admitted.ok() ? ReadRevisionPage(request) : absl::StatusOr<RevisionPage>(admitted);
  if (!page.ok()) {
    call->Answer(page.status());
    return call.get();
  }
  // One more than the page tells whether there is a next one.
  controller_->ListRevisions(page->before, page->size + 1,
                             [call, page = *page](absl::StatusOr<std::vector<api::Revision>> list) {
                               if (list.ok()) {
                                 call->Answer(MakeRevisionPage(page, *std::move(list)));
                               } else {
                                 call->Answer(list.status());
                               }
                             });
  return call.get();
}

grpc::ServerUnaryReactor* AdminService::GetConnectionCounts(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* bytes,
                                                            grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::GetConnectionCountsResponse>::Begin(calls_, response);
  api::GetConnectionCountsRequest request;
  const absl::Status admitted = Admit(*context, "GetConnectionCounts", *bytes, &request).status();
  if (admitted.ok()) {
    call->Answer(controller_->GetCounts(request.listener()));
  } else {
    call->Answer(admitted);
  }
  return call.get();
}

grpc::ServerUnaryReactor* AdminService::GetStatus(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* bytes,
                                                  grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::GetStatusResponse>::Begin(calls_, response);
  api::GetStatusRequest request;
  const absl::Status admitted = Admit(*context, "GetStatus", *bytes, &request).status();
  if (!admitted.ok()) {
    call->Answer(admitted);
    return call.get();
  }
  absl::StatusOr<api::ServerStatus> status = status_->GetStatus(request.listener());
  if (!status.ok()) {
    call->Answer(status.status());
    return call.get();
  }
  api::GetStatusResponse answer;
  *answer.mutable_status() = *std::move(status);
  call->Answer(answer);
  return call.get();
}

grpc::ServerUnaryReactor* AdminService::ListReplicas(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* bytes,
                                                     grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::ListReplicasResponse>::Begin(calls_, response);
  api::ListReplicasRequest request;
  const absl::Status admitted = Admit(*context, "ListReplicas", *bytes, &request).status();
  if (!admitted.ok()) {
    call->Answer(admitted);
    return call.get();
  }
  // Of what could not be found out, the list tells by how long replicas have been silent.
  fleet_->Look([call, fleet = fleet_](const absl::Status& /*status*/) {
    call->Answer(control::ListReplicas(fleet->view(), absl::Now()));
  });
  return call.get();
}

grpc::ServerUnaryReactor* AdminService::GetConfig(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* bytes,
                                                  grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::GetConfigResponse>::Begin(calls_, response);
  api::GetConfigRequest request;
  const absl::Status admitted = Admit(*context, "GetConfig", *bytes, &request).status();
  if (!admitted.ok()) {
    call->Answer(admitted);
    return call.get();
  }
  std::optional<uint64_t> revision;
  if (request.has_revision()) revision = request.revision();
  controller_->GetConfig(revision, [call](absl::StatusOr<control::Record> record) {
    if (!record.ok()) {
      call->Answer(record.status());
      return;
    }
    api::GetConfigResponse answer;
    *answer.mutable_config() = std::move(record->config);
    *answer.mutable_revision() = std::move(record->revision);
    if (record->file.has_value()) {
      answer.mutable_applied_file()->set_sha256(std::move(record->file->hash));
      answer.mutable_applied_file()->set_revision(record->file->revision);
    }
    call->Answer(answer);
  });
  return call.get();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminService::WatchStatus(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes) {
  api::WatchStatusRequest request;
  const absl::Status admitted = Admit(*context, "WatchStatus", *bytes, &request).status();
  if (!admitted.ok()) return WatchReactor::Refuse(calls_, admitted);
  const absl::StatusOr<absl::Duration> interval = WatchInterval(request);
  if (!interval.ok()) return WatchReactor::Refuse(calls_, interval.status());
  std::shared_ptr<const void> place = watch_places_.Take();
  if (place == nullptr) {
    return WatchReactor::Refuse(calls_, absl::ResourceExhaustedError(absl::StrCat(
                                            "as many watches run as may, ", watch_places_.most(),
                                            "; end some, or ask with GetStatus")));
  }
  return WatchReactor::Watch(
      status_, calls_,
      {request.listener(), *interval, std::move(place), authorization_->Standing(context->peer())});
}

}  // namespace greeter::admin
