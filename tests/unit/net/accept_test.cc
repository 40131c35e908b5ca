#include "net/accept.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace greeter::net {
namespace {

TEST(AcceptTest, ErrorsByClass) {
  for (const int error : {EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN,
                          ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ETIMEDOUT}) {
    EXPECT_EQ(ClassifyAcceptError(error), AcceptFailure::kLost) << error;
  }
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    EXPECT_EQ(ClassifyAcceptError(error), AcceptFailure::kExhausted) << error;
  }
  for (const int error : {EBADF, EINVAL, EFAULT, ENOTSOCK, 0, 9999}) {
    EXPECT_EQ(ClassifyAcceptError(error), AcceptFailure::kBroken) << error;
  }
  EXPECT_EQ(ClassifyAcceptError(EAGAIN), AcceptFailure::kEmpty);
}

}  // namespace
}  // namespace greeter::net
