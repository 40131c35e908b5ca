// greeterctl where no admin service answers, and files that are not what its options say.

#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "integration/admin_cli_fixture.h"

namespace greeter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class UnreachableTest : public AdminCliTest {
 protected:
  // greeterctl to `address` in plaintext, and over TLS.
  std::vector<Finished> CallBothWays(const std::string& address) const {
    return {Greeterctl({"--server", address, "--timeout", "5s"}),
            Greeterctl({"--server", address, "--timeout", "5s", "--ca",
                        Write("ca.pem", CertificateAuthority("the CA").pem())})};
  }
};

TEST_F(UnreachableTest, NobodyListens) {
  FakeAdminService server;
  server.Stop();
  for (const Finished& finished : CallBothWays(server.address())) {
    ExpectRefused(finished, kUnreachable,
                  {server.address(), "nobody listens there", "Connection refused", "--server"});
  }
}

TEST_F(UnreachableTest, HostNotFound) {
  // No name has a part of more than 63 characters, so that nobody needs to be asked.
  const std::string host = std::string(64, 'x') + ".invalid:50051";
  for (const Finished& finished : CallBothWays(host)) {
    ExpectRefused(finished, kUnreachable, {host, "host not found", "GREETER_SERVER"});
  }
}

TEST_F(UnreachableTest, SilentServer) {
  const DeafListener server(16);
  const std::vector<std::string> call = {"--server", server.address(), "--timeout", "200ms"};
  ExpectRefused(Greeterctl(call), kUnreachable,
                {"no answer from " + server.address(), "within 200ms", "--timeout"});
}

TEST_F(UnreachableTest, NoConnectionInTime) {
  DeafListener server(0);
  server.Fill();
  ExpectRefused(Greeterctl({"--server", server.address(), "--timeout", "200ms"}), kUnreachable,
                {server.address(), "no connection in time", "firewall"});
}

TEST_F(UnreachableTest, UnixSocketOfOthers) {
  std::filesystem::create_directory(Path("locked"));
  std::filesystem::permissions(Path("locked"), std::filesystem::perms::none);
  const std::string server = "unix:" + Path("locked/admin");
  ExpectRefused(
      RunProgram({.arguments = {GREETERCTL, "status", "--server", server}, .ordinary_user = true}),
      kNotPermitted, {"you may not connect to " + server, "Permission denied"});
}

TEST_F(UnreachableTest, TlsToAPlaintextServer) {
  const FakeAdminService server;
  ExpectRefused(Greeterctl(To(server, CertificateAuthority("the CA").pem())), kUnreachable,
                {server.address(), "speaks no TLS", "leave --ca", "--admin-cert"});
}

TEST_F(UnreachableTest, TheAddressThatClientsAreGreetedAt) {
  const Parrot greeter("Hello world");
  for (const Finished& finished : CallBothWays(greeter.address())) {
    ExpectRefused(finished, kUnreachable,
                  {greeter.address(), "no admin address", "\"Hello world\"", "--server"});
  }
}

TEST_F(UnreachableTest, WhatAStrangerSaysIsNoControlCharacter) {
  const Parrot greeter("\x1b[2J\x01");
  for (const Finished& finished : CallBothWays(greeter.address())) {
    ExpectRefused(finished, kUnreachable, {"\\x1B[2J\\x01"});
  }
}

TEST_F(UnreachableTest, WebServer) {
  const Parrot web("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  for (const Finished& finished : CallBothWays(web.address())) {
    ExpectRefused(finished, kUnreachable, {web.address(), "web server", "--server"});
  }
}

TEST_F(UnreachableTest, BeginsAsHttp2AndGoesOnWithNonsense) {
  // SETTINGS, and a frame of headers that are none.
  const Parrot nonsense(
      std::string("\0\0\0\4\0\0\0\0\0\0\0\5\1\4\0\0\0\1\xff\xff\xff\xff\xff", 23));
  const Finished finished = Greeterctl({"--server", nonsense.address(), "--timeout", "2s"});
  ExpectRefused(finished, kUnreachable, {nonsense.address(), "admin address", "--server"});
}

TEST_F(UnreachableTest, ServerThatOnlyCloses) {
  const Parrot mute("");
  for (const Finished& finished : CallBothWays(mute.address())) {
    ExpectRefused(finished, kUnreachable, {mute.address(), "greeterd"});
  }
}

TEST_F(UnreachableTest, FilesThatAreNotWhatTheOptionsSay) {
  const CertificateAuthority ca("the CA");
  const std::string ca_file = Write("the-ca.pem", ca.pem());
  const KeyPair one = ca.Issue({"one"});
  const KeyPair other = ca.Issue({"other"});
  const auto refused = [&](const std::string& ca_path, const KeyPair& pair,
                           const std::vector<std::string>& words) {
    std::vector<std::string> arguments = As(pair);
    arguments.insert(arguments.end(), {"--ca", ca_path, "--server", "127.0.0.1:1"});
    const Finished finished = Greeterctl(arguments);
    ExpectRefused(finished, kFailure, words);
    // No secret on the screen.
    EXPECT_THAT(finished.err, Not(HasSubstr(one.key.substr(40, 20))));
  };
  const std::string damaged = ca.pem().replace(80, 1, "!");
  refused(Path("none"), one, {"--ca", Path("none"), "No such file"});
  refused(Path(""), one, {"--ca", Path(""), "directory"});
  refused(Write("empty", ""), one, {"--ca", Path("empty"), "is empty"});
  refused(Write("text", "hello\n"), one, {"--ca", Path("text"), "no certificate in PEM"});
  refused(Write("der", "\x30\x82"), one, {"--ca", "no certificate", "DER"});
  refused(Write("damaged", damaged), one, {"--ca", Path("damaged"), "damaged"});
  refused(Write("key", one.key), one, {"--ca", "no certificate", "private key"});
  refused(ca_file, {one.key, one.key}, {"--cert", Path("me.pem"), "holds a private key"});
  refused(ca_file, {one.cert, one.cert}, {"--key", Path("me-key.pem"), "holds a certificate"});
  refused(ca_file, {one.cert, other.key},
          {"--key", Path("me-key.pem"), "does not match", Path("me.pem")});
  refused(ca_file, {one.cert, std::string(one.key).replace(60, 4, "AAAA")},
          {"--key", Path("me-key.pem")});
  refused(ca_file, {one.cert, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"}, {"--key", "damaged"});
}

TEST_F(UnreachableTest, EncryptedKeysAreToldApart) {
  const CertificateAuthority ca("the CA");
  const KeyPair pair = ca.Issue({"one"});
  const std::string plain = Write("plain", pair.key);
  const Finished openssl =
      RunProgram({.arguments = {"openssl", "pkey", "-in", plain, "-aes256", "-passout",
                                "pass:secret", "-out", Path("encrypted")}});
  ASSERT_EQ(openssl.code, 0) << openssl;
  ExpectRefused(Greeterctl({"--ca", Write("ca", ca.pem()), "--cert", Write("cert", pair.cert),
                            "--key", Path("encrypted")}),
                kFailure, {"--key", Path("encrypted"), "is encrypted", "openssl pkey"});
}

TEST_F(UnreachableTest, HalfGivenOptionsAreUsageErrors) {
  ExpectRefused(Greeterctl({"--ca", "a", "--cert", "b"}), kUsage, {"--cert", "without --key"});
  ExpectRefused(Greeterctl({"--ca", "a"}, {{"GREETER_KEY", "b"}}), kUsage,
                {"GREETER_KEY", "without --cert"});
}

}  // namespace
}  // namespace greeter::testing
