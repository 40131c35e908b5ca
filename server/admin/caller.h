// Who makes a call on the admin port.

#ifndef GREETER_ADMIN_CALLER_H_
#define GREETER_ADMIN_CALLER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "admin/certificate_names.h"

namespace greeter::admin {

// A value. Its texts are UTF-8 of a bounded length and without control characters, but for the
// names of a certificate, which are compared as they are.
struct Caller {
  enum class Kind {
    // Nobody knows, or what it showed counts no more.
    kUnknown,
    // Over TCP in plaintext: whoever can reach the port.
    kAnyone,
    // Over mutual TLS.
    kCertificate,
    // Over the unix socket.
    kUser,
  };

  Kind kind = Kind::kUnknown;
  // The one name for it: the certificate's first name, the user's name, or the peer's address.
  std::string author;
  // From where: "127.0.0.1:41234", "unix". Empty where that can't be told.
  std::string peer;
  // kUnknown: why, to the caller.
  std::string unknown_for;
  // kCertificate: its URI names; its DNS names, or its CN.
  std::vector<std::string> uris;
  std::vector<std::string> names;
  // kUser.
  uid_t uid = 0;
  std::string user;
  std::vector<gid_t> groups;

  // "the certificate of \"alice\"", "user \"alice\" (uid 1000)": for the caller to read.
  std::string Description() const;
};

// By the names of its certificate. kUnknown if it has none.
Caller CertificateHolder(CertificateNames names, std::string peer);
// The same, when its certificate counts no more, `why` not.
Caller FormerCertificateHolder(Caller holder, absl::string_view why);
// Over TCP in plaintext.
Caller Anyone(std::string peer);
Caller UnixUser(uid_t uid, std::string user, std::vector<gid_t> groups, std::string peer);

// `name`, a certificate's, as it may stand in a log and a revision: what is not printable UTF-8 is
// escaped, and more than 256 bytes are cut.
std::string Printable(const std::string& name);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_CALLER_H_
