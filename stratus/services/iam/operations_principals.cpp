// Roles, users, groups and their keys.
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {
namespace {

std::vector<im::Tag> tags_of(const std::map<std::string, std::string>& tags) {
  std::vector<im::Tag> out;
  for (const auto& [key, value] : tags) out.push_back({.key = key, .value = value});
  return out;
}

std::map<std::string, std::string> map_of(const std::optional<std::vector<im::Tag>>& tags) {
  std::map<std::string, std::string> out;
  if (tags)
    for (const auto& tag : *tags) out[*tag.key] = tag.value.value_or("");
  return out;
}

/// Cuts to a page; the marker is the position of the next.
template <class Item>
void page(std::vector<Item>& items, const std::optional<std::string>& marker, std::optional<std::int32_t> most,
          std::optional<bool>& truncated, std::optional<std::string>& next) {
  std::size_t from = 0;
  if (marker) {
    if (marker->empty() || marker->size() > 9 || marker->find_first_not_of("0123456789") != std::string::npos)
      throw aws::Error("ValidationError", 400, "Invalid Marker.");
    from = std::min(static_cast<std::size_t>(std::stoul(*marker)), items.size());
  }
  const std::size_t to = std::min(items.size(), from + static_cast<std::size_t>(most.value_or(100)));
  truncated = to < items.size();
  if (*truncated) next = std::to_string(to);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(to), items.end());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(from));
}

void check_trust(const std::string& document) {
  try {
    const Policy checked(document, true);
  } catch (const std::invalid_argument& e) {
    throw im::errors::MalformedPolicyDocumentException(e.what());
  }
}

}  // namespace

im::Role Service::describe_role(const Entity& row) const {
  im::Role out{.path = row.path, .role_name = row.name, .role_id = row.id, .arn = row.arn, .create_date = row.created};
  out.assume_role_policy_document = text::uri_encode(row.trust);
  out.description = row.description;
  out.max_session_duration = row.max_session_seconds;
  if (!row.tags.empty()) out.tags = tags_of(row.tags);
  out.role_last_used = im::RoleLastUsed{};
  return out;
}

im::User Service::describe_user(const Entity& row) const {
  im::User out{.path = row.path, .user_name = row.name, .user_id = row.id, .arn = row.arn, .create_date = row.created};
  if (!row.tags.empty()) out.tags = tags_of(row.tags);
  return out;
}

im::Group Service::describe_group(const Entity& row) const {
  return {.path = row.path, .group_name = row.name, .group_id = row.id, .arn = row.arn, .create_date = row.created};
}

im::CreateRoleResponse Service::create_role(aws::Context& context, const im::CreateRoleRequest& request) {
  if (request.permissions_boundary) throw aws::not_implemented("CreateRole: PermissionsBoundary");
  check_trust(*request.assume_role_policy_document);
  const Entity& row = create_entity(context, Kind::role, *request.role_name, request.path, [&](Entity& e) {
    e.trust = *request.assume_role_policy_document;
    e.description = request.description;
    e.max_session_seconds = request.max_session_duration.value_or(3600);
    e.tags = map_of(request.tags);
  });
  return {.role = describe_role(row)};
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
  entity(context, Kind::role, *request.role_name);
  entities_.update(key(context, Kind::role, *request.role_name), [&](Entity& row) {
    if (request.description) row.description = request.description;
    if (request.max_session_duration) row.max_session_seconds = *request.max_session_duration;
  });
  return {};
}

im::UpdateRoleDescriptionResponse Service::update_role_description(aws::Context& context,
                                                                   const im::UpdateRoleDescriptionRequest& request) {
  entity(context, Kind::role, *request.role_name);
  return {.role = describe_role(entities_.update(key(context, Kind::role, *request.role_name),
                                                 [&](Entity& row) { row.description = request.description; }))};
}

im::UpdateAssumeRolePolicyResponse Service::update_assume_role_policy(
    aws::Context& context, const im::UpdateAssumeRolePolicyRequest& request) {
  entity(context, Kind::role, *request.role_name);
  check_trust(*request.policy_document);
  entities_.update(key(context, Kind::role, *request.role_name),
                   [&](Entity& row) { row.trust = *request.policy_document; });
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
  const std::map<std::string, std::string> names = {
      {"ecs.amazonaws.com", "ECS"},
      {"elasticloadbalancing.amazonaws.com", "ElasticLoadBalancing"},
      {"ecs.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_ECSService"},
      {"autoscaling.amazonaws.com", "AutoScaling"},
      {"replication.ecr.amazonaws.com", "ECRReplication"}};
  const std::string& service = *request.aws_service_name;
  const auto known = names.find(service);
  if (known == names.end())
    throw im::errors::InvalidInputException("Service role for " + service +
                                            " cannot be created: the service is not known.");
  if (request.custom_suffix) throw im::errors::InvalidInputException("Custom suffix is not allowed for " + service);
  const std::string name = "AWSServiceRoleFor" + known->second;
  if (entities_.find(key(context, Kind::role, name)) != nullptr)
    throw im::errors::InvalidInputException("Service role name " + name +
                                            " has been taken in this account, please try a different suffix.");
  const Entity& row = create_entity(context, Kind::role, name, "/aws-service-role/" + service + "/", [&](Entity& e) {
    e.trust = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":")" + service +
              R"("},"Action":"sts:AssumeRole"}]})";
    e.description = request.description;
    e.service_linked = true;
    if (service == "ecs.amazonaws.com")
      e.attached = {"arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"};
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

im::ListInstanceProfilesForRoleResponse Service::list_instance_profiles_for_role(
    aws::Context& context, const im::ListInstanceProfilesForRoleRequest& request) {
  entity(context, Kind::role, *request.role_name);
  // Instance profiles cannot be made here (CreateInstanceProfile answers NotImplemented), so a role is in none.
  return {.instance_profiles = std::vector<im::InstanceProfile>{}, .is_truncated = false};
}

im::TagRoleResponse Service::tag_role(aws::Context& context, const im::TagRoleRequest& request) {
  entity(context, Kind::role, *request.role_name);
  entities_.update(key(context, Kind::role, *request.role_name), [&](Entity& row) {
    for (const auto& [name, value] : map_of(request.tags)) row.tags[name] = value;
  });
  return {};
}

im::UntagRoleResponse Service::untag_role(aws::Context& context, const im::UntagRoleRequest& request) {
  entity(context, Kind::role, *request.role_name);
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

std::string Service::caller_user(const aws::Context& context, const std::optional<std::string>& name) const {
  if (name) return *name;
  if (context.identity.kind == aws::Identity::Kind::user) return text::split(context.identity.arn, '/').back();
  throw aws::Error("ValidationError", 400, "Must specify userName when calling with non-User credentials");
}

im::CreateUserResponse Service::create_user(aws::Context& context, const im::CreateUserRequest& request) {
  if (request.permissions_boundary) throw aws::not_implemented("CreateUser: PermissionsBoundary");
  return {.user = describe_user(create_entity(context, Kind::user, *request.user_name, request.path,
                                              [&](Entity& e) { e.tags = map_of(request.tags); }))};
}

im::GetUserResponse Service::get_user(aws::Context& context, const im::GetUserRequest& request) {
  if (!request.user_name && context.identity.kind == aws::Identity::Kind::root)
    return {.user = im::User{.path = "/",
                             .user_name = context.account,
                             .user_id = context.account,
                             .arn = context.identity.arn,
                             .create_date = Timestamp{0}}};
  return {.user = describe_user(entity(context, Kind::user, caller_user(context, request.user_name)))};
}

im::ListUsersResponse Service::list_users(aws::Context& context, const im::ListUsersRequest& request) {
  im::ListUsersResponse out{.users = std::vector<im::User>{}};
  for (const Entity* row : entities(context.account, Kind::user, request.path_prefix))
    out.users->push_back(describe_user(*row));
  page(*out.users, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::UpdateUserResponse Service::update_user(aws::Context& context, const im::UpdateUserRequest& request) {
  Entity changed = entity(context, Kind::user, *request.user_name);
  const std::string name = request.new_user_name.value_or(changed.name);
  if (name != changed.name && entities_.find(key(context, Kind::user, name)) != nullptr)
    throw im::errors::EntityAlreadyExistsException("User with name " + name + " already exists.");
  const std::string old_name = changed.name;
  changed.name = name;
  changed.path = request.new_path.value_or(changed.path);
  changed.arn = "arn:aws:iam::" + context.account + ":user" + changed.path + name;
  entities_.erase(key(context, Kind::user, old_name));
  entities_.put(key(context, Kind::user, name), std::move(changed));
  for (const auto& [where, row] : keys_.all())
    if (row->account == context.account && row->user == old_name)
      keys_.update(where, [&](AccessKey& k) { k.user = name; });
  return {};
}

im::DeleteUserResponse Service::delete_user(aws::Context& context, const im::DeleteUserRequest& request) {
  delete_entity(context, Kind::user, *request.user_name);
  return {};
}

im::TagUserResponse Service::tag_user(aws::Context& context, const im::TagUserRequest& request) {
  entity(context, Kind::user, *request.user_name);
  entities_.update(key(context, Kind::user, *request.user_name), [&](Entity& row) {
    for (const auto& [name, value] : map_of(request.tags)) row.tags[name] = value;
  });
  return {};
}

im::UntagUserResponse Service::untag_user(aws::Context& context, const im::UntagUserRequest& request) {
  entity(context, Kind::user, *request.user_name);
  entities_.update(key(context, Kind::user, *request.user_name), [&](Entity& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListUserTagsResponse Service::list_user_tags(aws::Context& context, const im::ListUserTagsRequest& request) {
  im::ListUserTagsResponse out{.tags = tags_of(entity(context, Kind::user, *request.user_name).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::CreateAccessKeyResponse Service::create_access_key(aws::Context& context,
                                                       const im::CreateAccessKeyRequest& request) {
  const std::string user = caller_user(context, request.user_name);
  entity(context, Kind::user, user);
  int count = 0;
  for (const auto& [where, row] : keys_.all())
    count += row->account == context.account && row->user == user && !row->expires ? 1 : 0;
  if (count >= 2) throw im::errors::LimitExceededException("Cannot exceed quota for AccessKeysPerUser: 2");
  const std::string id = "AKIA" + random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
  const std::string secret = random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40);
  keys_.put({"", "", id}, {.id = id,
                           .account = context.account,
                           .secret = {crypto::seal(master_, secret, id)},
                           .user = user,
                           .created = context.now});
  return {.access_key = im::AccessKey{.user_name = user,
                                      .access_key_id = id,
                                      .status = "Active",
                                      .secret_access_key = secret,
                                      .create_date = context.now}};
}

im::ListAccessKeysResponse Service::list_access_keys(aws::Context& context, const im::ListAccessKeysRequest& request) {
  const std::string user = caller_user(context, request.user_name);
  entity(context, Kind::user, user);
  im::ListAccessKeysResponse out{.access_key_metadata = std::vector<im::AccessKeyMetadata>{}, .is_truncated = false};
  for (const auto& [where, row] : keys_.all())
    if (row->account == context.account && row->user == user && !row->expires)
      out.access_key_metadata->push_back({.user_name = user,
                                          .access_key_id = row->id,
                                          .status = row->active ? "Active" : "Inactive",
                                          .create_date = row->created});
  return out;
}

im::UpdateAccessKeyResponse Service::update_access_key(aws::Context& context,
                                                       const im::UpdateAccessKeyRequest& request) {
  const AccessKey* row = keys_.find("", "", *request.access_key_id);
  if (row == nullptr || row->account != context.account || row->expires)
    throw im::errors::NoSuchEntityException("The Access Key with id " + *request.access_key_id + " cannot be found.");
  if (request.status == "Expired") throw im::errors::InvalidInputException("The status Expired cannot be set.");
  keys_.update({"", "", *request.access_key_id}, [&](AccessKey& k) { k.active = request.status == "Active"; });
  return {};
}

im::DeleteAccessKeyResponse Service::delete_access_key(aws::Context& context,
                                                       const im::DeleteAccessKeyRequest& request) {
  const AccessKey* row = keys_.find("", "", *request.access_key_id);
  if (row == nullptr || row->account != context.account || row->expires)
    throw im::errors::NoSuchEntityException("The Access Key with id " + *request.access_key_id + " cannot be found.");
  keys_.erase({"", "", *request.access_key_id});
  return {};
}

im::CreateGroupResponse Service::create_group(aws::Context& context, const im::CreateGroupRequest& request) {
  return {.group =
              describe_group(create_entity(context, Kind::group, *request.group_name, request.path, [](Entity&) {}))};
}

im::GetGroupResponse Service::get_group(aws::Context& context, const im::GetGroupRequest& request) {
  im::GetGroupResponse out{.group = describe_group(entity(context, Kind::group, *request.group_name)),
                           .users = std::vector<im::User>{}};
  for (const Entity* user : entities(context.account, Kind::user, std::nullopt))
    if (std::find(user->groups.begin(), user->groups.end(), *request.group_name) != user->groups.end())
      out.users->push_back(describe_user(*user));
  page(*out.users, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::ListGroupsResponse Service::list_groups(aws::Context& context, const im::ListGroupsRequest& request) {
  im::ListGroupsResponse out{.groups = std::vector<im::Group>{}};
  for (const Entity* row : entities(context.account, Kind::group, request.path_prefix))
    out.groups->push_back(describe_group(*row));
  page(*out.groups, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::ListGroupsForUserResponse Service::list_groups_for_user(aws::Context& context,
                                                            const im::ListGroupsForUserRequest& request) {
  im::ListGroupsForUserResponse out{.groups = std::vector<im::Group>{}};
  for (const auto& name : entity(context, Kind::user, *request.user_name).groups)
    out.groups->push_back(describe_group(entity(context, Kind::group, name)));
  page(*out.groups, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::DeleteGroupResponse Service::delete_group(aws::Context& context, const im::DeleteGroupRequest& request) {
  delete_entity(context, Kind::group, *request.group_name);
  return {};
}

im::AddUserToGroupResponse Service::add_user_to_group(aws::Context& context, const im::AddUserToGroupRequest& request) {
  entity(context, Kind::group, *request.group_name);
  entity(context, Kind::user, *request.user_name);
  entities_.update(key(context, Kind::user, *request.user_name), [&](Entity& row) {
    if (std::find(row.groups.begin(), row.groups.end(), *request.group_name) == row.groups.end())
      row.groups.push_back(*request.group_name);
  });
  return {};
}

im::RemoveUserFromGroupResponse Service::remove_user_from_group(aws::Context& context,
                                                                const im::RemoveUserFromGroupRequest& request) {
  entity(context, Kind::group, *request.group_name);
  entity(context, Kind::user, *request.user_name);
  entities_.update(key(context, Kind::user, *request.user_name),
                   [&](Entity& row) { std::erase(row.groups, *request.group_name); });
  return {};
}

}  // namespace stratus::services::iam
