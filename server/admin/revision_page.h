// Pages of the history as ListRevisions asks for them and answers with them.

#ifndef GREETER_ADMIN_REVISION_PAGE_H_
#define GREETER_ADMIN_REVISION_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "control/api.h"

namespace greeter::admin {

// Of ListRevisionsRequest.page_size.
inline constexpr size_t kDefaultPageSize = 50;
inline constexpr size_t kMaxPageSize = 1000;

// A page: the newest `size` revisions with numbers below `before`.
struct RevisionPage {
  uint64_t before;
  size_t size;
};

// INVALID_ARGUMENT for a page_token that MakeRevisionPage() did not make. Any thread.
absl::StatusOr<RevisionPage> ReadRevisionPage(const api::ListRevisionsRequest& request);

// The answer to a request for `page`, made of its revisions and, if there is one, the next. Any
// thread.
api::ListRevisionsResponse MakeRevisionPage(const RevisionPage& page,
                                            std::vector<api::Revision> revisions);

}  // namespace greeter::admin

#endif  // GREETER_ADMIN_REVISION_PAGE_H_
