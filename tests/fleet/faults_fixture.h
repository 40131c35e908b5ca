// A fleet that is changed at each of its replicas and greets clients all the time, and what may
// happen to it.
//
// One thread.

#ifndef GREETER_TESTS_FLEET_FAULTS_FIXTURE_H_
#define GREETER_TESTS_FLEET_FAULTS_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fleet/etcd.h"
#include "fleet/fleet_fixture.h"
#include "fleet/journal.h"
#include "fleet/tcp_proxy.h"
#include "fleet/traffic.h"
#include "gtest/gtest.h"
#include "support/far_network.h"

namespace greeter::testing {

inline constexpr size_t kReplicas = 3;
// Of an etcd that is Setting::kSmall.
inline constexpr int64_t kQuota = 16 << 20;

class FaultsTest;

// What etcd is, and how the last replica reaches it.
enum class Setting { kOneMember, kThreeMembers, kBehindProxy, kFarAway, kSmall };

struct Fault {
  std::string name;
  Setting setting;
  // Does the harm and mends it.
  void (*round)(FaultsTest&);
  int rounds = 1;
};

inline std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.name; }

class FaultsTest : public FleetTest, public ::testing::WithParamInterface<Fault> {
 public:
  void KillTheLeader();
  void LoseTheMajority();
  void KillAReplica();
  void PauseAReplica();
  void CutTheNetwork();
  void CompactWhileCut();
  void RestoreABackup();
  void Defragment();
  void FillIt();

 protected:
  void SetUp() override;
  void TearDown() override;

  // All replicas have the newest revision within kSoon of now, when the last harm was mended; and
  // the journal goes together.
  void ExpectAgreement();
  void CheckJournal();
  // Waits for so many more changes.
  void AwaitChanges(uint64_t count);

  Journal journal_;
  std::unique_ptr<Traffic> traffic_;
  absl::Duration slowest_;

 private:
  void StartReplica(size_t i);
  static bool Has(Target& replica, uint64_t revision);
  // Whether all replicas have the fleet's newest revision.
  bool AreEqual();
  // As many as have a record in etcd.
  size_t LiveReplicas();
  // Asks the first replica.
  absl::StatusOr<Revisions> History();
  Etcd& etcd() { return *etcd_.front(); }

  std::unique_ptr<FarNetwork> network_;
  std::vector<std::unique_ptr<Etcd>> etcd_;
  std::unique_ptr<TcpProxy> proxy_;
  std::vector<Greeter*> greeters_;
  std::vector<std::unique_ptr<Target>> replicas_;
  size_t victim_ = 0;
  int restored_ = 0;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_FLEET_FAULTS_FIXTURE_H_
