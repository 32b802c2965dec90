"""Faults by AWS Fault Injection Service: the same experiment runs on AWS and on Stratus."""
import json
import secrets
import time

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "fis.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
STOPS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ecs:StopTask", "ecs:DescribeTasks", "ecs:ListTasks", "cloudwatch:DescribeAlarms", "tag:GetResources"],
                                                 "Resource": "*"}]}
ENDS = ("completed", "stopped", "failed", "cancelled")


def stop_tasks(environment, zone, services, alarm):
    """The template of an experiment that stops the services' tasks in one zone, and itself when the alarm goes off. Pure but for its names."""
    targets = {f"t{i}": {"resourceType": "aws:ecs:task", "selectionMode": "ALL", "parameters": {"cluster": environment.cluster, "service": service},
                         "filters": [{"path": "AvailabilityZone", "values": [zone]}]} for i, service in enumerate(services)}
    return {"description": f"drill: the tasks of {environment.prefix} in {zone}", "targets": targets,
            "actions": {f"stop-{name}": {"actionId": "aws:ecs:stop-task", "targets": {"Tasks": name}} for name in targets},
            "stopConditions": [{"source": "aws:cloudwatch:alarm", "value": alarm}] if alarm else [{"source": "none"}]}


def prepare(drill, template):
    """Makes the role and the template; both go with the drill. Returns the template's id."""
    iam, fis, name = drill.environment.aws("iam"), drill.environment.aws("fis"), f"{drill.environment.prefix}-drill-{secrets.token_hex(3)}"
    drill.undo.call(f"delete the role {name}", "iam", "delete_role", {"RoleName": name}, ignore=["NoSuchEntity"])
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    drill.undo.call(f"delete the policy of {name}", "iam", "delete_role_policy", {"RoleName": name, "PolicyName": "drill"}, ignore=["NoSuchEntity"])
    iam.put_role_policy(RoleName=name, PolicyName="drill", PolicyDocument=json.dumps(STOPS))
    made = fis.create_experiment_template(clientToken=secrets.token_hex(8), roleArn=role, **template)["experimentTemplate"]["id"]
    drill.undo.call(f"delete the experiment template {made}", "fis", "delete_experiment_template", {"id": made}, ignore=["ResourceNotFoundException"])
    return made


def perform(drill, template):
    """Starts the experiment and waits until it has done what it does."""
    fis = drill.environment.aws("fis")
    started = fis.start_experiment(clientToken=secrets.token_hex(8), experimentTemplateId=template)["experiment"]["id"]
    # One that is over cannot be stopped, and need not be.
    drill.undo.call(f"stop the experiment {started}", "fis", "stop_experiment", {"id": started}, ignore=["ValidationException", "ConflictException", "ResourceNotFoundException"])
    end = time.time() + 120
    while True:
        state = fis.get_experiment(id=started)["experiment"]["state"]
        if state["status"] in ENDS:
            break
        if time.time() > end:
            raise RuntimeError(f"the experiment {started} does not end: {state}")
        time.sleep(0.1)
    if state["status"] != "completed":
        raise RuntimeError(f"the experiment {started} ended as {state['status']}: {state.get('reason', '')}")
