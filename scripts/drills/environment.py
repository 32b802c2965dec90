"""The environment under drill: what runs, where it answers, whether it is healthy, and what it is made of."""
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

PARTS = ("frontend", "backend")


class Refused(Exception):
    """One clear line; nothing was changed."""


class Environment:
    def __init__(self, name, target, root, work):
        self.name, self.target, self.root, self.work = name, target, pathlib.Path(root), pathlib.Path(work)
        self.prefix = f"counselor-{name}"
        self.cluster = f"{self.prefix}-cluster"
        self._clients = {}

    local = property(lambda self: self.target == "local")

    def aws(self, service, region=None):
        """A client that gives up soon: what does not answer is what a drill wants to see."""
        key = service, region
        if key not in self._clients:
            config = botocore.config.Config(retries={"max_attempts": 0 if self.local else 3}, connect_timeout=3, read_timeout=20, max_pool_connections=20)
            self._clients[key] = boto3.client(service, config=config, **({"region_name": region} if region else {}))
        return self._clients[key]

    def service(self, part):
        return f"{self.prefix}-{part}"

    def deploy_command(self, *words):
        # A drill on prod was said yes to; outside of its window that is the reason which is recorded.
        agreed = ["--auto-approve", "--override", "a drill"] if self.name == "prod" else []
        return [str(self.root / "scripts/deploy.sh"), self.name, "--target", self.target, *agreed, *words]

    def deploy(self, *words, check=True):
        """scripts/deploy.sh, as a person would call it."""
        done = subprocess.run(self.deploy_command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"deploy.sh {' '.join(words)}: {last_line(done.stdout)}")
        return done

    # What runs.

    def services(self):
        return self.aws("ecs").describe_services(cluster=self.cluster, services=[self.service(part) for part in PARTS])["services"]

    def running(self, part):
        return next(s for s in self.services() if s["serviceName"] == self.service(part))

    def tasks(self, status="RUNNING", part=None):
        more = {"serviceName": self.service(part)} if part else {}
        arns = self.aws("ecs").list_tasks(cluster=self.cluster, desiredStatus=status, **more)["taskArns"]
        return self.aws("ecs").describe_tasks(cluster=self.cluster, tasks=arns[:100])["tasks"] if arns else []

    def groups(self):
        found = self.aws("elbv2").describe_target_groups(Names=[self.service(part) for part in PARTS])["TargetGroups"]
        return {group["TargetGroupName"].removeprefix(self.prefix + "-"): group for group in found}

    def targets(self):
        """[(part, address, state, reason)]"""
        out = []
        for part, group in self.groups().items():
            for one in self.aws("elbv2").describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]:
                out.append((part, one["Target"]["Id"], one["TargetHealth"]["State"], one["TargetHealth"].get("Description", "")))
        return out

    def balancer(self):
        """The one that the tasks stand behind: another environment's, where this one shares it."""
        arns = [arn for group in self.groups().values() for arn in group["LoadBalancerArns"]]
        return self.aws("elbv2").describe_load_balancers(LoadBalancerArns=arns[:1])["LoadBalancers"][0]

    def balancer_interfaces(self):
        return self.aws("ec2").describe_network_interfaces(
            Filters=[{"Name": "description", "Values": [f"ELB app/{self.balancer()['LoadBalancerName']}/*"]}])["NetworkInterfaces"]

    def alarms(self):
        return self.aws("cloudwatch").describe_alarms(AlarmNamePrefix=self.prefix + "-")["MetricAlarms"]

    def role(self):
        return f"{self.prefix}-execution"

    def url(self):
        done = self.deploy("url", check=False)
        if done.returncode != 0:
            raise Refused(last_line(done.stdout).removeprefix("deploy.sh: "))
        return done.stdout.strip().splitlines()[-1]

    def trust(self):
        """The authority that signs the environment's certificate on this machine; None where the system's own are meant."""
        if not self.local:
            return None
        with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_stratus/ca.pem", timeout=10) as page:
            return page.read().decode()

    # Whether it is well.

    def ills(self, awake=True):
        """What is not as it should be, one line each."""
        out = []
        try:
            services = self.services()
        except botocore.exceptions.ClientError:
            return [f"{self.name} is not deployed on target {self.target}"]
        if len([s for s in services if s["status"] == "ACTIVE"]) != len(PARTS):
            return [f"{self.name} is not deployed on target {self.target}"]
        for service in services:
            if service["runningCount"] != service["desiredCount"]:
                out.append(f"{service['serviceName']} runs {service['runningCount']} of {service['desiredCount']} tasks")
            elif service["desiredCount"] == 0 and awake:
                out.append(f"{service['serviceName']} runs no tasks")
            if len(service["deployments"]) != 1 or service["deployments"][0].get("rolloutState") == "FAILED":
                out.append(f"{service['serviceName']} is being deployed, or its last deployment failed")
        if not out and any(s["desiredCount"] for s in services):
            states = [(part, state) for part, _, state, _ in self.targets() if state != "draining"]
            for part in PARTS:
                mine = [state for where, state in states if where == part]
                if not mine or any(state != "healthy" for state in mine):
                    out.append(f"the targets of {part} are not healthy: {', '.join(mine) or 'there are none'}")
        return out

    def whole(self):
        """Whether all tasks run, of one deployment, and all targets are healthy; False where it cannot be asked."""
        try:
            return not self.ills()
        except botocore.exceptions.BotoCoreError:
            return False

    def wait_whole(self, seconds, what):
        end = time.time() + seconds
        while not self.whole():
            if time.time() > end:
                raise RuntimeError(f"{what}: {'; '.join(self.ills())}")
            time.sleep(0.3)

    # What it is made of.

    def fingerprint(self):
        """What a drill must leave as it was: {what: value}."""
        out = {}
        for service in self.services():
            out[f"{service['serviceName']}: revision"] = service["taskDefinition"].split("/")[-1]
            out[f"{service['serviceName']}: tasks wanted"] = service["desiredCount"]
            out[f"{service['serviceName']}: subnets"] = sorted(service["networkConfiguration"]["awsvpcConfiguration"]["subnets"])
            out[f"{service['serviceName']}: deployment configuration"] = json.dumps(service["deploymentConfiguration"], sort_keys=True)
        balancer = self.balancer()
        for listener in self.aws("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            out[f"listener {listener['Port']}"] = listener["Protocol"] + " " + " ".join(c["CertificateArn"] for c in listener.get("Certificates", []))
        for part, group in self.groups().items():
            out[f"health check of {part}"] = [group["HealthCheckPath"], group["Matcher"]["HttpCode"], group["HealthCheckIntervalSeconds"]]
        vpc = [{"Name": "vpc-id", "Values": [balancer["VpcId"]]}]
        for table in self.aws("ec2").describe_route_tables(Filters=vpc)["RouteTables"]:
            out[f"routes of {table['RouteTableId']}"] = sorted(
                " ".join(str(route.get(key, "")) for key in ("DestinationCidrBlock", "GatewayId", "NatGatewayId", "State")) for route in table["Routes"])
        gateways = self.aws("ec2").describe_nat_gateways(Filters=vpc)["NatGateways"]
        out["NAT gateways"] = sorted(g["NatGatewayId"] for g in gateways if g["State"] == "available")
        for name in self.aws("iam").list_role_policies(RoleName=self.role())["PolicyNames"]:
            document = self.aws("iam").get_role_policy(RoleName=self.role(), PolicyName=name)["PolicyDocument"]
            out[f"policy {name} of {self.role()}"] = json.dumps(document, sort_keys=True)
        secret = self.aws("secretsmanager").describe_secret(SecretId=f"{self.prefix}-openai-api-key")
        out["secret"] = sorted(version for version, stages in secret.get("VersionIdsToStages", {}).items() if "AWSCURRENT" in stages)
        out["alarms"] = sorted(alarm["AlarmName"] for alarm in self.alarms())
        out["certificates"] = sorted(c["CertificateArn"] for c in self.aws("acm").list_certificates()["CertificateSummaryList"])
        out["images"] = {part: sorted(tag for image in self.aws("ecr").describe_images(repositoryName=self.service(part))["imageDetails"]
                                      for tag in image.get("imageTags", [])) for part in PARTS}
        return out


def differences(before, after):
    """What is not as it was, one line each."""
    return [f"{key} was {before.get(key, 'not there')}, is {after.get(key, 'not there')}"
            for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = next((line for line in reversed(lines) if re.match(r"(\W*Error:|deploy\.sh:)", line)), None)
    return said or (lines[-1] if lines else "it said nothing")
