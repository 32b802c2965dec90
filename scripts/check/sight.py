"""How the checks see an environment: the API of AWS or Stratus, and on this machine the kernel and the files."""
import io
import os
import pathlib
import re
import subprocess
import tarfile
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# What a key looks like, wherever it lies: OpenAI's, AWS's, and private keys in PEM. AWS's own documentation's example keys are no keys.
KEY = re.compile(rb"(?<![A-Za-z0-9_-])sk-(?=[A-Za-z0-9_-]*[0-9])(?=[A-Za-z0-9_-]*[A-Z])[A-Za-z0-9_-]{20,}|AKIA(?!IOSFODNN7EXAMPLE)[A-Z0-9]{16}|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}")


class Refused(Exception):
    """The API does not answer a question that a check asks."""


class Api:
    """`api("ecs", "describe_services", …)` with all pages; other regions by `region=`."""

    def __init__(self, session=None):
        self.session = session or boto3.Session()
        self.clients = {}

    def client(self, service, region=None):
        key = (service, region)
        if key not in self.clients:
            self.clients[key] = self.session.client(service, region_name=region, config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}))
        return self.clients[key]

    @property
    def region(self):
        return self.session.region_name or os.environ.get("AWS_REGION", "us-east-1")

    def __call__(self, service, operation, region=None, **arguments):
        client = self.client(service, region)
        try:
            if client.can_paginate(operation):
                return client.get_paginator(operation).paginate(**arguments).build_full_result()
            return getattr(client, operation)(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise Refused(f"{service} {operation}: {error}") from error

    def layer(self, repository, digest):
        """The bytes of a layer, as a pull would fetch them: from AWS by a signed address, from Stratus by its registry."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if endpoint:
            token = self("ecr", "get_authorization_token")["authorizationData"][0]["authorizationToken"]
            request = urllib.request.Request(f"{endpoint}/v2/{repository}/blobs/{digest}", headers={"Authorization": f"Basic {token}"})
        else:
            request = self("ecr", "get_download_url_for_layer", repositoryName=repository, layerDigest=digest)["downloadUrl"]
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except OSError as error:
            raise Refused(f"layer {digest} of {repository}: {error}") from error


def balancer(api, name):
    """The load balancer that leads to an environment (counselor-dev, say): its own, or that of the environment whose guest it is."""
    found = api("elbv2", "describe_target_groups", Names=[f"{name}-frontend"])["TargetGroups"][0]["LoadBalancerArns"]
    if not found:
        raise Refused(f"no load balancer leads to {name}-frontend")
    return api("elbv2", "describe_load_balancers", LoadBalancerArns=found[:1])["LoadBalancers"][0]


def counted_by(found, name):
    """How CloudWatch calls a load balancer, and what must be said of its counts: a shared one counts the requests of every environment behind it."""
    dimension = found["LoadBalancerArn"].split("loadbalancer/")[1]
    owner = dimension.split("/")[1]
    return dimension, "" if owner == f"{name}-alb" else f"{owner} counts every environment behind it"


def inside(uid, mapping):
    """The user as the container knows it: its root has an unprivileged number outside. `mapping` has lines of /proc/<pid>/uid_map."""
    for first, outside, count in mapping:
        if outside <= uid < outside + count:
            return first + uid - outside
    return uid


class Machine:
    """The kernel's account of tasks. Only on target local are the tasks here."""

    def __init__(self, tag="st"):
        self.tag = tag

    def processes(self, interface):
        """Of every process in the namespace of a task's network interface: uid, effective capabilities, no-new-privileges, read-only root."""
        found = subprocess.run(["ip", "netns", "pids", f"{self.tag}-{interface}"], capture_output=True, text=True, check=False).stdout.split()
        processes = []
        for pid in found:
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                mapping = [tuple(map(int, line.split())) for line in pathlib.Path(f"/proc/{pid}/uid_map").read_text().splitlines()]
                mounts = pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
                # The network's own placeholder is of the host, not of the task.
                if os.readlink(f"/proc/{pid}/ns/mnt") == os.readlink("/proc/self/ns/mnt"):
                    continue
            except OSError:
                continue
            value = lambda name, status=status: re.search(rf"^{name}:\s*(\S+)", status, re.M).group(1)
            root = [line.split()[5] for line in mounts if line.split()[4] == "/"]
            processes.append({"pid": int(pid), "name": value("Name"), "uid": inside(int(value("Uid")), mapping), "capabilities": int(value("CapEff"), 16),
                              "no_new_privileges": value("NoNewPrivs") == "1", "read_only_root": bool(root) and "ro" in root[-1].split(",")})
        return processes


def keys_in(data, secret=b""):
    """What in `data` looks like a key, or is the secret itself; shown by its first characters only."""
    found = [match.group(0)[:6].decode(errors="replace") + "…" for match in KEY.finditer(data)]
    if secret and secret in data:
        found.append("the secret itself")
    return found


def keys_in_layer(data, secret=b""):
    """The same in every file of an image's layer (tar, gzip or plain)."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for member in archive:
            if member.isfile():
                found += [f"{member.name}: {key}" for key in keys_in(archive.extractfile(member).read(), secret)]
    return found


def keys_in_files(paths, secret=b""):
    found = []
    for path in paths:
        if path.is_file():
            found += [f"{path.name}: {key}" for key in keys_in(path.read_bytes(), secret)]
    return found
