"""Each box tells what holds from what does not, and says why; what nobody can tell is a person's, in prod it does not hold."""
import datetime
import io
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import checklist
from checklist import FAILS, HOLDS, PERSON
from pages import Box
from sight import Refused

NOW = datetime.datetime(2026, 11, 26, 3, 0, tzinfo=datetime.timezone.utc)


def service(part, **changes):
    deployment = {"status": "PRIMARY", "rolloutState": "COMPLETED", "runningCount": 2, "desiredCount": 2, "failedTasks": 0}
    return {"serviceName": f"counselor-prod-{part}", "taskDefinition": f"arn:x:task-definition/counselor-prod-{part}:5", "runningCount": 2, "desiredCount": 2, "deployments": [deployment], **changes}


FACTS = {"environment": "prod", "commit": "a1b2c3d4", "branches": ["origin/main"], "uncommitted": 0, "passed": {"tests": "a1b2c3d4", "security": "a1b2c3d4"}, "window": "open 90 Tue 22:00-01:00",
         "answers": {"/": "200", "/api/health": "200"}, "tags": {"frontend": "prod-a1b2c3d", "backend": "prod-a1b2c3d"}, "plan": "empty", "failing": [], "backup": "20261126T023000Z-prod.tar"}
ANSWERS = {
    "ecs describe_services": {"services": [service("frontend"), service("backend")]},
    "ecs list_task_definitions": {"taskDefinitionArns": ["arn:x:task-definition/counselor-prod-backend:4", "arn:x:task-definition/counselor-prod-backend:5"]},
    "ecs describe_task_definition": {"taskDefinition": {"containerDefinitions": [{"image": "host/counselor-prod-backend:prod-a1b2c3d"}]}},
    "ecr describe_images": {},
    "secretsmanager describe_secret": {"VersionIdsToStages": {"v": []}, "LastChangedDate": NOW},
    "elbv2 describe_target_groups": {"TargetGroups": [{"TargetGroupArn": "group", "LoadBalancerArns": ["arn"]}]},
    "elbv2 describe_target_health": {"TargetHealthDescriptions": [{"Target": {"Id": "10.0.10.5"}, "TargetHealth": {"State": "healthy"}}]},
    "elbv2 describe_load_balancers": {"LoadBalancers": [{"LoadBalancerArn": "arn:x:loadbalancer/app/counselor-prod-alb/1"}]},
    "cloudwatch describe_alarms": {"MetricAlarms": [{"AlarmName": "counselor-prod-5xx", "StateValue": "OK"}]},
    "cloudwatch get_metric_statistics": {"Datapoints": []},
    "logs filter_log_events": {"events": []},
}


def state(name, facts=None, **changes):
    answers = {**ANSWERS, **{key.replace("__", " "): value for key, value in changes.items()}}

    def api(service_name, operation, **_arguments):
        answer = answers[f"{service_name} {operation}"]
        if answer is Refused:
            raise Refused("no")
        return answer
    return checklist.ask(Box("before", "words", name), checklist.Environment({**FACTS, **(facts or {})}, api, NOW))


class Boxes(unittest.TestCase):
    def test_all_hold_where_everything_is_as_it_should_be(self):
        for name in checklist.CHECKS:
            with self.subTest(name):
                self.assertEqual(state(name)[0], HOLDS, state(name))

    def test_each_notices_what_it_is_there_for(self):
        ill = {"TargetHealthDescriptions": [{"Target": {"Id": "10.0.10.5"}, "TargetHealth": {"State": "unhealthy"}}]}
        failing = [service("frontend", deployments=[{"status": "PRIMARY", "rolloutState": "IN_PROGRESS", "runningCount": 0, "desiredCount": 2, "failedTasks": 1}])]
        for name, words, facts, changes in (
                ("review", "2 files", {"uncommitted": 2}, {}),
                ("tests", "no run is recorded for a1b2c3d", {"passed": {"tests": "other"}}, {}),
                ("security", "scripts/ci/security.sh", {"passed": {"tests": "a1b2c3d4"}}, {}),
                ("key", "no key of the model", {}, {"secretsmanager__describe_secret": {}}),
                ("window", "closed, opens in 2 h", {"window": "closed refuse 120 Tue 22:00-01:00"}, {}),
                ("rollback", "the image of counselor-prod-backend:4 is gone", {}, {"ecr__describe_images": Refused}),
                ("backup", "there is none", {"backup": ""}, {}),
                ("backup", "is 2 h old", {"backup": "20261126T010000Z-prod.tar"}, {}),
                ("steady", "runs 1 of 2", {}, {"ecs__describe_services": {"services": [service("backend", runningCount=1)]}}),
                ("steady", "sleep: scripts/deploy.sh prod scale up", {}, {"ecs__describe_services": {"services": [service("backend", runningCount=0, desiredCount=0)]}}),
                ("rollout", "1 failed", {}, {"ecs__describe_services": {"services": failing}}),
                ("targets", "10.0.10.5 is unhealthy", {}, {"elbv2__describe_target_health": ill}),
                ("targets", "0 are healthy", {}, {"elbv2__describe_target_health": {"TargetHealthDescriptions": []}}),
                ("answers", "/api/health 503", {"answers": {"/": "200", "/api/health": "503"}}, {}),
                ("answers", "", {"answers": {}}, {}),
                ("alarms", "counselor-prod-5xx", {}, {"cloudwatch__describe_alarms": {"MetricAlarms": [{"AlarmName": "counselor-prod-5xx", "StateValue": "ALARM"}]}}),
                ("errors", "6 of 6 requests", {}, {"cloudwatch__get_metric_statistics": {"Datapoints": [{"Sum": 3.0}]}}),
                ("version", "backend runs prod-a1b2c3d, not prod-new", {"tags": {"frontend": "prod-a1b2c3d", "backend": "prod-new"}}, {}),
                ("logs", "1 failures", {}, {"logs__filter_log_events": {"events": [{"message": '{"event":"failed"}'}]}}),
                ("plan", "would change", {"plan": "changes"}, {}),
                ("plan", "failed", {"plan": "failed"}, {}),
                ("compliance", "check --quiet", {"failing": ["Audit logging: CloudTrail for all API calls"]}, {}),
                ("alarms", "cannot be told", {}, {"cloudwatch__describe_alarms": Refused})):
            with self.subTest(name, words=words):
                got, evidence = state(name, facts, **changes)
                self.assertEqual(got, FAILS, evidence)
                self.assertIn(words, evidence)

    def test_what_nobody_recorded_is_a_persons_outside_of_prod(self):
        for name, facts in (("review", {"uncommitted": 1}), ("tests", {"passed": {}}), ("window", {"window": "closed note 120 Mon-Fri"}), ("plan", {"plan": ""}), ("compliance", {"failing": None}), ("compliance", {"failing": ["Audit logging: x"]})):
            with self.subTest(name):
                self.assertEqual(state(name, {"environment": "dev", **facts})[0], PERSON)

    def test_another_point_than_the_trail_does_not_hold_anywhere(self):
        self.assertEqual(state("compliance", {"environment": "dev", "failing": ["Audit logging: x", "Security groups: y"]})[0], FAILS)

    def test_a_first_revision_has_none_to_go_back_to(self):
        got, evidence = state("rollback", ecs__list_task_definitions={"taskDefinitionArns": ["arn:x:task-definition/counselor-prod-backend:5"]})
        self.assertEqual(got, PERSON)
        self.assertIn("the first revision", evidence)

    def test_a_guests_requests_are_counted_by_its_hosts_load_balancer(self):
        got, evidence = state("errors", elbv2__describe_load_balancers={"LoadBalancers": [{"LoadBalancerArn": "arn:x:loadbalancer/app/counselor-dev-alb/1"}]})
        self.assertEqual(got, HOLDS)
        self.assertIn("counselor-dev-alb counts every environment behind it", evidence)
        self.assertNotIn("counts every environment", state("errors")[1])
        self.assertEqual(state("errors", elbv2__describe_target_groups={"TargetGroups": [{"LoadBalancerArns": []}]}), (FAILS, "cannot be told: no load balancer leads to counselor-prod-frontend"))

    def test_the_report_counts_what_does_not_hold(self):
        boxes, out = [Box("before", "Alarms", "alarms"), Box("before", "On call", None), Box("after", "Answers", "answers")], io.StringIO()
        env = checklist.Environment({**FACTS, "answers": {"/": "502"}}, lambda service_name, operation, **_: ANSWERS[f"{service_name} {operation}"], NOW)
        self.assertEqual(checklist.report(boxes, env, ["before", "after"], out), 1)
        self.assertEqual(out.getvalue(), "Before\n  [x] Alarms: 1 are quiet\n  [?] On call\nAfter\n  [ ] Answers: / 502\n")


if __name__ == "__main__":
    unittest.main()
