// The tables, and what users, groups and roles have in common.
#include "stratus/services/iam/service.h"

#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/managed_policies.h"
#include "stratus/state/master_key.h"

namespace stratus::services::iam {
namespace {

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kAttachedQuota = 10;

void check_path(const std::string& path) {
  if (!path.starts_with("/") || !path.ends_with("/"))
    throw aws::Error("ValidationError", 400,
                     "The specified value for path is invalid. It must begin and end with / and contain only "
                     "alphanumeric characters and/or / characters.");
}

}  // namespace

Service::Service(Loop& loop, state::Store& store, Random& random, Settings settings)
    : loop_(loop),
      store_(store),
      random_(random),
      settings_(std::move(settings)),
      entities_(store, "iam_entities"),
      policies_(store, "iam_policies"),
      keys_(store, "iam_keys"),
      profiles_(store, "iam_instance_profiles"),
      providers_(store, "iam_oidc_providers"),
      aliases_(store, "iam_account_aliases"),
      password_policies_(store, "iam_password_policies"),
      mfa_devices_(store, "iam_mfa_devices"),
      server_certificates_(store, "iam_server_certificates"),
      saml_providers_(store, "iam_saml_providers"),
      reports_(store, "iam_credential_reports"),
      master_(state::master_key(store.directory())) {}

const char* Service::word(Kind kind) { return kind == Kind::user ? "user" : kind == Kind::group ? "group" : "role"; }

const char* Service::title(Kind kind) { return kind == Kind::user ? "User" : kind == Kind::group ? "Group" : "Role"; }

state::Key Service::key(const aws::Context& context, Kind kind, const std::string& name) const {
  return {context.account, "", std::string(word(kind)) + "/" + name};
}

const Entity& Service::entity(const aws::Context& context, Kind kind, const std::string& name) const {
  const Entity* found = entities_.find(key(context, kind, name));
  if (found == nullptr)
    throw im::errors::NoSuchEntityException("The " + std::string(word(kind)) + " with name " + name +
                                            " cannot be found.");
  return *found;
}

std::vector<const Entity*> Service::entities(const std::string& account, Kind kind,
                                             const std::optional<std::string>& path_prefix) const {
  std::vector<const Entity*> out;
  const std::string prefix = std::string(":") + word(kind) + "/";
  for (const Entity* row : entities_.list(account, ""))
    if (row->arn.find(prefix) != std::string::npos && (!path_prefix || row->path.starts_with(*path_prefix)))
      out.push_back(row);
  return out;
}

const Entity& Service::create_entity(const aws::Context& context, Kind kind, const std::string& name,
                                     const std::optional<std::string>& path, const std::function<void(Entity&)>& fill) {
  const auto others = entities(context.account, kind, std::nullopt);
  const std::int32_t quota = kind == Kind::user ? kUserQuota : kind == Kind::group ? kGroupQuota : kRoleQuota;
  if (others.size() >= static_cast<std::size_t>(quota))
    throw im::errors::LimitExceededException("Cannot exceed quota for " + std::string(title(kind)) +
                                             "sPerAccount: " + std::to_string(quota));
  // Names that differ by case only are the same name.
  for (const Entity* other : others)
    if (text::lower(other->name) == text::lower(name))
      throw im::errors::EntityAlreadyExistsException(std::string(title(kind)) + " with name " + name +
                                                     " already exists.");
  Entity row;
  row.name = name;
  row.path = path.value_or("/");
  check_path(row.path);
  row.id = std::string(kind == Kind::user ? "AIDA" : kind == Kind::group ? "AGPA" : "AROA") + random_.from(kUpper, 17);
  row.arn = make_arn("iam", "", context.account, std::string(word(kind)) + row.path + name);
  row.created = Timestamp{context.now.ms / 1000 * 1000};
  fill(row);
  return entities_.put(key(context, kind, name), std::move(row));
}

const Entity& Service::change_entity(const aws::Context& context, Kind kind, const std::string& name,
                                     const std::function<void(Entity&)>& change) {
  const Entity& row = entity(context, kind, name);
  if (row.service_linked)
    throw im::errors::UnmodifiableEntityException("Cannot perform the operation on the protected role '" + name +
                                                  "' - this role is only modifiable by AWS");
  return entities_.update(key(context, kind, name), change);
}

void Service::rename_entity(const aws::Context& context, Kind kind, const std::string& old_name,
                            const std::optional<std::string>& new_name, const std::optional<std::string>& new_path) {
  Entity changed = entity(context, kind, old_name);
  const std::string name = new_name.value_or(old_name);
  for (const Entity* other : entities(context.account, kind, std::nullopt))
    if (other->name != old_name && text::lower(other->name) == text::lower(name))
      throw im::errors::EntityAlreadyExistsException(std::string(title(kind)) + " with name " + name +
                                                     " already exists.");
  changed.name = name;
  changed.path = new_path.value_or(changed.path);
  check_path(changed.path);
  changed.arn = make_arn("iam", "", context.account, std::string(word(kind)) + changed.path + name);
  entities_.erase(key(context, kind, old_name));
  entities_.put(key(context, kind, name), std::move(changed));
  if (name == old_name) return;
  if (kind == Kind::user)
    for (const AccessKey* row : keys_.list(context.account, ""))
      if (row->user == old_name) keys_.update({context.account, "", row->id}, [&](AccessKey& k) { k.user = name; });
  if (kind == Kind::group)
    for (const Entity* user : entities(context.account, Kind::user, std::nullopt))
      if (std::find(user->groups.begin(), user->groups.end(), old_name) != user->groups.end())
        entities_.update(key(context, Kind::user, user->name),
                         [&](Entity& row) { std::replace(row.groups.begin(), row.groups.end(), old_name, name); });
}

void Service::delete_entity(const aws::Context& context, Kind kind, const std::string& name) {
  const Entity& row = entity(context, kind, name);
  const auto refuse = [](const char* first) {
    throw im::errors::DeleteConflictException(std::string("Cannot delete entity, must ") + first + " first.");
  };
  if (!row.attached.empty()) refuse("detach all policies");
  if (!row.inline_policies.empty()) refuse("delete policies");
  if (kind == Kind::user) {
    if (!row.groups.empty()) refuse("remove users from group");
    if (!keys_of(context.account, name).empty()) refuse("delete access keys");
    if (row.login) refuse("delete login profile");
    if (!mfa_devices_of(context.account, row.id).empty()) refuse("delete MFA device");
    if (!row.signing_certificates.empty()) refuse("delete signing certificates");
    if (!row.ssh_keys.empty()) refuse("delete SSH public keys");
  }
  if (kind == Kind::group)
    for (const Entity* user : entities(context.account, Kind::user, std::nullopt))
      if (std::find(user->groups.begin(), user->groups.end(), name) != user->groups.end())
        refuse("remove users from group");
  if (kind == Kind::role)
    for (const InstanceProfile* found : profiles_.list(context.account, ""))
      if (found->role == name) refuse("remove roles from instance profile");
  entities_.erase(key(context, kind, name));
}

void Service::set_boundary(const aws::Context& context, Kind kind, const std::string& name, const std::string& arn) {
  if (!arn.empty() && !policy_exists(context.account, arn))
    throw im::errors::NoSuchEntityException("Scope ARN: " + arn + " does not exist or is not attachable.");
  if (arn.empty() && entity(context, kind, name).boundary.empty())
    throw im::errors::NoSuchEntityException(std::string(title(kind)) + " " + name +
                                            " does not have a permission boundary.");
  change_entity(context, kind, name, [&](Entity& row) { row.boundary = arn; });
}

void Service::check_trust(const std::string& document) const {
  std::vector<std::string> principals;
  try {
    principals = Policy(document, true).principals();
  } catch (const std::invalid_argument& e) {
    throw im::errors::MalformedPolicyDocumentException(e.what());
  }
  // A role or user that is named must exist: AWS keeps its id instead of its name.
  for (const auto& principal : principals) {
    const auto arn = Arn::parse(principal);
    if (!arn || arn->service != "iam") continue;
    const std::string kind = arn->resource.substr(0, arn->resource.find('/'));
    if (kind != "role" && kind != "user") continue;
    const Entity* found = entities_.find(arn->account, "", kind + "/" + text::split(arn->resource, '/').back());
    if (found == nullptr || found->arn != principal)
      throw im::errors::MalformedPolicyDocumentException("Invalid principal in policy: \"AWS\":\"" + principal + "\"");
  }
  constexpr std::size_t quota = 2048;
  if (policy_size(document) > quota)
    throw im::errors::LimitExceededException("Cannot exceed quota for ACLSizePerRole: " + std::to_string(quota));
}

bool Service::policy_exists(const std::string& account, const std::string& arn) const {
  return find_aws_managed_policy(arn) != nullptr || policies_.find(account, "", arn) != nullptr;
}

void Service::attach(const aws::Context& context, Kind kind, const std::string& name, const std::string& arn) {
  entity(context, kind, name);
  if (!policy_exists(context.account, arn))
    throw im::errors::NoSuchEntityException("Policy " + arn + " does not exist or is not attachable.");
  change_entity(context, kind, name, [&](Entity& row) {
    if (std::find(row.attached.begin(), row.attached.end(), arn) != row.attached.end()) return;
    if (row.attached.size() >= kAttachedQuota)
      throw im::errors::LimitExceededException("Cannot exceed quota for PoliciesPer" + std::string(title(kind)) + ": " +
                                               std::to_string(kAttachedQuota));
    row.attached.push_back(arn);
  });
}

void Service::detach(const aws::Context& context, Kind kind, const std::string& name, const std::string& arn) {
  const Entity& row = entity(context, kind, name);
  if (std::find(row.attached.begin(), row.attached.end(), arn) == row.attached.end())
    throw im::errors::NoSuchEntityException("Policy " + arn + " was not found.");
  change_entity(context, kind, name, [&](Entity& changed) { std::erase(changed.attached, arn); });
}

std::vector<im::AttachedPolicy> Service::attached(const aws::Context& context, Kind kind, const std::string& name,
                                                  const std::optional<std::string>& path_prefix) const {
  std::vector<im::AttachedPolicy> out;
  for (const auto& arn : entity(context, kind, name).attached) {
    const AwsManagedPolicy* known = find_aws_managed_policy(arn);
    const ManagedPolicy* own = policies_.find(context.account, "", arn);
    const std::string path = known != nullptr ? known->path : own != nullptr ? own->path : "/";
    if (path_prefix && !path.starts_with(*path_prefix)) continue;
    out.push_back({.policy_name = text::split(arn, '/').back(), .policy_arn = arn});
  }
  return out;
}

std::vector<im::AttachedPolicy> Service::attached(const Entity& row) const {
  std::vector<im::AttachedPolicy> out;
  for (const auto& arn : row.attached) out.push_back({.policy_name = text::split(arn, '/').back(), .policy_arn = arn});
  return out;
}

void Service::put_inline(const aws::Context& context, Kind kind, const std::string& name, const std::string& policy,
                         const std::string& document) {
  entity(context, kind, name);
  check_document(document);
  change_entity(context, kind, name, [&](Entity& row) {
    row.inline_policies[policy] = document;
    std::size_t size = 0;
    for (const auto& [other, text] : row.inline_policies) size += policy_size(text);
    const std::size_t quota = kind == Kind::role    ? 10'240
                              : kind == Kind::group ? 5'120
                                                    : 2'048;  // characters, blanks apart
    if (size > quota)
      throw im::errors::LimitExceededException("Maximum policy size of " + std::to_string(quota) +
                                               " bytes exceeded for " + word(kind) + " " + name);
  });
}

std::string Service::get_inline(const aws::Context& context, Kind kind, const std::string& name,
                                const std::string& policy) const {
  const Entity& row = entity(context, kind, name);
  const auto found = row.inline_policies.find(policy);
  if (found == row.inline_policies.end())
    throw im::errors::NoSuchEntityException("The " + std::string(word(kind)) + " policy with name " + policy +
                                            " cannot be found.");
  return text::uri_encode(found->second);
}

void Service::delete_inline(const aws::Context& context, Kind kind, const std::string& name,
                            const std::string& policy) {
  get_inline(context, kind, name, policy);
  change_entity(context, kind, name, [&](Entity& row) { row.inline_policies.erase(policy); });
}

std::vector<std::string> Service::inline_names(const aws::Context& context, Kind kind, const std::string& name) const {
  std::vector<std::string> out;
  for (const auto& [policy, document] : entity(context, kind, name).inline_policies) out.push_back(policy);
  return out;
}

const ManagedPolicy& Service::managed(const aws::Context& context, const std::string& arn) const {
  const ManagedPolicy* found = policies_.find(context.account, "", arn);
  if (found == nullptr) throw im::errors::NoSuchEntityException("Policy " + arn + " was not found.");
  return *found;
}

std::optional<std::string> Service::policy_document(const std::string& account, const std::string& arn) const {
  if (const AwsManagedPolicy* known = find_aws_managed_policy(arn)) return known->document;
  const ManagedPolicy* own = policies_.find(account, "", arn);
  if (own == nullptr) return std::nullopt;
  for (const auto& version : own->versions)
    if (version.id == own->default_version) return version.document;
  return std::nullopt;
}

int Service::boundary_count(const std::string& account, const std::string& arn) const {
  const auto rows = entities_.list(account, "");
  return static_cast<int>(
      std::count_if(rows.begin(), rows.end(), [&](const Entity* row) { return row->boundary == arn; }));
}

int Service::attachment_count(const std::string& account, const std::string& arn) const {
  int count = 0;
  for (const Entity* row : entities_.list(account, ""))
    count += std::find(row->attached.begin(), row->attached.end(), arn) != row->attached.end() ? 1 : 0;
  return count;
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  for (const Member& member : operation.input().members) {
    if (member.shape().kind != stratus::Kind::string) continue;
    const auto* value = static_cast<const std::string*>(member_value(member, request));
    if (value == nullptr) continue;
    const std::string_view name = member.name;
    const auto arn_of = [&](Kind kind) -> std::string {
      const Entity* found = entities_.find(context.account, "", std::string(word(kind)) + "/" + *value);
      return found != nullptr ? found->arn
                              : make_arn("iam", "", context.account, std::string(word(kind)) + "/" + *value);
    };
    if (name == "RoleName") return {arn_of(Kind::role)};
    if (name == "UserName") return {arn_of(Kind::user)};
    if (name == "GroupName") return {arn_of(Kind::group)};
    if (name == "PolicyArn" || name == "OpenIDConnectProviderArn" || name == "PolicySourceArn" ||
        name == "SAMLProviderArn" || name == "SerialNumber")
      return {*value};
    if (name == "ServerCertificateName") {
      const ServerCertificate* found = server_certificates_.find(context.account, "", *value);
      return {found != nullptr ? found->arn : make_arn("iam", "", context.account, "server-certificate/" + *value)};
    }
    if (name == "VirtualMFADeviceName") return {make_arn("iam", "", context.account, "mfa/" + *value)};
    if (name == "InstanceProfileName") {
      const InstanceProfile* found = profiles_.find(context.account, "", *value);
      return {found != nullptr ? found->arn : make_arn("iam", "", context.account, "instance-profile/" + *value)};
    }
    if (name == "PolicyName") return {make_arn("iam", "", context.account, "policy/" + *value)};
  }
  return {"*"};
}

}  // namespace stratus::services::iam
