// One task's way: PROVISIONING (interface) → PENDING (image, secrets, containers) → ACTIVATING (targets) → RUNNING →
// DEACTIVATING → STOPPING → DEPROVISIONING → STOPPED. Every step looks at the row and does what is missing, so that it
// may be repeated after a restart.
#include "stratus/core/arn.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/ecs/refusals.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

constexpr auto kStoppedKept = std::chrono::hours(1);

}  // namespace

std::string Ecs::create_task(const std::string& account, const std::string& region, Task task,
                             const TaskDefinition& definition) {
  task.id = random_.hex(32);
  task.arn = make_arn("ecs", region, account, "task/" + task.cluster + "/" + task.id);
  task.definition_arn = *definition.definition.task_definition_arn;
  task.cpu = task.overrides.cpu.value_or(definition.definition.cpu.value_or("256"));
  task.memory = task.overrides.memory.value_or(definition.definition.memory.value_or("512"));
  task.attachment_id = random_.uuid();
  if (task.overrides.task_role_arn || definition.definition.task_role_arn) task.credentials_id = random_.uuid();
  task.created = loop_.clock().now();
  task.uid_base = free_uid_base();
  for (const auto& container : *definition.definition.container_definitions)
    task.containers.push_back(
        {.name = *container.name, .image = *container.image, .essential = container.essential.value_or(true)});
  const state::Key key = task_key(account, region, task.id);
  const std::string id = task.id;
  tell_task(key, tasks_.put(key, std::move(task)));
  store_.after_commit([this] { wake(); });
  return id;
}

void Ecs::advance(const state::Key& key) {
  const Task* task = tasks_.find(key);
  if (task == nullptr) return;
  if (task->last == "STOPPED") {
    if (task->stopped && loop_.clock().now() - *task->stopped > kStoppedKept) tasks_.erase(key);
    return;
  }
  if (task->desired == "STOPPED") {
    if (task->last == "DEACTIVATING") {
      // Draining gives requests under way their time; the containers go when the targets are gone. A Spot interruption
      // does not wait: SIGTERM comes with the warning.
      for (const auto& registration : task->registrations)
        if (task->stop_code != "SpotInterruption" &&
            ports_.balancers.health(registration.target_group, task->private_ip, registration.port) == "draining")
          return;
      update(key, [](Task& t) { t.last = "STOPPING"; });
    }
    task = tasks_.find(key);
    if (task->last == "STOPPING") stop_containers(key);
    task = tasks_.find(key);
    if (task->last == "DEPROVISIONING") deprovision(key);
    return;
  }
  if (task->last == "PROVISIONING")
    provision(key);
  else if (task->last == "PENDING")
    launch(key);
  else if (task->last == "ACTIVATING")
    register_targets(key);
  else if (task->last == "RUNNING")
    check_health(key);
}

void Ecs::provision(const state::Key& key) {
  const Task& task = *tasks_.find(key);
  if (busy_.count(key.id) != 0) return;
  if (task.eni_id.empty()) {
    try {
      std::string subnet = task.subnet_id;
      if (subnet.empty() && task.network.subnets && !task.network.subnets->empty())
        subnet = (*task.network.subnets)[random_.below(task.network.subnets->size())];
      const TaskInterface made = ports_.network.create(
          key.account, key.region, subnet, task.network.security_groups.value_or(std::vector<std::string>{}),
          task.network.assign_public_ip.value_or("DISABLED") == "ENABLED",
          make_arn("ecs", key.region, key.account, "attachment/" + task.attachment_id));
      update(key, [&](Task& t) {
        t.eni_id = made.id;
        t.netns = made.netns;
        t.private_ip = made.private_ip;
        t.public_ip = made.public_ip;
        t.mac = made.mac;
        t.subnet_id = made.subnet_id;
        t.zone = made.zone;
        t.resolver = made.resolver;
        t.search = made.search;
        t.subnet_cidr = made.subnet_cidr;
      });
    } catch (const aws::Error& e) {
      return fail_start(key, "ResourceInitializationError: unable to create a network interface: " + e.message);
    }
  }
  busy_.insert(key.id);
  ports_.network.when_ready(tasks_.find(key)->eni_id, [this, key](const Result<>& ready) {
    busy_.erase(key.id);
    store_.call([&] {
      const Task* now = tasks_.find(key);
      if (now == nullptr || now->desired == "STOPPED") return;
      if (!ready)
        return fail_start(key, "ResourceInitializationError: the network interface could not be attached: " +
                                   ready.error().message());
      busy_.insert(key.id);
      ports_.endpoints.open(key.id, now->netns, [this, key](const Result<>& opened) { connected(key, opened); });
    });
  });
}

/// The interface is there and, behind it, the metadata address.
void Ecs::connected(const state::Key& key, const Result<>& opened) {
  busy_.erase(key.id);
  store_.call([&] {
    const Task* now = tasks_.find(key);
    if (now == nullptr || now->desired == "STOPPED") return;
    if (!opened)
      return fail_start(key, "ResourceInitializationError: the task metadata endpoint could not be opened: " +
                                 opened.error().message());
    update(key, [&](Task& t) {
      t.last = "PENDING";
      t.connectivity = loop_.clock().now();
    });
  });
}

void Ecs::launch(const state::Key& key) {
  if (busy_.count(key.id) != 0) return;
  const Task& task = *tasks_.find(key);
  const TaskDefinition* definition = definition_by_arn(task.definition_arn);
  if (definition == nullptr) return fail_start(key, "ResourceInitializationError: the task definition is gone");
  const auto& containers = *definition->definition.container_definitions;
  auto& pulled = pulled_[key.id];
  const std::string execution_role =
      task.overrides.execution_role_arn.value_or(definition->definition.execution_role_arn.value_or(""));

  // Images first, one after the other; a layer is unpacked once, however many tasks ask.
  for (const auto& container : containers) {
    if (pulled.count(*container.name) != 0) continue;
    const std::string arn = ports_.registry.repository_arn(*container.image);
    if (!arn.empty()) {
      const std::string caller = session_of(execution_role, key);
      if (execution_role.empty() || !ports_.permissions.allows(execution_role, "ecr:GetAuthorizationToken", "*"))
        return fail_start(key,
                          "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
                          "retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 "
                          "time(s): AccessDeniedException: " +
                              denied(caller, "ecr:GetAuthorizationToken", "*"));
      for (const char* action : {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"})
        if (!ports_.registry.permits(execution_role, action, arn))
          return fail_start(key,
                            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to "
                            "resolve ref " +
                                *container.image +
                                ": unexpected status from HEAD request: 403 Forbidden: " + denied(caller, action, arn),
                            *container.name);
    }
    busy_.insert(key.id);
    if (!task.pull_started) update(key, [&](Task& t) { t.pull_started = loop_.clock().now(); });
    ports_.registry.pull(*container.image, [this, key, name = *container.name](Result<images::UnpackedImage> image) {
      busy_.erase(key.id);
      store_.call([&] {
        const Task* now = tasks_.find(key);
        if (now == nullptr || now->desired == "STOPPED") return;
        if (!image) return fail_start(key, "CannotPullContainerError: " + image.error().message(), name);
        pulled_[key.id][name] = *image;
        update(key, [&](Task& t) {
          for (auto& container_state : t.containers)
            if (container_state.name == name) container_state.digest = image->manifest_digest;
          t.pull_stopped = loop_.clock().now();
        });
      });
    });
    return;
  }

  bool all_up = true;
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const ContainerState& state = tasks_.find(key)->containers[i];
    if (state.status == "RUNNING" || state.status == "STOPPED") continue;
    all_up = false;
    if (!state.runtime_id.empty()) continue;
    std::string problem;
    const bool ready = may_start(*tasks_.find(key), containers[i], *definition, problem);
    if (!problem.empty()) return fail_start(key, "TaskFailedToStart: " + problem, *containers[i].name);
    if (!ready) continue;
    launch_container(key, i, pulled[*containers[i].name]);
    if (tasks_.find(key)->desired == "STOPPED") return;
  }
  if (all_up) {
    update(key, [&](Task& t) {
      t.last = "ACTIVATING";
      t.started = loop_.clock().now();
    });
  } else {
    check_health(key);  // a dependency may wait for HEALTHY
  }
}

bool Ecs::may_start(const Task& task, const c::ContainerDefinition& container, const TaskDefinition& definition,
                    std::string& problem) const {
  if (!container.depends_on) return true;
  const auto& all = *definition.definition.container_definitions;
  bool ready = true;
  for (const auto& dependency : *container.depends_on)
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].name != dependency.container_name) continue;
      const ContainerState& other = task.containers[i];
      const std::string& condition = *dependency.condition;
      const bool ended = other.status == "STOPPED";
      bool met = other.status != "PENDING";  // START
      if (condition == "HEALTHY") met = other.health == "HEALTHY";
      if (condition == "COMPLETE") met = ended;
      if (condition == "SUCCESS") met = ended && other.exit_code == 0;
      if (met) continue;
      ready = false;
      const std::string which = "container " + *container.name + " waits for " + *all[i].name + " to be " + condition;
      if (ended) problem = which + ", which it can no longer become";
      if (all[i].start_timeout && other.created &&
          loop_.clock().now() - *other.created > std::chrono::seconds(*all[i].start_timeout))
        problem = which + ": timed out after its startTimeout of " + std::to_string(*all[i].start_timeout) + " s";
    }
  return ready;
}

void Ecs::register_targets(const state::Key& key) {
  const Task& task = *tasks_.find(key);
  if (!task.registered)
    for (const auto& registration : task.registrations) {
      try {
        ports_.balancers.add(registration.target_group, task.private_ip, registration.port, task.zone);
      } catch (const aws::Error& e) {
        return begin_stop(
            key, "ServiceSchedulerInitiated",
            "Task failed to register with (target-group " + registration.target_group + "): " + e.message);
      }
    }
  if (!task.registered && !task.registrations.empty()) {
    const state::Key service{key.account, key.region,
                             task.cluster + "/" + (task.group.starts_with("service:") ? task.group.substr(8) : "")};
    if (services_.find(service) != nullptr)
      services_.update(service, [&](ServiceRow& row) {
        for (const auto& registration : task.registrations)
          add_event(row, "registered 1 targets in (target-group " + registration.target_group + ")");
      });
  }
  update(key, [](Task& t) {
    t.registered = true;
    t.last = "RUNNING";
  });
}

void Ecs::check_health(const state::Key& key) {
  const Task& task = *tasks_.find(key);
  const TaskDefinition* definition = definition_by_arn(task.definition_arn);
  if (definition == nullptr) return;
  const Timestamp now = loop_.clock().now();
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    const auto& check = (*definition->definition.container_definitions)[i].health_check;
    const ContainerState& state = task.containers[i];
    if (!check || state.status != "RUNNING") continue;
    auto& next = next_check_[state.runtime_id];
    if (next > now) continue;
    std::vector<std::string> argv = *check->command;
    if (argv.empty() || argv[0] == "NONE") continue;
    if (argv[0] == "CMD-SHELL")
      argv = {"/bin/sh", "-c", argv.size() > 1 ? argv[1] : ""};
    else if (argv[0] == "CMD")
      argv.erase(argv.begin());
    const auto interval = std::chrono::seconds(check->interval.value_or(30)),
               timeout = std::chrono::seconds(check->timeout.value_or(5));
    next = now + interval + timeout;  // until the answer is there
    const std::int32_t retries = check->retries.value_or(3);
    const bool young =
        task.started.value_or(task.created) + std::chrono::seconds(check->start_period.value_or(0)) > now;
    containers_.exec(
        state.runtime_id, argv, timeout,
        [this, key, i, id = state.runtime_id, interval, retries, young](Result<containers::ExecResult> result) {
          const bool ok = result && result->exit_code == 0;
          const Task* current = tasks_.find(key);
          if (current == nullptr || current->containers[i].runtime_id != id ||
              current->containers[i].status != "RUNNING")
            return;
          next_check_[id] = loop_.clock().now() + (current->containers[i].health == "UNKNOWN" && !ok
                                                       ? std::min<Duration>(interval, std::chrono::seconds(2))
                                                       : Duration(interval));
          const std::int32_t failures = ok      ? 0
                                        : young ? current->containers[i].failed_checks
                                                : current->containers[i].failed_checks + 1;
          const std::string health = ok ? "HEALTHY" : failures >= retries ? "UNHEALTHY" : current->containers[i].health;
          if (health == current->containers[i].health && failures == current->containers[i].failed_checks) return;
          store_.call([&] {
            update(key, [&](Task& t) {
              t.containers[i].health = health;
              t.containers[i].failed_checks = failures;
            });
          });
        });
  }
}

}  // namespace stratus::services::ecs
