#include "admin_cli/command_line/server_list.h"

#include <cstddef>
#include <cstdint>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace greeter::admin_cli {
namespace {

constexpr char kOption[] = "--server (or GREETER_SERVER): ";

// More are a mistake, or a fleet that something else should manage.
constexpr size_t kMaxServers = 64;

bool IsServerAddress(absl::string_view address) {
  if (absl::StartsWith(address, "unix:")) return address.size() > 5;
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view host = address.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  uint32_t port = 0;
  return (bracketed || !absl::StrContains(host, ':')) && !absl::StrContains(host, '/') &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port >= 1 && port <= 65535;
}

}  // namespace

std::string ReadServers(absl::string_view text, std::vector<std::string>& servers) {
  for (const absl::string_view address : absl::StrSplit(text, ',')) {
    const std::string server(absl::StripAsciiWhitespace(address));
    if (!IsServerAddress(server)) {
      return absl::StrCat(kOption, "\"", server, "\" is none of host:port, [v6]:port, unix:/path");
    }
    if (absl::c_linear_search(servers, server)) {
      return absl::StrCat(kOption, server, " is named twice");
    }
    servers.push_back(server);
  }
  if (servers.size() <= kMaxServers) return "";
  return absl::StrCat(kOption, "at most ", kMaxServers, " servers can be named, not ",
                      servers.size());
}

}  // namespace greeter::admin_cli
