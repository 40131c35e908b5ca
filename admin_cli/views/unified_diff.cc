#include "admin_cli/views/unified_diff.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace greeter::admin_cli {
namespace {

using Lines = std::vector<absl::string_view>;

constexpr size_t kContext = 3;
// Bounds the time, and the memory to a few dozen MiB.
constexpr int kMostEdits = 2000;

// A line of the diff, and how it begins: " ", "-" or "+".
struct Row {
  char mark;
  absl::string_view line;
};

Lines SplitLines(absl::string_view text) {
  Lines lines = absl::StrSplit(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

// The search of E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): the fewest
// lines to delete (x grows) and insert (y grows) on the way from (0, 0) to the texts' ends, where
// equal lines cost nothing. Diagonal k holds the points with x - y = k.
class ShortestEdit {
 public:
  ShortestEdit(const Lines& before, const Lines& after)
      : before_(before),
        after_(after),
        width_(static_cast<int>(before.size())),
        height_(static_cast<int>(after.size())) {}

  // Appends the rows that lead from one text to the other.
  void AppendTo(std::vector<Row>& rows) {
    if (!Search()) {
      for (const absl::string_view line : before_) rows.push_back({'-', line});
      for (const absl::string_view line : after_) rows.push_back({'+', line});
      return;
    }
    // Backwards from the end.
    std::vector<Row> path;
    int x = width_;
    int y = height_;
    for (size_t d = reached_.size() - 1; d > 0; --d) {
      const bool inserts = Inserts(d, x - y);
      const int from_x = Reached(d - 1, x - y + (inserts ? 1 : -1));
      const int after_edit = inserts ? from_x : from_x + 1;
      for (; x > after_edit; --x, --y) path.push_back({' ', LineOf(before_, x - 1)});
      path.push_back(inserts ? Row{'+', LineOf(after_, --y)} : Row{'-', LineOf(before_, --x)});
    }
    for (; x > 0; --x) path.push_back({' ', LineOf(before_, x - 1)});
    rows.insert(rows.end(), path.rbegin(), path.rend());
  }

 private:
  static absl::string_view LineOf(const Lines& lines, int i) {
    return lines[static_cast<size_t>(i)];
  }

  // The largest x reached on diagonal k with d edits; -1 if there is none.
  int Reached(size_t d, int k) const {
    const int edits = static_cast<int>(d);
    return k < -edits || k > edits ? -1 : reached_[d][static_cast<size_t>((k + edits) / 2)];
  }

  // Whether the last of the d edits that lead furthest on diagonal k is an insertion.
  bool Inserts(size_t d, int k) const { return Reached(d - 1, k - 1) < Reached(d - 1, k + 1); }

  // Fills reached_ until the end is reached; false if that takes too many edits.
  bool Search() {
    for (int d = 0; d <= kMostEdits; ++d) {
      std::vector<int>& reached = reached_.emplace_back();
      for (int k = -d; k <= d; k += 2) {
        const auto edits = static_cast<size_t>(d);
        int x = 0;
        if (d > 0)
          x = Inserts(edits, k) ? Reached(edits - 1, k + 1) : Reached(edits - 1, k - 1) + 1;
        while (x < width_ && x - k < height_ && LineOf(before_, x) == LineOf(after_, x - k)) ++x;
        reached.push_back(x);
        if (x >= width_ && x - k >= height_) return true;
      }
    }
    return false;
  }

  const Lines& before_;
  const Lines& after_;
  const int width_;
  const int height_;
  // For each number of edits d, by (k + d) / 2.
  std::vector<std::vector<int>> reached_;
};

// Moves the lines that both begin with, or (`at_end`) end with, out of the texts.
Lines TakeCommon(Lines& before, Lines& after, bool at_end) {
  Lines common;
  if (at_end) {
    const auto [b, a] = std::mismatch(before.rbegin(), before.rend(), after.rbegin(), after.rend());
    common.assign(b.base(), before.end());
    before.erase(b.base(), before.end());
    after.erase(a.base(), after.end());
  } else {
    const auto [b, a] = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
    common.assign(before.begin(), b);
    before.erase(before.begin(), b);
    after.erase(after.begin(), a);
  }
  return common;
}

std::vector<Row> Compare(Lines before, Lines after) {
  const Lines head = TakeCommon(before, after, /*at_end=*/false);
  const Lines tail = TakeCommon(before, after, /*at_end=*/true);
  std::vector<Row> rows;
  for (const absl::string_view line : head) rows.push_back({' ', line});
  ShortestEdit(before, after).AppendTo(rows);
  for (const absl::string_view line : tail) rows.push_back({' ', line});
  return rows;
}

// "3,7": where a hunk of `count` lines begins, after `skipped` lines. An empty one is named by the
// line before it.
std::string Range(size_t skipped, size_t count) {
  return absl::StrCat(count == 0 ? skipped : skipped + 1, ",", count);
}

// The end of the hunk whose first change is at `begin`: its last change, which no other follows
// within twice the context, and one beyond.
size_t EndOfChanges(const std::vector<Row>& rows, size_t begin) {
  size_t end = begin + 1;
  for (size_t i = end; i < rows.size() && i <= end + 2 * kContext; ++i) {
    if (rows[i].mark != ' ') end = i + 1;
  }
  return end;
}

}  // namespace

std::string UnifiedDiff(const NamedText& before, const NamedText& after) {
  if (before.text == after.text) return "";
  const std::vector<Row> rows = Compare(SplitLines(before.text), SplitLines(after.text));
  std::string out = absl::StrCat("--- ", before.name, "\n+++ ", after.name, "\n");
  size_t lines_before = 0;
  size_t lines_after = 0;
  size_t written = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].mark == ' ') continue;
    const size_t begin = std::max(written, i - std::min(i, kContext));
    const size_t changes_end = EndOfChanges(rows, i);
    const size_t end = std::min(rows.size(), changes_end + kContext);
    // What lies between hunks is the same in both.
    lines_before += begin - written;
    lines_after += begin - written;
    size_t removed = 0;
    size_t added = 0;
    std::string hunk;
    for (size_t r = begin; r < end; ++r) {
      removed += rows[r].mark != '+' ? 1U : 0U;
      added += rows[r].mark != '-' ? 1U : 0U;
      absl::StrAppend(&hunk, std::string(1, rows[r].mark), rows[r].line, "\n");
    }
    absl::StrAppend(&out, "@@ -", Range(lines_before, removed), " +", Range(lines_after, added),
                    " @@\n", hunk);
    lines_before += removed;
    lines_after += added;
    written = end;
    i = end - 1;
  }
  return out;
}

}  // namespace greeter::admin_cli
