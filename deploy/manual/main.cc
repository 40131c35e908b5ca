// Writes a manual page: greeter_manual greeterd|greeterctl DATE. Runs while Greeter is built.

#include <iostream>
#include <string>

#include "admin_cli/command_line/command_line.h"
#include "daemon/options.h"

int main(int argc, char** argv) {
  const std::string program = argc == 3 ? argv[1] : "";
  if (program == "greeterd") {
    std::cout << greeter::daemon::ManualPage(argv[2]);
  } else if (program == "greeterctl") {
    std::cout << greeter::admin_cli::ManualPage(argv[2]);
  } else {
    std::cerr << "usage: greeter_manual greeterd|greeterctl DATE\n";
    return 2;
  }
  return std::cout.flush() ? 0 : 1;
}
