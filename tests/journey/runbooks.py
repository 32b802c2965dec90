#!/usr/bin/env python3
"""Runs the blocks of commands in docs/runbooks, in order, against a running environment: `runbooks.py dev [--from PAGE] [--before PAGE]`. Each block is a check in TAP.

A block runs in a shell of its own with `set -euo pipefail`; what it exports reaches the next ones, as at a terminal. Blocks of another language than sh are for reading.
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "operations"))
import pages

LIMIT = 600  # seconds that one block may take


def run(block, environment, work):
    """(exit code, output, what the block exported)"""
    script, exported, output = work / "block.sh", work / "exported", work / "output"
    script.write_text(f"set -euo pipefail\n{block.text}env -0 >'{exported}'\n", encoding="utf-8")
    exported.unlink(missing_ok=True)
    with open(output, "wb") as out, subprocess.Popen(["bash", str(script)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            code = process.wait(LIMIT)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as reason:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            if isinstance(reason, KeyboardInterrupt):
                raise
            code = -1
    text = output.read_text(encoding="utf-8", errors="replace")
    if code == -1:
        text += f"\nit did not end within {LIMIT} s"
    elif not exported.exists():
        code = code or 1
    return code, text, dict(entry.split("=", 1) for entry in exported.read_text().split("\0") if "=" in entry) if exported.exists() else environment


def check(number, block, environment, work, out):
    began = time.monotonic()
    code, text, exported = run(block, environment, work)
    lines = block.text.strip().splitlines()
    words = f"{number} - {block.page}:{block.line} {block.heading}: {lines[0][:80]}{' …' if len(lines) > 1 else ''}"
    print(f"{'ok' if code == 0 else 'not ok'} {words}", file=out)
    if code:
        said = [line for line in text.splitlines() if line.strip()]
        print(f"  # exit code {code}: {said[-1][:300] if said else 'it said nothing'}", file=out)
        for line in said[-12:-1]:
            print(f"  # {line[:300]}", file=out)
    print(f"# {time.monotonic() - began:.1f} s", file=out, flush=True)
    return code == 0, exported


def chosen(names, first, before):
    """README.md, which sets up the shell, and the pages from `first` until `before`."""
    for name in filter(None, (first, before)):
        if name not in names:
            sys.exit(f"runbooks: there is no page {name}; the pages are {' '.join(names)}")
    begin, end = names.index(first) if first else 1, names.index(before) if before else len(names)
    return [names[0], *names[max(begin, 1):end]]


def main():
    parser = argparse.ArgumentParser(description="Runs the blocks of the runbooks against an environment that runs.")
    parser.add_argument("environment", choices=["dev", "test", "prod"])
    parser.add_argument("--from", dest="first", metavar="PAGE", help="leave out the pages before it")
    parser.add_argument("--before", metavar="PAGE", help="stop before it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        # The first key makes a second revision, to which the rollback goes back; the new one is what the rotation stores.
        environment = {**os.environ, "ENVIRONMENT": options.environment, "INCIDENT": "the runbooks are rehearsed", "POSTMORTEM": str(work / "postmortem.md"),
                       "OPENAI_API_KEY": "the-first-key-of-a-rehearsal", "NEW_KEY": f"a-key-of-a-rehearsal-{time.time_ns()}"}
        if options.first:
            del environment["OPENAI_API_KEY"]
        failed = number = 0
        for page in chosen(pages.order(), options.first, options.before):
            for block in pages.blocks((pages.RUNBOOKS / page).read_text(encoding="utf-8"), page):
                if block.language != pages.RUN:
                    continue
                number += 1
                good, environment = check(number, block, environment, work, sys.stdout)
                failed += not good
                # What no command follows from: without its shell, no other block means anything.
                if not good and page == "README.md":
                    print("# the shell could not be set up: nothing else was run")
                    sys.exit(1)
    print(f"# {number - failed} blocks ran, {failed} failed")
    sys.exit(1 if failed or not number else 0)


if __name__ == "__main__":
    main()
