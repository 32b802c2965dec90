"""What happened when: entries of a run, and what requests came to. Pure."""
import bisect
import dataclasses
import math
import re


@dataclasses.dataclass(frozen=True)
class Entry:
    at: float    # seconds since the epoch
    kind: str    # drill, alarm, event, task, target, page, api, trail
    text: str


@dataclasses.dataclass(frozen=True)
class Request:
    start: float
    end: float
    ok: bool
    what: str    # "200 /health", or why it failed


class Timeline:
    """Entries in the order of their times; `add` is called by several threads (list.insert is atomic under the interpreter's lock)."""

    def __init__(self):
        self.entries = []

    def add(self, at, kind, text):
        entry = Entry(at, kind, text)
        bisect.insort(self.entries, entry, key=lambda e: e.at)
        return entry

    def between(self, start, end=math.inf):
        return [entry for entry in list(self.entries) if start <= entry.at <= end]

    def first(self, since, patterns):
        """The first entry from `since` on that one of `patterns` ("kind: regular expression of the text") describes."""
        wanted = [pattern.split(": ", 1) for pattern in patterns]
        for entry in self.between(since):
            if any(entry.kind == kind and re.search(text, entry.text) for kind, text in wanted):
                return entry
        return None


def alarm_went_off(entries, name, since, until):
    """When the alarm `name` first went into ALARM after `since`, by its entries ("name is ALARM"); None where it did not, or was on and stayed so."""
    on = False
    for entry in entries:
        if entry.kind != "alarm" or entry.text.split(" is ")[0] != name or entry.at > until:
            continue
        was, on = on, entry.text.endswith(" is ALARM")
        if on and not was and entry.at > since:
            return entry.at
    return None


def alarm_is_due(entries, name, cause, now, within):
    """Whether the alarm may yet go off for an earlier `cause` (a regular expression of a task's entry): it was OK again since the last, or `within` is over."""
    last = max((entry.at for entry in entries if entry.kind == "task" and re.search(cause, entry.text)), default=None)
    if last is None or now - last > within:
        return False
    return not any(entry.kind == "alarm" and entry.at > last and entry.text == f"{name} is OK" for entry in entries)


def per_second(requests, start, end):
    """[(second from start, ok, failed)] for each second, by when requests began."""
    seconds = max(1, math.ceil(end - start))
    out = [[0, 0] for _ in range(seconds)]
    for request in requests:
        if start <= request.start < start + seconds:
            out[int(request.start - start)][0 if request.ok else 1] += 1
    return [(i, ok, failed) for i, (ok, failed) in enumerate(out)]


def percentile(requests, share):
    """Seconds within which that share of the good requests was answered."""
    times = sorted(request.end - request.start for request in requests if request.ok)
    return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0
