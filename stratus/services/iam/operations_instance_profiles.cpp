// Instance profiles: what carries a role to an EC2 instance.
#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {

const InstanceProfile& Service::profile(const aws::Context& context, const std::string& name) const {
  const InstanceProfile* found = profiles_.find(context.account, "", name);
  if (found == nullptr) throw im::errors::NoSuchEntityException("Instance Profile " + name + " cannot be found.");
  return *found;
}

im::InstanceProfile Service::describe_profile(const aws::Context& context, const InstanceProfile& row) const {
  im::InstanceProfile out{.path = row.path,
                          .instance_profile_name = row.name,
                          .instance_profile_id = row.id,
                          .arn = row.arn,
                          .create_date = row.created};
  out.roles = std::vector<im::Role>{};
  if (!row.role.empty()) out.roles->push_back(describe_role(entity(context, Kind::role, row.role)));
  out.tags = tags_of(row.tags);
  return out;
}

im::CreateInstanceProfileResponse Service::create_instance_profile(aws::Context& context,
                                                                   const im::CreateInstanceProfileRequest& request) {
  const std::string& name = *request.instance_profile_name;
  for (const InstanceProfile* other : profiles_.list(context.account, ""))
    if (text::lower(other->name) == text::lower(name))
      throw im::errors::EntityAlreadyExistsException("Instance Profile " + name + " already exists.");
  if (profiles_.list(context.account, "").size() >= static_cast<std::size_t>(kInstanceProfileQuota))
    throw im::errors::LimitExceededException("Cannot exceed quota for InstanceProfilesPerAccount: " +
                                             std::to_string(kInstanceProfileQuota));
  InstanceProfile row;
  row.name = name;
  row.path = request.path.value_or("/");
  row.id = "AIPA" + random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17);
  row.arn = make_arn("iam", "", context.account, "instance-profile" + row.path + name);
  row.created = Timestamp{context.now.ms / 1000 * 1000};
  merge_tags(row.tags, request.tags, "InstanceProfile");
  return {.instance_profile = describe_profile(context, profiles_.put({context.account, "", name}, std::move(row)))};
}

im::GetInstanceProfileResponse Service::get_instance_profile(aws::Context& context,
                                                             const im::GetInstanceProfileRequest& request) {
  return {.instance_profile = describe_profile(context, profile(context, *request.instance_profile_name))};
}

im::ListInstanceProfilesResponse Service::list_instance_profiles(aws::Context& context,
                                                                 const im::ListInstanceProfilesRequest& request) {
  im::ListInstanceProfilesResponse out{.instance_profiles = std::vector<im::InstanceProfile>{}};
  for (const InstanceProfile* row : profiles_.list(context.account, ""))
    if (row->path.starts_with(request.path_prefix.value_or("/")))
      out.instance_profiles->push_back(describe_profile(context, *row));
  page(*out.instance_profiles, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::ListInstanceProfilesForRoleResponse Service::list_instance_profiles_for_role(
    aws::Context& context, const im::ListInstanceProfilesForRoleRequest& request) {
  entity(context, Kind::role, *request.role_name);
  im::ListInstanceProfilesForRoleResponse out{.instance_profiles = std::vector<im::InstanceProfile>{}};
  for (const InstanceProfile* row : profiles_.list(context.account, ""))
    if (row->role == *request.role_name) out.instance_profiles->push_back(describe_profile(context, *row));
  page(*out.instance_profiles, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::AddRoleToInstanceProfileResponse Service::add_role_to_instance_profile(
    aws::Context& context, const im::AddRoleToInstanceProfileRequest& request) {
  entity(context, Kind::role, *request.role_name);
  if (!profile(context, *request.instance_profile_name).role.empty())
    throw im::errors::LimitExceededException("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  profiles_.update({context.account, "", *request.instance_profile_name},
                   [&](InstanceProfile& row) { row.role = *request.role_name; });
  return {};
}

im::RemoveRoleFromInstanceProfileResponse Service::remove_role_from_instance_profile(
    aws::Context& context, const im::RemoveRoleFromInstanceProfileRequest& request) {
  if (profile(context, *request.instance_profile_name).role != *request.role_name)
    throw im::errors::NoSuchEntityException("The role with name " + *request.role_name +
                                            " cannot be found in the instance profile.");
  profiles_.update({context.account, "", *request.instance_profile_name},
                   [](InstanceProfile& row) { row.role.clear(); });
  return {};
}

im::DeleteInstanceProfileResponse Service::delete_instance_profile(aws::Context& context,
                                                                   const im::DeleteInstanceProfileRequest& request) {
  if (!profile(context, *request.instance_profile_name).role.empty())
    throw im::errors::DeleteConflictException("Cannot delete entity, must remove roles from instance profile first.");
  profiles_.erase({context.account, "", *request.instance_profile_name});
  return {};
}

im::TagInstanceProfileResponse Service::tag_instance_profile(aws::Context& context,
                                                             const im::TagInstanceProfileRequest& request) {
  profile(context, *request.instance_profile_name);
  profiles_.update({context.account, "", *request.instance_profile_name},
                   [&](InstanceProfile& row) { merge_tags(row.tags, request.tags, "InstanceProfile"); });
  return {};
}

im::UntagInstanceProfileResponse Service::untag_instance_profile(aws::Context& context,
                                                                 const im::UntagInstanceProfileRequest& request) {
  profile(context, *request.instance_profile_name);
  profiles_.update({context.account, "", *request.instance_profile_name}, [&](InstanceProfile& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListInstanceProfileTagsResponse Service::list_instance_profile_tags(
    aws::Context& context, const im::ListInstanceProfileTagsRequest& request) {
  im::ListInstanceProfileTagsResponse out{.tags = tags_of(profile(context, *request.instance_profile_name).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

}  // namespace stratus::services::iam
