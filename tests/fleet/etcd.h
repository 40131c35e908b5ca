// A real etcd, or a member of one that has several, in a process of its own, on a port that the
// kernel chose.
//
// Owned by one thread. It dies with the test, and its data with it.

#ifndef GREETER_TESTS_FLEET_ETCD_H_
#define GREETER_TESTS_FLEET_ETCD_H_

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "e2e/addresses.h"
#include "e2e/process.h"

namespace greeter::testing {

class Etcd {
 public:
  // As etcd's options name files in PEM; empty: plaintext.
  struct Tls {
    std::string ca;
    std::string cert;
    std::string key;
  };

  struct Options {
    Tls tls = {};
    // Where it serves. With TLS, one of the certificate's: CertificateAuthority has 127.0.0.1.
    std::string host = OwnHost();
    // How large its database may become; 0: as etcd has it.
    int64_t quota_bytes = 0;
  };

  // Starts it and waits until it serves.
  Etcd();
  explicit Etcd(Options options);
  ~Etcd();

  // The members of one etcd, which find one another at `peers`, free addresses.
  static std::vector<std::unique_ptr<Etcd>> StartCluster(const std::vector<std::string>& peers);

  Etcd(const Etcd&) = delete;
  Etcd& operator=(const Etcd&) = delete;

  // "127.64.12.34:40567"; empty if it did not come up.
  const std::string& address() const { return address_; }

  // SIGKILL, and it is gone.
  void Kill();
  // At the same address, with the same data; of a cluster's, one with which a majority is there.
  void Start();
  // SIGSTOP: it takes connections, and says nothing.
  void Pause() { process_->Signal(SIGSTOP); }
  void Resume() { process_->Signal(SIGCONT); }

  // etcdctl, as root if there is a user of that name. Its standard output; fails the test if it
  // fails.
  std::string Ctl(const std::vector<std::string>& arguments, const std::string& input = "") const;
  // The same of what may fail.
  Finished TryCtl(const std::vector<std::string>& arguments, const std::string& input = "") const;
  // Of a cluster's member.
  bool IsLeader() const;
  // The revision of its keys.
  int64_t Revision() const;
  // Turns authentication on: root, and the user "greeter" with the password "secret", who may read
  // and write below /greeter/.
  void EnableAuth();

  // Writes what it has to `file`, and later begins again with what is there, under another cluster
  // ID if `token` is another.
  void SaveSnapshot(const std::string& file) const;
  void RestoreSnapshot(const std::string& file, const std::string& token = "greeter-test");

 private:
  // As its peers know it.
  struct Member {
    std::string name;
    std::string url;
    // All of them: "a=URL,b=URL".
    std::string cluster;
  };

  // Without starting it.
  Etcd(Options options, Member member);
  void Launch();
  void AwaitServing();
  std::string data() const;
  // What its status has under `field`, a number.
  int64_t StatusField(const std::string& field) const;

  // Constant after construction.
  const Options options_;
  const Member member_;
  std::string directory_;

  std::string address_;
  std::string token_ = "greeter-test";
  int restored_ = 0;
  bool auth_ = false;
  std::unique_ptr<Process> process_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_FLEET_ETCD_H_
