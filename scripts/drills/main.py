#!/usr/bin/env python3
"""scripts/drill.sh's other half: which drills, on what, and what they came to."""
import os
import signal
import sys
import time

from catalogue import DRILLS
from environment import Environment, Refused

STARTED = time.time()


def say(text):
    print(f"[{time.time() - STARTED:4.0f}s] {text}", file=sys.stderr, flush=True)


def choose(words):
    """The drills of these names, in the catalogue's order for `all`. Raises ValueError with one line."""
    if words == ["all"]:
        return list(DRILLS.values())
    unknown = [word for word in words if word not in DRILLS]
    if unknown:
        raise ValueError(f"unknown drill '{unknown[0]}': scripts/drill.sh <environment> list names them")
    return [DRILLS[word] for word in dict.fromkeys(words)]


def listing():
    width = max(map(len, DRILLS))
    return "\n".join(f"{name.ljust(width)}  {drill.breaks}" for name, drill in DRILLS.items())


def refuse_what_cannot_be(environment, drills, others):
    """A drill that this target or this machine must not have. `others`: environments that live on the same Stratus."""
    if not environment.local:
        cannot = [drill.name for drill in drills if drill.local_only]
        if cannot:
            raise Refused(f"{', '.join(cannot)}: breaks what only target local has")
    elif others:
        cannot = [drill.name for drill in drills if drill.everyone]
        if cannot:
            raise Refused(f"{', '.join(cannot)}: hits {' and '.join(others)} on this Stratus too; --yes says that it may")


def main(words):
    name, yes = os.environ["DRILL_ENVIRONMENT"], os.environ.get("DRILL_YES") == "yes"
    try:
        drills = choose(words)
    except ValueError as error:
        print(f"drill.sh: {error}", file=sys.stderr)
        return 2
    from run import Run       # pylint: disable=import-outside-toplevel  # `list` needs no boto3
    environment = Environment(name, os.environ["DRILL_TARGET"], os.environ["root"], os.environ["work"])

    def interrupted(number, frame):
        # Once is enough: what follows is the way back.
        for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    run = None
    try:
        run = Run(environment, os.environ["DRILL_REPORTS"], float(os.environ["DRILL_RATE"]), say)
        run.lock()
        run.check()
        others = []
        if environment.local and not yes:
            balancers = environment.aws("elbv2").describe_load_balancers()["LoadBalancers"]
            others = sorted({b["LoadBalancerName"].split("-")[1] for b in balancers if b["LoadBalancerName"].startswith("counselor-")} - {name})
        refuse_what_cannot_be(environment, drills, others)
        outcomes = run.perform(drills)
    except Refused as error:
        print(f"drill.sh: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"drill.sh: interrupted; {run.undo.rest() if run else 'nothing was broken yet'}", file=sys.stderr)
        return 130
    say(f"reports: {os.environ['DRILL_REPORTS']}/README.md")
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        print(listing())
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
