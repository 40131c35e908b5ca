// What a connection is sent: payload and ending, as one literal buffer or as a template that is
// rendered for each connection. Immutable, shared by all workers; any thread.

#ifndef GREETER_DATA_PLANE_GREETING_H_
#define GREETER_DATA_PLANE_GREETING_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace greeter::data_plane {

// A rendered greeting is cut at this size, ending included.
inline constexpr size_t kMaxGreetingBytes = size_t{64} * 1024;

enum class Ending { kNone, kLf, kCrLf, kNul };

struct GreetingSpec {
  std::string payload;
  Ending ending = Ending::kNone;
  // Replace ${name} in the payload; see Greeting::Compile().
  bool is_template = false;
};

// What a template can say that is the same for every connection of a listener.
struct TemplateConstants {
  std::string listener;
  std::string hostname;
  std::string server_id;
  // ${label.NAME}.
  std::map<std::string, std::string> labels;
};

// What a template can say about one connection.
class ConnectionFacts {
 public:
  virtual ~ConnectionFacts() = default;
  virtual std::string RemoteAddress() const = 0;
  virtual uint16_t RemotePort() const = 0;
  virtual std::string LocalAddress() const = 0;
  virtual uint16_t LocalPort() const = 0;
  // 1, 2, 3, … over the listener's connections that were greeted by a template with ${connection}.
  virtual uint64_t Number() const = 0;
  virtual uint64_t Revision() const = 0;
};

class Greeting {
 public:
  // INVALID_ARGUMENT for a template with an unknown name (naming the nearest) or an unclosed "${".
  static absl::StatusOr<Greeting> Compile(const GreetingSpec& spec,
                                          const TemplateConstants& constants);

  bool is_literal() const { return segments_.empty(); }

  // All bytes, ending included. Literals only.
  const std::string& literal() const { return literal_; }

  // Writes all bytes for one connection into `buffer`, whose memory is reused. Templates only.
  void Render(const ConnectionFacts& facts, std::string* buffer) const;

 private:
  enum class Variable {
    kNone,
    kRemoteAddr,
    kRemotePort,
    kLocalAddr,
    kLocalPort,
    kConnection,
    kRevision,
    kTime,
  };
  // Text, then the value of a variable.
  struct Segment {
    std::string text;
    Variable variable = Variable::kNone;
  };

  absl::Status CompileVariable(absl::string_view name, const TemplateConstants& constants);
  static void Append(Variable variable, const ConnectionFacts& facts, std::string* buffer);

  // The bytes of a literal. While a template is compiled: the text since its last variable.
  std::string literal_;
  std::vector<Segment> segments_;
  // Of a template; a literal's is part of it.
  std::string ending_;
};

}  // namespace greeter::data_plane

#endif  // GREETER_DATA_PLANE_GREETING_H_
