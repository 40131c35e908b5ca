// greeterctl: shows and changes what a greeterd does.

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "admin_cli/client/exit_code.h"
#include "admin_cli/command_line/command_line.h"
#include "admin_cli/commands/commands.h"
#include "admin_cli/terminal/look.h"

namespace {

using namespace greeter::admin_cli;  // NOLINT(google-build-using-namespace): this is its program

// Turns what a terminal's user does into a readable descriptor, so that a watch ends in good order
// and fits into its window, and a probe tells what it has seen. Before any thread starts, since
// threads inherit what is blocked.
int SignalDescriptor(const std::vector<int>& wanted) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : wanted) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

// The exit code.
int Run(int argc, char** argv) try {
  const auto parsed = ParseCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) {
    (early->code == kOk ? std::cout : std::cerr) << early->message;
    return early->code;
  }
  const auto& line = std::get<CommandLine>(parsed);
  int interrupt_fd = -1;
  if (Watches(line.command)) {
    interrupt_fd = SignalDescriptor({SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH});
  } else if (std::holds_alternative<ProbeCommand>(line.command)) {
    interrupt_fd = SignalDescriptor({SIGINT, SIGTERM, SIGHUP});
  }
  Console console{std::cin,    std::cout, std::cerr, LookOf(STDOUT_FILENO), LookOf(STDERR_FILENO),
                  interrupt_fd};
  return RunCommand(line, console);
} catch (const std::exception& failed) {
  // The standard library's own: no thread, no memory.
  std::cerr << "greeterctl: " << failed.what() << "\n";
  return kFailure;
}

}  // namespace

int main(int argc, char** argv) {
  // What gRPC logs repeats what the errors say, in its own words.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  const int code = Run(argc, argv);
  if (std::cout.flush()) return code;
  std::cerr << "greeterctl: can't write the answer to standard output; is its disk full?"
            << (code == kOk ? " If this was a change, it has been made" : "") << "\n";
  return code == kOk ? kFailure : code;
}
