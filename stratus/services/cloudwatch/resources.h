// The rows of CloudWatch. Data points lie in the SQL table `metric_data`, alarm history in `alarm_history`.
#pragma once

#include "stratus/models/cloudwatch.h"

namespace stratus::services::cloudwatch {

/// The key's id is namespace, name and sorted dimensions, joined by control characters.
struct Metric {
  std::string metric_namespace, name;
  std::vector<aws::cloudwatch::Dimension> dimensions;  ///< in the order in which they were first sent
  std::int64_t serial = 0;                             ///< of its rows in `metric_data`
  Timestamp created;
  STRATUS_SHAPE(Metric, metric_namespace, name, dimensions, serial, created)
};

/// The key's id is the alarm's name; composite alarms share the names.
struct Alarm {
  aws::cloudwatch::MetricAlarm alarm;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(Alarm, alarm, tags)
};

struct Composite {
  aws::cloudwatch::CompositeAlarm alarm;
  std::map<std::string, std::string> tags;
  /// Actions of the last transition that the suppressor holds back: since when, and until when they wait (the wait
  /// period, or the extension period after the suppressor left ALARM).
  bool held = false;
  std::string held_from;  ///< the state before that transition
  std::optional<Timestamp> wait_until, extend_until;
  STRATUS_SHAPE(Composite, alarm, tags, held, held_from, wait_until, extend_until)
};

/// Dashboards belong to the account, not to a region: the key's region is "". Its id is the name.
struct Dashboard {
  std::string name, body;
  Timestamp modified;
  std::map<std::string, std::string> tags;
  STRATUS_SHAPE(Dashboard, name, body, modified, tags)
};

}  // namespace stratus::services::cloudwatch
