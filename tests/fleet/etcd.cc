#include "fleet/etcd.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

// A peer that nobody ever asks: there is one member.
constexpr char kPeer[] = "http://127.0.0.1:1";

}  // namespace

Etcd::Etcd() : Etcd(Options()) {}

Etcd::Etcd(Options options)
    : Etcd(std::move(options), {"default", kPeer, absl::StrCat("default=", kPeer)}) {
  Start();
}

Etcd::Etcd(Options options, Member member)
    : options_(std::move(options)), member_(std::move(member)) {
  std::string directory = (std::filesystem::temp_directory_path() / "greeter-etcd.XXXXXX").string();
  directory_ = mkdtemp(directory.data());
}

std::vector<std::unique_ptr<Etcd>> Etcd::StartCluster(const std::vector<std::string>& peers) {
  std::vector<std::string> members;
  for (size_t i = 0; i < peers.size(); ++i) {
    members.push_back(absl::StrCat("member", i, "=http://", peers[i]));
  }
  std::vector<std::unique_ptr<Etcd>> cluster;
  for (size_t i = 0; i < peers.size(); ++i) {
    cluster.emplace_back(new Etcd({}, {absl::StrCat("member", i), absl::StrCat("http://", peers[i]),
                                       absl::StrJoin(members, ",")}));
    cluster.back()->Launch();
  }
  for (const std::unique_ptr<Etcd>& member : cluster) member->AwaitServing();
  return cluster;
}

Etcd::~Etcd() {
  process_.reset();
  std::filesystem::remove_all(directory_);
}

std::string Etcd::data() const { return absl::StrCat(directory_, "/data", restored_); }

void Etcd::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

void Etcd::Start() {
  Launch();
  AwaitServing();
}

void Etcd::Launch() {
  const Tls& tls = options_.tls;
  const std::string url = absl::StrCat(tls.cert.empty() ? "http://" : "https://",
                                       address_.empty() ? options_.host + ":0" : address_);
  // What nobody ever asks, for there is one member, gets any port.
  const std::string peers = member_.url == kPeer ? "http://127.0.0.1:0" : member_.url;
  Command command = {{"etcd", "--logger=zap", "--log-outputs=stderr", "--data-dir", data(),
                      "--name", member_.name, "--listen-client-urls", url,
                      "--advertise-client-urls", url, "--listen-peer-urls", peers,
                      "--initial-advertise-peer-urls", member_.url, "--initial-cluster",
                      member_.cluster, "--initial-cluster-token", token_}};
  const auto add = [&](const std::string& option, const std::string& value) {
    command.arguments.insert(command.arguments.end(), {option, value});
  };
  if (options_.quota_bytes > 0) {
    add("--quota-backend-bytes", absl::StrCat(options_.quota_bytes));
  }
  if (!tls.cert.empty()) {
    add("--cert-file", tls.cert);
    add("--key-file", tls.key);
  }
  if (!tls.ca.empty()) {
    add("--trusted-ca-file", tls.ca);
    command.arguments.emplace_back("--client-cert-auth");
  }
  process_ = std::make_unique<Process>(command);
}

void Etcd::AwaitServing() {
  ASSERT_TRUE(process_->WaitForErr("serving client traffic")) << process_->err();
  const std::string before = R"("address":")";
  const std::string log = process_->err();
  const size_t begin = log.find(before, log.find("serving client traffic")) + before.size();
  address_ = log.substr(begin, log.find('"', begin) - begin);
}

std::string Etcd::Ctl(const std::vector<std::string>& arguments, const std::string& input) const {
  const Finished finished = TryCtl(arguments, input);
  EXPECT_EQ(finished.code, 0) << finished;
  return finished.out;
}

Finished Etcd::TryCtl(const std::vector<std::string>& arguments, const std::string& input) const {
  const Tls& tls = options_.tls;
  std::vector<std::string> all = {"etcdctl", "--endpoints"};
  all.push_back(absl::StrCat(tls.cert.empty() ? "http://" : "https://", address_));
  if (auth_) all.emplace_back("--user=root:root");
  if (!tls.ca.empty()) {
    all.insert(all.end(), {"--cacert", tls.ca, "--cert", tls.cert, "--key", tls.key});
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunProgram({.arguments = all, .environment = {{"ETCDCTL_API", "3"}}, .input = input});
}

int64_t Etcd::StatusField(const std::string& field) const {
  const std::string status = Ctl({"endpoint", "status", "-w", "json"});
  const std::string before = absl::StrCat("\"", field, "\":");
  const size_t begin = status.find(before);
  if (begin == std::string::npos) return 0;
  // Identities are unsigned, and as good as numbers with a sign for being compared.
  return static_cast<int64_t>(strtoull(status.c_str() + begin + before.size(), nullptr, 10));
}

bool Etcd::IsLeader() const { return StatusField("leader") == StatusField("member_id"); }

int64_t Etcd::Revision() const { return StatusField("revision"); }

void Etcd::EnableAuth() {
  Ctl({"user", "add", "root:root"});
  Ctl({"user", "grant-role", "root", "root"});
  Ctl({"user", "add", "greeter:secret"});
  Ctl({"role", "add", "greeter"});
  Ctl({"role", "grant-permission", "greeter", "--prefix=true", "readwrite", "/greeter/"});
  Ctl({"user", "grant-role", "greeter", "greeter"});
  Ctl({"auth", "enable"});
  auth_ = true;
}

void Etcd::SaveSnapshot(const std::string& file) const { Ctl({"snapshot", "save", file}); }

void Etcd::RestoreSnapshot(const std::string& file, const std::string& token) {
  ++restored_;
  token_ = token;
  Ctl({"snapshot", "restore", file, "--data-dir", data(), "--name", member_.name,
       "--initial-cluster", member_.cluster, "--initial-advertise-peer-urls", member_.url,
       "--initial-cluster-token", token});
  Start();
}

}  // namespace greeter::testing
