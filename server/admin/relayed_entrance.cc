#include "admin/relayed_entrance.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "admin/certificate_names.h"
#include "net/address.h"
#include "net/errors.h"
#include "spdlog/spdlog.h"

namespace greeter::admin {
namespace {

// Of each connection.
constexpr size_t kDescriptors = 3;

std::string RandomPrefix() {
  std::array<char, 16> random = {};
  // 16 bytes come whole, and without blocking once the machine has started.
  const ssize_t size = getrandom(random.data(), random.size(), 0);
  const size_t length = size < 0 ? 0 : static_cast<size_t>(size);
  return absl::StrCat("greeter-", absl::BytesToHexString(absl::string_view(random.data(), length)),
                      "-");
}

// None: it has left.
std::optional<net::Address> PeerOf(int connection) {
  sockaddr_storage peer = {};
  socklen_t length = sizeof(peer);
  auto* const address = reinterpret_cast<sockaddr*>(&peer);
  if (getpeername(connection, address, &length) != 0) return std::nullopt;
  return net::Address::FromSockaddr(address, length);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RelayedEntrance>> RelayedEntrance::Start(int listener, Grpc grpc,
                                                                        Options options) {
  absl::StatusOr<std::unique_ptr<Relay>> relay =
      Relay::Start({.name = options.name, .most_unfinished = options.most_unfinished});
  if (!relay.ok()) return relay.status();
  std::unique_ptr<RelayedEntrance> entrance(
      new RelayedEntrance(listener, std::move(grpc), std::move(options), *std::move(relay)));
  RelayedEntrance* const self = entrance.get();
  if (self->options_.certificates != nullptr) {
    auto handshakes = TlsHandshakes::Start(
        {.certificates = self->options_.certificates, .refused = self->options_.refused},
        [self](RelaySocket client, std::string address) {
          self->OnShaken(std::move(client), std::move(address));
        });
    if (!handshakes.ok()) return handshakes.status();
    self->handshakes_ = *std::move(handshakes);
  }
  auto acceptor = Acceptor::Start(
      listener, &self->census_,
      {.name = self->options_.name,
       .is_own = self->options_.is_own,
       .accept = self->options_.accept},
      [self](net::FileDescriptor client, bool own) { self->OnAccepted(std::move(client), own); });
  if (!acceptor.ok()) return acceptor.status();
  self->acceptor_ = *std::move(acceptor);
  return entrance;
}

RelayedEntrance::RelayedEntrance(int listener, Grpc grpc, Options options,
                                 std::unique_ptr<Relay> relay)
    : listener_(listener),
      grpc_(std::move(grpc)),
      options_(std::move(options)),
      prefix_(RandomPrefix()),
      relay_(std::move(relay)),
      census_(std::max<size_t>(options_.max_descriptors / kDescriptors, 1),
              options_.max_per_peer == 0
                  ? 0
                  : std::max<size_t>(options_.max_per_peer / kDescriptors, 1)) {}

RelayedEntrance::~RelayedEntrance() {
  Close();
  Stop(absl::ZeroDuration());
}

void RelayedEntrance::Close() {
  acceptor_.reset();
  handshakes_.reset();
}

void RelayedEntrance::OnAccepted(net::FileDescriptor client, bool own) {
  const std::optional<net::Address> address = PeerOf(client.get());
  if (!address.has_value()) return;
  if (handshakes_ != nullptr) {
    // The daemon's own, for one, comes now and then.
    options_.refused->TellCounted();
    return handshakes_->Add(std::move(client), address->ToString(), own);
  }
  std::optional<RelayedPeer> peer;
  if (!address->is_unix()) {
    peer = RelayedPeer{Anyone(address->ToString())};
  } else if (options_.peers != nullptr) {
    absl::StatusOr<PeerCredentials> user = ReadPeerCredentials(client.get(), &names_);
    if (!user.ok()) return Complain(user.status());
    peer = RelayedPeer{UnixUser(user->uid, std::move(user->user), std::move(user->groups), "unix")};
  }
  LetIn({std::move(client)}, std::move(peer));
}

void RelayedEntrance::OnShaken(RelaySocket client, std::string address) {
  // The daemon's own.
  if (client.session == nullptr) return LetIn(std::move(client), std::nullopt);
  std::vector<tls::OpensslPtr<X509>> shown = client.session->ClientChain();
  RelayedPeer peer = {CertificateHolder(ReadNames(shown.front().get()), std::move(address))};
  peer.standing = std::make_shared<ClientStanding>(options_.certificates, std::move(shown));
  LetIn(std::move(client), std::move(peer));
}

void RelayedEntrance::LetIn(RelaySocket client, std::optional<RelayedPeer> peer) {
  const absl::Status joined = Join(std::move(client), std::move(peer));
  if (!joined.ok()) Complain(joined);
}

absl::Status RelayedEntrance::Join(RelaySocket client, std::optional<RelayedPeer> peer) {
  std::array<int, 2> ends = {};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return net::SystemError("socketpair", errno);
  }
  net::FileDescriptor for_grpc(ends[0]);
  net::FileDescriptor ours(ends[1]);
  std::function<void()> ended = [] {};
  if (options_.peers != nullptr && peer.has_value()) {
    const absl::StatusOr<std::string> name = Name(ours.get());
    if (!name.ok()) return name.status();
    options_.peers->Add(*name, *std::move(peer));
    ended = [peers = options_.peers, name = *name] { peers->Remove(name); };
  }
  census_.AddServed(client.descriptor.get(), for_grpc.get());
  relay_->Add(std::move(client), {std::move(ours)}, std::move(ended));

  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listener_;
  parameters.fd = for_grpc.Release();
  grpc_->HandleNewConnection(&parameters);
  return absl::OkStatus();
}

absl::StatusOr<std::string> RelayedEntrance::Name(int socket) {
  const std::string name = absl::StrCat(prefix_, ++last_);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // A NUL in front makes it an abstract one: no file, and gone with the socket.
  std::copy(name.begin(), name.end(), &address.sun_path[1]);
  const size_t length = offsetof(sockaddr_un, sun_path) + 1 + name.size();
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length)) !=
      0) {
    return net::SystemError("naming a connection", errno);
  }
  return name;
}

void RelayedEntrance::Complain(const absl::Status& status) {
  if (!failures_.IsDue()) return;
  spdlog::warn("{}: a connection was closed: {}", options_.name, std::string(status.message()));
}

}  // namespace greeter::admin
