// Scaling: schedules set bounds, bounds hold capacity, alarms call policies, activities say what became of it.
#include <algorithm>

#include "stratus/core/log.h"
#include "stratus/core/schedule.h"
#include "stratus/services/autoscaling/plan.h"
#include "stratus/services/autoscaling/service.h"

namespace stratus::services::autoscaling {
namespace {

constexpr Duration kTick = std::chrono::seconds(5);
constexpr Duration kAlarmPeriod = std::chrono::minutes(1);  // an alarm in ALARM calls its policies once a minute
constexpr std::int32_t kDefaultCooldown = 300;              // seconds, of ECS services
constexpr Duration kActivityAge = std::chrono::hours(24) * 42;
constexpr double kLowRatio = 0.9;  // target tracking scales in below this part of the target

Duration seconds(const std::optional<std::int32_t>& value) {
  return std::chrono::seconds(value.value_or(kDefaultCooldown));
}

std::string padded(Timestamp time) {
  const std::string digits = std::to_string(time.ms);
  return std::string(15 - std::min<std::size_t>(15, digits.size()), '0') + digits;
}

AlarmSpec predefined(const aas::PredefinedMetricSpecification& metric, const std::string& resource_id) {
  AlarmSpec spec;
  spec.statistic = "Average";
  const auto first = resource_id.find('/'), second = resource_id.find('/', first + 1);
  const std::string& type = *metric.predefined_metric_type;
  if (type == "ECSServiceAverageCPUUtilization" || type == "ECSServiceAverageMemoryUtilization") {
    if (metric.resource_label)
      throw aas::errors::ValidationException("ResourceLabel can be specified only for ALBRequestCountPerTarget");
    spec.metric_namespace = "AWS/ECS";
    spec.metric = type == "ECSServiceAverageCPUUtilization" ? "CPUUtilization" : "MemoryUtilization";
    spec.dimensions = {{"ClusterName", resource_id.substr(first + 1, second - first - 1)},
                       {"ServiceName", resource_id.substr(second + 1)}};
    return spec;
  }
  if (type != "ALBRequestCountPerTarget")
    throw aas::errors::ValidationException("Unsupported predefined metric type for service namespace ecs: " + type);
  const std::string label = metric.resource_label.value_or("");
  const auto group = label.find("/targetgroup/");
  if (!label.starts_with("app/") || group == std::string::npos)
    throw aas::errors::ValidationException(
        "ResourceLabel must be app/<name>/<id>/targetgroup/<name>/<id> for ALBRequestCountPerTarget");
  spec.metric_namespace = "AWS/ApplicationELB";
  spec.metric = "RequestCountPerTarget";
  spec.statistic = "Sum";
  spec.dimensions = {{"LoadBalancer", label.substr(0, group)}, {"TargetGroup", label.substr(group + 1)}};
  return spec;
}

AlarmSpec customized(const aas::CustomizedMetricSpecification& metric) {
  AlarmSpec spec;
  if (metric.metrics) {
    if (metric.metric_name || metric.namespace_)
      throw aas::errors::ValidationException("Metrics can't be specified together with MetricName and Namespace");
    spec.queries = *metric.metrics;
    return spec;
  }
  if (!metric.metric_name || !metric.namespace_ || !metric.statistic)
    throw aas::errors::ValidationException(
        "CustomizedMetricSpecification needs MetricName, Namespace and Statistic, or Metrics");
  spec.metric_namespace = *metric.namespace_;
  spec.metric = *metric.metric_name;
  spec.statistic = *metric.statistic;
  spec.unit = metric.unit.value_or("");
  if (metric.dimensions)
    for (const auto& dimension : *metric.dimensions) spec.dimensions[*dimension.name] = *dimension.value;
  return spec;
}

}  // namespace

Service::Service(Loop& loop, state::Store& store, Random& random, Scalables& scalables, Alarms& alarms)
    : Reconciler(loop, "autoscaling", kTick),
      loop_(loop),
      store_(store),
      random_(random),
      scalables_(scalables),
      alarms_(alarms),
      targets_(store, "autoscaling_targets"),
      policies_(store, "autoscaling_policies"),
      actions_(store, "autoscaling_actions"),
      activities_(store, "autoscaling_activities") {}

void Service::start() {
  Reconciler::start();
  wake();
}

std::vector<std::pair<state::Key, const Policy*>> Service::policies_of(const state::Key& target) const {
  std::vector<std::pair<state::Key, const Policy*>> out;
  for (const Policy* row : policies_.list(target.account, target.region))
    if (row->resource_id == target.id)
      out.emplace_back(state::Key{target.account, target.region, row->resource_id + "|" + row->name}, row);
  return out;
}

void Service::remove_policy(const state::Key& key) {
  const Policy* row = policies_.find(key);
  std::vector<std::string> names;
  for (const std::string& name : {row->high_alarm, row->low_alarm})
    if (!name.empty()) names.push_back(name);
  policies_.erase(key);
  if (!names.empty()) alarms_.remove(key.account, key.region, names);
}

/// The alarms that target tracking owns: above the target for 3 minutes, below 90 % of it for 15.
void Service::set_tracking_alarms(const state::Key& key, Policy& policy, const std::string& id) {
  const auto& tracking = policy.tracking;
  if (!tracking.target_value || *tracking.target_value <= 0)
    throw aas::errors::ValidationException("TargetValue must be greater than 0");
  if (tracking.predefined_metric_specification.has_value() == tracking.customized_metric_specification.has_value())
    throw aas::errors::ValidationException(
        "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified");
  AlarmSpec spec = tracking.predefined_metric_specification
                       ? predefined(*tracking.predefined_metric_specification, policy.resource_id)
                       : customized(*tracking.customized_metric_specification);
  spec.action_arn = policy.arn;
  spec.description = "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + policy.arn + ".";
  const std::string prefix = "TargetTracking-" + policy.resource_id;
  if (policy.high_alarm.empty()) policy.high_alarm = prefix + "-AlarmHigh-" + id;
  spec.name = policy.high_alarm;
  spec.threshold = *tracking.target_value;
  policy.high_arn = alarms_.put(key.account, key.region, spec);
  if (tracking.disable_scale_in.value_or(false)) {
    if (!policy.low_alarm.empty()) alarms_.remove(key.account, key.region, {policy.low_alarm});
    policy.low_alarm.clear();
    policy.low_arn.clear();
    return;
  }
  if (policy.low_alarm.empty()) policy.low_alarm = prefix + "-AlarmLow-" + id;
  spec.name = policy.low_alarm;
  spec.above = false;
  spec.threshold = *tracking.target_value * kLowRatio;
  spec.periods = 15;
  policy.low_arn = alarms_.put(key.account, key.region, spec);
}

void Service::alarmed(const std::string& account, const std::string& region, const std::string& policy_arn,
                      const std::string& alarm_name) {
  for (const Policy* row : policies_.list(account, region)) {
    if (row->arn != policy_arn) continue;
    const state::Key key{account, region, row->resource_id + "|" + row->name};
    if (std::find(row->active_alarms.begin(), row->active_alarms.end(), alarm_name) == row->active_alarms.end())
      store_.call([&] { policies_.update(key, [&](Policy& policy) { policy.active_alarms.push_back(alarm_name); }); });
    policies_ran_ = {};
    wake();
    return;
  }
  log::warning("autoscaling.unknown_policy", {{"alarm", alarm_name}, {"policy", policy_arn}});
}

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  run_schedules(now);
  const bool minute = now - policies_ran_ >= kAlarmPeriod;
  if (minute) policies_ran_ = now;
  for (const auto& [key, row] : targets_.all()) {
    (void)row;
    keep_bounds(key, now);
    if (minute) run_policies(key, now);
  }
  follow_activities(now);
  for (const auto& [key, row] : actions_.all())
    if (row->next) wake_in(std::max(Duration(0), *row->next - now));
}

void Service::run_schedules(Timestamp now) {
  for (const auto& [key, found] : actions_.all()) {
    if (!found->next || *found->next > now) continue;
    const Action action = *found;
    const auto schedule = parse_schedule(action.schedule);
    store_.call([&, key = key] {
      actions_.update(key, [&](Action& row) {
        row.next = schedule ? next_after(*schedule, now, row.timezone) : std::nullopt;
        if (row.next && row.end && *row.next > *row.end) row.next.reset();
      });
      const state::Key target{key.account, key.region, action.resource_id};
      const Target* row = targets_.find(target);
      if (!row || row->suspended.scheduled_scaling_suspended.value_or(false)) return;
      targets_.update(target, [&](Target& changed) {
        if (action.min) changed.min = *action.min;
        if (action.max) changed.max = *action.max;
        // A bound that was given wins over the one that was not.
        if (changed.max < changed.min)
          (action.max ? changed.min : changed.max) = action.max ? changed.max : changed.min;
        changed.bounds_changed = true;
      });
    });
    log::info("autoscaling.scheduled", {{"action", action.name}, {"target", action.resource_id}});
  }
}

void Service::keep_bounds(const state::Key& key, Timestamp now) {
  const Target* row = targets_.find(key);
  if (!row || !row->bounds_changed) return;
  const auto capacity = scalables_.capacity(key.account, key.region, key.id);
  const std::int32_t min = row->min, max = row->max;
  store_.call([&] {
    targets_.update(key, [](Target& target) { target.bounds_changed = false; });
    if (!capacity) return;
    if (capacity->desired < min) scale(key, min, "minimum capacity was set to " + std::to_string(min), now);
    if (capacity->desired > max) scale(key, max, "maximum capacity was set to " + std::to_string(max), now);
  });
}

bool Service::may_scale_in(const state::Key& target, const std::string& policy_name) {
  // Target tracking scales in only where every policy with scale-in agrees.
  for (const auto& [key, row] : policies_of(target)) {
    if (row->name == policy_name || row->type != "TargetTrackingScaling" || row->low_alarm.empty()) continue;
    const auto alarm = alarms_.look(key.account, key.region, row->low_alarm);
    if (!alarm || !alarm->in_alarm) return false;
  }
  return true;
}

void Service::wishes_of(const state::Key& target, std::int32_t current, Timestamp now, std::vector<Wish>& out,
                        std::vector<Wish>& in) {
  const Target& row = *targets_.find(target);
  const bool cooling_out = row.cooldown.out_until && *row.cooldown.out_until > now;
  // While a scale-out cools down, what it added counts as part of the next one.
  const std::int32_t base = cooling_out ? std::min(row.cooldown.before_out, current) : current;
  for (const auto& [key, found] : policies_of(target)) {
    if (found->active_alarms.empty()) continue;
    const Policy policy = *found;
    std::vector<std::string> still;
    for (const std::string& name : policy.active_alarms) {
      const auto alarm = alarms_.look(key.account, key.region, name);
      if (!alarm || !alarm->in_alarm) continue;
      still.push_back(name);
      if (!alarm->value) continue;
      Wish wish{.alarm = name, .policy = policy.name};
      bool outward = true;
      if (policy.type == "StepScaling") {
        auto capacity = stepped_capacity(policy.step, base, *alarm->value, alarm->threshold);
        outward = capacity && *capacity > base;
        if (capacity && *capacity < base)
          capacity = stepped_capacity(policy.step, current, *alarm->value, alarm->threshold);
        if (!capacity) continue;
        wish.capacity = *capacity;
        wish.cooldown = seconds(policy.step.cooldown);
      } else {
        outward = name == policy.high_alarm;
        if (!outward && !may_scale_in(target, policy.name)) continue;
        wish.capacity = tracked_capacity(outward ? base : current, *alarm->value, *policy.tracking.target_value);
        wish.cooldown = seconds(outward ? policy.tracking.scale_out_cooldown : policy.tracking.scale_in_cooldown);
      }
      (outward ? out : in).push_back(std::move(wish));
    }
    if (still != policy.active_alarms)
      store_.call([&, key = key] { policies_.update(key, [&](Policy& changed) { changed.active_alarms = still; }); });
  }
}

void Service::run_policies(const state::Key& target, Timestamp now) {
  const auto capacity = scalables_.capacity(target.account, target.region, target.id);
  if (!capacity) return;
  // A service that was stopped by hand or by a schedule stays so: nothing scales out from 0 by proportion.
  std::vector<Wish> out, in;
  wishes_of(target, capacity->desired, now, out, in);
  const Target row = *targets_.find(target);
  const auto larger = [](const Wish& a, const Wish& b) { return a.capacity < b.capacity; };
  const auto cause = [](const Wish& wish) {
    return "monitor alarm " + wish.alarm + " in state ALARM triggered policy " + wish.policy;
  };
  if (const auto most = std::max_element(out.begin(), out.end(), larger);
      most != out.end() && !row.suspended.dynamic_scaling_out_suspended.value_or(false)) {
    const std::int32_t wanted = std::min(most->capacity, row.max);
    if (wanted > capacity->desired) {
      store_.call([&] {
        targets_.update(target, [&](Target& changed) {
          // Within a cooldown the count before its first scale-out stays the base.
          const bool cooling = changed.cooldown.out_until && *changed.cooldown.out_until > now;
          const std::int32_t before =
              cooling ? std::min(changed.cooldown.before_out, capacity->desired) : capacity->desired;
          changed.cooldown = {.out_until = now + most->cooldown, .in_until = {}, .before_out = before};
        });
        scale(target, wanted, cause(*most), now);
      });
      return;
    }
  }
  if (!out.empty() || row.suspended.dynamic_scaling_in_suspended.value_or(false)) return;
  const auto most = std::max_element(in.begin(), in.end(), larger);
  if (most == in.end()) return;
  if (row.cooldown.in_until && *row.cooldown.in_until > now) return;
  const std::int32_t wanted = std::max(most->capacity, row.min);
  if (wanted >= capacity->desired) return;
  store_.call([&] {
    targets_.update(target, [&](Target& changed) { changed.cooldown.in_until = now + most->cooldown; });
    scale(target, wanted, cause(*most), now);
  });
}

void Service::scale(const state::Key& target, std::int32_t desired, const std::string& cause, Timestamp now) {
  Activity activity{.id = random_.uuid(), .resource_id = target.id, .cause = cause, .desired = desired, .started = now};
  activity.message =
      "Successfully set desired count to " + std::to_string(desired) + ". Waiting for change to be fulfilled by ecs.";
  try {
    scalables_.set_desired(target.account, target.region, target.id, desired, targets_.find(target)->role_arn);
  } catch (const aws::Error& e) {
    activity.status = "Failed";
    activity.message = "Failed to set desired count to " + std::to_string(desired) + ". Reason: " + e.message;
    activity.ended = now;
  }
  log::info("autoscaling.scaled",
            {{"target", target.id}, {"desired", desired}, {"cause", cause}, {"status", activity.status}});
  for (const auto& [key, row] : activities_.all())
    if (key.account == target.account && key.region == target.region && row->resource_id == target.id &&
        row->status == "InProgress")
      activities_.update(key, [&](Activity& older) {
        older.status = "Overridden";
        older.ended = now;
      });
  const state::Key key{target.account, target.region, padded(now) + activity.id};
  activities_.put(key, std::move(activity));
}

void Service::follow_activities(Timestamp now) {
  for (const auto& [key, row] : activities_.all()) {
    if (row->status != "InProgress") {
      if (now - row->started > kActivityAge) store_.call([&, key = key] { activities_.erase(key); });
      continue;
    }
    const auto capacity = scalables_.capacity(key.account, key.region, row->resource_id);
    if (capacity && (capacity->desired != row->desired || capacity->running != row->desired)) continue;
    store_.call([&, key = key] {
      activities_.update(key, [&](Activity& activity) {
        activity.ended = now;
        activity.status = capacity ? "Successful" : "Failed";
        activity.message = capacity ? "Successfully set desired count to " + std::to_string(activity.desired) +
                                          ". Change successfully fulfilled by ecs."
                                    : "The ECS service no longer exists.";
      });
    });
  }
}

}  // namespace stratus::services::autoscaling
