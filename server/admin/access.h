// Who may call what on the admin port.
//
// There are two roles: a viewer may read, an operator may do everything. method_roles.h says which
// one each method demands, and a method that it doesn't name is nobody's. Who has which role is
// said by lists of IDs:
//
//   db1.example.org, ops, spiffe://example.org/ops   a name of the client's certificate: a URI or
//       DNS SAN or, if it has neither, the subject's CN. What has "://" is a URI, and no other name
//       equals it, whatever its letters
//   *.ops.example.org, spiffe://example.org/*   one "*" stands for any characters, dots and slashes
//       included. With "://" it is for URIs alone, and without for the other names alone: a URI
//       ends as whoever asks for the certificate likes. A "*" and nothing else is every certificate
//   user:alice, uid:1000, group:ops, gid:1000   of whoever connects over the unix socket
//
// Where whoever connects can't be told apart (plaintext over TCP), everyone is an operator. Over
// the unix socket root and the user that greeterd runs as always are: they could become it anyway.

#ifndef GREETER_ADMIN_ACCESS_H_
#define GREETER_ADMIN_ACCESS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/caller.h"
#include "admin/method_roles.h"

namespace greeter::admin {

// A call that was refused for who made it; nothing has changed. For the audit.
struct Denial {
  // "/greeter.admin.v1.GreeterAdminService/SetMessage".
  std::string method;
  // As Caller::author and Caller::peer.
  std::string author;
  std::string peer;
  // PERMISSION_DENIED or UNAUTHENTICATED, and why, as the caller is told.
  absl::StatusCode outcome = absl::StatusCode::kOk;
  std::string reason = {};
};

// Immutable. Any thread.
class Access {
 public:
  struct Options {
    // IDs, as above. INVALID_ARGUMENT if one is none, FAILED_PRECONDITION if it names a group that
    // there isn't.
    std::vector<std::string> operators;
    std::vector<std::string> viewers;
    // Called for every denial, on the thread that is denied.
    std::function<void(const Denial&)> audit = [](const Denial&) {};
  };
  static absl::StatusOr<Access> Create(Options options);

  // OK if `caller` has the role that `method` demands. UNAUTHENTICATED if it is kUnknown, otherwise
  // PERMISSION_DENIED: the message says who the caller was seen as, and what would grant the role.
  absl::Status Check(const Caller& caller, absl::string_view method) const;

  // The role that `caller` has.
  Role RoleOf(const Caller& caller) const;

  // Whether any list names someone who comes that way.
  bool NamesOperatorsWithCertificates() const;

 private:
  // One ID.
  struct Rule {
    enum class Kind { kName, kUser, kUid, kGid };
    Kind kind = Kind::kName;
    // kName: what is before and after the "*"; without one, all is in `before`. kUser: the name.
    std::string before;
    std::string after;
    bool wildcard = false;
    // kName: which of a certificate's names it is compared with.
    bool takes_uris = false;
    bool takes_others = false;
    // kUid, kGid.
    unsigned number = 0;
  };

  Access(std::vector<Rule> operators, std::vector<Rule> viewers,
         std::function<void(const Denial&)> audit);
  static absl::StatusOr<std::vector<Rule>> Parse(const std::vector<std::string>& ids);
  static absl::StatusOr<Rule> ParseId(const std::string& id);
  static bool Matches(const Rule& rule, const Caller& caller);
  static bool NamesCertificate(const Rule& rule, const Caller& caller);
  static bool AnyMatches(const std::vector<Rule>& rules, const Caller& caller);

  std::vector<Rule> operators_;
  std::vector<Rule> viewers_;
  std::function<void(const Denial&)> audit_;
};

// Whether an ID is one of whoever connects over the unix socket, rather than of a certificate.
bool IsUnixId(absl::string_view id);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_ACCESS_H_
