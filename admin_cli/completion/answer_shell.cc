#include "admin_cli/completion/answer_shell.h"

#include <cstdint>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "admin_cli/client/client.h"
#include "admin_cli/completion/completion.h"
#include "admin_cli/views/render.h"

namespace greeter::admin_cli {
namespace {

// How many revisions a menu may have.
constexpr uint32_t kRevisions = 50;

std::vector<Candidate> Listeners(Client& client) {
  std::vector<Candidate> candidates;
  const auto response = client.GetStatus({});
  if (!response.ok()) return candidates;
  for (const api::ListenerStatus& listener : response->status().listeners()) {
    candidates.push_back({Printable(listener.name()), DescribeState(listener)});
  }
  return candidates;
}

std::vector<Candidate> Revisions(Client& client) {
  std::vector<Candidate> candidates;
  api::ListRevisionsRequest request;
  request.set_page_size(kRevisions);
  const auto response = client.ListRevisions(request);
  if (!response.ok()) return candidates;
  for (const api::Revision& revision : response->revisions()) {
    candidates.push_back({absl::StrCat(revision.number()), Printable(revision.action())});
  }
  return candidates;
}

}  // namespace

std::string AnswerShell(const Completion& completion, const CommandLine& line,
                        const std::optional<Tls>& tls) {
  switch (completion.kind) {
    case Completion::Kind::kFile:
      return ":files\n";
    case Completion::Kind::kWords:
      return RenderCandidates(completion.candidates);
    case Completion::Kind::kListener:
    case Completion::Kind::kRevision:
      break;
  }
  // The first of several servers knows as much as the others, as a rule.
  Client client(line.servers.front(), line.timeout, tls, {.explains = false});
  std::vector<Candidate> fitting;
  for (Candidate& known :
       completion.kind == Completion::Kind::kListener ? Listeners(client) : Revisions(client)) {
    if (!absl::StartsWith(known.word, completion.typed)) continue;
    fitting.push_back({absl::StrCat(completion.stem, known.word), known.description});
  }
  return RenderCandidates(fitting);
}

}  // namespace greeter::admin_cli
