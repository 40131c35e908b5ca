#include "fleet/traffic.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "support/tcp_client.h"

namespace greeter::testing {
namespace {

constexpr int kWriters = 8;
// Of each writer, while it does not have to wait for answers.
constexpr absl::Duration kBetweenChanges = absl::Milliseconds(60);
// Of so many changes that would go to a replica that is harmed, one does: its writer waits long.
constexpr uint64_t kToTheHarmed = 8;
constexpr absl::Duration kAnswerTime = absl::Seconds(1);
constexpr absl::Duration kBetweenGreetings = absl::Milliseconds(10);
constexpr absl::Duration kLook = absl::Milliseconds(20);

std::unique_ptr<api::GreeterAdminService::Stub> StubOf(const std::string& admin) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  return api::GreeterAdminService::NewStub(
      grpc::CreateCustomChannel(admin, grpc::InsecureChannelCredentials(), arguments));
}

absl::Status ToStatus(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

void SetDeadline(grpc::ClientContext& context, absl::Duration from_now) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + from_now));
}

}  // namespace

Target::Target(std::string name, std::string admin, std::function<void()> enter)
    : name_(std::move(name)),
      admin_(std::move(admin)),
      enter_(std::move(enter)),
      stub_(StubOf(admin_)) {}

void Target::Serve(const std::string& address) {
  const std::lock_guard lock(mutex_);
  address_ = address;
  ++since_;
}

void Target::Fail() { Serve(""); }

std::string Target::address(uint64_t* since) const {
  const std::lock_guard lock(mutex_);
  *since = since_;
  return address_;
}

bool Target::takes_changes() const {
  const std::lock_guard lock(mutex_);
  return !address_.empty() && !cut_off_;
}

Traffic::Traffic(std::vector<Target*> replicas, Journal* journal)
    : replicas_(std::move(replicas)), journal_(journal) {
  for (Target* const replica : replicas_) {
    threads_.emplace_back(&Traffic::Watch, this, replica);
    threads_.emplace_back(&Traffic::BeGreeted, this, replica);
  }
  for (int writer = 0; writer < kWriters; ++writer) {
    threads_.emplace_back(&Traffic::Change, this, writer);
  }
}

Traffic::~Traffic() {
  stopping_ = true;
  ResumeChanges();
  for (std::thread& thread : threads_) thread.join();
}

void Traffic::PauseChanges() {
  std::unique_lock lock(mutex_);
  paused_ = true;
  changed_.wait(lock, [&] { return changing_ == 0; });
}

void Traffic::ResumeChanges() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  changed_.notify_all();
}

void Traffic::Change(int writer) {
  std::minstd_rand random(static_cast<unsigned>(writer + 1));
  // The newest that this writer has heard of.
  uint64_t known = 0;
  for (uint64_t n = 0; !stopping_; ++n) {
    const absl::Time next = absl::Now() + kBetweenChanges;
    size_t chosen = random() % replicas_.size();
    if (n % kToTheHarmed != 0 && !replicas_[chosen]->takes_changes()) {
      chosen = (chosen + 1) % replicas_.size();
    }
    Target& replica = *replicas_[chosen];
    api::SetMessageRequest request;
    const std::string text = absl::StrCat("change ", n, " of writer ", writer);
    request.mutable_greeting()->set_text(text);
    request.mutable_change()->set_comment(text);
    // Every other insists on what it knows, and so loses when another was faster.
    if (n % 2 == 0) request.mutable_change()->set_expected_revision(known);
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !paused_; });
      ++changing_;
    }
    grpc::ClientContext context;
    SetDeadline(context, kAnswerTime);
    api::SetMessageResponse response;
    const absl::Status answer = ToStatus(replica.stub().SetMessage(&context, request, &response));
    journal_->Changed(text, answer);
    if (answer.ok()) known = response.revision().number();
    {
      const std::lock_guard lock(mutex_);
      --changing_;
      changed_.notify_all();
    }
    absl::SleepFor(next - absl::Now());
  }
}

void Traffic::Watch(Target* replica) {
  api::WatchStatusRequest request;
  request.mutable_min_interval()->set_nanos(100'000'000);
  while (!stopping_) {
    grpc::ClientContext context;
    // Streams are begun anew now and then, so that this ends.
    SetDeadline(context, kAnswerTime);
    const auto stream = replica->stub().WatchStatus(&context, request);
    api::WatchStatusResponse response;
    while (stream->Read(&response)) {
      journal_->InForce(replica->name(), response.status().revision().number());
    }
    stream->Finish();
    absl::SleepFor(kLook);
  }
}

void Traffic::BeGreeted(Target* replica) {
  replica->Enter();
  while (!stopping_) {
    absl::SleepFor(kBetweenGreetings);
    uint64_t before = 0;
    const std::string address = replica->address(&before);
    if (address.empty()) continue;
    const absl::Time begin = absl::Now();
    const Greeted greeted = Greet(*net::Address::Parse(address));
    uint64_t after = 0;
    replica->address(&after);
    if (greeted.ended == HowEnded::kClean) {
      journal_->Greeted(replica->name(), greeted.bytes, absl::Now() - begin);
    } else if (after == before) {
      journal_->NotGreeted(replica->name(), ::testing::PrintToString(greeted));
    }
  }
}

}  // namespace greeter::testing
