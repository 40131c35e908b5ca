// greeterds of one fleet over a real etcd, with the verbs of those who run one.

#ifndef GREETER_TESTS_FLEET_FLEET_FIXTURE_H_
#define GREETER_TESTS_FLEET_FLEET_FIXTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "e2e/greeter_fixture.h"
#include "fleet/etcd.h"

namespace greeter::testing {

inline constexpr char kFleet[] = "web";

class FleetTest : public GreeterTest {
 protected:
  // One that belongs to the fleet at this address of etcd. `state` is a name for its state
  // directory; without one it keeps no copy.
  Greeter& Join(const std::string& etcd, const std::string& state = "",
                std::vector<std::string> more = {});

  static absl::Status SetMessage(Greeter& greeter, const std::string& text);
  static absl::Status ApplyAddress(Greeter& greeter, const std::string& address);
  static api::ServerStatus StatusOf(Greeter& greeter);
  // The Config in force.
  static api::Config ConfigOf(Greeter& greeter);
  static std::string TextOf(Greeter& greeter);
  // Waits until a client is greeted with `text`; false if that does not come to be.
  static bool Says(Greeter& greeter, const std::string& text);
  // The newest 1,000 of the fleet, newest first; and their numbers.
  static api::ListRevisionsResponse RevisionsOf(Greeter& greeter);
  static std::vector<uint64_t> History(Greeter& greeter);
  static bool IsReady(Greeter& greeter);
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_FLEET_FLEET_FIXTURE_H_
