// ECS against fakes of everything below it, in virtual time.
#include "stratus/services/ecs/service.h"

#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"
#include "stratus/dataplane/containers/fake_containers.h"

namespace stratus::services::ecs {
namespace {

struct World {
  struct FakeNetwork final : Network {
    SimulatedLoop& loop;
    std::map<std::string, std::string> interfaces;  // id → address
    int made = 0;
    explicit FakeNetwork(SimulatedLoop& l) : loop(l) {}
    void check(const std::string&, const std::string&, const std::vector<std::string>& subnets,
               const std::vector<std::string>&) override {
      if (subnets[0] == "subnet-none") throw aws::Error("InvalidSubnetID.NotFound", 400, "no such subnet");
    }
    TaskInterface create(const std::string&, const std::string&, const std::string& subnet,
                         const std::vector<std::string>&, bool, const std::string&) override {
      const std::string id = "eni-" + std::to_string(++made), address = "10.0.0." + std::to_string(made);
      interfaces[id] = address;
      return {id, "/run/netns/" + id, address, "", "0a:00", subnet, "us-east-1a", "10.0.0.2", "10.0.0.0/24"};
    }
    void destroy(const std::string&, const std::string&, const std::string& id) override { interfaces.erase(id); }
    void when_ready(const std::string&, std::function<void(Result<>)> done) override {
      loop.after(Duration(10), [done = std::move(done)] { done({}); });
    }
  };
  struct FakeRegistry final : Registry {
    SimulatedLoop& loop;
    std::set<std::string> missing;
    explicit FakeRegistry(SimulatedLoop& l) : loop(l) {}
    void pull(const std::string& reference, std::function<void(Result<images::UnpackedImage>)> done) override {
      Result<images::UnpackedImage> image = images::UnpackedImage{.manifest_digest = "sha256:" + reference};
      if (missing.count(reference) != 0) image = failure(reference + ": not found", 0);
      loop.after(Duration(20), [done = std::move(done), image] { done(image); });
    }
    std::string repository_arn(const std::string&) override { return ""; }
    bool permits(const std::string&, const std::string&, const std::string&) override { return true; }
  };
  struct FakeSecrets final : Secrets {
    std::string value(const std::string&, const std::string&, const std::string& reference) override {
      if (reference.find("gone") != std::string::npos)
        throw aws::Error("ResourceNotFoundException", 400, "no such secret");
      return "s3cret";
    }
  };
  struct FakeLogs final : Logs {
    std::vector<std::string> lines;
    bool group_exists(const std::string&, const std::string&, const std::string&) override { return true; }
    void create_group(const std::string&, const std::string&, const std::string&) override {}
    void create_stream(const std::string&, const std::string&, const std::string&, const std::string&) override {}
    void append(const std::string&, const std::string&, const std::string&, const std::string& stream,
                const std::vector<LogEvent>& events) override {
      for (const auto& e : events) lines.push_back(stream.substr(0, stream.find('/')) + ": " + e.message);
    }
  };
  struct FakeBalancers final : LoadBalancers {
    std::map<std::string, std::string> targets;
    std::string state = "healthy";
    void check(const std::string&) override {}
    void add(const std::string&, const std::string& ip, int, const std::string&) override { targets[ip] = state; }
    void remove(const std::string&, const std::string& ip, int) override { targets.erase(ip); }
    std::string health(const std::string&, const std::string& ip, int) override {
      const auto found = targets.find(ip);
      return found == targets.end() ? "unused" : found->second;
    }
  };
  struct FakePermissions final : Permissions {
    std::set<std::string> denied;
    bool trusts(const std::string&, const std::string&) override { return true; }
    bool allows(const std::string&, const std::string& action, const std::string&) override {
      return denied.count(action) == 0;
    }
    std::optional<RoleCredentials> assume(const std::string&, const std::string& session, Duration lifetime) override {
      return RoleCredentials{"ASIA" + session.substr(0, 4), "secret", "token", {now->now().ms + lifetime.count()}};
    }
    SimulatedLoop* now = nullptr;
  };
  struct FakeEvents final : Events {
    std::vector<std::pair<std::string, std::string>> told;  // detail type, detail
    void publish(const std::string&, const std::string&, const std::string& source, const std::string& type,
                 const std::vector<std::string>&, const std::string& detail) override {
      EXPECT_EQ(source, "aws.ecs");
      told.emplace_back(type, detail);
    }
    int count(const std::string& type, const std::string& part) const {
      return static_cast<int>(std::count_if(told.begin(), told.end(), [&](const auto& e) {
        return e.first == type && e.second.find(part) != std::string::npos;
      }));
    }
  };
  struct FakeEndpoints final : Endpoints {
    std::map<std::string, std::string> open_;  // task → namespace
    void open(const std::string& task, const std::string& netns, std::function<void(Result<>)> done) override {
      open_[task] = netns;
      done({});
    }
    void close(const std::string& task) override { open_.erase(task); }
  };

  struct FakeAlarms final : Alarms {
    std::map<std::string, bool> states;  // name → in ALARM
    std::optional<Look> look(const std::string&, const std::string&, const std::string& name) override {
      const auto found = states.find(name);
      if (found == states.end()) return std::nullopt;
      return Look{found->second, std::chrono::minutes(1)};
    }
  };

  struct FakeFiles final : Files {
    std::string read(const std::string&, const std::string&, const std::string&, const std::string&) override {
      return "";
    }
  };

  explicit World(std::uint64_t seed = 1) : random(seed) {
    permissions.now = &loop;
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
    ecs.start([](const Result<>& r) { ASSERT_TRUE(r); });
    loop.settle();
    loop.advance(Duration(50));
    call([&] { ecs.create_cluster(c, {.cluster_name = "k", .capacity_providers = {{"FARGATE", "FARGATE_SPOT"}}}); });
  }
  void call(const std::function<void()>& work) {
    c.now = loop.now();
    store.call(work);
    loop.settle();
  }
  std::string define(const std::string& image, std::vector<aws::ecs::Secret> wanted = {},
                     std::optional<std::string> role = std::nullopt) {
    std::string arn;
    call([&] {
      aws::ecs::ContainerDefinition container{.name = "web", .image = image};
      container.port_mappings = {{{.container_port = 80}}};
      container.log_configuration = aws::ecs::LogConfiguration{
          .log_driver = "awslogs",
          .options = {{{"awslogs-group", "g"}, {"awslogs-region", "us-east-1"}, {"awslogs-stream-prefix", "web"}}}};
      if (!wanted.empty()) container.secrets = wanted;
      arn = *ecs.register_task_definition(c, {.family = "web",
                                              .task_role_arn = role,
                                              .execution_role_arn = "arn:aws:iam::000000000000:role/x",
                                              .network_mode = "awsvpc",
                                              .container_definitions = {{container}},
                                              .requires_compatibilities = {{"FARGATE"}},
                                              .cpu = "256",
                                              .memory = "512"})
                 .task_definition->task_definition_arn;
    });
    return arn;
  }
  void create(const std::string& definition, std::int32_t count, bool spot = false) {
    using Strategy = std::vector<aws::ecs::CapacityProviderStrategyItem>;
    call([&] {
      ecs.create_service(
          c, {.cluster = "k",
              .service_name = "web",
              .task_definition = definition,
              .load_balancers = {{{.target_group_arn = "tg", .container_name = "web", .container_port = 80}}},
              .desired_count = count,
              .launch_type = spot ? std::nullopt : std::optional<std::string>("FARGATE"),
              .capacity_provider_strategy =
                  spot ? std::optional(Strategy{{.capacity_provider = "FARGATE_SPOT", .weight = 1}}) : std::nullopt,
              .deployment_configuration = aws::ecs::DeploymentConfiguration{.deployment_circuit_breaker =
                                                                                aws::ecs::DeploymentCircuitBreaker{
                                                                                    .enable = true, .rollback = true}},
              .network_configuration = aws::ecs::NetworkConfiguration{
                  .awsvpc_configuration = aws::ecs::AwsVpcConfiguration{.subnets = {{"subnet-1"}}}}});
    });
  }
  aws::ecs::Service service() {
    return ecs.describe_services(c, {.cluster = "k", .services = {{"web"}}}).services->at(0);
  }
  bool steady() {
    const auto s = service();
    return s.deployments->size() == 1 && *s.running_count == *s.desired_count &&
           s.deployments->at(0).rollout_state == "COMPLETED";
  }
  bool events_say(const std::string& text) {
    const auto shown = service();
    for (const auto& e : *shown.events)
      if (e.message->find(text) != std::string::npos) return true;
    return false;
  }

  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random;
  containers::FakeContainers containers{loop};
  FakeNetwork network{loop};
  FakeRegistry registry{loop};
  FakeSecrets secrets;
  FakeLogs logs;
  FakeBalancers balancers;
  FakePermissions permissions;
  FakeEvents events;
  FakeEndpoints endpoints;
  FakeAlarms alarms;
  FakeFiles files;
  Ecs ecs{loop,
          store,
          random,
          containers,
          {network, registry, secrets, logs, balancers, permissions, events, endpoints, alarms, files}};
  aws::Context c;
};

TEST(Ecs, a_service_reaches_what_it_wants_and_its_output_its_log) {
  World w;
  w.containers.script = [](const containers::ContainerSpec&) { return containers::Script{.log_lines = {"hello"}}; };
  w.create(w.define("image:1"), 2);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  EXPECT_EQ(w.containers.running().size(), 2U);
  EXPECT_EQ(w.balancers.targets.size(), 2U);
  EXPECT_EQ(w.network.interfaces.size(), 2U);
  EXPECT_EQ(w.logs.lines, (std::vector<std::string>{"web: hello", "web: hello"}));
}

TEST(Ecs, a_new_revision_replaces_the_old_one_and_something_always_serves) {
  World w;
  w.create(w.define("image:1"), 2);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  w.balancers.state = "initial";
  const auto second = w.define("image:2");
  w.call([&] { w.ecs.update_service(w.c, {.cluster = "k", .service = "web", .task_definition = second}); });
  for (int i = 0; i < 100; ++i) {
    w.loop.advance(Duration(100));
    int healthy = 0;
    for (const auto& [ip, state] : w.balancers.targets) healthy += state == "healthy" ? 1 : 0;
    ASSERT_GE(healthy, 2) << "the minimum healthy percent is 100";
  }
  for (auto& [ip, state] : w.balancers.targets) state = "healthy";
  w.balancers.state = "healthy";
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(60)));
  EXPECT_EQ(w.service().task_definition, second);
  EXPECT_TRUE(w.loop.advance_until([&] { return w.containers.size() == 2; }, std::chrono::seconds(90)))
      << "old containers are removed";
  EXPECT_EQ(w.network.interfaces.size(), 2U);
}

TEST(Ecs, a_bad_image_opens_the_circuit_breaker_and_the_old_revision_goes_on_serving) {
  World w;
  const auto first = w.define("image:1");
  w.create(first, 1);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  w.registry.missing.insert("image:bad");
  const auto bad = w.define("image:bad");
  w.call([&] { w.ecs.update_service(w.c, {.cluster = "k", .service = "web", .task_definition = bad}); });
  ASSERT_TRUE(w.loop.advance_until([&] { return w.events_say("rolling back"); }, std::chrono::minutes(5)));
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::minutes(2)));
  EXPECT_EQ(w.service().task_definition, first);
  EXPECT_GE(w.containers.running().size(), 1U);
}

TEST(Ecs, an_alarm_fails_a_deployment_and_one_that_stays_quiet_lets_it_be_complete_after_its_window) {
  World w;
  w.alarms.states["errors"] = false;
  const auto first = w.define("image:1");
  w.create(first, 1);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  const auto second = w.define("image:2");
  const auto update = [&](const std::string& definition) {
    w.call([&] {
      w.ecs.update_service(
          w.c,
          {.cluster = "k",
           .service = "web",
           .task_definition = definition,
           .deployment_configuration = aws::ecs::DeploymentConfiguration{
               .alarms = aws::ecs::DeploymentAlarms{.alarm_names = {{"errors"}}, .rollback = true, .enable = true}}});
    });
  };
  const auto newest = [&] {
    return *w.ecs.list_service_deployments(w.c, {.service = "web", .cluster = "k"})
                .service_deployments->at(0)
                .service_deployment_arn;
  };
  const auto record = [&](const std::string& arn) {
    return w.ecs.describe_service_deployments(w.c, {.service_deployment_arns = {{arn}}}).service_deployments->at(0);
  };
  update(second);
  ASSERT_TRUE(
      w.loop.advance_until([&] { return w.service().running_count == 1 && w.service().task_definition == second; },
                           std::chrono::seconds(60)));
  w.loop.advance(std::chrono::seconds(30));
  EXPECT_EQ(w.service().deployments->at(0).rollout_state, "IN_PROGRESS") << "the alarm looks at a minute";
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::minutes(2)));
  EXPECT_EQ(record(newest()).status, "SUCCESSFUL");
  EXPECT_EQ(record(newest()).alarms->status, "MONITORING_COMPLETE");

  update(w.define("image:3"));
  const auto third = newest();
  w.loop.advance(std::chrono::seconds(5));
  w.alarms.states["errors"] = true;
  ASSERT_TRUE(w.loop.advance_until([&] { return w.events_say("deployment failed: alarm detected."); },
                                   std::chrono::seconds(10)));
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::minutes(3)));
  EXPECT_EQ(w.service().task_definition, second);
  const auto rolled = record(third);
  EXPECT_EQ(rolled.status, "ROLLBACK_SUCCESSFUL");
  EXPECT_EQ(rolled.alarms->triggered_alarm_names, (std::vector<std::string>{"errors"}));
  EXPECT_EQ(rolled.rollback->reason, "ECS deployment failed: alarm detected.");
  const auto to =
      w.ecs.describe_service_revisions(w.c, {.service_revision_arns = {{*rolled.rollback->service_revision_arn}}});
  EXPECT_EQ(to.service_revisions->at(0).task_definition, second);

  // In ALARM from the beginning: it is not asked.
  update(first);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::minutes(2)));
  EXPECT_EQ(w.service().task_definition, first);
  EXPECT_EQ(record(newest()).alarms->status, "DISABLED");
}

TEST(Ecs, a_task_that_dies_is_replaced_and_says_why) {
  World w;
  w.create(w.define("image:1"), 1);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  const auto task = w.ecs.list_tasks(w.c, {.cluster = "k"}).task_arns->at(0);
  w.containers.exit_now(w.containers.running().at(0), 3);
  ASSERT_TRUE(w.loop.advance_until(
      [&] {
        return w.ecs.describe_tasks(w.c, {.cluster = "k", .tasks = {{task}}}).tasks->at(0).last_status == "STOPPED";
      },
      std::chrono::seconds(90)));
  const auto stopped = w.ecs.describe_tasks(w.c, {.cluster = "k", .tasks = {{task}}}).tasks->at(0);
  EXPECT_EQ(stopped.stop_code, "EssentialContainerExited");
  EXPECT_EQ(stopped.containers->at(0).exit_code, 3);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::minutes(2)));
  EXPECT_NE(w.ecs.list_tasks(w.c, {.cluster = "k"}).task_arns->at(0), task);
}

TEST(Ecs, a_missing_permission_or_secret_fails_the_start_with_its_name) {
  World w;
  w.permissions.denied = {"secretsmanager:GetSecretValue"};
  w.create(w.define("image:1",
                    {{.name = "KEY", .value_from = "arn:aws:secretsmanager:us-east-1:000000000000:secret:k-AbCdEf"}}),
           1);
  ASSERT_TRUE(
      w.loop.advance_until([&] { return w.events_say("not authorized to perform: secretsmanager:GetSecretValue"); },
                           std::chrono::seconds(10)));
  EXPECT_TRUE(w.containers.running().empty());
  w.permissions.denied.clear();
  ASSERT_TRUE(w.loop.advance_until([&] { return !w.containers.running().empty(); }, std::chrono::minutes(5)))
      << "once it is given, tasks start";
  const auto* spec = w.containers.spec_of(w.containers.running().at(0));
  EXPECT_NE(std::find(spec->environment.begin(), spec->environment.end(),
                      std::pair<std::string, std::string>("KEY", "s3cret")),
            spec->environment.end());
}

TEST(Ecs, what_fargate_cannot_do_is_refused) {
  World w;
  const auto code = [&](const aws::ecs::RegisterTaskDefinitionRequest& r) -> std::string {
    try {
      w.ecs.register_task_definition(w.c, r);
    } catch (const aws::Error& e) {
      return e.code;
    }
    return "";
  };
  const aws::ecs::RegisterTaskDefinitionRequest good{.family = "f",
                                                     .network_mode = "awsvpc",
                                                     .container_definitions = {{{.name = "a", .image = "i"}}},
                                                     .requires_compatibilities = {{"FARGATE"}},
                                                     .cpu = "256",
                                                     .memory = "512"};
  EXPECT_EQ(code(good), "");
  auto wrong_size = good;
  wrong_size.memory = "4096";
  EXPECT_EQ(code(wrong_size), "ClientException");
  auto privileged = good;
  privileged.container_definitions->at(0).privileged = true;
  EXPECT_EQ(code(privileged), "NotImplemented");
}

TEST(Ecs, a_spot_interruption_warns_deregisters_and_signals_at_once_and_kills_after_the_stop_timeout) {
  World w;
  w.containers.script = [](const containers::ContainerSpec&) { return containers::Script{.ignores_stop = true}; };
  w.create(w.define("image:1"), 1, true);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  const auto task = w.ecs.list_tasks(w.c, {.cluster = "k"}).task_arns->at(0);
  w.events.told.clear();
  EXPECT_FALSE(w.ecs.interrupt_spot(task + "0"));
  EXPECT_TRUE(w.ecs.interrupt_spot(task));
  EXPECT_FALSE(w.ecs.interrupt_spot(task)) << "only once";
  w.loop.settle();
  ASSERT_FALSE(w.events.told.empty());
  const std::string& warning = w.events.told.front().second;
  for (const char* part : {"\"stopCode\":\"SpotInterruption\"", "\"lastStatus\":\"RUNNING\",",
                           "\"desiredStatus\":\"STOPPED\"", "\"stoppedReason\":\"Your Spot Task was interrupted.\""})
    EXPECT_NE(warning.find(part), std::string::npos) << part << " in " << warning;
  EXPECT_TRUE(w.balancers.targets.empty());
  w.loop.advance(std::chrono::seconds(25));
  const auto still = w.containers.running();
  EXPECT_EQ(still.size(), 2U) << "the interrupted one uses its 30 seconds, its successor runs";
  EXPECT_TRUE(w.loop.advance_until([&] { return w.containers.size() == 1; }, std::chrono::seconds(60)));
}

TEST(Ecs, spot_interruptions_come_at_the_rate_that_is_asked_for_and_only_to_spot_tasks) {
  for (const bool spot : {true, false}) {
    World w(5);
    w.ecs.set_spot_interruption_rate(60);  // one a minute
    w.create(w.define("image:1"), 1, spot);
    w.loop.advance(std::chrono::minutes(30));
    const int warnings = w.events.count("ECS Task State Change", "SpotInterruption");
    if (spot)
      EXPECT_GT(warnings, 10);
    else
      EXPECT_EQ(warnings, 0);
  }
}

TEST(Ecs, events_tell_deployments_steady_states_and_tasks) {
  World w;
  w.create(w.define("image:1"), 1);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  EXPECT_EQ(w.events.count("ECS Deployment State Change", "SERVICE_DEPLOYMENT_IN_PROGRESS"), 1);
  EXPECT_EQ(w.events.count("ECS Deployment State Change", "SERVICE_DEPLOYMENT_COMPLETED"), 1);
  EXPECT_EQ(w.events.count("ECS Service Action", "SERVICE_STEADY_STATE"), 1);
  for (const char* status : {"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"})
    EXPECT_GE(w.events.count("ECS Task State Change", "\"desiredStatus\":\"RUNNING\",\"enableExecuteCommand\":false"),
              4)
        << status;
  EXPECT_EQ(w.events.count("ECS Task State Change", "\"createdAt\":1"), 0) << "times are text";
}

TEST(Ecs, protected_tasks_outlive_scale_in_until_their_protection_ends) {
  World w;
  w.create(w.define("image:1"), 2);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  const auto tasks = *w.ecs.list_tasks(w.c, {.cluster = "k"}).task_arns;
  w.call([&] {
    const auto done = w.ecs.update_task_protection(
        w.c, {.cluster = "k", .tasks = tasks, .protection_enabled = true, .expires_in_minutes = 10});
    EXPECT_EQ(done.protected_tasks->size(), 2U);
  });
  w.call([&] { w.ecs.update_service(w.c, {.cluster = "k", .service = "web", .desired_count = 1}); });
  w.loop.advance(std::chrono::minutes(5));
  EXPECT_EQ(w.containers.running().size(), 2U);
  EXPECT_TRUE(w.loop.advance_until([&] { return w.containers.running().size() == 1; }, std::chrono::minutes(7)));
}

TEST(Ecs, a_task_reads_its_metadata_and_the_credentials_of_its_role) {
  World w;
  std::string uri, credentials;
  w.containers.script = [&](const containers::ContainerSpec& spec) {
    for (const auto& [name, value] : spec.environment) {
      if (name == "ECS_CONTAINER_METADATA_URI_V4") uri = value.substr(std::string("http://169.254.170.2").size());
      if (name == "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") credentials = value;
    }
    return containers::Script{.memory_bytes = 4096};
  };
  w.create(w.define("image:1", {}, "arn:aws:iam::000000000000:role/app"), 1);
  ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::seconds(30)));
  ASSERT_EQ(w.endpoints.open_.size(), 1U);
  const std::string task = w.endpoints.open_.begin()->first;
  const auto ask = [&](const std::string& path) {
    Ecs::Answer got{0, ""};
    w.ecs.answer(task, "GET", path, "", [&](Ecs::Answer answer) { got = std::move(answer); });
    w.loop.settle();
    w.loop.advance(Duration(10));
    return got;
  };
  EXPECT_NE(ask(uri).body.find("\"Name\":\"web\""), std::string::npos);
  EXPECT_NE(ask(uri + "/task").body.find("\"TaskARN\":\"arn:aws:ecs:us-east-1:000000000000:task/k/" + task),
            std::string::npos);
  EXPECT_NE(ask(uri + "/stats").body.find("\"usage\":4096"), std::string::npos);
  EXPECT_NE(ask(uri + "/task/stats").body.find("\"usage\":4096"), std::string::npos);
  EXPECT_EQ(ask("/v4/other").status, 404);
  const auto first = ask(credentials);
  EXPECT_NE(first.body.find("\"RoleArn\":\"arn:aws:iam::000000000000:role/app\""), std::string::npos);
  EXPECT_EQ(first.body, ask(credentials).body) << "the same until they near their end";
  EXPECT_EQ(ask("/v2/credentials/00000000-0000-4000-8000-000000000000").status, 400);
  w.loop.advance(std::chrono::hours(5) + std::chrono::minutes(30));
  EXPECT_NE(first.body, ask(credentials).body);
  w.call([&] { w.ecs.delete_service(w.c, {.cluster = "k", .service = "web", .force = true}); });
  EXPECT_TRUE(w.loop.advance_until([&] { return w.endpoints.open_.empty(); }, std::chrono::minutes(2)));
}

/// Containers that die, starts that fail, an owner that forgets what was under way: in the end the service has what it
/// wants, and nothing is left over.
TEST(EcsSimulation, services_converge_whatever_happens_on_the_way) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World w(seed);
    SeededRandom chaos(seed * 7919);
    w.containers.script = [&](const containers::ContainerSpec&) {
      containers::Script script;
      script.start_latency = Duration(static_cast<std::int64_t>(chaos.below(500)));
      if (chaos.below(5) == 0) script.start_failure = Failure{"crun", EIO};
      if (chaos.below(4) == 0) script.exit_after = Duration(static_cast<std::int64_t>(chaos.below(20'000)));
      return script;
    };
    w.create(w.define("image:1"), 3);
    for (int step = 0; step < 20; ++step) {
      w.loop.advance(Duration(static_cast<std::int64_t>(chaos.below(4000))));
      const auto running = w.containers.running();
      if (!running.empty() && chaos.below(3) == 0) w.containers.exit_now(running[chaos.below(running.size())], 137);
      if (chaos.below(6) == 0)
        w.call([&] {
          w.ecs.update_service(
              w.c, {.cluster = "k", .service = "web", .desired_count = static_cast<std::int32_t>(chaos.below(4))});
        });
    }
    w.containers.script = [](const containers::ContainerSpec&) { return containers::Script(); };
    w.call([&] {
      w.ecs.update_service(w.c, {.cluster = "k", .service = "web", .desired_count = 2, .force_new_deployment = true});
    });
    ASSERT_TRUE(w.loop.advance_until([&] { return w.steady(); }, std::chrono::minutes(10))) << "seed " << seed;
    ASSERT_TRUE(w.loop.advance_until([&] { return w.containers.size() == 2 && w.network.interfaces.size() == 2; },
                                     std::chrono::minutes(3)))
        << "seed " << seed << ": " << w.containers.size() << " containers, " << w.network.interfaces.size()
        << " interfaces";
    EXPECT_EQ(w.balancers.targets.size(), 2U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace stratus::services::ecs
