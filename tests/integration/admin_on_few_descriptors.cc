// An admin server in a process of its own that may open few descriptors. Prints its address; stops
// when its standard input ends, and prints "stopped".
//
//   admin_on_few_descriptors LIMIT

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "admin/admin_server.h"
#include "control/controller.h"
#include "spdlog/spdlog.h"
#include "store/memory_store.h"
#include "support/fake_data_plane.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  // Said before the limit holds: UndefinedBehaviorSanitizer needs a pipe when it first meets a
  // class, and the acceptor will log when there is none left.
  spdlog::warn("{} descriptors from here on", std::string(argv[1]));
  const rlim_t limit = std::strtoul(argv[1], nullptr, 10);
  const rlimit descriptors = {limit, limit};
  if (setrlimit(RLIMIT_NOFILE, &descriptors) != 0) return 1;

  greeter::testing::FakeDataPlane data_plane;
  greeter::store::MemoryStore store;
  greeter::control::Controller controller(&data_plane, &store, {});
  greeter::admin::AdminServer admin(&controller);
  absl::Status started = admin.Listen("127.0.0.1:0");
  if (started.ok()) started = controller.Start(greeter::api::Config());
  if (started.ok()) started = admin.Serve();
  if (!started.ok()) {
    std::cerr << started << "\n";
    return 1;
  }
  std::cout << admin.bound_address() << std::endl;
  char ignored = 0;
  while (read(STDIN_FILENO, &ignored, 1) > 0) {
  }
  admin.Stop(absl::Seconds(1));
  std::cout << "stopped" << std::endl;
  return 0;
}
