// Clients of a data port, many at once: load that runs beside the test.

#ifndef GREETER_TESTS_SUPPORT_CLIENTS_H_
#define GREETER_TESTS_SUPPORT_CLIENTS_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <thread>

#include "probe/generator.h"
#include "probe/options.h"
#include "probe/report.h"

namespace greeter::testing {

// One thread with a generator. Owned by one thread.
class Clients {
 public:
  // Starts them; `options` must be valid.
  explicit Clients(const probe::Options& options);
  // Stops them.
  ~Clients();

  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  // Connections that have ended so far.
  uint64_t finished() const { return generator_->finished(); }
  // Waits until `count` more than now have been greeted; false if that takes too long.
  bool WaitForGreeted(uint64_t count) const;
  // Starts no more, waits for those open, and tells what became of all.
  const probe::Report& Stop();
  // The same once as many as the options say have been started.
  const probe::Report& Join();
  // Once they have ended: how many were neither greeted nor refused; nor given up while connecting,
  // if the options say when to.
  uint64_t harmed() const;

 private:
  const bool may_give_up_;
  const std::unique_ptr<probe::Generator> generator_;
  probe::Report report_;
  std::thread thread_;
};

}  // namespace greeter::testing

namespace greeter::probe {

std::ostream& operator<<(std::ostream& out, const Report& report);

}  // namespace greeter::probe

#endif  // GREETER_TESTS_SUPPORT_CLIENTS_H_
