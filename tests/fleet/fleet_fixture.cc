#include "fleet/fleet_fixture.h"

#include <utility>

#include "absl/time/clock.h"
#include "e2e/clients.h"
#include "grpcpp/client_context.h"

namespace greeter::testing {
namespace {

std::unique_ptr<grpc::ClientContext> Patiently() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  return context;
}

absl::Status ToStatus(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace

Greeter& FleetTest::Join(const std::string& etcd, const std::string& state,
                         std::vector<std::string> more) {
  std::vector<std::string> options = {"--fleet", kFleet, "--etcd", etcd};
  if (!state.empty()) options.insert(options.end(), {"--state-dir", Path(state)});
  options.insert(options.end(), more.begin(), more.end());
  return StartGreeter(std::move(options));
}

absl::Status FleetTest::SetMessage(Greeter& greeter, const std::string& text) {
  api::SetMessageRequest request;
  request.mutable_greeting()->set_text(text);
  api::SetMessageResponse response;
  return ToStatus(greeter.stub().SetMessage(Patiently().get(), request, &response));
}

absl::Status FleetTest::ApplyAddress(Greeter& greeter, const std::string& address) {
  api::ApplyConfigRequest request;
  *request.mutable_config() = ConfigOf(greeter);
  request.mutable_config()->mutable_listeners(0)->set_address(address);
  api::ApplyConfigResponse response;
  return ToStatus(greeter.stub().ApplyConfig(Patiently().get(), request, &response));
}

api::ServerStatus FleetTest::StatusOf(Greeter& greeter) {
  api::GetStatusResponse response;
  const absl::Status status = ToStatus(greeter.stub().GetStatus(Patiently().get(), {}, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response.status();
}

api::Config FleetTest::ConfigOf(Greeter& greeter) {
  api::GetConfigResponse response;
  const absl::Status status = ToStatus(greeter.stub().GetConfig(Patiently().get(), {}, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response.config();
}

std::string FleetTest::TextOf(Greeter& greeter) {
  const api::Config config = ConfigOf(greeter);
  return config.listeners_size() == 0 ? "nothing" : config.listeners(0).greeting().text();
}

bool FleetTest::Says(Greeter& greeter, const std::string& text) {
  if (!WaitUntil([&] { return TextOf(greeter) == text; })) return false;
  const std::string address = StatusOf(greeter).listeners(0).bound_address();
  return Greet(address, text) == "greeted";
}

api::ListRevisionsResponse FleetTest::RevisionsOf(Greeter& greeter) {
  api::ListRevisionsRequest request;
  request.set_page_size(1000);
  api::ListRevisionsResponse response;
  const absl::Status status =
      ToStatus(greeter.stub().ListRevisions(Patiently().get(), request, &response));
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

std::vector<uint64_t> FleetTest::History(Greeter& greeter) {
  const api::ListRevisionsResponse all = RevisionsOf(greeter);
  std::vector<uint64_t> numbers;
  for (const api::Revision& revision : all.revisions()) numbers.push_back(revision.number());
  return numbers;
}

bool FleetTest::IsReady(Greeter& greeter) { return greeter.Health("greeter.data") == "SERVING"; }

}  // namespace greeter::testing
