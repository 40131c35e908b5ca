// What may stand next on a command line, for the shells' completion. Nothing here talks to a
// server.

#ifndef GREETER_ADMIN_CLI_COMPLETION_COMPLETION_H_
#define GREETER_ADMIN_CLI_COMPLETION_COMPLETION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace CLI {
class App;
}

namespace greeter::admin_cli {

struct Candidate {
  std::string word;
  std::string description;
};

struct Completion {
  // What the word to be completed is of.
  enum class Kind {
    // One of `candidates`.
    kWords,
    // A file's name.
    kFile,
    // What only the server knows.
    kListener,
    kRevision,
  };
  Kind kind = Kind::kWords;
  // They begin with what is typed of the word.
  std::vector<Candidate> candidates;
  // For what the server knows: what stands before it in the word ("--listener="), and what is typed
  // of it.
  std::string stem;
  std::string typed;
  // The options on the line that say how to reach the server, as arguments.
  std::vector<std::string> connection;
};

// `words` are those after the program's name up to the cursor, the last one perhaps empty. Any
// thread.
Completion Complete(const CLI::App& app, const std::vector<std::string>& words);

// A candidate a line, with its description after a tab; what the scripts read.
std::string RenderCandidates(const std::vector<Candidate>& candidates);

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_COMPLETION_COMPLETION_H_
