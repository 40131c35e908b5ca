#include "daemon/admin_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "admin/access.h"
#include "command_line/not_empty.h"
#include "daemon/option_checks.h"
#include "net/address.h"

namespace greeter::daemon {
namespace {

constexpr char kOperators[] = "GREETER_ADMIN_OPERATOR";
constexpr char kViewers[] = "GREETER_ADMIN_VIEWER";
constexpr char kGiveFile[] = "give a file, or leave the option out";

void AddList(CLI::App& app, const char* name, std::vector<std::string>* list,
             const char* description) {
  app.add_option_function<std::vector<std::string>>(
         name, [list](const std::vector<std::string>& ids) { *list = ids; }, description)
      ->type_name("ID")
      ->allow_extra_args(false);
}

// CLI11 would split the command line's IDs at commas too.
void ReadList(const char* variable, std::vector<std::string>* list) {
  const char* const text = std::getenv(variable);
  if (text == nullptr || !list->empty()) return;
  *list = absl::StrSplit(text, ',', absl::SkipEmpty());
}

absl::Status Refuse(absl::string_view why) { return absl::InvalidArgumentError(std::string(why)); }

absl::Status CheckFiles(const AdminOptions& options, const net::Address& address) {
  const bool any = options.has_tls() || !options.key.empty() || !options.client_ca.empty();
  const bool all = options.has_tls() && !options.key.empty() && !options.client_ca.empty();
  if (any && !all) {
    const char* const missing = !options.has_tls()    ? "--admin-cert"
                                : options.key.empty() ? "--admin-key"
                                                      : "--admin-client-ca";
    return Refuse(absl::StrCat(missing,
                               " is missing: mutual TLS needs --admin-cert, --admin-key and "
                               "--admin-client-ca"));
  }
  if (any && address.is_unix()) {
    return Refuse(
        "--admin-cert: a unix socket has no TLS, the kernel says who connects; leave it out, or "
        "give --admin an address with a port");
  }
  if (any && options.insecure) {
    return Refuse("--admin-insecure can't be given together with --admin-cert; leave out one");
  }
  return absl::OkStatus();
}

// A list that could not have an effect would be taken for protection.
absl::Status CheckIds(const char* option, const std::vector<std::string>& ids,
                      const AdminOptions& options, const net::Address& address) {
  for (const std::string& id : ids) {
    const bool of_unix = admin::IsUnixId(id);
    if (of_unix && !address.is_unix()) {
      return Refuse(absl::StrCat(option, ": \"", id,
                                 "\" is told by a unix socket alone; give --admin unix:/path, or "
                                 "name certificates"));
    }
    if (!of_unix && address.is_unix()) {
      return Refuse(absl::StrCat(option, ": \"", id,
                                 "\" names a certificate, and a unix socket has none; write "
                                 "user:NAME or group:NAME"));
    }
    if (!of_unix && !options.has_tls()) {
      return Refuse(absl::StrCat(option, ": \"", id,
                                 "\" names a certificate, and without TLS there is none; give "
                                 "--admin-cert, --admin-key and --admin-client-ca too"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckReach(const AdminOptions& options, const net::Address& address) {
  if (address.is_loopback() || options.has_tls() || options.insecure) return absl::OkStatus();
  return Refuse(absl::StrCat(
      "--admin: ", address.ToString(),
      " can be reached from other machines, and whoever reaches it could change everything; use "
      "127.0.0.1:",
      address.port(),
      " or unix:/path, or mutual TLS (--admin-cert, --admin-key and --admin-client-ca), or say "
      "--admin-insecure"));
}

}  // namespace

void AddAdminOptions(CLI::App& app, AdminOptions& options) {
  app.add_option("--admin", options.address,
                 "Address of the admin service: loopback or a unix socket; with mutual TLS, any")
      ->type_name("ADDR")
      ->envname("GREETER_ADMIN")
      ->check(CheckAddress)
      ->capture_default_str();
  app.add_option("--admin-cert", options.certificate,
                 "Mutual TLS for it: the server's certificate and those up to its CA, in PEM; read "
                 "again when the file changes, as the next two")
      ->type_name("FILE")
      ->envname("GREETER_ADMIN_CERT")
      ->check(command_line::NotEmpty(kGiveFile));
  app.add_option("--admin-key", options.key, "The certificate's key, in PEM")
      ->type_name("FILE")
      ->envname("GREETER_ADMIN_KEY")
      ->check(command_line::NotEmpty(kGiveFile));
  app.add_option("--admin-client-ca", options.client_ca,
                 "The CA or CAs, in PEM, whose clients are let in; what they may do, the next two "
                 "say")
      ->type_name("FILE")
      ->envname("GREETER_ADMIN_CLIENT_CA")
      ->check(command_line::NotEmpty(kGiveFile));
  AddList(app, "--admin-operator", &options.operators,
          "Who may do everything; may be given again. A URI or DNS name of a client's certificate "
          "or, if it has neither, its CN; one * for anything: *.example.org for DNS names and CNs, "
          "spiffe://example.org/* for URIs, * for every certificate. For a unix socket user:NAME, "
          "uid:N, group:NAME or gid:N. In GREETER_ADMIN_OPERATOR, with commas between");
  AddList(app, "--admin-viewer", &options.viewers,
          "Who may look but change nothing; as --admin-operator");
  app.add_flag("--admin-insecure", options.insecure,
               "Let everyone who can reach the admin service change everything, on an address that "
               "other machines can reach")
      ->envname("GREETER_ADMIN_INSECURE");
  app.add_option("--admin-socket-group", options.socket_group,
                 "Group of the unix socket's file (mode 0660), whose members may connect")
      ->type_name("GROUP")
      ->envname("GREETER_ADMIN_SOCKET_GROUP")
      ->check(command_line::NotEmpty("give a group, or leave the option out"));
  app.add_option("--health", options.health,
                 "Address of the health service alone, in plaintext, for probes (default: off)")
      ->type_name("ADDR")
      ->envname("GREETER_HEALTH")
      ->check(CheckAddress);
}

void ReadAdminEnvironment(AdminOptions& options) {
  ReadList(kOperators, &options.operators);
  ReadList(kViewers, &options.viewers);
}

absl::Status CheckAdminOptions(const AdminOptions& options) {
  const absl::StatusOr<net::Address> address = net::Address::Parse(options.address);
  if (!address.ok()) return address.status();
  absl::Status status = CheckFiles(options, *address);
  if (status.ok()) status = CheckReach(options, *address);
  if (status.ok()) status = CheckIds("--admin-operator", options.operators, options, *address);
  if (status.ok()) status = CheckIds("--admin-viewer", options.viewers, options, *address);
  if (!status.ok()) return status;
  const absl::Status access = admin::Access::Create({options.operators, options.viewers}).status();
  // A group may be missing here: that is no matter of what was typed.
  if (absl::IsInvalidArgument(access)) return access;
  if (!options.socket_group.empty() && !address->is_unix()) {
    return Refuse("--admin-socket-group: --admin is no unix socket; give --admin unix:/path");
  }
  return absl::OkStatus();
}

}  // namespace greeter::daemon
