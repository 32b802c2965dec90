#!/usr/bin/env python3
"""Foreign Terraform stacks against a daemon of their own: apply, an empty plan, a change in place, an import of each kind, a destroy. Beside them one
of our own modules, which an apply that was killed has made and not recorded.

Prints "ok - …" or "not ok - …" a step. Stacks run side by side, each in an account of its own. Usage: stacks_test.py [stack …]
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests/api"))
from run import Daemon

STACKS = ["three-tier", "examples", "operations", "interrupted"]
# What a destroy shall leave none of.
LEFTOVERS = {"ec2": [("describe_nat_gateways", "NatGateways", {"Filters": [{"Name": "state", "Values": ["available", "pending"]}]}), ("describe_addresses", "Addresses", {})],
             "elbv2": [("describe_load_balancers", "LoadBalancers", {}), ("describe_target_groups", "TargetGroups", {})],
             "ecs": [("list_clusters", "clusterArns", {})], "ecr": [("describe_repositories", "repositories", {})], "logs": [("describe_log_groups", "logGroups", {})],
             "secretsmanager": [("list_secrets", "SecretList", {})]}

# Kinds that the provider does not import, or whose id is another attribute than `id`.
NOT_IMPORTED = {"aws_lb_target_group_attachment", "aws_main_route_table_association", "aws_iam_group_membership"}
IDENTITIES = {
    "aws_cloudwatch_dashboard": lambda v: v["dashboard_name"],
    "aws_route": lambda v: f"{v['route_table_id']}_{v['destination_cidr_block']}",
    "aws_route_table_association": lambda v: f"{v['subnet_id']}/{v['route_table_id']}",
    "aws_network_acl_rule": lambda v: f"{v['network_acl_id']}:{v['rule_number']}:{v['protocol']}:{str(v['egress']).lower()}",
    "aws_security_group_rule": lambda v: "_".join([v["security_group_id"], v["type"], v["protocol"], str(v["from_port"]), str(v["to_port"]), v["source_security_group_id"]]),
    "aws_iam_role_policy_attachment": lambda v: f"{v['role']}/{v['policy_arn']}",
    "aws_ecs_service": lambda v: f"{v['cluster'].split('/')[-1]}/{v['name']}",
    "aws_ecs_cluster": lambda v: v["name"],
    "aws_ecs_task_definition": lambda v: v["arn"],
    "aws_cloudwatch_log_stream": lambda v: f"{v['log_group_name']}:{v['name']}",
    "aws_cloudwatch_event_target": lambda v: f"{v['rule']}/{v['target_id']}",
    "aws_appautoscaling_target": lambda v: f"{v['service_namespace']}/{v['resource_id']}/{v['scalable_dimension']}",
    "aws_appautoscaling_policy": lambda v: f"{v['service_namespace']}/{v['resource_id']}/{v['scalable_dimension']}/{v['name']}",
    "aws_appautoscaling_scheduled_action": None,
    "aws_acm_certificate_validation": None,
}


def settings():
    """Where Terraform finds its provider: the same place as scripts/deploy.sh."""
    script = '. scripts/lib/common.sh; . scripts/lib/providers.sh; configure_providers; env -0 | grep -zE "^(TF_|CHECKPOINT)"'
    with tempfile.TemporaryDirectory() as state:
        shown = subprocess.run(["bash", "-c", script], cwd=ROOT, env={**os.environ, "COUNSELOR_STATE_DIR": state}, capture_output=True, check=True).stdout
        found = dict(entry.decode().split("=", 1) for entry in shown.split(b"\0") if entry)
        path = found.get("TF_CLI_CONFIG_FILE", "")
        return found, pathlib.Path(path).read_text() if path.startswith(state) else None


class Stack:
    def __init__(self, name, account, endpoint, work, variables):
        self.name, self.account, self.endpoint = name, account, endpoint
        self.folder = work / name
        shutil.copytree(HERE / name, self.folder)
        self.environment = {**os.environ, **variables, "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
                            "AWS_DEFAULT_REGION": "us-east-1"}
        self.lines, self.good = [], True

    def terraform(self, *words, codes=(0,)):
        done = subprocess.run(["terraform", *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode not in codes:
            raise AssertionError(f"terraform {words[0]} ended with {done.returncode}\n" + (done.stderr or done.stdout)[-3000:])
        return done

    def step(self, what, action):
        if not self.good:
            return
        try:
            action()
            self.lines.append(f"ok - {self.name}: {what}")
        except Exception as error:  # every failure is a failed test; what follows makes no sense then
            self.good = False
            self.lines.append(f"not ok - {self.name}: {what}")
            self.lines += ["  # " + line for line in str(error).splitlines()]

    def apply(self, revision):
        self.terraform("apply", "-input=false", "-auto-approve", "-no-color", f"-var=revision={revision}")

    def empty_plan(self, revision):
        done = self.terraform("plan", "-input=false", "-no-color", "-detailed-exitcode", f"-var=revision={revision}", codes=(0, 2))
        if done.returncode == 2:
            raise AssertionError(done.stdout[-3000:])

    def change(self):
        """What may change in place does: only what AWS itself cannot change is replaced."""
        done = self.terraform("plan", "-input=false", "-no-color", "-var=revision=2", "-out=plan")
        changed = json.loads(self.terraform("show", "-json", "plan").stdout)["resource_changes"]
        replaced = {change["type"] for change in changed if "delete" in change["change"]["actions"]}
        allowed = {"aws_ecs_task_definition", "aws_route", "aws_security_group_rule", "aws_secretsmanager_secret_version", "aws_ecr_lifecycle_policy"}
        if replaced - allowed:
            raise AssertionError(f"would be replaced: {', '.join(sorted(replaced - allowed))}\n{done.stdout[-2000:]}")
        if not any(change["change"]["actions"] == ["update"] for change in changed):
            raise AssertionError("nothing changes in place")
        self.terraform("apply", "-input=false", "-no-color", "plan")

    def import_each_kind(self):
        root = json.loads(self.terraform("show", "-json").stdout)["values"]["root_module"]
        chosen, blocks = [], []
        for resource in root["resources"]:
            kind = resource["type"]
            if resource["mode"] != "managed" or kind in NOT_IMPORTED or kind in {other["type"] for other in chosen} or IDENTITIES.get(kind, True) is None:
                continue
            identity = IDENTITIES.get(kind, lambda values: values["id"])(resource["values"])
            chosen.append(resource)
            blocks.append(f'import {{\n  to = {resource["address"]}\n  id = "{identity}"\n}}\n')
        self.terraform("state", "rm", *[resource["address"] for resource in chosen])
        (self.folder / "imports.tf").write_text("".join(blocks))
        done = self.terraform("apply", "-input=false", "-auto-approve", "-no-color", "-var=revision=2")
        said = re.search(r"Resources: (\d+) imported, (\d+) added, (\d+) changed, (\d+) destroyed", done.stdout)
        if not said or (int(said[1]), said[2], said[4]) != (len(chosen), "0", "0"):
            raise AssertionError(f"{len(chosen)} kinds were to be imported, nothing added and nothing destroyed: {said[0] if said else done.stdout[-1500:]}")
        (self.folder / "imports.tf").unlink()
        self.settle(2)

    def settle(self, revision):
        """What only a configuration says, such as which of two ways a rule names its target group, comes into the state with the next apply."""
        done = self.terraform("apply", "-input=false", "-auto-approve", "-no-color", f"-var=revision={revision}")
        if not re.search(r"Resources: 0 added, \d+ changed, 0 destroyed", done.stdout):
            raise AssertionError(done.stdout[-1500:])

    def nothing_left(self):
        import boto3
        left = []
        for service, questions in LEFTOVERS.items():
            client = boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=self.account, aws_secret_access_key="test")
            for operation, key, arguments in questions:
                left += [f"{service} {operation}: {entry}" for entry in getattr(client, operation)(**arguments)[key]]
            if service == "ec2":
                left += [vpc["VpcId"] for vpc in client.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
        if left:
            raise AssertionError("\n".join(left))

    def run(self):
        self.step("is initialised", lambda: self.terraform("init", "-input=false", "-no-color"))
        self.step("is applied", lambda: self.apply(1))
        self.step("a second plan is empty", lambda: self.empty_plan(1))
        self.step("changes in place", self.change)
        self.step("a plan after the change is empty", lambda: self.empty_plan(2))
        self.step("a resource of each kind is imported", self.import_each_kind)
        self.step("a plan after the import is empty", lambda: self.empty_plan(2))
        self.step("is destroyed", lambda: self.terraform("destroy", "-input=false", "-auto-approve", "-no-color", "-var=revision=2"))
        self.step("leaves nothing", self.nothing_left)
        print("\n".join(self.lines), flush=True)
        return self.good


class Interrupted(Stack):
    """What a killed apply made is there, but no state knows of it: it is found and taken over, and nothing is made twice."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        shutil.copytree(ROOT / "infra/modules", self.folder / "modules", ignore=shutil.ignore_patterns("tests"))

    def forget(self):
        listed = self.terraform("state", "list").stdout.split()
        self.terraform("state", "rm", *[address for address in listed if ".data." not in address])

    def take_over(self):
        """As scripts/deploy.sh does: what the plan would make and is there already; then what "already exists" for its name."""
        script = (f'root={ROOT} work={self.folder} environment=dev; . {ROOT}/scripts/lib/common.sh; . {ROOT}/scripts/lib/verbs.sh; '
                  f'configuration() {{ printf %s {self.folder}; }}; tf() {{ terraform -chdir={self.folder} "$@"; }}; : >"$work/unfinished"; apply_terraform -no-color')
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=self.environment, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        if done.returncode != 0:
            raise AssertionError(output[-3000:])
        said = re.findall(r"Resources: (?:(\d+) imported, )?(\d+) added, (\d+) changed, (\d+) destroyed", output)
        made = re.findall(r"^(\S+): Creation complete", output, re.M)
        if made or not said or said[-1][3] != "0":
            raise AssertionError(f"made a second time: {', '.join(made)}; {said}\n{output[-1500:]}")

    def run(self):
        self.step("is initialised", lambda: self.terraform("init", "-input=false", "-no-color"))
        self.step("is applied", lambda: self.apply(1))
        self.step("is forgotten by its state", self.forget)
        self.step("is taken over, and nothing is made twice", self.take_over)
        self.step("settles", lambda: self.settle(1))
        self.step("a plan after it is empty", lambda: self.empty_plan(1))
        self.step("is destroyed", lambda: self.terraform("destroy", "-input=false", "-auto-approve", "-no-color"))
        self.step("leaves nothing", self.nothing_left)
        print("\n".join(self.lines), flush=True)
        return self.good


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = sys.argv[1:] or STACKS
    build = ROOT / "build" / os.environ.get("preset", "release")
    variables, configuration = settings()
    work = pathlib.Path(tempfile.mkdtemp(prefix="stratus-stacks-"))
    if configuration:
        (work / "terraform.rc").write_text(configuration)
        variables["TF_CLI_CONFIG_FILE"] = str(work / "terraform.rc")
    daemon = Daemon(build)
    try:
        stacks = [(Interrupted if name == "interrupted" else Stack)(name, str(210000000001 + index), daemon.endpoint, work, variables) for index, name in enumerate(names)]
        with concurrent.futures.ThreadPoolExecutor(len(stacks)) as pool:
            good = all(list(pool.map(lambda stack: stack.run(), stacks)))
    finally:
        alive = daemon.stop()
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(0 if good and alive else 1)


if __name__ == "__main__":
    main()
