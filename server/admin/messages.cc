#include "admin/messages.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/utf8.h"
#include "control/field_violation.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "grpcpp/impl/codegen/proto_utils.h"

namespace greeter::admin {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// As many as protobuf itself descends into.
constexpr int kMaxDepth = 100;

void FindInvalidText(const UnknownFieldSet& fields, const Descriptor& type, absl::string_view path,
                     int depth, std::vector<control::FieldViolation>* violations) {
  std::vector<int> seen(static_cast<size_t>(type.field_count()), 0);
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    const FieldDescriptor* known = type.FindFieldByNumber(field.number());
    if (known == nullptr || field.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    std::string name = absl::StrCat(path, path.empty() ? "" : ".", std::string(known->name()));
    if (known->is_repeated()) {
      absl::StrAppend(&name, "[", seen[static_cast<size_t>(known->index())]++, "]");
    }
    const std::string& bytes = field.length_delimited();
    if (known->type() == FieldDescriptor::TYPE_MESSAGE && depth < kMaxDepth) {
      UnknownFieldSet nested;
      if (nested.ParseFromString(bytes)) {
        FindInvalidText(nested, *known->message_type(), name, depth + 1, violations);
      }
    } else if (known->type() == FieldDescriptor::TYPE_STRING) {
      const std::optional<size_t> at = base::FirstInvalidUtf8(bytes);
      if (!at.has_value()) continue;
      const bool greeting_text = known->full_name() == "greeter.admin.v1.Greeting.text";
      violations->push_back(
          {name,
           absl::StrFormat("is not UTF-8: byte 0x%02X at offset %d begins no valid character%s",
                           static_cast<unsigned char>(bytes[*at]), *at,
                           greeting_text ? "; use \"raw\" for bytes that are no text" : "")});
    }
  }
}

std::string Flatten(const grpc::ByteBuffer& bytes) {
  std::string flat;
  flat.reserve(bytes.Length());
  std::vector<grpc::Slice> slices;
  if (!bytes.Dump(&slices).ok()) return flat;
  for (const grpc::Slice& slice : slices) {
    flat.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return flat;
}

}  // namespace

absl::Status Decode(const grpc::ByteBuffer& bytes, google::protobuf::Message* request) {
  const std::string flat = Flatten(bytes);
  const Descriptor& type = *request->GetDescriptor();
  // Before protobuf parses: it would write a line of its own to stderr for each such string.
  std::vector<control::FieldViolation> violations;
  {
    // Gone before there is a second copy.
    UnknownFieldSet fields;
    if (fields.ParseFromString(flat)) FindInvalidText(fields, type, "", 0, &violations);
  }
  if (!violations.empty()) return control::InvalidArgument(violations);
  if (!request->ParseFromString(flat)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request is no ", std::string(type.full_name()), ": its ", flat.size(),
                     " bytes do not parse; the client was built from another .proto"));
  }
  return absl::OkStatus();
}

grpc::ByteBuffer Encode(const google::protobuf::Message& response) {
  const std::string flat = response.SerializeAsString();
  const grpc::Slice slice(flat.data(), flat.size());
  return {&slice, 1};
}

}  // namespace greeter::admin
