"""EventBridge: patterns, rules, schedules that fire, targets that hear."""
import datetime
import json

from harness import ApiTest

PATTERN = json.dumps({"source": ["app"]})


class Rules(ApiTest):
    def setUp(self):
        self.events = self.client("events")

    def test_a_rule_reads_back(self):
        arn = self.events.put_rule(Name="r", EventPattern=PATTERN, Description="d", Tags=[{"Key": "k", "Value": "v"}])["RuleArn"]
        self.assertEqual(arn, f"arn:aws:events:us-east-1:{self.account}:rule/r")
        rule = self.events.describe_rule(Name="r")
        self.assertEqual((rule["Arn"], rule["EventPattern"], rule["State"], rule["Description"], rule["EventBusName"], rule["CreatedBy"]),
                         (arn, PATTERN, "ENABLED", "d", "default", self.account))
        self.assertEqual(self.events.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "k", "Value": "v"}])
        self.events.disable_rule(Name="r")
        self.assertEqual(self.events.describe_rule(Name="r")["State"], "DISABLED")
        self.events.enable_rule(Name="r")
        self.events.tag_resource(ResourceARN=arn, Tags=[{"Key": "x", "Value": "y"}])
        self.events.untag_resource(ResourceARN=arn, TagKeys=["k"])
        self.assertEqual(self.events.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "x", "Value": "y"}])
        self.events.delete_rule(Name="r")
        self.refused("ResourceNotFoundException", self.events.describe_rule, Name="r", message="Rule r does not exist on EventBus default.")
        self.events.delete_rule(Name="r")

    def test_validation(self):
        put = self.events.put_rule
        self.refused("ValidationException", put, Name="v", message="Parameter(s) EventPattern or ScheduleExpression must be specified.")
        self.refused("ValidationException", put, Name="v", ScheduleExpression="rate(0 minutes)", message="Parameter ScheduleExpression is not valid.")
        self.refused("InvalidEventPatternException", put, Name="v", EventPattern="{", message="Event pattern is not valid.")
        self.refused("InvalidEventPatternException", put, Name="v", EventPattern='{"source":[]}', message="Empty arrays are not allowed")
        self.refused("ResourceNotFoundException", put, Name="v", EventPattern=PATTERN, EventBusName="none", message="Event bus none does not exist.")
        self.refused("ResourceNotFoundException", self.events.put_targets, Rule="none",
                     Targets=[{"Id": "1", "Arn": f"arn:aws:logs:us-east-1:{self.account}:log-group:g"}])
        self.refused("ValidationException", put, Name="bad name", EventPattern=PATTERN)

    def test_targets(self):
        self.events.put_rule(Name="t", EventPattern=PATTERN)
        group = f"arn:aws:logs:us-east-1:{self.account}:log-group:g"
        answer = self.events.put_targets(Rule="t", Targets=[{"Id": "b", "Arn": group}, {"Id": "a", "Arn": group, "Input": '"x"'}])
        self.assertEqual((answer["FailedEntryCount"], answer["FailedEntries"]), (0, []))
        self.assertEqual([t["Id"] for t in self.events.list_targets_by_rule(Rule="t")["Targets"]], ["a", "b"])
        self.assertEqual(self.events.list_rule_names_by_target(TargetArn=group)["RuleNames"], ["t"])
        self.refused("ValidationException", self.events.delete_rule, Name="t", message="Rule can't be deleted since it has targets.")
        self.refused("ValidationException", self.events.put_targets, Rule="t", Targets=[{"Id": "x", "Arn": "nonsense"}],
                     message="Provided Arn is not in correct format.")
        self.refused("NotImplemented", self.events.put_targets, Rule="t", status=501,
                     Targets=[{"Id": "x", "Arn": f"arn:aws:lambda:us-east-1:{self.account}:function:f"}])
        self.refused("LimitExceededException", self.events.put_targets, Rule="t", Targets=[{"Id": str(i), "Arn": group} for i in range(6)])
        self.events.remove_targets(Rule="t", Ids=["a", "b"])
        self.assertEqual(self.events.list_targets_by_rule(Rule="t")["Targets"], [])

    def test_listing_pages(self):
        client = self.client("events", region="eu-west-1")
        for number in range(5):
            client.put_rule(Name=f"page-{number}", EventPattern=PATTERN)
        first = client.list_rules(Limit=3)
        self.assertEqual(len(first["Rules"]), 3)
        rest = client.list_rules(Limit=3, NextToken=first["NextToken"])
        self.assertEqual([r["Name"] for r in rest["Rules"]], ["page-3", "page-4"])
        self.assertNotIn("NextToken", rest)
        self.assertEqual(len(client.list_rules(NamePrefix="page-1")["Rules"]), 1)


class Buses(ApiTest):
    def setUp(self):
        self.events = self.client("events")

    def test_life(self):
        self.assertEqual([bus["Name"] for bus in self.events.list_event_buses(NamePrefix="def")["EventBuses"]], ["default"])
        arn = self.events.create_event_bus(Name="b", Description="d")["EventBusArn"]
        self.assertEqual(arn, f"arn:aws:events:us-east-1:{self.account}:event-bus/b")
        self.refused("ResourceAlreadyExistsException", self.events.create_event_bus, Name="b")
        self.assertEqual(self.events.describe_event_bus(Name="b")["Description"], "d")
        self.events.put_rule(Name="r", EventPattern=PATTERN, EventBusName="b")
        self.refused("ValidationException", self.events.put_rule, Name="s", ScheduleExpression="rate(1 minute)", EventBusName="b",
                     message="ScheduleExpression is supported only on the default event bus.")
        self.events.delete_rule(Name="r", EventBusName=arn)
        self.events.delete_event_bus(Name="b")
        self.refused("ResourceNotFoundException", self.events.describe_event_bus, Name="b", message="Event bus b does not exist.")
        self.refused("ValidationException", self.events.delete_event_bus, Name="default", message="Cannot delete event bus default.")

    def test_permissions_open_a_bus_to_another_account(self):
        arn = self.events.create_event_bus(Name="shared")["EventBusArn"]
        other = self.client("events", account="999999999999")
        entry = {"Source": "app", "DetailType": "t", "Detail": "{}", "EventBusName": arn}
        self.assertEqual(other.put_events(Entries=[entry])["FailedEntryCount"], 1)
        self.events.put_permission(EventBusName="shared", Action="events:PutEvents", Principal="999999999999", StatementId="s")
        self.assertEqual(other.put_events(Entries=[entry])["FailedEntryCount"], 0)
        policy = json.loads(self.events.describe_event_bus(Name="shared")["Policy"])
        self.assertEqual(policy["Statement"][0], {"Sid": "s", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                                                  "Action": "events:PutEvents", "Resource": arn})
        self.refused("ResourceNotFoundException", self.events.remove_permission, EventBusName="shared", StatementId="none",
                     message="Statement with the provided id does not exist.")
        self.events.remove_permission(EventBusName="shared", StatementId="s")
        self.assertNotIn("Policy", self.events.describe_event_bus(Name="shared"))


class Putting(ApiTest):
    def setUp(self):
        self.events, self.logs = self.client("events"), self.client("logs")
        self.group = "/aws/events/" + self._testMethodName
        self.logs.create_log_group(logGroupName=self.group)
        self.arn = f"arn:aws:logs:us-east-1:{self.account}:log-group:{self.group}"

    def logged(self, count):
        def enough():
            found = [json.loads(e["message"]) for e in self.logs.filter_log_events(logGroupName=self.group)["events"]]
            return len(found) >= count and found
        return self.eventually(enough, what="the target hears")

    def test_an_event_reaches_the_targets_of_its_rules(self):
        pattern = {"source": ["app"], "detail": {"price": [{"numeric": [">", 10]}], "kind": [{"prefix": "or"}, {"exists": False}]}}
        self.events.put_rule(Name="wants", EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule="wants", Targets=[
            {"Id": "1", "Arn": self.arn},
            {"Id": "2", "Arn": self.arn, "InputTransformer": {"InputPathsMap": {"p": "$.detail.price"}, "InputTemplate": '{"only": <p>}'}}])
        answer = self.events.put_events(Entries=[
            {"Source": "app", "DetailType": "t", "Detail": json.dumps({"price": 5})},
            {"Source": "app", "DetailType": "t", "Detail": json.dumps({"price": 50, "kind": "order"}), "Resources": ["arn:aws:x"]}])
        self.assertEqual(answer["FailedEntryCount"], 0)
        self.assertEqual(len(answer["Entries"]), 2)
        found = self.logged(2)
        whole = next(event for event in found if "detail" in event)
        self.assertEqual(whole["detail"], {"price": 50, "kind": "order"})
        self.assertEqual((whole["version"], whole["source"], whole["account"], whole["region"], whole["resources"]),
                         ("0", "app", self.account, "us-east-1", ["arn:aws:x"]))
        self.assertEqual(whole["id"], answer["Entries"][1]["EventId"])
        self.assertIn({"only": 50}, found)
        self.assertEqual(len(found), 2)
        # What a rule does is counted: alarms look at it.
        now = datetime.datetime.now(datetime.timezone.utc)
        count = lambda name: sum(point["Sum"] for point in self.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Events", MetricName=name, Dimensions=[{"Name": "RuleName", "Value": "wants"}], Statistics=["Sum"], Period=60,
            StartTime=now - datetime.timedelta(minutes=5), EndTime=now + datetime.timedelta(minutes=1))["Datapoints"])
        self.assertEqual((count("TriggeredRules"), count("MatchedEvents"), count("FailedInvocations")), (1, 1, 0))
        self.eventually(lambda: count("Invocations") == 2, what="two invocations")

    def test_a_schedule_fires(self):
        self.events.put_rule(Name="soon", ScheduleExpression="rate(1 minute)")
        self.events.put_targets(Rule="soon", Targets=[{"Id": "1", "Arn": self.arn}])
        event = self.eventually(lambda: self.logs.filter_log_events(logGroupName=self.group)["events"], seconds=75)[0]
        self.assertEqual(json.loads(event["message"])["detail-type"], "Scheduled Event")
        self.events.disable_rule(Name="soon")

    def test_entries_are_judged_one_by_one(self):
        good = {"Source": "app", "DetailType": "t", "Detail": "{}"}
        entries = [good, {**good, "Source": ""}, {**good, "DetailType": ""}, {**good, "Detail": "no json"}, {**good, "Source": "aws.ec2"}]
        answer = self.events.put_events(Entries=entries)
        self.assertEqual([entry.get("ErrorCode") for entry in answer["Entries"]],
                         [None, "InvalidArgument", "InvalidArgument", "MalformedDetail", "NotAuthorizedForSourceException"])
        self.assertEqual(answer["FailedEntryCount"], 4)
        self.refused("ValidationException", self.events.put_events, Entries=[good] * 11)

    def test_patterns_can_be_tried(self):
        event = {"id": "1", "account": "1", "source": "app", "time": "2026-01-01T00:00:00Z", "region": "r", "resources": [], "detail-type": "t",
                 "detail": {"ip": "10.0.0.1"}}
        ask = lambda pattern: self.events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))["Result"]
        self.assertTrue(ask({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}))
        self.assertFalse(ask({"detail": {"ip": [{"cidr": "10.0.1.0/24"}]}}))
        self.assertTrue(ask({"$or": [{"source": ["x"]}, {"detail-type": [{"equals-ignore-case": "T"}]}]}))
        self.refused("InvalidEventPatternException", self.events.test_event_pattern, EventPattern='{"a":[{"nearly":"x"}]}', Event=json.dumps(event))
