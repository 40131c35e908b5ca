// greeterd: builds the house from the ground up, runs until told to stop, and takes it down in
// reverse order.

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "admin/admin_server.h"
#include "control/controller.h"
#include "daemon/access_log.h"
#include "daemon/admin_setup.h"
#include "daemon/announcement.h"
#include "daemon/config_file.h"
#include "daemon/data_plane_adapter.h"
#include "daemon/descriptor_budget.h"
#include "daemon/engine_options.h"
#include "daemon/fleet_member.h"
#include "daemon/identity.h"
#include "daemon/inherited_sockets.h"
#include "daemon/listener_log.h"
#include "daemon/logs.h"
#include "daemon/observatory_setup.h"
#include "daemon/options.h"
#include "daemon/service_notifier.h"
#include "daemon/standard_streams.h"
#include "daemon/state.h"
#include "daemon/stop_signal.h"
#include "data_plane/engine.h"

namespace greeter {
namespace {

absl::Status Run(const daemon::Options& options) try {
  auto inherited = daemon::TakeInheritedSockets();
  if (!inherited.ok()) return inherited.status();
  auto initial = daemon::ReadInitialConfig(options);
  if (!initial.ok()) return initial.status();
  daemon::StopSignal stop_signal;
  const auto logs = daemon::StartLogs(options);
  if (!logs.ok()) return logs.status();
  const auto& logger = logs->logger;
  auto state = daemon::State::Open(options, logger.get());
  if (!state.ok()) return state.status();
  const auto budget = daemon::PlanDescriptors();
  if (!budget.ok()) return budget.status();
  std::vector<std::string> warnings;
  auto engine_options = daemon::EngineOptions(options, budget->data_plane, &warnings);
  const auto access_log = daemon::AccessLog::Open(options, logger, &engine_options);
  if (!access_log.ok()) return access_log.status();
  const auto engine = data_plane::Engine::Start(engine_options, *std::move(inherited));
  observe::AdminCalls calls;
  auto admin_options = daemon::AdminServerOptions(options.admin, *budget, logs->audit, &warnings);
  admin_options.on_call = calls.counter();
  for (const std::string& warning : warnings) logger->warn("{}", warning);
  if (!engine.ok()) return engine.status();
  const control::ServerIdentity identity = daemon::NewIdentity(options, warnings);
  daemon::DataPlaneAdapter data_plane(engine->get(),
                                      {daemon::Hostname(), identity.server_id, options.labels});
  control::Controller controller(&data_plane, state->store(),
                                 {.identity = identity, .audit = logs->audit});
  controller.Observe(daemon::ListenerLog(logger));
  daemon::FleetMember member(*state, options.fleet.name, &controller, identity.server_id, logger);
  admin_options.fleet = member.fleet();
  daemon::ServiceNotifier notifier(controller, admin_options.self_check);
  admin::AdminServer admin(&controller, admin_options);
  if (absl::Status taken = admin.Listen(options.admin.address); !taken.ok()) return taken;
  const auto observatory = daemon::OpenObservatory(
      options, *budget, {&controller, &admin, &calls, &data_plane, access_log->get()});
  if (!observatory.ok()) return observatory.status();
  absl::Status started = daemon::StartController(controller, *std::move(initial), options, *logger);
  if (started.ok()) member.Enter(admin.bound_address());
  if (started.ok()) started = admin.Serve();
  if (started.ok()) {
    daemon::WarnOfUnusedSockets((*engine)->inherited(), *controller.snapshot(), *logger);
    daemon::Announce(*controller.snapshot(), {(*observatory)->url(), admin.health_address(),
                                              admin.bound_address(), options.admin.has_tls()});
    notifier.Ready();
    const std::string signal = stop_signal.Wait([&] {
      notifier.Reloading();
      (*access_log)->Reopen();
      daemon::ReloadConfigFile(options, controller, logger, [&] { notifier.Ready(); });
    });
    logger->info("{}: stopping; again to end at once", signal);
    notifier.Stopping(options.shutdown_delay + options.drain_timeout);
    member.Withdraw();
    admin.SetNotServing();
    absl::SleepFor(options.shutdown_delay);
  }
  // Also where it could not start: those who are connected already are not to suffer for it.
  controller.Stop();
  (*engine)->Shutdown(options.drain_timeout);
  admin.Stop(/*timeout=*/absl::Seconds(1));
  if (started.ok()) logger->info("stopped");
  return started;
} catch (const std::exception& refused) {
  // The standard library's own: no thread, no memory.
  return absl::ResourceExhaustedError(refused.what());
}

}  // namespace
}  // namespace greeter

int main(int argc, char** argv) {
  greeter::daemon::OpenStandardStreams();
  const auto parsed = greeter::daemon::ParseOptions(argc, argv);
  if (const auto* exit = std::get_if<greeter::daemon::Exit>(&parsed)) {
    return greeter::daemon::PrintLastWords(exit->text, exit->exit_code);
  }
  const absl::Status status = greeter::Run(std::get<greeter::daemon::Options>(parsed));
  if (status.ok()) return EXIT_SUCCESS;
  std::cerr << "greeterd: " << status.message() << "\n";
  return EXIT_FAILURE;
}
