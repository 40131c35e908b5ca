// --ca, --cert, --key and --server-name: on the command line or in the environment. For
// command_line.cc alone.

#ifndef GREETER_ADMIN_CLI_COMMAND_LINE_TLS_OPTIONS_H_
#define GREETER_ADMIN_CLI_COMMAND_LINE_TLS_OPTIONS_H_

#include <array>
#include <string>

#include "admin_cli/client/tls.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace greeter::admin_cli {

class TlsOptions {
 public:
  // Must stay where it is as long as `app`.
  void Declare(CLI::App& app);

  // Once the command line is read: fills `tls` with what is given there, else in the environment.
  // Gives what is wrong with it, or an empty text. `server` as --server gives it: a unix socket has
  // no TLS, so the environment counts for nothing then.
  std::string Resolve(const std::string& server, TlsFiles& tls);

 private:
  struct Entry {
    const char* name;
    const char* variable;
    const char* type;
    const char* description;
    CLI::Option* option = nullptr;
    std::string value = {};
    // Where the value is from: "--ca" or "GREETER_CA".
    std::string source = {};
  };
  enum Index { kCa, kCert, kKey, kServerName };

  static std::string Problem(const std::array<Entry, 4>& entries);

  std::array<Entry, 4> entries_ = {{
      {"--ca", "GREETER_CA", "FILE",
       "Speak TLS, with a server whose certificate is signed by this CA (PEM)"},
      {"--cert", "GREETER_CERT", "FILE", "Your certificate, which says who you are (PEM)"},
      {"--key", "GREETER_KEY", "FILE", "The private key of --cert (PEM, without passphrase)"},
      {"--server-name", "GREETER_SERVER_NAME", "NAME",
       "The name in the server's certificate, if it is not the host of --server"},
  }};
};

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMMAND_LINE_TLS_OPTIONS_H_
