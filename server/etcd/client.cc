#include "etcd/client.h"

#include <chrono>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "etcd/endpoint.h"
#include "etcd/explanation.h"

namespace greeter::etcd {
namespace {

namespace pb = ::etcdserverpb;

constexpr absl::Duration kAfterBreak = absl::Milliseconds(20);

// gRPC counts its deadlines by the system's clock.
std::chrono::system_clock::time_point ToDeadline(absl::Time time) {
  return absl::ToChronoTime(time);
}

// Another endpoint may do better.
bool IsTransient(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

// A connection that was there is not any more.
bool IsBroken(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && MayHaveBeenSent(status);
}

// What a token gets that has expired, or is older than a change of users and roles, or is missing.
bool WantsToken(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
         absl::StrContains(status.error_message(), "revision of auth store is old") ||
         WantsUser(status);
}

grpc::Status ReadPassword(const std::string& file, std::string* password) {
  std::ifstream in(file);
  if (!in || !std::getline(in, *password)) {
    return {grpc::StatusCode::UNAUTHENTICATED,
            absl::StrCat("the password file ", file, " can't be read, or is empty")};
  }
  if (!password->empty() && password->back() == '\r') password->pop_back();
  return grpc::Status::OK;
}

}  // namespace

Client::Client(Options options) : options_(std::move(options)) {
  for (const std::string& address : options_.endpoints) {
    endpoints_.push_back(std::make_unique<Endpoint>(address, options_.tls));
  }
}

Client::~Client() = default;

absl::StatusOr<pb::RangeResponse> Client::Range(const pb::RangeRequest& request) {
  pb::RangeResponse response;
  const absl::Status status = Call([&](Endpoint& endpoint, grpc::ClientContext& context) {
    return endpoint.kv().Range(&context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<pb::TxnResponse> Client::Txn(const pb::TxnRequest& request) {
  pb::TxnResponse response;
  const absl::Status status = Call([&](Endpoint& endpoint, grpc::ClientContext& context) {
    return endpoint.kv().Txn(&context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<Lease> Client::LeaseGrant(absl::Duration ttl) {
  pb::LeaseGrantRequest request;
  request.set_ttl(absl::ToInt64Seconds(absl::Ceil(ttl, absl::Seconds(1))));
  pb::LeaseGrantResponse response;
  const absl::Status status = Call([&](Endpoint& endpoint, grpc::ClientContext& context) {
    return endpoint.lease().LeaseGrant(&context, request, &response);
  });
  if (!status.ok()) return status;
  return Lease{response.id(), absl::Seconds(response.ttl())};
}

absl::Status Client::LeaseKeepAlive(int64_t id) {
  pb::LeaseKeepAliveRequest request;
  request.set_id(id);
  pb::LeaseKeepAliveResponse response;
  absl::Status status = Call([&](Endpoint& endpoint, grpc::ClientContext& context) {
    const auto stream = endpoint.lease().LeaseKeepAlive(&context);
    const bool answered = stream->Write(request) && stream->Read(&response);
    if (answered) context.TryCancel();
    const grpc::Status ended = stream->Finish();
    return answered ? grpc::Status::OK : ended;
  });
  // etcd does not answer with an error.
  if (status.ok() && response.ttl() <= 0) return absl::NotFoundError("etcd has lost the lease");
  return status;
}

absl::Status Client::LeaseRevoke(int64_t id) {
  pb::LeaseRevokeRequest request;
  request.set_id(id);
  pb::LeaseRevokeResponse response;
  const absl::Status status = Call([&](Endpoint& endpoint, grpc::ClientContext& context) {
    return endpoint.lease().LeaseRevoke(&context, request, &response);
  });
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::Status Client::Watch(const pb::WatchCreateRequest& request, absl::Duration at_most,
                           absl::FunctionRef<void(const pb::WatchResponse&)> seen) {
  size_t index = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    index = current_;
  }
  Endpoint& endpoint = *endpoints_[index];
  const absl::Time deadline = absl::Now() + at_most;
  pb::WatchRequest create;
  *create.mutable_create_request() = request;
  pb::WatchResponse last;
  const auto watch = [&](Endpoint& at, grpc::ClientContext& context) {
    // Of a member that is cut off from the others, no news would be taken for none.
    context.AddMetadata("hasleader", "true");
    const auto stream = at.watch().Watch(&context);
    stream->Write(create);
    while (stream->Read(&last)) {
      if (last.canceled()) {
        context.TryCancel();
      } else {
        seen(last);
      }
    }
    return stream->Finish();
  };
  const grpc::Status status = CallAt(endpoint, deadline, watch);
  if (last.canceled() && last.compact_revision() > 0) {
    return absl::OutOfRangeError(absl::StrCat(
        "etcd (", endpoint.address(), ") keeps nothing below revision ", last.compact_revision()));
  }
  // Etcd has the deadline as well, and may be the first to notice: in words of its own (UNKNOWN,
  // "context deadline exceeded"). Whatever else ended it then, is as good as that.
  const bool is_over =
      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED || absl::Now() >= deadline;
  if (is_over) return absl::OkStatus();
  MoveOnFrom(index);
  if (last.canceled()) {
    return absl::UnavailableError(
        absl::StrCat("etcd (", endpoint.address(), ") ended the watch: ", last.cancel_reason()));
  }
  return Refusal(status, endpoint.address(), options_);
}

void Client::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  for (grpc::ClientContext* const context : running_) context->TryCancel();
}

std::string Client::endpoints() const { return absl::StrJoin(options_.endpoints, ", "); }

absl::Status Client::Call(Attempt attempt) {
  const absl::Time deadline = absl::Now() + options_.call_timeout;
  size_t index = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    index = current_;
  }
  bool unknown = false;
  std::vector<std::string> reasons;
  for (size_t left = endpoints_.size(); left > 0; --left) {
    Endpoint& endpoint = *endpoints_[index];
    // One that is silent leaves the others their share of the time.
    const absl::Time now = absl::Now();
    const absl::Time until = now + (deadline - now) / static_cast<double>(left);
    grpc::Status status = CallAt(endpoint, until, attempt);
    if (IsBroken(status)) {
      // gRPC may give a connection that has just died to one call more.
      unknown = true;
      absl::SleepFor(kAfterBreak);
      status = CallAt(endpoint, until, attempt);
    }
    if (status.ok()) return absl::OkStatus();
    // What an earlier endpoint did is not known by what this one says.
    if (!IsTransient(status) && !unknown) return Refusal(status, endpoint.address(), options_);
    unknown = unknown || MayHaveBeenSent(status);
    reasons.push_back(Silence(status, endpoint.address(), options_));
    MoveOnFrom(index);
    index = (index + 1) % endpoints_.size();
  }
  const std::string tried = absl::StrCat("tried ", absl::StrJoin(reasons, ", "));
  if (unknown) return absl::DeadlineExceededError(absl::StrCat("etcd did not answer: ", tried));
  return absl::UnavailableError(absl::StrCat("etcd can't be reached: ", tried));
}

grpc::Status Client::CallAt(Endpoint& endpoint, absl::Time deadline, Attempt attempt) {
  std::string token;
  if (!options_.user.empty()) {
    const grpc::Status status = Authenticate(endpoint, deadline, "", &token);
    if (!status.ok()) return status;
  }
  const grpc::Status status = Run(endpoint, deadline, token, attempt);
  if (options_.user.empty() || !WantsToken(status)) return status;
  const grpc::Status renewed = Authenticate(endpoint, deadline, token, &token);
  return renewed.ok() ? Run(endpoint, deadline, token, attempt) : renewed;
}

grpc::Status Client::Run(Endpoint& endpoint, absl::Time deadline, const std::string& token,
                         Attempt attempt) {
  endpoint.AwaitRecovery(deadline);
  grpc::ClientContext context;
  context.set_deadline(ToDeadline(deadline));
  if (!token.empty()) context.AddMetadata("token", token);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) return {grpc::StatusCode::CANCELLED, "stopping"};
    running_.insert(&context);
  }
  const grpc::Status status = attempt(endpoint, context);
  const std::lock_guard<std::mutex> lock(mutex_);
  running_.erase(&context);
  return stopped_ && !status.ok() ? grpc::Status(grpc::StatusCode::CANCELLED, "stopping") : status;
}

grpc::Status Client::Authenticate(Endpoint& endpoint, absl::Time deadline, const std::string& stale,
                                  std::string* token) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!token_.empty() && token_ != stale) {
      *token = token_;
      return grpc::Status::OK;
    }
  }
  pb::AuthenticateRequest request;
  request.set_name(options_.user);
  grpc::Status status = ReadPassword(options_.password_file, request.mutable_password());
  if (!status.ok()) return status;
  pb::AuthenticateResponse response;
  status = Run(endpoint, deadline, "", [&](Endpoint& at, grpc::ClientContext& context) {
    return at.auth().Authenticate(&context, request, &response);
  });
  // Who may do anything without a user may do it with one.
  if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) return grpc::Status::OK;
  if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT) {
    return {grpc::StatusCode::UNAUTHENTICATED,
            absl::StrCat("the user ", options_.user, " or the password in ", options_.password_file,
                         " is not right: ", status.error_message())};
  }
  if (!status.ok()) return status;
  *token = response.token();
  const std::lock_guard<std::mutex> lock(mutex_);
  token_ = response.token();
  return grpc::Status::OK;
}

void Client::MoveOnFrom(size_t index) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (current_ == index) current_ = (index + 1) % endpoints_.size();
}

}  // namespace greeter::etcd
