#include "net/errors.h"

#include <cerrno>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace greeter::net {
namespace {

std::string Advice(const Address& address, int error) {
  switch (error) {
    case EADDRINUSE:
      return address.is_unix() ? "see who has it with: ss -lxp" : "see who has it with: ss -ltnp";
    case EADDRNOTAVAIL:
      return "no interface of this machine has that address; list them with: ip address";
    case EACCES:
      if (address.is_unix()) return "the directory must be writable by this user";
      return "ports below net.ipv4.ip_unprivileged_port_start (1024 unless changed) need the "
             "capability CAP_NET_BIND_SERVICE; give it to greeterd, or choose a higher port";
    case ENOENT:
      return "the directory does not exist";
    case EMFILE:
    case ENFILE:
      return "raise the limit (ulimit -n, or LimitNOFILE= in systemd)";
    case EAFNOSUPPORT:
      return "this machine has no IPv6";
    default:
      return "";
  }
}

}  // namespace

absl::Status ListenError(const Address& address, int error) {
  const std::string advice = Advice(address, error);
  return absl::FailedPreconditionError(absl::StrCat("can't listen on ", address.ToString(), ": ",
                                                    std::generic_category().message(error),
                                                    advice.empty() ? "" : "; ", advice));
}

absl::Status SystemError(absl::string_view what, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat(what, ": ", std::generic_category().message(error)));
}

}  // namespace greeter::net
