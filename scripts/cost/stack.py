"""What a Terraform state or plan contains that costs money: `terraform show -json` in, a Stack out."""
import dataclasses
import json


@dataclasses.dataclass
class Service:
    name: str
    tasks: int
    cpu: int  # CPU units; 1024 are one vCPU
    memory: int  # MiB
    spot: bool


@dataclasses.dataclass
class Stack:
    services: list = dataclasses.field(default_factory=list)
    load_balancers: int = 0
    load_balancer_zones: int = 0
    nat_gateways: int = 0
    elastic_addresses: int = 0
    repositories: int = 0
    replicated_images: bool = False
    log_groups: int = 0
    alarm_metrics: int = 0
    dashboards: int = 0
    container_insights: bool = False
    secrets: int = 0
    replica_secrets: int = 0
    keys: int = 0
    zones: int = 0
    certificates: int = 0
    trails: int = 0
    scaling_policies: int = 0
    emails: int = 0  # subscriptions to the alarms' topic
    schedules: list = dataclasses.field(default_factory=list)  # of "cron(…)" with its greatest capacity

    @property
    def empty(self):
        return not (self.services or self.load_balancers or self.nat_gateways or self.repositories)


def resources(module):
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from resources(child)


def read(document):
    """`document` is what `terraform show -json` prints, of a state or of a plan."""
    root = (document.get("planned_values") or document.get("values") or {}).get("root_module", {})
    stack, definitions, found = Stack(), {}, []
    for resource in resources(root):
        if resource.get("mode", "managed") != "managed":
            continue
        values = resource.get("values", {})
        if resource["type"] == "aws_ecs_task_definition":
            definitions[values["family"]] = values
        found.append((resource["type"], values))
    for kind, values in found:
        add(stack, kind, values, definitions)
    return stack


def add(stack, kind, values, definitions):
    if kind == "aws_ecs_service":
        # A service and its task definition's family share a name.
        definition = definitions.get(values["name"], {})
        providers = values.get("capacity_provider_strategy") or []
        stack.services.append(Service(values["name"], int(values.get("desired_count") or 0), int(definition.get("cpu", 256)), int(definition.get("memory", 512)),
                                      any(provider["capacity_provider"] == "FARGATE_SPOT" for provider in providers)))
    elif kind == "aws_lb":
        stack.load_balancers += 1
        stack.load_balancer_zones += len(values.get("subnets") or values.get("subnet_mapping") or []) or 2
    elif kind == "aws_ecs_cluster":
        stack.container_insights |= any(setting["name"] == "containerInsights" and setting["value"] != "disabled" for setting in values.get("setting") or [])
    elif kind == "aws_cloudwatch_metric_alarm":
        queries = [query for query in values.get("metric_query") or [] if query.get("metric")]
        stack.alarm_metrics += len(queries) or 1
    elif kind == "aws_secretsmanager_secret":
        stack.secrets += 1
        stack.replica_secrets += len(values.get("replica") or [])
    elif kind == "aws_appautoscaling_scheduled_action":
        action = (values.get("scalable_target_action") or [{}])[0]
        stack.schedules.append((values["schedule"], int(action.get("max_capacity") or 0)))
    elif kind == "aws_ecr_replication_configuration":
        stack.replicated_images = True
    else:
        counted = {"aws_nat_gateway": "nat_gateways", "aws_eip": "elastic_addresses", "aws_ecr_repository": "repositories", "aws_cloudwatch_log_group": "log_groups",
                   "aws_cloudwatch_dashboard": "dashboards", "aws_kms_key": "keys", "aws_route53_zone": "zones", "aws_acm_certificate": "certificates",
                   "aws_cloudtrail": "trails", "aws_appautoscaling_policy": "scaling_policies", "aws_sns_topic_subscription": "emails"}
        if kind in counted:
            setattr(stack, counted[kind], getattr(stack, counted[kind]) + 1)


def load(path):
    with open(path, encoding="utf-8") as file:
        return read(json.load(file))
