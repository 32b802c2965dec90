#!/usr/bin/env python3
"""What an apply that was killed made but did not record, where no name stops a second one from being made: reads a plan as `terraform show -json` prints
it and writes, for each resource that it would create and that is there already, its address and the id to import it by, tab-separated.

usage: unrecorded.py PLAN.json [--names]     --names: those too that a name tells apart, whether or not they are there: an import will say

Resources with a Name tag are known by it and by the tags that every resource of an environment has; what has no tags is known by what it belongs to.
"""
import json
import sys

import adopt

# kind → (service's client, its question, the list in the answer, the id in an entry)
NAMED = {
    "aws_vpc": ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    "aws_subnet": ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    "aws_internet_gateway": ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "aws_eip": ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "aws_nat_gateway": ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "aws_route_table": ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    "aws_network_acl": ("ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    "aws_security_group": ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
}


class Lookup:
    """`client(service)` is boto3's."""

    def __init__(self, client, recorded):
        self.client, self.recorded = client, recorded

    def find(self, kind, planned):
        if kind in NAMED:
            return self.named(kind, planned)
        question = getattr(self, kind.removeprefix("aws_"), None)
        return question(planned) if question else None

    def unrecorded(self, ids):
        left = [identity for identity in ids if identity not in self.recorded]
        return left[0] if len(left) == 1 else None

    def named(self, kind, planned):
        tags = planned.get("tags_all") or {}
        if "Name" not in tags:
            return None
        service, question, answer, identity = NAMED[kind]
        filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in sorted(tags.items())]
        entries = getattr(self.client(service), question)(Filters=filters)[answer]
        return self.unrecorded([entry[identity] for entry in entries if entry.get("State") not in ("deleting", "deleted", "failed")])

    def route_table(self, table):
        return self.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"][0]

    def route(self, planned):
        table, to = planned.get("route_table_id"), planned.get("destination_cidr_block")
        there = table and to and any(route.get("DestinationCidrBlock") == to for route in self.route_table(table)["Routes"])
        return f"{table}_{to}" if there else None

    def route_table_association(self, planned):
        table, subnet = planned.get("route_table_id"), planned.get("subnet_id")
        there = table and subnet and any(association.get("SubnetId") == subnet for association in self.route_table(table)["Associations"])
        return f"{subnet}/{table}" if there else None

    def network_acl_rule(self, planned):
        acl, number = planned.get("network_acl_id"), planned.get("rule_number")
        if not acl:
            return None
        egress = bool(planned.get("egress"))
        entries = self.client("ec2").describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
        entry = next((entry for entry in entries if entry["RuleNumber"] == number and entry["Egress"] == egress), None)
        return f"{acl}:{number}:{entry['Protocol']}:{str(egress).lower()}" if entry else None

    def group_rule(self, planned, egress):
        if not planned.get("security_group_id"):
            return None
        rules = self.client("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [planned["security_group_id"]]}])["SecurityGroupRules"]
        wanted = (egress, planned["ip_protocol"], *(-1 if planned.get(end) is None else planned[end] for end in ("from_port", "to_port")),
                  planned.get("cidr_ipv4"), planned.get("referenced_security_group_id"))
        return self.unrecorded([rule["SecurityGroupRuleId"] for rule in rules if wanted == (
            rule["IsEgress"], rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule.get("CidrIpv4"), rule.get("ReferencedGroupInfo", {}).get("GroupId"))])

    def vpc_security_group_ingress_rule(self, planned):
        return self.group_rule(planned, False)

    def vpc_security_group_egress_rule(self, planned):
        return self.group_rule(planned, True)

    def lb_listener(self, planned):
        if not planned.get("load_balancer_arn"):
            return None
        listeners = self.client("elbv2").describe_listeners(LoadBalancerArn=planned["load_balancer_arn"])["Listeners"]
        return self.unrecorded([listener["ListenerArn"] for listener in listeners if listener["Port"] == planned["port"]])

    def lb_listener_rule(self, planned):
        if not planned.get("listener_arn"):
            return None
        rules = self.client("elbv2").describe_rules(ListenerArn=planned["listener_arn"])["Rules"]
        return self.unrecorded([rule["RuleArn"] for rule in rules if rule["Priority"] == str(planned.get("priority"))])

    def kms_key(self, planned):
        kms, wanted = self.client("kms"), planned.get("tags_all") or {}
        keys = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"] if key["KeyId"] not in self.recorded]
        def ours(key):
            try:
                tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]}
            except kms.exceptions.ClientError:  # another's key, or one that AWS keeps
                return False
            return "Name" in wanted and tags == wanted and kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
        return self.unrecorded([key for key in keys if ours(key)])

    def route53_zone(self, planned):
        name = planned["name"].rstrip(".") + "."
        zones = self.client("route53").list_hosted_zones_by_name(DNSName=name)["HostedZones"]
        return self.unrecorded([zone["Id"].split("/")[-1] for zone in zones if zone["Name"] == name])

    def route53_record(self, planned):
        zone, name, kind = planned.get("zone_id"), planned.get("name"), planned.get("type")
        if not (zone and name and kind):
            return None
        records = self.client("route53").list_resource_record_sets(HostedZoneId=zone, StartRecordName=name, StartRecordType=kind, MaxItems="1")["ResourceRecordSets"]
        return f"{zone}_{name}_{kind}" if any(record["Name"].rstrip(".") == name.rstrip(".") and record["Type"] == kind for record in records) else None


def ids_of(plan):
    """Ids of everything that the state already has."""
    def resources(module):
        yield from module.get("resources", [])
        for child in module.get("child_modules", []):
            yield from resources(child)
    root = (((plan.get("prior_state") or {}).get("values") or {}).get("root_module")) or {}
    return {value for resource in resources(root) if resource.get("mode") == "managed" for name in ("id", "arn", "allocation_id", "security_group_rule_id")
            if (value := resource["values"].get(name))}


def by_name(client, kind, planned):
    """The id by which a resource with a name of its own would be imported, if it is there."""
    name = planned.get("name") or planned.get("bucket")
    if kind == "aws_iam_openid_connect_provider":
        name = planned.get("url")
    return adopt.Lookup(client).find(kind, name, "") if name and kind != "aws_security_group" else None


def found(plan, client, names=False):
    lookup = Lookup(client, ids_of(plan))
    for change in plan.get("resource_changes", []):
        if change["mode"] == "managed" and change["change"]["actions"] == ["create"]:
            try:
                identity = lookup.find(change["type"], change["change"]["after"]) or (names and by_name(client, change["type"], change["change"]["after"]))
            except Exception as error:  # whatever the API says: the apply will meet it too
                print(f"unrecorded: {change['address']}: {error}", file=sys.stderr)
                continue
            if identity:
                lookup.recorded.add(identity)
                yield change["address"], identity


def main():
    import boto3
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    for address, identity in found(plan, boto3.client, "--names" in sys.argv[2:]):
        print(f"{address}\t{identity}")


if __name__ == "__main__":
    main()
