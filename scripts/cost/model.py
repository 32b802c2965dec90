"""The monthly cost of a Stack: pure arithmetic over the price list and the usage, no calls to anything."""
import dataclasses
import json
import pathlib

import schedule

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Line:
    service: str
    what: str
    quantity: float
    unit: str
    price: float
    listed: str = ""  # the price list's name

    @property
    def cost(self):
        return self.quantity * self.price


def data(name):
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


class Model:
    def __init__(self, environment, prices=None, usage=None):
        self.environment = environment
        self.prices = (prices or data("prices"))["prices"]
        self.usage = usage or data("usage")
        self.hours = self.assumed("hours_per_month")

    def price(self, name):
        return self.prices[name]["price"]

    def assumed(self, name):
        entry = self.usage[name]
        return entry["value"] if "value" in entry else entry[self.environment]

    def line(self, service, what, quantity, price, factor=1.0):
        return Line(service, what, quantity, self.prices[price]["unit"], self.price(price) * factor, price)

    def fargate(self, services, running):
        """`running` is the part of the month that tasks run."""
        lines = []
        for spot in sorted({service.spot for service in services}):
            chosen = [service for service in services if service.spot == spot]
            factor = 1 - self.price("fargate_spot_discount") if spot else 1.0
            hours = self.hours * running
            name = "Spot" if spot else "On demand"
            tasks = sum(service.tasks for service in chosen)
            lines.append(self.line("ECS Fargate", f"{name}: vCPU of {tasks} tasks, {hours:.0f} h", sum(s.tasks * s.cpu / 1024 for s in chosen) * hours, "fargate_vcpu_hour", factor))
            lines.append(self.line("ECS Fargate", f"{name}: memory of {tasks} tasks, {hours:.0f} h", sum(s.tasks * s.memory / 1024 for s in chosen) * hours, "fargate_gb_hour", factor))
        return lines

    def lines(self, stack):
        running = schedule.part_of_week(stack.schedules)
        lines = self.fargate(stack.services, running)
        add = lambda *arguments: lines.append(self.line(*arguments))
        if stack.load_balancers:
            add("ALB", "load balancers", stack.load_balancers * self.hours, "alb_hour")
            add("ALB", "capacity units", self.assumed("lcu") * self.hours, "alb_lcu_hour")
        if stack.nat_gateways:
            add("NAT Gateway", "gateways", stack.nat_gateways * self.hours, "nat_hour")
            add("NAT Gateway", "data processed", self.assumed("nat_gb"), "nat_gb")
        addresses = stack.load_balancer_zones + stack.elastic_addresses
        if addresses:
            add("Public IPv4", f"{stack.load_balancer_zones} of load balancers, {stack.elastic_addresses} of NAT gateways", addresses * self.hours, "public_ipv4_hour")
        if stack.load_balancers:
            add("Data transfer", "to the Internet", self.assumed("transfer_out_gb"), "transfer_out_gb")
        if stack.repositories:
            add("ECR", "images", self.assumed("ecr_gb"), "ecr_gb_month")
        if stack.replicated_images:
            add("ECR", "copies in the second region", self.assumed("ecr_gb"), "ecr_gb_month")
            add("Data transfer", "images to the second region", self.assumed("replicated_gb"), "transfer_region_gb")
        if stack.log_groups:
            add("CloudWatch", "logs ingested", self.assumed("log_gb"), "logs_ingested_gb")
            add("CloudWatch", "logs stored", self.assumed("log_gb"), "logs_stored_gb_month")
        if stack.container_insights:
            metrics = self.assumed("container_insights_metrics_per_cluster") + len(stack.services) * self.assumed("container_insights_metrics_per_service")
            add("CloudWatch", "Container Insights", metrics, "metric_month")
        if stack.alarm_metrics or stack.scaling_policies:
            add("CloudWatch", "alarms", stack.alarm_metrics + stack.scaling_policies * self.assumed("scaling_alarms_per_policy"), "alarm_metric_month")
        if stack.dashboards:
            add("CloudWatch", "dashboards", stack.dashboards, "dashboard_month")
        if stack.secrets:
            add("Secrets Manager", "secrets", stack.secrets, "secret_month")
            if stack.replica_secrets:
                add("Secrets Manager", "replicas", stack.replica_secrets, "secret_month")
            add("Secrets Manager", "calls", self.assumed("secret_calls") / 10000, "secret_calls_10k")
        if stack.keys:
            add("KMS", "keys", stack.keys, "kms_key_month")
            add("KMS", "requests", self.assumed("kms_requests") / 10000, "kms_requests_10k")
        if stack.zones:
            add("Route53", "hosted zones", stack.zones, "hosted_zone_month")
            add("Route53", "queries", self.assumed("dns_queries") / 1e6, "dns_queries_million")
        if stack.certificates:
            add("ACM", "certificates", stack.certificates, "certificate_month")
        if stack.trails:
            add("CloudTrail", "record in S3", self.assumed("trail_gb"), "s3_gb_month")
            add("CloudTrail", "files written to S3", self.assumed("trail_objects") / 1000, "s3_puts_1k")
        if stack.emails:
            add("SNS", "e-mails", stack.emails * self.assumed("alarm_emails") / 100000, "sns_email_100k")
        return lines

    def total(self, lines):
        return sum(line.cost for line in lines)

    def by_service(self, lines):
        sums = {}
        for line in lines:
            sums[line.service] = sums.get(line.service, 0) + line.cost
        return sums

    def savings(self, stack, utilization=None):
        """(what, with, without): what the stack's choices save, or would. `utilization` is {service: (cpu %, memory %)} at its highest, measured."""
        rows = []
        cost = lambda services, running: self.total(self.fargate(services, running))
        running = schedule.part_of_week(stack.schedules)
        spot = [dataclasses.replace(service, spot=True) for service in stack.services]
        ordinary = [dataclasses.replace(service, spot=False) for service in stack.services]
        office = schedule.part_of_week([("cron(0 20 ? * MON-FRI *)", 0), ("cron(0 7 ? * MON-FRI *)", 1)])
        used = any(service.spot for service in stack.services)
        rows.append(("Fargate Spot" + (" (in use)" if used else " (possible where an interruption may be felt)"), cost(spot, running), cost(ordinary, running)))
        rows.append(("off at night and at weekends" + (" (in use)" if stack.schedules else " (possible)"), cost(stack.services, running if stack.schedules else office), cost(stack.services, 1.0)))
        balancer = self.hours * (self.price("alb_hour") + 2 * self.price("public_ipv4_hour"))
        rows.append(("load balancer of another environment" + (" (possible)" if stack.load_balancers else " (in use)"), 0.0, balancer))
        smaller = [self.right_size(service, (utilization or {}).get(service.name)) for service in stack.services]
        if utilization:
            rows.append(("right-sized tasks, from the highest CPU and memory measured", cost(smaller, running), cost(stack.services, running)))
        return rows

    def advice(self, service, measured):
        smaller = self.right_size(service, measured)
        if max(measured) > 70:
            return "more would be right, the peak is above 70 %"
        return "that is right" if smaller == service else f"{smaller.cpu}/{smaller.memory} would do"

    @staticmethod
    def right_size(service, measured):
        """The smallest Fargate size whose peak stays below 70 %."""
        if not measured or None in measured:
            return service
        need_cpu, need_memory = (value / 100 * size / 0.7 for value, size in zip(measured, (service.cpu, service.memory)))
        for cpu, memories in SIZES.items():
            for memory in memories:
                if cpu >= need_cpu and memory >= need_memory:
                    return dataclasses.replace(service, cpu=min(cpu, service.cpu), memory=min(memory, service.memory) if cpu <= service.cpu else service.memory)
        return service


# Fargate's sizes, smallest first: CPU units to MiB.
SIZES = {256: [512, 1024, 2048], 512: [1024 * n for n in range(1, 5)], 1024: [1024 * n for n in range(2, 9)], 2048: [1024 * n for n in range(4, 17)]}
