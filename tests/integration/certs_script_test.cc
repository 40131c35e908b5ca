// deploy/certs: what it makes is what openssl, gRPC and greeterctl accept.

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "integration/admin_cli_fixture.h"

namespace greeter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CertsTest : public AdminCliTest {
 protected:
  static Finished Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CERTS);
    return RunProgram({.arguments = std::move(arguments)});
  }
  // Runs it for the directory "pki", which must succeed.
  Finished Make(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), Path("pki"));
    const Finished made = Run(std::move(arguments));
    EXPECT_EQ(made.code, 0) << made;
    return made;
  }
  void ExpectUsage(std::vector<std::string> arguments, const std::string& words) const {
    const Finished refused = Run(std::move(arguments));
    EXPECT_EQ(refused.code, kUsage) << refused;
    EXPECT_THAT(refused.err, AllOf(HasSubstr(words), HasSubstr("--help")));
    EXPECT_FALSE(std::filesystem::exists(Path("pki")));
  }

  std::string File(const std::string& name) const { return Path("pki/" + name); }
  std::string Read(const std::string& name) const {
    std::ifstream in(File(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  KeyPair Pair(const std::string& name) const {
    return {Read(name + ".pem"), Read(name + "-key.pem")};
  }
  unsigned Mode(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(stat(File(name).c_str(), &status), 0) << name;
    return status.st_mode & 0777u;
  }
  std::string Openssl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    const Finished done = RunProgram({.arguments = std::move(arguments)});
    EXPECT_EQ(done.code, 0) << done;
    return done.out;
  }
};

TEST_F(CertsTest, OpensslVerifiesThem) {
  const Finished made = Make();
  for (const auto& [name, purpose] :
       {std::pair("server", "sslserver"), {"operator", "sslclient"}, {"viewer", "sslclient"}}) {
    EXPECT_THAT(Openssl({"verify", "-x509_strict", "-CAfile", File("ca.pem"), "-purpose", purpose,
                         File(std::string(name) + ".pem")}),
                HasSubstr("OK"));
  }
  EXPECT_THAT(Openssl({"x509", "-in", File("server.pem"), "-noout", "-ext", "subjectAltName"}),
              HasSubstr("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"));
  EXPECT_THAT(Openssl({"x509", "-in", File("viewer.pem"), "-noout", "-subject"}),
              HasSubstr("CN = viewer"));
  // A client's certificate is no server's.
  const Finished misused = RunProgram({.arguments = {"openssl", "verify", "-CAfile", File("ca.pem"),
                                                     "-purpose", "sslserver", File("viewer.pem")}});
  EXPECT_NE(misused.code, 0);
}

TEST_F(CertsTest, OthersCanReadNoKey) {
  Make();
  EXPECT_EQ(Mode(""), 0700u);
  for (const char* name : {"ca", "server", "operator", "viewer"}) {
    EXPECT_EQ(Mode(std::string(name) + "-key.pem"), 0600u) << name;
    EXPECT_EQ(Mode(std::string(name) + ".pem"), 0644u) << name;
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(Path("pki")), {}), 8);
}

TEST_F(CertsTest, GreeterctlGetsIn) {
  Make();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = Read("ca.pem");
  options.pem_key_cert_pairs.push_back({Pair("server").key, Pair("server").cert});
  const FakeAdminService server(grpc::SslServerCredentials(options));
  for (const char* who : {"operator", "viewer"}) {
    const Finished called = Greeterctl(To(server, Read("ca.pem"), As(Pair(who))));
    EXPECT_EQ(called.code, 0) << called;
  }
}

TEST_F(CertsTest, SaysWhatToDoNext) {
  EXPECT_THAT(
      Make().out,
      AllOf(HasSubstr("greeterd --admin 127.0.0.1:50051 --admin-cert " + File("server.pem")),
            HasSubstr("--admin-key " + File("server-key.pem")),
            HasSubstr("--admin-client-ca " + File("ca.pem")),
            HasSubstr("--admin-operator operator --admin-viewer viewer"),
            HasSubstr("greeterctl --server localhost:50051 --ca " + File("ca.pem")),
            HasSubstr("--cert " + File("operator.pem"))));
}

TEST_F(CertsTest, ASecondRunKeepsWhatIsGood) {
  Make();
  const std::string ca = Read("ca.pem");
  const std::string server = Read("server.pem");
  const std::string viewer = Read("viewer.pem");
  EXPECT_THAT(Make().err, IsEmpty());
  EXPECT_EQ(Read("server.pem"), server);

  // Other names, and a lost key: those alone are new.
  std::filesystem::remove(File("operator-key.pem"));
  const Finished again = Make({"--san", "db1.example.org", "--san", "fd00::1"});
  EXPECT_THAT(again.err, AllOf(HasSubstr("server.pem"), HasSubstr("operator.pem"),
                               Not(HasSubstr("viewer.pem")), Not(HasSubstr("ca.pem"))));
  EXPECT_THAT(again.out, AllOf(HasSubstr("--admin :50051"), HasSubstr("db1.example.org:50051")));
  EXPECT_EQ(Read("ca.pem"), ca);
  EXPECT_EQ(Read("viewer.pem"), viewer);
  EXPECT_THAT(Openssl({"x509", "-in", File("server.pem"), "-noout", "-ext", "subjectAltName"}),
              HasSubstr("DNS:db1.example.org, IP Address:FD00:0:0:0:0:0:0:1"));
  EXPECT_THAT(Make({"--san", "fd00:0::1", "--san", "db1.example.org"}).err, IsEmpty());
}

TEST_F(CertsTest, CertificatesThatExpireSoonAreMadeAnew) {
  Make({"--days", "2"});
  EXPECT_THAT(Make({"--days", "2"}).err, IsEmpty());
  EXPECT_THAT(Make({"--days", "30"}).err, AllOf(HasSubstr("server.pem"), HasSubstr("viewer.pem")));
}

TEST_F(CertsTest, ClientsByName) {
  Make({"--client", "alice", "--client", "ci.example.org"});
  EXPECT_EQ(Mode("alice-key.pem"), 0600u);
  EXPECT_THAT(Openssl({"x509", "-in", File("ci.example.org.pem"), "-noout", "-subject"}),
              HasSubstr("CN = ci.example.org"));
  EXPECT_FALSE(std::filesystem::exists(File("viewer.pem")));
}

TEST_F(CertsTest, ErrorsSayWhatToDo) {
  ExpectUsage({}, "DIRECTORY is missing");
  ExpectUsage({Path("pki"), "more"}, "one DIRECTORY");
  ExpectUsage({Path("pki"), "--sans", "x"}, "unknown option \"--sans\"");
  ExpectUsage({Path("pki"), "--san"}, "--san needs a value");
  for (const char* san : {"a b", "db1:50051", "1.2.3.400", "a,DNS:b", "-x", "a\nb"}) {
    ExpectUsage({Path("pki"), "--san", san}, "neither a host name nor an IP address");
  }
  for (const char* id : {"../x", "a b", "a\nb", "-x", "x/CN=y"}) {
    ExpectUsage({Path("pki"), "--client", id}, "--client");
  }
  ExpectUsage({Path("pki"), "--client", "ca"}, "is taken");
  for (const char* days : {"0", "-1", "x", "10000"}) {
    ExpectUsage({Path("pki"), "--days", days}, "not a number from 1 to 9999");
  }
  EXPECT_THAT(Run({"--help"}).out, HasSubstr("deploy/certs DIRECTORY"));
}

TEST_F(CertsTest, ItRefusesWhatItCouldNotKeepSafe) {
  Make();
  Write("pki/ca-key.pem", CertificateAuthority("x").Issue({"y"}).key);
  const Finished mixed = Run({Path("pki")});
  EXPECT_EQ(mixed.code, kFailure) << mixed;
  EXPECT_THAT(mixed.err, HasSubstr("do not belong together"));
  std::filesystem::create_directory(Path("open"));
  std::filesystem::permissions(Path("open"), std::filesystem::perms::all);
  const Finished open = Run({Path("open")});
  EXPECT_EQ(open.code, kFailure) << open;
  EXPECT_THAT(open.err, HasSubstr("others can write"));
  const Finished nowhere = Run({"/proc/pki"});
  EXPECT_EQ(nowhere.code, kFailure) << nowhere;
  EXPECT_THAT(nowhere.err, HasSubstr("can't make the directory /proc/pki"));
}

}  // namespace
}  // namespace greeter::testing
