#include "observe/observatory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "observe/page.h"
#include "observe/status_document.h"
#include "spdlog/spdlog.h"

namespace greeter::observe {
namespace {

HttpResponse Verdict(bool good) {
  return {.status = good ? 200 : 503, .body = good ? "ok\n" : "no\n"};
}

absl::StatusOr<std::unique_ptr<HttpServer>> Serve(const Observatory::Options& options,
                                                  HttpServer::Routes routes) {
  const absl::StatusOr<net::Address> address = net::Address::Parse(options.address);
  if (!address.ok()) return address.status();
  if (address->is_unix())
    return absl::InvalidArgumentError("a unix socket won't do; write HOST:PORT");
  if (!address->is_loopback()) {
    spdlog::warn(
        "--http {}: whoever reaches it may read metrics, addresses, messages, and who changed them",
        options.address);
  }
  return HttpServer::Start(*address, std::move(routes), options.http);
}

}  // namespace

Observatory::Observatory(Sources sources)
    : sources_(std::move(sources)), metrics_(sources_), changes_(sources_.controller) {}

absl::StatusOr<std::unique_ptr<Observatory>> Observatory::Open(Sources sources,
                                                               const Options& options) {
  std::unique_ptr<Observatory> observatory(new Observatory(std::move(sources)));
  if (options.address == kNone) return observatory;
  absl::StatusOr<std::unique_ptr<HttpServer>> http = Serve(options, observatory->Routes());
  if (http.ok()) {
    observatory->http_ = *std::move(http);
  } else if (options.is_default) {
    spdlog::warn("no metrics and no status page: {}; choose another --http",
                 std::string(http.status().message()));
  } else {
    return absl::Status(http.status().code(), absl::StrCat("--http: ", http.status().message()));
  }
  return observatory;
}

std::string Observatory::url() const {
  return http_ == nullptr ? "" : absl::StrCat("http://", http_->bound_address().ToString(), "/");
}

HttpServer::Routes Observatory::Routes() {
  return {
      {"/", [] { return Page(); }},
      {"/livez", [this] { return Verdict(sources_.alive()); }},
      {"/metrics",
       [this] {
         return HttpResponse{.content_type = Metrics::kContentType, .body = metrics_.Text()};
       }},
      {"/readyz", [this] { return Verdict(sources_.serving()); }},
      {"/status.json", [this] { return Status(); }},
  };
}

HttpResponse Observatory::Status() {
  std::string document = StatusDocument(sources_, changes_);
  if (document.empty()) return {.status = 503, .body = "starting\n"};
  return {.content_type = "application/json", .body = std::move(document)};
}

}  // namespace greeter::observe
