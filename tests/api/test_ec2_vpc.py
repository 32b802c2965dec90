"""EC2's VPC part as foreign suites use it: each resource, filters, tags, dry runs, refusals."""
import base64
import hashlib
import struct

import tasks
from harness import ApiTest

DRY = "Request would have succeeded, but DryRun flag is set."


class Ec2Test(ApiTest):
    def setUp(self):
        self.ec2 = self.client("ec2")

    def vpc(self, cidr="10.0.0.0/16"):
        return self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]

    def named(self, *values, name="vpc-id"):
        return [{"Name": name, "Values": list(values)}]


class DryRuns(Ec2Test):
    def test_nothing_happens(self):
        self.refused("DryRunOperation", self.ec2.create_vpc, CidrBlock="10.9.0.0/16", DryRun=True, status=412, message=DRY)
        self.assertEqual(self.ec2.describe_vpcs(Filters=self.named("10.9.0.0/16", name="cidr"))["Vpcs"], [])
        vpc = self.vpc()
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.refused("DryRunOperation", self.ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc, DryRun=True, status=412)
        self.assertEqual(self.ec2.describe_internet_gateways(InternetGatewayIds=[gateway])["InternetGateways"][0]["Attachments"], [])
        self.refused("DryRunOperation", self.ec2.delete_internet_gateway, InternetGatewayId=gateway, DryRun=True, status=412)
        self.refused("DryRunOperation", self.ec2.describe_vpcs, DryRun=True, status=412)
        self.refused("InvalidVpcID.NotFound", self.ec2.delete_vpc, VpcId="vpc-0" + "1" * 16, DryRun=True, status=400)
        self.ec2.delete_internet_gateway(InternetGatewayId=gateway)

    def test_what_would_be_refused_is_refused(self):
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        for operation in (self.ec2.authorize_security_group_egress, self.ec2.revoke_security_group_egress,
                          self.ec2.update_security_group_rule_descriptions_egress):
            with self.subTest(operation=operation.__name__):
                self.refused("InvalidGroup.NotFound", operation, GroupId="sg-0" + "1" * 16, IpPermissions=everything, DryRun=True, status=400)
        vpc = self.vpc()
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=vpc, DryRun=True, status=400)
        self.refused("DryRunOperation", self.ec2.delete_subnet, SubnetId=subnet, DryRun=True, status=412)
        self.ec2.delete_subnet(SubnetId=subnet)
        self.refused("DryRunOperation", self.ec2.delete_vpc, VpcId=vpc, DryRun=True, status=412)
        self.ec2.delete_vpc(VpcId=vpc)
        self.refused("InvalidVpcPeeringConnectionID.NotFound", self.ec2.accept_vpc_peering_connection,
                     VpcPeeringConnectionId="pcx-0" + "1" * 16, DryRun=True, status=400)


class Dhcp(Ec2Test):
    def test_options_of_ones_own(self):
        made = self.ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["corp.example"]},
                                                                {"Key": "domain-name-servers", "Values": ["10.0.0.5", "10.0.0.6"]}],
                                            TagSpecifications=[{"ResourceType": "dhcp-options", "Tags": [{"Key": "a", "Value": "b"}]}])["DhcpOptions"]
        options = made["DhcpOptionsId"]
        self.assertEqual(made["DhcpConfigurations"][1]["Values"], [{"Value": "10.0.0.5"}, {"Value": "10.0.0.6"}])
        self.refused("InvalidParameterValue", self.ec2.create_dhcp_options, DhcpConfigurations=[{"Key": "invalid", "Values": ["x"]}], status=400)
        self.refused("InvalidParameterValue", self.ec2.create_dhcp_options,
                     DhcpConfigurations=[{"Key": "netbios-node-type", "Values": ["0"]}])
        for domain in ("", "two words", "line\nnameserver 10.0.0.9", "tab\there"):
            with self.subTest(domain=domain):
                self.refused("InvalidParameterValue", self.ec2.create_dhcp_options,
                             DhcpConfigurations=[{"Key": "domain-name", "Values": [domain]}], status=400)
        for key, value in (("ntp-servers", "10.0.0.9"), ("netbios-name-servers", "10.0.0.9"), ("netbios-node-type", "2"),
                           ("ipv6-address-preferred-lease-time", "140")):
            with self.subTest(key=key):
                self.refused("NotImplemented", self.ec2.create_dhcp_options, DhcpConfigurations=[{"Key": key, "Values": [value]}], message=key)
        self.refused("InvalidParameterValue", self.ec2.create_dhcp_options,
                     DhcpConfigurations=[{"Key": "ipv6-address-preferred-lease-time", "Values": ["139"]}])
        vpc = self.vpc()
        self.ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
        self.assertEqual(self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"], options)
        self.refused("DependencyViolation", self.ec2.delete_dhcp_options, DhcpOptionsId=options)
        found = self.ec2.describe_dhcp_options(Filters=self.named("corp.example", name="value"))["DhcpOptions"]
        self.assertEqual([o["DhcpOptionsId"] for o in found], [options])
        self.ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
        self.ec2.delete_dhcp_options(DhcpOptionsId=options)
        self.refused("InvalidDhcpOptionID.NotFound", self.ec2.delete_dhcp_options, DhcpOptionsId=options)


class DhcpOfTasks(tasks.TaskTest):
    def test_a_task_is_told_its_name_servers(self):
        vpc = self.ec2.describe_subnets(SubnetIds=[self.subnet])["Subnets"][0]["VpcId"]
        self.assertEqual(self.outcome("cat /etc/resolv.conf"), (0, "nameserver 10.77.0.2\nsearch ec2.internal"))
        options = self.ec2.create_dhcp_options(DhcpConfigurations=[
            {"Key": "domain-name", "Values": ["corp.example"]}, {"Key": "domain-name-servers", "Values": ["10.0.0.5", "10.0.0.6"]}])["DhcpOptions"]
        self.ec2.associate_dhcp_options(DhcpOptionsId=options["DhcpOptionsId"], VpcId=vpc)
        self.assertEqual(self.outcome("cat /etc/resolv.conf"), (0, "nameserver 10.0.0.5\nnameserver 10.0.0.6\nsearch corp.example"))


class PrefixListsOfTasks(tasks.TaskTest):
    def test_an_entry_lets_packets_in(self):
        vpc = self.ec2.describe_subnets(SubnetIds=[self.subnet])["Subnets"][0]["VpcId"]
        group = self.ec2.create_security_group(GroupName="server", Description="d", VpcId=vpc)["GroupId"]
        name = self.ec2.create_managed_prefix_list(PrefixListName="inside", MaxEntries=1, AddressFamily="IPv4")["PrefixList"]["PrefixListId"]
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "PrefixListIds": [{"PrefixListId": name}]}])
        definition = self.define(self.container("while true; do echo here | nc -l -p 8080; done"), family="server")
        server = self.ecs.run_task(cluster="box", taskDefinition=definition, launchType="FARGATE", networkConfiguration={
            "awsvpcConfiguration": {"subnets": [self.subnet], "securityGroups": [group]}})["tasks"][0]["taskArn"]
        address = self.until(server, "RUNNING")["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
        ask = f"for i in $(busybox seq 3); do nc -w 1 {address} 8080 < /dev/null | grep here && exit 0; done; exit 7"
        self.assertEqual(self.outcome(ask)[0], 7)
        self.ec2.modify_managed_prefix_list(PrefixListId=name, CurrentVersion=1, AddEntries=[{"Cidr": "10.77.0.0/16"}])
        self.assertEqual(self.outcome(ask.replace("seq 3", "seq 20")), (0, "here"))


class KeyPairs(Ec2Test):
    def test_made_imported_listed_deleted(self):
        made = self.ec2.create_key_pair(KeyName="one")
        self.assertTrue(made["KeyMaterial"].startswith("-----BEGIN RSA PRIVATE KEY-----"))
        self.assertRegex(made["KeyFingerprint"], "^([0-9a-f]{2}:){19}[0-9a-f]{2}$")
        self.refused("InvalidKeyPair.Duplicate", self.ec2.create_key_pair, KeyName="one", status=400)
        ed = self.ec2.create_key_pair(KeyName="ed", KeyType="ed25519")
        self.assertIn("BEGIN OPENSSH PRIVATE KEY", ed["KeyMaterial"])
        blob = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", 32) + bytes(range(32))
        imported = self.ec2.import_key_pair(KeyName="two", PublicKeyMaterial=b"ssh-ed25519 " + base64.b64encode(blob) + b" me")
        self.assertEqual(imported["KeyFingerprint"], base64.b64encode(hashlib.sha256(blob).digest()).decode())
        self.refused("InvalidKey.Format", self.ec2.import_key_pair, KeyName="three", PublicKeyMaterial=b"rubbish")
        self.assertEqual({k["KeyName"] for k in self.ec2.describe_key_pairs(Filters=self.named("one", "two", name="key-name"))["KeyPairs"]},
                         {"one", "two"})
        self.refused("InvalidKeyPair.NotFound", self.ec2.describe_key_pairs, KeyNames=["none"])
        self.ec2.delete_key_pair(KeyName="one")
        self.ec2.delete_key_pair(KeyName="one")  # what is gone is gone
        self.refused("InvalidKeyPair.NotFound", self.ec2.describe_key_pairs, KeyNames=["one"])


class PrefixLists(Ec2Test):
    def test_entries_versions_and_use(self):
        made = self.ec2.create_managed_prefix_list(PrefixListName="offices", MaxEntries=3, AddressFamily="IPv4",
                                                   Entries=[{"Cidr": "192.0.2.0/24", "Description": "north"}])["PrefixList"]
        self.assertEqual((made["Version"], made["State"]), (1, "create-complete"))
        name = made["PrefixListId"]
        self.refused("PrefixListVersionMismatch", self.ec2.modify_managed_prefix_list, PrefixListId=name, CurrentVersion=7,
                     AddEntries=[{"Cidr": "198.51.100.0/24"}])
        changed = self.ec2.modify_managed_prefix_list(PrefixListId=name, CurrentVersion=1, AddEntries=[{"Cidr": "198.51.100.0/24"}])["PrefixList"]
        self.assertEqual(changed["Version"], 2)
        self.assertEqual([e["Cidr"] for e in self.ec2.get_managed_prefix_list_entries(PrefixListId=name)["Entries"]],
                         ["192.0.2.0/24", "198.51.100.0/24"])
        self.assertEqual(len(self.ec2.get_managed_prefix_list_entries(PrefixListId=name, TargetVersion=1)["Entries"]), 1)
        # As Terraform's provider changes a description.
        self.ec2.modify_managed_prefix_list(PrefixListId=name, CurrentVersion=2, RemoveEntries=[{"Cidr": "192.0.2.0/24"}])
        self.refused("PrefixListVersionMismatch", self.ec2.modify_managed_prefix_list, PrefixListId=name, CurrentVersion=2,
                     AddEntries=[{"Cidr": "203.0.113.0/24"}])
        self.ec2.modify_managed_prefix_list(PrefixListId=name, CurrentVersion=2, AddEntries=[{"Cidr": "192.0.2.0/24", "Description": "south"}])
        self.assertEqual({e["Cidr"]: e.get("Description") for e in self.ec2.get_managed_prefix_list_entries(PrefixListId=name)["Entries"]},
                         {"192.0.2.0/24": "south", "198.51.100.0/24": None})
        vpc = self.vpc()
        group = self.ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
        permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": name}]}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
        shown = self.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"][0]
        self.assertEqual(shown["PrefixListIds"], [{"PrefixListId": name}])
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=table, DestinationPrefixListId=name, GatewayId=gateway)
        self.assertIn(name, [r.get("DestinationPrefixListId") for r in self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]])
        self.assertEqual({a["ResourceId"] for a in self.ec2.get_managed_prefix_list_associations(PrefixListId=name)["PrefixListAssociations"]},
                         {group, table})
        self.refused("DependencyViolation", self.ec2.delete_managed_prefix_list, PrefixListId=name)
        self.refused("InvalidParameterValue", self.ec2.delete_route, RouteTableId=table, DestinationCidrBlock="10.0.0.0/16",
                     message="cannot remove local route")
        self.ec2.delete_route(RouteTableId=table, DestinationPrefixListId=name)
        self.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
        self.ec2.delete_managed_prefix_list(PrefixListId=name)
        self.refused("InvalidPrefixListID.NotFound", self.ec2.get_managed_prefix_list_entries, PrefixListId=name)


class Groups(Ec2Test):
    def test_by_name_in_the_default_vpc(self):
        self.ec2.create_security_group(GroupName="web", Description="d")
        self.ec2.authorize_security_group_ingress(GroupName="web", IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="10.0.0.0/8")
        found = self.ec2.describe_security_groups(GroupNames=["web"])["SecurityGroups"][0]
        self.assertEqual(found["IpPermissions"][0]["IpRanges"], [{"CidrIp": "10.0.0.0/8"}])
        self.refused("InvalidGroup.NotFound", self.ec2.describe_security_groups, GroupNames=["none"], message="default VPC")
        self.refused("MissingParameter", self.ec2.create_security_group, GroupName="empty", Description="", message="GroupDescription")
        by_name = self.ec2.describe_security_groups(Filters=self.named("default", name="ip-permission.group-name"))["SecurityGroups"]
        self.assertEqual({g["GroupName"] for g in by_name}, {"default"})
        self.refused("InvalidGroup.Duplicate", self.ec2.create_security_group, GroupName="web", Description="d")
        self.ec2.delete_security_group(GroupName="web")
        self.refused("InvalidGroup.NotFound", self.ec2.delete_security_group, GroupName="web")

    def test_rules_as_things_of_their_own(self):
        group = self.ec2.create_security_group(GroupName="r", Description="d", VpcId=self.vpc())["GroupId"]
        rule = self.ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "x"}]}],
            TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "k", "Value": "v"}]}])["SecurityGroupRules"][0]
        name = rule["SecurityGroupRuleId"]
        self.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": name, "SecurityGroupRule": {
            "IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "CidrIpv4": "10.1.0.0/16"}}])
        found = self.ec2.describe_security_group_rules(Filters=self.named(group, name="group-id"))["SecurityGroupRules"]
        self.assertEqual({(r["IsEgress"], r["CidrIpv4"]) for r in found}, {(True, "0.0.0.0/0"), (False, "10.1.0.0/16")})
        self.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}])
        self.assertEqual(self.ec2.describe_tags(Filters=self.named(name, name="resource-id"))["Tags"], [])
        self.refused("InvalidPermission.NotFound", self.ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}])

    def test_ipv6_blocks_are_kept_as_a_vpc_without_ipv6_keeps_them(self):
        vpc = self.vpc()
        group = self.ec2.create_security_group(GroupName="six", Description="d", VpcId=vpc)["GroupId"]
        permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                      "Ipv6Ranges": [{"CidrIpv6": "::/0", "Description": "everybody"}, {"CidrIpv6": "2001:DB8:0::/32"}]}
        made = self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"]
        self.assertEqual([r.get("CidrIpv6") for r in made], [None, "::/0", "2001:db8::/32"])
        shown, = self.ec2.describe_security_groups(Filters=self.named("2001:db8::/32", name="ip-permission.ipv6-cidr"))["SecurityGroups"][0]["IpPermissions"]
        self.assertEqual((shown["IpRanges"], shown["Ipv6Ranges"]),
                         ([{"CidrIp": "0.0.0.0/0"}], [{"CidrIpv6": "::/0", "Description": "everybody"}, {"CidrIpv6": "2001:db8::/32"}]))
        self.refused("InvalidPermission.Duplicate", self.ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[permission])
        self.refused("InvalidParameterValue", self.ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[
            {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/129"}]}], message="malformed")
        self.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": made[1]["SecurityGroupRuleId"], "SecurityGroupRule": {
            "IpProtocol": "icmpv6", "FromPort": -1, "ToPort": -1, "CidrIpv6": "::/0"}}])
        self.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "icmpv6", "FromPort": -1, "ToPort": -1,
                                                                              "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
        self.refused("InvalidPermission.NotFound", self.ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=[
            {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
        acl = self.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        self.ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=101, Protocol="-1", RuleAction="allow", Egress=False, Ipv6CidrBlock="::/0")
        entry = self.ec2.describe_network_acls(Filters=self.named("::/0", name="entry.ipv6-cidr"))["NetworkAcls"][0]["Entries"][0]
        self.assertEqual((entry["Ipv6CidrBlock"], entry["RuleNumber"], "CidrBlock" in entry), ("::/0", 101, False))
        self.refused("InvalidParameterValue", self.ec2.create_network_acl_entry, NetworkAclId=acl, RuleNumber=102, Protocol="-1", RuleAction="allow",
                     Egress=False, Ipv6CidrBlock="nonsense")

    def test_limits(self):
        group = self.ec2.create_security_group(GroupName="many", Description="d", VpcId=self.vpc())["GroupId"]
        def rule(*blocks):
            return {"GroupId": group, "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": b} for b in blocks]}]}
        self.refused("InvalidParameterValue", self.ec2.authorize_security_group_ingress, **rule("10.0.0.0/8", "10.0.0.0/8"), message="multiple times")
        self.ec2.authorize_security_group_ingress(**rule(*(f"10.{i}.0.0/16" for i in range(60))))
        self.refused("RulesPerSecurityGroupLimitExceeded", self.ec2.authorize_security_group_ingress, **rule("10.200.0.0/16"))


class TagsAndFilters(Ec2Test):
    def test_tags(self):
        vpc = self.vpc()
        self.ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "x"}, {"Key": "e", "Value": ""}])
        self.assertEqual({(t["Key"], t["Value"]) for t in self.ec2.describe_tags(Filters=self.named(vpc, name="resource-id"))["Tags"]},
                         {("Name", "x"), ("e", "")})
        self.assertEqual([v["VpcId"] for v in self.ec2.describe_vpcs(Filters=self.named("x", name="tag:Name"))["Vpcs"]], [vpc])
        self.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "other"}])
        self.assertEqual(len(self.ec2.describe_tags(Filters=self.named("Name", name="key"))["Tags"]), 1)
        self.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Name"}])
        self.assertEqual(self.ec2.describe_tags(Filters=self.named("Name", name="key"))["Tags"], [])
        self.refused("InvalidSubnetID.NotFound", self.ec2.create_tags, Resources=["subnet-0123456789abcdef0"], Tags=[{"Key": "a", "Value": "b"}])
        self.refused("InvalidID", self.ec2.create_tags, Resources=["blah"], Tags=[{"Key": "a", "Value": "b"}], status=400)

    def test_an_unknown_filter_is_refused(self):
        self.vpc()
        self.refused("InvalidParameterValue", self.ec2.describe_vpcs, Filters=self.named("x", name="not-implemented-filter"),
                     message="The filter 'not-implemented-filter' is invalid")

    def test_subnets(self):
        vpc = self.vpc()
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1b")["Subnet"]
        for name, value in (("availabilityZone", "us-east-1b"), ("cidr-block", "10.0.1.0/24"), ("subnet-arn", subnet["SubnetArn"])):
            found = self.ec2.describe_subnets(Filters=self.named(vpc) + self.named(value, name=name))["Subnets"]
            self.assertEqual([s["SubnetId"] for s in found], [subnet["SubnetId"]], name)
        self.assertEqual(subnet["AvailableIpAddressCount"], 251)
        self.refused("InvalidSubnet.Conflict", self.ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/25")
        self.refused("InvalidSubnet.Range", self.ec2.create_subnet, VpcId=vpc, CidrBlock="10.1.0.0/24")
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=vpc)
        self.ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        self.refused("InvalidSubnetID.NotFound", self.ec2.describe_subnets, SubnetIds=[subnet["SubnetId"]])
        self.ec2.delete_vpc(VpcId=vpc)


class Absent(Ec2Test):
    def test_there_are_none_of_what_cannot_be_made(self):
        self.assertEqual(self.ec2.describe_instances()["Reservations"], [])
        self.refused("InvalidInstanceID.NotFound", self.ec2.describe_instances, InstanceIds=["i-0123456789abcdef0"])
        self.assertEqual(self.ec2.describe_vpc_endpoints()["VpcEndpoints"], [])
        self.assertEqual(self.ec2.describe_flow_logs()["FlowLogs"], [])
        self.refused("NotImplemented", self.ec2.run_instances, ImageId="ami-1", MinCount=1, MaxCount=1, status=501)
        self.refused("NotImplemented", self.ec2.create_vpc_endpoint, VpcId=self.vpc(), ServiceName="com.amazonaws.us-east-1.s3", status=501)

    def test_regions_and_zones(self):
        self.assertIn("eu-west-1", [r["RegionName"] for r in self.ec2.describe_regions()["Regions"]])
        zones = self.ec2.describe_availability_zones(Filters=self.named("us-east-1a", name="zone-name"))["AvailabilityZones"]
        self.refused("InvalidParameterValue", self.ec2.describe_regions, RegionNames=["mars-1"])
        self.assertEqual([(z["ZoneId"], z["State"]) for z in zones], [("use1-az1", "available")])
        self.refused("InvalidParameterValue", self.ec2.describe_availability_zones, ZoneNames=["us-east-1z"])
