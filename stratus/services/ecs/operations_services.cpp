// Services.
#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/ecs/paging.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

std::string after_slash(const std::string& text) { return text.substr(text.rfind('/') + 1); }

std::map<std::string, std::string> map_of(const std::optional<std::vector<c::Tag>>& tags) {
  std::map<std::string, std::string> out;
  if (tags)
    for (const auto& tag : *tags) out[tag.key.value_or("")] = tag.value.value_or("");
  return out;
}

bool includes_tags(const std::optional<std::vector<std::string>>& include) {
  return include && std::find(include->begin(), include->end(), "TAGS") != include->end();
}

template <class Request>
void refuse_unsupported(const Request& request, const std::string& operation) {
  const auto no = [&](bool given, const char* what) {
    if (given) throw aws::not_implemented(operation + ": " + what);
  };
  no(request.service_registries && !request.service_registries->empty(), "serviceRegistries");
  no(request.placement_constraints && !request.placement_constraints->empty(), "placementConstraints");
  no(request.placement_strategy && !request.placement_strategy->empty(), "placementStrategy");
  no(request.deployment_controller && request.deployment_controller->type.value_or("ECS") != "ECS",
     "deploymentController other than ECS");
  no(request.enable_execute_command.value_or(false), "enableExecuteCommand");
  no(request.service_connect_configuration && request.service_connect_configuration->enabled.value_or(false),
     "serviceConnectConfiguration");
  no(request.volume_configurations && !request.volume_configurations->empty(), "volumeConfigurations");
  no(request.vpc_lattice_configurations && !request.vpc_lattice_configurations->empty(), "vpcLatticeConfigurations");
  if (request.deployment_configuration) {
    const auto& d = *request.deployment_configuration;
    no(d.strategy.value_or("ROLLING") != "ROLLING", "deploymentConfiguration.strategy other than ROLLING");
    no(d.lifecycle_hooks && !d.lifecycle_hooks->empty(), "deploymentConfiguration.lifecycleHooks");
    if (d.maximum_percent && *d.maximum_percent < 100)
      throw c::errors::InvalidParameterException("maximumPercent must be at least 100");
    if (d.maximum_percent.value_or(200) <= d.minimum_healthy_percent.value_or(100) &&
        d.minimum_healthy_percent.value_or(100) >= 100 && d.maximum_percent.value_or(200) <= 100)
      throw c::errors::InvalidParameterException(
          "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.");
  }
}

void check_alarms(const c::DeploymentAlarms& alarms) {
  if (alarms.enable.value_or(false) && alarms.alarm_names->empty())
    throw c::errors::InvalidParameterException("At least one alarm name must be given where alarms are enabled.");
}

}  // namespace

void Ecs::check_network(const aws::Context& context, const std::optional<c::NetworkConfiguration>& network) const {
  if (!network || !network->awsvpc_configuration || !network->awsvpc_configuration->subnets ||
      network->awsvpc_configuration->subnets->empty())
    throw c::errors::InvalidParameterException(
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  try {
    ports_.network.check(context.account, context.region, *network->awsvpc_configuration->subnets,
                         network->awsvpc_configuration->security_groups.value_or(std::vector<std::string>{}));
  } catch (const aws::Error& e) {
    throw c::errors::InvalidParameterException("Error retrieving subnet or security group information: " + e.message +
                                               " (Service: Ec2, Status Code: 400, ErrorCode: " + e.code + ")");
  }
}

std::vector<c::CapacityProviderStrategyItem> Ecs::strategy_of(
    const Cluster& owner, const std::optional<std::vector<c::CapacityProviderStrategyItem>>& given,
    const std::optional<std::string>& launch_type, std::string& launch) const {
  if (launch_type && given && !given->empty())
    throw c::errors::InvalidParameterException(
        "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.");
  if (launch_type) {
    if (*launch_type != "FARGATE") throw aws::not_implemented("launchType " + *launch_type);
    launch = "FARGATE";
    return {};
  }
  const auto strategy = given && !given->empty() ? *given : owner.strategy;
  if (strategy.empty())
    throw aws::not_implemented(
        "launchType EC2 (the default where neither launchType nor a capacity provider strategy is given)");
  int bases = 0;
  bool weighted = false;
  for (const auto& item : strategy) {
    if (std::find(owner.capacity_providers.begin(), owner.capacity_providers.end(), *item.capacity_provider) ==
        owner.capacity_providers.end())
      throw c::errors::InvalidParameterException("The specified capacity provider '" + *item.capacity_provider +
                                                 "' is not associated with the cluster.");
    bases += item.base.value_or(0) > 0 ? 1 : 0;
    weighted = weighted || item.weight.value_or(0) > 0;
  }
  if (bases > 1)
    throw c::errors::InvalidParameterException("Only one capacity provider in a strategy can have a base defined.");
  if (!weighted && strategy.size() > 1)
    throw c::errors::InvalidParameterException("At least one capacity provider must have a weight greater than 0.");
  launch.clear();
  return strategy;
}

void Ecs::check_launch(const c::TaskDefinition& definition, const std::string& launch_type,
                       const std::vector<c::CapacityProviderStrategyItem>& strategy) {
  const auto& fits = definition.compatibilities;
  if (!fits || std::find(fits->begin(), fits->end(), "FARGATE") == fits->end())
    throw c::errors::InvalidParameterException(
        strategy.empty() ? "Task definition does not support launch_type " + launch_type + "."
                         : "The task definition is not compatible with the capacity provider " +
                               *strategy.front().capacity_provider + ".");
}

c::CreateServiceResponse Ecs::create_service(aws::Context& context, const c::CreateServiceRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  refuse_unsupported(request, "CreateService");
  if (request.scheduling_strategy.value_or("REPLICA") != "REPLICA")
    throw aws::not_implemented("CreateService: schedulingStrategy " + *request.scheduling_strategy);
  if (!request.task_definition) throw c::errors::InvalidParameterException("TaskDefinition can not be blank.");
  const TaskDefinition& what = definition(context, *request.task_definition);
  if (what.definition.status != "ACTIVE") throw c::errors::ClientException("TaskDefinition is inactive");
  const std::string& name = *request.service_name;
  if (name.empty() || name.size() > 255 ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != std::string::npos)
    throw c::errors::InvalidParameterException(
        "Service name can have up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens.");
  const state::Key key{context.account, context.region, owner.name + "/" + name};
  if (const ServiceRow* existing = services_.find(key)) {
    if (existing->status == "ACTIVE")
      throw c::errors::InvalidParameterException("Creation of service was not idempotent.");
    if (existing->status == "DRAINING")
      throw c::errors::InvalidParameterException("Unable to Start a service that is still Draining.");
  }
  check_network(context, request.network_configuration);
  ServiceRow row;
  row.name = name;
  row.cluster = owner.name;
  row.arn = make_arn("ecs", context.region, context.account, "service/" + owner.name + "/" + name);
  row.desired = request.desired_count.value_or(0);
  if (row.desired < 0) throw c::errors::InvalidParameterException("Invalid desired count.");
  row.platform_version = request.platform_version.value_or("LATEST");
  row.configuration = request.deployment_configuration.value_or(c::DeploymentConfiguration{});
  row.configuration.maximum_percent = row.configuration.maximum_percent.value_or(200);
  row.configuration.minimum_healthy_percent = row.configuration.minimum_healthy_percent.value_or(100);
  if (!row.configuration.deployment_circuit_breaker)
    row.configuration.deployment_circuit_breaker = c::DeploymentCircuitBreaker{.enable = false, .rollback = false};
  if (row.configuration.alarms) check_alarms(*row.configuration.alarms);
  row.configuration.strategy = "ROLLING";
  row.load_balancers = request.load_balancers.value_or(std::vector<c::LoadBalancer>{});
  for (const auto& balancer : row.load_balancers) {
    if (!balancer.target_group_arn)
      throw aws::not_implemented("CreateService: loadBalancers without targetGroupArn (Classic Load Balancers)");
    if (balancer.advanced_configuration)
      throw aws::not_implemented("CreateService: loadBalancers.advancedConfiguration");
    bool found = false;
    for (const auto& container : *what.definition.container_definitions)
      if (container.name == balancer.container_name)
        for (const auto& port : *container.port_mappings)
          found = found || port.container_port == balancer.container_port;
    if (!found)
      throw c::errors::InvalidParameterException("The container " + balancer.container_name.value_or("") +
                                                 " did not have a container port " +
                                                 std::to_string(balancer.container_port.value_or(0)) + " defined.");
    ports_.balancers.check(*balancer.target_group_arn);
  }
  if (request.health_check_grace_period_seconds && row.load_balancers.empty())
    throw c::errors::InvalidParameterException(
        "Health check grace period is only valid for services configured to use load balancers");
  row.grace_seconds = request.health_check_grace_period_seconds.value_or(0);
  row.created = context.now;
  row.managed_tags = request.enable_ecs_managed_tags.value_or(false);
  row.propagate_tags = request.propagate_tags.value_or("NONE");
  row.zone_rebalancing = request.availability_zone_rebalancing.value_or("DISABLED");
  row.created_by = context.identity.arn;
  row.tags = map_of(request.tags);
  Deployment first = new_deployment(row, *what.definition.task_definition_arn, context.now);
  first.strategy = strategy_of(owner, request.capacity_provider_strategy, request.launch_type, first.launch_type);
  first.network = *request.network_configuration;
  row.deployments = {first};
  check_launch(what.definition, first.launch_type, first.strategy);
  begin_record(key, row);
  const ServiceRow& made = services_.put(key, std::move(row));
  tell_deployment(made, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", first);
  store_.after_commit([this] { wake(); });
  return {.service = describe(context, made, true)};
}

c::UpdateServiceResponse Ecs::update_service(aws::Context& context, const c::UpdateServiceRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  const ServiceRow* found = find_service(context, owner.name, *request.service);
  if (found == nullptr || found->status == "INACTIVE") throw c::errors::ServiceNotFoundException("Service not found.");
  if (found->status != "ACTIVE") throw c::errors::ServiceNotActiveException("Service was not ACTIVE.");
  refuse_unsupported(request, "UpdateService");
  ServiceRow row = *found;
  if (request.desired_count) {
    if (*request.desired_count < 0) throw c::errors::InvalidParameterException("Invalid desired count.");
    row.desired = *request.desired_count;
  }
  if (request.deployment_configuration) {
    const auto& d = *request.deployment_configuration;
    if (d.maximum_percent) row.configuration.maximum_percent = d.maximum_percent;
    if (d.minimum_healthy_percent) row.configuration.minimum_healthy_percent = d.minimum_healthy_percent;
    if (d.deployment_circuit_breaker) row.configuration.deployment_circuit_breaker = d.deployment_circuit_breaker;
    if (d.alarms) {
      check_alarms(*d.alarms);
      row.configuration.alarms = d.alarms;
    }
  }
  if (request.health_check_grace_period_seconds) row.grace_seconds = *request.health_check_grace_period_seconds;
  if (request.platform_version) row.platform_version = *request.platform_version;
  if (request.enable_ecs_managed_tags) row.managed_tags = *request.enable_ecs_managed_tags;
  if (request.propagate_tags) row.propagate_tags = *request.propagate_tags;
  if (request.availability_zone_rebalancing) row.zone_rebalancing = *request.availability_zone_rebalancing;
  if (request.load_balancers) {
    for (const auto& balancer : *request.load_balancers) ports_.balancers.check(balancer.target_group_arn.value_or(""));
    row.load_balancers = *request.load_balancers;
  }
  Deployment next = row.deployments.front();
  bool changed = request.force_new_deployment.value_or(false) || request.load_balancers.has_value();
  if (request.task_definition) {
    const TaskDefinition& what = definition(context, *request.task_definition);
    if (what.definition.status != "ACTIVE") throw c::errors::ClientException("TaskDefinition is inactive");
    changed = changed || next.task_definition != *what.definition.task_definition_arn;
    next.task_definition = *what.definition.task_definition_arn;
  }
  if (request.network_configuration) {
    check_network(context, request.network_configuration);
    next.network = *request.network_configuration;
    changed = true;
  }
  if (request.capacity_provider_strategy) {
    next.strategy = strategy_of(owner, request.capacity_provider_strategy, std::nullopt, next.launch_type);
    changed = true;
  }
  if (changed) {
    Deployment fresh = new_deployment(row, next.task_definition, context.now);
    fresh.network = next.network;
    fresh.strategy = next.strategy;
    fresh.launch_type = next.launch_type;
    row.deployments.front().status = "ACTIVE";
    check_launch(definition_by_arn(fresh.task_definition)->definition, fresh.launch_type, fresh.strategy);
    row.deployments.insert(row.deployments.begin(), fresh);
    tell_deployment(row, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", fresh);
  }
  row.steady = false;
  const state::Key key{context.account, context.region, owner.name + "/" + row.name};
  if (changed) begin_record(key, row);
  const ServiceRow& saved = services_.put(key, std::move(row));
  store_.after_commit([this] { wake(); });
  return {.service = describe(context, saved, true)};
}

c::DescribeServicesResponse Ecs::describe_services(aws::Context& context, const c::DescribeServicesRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  c::DescribeServicesResponse out{.services = std::vector<c::Service>{}, .failures = std::vector<c::Failure>{}};
  if (request.services->empty()) throw c::errors::InvalidParameterException("Services cannot be empty.");
  if (request.services->size() > 10)
    throw c::errors::InvalidParameterException("Services cannot have more than 10 elements.");
  for (const auto& name : *request.services) {
    const ServiceRow* row = find_service(context, owner.name, name);
    if (row == nullptr)
      out.failures->push_back(
          {.arn = make_arn("ecs", context.region, context.account, "service/" + owner.name + "/" + after_slash(name)),
           .reason = "MISSING"});
    else
      out.services->push_back(describe(context, *row, includes_tags(request.include)));
  }
  return out;
}

c::ListServicesResponse Ecs::list_services(aws::Context& context, const c::ListServicesRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  std::vector<std::string> arns;
  for (const ServiceRow* row : services_.list(context.account, context.region))
    if (row->cluster == owner.name && row->status != "INACTIVE" &&
        (!request.launch_type ||
         (!row->deployments.empty() && row->deployments.front().launch_type == *request.launch_type)) &&
        request.scheduling_strategy.value_or("REPLICA") == "REPLICA")
      arns.push_back(row->arn);
  auto next = page(arns, request.next_token, request.max_results, 10);
  return {.service_arns = std::move(arns), .next_token = std::move(next)};
}

c::DeleteServiceResponse Ecs::delete_service(aws::Context& context, const c::DeleteServiceRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  const ServiceRow* found = find_service(context, owner.name, *request.service);
  if (found == nullptr || found->status == "INACTIVE") throw c::errors::ServiceNotFoundException("Service not found.");
  if (found->desired > 0 && !request.force.value_or(false))
    throw c::errors::InvalidParameterException("The service cannot be stopped while it is scaled above 0.");
  const ServiceRow& row =
      services_.update({context.account, context.region, owner.name + "/" + found->name}, [](ServiceRow& s) {
        s.status = "DRAINING";
        s.desired = 0;
      });
  store_.after_commit([this] { wake(); });
  return {.service = describe(context, row, true)};
}

}  // namespace stratus::services::ecs
