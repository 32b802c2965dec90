"""ECS on Fargate, with containers that really run: definitions, tasks, services, metadata, credentials, Spot."""
import json
import re
import unittest
import urllib.error
import urllib.parse
import urllib.request

import harness
import tasks


class Definitions(harness.ApiTest):
    def setUp(self):
        self.ecs = self.client("ecs")

    def register(self, family="f", **more):
        return self.ecs.register_task_definition(family=family, containerDefinitions=[{"name": "a", "image": "i", "memory": 128}],
                                                 **more)["taskDefinition"]

    def test_revisions_count_up_and_are_listed(self):
        arns = [self.register("count")["taskDefinitionArn"] for _ in range(3)]
        self.assertEqual(arns[2], f"arn:aws:ecs:us-east-1:{self.account}:task-definition/count:3")
        listed = self.ecs.list_task_definitions(familyPrefix="count")["taskDefinitionArns"]
        self.assertEqual(listed, arns)
        self.assertEqual(self.ecs.list_task_definitions(familyPrefix="count", sort="DESC")["taskDefinitionArns"], arns[::-1])
        page = self.ecs.list_task_definitions(familyPrefix="count", maxResults=2)
        self.assertEqual(page["taskDefinitionArns"], arns[:2])
        rest = self.ecs.list_task_definitions(familyPrefix="count", maxResults=2, nextToken=page["nextToken"])
        self.assertEqual(rest["taskDefinitionArns"], arns[2:])
        self.assertNotIn("nextToken", rest)
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition="count")["taskDefinition"]["revision"], 3)
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition="count:2")["taskDefinition"]["revision"], 2)

    def test_a_deregistered_revision_is_inactive_and_may_be_deleted(self):
        arn = self.register("gone", tags=[{"key": "a", "value": "b"}])["taskDefinitionArn"]
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])["tags"], [{"key": "a", "value": "b"}])
        kept = self.ecs.delete_task_definitions(taskDefinitions=[arn])
        self.assertEqual((kept["taskDefinitions"], len(kept["failures"])), ([], 1))
        self.assertEqual(self.ecs.deregister_task_definition(taskDefinition=arn)["taskDefinition"]["status"], "INACTIVE")
        self.assertEqual(self.ecs.list_task_definitions(familyPrefix="gone")["taskDefinitionArns"], [])
        self.assertEqual(self.ecs.list_task_definitions(familyPrefix="gone", status="INACTIVE")["taskDefinitionArns"], [arn])
        self.assertEqual(self.ecs.list_task_definition_families(familyPrefix="gone", status="ACTIVE")["families"], [])
        self.assertEqual(self.ecs.list_task_definition_families(familyPrefix="gone", status="INACTIVE")["families"], ["gone"])
        deleted = self.ecs.delete_task_definitions(taskDefinitions=[arn])["taskDefinitions"]
        self.assertEqual(deleted[0]["status"], "DELETE_IN_PROGRESS")
        self.eventually(lambda: not self.ecs.list_task_definitions(familyPrefix="gone", status="DELETE_IN_PROGRESS")["taskDefinitionArns"],
                        what="the definition is gone")
        self.refused("ClientException", self.ecs.describe_task_definition, taskDefinition=arn, message="Unable to describe task definition.")

    def test_what_fargate_wants_is_checked(self):
        def fargate(**more):
            return {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512", **more}
        self.assertEqual(self.register(**fargate())["compatibilities"], ["EC2", "FARGATE"])
        self.refused("ClientException", self.register, **fargate(memory="4096"),
                     message="No Fargate configuration exists for given values: 256 CPU, 4096 memory")
        self.refused("ClientException", self.register, **fargate(networkMode="bridge"), message="awsvpc")
        self.refused("NotImplemented", self.register, **fargate(ephemeralStorage={"sizeInGiB": 50}), status=501)
        self.refused("ClientException", self.register, **fargate(ephemeralStorage={"sizeInGiB": 20}), message="between 21 and 200")
        self.refused("NotImplemented", self.register, **fargate(volumes=[{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]))
        self.refused("ClientException", self.ecs.register_task_definition, family="f", containerDefinitions=[], message="Container list cannot be empty")
        self.refused("ClientException", self.register, "a b", message="Family contains invalid characters.")
        self.refused("ClientException", self.ecs.register_task_definition, family="f",
                     containerDefinitions=[{"name": "a", "image": "i", "memory": 64, "essential": False}],
                     message="At least one container must be marked essential")

    def test_a_definition_for_ec2_is_kept_but_does_not_run_on_fargate(self):
        made = self.register("vm", networkMode="bridge")
        self.assertEqual(made["compatibilities"], ["EC2"])
        self.assertEqual(made["containerDefinitions"][0]["cpu"], 0)
        self.ecs.create_cluster(clusterName="vm")
        subnet, group = tasks.make_network(self.client("ec2"))
        network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
        self.refused("InvalidParameterException", self.ecs.run_task, cluster="vm", taskDefinition="vm", launchType="FARGATE",
                     networkConfiguration=network, message="Task definition does not support launch_type FARGATE.")
        self.refused("NotImplemented", self.ecs.run_task, cluster="vm", taskDefinition="vm", launchType="EC2", networkConfiguration=network,
                     status=501)


class Clusters(harness.ApiTest):
    def setUp(self):
        self.ecs = self.client("ecs")

    def test_a_cluster_lives_and_dies(self):
        made = self.ecs.create_cluster(clusterName="life", tags=[{"key": "k", "value": "v"}], capacityProviders=["FARGATE", "FARGATE_SPOT"],
                                       defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}])["cluster"]
        self.assertEqual(made["clusterArn"], f"arn:aws:ecs:us-east-1:{self.account}:cluster/life")
        self.assertEqual((made["status"], made["registeredContainerInstancesCount"]), ("ACTIVE", 0))
        shown = self.ecs.describe_clusters(clusters=["life", "nowhere"], include=["TAGS", "SETTINGS", "STATISTICS"])
        self.assertEqual(shown["clusters"][0]["tags"], [{"key": "k", "value": "v"}])
        self.assertEqual(shown["clusters"][0]["settings"], [{"name": "containerInsights", "value": "disabled"}])
        self.assertIn({"name": "runningFargateTasksCount", "value": "0"}, shown["clusters"][0]["statistics"])
        self.assertEqual(shown["failures"], [{"arn": f"arn:aws:ecs:us-east-1:{self.account}:cluster/nowhere", "reason": "MISSING"}])
        self.refused("InvalidParameterException", self.ecs.put_cluster_capacity_providers, cluster="life", capacityProviders=["FARGATE"],
                     defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
        self.assertEqual(self.ecs.delete_cluster(cluster="life")["cluster"]["status"], "INACTIVE")
        self.assertEqual(self.ecs.describe_clusters(clusters=["life"])["clusters"][0]["status"], "INACTIVE")
        self.assertNotIn(made["clusterArn"], self.ecs.list_clusters()["clusterArns"])
        self.refused("ClusterNotFoundException", self.ecs.delete_cluster, cluster="life", message="Cluster not found.")

    def test_clusters_are_listed_in_pages(self):
        for name in ("p1", "p2", "p3"):
            self.ecs.create_cluster(clusterName=name)
        seen = []
        for page in self.ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2}):
            seen += page["clusterArns"]
        self.assertEqual([a for a in seen if "/p" in a], [f"arn:aws:ecs:us-east-1:{self.account}:cluster/p{i}" for i in (1, 2, 3)])

    def test_account_settings_are_put_obeyed_and_deleted(self):
        self.assertEqual(self.ecs.list_account_settings()["settings"], [])
        defaults = {s["name"]: s["value"] for s in self.ecs.list_account_settings(effectiveSettings=True)["settings"]}
        self.assertEqual(defaults["taskLongArnFormat"], "enabled")
        put = self.ecs.put_account_setting_default(name="containerInsights", value="enabled")["setting"]
        self.assertEqual((put["value"], put["principalArn"]), ("enabled", f"arn:aws:iam::{self.account}:root"))
        settings = self.ecs.create_cluster(clusterName="watched")["cluster"]["settings"]
        self.assertEqual(settings, [{"name": "containerInsights", "value": "enabled"}])
        self.assertEqual(self.ecs.delete_account_setting(name="containerInsights")["setting"]["value"], "disabled")
        self.assertEqual(self.ecs.create_cluster(clusterName="unwatched")["cluster"]["settings"][0]["value"], "disabled")
        self.refused("InvalidParameterException", self.ecs.put_account_setting, name="containerInsights", value="perhaps")

    def test_there_are_no_container_instances(self):
        self.ecs.create_cluster(clusterName="none")
        self.assertEqual(self.ecs.list_container_instances(cluster="none")["containerInstanceArns"], [])
        failure, = self.ecs.describe_container_instances(cluster="none", containerInstances=["x"])["failures"]
        self.assertEqual(failure["reason"], "MISSING")
        self.assertEqual(self.ecs.list_attributes(cluster="none", targetType="container-instance")["attributes"], [])
        self.refused("TargetNotFoundException", self.ecs.put_attributes, cluster="none", attributes=[{"name": "a", "targetId": "x"}])


class Tasks(tasks.TaskTest):
    def test_a_task_runs_writes_its_log_and_stops_with_its_exit_code(self):
        task = self.run_task(self.define(self.container("echo to out; echo to err >&2; exit 3")))
        stopped = self.until(task, "STOPPED")
        self.assertEqual((stopped["stopCode"], stopped["stoppedReason"]), ("EssentialContainerExited", "Essential container in task exited"))
        self.assertEqual(stopped["containers"][0]["exitCode"], 3)
        self.assertEqual(sorted(self.output(task).split("\n")), ["to err", "to out"])
        self.assertLess(stopped["createdAt"], stopped["stoppedAt"])
        self.assertEqual(self.ecs.list_tasks(cluster="box", desiredStatus="STOPPED", family="box")["taskArns"].count(task), 1)

    def test_overrides_tags_and_the_stop_reason(self):
        definition = self.define(self.container(environment=[{"name": "A", "value": "1"}]), family="override", tags=[{"key": "of", "value": "definition"}])
        task = self.run_task(definition, tags=[{"key": "of", "value": "task"}], propagateTags="TASK_DEFINITION", enableECSManagedTags=True,
                             startedBy="me", overrides={"containerOverrides": [{"name": "main", "command": ["sh", "-c", "echo $A-$B; sleep 100"],
                                                                                "environment": [{"name": "B", "value": "2"}]}]})
        running = self.until(task, "RUNNING")
        self.assertEqual({t["key"]: t["value"] for t in running["tags"]}, {"of": "task", "aws:ecs:clusterName": "box"})
        self.assertEqual(self.ecs.list_tasks(cluster="box", startedBy="me")["taskArns"], [task])
        details = {d["name"]: d["value"] for d in running["attachments"][0]["details"]}
        self.assertRegex(details["privateIPv4Address"], r"^10\.77\.1\.\d+$")
        self.ecs.stop_task(cluster="box", task=task, reason="because")
        stopped = self.until(task, "STOPPED")
        self.assertEqual((stopped["stopCode"], stopped["stoppedReason"]), ("UserInitiated", "because"))
        self.assertEqual(self.output(task), "1-2")

    def test_the_same_client_token_means_the_same_task(self):
        definition = self.define()
        first = self.run_task(definition, clientToken="once")
        self.assertEqual(self.run_task(definition, clientToken="once"), first)
        self.assertNotEqual(self.run_task(definition, clientToken="twice"), first)

    def test_failures_say_why(self):
        def reason(*containers, **more):
            return self.until(self.run_task(self.define(*containers, **more)), "STOPPED")
        missing = reason({**self.container(), "image": self.image.replace(":latest", ":none")})
        self.assertEqual(missing["stopCode"], "TaskFailedToStart")
        self.assertTrue(missing["stoppedReason"].startswith("CannotPullContainerError: "), missing["stoppedReason"])
        self.assertIn(":none: not found", missing["stoppedReason"])
        self.assertEqual(missing["containers"][0]["reason"], missing["stoppedReason"])
        nowhere = f"arn:aws:secretsmanager:us-east-1:{self.account}:secret:nowhere-AbCdEf"
        secret = reason(self.container(secrets=[{"name": "S", "valueFrom": nowhere}]))
        self.assertTrue(secret["stoppedReason"].startswith("ResourceInitializationError: unable to pull secrets or registry auth: "))
        self.assertIn("ResourceNotFoundException", secret["stoppedReason"])
        group = self.container()
        group["logConfiguration"]["options"]["awslogs-group"] = "nowhere"
        self.assertIn("The specified log group does not exist", reason(group)["stoppedReason"])
        program = reason({**self.container(), "command": ["/bin/nothing"]})
        self.assertTrue(program["stoppedReason"].startswith("CannotStartContainerError: "), program["stoppedReason"])

    def test_a_container_beyond_its_memory_is_killed_and_says_so(self):
        stopped = self.until(self.run_task(self.define(self.container("exec tail /dev/zero", memory=64))), "STOPPED")
        self.assertEqual(stopped["containers"][0]["exitCode"], 137)
        self.assertEqual(stopped["containers"][0]["reason"], "OutOfMemoryError: Container killed due to memory usage")

    def test_the_execution_role_must_be_allowed_to_pull(self):
        poor = tasks.make_role(self.iam, "poor", "logs:*")
        stopped = self.until(self.run_task(self.define(self.container(), executionRoleArn=poor)), "STOPPED")
        self.assertIn("is not authorized to perform: ecr:GetAuthorizationToken on resource: *", stopped["stoppedReason"])

    def test_containers_wait_for_each_other(self):
        prepared = self.container("echo ready > /share/file", name="prepare", essential=False, mountPoints=[{"sourceVolume": "share", "containerPath": "/share"}])
        helper = self.container("touch /tmp/ok; sleep 1000", name="helper", essential=False,
                                healthCheck={"command": ["CMD-SHELL", "test -f /tmp/ok"], "interval": 5, "retries": 2})
        main = self.container("cat /share/file", mountPoints=[{"sourceVolume": "share", "containerPath": "/share", "readOnly": True}],
                              dependsOn=[{"containerName": "prepare", "condition": "SUCCESS"}, {"containerName": "helper", "condition": "HEALTHY"}])
        task = self.run_task(self.define(prepared, helper, main, family="order", volumes=[{"name": "share"}]))
        stopped = self.until(task, "STOPPED")
        self.assertEqual({c["name"]: c.get("exitCode") for c in stopped["containers"]}["main"], 0)
        self.assertEqual(self.output(task), "ready")

    def test_a_dependency_that_fails_ends_the_task(self):
        broken = self.container("exit 1", name="prepare", essential=False)
        main = self.container(dependsOn=[{"containerName": "prepare", "condition": "SUCCESS"}])
        stopped = self.until(self.run_task(self.define(broken, main, family="broken")), "STOPPED")
        self.assertEqual(stopped["stopCode"], "TaskFailedToStart")
        self.assertIn("waits for prepare to be SUCCESS", stopped["stoppedReason"])

    def test_linux_settings_hold(self):
        container = self.container("touch /x 2>/dev/null || echo read-only; touch /scratch/x && echo writable; id -u; ulimit -n",
                                   readonlyRootFilesystem=True, user="1234", ulimits=[{"name": "nofile", "softLimit": 77, "hardLimit": 99}],
                                   linuxParameters={"initProcessEnabled": True,
                                                    "tmpfs": [{"containerPath": "/scratch", "size": 4, "mountOptions": ["mode=1777"]}]})
        task = self.run_task(self.define(container, family="linux"))
        stopped = self.until(task, "STOPPED")
        self.assertEqual(stopped["containers"][0].get("exitCode"), 0, stopped["stoppedReason"])
        self.assertEqual(self.output(task).split("\n"), ["read-only", "writable", "1234", "77"])


class EnvironmentFiles(tasks.TaskTest):
    def test_variables_come_from_s3_as_far_as_the_execution_role_may_read(self):
        s3, bucket = self.client("s3"), f"env-{self.account}"
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="a/one.env", Body=b"# remark\nA=1\n\nB=two words=2\r\nC=file\n")
        s3.put_object(Bucket=bucket, Key="two.env", Body=b"A=other\nD=4")
        files = [{"type": "s3", "value": f"arn:aws:s3:::{bucket}/{key}"} for key in ("a/one.env", "two.env")]
        container = self.container('echo "$A|$B|$C|$D"', environmentFiles=files, environment=[{"name": "C", "value": "said"}])
        definition = self.define(container)
        self.assertIn("ecs.capability.env-files.s3",
                      [a["name"] for a in self.ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]["requiresAttributes"]])
        stopped = self.until(self.run_task(definition), "STOPPED")
        self.assertIn("failed to download env files", stopped["stoppedReason"])
        self.assertIn("AccessDenied", stopped["stoppedReason"])
        self.iam.put_role_policy(RoleName="execution", PolicyName="files", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]}))
        task = self.run_task(definition)
        self.assertEqual(self.until(task, "STOPPED")["containers"][0].get("exitCode"), 0)
        self.assertEqual(self.output(task), "1|two words=2|said|4")
        self.refused("ClientException", self.define, self.container(environmentFiles=[{"type": "s3", "value": f"arn:aws:s3:::{bucket}/x.txt"}]),
                     message=".env")


class Events(tasks.TaskTest):
    def test_eventbridge_hears_of_tasks_and_deployments(self):
        events = harness.client("events", self.account)
        self.logs.create_log_group(logGroupName="heard")
        events.put_rule(Name="ecs", EventPattern=json.dumps({"source": ["aws.ecs"]}))
        events.put_targets(Rule="ecs", Targets=[{"Id": "1", "Arn": f"arn:aws:logs:us-east-1:{self.account}:log-group:heard"}])
        def heard(kind):
            found = [json.loads(e["message"]) for e in self.logs.filter_log_events(logGroupName="heard")["events"]]
            return [e for e in found if e["detail-type"] == kind]
        # Long enough to be seen running: a container that ends while its task is started takes it from PENDING to STOPPED.
        task = self.run_task(self.define(self.container("sleep 3; exit 4")))
        self.until(task, "STOPPED")
        last = self.eventually(lambda: [e for e in heard("ECS Task State Change") if e["detail"]["lastStatus"] == "STOPPED"], what="the end is told")[0]
        self.assertEqual(last["resources"], [task])
        self.assertEqual((last["detail"]["stopCode"], last["detail"]["containers"][0]["exitCode"]), ("EssentialContainerExited", 4))
        self.assertRegex(last["detail"]["createdAt"], r"^\d{4}-\d\d-\d\dT")
        self.assertEqual({e["detail"]["lastStatus"] for e in heard("ECS Task State Change")} & {"PROVISIONING", "PENDING", "RUNNING", "STOPPED"},
                         {"PROVISIONING", "PENDING", "RUNNING", "STOPPED"})
        service = self.ecs.create_service(cluster="box", serviceName="told", taskDefinition=self.define(self.container(log=False)), desiredCount=1,
                                          launchType="FARGATE", networkConfiguration=self.network)["service"]
        done = self.eventually(lambda: [e for e in heard("ECS Deployment State Change") if e["detail"]["eventName"] == "SERVICE_DEPLOYMENT_COMPLETED"], 60,
                               "the deployment is told")[0]
        self.assertEqual((done["resources"], done["detail"]["eventType"]), ([service["serviceArn"]], "INFO"))
        steady = self.eventually(lambda: heard("ECS Service Action"), what="the steady state is told")[0]
        self.assertEqual(steady["detail"]["eventName"], "SERVICE_STEADY_STATE")
        self.ecs.delete_service(cluster="box", service="told", force=True)


class Endpoint(tasks.TaskTest):
    def test_metadata_of_version_4_and_3(self):
        # A container may ask before its own start is known.
        script = ('until wget -qO- $ECS_CONTAINER_METADATA_URI_V4 | grep -q "RUNNING"; do sleep 0.2; done; for path in "" /task /taskWithTags; do wget -qO- $ECS_CONTAINER_METADATA_URI_V4$path; echo; done; '
                  'wget -qO- $ECS_CONTAINER_METADATA_URI/task; echo; wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task/stats; echo')
        task = self.run_task(self.define(self.container(script, memory=300), family="meta"), tags=[{"key": "a", "value": "b"}])
        stopped = self.until(task, "STOPPED")
        lines = [json.loads(line) for line in self.output(task).split("\n")]
        container, of_task, tagged, third, stats = lines
        self.assertEqual((container["Name"], container["KnownStatus"], container["Limits"]), ("main", "RUNNING", {"CPU": 0, "Memory": 300}))
        self.assertEqual(container["LogOptions"]["awslogs-group"], "box")
        details = {d["name"]: d["value"] for d in stopped["attachments"][0]["details"]}
        self.assertEqual(container["Networks"][0]["IPv4Addresses"], [details["privateIPv4Address"]])
        self.assertEqual(container["Networks"][0]["IPv4SubnetCIDRBlock"], "10.77.1.0/24")
        self.assertEqual((of_task["TaskARN"], of_task["Family"], of_task["LaunchType"]), (task, "meta", "FARGATE"))
        self.assertEqual(of_task["Limits"], {"CPU": 0.25, "Memory": 512})
        self.assertEqual(of_task["Cluster"], f"arn:aws:ecs:us-east-1:{self.account}:cluster/box")
        self.assertEqual(tagged["TaskTags"], {"a": "b"})
        self.assertEqual(third["TaskARN"], task)
        self.assertGreater(next(iter(stats.values()))["memory_stats"]["usage"], 0)

    def test_the_task_role_speaks_and_may_only_what_it_may(self):
        role = tasks.make_role(self.iam, "speaker", "ecs:ListClusters")
        script = "wget -qO- http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; wget -qO- http://169.254.170.2/v2/credentials/other || echo refused"
        task = self.run_task(self.define(self.container(script), family="role", taskRoleArn=role))
        self.until(task, "STOPPED")
        lines = self.output(task).split("\n")
        self.assertEqual(lines[-1], "refused")
        keys = json.loads(lines[0])
        self.assertEqual(keys["RoleArn"], role)
        self.assertRegex(keys["Expiration"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        def speak(service):
            return harness.client(service, key=keys["AccessKeyId"], secret=keys["SecretAccessKey"], aws_session_token=keys["Token"])
        self.assertEqual(speak("sts").get_caller_identity()["Arn"],
                         f"arn:aws:sts::{self.account}:assumed-role/speaker/{task.rsplit('/', 1)[1]}")
        self.assertIn(f"arn:aws:ecs:us-east-1:{self.account}:cluster/box", speak("ecs").list_clusters()["clusterArns"])
        self.refused("AccessDeniedException", speak("ecs").create_cluster, clusterName="x", status=400)

    def test_without_a_role_there_are_no_credentials_and_others_addresses_are_closed(self):
        other = self.until(self.run_task(self.define(self.container())), "RUNNING")
        runtime = other["containers"][0]["runtimeId"]
        code, out = self.outcome(f"echo [$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI]; wget -qO- http://169.254.170.2/v4/{runtime} || echo refused; "
                                 "wget -qO- $ECS_CONTAINER_METADATA_URI_V4 >/dev/null && echo mine")
        self.assertEqual([line for line in out.split("\n") if line in ("[]", "refused", "mine")], ["[]", "refused", "mine"], out)
        self.ecs.stop_task(cluster="box", task=other["taskArn"])


class Services(tasks.TaskTest):
    def create(self, name, definition=None, count=1, **more):
        more = {"launchType": "FARGATE", **more} if "capacityProviderStrategy" not in more else more
        return self.ecs.create_service(cluster="box", serviceName=name, taskDefinition=definition or self.define(self.container(log=False)),
                                       desiredCount=count, networkConfiguration=self.network, **more)["service"]

    def service(self, name):
        return self.ecs.describe_services(cluster="box", services=[name], include=["TAGS"])["services"][0]

    def steady(self, name, seconds=60):
        def reached():
            now = self.service(name)
            done = len(now["deployments"]) == 1 and now["deployments"][0]["rolloutState"] == "COMPLETED" and now["runningCount"] == now["desiredCount"]
            return now if done else None
        try:
            return self.eventually(reached, seconds, f"{name} is steady")
        except AssertionError as failed:
            shown = self.service(name)
            raise AssertionError(f"{failed}: {shown['deployments']}, {[e['message'] for e in shown['events']]}") from failed

    def remove(self, name):
        self.ecs.delete_service(cluster="box", service=name, force=True)
        self.eventually(lambda: self.service(name)["status"] == "INACTIVE", 40, f"{name} is gone")

    def test_a_service_rolls_out_rolls_on_and_is_deleted(self):
        first = self.define(self.container(log=False), family="roll")
        made = self.create("roll", first, 1, tags=[{"key": "a", "value": "b"}], propagateTags="SERVICE", enableECSManagedTags=True)
        self.assertEqual(made["serviceArn"], f"arn:aws:ecs:us-east-1:{self.account}:service/box/roll")
        self.assertEqual(made["deployments"][0]["rolloutState"], "IN_PROGRESS")
        self.steady("roll")
        task, = self.ecs.list_tasks(cluster="box", serviceName="roll")["taskArns"]
        self.assertEqual({t["key"]: t["value"] for t in self.describe(task)["tags"]},
                         {"a": "b", "aws:ecs:clusterName": "box", "aws:ecs:serviceName": "roll"})
        second = self.define(self.container(log=False), family="roll")
        self.ecs.update_service(cluster="box", service="roll", taskDefinition=second)
        now = self.steady("roll")
        self.assertEqual(now["taskDefinition"], second)
        self.ecs.update_service(cluster="box", service="roll", forceNewDeployment=True)
        self.assertEqual(len(self.service("roll")["deployments"]), 2)
        newest, *others = self.ecs.list_service_deployments(cluster="box", service="roll")["serviceDeployments"]
        self.assertEqual((newest["status"], [d["status"] for d in others]), ("IN_PROGRESS", ["SUCCESSFUL", "SUCCESSFUL"]))
        self.assertRegex(newest["serviceDeploymentArn"], f"^arn:aws:ecs:us-east-1:{self.account}:service-deployment/box/roll/[A-Za-z0-9]+$")
        self.assertEqual(self.service("roll")["currentServiceDeployment"], newest["serviceDeploymentArn"])
        told = self.ecs.describe_service_deployments(serviceDeploymentArns=[newest["serviceDeploymentArn"], others[0]["serviceDeploymentArn"] + "0"])
        self.assertEqual([f["reason"] for f in told["failures"]], ["MISSING"])
        told, = told["serviceDeployments"]
        self.assertEqual([s["arn"] for s in told["sourceServiceRevisions"]], [others[0]["targetServiceRevisionArn"]])
        self.assertEqual((told["targetServiceRevision"]["requestedTaskCount"], told["deploymentCircuitBreaker"]["status"], told["alarms"]["status"]),
                         (1, "DISABLED", "DISABLED"))
        revisions = self.ecs.describe_service_revisions(serviceRevisionArns=[d["targetServiceRevisionArn"] for d in (newest, others[1])])["serviceRevisions"]
        self.assertEqual([r["taskDefinition"] for r in revisions], [second, first])
        self.assertEqual(revisions[0]["containerImages"][0]["image"], self.image)
        self.assertEqual(self.ecs.list_service_deployments(cluster="box", service="roll", status=["STOPPED"])["serviceDeployments"], [])
        self.refused("ServiceNotFoundException", self.ecs.list_service_deployments, cluster="box", service="none")
        now = self.steady("roll")
        messages = [e["message"] for e in now["events"]]
        for pattern in (r"^\(service roll\) has started 1 tasks: \(task [0-9a-f]{32}\)\.$", r"^\(service roll\) has reached a steady state\.$",
                        r"^\(service roll\) \(deployment ecs-svc/\d+\) deployment completed\.$",
                        r"^\(service roll\) has stopped 1 running tasks: \(task [0-9a-f]{32}\)\.$"):
            self.assertTrue(any(re.match(pattern, m) for m in messages), (pattern, messages))
        self.refused("InvalidParameterException", self.ecs.delete_service, cluster="box", service="roll",
                     message="The service cannot be stopped while it is scaled above 0.")
        self.remove("roll")
        self.refused("ServiceNotFoundException", self.ecs.update_service, cluster="box", service="roll", desiredCount=1)

    def test_the_circuit_breaker_rolls_back(self):
        good = self.define(self.container(log=False), family="breaker")
        self.create("breaker", good, 1, deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})
        self.steady("breaker")
        bad = self.define({**self.container(log=False), "image": self.image.replace(":latest", ":none")}, family="breaker")
        self.ecs.update_service(cluster="box", service="breaker", taskDefinition=bad)
        self.eventually(lambda: self.service("breaker")["taskDefinition"] == good, 60, "it rolled back")
        now = self.steady("breaker")
        self.assertTrue(any("deployment failed: tasks failed to start" in e["message"] for e in now["events"]))
        newest = self.ecs.list_service_deployments(cluster="box", service="breaker")["serviceDeployments"][0]["serviceDeploymentArn"]
        told = self.ecs.describe_service_deployments(serviceDeploymentArns=[newest])["serviceDeployments"][0]
        self.assertEqual((told["status"], told["deploymentCircuitBreaker"]["status"]), ("ROLLBACK_SUCCESSFUL", "TRIGGERED"))
        self.assertIn("circuit breaker", told["rollback"]["reason"])
        self.refused("ConflictException", self.ecs.stop_service_deployment, serviceDeploymentArn=newest)
        self.remove("breaker")

    def test_an_alarm_fails_a_deployment(self):
        watch = self.client("cloudwatch")
        watch.put_metric_alarm(AlarmName="bad", Namespace="n", MetricName="m", Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1,
                               ComparisonOperator="GreaterThanThreshold")
        alarms = {"alarmNames": ["bad"], "enable": True, "rollback": False}
        made = self.create("watched", count=0, deploymentConfiguration={"alarms": alarms})
        self.assertEqual(made["deploymentConfiguration"]["alarms"], alarms)
        watch.set_alarm_state(AlarmName="bad", StateValue="ALARM", StateReason="test")
        self.eventually(lambda: self.service("watched")["deployments"][0]["rolloutState"] == "FAILED", 30, "the deployment has failed")
        self.assertIn("deployment failed: alarm detected.", " ".join(e["message"] for e in self.service("watched")["events"]))
        told = self.ecs.list_service_deployments(cluster="box", service="watched")["serviceDeployments"][0]
        self.assertEqual((told["status"], told["statusReason"]), ("STOPPED", "ECS deployment failed: alarm detected."))
        self.remove("watched")

    def test_capacity_providers_get_their_base_and_share(self):
        self.ecs.put_cluster_capacity_providers(cluster="box", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[])
        started = self.ecs.run_task(cluster="box", taskDefinition=self.define(self.container("exit 0", log=False)), count=5,
                                    networkConfiguration=self.network, capacityProviderStrategy=[
                                        {"capacityProvider": "FARGATE", "base": 1, "weight": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 3}])["tasks"]
        self.assertEqual(sorted(t["capacityProviderName"] for t in started), ["FARGATE", "FARGATE", "FARGATE_SPOT", "FARGATE_SPOT", "FARGATE_SPOT"])

    def test_a_spot_task_is_interrupted_with_sigterm_and_replaced(self):
        self.ecs.put_cluster_capacity_providers(cluster="box", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[])
        definition = self.define(self.container("trap 'echo warned; exit 0' TERM; while true; do sleep 1 & wait $!; done"), family="spot")
        self.create("spot", definition, 1, capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
        self.steady("spot")
        task, = self.ecs.list_tasks(cluster="box", serviceName="spot")["taskArns"]
        def interrupt(arn):
            url = f"{harness.ENDPOINT}/_stratus/ecs/spot-interruption?task={urllib.parse.quote(arn, safe='')}"
            return urllib.request.urlopen(urllib.request.Request(url, method="POST", data=b""), timeout=10).status
        self.assertEqual(interrupt(task), 200)
        with self.assertRaises(urllib.error.HTTPError):
            interrupt(task + "0")
        stopped = self.until(task, "STOPPED")
        self.assertEqual((stopped["stopCode"], stopped["stoppedReason"]), ("SpotInterruption", "Your Spot Task was interrupted."))
        self.assertEqual(self.output(task), "warned")
        self.steady("spot")
        self.assertNotEqual(self.ecs.list_tasks(cluster="box", serviceName="spot")["taskArns"], [task])
        self.remove("spot")

    def test_protection_holds_a_task(self):
        self.create("held", count=1)
        self.steady("held")
        task, = self.ecs.list_tasks(cluster="box", serviceName="held")["taskArns"]
        loose = self.run_task(self.define(self.container(log=False)))
        put = self.ecs.update_task_protection(cluster="box", tasks=[task, loose], protectionEnabled=True, expiresInMinutes=5)
        self.assertEqual([t["taskArn"] for t in put["protectedTasks"]], [task])
        self.assertEqual([(f["arn"], f["reason"]) for f in put["failures"]], [(loose, "TASK_NOT_VALID")])
        self.assertTrue(self.ecs.get_task_protection(cluster="box", tasks=[task])["protectedTasks"][0]["protectionEnabled"])
        self.ecs.update_service(cluster="box", service="held", desiredCount=0)
        self.ecs.stop_task(cluster="box", task=loose)
        self.until(loose, "STOPPED")
        self.assertEqual(self.describe(task)["desiredStatus"], "RUNNING")
        self.ecs.update_task_protection(cluster="box", tasks=[task], protectionEnabled=False)
        self.until(task, "STOPPED")
        self.remove("held")

    def test_what_is_not_done_is_refused_by_name(self):
        definition = self.define(self.container(log=False))
        self.refused("NotImplemented", self.create, "x", definition, launchType="EC2", status=501)
        self.refused("NotImplemented", self.create, "x", definition, schedulingStrategy="DAEMON", status=501)
        self.refused("NotImplemented", self.create, "x", definition, deploymentController={"type": "CODE_DEPLOY"}, status=501)
        self.refused("NotImplemented", self.create, "x", definition, enableExecuteCommand=True, status=501)
        task = self.run_task(definition)
        self.refused("NotImplemented", self.ecs.execute_command, cluster="box", task=task, command="sh", interactive=True, status=501)


if __name__ == "__main__":
    unittest.main()
