// AWS Security Token Service.
#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {

namespace s = aws::sts;

s::GetCallerIdentityResponse Sts::get_caller_identity(aws::Context& context, const s::GetCallerIdentityRequest&) {
  return {.user_id = context.identity.user_id, .account = context.account, .arn = context.identity.arn};
}

s::AssumeRoleResponse Sts::assume_role(aws::Context& context, const s::AssumeRoleRequest& request) {
  if (request.serial_number || request.token_code)
    throw aws::not_implemented("AssumeRole: SerialNumber and TokenCode (MFA)");
  if (request.policy_arns && !request.policy_arns->empty()) throw aws::not_implemented("AssumeRole: PolicyArns");
  if (request.tags && !request.tags->empty()) throw aws::not_implemented("AssumeRole: Tags");
  const Entity* role = iam_.role_by_arn(*request.role_arn);
  const aws::Error denied("AccessDenied", 403,
                          "User: " + context.identity.arn +
                              " is not authorized to perform: sts:AssumeRole on resource: " + *request.role_arn);
  if (role == nullptr) throw denied;
  Request question;
  question.action = "sts:AssumeRole";
  question.resource = *request.role_arn;
  question.principal = context.identity.arn;
  question.context["aws:principalarn"] = {context.identity.arn};
  if (request.external_id) question.context["sts:externalid"] = {*request.external_id};
  if (Policy(role->trust, true).decide(question) != Decision::allow) throw denied;
  const std::int32_t seconds = request.duration_seconds.value_or(3600);
  if (seconds > role->max_session_seconds)
    throw aws::Error("ValidationError", 400,
                     "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  if (request.policy) {
    try {
      const Policy checked(*request.policy);
    } catch (const std::invalid_argument& e) {
      throw s::errors::MalformedPolicyDocumentException(e.what());
    }
  }
  const std::string account = Arn::parse(*request.role_arn)->account;
  const auto session = iam_.new_session(account, role, "", *request.role_session_name, std::chrono::seconds(seconds),
                                        request.policy.value_or(""));
  return {.credentials = s::Credentials{.access_key_id = session.access_key_id,
                                        .secret_access_key = session.secret,
                                        .session_token = session.token,
                                        .expiration = session.expires},
          .assumed_role_user = s::AssumedRoleUser{
              .assumed_role_id = role->id + ":" + *request.role_session_name,
              .arn = make_arn("sts", "", account, "assumed-role/" + role->name + "/" + *request.role_session_name)}};
}

s::GetSessionTokenResponse Sts::get_session_token(aws::Context& context, const s::GetSessionTokenRequest& request) {
  if (request.serial_number || request.token_code)
    throw aws::not_implemented("GetSessionToken: SerialNumber and TokenCode (MFA)");
  if (context.identity.kind == aws::Identity::Kind::assumed_role)
    throw aws::Error("AccessDenied", 403, "Cannot call GetSessionToken with session credentials");
  const std::string user =
      context.identity.kind == aws::Identity::Kind::user ? text::split(context.identity.arn, '/').back() : "";
  const auto session = iam_.new_session(context.account, nullptr, user, "",
                                        std::chrono::seconds(request.duration_seconds.value_or(43'200)), "");
  return {.credentials = s::Credentials{.access_key_id = session.access_key_id,
                                        .secret_access_key = session.secret,
                                        .session_token = session.token,
                                        .expiration = session.expires}};
}

s::GetAccessKeyInfoResponse Sts::get_access_key_info(aws::Context&, const s::GetAccessKeyInfoRequest& request) {
  const std::string account = iam_.account_of_key(*request.access_key_id);
  if (account.empty())
    throw aws::Error("ValidationError", 400, "The access key id " + *request.access_key_id + " is not known.");
  return {.account = account};
}

}  // namespace stratus::services::iam
