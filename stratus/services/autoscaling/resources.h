// The rows of Application Auto Scaling.
#pragma once

#include "stratus/models/autoscaling.h"

namespace stratus::services::autoscaling {

/// What a scaling activity leaves behind for the next one: the cooldowns.
struct Cooldown {
  std::optional<Timestamp> out_until, in_until;
  std::int32_t before_out = 0;  ///< capacity before the scale-out whose cooldown runs
  STRATUS_SHAPE(Cooldown, out_until, in_until, before_out)
};

/// The key's id is the resource id: one dimension is served, ecs:service:DesiredCount.
struct Target {
  std::string resource_id, arn, role_arn;
  std::int32_t min = 0, max = 0;
  aws::autoscaling::SuspendedState suspended;
  std::map<std::string, std::string> tags;
  Timestamp created;
  Cooldown cooldown;
  bool bounds_changed = true;  ///< capacity is yet to be brought between the bounds
  STRATUS_SHAPE(Target, resource_id, arn, role_arn, min, max, suspended, tags, created, cooldown, bounds_changed)
};

/// The key's id is "<resource id>|<policy name>".
struct Policy {
  std::string name, arn, resource_id, type;
  aws::autoscaling::StepScalingPolicyConfiguration step;
  aws::autoscaling::TargetTrackingScalingPolicyConfiguration tracking;
  std::string high_alarm, low_alarm;  ///< target tracking's own alarms; low_alarm is empty without scale-in
  std::string high_arn, low_arn;
  std::vector<std::string> active_alarms;  ///< that called the policy and are still in alarm
  Timestamp created;
  STRATUS_SHAPE(Policy, name, arn, resource_id, type, step, tracking, high_alarm, low_alarm, high_arn, low_arn,
                active_alarms, created)
};

/// The key's id is "<resource id>|<action name>".
struct Action {
  std::string name, arn, resource_id, schedule, timezone = "UTC";
  std::optional<Timestamp> start, end;
  std::optional<std::int32_t> min, max;
  Timestamp created;
  std::optional<Timestamp> next;  ///< nothing where it never runs again
  STRATUS_SHAPE(Action, name, arn, resource_id, schedule, timezone, start, end, min, max, created, next)
};

/// The key's id is the time it began (zero-padded ms) and the activity's id.
struct Activity {
  std::string id, resource_id, cause, status = "InProgress", message;
  std::int32_t desired = 0;
  Timestamp started;
  std::optional<Timestamp> ended;
  STRATUS_SHAPE(Activity, id, resource_id, cause, status, message, desired, started, ended)
};

}  // namespace stratus::services::autoscaling
