// What ECS tells: 169.254.170.2 inside each task's network namespace: the task itself, and nobody else, reaches it
// there; and events.
#pragma once

#include <map>
#include <memory>

#include "stratus/core/asio_loop.h"
#include "stratus/services/ecs/service.h"
#include "stratus/services/events/service.h"
#include "stratus/wire/server.h"

namespace stratus::daemon {

class TaskEndpoints final : public services::ecs::Endpoints {
 public:
  /// `spool_directory` is where bodies would go that are too large for memory.
  TaskEndpoints(AsioLoop& loop, std::string spool_directory)
      : loop_(loop), spool_directory_(std::move(spool_directory)) {}

  /// Who answers; set before a task's address is opened.
  void set_ecs(services::ecs::Ecs& ecs) { ecs_ = &ecs; }
  void open(const std::string& task_id, const std::string& netns, std::function<void(Result<>)> done) override;
  void close(const std::string& task_id) override;

 private:
  void serve(const std::string& task_id, UniqueFd socket);

  AsioLoop& loop_;
  const std::string spool_directory_;
  services::ecs::Ecs* ecs_ = nullptr;
  std::map<std::string, std::unique_ptr<wire::Server>> servers_;
  std::map<std::string, std::uint64_t> opening_;  ///< task → its latest attempt
  std::uint64_t attempts_ = 0;
};

/// ECS's events, on the account's default bus.
class TaskEvents final : public services::ecs::Events {
 public:
  explicit TaskEvents(services::events::Service& events) : events_(events) {}
  void publish(const std::string& account, const std::string& region, const std::string& source,
               const std::string& detail_type, const std::vector<std::string>& resources,
               const std::string& detail_json) override {
    events_.publish(account, region, source, detail_type, resources, detail_json);
  }

 private:
  services::events::Service& events_;
};

}  // namespace stratus::daemon
