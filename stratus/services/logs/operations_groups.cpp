// Groups and streams: life, retention, encryption, tags, metric filters.
#include <set>

#include "stratus/core/text.h"
#include "stratus/services/logs/pages.h"
#include "stratus/services/logs/service.h"

namespace stratus::services::logs {
namespace {

const std::set<std::int32_t> kRetentions = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                            365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

}  // namespace

cwl::CreateLogGroupResponse Service::create_log_group(aws::Context& context,
                                                      const cwl::CreateLogGroupRequest& request) {
  const std::string& name = *request.log_group_name;
  if (groups_.find(context.account, context.region, name) != nullptr)
    throw cwl::errors::ResourceAlreadyExistsException("The specified log group already exists");
  if (request.log_group_class == "DELIVERY") throw aws::not_implemented("CreateLogGroup: logGroupClass DELIVERY");
  Group group{.name = name, .created = context.now, .log_class = request.log_group_class.value_or("STANDARD")};
  group.deletion_protection = request.deletion_protection_enabled.value_or(false);
  if (request.tags) group.tags = *request.tags;
  if (request.kms_key_id) give_data_key(context, group, *request.kms_key_id);
  groups_.put({context.account, context.region, name}, std::move(group));
  return {};
}

cwl::DeleteLogGroupResponse Service::delete_log_group(aws::Context& context,
                                                      const cwl::DeleteLogGroupRequest& request) {
  const std::string name = *request.log_group_name;
  if (group(context.account, context.region, name).deletion_protection)
    throw cwl::errors::InvalidParameterException("The specified log group has deletion protection enabled.");
  for (const Stream* row : streams_of(context.account, context.region, name)) {
    store_.sql().query("DELETE FROM log_events WHERE stream=?").bind(1, row->serial).run();
    streams_.erase({context.account, context.region, name + "\n" + row->name});
  }
  for (const MetricFilter* row : filters_.list(context.account, context.region))
    if (row->filter.log_group_name == name)
      filters_.erase({context.account, context.region, name + "\n" + *row->filter.filter_name});
  groups_.erase({context.account, context.region, name});
  return {};
}

cwl::DescribeLogGroupsResponse Service::describe_log_groups(aws::Context& context,
                                                            const cwl::DescribeLogGroupsRequest& request) {
  if (request.account_identifiers || request.include_linked_accounts.value_or(false))
    throw aws::not_implemented("DescribeLogGroups: linked accounts");
  if (request.log_group_name_prefix && request.log_group_name_pattern)
    throw cwl::errors::InvalidParameterException(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  std::vector<cwl::LogGroup> found;
  for (const Group* row : groups_.list(context.account, context.region)) {
    if (request.log_group_name_prefix && !row->name.starts_with(*request.log_group_name_prefix)) continue;
    if (request.log_group_name_pattern &&
        text::lower(row->name).find(text::lower(*request.log_group_name_pattern)) == std::string::npos)
      continue;
    if (request.log_group_class && row->log_class != *request.log_group_class) continue;
    const std::string arn = group_arn(context.account, context.region, row->name);
    if (request.log_group_identifiers &&
        std::none_of(request.log_group_identifiers->begin(), request.log_group_identifiers->end(),
                     [&](const std::string& id) { return id == row->name || id == arn || id == arn + ":*"; }))
      continue;
    cwl::LogGroup group{
        .log_group_name = row->name, .creation_time = row->created.ms, .retention_in_days = row->retention_days};
    group.metric_filter_count = 0;
    for (const MetricFilter* filter : filters_.list(context.account, context.region))
      if (filter->filter.log_group_name == row->name) ++*group.metric_filter_count;
    group.arn = arn + ":*";
    group.log_group_arn = arn;
    group.stored_bytes = 0;
    for (const Stream* stream : streams_of(context.account, context.region, row->name))
      *group.stored_bytes += stream->stored_bytes;
    group.kms_key_id = row->kms_key;
    group.log_group_class = row->log_class;
    group.deletion_protection_enabled = row->deletion_protection;
    found.push_back(std::move(group));
  }
  auto next = cut(found, request.next_token, static_cast<std::size_t>(request.limit.value_or(50)));
  return {.log_groups = std::move(found), .next_token = std::move(next)};
}

cwl::PutRetentionPolicyResponse Service::put_retention_policy(aws::Context& context,
                                                              const cwl::PutRetentionPolicyRequest& request) {
  if (kRetentions.count(*request.retention_in_days) == 0)
    throw cwl::errors::InvalidParameterException(
        "Invalid retention value. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, "
        "1096, 1827, 2192, 2557, 2922, 3288, 3653]");
  group(context.account, context.region, *request.log_group_name);
  groups_.update({context.account, context.region, *request.log_group_name},
                 [&](Group& row) { row.retention_days = request.retention_in_days; });
  store_.after_commit([this] { wake(); });
  return {};
}

cwl::DeleteRetentionPolicyResponse Service::delete_retention_policy(aws::Context& context,
                                                                    const cwl::DeleteRetentionPolicyRequest& request) {
  group(context.account, context.region, *request.log_group_name);
  groups_.update({context.account, context.region, *request.log_group_name},
                 [](Group& row) { row.retention_days.reset(); });
  return {};
}

cwl::AssociateKmsKeyResponse Service::associate_kms_key(aws::Context& context,
                                                        const cwl::AssociateKmsKeyRequest& request) {
  Group changed = group_by(context, request.log_group_name, request.resource_identifier);
  give_data_key(context, changed, *request.kms_key_id);
  const state::Key key{context.account, context.region, changed.name};
  groups_.put(key, std::move(changed));
  return {};
}

cwl::DisassociateKmsKeyResponse Service::disassociate_kms_key(aws::Context& context,
                                                              const cwl::DisassociateKmsKeyRequest& request) {
  const Group& found = group_by(context, request.log_group_name, request.resource_identifier);
  // The data key stays: what was sealed under it must remain readable.
  groups_.update({context.account, context.region, found.name}, [](Group& row) { row.kms_key.reset(); });
  return {};
}

cwl::CreateLogStreamResponse Service::create_log_stream(aws::Context& context,
                                                        const cwl::CreateLogStreamRequest& request) {
  group(context.account, context.region, *request.log_group_name);
  if (streams_.find(context.account, context.region, *request.log_group_name + "\n" + *request.log_stream_name) !=
      nullptr)
    throw cwl::errors::ResourceAlreadyExistsException("The specified log stream already exists");
  create_stream_if_missing(context.account, context.region, *request.log_group_name, *request.log_stream_name);
  return {};
}

cwl::DeleteLogStreamResponse Service::delete_log_stream(aws::Context& context,
                                                        const cwl::DeleteLogStreamRequest& request) {
  group(context.account, context.region, *request.log_group_name);
  const Stream& found = stream(context.account, context.region, *request.log_group_name, *request.log_stream_name);
  store_.sql().query("DELETE FROM log_events WHERE stream=?").bind(1, found.serial).run();
  streams_.erase({context.account, context.region, *request.log_group_name + "\n" + *request.log_stream_name});
  return {};
}

cwl::DescribeLogStreamsResponse Service::describe_log_streams(aws::Context& context,
                                                              const cwl::DescribeLogStreamsRequest& request) {
  const Group& owner = group_by(context, request.log_group_name, request.log_group_identifier);
  const bool by_time = request.order_by == "LastEventTime";
  if (by_time && request.log_stream_name_prefix)
    throw cwl::errors::InvalidParameterException("Cannot order by LastEventTime with a logStreamNamePrefix.");
  auto rows = streams_of(context.account, context.region, owner.name);
  if (by_time)
    std::stable_sort(rows.begin(), rows.end(), [](const Stream* a, const Stream* b) {
      return a->last_event.value_or(0) < b->last_event.value_or(0);
    });
  if (request.descending.value_or(false)) std::reverse(rows.begin(), rows.end());
  std::vector<cwl::LogStream> found;
  for (const Stream* row : rows) {
    if (request.log_stream_name_prefix && !row->name.starts_with(*request.log_stream_name_prefix)) continue;
    found.push_back({.log_stream_name = row->name,
                     .creation_time = row->created.ms,
                     .first_event_timestamp = row->first_event,
                     .last_event_timestamp = row->last_event,
                     .last_ingestion_time = row->last_ingestion,
                     .arn = group_arn(context.account, context.region, owner.name) + ":log-stream:" + row->name,
                     .stored_bytes = 0});  // AWS counts groups only
    if (row->last_event)
      found.back().upload_sequence_token = std::to_string(row->serial) + std::to_string(row->stored_bytes);
  }
  auto next = cut(found, request.next_token, static_cast<std::size_t>(request.limit.value_or(50)));
  return {.log_streams = std::move(found), .next_token = std::move(next)};
}

cwl::ListTagsForResourceResponse Service::list_tags_for_resource(aws::Context& context,
                                                                 const cwl::ListTagsForResourceRequest& request) {
  return {.tags = group_by_arn(context, *request.resource_arn).tags};
}

cwl::TagResourceResponse Service::tag_resource(aws::Context& context, const cwl::TagResourceRequest& request) {
  const std::string name = group_by_arn(context, *request.resource_arn).name;
  groups_.update({context.account, context.region, name}, [&](Group& row) {
    for (const auto& [key, value] : *request.tags) row.tags[key] = value;
  });
  return {};
}

cwl::UntagResourceResponse Service::untag_resource(aws::Context& context, const cwl::UntagResourceRequest& request) {
  const std::string name = group_by_arn(context, *request.resource_arn).name;
  groups_.update({context.account, context.region, name}, [&](Group& row) {
    for (const auto& key : *request.tag_keys) row.tags.erase(key);
  });
  return {};
}

cwl::ListTagsLogGroupResponse Service::list_tags_log_group(aws::Context& context,
                                                           const cwl::ListTagsLogGroupRequest& request) {
  return {.tags = group(context.account, context.region, *request.log_group_name).tags};
}

cwl::TagLogGroupResponse Service::tag_log_group(aws::Context& context, const cwl::TagLogGroupRequest& request) {
  group(context.account, context.region, *request.log_group_name);
  groups_.update({context.account, context.region, *request.log_group_name}, [&](Group& row) {
    for (const auto& [key, value] : *request.tags) row.tags[key] = value;
  });
  return {};
}

cwl::UntagLogGroupResponse Service::untag_log_group(aws::Context& context, const cwl::UntagLogGroupRequest& request) {
  group(context.account, context.region, *request.log_group_name);
  groups_.update({context.account, context.region, *request.log_group_name}, [&](Group& row) {
    for (const auto& key : *request.tags) row.tags.erase(key);
  });
  return {};
}

cwl::PutMetricFilterResponse Service::put_metric_filter(aws::Context& context,
                                                        const cwl::PutMetricFilterRequest& request) {
  group(context.account, context.region, *request.log_group_name);
  if (request.field_selection_criteria || request.emit_system_field_dimensions)
    throw aws::not_implemented("PutMetricFilter: fieldSelectionCriteria and emitSystemFieldDimensions");
  const FilterPattern checked(*request.filter_pattern);
  for (const auto& transformation : *request.metric_transformations)
    if (transformation.default_value && transformation.dimensions && !transformation.dimensions->empty())
      throw cwl::errors::InvalidParameterException("Default value and dimensions cannot both be specified.");
  MetricFilter row;
  row.filter = {.filter_name = request.filter_name,
                .filter_pattern = request.filter_pattern,
                .metric_transformations = request.metric_transformations,
                .creation_time = context.now.ms,
                .log_group_name = request.log_group_name,
                .apply_on_transformed_logs = request.apply_on_transformed_logs.value_or(false)};
  filters_.put({context.account, context.region, *request.log_group_name + "\n" + *request.filter_name},
               std::move(row));
  return {};
}

cwl::DeleteMetricFilterResponse Service::delete_metric_filter(aws::Context& context,
                                                              const cwl::DeleteMetricFilterRequest& request) {
  group(context.account, context.region, *request.log_group_name);
  if (!filters_.erase({context.account, context.region, *request.log_group_name + "\n" + *request.filter_name}))
    throw cwl::errors::ResourceNotFoundException("The specified metric filter does not exist.");
  return {};
}

cwl::DescribeMetricFiltersResponse Service::describe_metric_filters(aws::Context& context,
                                                                    const cwl::DescribeMetricFiltersRequest& request) {
  if (request.log_group_name) group(context.account, context.region, *request.log_group_name);
  if (request.metric_name.has_value() != request.metric_namespace.has_value())
    throw cwl::errors::InvalidParameterException("metricName and metricNamespace must be given together.");
  std::vector<cwl::MetricFilter> found;
  for (const MetricFilter* row : filters_.list(context.account, context.region)) {
    const auto& filter = row->filter;
    if (request.log_group_name && filter.log_group_name != request.log_group_name) continue;
    if (request.filter_name_prefix && !filter.filter_name->starts_with(*request.filter_name_prefix)) continue;
    if (request.metric_name &&
        std::none_of(filter.metric_transformations->begin(), filter.metric_transformations->end(), [&](const auto& t) {
          return t.metric_name == request.metric_name && t.metric_namespace == request.metric_namespace;
        }))
      continue;
    found.push_back(filter);
  }
  auto next = cut(found, request.next_token, static_cast<std::size_t>(request.limit.value_or(50)));
  return {.metric_filters = std::move(found), .next_token = std::move(next)};
}

cwl::TestMetricFilterResponse Service::test_metric_filter(aws::Context&, const cwl::TestMetricFilterRequest& request) {
  const FilterPattern pattern(*request.filter_pattern);
  cwl::TestMetricFilterResponse response{.matches = std::vector<cwl::MetricFilterMatchRecord>{}};
  std::int64_t number = 0;
  for (const std::string& message : *request.log_event_messages) {
    ++number;
    if (pattern.matches(message))
      response.matches->push_back(
          {.event_number = number, .event_message = message, .extracted_values = pattern.extracted(message)});
  }
  return response;
}

cwl::DescribeSubscriptionFiltersResponse Service::describe_subscription_filters(
    aws::Context& context, const cwl::DescribeSubscriptionFiltersRequest& request) {
  // Subscription filters cannot be made here (PutSubscriptionFilter answers NotImplemented), so a group never has one.
  group(context.account, context.region, *request.log_group_name);
  return {.subscription_filters = std::vector<cwl::SubscriptionFilter>{}};
}

}  // namespace stratus::services::logs
