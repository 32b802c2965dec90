// AWS Security Token Service.
#include <stdexcept>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {

namespace s = aws::sts;

namespace {

constexpr std::size_t kSessionPolicyQuota = 2048;  // characters
constexpr std::size_t kPolicyArnQuota = 10;
constexpr std::int32_t kChainedSeconds = 3600;

}  // namespace

std::vector<std::string> Sts::resources(const aws::Context&, const aws::Operation& operation, const void* request) {
  if (std::string_view(operation.name) == "AssumeRole")
    return {static_cast<const s::AssumeRoleRequest*>(request)->role_arn.value_or("*")};
  return {"*"};
}

s::GetCallerIdentityResponse Sts::get_caller_identity(aws::Context& context, const s::GetCallerIdentityRequest&) {
  return {.user_id = context.identity.user_id, .account = context.account, .arn = context.identity.arn};
}

void Sts::check_may_assume(const aws::Context& context, const s::AssumeRoleRequest& request, const Entity* role,
                           bool mfa) const {
  const auto ask = [&](const std::string& action) {
    const aws::Error denied("AccessDenied", 403,
                            "User: " + context.identity.arn + " is not authorized to perform: " + action +
                                " on resource: " + *request.role_arn);
    // A role that is not there is refused like one that does not trust the caller: who may not assume it need not know.
    if (role == nullptr) throw denied;
    ConditionKeys keys = {{"sts:rolesessionname", {*request.role_session_name}}};
    if (mfa) {
      keys["aws:multifactorauthpresent"] = {"true"};
      keys["aws:multifactorauthage"] = {"0"};
    }
    if (request.external_id) keys["sts:externalid"] = {*request.external_id};
    if (request.tags)
      for (const auto& tag : *request.tags) {
        keys["aws:requesttag/" + text::lower(*tag.key)] = {*tag.value};
        keys["aws:tagkeys"].push_back(*tag.key);
      }
    const Verdict own = iam_.evaluate(context, action, *request.role_arn, keys);
    if (own.decision == Decision::explicit_deny) throw denied;
    Request question{action, *request.role_arn, context.identity.arn, keys};
    question.context["aws:principalarn"] = {context.identity.arn};
    question.context["aws:principalaccount"] = {context.identity.account};
    question.context["aws:sourceip"] = {context.source_ip};
    question.context["aws:userid"] = {context.identity.user_id};
    const Policy& trust = parsed(role->trust, true);
    if (trust.decide(question) != Decision::allow) throw denied;
    // Within an account, a trust policy that names the caller is enough; one that names the account leaves it to the
    // caller's own policies.
    const bool same_account = Arn::parse(*request.role_arn)->account == context.identity.account;
    const auto naming =
        own.limited() && acts_in_session(context.identity.arn) ? Policy::Naming::itself : Policy::Naming::role_or_user;
    if (!own.allowed() && !(same_account && trust.decide_named(question, naming) == Decision::allow)) throw denied;
  };
  ask("sts:AssumeRole");
  if (request.tags && !request.tags->empty()) ask("sts:TagSession");
}

bool Sts::took_code(const aws::Context& context, const std::optional<std::string>& serial,
                    const std::optional<std::string>& code) {
  if (!serial && !code) return false;
  const Entity* user = iam_.calling_user(context);
  if (!serial || !code || user == nullptr || !iam_.take_code(context, *user, *serial, *code))
    throw aws::Error("AccessDenied", 403, "MultiFactorAuthentication failed with invalid MFA one time pass code.");
  return true;
}

std::vector<std::string> Sts::session_policies(const std::string& account, const std::optional<std::string>& policy,
                                               const std::optional<std::vector<s::PolicyDescriptorType>>& arns) const {
  std::vector<std::string> out;
  if (policy) {
    if (policy->size() > kSessionPolicyQuota)
      throw s::errors::PackedPolicyTooLargeException("The session policy is larger than " +
                                                     std::to_string(kSessionPolicyQuota) + " characters.");
    try {
      const Policy checked(*policy);
    } catch (const std::invalid_argument& e) {
      throw s::errors::MalformedPolicyDocumentException(e.what());
    }
    out.push_back(*policy);
  }
  if (!arns) return out;
  if (arns->size() > kPolicyArnQuota)
    throw aws::Error("ValidationError", 400, "At most 10 managed policies can be passed as session policies.");
  for (const auto& one : *arns) {
    const auto document = iam_.policy_document(account, one.arn.value_or(""));
    if (!document) throw aws::Error("ValidationError", 400, "The policy " + one.arn.value_or("") + " cannot be found.");
    out.push_back(*document);
  }
  return out;
}

s::AssumeRoleResponse Sts::assume_role(aws::Context& context, const s::AssumeRoleRequest& request) {
  if (request.source_identity) throw aws::not_implemented("AssumeRole: SourceIdentity");
  if (request.provided_contexts && !request.provided_contexts->empty())
    throw aws::not_implemented("AssumeRole: ProvidedContexts");
  if (request.transitive_tag_keys && !request.transitive_tag_keys->empty())
    throw aws::not_implemented("AssumeRole: TransitiveTagKeys");
  if (!Arn::parse(*request.role_arn)) throw aws::Error("ValidationError", 400, *request.role_arn + " is invalid");
  const Entity* role = iam_.role_by_arn(*request.role_arn);
  const bool mfa = took_code(context, request.serial_number, request.token_code);
  check_may_assume(context, request, role, mfa);
  const std::int32_t seconds = request.duration_seconds.value_or(3600);
  if (context.identity.kind == aws::Identity::Kind::assumed_role && seconds > kChainedSeconds)
    throw aws::Error(
        "ValidationError", 400,
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  if (seconds > role->max_session_seconds)
    throw aws::Error("ValidationError", 400,
                     "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");

  const std::string account = Arn::parse(*request.role_arn)->account;
  SessionRequest session{.account = account,
                         .role = role,
                         .user = nullptr,
                         .name = *request.role_session_name,
                         .lifetime = std::chrono::seconds(seconds),
                         .policies = {},
                         .tags = {}};
  session.policies = session_policies(account, request.policy, request.policy_arns);
  if (request.tags)
    for (const auto& tag : *request.tags) session.tags[*tag.key] = *tag.value;
  const Session made = iam_.new_session(session);
  s::AssumeRoleResponse out{
      .credentials = s::Credentials{.access_key_id = made.access_key_id,
                                    .secret_access_key = made.secret,
                                    .session_token = made.token,
                                    .expiration = made.expires},
      .assumed_role_user = s::AssumedRoleUser{
          .assumed_role_id = role->id + ":" + *request.role_session_name,
          .arn = make_arn("sts", "", account, "assumed-role/" + role->name + "/" + *request.role_session_name)}};
  // Percent of what a session may carry, told where it carries anything.
  std::size_t size = request.policy ? request.policy->size() : 0;
  for (const auto& [name, value] : session.tags) size += name.size() + value.size();
  if (size != 0)
    out.packed_policy_size = static_cast<std::int32_t>((size * 100 + kSessionPolicyQuota - 1) / kSessionPolicyQuota);
  return out;
}

s::GetSessionTokenResponse Sts::get_session_token(aws::Context& context, const s::GetSessionTokenRequest& request) {
  if (iam_.is_session(context))
    throw aws::Error("AccessDenied", 403, "Cannot call GetSessionToken with session credentials");
  const bool mfa = took_code(context, request.serial_number, request.token_code);
  const bool root = context.identity.kind == aws::Identity::Kind::root;
  // A root's sessions last an hour at most.
  const std::int32_t seconds =
      root ? std::min(request.duration_seconds.value_or(3600), 3600) : request.duration_seconds.value_or(43'200);
  const Session made = iam_.new_session({.account = context.account,
                                         .role = nullptr,
                                         .user = iam_.calling_user(context),
                                         .name = "",
                                         .lifetime = std::chrono::seconds(seconds),
                                         .policies = {},
                                         .tags = {},
                                         .mfa = mfa});
  return {.credentials = s::Credentials{.access_key_id = made.access_key_id,
                                        .secret_access_key = made.secret,
                                        .session_token = made.token,
                                        .expiration = made.expires}};
}

s::GetFederationTokenResponse Sts::get_federation_token(aws::Context& context,
                                                        const s::GetFederationTokenRequest& request) {
  if (iam_.is_session(context))
    throw aws::Error("AccessDenied", 403, "Cannot call GetFederationToken with session credentials");
  const bool root = context.identity.kind == aws::Identity::Kind::root;
  const std::int32_t seconds =
      root ? std::min(request.duration_seconds.value_or(3600), 3600) : request.duration_seconds.value_or(43'200);
  SessionRequest session{.account = context.account,
                         .role = nullptr,
                         .user = iam_.calling_user(context),
                         .name = *request.name,
                         .lifetime = std::chrono::seconds(seconds),
                         .policies = session_policies(context.account, request.policy, request.policy_arns),
                         .tags = {},
                         .federated = true};
  if (request.tags)
    for (const auto& tag : *request.tags) session.tags[*tag.key] = *tag.value;
  const std::size_t size = request.policy ? request.policy->size() : 0;
  const Session made = iam_.new_session(session);
  return {.credentials = s::Credentials{.access_key_id = made.access_key_id,
                                        .secret_access_key = made.secret,
                                        .session_token = made.token,
                                        .expiration = made.expires},
          .federated_user =
              s::FederatedUser{.federated_user_id = context.account + ":" + *request.name,
                               .arn = make_arn("sts", "", context.account, "federated-user/" + *request.name)},
          .packed_policy_size = static_cast<std::int32_t>(size * 100 / kSessionPolicyQuota)};
}

s::GetAccessKeyInfoResponse Sts::get_access_key_info(aws::Context&, const s::GetAccessKeyInfoRequest& request) {
  const std::string account = iam_.account_of_key(*request.access_key_id);
  if (account.empty()) throw aws::Error("ValidationError", 400, "Invalid access key id: " + *request.access_key_id);
  return {.account = account};
}

}  // namespace stratus::services::iam
