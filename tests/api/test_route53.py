"""Route 53: zones and records by the API, and what DNS then answers."""
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from harness import ApiTest
from resolver import ask, hosts_file


def record(name, kind="A", values=("192.0.2.1",), ttl=60, **more):
    out = {"Name": name, "Type": kind, **more}
    if "AliasTarget" not in more:
        out.update(TTL=ttl, ResourceRecords=[{"Value": value} for value in values])
    return out


class Route53Test(ApiTest):
    def setUp(self):
        self.r53 = self.client("route53")
        self.count = getattr(self, "count", 0)

    def zone(self, name=None, **more):
        name = name or f"z{self.account}-{self._testMethodName.replace('_', '-')[:30]}.test"
        self.count += 1
        made = self.r53.create_hosted_zone(Name=name, CallerReference=f"{self.id()}-{self.count}", **more)
        return made["HostedZone"]["Id"].split("/")[-1], made["HostedZone"]["Name"]

    def change(self, zone, *changes):
        return self.r53.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": what} for action, what in changes]})

    def insync(self, change):
        self.eventually(lambda: self.r53.get_change(Id=change["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC")

    def put(self, zone, *records):
        self.insync(self.change(zone, *[("CREATE", one) for one in records]))


class Zones(Route53Test):
    def test_create_get_list_delete(self):
        made = self.r53.create_hosted_zone(Name="one.test", CallerReference="ref-one", HostedZoneConfig={"Comment": "hello"})
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertRegex(made["HostedZone"]["Id"], "^/hostedzone/Z[A-Z0-9]+$")
        self.assertEqual(made["HostedZone"]["Name"], "one.test.")
        self.assertEqual(made["HostedZone"]["Config"], {"Comment": "hello", "PrivateZone": False})
        self.assertEqual(made["HostedZone"]["ResourceRecordSetCount"], 2)
        self.assertEqual(len(made["DelegationSet"]["NameServers"]), 4)
        self.assertEqual(made["ChangeInfo"]["Status"], "PENDING")
        self.insync(made)
        zone = made["HostedZone"]["Id"]
        self.assertEqual(self.r53.get_hosted_zone(Id=zone)["DelegationSet"], made["DelegationSet"])
        self.assertIn(zone, [z["Id"] for z in self.r53.list_hosted_zones()["HostedZones"]])
        self.refused("HostedZoneAlreadyExists", self.r53.create_hosted_zone, Name="other.test", CallerReference="ref-one", status=409)
        self.assertEqual(self.r53.update_hosted_zone_comment(Id=zone, Comment="new")["HostedZone"]["Config"]["Comment"], "new")
        self.insync(self.r53.delete_hosted_zone(Id=zone))
        self.refused("NoSuchHostedZone", self.r53.get_hosted_zone, Id=zone, status=404)
        self.refused("NoSuchHostedZone", self.r53.delete_hosted_zone, Id=zone, status=404)
        self.refused("NoSuchChange", self.r53.get_change, Id="C123", status=404)

    def test_required_records(self):
        zone, name = self.zone()
        sets = self.r53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        self.assertEqual([(s["Type"], s["Name"], s["TTL"]) for s in sets], [("NS", name, 172800), ("SOA", name, 900)])
        self.assertRegex(sets[1]["ResourceRecords"][0]["Value"], r"^ns-\S+ awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400$")
        error = self.refused("InvalidChangeBatch", self.change, zone, ("DELETE", sets[1]))
        self.assertIn("A HostedZone must contain exactly one SOA record.", error["Error"]["Message"])

    def test_a_zone_with_records_stays(self):
        zone, name = self.zone()
        self.put(zone, record("www." + name))
        self.refused("HostedZoneNotEmpty", self.r53.delete_hosted_zone, Id=zone, status=400)
        self.insync(self.change(zone, ("DELETE", record("www." + name))))
        self.r53.delete_hosted_zone(Id=zone)

    def test_listing_by_name_goes_by_labels_from_the_right(self):
        r53 = self.client("route53", account="100000099901")
        for name in ("b.list.test", "a.list.test", "list.test", "z.test"):
            r53.create_hosted_zone(Name=name, CallerReference="list-" + name)
        names = [z["Name"] for z in r53.list_hosted_zones_by_name()["HostedZones"]]
        self.assertEqual(names, ["list.test.", "a.list.test.", "b.list.test.", "z.test."])
        page = r53.list_hosted_zones_by_name(DNSName="a.list.test", MaxItems="1")
        self.assertEqual([z["Name"] for z in page["HostedZones"]], ["a.list.test."])
        self.assertEqual((page["IsTruncated"], page["NextDNSName"], page["MaxItems"]), (True, "b.list.test.", "1"))
        self.assertEqual(r53.get_hosted_zone_count()["HostedZoneCount"], 4)
        first = r53.list_hosted_zones(MaxItems="3")
        self.assertTrue(first["IsTruncated"])
        rest = r53.list_hosted_zones(Marker=first["NextMarker"])
        self.assertEqual(len(first["HostedZones"]) + len(rest["HostedZones"]), 4)

    def test_tags(self):
        zone, _ = self.zone()
        self.r53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone,
                                          AddTags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        self.r53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, RemoveTagKeys=["a"])
        one = self.r53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)["ResourceTagSet"]
        self.assertEqual(one, {"ResourceType": "hostedzone", "ResourceId": zone, "Tags": [{"Key": "b", "Value": "2"}]})
        several = self.r53.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[zone])["ResourceTagSets"]
        self.assertEqual(several, [one])
        self.refused("NoSuchHostedZone", self.r53.list_tags_for_resource, ResourceType="hostedzone", ResourceId="Z404")

    def test_reusable_delegation_sets(self):
        made = self.r53.create_reusable_delegation_set(CallerReference="set")["DelegationSet"]
        self.refused("DelegationSetAlreadyCreated", self.r53.create_reusable_delegation_set, CallerReference="set")
        zone, _ = self.zone(DelegationSetId=made["Id"])
        self.assertEqual(self.r53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"], made["NameServers"])
        self.refused("DelegationSetInUse", self.r53.delete_reusable_delegation_set, Id=made["Id"])
        self.r53.delete_hosted_zone(Id=zone)
        self.r53.delete_reusable_delegation_set(Id=made["Id"])
        self.refused("NoSuchDelegationSet", self.r53.get_reusable_delegation_set, Id=made["Id"])

    def test_private_zones_have_networks(self):
        ec2 = self.client("ec2")
        vpcs = [{"VPCRegion": "us-east-1", "VPCId": ec2.create_vpc(CidrBlock=f"10.{i}.0.0/16")["Vpc"]["VpcId"]} for i in (50, 51)]
        self.refused("InvalidVPCId", self.r53.create_hosted_zone, Name="p.test", CallerReference="bad",
                     VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-0000000000000000f"})
        zone, name = self.zone("private.test", VPC=vpcs[0])
        got = self.r53.get_hosted_zone(Id=zone)
        self.assertEqual(got["VPCs"], [vpcs[0]])
        self.assertNotIn("DelegationSet", got)
        self.assertTrue(got["HostedZone"]["Config"]["PrivateZone"])
        self.refused("ConflictingDomainExists", self.r53.create_hosted_zone, Name="private.test", CallerReference="twice", VPC=vpcs[0])
        self.refused("LastVPCAssociation", self.r53.disassociate_vpc_from_hosted_zone, HostedZoneId=zone, VPC=vpcs[0])
        self.insync(self.r53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=vpcs[1]))
        by_vpc = self.r53.list_hosted_zones_by_vpc(VPCId=vpcs[1]["VPCId"], VPCRegion="us-east-1")["HostedZoneSummaries"]
        self.assertEqual(by_vpc, [{"HostedZoneId": zone, "Name": name, "Owner": {"OwningAccount": self.account}}])
        self.insync(self.r53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=vpcs[0]))
        self.refused("VPCAssociationNotFound", self.r53.disassociate_vpc_from_hosted_zone, HostedZoneId=zone, VPC=vpcs[0])
        public, _ = self.zone("public.test")
        self.refused("PublicZoneVPCAssociation", self.r53.associate_vpc_with_hosted_zone, HostedZoneId=public, VPC=vpcs[0])

    def test_what_is_not_done_is_refused_by_name(self):
        zone, _ = self.zone()
        self.refused("NotImplemented", self.r53.create_query_logging_config, HostedZoneId=zone, status=501,
                     CloudWatchLogsLogGroupArn="arn:aws:logs:us-east-1:000000000000:log-group:x")
        self.assertEqual(self.r53.list_query_logging_configs()["QueryLoggingConfigs"], [])
        self.assertEqual(self.r53.get_dnssec(HostedZoneId=zone)["Status"]["ServeSignature"], "NOT_SIGNING")


class Records(Route53Test):
    def test_create_upsert_delete(self):
        zone, name = self.zone()
        www = record("WWW." + name, values=("192.0.2.1",))
        self.put(zone, www)
        error = self.refused("InvalidChangeBatch", self.change, zone, ("CREATE", www), status=400)
        self.assertEqual(error["Error"]["Message"],
                         f"[Tried to create resource record set [name='www.{name}', type='A'] but it already exists]")
        self.insync(self.change(zone, ("UPSERT", record("www." + name, values=("192.0.2.2", "192.0.2.3")))))
        error = self.refused("InvalidChangeBatch", self.change, zone, ("DELETE", www))
        self.assertIn("but the values provided do not match the current values", error["Error"]["Message"])
        error = self.refused("InvalidChangeBatch", self.change, zone, ("DELETE", record("nope." + name)))
        self.assertEqual(error["Error"]["Message"],
                         f"[Tried to delete resource record set [name='nope.{name}', type='A'] but it was not found]")
        self.insync(self.change(zone, ("DELETE", record("www." + name, values=("192.0.2.3", "192.0.2.2"))),
                                ("CREATE", record("www." + name, "CNAME", ("other.test",)))))

    def test_a_batch_holds_as_a_whole_or_not_at_all(self):
        zone, name = self.zone()
        self.refused("InvalidChangeBatch", self.change, zone, ("CREATE", record("a." + name)), ("CREATE", record("b.elsewhere.test")))
        self.assertEqual(len(self.r53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]), 2)

    def test_conflicts(self):
        zone, name = self.zone()
        self.put(zone, record("a." + name))
        for bad, message in ((record("a." + name, "CNAME", ("x.test",)), "conflicts with other records with the same DNS name"),
                             (record(name, "CNAME", ("x.test",)), "is not permitted at apex in zone"),
                             (record("x.elsewhere.test"), f"RRSet with DNS name x.elsewhere.test. is not permitted in zone {name}"),
                             (record("b." + name, values=("192.0.2.1", "192.0.2.1")), "Duplicate Resource Record: '192.0.2.1'")):
            error = self.refused("InvalidChangeBatch", self.change, zone, ("CREATE", bad))
            self.assertIn(message, error["Error"]["Message"])

    def test_values(self):
        zone, name = self.zone()
        for kind, value, message in (("A", "300.1.1.1", "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"),
                                     ("AAAA", "1.2.3.4", "Value is not a valid IPv6 address"),
                                     ("TXT", "bare words", "Value should be enclosed in quotation marks"),
                                     ("MX", "mail.test", "MX record doesn't have 2 fields"),
                                     ("SRV", "1 2 x.test", "SRV record doesn't have 4 fields"),
                                     ("CNAME", "a..b", "Domain label is empty"),
                                     ("CAA", "0 issue", "CAA record doesn't have 3 fields")):
            with self.subTest(kind):
                error = self.refused("InvalidChangeBatch", self.change, zone, ("CREATE", record("v." + name, kind, (value,))))
                self.assertIn(message, error["Error"]["Message"])
        self.put(zone, record("v." + name, "AAAA", ("2001:db8::1",)), record("v." + name, "TXT", ('"a b" "c"', '"d"')),
                 record("v." + name, "MX", ("10 mail.test.",)), record("_s._tcp." + name, "SRV", ("1 2 443 v.test.",)),
                 record("v." + name, "CAA", ('0 issue "ca.test"',)), record("v." + name, "SPF", ('"v=spf1 -all"',)))

    def test_shapes_of_changes(self):
        zone, name = self.zone()
        self.refused("InvalidInput", self.change, zone, ("CREATE", {"Name": "x." + name, "Type": "A"}), message="but found none")
        self.refused("InvalidInput", self.change, zone, ("CREATE", record("x." + name, SetIdentifier="one")))
        self.refused("InvalidInput", self.change, zone, ("CREATE", record("x." + name, Weight=1)), message="SetIdentifier")
        self.refused("NoSuchHealthCheck", self.change, zone,
                     ("CREATE", record("x." + name, Weight=1, SetIdentifier="a", HealthCheckId="00000000-0000-0000-0000-000000000000")))
        self.put(zone, record("w." + name, Weight=1, SetIdentifier="a"))
        error = self.refused("InvalidChangeBatch", self.change, zone, ("CREATE", record("w." + name, Region="us-east-1", SetIdentifier="b")))
        self.assertIn("cannot be created as a non-latency set exists with the same name and type", error["Error"]["Message"])
        error = self.refused("InvalidChangeBatch", self.change, zone, ("CREATE", record("w." + name, ttl=7, Weight=2, SetIdentifier="b")))
        self.assertIn("weighted sets must contain the same TTL", error["Error"]["Message"])

    def test_listing_is_ordered_and_paged(self):
        zone, name = self.zone()
        self.put(zone, record("b." + name), record("a.b." + name), record("a." + name, "TXT", ('"x"',)), record("a." + name),
                 record("*." + name))
        listed = [(s["Name"].removesuffix(name), s["Type"]) for s in self.r53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]]
        self.assertEqual(listed, [("", "NS"), ("", "SOA"), ("\\052.", "A"), ("a.", "A"), ("a.", "TXT"), ("b.", "A"), ("a.b.", "A")])
        page = self.r53.list_resource_record_sets(HostedZoneId=zone, StartRecordName="a." + name, StartRecordType="TXT", MaxItems="1")
        self.assertEqual([s["Type"] for s in page["ResourceRecordSets"]], ["TXT"])
        self.assertEqual((page["IsTruncated"], page["NextRecordName"], page["NextRecordType"]), (True, "b." + name, "A"))
        paginator = self.r53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone, PaginationConfig={"PageSize": 2})
        self.assertEqual(sum(len(p["ResourceRecordSets"]) for p in paginator), 7)

    def test_aliases(self):
        zone, name = self.zone()
        target = {"HostedZoneId": zone, "DNSName": "real." + name, "EvaluateTargetHealth": False}
        error = self.refused("InvalidChangeBatch", self.change, zone, ("CREATE", record("al." + name, AliasTarget=target)))
        self.assertIn("but that target was not found", error["Error"]["Message"])
        self.put(zone, record("real." + name, values=("192.0.2.9",)), record("al." + name, AliasTarget=target))
        self.assertEqual(ask("al." + name, "A").values, ["192.0.2.9"])
        error = self.refused("InvalidChangeBatch", self.change, zone, ("CREATE", record("lb." + name, AliasTarget={
            "HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "nope-1.us-east-1.elb.amazonaws.com", "EvaluateTargetHealth": False})))
        self.assertIn("but that target was not found", error["Error"]["Message"])
        self.refused("NotImplemented", self.change, zone, ("CREATE", record("cf." + name, AliasTarget={
            "HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net", "EvaluateTargetHealth": False})), status=501)


class Answers(Route53Test):
    """What a resolver hears, over UDP and TCP."""

    def test_simple_records_over_udp_and_tcp(self):
        zone, name = self.zone()
        self.put(zone, record("www." + name, values=("192.0.2.1", "192.0.2.2"), ttl=77), record("t." + name, "TXT", ('"hello world"',)),
                 record("c." + name, "CNAME", ("www." + name,)))
        for tcp in (False, True):
            answer = ask("www." + name, "A", tcp=tcp)
            self.assertEqual((answer.rcode, sorted(answer.values), answer.ttl, answer.authoritative), (0, ["192.0.2.1", "192.0.2.2"], 77, True))
        self.assertEqual(ask("t." + name, "TXT").values, ["hello world"])
        self.assertEqual(sorted(ask("c." + name, "A").values), ["192.0.2.1", "192.0.2.2", "www." + name.rstrip(".")])
        self.assertEqual(self.r53.test_dns_answer(HostedZoneId=zone, RecordName="t." + name, RecordType="TXT")["RecordData"], ['"hello world"'])

    def test_negative_answers_carry_the_soa(self):
        zone, name = self.zone()
        self.put(zone, record("deep.below." + name))
        missing, empty, other = ask("no." + name, "A"), ask("below." + name, "A"), ask("deep.below." + name, "AAAA")
        self.assertEqual((missing.rcode, missing.authority), (3, [("SOA", name.rstrip("."))]))
        for answer in (empty, other):
            self.assertEqual((answer.rcode, answer.values, answer.authority), (0, [], [("SOA", name.rstrip("."))]))
        self.assertEqual(ask("unknown.example", "A").rcode, 5)

    def test_wildcards(self):
        zone, name = self.zone()
        self.put(zone, record("*." + name, values=("192.0.2.5",)), record("own." + name, "TXT", ('"x"',)))
        self.assertEqual(ask("any.thing." + name, "A").values, ["192.0.2.5"])
        self.assertEqual(ask("own." + name, "A").values, [])

    def test_delegations_are_referred(self):
        zone, name = self.zone()
        self.put(zone, record("sub." + name, "NS", ("ns.sub." + name,)), record("ns.sub." + name, values=("192.0.2.53",)))
        answer = ask("host.sub." + name, "A")
        self.assertEqual((answer.rcode, answer.values, answer.authority), (0, [], [("NS", "sub." + name.rstrip("."))]))
        self.assertFalse(answer.authoritative)
        self.assertEqual(answer.additional, ["192.0.2.53"])

    def test_a_deleted_record_is_gone(self):
        zone, name = self.zone()
        self.put(zone, record("x." + name))
        self.assertEqual(ask("x." + name, "A").values, ["192.0.2.1"])
        self.insync(self.change(zone, ("DELETE", record("x." + name))))
        self.assertEqual(ask("x." + name, "A").rcode, 3)

    def test_weights(self):
        zone, name = self.zone()
        self.put(zone, record("w." + name, values=("192.0.2.1",), Weight=3, SetIdentifier="a"),
                 record("w." + name, values=("192.0.2.2",), Weight=1, SetIdentifier="b"),
                 record("w." + name, values=("192.0.2.3",), Weight=0, SetIdentifier="c"))
        heard = [ask("w." + name, "A").values for _ in range(400)]
        self.assertTrue(all(len(values) == 1 for values in heard))
        counts = {address: heard.count([address]) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3")}
        # 400 draws at 3:1: 300 with a standard deviation of 9; eight of them decide.
        self.assertTrue(230 < counts["192.0.2.1"] < 370, counts)
        self.assertEqual(counts["192.0.2.3"], 0)

    def test_multivalue_latency_and_place(self):
        zone, name = self.zone()
        self.put(zone, *[record("m." + name, values=(f"192.0.2.{i}",), MultiValueAnswer=True, SetIdentifier=str(i)) for i in range(1, 11)],
                 record("l." + name, values=("192.0.2.1",), Region="us-east-1", SetIdentifier="near"),
                 record("l." + name, values=("192.0.2.2",), Region="eu-west-1", SetIdentifier="far"),
                 record("g." + name, values=("192.0.2.1",), GeoLocation={"CountryCode": "US"}, SetIdentifier="us"),
                 record("g." + name, values=("192.0.2.2",), GeoLocation={"ContinentCode": "EU"}, SetIdentifier="eu"),
                 record("g." + name, values=("192.0.2.3",), GeoLocation={"CountryCode": "*"}, SetIdentifier="else"))
        self.assertEqual(len(ask("m." + name, "A").values), 8)
        self.assertEqual(ask("l." + name, "A").values, ["192.0.2.1"])
        self.assertEqual(ask("g." + name, "A").values, ["192.0.2.1"])

    def test_failover_follows_a_health_check(self):
        class Page(BaseHTTPRequestHandler):
            status = 200

            def do_GET(self):
                self.send_response(Page.status)
                self.end_headers()

            def log_message(self, *_):
                pass
        server = HTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        check = self.r53.create_health_check(CallerReference="fo", HealthCheckConfig={
            "IPAddress": "127.0.0.1", "Port": server.server_port, "Type": "HTTP", "ResourcePath": "/", "RequestInterval": 10,
            "FailureThreshold": 1})["HealthCheck"]["Id"]
        zone, name = self.zone()
        self.put(zone, record("f." + name, values=("192.0.2.1",), Failover="PRIMARY", SetIdentifier="p", HealthCheckId=check),
                 record("f." + name, values=("192.0.2.2",), Failover="SECONDARY", SetIdentifier="s"))

        def status():
            seen = self.r53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
            return seen[0]["StatusReport"]["Status"] if seen else ""
        self.eventually(lambda: status().startswith("Success: HTTP Status Code 200"))
        self.assertEqual(ask("f." + name, "A").values, ["192.0.2.1"])
        Page.status = 500
        # A changed check is probed at once.
        self.r53.update_health_check(HealthCheckId=check, ResourcePath="/again")
        self.eventually(lambda: ask("f." + name, "A").values == ["192.0.2.2"])
        self.assertTrue(status().startswith("Failure: HTTP Status Code 500"), status())
        self.r53.update_health_check(HealthCheckId=check, Inverted=True)
        self.eventually(lambda: ask("f." + name, "A").values == ["192.0.2.1"])


class HealthChecks(Route53Test):
    def config(self, **more):
        return {"IPAddress": "10.0.0.25", "Port": 80, "Type": "HTTP", "ResourcePath": "/", **more}

    def test_life(self):
        made = self.r53.create_health_check(CallerReference="h1", HealthCheckConfig=self.config())
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        check = made["HealthCheck"]
        config = check["HealthCheckConfig"]
        self.assertEqual((config["RequestInterval"], config["FailureThreshold"], config["EnableSNI"], config["Inverted"]), (30, 3, False, False))
        self.assertEqual(self.r53.create_health_check(CallerReference="h1", HealthCheckConfig=self.config())["HealthCheck"]["Id"], check["Id"])
        self.refused("HealthCheckAlreadyExists", self.r53.create_health_check, CallerReference="h1",
                     HealthCheckConfig=self.config(Port=81), status=409)
        changed = self.r53.update_health_check(HealthCheckId=check["Id"], HealthCheckVersion=1, Port=8080)["HealthCheck"]
        self.assertEqual((changed["HealthCheckVersion"], changed["HealthCheckConfig"]["Port"]), (2, 8080))
        self.refused("HealthCheckVersionMismatch", self.r53.update_health_check, HealthCheckId=check["Id"], HealthCheckVersion=1, status=409)
        self.r53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=check["Id"], AddTags=[{"Key": "k", "Value": "v"}])
        self.assertEqual(self.r53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=check["Id"])["ResourceTagSet"]["Tags"],
                         [{"Key": "k", "Value": "v"}])
        self.assertIn(check["Id"], [h["Id"] for h in self.r53.list_health_checks()["HealthChecks"]])
        self.assertGreaterEqual(self.r53.get_health_check_count()["HealthCheckCount"], 1)
        # No packet leaves this machine for an address that is nobody's here.
        self.eventually(lambda: "not reachable" in str(self.r53.get_health_check_status(HealthCheckId=check["Id"])["HealthCheckObservations"]))
        self.r53.delete_health_check(HealthCheckId=check["Id"])
        self.refused("NoSuchHealthCheck", self.r53.get_health_check, HealthCheckId=check["Id"], status=404)

    def test_kinds(self):
        self.refused("NotImplemented", self.r53.create_health_check, CallerReference="cw", HealthCheckConfig={
            "Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "us-east-1", "Name": "x"}}, status=501)
        self.refused("InvalidInput", self.r53.create_health_check, CallerReference="t", HealthCheckConfig={"Type": "TCP", "IPAddress": "10.0.0.1"})
        child = self.r53.create_health_check(CallerReference="child", HealthCheckConfig=self.config(Disabled=True))["HealthCheck"]["Id"]
        calculated = self.r53.create_health_check(CallerReference="calc", HealthCheckConfig={
            "Type": "CALCULATED", "ChildHealthChecks": [child], "HealthThreshold": 1})["HealthCheck"]
        self.assertEqual(calculated["HealthCheckConfig"]["ChildHealthChecks"], [child])
        self.refused("HealthCheckInUse", self.r53.delete_health_check, HealthCheckId=child)


class Hosts(Route53Test):
    def test_the_hosts_file_lists_public_names(self):
        zone, name = self.zone()
        plain = name.rstrip(".")
        self.put(zone, record(name, values=("192.0.2.7",)), record("c." + name, "CNAME", (name,)), record("*.w." + name))
        self.eventually(lambda: f"192.0.2.7 {plain}\n" in hosts_file() and f"192.0.2.7 c.{plain}\n" in hosts_file())
        self.assertNotIn("w." + plain, hosts_file())
