// Files that not even root may write to.

#ifndef GREETER_TESTS_SUPPORT_IMMUTABLE_H_
#define GREETER_TESTS_SUPPORT_IMMUTABLE_H_

#include <string>

namespace greeter::testing {

// As chattr +i and -i. False if this file system, or this user, can't.
bool SetImmutable(const std::string& path, bool on);

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_IMMUTABLE_H_
