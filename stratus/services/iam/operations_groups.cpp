// Groups and who is in them.
#include <algorithm>

#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {

im::Group Service::describe_group(const Entity& row) const {
  return {.path = row.path, .group_name = row.name, .group_id = row.id, .arn = row.arn, .create_date = row.created};
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

im::UpdateGroupResponse Service::update_group(aws::Context& context, const im::UpdateGroupRequest& request) {
  rename_entity(context, Kind::group, *request.group_name, request.new_group_name, request.new_path);
  return {};
}

im::DeleteGroupResponse Service::delete_group(aws::Context& context, const im::DeleteGroupRequest& request) {
  delete_entity(context, Kind::group, *request.group_name);
  return {};
}

im::AddUserToGroupResponse Service::add_user_to_group(aws::Context& context, const im::AddUserToGroupRequest& request) {
  entity(context, Kind::group, *request.group_name);
  entity(context, Kind::user, *request.user_name);
  entities_.update(key(context, Kind::user, *request.user_name), [&](Entity& row) {
    if (std::find(row.groups.begin(), row.groups.end(), *request.group_name) != row.groups.end()) return;
    constexpr std::size_t quota = 10;
    if (row.groups.size() >= quota)
      throw im::errors::LimitExceededException("Cannot exceed quota for GroupsPerUser: " + std::to_string(quota));
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
