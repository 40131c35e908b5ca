// The part of greeterd's options that is about the admin port: where it is, and who gets in.

#ifndef GREETER_DAEMON_ADMIN_OPTIONS_H_
#define GREETER_DAEMON_ADMIN_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace greeter::daemon {

struct AdminOptions {
  std::string address = "127.0.0.1:50051";
  // Files in PEM, for mutual TLS: all or none.
  std::string certificate;
  std::string key;
  std::string client_ca;
  // Who has which role; see admin/access.h.
  std::vector<std::string> operators;
  std::vector<std::string> viewers;
  // Serve whoever can reach a reachable address.
  bool insecure = false;
  // Of a unix socket's file.
  std::string socket_group;
  // Address of the health service alone; empty for none.
  std::string health;

  bool has_tls() const { return !certificate.empty(); }
};

// Adds them to the command line. `options` outlives `app`.
void AddAdminOptions(CLI::App& app, AdminOptions& options);

// What CLI11 can't: the lists in the environment, which have commas between.
void ReadAdminEnvironment(AdminOptions& options);

// INVALID_ARGUMENT if they don't go together, and above all if whoever reaches the port could do
// everything without the person who starts greeterd having said so. One line: which option, why,
// and what would be right.
absl::Status CheckAdminOptions(const AdminOptions& options);

}  // namespace greeter::daemon

#endif  // GREETER_DAEMON_ADMIN_OPTIONS_H_
