#include "admin_cli/terminal/table.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "admin_cli/terminal/text_width.h"

namespace greeter::admin_cli {

std::string RenderTable(const std::vector<Column>& columns,
                        const std::vector<std::vector<Cell>>& rows, const Look& look) {
  std::vector<size_t> widths;
  std::vector<Cell> titles;
  for (size_t i = 0; i < columns.size(); ++i) {
    titles.emplace_back(columns[i].title, Hue::kBold);
    widths.push_back(WidthOf(columns[i].title));
    for (const auto& row : rows) widths[i] = std::max(widths[i], WidthOf(row[i].text));
  }
  std::string out;
  const auto append = [&](const std::vector<Cell>& row) {
    // Blanks that only something after them makes needed.
    size_t owed = 0;
    for (size_t i = 0; i < columns.size(); ++i) {
      const size_t padding = widths[i] - WidthOf(row[i].text);
      const bool left = columns[i].align == Align::kLeft;
      owed += (i > 0 ? 2 : 0) + (left ? 0 : padding);
      if (!row[i].text.empty()) {
        absl::StrAppend(&out, std::string(owed, ' '), look.Paint(row[i].hue, row[i].text));
        owed = 0;
      }
      if (left) owed += padding;
    }
    out += '\n';
  };
  append(titles);
  for (const auto& row : rows) append(row);
  return out;
}

}  // namespace greeter::admin_cli
