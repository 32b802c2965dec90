// Roles, service-linked ones among them.
#include <fmt/format.h>

#include "stratus/core/text.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {
namespace {

/// A service that has a role of its own in each account.
struct LinkedService {
  const char* principal;
  const char* name;     ///< behind "AWSServiceRoleFor"
  const char* policy;   ///< of the AWS-managed ones, below /aws-service-role/
  bool suffix = false;  ///< whether an account may have several, told apart by a suffix
};

constexpr LinkedService kLinked[] = {
    {"ecs.amazonaws.com", "ECS", "AmazonECSServiceRolePolicy"},
    {"elasticloadbalancing.amazonaws.com", "ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"},
    {"ecs.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_ECSService",
     "AWSApplicationAutoscalingECSServicePolicy"},
    {"replication.ecr.amazonaws.com", "ECRReplication", "ECRReplicationServiceRolePolicy"},
    {"autoscaling.amazonaws.com", "AutoScaling", "AutoScalingServiceRolePolicy", true},
    {"spot.amazonaws.com", "EC2Spot", "AWSEC2SpotServiceRolePolicy"},
    {"rds.amazonaws.com", "RDS", "AmazonRDSServiceRolePolicy"},
    {"elasticache.amazonaws.com", "ElastiCache", "ElastiCacheServiceRolePolicy"},
    {"eks.amazonaws.com", "AmazonEKS", "AmazonEKSServiceRolePolicy"},
    {"eks-nodegroup.amazonaws.com", "AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"},
    {"es.amazonaws.com", "AmazonElasticsearchService", "AmazonElasticsearchServiceRolePolicy"},
    {"opensearchservice.amazonaws.com", "AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"},
    {"guardduty.amazonaws.com", "AmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"},
    {"config.amazonaws.com", "Config", "AWSConfigServiceRolePolicy"},
};

const LinkedService* linked_service(const std::string& principal) {
  for (const auto& known : kLinked)
    if (principal == known.principal) return &known;
  return nullptr;
}

}  // namespace

im::Role Service::describe_role(const Entity& row) const {
  im::Role out{.path = row.path, .role_name = row.name, .role_id = row.id, .arn = row.arn, .create_date = row.created};
  out.assume_role_policy_document = text::uri_encode(row.trust);
  out.description = row.description;
  out.max_session_duration = row.max_session_seconds;
  if (!row.tags.empty()) out.tags = tags_of(row.tags);
  if (!row.boundary.empty())
    out.permissions_boundary = im::AttachedPermissionsBoundary{.permissions_boundary_type = "Policy",
                                                               .permissions_boundary_arn = row.boundary};
  im::RoleLastUsed use;
  if (const auto found = last_use_.find(row.id); found != last_use_.end())
    use = {.last_used_date = found->second.at, .region = found->second.region};
  out.role_last_used = use;
  return out;
}

void Service::ensure_service_linked_role(const std::string& account, const std::string& service_name) {
  const LinkedService* known = linked_service(service_name);
  if (known == nullptr || entities_.find(account, "", std::string("role/AWSServiceRoleFor") + known->name) != nullptr)
    return;
  aws::Context context;
  context.account = account;
  context.now = loop_.clock().now();
  create_service_linked_role(context, {.aws_service_name = service_name});
}

im::CreateRoleResponse Service::create_role(aws::Context& context, const im::CreateRoleRequest& request) {
  check_trust(*request.assume_role_policy_document);
  create_entity(context, Kind::role, *request.role_name, request.path, [&](Entity& e) {
    e.trust = *request.assume_role_policy_document;
    e.description = request.description;
    e.max_session_seconds = request.max_session_duration.value_or(3600);
    merge_tags(e.tags, request.tags, "Role");
  });
  if (request.permissions_boundary)
    set_boundary(context, Kind::role, *request.role_name, *request.permissions_boundary);
  return {.role = describe_role(entity(context, Kind::role, *request.role_name))};
}

im::GetRoleResponse Service::get_role(aws::Context& context, const im::GetRoleRequest& request) {
  return {.role = describe_role(entity(context, Kind::role, *request.role_name))};
}

im::ListRolesResponse Service::list_roles(aws::Context& context, const im::ListRolesRequest& request) {
  im::ListRolesResponse out{.roles = std::vector<im::Role>{}};
  for (const Entity* row : entities(context.account, Kind::role, request.path_prefix))
    out.roles->push_back(describe_role(*row));
  page(*out.roles, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::UpdateRoleResponse Service::update_role(aws::Context& context, const im::UpdateRoleRequest& request) {
  entity(context, Kind::role, *request.role_name);  // a service-linked role takes this too
  entities_.update(key(context, Kind::role, *request.role_name), [&](Entity& row) {
    if (request.description) row.description = request.description;
    if (request.max_session_duration) row.max_session_seconds = *request.max_session_duration;
  });
  return {};
}

im::UpdateRoleDescriptionResponse Service::update_role_description(aws::Context& context,
                                                                   const im::UpdateRoleDescriptionRequest& request) {
  entity(context, Kind::role, *request.role_name);  // a service-linked role takes this too
  return {.role = describe_role(entities_.update(key(context, Kind::role, *request.role_name),
                                                 [&](Entity& row) { row.description = request.description; }))};
}

im::UpdateAssumeRolePolicyResponse Service::update_assume_role_policy(
    aws::Context& context, const im::UpdateAssumeRolePolicyRequest& request) {
  entity(context, Kind::role, *request.role_name);
  check_trust(*request.policy_document);
  change_entity(context, Kind::role, *request.role_name, [&](Entity& row) { row.trust = *request.policy_document; });
  return {};
}

im::DeleteRoleResponse Service::delete_role(aws::Context& context, const im::DeleteRoleRequest& request) {
  if (entity(context, Kind::role, *request.role_name).service_linked)
    throw im::errors::UnmodifiableEntityException("Cannot perform the operation on the protected role '" +
                                                  *request.role_name + "' - this role is only modifiable by AWS");
  delete_entity(context, Kind::role, *request.role_name);
  return {};
}

im::CreateServiceLinkedRoleResponse Service::create_service_linked_role(
    aws::Context& context, const im::CreateServiceLinkedRoleRequest& request) {
  const std::string& service = *request.aws_service_name;
  const LinkedService* known = linked_service(service);
  if (known == nullptr)
    throw im::errors::InvalidInputException("Service role for " + service +
                                            " cannot be created: the service is not known.");
  if (request.custom_suffix && !known->suffix)
    throw im::errors::InvalidInputException("Custom suffix is not allowed for " + service);
  std::string name = std::string("AWSServiceRoleFor") + known->name;
  if (request.custom_suffix) name += "_" + *request.custom_suffix;
  if (entities_.find(key(context, Kind::role, name)) != nullptr)
    throw im::errors::InvalidInputException("Service role name " + name +
                                            " has been taken in this account, please try a different suffix.");
  const Entity& row = create_entity(context, Kind::role, name, "/aws-service-role/" + service + "/", [&](Entity& e) {
    e.trust = fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},"Action":"sts:AssumeRole"}}]}})",
        service);
    e.description = request.description;
    e.service_linked = true;
    e.attached = {std::string("arn:aws:iam::aws:policy/aws-service-role/") + known->policy};
  });
  return {.role = describe_role(row)};
}

im::DeleteServiceLinkedRoleResponse Service::delete_service_linked_role(
    aws::Context& context, const im::DeleteServiceLinkedRoleRequest& request) {
  const Entity& row = entity(context, Kind::role, *request.role_name);
  if (!row.service_linked)
    throw im::errors::InvalidInputException("Role " + *request.role_name + " is not a service-linked role.");
  const std::string id = "task" + row.path + row.name + "/" + random_.uuid();
  entities_.erase(key(context, Kind::role, *request.role_name));
  return {.deletion_task_id = id};
}

im::GetServiceLinkedRoleDeletionStatusResponse Service::get_service_linked_role_deletion_status(
    aws::Context& context, const im::GetServiceLinkedRoleDeletionStatusRequest& request) {
  const auto parts = text::split(*request.deletion_task_id, '/');  // task/aws-service-role/<service>/<name>/<uuid>
  if (parts.size() != 5 || parts[0] != "task")
    throw im::errors::NoSuchEntityException("The deletion task " + *request.deletion_task_id + " cannot be found.");
  // Deletion happens in the call itself.
  return {.status = entities_.find(key(context, Kind::role, parts[3])) == nullptr ? "SUCCEEDED" : "FAILED"};
}

im::PutRolePermissionsBoundaryResponse Service::put_role_permissions_boundary(
    aws::Context& context, const im::PutRolePermissionsBoundaryRequest& request) {
  set_boundary(context, Kind::role, *request.role_name, *request.permissions_boundary);
  return {};
}

im::DeleteRolePermissionsBoundaryResponse Service::delete_role_permissions_boundary(
    aws::Context& context, const im::DeleteRolePermissionsBoundaryRequest& request) {
  set_boundary(context, Kind::role, *request.role_name, "");
  return {};
}

im::TagRoleResponse Service::tag_role(aws::Context& context, const im::TagRoleRequest& request) {
  entity(context, Kind::role, *request.role_name);  // a service-linked role takes this too
  entities_.update(key(context, Kind::role, *request.role_name),
                   [&](Entity& row) { merge_tags(row.tags, request.tags, "Role"); });
  return {};
}

im::UntagRoleResponse Service::untag_role(aws::Context& context, const im::UntagRoleRequest& request) {
  entity(context, Kind::role, *request.role_name);  // a service-linked role takes this too
  entities_.update(key(context, Kind::role, *request.role_name), [&](Entity& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListRoleTagsResponse Service::list_role_tags(aws::Context& context, const im::ListRoleTagsRequest& request) {
  im::ListRoleTagsResponse out{.tags = tags_of(entity(context, Kind::role, *request.role_name).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

}  // namespace stratus::services::iam
