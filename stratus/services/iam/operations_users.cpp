// Users and their access keys.
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/key_ids.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {

im::User Service::describe_user(const Entity& row) const {
  im::User out{.path = row.path, .user_name = row.name, .user_id = row.id, .arn = row.arn, .create_date = row.created};
  if (!row.tags.empty()) out.tags = tags_of(row.tags);
  if (!row.boundary.empty())
    out.permissions_boundary = im::AttachedPermissionsBoundary{.permissions_boundary_type = "Policy",
                                                               .permissions_boundary_arn = row.boundary};
  return out;
}

std::string Service::caller_user(const aws::Context& context, const std::optional<std::string>& name) const {
  if (name) return *name;
  if (context.identity.kind == aws::Identity::Kind::user) return text::split(context.identity.arn, '/').back();
  throw aws::Error("ValidationError", 400, "Must specify userName when calling with non-User credentials");
}

im::CreateUserResponse Service::create_user(aws::Context& context, const im::CreateUserRequest& request) {
  create_entity(context, Kind::user, *request.user_name, request.path,
                [&](Entity& e) { merge_tags(e.tags, request.tags, "User"); });
  if (request.permissions_boundary)
    set_boundary(context, Kind::user, *request.user_name, *request.permissions_boundary);
  return {.user = describe_user(entity(context, Kind::user, *request.user_name))};
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
  rename_entity(context, Kind::user, *request.user_name, request.new_user_name, request.new_path);
  return {};
}

im::PutUserPermissionsBoundaryResponse Service::put_user_permissions_boundary(
    aws::Context& context, const im::PutUserPermissionsBoundaryRequest& request) {
  set_boundary(context, Kind::user, *request.user_name, *request.permissions_boundary);
  return {};
}

im::DeleteUserPermissionsBoundaryResponse Service::delete_user_permissions_boundary(
    aws::Context& context, const im::DeleteUserPermissionsBoundaryRequest& request) {
  set_boundary(context, Kind::user, *request.user_name, "");
  return {};
}

im::DeleteUserResponse Service::delete_user(aws::Context& context, const im::DeleteUserRequest& request) {
  delete_entity(context, Kind::user, *request.user_name);
  return {};
}

im::TagUserResponse Service::tag_user(aws::Context& context, const im::TagUserRequest& request) {
  change_entity(context, Kind::user, *request.user_name,
                [&](Entity& row) { merge_tags(row.tags, request.tags, "User"); });
  return {};
}

im::UntagUserResponse Service::untag_user(aws::Context& context, const im::UntagUserRequest& request) {
  change_entity(context, Kind::user, *request.user_name, [&](Entity& row) {
    for (const auto& name : *request.tag_keys) row.tags.erase(name);
  });
  return {};
}

im::ListUserTagsResponse Service::list_user_tags(aws::Context& context, const im::ListUserTagsRequest& request) {
  im::ListUserTagsResponse out{.tags = tags_of(entity(context, Kind::user, *request.user_name).tags)};
  page(*out.tags, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

std::vector<const AccessKey*> Service::keys_of(const std::string& account, const std::string& user) const {
  std::vector<const AccessKey*> out;
  for (const AccessKey* row : keys_.list(account, ""))
    if (row->user == user && !row->expires) out.push_back(row);
  return out;
}

const AccessKey& Service::long_term_key(const aws::Context& context, const std::string& id,
                                        const std::optional<std::string>& user) const {
  const AccessKey* row = keys_.find(context.account, "", id);
  if (row == nullptr || row->expires || (user && row->user != *user))
    throw im::errors::NoSuchEntityException("The Access Key with id " + id + " cannot be found.");
  return *row;
}

im::CreateAccessKeyResponse Service::create_access_key(aws::Context& context,
                                                       const im::CreateAccessKeyRequest& request) {
  constexpr std::size_t quota = 2;
  const Entity& user = entity(context, Kind::user, caller_user(context, request.user_name));
  if (keys_of(context.account, user.name).size() >= quota)
    throw im::errors::LimitExceededException("Cannot exceed quota for AccessKeysPerUser: " + std::to_string(quota));
  AccessKey row;
  row.id = new_access_key_id("AKIA", context.account, random_);
  row.account = context.account;
  const std::string secret = random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40);
  row.secret = {crypto::seal(master_, secret, row.id)};
  row.user = user.name;
  row.principal_id = user.id;
  row.created = Timestamp{context.now.ms / 1000 * 1000};
  const AccessKey& made = keys_.put({context.account, "", row.id}, row);
  return {.access_key = im::AccessKey{.user_name = user.name,
                                      .access_key_id = made.id,
                                      .status = "Active",
                                      .secret_access_key = secret,
                                      .create_date = made.created}};
}

im::ListAccessKeysResponse Service::list_access_keys(aws::Context& context, const im::ListAccessKeysRequest& request) {
  const std::string user = caller_user(context, request.user_name);
  entity(context, Kind::user, user);
  im::ListAccessKeysResponse out{.access_key_metadata = std::vector<im::AccessKeyMetadata>{}};
  for (const AccessKey* row : keys_of(context.account, user))
    out.access_key_metadata->push_back({.user_name = user,
                                        .access_key_id = row->id,
                                        .status = row->active ? "Active" : "Inactive",
                                        .create_date = row->created});
  page(*out.access_key_metadata, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

im::GetAccessKeyLastUsedResponse Service::get_access_key_last_used(aws::Context& context,
                                                                   const im::GetAccessKeyLastUsedRequest& request) {
  const AccessKey& row = long_term_key(context, *request.access_key_id, std::nullopt);
  im::AccessKeyLastUsed use{.service_name = "N/A", .region = "N/A"};
  if (const auto found = last_use_.find(row.id); found != last_use_.end())
    use = {.last_used_date = found->second.at, .service_name = found->second.service, .region = found->second.region};
  return {.user_name = row.user, .access_key_last_used = use};
}

im::UpdateAccessKeyResponse Service::update_access_key(aws::Context& context,
                                                       const im::UpdateAccessKeyRequest& request) {
  const AccessKey& row = long_term_key(context, *request.access_key_id, request.user_name);
  if (request.status == "Expired") throw im::errors::InvalidInputException("The status Expired cannot be set.");
  keys_.update({context.account, "", row.id}, [&](AccessKey& k) { k.active = request.status == "Active"; });
  return {};
}

im::DeleteAccessKeyResponse Service::delete_access_key(aws::Context& context,
                                                       const im::DeleteAccessKeyRequest& request) {
  const AccessKey& row = long_term_key(context, *request.access_key_id, request.user_name);
  keys_.erase({context.account, "", row.id});
  return {};
}

}  // namespace stratus::services::iam
