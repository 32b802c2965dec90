#!/usr/bin/env python3
"""The boxes of docs/runbooks/deployment.md, each checked where a command can: [x] it holds, [ ] it does not, [?] a person decides.

usage: checklist.py --facts FILE [before|during|after]…
Fails when a box does not hold. FACTS is what scripts/lib/checklist.sh found out, as JSON.
"""
import argparse
import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "check"))
import pages
from parts import OBJECTIVE, PARTS, words
from sight import Api, Refused, balancer, counted_by

HOLDS, FAILS, PERSON = "x", " ", "?"
STRICT = ("prod",)  # where what nobody recorded does not hold


class Environment:
    def __init__(self, facts, api, now):
        self.facts, self.api, self.now = facts, api, now
        self.name = f"counselor-{facts['environment']}"
        self.strict = facts["environment"] in STRICT

    def services(self):
        return self.api("ecs", "describe_services", cluster=f"{self.name}-cluster", services=[f"{self.name}-{part}" for part in PARTS])["services"]

    def doubtful(self, evidence):
        return (FAILS if self.strict else PERSON), evidence


def review(env):
    branches = env.facts["branches"]
    if env.facts["uncommitted"]:
        return env.doubtful(f"{env.facts['uncommitted']} files are changed and not committed")
    if any(branch.endswith(("/main", "/develop")) for branch in branches):
        return HOLDS, f"{env.facts['commit'][:7]} is in {branches[0]}"
    return PERSON, f"{env.facts['commit'][:7]} is in no branch that another repository has"


def passed(env, what, command):
    commit = env.facts["passed"].get(what)
    if commit and commit == env.facts["commit"]:
        return HOLDS, f"recorded for {commit[:7]}"
    return env.doubtful(f"no run is recorded for {env.facts['commit'][:7]}: {command}")


def tests(env):
    return passed(env, "tests", "scripts/test.sh")


def security(env):
    return passed(env, "security", "scripts/ci/security.sh")


def key(env):
    described = env.api("secretsmanager", "describe_secret", SecretId=f"{env.name}-openai-api-key")
    if described.get("VersionIdsToStages"):
        return HOLDS, "the model's key is stored" + (f", changed {described['LastChangedDate']:%Y-%m-%d}" if described.get("LastChangedDate") else "")
    return env.doubtful("no key of the model is stored: the application serves what needs none")


def window(env):
    kind, *rest = env.facts["window"].split()
    if kind == "always":
        return HOLDS, "at any time"
    if kind == "open":
        return HOLDS, f"open for {words(int(rest[0]) * 60)} more ({' '.join(rest[1:])})"
    return (FAILS if rest[0] == "refuse" else PERSON), f"closed, opens in {words(int(rest[1]) * 60)} ({' '.join(rest[2:])})"


def rollback(env):
    said = []
    for service in env.services():
        family, number = service["taskDefinition"].rsplit("/", 1)[-1].split(":")
        older = [arn for arn in env.api("ecs", "list_task_definitions", familyPrefix=family, status="ACTIVE")["taskDefinitionArns"] if int(arn.rsplit(":", 1)[1]) < int(number)]
        if not older:
            return PERSON, f"{family}:{number} is the first revision: there is none to go back to"
        last = max(older, key=lambda arn: int(arn.rsplit(":", 1)[1]))
        image = env.api("ecs", "describe_task_definition", taskDefinition=last)["taskDefinition"]["containerDefinitions"][0]["image"]
        repository, tag = image.rsplit("/", 1)[1].rsplit(":", 1)
        try:
            env.api("ecr", "describe_images", repositoryName=repository, imageIds=[{"imageTag": tag}])
        except Refused:
            return FAILS, f"the image of {last.rsplit('/', 1)[1]} is gone: {tag}"
        said.append(last.rsplit("/", 1)[1])
    return HOLDS, f"back to {' and '.join(said)}: scripts/deploy.sh {env.facts['environment']} rollback"


def backup(env):
    newest = env.facts["backup"]
    if not newest:
        return FAILS, f"there is none: scripts/deploy.sh {env.facts['environment']} backup"
    age = (env.now - datetime.datetime.strptime(newest[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)).total_seconds()
    return (HOLDS if age <= OBJECTIVE else FAILS), f"{newest} is {words(age)} old"


def steady(env):
    bad = [f"{service['serviceName']} runs {service['runningCount']} of {service['desiredCount']}" for service in env.services()
           if service["runningCount"] != service["desiredCount"] or len(service["deployments"]) != 1]
    if bad:
        return FAILS, "; ".join(bad)
    asleep = [service["serviceName"] for service in env.services() if service["desiredCount"] == 0]
    if asleep:
        return FAILS, f"{' and '.join(asleep)} sleep: scripts/deploy.sh {env.facts['environment']} scale up"
    return HOLDS, ", ".join(f"{service['serviceName']} runs {service['runningCount']}" for service in env.services())


def rollout(env):
    said, state = [], HOLDS
    for service in env.services():
        for deployment in service["deployments"]:
            if deployment["status"] != "PRIMARY":
                continue
            said.append(f"{service['serviceName']} {deployment['rolloutState']}, {deployment['runningCount']} of {deployment['desiredCount']}, {deployment.get('failedTasks', 0)} failed")
            if deployment["rolloutState"] == "FAILED" or deployment.get("failedTasks", 0):
                state = FAILS
    return state, "; ".join(said)


def targets(env):
    ill, count = [], 0
    for part in PARTS:
        group = env.api("elbv2", "describe_target_groups", Names=[f"{env.name}-{part}"])["TargetGroups"][0]
        for target in env.api("elbv2", "describe_target_health", TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]:
            state = target["TargetHealth"]["State"]
            count += state == "healthy"
            if state not in ("healthy", "draining"):
                ill.append(f"{part} {target['Target']['Id']} is {state}")
    return (HOLDS if count and not ill else FAILS), "; ".join(ill) or f"{count} are healthy"


def answers(env):
    wrong = [f"{path} {code}" for path, code in env.facts["answers"].items() if code != "200"]
    return (FAILS if wrong or not env.facts["answers"] else HOLDS), ", ".join(wrong) or f"200 for {' '.join(env.facts['answers'])}"


def alarms(env):
    found = env.api("cloudwatch", "describe_alarms", AlarmNamePrefix=f"{env.name}-")["MetricAlarms"]
    if not found:
        return PERSON, f"{env.facts['environment']} has no alarms: look at status and logs"
    loud = [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM"]
    return (FAILS if loud else HOLDS), f"in ALARM: {', '.join(loud)}" if loud else f"{len(found)} are quiet"


def errors(env):
    """5xx of the last five minutes, by the load balancer's own count."""
    dimension, shared = counted_by(balancer(env.api, env.name), env.name)
    counts = {}
    for metric in ("RequestCount", "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"):
        points = env.api("cloudwatch", "get_metric_statistics", Namespace="AWS/ApplicationELB", MetricName=metric, Dimensions=[{"Name": "LoadBalancer", "Value": dimension}],
                         StartTime=env.now - datetime.timedelta(minutes=5), EndTime=env.now, Period=60, Statistics=["Sum"])["Datapoints"]
        counts[metric] = int(sum(point["Sum"] for point in points))
    bad = counts["HTTPCode_ELB_5XX_Count"] + counts["HTTPCode_Target_5XX_Count"]
    return (FAILS if bad else HOLDS), f"{bad} of {max(counts['RequestCount'], bad)} requests of the last 5 minutes were answered with 5xx" + (f" ({shared})" if shared else "")


def version(env):
    wrong, said = [], []
    for service in env.services():
        part = service["serviceName"].rsplit("-", 1)[1]
        image = env.api("ecs", "describe_task_definition", taskDefinition=service["taskDefinition"])["taskDefinition"]["containerDefinitions"][0]["image"]
        tag, wanted = image.rsplit(":", 1)[1], env.facts["tags"].get(part)
        said.append(f"{part} {tag}")
        if tag != wanted:
            wrong.append(f"{part} runs {tag}, not {wanted}")
    return (FAILS if wrong else HOLDS), "; ".join(wrong or said)


FAILURE = '?"\\"event\\":\\"failed\\"" ?"\\"event\\":\\"model_failed\\"" ?"[error]" ?"[emerg]"'


def logs(env):
    since = int((env.now - datetime.timedelta(minutes=10)).timestamp() * 1000)
    found = env.api("logs", "filter_log_events", logGroupName=f"/ecs/{env.name}", startTime=since, filterPattern=FAILURE)["events"]
    return (FAILS if found else HOLDS), f"{len(found)} failures in 10 minutes" + (f", the last: {found[-1]['message'][:120]}" if found else "")


def plan(env):
    return {"empty": (HOLDS, "no changes"), "changes": (FAILS, "Terraform would change something: scripts/deploy.sh " + env.facts["environment"] + " plan"),
            "": (PERSON, "left out (--quick)")}.get(env.facts.get("plan", ""), (FAILS, "the plan failed"))


def compliance(env):
    """`failing` names the points of scripts/check that do not hold; None where it was not asked."""
    failing = env.facts.get("failing")
    if failing is None:
        return PERSON, "left out (--quick)"
    if not failing:
        return HOLDS, "every point"
    # dev and test may go without a trail of their own; CloudTrail keeps its 90 days all the same.
    said = f"{'; '.join(failing)}: scripts/deploy.sh {env.facts['environment']} check --quiet says why"
    return env.doubtful(said) if all(point.startswith("Audit logging") for point in failing) else (FAILS, said)


CHECKS = {function.__name__: function for function in (review, tests, security, key, window, rollback, backup, steady, rollout, targets, answers, alarms, errors, version, logs, plan, compliance)}
PHASES = ("before", "during", "after")


def ask(box, env):
    if box.check is None:
        return PERSON, ""
    try:
        return CHECKS[box.check](env)
    except (Refused, LookupError) as problem:
        return FAILS, f"cannot be told: {problem}"


def report(boxes, env, phases, out=sys.stdout):
    """Prints the boxes of these phases; how many do not hold."""
    failed = 0
    for phase in phases:
        print(phase.capitalize(), file=out)
        for box in (box for box in boxes if box.phase == phase):
            state, evidence = ask(box, env)
            failed += state == FAILS
            print(f"  [{state}] {box.text}" + (f": {evidence}" if evidence else ""), file=out)
    return failed


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    parser.add_argument("--facts", required=True)
    parser.add_argument("phases", nargs="*")
    options = parser.parse_args()
    facts = json.loads(pathlib.Path(options.facts).read_text(encoding="utf-8"))
    boxes = pages.boxes((pages.RUNBOOKS / "deployment.md").read_text(encoding="utf-8"))
    failed = report(boxes, Environment(facts, Api(), datetime.datetime.now(datetime.timezone.utc)), options.phases or PHASES)
    if failed:
        sys.exit(f"checklist: {failed} of the boxes {'does' if failed == 1 else 'do'} not hold")


if __name__ == "__main__":
    main()
