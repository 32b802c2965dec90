// Grants, and what a key's policy and grants say about a call.
#include "stratus/core/arn.h"
#include "stratus/core/crypto.h"
#include "stratus/services/iam/policy.h"
#include "stratus/services/kms/paging.h"
#include "stratus/services/kms/service.h"

namespace stratus::services::kms {

namespace k = aws::kms;

namespace {

/// Whether a grant's principal is who calls: itself, or the role of its session.
bool is_principal(const std::string& granted, const std::string& caller) {
  const iam::Policy policy(
      R"({"Statement":{"Effect":"Allow","Principal":{"AWS":")" + granted + R"("},"Action":"kms:x","Resource":"*"}})",
      true);
  return policy.decide({"kms:x", "*", caller, {}}) == iam::Decision::allow;
}

void check_principal(const std::string& principal) {
  if (!principal.starts_with("arn:") && !principal.ends_with(".amazonaws.com"))
    throw k::errors::InvalidArnException("The principal " + principal + " is not a valid ARN.");
  if (principal.find_first_of("\"\\") != std::string::npos)
    throw k::errors::InvalidArnException("The principal is not a valid ARN.");
}

}  // namespace

std::optional<iam::ResourceVerdict> Service::judge(const iam::Request& request) const {
  const auto arn = Arn::parse(request.resource);
  if (!arn || !arn->resource.starts_with("key/")) return std::nullopt;
  const state::Key where{arn->account, arn->region, arn->resource.substr(4)};
  const Key* found = keys_.find(where);
  if (found == nullptr) return std::nullopt;
  // Nothing but the key's own policy opens a key; IAM's policies count where it lets the account use them.
  iam::ResourceVerdict out = iam::judge_resource(found->policy, request);
  out.required = true;
  // RetireGrant asks about one grant, which a request does not name: `retire_grant` looks at it.
  if (out.decision == iam::Decision::explicit_deny || request.action == "kms:RetireGrant") return out;
  for (const Grant* grant : grants_.list(where.account, where.region))
    if (grant->key_id == where.id &&
        std::find(grant->operations.begin(), grant->operations.end(), request.action.substr(4)) !=
            grant->operations.end() &&
        is_principal(grant->grantee, request.principal)) {
      out.decision = iam::Decision::allow;
      out.alone = true;
      out.itself = out.itself || grant->grantee == request.principal;
    }
  return out;
}

k::CreateGrantResponse Service::create_grant(aws::Context& context, const k::CreateGrantRequest& request) {
  const Key& found = enabled_key(context.account, context.region, *request.key_id);
  check_principal(*request.grantee_principal);
  if (request.retiring_principal) check_principal(*request.retiring_principal);
  // Conditions on encryption contexts are judged where nobody knows the context: a grant with them would be obeyed
  // never.
  if (request.constraints) throw aws::not_implemented("CreateGrant: Constraints");
  Grant row{.key_id = *found.metadata.key_id,
            .name = request.name.value_or(""),
            .grantee = *request.grantee_principal,
            .retiring = request.retiring_principal.value_or(""),
            .operations = *request.operations,
            .created = context.now};
  // The same request by name again is the same grant.
  if (!row.name.empty())
    for (const Grant* other : grants_.list(context.account, context.region))
      if (other->name == row.name && other->key_id == row.key_id && other->grantee == row.grantee &&
          other->retiring == row.retiring && other->operations == row.operations)
        return {.grant_token = other->token, .grant_id = other->id};
  row.id = random_.hex(64);
  row.token = random_.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 160);
  const state::Key where{context.account, context.region, row.id};
  const Grant& made = grants_.put(where, std::move(row));
  return {.grant_token = made.token, .grant_id = made.id};
}

k::GrantListEntry Service::describe(const state::Key& where, const Grant& row) const {
  k::GrantListEntry out{.key_id = make_arn("kms", where.region, where.account, "key/" + row.key_id),
                        .grant_id = row.id,
                        .name = row.name,
                        .creation_date = row.created,
                        .grantee_principal = row.grantee};
  if (!row.retiring.empty()) out.retiring_principal = row.retiring;
  out.issuing_account = "arn:aws:iam::" + where.account + ":root";
  out.operations = row.operations;
  return out;
}

k::ListGrantsResponse Service::list_grants(aws::Context& context, const k::ListGrantsRequest& request) {
  const Key& found = key(context.account, context.region, *request.key_id);
  std::vector<k::GrantListEntry> out;
  for (const Grant* row : grants_.list(context.account, context.region))
    if (row->key_id == *found.metadata.key_id && (!request.grant_id || row->id == *request.grant_id) &&
        (!request.grantee_principal || row->grantee == *request.grantee_principal))
      out.push_back(describe({context.account, context.region, row->id}, *row));
  if (request.grant_id && out.empty())
    throw k::errors::InvalidGrantIdException("Grant ID " + *request.grant_id + " not found");
  auto [items, next] = page(std::move(out), request.marker, request.limit, 50);
  return {.grants = std::move(items), .next_marker = next, .truncated = next.has_value()};
}

k::ListGrantsResponse Service::list_retirable_grants(aws::Context& context,
                                                     const k::ListRetirableGrantsRequest& request) {
  std::vector<k::GrantListEntry> out;
  for (const Grant* row : grants_.list(context.account, context.region))
    if (row->retiring == *request.retiring_principal)
      out.push_back(describe({context.account, context.region, row->id}, *row));
  auto [items, next] = page(std::move(out), request.marker, request.limit, 50);
  return {.grants = std::move(items), .next_marker = next, .truncated = next.has_value()};
}

k::RevokeGrantResponse Service::revoke_grant(aws::Context& context, const k::RevokeGrantRequest& request) {
  const Key& found = key(context.account, context.region, *request.key_id);
  const Grant* row = grants_.find(context.account, context.region, *request.grant_id);
  if (row == nullptr || row->key_id != *found.metadata.key_id)
    throw k::errors::NotFoundException("Grant ID " + *request.grant_id + " not found");
  grants_.erase({context.account, context.region, *request.grant_id});
  return {};
}

bool Service::may_retire(const aws::Context& context, const Grant& grant) const {
  const std::string& who = context.identity.arn;
  const bool root = context.identity.kind == aws::Identity::Kind::root;
  const iam::Verdict verdict = judgement_
                                   ? judgement_(context, "kms:RetireGrant",
                                                make_arn("kms", context.region, context.account, "key/" + grant.key_id))
                                   : iam::Verdict{};
  if (verdict.decision == iam::Decision::explicit_deny) return false;
  if (verdict.allowed() || root) return true;
  const auto names = [&](const std::string& granted) {
    // What names a role does not lift the limits of its sessions.
    return verdict.limited() && iam::acts_in_session(who) ? granted == who
                                                          : !granted.empty() && is_principal(granted, who);
  };
  const bool by_grantee =
      std::find(grant.operations.begin(), grant.operations.end(), "RetireGrant") != grant.operations.end();
  return names(grant.retiring) || (by_grantee && names(grant.grantee));
}

k::RetireGrantResponse Service::retire_grant(aws::Context& context, const k::RetireGrantRequest& request) {
  if (!request.grant_token && !(request.grant_id && request.key_id))
    throw aws::Error("ValidationException", 400, "A grant token, or a grant ID and a key ID are required");
  for (const Grant* row : grants_.list(context.account, context.region)) {
    if (request.grant_token ? row->token != *request.grant_token : row->id != *request.grant_id) continue;
    if (request.key_id && key(context.account, context.region, *request.key_id).metadata.key_id != row->key_id) break;
    if (!may_retire(context, *row))
      throw aws::Error("AccessDeniedException", 400,
                       "User: " + context.identity.arn + " is not authorized to perform: kms:RetireGrant");
    const std::string id = row->id;
    grants_.erase({context.account, context.region, id});
    return {};
  }
  if (request.grant_token)
    throw k::errors::InvalidGrantTokenException("Grant token " + *request.grant_token + " not found");
  throw k::errors::NotFoundException("Grant ID " + *request.grant_id + " not found");
}

}  // namespace stratus::services::kms
