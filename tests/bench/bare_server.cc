// The classic first server in a loop: accept, write, close. What tests/bench/run compares with; it
// resets clients that speak first.
//
//   bare_server PORT [BYTES]     BYTES of "x" instead of "Hello world"; port 0 takes a free one
//
// Prints "serves on 127.0.0.1:PORT" once it listens.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

int Fail(const char* call) {
  std::perror(call);
  return 1;
}

void WriteAll(int fd, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t size = send(fd, text.data() + written, text.size() - written, MSG_NOSIGNAL);
    if (size <= 0) return;
    written += static_cast<size_t>(size);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fputs("usage: bare_server PORT [BYTES]\n", stderr);
    return 2;
  }
  const std::string greeting =
      argc == 3 ? std::string(std::strtoul(argv[2], nullptr, 10), 'x') : "Hello world";
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return Fail("socket");
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::strtoul(argv[1], nullptr, 10)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) return Fail("bind");
  if (listen(listener, SOMAXCONN) != 0) return Fail("listen");
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Fail("getsockname");
  }
  std::printf("serves on 127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) continue;
    WriteAll(client, greeting);
    close(client);
  }
}
