// A data plane that binds nothing: says that every listener listens, except as a test wants it.

#ifndef GREETER_TESTS_SUPPORT_FAKE_DATA_PLANE_H_
#define GREETER_TESTS_SUPPORT_FAKE_DATA_PLANE_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "control/data_plane.h"

namespace greeter::testing {

// Any thread, but for the methods that the controller calls.
class FakeDataPlane final : public control::DataPlane {
 public:
  // From now on this address can't be bound (or can again).
  void Refuse(const std::string& address);
  void Allow(const std::string& address);
  // What every listener's counts say.
  void SetAccepted(uint64_t accepted);
  // From now on the counts are different at every reading.
  void CountEveryReading();
  uint64_t accepted() const;
  // Adds that many bytes to every listener's status.
  void PadStatus(size_t bytes);
  // Prepare() waits from now on, until Release().
  void Block();
  void Release();
  // Waits until a change waits in Prepare(). False after `seconds`.
  bool WaitUntilBlocked(int seconds);

  std::vector<control::FieldViolation> Check(const api::Config& config) const override;
  std::unique_ptr<Preparation> Prepare(const api::Config& config) override;
  void Activate(std::unique_ptr<Preparation> preparation, uint64_t revision) override;
  std::vector<api::ListenerStatus> Observe() const override;
  api::ConnectionCounts Counts(const std::string& listener) const override;

 private:
  struct Prepared;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> refused_;
  mutable uint64_t accepted_ = 0;
  bool count_every_reading_ = false;
  size_t padding_ = 0;
  bool blocked_ = false;
  bool waiting_ = false;

  // Owned by the controller thread.
  std::vector<api::ListenerStatus> observed_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_SUPPORT_FAKE_DATA_PLANE_H_
