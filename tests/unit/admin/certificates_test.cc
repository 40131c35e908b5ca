// What is served is only what belongs together, and no text tells what is in a file.

#include "admin/certificates.h"

#include <stdlib.h>
#include <unistd.h>

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "net/file_descriptor.h"
#include "support/certificates.h"

namespace greeter::admin {
namespace {

using ::greeter::testing::CertificateAuthority;
using ::greeter::testing::KeyPair;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const CertificateFiles kFiles = {"/x/server.pem", "/x/server.key", "/x/ca.pem"};

class CertificatesTest : public ::testing::Test {
 protected:
  std::string Refusal(const CertificateTexts& texts) const {
    const absl::StatusOr<Certificates> checked = CheckCertificates(kFiles, texts);
    EXPECT_EQ(checked.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(checked.status().message());
  }

  const CertificateAuthority authority_{"CA"};
  const KeyPair server_ = authority_.IssueForServer();
  const CertificateTexts good_ = {server_.cert, server_.key, authority_.pem()};
};

TEST_F(CertificatesTest, GoodOnes) {
  const absl::StatusOr<Certificates> checked = CheckCertificates(kFiles, good_);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->digest, DigestOf(good_));
  EXPECT_GT(checked->server_expires, absl::Now() + absl::Hours(24 * 364));
  EXPECT_LT(checked->server_begins, absl::Now());
  EXPECT_THAT(ExpiryWarnings(*checked, absl::Now()), IsEmpty());
}

TEST_F(CertificatesTest, ADigestTellsEachFromAllOthers) {
  const std::set<std::string> digests = {
      DigestOf(good_), DigestOf({good_.certificate + "x", good_.key, good_.client_ca}),
      DigestOf({good_.certificate, {server_.key + "x"}, good_.client_ca}),
      DigestOf({good_.certificate, good_.key, "x" + good_.client_ca}),
      // The same bytes, otherwise divided.
      DigestOf({"ab", {"c"}, "d"}), DigestOf({"a", {"bc"}, "d"})};
  EXPECT_EQ(digests.size(), 6u);
}

TEST_F(CertificatesTest, AChainAndSeveralCas) {
  const CertificateAuthority other("other", absl::Now() + absl::Hours(1));
  const absl::StatusOr<Certificates> checked = CheckCertificates(
      kFiles, {server_.cert + authority_.pem(), server_.key, authority_.pem() + other.pem()});
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_LT(checked->client_ca_expires, absl::Now() + absl::Hours(2));
}

TEST_F(CertificatesTest, BadOnes) {
  const KeyPair other = authority_.IssueForServer();
  EXPECT_THAT(Refusal({server_.cert, other.key, good_.client_ca}),
              AllOf(HasSubstr("--admin-key /x/server.key"), HasSubstr("is not the key of"),
                    HasSubstr("/x/server.pem")));
  EXPECT_THAT(Refusal({server_.key, server_.key, good_.client_ca}),
              AllOf(HasSubstr("--admin-cert /x/server.pem"), HasSubstr("no certificate")));
  EXPECT_THAT(Refusal({server_.cert, server_.cert, good_.client_ca}),
              AllOf(HasSubstr("--admin-key /x/server.key"), HasSubstr("no private key")));
  EXPECT_THAT(Refusal({server_.cert, server_.key, "hello"}),
              AllOf(HasSubstr("--admin-client-ca /x/ca.pem"), HasSubstr("no certificate")));
  const std::string cut = server_.cert.substr(0, server_.cert.size() / 2);
  EXPECT_THAT(Refusal({cut, server_.key, good_.client_ca}), HasSubstr("damaged certificate"));
  EXPECT_THAT(Refusal({server_.cert, server_.key, good_.client_ca + cut}), HasSubstr("damaged"));
}

TEST_F(CertificatesTest, AKeyWithAPassphraseSaysSo) {
  EXPECT_THAT(Refusal({server_.cert, testing::WithPassphrase(server_.key), good_.client_ca}),
              AllOf(HasSubstr("--admin-key /x/server.key"), HasSubstr("needs a passphrase")));
}

TEST_F(CertificatesTest, WarnsFourteenDaysBefore) {
  Certificates certificates;
  const absl::Time now = absl::Now();
  certificates.server_begins = now - absl::Hours(1);
  certificates.server_expires = now + absl::Hours(14 * 24 + 1);
  certificates.client_ca_expires = absl::InfiniteFuture();
  EXPECT_THAT(ExpiryWarnings(certificates, now), IsEmpty());
  EXPECT_THAT(ExpiryWarnings(certificates, now + absl::Hours(2)),
              ElementsAre(HasSubstr("certificate expires on")));
  EXPECT_THAT(ExpiryWarnings(certificates, now + absl::Hours(15 * 24)),
              ElementsAre(HasSubstr("certificate has expired on")));
  EXPECT_THAT(ExpiryWarnings(certificates, now - absl::Hours(2)),
              ElementsAre(HasSubstr("not valid before")));
  certificates.client_ca_expires = now + absl::Hours(1);
  EXPECT_THAT(ExpiryWarnings(certificates, now),
              ElementsAre(HasSubstr("--admin-client-ca expires on")));
}

TEST(CertificateFilesTest, UnreadableFilesNameThemselves) {
  const auto refusal = [](const CertificateFiles& files) {
    return std::string(ReadCertificateFiles(files).status().message());
  };
  EXPECT_THAT(refusal({"/none/server.pem", "", ""}),
              AllOf(HasSubstr("--admin-cert /none/server.pem"), HasSubstr("No such file")));
  EXPECT_THAT(refusal({"/", "", ""}), HasSubstr("Is a directory"));
  EXPECT_THAT(refusal({"/dev/null", "", ""}), HasSubstr("is empty"));
  EXPECT_THAT(refusal({"/dev/zero", "", ""}), HasSubstr("too large"));
}

// gRPC would take in what stands before it, and we all.
TEST(CertificateFilesTest, ANulByteIsRefused) {
  std::string path = ::testing::TempDir() + "/nul_XXXXXX";
  const net::FileDescriptor file(mkstemp(path.data()));
  const std::string text = testing::CertificateAuthority("CA").pem() + std::string(1, '\0');
  ASSERT_EQ(write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  EXPECT_THAT(std::string(ReadCertificateFiles({path, "", ""}).status().message()),
              AllOf(HasSubstr(path), HasSubstr("NUL byte")));
  unlink(path.c_str());
}

}  // namespace
}  // namespace greeter::admin
