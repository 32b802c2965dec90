"""What dies on the machine itself: a task, a zone's tasks, the load balancer's engine, the daemon, everything."""
import pathlib
import shutil
import subprocess
import time

import experiments
from drill import Drill
from environment import PARTS
from machine import age_rank, kill
from measures import Limits
from states import marked


class TaskKilled(Drill):
    name = "task-killed"
    breaks = "one task of the backend is killed"
    limits = Limits(detect=15, mttr=60, rto=5, failed=0, spare_in_flight=True)
    tells = ["task: backend task stopped, (EssentialContainerExited|UserInitiated)", "event: backend.*has started 1 tasks"]
    alarm = "task-failures"

    def victims(self):
        return self.environment.tasks(part="backend")[:1]

    def prepare(self):
        self.chosen = self.victims()
        if not self.chosen:
            raise RuntimeError("there is no task to stop")

    def break_it(self):
        if self.environment.local:
            self.machine.fault(self.undo, "kill-task", *(word for task in self.chosen for word in ("--task", task["taskArn"])))
        else:
            for task in self.chosen:
                self.environment.aws("ecs").stop_task(cluster=self.environment.cluster, task=task["taskArn"], reason=f"drill {self.name}")

    def recovered(self):
        gone = {task["taskArn"] for task in self.chosen}
        return self.environment.whole() and not gone & {task["taskArn"] for part in PARTS for task in self.environment.tasks(part=part)}


class TasksOfAZone(TaskKilled):
    name = "tasks-of-an-az"
    breaks = "every task in one availability zone is gone"
    limits = Limits(detect=15, mttr=60, rto=10)
    alarm = None
    tells = ["task: .* task stopped, (EssentialContainerExited|UserInitiated)"]

    def victims(self):
        zones = self.rig.zones()
        if len(zones) < 2:
            raise RuntimeError(f"tasks run in {zones or 'no zone'} only: a zone less is an environment less")
        self.zone = zones[0]
        return [task for part in PARTS for task in self.environment.tasks(part=part) if task["availabilityZone"] == self.zone]

    def prepare(self):
        super().prepare()
        alarm = next((a["AlarmArn"] for a in self.environment.alarms() if a["AlarmName"].endswith("-5xx")), None)
        self.template = experiments.prepare(self, experiments.stop_tasks(self.environment, self.zone, [self.environment.service(part) for part in PARTS], alarm))

    def break_it(self):
        experiments.perform(self, self.template)


class LoadBalancerKilled(Drill):
    name = "load-balancer-killed"
    breaks = "the load balancer's engine is killed"
    limits = Limits(detect=15, mttr=15, rto=10)
    tells = ["page: requests fail", "drill: another engine serves"]
    local_only = True

    def engines(self):
        pids = {pid for interface in self.environment.balancer_interfaces() for pid in self.machine.pids_in(f"{self.machine.tag}-{interface['NetworkInterfaceId']}")}
        return {pid for pid in pids if command(pid) == "haproxy"}

    def prepare(self):
        self.killed = {pid: age_rank(pid) for pid in self.engines()}
        if not self.killed:
            raise RuntimeError("the load balancer's engine is not found on this machine")

    def break_it(self):
        kill(self.killed)

    def sign(self, since):
        if self.others():
            self.run.note(time.time(), "another engine serves")
        return super().sign(since)

    def others(self):
        return {pid for pid in self.engines() if self.killed.get(pid) != age_rank(pid)}

    def recovered(self):
        return bool(self.others()) and self.environment.whole()


class DaemonKilled(Drill):
    name = "daemon-killed"
    breaks = "the daemon is killed (kill -9)"
    step = "stratus up"
    limits = Limits(detect=10, mttr=60, failed=0)
    tells = ["api: the API does not answer"]
    local_only = True
    everyone = True

    def prepare(self):
        self.tasks = {task["taskArn"] for part in PARTS for task in self.environment.tasks(part=part)}
        self.undo.run("stratus up", self.machine.up_command())

    def break_it(self):
        self.machine.kill_daemon()

    def mitigate(self):
        self.machine.up()

    def recovered(self):
        if not self.machine.ready() or not self.environment.whole():
            return False
        lost = self.tasks - {task["taskArn"] for part in PARTS for task in self.environment.tasks(part=part)}
        if lost:
            self.findings.append(f"{len(lost)} tasks did not outlive the daemon")
            self.tasks -= lost
        return True


class MachineRestarted(Drill):
    name = "machine-restarted"
    breaks = "every process, namespace and run-time file of Stratus is gone, as after a restart of the machine; its state is kept"
    step = "stratus up"
    limits = Limits(detect=10, mttr=180)
    tells = ["api: the API does not answer", "page: requests fail"]
    local_only = True
    everyone = True

    def prepare(self):
        self.marks = marked(self)
        self.undo.run("stratus up", self.machine.up_command())
        self.marks.start()

    def break_it(self):
        self.machine.kill_daemon()
        self.marks.stop()
        lose_the_machine(self.machine)

    def mitigate(self):
        self.machine.up()

    def recovered(self):
        if not self.machine.ready():
            return False
        if self.rpo is None:
            self.rpo = self.marks.lost(self.run.timeline.between(0)[0].at)
        return self.environment.whole()


def lose_the_machine(machine):
    """What a restart takes: processes, namespaces with their links, mounts, cgroups, and the run folder (a tmpfs)."""
    end = time.time() + 20
    while (left := machine.processes()) and time.time() < end:
        kill(left)
        time.sleep(0.1)
    for namespace in machine.namespaces():
        subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)
    for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()):
        place = line.split()[4]
        if place.startswith(machine.run + "/"):
            subprocess.run(["umount", "-l", place], check=False, capture_output=True)
    shutil.rmtree(machine.run, ignore_errors=True)
    name = "stratus" if machine.tag == "st" else f"stratus-{machine.tag}"
    root = pathlib.Path("/sys/fs/cgroup")
    for tree in [*root.glob(name), *root.glob(f"*/{name}")]:
        for folder in sorted((p for p in tree.rglob("*") if p.is_dir()), reverse=True):
            try:
                folder.rmdir()
            except OSError:
                pass       # a controller that is mounted twice shows it twice


def command(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
