// One task's way: PROVISIONING (interface) → PENDING (image, secrets, containers) → ACTIVATING (targets) → RUNNING →
// DEACTIVATING → STOPPING → DEPROVISIONING → STOPPED. Every step looks at the row and does what is missing, so that it
// may be repeated after a restart.
#include "stratus/core/arn.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

constexpr auto kStoppedKept = std::chrono::hours(1);

const c::ContainerOverride* override_of(const Task& task, const std::string& name) {
  if (task.overrides.container_overrides)
    for (const auto& o : *task.overrides.container_overrides)
      if (o.name == name) return &o;
  return nullptr;
}

}  // namespace

std::string Ecs::create_task(const std::string& account, const std::string& region, Task task,
                             const TaskDefinition& definition) {
  task.id = random_.hex(32);
  task.arn = make_arn("ecs", region, account, "task/" + task.cluster + "/" + task.id);
  task.definition_arn = *definition.definition.task_definition_arn;
  task.cpu = task.overrides.cpu.value_or(definition.definition.cpu.value_or("256"));
  task.memory = task.overrides.memory.value_or(definition.definition.memory.value_or("512"));
  task.attachment_id = random_.uuid();
  task.created = loop_.clock().now();
  task.uid_base = free_uid_base();
  for (const auto& container : *definition.definition.container_definitions)
    task.containers.push_back(
        {.name = *container.name, .image = *container.image, .essential = container.essential.value_or(true)});
  const state::Key key = task_key(account, region, task.id);
  const std::string id = task.id;
  tasks_.put(key, std::move(task));
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
      // Draining gives requests under way their time; the containers go when the targets are gone.
      for (const auto& registration : task->registrations)
        if (ports_.balancers.health(registration.target_group, task->private_ip, registration.port) == "draining")
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
      update(key, [&](Task& t) {
        t.last = "PENDING";
        t.connectivity = loop_.clock().now();
      });
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
      for (const char* action : {"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}) {
        const std::string resource = std::string_view(action) == "ecr:GetAuthorizationToken" ? "*" : arn;
        if (execution_role.empty() || !ports_.permissions.allows(execution_role, action, resource))
          return fail_start(key, "CannotPullContainerError: The execution role " +
                                     (execution_role.empty() ? "(none)" : execution_role) +
                                     " is not authorized to perform: " + action + " on resource: " + resource);
      }
    }
    busy_.insert(key.id);
    if (!task.pull_started) update(key, [&](Task& t) { t.pull_started = loop_.clock().now(); });
    ports_.registry.pull(*container.image, [this, key, name = *container.name](Result<images::UnpackedImage> image) {
      busy_.erase(key.id);
      store_.call([&] {
        const Task* now = tasks_.find(key);
        if (now == nullptr || now->desired == "STOPPED") return;
        if (!image) return fail_start(key, "CannotPullContainerError: " + image.error().message());
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
    if (!state.runtime_id.empty() || !may_start(*tasks_.find(key), containers[i], *definition)) continue;
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

bool Ecs::may_start(const Task& task, const c::ContainerDefinition& container, const TaskDefinition& definition) const {
  if (!container.depends_on) return true;
  const auto& all = *definition.definition.container_definitions;
  for (const auto& dependency : *container.depends_on)
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].name != dependency.container_name) continue;
      const ContainerState& other = task.containers[i];
      const std::string& condition = *dependency.condition;
      if (condition == "START" && other.status == "PENDING") return false;
      if (condition == "HEALTHY" && other.health != "HEALTHY") return false;
      if (condition == "COMPLETE" && other.status != "STOPPED") return false;
      if (condition == "SUCCESS" && (other.status != "STOPPED" || other.exit_code != 0)) return false;
    }
  return true;
}

void Ecs::launch_container(const state::Key& key, std::size_t index, const images::UnpackedImage& image) {
  const Task& task = *tasks_.find(key);
  const TaskDefinition& definition = *definition_by_arn(task.definition_arn);
  const auto& d = (*definition.definition.container_definitions)[index];
  const c::ContainerOverride* o = override_of(task, *d.name);
  const std::string execution_role =
      task.overrides.execution_role_arn.value_or(definition.definition.execution_role_arn.value_or(""));

  containers::ContainerSpec spec;
  spec.id = task.id.substr(0, 12) + "-" + *d.name + "-" + random_.hex(6);
  spec.task = task.id;
  spec.task_limits = {static_cast<std::uint32_t>(std::stoul(task.cpu)), std::stoull(task.memory) << 20U, 4096};
  spec.limits.cpu_shares = static_cast<std::uint32_t>(o != nullptr && o->cpu ? *o->cpu : d.cpu.value_or(0));
  if (o != nullptr && o->memory)
    spec.limits.memory_bytes = static_cast<std::uint64_t>(*o->memory) << 20U;
  else if (d.memory)
    spec.limits.memory_bytes = static_cast<std::uint64_t>(*d.memory) << 20U;
  if (d.memory_reservation)
    spec.limits.memory_reservation_bytes = static_cast<std::uint64_t>(*d.memory_reservation) << 20U;
  spec.image = image.config;
  spec.layer_directories = image.layer_directories;
  if (d.entry_point && !d.entry_point->empty()) spec.entrypoint = d.entry_point;
  if (o != nullptr && o->command)
    spec.command = o->command;
  else if (d.command && !d.command->empty())
    spec.command = d.command;
  std::map<std::string, std::string> environment;
  if (d.environment)
    for (const auto& pair : *d.environment) environment[pair.name.value_or("")] = pair.value.value_or("");
  if (o != nullptr && o->environment)
    for (const auto& pair : *o->environment) environment[pair.name.value_or("")] = pair.value.value_or("");
  environment["AWS_REGION"] = environment["AWS_DEFAULT_REGION"] = key.region;
  environment["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE";
  if (d.secrets)
    for (const auto& secret : *d.secrets) {
      const std::string prefix =
          "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
          "unable to retrieve secret from asm: ";
      // The permission is on the secret itself, without JSON key and version behind it.
      std::string resource = *secret.value_from;
      if (const auto arn = Arn::parse(resource)) {
        const auto parts = text::split(arn->resource, ':');
        if (parts.size() > 2)
          resource = make_arn("secretsmanager", arn->region, arn->account, parts[0] + ":" + parts[1]);
      }
      if (execution_role.empty() ||
          !ports_.permissions.allows(execution_role, "secretsmanager:GetSecretValue", resource))
        return fail_start(key,
                          prefix + "AccessDeniedException: " + execution_role +
                              " is not authorized to perform: secretsmanager:GetSecretValue on resource: " + resource);
      try {
        environment[*secret.name] = ports_.secrets.value(key.account, key.region, *secret.value_from);
      } catch (const aws::Error& e) {
        return fail_start(key, prefix + e.code + ": " + e.message);
      }
    }
  for (auto& [name, value] : environment) spec.environment.emplace_back(name, std::move(value));
  spec.user = d.user.value_or("");
  spec.working_directory = d.working_directory.value_or("");
  spec.read_only_root = d.readonly_root_filesystem.value_or(false);
  spec.init = d.linux_parameters && d.linux_parameters->init_process_enabled.value_or(false);
  if (d.linux_parameters && d.linux_parameters->capabilities) {
    spec.add_capabilities = d.linux_parameters->capabilities->add.value_or(std::vector<std::string>{});
    spec.drop_capabilities = d.linux_parameters->capabilities->drop.value_or(std::vector<std::string>{});
  }
  const std::string host = "ip-" + text::join(text::split(task.private_ip, '.'), "-") + ".ec2.internal";
  spec.hostname = host;
  spec.netns = task.netns;
  spec.resolv_conf = "nameserver " + task.resolver + "\nsearch ec2.internal\n";
  spec.hosts = "127.0.0.1 localhost\n" + task.private_ip + " " + host + "\n";
  if (d.mount_points)
    for (const auto& mount : *d.mount_points)
      spec.volumes.push_back(
          {mount.source_volume.value_or(""), mount.container_path.value_or(""), mount.read_only.value_or(false)});
  if (d.ulimits)
    for (const auto& limit : *d.ulimits)
      spec.ulimits.push_back(
          {*limit.name, static_cast<std::uint64_t>(*limit.soft_limit), static_cast<std::uint64_t>(*limit.hard_limit)});
  spec.uid_base = static_cast<std::uint32_t>(task.uid_base);

  std::string log_group, log_stream;
  if (d.log_configuration && d.log_configuration->options) {
    const auto& options = *d.log_configuration->options;
    const auto option = [&](const char* name) {
      const auto found = options.find(name);
      return found == options.end() ? std::string() : found->second;
    };
    log_group = option("awslogs-group");
    log_stream = option("awslogs-stream-prefix") + "/" + *d.name + "/" + task.id;
    const std::string failed =
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed "
        "to create Cloudwatch log stream: ";
    const std::string arn =
        make_arn("logs", key.region, key.account, "log-group:" + log_group + ":log-stream:" + log_stream);
    if (!ports_.permissions.allows(execution_role, "logs:CreateLogStream", arn) ||
        !ports_.permissions.allows(execution_role, "logs:PutLogEvents", arn))
      return fail_start(
          key, failed + "AccessDeniedException: " + execution_role +
                   " is not authorized to perform: logs:CreateLogStream and logs:PutLogEvents on resource: " + arn);
    if (!ports_.logs.group_exists(key.account, key.region, log_group)) {
      if (option("awslogs-create-group") != "true")
        return fail_start(key, failed + "ResourceNotFoundException: The specified log group does not exist.");
      ports_.logs.create_group(key.account, key.region, log_group);
    }
    ports_.logs.create_stream(key.account, key.region, log_group, log_stream);
  }
  const std::string id = spec.id;
  update(key, [&](Task& t) {
    auto& state = t.containers[index];
    state.runtime_id = id;
    state.log_group = log_group;
    state.log_stream = log_stream;
    state.log_offset = 0;
  });
  // The row that knows the container's id must be durable before the container is: a restart then finds its owner.
  store_.after_commit([this, key, index, id, spec = std::move(spec)]() mutable {
    containers_.start(std::move(spec), [this, key, index, id](Result<containers::Started> started) {
      store_.call([&] {
        const Task* now = tasks_.find(key);
        if (now == nullptr) return;
        if (!started) {
          update(key, [&](Task& t) {
            t.containers[index].status = "STOPPED";
            t.containers[index].reason = "CannotStartContainerError: " + started.error().message();
            t.containers[index].runtime_id.clear();
          });
          return fail_start(key, "CannotStartContainerError: " + started.error().message());
        }
        if (now->containers[index].status == "PENDING")
          update(key, [&](Task& t) { t.containers[index].status = "RUNNING"; });
      });
    });
  });
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

void Ecs::exited(const containers::Exit& exit) {
  const auto [key, index] = owner_of(exit.id);
  if (tasks_.find(key) == nullptr) return;
  store_.call([&, index = index, key = key] {
    const bool stopping = tasks_.find(key)->desired == "STOPPED";
    update(key, [&](Task& t) {
      auto& state = t.containers[index];
      state.status = "STOPPED";
      state.exit_code = exit.code;
      if (exit.oom_killed) state.reason = "OutOfMemoryError: Container killed due to memory usage";
    });
    next_check_.erase(exit.id);
    const Task& task = *tasks_.find(key);
    if (!stopping &&
        (task.containers[index].essential || std::all_of(task.containers.begin(), task.containers.end(),
                                                         [](const auto& s) { return s.status == "STOPPED"; }))) {
      // A task that ends before it served counts against its deployment.
      if (task.last != "RUNNING" || (task.started && loop_.clock().now() - *task.started < std::chrono::seconds(30))) {
        const state::Key service{key.account, key.region,
                                 task.cluster + "/" + (task.group.starts_with("service:") ? task.group.substr(8) : "")};
        if (services_.find(service) != nullptr)
          services_.update(service, [&](ServiceRow& row) {
            for (auto& d : row.deployments)
              if (d.id == task.deployment) {
                ++d.failed_tasks;
                d.retry_at = loop_.clock().now() + std::chrono::seconds(std::min(1 << std::min(d.failed_tasks, 6), 60));
              }
          });
      }
      begin_stop(key, "EssentialContainerExited", "Essential container in task exited");
    }
  });
}

void Ecs::logged(const containers::LogBatch& batch) {
  const auto [key, index] = owner_of(batch.id);
  const Task* task = tasks_.find(key);
  if (task == nullptr) return;
  const ContainerState& state = task->containers[index];
  store_.call([&, index = index, key = key] {
    if (!state.log_group.empty() && !batch.lines.empty()) {
      std::vector<LogEvent> events;
      for (const auto& line : batch.lines)
        if (!line.text.empty()) events.push_back({line.time, line.text});
      try {
        ports_.logs.append(key.account, key.region, state.log_group, state.log_stream, events);
      } catch (const aws::Error& e) {
        log::warning(
            "ecs.logs_lost",
            {{"task", task->id}, {"group", state.log_group}, {"lines", batch.lines.size()}, {"error", e.message}});
      }
    }
    tasks_.update(key, [&](Task& t) { t.containers[index].log_offset = static_cast<std::int64_t>(batch.end_offset); });
    if (batch.finished) finished_logs_.insert(batch.id);
  });
  store_.after_commit([this, id = batch.id, end = batch.end_offset] {
    containers_.acknowledge_log(id, end);
    wake();
  });
}

void Ecs::fail_start(const state::Key& key, const std::string& reason) {
  const Task& task = *tasks_.find(key);
  const state::Key service{key.account, key.region,
                           task.cluster + "/" + (task.group.starts_with("service:") ? task.group.substr(8) : "")};
  if (const ServiceRow* row = services_.find(service); row != nullptr && task.desired != "STOPPED")
    services_.update(service, [&](ServiceRow& changed) {
      for (auto& d : changed.deployments)
        if (d.id == task.deployment) {
          ++d.failed_tasks;
          d.retry_at = loop_.clock().now() + std::chrono::seconds(std::min(1 << std::min(d.failed_tasks, 6), 60));
        }
      add_event(changed, "was unable to start a task (task " + task.id + "): " + reason);
    });
  log::warning("ecs.task_failed_to_start", {{"task", task.id}, {"reason", reason}});
  begin_stop(key, "TaskFailedToStart", reason);
}

void Ecs::begin_stop(const state::Key& key, const std::string& code, const std::string& reason) {
  const Task& task = *tasks_.find(key);
  if (task.desired == "STOPPED") return;
  if (task.registered)
    for (const auto& registration : task.registrations)
      ports_.balancers.remove(registration.target_group, task.private_ip, registration.port);
  update(key, [&](Task& t) {
    t.desired = "STOPPED";
    t.stop_code = code;
    t.stopped_reason = reason;
    t.stopping = loop_.clock().now();
    t.last = t.registered ? "DEACTIVATING" : "STOPPING";
  });
}

void Ecs::stop_containers(const state::Key& key) {
  const Task task = *tasks_.find(key);  // a copy: the row changes below
  const TaskDefinition* definition = definition_by_arn(task.definition_arn);
  bool all = true;
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    const ContainerState& state = task.containers[i];
    if (state.runtime_id.empty()) {
      if (state.status != "STOPPED") update(key, [i](Task& t) { t.containers[i].status = "STOPPED"; });
      continue;
    }
    if (state.status != "STOPPED") {
      all = false;
      if (!busy_.insert("stop " + state.runtime_id).second) continue;
      const auto& all_definitions = definition != nullptr ? definition->definition.container_definitions : std::nullopt;
      const auto timeout = std::chrono::seconds(all_definitions ? (*all_definitions)[i].stop_timeout.value_or(30) : 30);
      containers_.stop(state.runtime_id, timeout, [this, id = state.runtime_id](Result<containers::Exit> exit) {
        busy_.erase("stop " + id);
        if (exit) exited(*exit);
        wake();
      });
      continue;
    }
    // Its last lines first, then the container; a log that never ends is given up after a while.
    const bool waited = task.stopping && loop_.clock().now() - *task.stopping > std::chrono::seconds(60);
    if (finished_logs_.count(state.runtime_id) == 0 && !waited) {
      all = false;
      continue;
    }
    if (removing_.insert(state.runtime_id).second)
      containers_.remove(state.runtime_id, [this, id = state.runtime_id](const Result<>& removed) {
        if (!removed)
          log::warning("ecs.container_not_removed", {{"container", id}, {"error", removed.error().message()}});
        removing_.erase(id);
        finished_logs_.erase(id);
        const auto [owner, index] = owner_of(id);
        if (tasks_.find(owner) == nullptr) return;
        store_.call([&, owner = owner, index = index] {
          update(owner, [&](Task& t) { t.containers[index].runtime_id.clear(); });
        });
      });
    all = false;
  }
  if (all) update(key, [](Task& t) { t.last = "DEPROVISIONING"; });
}

void Ecs::deprovision(const state::Key& key) {
  const Task& task = *tasks_.find(key);
  if (!task.eni_id.empty()) ports_.network.destroy(key.account, key.region, task.eni_id);
  pulled_.erase(key.id);
  busy_.erase(key.id);
  update(key, [&](Task& t) {
    t.last = "STOPPED";
    t.stopped = loop_.clock().now();
  });
}

}  // namespace stratus::services::ecs
