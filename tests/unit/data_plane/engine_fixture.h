// An engine with its verbs for tests: listen, change, greet, count.

#ifndef GREETER_TESTS_UNIT_DATA_PLANE_ENGINE_FIXTURE_H_
#define GREETER_TESTS_UNIT_DATA_PLANE_ENGINE_FIXTURE_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data_plane/engine.h"
#include "support/clients.h"
#include "support/tcp_client.h"
#include "support/wait_for.h"

namespace greeter::data_plane {

inline constexpr char kHello[] = "Hello world";

inline std::ostream& operator<<(std::ostream& out, const CountsReading& counts) {
  return out << "accepted " << counts.accepted << ", open " << counts.open << ", completed "
             << counts.completed << ", timed out " << counts.timed_out << ", reset " << counts.reset
             << ", rejected " << counts.rejected << ", pauses " << counts.pauses;
}

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(directory_.data()), nullptr); }
  void TearDown() override {
    engine_.reset();
    rmdir(directory_.c_str());
  }

  static net::Address At(const std::string& text) { return net::Address::Parse(text).value(); }
  // A loopback address that no other test process uses: clients of theirs that are refused at a
  // port are not ours because the kernel gave us that port meanwhile.
  static std::string OwnLoopback() {
    const auto pid = static_cast<uint32_t>(getpid());
    return absl::StrCat("127.", 1 + (pid >> 14) % 254, ".", (pid >> 7) % 128, ".", 1 + pid % 128,
                        ":0");
  }
  // The address of a unix socket of this test's own.
  std::string UnixPath(const std::string& name) const { return "unix:" + directory_ + "/" + name; }

  static ListenerSpec Listener(const std::string& name, const net::Address& address,
                               const GreetingSpec& greeting = {kHello}, const Limits& limits = {}) {
    TemplateConstants constants;
    constants.listener = name;
    return {name, address, true, Greeting::Compile(greeting, constants).value(), limits};
  }
  static ListenerSpec Disabled(ListenerSpec spec) {
    spec.enabled = false;
    return spec;
  }

  static Engine::Options DefaultOptions() { return {.workers = 2}; }
  void NewEngine(const Engine::Options& options) { engine_ = Engine::Start(options).value(); }

  void EndEngine() { engine_.reset(); }

  Engine& engine() {
    if (engine_ == nullptr) NewEngine(DefaultOptions());
    return *engine_;
  }

  // Makes `listeners` what is served. Each must be possible.
  void Apply(std::vector<ListenerSpec> listeners) {
    Engine::Preparation preparation = engine().Prepare(std::move(listeners));
    for (const auto& [name, status] : preparation.failures())
      ADD_FAILURE() << name << ": " << status;
    engine().Activate(std::move(preparation), ++revision_);
  }
  // One listener "default" with default address, greeting and limits but for what is given.
  void Serve(const GreetingSpec& greeting, const Limits& limits = {},
             const std::string& address = OwnLoopback()) {
    Apply({Listener("default", At(address), greeting, limits)});
  }

  // Where clients reach listener number `index`.
  net::Address Reach(size_t index = 0) {
    const net::Address bound = At(engine().listeners().at(index).bound_address);
    if (!bound.is_wildcard()) return bound;
    const bool v6 = bound.family() == AF_INET6 && !bound.is_dual_stack();
    return At(v6 ? "[::1]:0" : "127.0.0.1:0").WithPort(bound.port());
  }
  CountsReading Counts(size_t index = 0) { return engine().listeners().at(index).counts->Read(); }
  // Waits until no connection is open; false if that takes too long.
  bool WaitUntilIdle(size_t index = 0) {
    return testing::WaitFor([&] { return Counts(index).open == 0; });
  }

  // 64 clients, in turns to these addresses.
  static probe::Options LoadOn(const std::vector<net::Address>& addresses) {
    probe::Options options;
    for (const net::Address& address : addresses) {
      options.targets.push_back({address.ToString(), {address}});
    }
    options.expected = probe::Expected::OneOf({kHello});
    options.duration = absl::InfiniteDuration();
    return options;
  }

 private:
  std::string directory_ = "/tmp/greeter-engine-XXXXXX";
  std::unique_ptr<Engine> engine_;
  uint64_t revision_ = 0;
};

}  // namespace greeter::data_plane

#endif  // GREETER_TESTS_UNIT_DATA_PLANE_ENGINE_FIXTURE_H_
