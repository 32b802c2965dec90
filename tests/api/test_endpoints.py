"""AWS's endpoints inside a VPC: boto3 as a task runs it, without an endpoint's URL, by the task's own routes, names and role."""
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

import harness
import tasks

# Inside the task's network namespace. Its mounts are this machine's, so the VPC's resolver is asked by hand, and the authority is where the test put it.
PROGRAM = """
import json, socket, sys
sys.path.insert(0, sys.argv[1])
import boto3, botocore.exceptions, models, resolver
from botocore.config import Config
plain = socket.getaddrinfo
def by_the_vpc(host, port, *more, **words):
    if not str(host).endswith(".amazonaws.com"):
        return plain(host, port, *more, **words)
    found = resolver.ask(host, "A", server="169.254.169.253").values
    if not found:
        raise OSError("no such name: " + host)
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found[0], port))]
socket.getaddrinfo = by_the_vpc
try:
    client = boto3.client(sys.argv[2], region_name="us-east-1", config=Config(connect_timeout=3, read_timeout=20, retries={"max_attempts": 0}))
    answer = getattr(client, sys.argv[3])(**json.loads(sys.argv[4]))
    answer.pop("ResponseMetadata")
    if "Body" in answer:
        answer["Body"] = answer["Body"].read().decode()
    print(json.dumps(answer, default=str))
except botocore.exceptions.ClientError as e:
    print(json.dumps({"refused": e.response["Error"]["Code"], "words": e.response["Error"].get("Message", "")}))
except botocore.exceptions.BotoCoreError as e:
    print(json.dumps({"unreached": type(e).__name__}))
"""


class Endpoints(tasks.TaskTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        vpc = cls.ec2.describe_subnets(SubnetIds=[cls.subnet])["Subnets"][0]["VpcId"]
        gateway = cls.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        cls.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        cls.gateway = gateway
        cls.table = cls.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
        cls.ec2.create_route(RouteTableId=cls.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        cls.network["awsvpcConfiguration"]["assignPublicIp"] = "ENABLED"
        cls.secret = self.client("secretsmanager").create_secret(Name="s", SecretString="told")["ARN"]
        cls.s3 = self.client("s3")
        cls.bucket = f"endpoints-{cls.account}"
        cls.s3.create_bucket(Bucket=cls.bucket)
        cls.role = tasks.make_role(cls.iam, "worker", "secretsmanager:GetSecretValue", "s3:*")
        cls.work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.work.cleanup)
        cls.authority = os.path.join(cls.work.name, "ca.pem")
        with open(cls.authority, "wb") as file:
            file.write(urllib.request.urlopen(harness.ENDPOINT + "/_stratus/ca.pem", timeout=5).read())
        # The credentials' address, as the container's own environment has it.
        cls.task = self.run_task(self.define(self.container("env; sleep 1000"), taskRoleArn=cls.role))
        details = {d["name"]: d["value"] for a in self.until(cls.task, "RUNNING")["attachments"] for d in a["details"]}
        cls.interface = cls.ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])["NetworkInterfaces"][0]
        cls.place = f"{os.environ['STRATUS_TEST_TAG']}-{details['networkInterfaceId']}"
        said = self.eventually(lambda: (text := self.output(cls.task)) and "AWS_EXECUTION_ENV" in text and text, 30, "the container's environment")
        cls.environment = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def inside(self, command, seconds=60, **environment):
        done = subprocess.run(["ip", "netns", "exec", self.place, *command], capture_output=True, text=True, timeout=seconds,
                              env={"PATH": os.environ["PATH"], "HOME": self.work.name, "AWS_EC2_METADATA_DISABLED": "true", **environment})
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done.stdout

    def asks(self, service, operation, keys=None, **request):
        """What boto3 answers in the task's place, with its role, or with a key of its own."""
        keys = keys or {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": self.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]}
        return json.loads(self.inside([sys.executable, "-c", PROGRAM, os.path.dirname(__file__), service, operation, json.dumps(request)],
                                      AWS_CA_BUNDLE=self.authority, **keys))

    def test_a_task_calls_aws_with_its_role_and_from_its_address(self):
        who = self.asks("sts", "get_caller_identity")
        self.assertEqual(who["Arn"], f"arn:aws:sts::{self.account}:assumed-role/worker/{self.task.rsplit('/', 1)[1]}")
        self.assertEqual(self.asks("secretsmanager", "get_secret_value", SecretId="s")["SecretString"], "told")
        refused = self.asks("ecs", "list_clusters")
        self.assertEqual(refused["refused"], "AccessDeniedException", refused)
        self.assertIn("assumed-role/worker", refused["words"])
        # What the role may, only from the task's own public address: the far side sees it.
        seen = self.interface["Association"]["PublicIp"]
        for address, wanted in ((seen, "told"), ("192.0.2.1", None)):
            self.iam.put_role_policy(RoleName="worker", PolicyName="from", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": address}}}]}))
            answer = self.asks("secretsmanager", "get_secret_value", SecretId="s")
            self.assertEqual(answer.get("SecretString"), wanted, answer)
        self.iam.delete_role_policy(RoleName="worker", PolicyName="from")

    def test_it_is_tls_and_a_bucket_is_a_name_of_its_own(self):
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*Object", "Resource": f"arn:aws:s3:::{self.bucket}/*",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}))
        self.assertIn("ETag", self.asks("s3", "put_object", Bucket=self.bucket, Key="a b", Body="over TLS"))
        self.assertEqual(self.asks("s3", "get_object", Bucket=self.bucket, Key="a b")["Body"], "over TLS")
        self.refused("AccessDenied", self.s3.get_object, Bucket=self.bucket, Key="a b", status=403)  # this machine's endpoint is plain

    def test_what_is_not_here_says_so_and_known_keys_open_nothing(self):
        missing = self.asks("dynamodb", "list_tables")
        self.assertEqual(missing["refused"], "NotImplemented", missing)
        self.assertIn("dynamodb", missing["words"])
        for key in (self.account, "test"):
            stranger = self.asks("sts", "get_caller_identity", keys={"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "test"})
            self.assertEqual(stranger.get("refused"), "InvalidClientTokenId", stranger)
        address = self.inside([sys.executable, os.path.join(os.path.dirname(__file__), "resolver.py"), "169.254.169.253", "sts.amazonaws.com", "A"]).split()[-1]
        status = self.inside(["curl", "-sS", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", f"http://{address}/_stratus/health"])
        self.assertEqual(status, "403")
        refused = subprocess.run(["ip", "netns", "exec", self.place, "curl", "-sS", "-m", "5", "--cacert", self.authority, "--resolve", f"www.example.com:443:{address}",
                                  "https://www.example.com/"], capture_output=True, text=True, timeout=20, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("unrecognized name", refused.stderr)

    def test_z_the_way_is_the_vpcs(self):
        self.assertIn("Arn", self.asks("sts", "get_caller_identity"))
        self.ec2.delete_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0")
        self.eventually(lambda: "unreached" in self.asks("sts", "get_caller_identity"), 20, "no way without the route")
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)
        self.eventually(lambda: "Arn" in self.asks("sts", "get_caller_identity"), 20, "the way back")

    def test_containers_trust_the_authority(self):
        self.registry.push("box", tag="bundled", files={"etc/ssl/certs/ca-certificates.crt": "# those of the image\n"})
        with open(self.authority, encoding="ascii") as file:
            authority = file.read().strip()
        script = "cat /etc/ssl/certs/ca-certificates.crt; echo //; cat $AWS_CA_BUNDLE; echo //; echo $NODE_EXTRA_CA_CERTS; wget -O- http://sts.us-east-1.amazonaws.com/ 2>&1 | grep -o 'HTTP/1.1 [0-9]*'"
        container = {**self.container(script), "image": self.image.replace(":latest", ":bundled")}
        task = self.run_task(self.define(container, family="bundled"))
        self.until(task, "STOPPED")
        bundle, own, rest = self.output(task).split("//\n")
        self.assertTrue(bundle.startswith("# those of the image"), bundle[:200])
        self.assertIn(authority, bundle)
        self.assertEqual(own.strip(), authority)
        self.assertEqual(rest.split("\n"), ["/etc/ssl/stratus-ca.pem", "HTTP/1.1 403"])
        # What a definition says itself stays.
        own_words = self.container("echo $AWS_CA_BUNDLE", environment=[{"name": "AWS_CA_BUNDLE", "value": "/mine"}])
        task = self.run_task(self.define(own_words, family="own"))
        self.until(task, "STOPPED")
        self.assertEqual(self.output(task), "/mine")
