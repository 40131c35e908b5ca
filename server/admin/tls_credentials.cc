#include "admin/tls_credentials.h"

#include <mutex>
#include <string>
#include <utility>

#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace greeter::admin {
namespace {

absl::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

// What gRPC calls back to. Owned by its credentials, which may live longer than the server: they
// are held by every handshake and every call.
class Callbacks {
 public:
  Callbacks(std::shared_ptr<const CertificateWatch> certificates, CallFilter filter)
      : certificates_(std::move(certificates)), filter_(std::move(filter)) {}

  // Once at start and then at each handshake: the certificates in force, unless gRPC has them.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<Callbacks*>(self)->FetchIfNew(config);
  }

  // For each call.
  static void Filter(void* self, grpc_auth_context* client, const grpc_metadata* metadata,
                     size_t count, grpc_process_auth_metadata_done_cb done, void* user_data) {
    absl::string_view path;
    for (size_t i = 0; i < count; ++i) {
      if (View(metadata[i].key) == ":path") path = View(metadata[i].value);
    }
    const absl::Status decision = static_cast<Callbacks*>(self)->filter_(
        [client] { return ReadClientCertificate(client); }, path);
    const std::string message(decision.message());
    // gRPC's codes and Abseil's are the same numbers.
    done(user_data, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(decision.raw_code()),
         decision.ok() ? nullptr : message.c_str());
  }

  static void Destroy(void* self) { delete static_cast<Callbacks*>(self); }

 private:
  grpc_ssl_certificate_config_reload_status FetchIfNew(
      grpc_ssl_server_certificate_config** config) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<const Certificates> current = certificates_->current();
    if (current == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    given_ = std::move(current);
    const grpc_ssl_pem_key_cert_pair pair = {given_->texts.key.c_str(),
                                             given_->texts.certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(given_->texts.client_ca.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  // Constant after construction.
  const std::shared_ptr<const CertificateWatch> certificates_;
  const CallFilter filter_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::shared_ptr<const Certificates> given_;
};

class MutualTlsCredentials final : public grpc::ServerCredentials {
 public:
  // Takes `callbacks`.
  explicit MutualTlsCredentials(Callbacks* callbacks)
      : credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, &Callbacks::Fetch,
                callbacks))) {
    grpc_server_credentials_set_auth_metadata_processor(
        credentials_, {&Callbacks::Filter, &Callbacks::Destroy, callbacks});
  }
  ~MutualTlsCredentials() override { grpc_server_credentials_release(credentials_); }
  MutualTlsCredentials(const MutualTlsCredentials&) = delete;
  MutualTlsCredentials& operator=(const MutualTlsCredentials&) = delete;

  // There is one already.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MutualTls(
    std::shared_ptr<const CertificateWatch> certificates, CallFilter filter) {
  return std::make_shared<MutualTlsCredentials>(
      new Callbacks(std::move(certificates), std::move(filter)));
}

}  // namespace greeter::admin
