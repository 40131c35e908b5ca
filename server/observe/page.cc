#include "observe/page.h"

#include <sys/random.h>

#include <array>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace greeter::observe {

// From page.html and what belongs to it, by embed.cmake.
extern const unsigned char kPage[];
extern const size_t kPageBytes;

HttpResponse Page() {
  std::array<char, 16> random = {};
  // Never fails, nor gives less, for so few bytes (getrandom(2)).
  [[maybe_unused]] const ssize_t got = getrandom(random.data(), random.size(), 0);
  const std::string nonce = absl::Base64Escape(absl::string_view(random.data(), random.size()));
  const absl::string_view page(reinterpret_cast<const char*>(kPage), kPageBytes);
  return {.content_type = "text/html; charset=utf-8",
          .body = absl::StrReplaceAll(page, {{"@NONCE@", nonce}}),
          .content_security_policy = absl::StrCat(
              "default-src 'none'; script-src 'nonce-", nonce, "'; style-src 'nonce-", nonce,
              "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
              "require-trusted-types-for 'script'; "
              "frame-ancestors 'none'")};
}

}  // namespace greeter::observe
