// Amazon CloudWatch Logs.
#pragma once

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/logs.h"
#include "stratus/services/kms/service.h"
#include "stratus/services/logs/filter_pattern.h"
#include "stratus/services/logs/insights.h"
#include "stratus/services/logs/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::logs {

namespace cwl = aws::logs;

/// One event on its way in.
struct Event {
  Timestamp time;
  std::string message;
};

/// A data point that a metric filter found.
struct MetricPoint {
  std::string account, region, metric_namespace, name, unit;
  std::map<std::string, std::string> dimensions;
  double value = 0;
  Timestamp time;
};

struct RunningQuery;

class Service final : public cwl::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, kms::Service& kms);
  ~Service() override;

  /// Begins retention, and queries that were under way.
  void start();
  /// Where metric filters publish; called inside the call that brings the event.
  void set_metric_sink(std::function<void(const MetricPoint&)> sink) { metric_sink_ = std::move(sink); }

  /// Told of every batch once it is durable: bytes as CloudWatch counts them, and events.
  using Ingested = std::function<void(const std::string& account, const std::string& region, const std::string& group,
                                      std::int64_t bytes, std::int64_t events)>;
  void on_ingested(Ingested handler) { ingested_ = std::move(handler); }

  /// What the account's resource policies say about a call.
  std::optional<iam::ResourceVerdict> judge(const iam::Request& request) const;

  /// For services that write logs (ECS's awslogs driver). The group must exist (ResourceNotFoundException); the stream
  /// is made where it is missing.
  void append(const std::string& account, const std::string& region, const std::string& group,
              const std::string& stream, const std::vector<Event>& events);
  bool group_exists(const std::string& account, const std::string& region, const std::string& group) const;
  void create_group_if_missing(const std::string& account, const std::string& region, const std::string& group);
  void create_stream_if_missing(const std::string& account, const std::string& region, const std::string& group,
                                const std::string& stream);
  /// Bytes stored of an account, for the cost report.
  std::int64_t stored_bytes(const std::string& account) const;

  cwl::AssociateKmsKeyResponse associate_kms_key(aws::Context&, const cwl::AssociateKmsKeyRequest&) override;
  cwl::CreateLogGroupResponse create_log_group(aws::Context&, const cwl::CreateLogGroupRequest&) override;
  cwl::CreateLogStreamResponse create_log_stream(aws::Context&, const cwl::CreateLogStreamRequest&) override;
  cwl::DeleteLogGroupResponse delete_log_group(aws::Context&, const cwl::DeleteLogGroupRequest&) override;
  cwl::DeleteLogStreamResponse delete_log_stream(aws::Context&, const cwl::DeleteLogStreamRequest&) override;
  cwl::DeleteMetricFilterResponse delete_metric_filter(aws::Context&, const cwl::DeleteMetricFilterRequest&) override;
  cwl::DeleteRetentionPolicyResponse delete_retention_policy(aws::Context&,
                                                             const cwl::DeleteRetentionPolicyRequest&) override;
  cwl::DescribeLogGroupsResponse describe_log_groups(aws::Context&, const cwl::DescribeLogGroupsRequest&) override;
  cwl::DescribeLogStreamsResponse describe_log_streams(aws::Context&, const cwl::DescribeLogStreamsRequest&) override;
  cwl::DescribeMetricFiltersResponse describe_metric_filters(aws::Context&,
                                                             const cwl::DescribeMetricFiltersRequest&) override;
  cwl::DescribeSubscriptionFiltersResponse describe_subscription_filters(
      aws::Context&, const cwl::DescribeSubscriptionFiltersRequest&) override;
  cwl::DisassociateKmsKeyResponse disassociate_kms_key(aws::Context&, const cwl::DisassociateKmsKeyRequest&) override;
  cwl::FilterLogEventsResponse filter_log_events(aws::Context&, const cwl::FilterLogEventsRequest&) override;
  cwl::GetLogEventsResponse get_log_events(aws::Context&, const cwl::GetLogEventsRequest&) override;
  cwl::ListTagsForResourceResponse list_tags_for_resource(aws::Context&,
                                                          const cwl::ListTagsForResourceRequest&) override;
  cwl::ListTagsLogGroupResponse list_tags_log_group(aws::Context&, const cwl::ListTagsLogGroupRequest&) override;
  cwl::PutLogEventsResponse put_log_events(aws::Context&, const cwl::PutLogEventsRequest&) override;
  cwl::PutMetricFilterResponse put_metric_filter(aws::Context&, const cwl::PutMetricFilterRequest&) override;
  cwl::PutRetentionPolicyResponse put_retention_policy(aws::Context&, const cwl::PutRetentionPolicyRequest&) override;
  cwl::TagLogGroupResponse tag_log_group(aws::Context&, const cwl::TagLogGroupRequest&) override;
  cwl::TagResourceResponse tag_resource(aws::Context&, const cwl::TagResourceRequest&) override;
  cwl::TestMetricFilterResponse test_metric_filter(aws::Context&, const cwl::TestMetricFilterRequest&) override;
  cwl::UntagLogGroupResponse untag_log_group(aws::Context&, const cwl::UntagLogGroupRequest&) override;
  cwl::UntagResourceResponse untag_resource(aws::Context&, const cwl::UntagResourceRequest&) override;
  cwl::PutQueryDefinitionResponse put_query_definition(aws::Context&, const cwl::PutQueryDefinitionRequest&) override;
  cwl::DescribeQueryDefinitionsResponse describe_query_definitions(
      aws::Context&, const cwl::DescribeQueryDefinitionsRequest&) override;
  cwl::DeleteQueryDefinitionResponse delete_query_definition(aws::Context&,
                                                             const cwl::DeleteQueryDefinitionRequest&) override;
  cwl::PutResourcePolicyResponse put_resource_policy(aws::Context&, const cwl::PutResourcePolicyRequest&) override;
  cwl::DescribeResourcePoliciesResponse describe_resource_policies(
      aws::Context&, const cwl::DescribeResourcePoliciesRequest&) override;
  cwl::DeleteResourcePolicyResponse delete_resource_policy(aws::Context&,
                                                           const cwl::DeleteResourcePolicyRequest&) override;
  cwl::ListLogGroupsResponse list_log_groups(aws::Context&, const cwl::ListLogGroupsRequest&) override;
  cwl::PutLogGroupDeletionProtectionResponse put_log_group_deletion_protection(
      aws::Context&, const cwl::PutLogGroupDeletionProtectionRequest&) override;
  cwl::DescribeQueriesResponse describe_queries(aws::Context&, const cwl::DescribeQueriesRequest&) override;
  cwl::StartQueryResponse start_query(aws::Context&, const cwl::StartQueryRequest&) override;
  cwl::StopQueryResponse stop_query(aws::Context&, const cwl::StopQueryRequest&) override;
  cwl::GetQueryResultsResponse get_query_results(aws::Context&, const cwl::GetQueryResultsRequest&) override;
  cwl::GetLogRecordResponse get_log_record(aws::Context&, const cwl::GetLogRecordRequest&) override;
  cwl::GetLogGroupFieldsResponse get_log_group_fields(aws::Context&, const cwl::GetLogGroupFieldsRequest&) override;
  cwl::DescribeExportTasksResponse describe_export_tasks(aws::Context&,
                                                         const cwl::DescribeExportTasksRequest&) override;
  cwl::DescribeDestinationsResponse describe_destinations(aws::Context&,
                                                          const cwl::DescribeDestinationsRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  void reconcile() override;
  const Group& group(const std::string& account, const std::string& region, const std::string& name) const;
  const Stream& stream(const std::string& account, const std::string& region, const std::string& group,
                       const std::string& name) const;
  /// The group's name out of a name, an ARN, or an ARN that ends in ":*".
  const Group& group_by(const aws::Context& context, const std::optional<std::string>& name,
                        const std::optional<std::string>& identifier) const;
  const Group& group_by_arn(const aws::Context& context, const std::string& arn) const;
  std::vector<const Stream*> streams_of(const std::string& account, const std::string& region,
                                        const std::string& group) const;
  void insert(const state::Key& group_key, const Group& group, const Stream& stream, const std::vector<Event>& events);
  /// The data key of a group that has one; where its KMS key cannot be used, that error.
  std::optional<std::string> data_key(const state::Key& group_key, const Group& group);
  void give_data_key(const aws::Context& context, Group& group, const std::string& kms_key);
  // Insights.
  void resume_queries();
  void begin_query(const state::Key& key);
  void advance_query(const state::Key& key);
  void end_query(const state::Key& key, const std::string& status, const std::vector<insights::Row>& rows);
  void forget_queries();

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  kms::Service& kms_;
  state::Table<Group> groups_;
  state::Table<Stream> streams_;
  state::Table<MetricFilter> filters_;
  state::Table<QueryDefinition> queries_;
  state::Table<ResourcePolicy> policies_;
  state::Table<Query> insights_;
  std::map<state::Key, std::unique_ptr<RunningQuery>> running_;
  std::function<void(const MetricPoint&)> metric_sink_;
  Ingested ingested_;
};

std::string group_arn(const std::string& account, const std::string& region, const std::string& group);

}  // namespace stratus::services::logs
