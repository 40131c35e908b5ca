// The transactions that a fleet is written with. If what one compares does not hold, it changes
// nothing, and its answer has two ranges: the key `config`, and the key of the revision that is
// written.
//
// How a fleet begins with the history of its founder, who writes in many transactions, while
// another may want to be the founder: who claims to be it puts the key `founder` and takes away
// what an earlier one left; each transaction compares that nobody else has put it since, and puts
// it again, which shows that its owner is alive; and the last one puts `config`, with which there
// is nothing more to claim. So a founder who dies on the way leaves nothing that counts, and of two
// only one gets to the end.

#ifndef GREETER_FLEET_WRITE_REQUESTS_H_
#define GREETER_FLEET_WRITE_REQUESTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "control/config_store.h"
#include "etcd/rpc.pb.h"

namespace greeter::fleet {

// Less than etcd's own default, which is 1.5 MiB, and its most operations.
inline constexpr size_t kMostInRequest = size_t{1500} << 10;
inline constexpr int kMostOperations = 128;

// Records a change, if `config` still is of the mod_revision `base`, and forgets all but the newest
// `history` revisions. What begins a fleet (`base` is 0) takes away what a founder left who did not
// get to the end.
etcdserverpb::TxnRequest RecordRequest(const std::string& fleet, const control::Record& record,
                                       int64_t base, size_t history);

// RESOURCE_EXHAUSTED if `request`, which records `record`, is more than etcd takes.
absl::Status CheckSize(const control::Record& record, const etcdserverpb::TxnRequest& request);

// Claims to be the founder of a fleet that is to begin with `record`, unless it has begun, or
// another has claimed so: the claim at the mod_revision `over` is taken over; 0: there is to be
// none. Its answer, if it does not succeed, has a third range: the key `founder`.
etcdserverpb::TxnRequest ClaimRequest(const std::string& fleet, const control::Record& record,
                                      int64_t over);

// The claim that stands in the way, by that answer; null: none.
const mvccpb::KeyValue* OtherClaim(const etcdserverpb::TxnResponse& answer);

// For a founder whose claim was put last at the revision `claim`: begins what carries older
// revisions along, or turns `request`, of RecordRequest(), into what ends the founding.
etcdserverpb::TxnRequest CarryRequest(const std::string& fleet, const control::Record& record,
                                      int64_t claim);
void AddOlder(const std::string& fleet, const control::Record& older,
              etcdserverpb::TxnRequest* request);
void EndFounding(const std::string& fleet, int64_t claim, etcdserverpb::TxnRequest* request);

// Whether a request with that outcome may have been carried out all the same, or may yet be.
bool MayBeDone(const absl::Status& status);

// For the answer to one of these requests about `record`: whether etcd has just that record; if the
// request has not succeeded, of an attempt whose answer was lost.
bool HasRecorded(const etcdserverpb::TxnResponse& answer, const control::Record& record);

}  // namespace greeter::fleet

#endif  // GREETER_FLEET_WRITE_REQUESTS_H_
