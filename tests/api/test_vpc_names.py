"""The resolver inside each VPC: private zones, public zones, load balancers, machines; nothing else."""
import uuid

from harness import ApiTest
from resolver import ask, ask_inside


class VpcNames(ApiTest):
    def setUp(self):
        self.ec2, self.r53, self.elb = self.client("ec2"), self.client("route53"), self.client("elbv2")

    def network(self, number):
        """A VPC with a load balancer in it: (VPC, one of its interfaces, the load balancer)."""
        vpc = self.ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
        subnets = [self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
                   for i, zone in ((1, "us-east-1a"), (2, "us-east-1b"))]
        balancer = self.elb.create_load_balancer(Name=f"in-{number}", Scheme="internal", Subnets=subnets)["LoadBalancers"][0]
        self.addCleanup(self.elb.delete_load_balancer, LoadBalancerArn=balancer["LoadBalancerArn"])
        found = self.ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkInterfaces"]
        return vpc, found[0]["NetworkInterfaceId"], balancer

    def zone(self, name, address, vpc=None):
        more = {"VPC": {"VPCRegion": "us-east-1", "VPCId": vpc}} if vpc else {}
        zone = self.r53.create_hosted_zone(Name=name, CallerReference=str(uuid.uuid4()), **more)["HostedZone"]["Id"]
        self.r53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": {
            "Name": "db." + name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}]}}]})
        return zone

    def hears(self, interface, server, name, kind, expected):
        self.eventually(lambda: ask_inside(interface, server, name, kind) == expected, 20, f"{name} {kind} at {server} as {expected}")

    def test_who_hears_what(self):
        (one, inside_one, balancer), (two, inside_two, _) = self.network(91), self.network(92)
        private, public = f"inside-{self.account}.test", f"outside-{self.account}.test"
        self.zone(private, "10.91.0.50", one)
        zone = self.zone(public, "192.0.2.80")
        nodes = sorted(ask(balancer["DNSName"], "A").values)
        self.assertEqual(len(nodes), 2)
        for server in ("10.91.0.2", "169.254.169.253"):
            self.hears(inside_one, server, "db." + private, "A", (0, ["10.91.0.50"]))
            self.hears(inside_one, server, "db." + public, "A", (0, ["192.0.2.80"]))
            self.hears(inside_one, server, balancer["DNSName"], "A", (0, nodes))
            self.hears(inside_one, server, "ip-10-91-0-7.ec2.internal", "A", (0, ["10.91.0.7"]))
            self.hears(inside_one, server, "7.0.91.10.in-addr.arpa", "PTR", (0, ["ip-10-91-0-7.ec2.internal"]))
            self.hears(inside_one, server, "unknown.example", "A", (3, []))
            self.hears(inside_one, server, "ip-10-92-0-7.ec2.internal", "A", (3, []))
        # The other network and the machine hear nothing of the private zone, and the public one as everybody does.
        self.hears(inside_two, "10.92.0.2", "db." + public, "A", (0, ["192.0.2.80"]))
        self.hears(inside_two, "10.92.0.2", "db." + private, "A", (3, []))
        self.assertEqual(ask("db." + private, "A").rcode, 5)
        self.assertEqual(ask("db." + public, "A").values, ["192.0.2.80"])
        # A private zone of the same name hides the public one where it is seen.
        self.zone(public, "10.92.0.60", two)
        self.hears(inside_two, "10.92.0.2", "db." + public, "A", (0, ["10.92.0.60"]))
        self.hears(inside_one, "10.91.0.2", "db." + public, "A", (0, ["192.0.2.80"]))
        servers = self.r53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]
        self.hears(inside_one, "10.91.0.2", servers[0], "A", (0, ["169.254.169.253"]))

    def test_an_associated_network_hears_and_one_taken_away_does_not(self):
        (one, inside_one, _), (two, inside_two, _) = self.network(93), self.network(94)
        name = f"shared-{self.account}.test"
        zone = self.zone(name, "10.93.0.50", one)
        self.hears(inside_one, "10.93.0.2", "db." + name, "A", (0, ["10.93.0.50"]))
        self.hears(inside_two, "10.94.0.2", "db." + name, "A", (3, []))
        self.r53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC={"VPCRegion": "us-east-1", "VPCId": two})
        self.hears(inside_two, "10.94.0.2", "db." + name, "A", (0, ["10.93.0.50"]))
        self.r53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC={"VPCRegion": "us-east-1", "VPCId": one})
        self.hears(inside_one, "10.93.0.2", "db." + name, "A", (3, []))
        self.hears(inside_two, "10.94.0.2", "db." + name, "A", (0, ["10.93.0.50"]))
