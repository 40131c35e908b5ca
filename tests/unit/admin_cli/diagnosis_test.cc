// What handshakes mean that no server in the integration tests answers with.

#include "admin_cli/client/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace greeter::admin_cli {
namespace {

using ::testing::HasSubstr;
using End = Handshake::End;

class DiagnosisTest : public testing::Test {
 protected:
  absl::Status Explained() const { return Explain(handshake_, "a:1", &tls_, "a", absl::Now()); }
  absl::Status ExplainedInPlaintext() const {
    return Explain(handshake_, "a:1", nullptr, "a", absl::Now());
  }

  Tls tls_ = {{"ca.pem", "", "", ""}, "", "", ""};
  Handshake handshake_;
};

TEST_F(DiagnosisTest, AnAcceptedHandshakeIsNoReason) {
  handshake_.end = End::kAccepted;
  handshake_.established = true;
  handshake_.http2 = true;
  EXPECT_EQ(Explained(), absl::OkStatus());
  handshake_.end = End::kSilent;
  EXPECT_EQ(Explained(), absl::OkStatus());
  EXPECT_EQ(ExplainedInPlaintext(), absl::OkStatus());
}

TEST_F(DiagnosisTest, TlsWithoutHttp2IsNoGrpc) {
  handshake_.end = End::kSilent;
  handshake_.established = true;
  EXPECT_EQ(Explained().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Explained().message()), HasSubstr("not gRPC (no HTTP/2)"));
}

TEST_F(DiagnosisTest, AnEndForNoReasonOfOurs) {
  handshake_.end = End::kEnded;
  handshake_.first_bytes = "\x15\x03";
  handshake_.alert = 40;
  handshake_.reason = "sslv3 alert handshake failure";
  EXPECT_EQ(Explained().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Explained().message()),
              HasSubstr("a:1 ends the TLS handshake (sslv3 alert handshake failure)"));
}

TEST_F(DiagnosisTest, OpensslsOwnReason) {
  handshake_.end = End::kFailed;
  handshake_.reason = "unsupported protocol";
  EXPECT_THAT(std::string(Explained().message()), HasSubstr("fails: unsupported protocol"));
}

TEST_F(DiagnosisTest, ACertificateForAnotherPurpose) {
  handshake_.end = End::kUntrusted;
  handshake_.verify_error = 26;
  EXPECT_THAT(std::string(Explained().message()),
              HasSubstr("the certificate of a:1 is refused: unsuitable certificate purpose"));
}

TEST_F(DiagnosisTest, HttpSettingsArePlaintextGrpc) {
  handshake_.end = End::kNotTls;
  handshake_.first_bytes = std::string("\0\0\x12\x04\0\0\0\0\0", 9);
  EXPECT_THAT(std::string(Explained().message()), HasSubstr("speaks no TLS"));
  EXPECT_EQ(ExplainedInPlaintext(), absl::OkStatus());
}

}  // namespace
}  // namespace greeter::admin_cli
