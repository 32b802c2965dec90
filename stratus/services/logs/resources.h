// The rows of CloudWatch Logs. Events themselves lie in the SQL table `log_events`.
#pragma once

#include "stratus/models/logs.h"

namespace stratus::services::logs {

/// The key's id is the group's name.
struct Group {
  std::string name;
  Timestamp created;
  std::optional<std::int32_t> retention_days;
  std::optional<std::string> kms_key;  ///< ARN
  std::optional<Blob> data_key;        ///< sealed by KMS; messages are sealed under it
  std::string log_class = "STANDARD";
  bool deletion_protection = false;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(Group, name, created, retention_days, kms_key, data_key, log_class, deletion_protection, tags)
};

/// The key's id is the group's name, a line feed, the stream's name.
struct Stream {
  std::string group;
  std::string name;
  std::int64_t serial = 0;  ///< of its events in `log_events`
  Timestamp created;
  std::optional<std::int64_t> first_event;  ///< ms
  std::optional<std::int64_t> last_event;   ///< ms
  std::optional<std::int64_t> last_ingestion;
  std::int64_t stored_bytes = 0;  ///< messages plus 26 bytes each, as CloudWatch counts
  STRATUS_SHAPE(Stream, group, name, serial, created, first_event, last_event, last_ingestion, stored_bytes)
};

/// The key's id is the group's name, a line feed, the filter's name.
struct MetricFilter {
  aws::logs::MetricFilter filter;
  STRATUS_SHAPE(MetricFilter, filter)
};

/// A saved query; the key's id is the definition's.
struct QueryDefinition {
  aws::logs::QueryDefinition definition;
  STRATUS_SHAPE(QueryDefinition, definition)
};

/// Who else may use the account's log groups; the key's id is the policy's name.
struct ResourcePolicy {
  aws::logs::ResourcePolicy policy;
  STRATUS_SHAPE(ResourcePolicy, policy)
};

/// A query of Insights; the key's id is the query's. Its result lies in the SQL table `log_query_results`.
struct Query {
  std::string id;
  std::vector<std::string> groups;
  std::string text, status = "Scheduled";  ///< Scheduled, Running, Complete, Failed, Cancelled
  std::int64_t start = 0, end = 0;         ///< ms, both included
  std::int64_t most = 10'000;
  std::int64_t created = 0, finished = 0;  ///< ms
  double matched = 0, scanned = 0, bytes = 0;
  STRATUS_SHAPE(Query, id, groups, text, status, start, end, most, created, finished, matched, scanned, bytes)
};

}  // namespace stratus::services::logs
