"""CloudWatch: metrics, metric math, alarms, dashboards, tags; over CBOR, JSON and query."""
import json
import math
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness import ENDPOINT, REGION, ApiTest

BODY = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 7, "width": 3, "height": 3, "properties": {"markdown": "Hello world"}}]})


def now():
    return datetime.now(tz=timezone.utc)


class Metrics(ApiTest):
    def setUp(self):
        self.cw = self.client("cloudwatch")
        self.namespace = self.id().rsplit(".", 1)[-1]

    def put(self, name, values, **more):
        self.cw.put_metric_data(Namespace=self.namespace, MetricData=[{"MetricName": name, "Value": value, **more} for value in values])

    def query(self, queries, start=-3600, end=120, **more):
        for query in queries:
            if "MetricStat" in query:
                query["MetricStat"]["Metric"].setdefault("Namespace", self.namespace)
        return self.cw.get_metric_data(MetricDataQueries=queries, StartTime=now() + timedelta(seconds=start),
                                       EndTime=now() + timedelta(seconds=end), **more)

    def stat(self, name, stat, query_id="m1", period=3600, **more):
        return {"Id": query_id, "MetricStat": {"Metric": {"MetricName": name, **more}, "Period": period, "Stat": stat}}

    def one(self, name, stat, **more):
        return self.query([self.stat(name, stat, period=86400, **more)], start=-86400)["MetricDataResults"][0]["Values"]

    def test_statistics_of_values(self):
        self.put("m", range(1, 12), Unit="Count")
        for stat, expected in {"Sum": 66, "SampleCount": 11, "Minimum": 1, "Maximum": 11, "Average": 6, "p50": 6, "p100": 11, "p0": 1,
                               "tm50": 18 / 5.5, "TC(2:5)": 3, "TS(2:5)": 12}.items():
            with self.subTest(stat=stat):
                self.assertAlmostEqual(self.one("m", stat)[0], expected)

    def test_values_with_counts_and_statistic_sets(self):
        self.cw.put_metric_data(Namespace=self.namespace, MetricData=[
            {"MetricName": "m", "Values": [1.0, 10.0], "Counts": [2.0, 4.0], "Unit": "Count", "Timestamp": now()}])
        points = self.cw.get_metric_statistics(Namespace=self.namespace, MetricName="m", StartTime=now() - timedelta(seconds=120),
                                               EndTime=now() + timedelta(seconds=60), Period=60,
                                               Statistics=["SampleCount", "Sum", "Maximum"])["Datapoints"]
        self.assertEqual([(p["SampleCount"], p["Sum"], p["Maximum"], p["Unit"]) for p in points], [(6.0, 42.0, 10.0, "Count")])
        self.cw.put_metric_data(Namespace=self.namespace, MetricData=[
            {"MetricName": "s", "StatisticValues": {"SampleCount": 3, "Sum": 12, "Minimum": 1, "Maximum": 9}}])
        self.assertEqual(self.one("s", "Average"), [4.0])
        self.assertEqual(self.one("s", "p50"), [])

    def test_a_large_batch_comes_compressed(self):
        """boto3 sends bodies above 10 KiB with gzip."""
        data = [{"MetricName": f"m{i}", "Value": 1.0, "Dimensions": [{"Name": "Number", "Value": str(i)}]} for i in range(1000)]
        self.cw.put_metric_data(Namespace=self.namespace, MetricData=data)
        pages = list(self.cw.get_paginator("list_metrics").paginate(Namespace=self.namespace))
        self.assertEqual([len(page["Metrics"]) for page in pages], [500, 500])

    def test_units_are_kept_apart(self):
        for unit, value in {"Seconds": 1.0, "Count": 5.0, "None": 10.0}.items():
            self.put("m", [value], Unit=unit)
        points = self.cw.get_metric_statistics(Namespace=self.namespace, MetricName="m", StartTime=now() - timedelta(seconds=120),
                                               EndTime=now() + timedelta(seconds=60), Period=3600, Statistics=["Average"])["Datapoints"]
        self.assertEqual({p["Unit"]: p["Average"] for p in points}, {"Seconds": 1.0, "Count": 5.0, "None": 10.0})
        result = self.query([self.stat("m", "Sum")])["MetricDataResults"][0]
        self.assertEqual(result["Messages"], [{"Code": "MultipleUnits", "Value": "Multiple units returned: '[Count, None, Seconds]'"}])
        query = self.stat("m", "Sum")
        query["MetricStat"]["Unit"] = "Seconds"
        result = self.query([query])["MetricDataResults"][0]
        self.assertEqual((sum(result["Values"]), result.get("Messages")), (1.0, None))

    def test_high_resolution(self):
        base = now().replace(microsecond=0) - timedelta(seconds=60)
        base -= timedelta(seconds=base.second % 10)
        for second, value in ((0, 1.0), (5, 2.0), (10, 4.0)):
            self.put("m", [value], Timestamp=base + timedelta(seconds=second), StorageResolution=1)
        result = self.query([self.stat("m", "Sum", period=10)], start=-300, ScanBy="TimestampAscending")["MetricDataResults"][0]
        self.assertEqual(result["Values"], [3.0, 4.0])
        self.assertEqual(result["Timestamps"][0], base)
        result = self.query([self.stat("m", "Sum", period=1)], start=-300, ScanBy="TimestampAscending")["MetricDataResults"][0]
        self.assertEqual(result["Values"], [1.0, 2.0, 4.0])

    def test_what_put_metric_data_refuses(self):
        nan = float("nan")
        # The query protocol's clients write "nan", which is no number there; CBOR has one.
        query = self.cw.meta.service_model.protocol == "query"
        no_number = "MalformedInput" if query else "InvalidParameterValue"
        words = "Value nan at MetricData.member.1.Value" if query else "The value NaN for parameter MetricData.member.1.Value is invalid."
        for code, message, datum in (
                (no_number, words, {"Value": nan}),
                (no_number, "MetricData.member.1.Values", {"Values": [1.0, nan]}),
                ("InvalidParameterCombination", "mutually exclusive", {"Value": 1.0, "Values": [1.0]}),
                ("InvalidParameterValue", "must be of the same size", {"Values": [1.0], "Counts": [1.0, 2.0]}),
                ("InvalidParameterCombination", "mutually exclusive",
                 {"Value": 1.0, "StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}}),
                ("InvalidParameterValue", "Timestamp", {"Value": 1.0, "Timestamp": now() - timedelta(days=15)}),
                ("InvalidParameterValue", "Timestamp", {"Value": 1.0, "Timestamp": now() + timedelta(hours=3)}),
                ("InvalidParameterValue", "StorageResolution", {"Value": 1.0, "StorageResolution": 7}),
                ("InvalidParameterCombination", "At least one", {})):
            with self.subTest(datum=datum):
                self.refused(code, self.cw.put_metric_data, Namespace=self.namespace, MetricData=[{"MetricName": "m", **datum}],
                             message=message, status=400)
        self.refused("InvalidParameterValue", self.cw.put_metric_data, Namespace="AWS/ECS", MetricData=[{"MetricName": "m", "Value": 1}])
        self.assertEqual(self.cw.list_metrics(Namespace=self.namespace)["Metrics"], [])
        self.put("m", [1.0])
        self.assertEqual(len(self.cw.list_metrics(Namespace=self.namespace)["Metrics"]), 1)

    def test_what_reading_refuses(self):
        common = {"Namespace": self.namespace, "MetricName": "m", "Statistics": ["Sum"]}
        self.refused("InvalidParameterValue", self.cw.get_metric_statistics, **common, Period=60, StartTime=now(), EndTime=now() - timedelta(seconds=60),
                     message="The parameter StartTime must be less than the parameter EndTime.")
        self.refused("InvalidParameterCombination", self.cw.get_metric_statistics, **common, Period=60, StartTime=now() - timedelta(days=2),
                     EndTime=now(), message="You have requested up to 2,88")
        self.refused("InvalidParameterCombination", self.cw.get_metric_statistics, Namespace="n", MetricName="m", Period=60,
                     StartTime=now() - timedelta(hours=1), EndTime=now(), message="Must specify either Statistics or ExtendedStatistics")
        error = self.refused("ValidationError", self.query, [{"Id": "a", "Label": "l"}])
        self.assertEqual(error["Error"]["Message"], "The parameter MetricDataQueries.member.1.MetricStat is required.\n")
        self.refused("ValidationError", self.query, [{"Id": "a", "Expression": "b + 1"}], message="Unknown id 'b'")
        self.refused("ValidationError", self.query, [{"Id": "A", "Expression": "1"}], message="Id")
        self.refused("ValidationError", self.query, [self.stat("m", "Sum"), self.stat("n", "Sum")], message="not unique")
        self.refused("ValidationError", self.query, [self.stat("m", "Total")], message="Stat")
        self.refused("ValidationError", self.query, [self.stat("m", "Sum", period=45)], message="Period")
        self.refused("NotImplemented", self.query, [{"Id": "a", "Expression": "SELECT AVG(x) FROM y", "Period": 60}], status=501)
        self.refused("ValidationError", self.query, [self.stat("m", "Sum")], start=100, end=0,
                     message="The parameter EndTime must be greater than StartTime.")

    def test_metric_math(self):
        hour = now().replace(minute=0, second=0, microsecond=0)
        for hours, errors, requests in ((3, 1.0, 10.0), (2, 5.0, 20.0), (1, 0.0, 0.0)):
            self.put("errors", [errors], Timestamp=hour - timedelta(hours=hours))
            self.put("requests", [requests], Timestamp=hour - timedelta(hours=hours))
        self.put("requests", [7.0], Timestamp=hour - timedelta(hours=4))

        def compute(expression):
            metrics = [{**self.stat(name, "Sum", name[0]), "ReturnData": False} for name in ("errors", "requests")]
            for query in metrics:
                query["MetricStat"]["Metric"]["Namespace"] = self.namespace
            return self.cw.get_metric_data(MetricDataQueries=[*metrics, {"Id": "x", "Expression": expression}], ScanBy="TimestampAscending",
                                           StartTime=hour - timedelta(hours=4), EndTime=hour)["MetricDataResults"][0]["Values"]

        for expression, expected in (
                ("e / r * 100", [10.0, 25.0]), ("FILL(e, 0) + r", [7.0, 11.0, 25.0, 0.0]), ("r > 9", [0.0, 1.0, 1.0, 0.0]),
                ("IF(r > 9, e, -1)", [-1.0, 1.0, 5.0, -1.0]), ("SUM(METRICS())", [7.0, 11.0, 25.0, 0.0]), ("MAX([e, r])", [7.0, 10.0, 20.0, 0.0]),
                ("e + SUM(e)", [7.0, 11.0, 6.0]), ("DIFF(r)", [3.0, 10.0, -20.0]), ("RATE(r) * PERIOD(r)", [3.0, 10.0, -20.0]),
                ("ABS(e - 3)", [2.0, 2.0, 3.0]), ("CEIL(e / 2) + FLOOR(e / 2)", [1.0, 5.0, 0.0]), ("-e ^ 2", [1.0, 25.0, 0.0]),
                ("FILL(e, REPEAT)", [1.0, 5.0, 0.0]), ("RUNNING_SUM(r)", [7.0, 17.0, 37.0, 37.0]), ("TIME_SERIES(2)", [2.0] * 4),
                ("(e > 0 AND r > 15) OR e == 0", [0.0, 1.0, 1.0])):
            with self.subTest(expression=expression):
                self.assertEqual(compute(expression), expected)
        self.refused("ValidationError", compute, "SUM(e)", message="time series")
        self.refused("ValidationError", compute, "NOPE(e)", message="Unknown function NOPE")
        self.refused("ValidationError", compute, "e +", message="Unexpected end")

    def test_search(self):
        for service, value in (("web", 1.0), ("api", 2.0)):
            self.put("Cpu", [value], Dimensions=[{"Name": "Service", "Value": service}])
        self.put("Other", [9.0], Dimensions=[{"Name": "Service", "Value": "web"}])
        expression = f"SEARCH('{{{self.namespace},Service}} MetricName=\"Cpu\"', 'Sum', 3600)"
        results = self.query([{"Id": "s", "Expression": expression}])["MetricDataResults"]
        self.assertEqual({r["Label"]: sum(r["Values"]) for r in results}, {"web Cpu": 1.0, "api Cpu": 2.0})
        results = self.query([{"Id": "s", "Expression": f"SUM({expression})"}])["MetricDataResults"]
        self.assertEqual([sum(r["Values"]) for r in results], [3.0])

    def test_labels(self):
        self.put("m", [1.0, 3.0])
        results = self.query([self.stat("m", "Sum", "a"), self.stat("m", "Minimum", "b", period=60)])["MetricDataResults"]
        self.assertEqual([r["Label"] for r in results], ["m Sum 3600", "m Minimum 60"])
        query = {**self.stat("m", "Maximum", period=86400), "Label": "${PROP('MetricName')} is at most ${MAX}"}
        self.assertEqual(self.query([query], start=-86400)["MetricDataResults"][0]["Label"], "m is at most 3")

    def test_pages_of_data(self):
        minute = now().replace(second=0, microsecond=0)
        for minutes in range(1, 6):
            self.put("m", [float(minutes)], Timestamp=minute - timedelta(minutes=minutes))
        first = self.query([self.stat("m", "Sum", period=60)], MaxDatapoints=3)
        self.assertEqual((first["MetricDataResults"][0]["Values"], first["MetricDataResults"][0]["StatusCode"]), ([1.0, 2.0, 3.0], "PartialData"))
        second = self.query([self.stat("m", "Sum", period=60)], MaxDatapoints=3, NextToken=first["NextToken"])
        self.assertEqual((second["MetricDataResults"][0]["Values"], second["MetricDataResults"][0]["StatusCode"]), ([4.0, 5.0], "Complete"))
        self.assertNotIn("NextToken", second)

    def test_list_metrics(self):
        for value in "BC":
            self.put("m", [1.0], Dimensions=[{"Name": "Name", "Value": value}, {"Name": "Zone", "Value": "z"}])
        self.put("n", [1.0])
        self.put("m", [1.0], Dimensions=[{"Name": "Zone", "Value": "z"}, {"Name": "Name", "Value": "B"}])
        self.assertEqual(len(self.cw.list_metrics(Namespace=self.namespace)["Metrics"]), 3)
        found = self.cw.list_metrics(Namespace=self.namespace, Dimensions=[{"Name": "Name", "Value": "B"}])["Metrics"]
        self.assertEqual(found, [{"Namespace": self.namespace, "MetricName": "m",
                                  "Dimensions": [{"Name": "Name", "Value": "B"}, {"Name": "Zone", "Value": "z"}]}])
        self.assertEqual(len(self.cw.list_metrics(Namespace=self.namespace, Dimensions=[{"Name": "Name"}])["Metrics"]), 2)
        self.put("old", [1.0], Timestamp=now() - timedelta(hours=4))
        self.assertEqual(len(self.cw.list_metrics(Namespace=self.namespace, MetricName="old")["Metrics"]), 1)
        self.assertEqual(self.cw.list_metrics(Namespace=self.namespace, MetricName="old", RecentlyActive="PT3H")["Metrics"], [])
        self.refused("InvalidParameterValue", self.cw.list_metrics, NextToken="nonsense", message="Request parameter NextToken is invalid")

    def test_accounts_and_regions_are_apart(self):
        self.put("m", [1.0])
        self.assertEqual(self.client("cloudwatch", region="eu-west-1").list_metrics(Namespace=self.namespace)["Metrics"], [])
        self.assertEqual(self.client("cloudwatch", account="999999999999").list_metrics(Namespace=self.namespace)["Metrics"], [])
        self.assertEqual(len(self.cw.list_metrics(Namespace=self.namespace)["Metrics"]), 1)


class Alarms(ApiTest):
    def setUp(self):
        self.cw = self.client("cloudwatch")

    def put(self, name, **more):
        spec = {"AlarmName": name, "MetricName": "cpu", "Namespace": "blah", "Period": 60, "EvaluationPeriods": 5, "Statistic": "Average",
                "Threshold": 2, "ComparisonOperator": "GreaterThanThreshold", **more}
        self.cw.put_metric_alarm(**{key: value for key, value in spec.items() if value is not None})

    def alarm(self, name, kind="MetricAlarm"):
        found = self.cw.describe_alarms(AlarmNames=[name], AlarmTypes=[kind])[kind + "s"]
        return found[0] if found else None

    def test_a_new_alarm_reads_back(self):
        self.put("tester", AlarmActions=["arn:aws:sns:us-east-1:1:a"], AlarmDescription="A test", Unit="Seconds",
                 Dimensions=[{"Name": "InstanceId", "Value": "i-0123457"}])
        alarm = self.alarm("tester")
        for key in ("AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp", "StateTransitionedTimestamp"):
            self.assertLess(abs((alarm.pop(key) - now()).total_seconds()), 10)
        self.assertEqual(alarm, {
            "AlarmName": "tester", "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{self.account}:alarm:tester", "AlarmDescription": "A test",
            "ActionsEnabled": True, "OKActions": [], "AlarmActions": ["arn:aws:sns:us-east-1:1:a"], "InsufficientDataActions": [],
            "StateValue": "INSUFFICIENT_DATA", "StateReason": "Unchecked: Initial alarm creation", "MetricName": "cpu", "Namespace": "blah",
            "Statistic": "Average", "Dimensions": [{"Name": "InstanceId", "Value": "i-0123457"}], "Period": 60, "Unit": "Seconds",
            "EvaluationPeriods": 5, "Threshold": 2.0, "ComparisonOperator": "GreaterThanThreshold"})

    def test_an_alarm_on_metric_math_reads_back(self):
        metrics = [{"Id": "a", "Expression": "b / c", "Label": "rate", "ReturnData": True}] + [
            {"Id": name, "MetricStat": {"Metric": {"Namespace": "ns", "MetricName": name, "Dimensions": [{"Name": "N", "Value": "v"}]},
                                        "Period": 60, "Stat": "Sum"}, "ReturnData": False} for name in "bc"]
        self.cw.put_metric_alarm(AlarmName="math", EvaluationPeriods=1, DatapointsToAlarm=1, Metrics=metrics,
                                 ComparisonOperator="GreaterThanThreshold", Threshold=1.0)
        alarm = self.alarm("math")
        self.assertEqual(alarm["Metrics"], metrics)
        self.assertNotIn("MetricName", alarm)
        self.assertNotIn("Period", alarm)

    def test_what_put_metric_alarm_refuses(self):
        for code, more in (("InvalidParameterValue", {"Statistic": None, "ExtendedStatistic": "90"}),
                           ("ValidationError", {"ExtendedStatistic": "p90"}), ("ValidationError", {"Statistic": None}),
                           ("ValidationError", {"TreatMissingData": "unknown"}), ("ValidationError", {"Period": 45}),
                           ("ValidationError", {"EvaluateLowSampleCountPercentile": "unknown"}), ("ValidationError", {"Threshold": None}),
                           ("ValidationError", {"DatapointsToAlarm": 6}), ("ValidationError", {"MetricName": None}),
                           ("ValidationError", {"ComparisonOperator": "Greater"}), ("ValidationError", {"Period": 86400, "EvaluationPeriods": 8}),
                           ("NotImplemented", {"ComparisonOperator": "LessThanLowerThreshold", "ThresholdMetricId": "t"})):
            with self.subTest(more=more):
                self.refused(code, self.put, "bad", **more)
        self.assertIsNone(self.alarm("bad"))
        self.put("good", Statistic=None, ExtendedStatistic="p99.9")
        self.assertEqual(self.alarm("good")["ExtendedStatistic"], "p99.9")

    def test_setting_a_state(self):
        self.put("one")
        self.put("two")
        self.cw.set_alarm_state(AlarmName="one", StateValue="ALARM", StateReason="testreason", StateReasonData='{"some": "json_data"}')
        self.assertEqual([a["AlarmName"] for a in self.cw.describe_alarms(AlarmNames=["one", "two"], StateValue="ALARM")["MetricAlarms"]], ["one"])
        alarm = self.alarm("one")
        self.assertEqual((alarm["StateReason"], alarm["StateReasonData"]), ("testreason", '{"some": "json_data"}'))
        self.refused("InvalidFormat", self.cw.set_alarm_state, AlarmName="one", StateValue="OK", StateReason="r", StateReasonData="{no")
        self.refused("ResourceNotFound", self.cw.set_alarm_state, AlarmName="none", StateValue="OK", StateReason="r", status=404)
        error = self.refused("ValidationError", self.cw.set_alarm_state, AlarmName="one", StateValue="INVALID", StateReason="r", status=400)
        self.assertIn("Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set:", error["Error"]["Message"])
        history = self.cw.describe_alarm_history(AlarmName="one")["AlarmHistoryItems"]
        self.assertEqual([(i["HistoryItemType"], i["HistorySummary"]) for i in history],
                         [("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"), ("ConfigurationUpdate", 'Alarm "one" created')])
        data = json.loads(history[0]["HistoryData"])
        self.assertEqual(data["oldState"], {"stateValue": "INSUFFICIENT_DATA", "stateReason": "Unchecked: Initial alarm creation"})
        self.assertEqual(data["newState"]["stateReasonData"], {"some": "json_data"})

    def test_listing(self):
        for i in range(5):
            self.put(f"list-{i}", AlarmActions=[f"arn:aws:sns:us-east-1:{self.account}:t{i % 2}"])
        pages = list(self.cw.get_paginator("describe_alarms").paginate(AlarmNamePrefix="list-", PaginationConfig={"PageSize": 2}))
        self.assertEqual([[a["AlarmName"] for a in page["MetricAlarms"]] for page in pages],
                         [["list-0", "list-1"], ["list-2", "list-3"], ["list-4"]])
        found = self.cw.describe_alarms(ActionPrefix=f"arn:aws:sns:us-east-1:{self.account}:t1")["MetricAlarms"]
        self.assertEqual([a["AlarmName"] for a in found], ["list-1", "list-3"])
        self.put("other", MetricName="memory")
        found = self.cw.describe_alarms_for_metric(MetricName="memory", Namespace="blah")["MetricAlarms"]
        self.assertEqual([a["AlarmName"] for a in found], ["other"])
        self.cw.delete_alarms(AlarmNames=["list-0", "not-there"])
        self.assertIsNone(self.alarm("list-0"))
        self.assertIsNotNone(self.alarm("list-1"))

    def test_actions_on_and_off(self):
        self.put("switch")
        self.cw.disable_alarm_actions(AlarmNames=["switch"])
        self.assertIs(self.alarm("switch")["ActionsEnabled"], False)
        self.cw.enable_alarm_actions(AlarmNames=["switch"])
        self.assertIs(self.alarm("switch")["ActionsEnabled"], True)

    def test_composite_alarms(self):
        self.put("a")
        self.put("b")
        self.cw.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("a") AND NOT OK(b)', AlarmDescription="d")
        self.assertEqual(self.alarm("both", "CompositeAlarm")["StateValue"], "OK")
        self.cw.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
        alarm = self.alarm("both", "CompositeAlarm")
        self.assertEqual(alarm["StateValue"], "ALARM")
        self.assertIn(f"arn:aws:cloudwatch:{REGION}:{self.account}:alarm:a transitioned to ALARM at ", alarm["StateReason"])
        self.assertEqual(json.loads(alarm["StateReasonData"])["triggeringAlarms"][0]["state"]["value"], "ALARM")
        self.cw.set_alarm_state(AlarmName="b", StateValue="OK", StateReason="r")
        self.assertEqual(self.alarm("both", "CompositeAlarm")["StateValue"], "OK")
        self.assertNotIn("both", [a["AlarmName"] for a in self.cw.describe_alarms()["CompositeAlarms"]])
        children = self.cw.describe_alarms(ChildrenOfAlarmName="both")["MetricAlarms"]
        self.assertEqual([a["AlarmName"] for a in children], ["a", "b"])
        self.assertEqual([a["AlarmName"] for a in self.cw.describe_alarms(ParentsOfAlarmName="a")["CompositeAlarms"]], ["both"])
        self.refused("ValidationError", self.cw.put_composite_alarm, AlarmName="c", AlarmRule="ALARM(nobody)", message="do not exist")
        self.refused("ValidationError", self.cw.put_composite_alarm, AlarmName="c", AlarmRule="ALARM(a", message="AlarmRule")
        self.cw.put_composite_alarm(AlarmName="up", AlarmRule="ALARM(both)")
        self.refused("ValidationError", self.cw.put_composite_alarm, AlarmName="both", AlarmRule="OK(up)", message="cycle")
        self.refused("ValidationError", self.put, "both", message="another type")

    def test_an_alarm_goes_off_and_comes_back_by_itself(self):
        """High resolution: looked at every ten seconds."""
        self.put("fast", MetricName="load", Namespace="fast", Period=10, EvaluationPeriods=1, Statistic="Maximum", Threshold=5,
                 TreatMissingData="notBreaching")
        self.cw.put_metric_data(Namespace="fast", MetricData=[{"MetricName": "load", "Value": 9.5, "StorageResolution": 1}])
        alarm = self.eventually(lambda: (lambda a: a["StateValue"] == "ALARM" and a)(self.alarm("fast")), 30, "ALARM")
        self.assertRegex(alarm["StateReason"], r"^Threshold Crossed: 1 datapoint \[9.5 \(\d\d/\d\d/\d\d \d\d:\d\d:\d\d\)\] was greater than the threshold \(5.0\)\.$")
        data = json.loads(alarm["StateReasonData"])
        self.assertEqual((data["statistic"], data["period"], data["recentDatapoints"], data["threshold"]), ("Maximum", 10, [9.5], 5.0))
        alarm = self.eventually(lambda: (lambda a: a["StateValue"] == "OK" and a)(self.alarm("fast")), 60, "OK")
        self.assertEqual(alarm["StateReason"], "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
                                               "treated as [NonBreaching].")

    def test_tags(self):
        self.put("tagged", Tags=[{"Key": "k1", "Value": "v1"}])
        arn = self.alarm("tagged")["AlarmArn"]
        self.assertEqual(self.cw.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "k1", "Value": "v1"}])
        self.cw.tag_resource(ResourceARN=arn, Tags=[{"Key": "k2", "Value": "v2"}])
        self.cw.untag_resource(ResourceARN=arn, TagKeys=["k1"])
        self.assertEqual(self.cw.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "k2", "Value": "v2"}])
        self.assertEqual(self.cw.list_tags_for_resource(ResourceARN=arn + "x")["Tags"], [])
        for call, more in ((self.cw.tag_resource, {"Tags": [{"Key": "k", "Value": "v"}]}), (self.cw.untag_resource, {"TagKeys": ["k"]})):
            self.refused("ResourceNotFoundException", call, ResourceARN=arn + "x", status=404, message="Unknown", **more)


class Dashboards(ApiTest):
    def test_lifecycle(self):
        cw = self.client("cloudwatch")
        for name in ("test1", "test2", "other"):
            self.assertEqual(cw.put_dashboard(DashboardName=name, DashboardBody=BODY)["DashboardValidationMessages"], [])
        got = cw.get_dashboard(DashboardName="test1")
        self.assertEqual((got["DashboardArn"], got["DashboardBody"]), (f"arn:aws:cloudwatch::{self.account}:dashboard/test1", BODY))
        entries = cw.list_dashboards(DashboardNamePrefix="test")["DashboardEntries"]
        self.assertEqual([(e["DashboardName"], e["Size"]) for e in entries], [("test1", len(BODY)), ("test2", len(BODY))])
        self.refused("ResourceNotFound", cw.delete_dashboards, DashboardNames=["test2", "nope"], status=404)
        self.assertEqual(len(cw.list_dashboards()["DashboardEntries"]), 3)
        cw.delete_dashboards(DashboardNames=["test1", "test2"])
        self.assertEqual(len(cw.list_dashboards()["DashboardEntries"]), 1)
        self.refused("ResourceNotFound", cw.get_dashboard, DashboardName="test1", status=404)

    def test_invalid_bodies(self):
        cw = self.client("cloudwatch")
        for body in ("no json", "[]", "{}", '{"widgets": [{"type": "nope", "properties": {}}]}', '{"widgets": [{"type": "text", "properties": {}}]}',
                     '{"widgets": [{"type": "metric", "properties": {"region": "us-east-1", "metrics": [["AWS/ECS", "a", "b"]]}}]}'):
            with self.subTest(body=body):
                self.refused("InvalidParameterInput", cw.put_dashboard, DashboardName="d", DashboardBody=body, status=400,
                             message="The dashboard body is invalid, there are 1 validation errors")
        self.refused("InvalidParameterValue", cw.put_dashboard, DashboardName="a b", DashboardBody=BODY)


class Protocols(ApiTest):
    """The same service over the three protocols of its model."""

    def send(self, body, headers, path="/"):
        request = AWSRequest("POST", ENDPOINT + path, data=body, headers=headers)
        SigV4Auth(Credentials(self.account, "test"), "monitoring", REGION).add_auth(request)
        prepared = request.prepare()
        call = urllib.request.Request(prepared.url, data=prepared.body, headers=dict(prepared.headers), method="POST")
        try:
            with urllib.request.urlopen(call, timeout=10) as reply:
                return reply.status, dict(reply.headers), reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def query(self, form):
        return self.send(form.encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    def json(self, operation, body):
        return self.send(json.dumps(body).encode(), {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801." + operation})

    def cbor(self, operation, body):
        return self.send(body, {"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor"},
                         "/service/GraniteServiceVersion20100801/operation/" + operation)

    def test_all_three_answer(self):
        status, _, body = self.query("Action=PutMetricData&Version=2010-08-01&Namespace=p&MetricData.member.1.MetricName=q&MetricData.member.1.Value=1.5")
        self.assertEqual((status, b"<PutMetricDataResponse" in body), (200, True))
        status, _, body = self.json("PutMetricData", {"Namespace": "p", "MetricData": [{"MetricName": "j", "Value": 2.5, "Timestamp": time.time()}]})
        self.assertEqual((status, body), (200, b""))
        # {"Namespace": "p", "MetricData": [{"MetricName": "c", "Value": 3.5}]}, by hand.
        made = b"\xa2\x69Namespace\x61p\x6aMetricData\x81\xa2\x6aMetricName\x61c\x65Value\xfb\x40\x0c\x00\x00\x00\x00\x00\x00"
        status, headers, _ = self.cbor("PutMetricData", made)
        self.assertEqual((status, headers.get("smithy-protocol", headers.get("Smithy-Protocol"))), (200, "rpc-v2-cbor"))
        names = sorted(m["MetricName"] for m in self.client("cloudwatch").list_metrics(Namespace="p")["Metrics"])
        self.assertEqual(names, ["c", "j", "q"])
        status, _, body = self.query("Action=ListMetrics&Version=2010-08-01&Namespace=p")
        self.assertIn(b"<MetricName>q</MetricName>", body)
        status, _, body = self.json("ListMetrics", {"Namespace": "p"})
        self.assertEqual(sorted(m["MetricName"] for m in json.loads(body)["Metrics"]), ["c", "j", "q"])

    def test_errors_tell_the_old_code_and_the_new_shape(self):
        status, headers, body = self.json("GetDashboard", {"DashboardName": "none"})
        self.assertEqual((status, headers["x-amzn-query-error"]), (404, "ResourceNotFound;Sender"))
        self.assertEqual(json.loads(body)["__type"], "DashboardNotFoundError")
        status, headers, body = self.cbor("GetDashboard", b"\xa1\x6dDashboardName\x64none")
        self.assertEqual((status, headers["x-amzn-query-error"]), (404, "ResourceNotFound;Sender"))
        self.assertIn(b"DashboardNotFoundError", body)
        status, headers, body = self.json("SetAlarmState", {"AlarmName": "none", "StateValue": "OK", "StateReason": "r"})
        self.assertEqual((status, json.loads(body)["__type"]), (404, "ResourceNotFound"))
        status, _, body = self.query("Action=GetDashboard&Version=2010-08-01&DashboardName=none")
        self.assertEqual((status, b"<Code>ResourceNotFound</Code>" in body, b"__type" in body), (404, True, False))

    def test_what_is_not_done_is_named(self):
        cw = self.client("cloudwatch")
        self.refused("NotImplemented", cw.put_anomaly_detector, Namespace="n", MetricName="m", Stat="Sum", status=501, message="PutAnomalyDetector")
        self.refused("NotImplemented", cw.describe_insight_rules, status=501, message="DescribeInsightRules")
        self.refused("NotImplemented", cw.list_metric_streams, status=501, message="ListMetricStreams")

    def test_iam_decides(self):
        iam = self.client("iam")
        iam.create_user(UserName="reader")
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloudwatch:ListMetrics", "Resource": "*"}]}))
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        reader = self.client("cloudwatch", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
        self.assertEqual(reader.list_metrics()["ResponseMetadata"]["HTTPStatusCode"], 200)
        self.refused("AccessDenied", reader.delete_alarms, AlarmNames=["a"], status=403)


class LogMetrics(ApiTest):
    def test_a_metric_filter_counts(self):
        logs, cw = self.client("logs"), self.client("cloudwatch")
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        logs.put_metric_filter(logGroupName="g", filterName="f", filterPattern="ERROR", metricTransformations=[
            {"metricName": "Errors", "metricNamespace": "App", "metricValue": "1"}])
        at = int(time.time() * 1000)
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": at, "message": m} for m in ("ERROR a", "fine", "ERROR b")])
        points = cw.get_metric_statistics(Namespace="App", MetricName="Errors", StartTime=now() - timedelta(seconds=120),
                                          EndTime=now() + timedelta(seconds=60), Period=60, Statistics=["Sum"])["Datapoints"]
        self.assertEqual(math.fsum(p["Sum"] for p in points), 2.0)
