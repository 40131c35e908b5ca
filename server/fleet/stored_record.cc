#include "fleet/stored_record.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "greeter/fleet/v1/fleet.pb.h"

namespace greeter::fleet {

std::string Encode(const control::Record& record) {
  v1::StoredRevision stored;
  *stored.mutable_revision() = record.revision;
  *stored.mutable_config() = record.config;
  if (record.file.has_value()) {
    stored.mutable_file()->set_hash(record.file->hash);
    stored.mutable_file()->set_revision(record.file->revision);
  }
  stored.set_write_id(record.write_id);
  return stored.SerializeAsString();
}

absl::StatusOr<control::Record> Decode(const std::string& key, const std::string& bytes) {
  v1::StoredRevision stored;
  // Few bytes are no protobuf at all; what is not ours lacks what ours always has.
  if (!stored.ParseFromString(bytes) || stored.revision().number() == 0 || !stored.has_config() ||
      stored.write_id().empty()) {
    return absl::DataLossError(
        absl::StrCat("etcd's key ", key, " holds ", bytes.size(),
                     " bytes that greeterd did not write; delete it (etcdctl del ", key,
                     "), then make any change to record the Config again"));
  }
  control::Record record;
  record.revision = std::move(*stored.mutable_revision());
  record.config = std::move(*stored.mutable_config());
  if (stored.has_file()) {
    record.file = control::AppliedFile{stored.file().hash(), stored.file().revision()};
  }
  record.write_id = std::move(*stored.mutable_write_id());
  return record;
}

}  // namespace greeter::fleet
