#include "admin_cli/terminal/table.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "admin_cli/terminal/text_width.h"
#include "base/wrap.h"

namespace greeter::admin_cli {
namespace {

constexpr size_t kBetween = 2;
// What a broken text needs to be read with ease.
constexpr size_t kNarrowest = 16;

std::vector<size_t> WidthsOf(const std::vector<Column>& columns, const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    widths.push_back(WidthOf(columns[i].title));
    for (const Row& row : rows) widths[i] = std::max(widths[i], WidthOf(row[i].text));
  }
  return widths;
}

}  // namespace

std::vector<Row> FitLastColumn(const std::vector<Column>& columns, std::vector<Row> rows,
                               size_t width) {
  const std::vector<size_t> widths = WidthsOf(columns, rows);
  const size_t last = columns.size() - 1;
  const size_t others = std::accumulate(widths.begin(), widths.end() - 1, last * kBetween);
  if (width < others + kNarrowest) return rows;
  std::vector<Row> fitting;
  for (Row& row : rows) {
    const std::string lines = base::Wrap(row[last].text, width - others);
    for (const absl::string_view line : absl::StrSplit(lines, '\n')) {
      row[last].text = std::string(line);
      fitting.push_back(std::exchange(row, Row(columns.size(), Cell(""))));
    }
  }
  return fitting;
}

std::string RenderTable(const std::vector<Column>& columns, const std::vector<Row>& rows,
                        const Look& look) {
  const std::vector<size_t> widths = WidthsOf(columns, rows);
  Row titles;
  for (const Column& column : columns) titles.emplace_back(column.title, Hue::kBold);
  std::string out;
  const auto append = [&](const Row& row) {
    // Blanks that only something after them makes needed.
    size_t owed = 0;
    for (size_t i = 0; i < columns.size(); ++i) {
      const size_t padding = widths[i] - WidthOf(row[i].text);
      const bool left = columns[i].align == Align::kLeft;
      owed += (i > 0 ? kBetween : 0) + (left ? 0 : padding);
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
