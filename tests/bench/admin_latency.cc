// How long SetMessage takes, one call after the other: "Hello world" and "Hello again" in turns, so
// that every call is a change.
//
//   admin_latency ADDRESS SECONDS     prints one line of JSON; exit 1 if a call fails

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "greeter/admin/v1/admin.grpc.pb.h"
#include "probe/histogram.h"

namespace {

namespace api = greeter::admin::v1;

constexpr absl::Duration kCallTimeout = absl::Seconds(5);

int Measure(const std::string& address, absl::Duration duration) {
  const auto stub = api::GreeterAdminService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  greeter::probe::Histogram latencies;
  const absl::Time end = absl::Now() + duration;
  // The first call connects: it is not counted.
  for (int number = 0; absl::Now() < end; ++number) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
    api::SetMessageRequest request;
    request.mutable_greeting()->set_text(number % 2 == 0 ? "Hello again" : "Hello world");
    api::SetMessageResponse response;
    const absl::Time start = absl::Now();
    const grpc::Status status = stub->SetMessage(&context, request, &response);
    if (!status.ok()) {
      std::fprintf(stderr, "SetMessage: %s\n", status.error_message().c_str());
      return 1;
    }
    if (number > 0) latencies.Record(absl::Now() - start);
  }
  const auto milliseconds = [&](double percent) {
    return absl::ToDoubleMilliseconds(latencies.Percentile(percent));
  };
  std::printf("{\"calls\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
              static_cast<unsigned long long>(latencies.count()), milliseconds(50),
              milliseconds(99), milliseconds(100));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: admin_latency ADDRESS SECONDS\n", stderr);
    return 2;
  }
  return Measure(argv[1], absl::Seconds(std::strtod(argv[2], nullptr)));
}
