#include "stratus/daemon/backups.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/daemon/replies.h"

namespace stratus::daemon {
namespace {

namespace fs = std::filesystem;

/// What is being written, what belongs to running processes, and what can be made again from what is kept.
const std::vector<std::string> kNoState = {"lock",       "spool",         "stratusd.log",   "start-errors",
                                           "containers", "images/layers", "images/uploads", "images/scratch"};

std::string describe(const std::string& file, const state::BackupInfo& info) {
  return fmt::format(R"({{"file":{},"created":"{}","files":{},"bytes":{},"version":{}}})", text::json_quote(file),
                     to_rfc3339(info.created), info.files, info.bytes, text::json_quote(info.version));
}

}  // namespace

Backups::Backups(Loop& loop, state::Store& store, BackupSettings settings)
    : Reconciler(loop, "backups", settings.interval), loop_(loop), store_(store), settings_(std::move(settings)) {}

void Backups::start() {
  if (!settings_.directory.empty()) Reconciler::start();
}

void Backups::back_up(const std::string& file, std::function<void(Result<state::BackupInfo>)> done) {
  auto taken = state::Snapshot::take(store_, kNoState, loop_.clock().now());
  if (!taken) return done(taken.error());
  running_ = true;
  const std::shared_ptr<state::Snapshot> snapshot = std::move(*taken);
  const auto result = std::make_shared<Result<state::BackupInfo>>(Failure{"never ran", 0});
  loop_.run_blocking(
      [snapshot, result, file, version = settings_.version] { *result = snapshot->write(file, version); },
      [this, result, file, done = std::move(done)] {
        running_ = false;
        if (*result) {
          last_ = describe(file, **result);
          log::info("backup.written", {{"file", file}, {"bytes", (*result)->bytes}});
        } else {
          log::error("backup.failed", {{"file", file}, {"error", result->error().message()}});
        }
        done(*result);
      });
}

void Backups::serve(const wire::HttpRequest& request, const std::function<void(wire::HttpReply)>& reply) {
  const auto at = request.target.find("file=");
  const std::string file = at == std::string::npos ? "" : text::uri_decode(request.target.substr(at + 5));
  if (!file.starts_with('/')) return reply(json_reply(400, R"({"message":"file= wants an absolute path"})"));
  if (running_) return reply(json_reply(409, R"({"message":"a backup is being written just now"})"));
  back_up(file, [file, reply](const Result<state::BackupInfo>& done) {
    if (done) return reply(json_reply(200, describe(file, *done)));
    reply(json_reply(500, "{\"message\":" + text::json_quote(done.error().message()) + "}"));
  });
}

void Backups::reconcile() {
  if (running_) return;
  std::error_code error;
  fs::create_directories(settings_.directory, error);
  if (error)
    return log::error("backup.failed", {{"directory", settings_.directory}, {"error", std::string(error.message())}});
  std::string stamp = to_rfc3339({loop_.clock().now().ms / 1000 * 1000});
  std::erase(stamp, ':');
  back_up(settings_.directory + "/stratus-" + stamp + ".backup", [this](const Result<state::BackupInfo>& done) {
    if (done) thin_out();
  });
}

void Backups::thin_out() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(settings_.directory, error))
    if (const auto name = entry.path().filename().string(); name.starts_with("stratus-") && name.ends_with(".backup"))
      names.push_back(name);
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i + settings_.keep < names.size(); ++i)
    fs::remove(settings_.directory + "/" + names[i], error);
}

std::string Backups::last() const { return last_.empty() ? "null" : last_; }

}  // namespace stratus::daemon
