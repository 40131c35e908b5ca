// GreeterAdminService: converts requests, hands them to the controller, converts its answers. Owns
// nothing of the state; gRPC's threads call it.

#ifndef GREETER_ADMIN_ADMIN_SERVICE_H_
#define GREETER_ADMIN_ADMIN_SERVICE_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/authorization.h"
#include "admin/fleet_changes.h"
#include "admin/open_calls.h"
#include "admin/status_source.h"
#include "admin/watch_places.h"
#include "control/api.h"
#include "control/controller.h"
#include "control/fleet.h"
#include "google/protobuf/message.h"
#include "greeter/admin/v1/admin.grpc.pb.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace greeter::admin {

// The generated service, each method of which takes and gives bytes; messages.h tells why.
template <class Base>
using RawUnaryMethods = api::GreeterAdminService::WithRawCallbackMethod_SetMessage<
    api::GreeterAdminService::WithRawCallbackMethod_StartListening<
        api::GreeterAdminService::WithRawCallbackMethod_StopListening<
            api::GreeterAdminService::WithRawCallbackMethod_GetConnectionCounts<
                api::GreeterAdminService::WithRawCallbackMethod_GetConfig<
                    api::GreeterAdminService::WithRawCallbackMethod_ApplyConfig<
                        api::GreeterAdminService::WithRawCallbackMethod_ListRevisions<
                            api::GreeterAdminService::WithRawCallbackMethod_RollBack<
                                api::GreeterAdminService::WithRawCallbackMethod_GetStatus<
                                    api::GreeterAdminService::WithRawCallbackMethod_ListReplicas<
                                        Base>>>>>>>>>>;
using RawAdminService = RawUnaryMethods<
    api::GreeterAdminService::WithRawCallbackMethod_WatchStatus<api::GreeterAdminService::Service>>;

class AdminService final : public RawAdminService {
 public:
  struct Dependencies {
    control::Controller* controller = nullptr;
    const StatusSource* status = nullptr;
    const Authorization* authorization = nullptr;
    OpenCalls* calls = nullptr;
    control::Fleet* fleet = nullptr;
  };
  // They outlive the gRPC server that this is registered with. At most `max_watches` WatchStatus
  // streams run at the same time.
  AdminService(const Dependencies& dependencies, size_t max_watches);

  // By gRPC, on any of its threads.
  grpc::ServerUnaryReactor* SetMessage(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* StartListening(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* StopListening(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetConnectionCounts(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* bytes,
                                                grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetConfig(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* bytes,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ApplyConfig(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListRevisions(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* bytes,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* RollBack(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* bytes,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchStatus(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* bytes) override;
  grpc::ServerUnaryReactor* ListReplicas(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* bytes,
                                         grpc::ByteBuffer* response) override;

 private:
  // What every call begins with: refuses it if the server is stopping or the caller may not, and
  // then decodes its request.
  absl::StatusOr<Caller> Admit(const grpc::CallbackServerContext& context, absl::string_view method,
                               const grpc::ByteBuffer& bytes,
                               google::protobuf::Message* request) const;
  // Decodes a change's request and submits what `make` makes of it.
  template <class Request, class Response>
  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context, absl::string_view method,
                                   const grpc::ByteBuffer* bytes, grpc::ByteBuffer* response,
                                   control::Change (*make)(const Request&));

  control::Controller* const controller_;
  const StatusSource* const status_;
  const Authorization* const authorization_;
  OpenCalls* const calls_;
  control::Fleet* const fleet_;
  const FleetChanges changes_;
  const WatchPlaces watch_places_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_ADMIN_SERVICE_H_
