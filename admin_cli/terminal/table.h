// Tables for people.

#ifndef GREETER_ADMIN_CLI_TERMINAL_TABLE_H_
#define GREETER_ADMIN_CLI_TERMINAL_TABLE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "admin_cli/terminal/look.h"

namespace greeter::admin_cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

struct Cell {
  Cell(std::string words, Hue colour = Hue::kPlain)  // NOLINT(google-explicit-constructor)
      : text(std::move(words)), hue(colour) {}
  Cell(const char* words) : text(words) {}  // NOLINT(google-explicit-constructor)

  std::string text;
  Hue hue = Hue::kPlain;
};

using Row = std::vector<Cell>;

// `rows` for a window of `width`: texts of the last column that are too wide for it are broken at
// blanks, and go on in rows without anything else. Where hardly any room is left for them, they are
// as they were. Any thread.
std::vector<Row> FitLastColumn(const std::vector<Column>& columns, std::vector<Row> rows,
                               size_t width);

// Columns two spaces apart, as wide as their widest cell, no blanks at the end of a line; every row
// has a cell for each column. Any thread.
std::string RenderTable(const std::vector<Column>& columns, const std::vector<Row>& rows,
                        const Look& look = {});

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_TABLE_H_
