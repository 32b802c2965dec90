"""Usage as it was, from the API: task time by size and Spot, capacity units, bytes, calls. What cannot be read is None: "not measured"."""
import datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def attempt(call):
    """None where the service is not there or holds no such figure."""
    try:
        return call()
    except (ClientError, BotoCoreError, KeyError, IndexError):
        return None


FIGURES = ("tasks", "older_tasks", "lcu_hours", "new_connections", "balancer_bytes", "rule_evaluations", "nat_bytes", "nat_bytes_out", "log_bytes",
           "stored_log_bytes", "image_bytes", "secret_calls", "utilization")


def summed(pairs):
    sums = {}
    for key, value in pairs:
        sums[key] = sums.get(key, 0) + value
    return sums


class Usage:
    def __init__(self, environment, hours, session=None):
        self.name = f"counselor-{environment}"
        self.cluster = f"{self.name}-cluster"
        self.now = datetime.datetime.now(datetime.timezone.utc)
        self.start = self.now - datetime.timedelta(hours=hours)
        self.client = (session or boto3).client

    def metric(self, namespace, name, dimensions, statistic="Sum"):
        """Sum of a metric over the window (or its greatest value), None without data."""
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace=namespace, MetricName=name, Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=self.start, EndTime=self.now, Period=3600, Statistics=[statistic])["Datapoints"]
        values = [point[statistic] for point in points]
        return (sum(values) if statistic in ("Sum", "SampleCount") else max(values)) if values else None

    def listed(self):
        """[(service, (cpu, memory, capacity provider), seconds)] of the tasks that ECS lists: it forgets a stopped one after an hour."""
        ecs, tasks = self.client("ecs"), []
        arns = [arn for status in ("RUNNING", "STOPPED") for page in ecs.get_paginator("list_tasks").paginate(cluster=self.cluster, desiredStatus=status) for arn in page["taskArns"]]
        for at in range(0, len(arns), 100):
            for task in ecs.describe_tasks(cluster=self.cluster, tasks=arns[at:at + 100])["tasks"]:
                # Fargate charges from the start of the pull until the task has stopped.
                began = task.get("pullStartedAt") or task.get("startedAt")
                if began is None:
                    continue
                lasted = (task.get("stoppedAt") or self.now) - max(began, self.start)
                key = (int(task["cpu"]), int(task["memory"]), task.get("capacityProviderName") or task.get("launchType", "FARGATE"))
                tasks.append((task.get("group", "").removeprefix("service:"), key, max(0, lasted.total_seconds())))
        return tasks

    def tasks(self):
        """{(cpu, memory, capacity provider): seconds}."""
        return summed((key, seconds) for _, key, seconds in self.listed()) or None

    def older_tasks(self):
        """The same of tasks that ECS has forgotten. CloudWatch has one value a minute of each task of a service, so their number is the time that
        they ran; of which size they were it does not know: they are taken to be like the service's tasks of now."""
        listed, older = self.listed(), []
        for name in (f"{self.name}-frontend", f"{self.name}-backend"):
            of_service = [(key, seconds) for service, key, seconds in listed if service == name]
            minutes = self.metric("AWS/ECS", "CPUUtilization", {"ClusterName": self.cluster, "ServiceName": name}, "SampleCount")
            # A task's first and last minute count whole: less than two minutes a task is no older task.
            rest = (minutes or 0) * 60 - sum(seconds for _, seconds in of_service)
            if of_service and rest > 120 * len(of_service):
                older.append((of_service[0][0], rest))
        return summed(older)

    def balancer(self, name):
        """A metric of the environment's own load balancer; a guest of another's has none."""
        balancers = self.client("elbv2").describe_load_balancers(Names=[f"{self.name}-alb"])["LoadBalancers"]
        return self.metric("AWS/ApplicationELB", name, {"LoadBalancer": balancers[0]["LoadBalancerArn"].split(":loadbalancer/")[1]})

    def lcu_hours(self):
        return self.balancer("ConsumedLCUs")

    def new_connections(self):
        return self.balancer("NewConnectionCount")

    def balancer_bytes(self):
        return self.balancer("ProcessedBytes")

    def rule_evaluations(self):
        return self.balancer("RuleEvaluations")

    def nat(self, *names):
        gateways = self.client("ec2").describe_nat_gateways(Filters=[{"Name": "tag:Environment", "Values": [self.name.split("-")[1]]}])
        sums = [self.metric("AWS/NATGateway", name, {"NatGatewayId": gateway["NatGatewayId"]}) for gateway in gateways["NatGateways"] for name in names]
        return sum(value or 0 for value in sums) if any(value is not None for value in sums) else None

    def nat_bytes(self):
        return self.nat("BytesOutToDestination", "BytesInFromDestination")

    def nat_bytes_out(self):
        return self.nat("BytesOutToDestination")

    def log_bytes(self):
        return self.metric("AWS/Logs", "IncomingBytes", {"LogGroupName": f"/ecs/{self.name}"})

    def stored_log_bytes(self):
        groups = self.client("logs").describe_log_groups(logGroupNamePrefix=f"/ecs/{self.name}")["logGroups"]
        return sum(group.get("storedBytes", 0) for group in groups)

    def image_bytes(self):
        pages = (page for part in ("frontend", "backend") for page in self.client("ecr").get_paginator("describe_images").paginate(repositoryName=f"{self.name}-{part}"))
        return sum(image.get("imageSizeInBytes", 0) for page in pages for image in page["imageDetails"])

    def secret_calls(self):
        pages = self.client("cloudtrail").get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "GetSecretValue"}], StartTime=self.start, EndTime=self.now)
        return sum(f"{self.name}-" in event.get("CloudTrailEvent", "") for page in pages for event in page["Events"])

    def utilization(self):
        """{service: (highest CPU %, highest memory %)}, each None without data."""
        found = {}
        for part in ("frontend", "backend"):
            dimensions = {"ClusterName": self.cluster, "ServiceName": f"{self.name}-{part}"}
            found[f"{self.name}-{part}"] = tuple(attempt(lambda metric=metric: self.metric("AWS/ECS", metric, dimensions, "Maximum")) for metric in ("CPUUtilization", "MemoryUtilization"))
        return found

    def all(self):
        return {name: attempt(getattr(self, name)) for name in FIGURES}
