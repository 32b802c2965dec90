"""What tests of ECS need: an image pushed over the registry's API, a network, roles, a cluster."""
import base64
import gzip
import hashlib
import io
import json
import tarfile
import urllib.request

import harness

BUSYBOX = "/bin/busybox"
APPLETS = ("sh", "cat", "env", "sleep", "wget", "nc", "id", "touch", "ls", "test", "head", "tail", "kill", "grep", "echo", "true", "false", "mkdir")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def busybox_layer(marker="", files=None):
    """A layer with busybox and its applets, and files by their paths; another marker makes another layer."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        def add(name, kind=tarfile.REGTYPE, content=b"", mode=0o755, link=""):
            item = tarfile.TarInfo(name)
            item.type, item.mode, item.linkname, item.size = kind, mode, link, len(content)
            tar.addfile(item, io.BytesIO(content))
        add("bin", tarfile.DIRTYPE)
        add("tmp", tarfile.DIRTYPE, mode=0o1777)
        with open(BUSYBOX, "rb") as program:
            add("bin/busybox", content=program.read())
        for name in APPLETS:
            add("bin/" + name, tarfile.SYMTYPE, link="busybox")
        if marker:
            add("marker", content=marker.encode(), mode=0o644)
        for name, content in (files or {}).items():
            add(name, content=content.encode(), mode=0o644)
    return raw.getvalue()


class Registry:
    """One account's registry, spoken to as docker does."""

    def __init__(self, ecr):
        data = ecr.get_authorization_token()["authorizationData"][0]
        self.authorization = "Basic " + data["authorizationToken"]

    def call(self, method, path, body=None, **headers):
        request = urllib.request.Request(harness.ENDPOINT + path, data=body, method=method,
                                         headers={"Authorization": self.authorization, **{k.replace("_", "-"): v for k, v in headers.items()}})
        return urllib.request.urlopen(request, timeout=30)

    def blob(self, name, data):
        location = self.call("POST", f"/v2/{name}/blobs/uploads/", b"").headers["Location"]
        self.call("PUT", f"{location}?digest={digest(data)}", data, Content_Type="application/octet-stream")
        return {"digest": digest(data), "size": len(data)}

    def push(self, name, tag="latest", command=("sh",), marker="", files=None, **config):
        """Pushes an image and returns its manifest."""
        layer = busybox_layer(marker, files)
        packed = gzip.compress(layer, compresslevel=1, mtime=0)
        settings = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
                               "config": {"Cmd": list(command), "Env": ["PATH=/bin"], **config}}).encode()
        kind = "application/vnd.oci.image."
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
            "config": {"mediaType": kind + "config.v1+json", **self.blob(name, settings)},
            "layers": [{"mediaType": kind + "layer.v1.tar+gzip", **self.blob(name, packed)}]}).encode()
        self.call("PUT", f"/v2/{name}/manifests/{tag}", manifest, Content_Type=kind + "manifest.v1+json")
        return manifest


def make_network(ec2, open_port=None):
    """A VPC with one subnet and a security group; the ids of subnet and group."""
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    if open_port:
        ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=open_port, ToPort=open_port, CidrIp="10.77.0.0/16")
    return subnet, group


def make_role(iam, name, *actions):
    """A role for tasks that may do `actions` everywhere; its ARN."""
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    if actions:
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}))
    return arn


class TaskTest(harness.ApiTest):
    """An account with a cluster, a network, an image "box" and an execution role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new = lambda service: harness.client(service, cls.account)
        cls.ecs, cls.ecr, cls.iam, cls.ec2, cls.logs = (new(s) for s in ("ecs", "ecr", "iam", "ec2", "logs"))
        cls.ecr.create_repository(repositoryName="box")
        cls.registry = Registry(cls.ecr)
        cls.registry.push("box")
        cls.image = f"{cls.account}.dkr.ecr.{harness.REGION}.amazonaws.com/box:latest"
        cls.subnet, cls.group = make_network(cls.ec2)
        cls.execution_role = make_role(cls.iam, "execution", "ecr:*", "logs:*", "secretsmanager:GetSecretValue")
        cls.ecs.create_cluster(clusterName="box")
        cls.logs.create_log_group(logGroupName="box")
        cls.network = {"awsvpcConfiguration": {"subnets": [cls.subnet], "securityGroups": [cls.group]}}

    @classmethod
    def tearDownClass(cls):
        for service in cls.ecs.list_services(cluster="box")["serviceArns"]:
            cls.ecs.delete_service(cluster="box", service=service, force=True)
        for task in cls.ecs.list_tasks(cluster="box")["taskArns"]:
            cls.ecs.stop_task(cluster="box", task=task)

    def container(self, script="sleep 1000", name="main", log=True, **more):
        out = {"name": name, "image": self.image, "command": ["sh", "-c", script], "stopTimeout": 2, **more}
        if log:
            out["logConfiguration"] = {"logDriver": "awslogs", "options": {
                "awslogs-group": "box", "awslogs-region": harness.REGION, "awslogs-stream-prefix": "t"}}
        return out

    def define(self, *containers, family="box", **more):
        return self.ecs.register_task_definition(
            family=family, requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
            containerDefinitions=list(containers) or [self.container()], **{"executionRoleArn": self.execution_role, **more})["taskDefinition"]["taskDefinitionArn"]

    def run_task(self, definition, **more):
        more = {"launchType": "FARGATE", **more} if "capacityProviderStrategy" not in more else more
        return self.ecs.run_task(cluster="box", taskDefinition=definition, networkConfiguration=self.network, **more)["tasks"][0]["taskArn"]

    def describe(self, task):
        return self.ecs.describe_tasks(cluster="box", tasks=[task], include=["TAGS"])["tasks"][0]

    def until(self, task, status, seconds=60):
        def reached():
            now = self.describe(task)
            if status != "STOPPED" and now["lastStatus"] == "STOPPED":
                self.fail(f"stopped: {now.get('stoppedReason')} {[c.get('reason') for c in now['containers']]}")
            return now if now["lastStatus"] == status else None
        return self.eventually(reached, seconds, f"task {status}")

    def output(self, task, container="main"):
        """What a stopped task's container wrote."""
        stream = f"t/{container}/{task.rsplit('/', 1)[1]}"
        events = self.logs.get_log_events(logGroupName="box", logStreamName=stream, startFromHead=True)["events"]
        return "\n".join(event["message"] for event in events)

    def outcome(self, script, **more):
        """Runs `script` to its end: exit code and output."""
        task = self.run_task(self.define(self.container(script), **more))
        stopped = self.until(task, "STOPPED")
        self.assertIn("exitCode", stopped["containers"][0], stopped)
        return stopped["containers"][0]["exitCode"], self.output(task)
