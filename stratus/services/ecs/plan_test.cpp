#include "stratus/services/ecs/plan.h"

#include <gtest/gtest.h>

namespace stratus::services::ecs {
namespace {

ServiceRow service(std::int32_t desired, std::int32_t minimum = 100, std::int32_t maximum = 200) {
  ServiceRow row;
  row.name = "web";
  row.desired = desired;
  row.configuration.minimum_healthy_percent = minimum;
  row.configuration.maximum_percent = maximum;
  row.configuration.deployment_circuit_breaker = aws::ecs::DeploymentCircuitBreaker{.enable = true, .rollback = true};
  row.deployments = {{.id = "new"}};
  return row;
}

TaskView task(const std::string& id, const std::string& deployment, bool healthy) {
  return {.id = id, .deployment = deployment, .running = healthy, .healthy = healthy};
}

TEST(Plan, starts_what_is_missing_and_stops_what_is_too_much) {
  EXPECT_EQ(plan(service(3), {}, {}).start, 3);
  EXPECT_EQ(plan(service(3), {task("a", "new", true)}, {}).start, 2);
  const auto less = plan(service(1), {task("a", "new", true), task("b", "new", false)}, {});
  EXPECT_EQ(less.start, 0);
  EXPECT_EQ(less.stop, std::vector<std::string>{"b"}) << "the one that does not serve goes first";
}

TEST(Plan, a_rollout_keeps_the_minimum_serving_and_stays_below_the_maximum) {
  const std::vector<TaskView> old = {task("a", "old", true), task("b", "old", true)};
  const auto first = plan(service(2), old, {});
  EXPECT_EQ(first.start, 2) << "200 % leaves room for two";
  EXPECT_TRUE(first.stop.empty());
  auto starting = old;
  starting.push_back(task("c", "new", false));
  starting.push_back(task("d", "new", false));
  EXPECT_TRUE(plan(service(2), starting, {}).stop.empty()) << "nothing new serves yet";
  starting[2].healthy = true;
  EXPECT_EQ(plan(service(2), starting, {}).stop.size(), 1U) << "one new serves, one old may go";
  starting[3].healthy = true;
  EXPECT_EQ(plan(service(2), starting, {}).stop.size(), 2U);
  const auto tight = plan(service(2, 50, 100), old, {});
  EXPECT_EQ(tight.stop.size(), 1U) << "50 % may go first";
  EXPECT_EQ(tight.start, 1) << "no room above 100 % but for the one that goes";
}

TEST(Plan, an_unhealthy_task_is_replaced) {
  auto sick = task("a", "new", false);
  sick.failed_checks = true;
  const auto todo = plan(service(1), {sick}, {});
  EXPECT_EQ(todo.replace, std::vector<std::string>{"a"});
  EXPECT_EQ(todo.start, 1);
}

TEST(Plan, completes_when_all_serve_and_nothing_old_is_left) {
  EXPECT_TRUE(plan(service(1), {task("a", "new", true)}, {}).completed);
  EXPECT_FALSE(plan(service(1), {task("a", "new", false)}, {}).completed);
  EXPECT_FALSE(plan(service(1), {task("a", "new", true), task("b", "old", true)}, {}).completed);
  auto done = service(1);
  done.deployments[0].rollout_state = "COMPLETED";
  EXPECT_FALSE(plan(done, {task("a", "new", true)}, {}).completed) << "once is enough";
}

TEST(Plan, the_circuit_breaker_opens_at_its_threshold_and_not_before) {
  auto failing = service(2);
  failing.deployments[0].failed_tasks = failure_threshold(2) - 1;
  EXPECT_FALSE(plan(failing, {}, {}).failed);
  failing.deployments[0].failed_tasks = failure_threshold(2);
  const auto opened = plan(failing, {}, {});
  EXPECT_TRUE(opened.failed);
  EXPECT_EQ(opened.start, 0);
  EXPECT_EQ(failure_threshold(1), 3);
  EXPECT_EQ(failure_threshold(100), 50);
  EXPECT_EQ(failure_threshold(1000), 200);
}

TEST(Plan, starts_are_throttled_after_failures) {
  auto throttled = service(1);
  throttled.deployments[0].retry_at = Timestamp{1000};
  EXPECT_EQ(plan(throttled, {}, {500}).start, 0);
  EXPECT_EQ(plan(throttled, {}, {500}).look_again, Timestamp{1000});
  EXPECT_EQ(plan(throttled, {}, {1000}).start, 1);
}

TEST(Plan, a_draining_service_stops_everything) {
  auto draining = service(2);
  draining.status = "DRAINING";
  EXPECT_EQ(plan(draining, {task("a", "new", true), task("b", "new", false)}, {}).stop.size(), 2U);
}

TEST(Plan, protected_tasks_are_neither_scaled_in_nor_replaced) {
  auto kept = task("a", "old", true);
  kept.is_protected = true;
  const auto replaced = plan(service(1), {kept, task("b", "new", true)}, {});
  EXPECT_TRUE(replaced.stop.empty());
  EXPECT_FALSE(replaced.completed);
  auto extra = task("c", "new", true);
  extra.is_protected = true;
  EXPECT_EQ(plan(service(1), {extra, task("d", "new", true)}, {}).stop, std::vector<std::string>{"d"});
}

TEST(Plan, capacity_providers_get_their_base_and_then_their_share) {
  const std::vector<aws::ecs::CapacityProviderStrategyItem> strategy = {
      {.capacity_provider = "FARGATE", .weight = 1, .base = 2}, {.capacity_provider = "FARGATE_SPOT", .weight = 3}};
  std::map<std::string, std::int32_t> count;
  for (int i = 0; i < 10; ++i) ++count[next_provider(strategy, count)];
  EXPECT_EQ(count["FARGATE"], 4);  // 2 of the base, and 2 of 8
  EXPECT_EQ(count["FARGATE_SPOT"], 6);
  EXPECT_EQ(next_provider({{.capacity_provider = "FARGATE_SPOT"}}, {}), "FARGATE_SPOT");
}

}  // namespace
}  // namespace stratus::services::ecs
