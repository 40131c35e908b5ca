#include "fleet/write_requests.h"

#include "absl/strings/str_cat.h"
#include "fleet/keys.h"
#include "fleet/stored_record.h"

namespace greeter::fleet {
namespace {

namespace pb = ::etcdserverpb;

void Compare(const std::string& key, int64_t mod_revision, pb::TxnRequest* request) {
  pb::Compare& unchanged = *request->add_compare();
  unchanged.set_target(pb::Compare::MOD);
  unchanged.set_key(key);
  unchanged.set_mod_revision(mod_revision);
}

void Put(const std::string& key, const std::string& value, pb::TxnRequest* request) {
  pb::PutRequest& put = *request->add_success()->mutable_request_put();
  put.set_key(key);
  put.set_value(value);
}

// Without `end` the key alone.
void Delete(const std::string& key, const std::string& end, pb::TxnRequest* request) {
  pb::DeleteRangeRequest& forget = *request->add_success()->mutable_request_delete_range();
  forget.set_key(key);
  forget.set_range_end(end);
}

// What compares `config` and, should that fail, reads it.
pb::TxnRequest Begin(const std::string& fleet, const control::Record& record, int64_t base) {
  pb::TxnRequest request;
  Compare(ConfigKey(fleet), base, &request);
  for (const std::string& key : {ConfigKey(fleet), RevisionKey(fleet, record.revision.number())}) {
    request.add_failure()->mutable_request_range()->set_key(key);
  }
  return request;
}

}  // namespace

pb::TxnRequest RecordRequest(const std::string& fleet, const control::Record& record, int64_t base,
                             size_t history) {
  const uint64_t number = record.revision.number();
  const std::string value = Encode(record);
  pb::TxnRequest request = Begin(fleet, record, base);
  Put(ConfigKey(fleet), value, &request);
  Put(RevisionKey(fleet, number), value, &request);
  if (number > history) {
    Delete(RevisionKey(fleet, 0), RevisionKey(fleet, number - history + 1), &request);
  }
  if (base == 0) {
    Delete(FounderKey(fleet), "", &request);
    Delete(RevisionKey(fleet, number + 1), RevisionKey(fleet, UINT64_MAX), &request);
  }
  return request;
}

absl::Status CheckSize(const control::Record& record, const pb::TxnRequest& request) {
  if (request.ByteSizeLong() <= kMostInRequest) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the Config is too large for a fleet: it takes ", record.config.ByteSizeLong() >> 10,
      " KiB, and etcd keeps at most ", kMostInRequest >> 11, " KiB"));
}

pb::TxnRequest ClaimRequest(const std::string& fleet, const control::Record& record, int64_t over) {
  pb::TxnRequest request = CarryRequest(fleet, record, over);
  Delete(RevisionKey(fleet, 0), RevisionKey(fleet, UINT64_MAX), &request);
  request.add_failure()->mutable_request_range()->set_key(FounderKey(fleet));
  return request;
}

const mvccpb::KeyValue* OtherClaim(const pb::TxnResponse& answer) {
  const pb::RangeResponse& range = answer.responses(2).response_range();
  return range.kvs_size() == 0 ? nullptr : &range.kvs(0);
}

pb::TxnRequest CarryRequest(const std::string& fleet, const control::Record& record,
                            int64_t claim) {
  pb::TxnRequest request = Begin(fleet, record, /*base=*/0);
  Compare(FounderKey(fleet), claim, &request);
  Put(FounderKey(fleet), record.write_id, &request);
  return request;
}

void AddOlder(const std::string& fleet, const control::Record& older, pb::TxnRequest* request) {
  Put(RevisionKey(fleet, older.revision.number()), Encode(older), request);
}

void EndFounding(const std::string& fleet, int64_t claim, pb::TxnRequest* request) {
  Compare(FounderKey(fleet), claim, request);
}

bool MayBeDone(const absl::Status& status) {
  return absl::IsDeadlineExceeded(status) || absl::IsCancelled(status);
}

bool HasRecorded(const pb::TxnResponse& answer, const control::Record& record) {
  if (answer.succeeded()) return true;
  const pb::RangeResponse& range = answer.responses(1).response_range();
  if (range.kvs_size() == 0) return false;
  const auto stored = Decode(range.kvs(0).key(), range.kvs(0).value());
  return stored.ok() && stored->write_id == record.write_id;
}

}  // namespace greeter::fleet
