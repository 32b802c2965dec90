// Account settings; and what exists only with container instances, of which there are none.
#include "stratus/core/arn.h"
#include "stratus/services/ecs/paging.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

struct Known {
  std::string fallback;
  std::vector<std::string> values;   ///< that AWS takes
  std::vector<std::string> refused;  ///< of those, what is not done here
};

/// Only containerInsights changes anything for Fargate tasks here; what else may be switched concerns container
/// instances or tells Fargate when to retire tasks, which nothing does here.
const std::map<std::string, Known> kSettings = {
    {"serviceLongArnFormat", {"enabled", {"enabled", "disabled"}, {"disabled"}}},
    {"taskLongArnFormat", {"enabled", {"enabled", "disabled"}, {"disabled"}}},
    {"containerInstanceLongArnFormat", {"enabled", {"enabled", "disabled"}, {"disabled"}}},
    {"awsvpcTrunking", {"disabled", {"enabled", "disabled"}, {}}},
    {"containerInsights", {"disabled", {"enabled", "enhanced", "disabled"}, {}}},
    {"dualStackIPv6", {"enabled", {"enabled", "disabled"}, {}}},
    {"fargateFIPSMode", {"disabled", {"enabled", "disabled"}, {"enabled"}}},
    {"tagResourceAuthorization", {"off", {"on", "off"}, {"on"}}},
    {"guardDutyActivate", {"off", {"on", "off"}, {"on"}}},
    {"fargateTaskRetirementWaitPeriod", {"7", {"0", "7", "14"}, {}}},
    {"fargateEventWindows", {"disabled", {"enabled", "disabled"}, {"enabled"}}},
    {"defaultLogDriverMode", {"non-blocking", {"blocking", "non-blocking"}, {"blocking"}}}};

void check_setting(const std::string& name, const std::string& value, const std::string& operation) {
  const auto known = kSettings.find(name);
  if (known == kSettings.end()) throw c::errors::InvalidParameterException("The specified setting name is not valid.");
  const auto has = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  if (!has(known->second.values))
    throw c::errors::InvalidParameterException("The specified value for " + name + " is not valid: " + value);
  if (has(known->second.refused)) throw aws::not_implemented(operation + ": " + name + " = " + value);
}

std::string root_of(const std::string& account) { return "arn:aws:iam::" + account + ":root"; }

}  // namespace

std::string Ecs::setting(const std::string& account, const std::string& region, const std::string& name,
                         const std::string& principal) const {
  for (const std::string& of : {principal, std::string()})
    if (const AccountSetting* row = settings_.find(account, region, name + "|" + of)) return row->value;
  return kSettings.at(name).fallback;
}

c::ListAccountSettingsResponse Ecs::list_account_settings(aws::Context& context,
                                                          const c::ListAccountSettingsRequest& request) {
  const std::string principal = request.principal_arn.value_or(context.identity.arn);
  const bool root = principal == root_of(context.account);
  std::vector<c::Setting> found;
  for (const auto& [name, known] : kSettings) {
    if (request.name && *request.name != name) continue;
    std::string value = known.fallback, of = root_of(context.account);
    bool put = false;
    if (const auto* row = settings_.find(context.account, context.region, name + "|")) {
      value = row->value;
      put = true;
    }
    if (const auto* row = root ? nullptr : settings_.find(context.account, context.region, name + "|" + principal)) {
      value = row->value;
      of = principal;
      put = true;
    }
    // Without effectiveSettings only what somebody put is told.
    if (!put && !request.effective_settings.value_or(false)) continue;
    if (request.value && *request.value != value) continue;
    found.push_back({.name = name,
                     .value = value,
                     .principal_arn = of,
                     .type = name == "guardDutyActivate" ? "aws_managed" : "user"});
  }
  if (request.max_results && (*request.max_results < 1 || *request.max_results > 10))
    throw c::errors::InvalidParameterException("maxResults must be between 1 and 10.");
  auto next = page(found, request.next_token, request.max_results, 100);
  return {.settings = std::move(found), .next_token = std::move(next)};
}

c::PutAccountSettingResponse Ecs::put_account_setting(aws::Context& context,
                                                      const c::PutAccountSettingRequest& request) {
  check_setting(*request.name, *request.value, "PutAccountSetting");
  // The root's own settings are the account's.
  const std::string principal = request.principal_arn.value_or(context.identity.arn);
  const std::string of = principal == root_of(context.account) ? "" : principal;
  settings_.put({context.account, context.region, *request.name + "|" + of}, {*request.name, *request.value, of});
  return {.setting =
              c::Setting{.name = request.name, .value = request.value, .principal_arn = principal, .type = "user"}};
}

c::PutAccountSettingDefaultResponse Ecs::put_account_setting_default(
    aws::Context& context, const c::PutAccountSettingDefaultRequest& request) {
  check_setting(*request.name, *request.value, "PutAccountSettingDefault");
  settings_.put({context.account, context.region, *request.name + "|"}, {*request.name, *request.value, ""});
  return {.setting = c::Setting{
              .name = request.name, .value = request.value, .principal_arn = root_of(context.account), .type = "user"}};
}

c::DeleteAccountSettingResponse Ecs::delete_account_setting(aws::Context& context,
                                                            const c::DeleteAccountSettingRequest& request) {
  if (kSettings.count(*request.name) == 0)
    throw c::errors::InvalidParameterException("The specified setting name is not valid.");
  const std::string principal = request.principal_arn.value_or(context.identity.arn);
  const std::string of = principal == root_of(context.account) ? "" : principal;
  settings_.erase({context.account, context.region, *request.name + "|" + of});
  return {.setting = c::Setting{.name = request.name,
                                .value = setting(context.account, context.region, *request.name, of),
                                .principal_arn = principal,
                                .type = "user"}};
}

c::ListContainerInstancesResponse Ecs::list_container_instances(aws::Context& context,
                                                                const c::ListContainerInstancesRequest& request) {
  cluster(context, request.cluster);
  return {.container_instance_arns = std::vector<std::string>{}};
}

c::DescribeContainerInstancesResponse Ecs::describe_container_instances(
    aws::Context& context, const c::DescribeContainerInstancesRequest& request) {
  const std::string name = cluster(context, request.cluster).name;
  if (request.container_instances->empty())
    throw c::errors::InvalidParameterException("Container Instances cannot be empty.");
  c::DescribeContainerInstancesResponse out{.container_instances = std::vector<c::ContainerInstance>{},
                                            .failures = std::vector<c::Failure>{}};
  for (const auto& id : *request.container_instances)
    out.failures->push_back({.arn = id.starts_with("arn:") ? id
                                                           : make_arn("ecs", context.region, context.account,
                                                                      "container-instance/" + name + "/" + id),
                             .reason = "MISSING"});
  return out;
}

c::ListAttributesResponse Ecs::list_attributes(aws::Context& context, const c::ListAttributesRequest& request) {
  cluster(context, request.cluster);
  return {.attributes = std::vector<c::Attribute>{}};
}

c::PutAttributesResponse Ecs::put_attributes(aws::Context& context, const c::PutAttributesRequest& request) {
  cluster(context, request.cluster);
  throw c::errors::TargetNotFoundException("The specified target wasn't found: there are no container instances.");
}

c::DeleteAttributesResponse Ecs::delete_attributes(aws::Context& context, const c::DeleteAttributesRequest& request) {
  cluster(context, request.cluster);
  throw c::errors::TargetNotFoundException("The specified target wasn't found: there are no container instances.");
}

c::ListServicesByNamespaceResponse Ecs::list_services_by_namespace(aws::Context&,
                                                                   const c::ListServicesByNamespaceRequest& request) {
  // Namespaces are Cloud Map's, which is not here; so none exists.
  throw c::errors::NamespaceNotFoundException("The specified namespace wasn't found: " + *request.namespace_);
}

}  // namespace stratus::services::ecs
