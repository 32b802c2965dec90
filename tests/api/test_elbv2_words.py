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
                ("no more than '5' condition values", {"Field": "path-pattern", "PathPatternConfig": {"Values": list("abcdef")}}),
                ("no more than '5' condition values", {"Field": "path-pattern", "PathPatternConfig": {"Values": list("abc")}},
                 {"Field": "host-header", "HostHeaderConfig": {"Values": list("abc")}}),
                ("The 'path-pattern' field contains too many values; the limit is '1'", {"Field": "path-pattern", "Values": list("ab")}),
                ("You cannot provide both Values and 'HostHeaderConfig'", {"Field": "host-header", "Values": ["a"], "HostHeaderConfig": {"Values": ["b"]}}),
                ("A condition value must be specified", {"Field": "host-header"}),
                ("The 'Values' field is not compatible with 'source-ip'", {"Field": "source-ip", "Values": ["10.0.0.0/8"]}),
                ("A 'SourceIpConfig' must be specified with 'source-ip'", {"Field": "source-ip"}),
                ("A 'source-ip' value must be specified", {"Field": "source-ip", "SourceIpConfig": {"Values": []}}),
                ("The 'Key' value is too long; the limit is '128'",
                 {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "k" * 129, "Value": "v"}]}}),
                ("Only one 'host-header' condition", {"Field": "host-header", "Values": ["a"]}, {"Field": "host-header", "Values": ["b"]}),
                ("The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore", {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get"]}}),
                ("A 'Value' must be specified", {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a"}]}})):
            with self.subTest(message):
                self.refused("ValidationError", self.rule, *conditions, message=message)
        made = self.rule({"Field": "host-header", "Values": ["a.test"]}, {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
                         {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "1"}, {"Value": "b"}]}})
        name = made["Rules"][0]["RuleArn"]
        self.refused("ValidationError", self.elb.modify_rule, RuleArn=name, message="Either conditions or actions must be specified")
        self.refused("ValidationError", self.elb.describe_rules, message="You must specify either listener rule ARNs or a listener ARN")
        self.refused("ValidationError", self.elb.describe_rules, RuleArns=[name], ListenerArn=self.listener, message="at the same time")
        self.refused("ValidationError", self.elb.describe_listeners, message="You must specify either listener ARNs or a load balancer ARN")
        self.refused("ValidationError", self.elb.describe_target_groups, Names=["words"], LoadBalancerArn=self.lb, message="at the same time")
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

    def test_listeners(self):
        def listener(**more):
            return self.elb.create_listener(LoadBalancerArn=self.lb, DefaultActions=self.forward, **more)
        self.refused("ValidationError", listener, Protocol="HTTP", message="A listener port must be specified")
        self.refused("ValidationError", listener, Port=82, message="A listener protocol must be specified")
        self.refused("ValidationError", listener, Port=82, Protocol="TCP", message="Listener protocol 'TCP' must be one of 'HTTP, HTTPS'")
        self.refused("ValidationError", listener, Port=82, Protocol="HTTPS", message="A certificate must be specified for HTTPS listeners")

    def test_an_internet_facing_one_needs_a_gateway(self):
        ec2 = self.client("ec2")
        subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["Subnets"]]
        self.refused("InvalidSubnet", self.elb.create_load_balancer, Name="outside", Subnets=subnets, message=f"VPC {self.vpc} has no internet gateway")
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        made = self.elb.create_load_balancer(Name="outside", Subnets=subnets)["LoadBalancers"][0]
        self.assertEqual(made["Scheme"], "internet-facing")
        self.elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])

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
