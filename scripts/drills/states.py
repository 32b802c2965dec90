"""What is kept and can be lost: the daemon's state, the disk under it, a whole region."""
import os
import pathlib
import secrets
import shutil
import sqlite3
import subprocess
import threading
import time

import botocore.exceptions

from drill import Drill
from environment import last_line
from machine import argument
from measures import Limits

OTHER_REGION = os.environ.get("COUNSELOR_REPLICA_REGION", "us-west-2")


class Marks(threading.Thread):
    """Writes the time into the state ten times a second for as long as it can: what of it is there afterwards says what was lost."""

    def __init__(self, environment, group):
        super().__init__(daemon=True)
        self.logs, self.group, self.last = environment.aws("logs"), group, 0.0
        self._ended = threading.Event()

    def run(self):
        while not self._ended.wait(0.1):
            now = time.time()
            try:
                self.logs.tag_log_group(logGroupName=self.group, tags={"at": f"{now:.3f}"})
                self.last = now
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                pass

    def stop(self):
        self._ended.set()
        self.join(5)

    def found(self):
        """The newest that is kept; None where nothing is."""
        try:
            return float(self.logs.list_tags_log_group(logGroupName=self.group)["tags"]["at"])
        except (KeyError, botocore.exceptions.ClientError):
            return None

    def lost(self, began):
        """Seconds of writing that are lost; where no mark is kept, all since `began`."""
        kept = self.found()
        # One that was written and whose answer never came is newer than the last that was confirmed: nothing is lost.
        return max(0.0, self.last - kept) if kept is not None else time.time() - began


def marked(drill):
    """Marks on a log group of the drill's own, which goes with it."""
    group = f"/drill/{int(time.time())}"
    drill.undo.call("remove the drill's log group", "logs", "delete_log_group", {"logGroupName": group}, ignore=["ResourceNotFoundException"])
    drill.environment.aws("logs").create_log_group(logGroupName=group)
    return Marks(drill.environment, group)


class Kept(Drill):
    """A drill that loses state: a backup of its own is taken before, and put back should the runbook fail."""
    local_only = True
    everyone = True

    def safety(self, always, limit=600):
        """`always`: whatever the drill did, the state of before it is put back. Otherwise only where there is none."""
        self.copy = self.environment.work / "drill/safety.backup"
        self.machine.stratus("backup", str(self.copy))
        m = self.machine
        base = f"'{m.program}' --port {m.port} --state-dir '{m.state}'"
        lost = "true" if always else f"! test -s '{m.state}/state.db'"
        script = f"""set -e
if {lost}; then {base} down >/dev/null; {base} restore '{self.copy}'; fi
{' '.join(f"'{word}'" for word in m.up_command())}
rm -rf '{self.copy}' '{m.state}.before-restore'"""
        self.undo.run("the state as it was before", ["bash", "-c", script], limit=limit)


class StateLost(Kept):
    name = "state-lost"
    breaks = "the daemon is killed and its state directory is gone"
    step = "stratus restore (the newest regular backup), stratus up"
    limits = Limits(detect=10, mttr=180, rpo=60)
    tells = ["api: the API does not answer"]

    def prepare(self):
        newest = max(pathlib.Path(self.machine.backups or "/nowhere").glob("*.backup"), default=None)
        if newest is None:
            raise RuntimeError("Stratus writes no regular backups: there would be nothing to restore (`stratus up` without --no-backups)")
        self.marks = marked(self)
        self.safety(always=False)
        self.marks.start()
        # The marks must be in a backup, or nothing could be measured by them; and it must have aged, or it would flatter.
        end = time.time() + 120
        while max(pathlib.Path(self.machine.backups).glob("*.backup")) == newest and time.time() < end:
            time.sleep(0.2)
        interval = float(argument(self.machine.argv(), "--backup-interval", "60"))
        time.sleep(interval * 0.8)

    def break_it(self):
        self.machine.kill_daemon()
        self.marks.stop()
        # Supervisors of containers write beside it for a moment yet.
        end = time.time() + 10
        while self.machine.state.exists() and time.time() < end:
            shutil.rmtree(self.machine.state, ignore_errors=True)

    def mitigate(self):
        newest = [] if self.machine.backups == f"{self.machine.state}.backups" else [str(max(pathlib.Path(self.machine.backups).glob("*.backup")))]
        self.say(self.machine.stratus("restore", *newest))
        self.machine.up()

    def recovered(self):
        if not self.machine.ready():
            return False
        if self.rpo is None:
            self.rpo = self.marks.lost(self.run.timeline.between(0)[0].at)
        return self.environment.whole()


class DiskFull(Drill):
    name = "disk-full"
    breaks = "the disk that holds the daemon's state is full"
    step = "make room, stratus up"
    limits = Limits(detect=60, mttr=90, failed=0)
    tells = ["api: the API does not answer", "drill: a change is refused"]
    local_only = True
    everyone = True
    ROOM = 48 << 20       # bytes beside what is kept: what the drill fills
    TAGS = [f"drill-{i}" for i in range(40)]       # of a log group, which may have 50

    def __init__(self, run):
        super().__init__(run)
        self.group, self.tried, self.confirmed, self.compared = f"/ecs/{self.environment.prefix}", 0, {}, False

    def prepare(self):
        """A small disk in the place of the state directory's: a full one for the whole machine would be no drill. What is in its folders stays where
        it is; the database moves, and what is being written (the daemon empties that folder at its start)."""
        self.undo.call("take the drill's tags off the log group", "logs", "untag_log_group", {"logGroupName": self.group, "tags": self.TAGS}, limit=600)
        m, work = self.machine, self.environment.work / "drill"
        behind = work / "behind"
        size = sum(f.stat().st_size for f in m.state.iterdir() if f.is_file()) + self.ROOM
        base = f"'{m.program}' --port {m.port} --state-dir '{m.state}'"
        up = " ".join(f"'{word}'" for word in m.up_command())
        back = f"""set -e
{base} down >/dev/null || true
if mountpoint -q '{behind}'; then
  if [ -e '{m.state}/.moved' ]; then rm -f '{m.state}/ballast' '{m.state}/.moved'; find '{m.state}' -maxdepth 1 -type f -exec cp -p {{}} '{behind}/' \\; ; fi
  umount -R '{m.state}' || umount -R -l '{m.state}'
  umount '{behind}' || umount -l '{behind}'
fi
rmdir '{behind}' 2>/dev/null || true
{up}"""
        self.undo.run("the state back on its own disk", ["bash", "-c", back], limit=600)
        there = f"""set -e
{base} down >/dev/null
mkdir -p '{behind}'
mount --bind '{m.state}' '{behind}'
mount -t tmpfs -o size={size},mode=0700 drill '{m.state}'
find '{behind}' -maxdepth 1 -type f -exec cp -p {{}} '{m.state}/' \\;
touch '{m.state}/.moved'
find '{behind}' -mindepth 1 -maxdepth 1 -type d ! -name spool -printf '%f\\n' | while read -r folder; do mkdir '{m.state}'/"$folder"; mount --bind '{behind}'/"$folder" '{m.state}'/"$folder"; done
{up}"""
        done = subprocess.run(["bash", "-c", there], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"a small disk could not be made: {last_line(done.stdout)}")
        self.environment.wait_whole(60, "the environment on a small disk")

    def break_it(self):
        try:
            with open(self.machine.state / "ballast", "wb", buffering=0) as ballast:
                while True:
                    ballast.write(b"\0" * 65536)
        except OSError:
            pass       # full

    def sign(self, since):
        # What a user would do: the daemon may say no; what it says yes to must be there afterwards.
        tag, value = self.TAGS[self.tried % len(self.TAGS)], secrets.token_hex(100)
        self.tried += 1
        try:
            self.environment.aws("logs").tag_log_group(logGroupName=self.group, tags={tag: value})
            self.confirmed[tag] = value
        except botocore.exceptions.ClientError as error:
            self.run.note(time.time(), f"a change is refused: {error.response['Error'].get('Message', error)}")
        except botocore.exceptions.BotoCoreError:
            self.confirmed.pop(tag, None)       # without an answer either value may be there
        return super().sign(since)

    def mitigate(self):
        (self.machine.state / "ballast").unlink()
        self.machine.up()

    def recovered(self):
        if not self.machine.ready():
            return False
        if not self.compared:
            kept = self.environment.aws("logs").list_tags_log_group(logGroupName=self.group)["tags"]
            self.compared = True
            lost = [tag for tag, value in self.confirmed.items() if kept.get(tag) != value]
            if lost:
                self.findings.append(f"{len(lost)} of {len(self.confirmed)} changes that were confirmed on the full disk are not there")
        return self.environment.whole()


class RegionLost(Kept):
    name = "region-lost"
    breaks = "everything in the primary region is gone; its copies of images and secrets in the other region are left"
    step = f"AWS_REGION={OTHER_REGION} scripts/deploy.sh <env> restore"
    limits = Limits(detect=30, mttr=600)
    tells = ["page: requests fail"]

    def prepare(self):
        e = self.environment
        self.safety(always=True, limit=1800)
        self.terraform_state = e.work.parent.with_name(f"{e.work.parent.name}-{OTHER_REGION}")
        self.undo.run("forget the other region's Terraform state", ["rm", "-rf", str(self.terraform_state)], limit=1800)
        secret = e.aws("secretsmanager").describe_secret(SecretId=f"{e.prefix}-openai-api-key")
        tags = {part: e.aws("ecs").describe_task_definition(taskDefinition=e.running(part)["taskDefinition"])["taskDefinition"]["containerDefinitions"][0]["image"].rpartition(":")[2]
                for part in ("frontend", "backend")}
        if not secret.get("ReplicationStatus"):
            # Where the environment copies nothing by itself, it does so from here on; what was pushed before is pushed again.
            self.rig.terraform("-target=module.ecr", "-target=module.secrets", "-var", f"replica_region={OTHER_REGION}", "-var", "replicate_images=true")
        self.tag = f"drill-{int(time.time())}"
        ecr = e.aws("ecr")
        for part, tag in tags.items():
            image = ecr.batch_get_image(repositoryName=e.service(part), imageIds=[{"imageTag": tag}])["images"][0]
            ecr.put_image(repositoryName=e.service(part), imageManifest=image["imageManifest"], imageTag=self.tag)
        end, other = time.time() + 60, e.aws("ecr", OTHER_REGION)
        while True:
            try:
                for part in tags:
                    other.describe_images(repositoryName=e.service(part), imageIds=[{"imageTag": self.tag}])
                break
            except botocore.exceptions.ClientError as error:
                if time.time() > end:
                    raise RuntimeError(f"the images were not copied to {OTHER_REGION}: {error}") from None
                time.sleep(0.5)

    def break_it(self):
        """The region's rows are taken out of the state while the daemon is away; once it is back, it tears down what no row speaks of."""
        self.machine.kill_daemon()
        with sqlite3.connect(self.machine.state / "state.db") as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
                columns = {row[1] for row in database.execute(f'PRAGMA table_info("{table}")')}
                if {"account", "region", "body"} <= columns:
                    database.execute(f'DELETE FROM "{table}" WHERE region=?', (self.environment.aws("ecs").meta.region_name,))
        database.close()
        self.machine.up()

    def mitigate(self):
        e = self.environment
        done = subprocess.run(e.deploy_command("restore", "--image-tag", self.tag), env={**os.environ, "AWS_REGION": OTHER_REGION, "AWS_DEFAULT_REGION": OTHER_REGION}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        (e.work / "drill/restore.log").write_text(done.stdout, encoding="utf-8")
        for log in (self.terraform_state / e.name).glob("terraform-*.log"):
            shutil.copy(log, e.work / "drill")
        if done.returncode != 0:
            raise RuntimeError(f"deploy.sh restore in {OTHER_REGION}: {last_line(done.stdout)}")
        self.run.load.url = done.stdout.strip().splitlines()[-1]

    def recovered(self):
        """Of the other region: page and API answer from there."""
        states = [t["TargetHealth"]["State"] for g in self.environment.aws("elbv2", OTHER_REGION).describe_target_groups()["TargetGroups"]
                  for t in self.environment.aws("elbv2", OTHER_REGION).describe_target_health(TargetGroupArn=g["TargetGroupArn"])["TargetHealthDescriptions"]]
        return bool(states) and all(state == "healthy" for state in states)

    def restore(self):
        self.run.load.url = self.run.environment_url
