// The account itself: its alias and its counts; simulation of policies.
#include <algorithm>
#include <stdexcept>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/listing.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {

im::CreateAccountAliasResponse Service::create_account_alias(aws::Context& context,
                                                             const im::CreateAccountAliasRequest& request) {
  // An alias names one account of all.
  for (const auto& [where, row] : aliases_.all())
    if (row->alias == *request.account_alias && where.account != context.account)
      throw im::errors::EntityAlreadyExistsException("The account alias " + *request.account_alias +
                                                     " already exists.");
  aliases_.put({context.account, "", "alias"}, {*request.account_alias});
  return {};
}

im::DeleteAccountAliasResponse Service::delete_account_alias(aws::Context& context,
                                                             const im::DeleteAccountAliasRequest& request) {
  const AccountAlias* row = aliases_.find(context.account, "", "alias");
  if (row == nullptr || row->alias != *request.account_alias)
    throw im::errors::NoSuchEntityException("The account alias " + *request.account_alias + " cannot be found.");
  aliases_.erase({context.account, "", "alias"});
  return {};
}

im::ListAccountAliasesResponse Service::list_account_aliases(aws::Context& context,
                                                             const im::ListAccountAliasesRequest&) {
  im::ListAccountAliasesResponse out{.account_aliases = std::vector<std::string>{}, .is_truncated = false};
  if (const AccountAlias* row = aliases_.find(context.account, "", "alias")) out.account_aliases->push_back(row->alias);
  return out;
}

im::GetAccountSummaryResponse Service::get_account_summary(aws::Context& context, const im::GetAccountSummaryRequest&) {
  const auto count = [&](Kind kind) {
    return static_cast<std::int32_t>(entities(context.account, kind, std::nullopt).size());
  };
  const auto size = [](const auto& rows) { return static_cast<std::int32_t>(rows.size()); };
  std::int32_t versions = 0;
  const auto own = policies_.list(context.account, "");
  for (const ManagedPolicy* row : own) versions += size(row->versions);
  const auto devices = mfa_devices_.list(context.account, "");
  const auto in_use = static_cast<std::int32_t>(
      std::count_if(devices.begin(), devices.end(), [](const MfaDevice* d) { return !d->user_id.empty(); }));
  return {
      .summary_map = std::map<std::string, std::int32_t>{
          {"Users", count(Kind::user)},
          {"Groups", count(Kind::group)},
          {"Roles", count(Kind::role)},
          {"Policies", size(own)},
          {"PolicyVersionsInUse", versions},
          {"InstanceProfiles", size(profiles_.list(context.account, ""))},
          {"Providers", size(providers_.list(context.account, "")) + size(saml_providers_.list(context.account, ""))},
          {"AccountMFAEnabled", 0},
          {"AccountAccessKeysPresent", 0},
          {"AccountPasswordPresent", 1},
          {"AccountSigningCertificatesPresent", 0},
          {"MFADevices", size(devices)},
          {"MFADevicesInUse", in_use},
          {"ServerCertificates", size(server_certificates_.list(context.account, ""))},
          {"UsersQuota", kUserQuota},
          {"GroupsQuota", kGroupQuota},
          {"RolesQuota", kRoleQuota},
          {"PoliciesQuota", kPolicyQuota},
          {"PolicyVersionsInUseQuota", 10'000},
          {"InstanceProfilesQuota", kInstanceProfileQuota},
          {"ServerCertificatesQuota", 20},
          {"SigningCertificatesPerUserQuota", 2},
          {"GlobalEndpointTokenVersion", 1},
          {"AccessKeysPerUserQuota", 2},
          {"GroupsPerUserQuota", 10},
          {"AttachedPoliciesPerUserQuota", 10},
          {"AttachedPoliciesPerGroupQuota", 10},
          {"AttachedPoliciesPerRoleQuota", 10},
          {"VersionsPerPolicyQuota", 5},
          {"PolicySizeQuota", 6144},
          {"UserPolicySizeQuota", 2048},
          {"GroupPolicySizeQuota", 5120},
          {"RolePolicySizeQuota", 10240},
          {"AssumeRolePolicySizeQuota", 2048}}};
}

// No operation here gives a user credentials of another service, so that there are none. Terraform asks before it
// deletes a user.

im::ListServiceSpecificCredentialsResponse Service::list_service_specific_credentials(
    aws::Context& context, const im::ListServiceSpecificCredentialsRequest& request) {
  if (request.user_name) entity(context, Kind::user, *request.user_name);
  return {.service_specific_credentials = std::vector<im::ServiceSpecificCredentialMetadata>{}};
}

std::vector<im::EvaluationResult> Service::simulate(const Permissions& permissions, const std::string& caller,
                                                    const std::vector<std::string>& actions,
                                                    const std::optional<std::vector<std::string>>& asked,
                                                    const std::optional<std::vector<im::ContextEntry>>& entries) const {
  Request request;
  request.principal = caller;
  if (entries)
    for (const auto& entry : *entries)
      if (entry.context_key_name)
        request.context[text::lower(*entry.context_key_name)] =
            entry.context_key_values.value_or(std::vector<std::string>{});
  std::vector<im::EvaluationResult> out;
  for (const auto& action : actions)
    for (const auto& resource : asked && !asked->empty() ? *asked : std::vector<std::string>{"*"}) {
      request.action = action;
      request.resource = resource;
      const Verdict verdict = judge(permissions, request);
      im::EvaluationResult result{.eval_action_name = action, .eval_resource_name = resource};
      result.eval_decision = verdict.allowed()                             ? "allowed"
                             : verdict.decision == Decision::explicit_deny ? "explicitDeny"
                                                                           : "implicitDeny";
      result.matched_statements = std::vector<im::Statement>{};
      result.missing_context_values = std::vector<std::string>{};
      if (permissions.boundary)
        result.permissions_boundary_decision_detail = im::PermissionsBoundaryDecisionDetail{
            .allowed_by_permissions_boundary = iam::decide({*permissions.boundary}, request) == Decision::allow};
      out.push_back(std::move(result));
    }
  return out;
}

namespace {

/// Documents that came with a request: they must parse before they are judged.
void check_all(const std::vector<std::string>& documents) {
  try {
    for (const auto& document : documents) const Policy checked(document);
  } catch (const std::invalid_argument& e) {
    throw im::errors::InvalidInputException(e.what());
  }
}

template <class Input>
void refuse_what_is_not_simulated(const Input& request, const char* operation) {
  if (request.resource_policy) throw aws::not_implemented(std::string(operation) + ": ResourcePolicy");
  if (request.resource_handling_option) throw aws::not_implemented(std::string(operation) + ": ResourceHandlingOption");
}

}  // namespace

im::SimulatePolicyResponse Service::simulate_custom_policy(aws::Context&,
                                                           const im::SimulateCustomPolicyRequest& request) {
  refuse_what_is_not_simulated(request, "SimulateCustomPolicy");
  Permissions permissions;
  permissions.identity = *request.policy_input_list;
  if (request.permissions_boundary_policy_input_list && !request.permissions_boundary_policy_input_list->empty())
    permissions.boundary = request.permissions_boundary_policy_input_list->front();
  check_all(permissions.identity);
  if (permissions.boundary) check_all({*permissions.boundary});
  im::SimulatePolicyResponse out{.evaluation_results =
                                     simulate(permissions, request.caller_arn.value_or(""), *request.action_names,
                                              request.resource_arns, request.context_entries)};
  page(*out.evaluation_results, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

const Entity& Service::source_entity(const aws::Context& context, const std::string& text) const {
  const auto arn = Arn::parse(text);
  const std::string kind = arn ? arn->resource.substr(0, arn->resource.find('/')) : "";
  if (kind != "user" && kind != "group" && kind != "role")
    throw im::errors::InvalidInputException("Invalid Entity Arn: " + text +
                                            " does not clearly define entity type and name.");
  const Entity& source = entity(context,
                                kind == "user"    ? Kind::user
                                : kind == "group" ? Kind::group
                                                  : Kind::role,
                                text::split(arn->resource, '/').back());
  if (source.arn != text)
    throw im::errors::NoSuchEntityException("The " + kind + " with ARN " + text + " cannot be found.");
  return source;
}

im::SimulatePolicyResponse Service::simulate_principal_policy(aws::Context& context,
                                                              const im::SimulatePrincipalPolicyRequest& request) {
  refuse_what_is_not_simulated(request, "SimulatePrincipalPolicy");
  const Entity& source = source_entity(context, *request.policy_source_arn);
  Permissions permissions = permissions_of(context.account, source);
  if (request.policy_input_list) {
    check_all(*request.policy_input_list);
    permissions.identity.insert(permissions.identity.end(), request.policy_input_list->begin(),
                                request.policy_input_list->end());
  }
  if (request.permissions_boundary_policy_input_list && !request.permissions_boundary_policy_input_list->empty()) {
    permissions.boundary = request.permissions_boundary_policy_input_list->front();
    check_all({*permissions.boundary});
  }
  im::SimulatePolicyResponse out{.evaluation_results =
                                     simulate(permissions, request.caller_arn.value_or(source.arn),
                                              *request.action_names, request.resource_arns, request.context_entries)};
  page(*out.evaluation_results, request.marker, request.max_items, out.is_truncated, out.marker);
  return out;
}

}  // namespace stratus::services::iam
