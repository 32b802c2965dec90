"""EC2's VPC part: what every account has from the start, read-back, refusals, and packets where a call promises them."""
import os
import subprocess

from harness import ApiTest

TAG = os.environ.get("STRATUS_TEST_TAG", "st")


def inside(interface, *command, seconds=5):
    """Runs a program in an interface's network namespace."""
    return subprocess.run(["ip", "netns", "exec", f"{TAG}-{interface}", "timeout", str(seconds), *command], capture_output=True, text=True,
                          check=False)


def has_namespace(interface):
    return os.path.exists(f"/run/netns/{TAG}-{interface}")


def pings(interface, address):
    return inside(interface, "ping", "-c1", "-W1", address).returncode == 0


class DefaultVpc(ApiTest):
    def test_every_account_has_one_with_a_subnet_a_zone_and_a_way_out(self):
        ec2 = self.client("ec2")
        vpc, = ec2.describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"]
        self.assertEqual(vpc["CidrBlock"], "172.31.0.0/16")
        subnets = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        self.assertEqual(sorted(s["AvailabilityZone"] for s in subnets), ["us-east-1a", "us-east-1b", "us-east-1c"])
        self.assertTrue(all(s["MapPublicIpOnLaunch"] for s in subnets))
        table, = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["RouteTables"]
        gateway, = ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}])["InternetGateways"]
        self.assertIn(("0.0.0.0/0", gateway["InternetGatewayId"]), [(r["DestinationCidrBlock"], r["GatewayId"]) for r in table["Routes"]])
        attribute, = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
        self.assertEqual(attribute["AttributeValues"][0]["AttributeValue"], vpc["VpcId"])

    def test_there_is_one_and_it_stays_deleted(self):
        ec2 = self.client("ec2", region="eu-west-1")
        self.refused("DefaultVpcAlreadyExists", ec2.create_default_vpc)
        vpc, = ec2.describe_vpcs()["Vpcs"]
        for subnet in ec2.describe_subnets()["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        gateway, = ec2.describe_internet_gateways()["InternetGateways"]
        ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
        ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
        ec2.delete_vpc(VpcId=vpc["VpcId"])
        self.assertEqual(ec2.describe_vpcs()["Vpcs"], [])
        self.refused("VPCIdNotSpecified", ec2.create_security_group, GroupName="g", Description="d")
        made = ec2.create_default_vpc()["Vpc"]
        self.assertTrue(made["IsDefault"])
        self.assertEqual(len(ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [made["VpcId"]]}])["Subnets"]), 3)
        self.refused("DefaultSubnetAlreadyExistsInAvailabilityZone", ec2.create_default_subnet, AvailabilityZone="eu-west-1a")

    def test_a_group_without_a_vpc_belongs_to_it(self):
        ec2 = self.client("ec2")
        group = ec2.create_security_group(GroupName="loose", Description="d")["GroupId"]
        vpc, = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        self.assertEqual(ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["VpcId"], vpc["VpcId"])


class Blocks(ApiTest):
    def test_a_second_block_holds_subnets_and_routes(self):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
        self.refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.9.0.0/24")
        made = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.9.0.0/16")["CidrBlockAssociation"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
        blocks = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlockAssociationSet"]
        self.assertEqual([b["CidrBlock"] for b in blocks], ["10.0.0.0/24", "10.9.0.0/16"])
        table, = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
        self.assertEqual([r["DestinationCidrBlock"] for r in table["Routes"]], ["10.0.0.0/24", "10.9.0.0/16"])
        self.refused("DependencyViolation", ec2.disassociate_vpc_cidr_block, AssociationId=made["AssociationId"])
        self.refused("OperationNotPermitted", ec2.disassociate_vpc_cidr_block, AssociationId=blocks[0]["AssociationId"])
        self.refused("InvalidParameterValue", ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.9.128.0/20")
        ec2.delete_subnet(SubnetId=subnet)
        ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
        self.assertEqual(len(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlockAssociationSet"]), 1)


class Interfaces(ApiTest):
    def setUp(self):
        self.ec2 = self.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]

    def make(self, **options):
        made = self.ec2.create_network_interface(SubnetId=self.subnet, **options)["NetworkInterface"]
        self.addCleanup(self.ec2.delete_network_interface, NetworkInterfaceId=made["NetworkInterfaceId"])
        return made

    def test_an_interface_is_there_with_the_address_and_the_mac_that_the_api_shows(self):
        made = self.make(PrivateIpAddress="10.0.1.77", Description="mine")
        name = made["NetworkInterfaceId"]
        self.assertEqual(made["Status"], "pending")
        self.eventually(lambda: has_namespace(name) and "10.0.1.77/32" in inside(name, "ip", "-4", "addr").stdout, what="the interface")
        self.assertIn(made["MacAddress"], inside(name, "ip", "link", "show", "eth0").stdout)
        shown, = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"]
        self.assertEqual((shown["Status"], shown["Description"], shown["PrivateIpAddress"]), ("available", "mine", "10.0.1.77"))
        self.refused("InvalidIPAddress.InUse", self.ec2.create_network_interface, SubnetId=self.subnet, PrivateIpAddress="10.0.1.77")
        self.refused("InvalidParameterValue", self.ec2.create_network_interface, SubnetId=self.subnet, PrivateIpAddress="10.0.2.77")

    def test_further_addresses_are_reached_and_given_back(self):
        first, second = self.make(), self.make()
        name = second["NetworkInterfaceId"]
        self.ec2.authorize_security_group_ingress(GroupId=second["Groups"][0]["GroupId"],
                                                  IpPermissions=[{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1,
                                                                  "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}])
        added = self.ec2.assign_private_ip_addresses(NetworkInterfaceId=name, SecondaryPrivateIpAddressCount=1)
        address = added["AssignedPrivateIpAddresses"][0]["PrivateIpAddress"]
        self.eventually(lambda: has_namespace(first["NetworkInterfaceId"]) and pings(first["NetworkInterfaceId"], address), what="an answer")
        self.ec2.unassign_private_ip_addresses(NetworkInterfaceId=name, PrivateIpAddresses=[address])
        self.eventually(lambda: not pings(first["NetworkInterfaceId"], address), what="silence")
        self.assertTrue(pings(first["NetworkInterfaceId"], second["PrivateIpAddress"]), "the first address stays")

    def test_attributes_change_and_are_read_back(self):
        name = self.make()["NetworkInterfaceId"]
        group = self.ec2.create_security_group(GroupName="other", Description="d", VpcId=self.vpc)["GroupId"]
        self.addCleanup(self.ec2.delete_security_group, GroupId=group)
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=name, SourceDestCheck={"Value": False})
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=name, Description={"Value": "new"})
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=name, Groups=[group])
        shown, = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"]
        self.assertEqual((shown["SourceDestCheck"], shown["Description"], [g["GroupId"] for g in shown["Groups"]]), (False, "new", [group]))
        check = self.ec2.describe_network_interface_attribute(NetworkInterfaceId=name, Attribute="sourceDestCheck")
        self.assertEqual(check["SourceDestCheck"], {"Value": False})
        self.refused("DependencyViolation", self.ec2.delete_security_group, GroupId=group)
        self.ec2.modify_network_interface_attribute(
            NetworkInterfaceId=name, Groups=[self.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [self.vpc]},
                                                                                        {"Name": "group-name", "Values": ["default"]}])
                                             ["SecurityGroups"][0]["GroupId"]])


class Peering(ApiTest):
    def side(self, cidr, client):
        vpc = client.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        subnet = client.create_subnet(VpcId=vpc, CidrBlock=cidr.replace("/16", "/24"))["Subnet"]["SubnetId"]
        eni = client.create_network_interface(SubnetId=subnet)["NetworkInterface"]
        self.addCleanup(client.delete_network_interface, NetworkInterfaceId=eni["NetworkInterfaceId"])
        group = eni["Groups"][0]["GroupId"]
        table, = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
        return {"vpc": vpc, "eni": eni["NetworkInterfaceId"], "ip": eni["PrivateIpAddress"], "group": group, "table": table["RouteTableId"]}

    def test_packets_cross_once_it_is_accepted_routed_and_allowed(self):
        ec2 = self.client("ec2")
        a, b = self.side("10.1.0.0/16", ec2), self.side("10.2.0.0/16", ec2)
        made = ec2.create_vpc_peering_connection(VpcId=a["vpc"], PeerVpcId=b["vpc"])["VpcPeeringConnection"]
        pcx = made["VpcPeeringConnectionId"]
        self.assertEqual(made["Status"]["Code"], "initiating-request")
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=pcx)
        shown, = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[pcx])["VpcPeeringConnections"]
        self.assertEqual(shown["Status"]["Code"], "active")
        ec2.create_route(RouteTableId=a["table"], DestinationCidrBlock="10.2.0.0/16", VpcPeeringConnectionId=pcx)
        ec2.create_route(RouteTableId=b["table"], DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId=pcx)
        self.eventually(lambda: has_namespace(a["eni"]) and has_namespace(b["eni"]), what="both interfaces")
        self.assertFalse(pings(a["eni"], b["ip"]), "no rule of the other side allows it")
        ec2.authorize_security_group_ingress(GroupId=b["group"], IpPermissions=[{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1,
                                                                                 "UserIdGroupPairs": [{"GroupId": a["group"]}]}])
        self.eventually(lambda: pings(a["eni"], b["ip"]), what="an answer through the peering, by the group of the other side")
        self.assertFalse(pings(b["eni"], a["ip"]), "nobody allowed the other way")
        ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=pcx)
        self.eventually(lambda: not pings(a["eni"], b["ip"]), what="silence after the deletion")
        states = {r.get("VpcPeeringConnectionId"): r["State"]
                  for r in ec2.describe_route_tables(RouteTableIds=[a["table"]])["RouteTables"][0]["Routes"]}
        self.assertEqual(states[pcx], "blackhole")

    def test_another_account_accepts_or_rejects(self):
        ours, theirs = self.client("ec2"), self.client("ec2", account="123456789012")
        a = ours.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
        b = theirs.create_vpc(CidrBlock="10.4.0.0/16")["Vpc"]["VpcId"]
        pcx = ours.create_vpc_peering_connection(VpcId=a, PeerVpcId=b, PeerOwnerId="123456789012")["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.refused("OperationNotPermitted", ours.accept_vpc_peering_connection, VpcPeeringConnectionId=pcx)
        theirs.reject_vpc_peering_connection(VpcPeeringConnectionId=pcx)
        self.refused("InvalidStateTransition", theirs.accept_vpc_peering_connection, VpcPeeringConnectionId=pcx)
        shown, = ours.describe_vpc_peering_connections(Filters=[{"Name": "status-code", "Values": ["rejected"]}])["VpcPeeringConnections"]
        self.assertEqual(shown["VpcPeeringConnectionId"], pcx)

    def test_overlapping_blocks_fail(self):
        ec2 = self.client("ec2")
        a, b = (ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
        self.assertEqual(ec2.create_vpc_peering_connection(VpcId=a, PeerVpcId=b)["VpcPeeringConnection"]["Status"]["Code"], "failed")
        self.refused("InvalidVpcPeeringConnectionID.NotFound", ec2.accept_vpc_peering_connection, VpcPeeringConnectionId="pcx-0")


class GroupRules(ApiTest):
    def test_a_rule_changes_in_place_and_keeps_its_id(self):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
        rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "web"}]}
        ])["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[
            {"SecurityGroupRuleId": rule, "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.1.0.0/16"}}])
        shown, = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"]
        self.assertEqual((shown["FromPort"], shown["CidrIpv4"], shown.get("Description")), (443, "10.1.0.0/16", None))
        ec2.update_security_group_rule_descriptions_ingress(GroupId=group, SecurityGroupRuleDescriptions=[
            {"SecurityGroupRuleId": rule, "Description": "tls"}])
        permissions = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
        self.assertEqual(permissions[0]["IpRanges"], [{"CidrIp": "10.1.0.0/16", "Description": "tls"}])
        self.refused("InvalidSecurityGroupRuleId.NotFound", ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[
            {"SecurityGroupRuleId": "sgr-0", "SecurityGroupRule": {"IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0"}}])
        groups = ec2.get_security_groups_for_vpc(VpcId=vpc)["SecurityGroupForVpcs"]
        self.assertEqual(sorted(g["GroupName"] for g in groups), ["default", "g"])
