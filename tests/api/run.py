#!/usr/bin/env python3
"""Starts a daemon of its own (own state, tag, port, addresses) and runs the API tests against it; prints "ok - …" or "not ok - …" a test.

Usage: run.py [--build DIR] [module or module.Class.test …]    without any: every tests/api/test_*.py
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Daemon:
    """One stratusd beside any other: nothing of it has a fixed name."""

    def __init__(self, build):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="stratus-api-"))
        slot = os.getpid() % 200
        self.log = self.work / "log"
        self.tag = f"t{slot}"
        self.pool = f"198.19.{slot}.0/24"
        self.dns = f"127.0.5.{slot + 1}"
        self.hosts = self.work / "hosts"
        (self.work / "hosts").write_text("")
        command = [build / "stratus/daemon/stratusd", "--state-dir", self.work / "state", "--run-dir", f"/run/stratus-api-{os.getpid()}",
                   "--port", "0", "--tag", self.tag, "--public-pool", self.pool, "--hosts-file", self.work / "hosts",
                   "--host-dns", self.dns, "--log-file", self.log]
        self.run_directory = pathlib.Path(f"/run/stratus-api-{os.getpid()}")
        os.environ["STRATUS_TEST_TAG"] = f"t{slot}"
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(self.command, start_new_session=True)
        self.endpoint = self.wait()

    def kill(self):
        """As `kill -9` does: nothing is said to it."""
        self.process.kill()
        self.process.wait()

    def start_again(self):
        """Where it was: clients of the one that was killed find this one."""
        self.log.rename(self.log.with_suffix(".before"))
        self.command[self.command.index("--port") + 1] = self.endpoint.rsplit(":", 1)[1]
        self.process = subprocess.Popen(self.command, start_new_session=True)
        self.wait()

    def wait(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit(f"stratusd ended with {self.process.returncode}: {self.tail()}")
            found = re.search(r'"?port"?[=:]\s*"?(\d+)', self.tail(200)) if self.log.exists() else None
            if found:
                endpoint = f"http://127.0.0.1:{found.group(1)}"
                try:
                    health = json.load(urllib.request.urlopen(endpoint + "/_stratus/health", timeout=2))
                    if "starting" not in json.dumps(health):
                        return endpoint
                except OSError:
                    pass
            time.sleep(0.05)
        raise SystemExit(f"stratusd did not start: {self.tail()}")

    def tail(self, lines=20):
        return "\n".join(self.log.read_text().splitlines()[-lines:]) if self.log.exists() else ""

    def left(self):
        """What of this instance is still in the kernel."""
        namespaces = [name for name in os.listdir("/run/netns") if name.startswith(self.tag + "-")] if os.path.isdir("/run/netns") else []
        groups = [str(path) for path in pathlib.Path("/sys/fs/cgroup").glob(f"*/stratus-{self.tag}")] + \
            [str(path) for path in pathlib.Path("/sys/fs/cgroup").glob(f"stratus-{self.tag}")]
        routes = subprocess.run(["ip", "route", "show", "root", self.pool], capture_output=True, text=True).stdout.splitlines()
        mounts = [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines() if str(self.run_directory) in line]
        return namespaces + groups + routes + mounts

    def stop(self):
        crashed = self.process.poll()
        if crashed is None:
            try:
                urllib.request.urlopen(urllib.request.Request(self.endpoint + "/_stratus/purge", method="POST", data=b""), timeout=30)
            except OSError as error:
                print(f"# purge: {error}")
            # Controllers that go on must not make anything again.
            time.sleep(2)
            crashed = self.process.poll()
        if crashed is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        left = self.left()
        print(("not ok" if left else "ok") + " - a purge leaves nothing in the kernel" + "".join(f"\n  # {one}" for one in left))
        shutil.rmtree(self.run_directory, ignore_errors=True)
        if crashed is not None:
            print(f"not ok - the daemon survives the tests (ended with {crashed})\n# " + self.tail().replace("\n", "\n# "))
        shutil.rmtree(self.work, ignore_errors=True)
        return crashed is None and not left


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / os.environ.get("preset", "release"))
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    daemon = Daemon(options.build)
    try:
        os.environ["STRATUS_TEST_ENDPOINT"] = daemon.endpoint
        os.environ["STRATUS_TEST_TAG"] = daemon.tag
        os.environ["STRATUS_TEST_DNS"] = daemon.dns
        os.environ["STRATUS_TEST_HOSTS"] = str(daemon.hosts)
        os.environ["STRATUS_TEST_STATE"] = str(daemon.work / "state")
        os.environ["STRATUS_TEST_CLI"] = str(options.build / "stratus/cli/stratus")
        sys.path.insert(0, str(HERE))
        import models
        models.complete(daemon.work / "models")
        os.environ["AWS_DATA_PATH"] = str(daemon.work / "models")
        import harness  # only now: it reads the endpoint
        harness.DAEMON = daemon
        loader = unittest.defaultTestLoader
        suite = loader.loadTestsFromNames(options.tests) if options.tests else loader.discover(str(HERE), "test_*.py")
        result = Tap()
        suite.run(result)
        good = result.wasSuccessful() and result.testsRun > 0
    finally:
        alive = daemon.stop()
    sys.exit(0 if good and alive else 1)


if __name__ == "__main__":
    main()
