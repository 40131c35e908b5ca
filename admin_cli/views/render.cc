#include "admin_cli/views/render.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "admin_cli/terminal/readable.h"
#include "base/utf8.h"

namespace greeter::admin_cli {
namespace {

std::string Number(uint64_t number) { return absl::StrCat(number); }

std::string EndingName(api::Ending ending) {
  switch (ending) {
    case api::ENDING_LF:
      return "lf";
    case api::ENDING_CRLF:
      return "crlf";
    case api::ENDING_NUL:
      return "nul";
    default:
      return "none";
  }
}

std::vector<Cell> CountsRow(const std::string& name, const api::ConnectionCounts& counts) {
  // What should not happen stands out where it did.
  const auto trouble = [](uint64_t number) {
    return Cell(Number(number), number > 0 ? Hue::kYellow : Hue::kPlain);
  };
  return {Printable(name),
          Number(counts.accepted()),
          Number(counts.open()),
          Number(counts.completed()),
          trouble(counts.timed_out()),
          trouble(counts.reset()),
          trouble(counts.rejected()),
          Number(counts.bytes_sent()),
          trouble(counts.pauses())};
}

// Why those that failed did, a paragraph each.
std::string RenderFailures(const std::vector<api::ListenerStatus>& listeners, const Look& look) {
  std::string out;
  for (const api::ListenerStatus& listener : listeners) {
    if (listener.error().empty()) continue;
    absl::StrAppend(&out, "\n", look.Paint(Hue::kRed, Printable(listener.name()) + " failed:"), " ",
                    Printable(listener.error()), "\n");
  }
  return out;
}

}  // namespace

Cell StateCell(api::ListenerStatus::State state) {
  switch (state) {
    case api::ListenerStatus::STATE_LISTENING:
      return {"listening", Hue::kGreen};
    case api::ListenerStatus::STATE_STOPPED:
      return {"stopped", Hue::kYellow};
    case api::ListenerStatus::STATE_FAILED:
      return {"FAILED", Hue::kRed};
    default:
      return "unknown";
  }
}

std::string AddressOf(const api::ListenerStatus& listener) {
  return listener.bound_address().empty() ? "-" : Printable(listener.bound_address());
}

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string Printable(absl::string_view text, bool keep_line_feeds) {
  std::string out;
  while (!text.empty()) {
    const size_t valid = base::FirstInvalidUtf8(text).value_or(text.size());
    for (size_t i = 0; i < valid; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      // U+0080 to U+009F are control characters as well.
      const bool c1 = c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
      if (c1) {
        absl::StrAppendFormat(&out, "\\x%02X\\x%02X", c, static_cast<unsigned char>(text[++i]));
      } else if ((c < 0x20 && !(keep_line_feeds && c == '\n')) || c == 0x7F) {
        absl::StrAppendFormat(&out, "\\x%02X", c);
      } else {
        out += text[i];
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    absl::StrAppendFormat(&out, "\\x%02X", static_cast<unsigned char>(text[0]));
    text.remove_prefix(1);
  }
  return out;
}

std::string DescribeRevision(const api::Revision& revision) {
  std::string out = Number(revision.number());
  if (revision.has_time()) absl::StrAppend(&out, ", ", Utc(ToTime(revision.time())));
  if (!revision.author().empty()) absl::StrAppend(&out, ", by ", Printable(revision.author()));
  if (!revision.action().empty()) absl::StrAppend(&out, ": ", Printable(revision.action()));
  if (!revision.comment().empty()) absl::StrAppend(&out, " (", Printable(revision.comment()), ")");
  return out;
}

std::string DescribeState(const api::ListenerStatus& listener, const Look& look) {
  const Cell state = StateCell(listener.state());
  switch (listener.state()) {
    case api::ListenerStatus::STATE_LISTENING:
      return absl::StrCat(look.Paint(state.hue, state.text), " on ", AddressOf(listener));
    case api::ListenerStatus::STATE_FAILED:
      return absl::StrCat(look.Paint(state.hue, "not listening"), ": ",
                          Printable(listener.error()));
    default:
      return look.Paint(state.hue, state.text);
  }
}

std::string RenderListeners(const std::vector<api::ListenerStatus>& listeners, const Look& look) {
  if (listeners.empty()) return "No listeners; \"greeterctl config apply\" adds them.\n";
  std::vector<std::vector<Cell>> rows;
  rows.reserve(listeners.size());
  for (const api::ListenerStatus& listener : listeners) {
    rows.push_back({Printable(listener.name()), StateCell(listener.state()), AddressOf(listener),
                    Number(listener.applied_revision()), Number(listener.counts().open()),
                    Number(listener.counts().accepted())});
  }
  return absl::StrCat(RenderTable({{"LISTENER"},
                                   {"STATE"},
                                   {"ADDRESS"},
                                   {"REVISION", Align::kRight},
                                   {"OPEN", Align::kRight},
                                   {"ACCEPTED", Align::kRight}},
                                  rows, look),
                      RenderFailures(listeners, look));
}

std::string RenderStatus(const api::ServerStatus& status, absl::Time now, const Look& look) {
  // A title, and what it is about, where it stands.
  const auto line = [&look](absl::string_view title, absl::string_view text, Hue hue = Hue::kBold) {
    return absl::StrCat(look.Paint(hue, title), std::string(10 - title.size(), ' '), text, "\n");
  };
  std::string out = line("server", absl::StrCat(Printable(status.server_id()), ", version ",
                                                Printable(status.version())));
  if (status.has_start_time()) {
    const absl::Duration age = now - ToTime(status.start_time());
    absl::StrAppend(
        &out, line("started",
                   absl::StrCat(
                       Utc(ToTime(status.start_time())),
                       age < absl::ZeroDuration() ? "" : absl::StrCat(" (", Age(age), " ago)"))));
  }
  absl::StrAppend(&out, line("revision", DescribeRevision(status.revision())));
  if (status.has_config_file()) {
    const api::ConfigFile& file = status.config_file();
    absl::StrAppend(&out, look.Paint(Hue::kBold, "config file:"),
                    file.changed_since() ? " changed at run time since revision "
                                         : " in effect since revision ",
                    file.revision(), " (", Printable(file.path()), ")\n");
  }
  if (status.has_admin_certificates()) {
    const api::AdminCertificates& certificates = status.admin_certificates();
    absl::StrAppend(
        &out,
        line("admin",
             absl::StrCat("TLS certificate until ", Utc(ToTime(certificates.server_expires())),
                          ", clients' CA until ", Utc(ToTime(certificates.client_ca_expires())))));
  }
  for (const std::string& warning : status.warnings()) {
    absl::StrAppend(&out, line("warning", Printable(warning), Hue::kYellow));
  }
  absl::StrAppend(&out, "\n",
                  RenderListeners({status.listeners().begin(), status.listeners().end()}, look));
  return out;
}

std::string RenderCounts(const api::GetConnectionCountsResponse& response, const Look& look) {
  if (response.listeners().empty()) return RenderListeners({});
  std::vector<NamedCounts> rows;
  for (const api::ListenerCounts& listener : response.listeners()) {
    rows.push_back({listener.name(), listener.counts()});
  }
  return RenderCountsTable("LISTENER", rows, response.total(), look);
}

std::string RenderCountsTable(const std::string& title, const std::vector<NamedCounts>& rows,
                              const api::ConnectionCounts& total, const Look& look) {
  std::vector<std::vector<Cell>> cells;
  cells.reserve(rows.size() + 1);
  for (const auto& [name, counts] : rows) cells.push_back(CountsRow(name, counts));
  if (cells.size() > 1) cells.push_back(CountsRow("TOTAL", total));
  return RenderTable({{title},
                      {"ACCEPTED", Align::kRight},
                      {"OPEN", Align::kRight},
                      {"COMPLETED", Align::kRight},
                      {"TIMED OUT", Align::kRight},
                      {"RESET", Align::kRight},
                      {"REJECTED", Align::kRight},
                      {"BYTES SENT", Align::kRight},
                      {"PAUSES", Align::kRight}},
                     cells, look);
}

std::string PayloadOf(const api::Greeting& greeting) {
  return greeting.has_raw() ? greeting.raw() : greeting.text();
}

std::string RenderGreeting(const std::string& listener, const api::Greeting& greeting,
                           const Look& look) {
  const std::string payload = PayloadOf(greeting);
  const std::string shown = Printable(payload, /*keep_line_feeds=*/true);
  return absl::StrCat(look.Paint(Hue::kBold, "listener"), "  ", Printable(listener), "\n",
                      look.Paint(Hue::kBold, "ending"), "    ", EndingName(greeting.ending()), "\n",
                      look.Paint(Hue::kBold, "template"), "  ", greeting.template_() ? "yes" : "no",
                      "\n", look.Paint(Hue::kBold, "size"), "      ", payload.size(),
                      payload.size() == 1 ? " byte" : " bytes", greeting.has_raw() ? ", raw" : "",
                      "\n\n", shown, shown.empty() || shown.back() == '\n' ? "" : "\n");
}

}  // namespace greeter::admin_cli
