"""Stratus as a thing on this machine: its process, its folders, its namespaces. What only target local can be drilled with."""
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request


def argument(argv, name, default):
    for i, word in enumerate(argv):
        if word == name and i + 1 < len(argv):
            return argv[i + 1]
        if word.startswith(name + "="):
            return word.split("=", 1)[1]
    return default


class Machine:
    def __init__(self, root, state=None, port=None):
        self.root = pathlib.Path(root)
        self.state = pathlib.Path(state or os.environ.get("STRATUS_STATE_DIR", "/var/lib/stratus"))
        self.port = int(port or os.environ.get("STRATUS_PORT", "4566"))
        self.program = pathlib.Path(os.environ.get("COUNSELOR_BUILD_DIR", self.root / "build/release")) / "stratus/cli/stratus"
        argv = self.argv()
        self.tag = argument(argv, "--tag", "st")
        self.run = argument(argv, "--run-dir", "/run/stratus")
        self.backups = argument(argv, "--backup-dir", "")
        # What `stratus up` gives by itself is not repeated.
        own = ("--state-dir", "--listen", "--port", "--log-file")
        self.options = [word for i, word in enumerate(argv[1:], 1) if not word.startswith(own) and argv[i - 1] not in own]

    def pid(self):
        """Of the daemon: who holds the lock on its state. None where nobody does."""
        try:
            with open(self.state / "lock", "r+", encoding="utf-8") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return None
                except BlockingIOError:
                    return int(lock.read().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def argv(self):
        pid = self.pid()
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")[:-1] if pid else []

    def up_command(self):
        return [str(self.program), "--port", str(self.port), "--state-dir", str(self.state), "up", "--", *self.options]

    def up(self):
        done = subprocess.run(self.up_command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError("stratus up: " + done.stdout.strip())

    def stratus(self, *words):
        done = subprocess.run([str(self.program), "--port", str(self.port), "--state-dir", str(self.state), *words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"stratus {words[0]}: {done.stdout.strip()}")
        return done.stdout.strip()

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stratus/health", timeout=3) as page:
                return all(state == "ready" for state in json.load(page)["parts"].values())
        except (OSError, ValueError, urllib.error.URLError):
            return False

    def kill_daemon(self):
        pid = self.pid()
        if pid is None:
            raise RuntimeError("the daemon does not run")
        kill([pid])
        end = time.time() + 10
        while self.pid() is not None and time.time() < end:
            time.sleep(0.02)

    def fault(self, undo, kind, *words, seconds=None):
        """`stratus fault start`: ends by itself after its seconds, whatever becomes of the drill; sooner where the drill takes it back."""
        limit = ["--for", str(seconds)] if seconds else []
        number = self.stratus("fault", "start", kind, *words, *limit)
        if seconds:
            undo.run(f"end the fault {kind}", [self.program, "--port", self.port, "--state-dir", self.state, "fault", "stop", number], ignore=["is over", "ended"])
        return number

    # Namespaces and who lives in them.

    def namespaces(self):
        names = subprocess.run(["ip", "netns"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
        return [name.split()[0] for name in names if name.startswith(self.tag + "-")]

    def pids_in(self, namespace):
        done = subprocess.run(["ip", "netns", "pids", namespace], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        return [int(word) for word in done.stdout.split()]

    def namespace_of(self, task):
        """Of a task as ECS describes it."""
        return f"{self.tag}-{interface_of(task)}"

    def init_of(self, task):
        """The task's own process: health checks come and go beside it, and are younger."""
        return min(self.pids_in(self.namespace_of(task)), key=age_rank)

    def inside(self, namespace, argv, timeout=10):
        return subprocess.run(["ip", "netns", "exec", namespace, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, timeout=timeout)

    def processes(self):
        """Everything of Stratus but the daemon: those in its namespaces, and those that its run folder or its state names."""
        marks = (f"{self.run}/", f"{self.state}/")
        out = {pid for namespace in self.namespaces() for pid in self.pids_in(namespace)}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
            except OSError:
                continue
            program = os.path.basename(words[0])
            if program in ("conmon", "haproxy", "crun", "nginx") and any(mark in word for word in words for mark in marks):
                out.add(int(entry.name))
        return out - {self.pid()}


def interface_of(task):
    details = next(a for a in task["attachments"] if a["type"] == "ElasticNetworkInterface")["details"]
    return next(d["value"] for d in details if d["name"] == "networkInterfaceId")


def age_rank(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    except OSError:
        return float("inf")


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
