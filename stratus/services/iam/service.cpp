#include "stratus/services/iam/service.h"

#include "stratus/core/arn.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/managed_policies.h"
#include "stratus/state/master_key.h"

namespace stratus::services::iam {
namespace {

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kSecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_account(const std::string& text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string::npos;
}

wire::Credential root_of(const std::string& account, const std::string& secret) {
  wire::Credential out;
  out.secret = secret;
  out.identity = {aws::Identity::Kind::root, account, "arn:aws:iam::" + account + ":root", account, ""};
  return out;
}

}  // namespace

Service::Service(Loop& loop, state::Store& store, Random& random, Settings settings)
    : loop_(loop),
      store_(store),
      random_(random),
      settings_(std::move(settings)),
      entities_(store, "iam_entities"),
      policies_(store, "iam_policies"),
      keys_(store, "iam_access_keys"),
      master_(state::master_key(store.directory())) {}

std::string Service::account_of_key(const std::string& access_key_id) const {
  if (const AccessKey* row = keys_.find("", "", access_key_id)) return row->account;
  if (settings_.well_known_keys && is_account(access_key_id)) return access_key_id;
  if (settings_.well_known_keys && access_key_id == "test") return "000000000000";
  return "";
}

std::optional<wire::Credential> Service::find(const std::string& access_key_id) const {
  if (!settings_.root_access_key.empty() && access_key_id == settings_.root_access_key)
    return root_of("000000000000", settings_.root_secret);
  if (settings_.well_known_keys && is_account(access_key_id)) return root_of(access_key_id, "test");
  if (settings_.well_known_keys && access_key_id == "test") return root_of("000000000000", "test");
  const AccessKey* row = keys_.find("", "", access_key_id);
  if (row == nullptr || !row->active) return std::nullopt;
  const auto secret = crypto::unseal(master_, row->secret.bytes, row->id);
  if (!secret) return std::nullopt;
  wire::Credential out;
  out.secret = *secret;
  out.session_token = row->session_token;
  out.expires = row->expires;
  out.identity.account = row->account;
  if (!row->role.empty()) {
    const Entity* role = entities_.find(row->account, "", "role/" + row->role);
    if (role == nullptr) return std::nullopt;
    out.identity.kind = aws::Identity::Kind::assumed_role;
    out.identity.arn = make_arn("sts", "", row->account, "assumed-role/" + role->name + "/" + row->session_name);
    out.identity.user_id = role->id + ":" + row->session_name;
  } else if (!row->user.empty()) {
    const Entity* user = entities_.find(row->account, "", "user/" + row->user);
    if (user == nullptr) return std::nullopt;
    out.identity.kind = aws::Identity::Kind::user;
    out.identity.arn = user->arn;
    out.identity.user_id = user->id;
  } else {
    out.identity = root_of(row->account, "").identity;
  }
  return out;
}

void Service::authorize(const aws::Context& context, const std::string& action,
                        const std::vector<std::string>& asked) const {
  if (context.identity.kind == aws::Identity::Kind::root) return;
  // Everyone may ask who they are.
  if (action == "sts:GetCallerIdentity") return;
  std::vector<std::string> speaking;
  std::string session_policy;
  const AccessKey* row = keys_.find("", "", context.identity.access_key_id);
  if (row != nullptr) {
    const Entity* entity =
        entities_.find(row->account, "", row->role.empty() ? "user/" + row->user : "role/" + row->role);
    if (entity != nullptr) speaking = documents(row->account, *entity);
    session_policy = row->session_policy;
  }
  Request request;
  request.action = action;
  request.principal = context.identity.arn;
  request.context = {{"aws:sourceip", {context.source_ip}},       {"aws:useragent", {context.user_agent}},
                     {"aws:requestedregion", {context.region}},   {"aws:principalarn", {context.identity.arn}},
                     {"aws:principalaccount", {context.account}}, {"aws:currenttime", {to_rfc3339(context.now)}},
                     {"aws:userid", {context.identity.user_id}},  {"aws:securetransport", {"false"}}};
  if (context.identity.kind == aws::Identity::Kind::user)
    request.context["aws:username"] = {text::split(context.identity.arn, '/').back()};
  for (const auto& resource : asked) {
    request.resource = resource;
    Decision decision = decide(speaking, request);
    if (decision == Decision::allow && !session_policy.empty()) decision = decide({session_policy}, request);
    if (decision == Decision::allow) continue;
    const std::string who = "User: " + context.identity.arn + " is not authorized to perform: " + action;
    const std::string why = decision == Decision::explicit_deny
                                ? " with an explicit deny in an identity-based policy"
                                : " because no identity-based policy allows the " + action + " action";
    throw aws::Error("AccessDenied", 403, who + " on resource: " + resource + why);
  }
}

const Entity* Service::role_by_arn(const std::string& text) const {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) return nullptr;
  const Entity* role = entities_.find(arn->account, "", "role/" + text::split(arn->resource, '/').back());
  return role != nullptr && role->arn == text ? role : nullptr;
}

bool Service::role_allows(const std::string& role_arn, const std::string& action, const std::string& resource) const {
  const Entity* role = role_by_arn(role_arn);
  if (role == nullptr) return false;
  Request request;
  request.action = action;
  request.resource = resource;
  request.principal = role_arn;
  return decide(documents(Arn::parse(role_arn)->account, *role), request) == Decision::allow;
}

bool Service::role_trusts(const std::string& role_arn, const std::string& service) const {
  const Entity* role = role_by_arn(role_arn);
  if (role == nullptr) return false;
  Request request;
  request.action = "sts:AssumeRole";
  request.resource = role_arn;
  request.principal = service;
  return Policy(role->trust, true).decide(request) == Decision::allow;
}

void Service::ensure_service_linked_role(const std::string& account, const std::string& service_name) {
  aws::Context context;
  context.account = account;
  context.now = loop_.clock().now();
  const std::map<std::string, std::string> names = {
      {"ecs.amazonaws.com", "ECS"},
      {"elasticloadbalancing.amazonaws.com", "ElasticLoadBalancing"},
      {"ecs.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_ECSService"}};
  const auto known = names.find(service_name);
  if (known == names.end() || entities_.find(account, "", "role/AWSServiceRoleFor" + known->second) != nullptr) return;
  create_service_linked_role(context, {.aws_service_name = service_name});
}

Service::Session Service::new_session(const std::string& account, const Entity* role, const std::string& user,
                                      const std::string& session_name, Duration lifetime,
                                      const std::string& session_policy) {
  Session out;
  out.access_key_id = "ASIA" + random_.from(kUpper, 16);
  out.secret = random_.from(kSecretAlphabet, 40);
  out.token = random_.from(kSecretAlphabet, 200);
  out.expires = loop_.clock().now() + lifetime;
  if (role != nullptr) out.role_id = role->id;
  // Keys of sessions that are over go when new ones are made.
  for (const auto& [key, row] : keys_.all())
    if (row->expires && *row->expires + std::chrono::hours(1) < loop_.clock().now()) keys_.erase(key);
  AccessKey row{.id = out.access_key_id,
                .account = account,
                .secret = {crypto::seal(master_, out.secret, out.access_key_id)},
                .user = role == nullptr ? user : "",
                .created = loop_.clock().now(),
                .session_token = out.token,
                .expires = out.expires,
                .role = role == nullptr ? "" : role->name,
                .session_name = session_name,
                .session_policy = session_policy};
  keys_.put({"", "", out.access_key_id}, std::move(row));
  return out;
}

const char* Service::word(Kind kind) { return kind == Kind::user ? "user" : kind == Kind::group ? "group" : "role"; }

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
  const state::Key where = key(context, kind, name);
  const std::string title = kind == Kind::user ? "User" : kind == Kind::group ? "Group" : "Role";
  if (entities_.find(where) != nullptr)
    throw im::errors::EntityAlreadyExistsException(title + " with name " + name + " already exists.");
  Entity row;
  row.name = name;
  row.path = path.value_or("/");
  if (!row.path.starts_with("/") || !row.path.ends_with("/"))
    throw aws::Error("ValidationError", 400,
                     "The specified value for path is invalid. It must begin and end with / and contain only "
                     "alphanumeric characters and/or / characters.");
  row.id = std::string(kind == Kind::user ? "AIDA" : kind == Kind::group ? "AGPA" : "AROA") + random_.from(kUpper, 17);
  row.arn = make_arn("iam", "", context.account, std::string(word(kind)) + row.path + name);
  row.created = Timestamp{context.now.ms / 1000 * 1000};
  fill(row);
  return entities_.put(where, std::move(row));
}

void Service::delete_entity(const aws::Context& context, Kind kind, const std::string& name) {
  const Entity& row = entity(context, kind, name);
  if (!row.attached.empty())
    throw im::errors::DeleteConflictException("Cannot delete entity, must detach all policies first.");
  if (!row.inline_policies.empty())
    throw im::errors::DeleteConflictException("Cannot delete entity, must delete policies first.");
  if (kind == Kind::user) {
    if (!row.groups.empty())
      throw im::errors::DeleteConflictException("Cannot delete entity, must remove users from group first.");
    for (const auto& [where, access_key] : keys_.all())
      if (access_key->account == context.account && access_key->user == name && !access_key->expires)
        throw im::errors::DeleteConflictException("Cannot delete entity, must delete access keys first.");
  }
  if (kind == Kind::group)
    for (const Entity* user : entities(context.account, Kind::user, std::nullopt))
      if (std::find(user->groups.begin(), user->groups.end(), name) != user->groups.end())
        throw im::errors::DeleteConflictException("Cannot delete entity, must remove users from group first.");
  entities_.erase(key(context, kind, name));
}

bool Service::policy_exists(const std::string& account, const std::string& arn) const {
  return find_aws_managed_policy(arn) != nullptr || policies_.find(account, "", arn) != nullptr;
}

void Service::attach(const aws::Context& context, Kind kind, const std::string& name, const std::string& arn) {
  entity(context, kind, name);
  if (!policy_exists(context.account, arn))
    throw im::errors::NoSuchEntityException("Policy " + arn + " does not exist or is not attachable.");
  entities_.update(key(context, kind, name), [&](Entity& row) {
    if (std::find(row.attached.begin(), row.attached.end(), arn) == row.attached.end()) row.attached.push_back(arn);
  });
}

void Service::detach(const aws::Context& context, Kind kind, const std::string& name, const std::string& arn) {
  const Entity& row = entity(context, kind, name);
  if (std::find(row.attached.begin(), row.attached.end(), arn) == row.attached.end())
    throw im::errors::NoSuchEntityException("Policy " + arn + " was not found.");
  entities_.update(key(context, kind, name), [&](Entity& changed) { std::erase(changed.attached, arn); });
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

void Service::put_inline(const aws::Context& context, Kind kind, const std::string& name, const std::string& policy,
                         const std::string& document) {
  entity(context, kind, name);
  try {
    const Policy checked(document);
  } catch (const std::invalid_argument& e) {
    throw im::errors::MalformedPolicyDocumentException(e.what());
  }
  entities_.update(key(context, kind, name), [&](Entity& row) { row.inline_policies[policy] = document; });
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
  entities_.update(key(context, kind, name), [&](Entity& row) { row.inline_policies.erase(policy); });
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

int Service::attachment_count(const std::string& account, const std::string& arn) const {
  int count = 0;
  for (const Entity* row : entities_.list(account, ""))
    count += std::find(row->attached.begin(), row->attached.end(), arn) != row->attached.end() ? 1 : 0;
  return count;
}

std::vector<std::string> Service::documents(const std::string& account, const Entity& row) const {
  std::vector<std::string> out;
  for (const auto& [name, document] : row.inline_policies) out.push_back(document);
  for (const auto& arn : row.attached)
    if (auto document = policy_document(account, arn)) out.push_back(std::move(*document));
  for (const auto& group : row.groups)
    if (const Entity* found = entities_.find(account, "", "group/" + group))
      for (auto& document : documents(account, *found)) out.push_back(std::move(document));
  return out;
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
    if (name == "PolicyArn") return {*value};
    if (name == "PolicyName") return {make_arn("iam", "", context.account, "policy/" + *value)};
  }
  return {"*"};
}

}  // namespace stratus::services::iam
