// A server's end of TLS, whose clients are OpenSSL's.

#include "tls/server_session.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "net/file_descriptor.h"
#include "support/certificates.h"
#include "tls/pem.h"
#include "tls/server_context.h"

namespace greeter::tls {
namespace {

using ::greeter::testing::CertificateAuthority;
using ::greeter::testing::KeyPair;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Handshake = ServerSession::Handshake;

class ServerSessionTest : public ::testing::Test {
 protected:
  ServerSessionTest() {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    ours_ = net::FileDescriptor(ends[0]);
    theirs_ = net::FileDescriptor(ends[1]);
    const KeyPair pair = ca_.IssueForServer();
    auto context =
        ServerContext::Create(*ParseCertificates(pair.cert), ParsePrivateKey(pair.key)->get(),
                              *ParseCertificates(ca_.pem()));
    EXPECT_TRUE(context.ok()) << context.status();
    server_ = *ServerSession::Begin(**context, ours_.get());
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    const std::array<unsigned char, 3> h2 = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(client_context_.get(), h2.data(), h2.size());
  }

  void Show(const KeyPair& pair) {
    const auto chain = ParseCertificates(pair.cert);
    SSL_CTX_use_certificate(client_context_.get(), chain->front().get());
    for (size_t i = 1; i < chain->size(); ++i) {
      SSL_CTX_add1_chain_cert(client_context_.get(), (*chain)[i].get());
    }
    SSL_CTX_use_PrivateKey(client_context_.get(), ParsePrivateKey(pair.key)->get());
  }

  // Until the server's end is done with it.
  Handshake Shake() {
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_fd(client_.get(), theirs_.get());
    Handshake progress = Handshake::kReads;
    for (int i = 0; i < 10 && progress == Handshake::kReads; ++i) {
      SSL_connect(client_.get());
      progress = server_->ShakeHands();
    }
    SSL_connect(client_.get());
    ERR_clear_error();
    return progress;
  }
  void ShakeAsHolder() {
    Show(ca_.Issue({.common_name = "holder"}));
    ASSERT_EQ(Shake(), Handshake::kDone);
  }

  // What one call receives.
  std::string Receive() {
    std::string bytes(ServerSession::kMostRecord, '\0');
    const ssize_t got = server_->Receive(bytes.data(), bytes.size());
    bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return bytes;
  }
  void Say(const std::string& text) {
    ASSERT_EQ(SSL_write(client_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  bool Readable() const {
    pollfd waiting = {ours_.get(), POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }

  const CertificateAuthority ca_{"CA"};
  net::FileDescriptor ours_;
  net::FileDescriptor theirs_;
  std::unique_ptr<ServerSession> server_;
  OpensslPtr<SSL_CTX> client_context_;
  OpensslPtr<SSL> client_;
};

TEST_F(ServerSessionTest, CarriesBytesBothWaysAndTheirEnd) {
  ShakeAsHolder();
  Say("question");
  EXPECT_EQ(Receive(), "question");
  EXPECT_EQ(Receive(), "");
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(server_->Send("answer", 6), 6);
  std::array<char, 16> answer = {};
  EXPECT_EQ(SSL_read(client_.get(), answer.data(), answer.size()), 6);
  for (int twice = 0; twice < 2; ++twice) server_->EndSending();
  EXPECT_EQ(SSL_read(client_.get(), answer.data(), answer.size()), 0);
  EXPECT_EQ(SSL_get_shutdown(client_.get()), SSL_RECEIVED_SHUTDOWN);
  // The other direction goes on.
  Say("more");
  SSL_shutdown(client_.get());
  EXPECT_EQ(Receive(), "more");
  std::array<char, ServerSession::kMostRecord> none = {};
  EXPECT_EQ(server_->Receive(none.data(), none.size()), 0);
}

// Whoever watches the socket knows when there is more.
TEST_F(ServerSessionTest, KeepsNothingBack) {
  ShakeAsHolder();
  const std::vector<std::string> records = {"a", std::string(16384, 'b'), "c"};
  for (const std::string& record : records) Say(record);
  for (const std::string& record : records) {
    EXPECT_TRUE(Readable());
    EXPECT_EQ(Receive(), record);
  }
  EXPECT_FALSE(Readable());
}

TEST_F(ServerSessionTest, WhatFindsNoRoomIsSentLater) {
  ShakeAsHolder();
  const std::string much(3'000'000, 'x');
  std::string heard;
  size_t sent = 0;
  bool waited = false;
  while (heard.size() < much.size()) {
    // What is left moves in memory.
    const std::string rest = much.substr(sent);
    const ssize_t count = rest.empty() ? 0 : server_->Send(rest.data(), rest.size());
    if (count > 0) {
      sent += static_cast<size_t>(count);
      continue;
    }
    if (count < 0) {
      ASSERT_EQ(errno, EAGAIN);
    }
    waited = waited || count < 0;
    std::array<char, 16384> part = {};
    const int got = SSL_read(client_.get(), part.data(), part.size());
    ASSERT_GT(got, 0);
    heard.append(part.data(), static_cast<size_t>(got));
  }
  EXPECT_TRUE(waited);
  EXPECT_TRUE(heard == much);
}

TEST_F(ServerSessionTest, KnowsWhatTheClientHasShown) {
  const CertificateAuthority between("between", ca_);
  KeyPair holder = between.Issue({.common_name = "holder"});
  holder.cert += between.pem();
  Show(holder);
  ASSERT_EQ(Shake(), Handshake::kDone);
  const std::vector<OpensslPtr<X509>> chain = server_->ClientChain();
  ASSERT_THAT(chain, SizeIs(2));
  EXPECT_EQ(NameOf(X509_get_subject_name(chain[0].get())), "CN=holder");
  EXPECT_EQ(NameOf(X509_get_subject_name(chain[1].get())), "CN=between");
}

// It costs the client nothing, and the server a key.
TEST_F(ServerSessionTest, NewKeysWithoutEndAreTooMany) {
  ShakeAsHolder();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(SSL_key_update(client_.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    Say("x");
    EXPECT_EQ(Receive(), "");
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(Receive(), "x");
  }
  int error = 0;
  for (int i = 0; i < 100 && error != EPROTO; ++i) {
    ASSERT_EQ(SSL_key_update(client_.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    Say("x");
    while (!Receive().empty()) {
    }
    error = errno;
  }
  EXPECT_EQ(error, EPROTO);
}

TEST_F(ServerSessionTest, WithoutACertificate) {
  EXPECT_EQ(Shake(), Handshake::kRefused);
  EXPECT_EQ(server_->refusal(), "it showed no certificate");
}

TEST_F(ServerSessionTest, WithoutHttp2) {
  Show(ca_.Issue({.common_name = "holder"}));
  SSL_CTX_set_alpn_protos(client_context_.get(), nullptr, 0);
  EXPECT_EQ(Shake(), Handshake::kRefused);
  EXPECT_EQ(server_->refusal(), "it spoke no HTTP/2");
}

TEST_F(ServerSessionTest, WithAnotherProtocol) {
  Show(ca_.Issue({.common_name = "holder"}));
  const std::array<unsigned char, 9> http1 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(client_context_.get(), http1.data(), http1.size());
  EXPECT_EQ(Shake(), Handshake::kRefused);
  EXPECT_EQ(server_->refusal(), "it spoke no HTTP/2");
}

TEST_F(ServerSessionTest, WithoutTls) {
  const std::string words = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  ASSERT_EQ(send(theirs_.get(), words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
  EXPECT_EQ(server_->ShakeHands(), Handshake::kRefused);
  EXPECT_EQ(server_->refusal(), "it spoke no TLS");
}

TEST_F(ServerSessionTest, ByTheClient) {
  Show(ca_.Issue({.common_name = "holder"}));
  // It trusts nobody.
  SSL_CTX_set_verify(client_context_.get(), SSL_VERIFY_PEER, nullptr);
  EXPECT_EQ(Shake(), Handshake::kRefused);
  EXPECT_THAT(server_->refusal(),
              HasSubstr("it refused greeterd's certificate or TLS: unknown CA"));
}

TEST_F(ServerSessionTest, WhoLeavesIsNotRefused) {
  EXPECT_EQ(server_->ShakeHands(), Handshake::kReads);
  theirs_.Close();
  EXPECT_EQ(server_->ShakeHands(), Handshake::kLeft);
}

}  // namespace
}  // namespace greeter::tls
