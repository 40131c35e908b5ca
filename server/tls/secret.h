// A text that nobody is to find in memory once it has been used: a private key's.

#ifndef GREETER_TLS_SECRET_H_
#define GREETER_TLS_SECRET_H_

#include <openssl/crypto.h>

#include <string>
#include <utility>

namespace greeter::tls {

// A value. What it holds is wiped when it is destroyed, assigned to or moved from; what `text` was
// copied from is the business of whoever did.
class Secret {
 public:
  Secret() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): any text may be one
  Secret(std::string text) : text_(std::move(text)) {}
  ~Secret() { Wipe(); }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.Wipe(); }
  Secret& operator=(const Secret& other) { return *this = Secret(other); }
  Secret& operator=(Secret&& other) noexcept {
    text_.swap(other.text_);
    other.Wipe();
    return *this;
  }

  const std::string& text() const { return text_; }

 private:
  void Wipe() {
    OPENSSL_cleanse(text_.data(), text_.size());
    text_.clear();
  }

  std::string text_;
};

}  // namespace greeter::tls

#endif  // GREETER_TLS_SECRET_H_
