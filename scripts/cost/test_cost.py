"""The arithmetic of the cost report, against figures worked out by hand."""
import datetime
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cost
import measured
import model
import schedule
import stack as stacks


def resource(kind, **values):
    return {"type": kind, "mode": "managed", "values": values}


def production():
    definitions = [resource("aws_ecs_task_definition", family=f"counselor-prod-{part}", cpu="512", memory="1024") for part in ("frontend", "backend")]
    services = [resource("aws_ecs_service", name=f"counselor-prod-{part}", desired_count=2, capacity_provider_strategy=[{"capacity_provider": "FARGATE"}])
                for part in ("frontend", "backend")]
    return {"values": {"root_module": {"resources": [], "child_modules": [
        {"resources": services + definitions},
        {"resources": [resource("aws_lb", subnets=["a", "b"]), *[resource("aws_nat_gateway")] * 2, *[resource("aws_eip")] * 2]},
        {"resources": [resource("aws_ecr_repository"), resource("aws_cloudwatch_log_group"), resource("aws_route53_zone"),
                       resource("aws_secretsmanager_secret", replica=[{"region": "us-west-2"}]),
                       resource("aws_cloudwatch_metric_alarm", metric_query=[{"metric": []}, {"metric": [1]}, {"metric": [2]}]),
                       resource("aws_cloudwatch_metric_alarm", metric_query=[])]},
    ]}}}


class ReadsTerraform(unittest.TestCase):
    def test_counts_what_costs_money_in_every_module(self):
        stack = stacks.read(production())
        self.assertEqual((stack.load_balancers, stack.load_balancer_zones, stack.nat_gateways, stack.elastic_addresses), (1, 2, 2, 2))
        self.assertEqual([(s.tasks, s.cpu, s.memory, s.spot) for s in stack.services], [(2, 512, 1024, False)] * 2)

    def test_an_alarm_on_metric_math_counts_each_metric_that_it_reads(self):
        self.assertEqual(stacks.read(production()).alarm_metrics, 3)

    def test_a_plan_is_read_like_a_state(self):
        self.assertEqual(stacks.read({"planned_values": production()["values"]}), stacks.read(production()))

    def test_what_is_only_read_costs_nothing(self):
        document = {"values": {"root_module": {"resources": [{"type": "aws_lb", "mode": "data", "values": {}}]}}}
        self.assertTrue(stacks.read(document).empty)


class Prices(unittest.TestCase):
    def test_every_price_says_where_and_when_it_was_read(self):
        for name, entry in model.data("prices")["prices"].items():
            with self.subTest(name):
                self.assertRegex(entry["source"], r"^https://aws\.amazon\.com/")
                self.assertRegex(entry["date"], r"^20\d\d-\d\d$")
                self.assertTrue(entry["read"])

    def test_every_assumption_says_why(self):
        for name, entry in model.data("usage").items():
            with self.subTest(name):
                self.assertTrue(entry["why"])
                self.assertTrue("value" in entry or {"dev", "test", "prod"} <= set(entry))


class Production(unittest.TestCase):
    def setUp(self):
        self.stack = stacks.read(production())
        self.calculator = model.Model("prod")
        self.lines = self.calculator.lines(self.stack)
        self.by_service = self.calculator.by_service(self.lines)

    def test_fargate_is_71_dollars_not_52(self):
        # 4 × 0.5 vCPU × 720 h × 0.04048 + 4 × 1 GB × 720 h × 0.004445
        self.assertAlmostEqual(self.by_service["ECS Fargate"], 58.2912 + 12.8016, places=4)

    def test_nat_gateways_cost_their_hours_and_their_data(self):
        self.assertAlmostEqual(self.by_service["NAT Gateway"], 2 * 720 * 0.045 + 10 * 0.045)

    def test_each_public_address_is_charged(self):
        self.assertAlmostEqual(self.by_service["Public IPv4"], 4 * 720 * 0.005)

    def test_a_replica_is_a_secret(self):
        self.assertAlmostEqual(self.by_service["Secrets Manager"], 0.40 + 0.40 + 0.05)

    def test_the_total_is_the_sum_of_the_lines(self):
        self.assertAlmostEqual(self.calculator.total(self.lines), sum(self.by_service.values()))

    def test_every_difference_from_the_document_is_explained(self):
        figures = model.data("document")["prod"]
        for name in set(figures) | set(self.by_service):
            if abs(self.by_service.get(name, 0) - figures.get(name, {}).get("cost", 0)) >= 0.01:
                self.assertIn(name, cost.REASONS)
        self.assertIn("$71.09", cost.compare(self.calculator, self.lines))


class Schedules(unittest.TestCase):
    office = [("cron(0 20 ? * MON-FRI *)", 0), ("cron(0 7 ? * MON-FRI *)", 2)]

    def test_working_hours_are_65_of_168(self):
        self.assertAlmostEqual(schedule.part_of_week(self.office), 65 / 168)

    def test_without_a_schedule_everything_always_runs(self):
        self.assertEqual(schedule.part_of_week([]), 1.0)

    def test_steps_and_lists_are_understood(self):
        self.assertEqual(len(schedule.moments("cron(0/30 8,20 ? * SAT *)")), 4)

    def test_weekdays_by_number_begin_on_sunday(self):
        self.assertEqual(schedule.moments("cron(0 0 ? * 2 *)"), schedule.moments("cron(0 0 ? * MON *)"))

    def test_tasks_off_hours_are_not_charged(self):
        stack = stacks.read(production())
        stack.schedules = self.office
        always = model.Model("prod").by_service(model.Model("prod").lines(stacks.read(production())))["ECS Fargate"]
        self.assertAlmostEqual(model.Model("prod").by_service(model.Model("prod").lines(stack))["ECS Fargate"], always * 65 / 168)


class Savings(unittest.TestCase):
    def test_spot_saves_its_discount(self):
        calculator, stack = model.Model("dev"), stacks.read(production())
        _, after, before = calculator.savings(stack)[0]
        self.assertAlmostEqual(after, before * 0.3)

    def test_an_idle_service_becomes_the_smallest_size_and_a_busy_one_stays(self):
        service = stacks.Service("s", 2, 512, 1024, False)
        small = model.Model.right_size(service, (10, 10))
        self.assertEqual((small.cpu, small.memory), (256, 512))
        self.assertEqual(model.Model.right_size(service, (95, 90)), service)
        self.assertEqual(model.Model.right_size(service, None), service)

    def test_advice_follows_the_peak(self):
        calculator, service = model.Model("prod"), stacks.Service("counselor-prod-backend", 2, 512, 1024, False)
        self.assertEqual(calculator.advice(service, (10, 10)), "256/512 would do")
        self.assertEqual(calculator.advice(service, (60, 60)), "that is right")
        self.assertIn("more would be right", calculator.advice(service, (95, 20)))
        text = cost.savings(calculator, stacks.Stack(services=[service]), {service.name: (10, 10)})
        self.assertRegex(text, r"right-sized tasks.* \$")
        self.assertIn("512/1024 and used at most 10.0 % of its CPU and 10.0 % of its memory: 256/512 would do", text)

    def test_each_way_to_save_is_in_the_table(self):
        text = cost.savings(model.Model("prod"), stacks.read(production()), None)
        for what in ("Fargate Spot", "off at night", "load balancer of another environment"):
            self.assertIn(what, text)
        self.assertIn("Right-sizing needs CPU and memory as measured", text)


class FakeSession:
    """An API that knows one running task of half an hour, and 120 task-minutes of its service."""

    def __init__(self, now):
        self.now = now

    def client(self, _service):
        return self

    def get_paginator(self, _operation):
        return self

    def paginate(self, cluster, desiredStatus):
        return [{"taskArns": ["task"] if desiredStatus == "RUNNING" else []}]

    def describe_tasks(self, cluster, tasks):
        return {"tasks": [{"pullStartedAt": self.now - datetime.timedelta(minutes=30), "cpu": "256", "memory": "512", "capacityProviderName": "FARGATE_SPOT",
                           "group": "service:counselor-dev-backend"}]}

    def get_metric_statistics(self, Dimensions, Statistics, **_arguments):
        return {"Datapoints": [{Statistics[0]: 120.0}] if Dimensions[1]["Value"].endswith("backend") else []}


class Measurements(unittest.TestCase):
    used = {"tasks": {(256, 512, "FARGATE"): 3600.0, (256, 512, "FARGATE_SPOT"): 3600.0}, "lcu_hours": None, "nat_bytes": 0, "log_bytes": 2_000_000_000,
            "stored_log_bytes": None, "image_bytes": None, "secret_calls": 3}

    def test_what_could_not_be_read_says_so(self):
        text = cost.measurements(model.Model("dev"), self.used, 24)
        self.assertRegex(text, r"load balancer capacity +not measured")
        self.assertRegex(text, r"through NAT gateways +0 bytes +\$0\.00")

    def test_capacity_is_taken_apart(self):
        text = cost.measurements(model.Model("dev"), {**self.used, "lcu_hours": 0.5, "new_connections": 45_000, "balancer_bytes": 2e8}, 24)
        self.assertRegex(text, r"load balancer capacity +0\.5000 LCU-hours +\$0\.00")
        self.assertRegex(text, r"new connections +45,000 = 0\.5000 LCU-hours")
        self.assertRegex(text, r"bytes both ways +200,000,000 = 0\.2000 LCU-hours")
        self.assertRegex(text, r"rules +not measured")

    def test_time_of_tasks_that_ecs_has_forgotten_counts(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        usage = measured.Usage("dev", 24, session=FakeSession(now))
        self.assertAlmostEqual(usage.tasks()[(256, 512, "FARGATE_SPOT")], 1800, delta=5)
        # Two tasks for an hour each by CloudWatch, of which ECS knows half an hour.
        self.assertAlmostEqual(usage.older_tasks()[(256, 512, "FARGATE_SPOT")], 120 * 60 - 1800, delta=5)

    def test_an_hour_of_a_small_task(self):
        text = cost.measurements(model.Model("dev"), self.used, 24)
        self.assertRegex(text, r"256/512 on FARGATE +3,600 s +\$0\.01")
        self.assertRegex(text, r"logs ingested +2,000,000,000 bytes +\$1\.00")


if __name__ == "__main__":
    unittest.main()
