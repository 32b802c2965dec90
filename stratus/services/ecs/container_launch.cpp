// From a container's definition to what the runtime starts: environment, secrets, limits, volumes, logs.
#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/ecs/refusals.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

const c::ContainerOverride* override_of(const Task& task, const std::string& name) {
  if (task.overrides.container_overrides)
    for (const auto& o : *task.overrides.container_overrides)
      if (o.name == name) return &o;
  return nullptr;
}

bool has_variable(const images::ImageConfig& image, const std::string& name) {
  return std::any_of(image.environment.begin(), image.environment.end(),
                     [&](const auto& one) { return one.first == name; });
}

/// The lines "NAME=value" of an environment file; blank ones and remarks are left out.
std::vector<std::pair<std::string, std::string>> variables_in(const std::string& file) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::string line : text::split(file, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string::npos || equals == 0) continue;
    out.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

}  // namespace

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
  // Files stand behind what is said by name, and the first of them before the others.
  for (const auto& file : o != nullptr && o->environment_files
                              ? *o->environment_files
                              : d.environment_files.value_or(std::vector<c::EnvironmentFile>{})) {
    try {
      for (auto& [name, value] :
           variables_in(ports_.files.read(execution_role, key.id, key.region, file.value.value_or(""))))
        environment.emplace(std::move(name), std::move(value));
    } catch (const aws::Error& e) {
      return fail_start(key,
                        "ResourceInitializationError: failed to download env files: file download command: non empty "
                        "error stream: service call has been retried 1 time(s): failed to download " +
                            file.value.value_or("") + ": " + e.code + ": " + e.message);
    }
  }
  // What the definition says itself stays.
  const std::string endpoint = "http://169.254.170.2";
  environment.emplace("AWS_REGION", key.region);
  environment.emplace("AWS_DEFAULT_REGION", key.region);
  environment.emplace("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE");
  environment["ECS_CONTAINER_METADATA_URI"] = endpoint + "/v3/" + spec.id;
  environment["ECS_CONTAINER_METADATA_URI_V4"] = endpoint + "/v4/" + spec.id;
  environment["ECS_AGENT_URI"] = endpoint + "/api/" + spec.id;
  if (!task.credentials_id.empty())
    environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/" + task.credentials_id;
  if (!authority_.empty()) {
    // Programs that bring authorities of their own along look here for more.
    spec.authority = authority_;
    for (const char* name : {"AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"})
      if (!has_variable(spec.image, name)) environment.emplace(name, containers::kAuthorityPath);
  }
  if (d.secrets)
    for (const auto& secret : *d.secrets) {
      const std::string prefix =
          "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
          "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret " +
          *secret.value_from + " from secrets manager: ";
      // The permission is on the secret itself, without JSON key and version behind it.
      std::string resource = *secret.value_from;
      if (const auto arn = Arn::parse(resource)) {
        const auto parts = text::split(arn->resource, ':');
        if (parts.size() > 2)
          resource = make_arn("secretsmanager", arn->region, arn->account, parts[0] + ":" + parts[1]);
      }
      if (execution_role.empty() ||
          !ports_.permissions.allows(execution_role, "secretsmanager:GetSecretValue", resource))
        return fail_start(key, prefix + "AccessDeniedException: " +
                                   denied(session_of(execution_role, key), "secretsmanager:GetSecretValue", resource));
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
  if (d.linux_parameters && d.linux_parameters->tmpfs)
    for (const auto& mount : *d.linux_parameters->tmpfs)
      spec.tmpfs.push_back({mount.container_path.value_or(""),
                            static_cast<std::uint64_t>(mount.size.value_or(0)) << 20U,
                            mount.mount_options.value_or(std::vector<std::string>{})});
  if (d.linux_parameters && d.linux_parameters->capabilities) {
    spec.add_capabilities = d.linux_parameters->capabilities->add.value_or(std::vector<std::string>{});
    spec.drop_capabilities = d.linux_parameters->capabilities->drop.value_or(std::vector<std::string>{});
  }
  const std::string host = "ip-" + text::join(text::split(task.private_ip, '.'), "-") + ".ec2.internal";
  spec.hostname = host;
  spec.netns = task.netns;
  for (const auto& server : text::split(task.resolver, ' ')) spec.resolv_conf += "nameserver " + server + "\n";
  if (!task.search.empty()) spec.resolv_conf += "search " + task.search + "\n";
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
    for (const char* action : {"logs:CreateLogStream", "logs:PutLogEvents"})
      if (!ports_.permissions.allows(execution_role, action, arn))
        return fail_start(key,
                          failed + "AccessDeniedException: " + denied(session_of(execution_role, key), action, arn));
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
    state.created = loop_.clock().now();
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
          return fail_start(key, "CannotStartContainerError: " + started.error().message(),
                            now->containers[index].name);
        }
        if (now->containers[index].status == "PENDING")
          update(key, [&](Task& t) {
            t.containers[index].status = "RUNNING";
            t.containers[index].started = started->started_at;
          });
      });
    });
  });
}

}  // namespace stratus::services::ecs
