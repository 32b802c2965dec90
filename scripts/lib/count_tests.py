#!/usr/bin/env python3
"""Counts tests in what test programs write: count_tests.py ctest JUNIT GTEST_FOLDER | vitest JSON; prints "<passed> <failed>"."""
import json
import pathlib
import sys
import xml.etree.ElementTree as xml


def ctest(junit, folder):
    """Google Test's cases where a program reported them; the program itself where it did not, or failed without a failed case."""
    cases = {}
    for path in pathlib.Path(folder).glob("*.xml"):
        suite = xml.parse(path).getroot()
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        cases[path.stem] = (int(suite.get("tests", 0)) - int(suite.get("disabled", 0)) - bad, bad)
    passed = failed = 0
    for test in xml.parse(junit).getroot().iter("testcase"):
        if test.get("status") == "disabled":
            continue
        good, bad = cases.get(test.get("name"), (0, 0))
        broken = test.find("failure") is not None or test.get("status") == "fail"
        if broken and bad == 0:
            bad = 1
        elif not broken and good == 0:
            good = 1
        passed, failed = passed + good, failed + bad
    return passed, failed


def vitest(path):
    report = json.loads(pathlib.Path(path).read_text())
    failed = report["numFailedTests"]
    # A file that does not even load has no tests to fail.
    if failed == 0 and not report["success"]:
        failed = max(1, report.get("numFailedTestSuites", 1))
    return report["numPassedTests"], failed


if __name__ == "__main__":
    print(*{"ctest": ctest, "vitest": vitest}[sys.argv[1]](*sys.argv[2:]))
