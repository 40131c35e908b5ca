#include "admin/caller.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/utf8.h"

namespace greeter::admin {
namespace {

constexpr size_t kMostNameBytes = 256;
// Of a certificate's names, when it is to be told from others.
constexpr size_t kMostNames = 4;

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", text, "\""); }

}  // namespace

std::string Printable(const std::string& name) {
  const bool utf8 = !base::FirstInvalidUtf8(name).has_value();
  std::string text = utf8 ? absl::Utf8SafeCHexEscape(name) : absl::CHexEscape(name);
  if (text.size() <= kMostNameBytes) return text;
  size_t end = kMostNameBytes;
  // Between characters.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

std::string Caller::Description() const {
  std::vector<std::string> quoted;
  switch (kind) {
    case Kind::kUnknown:
      return "someone unknown";
    case Kind::kAnyone:
      return absl::StrCat("someone at ", peer);
    case Kind::kUser:
      return absl::StrCat("user ", Quoted(user), " (uid ", uid, ")");
    case Kind::kCertificate:
      break;
  }
  for (const std::vector<std::string>* const some : {&uris, &names}) {
    for (const std::string& name : *some) {
      if (quoted.size() < kMostNames) quoted.push_back(Quoted(Printable(name)));
    }
  }
  return absl::StrCat("the holder of a certificate for ", absl::StrJoin(quoted, ", "));
}

Caller CertificateHolder(CertificateNames names, std::string peer) {
  Caller caller;
  caller.peer = std::move(peer);
  if (names.uris.empty() && names.names.empty()) {
    caller.author = caller.peer;
    caller.unknown_for = "your certificate has no URI or DNS name and no CN";
    return caller;
  }
  caller.kind = Caller::Kind::kCertificate;
  caller.uris = std::move(names.uris);
  caller.names = std::move(names.names);
  caller.author = Printable(caller.uris.empty() ? caller.names.front() : caller.uris.front());
  return caller;
}

Caller FormerCertificateHolder(Caller holder, absl::string_view why) {
  holder.kind = Caller::Kind::kUnknown;
  holder.unknown_for = std::string(why);
  return holder;
}

Caller Anyone(std::string peer) {
  Caller caller;
  caller.kind = Caller::Kind::kAnyone;
  caller.author = peer;
  caller.peer = std::move(peer);
  return caller;
}

Caller UnixUser(uid_t uid, std::string user, std::vector<gid_t> groups, std::string peer) {
  Caller caller;
  caller.kind = Caller::Kind::kUser;
  caller.author = user;
  caller.peer = std::move(peer);
  caller.uid = uid;
  caller.user = std::move(user);
  caller.groups = std::move(groups);
  return caller;
}

}  // namespace greeter::admin
