#include "store/revision_row.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"

namespace greeter::store {
namespace {

// Columns of kRecordColumns.
enum Column : int { kNumber, kTime, kAuthor, kAction, kComment, kConfig, kHash, kFile, kChecksum };

// The bytes of one record in one order; lengths keep neighbours apart.
class Checksum {
 public:
  Checksum& Add(absl::string_view text) {
    Add(text.size());
    for (const char c : text) AddByte(static_cast<uint8_t>(c));
    return *this;
  }
  Checksum& Add(uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) AddByte(static_cast<uint8_t>(number >> shift));
    return *this;
  }
  // SQLite's integers are signed.
  int64_t value() const { return static_cast<int64_t>(hash_); }

 private:
  void AddByte(uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001B3; }

  uint64_t hash_ = 0xCBF29CE484222325;
};

int64_t ChecksumOf(const control::Record& record, absl::string_view time,
                   absl::string_view config) {
  Checksum checksum;
  checksum.Add(record.revision.number())
      .Add(time)
      .Add(record.revision.author())
      .Add(record.revision.action())
      .Add(record.revision.comment())
      .Add(config);
  if (record.file.has_value()) checksum.Add(record.file->hash).Add(record.file->revision);
  return checksum.value();
}

absl::Status Damaged(int64_t number, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("revision ", number, " is damaged: ", what));
}

}  // namespace

absl::Status InsertRow(Database& database, const control::Record& record) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string config;
  const auto printed = google::protobuf::util::MessageToJsonString(record.config, &config, options);
  if (!printed.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the Config can't be written as JSON: ", std::string(printed.message())));
  }
  const std::string time = google::protobuf::util::TimeUtil::ToString(record.revision.time());
  Statement insert(database, absl::StrCat("INSERT INTO revisions (", kRecordColumns,
                                          ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.Bind(static_cast<int64_t>(record.revision.number()))
      .Bind(time)
      .Bind(record.revision.author())
      .Bind(record.revision.action())
      .Bind(record.revision.comment())
      .Bind(config);
  if (record.file.has_value()) {
    insert.Bind(record.file->hash).Bind(static_cast<int64_t>(record.file->revision));
  } else {
    insert.BindNull().BindNull();
  }
  return insert.Bind(ChecksumOf(record, time, config)).Run();
}

absl::StatusOr<api::Revision> ReadRevision(const Statement& row) {
  api::Revision revision;
  revision.set_number(static_cast<uint64_t>(row.Int(kNumber)));
  revision.set_author(row.Text(kAuthor));
  revision.set_action(row.Text(kAction));
  revision.set_comment(row.Text(kComment));
  const std::string time = row.Text(kTime);
  if (!google::protobuf::util::TimeUtil::FromString(time, revision.mutable_time())) {
    return Damaged(row.Int(kNumber), absl::StrCat("\"", time, "\" is no time"));
  }
  return revision;
}

absl::StatusOr<control::Record> ReadRecord(const Statement& row) {
  absl::StatusOr<api::Revision> revision = ReadRevision(row);
  if (!revision.ok()) return revision.status();
  control::Record record;
  record.revision = *std::move(revision);
  if (!row.IsNull(kHash)) {
    record.file = control::AppliedFile{row.Text(kHash), static_cast<uint64_t>(row.Int(kFile))};
  }
  const std::string config = row.Text(kConfig);
  if (row.Int(kChecksum) != ChecksumOf(record, row.Text(kTime), config)) {
    return Damaged(row.Int(kNumber), "its checksum does not match");
  }
  const auto parsed = google::protobuf::util::JsonStringToMessage(config, &record.config);
  if (!parsed.ok()) {
    // Its checksum matches: nothing is damaged, another version wrote what this one does not know.
    return absl::FailedPreconditionError(absl::StrCat(
        "revision ", row.Int(kNumber), " was recorded by another version of greeterd (",
        std::string(parsed.message()), "); start that one"));
  }
  return record;
}

absl::StatusOr<std::optional<control::Record>> ReadNewest(Database& database) {
  Statement select(database, absl::StrCat("SELECT ", kRecordColumns,
                                          " FROM revisions ORDER BY number DESC LIMIT 1"));
  const absl::StatusOr<bool> row = select.Step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  absl::StatusOr<control::Record> record = ReadRecord(select);
  if (!record.ok()) return record.status();
  return *std::move(record);
}

}  // namespace greeter::store
