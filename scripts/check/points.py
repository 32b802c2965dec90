"""The document's points of security and compliance, each a question to the API or the kernel.

Every function takes an Environment and yields (holds, evidence). A point holds when all that it yields holds and it yields something.
"""
import dataclasses
import json
import re
import urllib.parse

from sight import KEY, Refused, balancer, keys_in, keys_in_files, keys_in_layer

PARTS = ("frontend", "backend")
PORTS = {"frontend": 3000, "backend": 3001}


class Environment:
    """What several points look at, read once."""

    def __init__(self, name, api, machine=None, files=(), store=()):
        self.name, self.api, self.machine = f"counselor-{name}", api, machine
        self.environment = name
        self.files = list(files)  # Terraform's state, plans and logs
        self.store = list(store)  # Stratus's own files
        self.cluster = f"{self.name}-cluster"
        self.account = api("sts", "get_caller_identity")["Account"]
        self.services = {part: self._service(part) for part in PARTS}
        self.tasks = self._tasks()
        self.definitions = {part: api("ecs", "describe_task_definition", taskDefinition=service["taskDefinition"])["taskDefinition"] for part, service in self.services.items()}
        interfaces = [detail["value"] for task in self.tasks for attachment in task["attachments"] for detail in attachment["details"] if detail["name"] == "networkInterfaceId"]
        self.interfaces = api("ec2", "describe_network_interfaces", NetworkInterfaceIds=interfaces)["NetworkInterfaces"] if interfaces else []
        self.balancer = balancer(api, self.name)
        self.listeners = api("elbv2", "describe_listeners", LoadBalancerArn=self.balancer["LoadBalancerArn"])["Listeners"]
        self.secret = api("secretsmanager", "describe_secret", SecretId=f"{self.name}-openai-api-key")
        self.secret_value = self._secret_value()

    def _service(self, part):
        found = self.api("ecs", "describe_services", cluster=self.cluster, services=[f"{self.name}-{part}"])["services"]
        if not found:
            raise Refused(f"{self.name}-{part} is not there: the environment is not deployed")
        return found[0]

    def _tasks(self):
        arns = self.api("ecs", "list_tasks", cluster=self.cluster)["taskArns"]
        return self.api("ecs", "describe_tasks", cluster=self.cluster, tasks=arns)["tasks"] if arns else []

    def _secret_value(self):
        try:
            return self.api("secretsmanager", "get_secret_value", SecretId=self.secret["ARN"])["SecretString"].encode()
        except Refused:
            return b""

    def groups(self, ids):
        return self.api("ec2", "describe_security_groups", GroupIds=sorted(ids))["SecurityGroups"]

    @property
    def tls(self):
        return any(listener["Protocol"] == "HTTPS" for listener in self.listeners)


def private_subnets(env):
    """Private subnets for workloads"""
    tables = env.api("ec2", "describe_route_tables", Filters=[{"Name": "vpc-id", "Values": [env.balancer["VpcId"]]}])["RouteTables"]
    for interface in env.interfaces:
        public = interface.get("Association", {}).get("PublicIp")
        subnet = interface["SubnetId"]
        own = [table for table in tables if any(association.get("SubnetId") == subnet for association in table["Associations"])]
        own = own or [table for table in tables if any(association.get("Main") for association in table["Associations"])]
        gateways = [route["GatewayId"] for table in own for route in table["Routes"] if route.get("GatewayId", "").startswith("igw-")]
        yield not public and not gateways, f"{interface['PrivateIpAddress']} in {subnet}: " + (f"public address {public}" if public else "no public address") + (f", routed to {gateways[0]}" if gateways else ", no route to an internet gateway")


def security_groups(env):
    """Security groups: tasks take 3000/3001 from the load balancer's group only, the load balancer takes 80/443"""
    balancer_groups = set(env.balancer["SecurityGroups"])
    for group in env.groups({group["GroupId"] for interface in env.interfaces for group in interface["Groups"]}):
        for rule in group["IpPermissions"]:
            sources = {pair["GroupId"] for pair in rule.get("UserIdGroupPairs", [])}
            open_to = [entry["CidrIp"] for entry in rule.get("IpRanges", [])] + [entry["CidrIpv6"] for entry in rule.get("Ipv6Ranges", [])]
            good = not open_to and sources and sources <= balancer_groups and rule.get("FromPort") == rule.get("ToPort") and rule.get("FromPort") in PORTS.values()
            yield bool(good), f"{group['GroupName']}: {rule.get('FromPort', 'all')} from {', '.join(open_to + sorted(sources)) or 'nobody'}"
    for group in env.groups(balancer_groups):
        ports = {(rule.get("FromPort"), rule.get("ToPort")) for rule in group["IpPermissions"]}
        yield ports <= {(80, 80), (443, 443)}, f"{group['GroupName']}: takes {', '.join(str(low) for low, _ in sorted(ports, key=str))}"


def network_acls(env):
    """Network ACLs at the subnets' edges"""
    subnets = {interface["SubnetId"] for interface in env.interfaces} | {zone["SubnetId"] for zone in env.balancer["AvailabilityZones"]}
    acls = env.api("ec2", "describe_network_acls", Filters=[{"Name": "vpc-id", "Values": [env.balancer["VpcId"]]}])["NetworkAcls"]
    for subnet in sorted(subnets):
        acl = next((acl for acl in acls if any(association["SubnetId"] == subnet for association in acl["Associations"])), None)
        everything = acl is not None and any(not entry["Egress"] and entry["RuleAction"] == "allow" and entry["Protocol"] == "-1" and entry.get("CidrBlock") == "0.0.0.0/0" for entry in acl["Entries"])
        yield acl is not None and not acl["IsDefault"] and not everything, f"{subnet}: " + ("none" if acl is None else f"{acl['NetworkAclId']}, " + ("the default one" if acl["IsDefault"] else "lets everything in" if everything else f"{sum(not entry['Egress'] for entry in acl['Entries'])} entries inbound"))


def containers(env):
    for part, definition in env.definitions.items():
        for container in definition["containerDefinitions"]:
            yield part, container


def non_root(env):
    """Non-root container users"""
    for part, container in containers(env):
        user = container.get("user", "").split(":")[0]
        yield user not in ("", "0", "root"), f"{part}: defined to run as user {user or 'root'}"
    if env.machine:
        for interface in env.interfaces:
            processes = env.machine.processes(interface["NetworkInterfaceId"])
            yield bool(processes), f"{interface['PrivateIpAddress']}: {len(processes)} processes seen by the kernel"
            for process in processes:
                yield process["uid"] != 0 and process["capabilities"] == 0 and process["no_new_privileges"], f"process {process['pid']} ({process['name']}): uid {process['uid']}, capabilities {process['capabilities']:#x}, {'no' if process['no_new_privileges'] else 'may gain'} new privileges"


def read_only_root(env):
    """Read-only root file systems"""
    for part, container in containers(env):
        yield container.get("readonlyRootFilesystem") is True, f"{part}: readonlyRootFilesystem {container.get('readonlyRootFilesystem', False)}"
    if env.machine:
        for interface in env.interfaces:
            for process in env.machine.processes(interface["NetworkInterfaceId"]):
                yield process["read_only_root"], f"process {process['pid']} ({process['name']}): / is mounted {'read-only' if process['read_only_root'] else 'writable'}"


def secrets_by_reference(env):
    """Secrets by AWS Secrets Manager"""
    for part, container in containers(env):
        plain = [entry["name"] for entry in container.get("environment", []) if re.search(r"KEY|SECRET|TOKEN|PASSWORD", entry["name"], re.I) or keys_in(entry["value"].encode(), env.secret_value)]
        foreign = [entry["name"] for entry in container.get("secrets", []) if ":secretsmanager:" not in entry["valueFrom"]]
        yield not plain and not foreign, f"{part}: " + (f"in plain environment: {', '.join(plain + foreign)}" if plain or foreign else f"{len(container.get('secrets', []))} by reference, none in plain environment")


def statements(document):
    document = json.loads(urllib.parse.unquote(document)) if isinstance(document, str) else document
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def listed(value):
    return value if isinstance(value, list) else [value]


def role_statements(env, role):
    for name in env.api("iam", "list_role_policies", RoleName=role)["PolicyNames"]:
        yield from statements(env.api("iam", "get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"])
    for policy in env.api("iam", "list_attached_role_policies", RoleName=role)["AttachedPolicies"]:
        version = env.api("iam", "get_policy", PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        yield from statements(env.api("iam", "get_policy_version", PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"])


def least_privilege(env):
    """IAM roles with least privilege"""
    for kind in ("execution", "task"):
        role = f"{env.name}-{kind}"
        allowed = [statement for statement in role_statements(env, role) if statement["Effect"] == "Allow"]
        actions = sorted({action for statement in allowed for action in listed(statement.get("Action", "*"))})
        wide = [action for action in actions if "*" in action]
        # A login to the registry cannot be narrowed to a resource.
        anywhere = sorted({action for statement in allowed for action in listed(statement.get("Action", "*")) if "*" in listed(statement.get("Resource", "*"))} - {"ecr:GetAuthorizationToken"})
        yield not wide and not anywhere, f"{role}: {len(actions)} actions" + (f", with wildcards: {', '.join(wide)}" if wide else "") + (f", on any resource: {', '.join(anywhere)}" if anywhere else "")
        trusted = statements(env.api("iam", "get_role", RoleName=role)["Role"]["AssumeRolePolicyDocument"])
        principals = sorted({json.dumps(statement["Principal"]) for statement in trusted})
        yield principals == ['{"Service": "ecs-tasks.amazonaws.com"}'], f"{role}: assumed by {', '.join(principals)}"


def service_linked_roles(env):
    """Service-linked roles for AWS services"""
    roles = env.api("iam", "list_roles", PathPrefix="/aws-service-role/")["Roles"]
    ecs = [role for role in roles if role["RoleName"] == "AWSServiceRoleForECS"]
    yield bool(ecs), "AWSServiceRoleForECS " + ("is there" if ecs else "is missing")
    for role in roles:
        services = {principal for statement in statements(role["AssumeRolePolicyDocument"]) for principal in listed(statement["Principal"].get("Service", "*"))}
        yield all(service.endswith(".amazonaws.com") for service in services), f"{role['RoleName']}: assumed by {', '.join(sorted(services))}"


def no_credentials(env):
    """No hard-coded credentials: no key in any image, plan, state or log"""
    for part in PARTS:
        repository = f"{env.name}-{part}"
        running = env.definitions[part]["containerDefinitions"][0]["image"]
        repository, tag = running.split("/", 1)[1].rsplit(":", 1)
        image = env.api("ecr", "batch_get_image", repositoryName=repository, imageIds=[{"imageTag": tag}])["images"][0]
        found, layers = [], json.loads(image["imageManifest"])["layers"]
        for layer in layers:
            found += keys_in_layer(env.api.layer(repository, layer["digest"]), env.secret_value)
        yield not found, f"image {repository}:{tag}: " + (", ".join(found[:3]) if found else f"none in {len(layers)} layers")
    found = keys_in_files(env.files, env.secret_value)
    yield not found, "state, plans and output of Terraform: " + (", ".join(found[:3]) if found else f"none in {len(env.files)} files")
    events = env.api("logs", "filter_log_events", logGroupName=f"/ecs/{env.name}", limit=10000)["events"]
    found = [event["logStreamName"] for event in events if KEY.search(event["message"].encode()) or (env.secret_value and env.secret_value in event["message"].encode())]
    yield not found, f"/ecs/{env.name}: " + (f"in {found[0]}" if found else f"none in {len(events)} lines")


def transit(env):
    """Encryption in transit (HTTPS, TLS)"""
    if not env.tls:
        yield env.environment != "prod", "no HTTPS listener: " + ("TLS is optional in this environment" if env.environment != "prod" else "production must have one")
        return
    for listener in env.listeners:
        if listener["Protocol"] == "HTTPS":
            policy = listener.get("SslPolicy", "")
            yield bool(re.search(r"TLS13|TLS-1-2|FS-1-2", policy)), f"{listener['Port']}: {policy}"
            for certificate in listener["Certificates"]:
                issued = env.api("acm", "describe_certificate", CertificateArn=certificate["CertificateArn"])["Certificate"]
                yield issued["Status"] == "ISSUED", f"{issued['DomainName']}: {issued['Status']}" + (f", until {issued['NotAfter']:%Y-%m-%d}" if "NotAfter" in issued else "")
        else:
            redirects = [action for action in listener["DefaultActions"] if action["Type"] == "redirect" and action["RedirectConfig"]["Protocol"] == "HTTPS"]
            yield bool(redirects), f"{listener['Port']}: " + (f"redirects with {redirects[0]['RedirectConfig']['StatusCode']}" if redirects else "serves without TLS")


def key_state(env, key):
    described = env.api("kms", "describe_key", KeyId=key)["KeyMetadata"]
    return described["KeyState"] == "Enabled", f"{described['KeyId']} is {described['KeyState']}"


def encrypted_logs(env):
    """Encrypted CloudWatch logs"""
    name = f"/ecs/{env.name}"
    group = next((group for group in env.api("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"] if group["logGroupName"] == name), None)
    key = (group or {}).get("kmsKeyId")
    yield bool(key), f"{name}: " + (f"encrypted with {key}" if key else "no key")
    if key:
        yield key_state(env, key)
    retention = {"dev": 7, "test": 14, "prod": 30}[env.environment]
    kept = (group or {}).get("retentionInDays")
    yield kept == retention, f"{name}: kept for {kept or 'ever, not ' + str(retention)} days"


def secure_key_storage(env):
    """Secure API key storage"""
    key = env.secret.get("KmsKeyId")
    if env.environment == "prod" or key:
        yield bool(key), f"{env.secret['Name']}: " + (f"encrypted with {key}" if key else "encrypted with AWS's own key only")
        if key:
            yield key_state(env, key)
    else:
        yield True, f"{env.secret['Name']}: encrypted with AWS's own key"
    if env.secret_value and env.store:
        found = [path.name for path in env.store if path.is_file() and env.secret_value in path.read_bytes()]
        yield not found, "at rest: " + (f"readable in {', '.join(found)}" if found else f"not readable in any of {len(env.store)} files of the store")


def audit(env):
    """Audit logging: CloudTrail for all API calls"""
    trails = env.api("cloudtrail", "describe_trails")["trailList"]
    logging = []
    for trail in trails:
        status = env.api("cloudtrail", "get_trail_status", Name=trail["TrailARN"])
        if status["IsLogging"]:
            logging.append(trail)
        if trail["Name"] == env.name:
            yield status["IsLogging"], f"{trail['Name']}: {'logging' if status['IsLogging'] else 'stopped'}" + (f", last delivered {status['LatestDeliveryTime']:%H:%M:%S}" if status.get("LatestDeliveryTime") else "")
            yield trail["LogFileValidationEnabled"], f"{trail['Name']}: the files' integrity can {'' if trail['LogFileValidationEnabled'] else 'not '}be checked"
            blocked = env.api("s3", "get_public_access_block", Bucket=trail["S3BucketName"])["PublicAccessBlockConfiguration"]
            yield all(blocked.values()), f"{trail['S3BucketName']}: {'closed to' if all(blocked.values()) else 'open to'} the public"
    yield bool(logging), f"{len(logging)} of {len(trails)} trails log"


def residency(env):
    """Data residency: one region (copies apart)"""
    others = [region for region in ("us-east-1", "us-east-2", "us-west-2", "eu-west-1") if region != env.api.region]
    for region in others:
        clusters = [arn for arn in env.api("ecs", "list_clusters", region=region)["clusterArns"] if arn.endswith(f"/{env.cluster}")]
        groups = [group["logGroupName"] for group in env.api("logs", "describe_log_groups", region=region, logGroupNamePrefix=f"/ecs/{env.name}")["logGroups"]]
        vpcs = env.api("ec2", "describe_vpcs", region=region, Filters=[{"Name": "tag:Name", "Values": [f"{env.name}-vpc"]}])["Vpcs"]
        found = clusters + groups + [vpc["VpcId"] for vpc in vpcs]
        yield not found, f"{region}: " + (", ".join(found) if found else "nothing that runs or logs")
    secrets = env.secret.get("PrimaryRegion", env.api.region)
    yield secrets == env.api.region, f"the secret's original lies in {secrets}"


def access_controls(env):
    """Access controls: nothing is open to everybody"""
    for part in PARTS:
        repository = f"{env.name}-{part}"
        try:
            policy = env.api("ecr", "get_repository_policy", repositoryName=repository)["policyText"]
        except Refused as refusal:
            if "RepositoryPolicyNotFound" not in str(refusal) and "RepositoryNotFound" not in str(refusal):
                raise
            yield True, f"{repository}: only this account"
            continue
        anybody = [statement for statement in statements(policy) if statement["Effect"] == "Allow" and statement["Principal"] in ("*", {"AWS": "*"})]
        yield not anybody, f"{repository}: {'anybody' if anybody else 'named roles'} may pull"


def at_rest(env):
    """Encryption at rest"""
    names = [f"{env.name}-{part}" for part in PARTS]
    for repository in env.api("ecr", "describe_repositories")["repositories"]:
        if repository["repositoryName"] in names:
            kind = repository.get("encryptionConfiguration", {}).get("encryptionType")
            yield kind in ("AES256", "KMS"), f"{repository['repositoryName']}: {kind or 'not encrypted'}"
            yield repository["imageTagMutability"] == "IMMUTABLE", f"{repository['repositoryName']}: tags are {repository['imageTagMutability']}"
    for trail in env.api("cloudtrail", "describe_trails")["trailList"]:
        if trail["Name"] == env.name:
            rules = env.api("s3", "get_bucket_encryption", Bucket=trail["S3BucketName"])["ServerSideEncryptionConfiguration"]["Rules"]
            kind = rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] if rules else None
            yield bool(kind), f"{trail['S3BucketName']}: {kind or 'not encrypted'}"


@dataclasses.dataclass
class Point:
    section: str
    ask: object

    @property
    def title(self):
        return self.ask.__doc__


POINTS = [
    Point("Network security", private_subnets), Point("Network security", security_groups), Point("Network security", network_acls),
    Point("Application security", non_root), Point("Application security", read_only_root), Point("Application security", secrets_by_reference),
    Point("Access control", least_privilege), Point("Access control", service_linked_roles), Point("Access control", no_credentials),
    Point("Data protection", transit), Point("Data protection", encrypted_logs), Point("Data protection", secure_key_storage),
    Point("Compliance", audit), Point("Compliance", residency), Point("Compliance", access_controls), Point("Compliance", at_rest),
]
