// Who signs, and what it may do.
#include "stratus/core/arn.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/key_ids.h"
#include "stratus/services/iam/service.h"
#include "stratus/state/master_key.h"
#include "stratus/wire/refusals.h"

namespace stratus::services::iam {
namespace {

constexpr std::string_view kSecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr const char* kOwnAccount = "000000000000";

bool is_account(const std::string& text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string::npos;
}

aws::Identity root_of(const std::string& account) {
  return {aws::Identity::Kind::root, account, "arn:aws:iam::" + account + ":root", account, ""};
}

wire::Credential root_credential(const std::string& account, const std::string& secret) {
  wire::Credential out;
  out.secret = secret;
  out.identity = root_of(account);
  return out;
}

/// Somebody without a user of their own.
aws::Identity federated(const std::string& account, const std::string& name) {
  return {aws::Identity::Kind::federated, account, make_arn("sts", "", account, "federated-user/" + name),
          account + ":" + name, ""};
}

std::string sentence(const std::string& who, const std::string& action, const std::string& resource,
                     const Verdict& verdict) {
  const std::string source = verdict.source, article = source.starts_with("identity") ? "an " : "a ";
  return "User: " + who + " is not authorized to perform: " + action + " on resource: " + resource +
         (verdict.decision == Decision::explicit_deny ? " with an explicit deny in " + article + source
                                                      : " because no " + source + " allows the " + action + " action");
}

/// What an operation asks about its n-th resource. ReEncrypt has a right of its own for each of its two keys.
std::string right_to(const std::string& action, std::size_t n) {
  if (action == "kms:ReEncrypt") return n == 0 ? "kms:ReEncryptFrom" : "kms:ReEncryptTo";
  return action;
}

}  // namespace

const AccessKey* Service::find_key(const std::string& access_key_id) const {
  const auto account = account_of_access_key_id(access_key_id);
  return account ? keys_.find(*account, "", access_key_id) : nullptr;
}

const Entity* Service::principal_of(const AccessKey& row) const {
  const Entity* found = entities_.find(row.account, "", row.role.empty() ? "user/" + row.user : "role/" + row.role);
  return found != nullptr && found->id == row.principal_id ? found : nullptr;
}

std::string Service::account_of_key(const std::string& access_key_id) const {
  if (!settings_.root_access_key.empty() && access_key_id == settings_.root_access_key) return kOwnAccount;
  if (settings_.well_known_keys && is_account(access_key_id)) return access_key_id;
  if (settings_.well_known_keys && access_key_id == "test") return kOwnAccount;
  return account_of_access_key_id(access_key_id).value_or("");
}

bool Service::is_session(const aws::Context& context) const {
  const AccessKey* row = find_key(context.identity.access_key_id);
  return row != nullptr && row->expires.has_value();
}

std::optional<wire::Credential> Service::find(const std::string& access_key_id) const {
  if (!settings_.root_access_key.empty() && access_key_id == settings_.root_access_key)
    return root_credential(kOwnAccount, settings_.root_secret);
  if (settings_.well_known_keys && (is_account(access_key_id) || access_key_id == "test")) {
    auto known = root_credential(access_key_id == "test" ? kOwnAccount : access_key_id, "test");
    known.loopback_only = true;
    return known;
  }
  const AccessKey* row = find_key(access_key_id);
  if (row == nullptr || !row->active) return std::nullopt;
  const auto secret = crypto::unseal(master_, row->secret.bytes, row->id);
  const auto token =
      row->expires ? crypto::unseal(master_, row->session_token.bytes, row->id) : std::optional<std::string>("");
  if (!secret || !token) return std::nullopt;
  wire::Credential out{
      .secret = *secret, .session_token = *token, .expires = row->expires, .identity = root_of(row->account)};
  if (row->role.empty() && row->user.empty()) {
    if (row->federated) out.identity = federated(row->account, row->session_name);
    return out;
  }
  const Entity* principal = principal_of(*row);
  if (principal == nullptr) return std::nullopt;
  if (row->federated) {
    out.identity = federated(row->account, row->session_name);
  } else if (row->role.empty()) {
    out.identity.kind = aws::Identity::Kind::user;
    out.identity.arn = principal->arn;
    out.identity.user_id = principal->id;
  } else {
    out.identity.kind = aws::Identity::Kind::assumed_role;
    out.identity.arn = make_arn("sts", "", row->account, "assumed-role/" + principal->name + "/" + row->session_name);
    out.identity.user_id = principal->id + ":" + row->session_name;
  }
  return out;
}

Session Service::new_session(const SessionRequest& request) {
  const Timestamp now = loop_.clock().now();
  Session out{new_access_key_id("ASIA", request.account, random_), random_.from(kSecretAlphabet, 40),
              random_.from(kSecretAlphabet, 200), now + request.lifetime};
  // Keys of sessions that are long over go when new ones are made; until then they answer ExpiredToken.
  for (const AccessKey* row : keys_.list(request.account, ""))
    if (row->expires && *row->expires + std::chrono::hours(1) < now) keys_.erase({request.account, "", row->id});
  AccessKey row;
  row.id = out.access_key_id;
  row.account = request.account;
  row.secret = {crypto::seal(master_, out.secret, row.id)};
  row.session_token = {crypto::seal(master_, out.token, row.id)};
  if (request.user != nullptr) row.user = request.user->name, row.principal_id = request.user->id;
  if (request.role != nullptr) row.role = request.role->name, row.principal_id = request.role->id;
  row.created = now;
  row.expires = out.expires;
  row.session_name = request.name;
  row.session_policies = request.policies;
  row.session_tags = request.tags;
  row.mfa = request.mfa;
  row.federated = request.federated;
  keys_.put({request.account, "", out.access_key_id}, std::move(row));
  return out;
}

const Entity* Service::calling_user(const aws::Context& context) const {
  const AccessKey* row = find_key(context.identity.access_key_id);
  return row != nullptr && !row->user.empty() ? principal_of(*row) : nullptr;
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

Permissions Service::permissions_of(const std::string& account, const Entity& row) const {
  Permissions out;
  out.identity = documents(account, row);
  if (!row.boundary.empty()) {
    // A boundary whose policy cannot be read allows nothing.
    out.boundary =
        policy_document(account, row.boundary)
            .value_or(R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})");
  }
  return out;
}

ConditionKeys Service::condition_keys(const aws::Context& context, const AccessKey* row,
                                      const Entity* principal) const {
  const aws::Identity& who = context.identity;
  const bool role = who.kind == aws::Identity::Kind::assumed_role;
  ConditionKeys out = {{"aws:sourceip", {context.source_ip}},
                       {"aws:useragent", {context.user_agent}},
                       {"aws:requestedregion", {context.region}},
                       {"aws:principalarn", {role && principal != nullptr ? principal->arn : who.arn}},
                       {"aws:principalaccount", {who.account}},
                       {"aws:principaltype",
                        {who.kind == aws::Identity::Kind::root        ? "Account"
                         : role                                       ? "AssumedRole"
                         : who.kind == aws::Identity::Kind::federated ? "FederatedUser"
                                                                      : "User"}},
                       {"aws:principalisawsservice", {"false"}},
                       {"aws:viaawsservice", {"false"}},
                       {"aws:currenttime", {to_rfc3339(context.now)}},
                       {"aws:epochtime", {std::to_string(context.now.ms / 1000)}},
                       {"aws:userid", {who.user_id}},
                       {"aws:securetransport", {context.secure ? "true" : "false"}}};
  if (principal != nullptr && !role) out["aws:username"] = {principal->name};
  if (principal != nullptr)
    for (const auto& [name, value] : principal->tags) out["aws:principaltag/" + text::lower(name)] = {value};
  if (row != nullptr) {
    if (row->expires) {
      out["aws:tokenissuetime"] = {to_rfc3339(row->created)};
      out["aws:multifactorauthpresent"] = {row->mfa ? "true" : "false"};
      if (row->mfa) out["aws:multifactorauthage"] = {std::to_string((context.now - row->created).count() / 1000)};
    }
    for (const auto& [name, value] : row->session_tags) out["aws:principaltag/" + text::lower(name)] = {value};
  }
  return out;
}

Verdict Service::evaluate(const aws::Context& context, const std::string& action, const std::string& resource,
                          const ConditionKeys& more) const {
  if (context.identity.kind == aws::Identity::Kind::root) return {Decision::allow};
  const AccessKey* row = find_key(context.identity.access_key_id);
  const Entity* principal = row == nullptr ? nullptr : principal_of(*row);
  // Whom a root federates has of the root's what the session's policies leave.
  if (principal == nullptr && !(row != nullptr && row->federated && row->user.empty())) return {};
  Permissions permissions;
  if (principal == nullptr)
    permissions.identity = {R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})"};
  else
    permissions = permissions_of(row->account, *principal);
  permissions.session = row->session_policies;
  if (row->federated && permissions.session.empty()) return {Decision::implicit_deny, "session policy"};
  Request request{action, resource, context.identity.arn, condition_keys(context, row, principal)};
  for (const auto& [name, values] : more) request.context[text::lower(name)] = values;
  return judge(permissions, request);
}

ConditionKeys Service::condition_keys(const aws::Context& context) const {
  const AccessKey* row = find_key(context.identity.access_key_id);
  return condition_keys(context, row, row == nullptr ? nullptr : principal_of(*row));
}

void Service::note_use(const aws::Context& context) const {
  const LastUse use{context.now, context.service, context.region};
  last_use_[context.identity.access_key_id] = use;
  last_use_[context.identity.user_id.substr(0, context.identity.user_id.find(':'))] = use;
}

Verdict Service::with_resource(Verdict own, const Request& request) const {
  const auto found = judges_.find(request.action.substr(0, request.action.find(':')));
  const auto said = found == judges_.end() ? std::nullopt : found->second(request);
  if (!said || own.decision == Decision::explicit_deny) return own;
  constexpr const char* source = "resource-based policy";
  if (said->decision == Decision::explicit_deny) return {Decision::explicit_deny, source};
  const bool names_session = said->itself && request.principal.starts_with("arn:aws:sts::");
  if (own.limited() && acts_in_session(request.principal) && !names_session) return own;
  if (said->decision == Decision::allow && said->alone) return {Decision::allow, source};
  if (said->required && said->decision != Decision::allow) return {Decision::implicit_deny, source};
  return own;
}

Verdict Service::decide(const aws::Context& context, const std::string& action, const std::string& resource,
                        const ConditionKeys& more) const {
  Request request{action, resource, context.identity.arn, condition_keys(context)};
  for (const auto& [name, values] : more) request.context[text::lower(name)] = values;
  return with_resource(evaluate(context, action, resource, more), request);
}

void Service::authorize(const aws::Context& context, const std::string& action,
                        const std::vector<std::string>& asked) const {
  const bool root = context.identity.kind == aws::Identity::Kind::root;
  if (root && judges_.count(action.substr(0, action.find(':'))) == 0) return;
  if (!root) note_use(context);
  // Everyone may ask who they are, and have short-lived keys; what AssumeRole and RetireGrant need depends on the
  // role's trust and on the grant too, and is asked there.
  if (action == "sts:GetCallerIdentity" || action == "sts:GetSessionToken" || action == "sts:AssumeRole" ||
      action == "kms:RetireGrant")
    return;
  if (action.starts_with("iam:") && context.identity.kind == aws::Identity::Kind::federated)
    throw aws::Error("AccessDenied", 403, "Credentials of GetFederationToken cannot call IAM: " + action);
  if (const AccessKey* row = find_key(context.identity.access_key_id);
      action.starts_with("iam:") && context.identity.kind == aws::Identity::Kind::user && row != nullptr &&
      row->expires && !row->mfa)
    throw aws::Error("AccessDenied", 403, "Credentials of GetSessionToken without MFA cannot call IAM: " + action);
  // The account's password policy alone can let users change their own.
  if (const PasswordPolicy* policy = password_policies_.find(context.identity.account, "", "policy");
      action == "iam:ChangePassword" && policy != nullptr && policy->users_may_change &&
      evaluate(context, action, context.identity.arn).decision != Decision::explicit_deny)
    return;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const std::string right = right_to(action, i);
    const Verdict verdict = decide(context, right, asked[i]);
    if (!verdict.allowed())
      throw aws::Error("AccessDenied", 403, sentence(context.identity.arn, right, asked[i], verdict));
  }
}

void Service::authorize_pass_role(const aws::Context& context, const std::string& role_arn,
                                  const std::string& service) const {
  const Verdict verdict = evaluate(context, "iam:PassRole", role_arn, {{"iam:passedtoservice", {service}}});
  if (!verdict.allowed())
    throw aws::Error(wire::kNotAuthorized, 403, sentence(context.identity.arn, "iam:PassRole", role_arn, verdict));
}

const Entity* Service::role_by_arn(const std::string& text) const {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) return nullptr;
  const Entity* role = entities_.find(arn->account, "", "role/" + text::split(arn->resource, '/').back());
  return role != nullptr && role->arn == text ? role : nullptr;
}

bool Service::role_allows(const std::string& role_arn, const std::string& action, const std::string& resource,
                          const ConditionKeys& more) const {
  const Entity* role = role_by_arn(role_arn);
  if (role == nullptr) return false;
  const std::string account = Arn::parse(role_arn)->account;
  aws::Context context;
  context.now = loop_.clock().now();
  context.identity = {aws::Identity::Kind::assumed_role, account, role_arn, role->id, ""};
  Request request{action, resource, role_arn, condition_keys(context, nullptr, role)};
  // Stratus itself asks on the role's behalf: there is no client whose address, agent or region a condition could be
  // about.
  for (const char* name : {"aws:sourceip", "aws:useragent", "aws:requestedregion"}) request.context.erase(name);
  for (const auto& [name, values] : more) request.context[text::lower(name)] = values;
  return with_resource(judge(permissions_of(account, *role), request), request).allowed();
}

bool Service::role_trusts(const std::string& role_arn, const std::string& service) const {
  const Entity* role = role_by_arn(role_arn);
  if (role == nullptr) return false;
  const std::string account = Arn::parse(role_arn)->account;
  Request request{
      "sts:AssumeRole", role_arn, service, {{"aws:sourceaccount", {account}}, {"aws:principalisawsservice", {"true"}}}};
  return parsed(role->trust, true).decide(request) == Decision::allow;
}

}  // namespace stratus::services::iam
