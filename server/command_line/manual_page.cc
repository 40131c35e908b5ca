#include "command_line/manual_page.h"

#include <CLI/CLI.hpp>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/version.h"
#include "base/wrap.h"

namespace greeter::command_line {
namespace {

// In columns, of the page's source.
constexpr size_t kInputWidth = 78;

// The code point that begins at `text[i]`, of well-formed UTF-8; moves `i` to its last byte.
char32_t CodePoint(absl::string_view text, size_t& i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  char32_t point = lead & (0x3FU >> more);
  for (size_t n = 0; n < more; ++n) {
    point = (point << 6) | (static_cast<unsigned char>(text[++i]) & 0x3FU);
  }
  return point;
}

// `text` so that roff shows just that.
std::string Roff(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '"') {
      out += "\\(dq";
    } else if (c == '~' || c == '^' || c == '`') {
      out += c == '~' ? "\\(ti" : c == '^' ? "\\(ha" : "\\(ga";
    } else if ((static_cast<unsigned char>(c) & 0x80) != 0) {
      absl::StrAppendFormat(&out, "\\[u%04X]", static_cast<uint32_t>(CodePoint(text, i)));
    } else {
      out += c;
    }
  }
  return out;
}

// A paragraph: no line of it is longer than lines should be, or begins as a request does.
std::string Lines(absl::string_view text) {
  return absl::StrReplaceAll(base::Wrap(Roff(text), kInputWidth), {{"\n.", "\n\\&."}});
}

std::string Bold(absl::string_view text) { return absl::StrCat("\\fB", Roff(text), "\\fR"); }
std::string Italic(absl::string_view text) { return absl::StrCat("\\fI", Roff(text), "\\fR"); }

class Page {
 public:
  void Section(absl::string_view title) {
    absl::StrAppend(&out_, ".SH ", absl::AsciiStrToUpper(Roff(title)), "\n");
    fresh_ = true;
  }
  void Subsection(absl::string_view roff) {
    absl::StrAppend(&out_, ".SS ", roff, "\n");
    fresh_ = true;
  }
  void Paragraph(absl::string_view text) {
    if (!fresh_) out_ += ".PP\n";
    absl::StrAppend(&out_, Lines(text), "\n");
    fresh_ = false;
  }
  void Literal(const std::vector<absl::string_view>& lines) {
    if (!fresh_) out_ += ".PP\n";
    out_ += ".nf\n";
    // Each begins with blanks, so none is taken for a request.
    for (const absl::string_view line : lines) absl::StrAppend(&out_, Roff(line), "\n");
    out_ += ".fi\n";
    fresh_ = false;
  }
  void Item(absl::string_view roff, absl::string_view text) {
    absl::StrAppend(&out_, ".TP\n", roff, "\n", Lines(text), "\n");
    fresh_ = false;
  }
  void Raw(absl::string_view roff) { absl::StrAppend(&out_, roff); }

  const std::string& text() const { return out_; }

 private:
  std::string out_;
  // Nothing stands below the heading yet.
  bool fresh_ = true;
};

void AddOption(const CLI::Option& option, Page& page) {
  std::string names;
  for (const std::string& name : option.get_snames()) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", Bold("-" + name));
  }
  for (const std::string& name : option.get_lnames()) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", Bold("--" + name));
  }
  if (option.get_positional()) names = Italic(option.get_name(true));
  const std::string type_name = option.get_type_name();
  const std::string type = type_name.substr(0, type_name.find(':'));
  if (option.get_type_size() > 0 && !type.empty() && !option.get_positional()) {
    absl::StrAppend(&names, " ", Italic(type));
  }
  page.Item(names, absl::StrCat(option.get_description(), ".",
                                option.get_default_str().empty()
                                    ? ""
                                    : absl::StrCat(" Default: ", option.get_default_str(), "."),
                                option.get_required() ? " Required." : ""));
}

void AddOptions(const CLI::App& app, bool with_help, Page& page) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || (!with_help && option == app.get_help_ptr())) continue;
    AddOption(*option, page);
  }
}

// The footer; its headings are sections, or paragraphs of a command's.
void AddFooter(const CLI::App& app, bool with_sections, Page& page) {
  const std::string footer = app.get_footer();
  const std::vector<absl::string_view> lines = absl::StrSplit(footer, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool heads = i + 1 < lines.size() && absl::StartsWith(lines[i + 1], "  ");
    if (lines[i].empty()) continue;
    if (absl::StartsWith(lines[i], "  ")) {
      std::vector<absl::string_view> literal;
      for (; i < lines.size() && absl::StartsWith(lines[i], "  "); ++i) literal.push_back(lines[i]);
      --i;
      page.Literal(literal);
    } else if (heads && with_sections && absl::EndsWith(lines[i], ":")) {
      page.Section(lines[i].substr(0, lines[i].size() - 1));
    } else {
      page.Paragraph(lines[i]);
    }
  }
}

std::string Usage(const CLI::App& app, absl::string_view name) {
  std::string usage = absl::StrCat(Bold(name), " [", Italic("options"), "]");
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string argument = Italic(option->get_name(true));
    absl::StrAppend(&usage, " ", option->get_required() ? argument : "[" + argument + "]");
  }
  if (!app.get_subcommands({}).empty()) absl::StrAppend(&usage, " ", Italic("COMMAND"));
  return usage;
}

// Those that do something themselves, one after the other.
void AddCommands(const CLI::App& app, const std::string& prefix, Page& page) {
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_group().empty()) continue;
    const std::string name = absl::StrCat(prefix, " ", command->get_name());
    if (!command->get_subcommands({}).empty()) {
      AddCommands(*command, name, page);
      continue;
    }
    page.Subsection(Usage(*command, name));
    page.Paragraph(command->get_description() + ".");
    AddOptions(*command, /*with_help=*/false, page);
    AddFooter(*command, /*with_sections=*/false, page);
  }
}

}  // namespace

std::string ManualPage(const CLI::App& app, const Manual& manual) {
  Page page;
  const std::string& name = app.get_name();
  page.Raw(absl::StrCat(".TH ", absl::AsciiStrToUpper(name), " ", manual.section, " \"",
                        manual.date, "\" \"greeter ", base::kVersion, "\" \"Greeter\"\n"));
  page.Section("name");
  page.Raw(absl::StrCat(Roff(name), " \\- ", Roff(manual.summary), "\n"));
  page.Section("synopsis");
  page.Raw(absl::StrCat(Usage(app, name), "\n"));
  page.Section("description");
  page.Paragraph(app.get_description());
  page.Section("options");
  AddOptions(app, /*with_help=*/true, page);
  if (!app.get_subcommands({}).empty()) {
    page.Section("commands");
    AddCommands(app, name, page);
  }
  page.Section("notes");
  AddFooter(app, /*with_sections=*/true, page);
  page.Section("see also");
  const std::vector<std::string> other = absl::StrSplit(manual.see_also, '(');
  page.Raw(absl::StrCat(".BR ", other[0], " (", other[1], "\n"));
  return page.text();
}

}  // namespace greeter::command_line
