// Clusters, capacity providers, tags.
#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/ecs/paging.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

std::string after_slash(const std::string& text) { return text.substr(text.rfind('/') + 1); }

void check_providers(const std::vector<std::string>& providers) {
  for (const auto& name : providers)
    if (name != "FARGATE" && name != "FARGATE_SPOT")
      throw c::errors::InvalidParameterException("The specified capacity provider '" + name + "' was not found.");
}

std::map<std::string, std::string> map_of(const std::optional<std::vector<c::Tag>>& tags) {
  std::map<std::string, std::string> out;
  if (tags)
    for (const auto& tag : *tags) out[tag.key.value_or("")] = tag.value.value_or("");
  return out;
}

/// How ExecuteCommand would log is kept, as AWS only keeps it: ExecuteCommand itself is refused.
void check_configuration(const std::optional<c::ClusterConfiguration>& configuration, const std::string& operation) {
  if (configuration && configuration->managed_storage_configuration)
    throw aws::not_implemented(operation + ": configuration.managedStorageConfiguration");
}

void check_settings(const std::vector<c::ClusterSetting>& settings) {
  for (const auto& setting : settings)
    if (setting.name != "containerInsights" ||
        (setting.value != "enabled" && setting.value != "disabled" && setting.value != "enhanced"))
      throw c::errors::InvalidParameterException("Invalid cluster setting: " + setting.name.value_or("") + " = " +
                                                 setting.value.value_or(""));
}

void check_strategy(const std::vector<std::string>& providers,
                    const std::vector<c::CapacityProviderStrategyItem>& strategy) {
  for (const auto& item : strategy)
    if (std::find(providers.begin(), providers.end(), *item.capacity_provider) == providers.end())
      throw c::errors::InvalidParameterException("The specified capacity provider '" + *item.capacity_provider +
                                                 "' is not associated with the cluster.");
}

bool includes(const std::optional<std::vector<std::string>>& include, std::string_view what) {
  return include && std::find(include->begin(), include->end(), what) != include->end();
}

}  // namespace

c::CreateClusterResponse Ecs::create_cluster(aws::Context& context, const c::CreateClusterRequest& request) {
  if (request.service_connect_defaults) throw aws::not_implemented("CreateCluster: serviceConnectDefaults");
  check_configuration(request.configuration, "CreateCluster");
  const std::string name = request.cluster_name.value_or("default");
  const state::Key key{context.account, context.region, name};
  if (const Cluster* existing = clusters_.find(key); existing != nullptr && existing->status == "ACTIVE")
    return {.cluster = describe(context, *existing)};
  Cluster row{.name = name, .arn = make_arn("ecs", context.region, context.account, "cluster/" + name)};
  row.settings = request.settings.value_or(std::vector<c::ClusterSetting>{
      {.name = "containerInsights",
       .value = setting(context.account, context.region, "containerInsights", context.identity.arn)}});
  check_settings(row.settings);
  if (name.empty() || name.size() > 255 ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != std::string::npos)
    throw c::errors::InvalidParameterException("Invalid cluster name.");
  row.configuration = request.configuration.value_or(c::ClusterConfiguration{});
  row.capacity_providers = request.capacity_providers.value_or(std::vector<std::string>{});
  check_providers(row.capacity_providers);
  row.strategy = request.default_capacity_provider_strategy.value_or(std::vector<c::CapacityProviderStrategyItem>{});
  check_strategy(row.capacity_providers, row.strategy);
  row.tags = map_of(request.tags);
  return {.cluster = describe(context, clusters_.put(key, std::move(row)))};
}

c::DescribeClustersResponse Ecs::describe_clusters(aws::Context& context, const c::DescribeClustersRequest& request) {
  c::DescribeClustersResponse out{.clusters = std::vector<c::Cluster>{}, .failures = std::vector<c::Failure>{}};
  for (const auto& name : request.clusters.value_or(std::vector<std::string>{"default"})) {
    const Cluster* row = clusters_.find(context.account, context.region, after_slash(name));
    if (row == nullptr)
      out.failures->push_back({.arn = make_arn("ecs", context.region, context.account, "cluster/" + after_slash(name)),
                               .reason = "MISSING"});
    else
      out.clusters->push_back(describe(context, *row,
                                       {.settings = includes(request.include, "SETTINGS"),
                                        .tags = includes(request.include, "TAGS"),
                                        .statistics = includes(request.include, "STATISTICS"),
                                        .configuration = includes(request.include, "CONFIGURATIONS")}));
  }
  return out;
}

c::ListClustersResponse Ecs::list_clusters(aws::Context& context, const c::ListClustersRequest& request) {
  std::vector<std::string> arns;
  for (const Cluster* row : clusters_.list(context.account, context.region))
    if (row->status == "ACTIVE") arns.push_back(row->arn);
  auto next = page(arns, request.next_token, request.max_results, 100);
  return {.cluster_arns = std::move(arns), .next_token = std::move(next)};
}

c::UpdateClusterResponse Ecs::update_cluster(aws::Context& context, const c::UpdateClusterRequest& request) {
  if (request.service_connect_defaults) throw aws::not_implemented("UpdateCluster: serviceConnectDefaults");
  check_configuration(request.configuration, "UpdateCluster");
  if (request.settings) check_settings(*request.settings);
  const std::string name = cluster(context, request.cluster).name;
  return {.cluster = describe(context, clusters_.update({context.account, context.region, name}, [&](Cluster& row) {
            if (request.settings) row.settings = *request.settings;
            if (request.configuration) row.configuration = *request.configuration;
          }))};
}

c::UpdateClusterSettingsResponse Ecs::update_cluster_settings(aws::Context& context,
                                                              const c::UpdateClusterSettingsRequest& request) {
  const std::string name = cluster(context, request.cluster).name;
  check_settings(*request.settings);
  return {.cluster = describe(context, clusters_.update({context.account, context.region, name},
                                                        [&](Cluster& row) { row.settings = *request.settings; }))};
}

c::DeleteClusterResponse Ecs::delete_cluster(aws::Context& context, const c::DeleteClusterRequest& request) {
  const Cluster row = cluster(context, request.cluster);
  for (const ServiceRow* service : services_.list(context.account, context.region))
    if (service->cluster == row.name && service->status != "INACTIVE")
      throw c::errors::ClusterContainsServicesException("The Cluster cannot be deleted while Services are active.");
  for (const Task* task : tasks_.list(context.account, context.region))
    if (task->cluster == row.name && task->last != "STOPPED")
      throw c::errors::ClusterContainsTasksException("The Cluster cannot be deleted while Tasks are active.");
  // Deleted clusters are described as INACTIVE for a while.
  const Cluster& gone = clusters_.update({context.account, context.region, row.name}, [&](Cluster& changed) {
    changed.status = "INACTIVE";
    changed.inactive_at = context.now;
  });
  const c::Cluster described = describe(context, gone);
  for (const ServiceRow* service : services_.list(context.account, context.region))
    if (service->cluster == row.name)
      services_.erase({context.account, context.region, row.name + "/" + service->name});
  return {.cluster = described};
}

c::PutClusterCapacityProvidersResponse Ecs::put_cluster_capacity_providers(
    aws::Context& context, const c::PutClusterCapacityProvidersRequest& request) {
  const std::string name = cluster(context, request.cluster).name;
  check_providers(*request.capacity_providers);
  check_strategy(*request.capacity_providers, *request.default_capacity_provider_strategy);
  c::Cluster described = describe(context, clusters_.update({context.account, context.region, name}, [&](Cluster& row) {
    row.capacity_providers = *request.capacity_providers;
    row.strategy = *request.default_capacity_provider_strategy;
  }));
  described.attachments_status = "UPDATE_COMPLETE";
  return {.cluster = described};
}

c::DescribeCapacityProvidersResponse Ecs::describe_capacity_providers(
    aws::Context& context, const c::DescribeCapacityProvidersRequest& request) {
  c::DescribeCapacityProvidersResponse out{.capacity_providers = std::vector<c::CapacityProvider>{},
                                           .failures = std::vector<c::Failure>{}};
  for (const auto& name : request.capacity_providers.value_or(std::vector<std::string>{"FARGATE", "FARGATE_SPOT"})) {
    const std::string bare = after_slash(name);
    const std::string arn = make_arn("ecs", context.region, context.account, "capacity-provider/" + bare);
    if (bare == "FARGATE" || bare == "FARGATE_SPOT")
      out.capacity_providers->push_back({.capacity_provider_arn = arn, .name = bare, .status = "ACTIVE", .type = bare});
    else
      out.failures->push_back({.arn = arn, .reason = "MISSING"});
  }
  out.next_token = page(*out.capacity_providers, request.next_token, request.max_results, 10);
  return out;
}

namespace {

/// The map of tags that an ARN means, changed by `change`; throws where there is no such resource.
struct TagTarget {
  std::string kind, cluster, name;
};

TagTarget target_of(const std::string& text) {
  const auto arn = Arn::parse(text);
  const auto parts = arn ? text::split(arn->resource, '/') : std::vector<std::string>{};
  if (parts.size() == 2 && (parts[0] == "cluster" || parts[0] == "task-definition")) return {parts[0], "", parts[1]};
  if (parts.size() == 3 && (parts[0] == "service" || parts[0] == "task")) return {parts[0], parts[1], parts[2]};
  throw c::errors::InvalidParameterException("The specified resource ARN is not valid.");
}

}  // namespace

c::ListTagsForResourceResponse Ecs::list_tags_for_resource(aws::Context& context,
                                                           const c::ListTagsForResourceRequest& request) {
  const TagTarget target = target_of(*request.resource_arn);
  const std::map<std::string, std::string>* tags = nullptr;
  if (target.kind == "cluster") tags = &cluster(context, target.name).tags;
  if (target.kind == "task-definition") tags = &definition(context, *request.resource_arn).tags;
  if (target.kind == "service")
    if (const ServiceRow* row = find_service(context, target.cluster, target.name)) tags = &row->tags;
  if (target.kind == "task")
    if (const Task* row = find_task(context, target.cluster, target.name)) tags = &row->tags;
  if (tags == nullptr) throw c::errors::InvalidParameterException("The specified resource was not found.");
  c::ListTagsForResourceResponse out{.tags = std::vector<c::Tag>{}};
  for (const auto& [key, value] : *tags) out.tags->push_back({.key = key, .value = value});
  return out;
}

c::TagResourceResponse Ecs::tag_resource(aws::Context& context, const c::TagResourceRequest& request) {
  list_tags_for_resource(context, {.resource_arn = request.resource_arn});
  const TagTarget target = target_of(*request.resource_arn);
  for (const auto& tag : *request.tags)
    if (tag.key.value_or("").empty() || text::lower(*tag.key).starts_with("aws:"))
      throw c::errors::InvalidParameterException(
          "Tag keys must not be empty or begin with aws:, which is reserved for AWS use.");
  const auto change = [&](auto& row) {
    for (const auto& tag : *request.tags) row.tags[tag.key.value_or("")] = tag.value.value_or("");
  };
  if (target.kind == "cluster") clusters_.update({context.account, context.region, target.name}, change);
  if (target.kind == "service")
    services_.update({context.account, context.region, target.cluster + "/" + target.name}, change);
  if (target.kind == "task") tasks_.update({context.account, context.region, target.name}, change);
  if (target.kind == "task-definition") {
    const auto& d = definition(context, *request.resource_arn).definition;
    const std::string revision = std::to_string(*d.revision);
    definitions_.update(
        {context.account, context.region, *d.family + ":" + std::string(9 - revision.size(), '0') + revision}, change);
  }
  return {};
}

c::UntagResourceResponse Ecs::untag_resource(aws::Context& context, const c::UntagResourceRequest& request) {
  list_tags_for_resource(context, {.resource_arn = request.resource_arn});
  const TagTarget target = target_of(*request.resource_arn);
  const auto change = [&](auto& row) {
    for (const auto& key : *request.tag_keys) row.tags.erase(key);
  };
  if (target.kind == "cluster") clusters_.update({context.account, context.region, target.name}, change);
  if (target.kind == "service")
    services_.update({context.account, context.region, target.cluster + "/" + target.name}, change);
  if (target.kind == "task") tasks_.update({context.account, context.region, target.name}, change);
  if (target.kind == "task-definition") {
    const auto& d = definition(context, *request.resource_arn).definition;
    const std::string revision = std::to_string(*d.revision);
    definitions_.update(
        {context.account, context.region, *d.family + ":" + std::string(9 - revision.size(), '0') + revision}, change);
  }
  return {};
}

}  // namespace stratus::services::ecs
