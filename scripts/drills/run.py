"""A run of several drills on one environment: one lock, one load, one watch, one rig; at its end everything is as it was."""
import fcntl
import os
import pathlib
import time

import report
from drill import perform
from environment import Refused, differences, last_line
from load import Load
from machine import Machine
from rig import Rig
from timeline import Timeline, alarm_is_due, alarm_went_off
from undo import Undo
from watch import Watch

ALARM_WITHIN = 180      # seconds in which an alarm must go off: periods of a minute, evaluated after their end
SILENT_WITHIN = 240     # seconds in which one that went off for something earlier must be over


class Run:
    def __init__(self, environment, reports, rate, say):
        self.environment, self.reports, self.rate, self.say = environment, pathlib.Path(reports), rate, say
        self.machine = Machine(environment.root) if environment.local else None
        self.timeline = Timeline()
        self.undo = Undo(environment.work / "drill/undo.json")
        self.rig = Rig(environment, self.undo, say)
        self.load = self.watch = None
        self._lock = None

    def note(self, at, text):
        self.timeline.add(at, "drill", text)
        self.say(text)

    def steady_load(self, seconds):
        """Until every request of so many seconds was good, and the watch has seen the API answer: what was silent before a fault tells nothing of it."""
        began = time.time()
        while not (self.load.fine_for(seconds) and self.watch.answered >= began):
            if time.time() > began + 60:
                raise RuntimeError("requests fail although nothing is broken")
            time.sleep(0.2)

    def ills(self):
        try:
            return self.environment.ills() or ["requests fail"]
        except Exception as error:       # pylint: disable=broad-except  # it cannot even be asked: that is the answer
            return [f"the environment cannot be asked: {error}"]

    def lock(self):
        """One at a time for each environment; the kernel lets go of it when this process ends."""
        file = self.environment.work / "drill/lock"
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = open(file, "a", encoding="utf-8")       # pylint: disable=consider-using-with  # held until the end
        os.set_inheritable(self._lock.fileno(), False)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"another drill runs on {self.environment.name} right now") from None

    def check(self):
        """Refuses an environment that is not up or not well. What an earlier drill left behind is taken back first."""
        if self.undo.left_over():
            self.say("an earlier drill was cut off: taking back what it left")
            failures = self.undo.take_back(say=self.say)
            if failures:
                raise Refused(f"what an earlier drill left cannot be taken back: {failures[0]}")
        ills = self.environment.ills(awake=False)
        if ills:
            raise Refused(f"no drill on an environment that is not healthy: {ills[0]}")

    def perform(self, drills):
        """Returns the outcomes."""
        outcomes, outer = [], self.environment.fingerprint()
        self.environment_url = self.environment.url()
        last = []
        try:
            self.rig.set_up()
            self.load = Load(self.environment_url, self.rate, self.environment.trust())
            self.watch = Watch(self.environment, self.timeline, self.load)
            self.load.start()
            self.watch.start()
            self.steady_load(3)
            for drill_class in drills:
                self.say(f"--- {drill_class.name}: {drill_class.breaks}")
                outcome = perform(drill_class(self), self)
                outcomes.append(outcome)
                self.say(f"--- {drill_class.name} {'held' if outcome.good else 'FAILED: ' + '; '.join(outcome.findings)}")
            self.await_alarms(outcomes)
        finally:
            if self.watch:
                self.watch.stop()
                self.load.stop()
            last += [f"not taken back: {failure}" for failure in self.undo.take_back(say=self.say)]
            for failure in last:       # an interruption ends here: nobody else would tell
                self.say(failure)
        last += self.leave(outer)
        if last and outcomes:
            outcomes[-1].findings += last
        self.write(outcomes)
        return outcomes

    def await_silence(self, drill):
        """Before a fault: until its alarm is off and no earlier failure can set it off any more. Returns why it would prove nothing; None where it may."""
        name, end, told = f"{self.environment.prefix}-{drill.alarm}", time.time() + SILENT_WITHIN, False
        while True:
            state = next((alarm["StateValue"] for alarm in self.environment.alarms() if alarm["AlarmName"] == name), None)
            on = state == "ALARM"
            due = state is not None and alarm_is_due(self.timeline.between(0), name, drill.rings, time.time(), ALARM_WITHIN)
            if not on and not due:
                return None
            if time.time() > end:
                return f"the alarm {name} was on already: it proves nothing" if on else f"the alarm {name} may go off for something earlier: it proves nothing"
            if not told:
                self.say(f"waiting until the alarm {name} is over: what it says now is of something earlier")
                told = True
            time.sleep(0.5)

    def await_alarms(self, outcomes):
        """Alarms take their minute: they are waited for once all drills are done."""
        for outcome in outcomes:
            if not outcome.drill.alarm or not outcome.broke:
                continue
            name, end = f"{self.environment.prefix}-{outcome.drill.alarm}", outcome.broke + ALARM_WITHIN
            outcome.drill.alarm = name
            while True:
                outcome.alarm_at = alarm_went_off(self.timeline.between(0), name, outcome.broke, min(end, time.time()))
                there = any(alarm["AlarmName"] == name for alarm in self.environment.alarms())
                if outcome.alarm_at is not None or time.time() > end or not there:
                    break
                time.sleep(0.5)
            if outcome.alarm_at is None:
                outcome.findings.append(f"the alarm {name} {'did not go off' if there else 'does not exist'}")

    def leave(self, outer):
        """What is not as it was before the first drill."""
        try:
            self.rig.settle()
            out = differences(outer, self.environment.fingerprint())
        except Exception as error:       # pylint: disable=broad-except  # whatever it is, it is not as it was
            return [f"after the drills: {error}"]
        plan = self.environment.deploy("plan", check=False)
        if "No changes" not in plan.stdout:
            out.append(f"a Terraform plan is not empty after the drills: {next((l.strip() for l in plan.stdout.splitlines() if l.startswith('Plan:')), last_line(plan.stdout))}")
        return out

    def write(self, outcomes):
        self.reports.mkdir(parents=True, exist_ok=True)
        rows = [report.row(outcome) for outcome in outcomes]
        for outcome in outcomes:
            if not outcome.broke:
                outcome.broke = outcome.began
            start = max(outcome.began, outcome.broke - 5)
            # Alarms that came later belong to the picture.
            end = max(outcome.ended, (outcome.alarm_at or 0) + 2)
            entries = self.timeline.between(start, end)
            alarms = [entry for entry in self.timeline.between(0, end) if entry.kind == "alarm" and entry.at < start]
            recovered = outcome.broke + outcome.figures.mttr if outcome.figures.mttr is not None else None
            title = f"{outcome.drill.name} on {self.environment.name}: {outcome.drill.breaks}"
            requests = self.load.requests if self.load else []
            (self.reports / f"{outcome.drill.name}.svg").write_text(report.svg(title, alarms + entries, requests, start, end, outcome.broke, recovered), encoding="utf-8")
            (self.reports / f"{outcome.drill.name}.md").write_text(report.page(outcome, entries, start, requests), encoding="utf-8")
        links = "\n".join(f"* [{o.drill.name}]({o.drill.name}.md)" + "".join(f"\n  * {finding}" for finding in o.findings) for o in outcomes)
        text = f"# Drills on {self.environment.name}, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}\n\n{report.objectives()}\n\n{report.table(rows)}\n\n{links}\n"
        (self.reports / "README.md").write_text(text, encoding="utf-8")
        print(report.table(rows), flush=True)
        print(report.objectives(), flush=True)
        for outcome in outcomes:
            for finding in outcome.findings:
                print(f"{outcome.drill.name}: {finding}", flush=True)
