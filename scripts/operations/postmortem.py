#!/usr/bin/env python3
"""What the platform recorded of a span of time, as a post-mortem in Markdown: docs/runbooks/postmortem-template.md, filled.

usage: postmortem.py ENVIRONMENT FROM TO [--title WORDS] [--output FILE] [--check]
  --check   only whether the span is one; asks nothing
"""
import argparse
import collections
import dataclasses
import datetime
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "check"))
import pages
from parts import PARTS, words
from sight import Api, Refused, balancer, counted_by

UTC = datetime.timezone.utc
LONGEST = datetime.timedelta(days=7)
NAMES = ("service", "family", "secretId", "repositoryName", "alarmName", "name")  # parameters by which a call names what it changes, the best first
SHOWN = 400  # lines of the timeline, at most


@dataclasses.dataclass(frozen=True)
class Entry:
    time: datetime.datetime
    source: str
    what: str


def moment(text, now):
    if text == "now":
        return now
    try:
        parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        sys.exit(f"postmortem: '{text}' is no time: write 2026-11-26T03:00:00Z, or now")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def milliseconds(time):
    return int(time.timestamp() * 1000)


def at(value):
    return datetime.datetime.fromtimestamp(value / 1000, UTC) if isinstance(value, (int, float)) else value.astimezone(UTC)


class Collected:
    """The API's answers about one environment and one span; what is refused is said, not left out."""

    def __init__(self, environment, begin, end, api):
        self.name, self.begin, self.end, self.api = f"counselor-{environment}", begin, end, api
        self.refused = []
        self.shared = ""  # what must be said of the load balancer's counts

    def ask(self, what, question):
        try:
            return [entry for entry in question() if self.begin <= entry.time <= self.end]
        except Refused as refusal:
            self.refused.append(f"{what}: {refusal}")
            return []

    def calls(self):
        """Calls that changed something and name the environment (or its cluster's services do it in its name)."""
        found = self.api("cloudtrail", "lookup_events", StartTime=self.begin, EndTime=self.end, LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}])["Events"]
        for event in found:
            record = json.loads(event["CloudTrailEvent"])
            if self.name not in event["CloudTrailEvent"]:
                continue
            parameters = record.get("requestParameters") or {}
            named = [parameters[key] for key in (*NAMES, *parameters) if isinstance(parameters.get(key), str) and self.name in parameters[key]]
            what = f"{record['eventSource'].split('.')[0]} {record['eventName']}" + (f" {named[0].rsplit('/', 1)[-1]}" if named else "")
            if record["eventName"] == "UpdateService":
                what += "".join(f", {key} {str(parameters[key]).rsplit('/', 1)[-1]}" for key in ("taskDefinition", "desiredCount", "forceNewDeployment") if parameters.get(key) is not None)
            error = record.get("errorCode")
            yield Entry(at(event["EventTime"]), "call", what + f" by {event.get('Username') or record['userIdentity'].get('type', '?')}" + (f": refused, {error}" if error else ""))

    def alarms(self):
        history = self.api("cloudwatch", "describe_alarm_history", HistoryItemType="StateUpdate", StartDate=self.begin, EndDate=self.end)["AlarmHistoryItems"]
        for item in history:
            if item["AlarmName"].startswith(self.name + "-"):
                data = json.loads(item["HistoryData"])
                reason = data["newState"].get("stateReason", "")
                yield Entry(at(item["Timestamp"]), "alarm", f"{item['AlarmName']} is {data['newState']['stateValue']}, was {data['oldState']['stateValue']}" + (f": {reason}" if data["newState"]["stateValue"] == "ALARM" else ""))

    def services(self):
        for service in self.api("ecs", "describe_services", cluster=f"{self.name}-cluster", services=[f"{self.name}-{part}" for part in PARTS])["services"]:
            for event in service["events"]:
                yield Entry(at(event["createdAt"]), "service", event["message"].replace(f"(service {service['serviceName']})", service["serviceName"]))

    def tasks(self):
        arns = self.api("ecs", "list_tasks", cluster=f"{self.name}-cluster", desiredStatus="STOPPED")["taskArns"]
        for index in range(0, len(arns), 100):
            for task in self.api("ecs", "describe_tasks", cluster=f"{self.name}-cluster", tasks=arns[index:index + 100])["tasks"]:
                if not task.get("stoppedAt"):
                    continue
                codes = [f"{container['name']} exited with {container['exitCode']}" for container in task["containers"] if container.get("exitCode") is not None]
                yield Entry(at(task["stoppedAt"]), "task", f"{task['group'].split(':')[-1]} task {task['taskArn'].rsplit('/', 1)[1][:8]} stopped: {task.get('stoppedReason', '?')}" + (f" ({'; '.join(codes)})" if codes else ""))

    def overrides(self):
        try:
            found = self.api("logs", "filter_log_events", logGroupName=f"/changes/{self.name}", startTime=milliseconds(self.begin), endTime=milliseconds(self.end))["events"]
        except Refused as refusal:
            if "ResourceNotFound" in str(refusal):
                return
            raise
        for event in found:
            record = json.loads(event["message"])
            yield Entry(at(event["timestamp"]), "change", f"{record['change']}, by {record['user']}: \"{record['reason']}\"")

    def failures(self):
        """What the containers reported as failed; (time, stream, message)."""
        pattern = '{ $.event = "failed" || $.event = "model_failed" || $.status >= 500 }'
        try:
            found = self.api("logs", "filter_log_events", logGroupName=f"/ecs/{self.name}", startTime=milliseconds(self.begin), endTime=milliseconds(self.end), filterPattern=pattern)["events"]
        except Refused as refusal:
            self.refused.append(f"logs: {refusal}")
            return []
        return [(at(event["timestamp"]), event["logStreamName"].split("/")[0], event["message"].strip()) for event in found]

    def minutes(self):
        """Per minute: requests, answers with 5xx. None where the load balancer cannot be asked."""
        try:
            dimension, self.shared = counted_by(balancer(self.api, self.name), self.name)
            counts = collections.defaultdict(lambda: [0, 0])
            for metric, column in (("RequestCount", 0), ("HTTPCode_ELB_5XX_Count", 1), ("HTTPCode_Target_5XX_Count", 1)):
                dimensions = [{"Name": "LoadBalancer", "Value": dimension}]
                # At most 1440 points an answer.
                start = self.begin.replace(second=0, microsecond=0)
                while start < self.end:
                    stop = min(start + datetime.timedelta(hours=24), self.end + datetime.timedelta(minutes=1))
                    for point in self.api("cloudwatch", "get_metric_statistics", Namespace="AWS/ApplicationELB", MetricName=metric, Dimensions=dimensions, StartTime=start, EndTime=stop, Period=60, Statistics=["Sum"])["Datapoints"]:
                        counts[at(point["Timestamp"])][column] += int(point["Sum"])
                        # A request that the balancer itself answered reached no target and is in no RequestCount.
                        if metric == "HTTPCode_ELB_5XX_Count":
                            counts[at(point["Timestamp"])][0] += int(point["Sum"])
                    start = stop
            return dict(counts)
        except (Refused, LookupError) as refusal:
            self.refused.append(f"requests: {refusal}")
            return None

    def timeline(self):
        entries = []
        for what, question in (("CloudTrail", self.calls), ("alarms", self.alarms), ("services", self.services), ("stopped tasks", self.tasks), ("changes", self.overrides)):
            entries += self.ask(what, question)
        return sorted(set(entries), key=lambda entry: (entry.time, entry.source, entry.what))


def failing(minutes):
    """First and last minute in which more than 5 % of the requests failed (the threshold of the alarm), and their number."""
    bad = sorted(minute for minute, (requests, failed) in (minutes or {}).items() if failed and failed > 0.05 * requests)
    return (bad[0], bad[-1] + datetime.timedelta(minutes=1), len(bad)) if bad else None


def impact(minutes):
    if minutes is None:
        return "The load balancer could not be asked."
    requests, failed = (sum(column) for column in zip(*minutes.values())) if minutes else (0, 0)
    if not failed:
        return f"No request failed, of {requests} that the load balancer counted."
    begin, end, count = failing(minutes) or (None, None, 0)
    said = f"{failed} of {requests} requests were answered with 5xx ({100 * failed / max(requests, 1):.1f} %)."
    return said + (f" More than 5 % failed in {count} minutes, between {begin:%H:%M} and {end:%H:%M}." if count else " In no minute was it more than 5 %.")


def durations(entries, minutes):
    """Detected (first alarm after the first failing minute), mitigated (last failing minute), over (every alarm OK)."""
    span, alarms = failing(minutes), [entry for entry in entries if entry.source == "alarm"]
    raised = [entry for entry in alarms if " is ALARM" in entry.what]
    begin = span[0] if span else raised[0].time if raised else None
    if begin is None:
        return "Nothing failed, and no alarm was raised."
    rows = [("began", begin, "first minute with more than 5 % of 5xx" if span else "first alarm")]
    if raised:
        rows.append(("detected", raised[0].time, raised[0].what.split(":")[0]))
    if span:
        rows.append(("users served again", span[1], "last minute with more than 5 % of 5xx"))
    loud, over = set(), None
    for entry in alarms:
        name = entry.what.split(" is ")[0]
        (loud.add if " is ALARM" in entry.what else loud.discard)(name)
        over = entry.time if not loud else None
    if raised:
        rows.append(("over", over, "every alarm is OK") if over else ("over", None, f"not yet: {', '.join(sorted(loud))}"))
    lines = ["| | at | after | by |", "| --- | --- | --- | --- |"]
    for name, time, why in rows:
        lines.append(f"| {name} | {time:%Y-%m-%d %H:%M:%S} | {words((time - begin).total_seconds())} | {cell(why)} |" if time else f"| {name} | | | {cell(why)} |")
    return "\n".join(lines)


def cell(text):
    return text.replace("\n", " ").replace("|", "\\|")[:300]


def table(entries):
    if not entries:
        return "Nothing was recorded."
    lines = ["| time (UTC) | source | what |", "| --- | --- | --- |"]
    lines += [f"| {entry.time:%Y-%m-%d %H:%M:%S} | {entry.source} | {cell(entry.what)} |" for entry in entries[:SHOWN]]
    return "\n".join(lines) + (f"\n\nAnd {len(entries) - SHOWN} more: choose a shorter span." if len(entries) > SHOWN else "")


def reported(failures):
    if not failures:
        return "No failure."
    lines = [f"{len(failures)} lines; the first ten:", "", "```text"]
    return "\n".join(lines + [f"{time:%H:%M:%S} {stream} {message[:300]}" for time, stream, message in failures[:10]] + ["```"])


def write(collected, environment, title, now):
    entries, minutes, failures = collected.timeline(), collected.minutes(), collected.failures()
    values = {"title": title, "environment": environment, "from": f"{collected.begin:%Y-%m-%d %H:%M}", "to": f"{collected.end:%Y-%m-%d %H:%M}", "written": f"{now:%Y-%m-%d %H:%M}",
              "impact": impact(minutes) + (f" ({collected.shared}.)" if collected.shared else ""), "durations": durations(entries, minutes), "timeline": table(entries), "failures": reported(failures)}
    text = (pages.RUNBOOKS / "postmortem-template.md").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    if collected.refused:
        text += "\n## What could not be asked\n\n" + "".join(f"* {line}\n" for line in collected.refused)
    return text, len(entries)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].strip())
    parser.add_argument("environment", choices=["dev", "test", "prod"])
    parser.add_argument("begin")
    parser.add_argument("end")
    parser.add_argument("--title")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    now = datetime.datetime.now(UTC)
    begin, end = moment(options.begin, now), moment(options.end, now)
    if begin >= end:
        sys.exit("postmortem: it ends before it begins")
    if end - begin > LONGEST:
        sys.exit(f"postmortem: a span of more than {LONGEST.days} days is no incident")
    if options.check:
        return
    text, count = write(Collected(options.environment, begin, end, Api()), options.environment, options.title or f"Post-mortem: {options.environment}, {begin:%Y-%m-%d}", now)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
        print(f"{options.output}: {count} events", file=sys.stderr)
    else:
        print(text)


if __name__ == "__main__":
    main()
