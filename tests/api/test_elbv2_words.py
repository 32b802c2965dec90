"""Elastic Load Balancing: what it refuses, in AWS's words."""
from harness import ApiTest


class Words(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        cls.elb, ec2 = self.client("elbv2"), self.client("ec2")
        cls.vpc = ec2.create_vpc(CidrBlock="10.78.0.0/16")["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=cls.vpc, CidrBlock=f"10.78.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
                   for i, zone in ((1, "us-east-1a"), (2, "us-east-1b"))]
        cls.lb = cls.elb.create_load_balancer(Name="words", Scheme="internal", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        cls.addClassCleanup(cls.elb.delete_load_balancer, LoadBalancerArn=cls.lb)
        cls.group = cls.elb.create_target_group(Name="words", Protocol="HTTP", Port=80, VpcId=cls.vpc, TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
        cls.forward = [{"Type": "forward", "TargetGroupArn": cls.group}]
        cls.listener = cls.elb.create_listener(LoadBalancerArn=cls.lb, Protocol="HTTP", Port=80, DefaultActions=cls.forward)["Listeners"][0]["ListenerArn"]

    def rule(self, *conditions, priority=10):
        return self.elb.create_rule(ListenerArn=self.listener, Priority=priority, Conditions=list(conditions), Actions=self.forward)

    def test_conditions(self):
        for message, *conditions in (
                ("A condition must be specified",),
                ("Condition field 'nonsense' must be one of", {"Field": "nonsense", "Values": ["a"]}),
                ("The 'host-header' value is too long; the limit is '128'", {"Field": "host-header", "Values": ["x" * 129]}),
                ("no more than '5' condition values", {"Field": "path-pattern", "Values": list("abcdef")}),
                ("no more than '5' condition values", {"Field": "path-pattern", "Values": list("abc")}, {"Field": "host-header", "Values": list("abc")}),
                ("Only one 'host-header' condition", {"Field": "host-header", "Values": ["a"]}, {"Field": "host-header", "Values": ["b"]}),
                ("The 'http-request-method' value 'get'", {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get"]}}),
                ("A 'Value' must be specified", {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a"}]}})):
            with self.subTest(message):
                self.refused("ValidationError", self.rule, *conditions, message=message)
        made = self.rule({"Field": "host-header", "Values": ["a.test"]}, {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
                         {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "1"}, {"Value": "b"}]}})
        self.refused("PriorityInUse", self.rule, {"Field": "host-header", "Values": ["b.test"]})
        self.elb.delete_rule(RuleArn=made["Rules"][0]["RuleArn"])

    def test_actions(self):
        def listener(**action):
            return self.elb.create_listener(LoadBalancerArn=self.lb, Protocol="HTTP", Port=81, DefaultActions=[action])
        self.refused("InvalidLoadBalancerAction", listener, Type="fixed-response", message="The ContentType must be one of",
                     FixedResponseConfig={"StatusCode": "200", "ContentType": "image/png"})
        self.refused("InvalidLoadBalancerAction", listener, Type="redirect", message="creates a loop", RedirectConfig={"StatusCode": "HTTP_301"})
        made = listener(Type="redirect", RedirectConfig={"StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"})
        self.elb.delete_listener(ListenerArn=made["Listeners"][0]["ListenerArn"])

    def test_groups_and_tags(self):
        self.refused("ValidationError", self.elb.create_target_group, Name="nowhere", Protocol="HTTP", Port=80, VpcId="vpc-0000000000000000f",
                     TargetType="ip", message="The VPC ID 'vpc-0000000000000000f' is not found")
        self.refused("ValidationError", self.elb.add_tags, ResourceArns=[self.lb], Tags=[{"Key": "aws:x", "Value": "1"}])
        self.refused("DuplicateTagKeys", self.elb.add_tags, ResourceArns=[self.lb], Tags=[{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}])

    def test_a_region_has_its_zone(self):
        ec2, elb = self.client("ec2", region="eu-west-1"), self.client("elbv2", region="eu-west-1")
        vpc = ec2.create_vpc(CidrBlock="10.79.0.0/16")["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.79.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
                   for i, zone in ((1, "eu-west-1a"), (2, "eu-west-1b"))]
        made = elb.create_load_balancer(Name="dublin", Scheme="internal", Subnets=subnets)["LoadBalancers"][0]
        self.assertEqual(made["CanonicalHostedZoneId"], "Z32O12XQLNTSW2")
        elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
