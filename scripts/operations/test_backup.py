"""A backup says what it covers and how old that is; a damaged, foreign or unreadable one is refused in one line, before anything is taken out of it."""
import datetime
import json
import pathlib
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import backup
import parts
from parts import Part
from sight import Refused
from store import Directory, KEEP, Unusable

NOW = datetime.datetime(2026, 11, 26, 3, 0, tzinfo=datetime.timezone.utc)
FACTS = {"environment": "prod", "target": "aws", "account": "123456789012", "region": "us-east-1", "replica_region": "us-west-2", "commit": "a1b2c3d4", "commit_time": "2026-11-25T00:00:00+00:00",
         "uncommitted": 0, "pushed": True, "tags": {"frontend": "prod-1", "backend": "prod-1"}, "saved_images": [], "replicated": True, "state_bucket": "states",
         "logs_from": None, "log_events": 7, "has_code": True, "has_stratus": False}
HEALTHY = {
    "s3 get_bucket_versioning": {"Status": "Enabled"},
    "s3 get_bucket_lifecycle_configuration": {"Rules": [{"Expiration": {"Days": 365}}]},
    "ecr describe_images": {"imageDetails": [{}]},
    "secretsmanager describe_secret": {"VersionIdsToStages": {"v": ["AWSCURRENT"]}, "ReplicationStatus": [{"Region": "us-west-2", "Status": "InSync"}]},
    "cloudtrail describe_trails": {"trailList": [{"Name": "counselor-prod", "TrailARN": "arn", "S3BucketName": "trail"}]},
    "cloudtrail get_trail_status": {"IsLogging": True, "LatestDeliveryTime": NOW - datetime.timedelta(minutes=4)},
}


def api(**changes):
    answers = {**HEALTHY, **{name.replace("__", " "): answer for name, answer in changes.items()}}

    def ask(service, operation, region=None, **_arguments):
        answer = answers[f"{service} {operation}"]
        if answer is Refused:
            raise Refused(f"{service} {operation}: no")
        return answer
    return ask


def covered(facts=None, **changes):
    return {part.name: part for part in parts.all_parts({**FACTS, **(facts or {})}, NOW, api(**changes))}


class Coverage(unittest.TestCase):
    LOCAL = {"target": "local", "replicated": False, "environment": "dev"}
    ALONE = {"ecr__describe_images": Refused, "secretsmanager__describe_secret": {"VersionIdsToStages": {"v": []}}, "cloudtrail__describe_trails": {"trailList": []}}

    def test_all_of_the_strategy_is_covered_where_everything_is_as_it_should_be(self):
        found = covered()
        self.assertEqual(set(found), {"code", "Terraform's state", "images", "secret", "logs", "record of calls"})
        self.assertTrue(all(part.as_of for part in found.values()))
        self.assertFalse([part.name for part in found.values() if part.broken])
        self.assertEqual(found["images"].where, "us-west-2")
        self.assertEqual(found["record of calls"].where, "s3://trail, kept 365 days")

    def test_what_is_broken_is_named(self):
        for part, facts, changes in (
                ("Terraform's state", {}, {"s3__get_bucket_versioning": {}}),
                ("images", {}, {"ecr__describe_images": Refused}),
                ("secret", {}, {"secretsmanager__describe_secret": {"VersionIdsToStages": {"v": []}, "ReplicationStatus": [{"Region": "us-west-2", "Status": "Failed"}]}}),
                ("secret", {}, {"secretsmanager__describe_secret": Refused}),
                ("record of calls", {}, {"cloudtrail__get_trail_status": {"IsLogging": False}}),
                ("code", {"uncommitted": 2}, {})):
            with self.subTest(part, **changes):
                self.assertEqual([found.name for found in covered(facts, **changes).values() if found.broken], [part])

    def test_uncommitted_code_is_as_old_as_its_commit(self):
        part = covered({"uncommitted": 1, "environment": "dev"})["code"]
        self.assertEqual((NOW - part.as_of).total_seconds(), 27 * 3600)
        self.assertFalse(part.broken)

    def test_dev_on_aws_has_its_images_in_the_backup_and_its_secret_nowhere_else(self):
        found = covered({"environment": "dev", "replicated": False, "saved_images": ["frontend", "backend"]}, ecr__describe_images=Refused,
                        secretsmanager__describe_secret={"VersionIdsToStages": {"v": []}}, cloudtrail__describe_trails={"trailList": []})
        self.assertEqual(found["images"].where, "the backup")
        self.assertIsNone(found["secret"].as_of)
        self.assertIn("OPENAI_API_KEY", found["secret"].note)
        self.assertIsNone(found["record of calls"].as_of)
        self.assertFalse([part.name for part in found.values() if part.broken])

    def test_on_this_machine_stratus_has_the_rest(self):
        found = covered({**self.LOCAL, "has_stratus": True}, **self.ALONE)
        self.assertEqual((found["images"].where, found["secret"].where), ("Stratus's state", "Stratus's state"))
        self.assertEqual(found["Stratus's state"].where, "the backup")

    def test_without_stratuss_state_nothing_is_said_to_lie_in_it(self):
        found = covered(self.LOCAL, **self.ALONE)
        self.assertEqual([(name, found[name].where, found[name].as_of) for name in ("Stratus's state", "images", "secret")],
                         [("Stratus's state", "nowhere", None), ("images", "nowhere", None), ("secret", "us-east-1 only", None)])
        self.assertIn("Stratus's state    not covered  nowhere", "\n".join(parts.report(found.values(), NOW)))

    def test_code_is_where_it_was_put(self):
        for pushed, has_code, where in ((True, True, "commit a1b2c3d, pushed"), (True, False, "commit a1b2c3d, pushed"), (False, True, "commit a1b2c3d, in the backup"), (False, False, "nowhere")):
            with self.subTest(pushed=pushed, has_code=has_code):
                part = covered({"pushed": pushed, "has_code": has_code})["code"]
                self.assertEqual((part.where, part.as_of is None, part.broken), (where, where == "nowhere", where == "nowhere"))

    def test_what_is_in_a_backup_is_told_by_its_files(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "code.tar.gz").write_bytes(b"")
            self.assertEqual(parts.present(folder), {"has_code": False, "has_stratus": False})
            (folder / "code.tar.gz").write_bytes(b"x")
            (folder / "stratus.backup").write_bytes(b"x")
            self.assertEqual(parts.present(folder), {"has_code": True, "has_stratus": True})

    def test_the_report_ends_with_the_oldest(self):
        lines = parts.report([Part("code", "commit", NOW), Part("trail", "s3", NOW - datetime.timedelta(minutes=7)), Part("secret", "nowhere")], NOW + datetime.timedelta(seconds=5))
        self.assertIn("5 s old", lines[0])
        self.assertIn("not covered", lines[2])
        self.assertRegex(lines[-1], r"^recovery point +7 min \(trail\), of the 60 minutes")


class File(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "parts").mkdir()
        (self.folder / "parts" / "terraform.tfstate").write_text('{"resources": [1]}')
        (self.folder / "parts" / "code.tar.gz").write_bytes(bytes(range(256)) * 40)
        self.file = self.folder / "it.tar"
        backup.pack(self.file, FACTS, self.folder / "parts", [Part("code", "commit", NOW)], NOW)

    def refused(self, words, facts=None):
        with self.assertRaisesRegex(Unusable, words) as caught:
            backup.verify(self.file, "it.tar", facts)
        self.assertNotIn("\n", str(caught.exception))

    def test_what_was_written_can_be_read(self):
        manifest = backup.verify(self.file, "it.tar", FACTS)
        self.assertEqual((manifest["commit"], manifest["created"], sorted(manifest["files"])), ("a1b2c3d4", "2026-11-26T03:00:00Z", ["code.tar.gz", "terraform.tfstate"]))

    def test_any_flipped_byte_of_content_is_seen(self):
        whole, seen = self.file.read_bytes(), 0
        with tarfile.open(self.file) as archive:
            members = [(member.offset_data, member.size) for member in archive if member.size]
        for begin, size in members:
            for offset in (begin, begin + size // 2, begin + size - 1):
                self.file.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1:])
                self.refused("is damaged: ")
                seen += 1
        self.assertEqual(seen, 12)

    def test_so_is_a_cut_one_or_one_that_is_something_else(self):
        whole = self.file.read_bytes()
        for length in (0, 100, 512, len(whole) // 3, len(whole) // 2):
            self.file.write_bytes(whole[:length])
            self.refused("is damaged")
        self.file.write_text("hello")
        self.refused("is damaged")
        self.file.unlink()
        self.refused("cannot be read")

    def test_another_environment_target_or_account_is_refused(self):
        self.refused("it.tar is of environment prod, not dev", {**FACTS, "environment": "dev"})
        self.refused("it.tar is of target aws, not local", {**FACTS, "target": "local"})
        self.refused("it.tar is of account 123456789012, not 210987654321", {**FACTS, "account": "210987654321"})

    def test_an_account_that_cannot_be_asked_yet_is_not_compared(self):
        backup.verify(self.file, "it.tar", {**FACTS, "account": ""})

    def test_another_version_names_the_commit_that_reads_it(self):
        before, backup.FORMAT = backup.FORMAT, 2
        try:
            backup.pack(self.file, FACTS, self.folder / "parts", [], NOW)
        finally:
            backup.FORMAT = before
        self.refused("has format 2; this checkout reads format 1: use the checkout of commit a1b2c3d4")

    def test_a_member_that_is_not_there_is_named(self):
        with self.assertRaisesRegex(Unusable, "the backup has no stratus.backup"):
            backup.take(type("Options", (), {"source": self.file, "member": "stratus.backup", "destination": self.folder / "x"}))
        self.assertFalse((self.folder / "x").exists())


class Store(unittest.TestCase):
    def test_a_directory_keeps_the_newest(self):
        with tempfile.TemporaryDirectory() as folder:
            store, file = Directory(pathlib.Path(folder) / "backups"), pathlib.Path(folder) / "one"
            self.assertEqual(store.names(), [])
            file.write_text("x")
            for number in range(KEEP + 3):
                store.put(file, f"20261126T03{number:02}00Z-dev.tar")
            self.assertEqual(len(store.names()), KEEP)
            self.assertEqual(store.names()[0], "20261126T030300Z-dev.tar")
            self.assertEqual((pathlib.Path(store.path) / store.names()[0]).stat().st_mode & 0o777, 0o600)
            with self.assertRaisesRegex(Unusable, "cannot be read: No such file"):
                store.get("nothing.tar", file)


if __name__ == "__main__":
    unittest.main()
