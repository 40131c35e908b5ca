// Tables for people.

#ifndef GREETER_ADMIN_CLI_TERMINAL_TABLE_H_
#define GREETER_ADMIN_CLI_TERMINAL_TABLE_H_

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

// Columns two spaces apart, as wide as their widest cell, no blanks at the end of a line; every row
// has a cell for each column. Any thread.
std::string RenderTable(const std::vector<Column>& columns,
                        const std::vector<std::vector<Cell>>& rows, const Look& look = {});

}  // namespace greeter::admin_cli

#endif  // GREETER_ADMIN_CLI_TERMINAL_TABLE_H_
