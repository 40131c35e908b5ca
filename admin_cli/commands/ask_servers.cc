#include "admin_cli/commands/ask_servers.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>

#include "absl/strings/str_cat.h"
#include "admin_cli/terminal/progress.h"

namespace greeter::admin_cli {

std::vector<ServersAnswer> AskServers(const CommandLine& line, const std::optional<Tls>& tls,
                                      const Ask& ask, Console& console) {
  std::vector<ServersAnswer> answers;
  for (const std::string& server : line.servers) {
    answers.push_back({server, absl::UnknownError("not asked")});
  }
  std::atomic<size_t> missing = answers.size();
  const Progress progress(
      console.err, STDERR_FILENO, console.err_look, [&](absl::Duration elapsed) {
        const std::string what =
            answers.size() == 1 ? line.servers.front()
                                : absl::StrCat(missing.load(), " of ", answers.size(), " servers");
        return Waiting(what, elapsed, line.timeout);
      });
  const auto ask_one = [&](ServersAnswer& outcome) {
    Client client(outcome.server, line.timeout, tls);
    outcome.answer = ask(client);
    --missing;
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < answers.size(); ++i) threads.emplace_back(ask_one, std::ref(answers[i]));
  ask_one(answers.front());
  for (std::thread& thread : threads) thread.join();
  return answers;
}

ExitCode ExitCodeOf(const std::vector<ServersAnswer>& answers, ExitCode failed) {
  ExitCode worst = kOk;
  std::optional<ExitCode> failure;
  for (const auto& [server, answer] : answers) {
    if (answer.ok()) {
      worst = std::max(worst, answer->code);
      continue;
    }
    ExitCode code = ExitCodeFor(answer.status());
    if (code == kUnreachable) return kUnreachable;
    if (code == kFailure) code = failed;
    failure = failure.value_or(code) == code ? code : failed;
  }
  return failure.value_or(worst);
}

}  // namespace greeter::admin_cli
