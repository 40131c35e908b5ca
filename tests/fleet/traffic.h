// Who changes a fleet's greeting, who watches its replicas and who is greeted by them, all the
// time, with a journal of it. A change's comment is the greeting that it makes.

#ifndef GREETER_TESTS_FLEET_TRAFFIC_H_
#define GREETER_TESTS_FLEET_TRAFFIC_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "fleet/journal.h"
#include "greeter/admin/v1/admin.grpc.pb.h"

namespace greeter::testing {

namespace api = ::greeter::admin::v1;

// One replica of the fleet, as others know it. Any thread.
class Target {
 public:
  // `admin` stays the same when it is started again. `enter` brings a thread to where its clients
  // are.
  Target(std::string name, std::string admin, std::function<void()> enter);

  const std::string& name() const { return name_; }
  const std::string& admin() const { return admin_; }
  void Enter() const { enter_(); }
  api::GreeterAdminService::Stub& stub() { return *stub_; }

  // It serves at `address`.
  void Serve(const std::string& address);
  // It is about to be harmed: nobody need be greeted until the next Serve().
  void Fail();
  // Where it serves; empty while it need not. `since` grows with each of the calls above.
  std::string address(uint64_t* since) const;
  // It greets, but who changes something there has to wait for an answer.
  void CutOff(bool cut_off) { cut_off_ = cut_off; }
  // Whether it answers changes soon, as far as is known.
  bool takes_changes() const;

 private:
  // Constant after construction.
  const std::string name_;
  const std::string admin_;
  const std::function<void()> enter_;
  const std::unique_ptr<api::GreeterAdminService::Stub> stub_;

  std::atomic<bool> cut_off_ = false;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::string address_;
  uint64_t since_ = 0;
};

// Runs as many threads as there are replicas, twice, and those who change. Owned by one thread.
class Traffic {
 public:
  // Both outlive it.
  Traffic(std::vector<Target*> replicas, Journal* journal);
  ~Traffic();

  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  // Nobody changes anything from when this returns until Resume().
  void PauseChanges();
  void ResumeChanges();

 private:
  void Change(int writer);
  void Watch(Target* replica);
  void BeGreeted(Target* replica);

  // Constant after construction.
  const std::vector<Target*> replicas_;
  Journal* const journal_;

  std::atomic<bool> stopping_ = false;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false;
  int changing_ = 0;

  std::vector<std::thread> threads_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_FLEET_TRAFFIC_H_
