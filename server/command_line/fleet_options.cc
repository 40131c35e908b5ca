#include "command_line/fleet_options.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "command_line/not_empty.h"
#include "control/validation.h"
#include "etcd/client.h"
#include "tls/client_tls.h"

namespace greeter::command_line {
namespace {

constexpr char kGiveFile[] = "give a file, or leave the option out";

std::string CheckFleetName(const std::string& name) {
  if (control::IsDnsLabel(name)) return "";
  return absl::StrCat("\"", name,
                      "\" is no DNS label; use 1 to 63 of a-z, 0-9 and \"-\", beginning and ending "
                      "with a letter or digit");
}

std::string CheckEndpoint(absl::string_view endpoint) {
  const size_t colon = endpoint.rfind(':');
  int port = 0;
  const absl::string_view host = endpoint.substr(0, colon);
  const bool has_port = colon != absl::string_view::npos &&
                        absl::SimpleAtoi(endpoint.substr(colon + 1), &port) && port > 0 &&
                        port <= 65535;
  const bool is_bracketed = !host.empty() && host.front() == '[' && host.back() == ']';
  if (has_port && !host.empty() && host.find('/') == absl::string_view::npos &&
      (is_bracketed || host.find(':') == absl::string_view::npos)) {
    return "";
  }
  return absl::StrCat("\"", endpoint,
                      "\" is no address of etcd; write host:port or [v6]:port, without http://, "
                      "with commas between several");
}

std::string CheckEndpoints(const std::string& text) {
  for (const absl::string_view endpoint : absl::StrSplit(text, ',')) {
    std::string wrong = CheckEndpoint(endpoint);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

void AddFile(CLI::App& app, const char* option, const char* variable, std::string* file,
             const char* description) {
  app.add_option(option, *file, description)
      ->type_name("FILE")
      ->envname(variable)
      ->check(NotEmpty(kGiveFile));
}

absl::Status Refuse(absl::string_view why) { return absl::InvalidArgumentError(std::string(why)); }

}  // namespace

void AddFleetOptions(CLI::App& app, const char* meaning, FleetOptions& options) {
  app.add_option("--fleet", options.name, meaning)
      ->type_name("NAME")
      ->envname("GREETER_FLEET")
      ->check(CheckFleetName);
  app.add_option_function<std::string>(
         "--etcd",
         [&options](const std::string& text) { options.etcd = absl::StrSplit(text, ','); },
         "Where the fleet's etcd is: host:port, with commas between several")
      ->type_name("ADDR")
      ->envname("GREETER_ETCD")
      ->check(CheckEndpoints);
  AddFile(app, "--etcd-ca", "GREETER_ETCD_CA", &options.ca,
          "TLS to etcd: the CA of its certificate, in PEM; read at start, as the next two");
  AddFile(app, "--etcd-cert", "GREETER_ETCD_CERT", &options.certificate,
          "Certificate to show to etcd, in PEM");
  AddFile(app, "--etcd-key", "GREETER_ETCD_KEY", &options.key, "The certificate's key, in PEM");
  app.add_option("--etcd-user", options.user, "User of etcd, where it asks for one")
      ->type_name("NAME")
      ->envname("GREETER_ETCD_USER")
      ->check(NotEmpty("give a name, or leave the option out"));
  AddFile(app, "--etcd-password-file", "GREETER_ETCD_PASSWORD_FILE", &options.password_file,
          "Their password, the file's first line; read again whenever etcd asks");
}

absl::Status CheckFleetOptions(const FleetOptions& options) {
  if (options.given() && options.etcd.empty()) {
    return Refuse("--fleet: needs --etcd, the address of the etcd that keeps the fleet");
  }
  if (!options.etcd.empty() && !options.given()) {
    return Refuse("--etcd: needs --fleet, the name of the fleet that etcd keeps");
  }
  const bool has_any = !options.ca.empty() || !options.certificate.empty() ||
                       !options.key.empty() || !options.user.empty() ||
                       !options.password_file.empty();
  if (has_any && !options.given()) {
    return Refuse("--etcd-…: without --fleet and --etcd there is no etcd to speak to");
  }
  if (options.certificate.empty() != options.key.empty()) {
    return Refuse(absl::StrCat(options.key.empty() ? "--etcd-key" : "--etcd-cert",
                               " is missing: --etcd-cert and --etcd-key go together"));
  }
  if (!options.certificate.empty() && options.ca.empty()) {
    return Refuse("--etcd-ca is missing: without it there is no TLS, and no certificate to show");
  }
  if (options.user.empty() != options.password_file.empty()) {
    return Refuse(absl::StrCat(options.user.empty() ? "--etcd-user" : "--etcd-password-file",
                               " is missing: --etcd-user and --etcd-password-file go together"));
  }
  return absl::OkStatus();
}

absl::StatusOr<etcd::Options> EtcdOptionsOf(const FleetOptions& options) {
  etcd::Options etcd = {
      .endpoints = options.etcd, .user = options.user, .password_file = options.password_file};
  if (!options.ca.empty()) {
    absl::StatusOr<tls::ClientTls> tls =
        tls::ReadClientTls({options.ca, options.certificate, options.key, ""}, "--etcd-");
    if (!tls.ok()) return tls.status();
    etcd.tls = *std::move(tls);
  }
  return etcd;
}

}  // namespace greeter::command_line
