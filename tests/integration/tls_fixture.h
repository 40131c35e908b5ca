// An admin server that demands certificates, and clients that have them or not.

#ifndef GREETER_TESTS_INTEGRATION_TLS_FIXTURE_H_
#define GREETER_TESTS_INTEGRATION_TLS_FIXTURE_H_

#include <memory>
#include <string>

#include "admin_fixture.h"
#include "every_method.h"
#include "grpcpp/channel.h"
#include "support/certificates.h"

namespace greeter::testing {

class TlsTest : public AdminTest {
 protected:
  // Writes the server's files.
  TlsTest();

  // On 127.0.0.1, with the lists of admin_options_.access.
  void StartTls() { StartAdmin(); }

  // A channel of its own that shows `client`, an empty one none at all, and trusts authority_.
  std::shared_ptr<grpc::Channel> ConnectAs(const KeyPair& client) const;
  // A certificate of authority_ whose CN is `name`.
  KeyPair Named(const std::string& name) const { return authority_.Issue({.common_name = name}); }
  // Asks for the status.
  static grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel);

  void WriteServerFiles(const KeyPair& server, const std::string& client_ca) const;

  const TemporaryDirectory directory_;
  const CertificateAuthority authority_{"test CA"};
  DenialLog denials_;
  Records<admin::RefusedHandshake> refused_handshakes_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_INTEGRATION_TLS_FIXTURE_H_
