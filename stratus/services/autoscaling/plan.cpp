#include "stratus/services/autoscaling/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace stratus::services::autoscaling {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMost = 1e6;  // beyond any quota; keeps conversions defined

std::int32_t whole(double capacity) { return static_cast<std::int32_t>(std::clamp(capacity, 0.0, kMost)); }

double lower(const aws::autoscaling::StepAdjustment& step) {
  return step.metric_interval_lower_bound.value_or(-kInfinity);
}
double upper(const aws::autoscaling::StepAdjustment& step) {
  return step.metric_interval_upper_bound.value_or(kInfinity);
}

/// Above the threshold a step holds its lower bound, below it its upper one.
bool contains(const aws::autoscaling::StepAdjustment& step, double breach) {
  return breach >= 0 ? lower(step) <= breach && breach < upper(step) : lower(step) < breach && breach <= upper(step);
}

double percent_of(double base, double percent) {
  const double change = base * percent / 100;
  if (change > 1) return std::floor(change);
  if (change > 0) return 1;
  if (change < -1) return std::ceil(change);
  return change < 0 ? -1 : 0;
}

}  // namespace

std::int32_t tracked_capacity(std::int32_t current, double value, double target) {
  // A hair below the next whole number is a rounding error of the division, not a further task.
  return whole(std::ceil(static_cast<double>(current) * value / target - 1e-9));
}

std::optional<std::int32_t> stepped_capacity(const aws::autoscaling::StepScalingPolicyConfiguration& policy,
                                             std::int32_t base, double value, double threshold) {
  const double breach = value - threshold;
  for (const auto& step : *policy.step_adjustments) {
    if (!contains(step, breach)) continue;
    const double adjustment = *step.scaling_adjustment;
    if (policy.adjustment_type == "ExactCapacity") return whole(adjustment);
    double change = adjustment;
    if (policy.adjustment_type == "PercentChangeInCapacity") {
      change = percent_of(base, adjustment);
      const double least = policy.min_adjustment_magnitude.value_or(0);
      if (change != 0 && std::abs(change) < least) change = std::copysign(least, change);
    }
    return whole(static_cast<double>(base) + change);
  }
  return std::nullopt;
}

std::string problem_of(const aws::autoscaling::StepScalingPolicyConfiguration& policy) {
  if (!policy.adjustment_type) return "AdjustmentType is required for step scaling policies";
  if (!policy.step_adjustments || policy.step_adjustments->empty())
    return "At least one StepAdjustment must be specified";
  if (policy.min_adjustment_magnitude && policy.adjustment_type != "PercentChangeInCapacity")
    return "MinAdjustmentMagnitude can be used only with AdjustmentType PercentChangeInCapacity";
  auto steps = *policy.step_adjustments;
  for (const auto& step : steps) {
    if (!step.scaling_adjustment) return "ScalingAdjustment is required in each StepAdjustment";
    if (lower(step) >= upper(step)) return "MetricIntervalLowerBound must be less than MetricIntervalUpperBound";
  }
  std::sort(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return lower(a) < lower(b); });
  for (std::size_t i = 1; i < steps.size(); ++i) {
    if (lower(steps[i]) < upper(steps[i - 1])) return "StepAdjustment intervals can't overlap";
    if (lower(steps[i]) > upper(steps[i - 1])) return "StepAdjustment intervals can't have gaps between them";
  }
  if (lower(steps.front()) < 0 && lower(steps.front()) != -kInfinity)
    return "At least one StepAdjustment must have an unspecified lower bound if any has a negative lower bound";
  if (upper(steps.back()) > 0 && upper(steps.back()) != kInfinity)
    return "At least one StepAdjustment must have an unspecified upper bound if any has a positive upper bound";
  return "";
}

}  // namespace stratus::services::autoscaling
