import json
import pathlib
import tarfile
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

from botocore.exceptions import ClientError, EndpointConnectionError

import deployments
import experiments
import main
import rig
from catalogue import DRILLS
from environment import Refused, differences, last_line
from machine import argument, interface_of
from watch import shorten

NAMES = """task-killed tasks-of-an-az bad-image bad-config secret-rotated permission-removed nat-lost route-removed load-balancer-killed daemon-killed
machine-restarted state-lost region-lost certificate-expiring disk-full traffic-x10""".split()


def service(subnets):
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}}}


class Choosing(unittest.TestCase):
    def test_every_drill_is_there_and_says_what_it_breaks_and_how_it_is_noticed(self):
        self.assertEqual(set(DRILLS), set(NAMES))
        for drill in DRILLS.values():
            self.assertTrue(drill.breaks and drill.tells and drill.step, drill.name)
            self.assertIn(drill.breaks, main.listing())

    def test_names_all_and_what_is_none(self):
        self.assertEqual(len(main.choose(["all"])), len(NAMES))
        self.assertEqual([d.name for d in main.choose(["nat-lost", "bad-image", "nat-lost"])], ["nat-lost", "bad-image"])
        with self.assertRaisesRegex(ValueError, "unknown drill 'x'"):
            main.choose(["bad-image", "x"])

    def test_what_only_stratus_has_is_not_broken_on_aws(self):
        with self.assertRaisesRegex(Refused, "daemon-killed: breaks what only target local has"):
            main.refuse_what_cannot_be(SimpleNamespace(local=False), [DRILLS["bad-image"], DRILLS["daemon-killed"]], [])
        main.refuse_what_cannot_be(SimpleNamespace(local=False), [DRILLS["bad-image"]], [])

    def test_what_hits_others_too_is_said(self):
        with self.assertRaisesRegex(Refused, "state-lost: hits prod and test"):
            main.refuse_what_cannot_be(SimpleNamespace(local=True), [DRILLS["state-lost"]], ["prod", "test"])
        main.refuse_what_cannot_be(SimpleNamespace(local=True), [DRILLS["bad-image"]], ["prod", "test"])


class Setting(unittest.TestCase):
    def test_what_an_environment_lacks(self):
        self.assertEqual(rig.lacks([service(["a"])], [], [{}]), ["alarms", "zones", "schedule"])
        self.assertEqual(rig.lacks([service(["a", "b"])], [{}], []), [])

    def test_what_changed_is_said_in_one_line_each(self):
        self.assertEqual(differences({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4}), ["b was 2, is 3", "c was 3, is not there", "d was not there, is 4"])

    def test_the_line_that_says_why(self):
        self.assertEqual(last_line("begin\ndeploy.sh: it is so\ntrailing\n"), "deploy.sh: it is so")
        self.assertEqual(last_line("a\n\n b \n"), "b")
        self.assertEqual(last_line(""), "it said nothing")

    def test_arguments_of_the_daemon(self):
        self.assertEqual(argument(["stratusd", "--tag", "s2"], "--tag", "st"), "s2")
        self.assertEqual(argument(["stratusd", "--tag=s2"], "--tag", "st"), "s2")
        self.assertEqual(argument(["stratusd"], "--tag", "st"), "st")

    def test_the_interface_of_a_task(self):
        task = {"attachments": [{"type": "ElasticNetworkInterface", "details": [{"name": "subnetId", "value": "s"}, {"name": "networkInterfaceId", "value": "eni-1"}]}]}
        self.assertEqual(interface_of(task), "eni-1")

    def test_events_are_shortened_to_what_people_read(self):
        self.assertEqual(shorten("in (target-group arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/counselor-dev-backend/25f5c393a625e84b)"),
                         "in (target-group targetgroup/counselor-dev-backend)")
        self.assertEqual(shorten("(task 4dd730b10eb85e79a227595d08708e1d)"), "(task 4dd730b1)")
        self.assertEqual(len(shorten("x" * 500)), 220)


class Experiments(unittest.TestCase):
    def test_an_experiment_stops_the_tasks_of_one_zone_and_itself_by_the_alarm(self):
        environment = SimpleNamespace(cluster="c", prefix="counselor-dev")
        made = experiments.stop_tasks(environment, "us-east-1a", ["f", "b"], "arn:alarm")
        self.assertEqual({t["parameters"]["service"] for t in made["targets"].values()}, {"f", "b"})
        self.assertTrue(all(t["filters"] == [{"path": "AvailabilityZone", "values": ["us-east-1a"]}] for t in made["targets"].values()))
        self.assertEqual({a["targets"]["Tasks"] for a in made["actions"].values()}, set(made["targets"]))
        self.assertEqual(made["stopConditions"], [{"source": "aws:cloudwatch:alarm", "value": "arn:alarm"}])
        self.assertEqual(experiments.stop_tasks(environment, "z", ["f"], None)["stopConditions"], [{"source": "none"}])


class FullDisks(unittest.TestCase):
    """What was confirmed on a full disk must be there afterwards."""

    def setUp(self):
        self.logs, self.kept = mock.Mock(), {}
        self.logs.tag_log_group.side_effect = lambda logGroupName, tags: self.kept.update(tags)
        self.logs.list_tags_log_group.side_effect = lambda logGroupName: {"tags": self.kept}
        environment = SimpleNamespace(prefix="e", aws=lambda service: self.logs, whole=lambda: True)
        run = SimpleNamespace(environment=environment, undo=None, machine=SimpleNamespace(ready=lambda: True), rig=None, note=mock.Mock(),
                              timeline=SimpleNamespace(first=lambda since, tells: None))
        self.drill = DRILLS["disk-full"](run)

    def test_what_is_there_is_no_finding(self):
        for _ in range(60):
            self.drill.sign(0)
        self.assertTrue(self.drill.recovered())
        self.assertEqual((self.drill.findings, len(self.kept)), ([], 40))

    def test_what_is_not_there_is_one(self):
        for _ in range(3):
            self.drill.sign(0)
        del self.kept["drill-1"]
        self.assertTrue(self.drill.recovered() and self.drill.recovered())
        self.assertEqual(self.drill.findings, ["1 of 3 changes that were confirmed on the full disk are not there"])

    def test_what_was_refused_or_not_answered_need_not_be_there(self):
        self.logs.tag_log_group.side_effect = [ClientError({"Error": {"Message": "the disk is full"}}, "TagLogGroup"), EndpointConnectionError(endpoint_url="u")]
        for _ in range(2):
            self.drill.sign(0)
        self.assertTrue(self.drill.recovered())
        self.assertEqual(self.drill.findings, [])
        self.assertIn("the disk is full", self.drill.run.note.call_args.args[1])


class Secrets(unittest.TestCase):
    def test_the_one_that_is_replaced_is_the_drills_own_and_gets_another_value(self):
        api, made = mock.Mock(), {}
        api.create_secret.side_effect = lambda Name, SecretString: made.update(old=SecretString) or {"ARN": "arn:own", "Name": Name}
        api.put_secret_value.side_effect = lambda SecretId, SecretString: made.update(new=SecretString, of=SecretId)
        environment = SimpleNamespace(prefix="e", aws=lambda service: api, role=lambda: "r", wait_whole=lambda seconds, what: None)
        drill = DRILLS["secret-rotated"](SimpleNamespace(environment=environment, undo=mock.Mock(), machine=None, rig=None))
        container = {"secrets": [{"name": "OPENAI_API_KEY", "valueFrom": "arn:model"}]}
        drill.revision, drill.deploy = lambda change: change(container), lambda arn=None: None
        drill.prepare()
        drill.break_it()
        self.assertEqual([s["valueFrom"] for s in container["secrets"]], ["arn:model", "arn:own"])
        self.assertEqual(made["of"], "arn:own")
        self.assertNotEqual(made["new"], made["old"])


class BadImages(unittest.TestCase):
    def test_the_image_is_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            deployments.bad_image(folder, 3001)
            blob = lambda digest: pathlib.Path(folder, "blobs", *digest.split(":"))
            manifest = json.loads(blob(json.loads(pathlib.Path(folder, "index.json").read_text())["manifests"][0]["digest"]).read_text())
            config = json.loads(blob(manifest["config"]["digest"]).read_text())
            self.assertIn("3001", config["config"]["Entrypoint"])
            with tarfile.open(blob(manifest["layers"][0]["digest"])) as layer:
                self.assertIn("busybox", layer.getnames())


if __name__ == "__main__":
    unittest.main()
