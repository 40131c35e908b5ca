// A TCP proxy in front of etcd: the network, to be cut and mended, or to lose one answer.
//
// Runs one thread. Any thread may call.

#ifndef GREETER_TESTS_FLEET_TCP_PROXY_H_
#define GREETER_TESTS_FLEET_TCP_PROXY_H_

#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "net/address.h"
#include "net/file_descriptor.h"

namespace greeter::testing {

class TcpProxy {
 public:
  // Listens on a port that the kernel chooses, and connects to `target` for each client.
  explicit TcpProxy(const std::string& target);
  ~TcpProxy();

  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  // "127.0.0.1:40567".
  const std::string& address() const { return address_; }

  // Ends all connections, and those to come at once.
  void Cut();
  void Mend();
  // The connection on which a client sends `text` is told nothing from then on.
  void MuteWhoSends(const std::string& text);
  // Ends the connections that are told nothing. Whether there were any.
  bool EndMuted();

 private:
  struct Connection {
    net::FileDescriptor client;
    net::FileDescriptor server;
    std::string sent = {};  // by the client, so far
    bool muted = false;
  };

  void Run();
  void Accept();
  // Passes on what has come; false when one side has ended.
  bool Forward(Connection& connection, bool from_client);

  // Constant after construction.
  const net::Address target_;
  net::FileDescriptor listener_;
  net::FileDescriptor stop_;
  std::string address_;

  // Guarded by mutex_.
  std::mutex mutex_;
  bool cut_ = false;
  std::string mute_;
  std::list<Connection> connections_;

  std::thread thread_;
};

}  // namespace greeter::testing

#endif  // GREETER_TESTS_FLEET_TCP_PROXY_H_
