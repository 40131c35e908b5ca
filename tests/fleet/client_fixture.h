// The client of etcd, and what tests ask through it.

#ifndef GREETER_TESTS_FLEET_CLIENT_FIXTURE_H_
#define GREETER_TESTS_FLEET_CLIENT_FIXTURE_H_

#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "etcd/client.h"
#include "fleet/etcd.h"
#include "gtest/gtest.h"

namespace greeter::testing {

namespace pb = ::etcdserverpb;

inline constexpr char kKey[] = "/greeter/test/key";

class EtcdClientTest : public ::testing::Test {
 protected:
  static pb::TxnRequest PutIfNew(const std::string& value) {
    pb::TxnRequest request;
    pb::Compare& is_new = *request.add_compare();
    is_new.set_target(pb::Compare::MOD);
    is_new.set_key(kKey);
    is_new.set_mod_revision(0);
    pb::PutRequest& put = *request.add_success()->mutable_request_put();
    put.set_key(kKey);
    put.set_value(value);
    return request;
  }
  static absl::StatusOr<std::string> Get(etcd::Client& client) {
    pb::RangeRequest request;
    request.set_key(kKey);
    const auto response = client.Range(request);
    if (!response.ok()) return response.status();
    return response->kvs_size() == 0 ? "nothing" : response->kvs(0).value();
  }
  std::string WriteFile(const std::string& name, const std::string& content) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/", getpid(), name);
    std::ofstream(path) << content;
    return path;
  }
  etcd::Options WithPassword(const std::string& address, const std::string& password) {
    return {.endpoints = {address},
            .user = "greeter",
            .password_file = WriteFile("password", password)};
  }
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_FLEET_CLIENT_FIXTURE_H_
