#include "daemon/announcement.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "daemon/options.h"

namespace greeter::daemon {

void Announce(const control::Snapshot& snapshot, const std::string& page,
              const std::string& admin_address) {
  for (const api::ListenerStatus& listener : snapshot.listeners) {
    if (listener.state() != api::ListenerStatus::STATE_LISTENING) continue;
    std::cout << "listener \"" << listener.name() << "\" serves on " << listener.bound_address()
              << "\n";
  }
  if (!page.empty())
    std::cout << "status page on " << page << ", metrics on " << page << "metrics\n";
  const bool usual = admin_address == Options().admin;
  std::cout << "admin service on " << admin_address << "; try: greeterctl "
            << (usual ? "" : absl::StrCat("--server ", admin_address, " ")) << "status"
            << std::endl;
}

}  // namespace greeter::daemon
