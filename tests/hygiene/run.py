#!/usr/bin/env python3
"""Takes away one protection of the app at a time and expects the test that covers it to fail. Prints "ok - …" or "not ok - …" for each.

usage: run.py [--build BUILD_DIRECTORY] [WORD…]   with words: only protections whose names have one of them
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

import backend
import frontend

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Tally:
    def __init__(self):
        self.bad, self.lock = 0, threading.Lock()

    def tell(self, good, what, why=""):
        with self.lock:
            self.bad += not good
            print(("ok - " if good else "not ok - ") + what + ("" if good or not why else f"\n  # {why}"), flush=True)

    def attempt(self, what, action, wanted=False):
        """`action` says whether the test held; without the protection it must not. One that could not be told, for whatever reason, is no answer."""
        try:
            with tempfile.TemporaryDirectory() as work:
                held, words = action(pathlib.Path(work))
        except Exception as error:  # whatever went wrong, the next one is tried  # noqa: BLE001
            self.tell(False, what, f"{type(error).__name__}: {error}")
        else:
            self.tell(held == wanted, what, words if wanted else f"the test did not notice: {words}")


def chosen(table, words):
    return [row for row in table if not words or any(word in row[0] for word in words)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.environ.get("build_dir", str(ROOT / "build/release")))
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    build, tally = pathlib.Path(given.build).resolve(), Tally()
    binary = build / "app/backend/counselor-backend"
    changed, turned, mutants, slow = (chosen(table, given.words) for table in (backend.CHANGED, backend.TURNED, frontend.MUTANTS, frontend.SLOW))
    if not changed + turned + mutants + slow:
        sys.exit("no protection has such a name")

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        tests = sorted({row[-1] for row in changed + turned})
        for job in [pool.submit(tally.attempt, f"as it is, {test} holds", lambda _, test=test: backend.covered(binary, test), True) for test in tests]:
            job.result()
        jobs = [pool.submit(tally.attempt, f"without {what}, {test} fails", lambda work, row=(file, before, after), what=what, test=test: backend.covered(backend.compiled(build, work, *row), test, backend.ERRORS.get(what)))
                for what, file, before, after, test in changed]
        jobs += [pool.submit(tally.attempt, f"without {what}, {test} fails", lambda work, settings=settings, what=what, test=test: backend.covered(backend.turned(binary, work, settings), test, backend.ERRORS.get(what)))
                 for what, settings, test in turned]
        for job in jobs:
            job.result()

    if slow:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(tally.attempt, "as it is, nginx cuts slow clients and serves the others", lambda work: frontend.patience(work, seconds=60), True)]
            jobs += [pool.submit(tally.attempt, f"without {what}, a slow {how} holds its connection", lambda work, row=(pattern, instead), how=how: frontend.patience(work, *row, hows=(how,), seconds=6))
                     for what, pattern, instead, how in slow]
            for job in jobs:
                job.result()

    if mutants:
        if not (ROOT / "app/frontend/dist/index.html").exists():
            subprocess.run(["npm", "run", "--silent", "build"], cwd=ROOT / "app/frontend", check=True)
        with tempfile.TemporaryDirectory() as work, frontend.Nginx(pathlib.Path(work)) as nginx:
            for test in sorted({row[-1] for row in mutants}):
                held, words = nginx.covered(test)
                tally.tell(held, f"as it is, “{test} …” holds", words)
        for what, pattern, instead, test in mutants:
            def without(work, pattern=pattern, instead=instead, test=test):
                with frontend.Nginx(work, pattern, instead) as nginx:
                    return nginx.covered(test)
            tally.attempt(f"without {what}, “{test} …” fails", without)
    sys.exit(1 if tally.bad else 0)


if __name__ == "__main__":
    main()
