#include "stratus/services/ecs/service.h"

#include "stratus/core/arn.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"

namespace stratus::services::ecs {
namespace {

std::string after_slash(const std::string& text) { return text.substr(text.rfind('/') + 1); }

std::vector<c::Tag> tags_of(const std::map<std::string, std::string>& tags) {
  std::vector<c::Tag> out;
  for (const auto& [key, value] : tags) out.push_back({.key = key, .value = value});
  return out;
}

}  // namespace

bool fargate_size(int cpu, int memory) {
  const auto steps = [&](int from, int to, int step) {
    return memory >= from && memory <= to && (memory - from) % step == 0;
  };
  switch (cpu) {
    case 256:
      return memory == 512 || memory == 1024 || memory == 2048;
    case 512:
      return steps(1024, 4096, 1024);
    case 1024:
      return steps(2048, 8192, 1024);
    case 2048:
      return steps(4096, 16384, 1024);
    case 4096:
      return steps(8192, 30720, 1024);
    case 8192:
      return steps(16384, 61440, 4096);
    case 16384:
      return steps(32768, 122880, 8192);
    default:
      return false;
  }
}

Ecs::Ecs(Loop& loop, state::Store& store, Random& random, containers::Containers& containers, Ports ports)
    : Reconciler(loop, "ecs", std::chrono::seconds(1)),
      loop_(loop),
      store_(store),
      random_(random),
      containers_(containers),
      ports_(ports),
      clusters_(store, "ecs_clusters"),
      definitions_(store, "ecs_task_definitions"),
      services_(store, "ecs_services"),
      tasks_(store, "ecs_tasks"),
      settings_(store, "ecs_account_settings"),
      revisions_(store, "ecs_service_revisions"),
      records_(store, "ecs_service_deployments") {}

void Ecs::start(std::function<void(Result<>)> ready) {
  containers_.on_exit([this](const containers::Exit& exit) { exited(exit); });
  containers_.on_log([this](const containers::LogBatch& batch) { logged(batch); });
  containers_.open([this, ready = std::move(ready)](Result<std::vector<containers::Existing>> found) {
    if (!found) return ready(found.error());
    opened_ = true;
    std::set<std::string> known;
    for (const auto& existing : *found) {
      const auto [key, index] = owner_of(existing.id);
      const Task* task = tasks_.find(key);
      if (task == nullptr || task->last == "STOPPED") {
        containers_.remove(existing.id, [](const Result<>&) {});
        continue;
      }
      known.insert(existing.id);
      containers_.follow_log(existing.id, static_cast<std::uint64_t>(task->containers[index].log_offset));
      if (existing.exit) exited(*existing.exit);
    }
    // Tasks that were starting begin again; tasks whose containers are gone (a reboot) have stopped.
    store_.call([&] {
      for (const auto& [key, task] : tasks_.all()) {
        if (task->last == "STOPPED") continue;
        for (std::size_t i = 0; i < task->containers.size(); ++i) {
          const auto& container = task->containers[i];
          if (container.status == "STOPPED" || container.runtime_id.empty() || known.count(container.runtime_id) != 0)
            continue;
          if (task->last == "RUNNING" || task->last == "ACTIVATING" || task->desired == "STOPPED") {
            update(key, [&, i](Task& t) {
              t.containers[i].status = "STOPPED";
              t.containers[i].reason = "The container was gone when its supervisor came back.";
              t.containers[i].exit_code = 137;
            });
            if (task->desired != "STOPPED")
              begin_stop(key, "EssentialContainerExited", "Essential container in task exited");
          } else {
            update(key, [i](Task& t) { t.containers[i].runtime_id.clear(); });
          }
        }
        if (task->last == "PENDING") update(key, [](Task& t) { t.last = "PROVISIONING"; });
      }
    });
    for (const auto& [key, task] : tasks_.all())
      if (task->last != "STOPPED" && task->last != "PROVISIONING" && !task->netns.empty()) open_endpoint(key);
    Reconciler::start();
    ready({});
  });
}

void Ecs::clear(const std::string& account, std::function<void()> done) {
  auto left = std::make_shared<int>(1);
  const auto step = [left, done = std::move(done)] {
    if (--*left == 0 && done) done();
  };
  for (const auto& [key, task] : tasks_.all()) {
    if (!account.empty() && key.account != account) continue;
    ports_.endpoints.close(key.id);
    for (const auto& container : task->containers)
      if (!container.runtime_id.empty()) {
        ++*left;
        containers_.remove(container.runtime_id, [step](const Result<>&) { step(); });
      }
  }
  step();
}

const Cluster& Ecs::cluster(const aws::Context& context, const std::optional<std::string>& name) const {
  const Cluster* found = clusters_.find(context.account, context.region, after_slash(name.value_or("default")));
  if (found == nullptr || found->status != "ACTIVE") throw c::errors::ClusterNotFoundException("Cluster not found.");
  return *found;
}

const ServiceRow* Ecs::find_service(const aws::Context& context, const std::string& cluster_name,
                                    const std::string& name) const {
  return services_.find(context.account, context.region, cluster_name + "/" + after_slash(name));
}

const TaskDefinition* Ecs::definition_by_arn(const std::string& text) const {
  const auto arn = Arn::parse(text);
  if (!arn) return nullptr;
  const std::string name = after_slash(arn->resource);
  const auto colon = name.rfind(':');
  if (colon == std::string::npos) return nullptr;
  const std::string revision = name.substr(colon + 1);
  if (revision.empty() || revision.size() > 9) return nullptr;
  return definitions_.find(arn->account, arn->region,
                           name.substr(0, colon) + ":" + std::string(9 - revision.size(), '0') + revision);
}

const TaskDefinition& Ecs::definition(const aws::Context& context, const std::string& name) const {
  const std::string bare = name.starts_with("arn:") ? after_slash(name) : name;
  if (bare.find(':') != std::string::npos) {
    const TaskDefinition* found =
        definition_by_arn(make_arn("ecs", context.region, context.account, "task-definition/" + bare));
    if (found == nullptr) throw c::errors::ClientException("Unable to describe task definition.");
    return *found;
  }
  // The family alone: its latest active revision. Keys sort by revision.
  const TaskDefinition* latest = nullptr;
  for (const TaskDefinition* row : definitions_.list(context.account, context.region))
    if (row->definition.family == bare && row->definition.status == "ACTIVE") latest = row;
  if (latest == nullptr) throw c::errors::ClientException("Unable to describe task definition.");
  return *latest;
}

const Task* Ecs::find_task(const aws::Context& context, const std::string& cluster_name,
                           const std::string& name) const {
  const Task* found = tasks_.find(context.account, context.region, after_slash(name));
  return found != nullptr && found->cluster == cluster_name ? found : nullptr;
}

std::vector<std::pair<state::Key, const Task*>> Ecs::tasks_of(const state::Key& key, const ServiceRow& service) const {
  std::vector<std::pair<state::Key, const Task*>> out;
  for (const Task* task : tasks_.list(key.account, key.region))
    if (task->cluster == service.cluster && task->group == "service:" + service.name && !task->deployment.empty() &&
        task->last != "STOPPED")
      out.emplace_back(task_key(key.account, key.region, task->id), task);
  return out;
}

void Ecs::update(const state::Key& key, const std::function<void(Task&)>& change) {
  const Task* found = tasks_.find(key);
  if (found == nullptr) return;
  const auto face = [](const Task& task) {
    // What a state change event is about.
    std::string out = task.last + "|" + task.desired + (task.connectivity ? "|c" : "");
    for (const auto& container : task.containers) out += "|" + container.status + "|" + container.health;
    return out;
  };
  const std::string before = face(*found);
  const Task& after = tasks_.update(key, [&](Task& task) {
    change(task);
    ++task.version;
  });
  if (face(after) != before) tell_task(key, after);
  store_.after_commit([this] { wake(); });
}

std::pair<state::Key, std::size_t> Ecs::owner_of(const std::string& container_id) const {
  for (const auto& [key, task] : tasks_.all())
    for (std::size_t i = 0; i < task->containers.size(); ++i)
      if (task->containers[i].runtime_id == container_id) return {key, i};
  return {};
}

std::int64_t Ecs::free_uid_base() const {
  std::set<std::int64_t> used;
  for (const auto& [key, task] : tasks_.all())
    if (task->last != "STOPPED") used.insert(task->uid_base);
  for (std::int64_t base = 1'000'000;; base += 65'536)
    if (used.count(base) == 0) return base;
}

void Ecs::add_event(ServiceRow& service, const std::string& message) {
  service.events.insert(service.events.begin(), {.id = random_.uuid(),
                                                 .created_at = loop_.clock().now(),
                                                 .message = "(service " + service.name + ") " + message});
  if (service.events.size() > 100) service.events.resize(100);
}

c::Cluster Ecs::describe(const aws::Context& context, const Cluster& row, const Show& show) const {
  c::Cluster out{.cluster_arn = row.arn,
                 .cluster_name = row.name,
                 .status = row.status,
                 .registered_container_instances_count = 0,
                 .running_tasks_count = 0,
                 .pending_tasks_count = 0,
                 .active_services_count = 0};
  for (const Task* task : tasks_.list(context.account, context.region)) {
    if (task->cluster != row.name) continue;
    if (task->last == "RUNNING") ++*out.running_tasks_count;
    if (task->last == "PROVISIONING" || task->last == "PENDING" || task->last == "ACTIVATING")
      ++*out.pending_tasks_count;
  }
  int draining = 0;
  for (const ServiceRow* service : services_.list(context.account, context.region)) {
    if (service->cluster != row.name) continue;
    if (service->status == "ACTIVE") ++*out.active_services_count;
    if (service->status == "DRAINING") ++draining;
  }
  out.statistics = std::vector<c::KeyValuePair>{};
  if (show.statistics) {
    const auto add = [&](const char* name, int value) {
      out.statistics->push_back({.name = name, .value = std::to_string(value)});
    };
    add("runningEC2TasksCount", 0);
    add("runningFargateTasksCount", *out.running_tasks_count);
    add("pendingEC2TasksCount", 0);
    add("pendingFargateTasksCount", *out.pending_tasks_count);
    add("runningExternalTasksCount", 0);
    add("pendingExternalTasksCount", 0);
    add("activeEC2ServiceCount", 0);
    add("activeFargateServiceCount", *out.active_services_count);
    add("drainingEC2ServiceCount", 0);
    add("drainingFargateServiceCount", draining);
    add("activeExternalServiceCount", 0);
    add("drainingExternalServiceCount", 0);
  }
  out.tags = show.tags ? tags_of(row.tags) : std::vector<c::Tag>{};
  out.settings = show.settings ? row.settings : std::vector<c::ClusterSetting>{};
  if (show.configuration && row.configuration.execute_command_configuration) out.configuration = row.configuration;
  out.capacity_providers = row.capacity_providers;
  out.default_capacity_provider_strategy = row.strategy;
  return out;
}

c::Service Ecs::describe(const aws::Context& context, const ServiceRow& row, bool tags) const {
  c::Service out{.service_arn = row.arn,
                 .service_name = row.name,
                 .cluster_arn = make_arn("ecs", context.region, context.account, "cluster/" + row.cluster)};
  out.load_balancers = row.load_balancers;
  out.service_registries = std::vector<c::ServiceRegistry>{};
  out.status = row.status;
  out.desired_count = row.desired;
  out.running_count = 0;
  out.pending_count = 0;
  out.platform_version = row.platform_version;
  out.platform_family = "Linux";
  out.deployments = std::vector<c::Deployment>{};
  const auto tasks = tasks_of({context.account, context.region, row.cluster + "/" + row.name}, row);
  for (const Deployment& d : row.deployments) {
    c::Deployment item{.id = d.id,
                       .status = d.status,
                       .task_definition = d.task_definition,
                       .desired_count = d.status == "PRIMARY" ? row.desired : 0,
                       .pending_count = 0,
                       .running_count = 0,
                       .failed_tasks = d.failed_tasks,
                       .created_at = d.created,
                       .updated_at = d.updated};
    for (const auto& [key, task] : tasks) {
      if (task->deployment != d.id) continue;
      if (task->last == "RUNNING")
        ++*item.running_count, ++*out.running_count;
      else if (task->desired == "RUNNING")
        ++*item.pending_count, ++*out.pending_count;
    }
    if (d.strategy.empty())
      item.launch_type = d.launch_type;
    else
      item.capacity_provider_strategy = d.strategy;
    item.platform_version = "1.4.0";
    item.platform_family = "Linux";
    item.network_configuration = d.network;
    item.rollout_state = d.rollout_state;
    item.rollout_state_reason = d.rollout_reason;
    out.deployments->push_back(std::move(item));
  }
  if (!row.deployments.empty()) {
    const Deployment& primary = row.deployments.front();
    out.task_definition = primary.task_definition;
    out.network_configuration = primary.network;
    if (primary.strategy.empty())
      out.launch_type = primary.launch_type;
    else
      out.capacity_provider_strategy = primary.strategy;
  }
  if (!row.deployments.empty() && !row.deployments.front().record.empty() &&
      row.deployments.front().rollout_state == "IN_PROGRESS")
    out.current_service_deployment = row.deployments.front().record;
  out.current_service_revisions = std::vector<c::ServiceCurrentRevisionSummary>{};
  for (const auto& item : row.deployments)
    if (!item.revision.empty()) {
      const auto counts = revision_now({context.account, context.region, row.cluster + "/" + row.name}, item.revision);
      out.current_service_revisions->push_back({.arn = item.revision,
                                                .requested_task_count = counts.requested_task_count,
                                                .running_task_count = counts.running_task_count,
                                                .pending_task_count = counts.pending_task_count});
    }
  out.deployment_configuration = row.configuration;
  out.role_arn = "arn:aws:iam::" + context.account + ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
  out.events = row.events;
  out.created_at = row.created;
  out.placement_constraints = std::vector<c::PlacementConstraint>{};
  out.placement_strategy = std::vector<c::PlacementStrategy>{};
  out.health_check_grace_period_seconds = row.grace_seconds;
  out.scheduling_strategy = "REPLICA";
  out.deployment_controller = c::DeploymentController{.type = "ECS"};
  out.tags = tags ? tags_of(row.tags) : std::vector<c::Tag>{};
  out.created_by = row.created_by;
  out.enable_ecs_managed_tags = row.managed_tags;
  out.propagate_tags = row.propagate_tags;
  out.enable_execute_command = false;
  out.availability_zone_rebalancing = row.zone_rebalancing;
  return out;
}

c::Task Ecs::describe(const std::string& account, const std::string& region, const Task& row, bool tags) const {
  c::Task out;
  const TaskDefinition* definition = definition_by_arn(row.definition_arn);
  const auto pair = [](const std::string& name, const std::string& value) {
    return c::KeyValuePair{.name = name, .value = value};
  };
  c::Attachment attachment{.id = row.attachment_id,
                           .type = "ElasticNetworkInterface",
                           .status = row.eni_id.empty()      ? "PRECREATED"
                                     : row.last == "STOPPED" ? "DELETED"
                                                             : "ATTACHED",
                           .details = std::vector<c::KeyValuePair>{}};
  if (!row.subnet_id.empty()) attachment.details->push_back(pair("subnetId", row.subnet_id));
  if (!row.eni_id.empty()) {
    attachment.details->push_back(pair("networkInterfaceId", row.eni_id));
    attachment.details->push_back(pair("macAddress", row.mac));
    attachment.details->push_back(pair("privateIPv4Address", row.private_ip));
  }
  out.attachments = {{attachment}};
  out.attributes = {{c::Attribute{.name = "ecs.cpu-architecture", .value = "x86_64"}}};
  out.availability_zone = row.zone;
  if (!row.capacity_provider.empty()) out.capacity_provider_name = row.capacity_provider;
  out.cluster_arn = make_arn("ecs", region, account, "cluster/" + row.cluster);
  if (row.connectivity) {
    out.connectivity = "CONNECTED";
    out.connectivity_at = row.connectivity;
  }
  out.containers = std::vector<c::Container>{};
  std::string health = "UNKNOWN";
  for (std::size_t i = 0; i < row.containers.size(); ++i) {
    const ContainerState& container = row.containers[i];
    c::Container item{.container_arn = make_arn("ecs", region, account,
                                                "container/" + row.cluster + "/" + row.id + "/" + container.name),
                      .task_arn = row.arn,
                      .name = container.name,
                      .image = container.image};
    if (!container.digest.empty()) item.image_digest = container.digest;
    if (!container.runtime_id.empty()) item.runtime_id = container.runtime_id;
    item.last_status = container.status;
    item.exit_code = container.exit_code;
    if (!container.reason.empty()) item.reason = container.reason;
    item.network_bindings = std::vector<c::NetworkBinding>{};
    item.network_interfaces = std::vector<c::NetworkInterface>{};
    if (!row.private_ip.empty())
      item.network_interfaces->push_back({.attachment_id = row.attachment_id, .private_ipv4_address = row.private_ip});
    item.health_status = container.health;
    if (container.essential && container.health == "UNHEALTHY") health = "UNHEALTHY";
    if (container.essential && container.health == "HEALTHY" && health == "UNKNOWN") health = "HEALTHY";
    item.cpu = "0";
    if (definition != nullptr) {
      const auto& d = (*definition->definition.container_definitions)[i];
      item.cpu = std::to_string(d.cpu.value_or(0));
      if (d.memory) item.memory = std::to_string(*d.memory);
      if (d.memory_reservation) item.memory_reservation = std::to_string(*d.memory_reservation);
    }
    out.containers->push_back(std::move(item));
  }
  out.cpu = row.cpu;
  out.created_at = row.created;
  out.desired_status = row.desired;
  out.enable_execute_command = false;
  // When the containers had ended; the task is STOPPED only once its interface is gone too.
  for (const auto& container : row.containers)
    if (row.desired == "STOPPED" && container.finished &&
        (!out.execution_stopped_at || *out.execution_stopped_at < *container.finished))
      out.execution_stopped_at = container.finished;
  out.group = row.group;
  out.health_status = health;
  out.last_status = row.last;
  out.launch_type = row.launch_type;
  out.memory = row.memory;
  out.overrides = row.overrides;
  if (!out.overrides->container_overrides) out.overrides->container_overrides = std::vector<c::ContainerOverride>{};
  out.platform_version = "1.4.0";
  out.platform_family = "Linux";
  out.pull_started_at = row.pull_started;
  out.pull_stopped_at = row.pull_stopped;
  out.started_at = row.started;
  if (!row.started_by.empty()) out.started_by = row.started_by;
  if (!row.stop_code.empty()) out.stop_code = row.stop_code;
  out.stopped_at = row.stopped;
  if (!row.stopped_reason.empty()) out.stopped_reason = row.stopped_reason;
  out.stopping_at = row.stopping;
  out.tags = tags ? tags_of(row.tags) : std::vector<c::Tag>{};
  out.task_arn = row.arn;
  out.task_definition_arn = row.definition_arn;
  out.version = row.version;
  out.ephemeral_storage = c::EphemeralStorage{.size_in_gi_b = 20};
  out.fargate_ephemeral_storage = c::TaskEphemeralStorage{.size_in_gi_b = 20};
  return out;
}

std::vector<std::string> Ecs::resources(const aws::Context& context, const aws::Operation& operation,
                                        const void* request) {
  std::string cluster_name = "default", service, task, family;
  for (const Member& member : operation.input().members) {
    if (member.shape().kind != Kind::string) continue;
    const auto* value = static_cast<const std::string*>(member_value(member, request));
    if (value == nullptr) continue;
    const std::string_view name = member.name;
    if (name == "cluster" || name == "clusterName") cluster_name = after_slash(*value);
    if (name == "service" || name == "serviceName") service = after_slash(*value);
    if (name == "task") task = after_slash(*value);
    if (name == "taskDefinition") family = after_slash(*value);
    if (name == "resourceArn") return {*value};
  }
  const std::string_view op = operation.name;
  const auto arn = [&](const std::string& resource) {
    return std::vector<std::string>{make_arn("ecs", context.region, context.account, resource)};
  };
  if (op == "RunTask") return arn("task-definition/" + family);
  if (!service.empty()) return arn("service/" + cluster_name + "/" + service);
  if (!task.empty()) return arn("task/" + cluster_name + "/" + task);
  if (op.find("Cluster") != std::string_view::npos && op != "ListClusters") return arn("cluster/" + cluster_name);
  return {"*"};
}

}  // namespace stratus::services::ecs
