#!/usr/bin/env python3
"""Runs the test_*.py of the folders named, each in a process of its own (their modules may share names); prints "ok - …" or "not ok - …" a test."""
import pathlib
import subprocess
import sys
import unittest


class Tap(unittest.TestResult):
    def tell(self, good, test, detail=""):
        print(("ok - " if good else "not ok - ") + test.id(), flush=True)
        for line in detail.splitlines():
            print("  # " + line)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.tell(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(False, test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.tell(False, test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.tell(False, subtest, (self.failures + self.errors)[-1][1])


def run(folder):
    sys.path.insert(0, folder)
    result = Tap()
    unittest.defaultTestLoader.discover(folder, "test_*.py").run(result)
    return result.wasSuccessful() and result.testsRun > 0


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--one":
        sys.exit(0 if run(sys.argv[2]) else 1)
    codes = [subprocess.run([sys.executable, __file__, "--one", str(pathlib.Path(folder).resolve())], check=False).returncode for folder in sys.argv[1:]]
    sys.exit(max(codes, default=1))
