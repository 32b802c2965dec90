"""Metrics of what really runs: a busy task behind a real load balancer; alarms that notify, scale and reach the event bus."""
import json
import urllib.request
from datetime import datetime, timedelta, timezone

import harness
import tasks
from resolver import ask

SCRIPT = "echo hello > /tmp/index.html; (while :; do :; done) & exec busybox httpd -f -p 8080 -h /tmp"
REQUESTS = 25
ASKED, BODY = 20, 900  # fixed responses that are asked for through the NAT gateway, and their length


class Sources(tasks.TaskTest):
    """One service, one load balancer; what they do in the first minutes is looked at by every test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cw, cls.elb = harness.client("cloudwatch", cls.account), harness.client("elbv2", cls.account)
        cls.ecs.update_cluster_settings(cluster="box", settings=[{"name": "containerInsights", "value": "enabled"}])
        vpc = cls.ec2.describe_subnets(SubnetIds=[cls.subnet])["Subnets"][0]
        other = cls.ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.77.2.0/24",
                                      AvailabilityZone="us-east-1" + ("b" if vpc["AvailabilityZone"].endswith("a") else "a"))["Subnet"]["SubnetId"]
        gateway = cls.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        cls.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc["VpcId"])
        table = cls.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["RouteTables"][0]["RouteTableId"]
        cls.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        cls.ec2.authorize_security_group_ingress(GroupId=cls.group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]} for port in (80, 81, 8080)])
        cls.behind_nat(vpc)
        made = cls.elb.create_load_balancer(Name="front", Subnets=[cls.subnet, other], SecurityGroups=[cls.group])["LoadBalancers"][0]
        cls.lb = made["LoadBalancerArn"]
        cls.targets = cls.elb.create_target_group(Name="web", Protocol="HTTP", Port=8080, VpcId=vpc["VpcId"], TargetType="ip", HealthCheckPath="/",
                                                  HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=4,
                                                  HealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
        cls.elb.create_listener(LoadBalancerArn=cls.lb, Protocol="HTTP", Port=80,
                                DefaultActions=[{"Type": "forward", "TargetGroupArn": cls.targets}])
        # Fixed responses are no requests of the load balancer's: they do not disturb its counts.
        cls.elb.create_listener(LoadBalancerArn=cls.lb, Protocol="HTTP", Port=81, DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "x" * BODY}}])
        self = cls()
        cls.ecs.create_service(cluster="box", serviceName="web", desiredCount=1, launchType="FARGATE", networkConfiguration=cls.network,
                               taskDefinition=self.define(self.container(SCRIPT, portMappings=[{"containerPort": 8080}]), family="web"),
                               loadBalancers=[{"targetGroupArn": cls.targets, "containerName": "main", "containerPort": 8080}])
        self.eventually(lambda: [t["TargetHealth"]["State"] for t in cls.elb.describe_target_health(TargetGroupArn=cls.targets)[
            "TargetHealthDescriptions"]] == ["healthy"], 90, "a healthy target")
        cls.address = self.eventually(lambda: ask(made["DNSName"], "A").values, 30, "the load balancer's address")[0]
        self.assertRegex(cls.address, r"^198\.1[89]\.")  # nothing else is ours to send packets to
        self.eventually(self.get, 20, "the first answer")
        for _ in range(REQUESTS - 1):
            self.assertEqual(self.get(), b"hello\n")
        self.ask_through_nat()

    @classmethod
    def behind_nat(cls, public):
        """A private subnet whose way out is a NAT gateway in the public one."""
        ec2, vpc = cls.ec2, public["VpcId"]
        cls.private = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.3.0/24", AvailabilityZone=public["AvailabilityZone"])["Subnet"]["SubnetId"]
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        cls.nat = ec2.create_nat_gateway(SubnetId=public["SubnetId"], AllocationId=address)["NatGateway"]["NatGatewayId"]
        cls().eventually(lambda: ec2.describe_nat_gateways(NatGatewayIds=[cls.nat])["NatGateways"][0]["State"] == "available", 30, "the NAT gateway")
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=cls.private)
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=cls.nat)

    def ask_through_nat(self):
        script = f"for n in $(seq {ASKED}); do wget -q -O /tmp/$n http://{self.address}:81/ || exit 1; done; cat /tmp/1"
        task = self.ecs.run_task(cluster="box", taskDefinition=self.define(self.container("alias seq='busybox seq'; " + script), family="asks"), launchType="FARGATE",
                                 networkConfiguration={"awsvpcConfiguration": {"subnets": [self.private], "securityGroups": [self.group]}})["tasks"][0]["taskArn"]
        stopped = self.until(task, "STOPPED")
        self.assertEqual(stopped["containers"][0].get("exitCode"), 0, self.output(task))

    @classmethod
    def tearDownClass(cls):
        cls.elb.delete_load_balancer(LoadBalancerArn=cls.lb)
        super().tearDownClass()

    def get(self):
        try:
            return urllib.request.urlopen(f"http://{self.address}/", timeout=5).read()
        except OSError:
            return None

    def points(self, namespace, name, statistics, **dimensions):
        now = datetime.now(tz=timezone.utc)
        return self.cw.get_metric_statistics(Namespace=namespace, MetricName=name, StartTime=now - timedelta(minutes=10), EndTime=now, Period=60,
                                             Statistics=statistics, Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()])["Datapoints"]

    def wait_for(self, namespace, name, statistics, **dimensions):
        return self.eventually(lambda: self.points(namespace, name, statistics, **dimensions), 150, f"{namespace} {name}")

    def test_a_busy_task_is_seen(self):
        statistics = ["Average", "Maximum", "SampleCount"]
        cpu = self.wait_for("AWS/ECS", "CPUUtilization", statistics, ClusterName="box", ServiceName="web")[-1]
        self.assertGreater(cpu["Average"], 1)
        self.assertLess(cpu["Average"], 130)
        self.assertEqual((cpu["SampleCount"], cpu["Unit"]), (1, "Percent"))
        memory = self.wait_for("AWS/ECS", "MemoryUtilization", statistics, ClusterName="box", ServiceName="web")[-1]
        self.assertGreater(memory["Average"], 0)
        self.assertLess(memory["Average"], 50)

    def test_container_insights_count(self):
        service = {"ClusterName": "box", "ServiceName": "web"}
        self.wait_for("ECS/ContainerInsights", "CpuUtilized", ["Average"], **service)
        for name, expected in (("RunningTaskCount", 1), ("DesiredTaskCount", 1), ("PendingTaskCount", 0), ("CpuReserved", 256), ("MemoryReserved", 512)):
            with self.subTest(name=name):
                self.assertEqual(self.points("ECS/ContainerInsights", name, ["Average"], **service)[-1]["Average"], expected)
        self.assertEqual(self.points("ECS/ContainerInsights", "TaskCount", ["Average"], ClusterName="box")[-1]["Average"], 1)

    def test_requests_are_counted(self):
        balancer = self.lb.split("loadbalancer/")[1]
        group = self.targets.split(":")[-1]

        def total(name, **more):
            return sum(p["Sum"] for p in self.points("AWS/ApplicationELB", name, ["Sum"], LoadBalancer=balancer, **more))
        self.eventually(lambda: total("RequestCount") >= REQUESTS, 150, "the requests")
        self.assertEqual(total("RequestCount"), REQUESTS)
        self.assertEqual(total("RequestCount", TargetGroup=group), REQUESTS)
        self.assertEqual(total("HTTPCode_Target_2XX_Count"), REQUESTS)
        self.assertEqual(total("HTTPCode_Target_5XX_Count"), 0)
        self.assertGreater(total("ProcessedBytes"), REQUESTS * 50)
        zones = {d["Value"] for m in self.cw.list_metrics(Namespace="AWS/ApplicationELB", MetricName="RequestCount")["Metrics"]
                 for d in m["Dimensions"] if d["Name"] == "AvailabilityZone"}
        self.assertEqual(sum(total("RequestCount", AvailabilityZone=zone) for zone in zones), REQUESTS)
        time = self.points("AWS/ApplicationELB", "TargetResponseTime", ["Average", "SampleCount"], LoadBalancer=balancer, TargetGroup=group)
        self.assertEqual(sum(p["SampleCount"] for p in time), REQUESTS)
        hosts = self.points("AWS/ApplicationELB", "HealthyHostCount", ["Maximum"], LoadBalancer=balancer, TargetGroup=group)
        self.assertEqual(max(p["Maximum"] for p in hosts), 1)

    def test_what_a_nat_gateway_passes_on_is_measured(self):
        self.wait_for("AWS/NATGateway", "BytesInFromDestination", ["Sum"], NatGatewayId=self.nat)

        def total(name):
            return sum(p["Sum"] for p in self.points("AWS/NATGateway", name, ["Sum"], NatGatewayId=self.nat))
        self.eventually(lambda: total("BytesInFromDestination") > 0, 150, "bytes")
        # The answers' bodies and heads, and five packets or so each way for a connection: no more than what was asked for.
        self.assertGreater(total("BytesInFromDestination"), ASKED * BODY)
        self.assertLess(total("BytesInFromDestination"), ASKED * (BODY + 1500))
        self.assertGreater(total("BytesOutToDestination"), ASKED * 100)
        self.assertLess(total("BytesOutToDestination"), ASKED * 1500)
        self.assertGreater(total("PacketsOutToDestination"), ASKED * 3)
        self.assertEqual(total("BytesOutToSource"), total("BytesInFromDestination"))
        self.assertEqual(total("BytesInFromSource"), total("BytesOutToDestination"))

    def test_capacity_units_are_those_of_what_was_used_most(self):
        balancer = self.lb.split("loadbalancer/")[1]
        self.wait_for("AWS/ApplicationELB", "NewConnectionCount", ["Sum"], LoadBalancer=balancer)
        points = {name: {p["Timestamp"]: p["Sum"] for p in self.points("AWS/ApplicationELB", name, ["Sum"], LoadBalancer=balancer)}
                  for name in ("ConsumedLCUs", "NewConnectionCount", "ProcessedBytes")}
        busy = max(points["NewConnectionCount"], key=points["NewConnectionCount"].get)
        # 25 new connections a second for an hour are one unit for an hour; so is a gigabyte.
        expected = max(points["NewConnectionCount"][busy] / 25 / 3600, points["ProcessedBytes"][busy] / 1e9)
        self.assertAlmostEqual(points["ConsumedLCUs"][busy], expected, delta=expected / 100)

    def test_log_groups_are_measured(self):
        self.logs.create_log_group(logGroupName="measured")
        self.logs.create_log_stream(logGroupName="measured", logStreamName="s")
        at = int(datetime.now().timestamp() * 1000)
        self.logs.put_log_events(logGroupName="measured", logStreamName="s", logEvents=[{"timestamp": at, "message": "x" * 74}] * 3)
        data = self.wait_for("AWS/Logs", "IncomingBytes", ["Sum"], LogGroupName="measured")
        self.assertEqual(sum(p["Sum"] for p in data), 300)
        self.assertEqual(sum(p["Sum"] for p in self.points("AWS/Logs", "IncomingLogEvents", ["Sum"], LogGroupName="measured")), 3)

    def test_a_target_tracking_policy_keeps_alarms(self):
        scaling = self.client("application-autoscaling")
        where = {"ServiceNamespace": "ecs", "ResourceId": "service/box/web", "ScalableDimension": "ecs:service:DesiredCount"}
        scaling.register_scalable_target(**where, MinCapacity=1, MaxCapacity=1)
        made = scaling.put_scaling_policy(**where, PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}})
        names = sorted(alarm["AlarmName"] for alarm in made["Alarms"])
        alarms = self.cw.describe_alarms(AlarmNames=names)["MetricAlarms"]
        self.assertEqual(sorted((a["Namespace"], a["MetricName"], a["AlarmActions"]) for a in alarms),
                         [("AWS/ECS", "CPUUtilization", [made["PolicyARN"]])] * 2)
        scaling.deregister_scalable_target(**where)
        self.assertEqual(self.cw.describe_alarms(AlarmNames=names)["MetricAlarms"], [])


class Actions(harness.ApiTest):
    def test_an_alarm_notifies_a_topic(self):
        cw, sns = self.client("cloudwatch"), self.client("sns")
        topic = sns.create_topic(Name="alarms")["TopicArn"]
        cw.put_metric_alarm(AlarmName="a", MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1, Statistic="Sum", Threshold=1,
                            ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic, topic + "-gone"])
        cw.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
        items = cw.describe_alarm_history(AlarmName="a", HistoryItemType="Action")["AlarmHistoryItems"]
        summaries = sorted(item["HistorySummary"] for item in items)
        self.assertEqual(len(summaries), 2)
        self.assertTrue(summaries[0].startswith(f"Failed to execute action {topic}-gone"), summaries)
        self.assertEqual(summaries[1], f"Successfully executed action {topic}")
        published = json.loads(json.loads(items[0]["HistoryData"])["publishedMessage"])
        self.assertEqual((published["AlarmName"], published["NewStateValue"], published["Trigger"]["Statistic"]), ("a", "ALARM", "SUM"))
