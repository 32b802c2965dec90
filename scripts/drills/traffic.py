"""More users than ever, and a certificate that nobody renewed."""
import datetime
import pathlib
import secrets
import ssl
import socket
import subprocess
import tempfile
import time

from drill import Drill
from measures import Limits
from timeline import percentile


class TrafficTimesTen(Drill):
    name = "traffic-x10"
    breaks = "ten times the requests"
    step = "one more task of each part (where auto scaling does not add them)"
    limits = Limits(detect=120, mttr=240, failed=0)
    tells = ["trail: RequestCount"]
    SLOW = 1.0       # seconds within which 95 of 100 requests must be answered

    def prepare(self):
        self.counts = {s["serviceName"]: s["desiredCount"] for s in self.environment.services()}
        for name, count in self.counts.items():
            self.undo.call(f"{name}: {count} tasks again", "ecs", "update_service", {"cluster": self.environment.cluster, "service": name, "desiredCount": count})
        self.usual = self.run.load.rate

    def break_it(self):
        self.began = time.time()
        self.run.load.faster(self.usual * 10)

    def sign(self, since):
        """The load balancer's own count, as CloudWatch has it: a minute of several times the usual."""
        now = datetime.datetime.now(datetime.timezone.utc)
        name = self.environment.balancer()["LoadBalancerArn"].partition("loadbalancer/")[2]
        points = self.environment.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApplicationELB", MetricName="RequestCount", Dimensions=[{"Name": "LoadBalancer", "Value": name}], Statistics=["Sum"], Period=60,
            StartTime=now - datetime.timedelta(minutes=4), EndTime=now)["Datapoints"]
        for point in points:
            if point["Timestamp"].timestamp() + 60 > since and point["Sum"] > 60 * self.usual * 1.5:
                return self.run.timeline.add(time.time(), "trail", f"RequestCount of a minute is {point['Sum']:.0f}")
        time.sleep(0.5)
        return None

    def mitigate(self):
        for name, count in self.counts.items():
            running = next(s for s in self.environment.services() if s["serviceName"] == name)["desiredCount"]
            if running <= count:
                self.environment.aws("ecs").update_service(cluster=self.environment.cluster, service=name, desiredCount=count + 1)
        self.stepped = time.time()

    def recovered(self):
        recent = [r for r in self.run.load.requests[-int(self.usual * 50):] if r.start > self.stepped]
        return self.environment.whole() and len(recent) > self.usual * 20 and percentile(recent, 0.95) <= self.SLOW

    def restore(self):
        mine = [r for r in self.run.load.requests if r.start >= self.began]
        seconds = max(1.0, time.time() - self.began)
        self.run.note(time.time(), f"{len(mine) / seconds:.0f} requests a second; half within {percentile(mine, 0.5) * 1000:.0f} ms, 95 of 100 within {percentile(mine, 0.95) * 1000:.0f} ms")
        if len(mine) / seconds < self.usual * 5:
            self.findings.append(f"only {len(mine) / seconds:.0f} requests a second came about: this machine cannot make ten times {self.usual:g}")
        self.run.load.rate = self.usual


class CertificateExpiring(Drill):
    name = "certificate-expiring"
    breaks = "the load balancer serves a certificate that ends in two days"
    step = "aws acm import-certificate on the same ARN: the listener serves the new one"
    limits = Limits(detect=30, mttr=60, failed=0)
    tells = ["drill: the certificate served ends"]
    PORT, SOON = 8443, 30       # the drill's own listener; days below which somebody must be told

    def made(self, days):
        """A certificate of one's own making, valid for so many days."""
        with tempfile.TemporaryDirectory() as work:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", f"/CN={self.domain}",
                            "-keyout", f"{work}/key", "-out", f"{work}/certificate"], check=True, capture_output=True)
            return {"Certificate": pathlib.Path(work, "certificate").read_bytes(), "PrivateKey": pathlib.Path(work, "key").read_bytes()}

    def prepare(self):
        """A listener beside the environment's own: a bad certificate for its users would be no drill but an incident."""
        e = self.environment
        acm, elb, ec2 = e.aws("acm"), e.aws("elbv2"), e.aws("ec2")
        self.domain = f"drill-{secrets.token_hex(4)}.counselor.example.com"
        # By its name: what it will be called otherwise only the answer tells.
        self.undo.each("delete the drill's certificate", ["acm", "list-certificates", "--query", f"CertificateSummaryList[?DomainName=='{self.domain}'].CertificateArn"],
                       ["acm", "delete-certificate", "--certificate-arn"])
        self.old = acm.import_certificate(**self.made(90))["CertificateArn"]
        balancer = e.balancer()
        self.host, group = balancer["DNSName"], balancer["SecurityGroups"][0]
        rule = {"GroupId": group, "IpPermissions": [{"IpProtocol": "tcp", "FromPort": self.PORT, "ToPort": self.PORT, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "drill"}]}]}
        acls = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [balancer["AvailabilityZones"][0]["SubnetId"]]}])["NetworkAcls"]
        if not acls:
            raise RuntimeError("the load balancer's subnet has no network ACL")
        if any(one["Port"] == self.PORT for one in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]):
            raise RuntimeError(f"the load balancer listens on port {self.PORT} already")
        self.undo.call("close the drill's port", "ec2", "revoke_security_group_ingress", rule, ignore=["InvalidPermission.NotFound"])
        ec2.authorize_security_group_ingress(**rule)
        self.undo.each("delete the drill's listener", ["elbv2", "describe-listeners", "--load-balancer-arn", balancer["LoadBalancerArn"],
                                                       "--query", f"Listeners[?Port==`{self.PORT}`].ListenerArn"], ["elbv2", "delete-listener", "--listener-arn"])
        elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Port=self.PORT, Protocol="HTTPS", Certificates=[{"CertificateArn": self.old}],
                            SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
                            DefaultActions=[{"Type": "forward", "TargetGroupArn": e.groups()["frontend"]["TargetGroupArn"]}])
        end = time.time() + 60
        while self.days_left() is None:
            if time.time() > end:
                raise RuntimeError("the drill's listener does not answer")
            time.sleep(0.3)

    def days_left(self):
        """Of what is served, as a client sees it; None where nobody answers."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection((self.host, self.PORT), timeout=3) as plain, context.wrap_socket(plain, server_hostname=self.host) as tls:
                pem = ssl.DER_cert_to_PEM_cert(tls.getpeercert(True))
        except OSError:
            return None
        said = subprocess.run(["openssl", "x509", "-noout", "-enddate"], input=pem, capture_output=True, text=True, check=True).stdout.strip()
        return (ssl.cert_time_to_seconds(said.partition("=")[2]) - time.time()) / 86400

    def break_it(self):
        self.environment.aws("acm").import_certificate(CertificateArn=self.old, **self.made(2))

    def sign(self, since):
        served, days = self.days_left(), None
        known = self.environment.aws("acm").describe_certificate(CertificateArn=self.old)["Certificate"]["NotAfter"].timestamp()
        days = (known - time.time()) / 86400
        if served is not None and served < self.SOON and days < self.SOON:
            self.run.note(time.time(), f"the certificate served ends in {served:.1f} days, and ACM says so too")
        return super().sign(since)

    def mitigate(self):
        self.environment.aws("acm").import_certificate(CertificateArn=self.old, **self.made(365))

    def recovered(self):
        served = self.days_left()
        return served is not None and served > self.SOON and self.environment.whole()
