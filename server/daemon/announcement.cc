#include "daemon/announcement.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "daemon/options.h"

namespace greeter::daemon {

void Announce(const control::Snapshot& snapshot, const Surfaces& surfaces) {
  for (const api::ListenerStatus& listener : snapshot.listeners) {
    if (listener.state() != api::ListenerStatus::STATE_LISTENING) continue;
    std::cout << "listener \"" << listener.name() << "\" serves on " << listener.bound_address()
              << "\n";
  }
  if (!surfaces.page.empty()) {
    std::cout << "status page on " << surfaces.page << ", metrics on " << surfaces.page
              << "metrics\n";
  }
  if (!surfaces.health.empty()) std::cout << "health service on " << surfaces.health << "\n";
  const bool usual = surfaces.admin == AdminOptions().address;
  std::cout << "admin service on " << surfaces.admin << "; try: greeterctl "
            << (usual ? "" : absl::StrCat("--server ", surfaces.admin, " "))
            << (surfaces.admin_has_tls ? "--ca FILE --cert FILE --key FILE " : "") << "status"
            << std::endl;
}

}  // namespace greeter::daemon
