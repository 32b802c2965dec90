"""FIS: experiments over the API, with real tasks that stop and real packets that do not arrive."""
import json

import harness
import tasks
from test_ec2 import has_namespace, pings

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "fis.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
NONE = [{"source": "none"}]


def make_role(iam, name, *actions):
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    if actions:
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}))
    return arn


class Experiments:
    """What tests of experiments share; a mixin."""

    def template(self, actions, targets=None, stop=None, role=None, **more):
        made = self.fis.create_experiment_template(description="a test", roleArn=role or self.role, actions=actions, targets=targets or {},
                                                   stopConditions=stop or NONE, **more)["experimentTemplate"]
        return made["id"]

    def start(self, *args, **more):
        return self.fis.start_experiment(experimentTemplateId=self.template(*args, **more))["experiment"]["id"]

    def look(self, experiment):
        return self.fis.get_experiment(id=experiment)["experiment"]

    def until_state(self, experiment, *states, seconds=60):
        def reached():
            now = self.look(experiment)
            return now if now["state"]["status"] in states else None
        return self.eventually(reached, seconds, f"{' or '.join(states)} (now: {self.look(experiment)['state']})")


class Templates(Experiments, harness.ApiTest):
    WAIT = {"pause": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fis = harness.client("fis", cls.account)
        cls.role = make_role(harness.client("iam", cls.account), "fis")

    def test_reads_back_what_was_asked_with_the_defaults(self):
        made = self.fis.create_experiment_template(
            clientToken="once", description="read back", roleArn=self.role, actions=self.WAIT, stopConditions=NONE, tags={"env": "test"},
            targets={"some": {"resourceType": "aws:ecs:task", "selectionMode": "COUNT(1)", "resourceTags": {"a": "b"},
                              "filters": [{"path": "AvailabilityZone", "values": ["us-east-1a"]}]}})["experimentTemplate"]
        self.assertRegex(made["id"], "^EXT")
        self.assertEqual(made["arn"], f"arn:aws:fis:us-east-1:{self.account}:experiment-template/{made['id']}")
        read = self.fis.get_experiment_template(id=made["id"])["experimentTemplate"]
        self.assertEqual(read, made)
        self.assertEqual(read["experimentOptions"], {"accountTargeting": "single-account", "emptyTargetResolutionMode": "fail"})
        self.assertEqual(read["targets"]["some"]["filters"], [{"path": "AvailabilityZone", "values": ["us-east-1a"]}])
        self.assertEqual(self.fis.list_tags_for_resource(resourceArn=made["arn"])["tags"], {"env": "test"})

    def test_changes_only_what_is_asked_and_goes(self):
        made = self.template(self.WAIT)
        changed = self.fis.update_experiment_template(id=made, description="another")["experimentTemplate"]
        self.assertEqual((changed["description"], changed["actions"]), ("another", self.WAIT))
        self.assertGreaterEqual(changed["lastUpdateTime"], changed["creationTime"])
        arn = changed["arn"]
        self.fis.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        self.fis.untag_resource(resourceArn=arn, tagKeys=["a"])
        self.assertEqual(self.fis.get_experiment_template(id=made)["experimentTemplate"]["tags"], {"b": "2"})
        self.assertEqual(self.fis.delete_experiment_template(id=made)["experimentTemplate"]["id"], made)
        self.refused("ResourceNotFoundException", self.fis.get_experiment_template, id=made, status=404,
                     message=f"Experiment template {made} does not exist")

    def test_lists_in_pages(self):
        mine = {self.template(self.WAIT) for _ in range(3)}
        seen, token = [], {}
        while True:
            page = self.fis.list_experiment_templates(maxResults=2, **token)
            self.assertLessEqual(len(page["experimentTemplates"]), 2)
            seen += [one["id"] for one in page["experimentTemplates"]]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(mine, set(seen))

    def test_refuses_what_makes_no_sense_and_what_is_not_done(self):
        for code, actions in (("ValidationException", {"w": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1S"}}}),
                              ("ValidationException", {"w": {"actionId": "aws:no:such"}}),
                              ("ValidationException", {"w": {"actionId": "aws:ec2:no-such"}}),
                              ("NotImplemented", {"w": {"actionId": "aws:ec2:api-insufficient-instance-capacity-error"}}),
                              ("NotImplemented", {"w": {"actionId": "aws:ecs:task-cpu-stress"}})):
            with self.subTest(actions=actions):
                self.refused(code, self.template, actions)
        self.refused("ResourceNotFoundException", self.fis.start_experiment, experimentTemplateId="EXTnone", status=404)
        self.refused("ResourceNotFoundException", self.fis.get_experiment, id="EXPnone", status=404)
        status, body = self.signed("fis", "GET", "/experimentTemplates/EXTnone/targetAccountConfigurations")
        self.assertEqual(status, 501, body)
        self.assertIn("ListTargetAccountConfigurations", body)

    def test_a_wrong_secret_is_refused_as_rest_json_refuses(self):
        self.refused("InvalidSignatureException", self.client("fis", secret="wrong").list_actions, status=403)

    def test_a_caller_who_may_not_is_denied(self):
        iam = self.client("iam")
        iam.create_user(UserName="guest")
        iam.put_user_policy(UserName="guest", PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["fis:List*", "fis:CreateExperimentTemplate"], "Resource": "*"}]}))
        key = iam.create_access_key(UserName="guest")["AccessKey"]
        guest = self.client("fis", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
        guest.list_experiments()
        self.refused("AccessDeniedException", guest.get_experiment, id="EXPnone", status=403)
        self.refused("AccessDeniedException", guest.create_experiment_template, description="d", roleArn=self.role, actions=self.WAIT,
                     stopConditions=NONE, status=403, message="iam:PassRole")

    def test_actions_and_resource_types(self):
        actions = {one["id"]: one for one in self.fis.list_actions()["actions"]}
        self.assertEqual(actions["aws:ecs:stop-task"]["targets"], {"Tasks": {"resourceType": "aws:ecs:task"}})
        self.assertTrue(self.fis.get_action(id="aws:fis:wait")["action"]["parameters"]["duration"]["required"])
        types = [one["resourceType"] for one in self.fis.list_target_resource_types()["targetResourceTypes"]]
        self.assertEqual(types, ["aws:ec2:subnet", "aws:ecs:task"])
        self.assertIn("cluster", self.fis.get_target_resource_type(resourceType="aws:ecs:task")["targetResourceType"]["parameters"])
        self.refused("ResourceNotFoundException", self.fis.get_action, id="aws:no:such", status=404)
        self.refused("NotImplemented", self.fis.get_action, id="aws:ec2:stop-instances", status=501)
        self.refused("ResourceNotFoundException", self.fis.get_target_resource_type, resourceType="aws:no:such", status=404)
        self.refused("NotImplemented", self.fis.get_target_resource_type, resourceType="aws:ec2:instance", status=501)

    def test_the_safety_lever(self):
        fis = self.client("fis", region="eu-west-1")
        self.assertEqual(fis.get_safety_lever(id="default")["safetyLever"]["state"]["status"], "disengaged")
        template = fis.create_experiment_template(description="d", roleArn=self.role, actions=self.WAIT, stopConditions=NONE)["experimentTemplate"]["id"]
        fis.update_safety_lever_state(id="default", state={"status": "engaged", "reason": "a drill"})
        self.refused("ConflictException", fis.start_experiment, experimentTemplateId=template, status=409)
        fis.update_safety_lever_state(id="default", state={"status": "disengaged", "reason": "over"})
        started = fis.start_experiment(experimentTemplateId=template)["experiment"]["id"]
        self.assertIn(fis.stop_experiment(id=started)["experiment"]["state"]["status"], ("stopping", "stopped"))


class ExperimentsOnTasks(Experiments, tasks.TaskTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fis = harness.client("fis", cls.account)
        cls.role = make_role(cls.iam, "fis", "ecs:StopTask", "cloudwatch:DescribeAlarms", "ec2:CreateNetworkAcl")
        cls.powerless = make_role(cls.iam, "powerless")
        cls.cloudwatch = harness.client("cloudwatch", cls.account)
        cls.ecs.create_service(cluster="box", serviceName="four", desiredCount=4, launchType="FARGATE", networkConfiguration=cls.network,
                               taskDefinition=cls.ecs.register_task_definition(
                                   family="four", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
                                   executionRoleArn=cls.execution_role,
                                   containerDefinitions=[{"name": "main", "image": cls.image, "command": ["sleep", "1000"], "stopTimeout": 2}],
                               )["taskDefinition"]["taskDefinitionArn"])

    def running(self):
        return set(self.ecs.list_tasks(cluster="box", serviceName="four")["taskArns"])

    def whole(self):
        return self.ecs.describe_services(cluster="box", services=["four"])["services"][0]["runningCount"] == 4

    HALF = {"half": {"resourceType": "aws:ecs:task", "selectionMode": "PERCENT(50)", "parameters": {"cluster": "box", "service": "four"}}}
    STOP = {"stop": {"actionId": "aws:ecs:stop-task", "targets": {"Tasks": "half"}}}

    def alarm(self, name, state):
        self.cloudwatch.put_metric_alarm(AlarmName=name, Namespace="t", MetricName="m", Period=300, EvaluationPeriods=1, Threshold=1,
                                         ComparisonOperator="GreaterThanThreshold", Statistic="Sum")
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")
        return f"arn:aws:cloudwatch:us-east-1:{self.account}:alarm:{name}"

    def test_stops_half_of_the_tasks_and_completes(self):
        self.eventually(self.whole, 60, "four tasks")
        before = self.running()
        self.logs.create_log_group(logGroupName="fis")
        experiment = self.start(self.STOP, self.HALF, logConfiguration={"logSchemaVersion": 2, "cloudWatchLogsConfiguration": {
            "logGroupArn": f"arn:aws:logs:us-east-1:{self.account}:log-group:fis:*"}})
        done = self.until_state(experiment, "completed", "failed", "stopped")
        self.assertEqual(done["state"]["status"], "completed", done["state"])
        self.assertEqual(done["actions"]["stop"]["state"]["status"], "completed")
        gone = before - self.running()
        self.assertEqual(len(gone), 2)
        resolved = self.fis.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]
        self.assertEqual({one["targetInformation"]["arn"] for one in resolved}, gone)
        self.eventually(self.whole, 60, "four tasks again")
        stream = self.logs.describe_log_streams(logGroupName="fis")["logStreams"][0]["logStreamName"]
        said = [json.loads(event["message"])["log_type"] for event in
                self.logs.get_log_events(logGroupName="fis", logStreamName=stream, startFromHead=True)["events"]]
        self.assertEqual(said, ["experiment-start", "target-resolution-end", "action-start", "action-end", "experiment-end"])

    def test_a_stop_condition_in_alarm_stops_it_and_no_task(self):
        self.eventually(self.whole, 60, "four tasks")
        before = self.running()
        arn = self.alarm("loud", "ALARM")
        done = self.until_state(self.start(self.STOP, self.HALF, stop=[{"source": "aws:cloudwatch:alarm", "value": arn}]), "completed", "failed", "stopped")
        self.assertEqual(done["state"]["status"], "stopped", done["state"])
        self.assertIn(arn, done["state"]["reason"])
        self.assertEqual(self.running(), before)

    def test_an_alarm_halts_what_runs(self):
        arn = self.alarm("quiet", "OK")
        experiment = self.start(Templates.WAIT, stop=[{"source": "aws:cloudwatch:alarm", "value": arn}])
        self.until_state(experiment, "running")
        # Not put again: a new alarm is evaluated at once, and without data it is in neither state.
        self.cloudwatch.set_alarm_state(AlarmName="quiet", StateValue="ALARM", StateReason="a test")
        done = self.until_state(experiment, "completed", "failed", "stopped")
        self.assertEqual(done["state"]["status"], "stopped", done["state"])
        self.assertEqual(done["actions"]["pause"]["state"]["status"], "stopped")

    def test_a_role_that_may_not_fails_the_experiment(self):
        self.eventually(self.whole, 60, "four tasks")
        before = self.running()
        done = self.until_state(self.start(self.STOP, self.HALF, role=self.powerless), "completed", "failed", "stopped")
        self.assertEqual(done["state"]["status"], "failed")
        self.assertIn("ecs:StopTask", done["state"]["reason"])
        self.assertEqual(self.running(), before)

    def test_a_target_that_is_empty_fails_the_experiment(self):
        nobody = {"half": {"resourceType": "aws:ecs:task", "selectionMode": "ALL", "resourceTags": {"nobody": "has"}}}
        self.assertEqual(self.until_state(self.start(self.STOP, nobody), "failed", "completed")["state"]["status"], "failed")
        skipped = self.until_state(self.start(self.STOP, nobody, experimentOptions={"emptyTargetResolutionMode": "skip"}), "failed", "completed")
        self.assertEqual(skipped["actions"]["stop"]["state"]["status"], "skipped")


class ExperimentsOnPackets(Experiments, harness.ApiTest):
    """Subnets a and c in one zone, b and d in another; one interface in each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ec2 = harness.client("ec2", cls.account)
        cls.fis = harness.client("fis", cls.account)
        cls.role = make_role(harness.client("iam", cls.account), "fis", "ec2:CreateNetworkAcl")
        cls.vpc = ec2.create_vpc(CidrBlock="10.65.0.0/16")["Vpc"]["VpcId"]
        group, = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [cls.vpc]}])["SecurityGroups"]
        ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpProtocol="-1", CidrIp="10.65.0.0/16")
        cls.made = {}
        for name, zone, number in (("a", "us-east-1a", 1), ("b", "us-east-1b", 2), ("c", "us-east-1a", 3), ("d", "us-east-1b", 4)):
            subnet = ec2.create_subnet(VpcId=cls.vpc, CidrBlock=f"10.65.{number}.0/24", AvailabilityZone=zone, TagSpecifications=[
                {"ResourceType": "subnet", "Tags": [{"Key": "name", "Value": name}]}])["Subnet"]["SubnetId"]
            interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
            cls.made[name] = (interface["NetworkInterfaceId"], interface["PrivateIpAddress"])

    def setUp(self):
        self.eventually(lambda: all(has_namespace(name) for name, _ in self.made.values()), what="the namespaces")
        self.eventually(lambda: self.reaches("a", "b") and self.reaches("a", "c") and self.reaches("d", "b"), what="an answer before the experiment")

    def reaches(self, one, other):
        return pings(self.made[one][0], self.made[other][1])

    def cut(self, name, scope):
        experiment = self.start({"cut": {"actionId": "aws:network:disrupt-connectivity", "parameters": {"duration": "PT10M", "scope": scope},
                                         "targets": {"Subnets": "some"}}},
                                {"some": {"resourceType": "aws:ec2:subnet", "selectionMode": "ALL", "resourceTags": {"name": name},
                                          "parameters": {"vpc": self.vpc}}})
        self.until_state(experiment, "running")
        return experiment

    def stop(self, experiment):
        self.fis.stop_experiment(id=experiment)
        done = self.until_state(experiment, "stopped", "completed", "failed")
        self.assertEqual((done["state"]["status"], done["actions"]["cut"]["state"]["status"]), ("stopped", "stopped"), done["state"])
        self.eventually(lambda: self.reaches("a", "b"), what="an answer after the experiment")

    def test_a_cut_subnet_is_silent_until_the_experiment_is_over_also_across_a_kill(self):
        experiment = self.cut("b", "all")
        self.eventually(lambda: not self.reaches("a", "b"), what="silence")
        self.assertTrue(self.reaches("a", "c"), "the other subnet is not cut")
        harness.DAEMON.kill()
        try:
            self.assertFalse(self.reaches("a", "b"))
        finally:
            harness.DAEMON.start_again()
        self.assertEqual(self.look(experiment)["state"]["status"], "running")
        self.stop(experiment)

    def test_a_subnet_may_be_cut_off_from_other_zones_only(self):
        experiment = self.cut("b", "availability-zone")
        self.eventually(lambda: not self.reaches("a", "b"), what="silence between the zones")
        self.assertTrue(self.reaches("d", "b"), "the same zone goes on")
        self.stop(experiment)

    def test_a_subnet_may_be_cut_off_from_outside_of_its_vpc_only(self):
        experiment = self.cut("b", "vpc")
        self.assertTrue(self.reaches("a", "b"), "inside the VPC nothing is cut")
        self.stop(experiment)
