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
  if (out.decision != iam::Decision::implicit_deny && out.alone) return out;
  for (const Grant* grant : grants_.list(where.account, where.region))
    if (out.decision != iam::Decision::explicit_deny && grant->key_id == where.id &&
        std::find(grant->operations.begin(), grant->operations.end(), request.action.substr(4)) !=
            grant->operations.end() &&
        is_principal(grant->grantee, request.principal)) {
      out.decision = iam::Decision::allow;
      out.alone = true;
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

k::RetireGrantResponse Service::retire_grant(aws::Context& context, const k::RetireGrantRequest& request) {
  if (!request.grant_token && !(request.grant_id && request.key_id))
    throw aws::Error("ValidationException", 400, "A grant token, or a grant ID and a key ID are required");
  for (const Grant* row : grants_.list(context.account, context.region)) {
    if (request.grant_token ? row->token != *request.grant_token : row->id != *request.grant_id) continue;
    if (request.key_id && key(context.account, context.region, *request.key_id).metadata.key_id != row->key_id) break;
    const bool root = context.identity.kind == aws::Identity::Kind::root;
    if (!root && !(!row->retiring.empty() && is_principal(row->retiring, context.identity.arn)) &&
        !is_principal(row->grantee, context.identity.arn))
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
