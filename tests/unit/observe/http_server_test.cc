#include "observe/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "observe/page.h"
#include "support/tcp_client.h"
#include "support/wait_for.h"

namespace greeter::observe {
namespace {

using ::greeter::testing::HowEnded;
using ::greeter::testing::TcpClient;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpServerTest : public ::testing::Test {
 protected:
  void Serve(const std::string& address = "127.0.0.1:0", HttpServer::Options options = {}) {
    auto server = HttpServer::Start(
        *net::Address::Parse(address),
        {{"/", [] { return Page(); }},
         {"/hello", [this] { return ++asked_, HttpResponse{.body = "Hello world"}; }}},
        options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // What is answered to `request`, byte for byte.
  std::string Ask(const std::string& request) {
    TcpClient client(server_->bound_address());
    client.Send(request);
    client.ReadToEnd();
    return client.bytes();
  }
  std::string Get(const std::string& path, const std::string& host = "localhost") {
    return Ask(absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: ", host, "\r\n\r\n"));
  }

  std::atomic<int> asked_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWhatIsThere) {
  Serve();
  const std::string answer = Get("/hello");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: no-store\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Security-Policy: default-src 'none'"));
  EXPECT_THAT(answer, ::testing::EndsWith("\r\n\r\nHello world"));
  EXPECT_THAT(Get("/elsewhere"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/../etc/passwd"), Not(HasSubstr("200")));
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  Serve();
  const std::string answer = Ask("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 11\r\n"));
  EXPECT_THAT(answer, ::testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, IsForReadingAlone) {
  Serve();
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"}) {
    const std::string answer = Ask(
        absl::StrCat(method,
                     " /hello HTTP/1.1\r\nHost: localhost\r\nOrigin: http://elsewhere.example\r\n"
                     "Access-Control-Request-Method: GET\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 200"))) << method;
    EXPECT_THAT(answer, Not(HasSubstr("Access-Control-Allow-Origin: *"))) << method;
  }
  EXPECT_EQ(asked_, 0);
}

// A page from elsewhere whose name was made to point to loopback (DNS rebinding) learns nothing.
TEST_F(HttpServerTest, OnLoopbackOnlyItsOwnNamesAreAnswered) {
  Serve();
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:9464", "[::1]:9",
                           "[::1]", "127.1.2.3"}) {
    EXPECT_THAT(Get("/hello", host), StartsWith("HTTP/1.1 200 ")) << host;
  }
  for (const char* host : {"elsewhere.example", "elsewhere.example:9464", "localhost.example",
                           "192.0.2.1", "[2001:db8::1]:80", "127.0.0.1.example", "unix:/x"}) {
    EXPECT_THAT(Get("/hello", host), StartsWith("HTTP/1.1 403 ")) << host;
  }
}

// As a proxy asks: the target's host counts, not the header's.
TEST_F(HttpServerTest, ATargetMayNameTheHost) {
  Serve();
  EXPECT_THAT(Get("http://localhost:9464/hello?now", "elsewhere.example"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get("HTTP://127.0.0.1"), HasSubstr("<!doctype html>"));
  EXPECT_THAT(Get("http://elsewhere.example/hello"), StartsWith("HTTP/1.1 403 "));
  for (const char* target : {"http://", "http:///hello", "http://:80/hello",
                             "http://me@localhost/hello", "https://localhost/hello", "hello"}) {
    EXPECT_THAT(Get(target), StartsWith("HTTP/1.1 400 ")) << target;
  }
}

TEST_F(HttpServerTest, BeyondLoopbackEveryNameIs) {
  Serve(":0");
  EXPECT_THAT(Get("/hello", "greeter.example"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, ThePageAllowsItsOwnScriptAlone) {
  Serve();
  const std::string one = Get("/");
  const std::string other = Get("/");
  EXPECT_THAT(one, HasSubstr("<script nonce=\""));
  EXPECT_THAT(one, HasSubstr("script-src 'nonce-"));
  EXPECT_THAT(one, Not(HasSubstr("unsafe")));
  EXPECT_THAT(one, Not(HasSubstr("@NONCE@")));
  EXPECT_THAT(one, Not(HasSubstr("@page")));
  EXPECT_THAT(one, HasSubstr("\nrun();\n</script>"));
  EXPECT_NE(one, other) << "a nonce is used once";
}

TEST_F(HttpServerTest, NonsenseIsRefusedAndForgotten) {
  Serve("127.0.0.1:0", {.request_timeout = std::chrono::milliseconds(200)});
  for (const std::string& nonsense :
       {std::string("\r\n\r\n"), std::string("garbage\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("GET /hello HTTP/9.9\r\n\r\n"), std::string("GET /hello HTTP/1.1\r\n\r\n"),
        std::string("GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),
        std::string("\0\1\2\xff\r\n\r\n", 8),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        absl::StrCat("GET /", std::string(100'000, 'a'), " HTTP/1.1\r\n\r\n"),
        absl::StrCat("GET / HTTP/1.1\r\n", std::string(100'000, 'a'))}) {
    EXPECT_THAT(Ask(nonsense), Not(HasSubstr(" 200 "))) << nonsense.substr(0, 40);
  }
  EXPECT_THAT(Get("/hello"), StartsWith("HTTP/1.1 200 "));
}

// Those who are silent or slow give way to those who ask.
TEST_F(HttpServerTest, WhoSaysNothingKeepsNobodyFromAsking) {
  Serve("127.0.0.1:0", {.connections = 4});
  std::vector<std::unique_ptr<TcpClient>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(std::make_unique<TcpClient>(server_->bound_address()));
    // Slow is no better.
    if (i % 2 == 0) silent.back()->Send("GET /hello HT");
  }
  EXPECT_THAT(Get("/hello"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, WhoSaysNothingIsClosed) {
  Serve("127.0.0.1:0", {.request_timeout = std::chrono::milliseconds(50)});
  TcpClient silent(server_->bound_address());
  EXPECT_EQ(silent.ReadToEnd(), HowEnded::kClean);
}

// Whoever does not take the answer is closed as well, and a large one arrives whole.
TEST_F(HttpServerTest, LargeAnswersArriveWhole) {
  const std::string large(10'000'000, 'x');
  auto server = HttpServer::Start(*net::Address::Parse("[::1]:0"),
                                  {{"/large", [&] { return HttpResponse{.body = large}; }}},
                                  {.answer_timeout = std::chrono::seconds(5)});
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string request = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";
  TcpClient reader((*server)->bound_address());
  reader.Send(request);
  EXPECT_EQ(reader.ReadToEnd(), HowEnded::kClean);
  EXPECT_THAT(reader.bytes(), ::testing::EndsWith("\r\n\r\n" + large));
}

TEST_F(HttpServerTest, StopsWhileSomebodyIsConnected) {
  Serve();
  TcpClient client(server_->bound_address());
  client.Send("GET /hello");
  const absl::Time begin = absl::Now();
  server_.reset();
  EXPECT_LT(absl::Now() - begin, absl::Seconds(1));
}

TEST_F(HttpServerTest, AnAddressThatIsTakenIsRefusedWithTheReason) {
  Serve();
  const auto second = HttpServer::Start(server_->bound_address(), {}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("Address already in use"));
}

}  // namespace
}  // namespace greeter::observe
