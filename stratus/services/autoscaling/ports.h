// What Application Auto Scaling needs of the services below it: what it scales (ECS) and what tells it when
// (CloudWatch).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stratus/models/autoscaling.h"

namespace stratus::services::autoscaling {

/// ECS services, by resource id ("service/<cluster>/<service>"). Errors as aws::Error.
class Scalables {
 public:
  struct Capacity {
    std::int32_t desired = 0, running = 0;
  };
  virtual ~Scalables() = default;
  /// Nothing where the service does not exist or is not active.
  virtual std::optional<Capacity> capacity(const std::string& account, const std::string& region,
                                           const std::string& resource_id) = 0;
  /// `role_arn` is the role under which to act.
  virtual void set_desired(const std::string& account, const std::string& region, const std::string& resource_id,
                           std::int32_t desired, const std::string& role_arn) = 0;
  /// An account's first target makes the service-linked role.
  virtual void prepare(const std::string& account) = 0;
};

/// One metric, or an expression over several (`queries`); one value a minute.
struct AlarmSpec {
  std::string name, description, action_arn;
  std::string metric_namespace, metric, statistic, unit;
  std::map<std::string, std::string> dimensions;
  std::vector<aws::autoscaling::TargetTrackingMetricDataQuery> queries;
  bool above = true;  ///< in alarm above the threshold, otherwise below
  double threshold = 0;
  std::int32_t periods = 3;  ///< of 60 s, all of them breaching
};

struct AlarmView {
  bool in_alarm = false;
  double threshold = 0;
  std::optional<double> value;  ///< of the newest period that has data
};

/// CloudWatch's alarms.
class Alarms {
 public:
  virtual ~Alarms() = default;
  /// Creates or replaces; the result is the alarm's ARN.
  virtual std::string put(const std::string& account, const std::string& region, const AlarmSpec& spec) = 0;
  virtual void remove(const std::string& account, const std::string& region, const std::vector<std::string>& names) = 0;
  virtual std::optional<AlarmView> look(const std::string& account, const std::string& region,
                                        const std::string& name) = 0;
  /// Names and ARNs of the alarms that have `action_arn` among their actions.
  virtual std::vector<std::pair<std::string, std::string>> with_action(const std::string& account,
                                                                       const std::string& region,
                                                                       const std::string& action_arn) = 0;
};

}  // namespace stratus::services::autoscaling
