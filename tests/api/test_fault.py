"""`stratus fault`: what is broken on purpose, with real tasks and real packets, and ends in time."""
import json
import os
import subprocess
import time
import urllib.parse

import harness
import tasks
from test_ec2 import has_namespace, pings


def stratus(*words, check=True):
    """The command line of the daemon under test."""
    port = str(urllib.parse.urlparse(harness.ENDPOINT).port)
    return subprocess.run([os.environ["STRATUS_TEST_CLI"], "--port", port, "fault", *words], capture_output=True, text=True, check=check, timeout=90)


def faults():
    return {fault["id"]: fault for fault in json.loads(stratus("list", "--json").stdout)["faults"]}


class FaultOfTasks(tasks.TaskTest):
    def setUp(self):
        self.addCleanup(stratus, "stop", "all")

    def process(self, task):
        """The host's pid of the task's only container, known by an argument that nobody else has."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if f"mark={task}".encode() in words:
                return int(pid)
        return None

    def counts(self, mark):
        """Whether the task's loop goes round: the clock ticks of its process grow."""
        def ticks():
            with open(f"/proc/{self.process(mark)}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return int(fields[11]) + int(fields[12])
        before = ticks()
        time.sleep(0.3)  # how long a busy loop that runs at all may go without a tick on a loaded machine
        return ticks() > before

    def busy(self, mark):
        arn = self.run_task(self.define({"name": "main", "image": self.image, "stopTimeout": 2,
                                         "command": ["sh", "-c", "while true; do :; done", f"mark={mark}"]}))
        self.until(arn, "RUNNING")
        return arn

    def test_a_killed_task_ends_by_sigkill_and_the_audit_trail_knows(self):
        task, other = (self.run_task(self.define()) for _ in range(2))
        for arn in (task, other):
            self.until(arn, "RUNNING")
        fault = stratus("start", "kill-task", "--task", task).stdout.strip()
        self.assertEqual(self.until(task, "STOPPED")["containers"][0]["exitCode"], 137)
        self.assertEqual(self.describe(other)["lastStatus"], "RUNNING")
        self.assertEqual(faults()[fault]["state"], "ended")
        trail = self.client("cloudtrail")
        events = self.eventually(lambda: trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StratusStartFault"}])["Events"], what="the record")
        record = json.loads(events[0]["CloudTrailEvent"])
        self.assertEqual(record["requestParameters"]["task"], task)
        self.assertEqual(record["userIdentity"]["type"], "Root")

    def test_a_share_of_a_services_tasks_is_stopped_and_replaced(self):
        self.ecs.create_service(cluster="box", serviceName="four", taskDefinition=self.define(), desiredCount=4, launchType="FARGATE",
                                networkConfiguration=self.network)
        running = lambda: self.ecs.list_tasks(cluster="box", serviceName="four")["taskArns"]
        count = lambda: self.ecs.describe_services(cluster="box", services=["four"])["services"][0]["runningCount"]
        self.eventually(lambda: count() == 4, 60, "four tasks")
        before = set(running())
        stratus("start", "stop-task", "--account", self.account, "--cluster", "box", "--service", "four", "--percent", "50")
        gone = before - set(running())
        self.assertEqual(len(gone), 2)
        self.assertEqual({self.describe(arn)["stopCode"] for arn in gone}, {"UserInitiated"})
        self.eventually(lambda: count() == 4, 60, "four tasks again")

    def test_a_frozen_task_goes_on_when_the_fault_is_stopped(self):
        task = self.busy("thawed")
        self.eventually(lambda: self.counts("thawed"), what="the task's going round")
        fault = stratus("start", "freeze-task", "--task", task, "--for", "300").stdout.strip()
        self.assertFalse(self.counts("thawed"))
        self.assertEqual(stratus("stop", fault).stdout.strip(), fault)
        self.eventually(lambda: self.counts("thawed"), what="the task's going on")
        self.assertEqual(faults()[fault]["state"], "ended")
        # It is over: another stop ends nothing, and no record says so.
        self.assertEqual(stratus("stop", fault).stdout.strip(), "")
        trail = self.client("cloudtrail")
        stops = lambda: [event for event in trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StratusStopFault"}])["Events"]
            if json.loads(event["CloudTrailEvent"])["requestParameters"]["id"] == fault]
        self.eventually(stops, what="the record of the stop")
        self.assertEqual(len(stops()), 1)

    def test_a_freeze_ends_in_time_although_the_daemon_is_killed(self):
        task = self.busy("guarded")
        fault = stratus("start", "freeze-task", "--task", task, "--for", "4").stdout.strip()
        self.assertFalse(self.counts("guarded"))
        harness.DAEMON.kill()
        try:
            self.eventually(lambda: self.counts("guarded"), 60, "the task's going on without a daemon")
        finally:
            harness.DAEMON.start_again()
        self.eventually(lambda: faults()[fault]["state"] == "ended", what="the fault's end")
        self.assertEqual(self.describe(task)["lastStatus"], "RUNNING")

    def test_a_task_whose_packets_are_all_lost_cannot_be_reached(self):
        task, other = (self.run_task(self.define()) for _ in range(2))
        def interface(arn):
            details = self.until(arn, "RUNNING")["attachments"][0]["details"]
            return {item["name"]: item["value"] for item in details}
        mine, theirs = interface(task), interface(other)
        self.ec2.authorize_security_group_ingress(GroupId=self.group, IpProtocol="icmp", FromPort=-1, ToPort=-1, CidrIp="10.77.0.0/16")
        reach = lambda: pings(theirs["networkInterfaceId"], mine["privateIPv4Address"])
        self.eventually(reach, what="an answer before the fault")
        stratus("start", "network-cut", "--task", task, "--for", "300")
        self.assertFalse(reach())
        stratus("stop", "all")
        self.assertTrue(reach())

    def test_what_makes_no_sense_is_one_line(self):
        for words, says in ((("kill-task", "--task", "x"), "is not the ARN of a task"), (("melt",), "there is no fault 'melt'"),
                            (("freeze-task", "--cluster", "nowhere"), "wants for"),
                            (("kill-task", "--cluster", "nowhere", "--inside-subnet"), "inside-subnet goes with network-loss and network-cut"),
                            (("network-latency", "--vpc", "vpc-1", "--for", "3"), "network-latency"),
                            (("network-cut", "--vpc", "vpc-1", "--for", "3"), "there is no VPC vpc-1")):
            with self.subTest(words=words):
                done = stratus("start", *words, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(says, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
        self.assertEqual(stratus("stop", "fault-0", check=False).returncode, 1)


class FaultOfPackets(harness.ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ec2 = harness.client("ec2", cls.account)
        vpc = ec2.create_vpc(CidrBlock="10.66.0.0/16")["Vpc"]["VpcId"]
        group, = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
        ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpProtocol="-1", CidrIp="10.66.0.0/16")
        cls.vpc, cls.interfaces, cls.subnets = vpc, {}, {}
        for name, zone, number in (("a", "a", 1), ("b", "b", 2), ("c", "c", 3)):
            subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.66.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
            made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
            cls.subnets[name] = subnet
            cls.interfaces[name] = (made["NetworkInterfaceId"], made["PrivateIpAddress"])

    def setUp(self):
        self.addCleanup(stratus, "stop", "all")
        for name, _ in self.interfaces.values():
            self.eventually(lambda name=name: has_namespace(name), what="the namespace")
        self.eventually(lambda: self.reaches("a", "b") and self.reaches("a", "c"), what="an answer before the fault")

    def reaches(self, one, other):
        return pings(self.interfaces[one][0], self.interfaces[other][1])

    def test_a_cut_subnet_is_silent_until_the_time_is_over_although_the_daemon_is_killed(self):
        end = time.monotonic() + 8
        stratus("start", "network-cut", "--account", self.account, "--subnet", self.subnets["b"], "--for", "8")
        silent, control = not self.reaches("a", "b"), self.reaches("a", "c")
        if time.monotonic() < end - 1:  # a machine that was busy for so long has seen nothing
            self.assertTrue(silent)
        self.assertTrue(control, "the other subnet is not cut")
        harness.DAEMON.kill()
        try:
            self.eventually(lambda: self.reaches("a", "b"), 60, "an answer without a daemon")
            self.assertGreaterEqual(time.monotonic(), end - 1.5, "too early")
        finally:
            harness.DAEMON.start_again()

    def test_a_cut_zone_is_silent_and_answers_when_the_fault_is_stopped(self):
        fault = stratus("start", "network-cut", "--account", self.account, "--az", "us-east-1c", "--vpc", self.vpc, "--for", "600").stdout.strip()
        self.assertFalse(self.reaches("a", "c"))
        self.assertTrue(self.reaches("a", "b"), "the other zone is not cut")
        self.assertIn("us-east-1c", stratus("list").stdout)
        self.assertEqual(stratus("stop", fault).stdout.strip(), fault)
        self.assertTrue(self.reaches("a", "c"))

    def test_a_share_of_the_packets_is_lost(self):
        stratus("start", "network-loss", "--percent", "60", "--account", self.account, "--subnet", self.subnets["b"], "--for", "600")
        answers = [self.reaches("a", "b") for _ in range(20)]
        self.assertIn(False, answers)
        self.assertTrue(self.reaches("a", "c"), "the other subnet is not disturbed")
