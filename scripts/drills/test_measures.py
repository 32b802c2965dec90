import itertools
import unittest
import xml.etree.ElementTree as xml
from types import SimpleNamespace
from unittest import mock

import report
import run
from drill import Outcome
from measures import Figures, Limits, judge, measure
from timeline import Entry, Request, Timeline, alarm_is_due, alarm_went_off, per_second, percentile


def requests(*rows):
    return [Request(start, end, ok, "200 /" if ok else "503 /") for start, end, ok in rows]


class Times(unittest.TestCase):
    def test_entries_stand_in_the_order_of_their_times(self):
        timeline = Timeline()
        for at in (5, 3, 9, 4):
            timeline.add(at, "event", str(at))
        self.assertEqual([entry.at for entry in timeline.between(3.5)], [4, 5, 9])

    def test_the_first_sign_is_of_the_right_kind_and_not_from_before(self):
        timeline = Timeline()
        timeline.add(1, "task", "backend task stopped, EssentialContainerExited")
        timeline.add(5, "event", "backend task stopped, said in passing")
        timeline.add(7, "task", "backend task stopped, EssentialContainerExited")
        self.assertEqual(timeline.first(2, ["task: backend task stopped"]).at, 7)
        self.assertIsNone(timeline.first(8, ["task: backend task stopped"]))
        self.assertIsNone(timeline.first(2, ["task: frontend"]))

    def test_requests_are_counted_in_the_second_in_which_they_began(self):
        self.assertEqual(per_second(requests((10.1, 12, True), (10.9, 11, False), (11.0, 11, True), (99, 99, True)), 10, 12), [(0, 1, 1), (1, 1, 0)])

    def test_a_share_of_requests_is_answered_within_a_time(self):
        self.assertEqual(percentile(requests(*[(0, i, True) for i in range(100)]), 0.95), 95)
        self.assertEqual(percentile(requests((0, 9, False)), 0.5), 0)


class Alarms(unittest.TestCase):
    entries = [Entry(10, "alarm", "a is ALARM"), Entry(20, "alarm", "a is OK"), Entry(30, "alarm", "b is ALARM"), Entry(31, "event", "a is ALARM")]

    def test_an_alarm_that_goes_off_within_the_span(self):
        self.assertEqual(alarm_went_off(self.entries, "a", 5, 15), 10)

    def test_one_that_was_on_already_did_not_go_off(self):
        self.assertIsNone(alarm_went_off(self.entries, "a", 15, 25))
        self.assertIsNone(alarm_went_off(self.entries, "b", 40, 50))
        self.assertIsNone(alarm_went_off([*self.entries, Entry(45, "alarm", "b is ALARM")], "b", 40, 50))

    def test_one_that_went_off_again(self):
        self.assertEqual(alarm_went_off([*self.entries, Entry(45, "alarm", "a is ALARM")], "a", 15, 50), 45)

    def test_one_that_did_not(self):
        self.assertIsNone(alarm_went_off(self.entries, "a", 21, 90))
        self.assertIsNone(alarm_went_off(self.entries, "a", 0, 9))
        self.assertIsNone(alarm_went_off(self.entries, "c", 0, 90))

    def test_one_may_yet_go_off_for_an_earlier_failure(self):
        failed = [*self.entries, Entry(15, "task", "b task stopped, Failed: x")]
        self.assertTrue(alarm_is_due(failed[:1] + failed[-1:], "a", "Failed", 18, 100))
        self.assertFalse(alarm_is_due(failed, "a", "Failed", 25, 100))       # it was OK again since
        self.assertTrue(alarm_is_due([*failed, Entry(22, "task", "b task stopped, Failed: y")], "a", "Failed", 25, 100))
        self.assertFalse(alarm_is_due(failed[:1] + failed[-1:], "a", "Failed", 116, 100))
        self.assertFalse(alarm_is_due(failed, "a", "Other", 18, 100))


class Silence(unittest.TestCase):
    """The wait before a fault whose alarm must go off."""

    def setUp(self):
        self.states, self.asked = ["ALARM"], run.Run.__new__(run.Run)
        self.asked.timeline, self.asked.say = Timeline(), lambda text: None
        state = lambda: self.states.pop() if len(self.states) > 1 else self.states[0]
        self.asked.environment = SimpleNamespace(prefix="e", alarms=lambda: [{"AlarmName": "e-x", "StateValue": state()}])
        clock = mock.Mock(time=mock.Mock(side_effect=itertools.count(1000, 5)), sleep=lambda seconds: None)
        patch = mock.patch("run.time", clock)
        patch.start()
        self.addCleanup(patch.stop)
        self.drill = SimpleNamespace(alarm="x", rings="Failed")

    def test_one_that_stays_on_proves_nothing(self):
        self.assertIn("was on already: it proves nothing", self.asked.await_silence(self.drill))

    def test_one_that_is_over_in_time_may_prove_something(self):
        self.states = ["OK", "ALARM", "ALARM"]
        self.assertIsNone(self.asked.await_silence(self.drill))

    def test_one_that_an_earlier_failure_may_still_set_off_is_waited_for(self):
        self.states = ["OK"]
        self.asked.timeline.add(999, "task", "b task stopped, Failed")
        self.assertIsNone(self.asked.await_silence(self.drill))
        self.assertGreater(run.time.time(), 999 + run.ALARM_WITHIN)

    def test_one_that_does_not_exist_is_not_waited_for(self):
        self.drill.alarm = "y"
        self.asked.timeline.add(999, "task", "b task stopped, Failed")
        self.assertIsNone(self.asked.await_silence(self.drill))
        self.assertLess(run.time.time(), 1030)


class Measures(unittest.TestCase):
    def test_figures(self):
        mine = requests((98, 99, False), (99.9, 100.5, False), (101, 103, False), (104, 104.5, True))
        got = measure(mine, 100, 100.2, 102, 105, 110, rpo=7)
        self.assertEqual((got.requests, got.failed, got.in_flight), (3, 2, 1))
        self.assertEqual((got.detect, got.mitigate, got.mttr, got.rto, got.rpo), (2, 5, 10, 3, 7))

    def test_no_recovery_before_the_last_failure(self):
        self.assertEqual(measure(requests((101, 120, False)), 100, 100, 101, 102, 105).mttr, 20)

    def test_what_nobody_measured_is_no_figure_and_breaks_no_limit(self):
        got = measure(requests((101, 102, True)), 100, 100, 101, 102, 105)
        self.assertIsNone(got.rpo)
        self.assertEqual(judge(got, Limits(rpo=0)), [])

    def test_limits_and_objectives(self):
        good = Figures(detect=1, mitigate=2, mttr=3, requests=10)
        self.assertEqual(judge(good, Limits(detect=2, mttr=60, failed=0)), [])
        for figures, limits, words in (
                (Figures(detect=1, mttr=61, requests=10), Limits(mttr=60), "MTTR 61.0 s, at most 60 s"),
                (Figures(detect=1, mttr=901, requests=10), Limits(), "at most 900 s"),
                (Figures(detect=1, mttr=3, rpo=3601, requests=10), Limits(), "RPO"),
                (Figures(detect=1, mttr=3, rto=6, requests=10), Limits(rto=5), "RTO"),
                (Figures(mttr=3, requests=10), Limits(), "nothing told of it"),
                (Figures(detect=1, requests=10), Limits(), "did not recover"),
                (Figures(detect=1, mttr=3), Limits(), "no request was made"),
                (Figures(detect=1, mttr=3, requests=9, failed=1), Limits(failed=0), "1 requests failed")):
            found = judge(figures, limits)
            self.assertEqual(len(found), 1, found)
            self.assertIn(words, found[0])

    def test_requests_in_flight_are_spared_only_where_a_drill_says_so(self):
        figures = Figures(detect=1, mttr=3, requests=9, failed=2, in_flight=2)
        self.assertEqual(judge(figures, Limits(failed=0, spare_in_flight=True)), [])
        self.assertEqual(len(judge(figures, Limits(failed=0))), 1)


class Reports(unittest.TestCase):
    def setUp(self):
        drill = SimpleNamespace(name="d", breaks="one <thing> & another", step="none", limits=Limits(mttr=60, failed=0), alarm="counselor-dev-x")
        self.outcome = Outcome(drill, began=95.0, broke=100.0, ended=130.0, figures=Figures(detect=1, mitigate=2, mttr=20, rto=4, requests=30, failed=2),
                               findings=["it failed"], sign="a sign", alarm_at=140.0)
        self.entries = [Entry(100, "drill", "fault: one <thing>"), Entry(101, "task", "a task stopped | so it is")]
        self.requests = requests(*[(95 + i, 95.1 + i, i not in (6, 7)) for i in range(35)])

    def test_the_picture_is_well_formed_and_says_in_words_what_it_shows(self):
        alarms = [Entry(110, "alarm", "counselor-dev-x is ALARM"), Entry(120, "alarm", "counselor-dev-x is OK")]
        root = xml.fromstring(report.svg("d <on> dev", self.entries + alarms, self.requests, 95, 135, 100, 120))
        self.assertEqual(root.get("role"), "img")
        names = {child.get("id"): child.text for child in root if child.get("id")}
        self.assertEqual(set(root.get("aria-labelledby").split()), set(names))
        self.assertIn("35 requests, 2 failed", names["d"])
        self.assertIn("a task stopped", names["d"])
        texts = [element.text for element in root.iter() if element.tag.endswith("text")]
        self.assertIn("counselor-dev-x in ALARM", texts)
        self.assertIn("+0 s", texts)
        red = [e for e in root.iter() if e.tag.endswith("rect") and e.get("fill") == "#b00020" and float(e.get("height")) > 11]
        self.assertEqual(len(red), 2)

    def test_a_picture_of_nothing_is_one_too(self):
        xml.fromstring(report.svg("nothing", [], [], 100, 100, 100))

    def test_the_page_puts_what_was_measured_beside_the_objectives(self):
        text = report.page(self.outcome, self.entries, 95, self.requests)
        for words in ("# Drill d: FAILED", "it failed", "went off 40 s after", "900 s", "1800 s", "3600 s", "d.svg", "503 /", "so it is", "MTTR ≤ 60 s"):
            self.assertIn(words, text)
        self.assertNotIn("stopped | so", text)
        self.assertRegex(text, r"\| RPO +\| – +\| 3600 s")

    def test_the_table_has_a_column_for_each_figure(self):
        lines = report.table([report.row(self.outcome)]).splitlines()
        self.assertEqual({line.count("|") for line in lines}, {len(report.COLUMNS) + 1})
        self.assertIn("FAILED", lines[2])
        self.assertIn("20.0 s", lines[2])


if __name__ == "__main__":
    unittest.main()
