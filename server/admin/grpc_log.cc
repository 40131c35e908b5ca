#include "admin/grpc_log.h"

#include "grpc/support/log.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {

void QuietGrpc() {
  gpr_set_log_function([](gpr_log_func_args* record) {
    spdlog::debug("gRPC: {}:{}: {}", record->file, record->line, record->message);
  });
}

}  // namespace greeter::admin
