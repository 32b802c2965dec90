"""A post-mortem assembled from the API's recorded answers (recorded/incident.json): the test environment fell asleep while requests came, an alarm told, it was woken."""
import datetime
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import postmortem
from postmortem import Collected, Entry
from sight import Refused

UTC = datetime.timezone.utc
BEGIN, END = datetime.datetime(2026, 11, 26, 0, 59, 30, tzinfo=UTC), datetime.datetime(2026, 11, 26, 1, 15, tzinfo=UTC)
RECORDED = json.loads((HERE / "recorded" / "incident.json").read_text(encoding="utf-8"))


def with_times(value, key=""):
    if isinstance(value, dict):
        return {name: with_times(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_times(inner, key) for inner in value]
    return datetime.datetime.fromisoformat(value) if isinstance(value, str) and key in ("EventTime", "Timestamp", "createdAt", "stoppedAt") else value


def api(refused=(), changed=None):
    def ask(service, operation, region=None, **arguments):
        name = f"{service} {operation}"
        if name in refused:
            raise Refused(f"{name}: AccessDenied")
        if name == "logs filter_log_events" and arguments["logGroupName"].startswith("/changes"):
            raise Refused(f"{name}: ResourceNotFoundException")
        if changed and name in changed:
            return changed[name]
        return next(with_times(answer) for called, known, answer in RECORDED if called == name and all(arguments.get(key) == value for key, value in known.items()))
    return ask


def minute(number):
    return datetime.datetime(2026, 11, 26, 3, number, tzinfo=UTC)


class Recorded(unittest.TestCase):
    def write(self, begin=BEGIN, end=END, refused=()):
        return postmortem.write(Collected("test", begin, end, api(refused)), "test", "Asleep", END)[0]

    def test_it_says_how_many_requests_failed_and_when(self):
        self.assertIn("162 of 312 requests were answered with 5xx (51.9 %). More than 5 % failed in 4 minutes, between 01:02 and 01:06.", self.write())

    def test_it_measures_detection_and_the_end(self):
        text = self.write()
        self.assertIn("| detected | 2026-11-26 01:04:10 | 2 min | counselor-test-5xx is ALARM, was OK |", text)
        self.assertIn("| users served again | 2026-11-26 01:06:00 | 4 min |", text)
        self.assertIn("| over | 2026-11-26 01:07:10 | 5 min | every alarm is OK |", text)

    def test_its_timeline_has_every_source_in_order(self):
        rows = [line.split(" | ") for line in self.write().splitlines() if line.startswith("| 2026")]
        self.assertEqual([row[0] for row in rows], sorted(row[0] for row in rows))
        self.assertEqual({row[1] for row in rows}, {"service", "task", "alarm", "call"})
        what = [row[2] for row in rows]
        for words in ("counselor-test-backend task 71193165 stopped: Scaling activity initiated by", "ecs UpdateService counselor-test-backend, taskDefinition counselor-test-backend:2 by root"):
            self.assertTrue(any(line.startswith(words) for line in what), words)

    def test_a_guest_is_told_that_its_hosts_load_balancer_counts_for_both(self):
        shared = {"elbv2 describe_target_groups": {"TargetGroups": [{"LoadBalancerArns": ["dev"]}]},
                  "elbv2 describe_load_balancers": {"LoadBalancers": [{"LoadBalancerArn": "arn:x:loadbalancer/app/counselor-dev-alb/1"}]}}
        text = postmortem.write(Collected("test", BEGIN, END, api(changed=shared)), "test", "Asleep", END)[0]
        self.assertIn("162 of 312 requests", text)
        self.assertIn("(counselor-dev-alb counts every environment behind it.)", text)
        self.assertNotIn("counts every environment", self.write())

    def test_nothing_is_left_of_the_template(self):
        self.assertNotRegex(self.write(), r"\{\w+\}")

    def test_what_lies_outside_of_the_span_is_not_in_it(self):
        text = self.write(begin=datetime.datetime(2026, 11, 26, 1, 4, tzinfo=UTC), end=datetime.datetime(2026, 11, 26, 1, 5, tzinfo=UTC))
        self.assertEqual(sum(line.startswith("| 2026") for line in text.splitlines()), 1)

    def test_what_could_not_be_asked_is_said(self):
        text = self.write(refused=("cloudtrail lookup_events", "elbv2 describe_load_balancers"))
        self.assertIn("* CloudTrail: cloudtrail lookup_events: AccessDenied", text)
        self.assertIn("The load balancer could not be asked.", text)
        self.assertIn("counselor-test-5xx is ALARM", text)


class Parts(unittest.TestCase):
    def test_quiet_is_said(self):
        self.assertEqual(postmortem.impact({minute(0): [40, 0]}), "No request failed, of 40 that the load balancer counted.")
        self.assertEqual(postmortem.durations([], {minute(0): [40, 0]}), "Nothing failed, and no alarm was raised.")

    def test_few_failures_are_no_outage(self):
        self.assertIn("In no minute was it more than 5 %", postmortem.impact({minute(0): [100, 5]}))
        self.assertIsNone(postmortem.failing({minute(0): [100, 5]}))
        self.assertEqual(postmortem.failing({minute(0): [100, 6], minute(4): [10, 10]}), (minute(0), minute(5), 2))

    def test_it_is_not_over_while_an_alarm_is_loud(self):
        entries = [Entry(minute(1), "alarm", "a is ALARM, was OK: x"), Entry(minute(2), "alarm", "b is ALARM, was OK: y"), Entry(minute(3), "alarm", "a is OK, was ALARM")]
        self.assertIn("| over | | | not yet: b |", postmortem.durations(entries, {}))
        entries.append(Entry(minute(5), "alarm", "b is OK, was ALARM"))
        self.assertIn("| over | 2026-11-26 03:05:00 | 4 min | every alarm is OK |", postmortem.durations(entries, {}))

    def test_a_cell_stays_one_cell(self):
        self.assertEqual(postmortem.cell("a|b\nc"), "a\\|b c")

    def test_times(self):
        self.assertEqual(postmortem.moment("now", END), END)
        self.assertEqual(postmortem.moment("2026-11-26T02:59:30+02:00", END), BEGIN)
        with self.assertRaises(SystemExit):
            postmortem.moment("yesterday", END)


if __name__ == "__main__":
    unittest.main()
