#include "stratus/services/autoscaling/plan.h"

#include <gtest/gtest.h>

namespace stratus::services::autoscaling {
namespace {

namespace aas = aws::autoscaling;

aas::StepScalingPolicyConfiguration steps(const std::string& type, std::vector<aas::StepAdjustment> adjustments) {
  return {.adjustment_type = type, .step_adjustments = std::move(adjustments)};
}
aas::StepAdjustment step(std::optional<double> lower, std::optional<double> upper, std::int32_t adjustment) {
  return {.metric_interval_lower_bound = lower, .metric_interval_upper_bound = upper, .scaling_adjustment = adjustment};
}

TEST(TrackedCapacity, GrowsAndShrinksInProportionRoundedUp) {
  EXPECT_EQ(tracked_capacity(2, 140, 70), 4);
  EXPECT_EQ(tracked_capacity(2, 71, 70), 3);
  EXPECT_EQ(tracked_capacity(4, 35, 70), 2);
  EXPECT_EQ(tracked_capacity(3, 10, 70), 1);
  EXPECT_EQ(tracked_capacity(3, 0, 70), 0);
}

TEST(TrackedCapacity, DoesNotAddATaskForARoundingError) { EXPECT_EQ(tracked_capacity(3, 0.1 + 0.2, 0.3), 3); }

TEST(TrackedCapacity, StaysDefinedForAbsurdValues) { EXPECT_EQ(tracked_capacity(1000, 1e300, 1e-300), 1000000); }

TEST(SteppedCapacity, TakesTheStepThatContainsTheBreach) {
  // The example of the service's documentation: 10 % more between 0 and 10 above the threshold, 30 % beyond.
  auto policy = steps("PercentChangeInCapacity", {step(0, 10, 0), step(10, 20, 10), step(20, std::nullopt, 30),
                                                  step(-10, 0, 0), step(-20, -10, -10), step(std::nullopt, -20, -30)});
  EXPECT_EQ(stepped_capacity(policy, 10, 55, 50), 10);
  EXPECT_EQ(stepped_capacity(policy, 10, 60, 50), 11);
  EXPECT_EQ(stepped_capacity(policy, 10, 70, 50), 13);
  EXPECT_EQ(stepped_capacity(policy, 10, 40, 50), 9);
  EXPECT_EQ(stepped_capacity(policy, 10, 30, 50), 7);
}

TEST(SteppedCapacity, RoundsPercentagesAsDocumented) {
  const auto change = [](std::int32_t base, std::int32_t percent) {
    return *stepped_capacity(steps("PercentChangeInCapacity", {step(0, std::nullopt, percent)}), base, 1, 0) - base;
  };
  EXPECT_EQ(change(10, 127), 12);  // 12.7 → 12
  EXPECT_EQ(change(10, 7), 1);     // 0.7 → 1
  EXPECT_EQ(change(10, -6), -1);   // -0.6 → -1
  EXPECT_EQ(change(10, -68), -6);  // -6.8 → -6
}

TEST(SteppedCapacity, RaisesSmallPercentagesToTheLeastMagnitude) {
  auto policy = steps("PercentChangeInCapacity", {step(0, std::nullopt, 25)});
  policy.min_adjustment_magnitude = 2;
  EXPECT_EQ(stepped_capacity(policy, 4, 1, 0), 6);
}

TEST(SteppedCapacity, SetsExactCapacitiesAndNeverGoesBelowZero) {
  EXPECT_EQ(stepped_capacity(steps("ExactCapacity", {step(0, std::nullopt, 7)}), 3, 5, 1), 7);
  EXPECT_EQ(stepped_capacity(steps("ChangeInCapacity", {step(std::nullopt, 0, -5)}), 3, 0, 1), 0);
}

TEST(SteppedCapacity, DoesNothingOutsideOfEveryStep) {
  EXPECT_EQ(stepped_capacity(steps("ChangeInCapacity", {step(0, std::nullopt, 1)}), 3, 0, 1), std::nullopt);
}

TEST(Steps, AreRefusedWithGapsOverlapsAndClosedEnds) {
  EXPECT_EQ(problem_of(steps("ChangeInCapacity", {step(0, std::nullopt, 1)})), "");
  EXPECT_NE(problem_of(steps("ChangeInCapacity", {})), "");
  EXPECT_NE(problem_of(steps("ChangeInCapacity", {step(0, 10, 1), step(20, std::nullopt, 2)})), "");
  EXPECT_NE(problem_of(steps("ChangeInCapacity", {step(0, 10, 1), step(5, std::nullopt, 2)})), "");
  EXPECT_NE(problem_of(steps("ChangeInCapacity", {step(0, 10, 1)})), "");
  EXPECT_NE(problem_of(steps("ChangeInCapacity", {step(10, 10, 1)})), "");
}

}  // namespace
}  // namespace stratus::services::autoscaling
