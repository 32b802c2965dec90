"""Looks at the environment twice a second and writes down what it says of itself: alarms, the services' events and tasks, targets, the API, requests."""
import re
import threading
import time

import botocore.exceptions

ASIDE = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)


class Watch:
    def __init__(self, environment, timeline, load):
        self.environment, self.timeline, self.load = environment, timeline, load
        self._stop = threading.Event()
        self._seen, self._tasks, self._alarms, self._targets = set(), {}, {}, {}
        self._answers, self._page_fails, self._page_fine = True, False, time.time()
        self.answered = 0.0      # when the last look began that the API answered wholly
        self._quiet = True       # the first look sees what was there before
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._look()
        self._quiet = False
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(10)

    def _run(self):
        while not self._stop.wait(0.5):
            self._look()

    def _say(self, kind, text, at=None):
        if not self._quiet:
            self.timeline.add(at or time.time(), kind, text)

    def _look(self):
        answers, began = True, time.time()
        for look in (self._look_at_alarms, self._look_at_services, self._look_at_tasks, self._look_at_targets):
            try:
                look()
            except botocore.exceptions.ClientError:
                pass       # a cluster or a group that is gone: what hangs on it will tell
            except ASIDE:
                answers = False
                break
        if answers != self._answers:
            self._say("api", "the API answers again" if answers else "the API does not answer")
        self._answers = answers
        if answers:
            self.answered = began
        self._look_at_requests()

    def _look_at_requests(self):
        if not self._page_fails:
            failed = self.load.failing_since(self._page_fine)
            if failed is not None:
                self._page_fails = True
                self._say("page", "requests fail", failed)
        elif self.load.fine_for(2):
            self._page_fails, self._page_fine = False, time.time()
            self._say("page", "requests are answered again")

    def _look_at_alarms(self):
        for alarm in self.environment.alarms():
            name, state = alarm["AlarmName"], alarm["StateValue"]
            if self._alarms.get(name) != state:
                # The state at the first look counts too: what was on before stays on.
                if not self._quiet or state == "ALARM":
                    self.timeline.add(alarm["StateUpdatedTimestamp"].timestamp(), "alarm", f"{name} is {state}")
                self._alarms[name] = state

    def _look_at_services(self):
        for service in self.environment.services():
            for event in reversed(service["events"][:20]):
                if event["id"] not in self._seen:
                    self._seen.add(event["id"])
                    self._say("event", shorten(event["message"]), event["createdAt"].timestamp())

    def _look_at_tasks(self):
        for task in self.environment.tasks("STOPPED"):
            if task["taskArn"] not in self._tasks:
                self._tasks[task["taskArn"]] = True
                why = f"{task.get('stopCode', '?')}: {task.get('stoppedReason', '')}"
                self._say("task", f"{task['group'].split(':')[-1]} task stopped, {shorten(why)}", task.get("stoppingAt", task.get("stoppedAt")).timestamp())

    def _look_at_targets(self):
        seen = {}
        for part, target, state, reason in self.environment.targets():
            seen[part, target] = state
            if self._targets.get((part, target)) != state:
                self._say("target", f"{part} target {target} is {state}{' (' + reason + ')' if reason else ''}")
        self._targets = seen


def shorten(text):
    """Without what only machines read."""
    text = re.sub(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d*:([^\s,)]+?)(/[0-9a-f]{16})?(?=[\s,)]|$)", r"\1", text)
    text = re.sub(r"\b([0-9a-f]{8})[0-9a-f]{24}\b", r"\1", text)
    return text if len(text) <= 220 else text[:217] + "..."
