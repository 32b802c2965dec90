"""CloudWatch Logs as foreign suites use it."""
import json
import time

from harness import ApiTest


class LogsTest(ApiTest):
    def setUp(self):
        self.logs = self.client("logs")

    def group(self, name, *streams):
        self.logs.create_log_group(logGroupName=name)
        for stream in streams:
            self.logs.create_log_stream(logGroupName=name, logStreamName=stream)
        return name

    def put(self, group, stream, *messages):
        now = int(time.time() * 1000)
        return self.logs.put_log_events(logGroupName=group, logStreamName=stream,
                                        logEvents=[{"timestamp": now - len(messages) + i, "message": m} for i, m in enumerate(messages)])


class Groups(LogsTest):
    def test_life(self):
        self.group("/life")
        self.refused("ResourceAlreadyExistsException", self.logs.create_log_group, logGroupName="/life", status=400,
                     message="The specified log group already exists")
        found = self.logs.describe_log_groups(logGroupNamePrefix="/life")["logGroups"][0]
        self.assertEqual(found["arn"], f"arn:aws:logs:us-east-1:{self.account}:log-group:/life:*")
        self.assertNotIn("retentionInDays", found)
        self.logs.put_retention_policy(logGroupName="/life", retentionInDays=7)
        self.assertEqual(self.logs.describe_log_groups(logGroupNamePrefix="/life")["logGroups"][0]["retentionInDays"], 7)
        self.refused("InvalidParameterException", self.logs.put_retention_policy, logGroupName="/life", retentionInDays=2)
        self.assertEqual([g["logGroupName"] for g in self.logs.list_log_groups(logGroupNamePattern="^/LIF")["logGroups"]], ["/life"])
        self.logs.put_log_group_deletion_protection(logGroupIdentifier="/life", deletionProtectionEnabled=True)
        self.refused("InvalidParameterException", self.logs.delete_log_group, logGroupName="/life")
        self.logs.put_log_group_deletion_protection(logGroupIdentifier="/life", deletionProtectionEnabled=False)
        self.logs.delete_log_group(logGroupName="/life")
        self.refused("ResourceNotFoundException", self.logs.delete_log_group, logGroupName="/life", status=400,
                     message="The specified log group does not exist.")

    def test_pages_and_tags(self):
        for i in range(3):
            self.logs.create_log_group(logGroupName=f"/page/{i}", tags={"n": str(i)})
        pages = list(self.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/page", PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(p["logGroups"]) for p in pages], [2, 1])
        self.assertEqual(self.logs.list_tags_log_group(logGroupName="/page/1")["tags"], {"n": "1"})
        arn = f"arn:aws:logs:us-east-1:{self.account}:log-group:/page/1"
        self.logs.tag_resource(resourceArn=arn, tags={"m": "x"})
        self.logs.untag_resource(resourceArn=arn, tagKeys=["n"])
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=arn)["tags"], {"m": "x"})


class Events(LogsTest):
    def test_written_and_read(self):
        group = self.group("/events", "s")
        self.assertIn("nextSequenceToken", self.put(group, "s", "a", "b", "c"))
        found = self.logs.get_log_events(logGroupName=group, logStreamName="s", limit=2, startFromHead=True)
        self.assertEqual([e["message"] for e in found["events"]], ["a", "b"])
        rest = self.logs.get_log_events(logGroupName=group, logStreamName="s", limit=2, nextToken=found["nextForwardToken"])
        self.assertEqual([e["message"] for e in rest["events"]], ["c"])
        end = self.logs.get_log_events(logGroupName=group, logStreamName="s", nextToken=rest["nextForwardToken"])
        self.assertEqual((end["events"], end["nextForwardToken"]), ([], rest["nextForwardToken"]))
        self.refused("ResourceNotFoundException", self.put, group, "none", "a", message="The specified log stream does not exist.")
        self.refused("InvalidParameterException", self.logs.put_log_events, logGroupName=group, logStreamName="s",
                     logEvents=[{"timestamp": 2000, "message": "x"}, {"timestamp": 1000, "message": "y"}])

    def test_too_old_and_too_new(self):
        group = self.group("/age", "s")
        now = int(time.time() * 1000)
        for age, word in ((-15 * 86_400_000, "tooOldLogEventEndIndex"), (3 * 3_600_000, "tooNewLogEventStartIndex")):
            answer = self.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now + age, "message": "x"}])
            self.assertIn(word, answer["rejectedLogEventsInfo"])

    def test_filters(self):
        group = self.group("/filter", "one", "two")
        self.put(group, "one", "GET /a 200", json.dumps({"level": "error", "code": 5}))
        self.put(group, "two", "POST /b 500")
        found = self.logs.filter_log_events(logGroupName=group, filterPattern="GET")["events"]
        self.assertEqual([(e["logStreamName"], e["message"]) for e in found], [("one", "GET /a 200")])
        self.assertEqual(len(self.logs.filter_log_events(logGroupName=group, filterPattern='{ $.level = "error" && $.code > 4 }')["events"]), 1)
        self.assertEqual(len(self.logs.filter_log_events(logGroupName=group, logStreamNames=["two"])["events"]), 1)
        self.assertEqual(len(self.logs.filter_log_events(logGroupName=group, filterPattern="%(GET|POST) /. [0-9]+%")["events"]), 2)
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 1})
        self.assertEqual(sum(len(p["events"]) for p in pages), 3)


class Streams(LogsTest):
    def test_order_and_prefix(self):
        group = self.group("/streams", "b", "a")
        self.put(group, "b", "x")
        self.assertEqual([s["logStreamName"] for s in self.logs.describe_log_streams(logGroupName=group)["logStreams"]], ["a", "b"])
        latest = self.logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"]
        self.assertEqual(latest[0]["logStreamName"], "b")
        self.refused("InvalidParameterException", self.logs.describe_log_streams, logGroupName=group, orderBy="LastEventTime", logStreamNamePrefix="a")
        self.refused("ResourceAlreadyExistsException", self.logs.create_log_stream, logGroupName=group, logStreamName="a")
        self.logs.delete_log_stream(logGroupName=group, logStreamName="a")
        self.refused("ResourceNotFoundException", self.logs.delete_log_stream, logGroupName=group, logStreamName="a")


class Account(LogsTest):
    def test_saved_queries(self):
        made = self.logs.put_query_definition(name="slow", queryString="fields @message", logGroupNames=["/a"])["queryDefinitionId"]
        self.logs.put_query_definition(name="slower", queryString="fields @timestamp", queryDefinitionId=made)
        found = self.logs.describe_query_definitions(queryDefinitionNamePrefix="slow")["queryDefinitions"]
        self.assertEqual([(q["name"], q["queryString"]) for q in found], [("slower", "fields @timestamp")])
        self.logs.delete_query_definition(queryDefinitionId=made)
        self.refused("ResourceNotFoundException", self.logs.delete_query_definition, queryDefinitionId=made)

    def test_resource_policies_decide(self):
        iam = self.client("iam")
        arn = iam.create_user(UserName="writer")["User"]["Arn"]
        key = iam.create_access_key(UserName="writer")["AccessKey"]
        mine = self.client("logs", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
        group = self.group("/shared", "s")
        self.refused("AccessDeniedException", mine.describe_log_streams, logGroupName=group)
        document = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "logs:DescribeLogStreams", "Resource": "*"}]})
        self.assertEqual(self.logs.put_resource_policy(policyName="p", policyDocument=document)["resourcePolicy"]["policyName"], "p")
        self.assertEqual(len(mine.describe_log_streams(logGroupName=group)["logStreams"]), 1)
        self.assertEqual([p["policyDocument"] for p in self.logs.describe_resource_policies()["resourcePolicies"]], [document])
        self.logs.delete_resource_policy(policyName="p")
        self.refused("ResourceNotFoundException", self.logs.delete_resource_policy, policyName="p")
        self.refused("AccessDeniedException", mine.describe_log_streams, logGroupName=group)

    def test_what_is_not_real_says_so(self):
        group = self.group("/unreal")
        self.refused("NotImplemented", self.logs.put_subscription_filter, logGroupName=group, filterName="f", filterPattern="",
                     destinationArn="arn:aws:lambda:us-east-1:000000000000:function:f", status=501)
        self.refused("NotImplemented", self.logs.start_query, logGroupName=group, startTime=0, endTime=1, queryString="fields a | pattern a")
        self.assertEqual(self.logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"], [])


class Queries(LogsTest):
    def result(self, query, **more):
        now = int(time.time())
        started = self.logs.start_query(startTime=now - 3600, endTime=now + 60, queryString=query, **more)["queryId"]
        out = self.eventually(lambda: (lambda r: r if r["status"] == "Complete" else None)(self.logs.get_query_results(queryId=started)), 20, query)
        return started, out

    def test_insights(self):
        one, two = self.group("/q/one", "s"), self.group("/q/two", "t")
        self.put(one, "s", '{"level":"INFO","ms":10}', '{"level":"ERROR","ms":30}', "plain")
        self.put(two, "t", '{"level":"ERROR","ms":50}')
        started, found = self.result("fields level, ms | filter level = 'ERROR' | sort ms desc | limit 5", logGroupNames=[one, two])
        self.assertEqual([{c["field"]: c["value"] for c in row if c["field"] != "@ptr"} for row in found["results"]],
                         [{"level": "ERROR", "ms": "50"}, {"level": "ERROR", "ms": "30"}])
        self.assertEqual((found["statistics"]["recordsMatched"], found["statistics"]["recordsScanned"]), (2, 4))
        pointer = {c["field"]: c["value"] for c in found["results"][0]}["@ptr"]
        record = self.logs.get_log_record(logRecordPointer=pointer)["logRecord"]
        self.assertEqual((record["@message"], record["ms"], record["@logStream"]), ('{"level":"ERROR","ms":50}', "50", "t"))
        arn = self.logs.describe_log_groups(logGroupNamePrefix=one)["logGroups"][0]["logGroupArn"]
        _, grouped = self.result("stats count(*) as n by level | sort level", logGroupIdentifiers=[arn])
        self.assertEqual([[c["value"] for c in row] for row in grouped["results"]], [["ERROR", "1"], ["INFO", "1"], ["1"]])
        _, limited = self.result("fields @message", logGroupName=one, limit=1)
        self.assertEqual([[c["value"] for c in row if c["field"] == "@message"] for row in limited["results"]], [["plain"]])
        told, = self.logs.describe_queries(logGroupName=one, status="Complete", maxResults=1)["queries"]
        self.assertEqual((told["logGroupName"], told["queryLanguage"]), (one, "CWLI"))
        self.assertRegex(told["queryString"], r'^SOURCE "/q/one" START=\d+000 END=\d+999 \| fields @message$')
        self.assertEqual(self.logs.describe_queries(logGroupName=one, status="Scheduled")["queries"], [])
        self.assertIn("level", [f["name"] for f in self.logs.get_log_group_fields(logGroupName=one)["logGroupFields"]])
        self.refused("InvalidParameterException", self.logs.stop_query, queryId=started)
        self.refused("MalformedQueryException", self.logs.start_query, logGroupName=one, startTime=0, endTime=1, queryString="nonsense")
        self.refused("ResourceNotFoundException", self.logs.start_query, logGroupName="none", startTime=0, endTime=1, queryString="fields a",
                     message=f"Log group 'none' does not exist for account ID '{self.account}'")
        self.refused("ResourceNotFoundException", self.logs.get_query_results, queryId="none")

    def test_words_of_lists(self):
        group = self.group("/words", "s")
        self.refused("InvalidParameterException", self.logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="a",
                     message="LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        self.refused("ValidationException", self.logs.describe_log_streams, logGroupName=group, logGroupIdentifier=group,
                     message="LogGroup name and LogGroup ARN are mutually exclusive parameters.")
        self.assertEqual(sorted(self.logs.describe_log_streams(logGroupName=group)["logStreams"][0]),
                         ["arn", "creationTime", "logStreamName", "storedBytes"])


class MetricFilters(LogsTest):
    def test_life(self):
        group = self.group("/metrics")
        transformation = [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}]
        self.logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="ERROR", metricTransformations=transformation)
        found = self.logs.describe_metric_filters(logGroupName=group)["metricFilters"][0]
        self.assertEqual((found["filterName"], found["metricTransformations"][0]["metricName"]), ("f", "m"))
        self.assertEqual(self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["metricFilterCount"], 1)
        self.logs.delete_metric_filter(logGroupName=group, filterName="f")
        self.refused("ResourceNotFoundException", self.logs.delete_metric_filter, logGroupName=group, filterName="f")
        matches = self.logs.test_metric_filter(filterPattern="ERROR", logEventMessages=["ERROR x", "fine"])["matches"]
        self.assertEqual([m["eventNumber"] for m in matches], [1])
