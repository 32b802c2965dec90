#include "stratus/daemon/daemon.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "stratus/core/fd.h"
#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/kms/service.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/secretsmanager/service.h"
#include "stratus/state/store.h"
#include "stratus/wire/front_door.h"

namespace stratus::daemon {
namespace {

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

services::iam::Settings iam_settings(const Options& options) {
  services::iam::Settings settings;
  settings.well_known_keys = is_loopback(options.listen_address) && options.root_credentials.empty();
  if (!options.root_credentials.empty()) {
    const auto colon = options.root_credentials.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == options.root_credentials.size()) throw std::runtime_error("--root-credentials wants ACCESS_KEY:SECRET");
    settings.root_access_key = options.root_credentials.substr(0, colon);
    settings.root_secret = options.root_credentials.substr(colon + 1);
  } else if (!is_loopback(options.listen_address)) {
    throw std::runtime_error("listening on " + options.listen_address + " needs --root-credentials ACCESS_KEY:SECRET: the well-known keys are for loopback only");
  }
  return settings;
}

/// One daemon per state directory: the lock goes with the process, however it ends.
UniqueFd lock_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw std::runtime_error("cannot make " + directory + ": " + error.message());
  ::chmod(directory.c_str(), 0700);
  UniqueFd lock(::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) throw std::runtime_error(failure("open " + directory + "/lock").message());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto pid = read_file(directory + "/lock");
    throw std::runtime_error("another stratusd (pid " + (pid ? *pid : "?") + ") uses " + directory);
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) throw std::runtime_error(failure("write " + directory + "/lock").message());
  return lock;
}

wire::FrontDoorSettings door_settings(const Options& options) {
  wire::FrontDoorSettings settings;
  settings.server.address = options.listen_address;
  settings.server.port = options.port;
  settings.server.spool_directory = options.state_directory + "/spool";
  settings.version = options.version;
  std::filesystem::remove_all(settings.server.spool_directory);  // bodies of calls that an earlier run never finished
  std::filesystem::create_directories(settings.server.spool_directory);
  return settings;
}

}  // namespace

/// In the order in which they are built; they go in the opposite one.
struct Daemon::Parts {
  Parts(AsioLoop& l, Options o)
      : loop(l),
        options(std::move(o)),
        lock(lock_directory(options.state_directory)),
        store(loop, options.state_directory),
        iam(loop, store, random, iam_settings(options)),
        sts(loop, iam),
        kms(loop, store, random),
        logs(loop, store, kms),
        secrets(loop, store, random, kms),
        door(loop, store, random, door_settings(options)) {}

  AsioLoop& loop;
  const Options options;
  const UniqueFd lock;
  SystemRandom random;
  state::Store store;
  services::iam::Service iam;
  services::iam::Sts sts;
  services::kms::Service kms;
  services::logs::Service logs;
  services::secretsmanager::Service secrets;
  wire::FrontDoor door;

  void reset(wire::HttpRequest request, const std::function<void(wire::HttpReply)>& reply) {
    std::string account;
    if (const auto at = request.target.find("account="); at != std::string::npos) account = request.target.substr(at + 8, 12);
    store.clear(account);
    log::info("reset", {{"account", account.empty() ? "all" : account}});
    store.after_commit([reply] {
      wire::HttpReply out;
      out.headers["Content-Type"] = "application/json";
      out.body = "{}\n";
      reply(out);
    });
  }

  void start() {
    door.add(aws::iam::model(), iam);
    door.add(aws::sts::model(), sts);
    door.add(aws::kms::model(), kms);
    door.add(aws::logs::model(), logs);
    door.add(aws::secretsmanager::model(), secrets);
    door.set_credentials(iam);
    door.set_authorizer(iam);
    door.add_internal("POST", "reset", [this](wire::HttpRequest request, std::function<void(wire::HttpReply)> reply) { reset(std::move(request), reply); });
    kms.start();
    logs.start();
    secrets.start();
    door.listen();
    log::info("started", {{"address", options.listen_address}, {"port", door.port()}, {"state", options.state_directory}, {"pid", ::getpid()}});
  }
};

Daemon::Daemon(AsioLoop& loop, Options options) : parts_(std::make_unique<Parts>(loop, std::move(options))) {}
Daemon::~Daemon() = default;

void Daemon::start() { parts_->start(); }
std::uint16_t Daemon::port() const { return parts_->door.port(); }

void Daemon::stop(std::function<void()> done) {
  parts_->door.stop(std::chrono::seconds(5), [this, done = std::move(done)] {
    parts_->store.commit();
    log::info("stopped");
    done();
  });
}

}  // namespace stratus::daemon
