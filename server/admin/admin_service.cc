#include "admin/admin_service.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "admin/messages.h"
#include "admin/revision_page.h"
#include "admin/unary_call.h"
#include "admin/watch_reactor.h"
#include "control/change.h"

namespace greeter::admin {
namespace {

constexpr char kUnixPeer[] = "unix";

using ChangeResult = control::Controller::ChangeResult;

absl::Status Admit(const OpenCalls& calls, const grpc::ByteBuffer& bytes,
                   google::protobuf::Message* request) {
  if (calls.stopping()) return OpenCalls::StoppingError();
  return Decode(bytes, request);
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

std::string ReadablePeer(const std::string& peer) {
  absl::string_view rest = peer;
  // Of connections over the admin's socket, which are "unix-abstract:" (UnixPeers), and any other.
  if (absl::StartsWith(rest, kUnixPeer)) return kUnixPeer;
  if (!absl::ConsumePrefix(&rest, "ipv4:")) absl::ConsumePrefix(&rest, "ipv6:");
  // gRPC gives a URI, in which brackets and the scope's "%" are escaped.
  return absl::StrReplaceAll(rest, {{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}});
}

AdminService::AdminService(control::Controller* controller, const UnixPeers* unix_peers,
                           OpenCalls* calls)
    : controller_(controller), unix_peers_(unix_peers), calls_(calls) {}

absl::Status AdminService::SignChange(const grpc::CallbackServerContext& context,
                                      control::Change* change) const {
  const std::string peer = context.peer();
  change->peer = ReadablePeer(peer);
  change->author = change->peer;
  if (change->peer != kUnixPeer) return absl::OkStatus();
  std::optional<PeerCredentials> credentials = unix_peers_->Find(peer);
  if (!credentials.has_value()) return absl::CancelledError("the connection has ended");
  change->author = std::move(credentials->user);
  return absl::OkStatus();
}

template <class Request, class Response>
grpc::ServerUnaryReactor* AdminService::Submit(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* bytes,
                                               grpc::ByteBuffer* response,
                                               control::Change (*make)(const Request&)) {
  const auto call = UnaryCall<Response>::Begin(calls_, response);
  Request request;
  const absl::Status admitted = Admit(*calls_, *bytes, &request);
  if (!admitted.ok()) {
    call->Answer(admitted);
    return call.get();
  }
  control::Change change = make(request);
  const absl::Status signed_by = SignChange(*context, &change);
  if (!signed_by.ok()) {
    call->Answer(signed_by);
    return call.get();
  }
  std::string listener = change.listener;
  controller_->Submit(std::move(change),
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
  return Submit<api::SetMessageRequest, api::SetMessageResponse>(context, request, response,
                                                                 control::SetMessage);
}

grpc::ServerUnaryReactor* AdminService::StartListening(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return Submit<api::StartListeningRequest, api::StartListeningResponse>(context, request, response,
                                                                         control::StartListening);
}

grpc::ServerUnaryReactor* AdminService::StopListening(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return Submit<api::StopListeningRequest, api::StopListeningResponse>(context, request, response,
                                                                       control::StopListening);
}

grpc::ServerUnaryReactor* AdminService::ApplyConfig(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  return Submit<api::ApplyConfigRequest, api::ApplyConfigResponse>(context, request, response,
                                                                   control::ApplyConfig);
}

grpc::ServerUnaryReactor* AdminService::RollBack(grpc::CallbackServerContext* context,
                                                 const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* response) {
  return Submit<api::RollBackRequest, api::RollBackResponse>(context, request, response,
                                                             control::RollBack);
}

grpc::ServerUnaryReactor* AdminService::ListRevisions(grpc::CallbackServerContext* /*context*/,
                                                      const grpc::ByteBuffer* bytes,
                                                      grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::ListRevisionsResponse>::Begin(calls_, response);
  api::ListRevisionsRequest request;
  const absl::Status admitted = Admit(*calls_, *bytes, &request);
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

grpc::ServerUnaryReactor* AdminService::GetConnectionCounts(
    grpc::CallbackServerContext* /*context*/, const grpc::ByteBuffer* bytes,
    grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::GetConnectionCountsResponse>::Begin(calls_, response);
  api::GetConnectionCountsRequest request;
  const absl::Status admitted = Admit(*calls_, *bytes, &request);
  if (admitted.ok()) {
    call->Answer(controller_->GetCounts(request.listener()));
  } else {
    call->Answer(admitted);
  }
  return call.get();
}

grpc::ServerUnaryReactor* AdminService::GetStatus(grpc::CallbackServerContext* /*context*/,
                                                  const grpc::ByteBuffer* bytes,
                                                  grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::GetStatusResponse>::Begin(calls_, response);
  api::GetStatusRequest request;
  const absl::Status admitted = Admit(*calls_, *bytes, &request);
  if (!admitted.ok()) {
    call->Answer(admitted);
    return call.get();
  }
  absl::StatusOr<api::ServerStatus> status = controller_->GetStatus(request.listener());
  if (!status.ok()) {
    call->Answer(status.status());
    return call.get();
  }
  api::GetStatusResponse answer;
  *answer.mutable_status() = *std::move(status);
  call->Answer(answer);
  return call.get();
}

grpc::ServerUnaryReactor* AdminService::GetConfig(grpc::CallbackServerContext* /*context*/,
                                                  const grpc::ByteBuffer* bytes,
                                                  grpc::ByteBuffer* response) {
  const auto call = UnaryCall<api::GetConfigResponse>::Begin(calls_, response);
  api::GetConfigRequest request;
  const absl::Status admitted = Admit(*calls_, *bytes, &request);
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
    call->Answer(answer);
  });
  return call.get();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminService::WatchStatus(
    grpc::CallbackServerContext* /*context*/, const grpc::ByteBuffer* bytes) {
  api::WatchStatusRequest request;
  const absl::Status admitted = Admit(*calls_, *bytes, &request);
  if (!admitted.ok()) return WatchReactor::Refuse(calls_, admitted);
  const absl::StatusOr<absl::Duration> interval = WatchInterval(request);
  if (!interval.ok()) return WatchReactor::Refuse(calls_, interval.status());
  return WatchReactor::Watch(controller_, calls_, request.listener(), *interval);
}

}  // namespace greeter::admin
