// Changes under load and what they must not do: the fixture of their tests.

#ifndef GREETER_TESTS_UNIT_DATA_PLANE_CHANGE_FIXTURE_H_
#define GREETER_TESTS_UNIT_DATA_PLANE_CHANGE_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "absl/strings/numbers.h"
#include "engine_fixture.h"

namespace greeter::data_plane {

class ChangeTest : public EngineTest {
 protected:
  // Promise 5. With `accepted` of the server's, promise 9: both sides tell the same.
  static void ExpectNobodyHarmed(testing::Clients& ended) {
    const probe::Report& report = ended.Join();
    EXPECT_EQ(ended.harmed(), 0u) << report;
    EXPECT_GT(report.count(probe::Outcome::kGreeted), 0u) << report;
  }
  // How often to do what a test does `normally` times; the tests labelled "long" ask for more.
  static int Cycles(int normally) {
    const char* const factor = std::getenv("GREETER_TEST_FACTOR");
    int times = 1;
    return factor != nullptr && absl::SimpleAtoi(factor, &times) ? normally * times : normally;
  }
  // Load that does not become rare when addresses close again and again.
  static probe::Options PressOn(const std::vector<net::Address>& addresses) {
    probe::Options options = LoadOn(addresses);
    options.connect_patience = absl::Milliseconds(20);
    return options;
  }
};

}  // namespace greeter::data_plane

#endif  // GREETER_TESTS_UNIT_DATA_PLANE_CHANGE_FIXTURE_H_
