// Clients of a data port as the e2e tests want them.

#ifndef GREETER_TESTS_E2E_CLIENTS_H_
#define GREETER_TESTS_E2E_CLIENTS_H_

#include <string>
#include <vector>

#include "probe/options.h"
#include "probe/report.h"
#include "support/clients.h"

namespace greeter::testing {

// Load of 64 clients that connect, read to the end, close their side in good order and see to it
// that no reset comes later.
probe::Options SixtyFour(const std::vector<std::string>& addresses);

// One client to its end.
probe::Report GreetOnce(const std::string& address, const std::string& expected = "Hello world");
// What became of it: "greeted", "refused", …
std::string Greet(const std::string& address, const std::string& expected = "Hello world");

}  // namespace greeter::testing

#endif  // GREETER_TESTS_E2E_CLIENTS_H_
