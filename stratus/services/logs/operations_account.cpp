// What belongs to the account rather than to one group: saved queries, resource policies; and kinds of things that
// nobody can make here.
#include <stdexcept>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/logs/pages.h"
#include "stratus/services/logs/service.h"

namespace stratus::services::logs {
namespace {

constexpr std::size_t kResourcePolicies = 10, kPolicyBytes = 5120;

}  // namespace

std::optional<iam::ResourceVerdict> Service::judge(const iam::Request& request) const {
  const auto arn = Arn::parse(request.resource);
  if (!arn) return std::nullopt;
  std::optional<iam::ResourceVerdict> out;
  for (const ResourcePolicy* row : policies_.list(arn->account, arn->region)) {
    const auto one = iam::judge_resource(*row->policy.policy_document, request);
    if (one.decision == iam::Decision::explicit_deny) return one;
    if (!out) out = one;
    if (one.decision == iam::Decision::allow) out->decision = one.decision;
    out->alone = out->alone || one.alone;
  }
  return out;
}

cwl::PutResourcePolicyResponse Service::put_resource_policy(aws::Context& context,
                                                            const cwl::PutResourcePolicyRequest& request) {
  if (request.resource_arn) throw aws::not_implemented("PutResourcePolicy: resourceArn");
  if (!request.policy_name || !request.policy_document)
    throw cwl::errors::InvalidParameterException("policyName and policyDocument are required.");
  if (request.policy_document->size() > kPolicyBytes)
    throw cwl::errors::InvalidParameterException("The policy document is longer than 5120 characters.");
  try {
    const iam::Policy checked(*request.policy_document, true);
  } catch (const std::invalid_argument& e) {
    throw cwl::errors::InvalidParameterException(e.what());
  }
  const state::Key key{context.account, context.region, *request.policy_name};
  if (policies_.find(key) == nullptr && policies_.list(context.account, context.region).size() >= kResourcePolicies)
    throw cwl::errors::LimitExceededException("Resource limit exceeded.");
  const ResourcePolicy& made = policies_.put(key, {cwl::ResourcePolicy{.policy_name = request.policy_name,
                                                                       .policy_document = request.policy_document,
                                                                       .last_updated_time = context.now.ms,
                                                                       .policy_scope = "ACCOUNT"}});
  return {.resource_policy = made.policy};
}

cwl::DescribeResourcePoliciesResponse Service::describe_resource_policies(
    aws::Context& context, const cwl::DescribeResourcePoliciesRequest& request) {
  std::vector<cwl::ResourcePolicy> found;
  if (!request.resource_arn && request.policy_scope.value_or("ACCOUNT") == "ACCOUNT")
    for (const ResourcePolicy* row : policies_.list(context.account, context.region)) found.push_back(row->policy);
  auto next = cut(found, request.next_token, static_cast<std::size_t>(request.limit.value_or(50)));
  return {.resource_policies = std::move(found), .next_token = std::move(next)};
}

cwl::DeleteResourcePolicyResponse Service::delete_resource_policy(aws::Context& context,
                                                                  const cwl::DeleteResourcePolicyRequest& request) {
  if (request.resource_arn) throw aws::not_implemented("DeleteResourcePolicy: resourceArn");
  const std::string name = request.policy_name.value_or("");
  if (!policies_.erase({context.account, context.region, name}))
    throw cwl::errors::ResourceNotFoundException("Policy with name [" + name + "] does not exist.");
  return {};
}

cwl::PutQueryDefinitionResponse Service::put_query_definition(aws::Context& context,
                                                              const cwl::PutQueryDefinitionRequest& request) {
  const std::string id = request.query_definition_id.value_or(random_.uuid());
  const state::Key key{context.account, context.region, id};
  if (request.query_definition_id && queries_.find(key) == nullptr)
    throw cwl::errors::ResourceNotFoundException("The specified query definition does not exist.");
  queries_.put(key, {cwl::QueryDefinition{.query_language = request.query_language.value_or("CWLI"),
                                          .query_definition_id = id,
                                          .name = request.name,
                                          .query_string = request.query_string,
                                          .last_modified = context.now.ms,
                                          .log_group_names = request.log_group_names,
                                          .parameters = request.parameters}});
  return {.query_definition_id = id};
}

cwl::DescribeQueryDefinitionsResponse Service::describe_query_definitions(
    aws::Context& context, const cwl::DescribeQueryDefinitionsRequest& request) {
  std::vector<cwl::QueryDefinition> found;
  for (const QueryDefinition* row : queries_.list(context.account, context.region))
    if (row->definition.name->starts_with(request.query_definition_name_prefix.value_or("")) &&
        (!request.query_language || row->definition.query_language == *request.query_language))
      found.push_back(row->definition);
  auto next = cut(found, request.next_token, static_cast<std::size_t>(request.max_results.value_or(1000)));
  return {.query_definitions = std::move(found), .next_token = std::move(next)};
}

cwl::DeleteQueryDefinitionResponse Service::delete_query_definition(aws::Context& context,
                                                                    const cwl::DeleteQueryDefinitionRequest& request) {
  if (!queries_.erase({context.account, context.region, *request.query_definition_id}))
    throw cwl::errors::ResourceNotFoundException("The specified query definition does not exist.");
  return {.success = true};
}

cwl::ListLogGroupsResponse Service::list_log_groups(aws::Context& context, const cwl::ListLogGroupsRequest& request) {
  if (request.account_identifiers || request.include_linked_accounts.value_or(false))
    throw aws::not_implemented("ListLogGroups: linked accounts");
  if (request.data_sources || request.field_index_names || request.log_group_tags)
    throw aws::not_implemented("ListLogGroups: dataSources, fieldIndexNames and logGroupTags");
  std::string wanted = text::lower(request.log_group_name_pattern.value_or(""));
  const bool from_start = wanted.starts_with("^");
  if (from_start) wanted.erase(0, 1);
  std::vector<cwl::LogGroupSummary> found;
  for (const Group* row : groups_.list(context.account, context.region)) {
    const auto at = text::lower(row->name).find(wanted);
    if (at == std::string::npos || (from_start && at != 0)) continue;
    if (request.log_group_class && row->log_class != *request.log_group_class) continue;
    found.push_back({.log_group_name = row->name,
                     .log_group_arn = group_arn(context.account, context.region, row->name),
                     .log_group_class = row->log_class});
  }
  auto next = cut(found, request.next_token, static_cast<std::size_t>(request.limit.value_or(50)));
  return {.log_groups = std::move(found), .next_token = std::move(next)};
}

cwl::PutLogGroupDeletionProtectionResponse Service::put_log_group_deletion_protection(
    aws::Context& context, const cwl::PutLogGroupDeletionProtectionRequest& request) {
  const std::string name = group_by(context, std::nullopt, request.log_group_identifier).name;
  groups_.update({context.account, context.region, name},
                 [&](Group& row) { row.deletion_protection = *request.deletion_protection_enabled; });
  return {};
}

// CreateExportTask and PutDestination answer NotImplemented, so that there are none of what they make.

cwl::DescribeExportTasksResponse Service::describe_export_tasks(aws::Context&,
                                                                const cwl::DescribeExportTasksRequest& request) {
  if (request.task_id) throw cwl::errors::ResourceNotFoundException("The specified export task does not exist.");
  return {.export_tasks = std::vector<cwl::ExportTask>{}};
}

cwl::DescribeDestinationsResponse Service::describe_destinations(aws::Context&,
                                                                 const cwl::DescribeDestinationsRequest&) {
  return {.destinations = std::vector<cwl::Destination>{}};
}

}  // namespace stratus::services::logs
