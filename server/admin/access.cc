#include "admin/access.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "admin/groups.h"

namespace greeter::admin {
namespace {

constexpr absl::string_view kUser = "user:";
constexpr absl::string_view kUid = "uid:";
constexpr absl::string_view kGroup = "group:";
constexpr absl::string_view kGid = "gid:";
// (uid_t)-1 and (gid_t)-1.
constexpr unsigned kNobody = std::numeric_limits<unsigned>::max();

// What the caller would have to be listed as.
std::string ProposedId(const Caller& caller) {
  if (caller.kind == Caller::Kind::kUser) {
    // As UserNames calls one whom the system doesn't know.
    if (caller.user == absl::StrCat("uid ", caller.uid)) return absl::StrCat("uid:", caller.uid);
    return absl::StrCat("user:", caller.user);
  }
  // Its first name.
  return absl::StrCat("'", caller.author, "'");
}

absl::Status Explain(const char* option, const absl::Status& status) {
  return {status.code(), absl::StrCat(option, ": ", status.message())};
}

}  // namespace

bool IsUnixId(absl::string_view id) {
  return absl::ConsumePrefix(&id, kUser) || absl::ConsumePrefix(&id, kUid) ||
         absl::ConsumePrefix(&id, kGroup) || absl::ConsumePrefix(&id, kGid);
}

absl::StatusOr<Access> Access::Create(Options options) {
  absl::StatusOr<std::vector<Rule>> operators = Parse(options.operators);
  if (!operators.ok()) return Explain("--admin-operator", operators.status());
  absl::StatusOr<std::vector<Rule>> viewers = Parse(options.viewers);
  if (!viewers.ok()) return Explain("--admin-viewer", viewers.status());
  return Access(*std::move(operators), *std::move(viewers), std::move(options.audit));
}

Access::Access(std::vector<Rule> operators, std::vector<Rule> viewers,
               std::function<void(const Denial&)> audit)
    : operators_(std::move(operators)), viewers_(std::move(viewers)), audit_(std::move(audit)) {}

absl::StatusOr<std::vector<Access::Rule>> Access::Parse(const std::vector<std::string>& ids) {
  std::vector<Rule> rules;
  for (const std::string& id : ids) {
    absl::StatusOr<Rule> rule = ParseId(id);
    if (!rule.ok()) return rule.status();
    rules.push_back(*std::move(rule));
  }
  return rules;
}

absl::StatusOr<Access::Rule> Access::ParseId(const std::string& id) {
  Rule rule;
  absl::string_view rest = id;
  if (absl::ConsumePrefix(&rest, kUser)) {
    rule.kind = Rule::Kind::kUser;
    rule.before = std::string(rest);
  } else if (absl::ConsumePrefix(&rest, kGroup)) {
    const std::optional<gid_t> group = GroupId(std::string(rest));
    if (!group.has_value()) {
      return absl::FailedPreconditionError(absl::StrCat("there is no group \"", rest, "\" here"));
    }
    rule.kind = Rule::Kind::kGid;
    rule.number = *group;
  } else if (IsUnixId(id)) {
    rule.kind = absl::ConsumePrefix(&rest, kUid) ? Rule::Kind::kUid : Rule::Kind::kGid;
    absl::ConsumePrefix(&rest, kGid);
    if (!absl::SimpleAtoi(rest, &rule.number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", id, "\" has no number; write it like uid:1000 or gid:1000"));
    }
    if (rule.number == kNobody) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", id, "\": ", kNobody,
                       " is -1, which stands for nobody; the largest is ", kNobody - 1));
    }
  } else {
    const size_t star = id.find('*');
    rule.before = id.substr(0, star);
    rule.wildcard = star != std::string::npos;
    if (rule.wildcard) rule.after = id.substr(star + 1);
    const bool is_uri = absl::StrContains(id, "://");
    rule.takes_uris = is_uri || !rule.wildcard || id == "*";
    rule.takes_others = !is_uri;
    if (rule.after.find('*') != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", id, "\" has more than one *; name both parts in full"));
    }
  }
  if (rest.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", id, "\" names nobody"));
  }
  return rule;
}

bool Access::Matches(const Rule& rule, const Caller& caller) {
  if (rule.kind == Rule::Kind::kName) return NamesCertificate(rule, caller);
  if (caller.kind != Caller::Kind::kUser) return false;
  if (rule.kind == Rule::Kind::kUser) return caller.user == rule.before;
  if (rule.kind == Rule::Kind::kUid) return caller.uid == rule.number;
  return std::find(caller.groups.begin(), caller.groups.end(), rule.number) != caller.groups.end();
}

bool Access::NamesCertificate(const Rule& rule, const Caller& caller) {
  if (caller.kind != Caller::Kind::kCertificate) return false;
  const auto matches = [&rule](const std::string& name) {
    if (!rule.wildcard) return name == rule.before;
    return name.size() >= rule.before.size() + rule.after.size() &&
           absl::StartsWith(name, rule.before) && absl::EndsWith(name, rule.after);
  };
  return (rule.takes_uris && absl::c_any_of(caller.uris, matches)) ||
         (rule.takes_others && absl::c_any_of(caller.names, matches));
}

bool Access::AnyMatches(const std::vector<Rule>& rules, const Caller& caller) {
  return std::any_of(rules.begin(), rules.end(),
                     [&caller](const Rule& rule) { return Matches(rule, caller); });
}

Role Access::RoleOf(const Caller& caller) const {
  if (caller.kind == Caller::Kind::kAnyone) return Role::kOperator;
  if (caller.kind == Caller::Kind::kUser && (caller.uid == 0 || caller.uid == geteuid())) {
    return Role::kOperator;
  }
  if (AnyMatches(operators_, caller)) return Role::kOperator;
  return AnyMatches(viewers_, caller) ? Role::kViewer : Role::kNone;
}

bool Access::NamesOperatorsWithCertificates() const {
  return std::any_of(operators_.begin(), operators_.end(),
                     [](const Rule& rule) { return rule.kind == Rule::Kind::kName; });
}

absl::Status Access::Check(const Caller& caller, absl::string_view method) const {
  const std::optional<Role> required = RequiredRole(method);
  const Role role = RoleOf(caller);
  if (required.has_value() && role >= *required) return absl::OkStatus();

  absl::Status denied;
  if (caller.kind == Caller::Kind::kUnknown) {
    denied = absl::UnauthenticatedError(
        absl::StrCat("this server can't tell who you are: ", caller.unknown_for));
  } else if (!required.has_value()) {
    denied = absl::PermissionDeniedError(
        absl::StrCat("nobody may call ", Printable(std::string(method))));
  } else {
    denied = absl::PermissionDeniedError(absl::StrCat(
        "you are seen as ", caller.Description(), ", with ",
        role == Role::kNone ? "no role" : "the role of a viewer", "; this needs ",
        *required == Role::kOperator ? "an operator" : "a viewer", ": greeterd --admin-",
        Name(*required), " ", ProposedId(caller), " would make you one"));
  }
  audit_({Printable(std::string(method)), caller.author, caller.peer, denied.code(),
          std::string(denied.message())});
  return denied;
}

}  // namespace greeter::admin
