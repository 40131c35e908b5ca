#include "admin/groups.h"

#include <grp.h>

#include <cerrno>
#include <vector>

namespace greeter::admin {
namespace {

// A group's entry has the names of its members.
constexpr size_t kMostBytes = size_t{1} << 24;

}  // namespace

std::optional<gid_t> GroupId(const std::string& name) {
  std::vector<char> buffer(16'384);
  group entry = {};
  group* found = nullptr;
  while (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < kMostBytes) {
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

}  // namespace greeter::admin
