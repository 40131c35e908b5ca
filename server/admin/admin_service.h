// GreeterAdminService: converts requests, hands them to the controller, converts its answers. Owns
// nothing of the state; gRPC's threads call it.

#ifndef GREETER_ADMIN_ADMIN_SERVICE_H_
#define GREETER_ADMIN_ADMIN_SERVICE_H_

#include <string>

#include "admin/open_calls.h"
#include "admin/unix_peers.h"
#include "control/api.h"
#include "control/controller.h"
#include "greeter/admin/v1/admin.grpc.pb.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace greeter::admin {

// The peer of a call as people write it: "127.0.0.1:41234", "[::1]:41234", "unix". `peer` is gRPC's
// form of it. Any thread.
std::string ReadablePeer(const std::string& peer);

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
                                    Base>>>>>>>>>;
using RawAdminService = RawUnaryMethods<
    api::GreeterAdminService::WithRawCallbackMethod_WatchStatus<api::GreeterAdminService::Service>>;

class AdminService final : public RawAdminService {
 public:
  // All outlive the gRPC server that this is registered with.
  AdminService(control::Controller* controller, const UnixPeers* unix_peers, OpenCalls* calls);

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

 private:
  // Tells `change` who asks for it, in the call of `context`. CANCELLED if its connection has
  // ended.
  absl::Status SignChange(const grpc::CallbackServerContext& context,
                          control::Change* change) const;
  // Decodes a change's request and submits what `make` makes of it.
  template <class Request, class Response>
  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* bytes, grpc::ByteBuffer* response,
                                   control::Change (*make)(const Request&));

  control::Controller* const controller_;
  const UnixPeers* const unix_peers_;
  OpenCalls* const calls_;
};

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_ADMIN_SERVICE_H_
