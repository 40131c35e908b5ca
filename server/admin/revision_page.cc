#include "admin/revision_page.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "control/field_violation.h"

namespace greeter::admin {
namespace {

// In base64, so that nobody takes it for a revision's number and counts on it.
constexpr char kTokenPrefix[] = "before:";

std::string MakeToken(uint64_t before) {
  return absl::WebSafeBase64Escape(absl::StrCat(kTokenPrefix, before));
}

}  // namespace

absl::StatusOr<RevisionPage> ReadRevisionPage(const api::ListRevisionsRequest& request) {
  RevisionPage page{std::numeric_limits<uint64_t>::max(), kDefaultPageSize};
  if (request.page_size() != 0) page.size = std::min<size_t>(request.page_size(), kMaxPageSize);
  const std::string& token = request.page_token();
  if (token.empty()) return page;
  std::string decoded;
  absl::string_view number;
  if (absl::WebSafeBase64Unescape(token, &decoded)) {
    number = decoded;
    if (!absl::ConsumePrefix(&number, kTokenPrefix)) number = "";
  }
  // One spelling for each token: no leading zeroes, signs or blanks.
  if (!absl::SimpleAtoi(number, &page.before) || MakeToken(page.before) != token) {
    return control::InvalidArgument(
        {{"page_token", absl::StrCat(control::Quoted(token),
                                     " is no page token; send the next_page_token of the page "
                                     "before, or none for the first page")}});
  }
  return page;
}

api::ListRevisionsResponse MakeRevisionPage(const RevisionPage& page,
                                            std::vector<api::Revision> revisions) {
  api::ListRevisionsResponse response;
  const size_t shown = std::min(revisions.size(), page.size);
  for (size_t i = 0; i < shown; ++i) *response.add_revisions() = std::move(revisions[i]);
  if (shown > 0 && shown < revisions.size()) {
    response.set_next_page_token(MakeToken(response.revisions().rbegin()->number()));
  }
  return response;
}

}  // namespace greeter::admin
