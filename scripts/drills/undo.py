"""What takes a fault back, written down before the fault is made, and done whatever becomes of the drill: by the drill itself, or by a guard that
outlives it. The guard does it at once when the drill is dead, and at a step's time limit in any case.

A journal holds the owner's process and steps {"what", "until", "argv" | "call", "ignore"}. A call is [service, method, arguments] of boto3.
"""
import contextlib
import fcntl
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

LIMIT = 300       # seconds that a fault may last at most, where a step says nothing else


def started(pid):
    """What tells a process from a later one of the same number; None where there is none, or a dead one that nobody reaped."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, IndexError):
        return None
    return None if fields[0] in "ZX" else fields[19]


@contextlib.contextmanager
def opened(file):
    """The journal's content, nobody else's meanwhile; what is changed is written back. An empty one is removed."""
    path = pathlib.Path(file)
    with open(f"{path}.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        journal = json.loads(path.read_text()) if path.exists() else {"steps": []}
        before = json.dumps(journal)
        yield journal
        if not journal["steps"]:
            path.unlink(missing_ok=True)
        elif json.dumps(journal) != before:
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(journal))
            fresh.replace(path)


def perform(step):
    """Does one step. Raises where it fails for a reason that is not to be ignored."""
    if "argv" in step:
        done = subprocess.run(step["argv"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=900)
        if done.returncode != 0 and not any(word in done.stdout for word in step.get("ignore", [])):
            raise RuntimeError(f"{step['what']}: {(done.stdout.strip().splitlines() or ['failed'])[-1]}")
        return
    import boto3       # pylint: disable=import-outside-toplevel  # the guard of a journal of commands needs none
    from botocore.exceptions import ClientError       # pylint: disable=import-outside-toplevel
    service, method, arguments = step["call"]
    try:
        getattr(boto3.client(service), method)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in step.get("ignore", []):
            raise


def take_back(file, only=lambda step: True, say=lambda text: None, patience=6):
    """Does the journal's steps, the last first. Returns what could not be done; those steps stay in the journal."""
    failures = []
    while True:
        # A step stays written down until it is done: whoever is killed in between, the next one does it again.
        with opened(file) as journal:
            left = [s for s in journal["steps"] if only(s) and s["id"] not in [f[0] for f in failures]]
        if not left:
            return [text for _, text in failures]
        step = left[-1]
        for attempt in range(patience):
            try:
                say(step["what"])
                perform(step)
                with opened(file) as journal:
                    journal["steps"] = [s for s in journal["steps"] if s["id"] != step["id"]]
                break
            except Exception as error:       # pylint: disable=broad-except  # whatever it is, the other steps must still be done
                if attempt == patience - 1:
                    failures.append((step["id"], f"{step['what']}: {error}"))
                else:
                    time.sleep(min(5, 1 + attempt))


class Undo:
    def __init__(self, file):
        self.file = pathlib.Path(file)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._guard, self._next = None, int(time.time() * 1000)

    def left_over(self):
        return self.file.exists()

    def rest(self):
        """What an interruption came to, in words."""
        if not self.left_over():
            return "what was broken is mended"
        guarded = self._guard is not None and self._guard.poll() is None
        return f"not all was taken back; {'the guard goes on' if guarded else 'the next drill tries again'}, see {self.file.with_suffix('.log')}"

    def add(self, what, limit=LIMIT, **step):
        """Before the fault is made."""
        self._next += 1
        with opened(self.file) as journal:
            journal["owner"] = [os.getpid(), started(os.getpid())]
            journal["steps"].append({"id": self._next, "what": what, "until": time.time() + limit, **step})
        if self._guard is None or self._guard.poll() is not None:
            with open(self.file.with_suffix(".log"), "ab") as log:
                self._guard = subprocess.Popen([sys.executable, os.path.abspath(__file__), str(self.file)], stdin=subprocess.DEVNULL, stdout=log,
                                               stderr=log, start_new_session=True)

    def call(self, what, service, method, arguments, **more):
        self.add(what, call=[service, method, arguments], **more)

    def run(self, what, argv, **more):
        self.add(what, argv=[str(word) for word in argv], **more)

    def each(self, what, listed, *commands, **more):
        """Commands of the aws program for each that one of it lists: a step back of what has no number before it is made."""
        words = lambda command: " ".join(map(shlex.quote, ["aws", *command, *(["--output", "text"] if command is listed else [])]))
        body = " && ".join(f'{words(command)} "$one"' for command in commands)
        self.run(what, ["bash", "-c", f"all=$({words(listed)}) && for one in $all; do {body} || exit 1; done"], **more)

    def take_back(self, since=0, say=lambda text: None):
        return take_back(self.file, lambda step: step["id"] > since, say)

    def mark(self):
        return self._next


def guard(file):
    while os.path.exists(file):
        with opened(file) as journal:
            owner, now = journal.get("owner"), time.time()
            late = {s["id"] for s in journal["steps"] if s["until"] <= now}
        alive = owner is not None and started(owner[0]) == owner[1]
        if not alive or late:
            say = lambda text: print(time.strftime("%FT%TZ", time.gmtime()), "taking back:", text, flush=True)
            for failure in take_back(file, (lambda s: True) if not alive else (lambda s: s["id"] in late), say, patience=30):
                print("not taken back:", failure, flush=True)
            if not alive:
                return
        time.sleep(0.3)


if __name__ == "__main__":
    guard(sys.argv[1])
