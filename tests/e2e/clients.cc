#include "e2e/clients.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/string_view.h"
#include "e2e/process.h"
#include "probe/target.h"

namespace greeter::testing {
namespace {

probe::Target Target(const std::string& address) {
  const absl::StatusOr<probe::Target> target = probe::ParseTarget(address);
  if (!target.ok()) {
    std::cerr << target.status() << "\n";
    abort();
  }
  return *target;
}

}  // namespace

probe::Options SixtyFour(const std::vector<std::string>& addresses) {
  probe::Options options;
  for (const std::string& address : addresses) options.targets.push_back(Target(address));
  options.in_flight = 64;
  options.half_close = true;
  // Beyond the ports of one address, whose last connections the kernel still remembers.
  options.source_addresses = 8;
  options.duration = absl::Hours(1);
  options.timeout = kPatience;
  return options;
}

probe::Report GreetOnce(const std::string& address, const std::string& expected) {
  probe::Options options = SixtyFour({address});
  options.in_flight = 1;
  options.connections = 1;
  options.expected = probe::Expected::OneOf({expected});
  return Clients(options).Join();
}

std::string Greet(const std::string& address, const std::string& expected) {
  const probe::Report report = GreetOnce(address, expected);
  for (size_t i = 0; i < probe::kOutcomes; ++i) {
    const auto outcome = static_cast<probe::Outcome>(i);
    if (report.count(outcome) > 0) return std::string(probe::OutcomeName(outcome));
  }
  return "nothing";
}

}  // namespace greeter::testing
