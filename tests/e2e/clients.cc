#include "e2e/clients.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/string_view.h"
#include "e2e/process.h"
#include "load/target.h"

namespace greeter::testing {
namespace {

load::Target Target(const std::string& address) {
  const absl::StatusOr<load::Target> target = load::ParseTarget(address);
  if (!target.ok()) {
    std::cerr << target.status() << "\n";
    abort();
  }
  return *target;
}

std::unique_ptr<load::Generator> Generator(const load::Options& options) {
  absl::StatusOr<std::unique_ptr<load::Generator>> generator = load::Generator::Create(options);
  if (!generator.ok()) {
    std::cerr << generator.status() << "\n";
    abort();
  }
  return *std::move(generator);
}

}  // namespace

load::Options SixtyFour(const std::vector<std::string>& addresses) {
  load::Options options;
  for (const std::string& address : addresses) options.targets.push_back(Target(address));
  options.in_flight = 64;
  options.half_close = true;
  // Beyond the ports of one address, whose last connections the kernel still remembers.
  options.source_addresses = 8;
  options.duration = absl::Hours(1);
  options.timeout = kPatience;
  return options;
}

Clients::Clients(const load::Options& options)
    : generator_(Generator(options)), thread_([this] { report_ = generator_->Run(); }) {}

Clients::~Clients() {
  if (thread_.joinable()) Stop();
}

load::Report Clients::Stop() {
  generator_->Stop();
  return Join();
}

load::Report Clients::Join() {
  thread_.join();
  return report_;
}

load::Report GreetOnce(const std::string& address, const std::string& expected) {
  load::Options options = SixtyFour({address});
  options.in_flight = 1;
  options.connections = 1;
  options.expected = {expected};
  return Generator(options)->Run();
}

std::string Greet(const std::string& address, const std::string& expected) {
  const load::Report report = GreetOnce(address, expected);
  for (size_t i = 0; i < load::kOutcomes; ++i) {
    const auto outcome = static_cast<load::Outcome>(i);
    if (report.count(outcome) > 0) return std::string(load::OutcomeName(outcome));
  }
  return "nothing";
}

}  // namespace greeter::testing
