// Every method that the admin port has, and what comes of calling it.

#ifndef GREETER_TESTS_INTEGRATION_EVERY_METHOD_H_
#define GREETER_TESTS_INTEGRATION_EVERY_METHOD_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "admin/access.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/status.h"

namespace greeter::testing {

struct Method {
  std::string path;
  // One that is answered OK by the fixtures' server.
  std::string request;
  bool changes = false;
};

// Those of GreeterAdminService, by its descriptor.
std::vector<Method> AdminMethods();
// Those of gRPC, health and reflection, all of which read.
std::vector<Method> OtherMethods();

// The outcome of calling `method` with `request`: OK once there is a response, be it the first of a
// stream, which is then ended.
grpc::Status Outcome(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request = "");

// Keeps the records that a server makes for its audit. Any thread.
template <typename Record>
class Records {
 public:
  // For the server's options; this outlives its calls.
  std::function<void(const Record&)> Audit() {
    return [this](const Record& record) {
      const std::lock_guard lock(mutex_);
      records_.push_back(record);
    };
  }
  std::vector<Record> all() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }

 private:
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::vector<Record> records_;
};

using DenialLog = Records<admin::Denial>;

}  // namespace greeter::testing

#endif  // GREETER_TESTS_INTEGRATION_EVERY_METHOD_H_
