// Task definitions: checked as Fargate checks them; what containers cannot do here is refused by name.
#include <set>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/ecs/paging.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

std::string padded(std::int32_t revision) {
  const std::string digits = std::to_string(revision);
  return std::string(9 - digits.size(), '0') + digits;
}

[[noreturn]] void refuse(const std::string& what) { throw aws::not_implemented("RegisterTaskDefinition: " + what); }
[[noreturn]] void client(const std::string& message) { throw c::errors::ClientException(message); }

int units(const std::string& text, bool cpu) {
  // "256", ".25 vCPU", "1 vCPU"; "512", "1GB", "1 GB"
  const std::string lower = text::lower(text);
  char* end = nullptr;
  const double number = std::strtod(lower.c_str(), &end);
  const std::string unit(text::trim(end));
  if (unit.empty()) return static_cast<int>(number);
  if (cpu && unit == "vcpu") return static_cast<int>(number * 1024);
  if (!cpu && unit == "gb") return static_cast<int>(number * 1024);
  client("Invalid setting for container. '" + text + "' is no size.");
}

void check_ephemeral(const c::EphemeralStorage& storage) {
  const std::int32_t size = storage.size_in_gi_b.value_or(0);
  if (size < 21 || size > 200) client("Ephemeral storage must be configured between 21 and 200 GiB.");
}

void check_environment_files(const std::vector<c::EnvironmentFile>& files) {
  for (const auto& file : files) {
    const auto arn = Arn::parse(file.value.value_or(""));
    if (!arn || arn->service != "s3" || arn->resource.find('/') == std::string::npos ||
        !arn->resource.ends_with(".env"))
      client("The environment file '" + file.value.value_or("") +
             "' is not valid. Specify the ARN of an object in Amazon S3 whose name ends in .env.");
  }
}

/// What AWS asks of every definition, whatever runs it.
void check_containers(const c::RegisterTaskDefinitionRequest& request) {
  const std::string& family = *request.family;
  if (family.empty()) client("Family should not be null or blank.");
  if (family.size() > 255 ||
      family.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != std::string::npos)
    client("Family contains invalid characters.");
  if (request.container_definitions->empty()) client("Container list cannot be empty.");
  std::set<std::string> names;
  bool essential = false;
  for (const auto& d : *request.container_definitions) {
    if (!d.name || d.name->empty()) client("Container.name should not be null or empty.");
    if (!d.image || d.image->empty()) client("Container.image should not be null or empty.");
    if (!names.insert(*d.name).second) client("Duplicate container names found: " + *d.name);
    essential = essential || d.essential.value_or(true);
    if (!request.memory && !d.memory && !d.memory_reservation)
      client("Invalid setting for container '" + *d.name +
             "'. At least one of 'memory' or 'memoryReservation' must be specified.");
  }
  if (!essential) client("At least one container must be marked essential.");
  for (const auto& d : *request.container_definitions)
    if (d.depends_on)
      for (const auto& dependency : *d.depends_on)
        if (names.count(dependency.container_name.value_or("")) == 0 || dependency.container_name == d.name)
          client("Container '" + *d.name + "' depends on container '" + dependency.container_name.value_or("") +
                 "' which is not in the task.");
}

/// What AWS asks of a definition for Fargate, and what containers here can do of it.
void check_fargate(const aws::Context& context, const c::RegisterTaskDefinitionRequest& request) {
  if (request.network_mode.value_or("") != "awsvpc") client("Fargate only supports network mode 'awsvpc'.");
  if (!request.cpu || !request.memory) client("Fargate requires that 'cpu' and 'memory' be defined at the task level.");
  const int cpu = units(*request.cpu, true), memory = units(*request.memory, false);
  if (!fargate_size(cpu, memory))
    client("No Fargate configuration exists for given values: " + std::to_string(cpu) + " CPU, " +
           std::to_string(memory) + " memory. See the Amazon ECS documentation for the valid values.");
  if (request.proxy_configuration) refuse("proxyConfiguration");
  if (request.inference_accelerators && !request.inference_accelerators->empty()) refuse("inferenceAccelerators");
  if (request.placement_constraints && !request.placement_constraints->empty()) refuse("placementConstraints");
  if (request.pid_mode || request.ipc_mode) refuse("pidMode and ipcMode");
  if (request.enable_fault_injection.value_or(false)) refuse("enableFaultInjection");
  if (request.ephemeral_storage) {
    check_ephemeral(*request.ephemeral_storage);
    refuse("ephemeralStorage.sizeInGiB");
  }
  if (request.runtime_platform) {
    if (request.runtime_platform->cpu_architecture.value_or("X86_64") != "X86_64")
      refuse("runtimePlatform.cpuArchitecture " + *request.runtime_platform->cpu_architecture);
    if (request.runtime_platform->operating_system_family.value_or("LINUX") != "LINUX")
      refuse("runtimePlatform.operatingSystemFamily " + *request.runtime_platform->operating_system_family);
  }
  std::set<std::string> volumes;
  if (request.volumes)
    for (const auto& volume : *request.volumes) {
      if (volume.efs_volume_configuration || volume.docker_volume_configuration ||
          volume.fsx_windows_file_server_volume_configuration || volume.s3files_volume_configuration ||
          volume.configured_at_launch.value_or(false) || (volume.host && volume.host->source_path))
        refuse("volumes: only ephemeral ones of the task");
      volumes.insert(volume.name.value_or(""));
    }
  int container_cpu = 0;
  std::size_t files = 0;
  for (const auto& d : *request.container_definitions) {
    container_cpu += d.cpu.value_or(0);
    if (d.memory && *d.memory > memory)
      client("Invalid setting for container '" + *d.name + "'. The memory of the container exceeds that of the task.");
    if (d.memory && d.memory_reservation && *d.memory < *d.memory_reservation)
      client("Invalid setting for container '" + *d.name +
             "'. 'memory' must be greater than or equal to 'memoryReservation'.");
    const auto no = [&](bool given, const char* what) {
      if (given) refuse(std::string("containerDefinitions.") + what);
    };
    no(d.repository_credentials.has_value(), "repositoryCredentials");
    no(d.links && !d.links->empty(), "links");
    no(d.restart_policy && d.restart_policy->enabled.value_or(false), "restartPolicy");
    no(d.volumes_from && !d.volumes_from->empty(), "volumesFrom");
    no(d.privileged.value_or(false), "privileged");
    no(d.disable_networking.value_or(false), "disableNetworking");
    no(d.dns_servers && !d.dns_servers->empty(), "dnsServers");
    no(d.dns_search_domains && !d.dns_search_domains->empty(), "dnsSearchDomains");
    no(d.extra_hosts && !d.extra_hosts->empty(), "extraHosts");
    no(d.hostname.has_value(), "hostname");
    no(d.docker_security_options && !d.docker_security_options->empty(), "dockerSecurityOptions");
    no(d.interactive.value_or(false) || d.pseudo_terminal.value_or(false), "interactive and pseudoTerminal");
    no(d.system_controls && !d.system_controls->empty(), "systemControls");
    no(d.resource_requirements && !d.resource_requirements->empty(), "resourceRequirements");
    no(d.firelens_configuration.has_value(), "firelensConfiguration");
    no(d.credential_specs && !d.credential_specs->empty(), "credentialSpecs");
    if (d.linux_parameters) {
      no(d.linux_parameters->devices && !d.linux_parameters->devices->empty(), "linuxParameters.devices");
      no(d.linux_parameters->shared_memory_size.has_value() || d.linux_parameters->max_swap.has_value() ||
             d.linux_parameters->swappiness.has_value(),
         "linuxParameters.sharedMemorySize, maxSwap and swappiness");
      if (d.linux_parameters->capabilities && d.linux_parameters->capabilities->add)
        for (const auto& capability : *d.linux_parameters->capabilities->add)
          if (capability != "SYS_PTRACE")
            client("Fargate compatible task definitions may only add the SYS_PTRACE capability.");
    }
    if (d.log_configuration) {
      if (d.log_configuration->log_driver != "awslogs")
        refuse("containerDefinitions.logConfiguration.logDriver " + d.log_configuration->log_driver.value_or(""));
      const auto options = d.log_configuration->options.value_or(std::map<std::string, std::string>{});
      for (const char* option : {"awslogs-group", "awslogs-region", "awslogs-stream-prefix"})
        if (options.count(option) == 0) client(std::string("Log driver awslogs requires options: ") + option);
      if (options.at("awslogs-region") != context.region) refuse("awslogs-region of another region");
      for (const auto& [option, value] : options)
        if (option != "awslogs-group" && option != "awslogs-region" && option != "awslogs-stream-prefix" &&
            option != "awslogs-create-group" && option != "mode" && option != "max-buffer-size")
          refuse("logConfiguration.options " + option);
      if (!request.execution_role_arn)
        client("Fargate requires task definition to have execution role ARN to support log driver awslogs.");
    }
    if (d.secrets && !d.secrets->empty()) {
      if (!request.execution_role_arn)
        client("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.");
      for (const auto& secret : *d.secrets)
        // Whatever is no ARN of Secrets Manager is the name or the ARN of a parameter.
        if (secret.value_from->find(":secretsmanager:") == std::string::npos)
          refuse("secrets of Systems Manager parameters: " + *secret.value_from);
    }
    if (d.environment_files && !d.environment_files->empty()) {
      if (!request.execution_role_arn)
        client(
            "When you are specifying container environmentFiles, you must also specify a value for "
            "'executionRoleArn'.");
      check_environment_files(*d.environment_files);
      files += d.environment_files->size();
      if (files > 10) client("A task definition can have at most 10 environment files.");
    }
    if (d.image->find(".dkr.ecr.") != std::string::npos && !request.execution_role_arn)
      client("Fargate requires task definition to have execution role ARN to support ECR images.");
    if (d.mount_points)
      for (const auto& mount : *d.mount_points)
        if (volumes.count(mount.source_volume.value_or("")) == 0)
          client("Unknown volume '" + mount.source_volume.value_or("") + "'.");
    if (d.port_mappings)
      for (const auto& port : *d.port_mappings)
        if (port.host_port && *port.host_port != 0 && port.container_port != port.host_port)
          client("When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
    if (d.stop_timeout && (*d.stop_timeout < 0 || *d.stop_timeout > 120))
      client("Invalid setting for container '" + *d.name + "'. The stopTimeout of Fargate tasks must be at most 120.");
    if (d.health_check) {
      if (!d.health_check->command || d.health_check->command->empty() ||
          (d.health_check->command->front() != "CMD" && d.health_check->command->front() != "CMD-SHELL" &&
           d.health_check->command->front() != "NONE"))
        client("Health check command must start with CMD or CMD-SHELL.");
    }
  }
  if (container_cpu > cpu) client("The 'cpu' of the containers exceeds that of the task.");
}

/// Abilities that whoever runs the definition must have, as ECS derives them.
std::vector<c::Attribute> attributes_of(const c::RegisterTaskDefinitionRequest& request) {
  std::set<std::string> names;
  const std::string old = "com.amazonaws.ecs.capability.", now = "ecs.capability.";
  if (request.network_mode == "awsvpc") names.insert(now + "task-eni");
  if (request.task_role_arn)
    names.insert(old + (request.network_mode == "host" ? "task-iam-role-network-host" : "task-iam-role"));
  for (const auto& d : *request.container_definitions) {
    if (d.image->find(".dkr.ecr.") != std::string::npos) {
      names.insert(old + "ecr-auth");
      if (request.execution_role_arn) names.insert(now + "execution-role-ecr-pull");
    }
    if (d.log_configuration && d.log_configuration->log_driver) {
      names.insert(old + "logging-driver." + *d.log_configuration->log_driver);
      if (d.log_configuration->log_driver == "awslogs" && request.execution_role_arn)
        names.insert(now + "execution-role-awslogs");
    }
    if (d.secrets && !d.secrets->empty()) names.insert(now + "secrets.asm.environment-variables");
    if (d.environment_files && !d.environment_files->empty()) names.insert(now + "env-files.s3");
    if (d.health_check) names.insert(now + "container-health-check");
    if (d.depends_on && !d.depends_on->empty()) names.insert(now + "container-ordering");
  }
  std::vector<c::Attribute> out;
  for (const auto& name : names) out.push_back({.name = name});
  return out;
}

}  // namespace

c::TaskDefinition Ecs::check(const aws::Context& context, const c::RegisterTaskDefinitionRequest& request) const {
  const auto& wanted = request.requires_compatibilities;
  const bool for_fargate = wanted && std::find(wanted->begin(), wanted->end(), "FARGATE") != wanted->end();
  check_containers(request);
  // A definition for EC2 alone is kept as AWS keeps it; only what would run it is refused.
  bool fits = for_fargate;
  if (for_fargate) {
    check_fargate(context, request);
  } else {
    try {
      check_fargate(context, request);
      fits = true;
    } catch (const aws::Error&) {
      fits = false;
    }
  }

  c::TaskDefinition out{.container_definitions = request.container_definitions,
                        .family = request.family,
                        .task_role_arn = request.task_role_arn,
                        .execution_role_arn = request.execution_role_arn,
                        .network_mode = request.network_mode};
  // As ECS reads them back: every container has these.
  for (auto& d : *out.container_definitions) {
    d.cpu = d.cpu.value_or(0);
    d.essential = d.essential.value_or(true);
    if (!d.environment) d.environment = std::vector<c::KeyValuePair>{};
    if (!d.mount_points) d.mount_points = std::vector<c::MountPoint>{};
    if (!d.volumes_from) d.volumes_from = std::vector<c::VolumeFrom>{};
    if (!d.port_mappings) d.port_mappings = std::vector<c::PortMapping>{};
    if (!d.system_controls) d.system_controls = std::vector<c::SystemControl>{};
    for (auto& port : *d.port_mappings) {
      if (request.network_mode == "awsvpc")
        port.host_port = port.container_port;
      else if (!port.host_port)
        port.host_port = 0;
      if (!port.protocol) port.protocol = "tcp";
    }
    if (d.health_check) {
      if (!d.health_check->interval) d.health_check->interval = 30;
      if (!d.health_check->timeout) d.health_check->timeout = 5;
      if (!d.health_check->retries) d.health_check->retries = 3;
    }
  }
  out.volumes = request.volumes.value_or(std::vector<c::Volume>{});
  out.status = "ACTIVE";
  out.requires_attributes = attributes_of(request);
  out.placement_constraints =
      request.placement_constraints.value_or(std::vector<c::TaskDefinitionPlacementConstraint>{});
  out.compatibilities = {{"EC2"}};
  if (fits) out.compatibilities->push_back("FARGATE");
  out.runtime_platform = request.runtime_platform;
  out.requires_compatibilities = request.requires_compatibilities;
  if (request.cpu) out.cpu = fits ? std::to_string(units(*request.cpu, true)) : *request.cpu;
  if (request.memory) out.memory = fits ? std::to_string(units(*request.memory, false)) : *request.memory;
  out.pid_mode = request.pid_mode;
  out.ipc_mode = request.ipc_mode;
  out.proxy_configuration = request.proxy_configuration;
  out.inference_accelerators = request.inference_accelerators;
  out.enable_fault_injection = request.enable_fault_injection;
  out.ephemeral_storage = request.ephemeral_storage;
  out.registered_at = context.now;
  out.registered_by = context.identity.arn;
  return out;
}

c::RegisterTaskDefinitionResponse Ecs::register_task_definition(aws::Context& context,
                                                                const c::RegisterTaskDefinitionRequest& request) {
  TaskDefinition row{check(context, request), {}};
  for (const std::optional<std::string>& role : {request.execution_role_arn, request.task_role_arn})
    if (role && !ports_.permissions.trusts(*role, "ecs-tasks.amazonaws.com"))
      throw c::errors::ClientException("ECS was unable to assume the role '" + *role +
                                       "' that was provided for this task. Please verify that the role being passed "
                                       "has the proper trust relationship and permissions.");
  std::int32_t revision = 1;
  for (const TaskDefinition* other : definitions_.list(context.account, context.region))
    if (other->definition.family == request.family) revision = std::max(revision, *other->definition.revision + 1);
  row.definition.revision = revision;
  row.definition.task_definition_arn = make_arn("ecs", context.region, context.account,
                                                "task-definition/" + *request.family + ":" + std::to_string(revision));
  if (request.tags)
    for (const auto& tag : *request.tags) row.tags[tag.key.value_or("")] = tag.value.value_or("");
  const state::Key key{context.account, context.region, *request.family + ":" + padded(revision)};
  return {.task_definition = definitions_.put(key, std::move(row)).definition,
          .tags = request.tags.value_or(std::vector<c::Tag>{})};
}

c::DescribeTaskDefinitionResponse Ecs::describe_task_definition(aws::Context& context,
                                                                const c::DescribeTaskDefinitionRequest& request) {
  const TaskDefinition& row = definition(context, *request.task_definition);
  c::DescribeTaskDefinitionResponse out{.task_definition = row.definition, .tags = std::vector<c::Tag>{}};
  if (request.include && std::find(request.include->begin(), request.include->end(), "TAGS") != request.include->end())
    for (const auto& [key, value] : row.tags) out.tags->push_back({.key = key, .value = value});
  return out;
}

c::DeregisterTaskDefinitionResponse Ecs::deregister_task_definition(aws::Context& context,
                                                                    const c::DeregisterTaskDefinitionRequest& request) {
  if (request.task_definition->find(':') == std::string::npos)
    throw c::errors::ClientException("An error occurred: the revision of the task definition must be given.");
  const auto& d = definition(context, *request.task_definition).definition;
  const state::Key key{context.account, context.region, *d.family + ":" + padded(*d.revision)};
  return {.task_definition = definitions_
                                 .update(key,
                                         [&](TaskDefinition& row) {
                                           row.definition.status = "INACTIVE";
                                           row.definition.deregistered_at = context.now;
                                         })
                                 .definition};
}

c::DeleteTaskDefinitionsResponse Ecs::delete_task_definitions(aws::Context& context,
                                                              const c::DeleteTaskDefinitionsRequest& request) {
  c::DeleteTaskDefinitionsResponse out{.task_definitions = std::vector<c::TaskDefinition>{},
                                       .failures = std::vector<c::Failure>{}};
  if (request.task_definitions->empty() || request.task_definitions->size() > 10)
    throw c::errors::InvalidParameterException("Task definitions must have between 1 and 10 elements.");
  for (const auto& name : *request.task_definitions) {
    if (name.find(':') == std::string::npos)
      throw c::errors::ClientException("The revision of the task definition must be given.");
    const c::TaskDefinition d = definition(context, name).definition;
    if (d.status != "INACTIVE") {
      out.failures->push_back(
          {.arn = d.task_definition_arn,
           .reason =
               "The specified task definition is still in ACTIVE status. Please deregister the target and try again."});
      continue;
    }
    // It goes when no task and no service uses it any more.
    out.task_definitions->push_back(
        definitions_
            .update({context.account, context.region, *d.family + ":" + padded(*d.revision)},
                    [&](TaskDefinition& row) { row.definition.status = "DELETE_IN_PROGRESS"; })
            .definition);
  }
  store_.after_commit([this] { wake(); });
  return out;
}

c::ListTaskDefinitionsResponse Ecs::list_task_definitions(aws::Context& context,
                                                          const c::ListTaskDefinitionsRequest& request) {
  std::vector<std::string> arns;
  for (const TaskDefinition* row : definitions_.list(context.account, context.region))
    if (row->definition.status == request.status.value_or("ACTIVE") &&
        (!request.family_prefix || row->definition.family == *request.family_prefix))
      arns.push_back(*row->definition.task_definition_arn);
  if (request.sort == "DESC") std::reverse(arns.begin(), arns.end());
  auto next = page(arns, request.next_token, request.max_results, 100);
  return {.task_definition_arns = std::move(arns), .next_token = std::move(next)};
}

c::ListTaskDefinitionFamiliesResponse Ecs::list_task_definition_families(
    aws::Context& context, const c::ListTaskDefinitionFamiliesRequest& request) {
  std::set<std::string> families;
  const std::string status = request.status.value_or("ACTIVE");
  std::set<std::string> active;
  for (const TaskDefinition* row : definitions_.list(context.account, context.region)) {
    if (!row->definition.family->starts_with(request.family_prefix.value_or(""))) continue;
    families.insert(*row->definition.family);
    if (row->definition.status == "ACTIVE") active.insert(*row->definition.family);
  }
  // A family is active while one of its revisions is.
  if (status != "ALL")
    std::erase_if(families,
                  [&](const std::string& family) { return (active.count(family) != 0) != (status == "ACTIVE"); });
  std::vector<std::string> names(families.begin(), families.end());
  auto next = page(names, request.next_token, request.max_results, 100);
  return {.families = std::move(names), .next_token = std::move(next)};
}

}  // namespace stratus::services::ecs
