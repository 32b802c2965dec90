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

    def first(self, since, patterns, until=math.inf):
        """The first entry from `since` on that one of `patterns` ("kind: regular expression of the text") describes."""
        wanted = [pattern.split(": ", 1) for pattern in patterns]
        for entry in self.between(since, until):
            if any(entry.kind == kind and re.search(text, entry.text) for kind, text in wanted):
                return entry
        return None


def alarm_was_on(entries, name, since, until):
    """When the alarm `name` was first in ALARM within the span, by its entries ("name is ALARM"); None where it was not."""
    before = None
    for entry in entries:
        if entry.kind != "alarm" or entry.text.split(" is ")[0] != name or entry.at > until:
            continue
        on = entry.text.endswith(" is ALARM")
        if entry.at < since:
            before = on
        elif on:
            return max(since, entry.at) if not before else since
        elif before:
            return since
    return since if before else None


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
