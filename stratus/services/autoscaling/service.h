// Application Auto Scaling for ECS services: bounds, target tracking, steps, schedules.
#pragma once

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/autoscaling.h"
#include "stratus/services/autoscaling/ports.h"
#include "stratus/services/autoscaling/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::autoscaling {

namespace aas = aws::autoscaling;

class Service final : public aas::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, Scalables& scalables, Alarms& alarms);

  /// Begins to scale: schedules, bounds, and policies whose alarms called before a restart.
  void start();
  /// An alarm that has the policy among its actions went into ALARM. An unknown policy is logged.
  void alarmed(const std::string& account, const std::string& region, const std::string& policy_arn,
               const std::string& alarm_name);
  /// A service's tasks changed: activities in progress may be over.
  void notice() { wake(); }

  aas::DeleteScalingPolicyResponse delete_scaling_policy(aws::Context&,
                                                         const aas::DeleteScalingPolicyRequest&) override;
  aas::DeleteScheduledActionResponse delete_scheduled_action(aws::Context&,
                                                             const aas::DeleteScheduledActionRequest&) override;
  aas::DeregisterScalableTargetResponse deregister_scalable_target(
      aws::Context&, const aas::DeregisterScalableTargetRequest&) override;
  aas::DescribeScalableTargetsResponse describe_scalable_targets(aws::Context&,
                                                                 const aas::DescribeScalableTargetsRequest&) override;
  aas::DescribeScalingActivitiesResponse describe_scaling_activities(
      aws::Context&, const aas::DescribeScalingActivitiesRequest&) override;
  aas::DescribeScalingPoliciesResponse describe_scaling_policies(aws::Context&,
                                                                 const aas::DescribeScalingPoliciesRequest&) override;
  aas::DescribeScheduledActionsResponse describe_scheduled_actions(
      aws::Context&, const aas::DescribeScheduledActionsRequest&) override;
  aas::ListTagsForResourceResponse list_tags_for_resource(aws::Context&,
                                                          const aas::ListTagsForResourceRequest&) override;
  aas::PutScalingPolicyResponse put_scaling_policy(aws::Context&, const aas::PutScalingPolicyRequest&) override;
  aas::PutScheduledActionResponse put_scheduled_action(aws::Context&, const aas::PutScheduledActionRequest&) override;
  aas::RegisterScalableTargetResponse register_scalable_target(aws::Context&,
                                                               const aas::RegisterScalableTargetRequest&) override;
  aas::TagResourceResponse tag_resource(aws::Context&, const aas::TagResourceRequest&) override;
  aas::UntagResourceResponse untag_resource(aws::Context&, const aas::UntagResourceRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  void reconcile() override;
  /// What a policy asks for now: a capacity, the policy's alarm, and in which direction.
  struct Wish {
    std::int32_t capacity = 0;
    std::string alarm, policy;
    Duration cooldown{};
  };

  const Target& target(const aws::Context& context, const std::string& resource_id) const;
  std::pair<state::Key, const Target*> target_by_arn(const aws::Context& context, const std::string& arn) const;
  std::vector<std::pair<state::Key, const Policy*>> policies_of(const state::Key& target) const;
  void remove_policy(const state::Key& key);
  void set_tracking_alarms(const state::Key& key, Policy& policy, const std::string& id);
  std::vector<aas::Alarm> alarms_of(const state::Key& key, const Policy& policy);

  void run_schedules(Timestamp now);
  void run_policies(const state::Key& target, Timestamp now);
  void keep_bounds(const state::Key& target, Timestamp now);
  void follow_activities(Timestamp now);
  /// What each alarm in alarm wants; `still` tells which alarms keep calling their policy.
  void wishes_of(const state::Key& target, std::int32_t current, Timestamp now, std::vector<Wish>& out,
                 std::vector<Wish>& in);
  bool may_scale_in(const state::Key& target, const std::string& policy_name);
  void scale(const state::Key& target, std::int32_t desired, const std::string& cause, Timestamp now);

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  Scalables& scalables_;
  Alarms& alarms_;
  state::Table<Target> targets_;
  state::Table<Policy> policies_;
  state::Table<Action> actions_;
  state::Table<Activity> activities_;
  Timestamp policies_ran_{};  ///< alarms call their policies once a minute
};

}  // namespace stratus::services::autoscaling
