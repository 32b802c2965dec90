#!/usr/bin/env python3
"""How long an apply took beside the time in which some resource was being made or changed, from what `terraform apply -json` printed.

usage: apply_overhead.py FILE
"""
import datetime
import json
import sys


def overhead(lines):
    """(seconds of the whole, seconds in which at least one resource was waited for)"""
    open_hooks, began, waited, first, last = 0, None, 0.0, None, None
    for line in lines:
        if not line.startswith("{"):
            continue
        event = json.loads(line)
        at = datetime.datetime.fromisoformat(event["@timestamp"]).timestamp()
        first, last = first or at, at
        if event["type"] == "apply_start":
            open_hooks += 1
            began = at if open_hooks == 1 else began
        elif event["type"] in ("apply_complete", "apply_errored"):
            open_hooks -= 1
            waited += at - began if open_hooks == 0 else 0
    return (last - first if first else 0.0), waited


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        whole, waited = overhead(file)
    if not waited:
        sys.exit("apply_overhead: nothing was applied")
    print(f"{whole / waited:.2f} ({whole:.1f} s of {waited:.1f} s)")


if __name__ == "__main__":
    main()
