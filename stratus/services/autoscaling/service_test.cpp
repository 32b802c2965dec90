#include "stratus/services/autoscaling/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"

namespace stratus::services::autoscaling {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kService = "service/shop/web";
constexpr std::chrono::minutes kMinute{1};

/// A service whose tasks start at once.
struct FakeScalables final : Scalables {
  std::optional<Capacity> now = Capacity{2, 2};
  std::vector<std::int32_t> calls;
  bool refuses = false;

  std::optional<Capacity> capacity(const std::string&, const std::string&, const std::string& id) override {
    return id == kService ? now : std::nullopt;
  }
  void set_desired(const std::string&, const std::string&, const std::string&, std::int32_t desired,
                   const std::string&) override {
    if (refuses) throw aws::Error("AccessDeniedException", 400, "no");
    calls.push_back(desired);
    now = Capacity{desired, desired};
  }
  void prepare(const std::string&) override {}
};

struct FakeAlarms final : Alarms {
  std::map<std::string, AlarmSpec> specs;
  std::map<std::string, AlarmView> views;

  std::string put(const std::string&, const std::string&, const AlarmSpec& spec) override {
    specs[spec.name] = spec;
    return "arn:" + spec.name;
  }
  void remove(const std::string&, const std::string&, const std::vector<std::string>& names) override {
    for (const auto& name : names) specs.erase(name);
  }
  std::optional<AlarmView> look(const std::string&, const std::string&, const std::string& name) override {
    const auto at = views.find(name);
    return at == views.end() ? std::nullopt : std::optional(at->second);
  }
  std::vector<std::pair<std::string, std::string>> with_action(const std::string&, const std::string&,
                                                               const std::string& arn) override {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& [name, spec] : specs)
      if (spec.action_arn == arn) out.emplace_back(name, "arn:" + name);
    return out;
  }
};

struct Scaling : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{7};
  FakeScalables scalables;
  FakeAlarms alarms;
  std::unique_ptr<Service> service = std::make_unique<Service>(loop, store, random, scalables, alarms);
  Scaling() { service->start(); }

  aws::Context context() {
    aws::Context out;
    out.account = "123456789012";
    out.region = "us-east-1";
    out.now = loop.clock().now();
    return out;
  }
  template <class Work>
  std::string error_of(Work&& work) {
    try {
      store.call([&] { work(); });
    } catch (const aws::Error& e) {
      return e.code;
    }
    return "";
  }
  void add_target(std::int32_t min, std::int32_t max) {
    auto c = context();
    store.call([&] {
      service->register_scalable_target(c, {.service_namespace = "ecs",
                                            .resource_id = kService,
                                            .scalable_dimension = "ecs:service:DesiredCount",
                                            .min_capacity = min,
                                            .max_capacity = max});
    });
    loop.advance(std::chrono::seconds(1));
  }
  aas::PutScalingPolicyRequest policy(const std::string& name) {
    aas::PutScalingPolicyRequest request;
    request.policy_name = name;
    request.service_namespace = "ecs";
    request.resource_id = kService;
    request.scalable_dimension = "ecs:service:DesiredCount";
    return request;
  }
  aas::PutScalingPolicyResponse track_cpu(const std::string& name = "cpu", double target = 70,
                                          std::optional<std::int32_t> out = 60, std::optional<std::int32_t> in = 300) {
    auto request = policy(name);
    request.policy_type = "TargetTrackingScaling";
    request.target_tracking_scaling_policy_configuration = aas::TargetTrackingScalingPolicyConfiguration{
        .target_value = target,
        .predefined_metric_specification =
            aas::PredefinedMetricSpecification{.predefined_metric_type = "ECSServiceAverageCPUUtilization"},
        .scale_out_cooldown = out,
        .scale_in_cooldown = in};
    auto c = context();
    aas::PutScalingPolicyResponse response;
    store.call([&] { response = service->put_scaling_policy(c, request); });
    return response;
  }
  void alarm(const std::string& name, const std::string& arn, double value, bool in_alarm = true) {
    alarms.views[name] = {.in_alarm = in_alarm, .threshold = alarms.specs[name].threshold, .value = value};
    if (in_alarm) service->alarmed("123456789012", "us-east-1", arn, name);
    loop.advance(std::chrono::seconds(1));
  }
  std::vector<aas::ScalingActivity> activities() {
    auto c = context();
    return *service->describe_scaling_activities(c, {.service_namespace = "ecs"}).scaling_activities;
  }
};

TEST_F(Scaling, BringsCapacityBetweenItsBoundsAndSaysWhy) {
  add_target(4, 8);
  EXPECT_THAT(scalables.calls, ElementsAre(4));
  loop.advance(std::chrono::seconds(10));
  ASSERT_EQ(activities().size(), 1u);
  EXPECT_EQ(activities()[0].cause, "minimum capacity was set to 4");
  EXPECT_EQ(activities()[0].status_code, "Successful");
}

TEST_F(Scaling, RefusesWhatAWSRefuses) {
  auto c = context();
  aas::RegisterScalableTargetRequest request{.service_namespace = "ecs",
                                             .resource_id = kService,
                                             .scalable_dimension = "ecs:service:DesiredCount",
                                             .min_capacity = 3,
                                             .max_capacity = 2};
  EXPECT_EQ(error_of([&] { service->register_scalable_target(c, request); }), "ValidationException");
  request.max_capacity = 3;
  request.resource_id = "service/shop/gone";
  EXPECT_EQ(error_of([&] { service->register_scalable_target(c, request); }), "ValidationException");
  request.resource_id = kService;
  request.service_namespace = "dynamodb";
  EXPECT_EQ(error_of([&] { service->register_scalable_target(c, request); }), "NotImplemented");
  EXPECT_EQ(error_of([&] { service->put_scaling_policy(c, policy("p")); }), "ObjectNotFoundException");
  EXPECT_EQ(error_of([&] { service->delete_scaling_policy(c, {.policy_name = "p", .resource_id = kService}); }),
            "ObjectNotFoundException");
}

TEST_F(Scaling, TargetTrackingOwnsTwoAlarmsAndTakesThemAlong) {
  add_target(1, 10);
  const auto made = track_cpu();
  ASSERT_EQ(made.alarms->size(), 2u);
  const AlarmSpec& high = alarms.specs.at(*(*made.alarms)[0].alarm_name);
  const AlarmSpec& low = alarms.specs.at(*(*made.alarms)[1].alarm_name);
  EXPECT_EQ(high.metric, "CPUUtilization");
  EXPECT_EQ(high.dimensions.at("ServiceName"), "web");
  EXPECT_EQ(high.periods, 3);
  EXPECT_EQ(low.periods, 15);
  EXPECT_DOUBLE_EQ(low.threshold, 63);
  EXPECT_EQ(high.action_arn, *made.policy_arn);
  auto c = context();
  store.call([&] {
    service->deregister_scalable_target(
        c, {.service_namespace = "ecs", .resource_id = kService, .scalable_dimension = "ecs:service:DesiredCount"});
  });
  EXPECT_THAT(alarms.specs, IsEmpty());
}

TEST_F(Scaling, LoadMakesTasksUpToTheBoundAndIdlenessRemovesThem) {
  add_target(1, 5);
  const auto made = track_cpu();
  const std::string high = *(*made.alarms)[0].alarm_name, low = *(*made.alarms)[1].alarm_name, arn = *made.policy_arn;
  alarm(high, arn, 140);
  EXPECT_THAT(scalables.calls, ElementsAre(4));
  alarms.views[high].value = 90;  // still too much, and the cooldown of a minute goes by
  loop.advance(3 * kMinute);
  EXPECT_EQ(scalables.now->desired, 5);
  alarms.views[high].in_alarm = false;
  alarm(low, arn, 10);
  EXPECT_EQ(scalables.now->desired, 1);
  EXPECT_EQ(activities()[0].cause, "monitor alarm " + low + " in state ALARM triggered policy cpu");
}

TEST_F(Scaling, AScaleOutCountsAsPartOfTheNextOneWhileItCoolsDown) {
  add_target(1, 20);
  const auto made = track_cpu("cpu", 70, 600);
  alarm(*(*made.alarms)[0].alarm_name, *made.policy_arn, 140);
  EXPECT_EQ(scalables.now->desired, 4);
  loop.advance(3 * kMinute);  // the metric lags: 2 tasks at 140 still ask for 4, not for 8
  EXPECT_EQ(scalables.now->desired, 4);
  alarms.views[*(*made.alarms)[0].alarm_name].value = 210;
  loop.advance(2 * kMinute);
  EXPECT_EQ(scalables.now->desired, 6);
}

TEST_F(Scaling, AScaleInWaitsForItsCooldownButNotAScaleOut) {
  add_target(1, 20);
  scalables.now = Scalables::Capacity{8, 8};
  const auto made = track_cpu();
  const std::string high = *(*made.alarms)[0].alarm_name, low = *(*made.alarms)[1].alarm_name, arn = *made.policy_arn;
  alarm(low, arn, 35);
  EXPECT_EQ(scalables.now->desired, 4);
  loop.advance(2 * kMinute);
  EXPECT_EQ(scalables.now->desired, 4);
  alarms.views[low].in_alarm = false;
  alarm(high, arn, 140);
  EXPECT_EQ(scalables.now->desired, 8);
}

TEST_F(Scaling, ScalesInOnlyWhereEveryTrackingPolicyAgrees) {
  add_target(1, 20);
  scalables.now = Scalables::Capacity{8, 8};
  const auto one = track_cpu("one");
  const auto two = track_cpu("two");
  alarm(*(*one.alarms)[1].alarm_name, *one.policy_arn, 10);
  EXPECT_EQ(scalables.now->desired, 8);
  alarm(*(*two.alarms)[1].alarm_name, *two.policy_arn, 35);
  EXPECT_EQ(scalables.now->desired, 4);  // the larger of what both ask for
}

TEST_F(Scaling, SuspendedScalingDoesNothing) {
  add_target(1, 20);
  auto c = context();
  store.call([&] {
    service->register_scalable_target(c,
                                      {.service_namespace = "ecs",
                                       .resource_id = kService,
                                       .scalable_dimension = "ecs:service:DesiredCount",
                                       .suspended_state = aas::SuspendedState{.dynamic_scaling_out_suspended = true}});
  });
  const auto made = track_cpu();
  alarm(*(*made.alarms)[0].alarm_name, *made.policy_arn, 140);
  loop.advance(5 * kMinute);
  EXPECT_THAT(scalables.calls, IsEmpty());
}

TEST_F(Scaling, StepsFollowTheUsersOwnAlarm) {
  add_target(1, 20);
  auto request = policy("steps");
  request.policy_type = "StepScaling";
  request.step_scaling_policy_configuration = aas::StepScalingPolicyConfiguration{
      .adjustment_type = "ChangeInCapacity",
      .step_adjustments =
          std::vector<aas::StepAdjustment>{
              {.metric_interval_lower_bound = 0, .metric_interval_upper_bound = 20, .scaling_adjustment = 1},
              {.metric_interval_lower_bound = 20, .scaling_adjustment = 3}},
      .cooldown = 60};
  auto c = context();
  aas::PutScalingPolicyResponse made;
  store.call([&] { made = service->put_scaling_policy(c, request); });
  alarms.specs["mine"] = {.name = "mine", .action_arn = *made.policy_arn, .threshold = 50};
  alarm("mine", *made.policy_arn, 75);
  EXPECT_EQ(scalables.now->desired, 5);
  auto described = service->describe_scaling_policies(c, {.service_namespace = "ecs"});
  EXPECT_EQ((*(*described.scaling_policies)[0].alarms)[0].alarm_name, "mine");
}

TEST_F(Scaling, SchedulesStopAndStartTheServiceInTheirTimeZone) {
  add_target(3, 4);  // neither of the two counts, so that the first schedule to run changes something
  auto c = context();
  const auto put = [&](const std::string& name, const std::string& schedule, std::int32_t count) {
    store.call([&] {
      service->put_scheduled_action(
          c, {.service_namespace = "ecs",
              .schedule = schedule,
              .timezone = "Europe/Berlin",
              .scheduled_action_name = name,
              .resource_id = kService,
              .scalable_dimension = "ecs:service:DesiredCount",
              .scalable_target_action = aas::ScalableTargetAction{.min_capacity = count, .max_capacity = count}});
    });
  };
  put("night", "cron(0 20 * * ? *)", 0);
  put("day", "cron(0 7 * * ? *)", 2);
  scalables.calls.clear();
  loop.advance(std::chrono::hours(48) + 5 * kMinute);
  // Two nights and two days, whatever the hour at which the clock began.
  ASSERT_EQ(scalables.calls.size(), 4u);
  EXPECT_EQ(scalables.calls[0] + scalables.calls[1], 2);
  EXPECT_EQ(scalables.calls[2] + scalables.calls[3], 2);
}

TEST_F(Scaling, AFailureToScaleIsAnActivity) {
  add_target(1, 9);
  scalables.refuses = true;
  const auto made = track_cpu();
  alarm(*(*made.alarms)[0].alarm_name, *made.policy_arn, 140);
  ASSERT_FALSE(activities().empty());
  EXPECT_EQ(activities()[0].status_code, "Failed");
}

TEST_F(Scaling, GoesOnAfterARestart) {
  add_target(1, 20);
  const auto made = track_cpu("cpu", 70, 1);
  alarm(*(*made.alarms)[0].alarm_name, *made.policy_arn, 77);
  EXPECT_EQ(scalables.now->desired, 3);
  service.reset();
  service = std::make_unique<Service>(loop, store, random, scalables, alarms);
  service->start();
  alarms.views[*(*made.alarms)[0].alarm_name].value = 140;
  loop.advance(2 * kMinute);
  EXPECT_GE(scalables.now->desired, 6);
}

}  // namespace
}  // namespace stratus::services::autoscaling
