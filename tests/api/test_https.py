"""HTTPS listeners: certificates of ACM on a real load balancer, asked from this machine."""
import http.client
import ssl
import subprocess
import tempfile
import threading
import urllib.request

from certificates import self_signed
from harness import ENDPOINT, ApiTest
from resolver import ask


class Https(ApiTest):
    """One load balancer for all tests: an issued certificate by default, an imported one by name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        cls.ec2, cls.elb, cls.acm, cls.r53 = (self.client(name) for name in ("ec2", "elbv2", "acm", "route53"))
        vpc = cls.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        subnets = [cls.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{i}.0/24", AvailabilityZone=f"us-east-1{'ab'[i]}")["Subnet"]["SubnetId"]
                   for i in (0, 1)]
        gateway = cls.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        cls.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = cls.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
        cls.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        group = cls.ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
        cls.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]} for port in (80, 443, 8443)])
        made = cls.elb.create_load_balancer(Name="secure", Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]
        cls.lb, cls.dns_name, lb_zone = made["LoadBalancerArn"], made["DNSName"], made["CanonicalHostedZoneId"]

        cls.domain = f"secure-{cls.account}.test"
        zone = cls.r53.create_hosted_zone(Name=cls.domain, CallerReference="secure")["HostedZone"]["Id"]
        cls.issued = cls.acm.request_certificate(DomainName=cls.domain, ValidationMethod="DNS")["CertificateArn"]
        record = cls.acm.describe_certificate(CertificateArn=cls.issued)["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
        cls.r53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
            {"Action": "CREATE", "ResourceRecordSet": {"Name": record["Name"], "Type": "CNAME", "TTL": 60,
                                                       "ResourceRecords": [{"Value": record["Value"]}]}},
            {"Action": "CREATE", "ResourceRecordSet": {"Name": cls.domain, "Type": "A", "AliasTarget": {
                "HostedZoneId": lb_zone, "DNSName": cls.dns_name, "EvaluateTargetHealth": False}}}]})
        self.eventually(lambda: cls.acm.describe_certificate(CertificateArn=cls.issued)["Certificate"]["Status"] == "ISSUED", 20)
        cls.other_pem, key = self_signed("other.test")
        cls.other = cls.acm.import_certificate(Certificate=cls.other_pem, PrivateKey=key)["CertificateArn"]
        cls.listener = cls.elb.create_listener(
            LoadBalancerArn=cls.lb, Protocol="HTTPS", Port=443, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
            Certificates=[{"CertificateArn": cls.issued}],
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {
                "StatusCode": "200", "ContentType": "text/plain", "MessageBody": "secret"}}])["Listeners"][0]["ListenerArn"]
        cls.elb.create_listener(LoadBalancerArn=cls.lb, Protocol="HTTP", Port=80, DefaultActions=[
            {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])
        cls.root = tempfile.NamedTemporaryFile(suffix=".pem")
        cls.addClassCleanup(cls.root.close)
        cls.root.write(urllib.request.urlopen(ENDPOINT + "/_stratus/ca.pem", timeout=5).read())
        cls.root.flush()
        self.eventually(lambda: cls.elb.describe_load_balancers(LoadBalancerArns=[cls.lb])["LoadBalancers"][0]["State"]["Code"] == "active", 30)
        cls.address = self.eventually(lambda: ask(cls.domain, "A").values, 10)[0]
        self.assertRegex(cls.address, r"^198\.1[89]\.")  # nothing else is ours to send packets to
        self.eventually(lambda: self.handshake(cls.domain), 20, "the first handshake")

    @classmethod
    def tearDownClass(cls):
        cls.elb.delete_load_balancer(LoadBalancerArn=cls.lb)

    def context(self, trust=None):
        context = ssl.create_default_context(cafile=self.root.name)
        if trust:
            context.load_verify_locations(cadata=trust.decode())
        return context

    def handshake(self, name, context=None, port=443):
        """The agreed TLS version, the protocol of ALPN and the certificate; None where it fails."""
        context = context or self.context()
        try:
            connection = http.client.HTTPConnection(self.address, port, timeout=5)
            connection.connect()
            with context.wrap_socket(connection.sock, server_hostname=name) as stream:
                return stream.version(), stream.selected_alpn_protocol(), stream.getpeercert(True)
        except OSError:
            return None

    def get(self, name, scheme="https", port=None, trust=None):
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        more = {"context": self.context(trust)} if scheme == "https" else {}
        if scheme == "https":
            connection = kind(name, port or 443, timeout=5, **more)
            raw = http.client.HTTPConnection(self.address, port or 443, timeout=5)
            raw.connect()
            connection.sock = more["context"].wrap_socket(raw.sock, server_hostname=name)
        else:
            connection = kind(self.address, port or 80, timeout=5)
        connection.request("GET", "/path?q=1", headers={"Host": name})
        reply = connection.getresponse()
        return reply.status, reply.read().decode(), dict(reply.getheaders())

    def test_the_issued_certificate_is_served_and_trusted(self):
        status, body, _ = self.get(self.domain)
        self.assertEqual((status, body), (200, "secret"))
        said = subprocess.run(["curl", "-sS", "--cacert", self.root.name, "--resolve", f"{self.domain}:443:{self.address}",
                               f"https://{self.domain}/"], capture_output=True, text=True, check=False)
        self.assertEqual((said.returncode, said.stdout), (0, "secret"), said.stderr)
        # A control: without the root nobody trusts it.
        said = subprocess.run(["curl", "-sS", "--resolve", f"{self.domain}:443:{self.address}", f"https://{self.domain}/"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(said.returncode, 60, said.stderr)
        self.assertEqual(self.acm.describe_certificate(CertificateArn=self.issued)["Certificate"]["InUseBy"], [self.lb])
        self.refused("ResourceInUseException", self.acm.delete_certificate, CertificateArn=self.issued)

    def test_http_is_redirected(self):
        status, _, headers = self.get(self.domain, "http")
        self.assertEqual((status, headers.get("Location") or headers.get("location")), (301, f"https://{self.domain}:443/path?q=1"))

    def test_further_certificates_are_chosen_by_name(self):
        self.assertIsNone(self.handshake("other.test", self.context(self.other_pem)))
        added = self.elb.add_listener_certificates(ListenerArn=self.listener, Certificates=[{"CertificateArn": self.other}])
        self.assertEqual(added["Certificates"], [{"CertificateArn": self.other, "IsDefault": False}])
        listed = self.elb.describe_listener_certificates(ListenerArn=self.listener)["Certificates"]
        self.assertEqual(listed, [{"CertificateArn": self.issued, "IsDefault": True}, {"CertificateArn": self.other, "IsDefault": False}])
        self.eventually(lambda: self.handshake("other.test", self.context(self.other_pem)), 10)
        self.assertIsNotNone(self.handshake(self.domain))
        self.refused("OperationNotPermitted", self.elb.remove_listener_certificates, ListenerArn=self.listener,
                     Certificates=[{"CertificateArn": self.issued}])
        self.elb.remove_listener_certificates(ListenerArn=self.listener, Certificates=[{"CertificateArn": self.other}])
        self.eventually(lambda: self.handshake("other.test", self.context(self.other_pem)) is None, 10)

    def test_the_policy_decides_the_versions(self):
        def only(version):
            context = self.context()
            context.minimum_version = context.maximum_version = version
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            return context
        self.assertEqual(self.handshake(self.domain, only(ssl.TLSVersion.TLSv1_3))[0], "TLSv1.3")
        self.assertEqual(self.handshake(self.domain, only(ssl.TLSVersion.TLSv1_2))[0], "TLSv1.2")
        self.assertIsNone(self.handshake(self.domain, only(ssl.TLSVersion.TLSv1_1)))
        self.elb.modify_listener(ListenerArn=self.listener, SslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06")
        self.eventually(lambda: self.handshake(self.domain, only(ssl.TLSVersion.TLSv1_2)) is None, 10)
        self.assertEqual(self.handshake(self.domain, only(ssl.TLSVersion.TLSv1_3))[0], "TLSv1.3")
        self.elb.modify_listener(ListenerArn=self.listener, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")
        self.eventually(lambda: self.handshake(self.domain, only(ssl.TLSVersion.TLSv1_2)), 10)
        self.refused("SSLPolicyNotFound", self.elb.modify_listener, ListenerArn=self.listener, SslPolicy="nonsense")
        policy = self.elb.describe_ssl_policies(Names=["ELBSecurityPolicy-TLS13-1-2-2021-06"])["SslPolicies"][0]
        self.assertEqual(policy["SslProtocols"], ["TLSv1.2", "TLSv1.3"])
        self.assertEqual(policy["Ciphers"][0], {"Name": "TLS_AES_128_GCM_SHA256", "Priority": 1})

    def test_http2_is_agreed_by_alpn(self):
        context = self.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.handshake(self.domain, context)[1], "h2")

    def test_a_certificate_imported_anew_is_served_without_a_lost_request(self):
        (first, key), (second, second_key) = self_signed("swap.test"), self_signed("swap.test")
        arn = self.acm.import_certificate(Certificate=first, PrivateKey=key)["CertificateArn"]
        self.elb.add_listener_certificates(ListenerArn=self.listener, Certificates=[{"CertificateArn": arn}])
        both = first + second
        self.eventually(lambda: self.handshake("swap.test", self.context(both)), 10)
        done, failures, count = threading.Event(), [], [0]

        def ask_on():
            while not done.is_set():
                try:
                    if self.get("swap.test", trust=both)[0] != 200:
                        failures.append("status")
                    count[0] += 1
                except OSError as error:
                    failures.append(repr(error))
        asker = threading.Thread(target=ask_on)
        asker.start()
        try:
            self.acm.import_certificate(CertificateArn=arn, Certificate=second, PrivateKey=second_key)
            wanted = ssl.PEM_cert_to_DER_cert(second.decode())
            self.eventually(lambda: (self.handshake("swap.test", self.context(both)) or [b""])[-1] == wanted, 10)
        finally:
            done.set()
            asker.join()
        self.assertEqual(failures, [])
        self.assertGreater(count[0], 3)
        self.elb.remove_listener_certificates(ListenerArn=self.listener, Certificates=[{"CertificateArn": arn}])

    def test_what_cannot_be_served_is_refused(self):
        waiting = self.acm.request_certificate(DomainName="waiting.test", ValidationMethod="DNS")["CertificateArn"]
        self.refused("UnsupportedCertificate", self.elb.add_listener_certificates, ListenerArn=self.listener,
                     Certificates=[{"CertificateArn": waiting}])
        self.refused("CertificateNotFound", self.elb.add_listener_certificates, ListenerArn=self.listener,
                     Certificates=[{"CertificateArn": waiting[:-1] + "x"}])
        self.refused("ValidationError", self.elb.create_listener, LoadBalancerArn=self.lb, Protocol="HTTPS", Port=8443,
                     DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}])
