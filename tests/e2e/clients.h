// Clients of a data port, many at once: load that runs beside the test.

#ifndef GREETER_TESTS_E2E_CLIENTS_H_
#define GREETER_TESTS_E2E_CLIENTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "load/generator.h"
#include "load/options.h"
#include "load/report.h"

namespace greeter::testing {

// Load of 64 clients that connect, read to the end, close their side in good order and see to it
// that no reset comes later.
load::Options SixtyFour(const std::vector<std::string>& addresses);

// One thread with a load generator. Owned by one thread.
class Clients {
 public:
  // Starts them; `options` must be valid.
  explicit Clients(const load::Options& options);
  // Stops them.
  ~Clients();

  // Connections that have ended so far.
  uint64_t finished() const { return generator_->finished(); }
  // Starts no more, waits for those open, and tells what became of all.
  load::Report Stop();
  // The same once as many as the options say have been started.
  load::Report Join();

 private:
  std::unique_ptr<load::Generator> generator_;
  load::Report report_;
  std::thread thread_;
};

// One client to its end.
load::Report GreetOnce(const std::string& address, const std::string& expected = "Hello world");
// What became of it: "greeted", "refused", …
std::string Greet(const std::string& address, const std::string& expected = "Hello world");

}  // namespace greeter::testing

#endif  // GREETER_TESTS_E2E_CLIENTS_H_
