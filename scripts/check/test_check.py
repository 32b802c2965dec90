"""A healthy environment passes every point; broken on purpose in one way, it fails that point and no other."""
import copy
import datetime
import gzip
import io
import json
import pathlib
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check
import points
import sight

KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/1"
ROLES = "arn:aws:iam::123456789012:role/"
# Put together here, so that a search of this repository for keys finds none.
PLANTED = b"sk-" + b"proj-" + b"0123456789abcdefghijKLMNOPQRST"
SECRET = b"the-value-of-the-secret-0123456789"


def layer(content):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        info = tarfile.TarInfo("app/file")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return gzip.compress(data.getvalue())


def trust(service):
    return {"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}


def container(part, user):
    return {"name": part, "user": user, "readonlyRootFilesystem": True, "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/counselor-prod-{part}:prod-a1b2c3d-20260101120000",
            "environment": [{"name": "ENVIRONMENT", "value": "prod"}], "secrets": [{"name": "OPENAI_API_KEY", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"}]}


def healthy():
    """What the API answers, by service and operation; where a list is keyed, by the argument named in KEYED."""
    interface = {"NetworkInterfaceId": "eni-1", "PrivateIpAddress": "10.0.10.5", "SubnetId": "subnet-private", "Groups": [{"GroupId": "sg-tasks"}]}
    return {
        "sts get_caller_identity": {"Account": "123456789012"},
        "ecs describe_services": {"services": [{"taskDefinition": "family:1"}]},
        "ecs list_tasks": {"taskArns": ["task/1"]},
        "ecs describe_tasks": {"tasks": [{"attachments": [{"details": [{"name": "networkInterfaceId", "value": "eni-1"}]}]}]},
        "ecs describe_task_definition": {"taskDefinition": {"containerDefinitions": [container("backend", "10001")]}},
        "ecs list_clusters": {"clusterArns": []},
        "ec2 describe_network_interfaces": {"NetworkInterfaces": [interface]},
        "ec2 describe_route_tables": {"RouteTables": [{"Associations": [{"SubnetId": "subnet-private"}], "Routes": [{"NatGatewayId": "nat-1"}]}]},
        "ec2 describe_security_groups": {"SecurityGroups": [
            {"GroupId": "sg-tasks", "GroupName": "tasks", "IpPermissions": [{"FromPort": 3001, "ToPort": 3001, "UserIdGroupPairs": [{"GroupId": "sg-alb"}]}]},
            {"GroupId": "sg-alb", "GroupName": "alb", "IpPermissions": [{"FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]},
        "ec2 describe_network_acls": {"NetworkAcls": [{"NetworkAclId": "acl-1", "IsDefault": False, "Associations": [{"SubnetId": "subnet-private"}, {"SubnetId": "subnet-public"}],
                                                       "Entries": [{"Egress": False, "RuleAction": "allow", "Protocol": "6", "CidrBlock": "0.0.0.0/0"}]}]},
        "ec2 describe_vpcs": {"Vpcs": []},
        "elbv2 describe_target_groups": {"TargetGroups": [{"LoadBalancerArns": ["lb"]}]},
        "elbv2 describe_load_balancers": {"LoadBalancers": [{"LoadBalancerArn": "lb", "VpcId": "vpc-1", "SecurityGroups": ["sg-alb"], "AvailabilityZones": [{"SubnetId": "subnet-public"}]}]},
        "elbv2 describe_listeners": {"Listeners": [
            {"Port": 443, "Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "Certificates": [{"CertificateArn": "c"}], "DefaultActions": []},
            {"Port": 80, "Protocol": "HTTP", "DefaultActions": [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}]}]},
        "acm describe_certificate": {"Certificate": {"DomainName": "counselor.example.com", "Status": "ISSUED", "NotAfter": datetime.datetime(2030, 1, 1)}},
        "secretsmanager describe_secret": {"ARN": "s", "Name": "counselor-prod-openai-api-key", "KmsKeyId": KEY_ARN},
        "secretsmanager get_secret_value": {"SecretString": SECRET.decode()},
        "kms describe_key": {"KeyMetadata": {"KeyId": "1", "KeyState": "Enabled"}},
        "iam list_role_policies": {"PolicyNames": ["p"]},
        "iam get_role_policy": {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"},
                                                                {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "arn:aws:logs:x"}]}},
        "iam list_attached_role_policies": {"AttachedPolicies": []},
        "iam get_role": {"Role": {"AssumeRolePolicyDocument": trust("ecs-tasks.amazonaws.com")}},
        "iam list_roles": {"Roles": [{"RoleName": "AWSServiceRoleForECS", "AssumeRolePolicyDocument": trust("ecs.amazonaws.com")}]},
        "ecr batch_get_image": {"images": [{"imageManifest": json.dumps({"layers": [{"digest": "sha256:1"}]})}]},
        "ecr get_repository_policy": {"policyText": json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": ROLES + "r"}}]})},
        "ecr describe_repositories": {"repositories": [{"repositoryName": "counselor-prod-backend", "imageTagMutability": "IMMUTABLE", "encryptionConfiguration": {"encryptionType": "AES256"}}]},
        "logs filter_log_events": {"events": [{"logStreamName": "backend/1", "message": "GET /health 200"}]},
        "logs describe_log_groups": {"logGroups": [{"logGroupName": "/ecs/counselor-prod", "kmsKeyId": KEY_ARN, "retentionInDays": 30}]},
        "cloudtrail describe_trails": {"trailList": [{"Name": "counselor-prod", "TrailARN": "t", "LogFileValidationEnabled": True, "S3BucketName": "b"}]},
        "cloudtrail get_trail_status": {"IsLogging": True},
        "s3 get_public_access_block": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": True}},
        "s3 get_bucket_encryption": {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}},
    }


class FakeApi:
    region = "us-east-1"

    def __init__(self, answers, content=b"nothing to see"):
        self.answers, self.content, self.elsewhere = answers, content, {}

    def __call__(self, service, operation, region=None, **arguments):
        name = f"{service} {operation}"
        if region is not None:
            empty = {"ecs list_clusters": {"clusterArns": []}, "logs describe_log_groups": {"logGroups": []}, "ec2 describe_vpcs": {"Vpcs": []}}
            return {**empty, **self.elsewhere}[name]
        if name not in self.answers:
            raise sight.Refused(f"{name}: refused")
        answer = copy.deepcopy(self.answers[name])
        if name == "ec2 describe_security_groups":
            answer["SecurityGroups"] = [group for group in answer["SecurityGroups"] if group["GroupId"] in arguments["GroupIds"]]
        return answer

    def layer(self, repository, digest):
        return layer(self.content)


class FakeMachine:
    def __init__(self, **changed):
        self.process = {"pid": 7, "name": "backend", "uid": 10001, "capabilities": 0, "no_new_privileges": True, "read_only_root": True, **changed}

    def processes(self, interface):
        return [self.process] if self.process["pid"] else []


def failures(api=None, machine=None, files=(), store=()):
    environment = points.Environment("prod", api or FakeApi(healthy()), machine or FakeMachine(), files, store)
    return [point.ask.__name__ for point in points.POINTS if not check.ask(environment, point)[0]]


def broken(name, change):
    answers = healthy()
    change(answers[name])
    return FakeApi(answers)


class Healthy(unittest.TestCase):
    def test_every_point_holds(self):
        self.assertEqual(failures(), [])

    def test_the_report_says_so(self):
        out = io.StringIO()
        self.assertTrue(check.report(points.Environment("prod", FakeApi(healthy()), FakeMachine()), out=out))
        self.assertIn(f"{len(points.POINTS)} points hold, 0 do not", out.getvalue())


class BrokenOnPurpose(unittest.TestCase):
    """Each case: what is asked, how its answer is spoilt, which point must fail."""
    def one_container(answer):
        return answer["taskDefinition"]["containerDefinitions"][0]

    cases = [
        ("a task has a public address", "ec2 describe_network_interfaces", lambda a: a["NetworkInterfaces"][0].update(Association={"PublicIp": "198.51.100.1"}), "private_subnets"),
        ("its subnet leads to an internet gateway", "ec2 describe_route_tables", lambda a: a["RouteTables"][0]["Routes"].append({"GatewayId": "igw-1"}), "private_subnets"),
        ("tasks are open to the world", "ec2 describe_security_groups", lambda a: a["SecurityGroups"][0]["IpPermissions"][0].update(IpRanges=[{"CidrIp": "0.0.0.0/0"}]), "security_groups"),
        ("another port of the tasks is open", "ec2 describe_security_groups", lambda a: a["SecurityGroups"][0]["IpPermissions"][0].update(FromPort=22, ToPort=22), "security_groups"),
        ("the load balancer takes SSH", "ec2 describe_security_groups", lambda a: a["SecurityGroups"][1]["IpPermissions"][0].update(FromPort=22, ToPort=22), "security_groups"),
        ("a subnet has the default ACL", "ec2 describe_network_acls", lambda a: a["NetworkAcls"][0].update(IsDefault=True), "network_acls"),
        ("an ACL lets everything in", "ec2 describe_network_acls", lambda a: a["NetworkAcls"][0]["Entries"][0].update(Protocol="-1"), "network_acls"),
        ("a container runs as root", "ecs describe_task_definition", lambda a: BrokenOnPurpose.one_container(a).update(user="0"), "non_root"),
        ("a container names no user", "ecs describe_task_definition", lambda a: BrokenOnPurpose.one_container(a).pop("user"), "non_root"),
        ("a root file system is writable", "ecs describe_task_definition", lambda a: BrokenOnPurpose.one_container(a).update(readonlyRootFilesystem=False), "read_only_root"),
        ("the key is in plain environment", "ecs describe_task_definition", lambda a: BrokenOnPurpose.one_container(a)["environment"].append({"name": "X", "value": PLANTED.decode()}), "secrets_by_reference"),
        ("a password is in plain environment", "ecs describe_task_definition", lambda a: BrokenOnPurpose.one_container(a)["environment"].append({"name": "DB_PASSWORD", "value": "x"}), "secrets_by_reference"),
        ("a role may do everything of a service", "iam get_role_policy", lambda a: a["PolicyDocument"]["Statement"][1].update(Action="s3:*"), "least_privilege"),
        ("a role may do something to anything", "iam get_role_policy", lambda a: a["PolicyDocument"]["Statement"][1].update(Resource="*"), "least_privilege"),
        ("anybody may assume a role", "iam get_role", lambda a: a["Role"]["AssumeRolePolicyDocument"]["Statement"][0].update(Principal={"AWS": "*"}), "least_privilege"),
        ("the service-linked role is missing", "iam list_roles", lambda a: a["Roles"].clear(), "service_linked_roles"),
        ("a key was printed", "logs filter_log_events", lambda a: a["events"].append({"logStreamName": "backend/2", "message": PLANTED.decode()}), "no_credentials"),
        ("the secret was printed", "logs filter_log_events", lambda a: a["events"].append({"logStreamName": "backend/2", "message": SECRET.decode()}), "no_credentials"),
        ("an old TLS policy", "elbv2 describe_listeners", lambda a: a["Listeners"][0].update(SslPolicy="ELBSecurityPolicy-2016-08"), "transit"),
        ("port 80 serves", "elbv2 describe_listeners", lambda a: a["Listeners"][1].update(DefaultActions=[{"Type": "forward"}]), "transit"),
        ("production has no HTTPS", "elbv2 describe_listeners", lambda a: a["Listeners"].pop(0), "transit"),
        ("the certificate is not issued", "acm describe_certificate", lambda a: a["Certificate"].update(Status="EXPIRED"), "transit"),
        ("logs have no key", "logs describe_log_groups", lambda a: a["logGroups"][0].pop("kmsKeyId"), "encrypted_logs"),
        ("logs are kept for ever", "logs describe_log_groups", lambda a: a["logGroups"][0].pop("retentionInDays"), "encrypted_logs"),
        ("the secret has no key of its own", "secretsmanager describe_secret", lambda a: a.pop("KmsKeyId"), "secure_key_storage"),
        ("the trail is stopped", "cloudtrail get_trail_status", lambda a: a.update(IsLogging=False), "audit"),
        ("the trail's files cannot be checked", "cloudtrail describe_trails", lambda a: a["trailList"][0].update(LogFileValidationEnabled=False), "audit"),
        ("the record is open to the public", "s3 get_public_access_block", lambda a: a["PublicAccessBlockConfiguration"].update(BlockPublicAcls=False), "audit"),
        ("anybody may pull", "ecr get_repository_policy", lambda a: a.update(policyText=json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*"}]})), "access_controls"),
        ("tags can change", "ecr describe_repositories", lambda a: a["repositories"][0].update(imageTagMutability="MUTABLE"), "at_rest"),
        ("the record is not encrypted", "s3 get_bucket_encryption", lambda a: a["ServerSideEncryptionConfiguration"]["Rules"].clear(), "at_rest"),
    ]

    def test_each(self):
        for what, name, change, point in self.cases:
            with self.subTest(what):
                self.assertEqual(failures(broken(name, change)), [point])

    def test_every_point_has_a_case(self):
        elsewhere = {"residency"}
        self.assertEqual({point.ask.__name__ for point in points.POINTS}, {point for *_, point in self.cases} | elsewhere)

    def test_a_disabled_key_fails_what_it_protects(self):
        self.assertEqual(failures(broken("kms describe_key", lambda a: a["KeyMetadata"].update(KeyState="Disabled"))), ["encrypted_logs", "secure_key_storage"])

    def test_the_kernel_is_believed_before_the_definition(self):
        self.assertEqual(failures(machine=FakeMachine(uid=0)), ["non_root"])
        self.assertEqual(failures(machine=FakeMachine(capabilities=1)), ["non_root"])
        self.assertEqual(failures(machine=FakeMachine(no_new_privileges=False)), ["non_root"])
        self.assertEqual(failures(machine=FakeMachine(read_only_root=False)), ["read_only_root"])

    def test_a_key_in_an_image(self):
        self.assertEqual(failures(FakeApi(healthy(), b"key=" + PLANTED)), ["no_credentials"])
        self.assertEqual(failures(FakeApi(healthy(), b"x" + SECRET)), ["no_credentials"])

    def test_the_environment_in_another_region(self):
        api = FakeApi(healthy())
        api.elsewhere = {"ec2 describe_vpcs": {"Vpcs": [{"VpcId": "vpc-2"}]}}
        self.assertEqual(failures(api), ["residency"])

    def test_the_secret_in_state_or_store(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "terraform.tfstate"
            path.write_bytes(b"{}" + SECRET)
            self.assertEqual(failures(files=[path]), ["no_credentials"])
            self.assertEqual(failures(store=[path]), ["secure_key_storage"])
            path.write_bytes(b"{}")
            self.assertEqual(failures(files=[path], store=[path]), [])

    def test_a_question_that_is_refused_is_a_failure(self):
        answers = healthy()
        del answers["cloudtrail describe_trails"]
        self.assertEqual(failures(FakeApi(answers)), ["audit", "at_rest"])


class Sees(unittest.TestCase):
    def test_the_containers_root_is_root_whatever_its_number_outside(self):
        self.assertEqual(sight.inside(200000, [(0, 200000, 65536)]), 0)
        self.assertEqual(sight.inside(210001, [(0, 200000, 65536)]), 10001)

    def test_documentations_example_keys_are_no_keys(self):
        self.assertEqual(sight.keys_in(b"AKIA" + b"IOSFODNN7EXAMPLE"), [])
        self.assertEqual(len(sight.keys_in(b"AKIA" + b"QWERTYUIOPASDFGH")), 1)

    def test_words_that_end_like_a_keys_beginning_are_no_keys(self):
        self.assertEqual(sight.keys_in(b"task-metadata-endpoint-version-four, disk-Usage-Of-Every-Volume-2"), [])

    def test_a_key_is_never_shown_whole(self):
        self.assertNotIn(PLANTED.decode(), sight.keys_in(PLANTED)[0])


if __name__ == "__main__":
    unittest.main()
