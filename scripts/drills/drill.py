"""One drill: load, a fault, its signs, the runbook's step, recovery, and everything as it was. Each kind of fault is a class of this."""
import dataclasses
import time

from environment import differences
from measures import Figures, Limits, judge, measure


class Drill:
    name = ""
    breaks = ""                # what is broken, one line
    step = "none: it mends itself"   # the runbook's
    limits = Limits()
    tells = []                 # signs, "kind: regular expression"; the first one is the detection
    alarm = None               # the alarm that must go off, without the environment's name
    rings = r"task stopped, (EssentialContainerExited|TaskFailedToStart)"     # entries of tasks for which that alarm goes off
    local_only = False         # breaks what only Stratus has
    everyone = False           # hits every environment of this Stratus
    patience = property(lambda self: (self.limits.mttr or 170) + 10)       # seconds for the recovery; more would fail all the same

    def __init__(self, run):
        self.run = run
        self.environment, self.undo, self.machine, self.rig = run.environment, run.undo, run.machine, run.rig
        self.findings = []
        self.rpo = None        # set by a drill that measures what was lost

    def say(self, text):
        self.run.say(text)

    def prepare(self):
        """Before the fault: what it needs. What it leaves is in the undo journal."""

    def break_it(self):
        raise NotImplementedError

    def mitigate(self):
        """The runbook's step."""

    def recovered(self):
        """Whether all is as it shall be again; requests are looked at besides."""
        return self.environment.whole()

    def restore(self):
        """After the recovery: the fault's own remains; the journal does the rest."""

    def sign(self, since):
        return self.run.timeline.first(since, self.tells)


@dataclasses.dataclass
class Outcome:
    drill: Drill
    began: float
    broke: float = 0.0
    ended: float = 0.0
    figures: Figures = dataclasses.field(default_factory=Figures)
    findings: list = dataclasses.field(default_factory=list)
    sign: str = ""
    alarm_at: float | None = None

    good = property(lambda self: not self.findings)


def perform(drill, run):
    """Runs one drill to its end. What goes wrong becomes findings; interruptions pass through, with the journal left to the caller."""
    out = Outcome(drill, time.time())
    mark = run.undo.mark()
    phase = "preparing"
    detected = mitigated = recovered = broken = None
    try:
        if drill.alarm and (why := run.await_silence(drill)):
            out.findings.append(why)
        before = run.environment.fingerprint()
        drill.prepare()
        run.steady_load(2)
        phase = "breaking it"
        out.broke = time.time()
        run.note(out.broke, f"fault: {drill.breaks}")
        drill.break_it()
        broken = time.time()
        phase = "waiting for a sign"
        end = broken + (drill.limits.detect or 120)
        while (sign := drill.sign(out.broke)) is None and time.time() < end:
            time.sleep(0.1)
        if sign is not None:
            detected, out.sign = sign.at, sign.text
        phase = "the runbook's step"
        if not drill.step.startswith("none"):
            run.note(time.time(), f"step: {drill.step}")
        drill.mitigate()
        mitigated = time.time()
        phase = "waiting for recovery"
        end = mitigated + drill.patience
        while recovered is None and time.time() < end:
            if drill.recovered() and run.load.fine_for(1):
                recovered = time.time()
                run.note(recovered, "recovered")
            else:
                time.sleep(0.2)
        if recovered is None:
            out.findings += run.ills()
        phase = "putting everything back"
        drill.restore()
    except Exception as error:       # pylint: disable=broad-except  # whatever it is: it is what the drill found
        out.findings.append(f"{phase}: {error}")
    out.findings += [f"not taken back: {failure}" for failure in run.undo.take_back(mark, run.say)]
    if out.broke:
        try:
            run.environment.wait_whole(180, "the environment after the drill")
            run.steady_load(1)
            out.findings += differences(before, run.environment.fingerprint())
        except Exception as error:       # pylint: disable=broad-except  # likewise
            out.findings.append(f"after the drill: {error}")
        out.ended = time.time()
        run.note(out.ended, f"end of {drill.name}")
        out.figures = measure(run.load.requests, out.broke, broken or out.broke, detected, mitigated if broken else None, recovered, drill.rpo, out.ended)
        if not out.findings or recovered is not None:
            out.findings += judge(out.figures, drill.limits)
    out.findings += drill.findings
    out.ended = out.ended or time.time()
    return out
