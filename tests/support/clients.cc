#include "support/clients.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "support/wait_for.h"

namespace greeter::testing {
namespace {

std::unique_ptr<probe::Generator> Generator(const probe::Options& options) {
  absl::StatusOr<std::unique_ptr<probe::Generator>> generator = probe::Generator::Create(options);
  if (!generator.ok()) {
    std::cerr << generator.status() << "\n";
    abort();
  }
  return *std::move(generator);
}

}  // namespace

Clients::Clients(const probe::Options& options)
    : may_give_up_(options.connect_patience < options.timeout),
      generator_(Generator(options)),
      thread_([this] { report_ = generator_->Run(); }) {}

Clients::~Clients() { Stop(); }

bool Clients::WaitForGreeted(uint64_t count) const {
  return WaitFor(
      [this, until = generator_->greeted() + count] { return generator_->greeted() >= until; });
}

const probe::Report& Clients::Stop() {
  generator_->Stop();
  return Join();
}

const probe::Report& Clients::Join() {
  if (thread_.joinable()) thread_.join();
  return report_;
}

uint64_t Clients::harmed() const {
  const uint64_t given_up = may_give_up_ ? report_.count(probe::Outcome::kUnanswered) : 0;
  return report_.connections() - report_.count(probe::Outcome::kGreeted) -
         report_.count(probe::Outcome::kRefused) - given_up;
}

}  // namespace greeter::testing

namespace greeter::probe {

std::ostream& operator<<(std::ostream& out, const Report& report) { return out << report.ToText(); }

}  // namespace greeter::probe
