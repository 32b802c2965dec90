"""ACM: certificates that are issued when DNS says so, and imported ones."""
import os
import pathlib
import subprocess
import tempfile
import urllib.request

from certificates import self_signed
from harness import ENDPOINT, ApiTest


class AcmTest(ApiTest):
    def setUp(self):
        self.acm = self.client("acm")
        self.r53 = self.client("route53")

    def describe(self, arn):
        return self.acm.describe_certificate(CertificateArn=arn)["Certificate"]

    def status(self, arn):
        return self.describe(arn)["Status"]

    def zone(self, name):
        return self.r53.create_hosted_zone(Name=name, CallerReference=self.id() + name)["HostedZone"]["Id"]

    def validate(self, zone, arn):
        """Puts the records there that DescribeCertificate asks for."""
        records = {option["ResourceRecord"]["Name"]: option["ResourceRecord"]["Value"] for option in self.describe(arn)["DomainValidationOptions"]}
        self.r53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
            {"Action": "UPSERT", "ResourceRecordSet": {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": value}]}}
            for name, value in records.items()]})


class Requested(AcmTest):
    def test_from_request_to_certificate(self):
        domain = f"issued-{self.account}.test"
        zone = self.zone(domain)
        arn = self.acm.request_certificate(DomainName=domain, ValidationMethod="DNS", SubjectAlternativeNames=["*." + domain],
                                           IdempotencyToken="tok", Tags=[{"Key": "k", "Value": "v"}])["CertificateArn"]
        self.assertRegex(arn, rf"^arn:aws:acm:us-east-1:{self.account}:certificate/[0-9a-f-]{{36}}$")
        self.assertEqual(self.acm.request_certificate(DomainName=domain, ValidationMethod="DNS", SubjectAlternativeNames=["*." + domain],
                                                      IdempotencyToken="tok")["CertificateArn"], arn)
        waiting = self.describe(arn)
        self.assertEqual((waiting["Status"], waiting["Type"], waiting["InUseBy"], waiting["RenewalEligibility"], waiting["KeyAlgorithm"]),
                         ("PENDING_VALIDATION", "AMAZON_ISSUED", [], "INELIGIBLE", "RSA_2048"))
        self.assertEqual(waiting["SubjectAlternativeNames"], [domain, "*." + domain])
        first, second = waiting["DomainValidationOptions"]
        self.assertRegex(first["ResourceRecord"]["Name"], rf"^_[0-9a-f]{{32}}\.{domain}\.$")
        self.assertRegex(first["ResourceRecord"]["Value"], r"^_[0-9a-f]{32}\.[a-z]{10}\.acm-validations\.aws\.$")
        self.assertEqual(first["ResourceRecord"], second["ResourceRecord"])
        self.refused("RequestInProgressException", self.acm.get_certificate, CertificateArn=arn, status=400)
        self.validate(zone, arn)
        self.eventually(lambda: self.status(arn) == "ISSUED", 20)
        issued = self.describe(arn)
        self.assertEqual({option["ValidationStatus"] for option in issued["DomainValidationOptions"]}, {"SUCCESS"})
        self.assertEqual(issued["SignatureAlgorithm"], "SHA256WITHRSA")
        got = self.acm.get_certificate(CertificateArn=arn)
        root = urllib.request.urlopen(ENDPOINT + "/_stratus/ca.pem", timeout=5).read().decode()
        self.assertEqual(got["CertificateChain"], root)
        self.assertEqual((pathlib.Path(os.environ["STRATUS_TEST_STATE"]) / "ca.pem").read_text(), root)
        with tempfile.TemporaryDirectory() as folder:
            where = pathlib.Path(folder)
            (where / "root").write_text(root)
            (where / "leaf").write_text(got["Certificate"])
            said = subprocess.run(["openssl", "verify", "-CAfile", where / "root", "-verify_hostname", "www." + domain, where / "leaf"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(said.returncode, 0, said.stderr)
        self.acm.delete_certificate(CertificateArn=arn)
        self.refused("ResourceNotFoundException", self.acm.describe_certificate, CertificateArn=arn)

    def test_the_record_in_a_private_zone_proves_nothing(self):
        vpc = self.client("ec2").create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
        domain = f"hidden-{self.account}.test"
        zone = self.r53.create_hosted_zone(Name=domain, CallerReference="hidden", VPC={"VPCRegion": "us-east-1", "VPCId": vpc})["HostedZone"]["Id"]
        control = f"shown-{self.account}.test"
        hidden, shown = [self.acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"] for name in (domain, control)]
        self.validate(zone, hidden)
        self.validate(self.zone(control), shown)
        self.eventually(lambda: self.status(shown) == "ISSUED", 20)
        self.assertEqual(self.status(hidden), "PENDING_VALIDATION")

    def test_refusals(self):
        self.refused("NotImplemented", self.acm.request_certificate, DomainName="a.test", ValidationMethod="EMAIL", status=501)
        self.refused("NotImplemented", self.acm.request_certificate, DomainName="a.test", ValidationMethod="DNS", status=501,
                     CertificateAuthorityArn="arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/x")
        self.refused("NotImplemented", self.acm.resend_validation_email, CertificateArn="arn:aws:acm:us-east-1:1:certificate/x", Domain="a",
                     ValidationDomain="a", status=501)
        missing = f"arn:aws:acm:us-east-1:{self.account}:certificate/00000000-0000-0000-0000-000000000000"
        for call in (self.acm.describe_certificate, self.acm.delete_certificate, self.acm.get_certificate, self.acm.list_tags_for_certificate):
            self.refused("ResourceNotFoundException", call, CertificateArn=missing)

    def test_options_and_account(self):
        arn = self.acm.request_certificate(DomainName="options.test", ValidationMethod="DNS")["CertificateArn"]
        self.assertEqual(self.describe(arn)["Options"]["CertificateTransparencyLoggingPreference"], "ENABLED")
        self.acm.update_certificate_options(CertificateArn=arn, Options={"CertificateTransparencyLoggingPreference": "DISABLED"})
        self.assertEqual(self.describe(arn)["Options"]["CertificateTransparencyLoggingPreference"], "DISABLED")
        self.assertEqual(self.acm.get_account_configuration()["ExpiryEvents"]["DaysBeforeExpiry"], 45)
        self.acm.put_account_configuration(ExpiryEvents={"DaysBeforeExpiry": 10}, IdempotencyToken="t")
        self.assertEqual(self.acm.get_account_configuration()["ExpiryEvents"]["DaysBeforeExpiry"], 10)


class Imported(AcmTest):
    def test_import_describe_list_reimport(self):
        body, key = self_signed("imported.test")
        arn = self.acm.import_certificate(Certificate=body, PrivateKey=key, Tags=[{"Key": "a", "Value": "1"}])["CertificateArn"]
        got = self.describe(arn)
        self.assertEqual((got["Type"], got["Status"], got["DomainName"], got["SubjectAlternativeNames"], got["KeyAlgorithm"]),
                         ("IMPORTED", "ISSUED", "imported.test", ["imported.test"], "RSA_2048"))
        self.assertEqual(self.acm.get_certificate(CertificateArn=arn)["Certificate"].encode(), body)
        self.assertIn(arn, [c["CertificateArn"] for c in self.acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]])
        self.assertNotIn(arn, [c["CertificateArn"] for c in self.acm.list_certificates(CertificateStatuses=["EXPIRED"])["CertificateSummaryList"]])
        fresh, fresh_key = self_signed("imported.test")
        self.assertEqual(self.acm.import_certificate(CertificateArn=arn, Certificate=fresh, PrivateKey=fresh_key)["CertificateArn"], arn)
        self.assertNotEqual(self.describe(arn)["Serial"], got["Serial"])
        self.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "b", "Value": "2"}])
        self.acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a", "Value": "other"}, {"Key": "b"}])
        self.assertEqual(self.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"], [{"Key": "a", "Value": "1"}])

    def test_what_does_not_fit_is_refused(self):
        (body, key), (_, other) = self_signed("a.test"), self_signed("b.test")
        chain, _ = self_signed("not-the-issuer.test")
        for parts in ({"Certificate": b"junk", "PrivateKey": key}, {"Certificate": body, "PrivateKey": b"junk"},
                      {"Certificate": body, "PrivateKey": other}, {"Certificate": body + body, "PrivateKey": key},
                      {"Certificate": body, "PrivateKey": key, "CertificateChain": chain}):
            self.refused("ValidationException", self.acm.import_certificate, **parts, status=400)
        self.acm.import_certificate(Certificate=body, PrivateKey=key)

    def test_pages(self):
        acm = self.client("acm", account="100000099902")
        body, key = self_signed("p.test")
        made = {acm.import_certificate(Certificate=body, PrivateKey=key)["CertificateArn"] for _ in range(5)}
        pages = list(acm.get_paginator("list_certificates").paginate(PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(page["CertificateSummaryList"]) for page in pages], [2, 2, 1])
        self.assertEqual({c["CertificateArn"] for page in pages for c in page["CertificateSummaryList"]}, made)
