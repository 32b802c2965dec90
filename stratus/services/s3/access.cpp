#include "stratus/services/s3/access.h"

#include <boost/json.hpp>

#include "stratus/core/crypto.h"
#include "stratus/core/text.h"

namespace stratus::services::s3 {
namespace {

namespace json = boost::json;
using Kind = aws::Identity::Kind;

constexpr const char* kEveryone = "http://acs.amazonaws.com/groups/global/AllUsers";
constexpr const char* kSignedIn = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

/// The permission of an ACL that allows an action; "" where no ACL can.
std::string_view acl_permission(std::string_view action) {
  if (action == "s3:ListBucket" || action == "s3:ListBucketVersions" || action == "s3:ListBucketMultipartUploads" ||
      action == "s3:GetObject" || action == "s3:GetObjectVersion")
    return "READ";
  if (action == "s3:PutObject" || action == "s3:DeleteObject") return "WRITE";
  if (action == "s3:GetBucketAcl" || action == "s3:GetObjectAcl") return "READ_ACP";
  if (action == "s3:PutBucketAcl" || action == "s3:PutObjectAcl") return "WRITE_ACP";
  return "";
}

bool granted(const std::vector<api::Grant>& grants, const aws::Context& context, std::string_view permission,
             bool ignore_public) {
  const bool anonymous = context.identity.kind == Kind::anonymous;
  for (const api::Grant& grant : grants) {
    if (grant.permission != permission && grant.permission != "FULL_CONTROL") continue;
    if (grant.grantee->uri) {
      if (!ignore_public && (*grant.grantee->uri == kEveryone || (*grant.grantee->uri == kSignedIn && !anonymous)))
        return true;
    } else if (!anonymous && grant.grantee->id == canonical_id(context.identity.account)) {
      return true;
    }
  }
  return false;
}

bool acl_allows(const aws::Context& context, const Bucket& bucket, const Question& question) {
  if (bucket.acls_disabled()) return false;
  const auto permission = acl_permission(question.action);
  if (permission.empty()) return false;
  const bool ignore_public = bucket.public_access && bucket.public_access->ignore_public_acls.value_or(false);
  const bool of_object = question.action == "s3:GetObject" || question.action == "s3:GetObjectVersion" ||
                         question.action == "s3:GetObjectAcl" || question.action == "s3:PutObjectAcl";
  if (of_object)
    return question.object_grants != nullptr && granted(*question.object_grants, context, permission, ignore_public);
  return granted(bucket.grants, context, permission, ignore_public);
}

std::string denial(const aws::Context& context, const Question& question, const std::string& why) {
  return "User: " + context.identity.arn + " is not authorized to perform: " + question.action + " on resource: \"" +
         question.resource + "\" " + why;
}

bool is_policy_action(std::string_view action) {
  return action == "s3:GetBucketPolicy" || action == "s3:PutBucketPolicy" || action == "s3:DeleteBucketPolicy";
}

/// What only the owner's account may do, whatever a policy says.
bool owner_only(std::string_view action) { return is_policy_action(action); }

/// A condition narrows a statement where it pins one of these keys to values without wildcards.
bool narrows(const json::object& conditions) {
  static const std::vector<std::string> keys = {"aws:sourceip",
                                                "aws:sourcearn",
                                                "aws:sourcevpc",
                                                "aws:sourcevpce",
                                                "aws:sourceowner",
                                                "aws:sourceaccount",
                                                "aws:userid",
                                                "aws:principalorgid",
                                                "aws:principalorgpaths",
                                                "aws:principalarn",
                                                "aws:principalaccount",
                                                "s3:dataaccesspointarn",
                                                "s3:dataaccesspointaccount",
                                                "aws:sourceorgid"};
  for (const auto& [op, tests] : conditions) {
    const std::string name = text::lower(std::string_view(op.data(), op.size()));
    if (name.find("not") != std::string::npos || !tests.is_object()) continue;
    for (const auto& [key, wanted] : tests.as_object()) {
      if (std::find(keys.begin(), keys.end(), text::lower(std::string_view(key.data(), key.size()))) == keys.end())
        continue;
      const json::array values = wanted.is_array() ? wanted.as_array() : json::array{wanted};
      const bool fixed = std::all_of(values.begin(), values.end(), [](const json::value& value) {
        return value.is_string() && value.as_string().find('*') == json::string::npos &&
               value.as_string().find('?') == json::string::npos && value != "0.0.0.0/0" && value != "::/0";
      });
      if (fixed && !values.empty()) return true;
    }
  }
  return false;
}

bool names_everyone(const json::value& principal) {
  if (principal == "*") return true;
  if (principal.is_array())
    return std::any_of(principal.as_array().begin(), principal.as_array().end(), names_everyone);
  if (!principal.is_object()) return false;
  const auto* aws = principal.as_object().if_contains("AWS");
  return aws != nullptr && names_everyone(*aws);
}

}  // namespace

std::string canonical_id(const std::string& account) { return crypto::sha256_hex("canonical user of " + account); }

bool is_public(const std::vector<api::Grant>& grants) {
  return std::any_of(grants.begin(), grants.end(), [](const api::Grant& grant) {
    return grant.grantee && (grant.grantee->uri == kEveryone || grant.grantee->uri == kSignedIn);
  });
}

bool is_public(const std::string& policy) {
  boost::system::error_code error;
  const json::value root = json::parse(policy, error);
  if (error || !root.is_object()) return false;
  const auto* list = root.as_object().if_contains("Statement");
  if (list == nullptr) return false;
  const json::array statements = list->is_array() ? list->as_array() : json::array{*list};
  for (const auto& item : statements) {
    if (!item.is_object()) continue;
    const json::object& statement = item.as_object();
    const auto* effect = statement.if_contains("Effect");
    if (effect == nullptr || *effect != "Allow") continue;
    const auto* principal = statement.if_contains("Principal");
    const bool everyone = principal != nullptr ? names_everyone(*principal) : statement.contains("NotPrincipal");
    if (!everyone) continue;
    const auto* condition = statement.if_contains("Condition");
    if (condition == nullptr || !condition->is_object() || !narrows(condition->as_object())) return true;
  }
  return false;
}

Answer decide(const iam::Service& iam, const aws::Context& context, const Bucket* bucket, const Question& question) {
  const aws::Identity& who = context.identity;
  const std::string plain = "Access Denied";
  if (bucket == nullptr) {
    if (who.kind == Kind::anonymous) return {false, plain};
    const iam::Verdict verdict = iam.evaluate(context, question.action, question.resource, question.keys);
    if (verdict.allowed()) return {true, ""};
    return {false, denial(context, question,
                          verdict.decision == iam::Decision::explicit_deny
                              ? "with an explicit deny in an identity-based policy"
                              : "because no identity-based policy allows the " + question.action + " action")};
  }
  iam::Request request{question.action, question.resource, who.arn, {}};
  if (who.kind != Kind::service) request.context = iam.condition_keys(context);
  if (who.kind == Kind::anonymous)
    for (const char* key : {"aws:principalarn", "aws:principalaccount", "aws:userid"}) request.context.erase(key);
  for (const auto& [name, values] : question.keys) request.context[text::lower(name)] = values;
  iam::Decision by_policy = iam::Decision::implicit_deny, named = by_policy;
  if (!bucket->policy.empty()) {
    const iam::Policy& policy = iam::parsed(bucket->policy, true);
    by_policy = policy.decide(request);
    named = policy.decide_named(request);
  }
  const bool same = who.kind != Kind::anonymous && who.kind != Kind::service && who.account == bucket->account;
  if (by_policy == iam::Decision::explicit_deny) {
    // The owner's root can always mend a policy that locks everyone out.
    if (same && who.kind == Kind::root && is_policy_action(question.action)) return {true, ""};
    return {false, same ? denial(context, question, "with an explicit deny in a resource-based policy") : plain};
  }
  if (!same && bucket->public_access && bucket->public_access->restrict_public_buckets.value_or(false) &&
      who.kind != Kind::service && is_public(bucket->policy))
    by_policy = named = iam::Decision::implicit_deny;
  const bool shared =
      !owner_only(question.action) && (by_policy == iam::Decision::allow || acl_allows(context, *bucket, question));
  if (who.kind == Kind::anonymous || who.kind == Kind::service) return {shared, plain};
  const iam::Verdict verdict = iam.evaluate(context, question.action, question.resource, request.context);
  if (verdict.decision == iam::Decision::explicit_deny)
    return {false,
            same ? denial(context, question, std::string("with an explicit deny in an ") + verdict.source) : plain};
  if (!same) return {verdict.allowed() && shared, plain};
  if (verdict.allowed() ||
      (named == iam::Decision::allow && std::string_view(verdict.source) == "identity-based policy"))
    return {true, ""};
  return {false, denial(context, question,
                        std::string("because no ") + verdict.source + " allows the " + question.action + " action")};
}

}  // namespace stratus::services::s3
