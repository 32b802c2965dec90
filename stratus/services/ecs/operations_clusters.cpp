// Clusters, capacity providers, tags, account settings.
#include "stratus/core/arn.h"
#include "stratus/core/text.h"
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

bool includes(const std::optional<std::vector<std::string>>& include, std::string_view what) {
  return include && std::find(include->begin(), include->end(), what) != include->end();
}

}  // namespace

c::CreateClusterResponse Ecs::create_cluster(aws::Context& context, const c::CreateClusterRequest& request) {
  if (request.service_connect_defaults) throw aws::not_implemented("CreateCluster: serviceConnectDefaults");
  if (request.configuration && request.configuration->execute_command_configuration)
    throw aws::not_implemented("CreateCluster: configuration.executeCommandConfiguration");
  const std::string name = request.cluster_name.value_or("default");
  const state::Key key{context.account, context.region, name};
  if (const Cluster* existing = clusters_.find(key); existing != nullptr && existing->status == "ACTIVE")
    return {.cluster = describe(context, *existing, true, true)};
  Cluster row{.name = name, .arn = make_arn("ecs", context.region, context.account, "cluster/" + name)};
  row.settings =
      request.settings.value_or(std::vector<c::ClusterSetting>{{.name = "containerInsights", .value = "disabled"}});
  row.capacity_providers = request.capacity_providers.value_or(std::vector<std::string>{});
  check_providers(row.capacity_providers);
  row.strategy = request.default_capacity_provider_strategy.value_or(std::vector<c::CapacityProviderStrategyItem>{});
  row.tags = map_of(request.tags);
  return {.cluster = describe(context, clusters_.put(key, std::move(row)), true, true)};
}

c::DescribeClustersResponse Ecs::describe_clusters(aws::Context& context, const c::DescribeClustersRequest& request) {
  c::DescribeClustersResponse out{.clusters = std::vector<c::Cluster>{}, .failures = std::vector<c::Failure>{}};
  for (const auto& name : request.clusters.value_or(std::vector<std::string>{"default"})) {
    const Cluster* row = clusters_.find(context.account, context.region, after_slash(name));
    if (row == nullptr)
      out.failures->push_back({.arn = make_arn("ecs", context.region, context.account, "cluster/" + after_slash(name)),
                               .reason = "MISSING"});
    else
      out.clusters->push_back(
          describe(context, *row, includes(request.include, "SETTINGS"), includes(request.include, "TAGS")));
  }
  return out;
}

c::ListClustersResponse Ecs::list_clusters(aws::Context& context, const c::ListClustersRequest&) {
  c::ListClustersResponse out{.cluster_arns = std::vector<std::string>{}};
  for (const Cluster* row : clusters_.list(context.account, context.region))
    if (row->status == "ACTIVE") out.cluster_arns->push_back(row->arn);
  return out;
}

c::UpdateClusterResponse Ecs::update_cluster(aws::Context& context, const c::UpdateClusterRequest& request) {
  if (request.configuration || request.service_connect_defaults)
    throw aws::not_implemented("UpdateCluster: configuration and serviceConnectDefaults");
  const std::string name = cluster(context, request.cluster).name;
  return {.cluster = describe(context,
                              clusters_.update({context.account, context.region, name},
                                               [&](Cluster& row) {
                                                 if (request.settings) row.settings = *request.settings;
                                               }),
                              true, true)};
}

c::UpdateClusterSettingsResponse Ecs::update_cluster_settings(aws::Context& context,
                                                              const c::UpdateClusterSettingsRequest& request) {
  const std::string name = cluster(context, request.cluster).name;
  return {.cluster = describe(context,
                              clusters_.update({context.account, context.region, name},
                                               [&](Cluster& row) { row.settings = *request.settings; }),
                              true, true)};
}

c::DeleteClusterResponse Ecs::delete_cluster(aws::Context& context, const c::DeleteClusterRequest& request) {
  const Cluster row = cluster(context, request.cluster);
  for (const ServiceRow* service : services_.list(context.account, context.region))
    if (service->cluster == row.name && service->status != "INACTIVE")
      throw c::errors::ClusterContainsServicesException("The Cluster cannot be deleted while Services are active.");
  for (const Task* task : tasks_.list(context.account, context.region))
    if (task->cluster == row.name && task->last != "STOPPED")
      throw c::errors::ClusterContainsTasksException("The Cluster cannot be deleted while Tasks are active.");
  c::Cluster described = describe(context, row, true, true);
  described.status = "INACTIVE";
  clusters_.erase({context.account, context.region, row.name});
  for (const ServiceRow* service : services_.list(context.account, context.region))
    if (service->cluster == row.name)
      services_.erase({context.account, context.region, row.name + "/" + service->name});
  return {.cluster = described};
}

c::PutClusterCapacityProvidersResponse Ecs::put_cluster_capacity_providers(
    aws::Context& context, const c::PutClusterCapacityProvidersRequest& request) {
  const std::string name = cluster(context, request.cluster).name;
  check_providers(*request.capacity_providers);
  for (const auto& item : *request.default_capacity_provider_strategy)
    if (std::find(request.capacity_providers->begin(), request.capacity_providers->end(), *item.capacity_provider) ==
        request.capacity_providers->end())
      throw c::errors::InvalidParameterException("The specified capacity provider '" + *item.capacity_provider +
                                                 "' is not associated with the cluster.");
  c::Cluster described = describe(context,
                                  clusters_.update({context.account, context.region, name},
                                                   [&](Cluster& row) {
                                                     row.capacity_providers = *request.capacity_providers;
                                                     row.strategy = *request.default_capacity_provider_strategy;
                                                   }),
                                  true, true);
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

namespace {
/// What holds here for every account: long ARNs, awsvpc everywhere. Settings cannot be switched to anything else.
const std::map<std::string, std::string> kSettings = {{"serviceLongArnFormat", "enabled"},
                                                      {"taskLongArnFormat", "enabled"},
                                                      {"containerInstanceLongArnFormat", "enabled"},
                                                      {"awsvpcTrunking", "disabled"},
                                                      {"containerInsights", "disabled"},
                                                      {"fargateFIPSMode", "disabled"},
                                                      {"tagResourceAuthorization", "off"},
                                                      {"guardDutyActivate", "off"},
                                                      {"fargateTaskRetirementWaitPeriod", "7"}};
}  // namespace

c::ListAccountSettingsResponse Ecs::list_account_settings(aws::Context& context,
                                                          const c::ListAccountSettingsRequest& request) {
  c::ListAccountSettingsResponse out{.settings = std::vector<c::Setting>{}};
  for (const auto& [name, value] : kSettings)
    if (!request.name || *request.name == name)
      out.settings->push_back(
          {.name = name, .value = value, .principal_arn = "arn:aws:iam::" + context.account + ":root"});
  return out;
}

c::PutAccountSettingResponse Ecs::put_account_setting(aws::Context& context,
                                                      const c::PutAccountSettingRequest& request) {
  const auto known = kSettings.find(*request.name);
  if (known == kSettings.end() || known->second != *request.value)
    throw aws::not_implemented("PutAccountSetting: " + *request.name + " = " + *request.value);
  return {.setting =
              c::Setting{.name = request.name,
                         .value = request.value,
                         .principal_arn = request.principal_arn.value_or("arn:aws:iam::" + context.account + ":root")}};
}

c::PutAccountSettingDefaultResponse Ecs::put_account_setting_default(
    aws::Context& context, const c::PutAccountSettingDefaultRequest& request) {
  return {.setting = put_account_setting(context, {.name = request.name, .value = request.value}).setting};
}

}  // namespace stratus::services::ecs
