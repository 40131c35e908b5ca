#include "admin_cli/command_line/tls_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace greeter::admin_cli {

void TlsOptions::Declare(CLI::App& app) {
  for (Entry& entry : entries_) {
    entry.option =
        app.add_option(entry.name, entry.value, entry.description)->type_name(entry.type);
  }
}

std::string TlsOptions::Resolve(const std::string& server, TlsFiles& tls) {
  const bool is_unix = absl::StartsWith(server, "unix:");
  for (Entry& entry : entries_) {
    if (entry.option->count() > 0) {
      entry.source = entry.name;
      if (is_unix) {
        return absl::StrCat(entry.name,
                            " can't be given for a unix socket: it has no TLS, and is "
                            "guarded by its file's permissions");
      }
      if (entry.value.empty()) return absl::StrCat(entry.name, " is empty");
      continue;
    }
    const char* variable = std::getenv(entry.variable);
    if (is_unix || variable == nullptr || *variable == '\0') continue;
    entry.value = variable;
    entry.source = entry.variable;
  }
  std::string problem = Problem(entries_);
  if (problem.empty()) {
    tls = {entries_[kCa].value, entries_[kCert].value, entries_[kKey].value,
           entries_[kServerName].value};
  }
  return problem;
}

std::string TlsOptions::Problem(const std::array<Entry, 4>& entries) {
  const auto& [ca, cert, key, server_name] = entries;
  if (cert.value.empty() != key.value.empty()) {
    const bool has_cert = key.value.empty();
    return absl::StrCat(has_cert ? cert.source : key.source, " is given without ",
                        has_cert ? "--key (or GREETER_KEY)" : "--cert (or GREETER_CERT)",
                        "; a certificate and its private key go together");
  }
  if (ca.value.empty() && !cert.value.empty()) {
    return absl::StrCat(cert.source,
                        " is given without --ca (or GREETER_CA), which says whom you "
                        "show it to: the CA of the server's certificate");
  }
  if (ca.value.empty() && !server_name.value.empty()) {
    return absl::StrCat(server_name.source,
                        " is given without --ca (or GREETER_CA); without TLS, no name is checked");
  }
  const std::string& name = server_name.value;
  if (absl::StrContains(name, '/') || absl::StrContains(name, ' ') ||
      std::count(name.begin(), name.end(), ':') == 1) {
    return absl::StrCat(server_name.source, ": \"", name,
                        "\" is neither a host name nor an IP address; leave the port out");
  }
  return "";
}

}  // namespace greeter::admin_cli
