"""A plan that would make again what is there, and what is taken over instead."""
import unittest

import unrecorded

TAGS = {"Name": "counselor-dev-vpc", "Environment": "dev", "ManagedBy": "terraform"}


def create(kind, address="a", **after):
    return {"mode": "managed", "type": kind, "address": address, "change": {"actions": ["create"], "after": after}}


def plan(*changes, recorded=()):
    resources = [{"mode": "managed", "values": {"id": identity}} for identity in recorded]
    return {"resource_changes": list(changes), "prior_state": {"values": {"root_module": {"child_modules": [{"resources": resources}]}}}}


class Api:
    """Answers each question with what it was given, and remembers the questions."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __call__(self, _service):
        return self

    def __getattr__(self, question):
        def answer(**arguments):
            self.asked.append((question, arguments))
            return self.answers[question]
        return answer


class Unrecorded(unittest.TestCase):
    def found(self, api, *changes, recorded=()):
        return list(unrecorded.found(plan(*changes, recorded=recorded), api))

    def test_a_tagged_resource_is_known_by_all_of_its_tags(self):
        api = Api(describe_vpcs={"Vpcs": [{"VpcId": "vpc-1"}]})
        self.assertEqual(self.found(api, create("aws_vpc", tags_all=TAGS)), [("a", "vpc-1")])
        self.assertEqual({entry["Name"]: entry["Values"] for entry in api.asked[0][1]["Filters"]},
                         {"tag:Name": ["counselor-dev-vpc"], "tag:Environment": ["dev"], "tag:ManagedBy": ["terraform"]})

    def test_what_the_state_has_is_left(self):
        self.assertEqual(self.found(Api(describe_vpcs={"Vpcs": [{"VpcId": "vpc-1"}]}), create("aws_vpc", tags_all=TAGS), recorded=["vpc-1"]), [])

    def test_of_two_that_could_be_meant_none_is_taken(self):
        self.assertEqual(self.found(Api(describe_vpcs={"Vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}]}), create("aws_vpc", tags_all=TAGS)), [])

    def test_without_a_name_nothing_is_asked(self):
        api = Api()
        self.assertEqual(self.found(api, create("aws_vpc", tags_all={"Environment": "dev"})), [])
        self.assertEqual(api.asked, [])

    def test_what_is_on_its_way_out_is_left(self):
        gone = Api(describe_nat_gateways={"NatGateways": [{"NatGatewayId": "nat-1", "State": "deleted"}, {"NatGatewayId": "nat-2", "State": "available"}]})
        self.assertEqual(self.found(gone, create("aws_nat_gateway", tags_all=TAGS)), [("a", "nat-2")])

    def test_routes_and_associations_are_known_by_their_table(self):
        api = Api(describe_route_tables={"RouteTables": [{"Routes": [{"DestinationCidrBlock": "0.0.0.0/0"}], "Associations": [{"SubnetId": "subnet-1"}]}]})
        self.assertEqual(self.found(api, create("aws_route", route_table_id="rtb-1", destination_cidr_block="0.0.0.0/0")), [("a", "rtb-1_0.0.0.0/0")])
        self.assertEqual(self.found(api, create("aws_route", route_table_id="rtb-1", destination_cidr_block="10.9.0.0/16")), [])
        self.assertEqual(self.found(api, create("aws_route_table_association", route_table_id="rtb-1", subnet_id="subnet-1")), [("a", "subnet-1/rtb-1")])
        self.assertEqual(self.found(api, create("aws_route", destination_cidr_block="0.0.0.0/0")), [], "its table is not known yet")

    def test_a_group_s_rule_is_known_by_what_it_says(self):
        rule = {"SecurityGroupRuleId": "sgr-1", "IsEgress": False, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "0.0.0.0/0"}
        api = Api(describe_security_group_rules={"SecurityGroupRules": [rule, {**rule, "SecurityGroupRuleId": "sgr-2", "FromPort": 443, "ToPort": 443}]})
        wanted = {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0"}
        self.assertEqual(self.found(api, create("aws_vpc_security_group_ingress_rule", **wanted)), [("a", "sgr-2")])
        self.assertEqual(self.found(api, create("aws_vpc_security_group_egress_rule", **wanted)), [])

    def test_names_are_tried_where_they_are_asked_for(self):
        change = create("aws_iam_role", name="counselor-dev-task")
        self.assertEqual(self.found(Api(), change), [])
        self.assertEqual(list(unrecorded.found(plan(change), Api(), names=True)), [("a", "counselor-dev-task")])

    def test_what_would_not_be_created_is_no_question(self):
        change = create("aws_vpc", tags_all=TAGS)
        change["change"]["actions"] = ["no-op"]
        self.assertEqual(self.found(Api(), change), [])


if __name__ == "__main__":
    unittest.main()
