// How many tasks there should be: pure functions of a policy, a metric's value and what runs.
#pragma once

#include <cstdint>
#include <optional>

#include "stratus/models/autoscaling.h"

namespace stratus::services::autoscaling {

/// Target tracking: the capacity at which a metric that is `value` at `current` tasks would be `target`, if it shrinks
/// in proportion. Rounded up, so that the target is not exceeded.
std::int32_t tracked_capacity(std::int32_t current, double value, double target);

/// Step scaling: `base` changed by the step that contains the breach (`value - threshold`); nothing where no step does.
/// Percentages are rounded as Application Auto Scaling documents: toward zero beyond 1, away from zero below it.
std::optional<std::int32_t> stepped_capacity(const aws::autoscaling::StepScalingPolicyConfiguration& policy,
                                             std::int32_t base, double value, double threshold);

/// The sentence that says what is wrong with the steps; empty where they are well-formed: bounds given once open to
/// each side, no gaps, no overlaps.
std::string problem_of(const aws::autoscaling::StepScalingPolicyConfiguration& policy);

}  // namespace stratus::services::autoscaling
