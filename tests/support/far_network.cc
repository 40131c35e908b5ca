#include "support/far_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "net/errors.h"
#include "support/own_network.h"
#include "support/wait_for.h"

namespace greeter::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kDevice[] = "far0";
constexpr size_t kLargestPacket = 65536;
constexpr int kPollMs = 1;

// As the kernel's struct in6_ifreq, whose header does not go with netinet/in.h.
struct Ipv6Request {
  in6_addr address;
  uint32_t prefix_length;
  int interface;
};

net::FileDescriptor OpenFile(const char* path, int flags) {
  return net::FileDescriptor(open(path, flags | O_CLOEXEC));
}

ifreq Request() {
  ifreq request = {};
  static_assert(sizeof(kDevice) <= sizeof(request.ifr_name));
  std::memcpy(request.ifr_name, kDevice, sizeof(kDevice));
  return request;
}

void SetIpv4(ifreq& request, const char* text) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, text, &address.sin_addr);
  std::memcpy(&request.ifr_addr, &address, sizeof(address));
}

bool Configure(const std::string& ipv4, const std::string& ipv6) {
  const net::FileDescriptor four(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const net::FileDescriptor six(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq address = Request();
  SetIpv4(address, ipv4.c_str());
  ifreq mask = Request();
  SetIpv4(mask, "255.255.255.0");
  ifreq up = Request();
  up.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(four.get(), SIOCSIFADDR, &address) != 0 ||
      ioctl(four.get(), SIOCSIFNETMASK, &mask) != 0 || ioctl(four.get(), SIOCSIFFLAGS, &up) != 0) {
    return false;
  }
  Ipv6Request request = {};
  inet_pton(AF_INET6, ipv6.c_str(), &request.address);
  request.prefix_length = 64;
  request.interface = static_cast<int>(if_nametoindex(kDevice));
  if (ioctl(six.get(), SIOCSIFADDR, &request) != 0) return false;
  // Tentative at first, until a thread of the kernel has looked at it.
  sockaddr_in6 usable = {};
  usable.sin6_family = AF_INET6;
  usable.sin6_addr = request.address;
  return WaitFor([&] {
    return bind(six.get(), reinterpret_cast<const sockaddr*>(&usable), sizeof(usable)) == 0;
  });
}

// Packets on their way from one device to the other.
class Direction {
 public:
  Direction(int from, int to, Clock::duration delay) : from_(from), to_(to), delay_(delay) {}

  void Step(std::vector<char>& buffer, bool lost) {
    const Clock::time_point now = Clock::now();
    for (;;) {
      const ssize_t size = read(from_, buffer.data(), buffer.size());
      if (size <= 0) break;
      if (lost) continue;
      packets_.push_back({now + delay_, {buffer.begin(), buffer.begin() + size}});
    }
    for (; !packets_.empty() && packets_.front().due <= now; packets_.pop_front()) {
      const std::vector<char>& bytes = packets_.front().bytes;
      [[maybe_unused]] const ssize_t written = write(to_, bytes.data(), bytes.size());
    }
  }

 private:
  struct Packet {
    Clock::time_point due;
    std::vector<char> bytes;
  };

  const int from_;
  const int to_;
  const Clock::duration delay_;
  std::deque<Packet> packets_;
};

}  // namespace

absl::StatusOr<FarNetwork::Side> FarNetwork::CreateSide(const std::string& ipv4,
                                                        const std::string& ipv6) {
  if (absl::Status entered = EnterNewNetwork(); !entered.ok()) return entered;
  Side side{CurrentNetwork(), OpenFile("/dev/net/tun", O_RDWR | O_NONBLOCK)};
  ifreq device = Request();
  device.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (!side.device.valid() || ioctl(side.device.get(), TUNSETIFF, &device) != 0 ||
      !Configure(ipv4, ipv6)) {
    return net::SystemError("making a network device (/dev/net/tun)", errno);
  }
  return side;
}

absl::StatusOr<std::unique_ptr<FarNetwork>> FarNetwork::Create(absl::Duration round_trip) {
  std::unique_ptr<FarNetwork> network(new FarNetwork);
  network->home_ = CurrentNetwork();
  absl::StatusOr<Side> server = CreateSide(kServerIpv4, kServerIpv6);
  if (!server.ok()) return server.status();
  absl::StatusOr<Side> client = CreateSide("10.91.0.2", "fd91::2");
  network->Leave();
  if (!client.ok()) return client.status();
  network->server_ = *std::move(server);
  network->client_ = *std::move(client);
  network->carrier_ =
      std::thread([raw = network.get(), round_trip] { raw->Carry(round_trip / 2); });
  return network;
}

FarNetwork::~FarNetwork() {
  stopping_ = true;
  if (carrier_.joinable()) carrier_.join();
}

void FarNetwork::EnterServerSide() const { setns(server_.network.get(), CLONE_NEWNET); }
void FarNetwork::EnterClientSide() const { setns(client_.network.get(), CLONE_NEWNET); }
void FarNetwork::Leave() const { setns(home_.get(), CLONE_NEWNET); }

void FarNetwork::Carry(absl::Duration delay) {
  const Clock::duration nanoseconds = absl::ToChronoNanoseconds(delay);
  Direction out(server_.device.get(), client_.device.get(), nanoseconds);
  Direction in(client_.device.get(), server_.device.get(), nanoseconds);
  std::vector<char> buffer(kLargestPacket);
  while (!stopping_) {
    std::array<pollfd, 2> readable = {
        {{server_.device.get(), POLLIN, 0}, {client_.device.get(), POLLIN, 0}}};
    poll(readable.data(), readable.size(), kPollMs);
    out.Step(buffer, cut_);
    in.Step(buffer, cut_);
  }
}

}  // namespace greeter::testing
