#include "stratus/daemon/task_endpoints.h"

#include "stratus/dataplane/network/network.h"

namespace stratus::daemon {
namespace {

constexpr const char* kAddress = "169.254.170.2";
constexpr std::uint16_t kPort = 80;

}  // namespace

void TaskEndpoints::open(const std::string& task_id, const std::string& netns, std::function<void(Result<>)> done) {
  const std::uint64_t attempt = opening_[task_id] = ++attempts_;
  servers_.erase(task_id);
  auto socket = std::make_shared<Result<UniqueFd>>(failure("open a task's metadata address", 0));
  loop_.run_blocking([socket, netns] { *socket = network::open_local_listener(netns, kAddress, kPort); },
                     [this, task_id, attempt, socket, done = std::move(done)] {
                       const auto latest = opening_.find(task_id);
                       if (latest == opening_.end() || latest->second != attempt)
                         return done(failure("the task ended", ECANCELED));
                       if (!*socket) return done(socket->error());
                       serve(task_id, std::move(**socket));
                       done({});
                     });
}

void TaskEndpoints::serve(const std::string& task_id, UniqueFd socket) {
  wire::ServerSettings settings;
  settings.spool_directory = spool_directory_;
  settings.connections = 64;
  settings.body_limit = settings.memory_body = 64 * 1024;
  auto server = std::make_unique<wire::Server>(
      loop_, settings, [this, task_id](wire::HttpRequest request, std::function<void(wire::HttpReply)> reply) {
        ecs_->answer(task_id, request.method, request.target, request.body,
                     [reply = std::move(reply)](const services::ecs::Ecs::Answer& answer) {
                       wire::HttpReply out;
                       out.status = answer.status;
                       out.headers["Content-Type"] = "application/json";
                       out.body = answer.body;
                       reply(std::move(out));
                     });
      });
  server->listen_on(std::move(socket));
  servers_[task_id] = std::move(server);
}

void TaskEndpoints::close(const std::string& task_id) {
  opening_.erase(task_id);
  const auto found = servers_.find(task_id);
  if (found == servers_.end()) return;
  found->second->stop(Duration(0), [] {});
  servers_.erase(found);
}

}  // namespace stratus::daemon
