"""Application Auto Scaling of an ECS service whose tasks are real containers."""
import datetime

import harness
import tasks

SERVICE = "service/box/web"
WHERE = {"ServiceNamespace": "ecs", "ResourceId": SERVICE, "ScalableDimension": "ecs:service:DesiredCount"}


class Scaling(tasks.TaskTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scaling = harness.client("application-autoscaling", cls.account)

    def setUp(self):
        self.ecs.create_service(cluster="box", serviceName="web", taskDefinition=self.define(self.container(log=False)), desiredCount=1,
                                launchType="FARGATE", networkConfiguration=self.network)

    def tearDown(self):
        if self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]:
            self.scaling.deregister_scalable_target(**WHERE)
        self.ecs.delete_service(cluster="box", service="web", force=True)
        self.eventually(lambda: self.service()["status"] == "INACTIVE", 30, "the service is gone")

    def service(self):
        return self.ecs.describe_services(cluster="box", services=["web"])["services"][0]

    def register(self, low=1, high=3, **more):
        return self.scaling.register_scalable_target(**WHERE, MinCapacity=low, MaxCapacity=high, **more)["ScalableTargetARN"]

    def test_a_target_is_registered_described_changed_and_deregistered(self):
        arn = self.register(Tags={"team": "a"})
        target, = self.scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[SERVICE])["ScalableTargets"]
        self.assertEqual((target["MinCapacity"], target["MaxCapacity"], target["ScalableTargetARN"]), (1, 3, arn))
        self.assertEqual(target["SuspendedState"], {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False,
                                                    "ScheduledScalingSuspended": False})
        self.assertTrue(target["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_ECSService"))
        self.assertTrue(self.iam.get_role(RoleName="AWSServiceRoleForApplicationAutoScaling_ECSService"))
        self.scaling.register_scalable_target(**WHERE, MaxCapacity=5, SuspendedState={"DynamicScalingInSuspended": True})
        target, = self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        self.assertEqual((target["MinCapacity"], target["MaxCapacity"]), (1, 5))
        self.assertEqual(target["SuspendedState"]["DynamicScalingInSuspended"], True)
        self.assertEqual(self.scaling.list_tags_for_resource(ResourceARN=arn)["Tags"], {"team": "a"})
        self.scaling.tag_resource(ResourceARN=arn, Tags={"stage": "b"})
        self.scaling.untag_resource(ResourceARN=arn, TagKeys=["team"])
        self.assertEqual(self.scaling.list_tags_for_resource(ResourceARN=arn)["Tags"], {"stage": "b"})
        self.scaling.deregister_scalable_target(**WHERE)
        self.assertEqual(self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"], [])
        self.refused("ObjectNotFoundException", self.scaling.deregister_scalable_target, **WHERE, status=400,
                     message="No scalable target found for service namespace: ecs, resource ID: service/box/web")

    def test_bad_targets_are_refused(self):
        register = self.scaling.register_scalable_target
        self.refused("ValidationException", register, **{**WHERE, "ResourceId": "service/box/gone"}, MinCapacity=1, MaxCapacity=1,
                     message="ECS service doesn't exist: service/box/gone")
        self.refused("ValidationException", register, **{**WHERE, "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}, MinCapacity=1,
                     MaxCapacity=1, message="Unsupported service namespace, resource type or scalable dimension")
        self.refused("ValidationException", register, **{**WHERE, "ServiceNamespace": "nothing"}, MinCapacity=1, MaxCapacity=1,
                     message="failed to satisfy constraint: Member must satisfy enum value set")
        self.refused("ValidationException", register, **WHERE, MinCapacity=3, MaxCapacity=1)
        self.refused("NotImplemented", register, ServiceNamespace="dynamodb", ResourceId="table/x",
                     ScalableDimension="dynamodb:table:ReadCapacityUnits", MinCapacity=1, MaxCapacity=1, status=501)
        self.assertEqual(self.scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"], [])

    def test_capacity_is_brought_between_the_bounds_by_real_tasks(self):
        self.register(2, 3)
        self.eventually(lambda: self.service()["runningCount"] == 2, 60, "two tasks run")
        activity = self.eventually(lambda: [a for a in self.scaling.describe_scaling_activities(**WHERE)["ScalingActivities"]
                                            if a["StatusCode"] == "Successful"], 20, "the activity is over")[0]
        self.assertEqual(activity["Description"], "Setting desired count to 2.")
        self.assertEqual(activity["Cause"], "minimum capacity was set to 2")
        self.assertIn("Change successfully fulfilled by ecs", activity["StatusMessage"])

    def test_a_scheduled_action_scales_when_its_time_comes(self):
        self.register(1, 3)
        soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
        self.scaling.put_scheduled_action(**WHERE, ScheduledActionName="up", Schedule=f"at({soon})",
                                          ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 2})
        action, = self.scaling.describe_scheduled_actions(ServiceNamespace="ecs", ScheduledActionNames=["up"])["ScheduledActions"]
        self.assertEqual((action["Schedule"], action["ScalableTargetAction"]), (f"at({soon})", {"MinCapacity": 2, "MaxCapacity": 2}))
        self.eventually(lambda: self.service()["desiredCount"] == 2, 15, "the schedule scaled")
        self.eventually(lambda: self.service()["runningCount"] == 2, 60, "two tasks run")
        target, = self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        self.assertEqual((target["MinCapacity"], target["MaxCapacity"]), (2, 2))

    def test_scheduled_actions_are_changed_listed_and_deleted(self):
        self.register()
        put = self.scaling.put_scheduled_action
        for name in ("a", "b", "c"):
            put(**WHERE, ScheduledActionName=name, Schedule="cron(0 7 ? * MON-FRI *)", Timezone="Europe/Berlin",
                ScalableTargetAction={"MinCapacity": 1})
        put(**WHERE, ScheduledActionName="a", Schedule="rate(1 hour)", ScalableTargetAction={"MaxCapacity": 2})
        first = self.scaling.describe_scheduled_actions(ServiceNamespace="ecs", MaxResults=2)
        second = self.scaling.describe_scheduled_actions(ServiceNamespace="ecs", MaxResults=2, NextToken=first["NextToken"])
        names = [a["ScheduledActionName"] for a in first["ScheduledActions"] + second["ScheduledActions"]]
        self.assertEqual(names, ["a", "b", "c"])
        self.assertEqual(first["ScheduledActions"][0]["ScalableTargetAction"], {"MaxCapacity": 2})
        self.assertEqual(first["ScheduledActions"][1]["Timezone"], "Europe/Berlin")
        self.refused("ValidationException", put, **WHERE, ScheduledActionName="x", Schedule="cron(nonsense)",
                     ScalableTargetAction={"MinCapacity": 1})
        self.refused("ValidationException", put, **WHERE, ScheduledActionName="x", Schedule="rate(1 hour)", Timezone="Mars/Base",
                     ScalableTargetAction={"MinCapacity": 1})
        self.scaling.delete_scheduled_action(**WHERE, ScheduledActionName="a")
        self.refused("ObjectNotFoundException", self.scaling.delete_scheduled_action, **WHERE, ScheduledActionName="a")

    def test_step_policies_are_kept_and_deleted(self):
        self.refused("ObjectNotFoundException", self.scaling.put_scaling_policy, **WHERE, PolicyName="steps", PolicyType="StepScaling",
                     StepScalingPolicyConfiguration={"AdjustmentType": "ChangeInCapacity",
                                                     "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]},
                     message="No scalable target registered for service namespace: ecs")
        self.register()
        steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
                 "Cooldown": 60, "MetricAggregationType": "Average"}
        put = self.scaling.put_scaling_policy(**WHERE, PolicyName="steps", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps)
        self.assertRegex(put["PolicyARN"], f"^arn:aws:autoscaling:us-east-1:{self.account}:scalingPolicy:[0-9a-f-]{{36}}:"
                                           "resource/ecs/service/box/web:policyName/steps$")
        policy, = self.scaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["steps"])["ScalingPolicies"]
        self.assertEqual(policy["StepScalingPolicyConfiguration"], steps)
        self.assertEqual(policy["PolicyARN"], put["PolicyARN"])
        self.scaling.delete_scaling_policy(**WHERE, PolicyName="steps")
        self.refused("ObjectNotFoundException", self.scaling.delete_scaling_policy, **WHERE, PolicyName="steps",
                     message="policy name: steps")

    def load(self, value):
        harness.client("cloudwatch", self.account).put_metric_data(Namespace="app", MetricData=[{"MetricName": "load", "Value": value}])

    def alarm(self, name):
        """Sets an alarm off at once: its own way there takes minutes."""
        harness.client("cloudwatch", self.account).set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

    def test_target_tracking_owns_alarms_that_scale_out_real_tasks(self):
        self.register(1, 3)
        watch = harness.client("cloudwatch", self.account)
        put = self.scaling.put_scaling_policy(**WHERE, PolicyName="track", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 50, "ScaleOutCooldown": 60, "CustomizedMetricSpecification": {"Namespace": "app", "MetricName": "load", "Statistic": "Average"}})
        high, low = (a["AlarmName"] for a in put["Alarms"])
        self.assertRegex(high, r"^TargetTracking-service/box/web-AlarmHigh-[0-9a-f-]{36}$")
        alarms = {a["AlarmName"]: a for a in watch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"]}
        self.assertEqual((alarms[high]["Threshold"], alarms[high]["ComparisonOperator"], alarms[high]["EvaluationPeriods"]), (50, "GreaterThanThreshold", 3))
        self.assertEqual((alarms[low]["Threshold"], alarms[low]["ComparisonOperator"], alarms[low]["EvaluationPeriods"]), (45, "LessThanThreshold", 15))
        self.assertEqual(alarms[high]["AlarmActions"], [put["PolicyARN"]])
        self.load(110)
        self.alarm(high)
        self.eventually(lambda: self.service()["desiredCount"] == 3, 30, "the policy scaled out")
        self.eventually(lambda: self.service()["runningCount"] == 3, 60, "three tasks run")
        cause = self.scaling.describe_scaling_activities(**WHERE)["ScalingActivities"][0]["Cause"]
        self.assertEqual(cause, f"monitor alarm {high} in state ALARM triggered policy track")
        self.scaling.delete_scaling_policy(**WHERE, PolicyName="track")
        self.assertEqual(watch.describe_alarms(AlarmNames=[high, low])["MetricAlarms"], [])

    def test_steps_follow_the_alarm_that_names_the_policy(self):
        self.register(1, 5)
        steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [
            {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 50, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 50, "ScalingAdjustment": 2}]}
        put = self.scaling.put_scaling_policy(**WHERE, PolicyName="steps", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps)
        watch = harness.client("cloudwatch", self.account)
        watch.put_metric_alarm(AlarmName="busy", Namespace="app", MetricName="load", Statistic="Average", Period=60, EvaluationPeriods=1,
                               Threshold=100, ComparisonOperator="GreaterThanThreshold", AlarmActions=[put["PolicyARN"]])
        policy, = self.scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
        self.assertEqual([a["AlarmName"] for a in policy["Alarms"]], ["busy"])
        seen = []

        def stepped():
            seen.append(self.service()["desiredCount"])
            # What was measured belongs to one minute: where that one ended in between, once more.
            if seen[-1] == 1 and len(seen) % 100 == 1:
                self.load(170)
                self.alarm("busy")
            return seen[-1] > 1

        self.eventually(stepped, 60, "a step was taken")
        self.assertEqual(self.service()["desiredCount"], 3, "the second step: two more, not one")
        watch.delete_alarms(AlarmNames=["busy"])


if __name__ == "__main__":
    import unittest
    unittest.main()
