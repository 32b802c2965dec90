"""Deployments that go wrong: an image that does not serve, a task definition that cannot start, a new secret, a permission that is gone."""
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import secrets
import subprocess
import tarfile
import tempfile
import time

from drill import Drill
from measures import Limits

BUSYBOX = "/bin/busybox"
# What describe-task-definition says of a revision and register-task-definition does not take.
OUTPUT_ONLY = ("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy", "deregisteredAt")


def bad_image(folder, port):
    """Writes an OCI image whose server answers every request on `port` with 404: it runs, and is not ready, ever."""
    blobs = pathlib.Path(folder, "blobs/sha256")
    blobs.mkdir(parents=True)

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        program = pathlib.Path(BUSYBOX).read_bytes()
        for name, data in (("busybox", program), ("empty/readme", b"nothing is served here\n")):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o755
            tar.addfile(member, io.BytesIO(data))
    plain = content.getvalue()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    config = blob(json.dumps({"architecture": machine, "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest()]},
                              "config": {"Entrypoint": ["/busybox", "httpd", "-f", "-p", str(port), "-h", "/empty"]}}).encode())
    layer = blob(gzip.compress(plain, 1, mtime=0))
    kind = "application/vnd.oci.image"
    manifest = blob(json.dumps({"schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json", "config": {"mediaType": f"{kind}.config.v1+json", **config},
                                "layers": [{"mediaType": f"{kind}.layer.v1.tar+gzip", **layer}]}).encode())
    pathlib.Path(folder, "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}', encoding="utf-8")
    pathlib.Path(folder, "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [{"mediaType": f"{kind}.manifest.v1+json", **manifest}]}), encoding="utf-8")


class Deployment(Drill):
    """A new revision of one part, taken back whatever happens."""
    part = "backend"

    def revision(self, change):
        """Registers the running revision with `change(container)`; returns its ARN."""
        ecs = self.environment.aws("ecs")
        self.good = self.environment.running(self.part)["taskDefinition"]
        definition = ecs.describe_task_definition(taskDefinition=self.good)["taskDefinition"]
        definition = {key: value for key, value in definition.items() if key not in OUTPUT_ONLY}
        change(definition["containerDefinitions"][0])
        arn = ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]
        self.undo.call(f"deregister {arn.split('/')[-1]}", "ecs", "deregister_task_definition", {"taskDefinition": arn})
        self.undo.call(f"{self.part} back to {self.good.split('/')[-1]}", "ecs", "update_service",
                       {"cluster": self.environment.cluster, "service": self.environment.service(self.part), "taskDefinition": self.good})
        return arn

    def deploy(self, arn=None):
        more = {"taskDefinition": arn} if arn else {"forceNewDeployment": True}
        service = self.environment.aws("ecs").update_service(cluster=self.environment.cluster, service=self.environment.service(self.part), **more)["service"]
        return service["deployments"][0]["id"]

    def runs_good(self):
        return self.environment.running(self.part)["taskDefinition"] == self.good and self.environment.whole()


class BadImage(Deployment):
    name = "bad-image"
    breaks = "a backend image is deployed that runs but answers nothing but 404"
    step = "aws ecs update-service --task-definition <the revision before>"
    limits = Limits(detect=55, mttr=60, failed=0)
    tells = ["event: backend.*(is unhealthy|failed container health checks|deployment failed)", "task: backend task stopped, .*health checks",
             "target: backend target .* is unhealthy", "page: requests fail"]

    def prepare(self):
        e = self.environment
        repository, tag = e.service(self.part), f"drill-{secrets.token_hex(4)}"
        with tempfile.TemporaryDirectory() as work:
            bad_image(f"{work}/image", 3001)
            token = e.aws("ecr").get_authorization_token()["authorizationData"][0]
            host = f"127.0.0.1:{self.machine.port}" if e.local else re.sub("^https://", "", token["proxyEndpoint"])
            login = pathlib.Path(work, "login.json")
            login.touch(0o600)
            login.write_text(json.dumps({"auths": {host: {"auth": token["authorizationToken"]}}}), encoding="utf-8")
            self.undo.call(f"remove the image {tag}", "ecr", "batch_delete_image", {"repositoryName": repository, "imageIds": [{"imageTag": tag}]})
            subprocess.run(["skopeo", "copy", "--quiet", "--authfile", str(login), f"--dest-tls-verify={'false' if e.local else 'true'}",
                            f"oci:{work}/image", f"docker://{host}/{repository}:{tag}"], check=True, capture_output=True, stdin=subprocess.DEVNULL)
        # The container's own check is the good image's program: what is tested here is the load balancer's, readiness.
        self.bad = self.revision(lambda container: (container.update(image=f"{container['image'].rpartition(':')[0]}:{tag}"), container.pop("healthCheck", None)))

    def break_it(self):
        self.deploy(self.bad)

    def mitigate(self):
        self.deploy(self.good)

    def recovered(self):
        return self.runs_good()


class BadConfig(Deployment):
    name = "bad-config"
    breaks = "a task definition is deployed whose program does not exist"
    step = "none: the deployment's circuit breaker goes back by itself"
    limits = Limits(detect=30, mttr=60, failed=0)
    tells = ["task: backend task stopped, (TaskFailedToStart|EssentialContainerExited)", "event: backend.*deployment failed"]
    alarm = "task-failures"
    THRESHOLD = 3       # failed tasks at which the circuit breaker of a service of up to six tasks must act

    def prepare(self):
        self.bad = self.revision(lambda container: container.update(entryPoint=["/no-such-program"], command=[]))

    def break_it(self):
        self.overdue = None
        self.deploy(self.bad)

    def recovered(self):
        if self.runs_good():
            return True
        bad = next((d for d in self.environment.running(self.part)["deployments"] if d["taskDefinition"] == self.bad), None)
        if bad and bad["rolloutState"] == "IN_PROGRESS" and bad["failedTasks"] > self.THRESHOLD:
            self.overdue = self.overdue or time.time()
            if time.time() - self.overdue > 10:
                raise RuntimeError(f"the circuit breaker does not end the deployment: {bad['failedTasks']} of its tasks have failed")
        return False


class SecretRotated(Deployment):
    name = "secret-rotated"
    breaks = "a secret is replaced that tasks are given: running ones hold the old value"
    step = "aws ecs update-service --force-new-deployment: new tasks read the new value"
    limits = Limits(detect=30, mttr=90, failed=0)
    tells = ["trail: PutSecretValue"]
    VARIABLE = "DRILL_SECRET"

    def prepare(self):
        # A secret of the drill's own, beside the model's key: of that one only the old value could be put again, and it would prove nothing.
        e = self.environment
        name = f"{e.prefix}-drill-{secrets.token_hex(3)}"
        self.undo.call(f"delete the secret {name}", "secretsmanager", "delete_secret", {"SecretId": name, "ForceDeleteWithoutRecovery": True},
                       ignore=["ResourceNotFoundException"])
        self.secret = e.aws("secretsmanager").create_secret(Name=name, SecretString=f"drill-old-{secrets.token_hex(16)}")
        self.undo.call("take the drill's policy off the execution role", "iam", "delete_role_policy", {"RoleName": e.role(), "PolicyName": "drill"}, ignore=["NoSuchEntity"])
        e.aws("iam").put_role_policy(RoleName=e.role(), PolicyName="drill", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": self.secret["ARN"]}]}))
        given = {"name": self.VARIABLE, "valueFrom": self.secret["ARN"]}
        self.deploy(self.revision(lambda container: container.update(secrets=[*container.get("secrets", []), given])))
        e.wait_whole(120, "tasks with the secret")

    def break_it(self):
        self.value = f"drill-new-{secrets.token_hex(16)}"
        self.environment.aws("secretsmanager").put_secret_value(SecretId=self.secret["ARN"], SecretString=self.value)

    def sign(self, since):
        for event in self.environment.aws("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "PutSecretValue"}])["Events"]:
            at = event["EventTime"].timestamp()
            if at >= since - 1 and self.secret["Name"] in event["CloudTrailEvent"]:
                return self.run.timeline.add(max(at, since), "trail", f"PutSecretValue of {self.secret['Name']} by {event.get('Username', '?')}")
        return None

    def mitigate(self):
        self.stepped = time.time()
        self.deploy()

    def recovered(self):
        if not self.environment.whole():
            return False
        tasks = self.environment.tasks(part=self.part)
        return all(task["createdAt"].timestamp() >= self.stepped - 1 for task in tasks) and self.hold_new(tasks)

    def hold_new(self, tasks):
        """On this machine, whether their processes were given the new value; elsewhere nobody may look."""
        if not self.environment.local:
            return True
        return all(f"{self.VARIABLE}={self.value}".encode() in pathlib.Path(f"/proc/{self.machine.init_of(task)}/environ").read_bytes().split(b"\0") for task in tasks)


class PermissionRemoved(Deployment):
    name = "permission-removed"
    breaks = "the execution role loses its policy: new tasks may pull nothing"
    step = "scripts/deploy.sh <env> terraform apply -target=module.iam, and a new deployment"
    limits = Limits(detect=30, mttr=300, failed=0)
    tells = ["task: backend task stopped, TaskFailedToStart.*(not authorized|AccessDenied)"]
    alarm = "task-failures"

    def prepare(self):
        self.good = self.environment.running(self.part)["taskDefinition"]
        iam, role = self.environment.aws("iam"), self.environment.role()
        self.policies = []
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = json.dumps(iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"])
            self.undo.call(f"policy {policy} of {role}", "iam", "put_role_policy", {"RoleName": role, "PolicyName": policy, "PolicyDocument": document})
            self.policies.append(policy)

    def break_it(self):
        for policy in self.policies:
            self.environment.aws("iam").delete_role_policy(RoleName=self.environment.role(), PolicyName=policy)
        self.deploy()

    def mitigate(self):
        self.rig.terraform("-target=module.iam")
        self.stepped = time.time()
        self.deploy()

    def recovered(self):
        tasks = self.environment.tasks(part=self.part)
        return self.runs_good() and all(task["createdAt"].timestamp() >= self.stepped - 1 for task in tasks)
