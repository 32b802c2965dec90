#!/usr/bin/env python3
"""Lists each point of the document's security and compliance sections with its evidence, read live; fails when one does not hold.

usage: check.py ENVIRONMENT [--machine TAG] [--files PATH …] [--store PATH …] [--quiet]
  --machine TAG   the tasks run on this machine, in namespaces that begin with TAG: ask the kernel too
  --files PATH …  Terraform's state, plans and output, to be searched for keys
  --store PATH …  Stratus's own files, in which the secret must not be readable
"""
import argparse
import pathlib
import sys

import points
from sight import Api, Machine, Refused


def ask(environment, point):
    """(holds, lines of evidence)"""
    lines, holds = [], True
    try:
        for good, evidence in point.ask(environment):
            lines.append(("" if good else "FAILS: ") + evidence)
            holds &= bool(good)
    except Refused as refusal:
        return False, lines + [f"FAILS: cannot be told: {refusal}"]
    return holds and bool(lines), lines or ["FAILS: there is nothing to look at"]


def report(environment, quiet=False, out=sys.stdout):
    failed, section = 0, ""
    for point in points.POINTS:
        if point.section != section:
            section = point.section
            print(f"{section}", file=out)
        holds, lines = ask(environment, point)
        failed += not holds
        print(f"  {'pass' if holds else 'FAIL'}  {point.title}", file=out)
        for line in lines:
            if not quiet or not holds:
                print(f"          {line}", file=out)
    print(f"{len(points.POINTS) - failed} points hold, {failed} do not", file=out)
    return failed == 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    parser.add_argument("environment", choices=["dev", "test", "prod"])
    parser.add_argument("--machine", metavar="TAG")
    parser.add_argument("--files", nargs="*", type=pathlib.Path, default=[])
    parser.add_argument("--store", nargs="*", type=pathlib.Path, default=[])
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    try:
        environment = points.Environment(options.environment, Api(), Machine(options.machine) if options.machine else None, options.files, options.store)
    except (Refused, IndexError) as refusal:
        sys.exit(f"check: {refusal}")
    sys.exit(0 if report(environment, options.quiet) else 1)


if __name__ == "__main__":
    main()
