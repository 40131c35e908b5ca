#include "fleet/etcd.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace greeter::testing {
namespace {

// A peer that nobody ever asks: there is one member.
constexpr char kPeer[] = "http://127.0.0.1:1";

}  // namespace

Etcd::Etcd(Tls tls) : tls_(std::move(tls)) {
  std::string directory = (std::filesystem::temp_directory_path() / "greeter-etcd.XXXXXX").string();
  directory_ = mkdtemp(directory.data());
  Start();
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
  const std::string url = absl::StrCat(tls_.cert.empty() ? "http://" : "https://",
                                       address_.empty() ? "127.0.0.1:0" : address_);
  Command command = {{"etcd", "--logger=zap", "--log-outputs=stderr", "--data-dir", data(),
                      "--listen-client-urls", url, "--advertise-client-urls", url,
                      "--listen-peer-urls", "http://127.0.0.1:0", "--initial-advertise-peer-urls",
                      kPeer, "--initial-cluster", absl::StrCat("default=", kPeer),
                      "--initial-cluster-token", token_}};
  if (!tls_.cert.empty()) {
    for (const std::string& argument :
         {absl::StrCat("--cert-file=", tls_.cert), absl::StrCat("--key-file=", tls_.key)}) {
      command.arguments.push_back(argument);
    }
    if (!tls_.ca.empty()) {
      command.arguments.insert(command.arguments.end(),
                               {"--client-cert-auth", "--trusted-ca-file", tls_.ca});
    }
  }
  process_ = std::make_unique<Process>(command);
  ASSERT_TRUE(process_->WaitForErr("serving client traffic")) << process_->err();
  const std::string before = R"("address":")";
  const std::string log = process_->err();
  const size_t begin = log.find(before, log.find("serving client traffic")) + before.size();
  address_ = log.substr(begin, log.find('"', begin) - begin);
}

std::string Etcd::Ctl(std::vector<std::string> arguments, const std::string& input) const {
  std::vector<std::string> all = {"etcdctl", "--endpoints"};
  all.push_back(absl::StrCat(tls_.cert.empty() ? "http://" : "https://", address_));
  if (auth_) all.emplace_back("--user=root:root");
  if (!tls_.ca.empty()) {
    all.insert(all.end(), {"--cacert", tls_.ca, "--cert", tls_.cert, "--key", tls_.key});
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Finished finished =
      RunProgram({.arguments = all, .environment = {{"ETCDCTL_API", "3"}}, .input = input});
  EXPECT_EQ(finished.code, 0) << finished;
  return finished.out;
}

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
  Ctl({"snapshot", "restore", file, "--data-dir", data(), "--name", "default", "--initial-cluster",
       absl::StrCat("default=", kPeer), "--initial-advertise-peer-urls", kPeer,
       "--initial-cluster-token", token});
  Start();
}

}  // namespace greeter::testing
