"""IAM as foreign suites use it: every resource made, read, changed, listed, refused and removed; and policies that decide."""
import base64
import csv
import hashlib
import hmac
import io
import json
import struct
import subprocess
import tempfile
import time

import botocore.exceptions
from harness import ApiTest, client

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def allow(*actions, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}]})


def code(seed, step):
    """What an authenticator shows (RFC 6238)."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 10**6:06}"


def certificate(name):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                        f"/CN={name}", "-keyout", f"{folder}/key", "-out", f"{folder}/certificate"], check=True, capture_output=True)
        with open(f"{folder}/certificate", encoding="ascii") as made, open(f"{folder}/key", encoding="ascii") as key:
            return made.read(), key.read()


class IamTest(ApiTest):
    def setUp(self):
        self.iam = self.client("iam")

    def user_client(self, user, service, **more):
        key = self.iam.create_access_key(UserName=user)["AccessKey"]
        return self.client(service, key=key["AccessKeyId"], secret=key["SecretAccessKey"], **more)


class Users(IamTest):
    def test_a_user_is_made_read_renamed_and_removed(self):
        made = self.iam.create_user(UserName="ann", Path="/staff/", Tags=[{"Key": "team", "Value": "a"}])["User"]
        self.assertEqual(made["Arn"], f"arn:aws:iam::{self.account}:user/staff/ann")
        self.assertRegex(made["UserId"], "^AIDA[A-Z2-7]{17}$")
        self.refused("EntityAlreadyExists", self.iam.create_user, UserName="Ann", status=409, message="already exists")
        self.assertEqual(self.iam.get_user(UserName="ann")["User"]["Tags"], [{"Key": "team", "Value": "a"}])
        self.iam.update_user(UserName="ann", NewUserName="anna", NewPath="/")
        self.refused("NoSuchEntity", self.iam.get_user, UserName="ann", status=404, message="The user with name ann cannot be found.")
        self.assertEqual(self.iam.get_user(UserName="anna")["User"]["Arn"], f"arn:aws:iam::{self.account}:user/anna")
        self.iam.delete_user(UserName="anna")
        self.refused("NoSuchEntity", self.iam.delete_user, UserName="anna", status=404)

    def test_what_a_user_has_keeps_it(self):
        self.iam.create_user(UserName="kept")
        self.iam.create_login_profile(UserName="kept", Password="Tr0ub4dor&3x")
        self.refused("DeleteConflict", self.iam.delete_user, UserName="kept", status=409, message="must delete login profile first")
        self.iam.delete_login_profile(UserName="kept")
        key = self.iam.create_access_key(UserName="kept")["AccessKey"]["AccessKeyId"]
        self.refused("DeleteConflict", self.iam.delete_user, UserName="kept", message="must delete access keys first")
        self.iam.delete_access_key(UserName="kept", AccessKeyId=key)
        self.iam.delete_user(UserName="kept")

    def test_lists_come_in_pages_and_by_path(self):
        for name in ("p1", "p2", "p3"):
            self.iam.create_user(UserName=name, Path="/paged/")
        first = self.iam.list_users(PathPrefix="/paged/", MaxItems=2)
        self.assertTrue(first["IsTruncated"])
        rest = self.iam.list_users(PathPrefix="/paged/", MaxItems=2, Marker=first["Marker"])
        self.assertFalse(rest["IsTruncated"])
        self.assertEqual([u["UserName"] for u in first["Users"] + rest["Users"]], ["p1", "p2", "p3"])
        pages = self.iam.get_paginator("list_users").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 1})
        self.assertEqual(sum(len(page["Users"]) for page in pages), 3)


class Passwords(IamTest):
    def test_a_login_profile(self):
        self.iam.create_user(UserName="pat")
        self.refused("NoSuchEntity", self.iam.get_login_profile, UserName="pat", status=404, message="Login Profile for User pat cannot be found.")
        self.refused("PasswordPolicyViolation", self.iam.create_login_profile, UserName="pat", Password="weak", status=400)
        made = self.iam.create_login_profile(UserName="pat", Password="Tr0ub4dor&3x", PasswordResetRequired=True)["LoginProfile"]
        self.assertTrue(made["PasswordResetRequired"])
        self.refused("EntityAlreadyExists", self.iam.create_login_profile, UserName="pat", Password="Tr0ub4dor&3x", status=409)
        self.iam.update_login_profile(UserName="pat", PasswordResetRequired=False)
        self.assertFalse(self.iam.get_login_profile(UserName="pat")["LoginProfile"]["PasswordResetRequired"])

    def test_the_policy_of_the_account_is_obeyed(self):
        self.iam.create_user(UserName="pol")
        self.refused("NoSuchEntity", self.iam.get_account_password_policy, status=404)
        self.iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True, PasswordReusePrevention=2, MaxPasswordAge=90,
                                                AllowUsersToChangePassword=True)
        policy = self.iam.get_account_password_policy()["PasswordPolicy"]
        self.assertEqual((policy["MinimumPasswordLength"], policy["ExpirePasswords"], policy["MaxPasswordAge"]), (12, True, 90))
        self.refused("PasswordPolicyViolation", self.iam.create_login_profile, UserName="pol", Password="Longenough123")
        self.iam.create_login_profile(UserName="pol", Password="Longenough123!")
        mine = self.user_client("pol", "iam")
        self.refused("AccessDenied", mine.change_password, OldPassword="wrong", NewPassword="Another#one234", status=403)
        mine.change_password(OldPassword="Longenough123!", NewPassword="Another#one234")
        self.refused("PasswordPolicyViolation", mine.change_password, OldPassword="Another#one234", NewPassword="Longenough123!")
        self.iam.delete_account_password_policy()
        self.refused("NoSuchEntity", self.iam.delete_account_password_policy)
        self.refused("AccessDenied", mine.change_password, OldPassword="Another#one234", NewPassword="Third#one2345")


class Mfa(IamTest):
    def device(self, name):
        made = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        self.assertEqual(made["SerialNumber"], f"arn:aws:iam::{self.account}:mfa/{name}")
        self.assertTrue(made["QRCodePNG"].startswith(b"\x89PNG"))
        return made["SerialNumber"], made["Base32StringSeed"]

    def test_long_names_make_short_codes(self):
        for letter in "+a":
            self.iam.delete_virtual_mfa_device(SerialNumber=self.device(letter * 226)[0])
            self.refused("ValidationError", self.iam.create_virtual_mfa_device, VirtualMFADeviceName=letter * 227, status=400)
        self.refused("ValidationError", self.iam.create_virtual_mfa_device, VirtualMFADeviceName="a" * 1000, status=400)

    def test_a_clock_that_is_off_is_remembered(self):
        self.iam.create_user(UserName="ahead")
        serial, seed = self.device("ahead")
        sts = self.user_client("ahead", "sts")
        for reach, take in ((3, self.iam.enable_mfa_device), (60, self.iam.resync_mfa_device)):
            step = int(time.time()) // 30 + reach - 1
            if reach == 60:
                self.refused("AccessDenied", sts.get_session_token, SerialNumber=serial, TokenCode=code(seed, step + 2))
            take(UserName="ahead", SerialNumber=serial, AuthenticationCode1=code(seed, step), AuthenticationCode2=code(seed, step + 1))
            sts.get_session_token(SerialNumber=serial, TokenCode=code(seed, step + 2))
        self.iam.deactivate_mfa_device(UserName="ahead", SerialNumber=serial)
        self.iam.delete_virtual_mfa_device(SerialNumber=serial)

    def test_a_device_is_enabled_by_two_codes_and_proves_itself(self):
        self.iam.create_user(UserName="mia")
        self.iam.put_user_policy(UserName="mia", PolicyName="mfa", PolicyDocument=allow(
            "iam:ListUsers", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
        serial, seed = self.device("mia")
        self.refused("EntityAlreadyExists", self.iam.create_virtual_mfa_device, VirtualMFADeviceName="mia", status=409)
        self.assertEqual([d["SerialNumber"] for d in self.iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]],
                         [serial])
        step = int(time.time()) // 30
        self.refused("InvalidAuthenticationCode", self.iam.enable_mfa_device, UserName="mia", SerialNumber=serial, status=403,
                     AuthenticationCode1=code(seed, step - 2), AuthenticationCode2=code(seed, step - 1)[::-1] + "")
        self.iam.enable_mfa_device(UserName="mia", SerialNumber=serial, AuthenticationCode1=code(seed, step - 2),
                                   AuthenticationCode2=code(seed, step - 1))
        self.assertEqual([d["SerialNumber"] for d in self.iam.list_mfa_devices(UserName="mia")["MFADevices"]], [serial])
        self.assertEqual(self.iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"][0]["User"]["UserName"], "mia")
        self.refused("DeleteConflict", self.iam.delete_virtual_mfa_device, SerialNumber=serial, status=409)

        sts = self.user_client("mia", "sts")
        self.refused("AccessDenied", sts.get_session_token, SerialNumber=serial, TokenCode="000000", status=403)
        good = code(seed, int(time.time()) // 30)
        session = sts.get_session_token(SerialNumber=serial, TokenCode=good)["Credentials"]
        self.refused("AccessDenied", sts.get_session_token, SerialNumber=serial, TokenCode=good)  # a code is good once
        options = {"key": session["AccessKeyId"], "secret": session["SecretAccessKey"], "aws_session_token": session["SessionToken"]}
        self.assertIn("mia", [u["UserName"] for u in self.client("iam", **options).list_users()["Users"]])
        self.refused("AccessDenied", self.user_client("mia", "iam").list_users)

        self.iam.deactivate_mfa_device(UserName="mia", SerialNumber=serial)
        self.refused("NoSuchEntity", self.iam.deactivate_mfa_device, UserName="mia", SerialNumber=serial)
        self.iam.delete_virtual_mfa_device(SerialNumber=serial)
        self.refused("NoSuchEntity", self.iam.delete_virtual_mfa_device, SerialNumber=serial, status=404)


class Certificates(IamTest):
    def test_a_server_certificate(self):
        body, key = certificate("shop.example")
        other = certificate("other.example")[1]
        self.refused("MalformedCertificate", self.iam.upload_server_certificate, ServerCertificateName="c", CertificateBody="none", PrivateKey=key)
        self.refused("KeyPairMismatch", self.iam.upload_server_certificate, ServerCertificateName="c", CertificateBody=body, PrivateKey=other)
        made = self.iam.upload_server_certificate(ServerCertificateName="c", CertificateBody=body, PrivateKey=key, Path="/cloudfront/",
                                                  Tags=[{"Key": "a", "Value": "b"}])["ServerCertificateMetadata"]
        self.assertEqual(made["Arn"], f"arn:aws:iam::{self.account}:server-certificate/cloudfront/c")
        self.refused("EntityAlreadyExists", self.iam.upload_server_certificate, ServerCertificateName="c", CertificateBody=body, PrivateKey=key)
        found = self.iam.get_server_certificate(ServerCertificateName="c")["ServerCertificate"]
        self.assertEqual(found["CertificateBody"].strip(), body.strip())
        self.iam.update_server_certificate(ServerCertificateName="c", NewServerCertificateName="d", NewPath="/")
        self.assertEqual([c["ServerCertificateName"] for c in self.iam.list_server_certificates()["ServerCertificateMetadataList"]], ["d"])
        self.iam.delete_server_certificate(ServerCertificateName="d")
        self.refused("NoSuchEntity", self.iam.get_server_certificate, ServerCertificateName="d", status=404)

    def test_ssh_keys_and_signing_certificates(self):
        self.iam.create_user(UserName="dev")
        blob = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", 32) + bytes(32)
        text = "ssh-ed25519 " + base64.b64encode(blob).decode() + " dev@example"
        self.refused("InvalidPublicKey", self.iam.upload_ssh_public_key, UserName="dev", SSHPublicKeyBody="ssh-rsa rubbish")
        made = self.iam.upload_ssh_public_key(UserName="dev", SSHPublicKeyBody=text)["SSHPublicKey"]
        self.assertEqual(made["Fingerprint"].replace(":", ""), hashlib.md5(blob).hexdigest())
        self.iam.update_ssh_public_key(UserName="dev", SSHPublicKeyId=made["SSHPublicKeyId"], Status="Inactive")
        self.assertEqual(self.iam.list_ssh_public_keys(UserName="dev")["SSHPublicKeys"][0]["Status"], "Inactive")
        self.iam.delete_ssh_public_key(UserName="dev", SSHPublicKeyId=made["SSHPublicKeyId"])
        body = certificate("dev")[0]
        self.refused("MalformedCertificate", self.iam.upload_signing_certificate, UserName="dev", CertificateBody="none")
        found = self.iam.upload_signing_certificate(UserName="dev", CertificateBody=body)["Certificate"]
        self.assertEqual(found["Status"], "Active")
        self.refused("DuplicateCertificate", self.iam.upload_signing_certificate, UserName="dev", CertificateBody=body, status=409)
        self.iam.delete_signing_certificate(UserName="dev", CertificateId=found["CertificateId"])
        self.assertEqual(self.iam.list_signing_certificates(UserName="dev")["Certificates"], [])


class Providers(IamTest):
    def test_saml(self):
        arn = self.iam.create_saml_provider(Name="idp", SAMLMetadataDocument="<EntityDescriptor>" + "a" * 1024)["SAMLProviderArn"]
        self.assertEqual(arn, f"arn:aws:iam::{self.account}:saml-provider/idp")
        self.refused("EntityAlreadyExists", self.iam.create_saml_provider, Name="idp", SAMLMetadataDocument="b" * 1024, status=409)
        self.iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(self.iam.get_saml_provider(SAMLProviderArn=arn)["Tags"], [{"Key": "a", "Value": "b"}])
        self.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument="c" * 1024)
        self.assertTrue(self.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"].startswith("ccc"))
        self.iam.delete_saml_provider(SAMLProviderArn=arn)
        self.assertEqual(self.iam.list_saml_providers()["SAMLProviderList"], [])

    def test_openid(self):
        arn = self.iam.create_open_id_connect_provider(Url="https://token.example", ThumbprintList=["a" * 40], ClientIDList=["x"])[
            "OpenIDConnectProviderArn"]
        self.assertEqual(arn, f"arn:aws:iam::{self.account}:oidc-provider/token.example")
        self.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="y")
        self.assertEqual(self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"], ["x", "y"])
        self.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        self.refused("NoSuchEntity", self.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn, status=404)


class Policies(IamTest):
    def test_versions(self):
        arn = self.iam.create_policy(PolicyName="p", PolicyDocument=allow("s3:ListBucket"), Description="d")["Policy"]["Arn"]
        self.refused("EntityAlreadyExists", self.iam.create_policy, PolicyName="p", PolicyDocument=allow("s3:ListBucket"), status=409)
        self.refused("MalformedPolicyDocument", self.iam.create_policy, PolicyName="q", PolicyDocument="{}", status=400)
        for _ in range(4):
            self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:GetObject"), SetAsDefault=True)
        self.refused("LimitExceeded", self.iam.create_policy_version, PolicyArn=arn, PolicyDocument=allow("s3:GetObject"), status=409)
        self.assertEqual(self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v5")
        self.refused("DeleteConflict", self.iam.delete_policy_version, PolicyArn=arn, VersionId="v5")
        self.refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn)
        document = self.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
        self.assertEqual(document["Statement"][0]["Action"], ["s3:ListBucket"])
        for version in ("v1", "v2", "v3", "v4"):
            self.iam.delete_policy_version(PolicyArn=arn, VersionId=version)
        self.iam.delete_policy(PolicyArn=arn)
        self.refused("NoSuchEntity", self.iam.get_policy, PolicyArn=arn, status=404)

    def test_attachments_and_boundaries(self):
        arn = self.iam.create_policy(PolicyName="wide", PolicyDocument=allow("iam:*"))["Policy"]["Arn"]
        boundary = self.iam.create_policy(PolicyName="narrow", PolicyDocument=allow("iam:ListUsers"))["Policy"]["Arn"]
        self.iam.create_user(UserName="held", PermissionsBoundary=boundary)
        self.iam.attach_user_policy(UserName="held", PolicyArn=arn)
        mine = self.user_client("held", "iam")
        mine.list_users()
        self.refused("AccessDenied", mine.list_roles, status=403, message="is not authorized to perform: iam:ListRoles")
        self.assertEqual(self.iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"][0]["UserName"], "held")
        self.refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn)
        self.iam.delete_user_permissions_boundary(UserName="held")
        mine.list_roles()
        self.iam.detach_user_policy(UserName="held", PolicyArn=arn)
        self.refused("NoSuchEntity", self.iam.detach_user_policy, UserName="held", PolicyArn=arn, status=404)

    def test_simulation_and_context_keys(self):
        self.iam.create_user(UserName="sim")
        self.iam.put_user_policy(UserName="sim", PolicyName="own", PolicyDocument=json.dumps({"Statement": [
            {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/${aws:username}/*",
             "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}]}))
        arn = self.iam.get_user(UserName="sim")["User"]["Arn"]
        self.assertEqual(self.iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"],
                         ["aws:requestedregion", "aws:username"])
        context = [{"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": ["us-east-1"], "ContextKeyType": "string"},
                   {"ContextKeyName": "aws:username", "ContextKeyValues": ["sim"], "ContextKeyType": "string"}]
        ask = {"PolicySourceArn": arn, "ActionNames": ["s3:GetObject", "s3:PutObject"], "ResourceArns": ["arn:aws:s3:::b/sim/x"]}
        results = self.iam.simulate_principal_policy(**ask, ContextEntries=context)["EvaluationResults"]
        self.assertEqual([r["EvalDecision"] for r in results], ["allowed", "implicitDeny"])
        results = self.iam.simulate_custom_policy(PolicyInputList=[allow("s3:*")], ActionNames=["s3:GetObject"])["EvaluationResults"]
        self.assertEqual(results[0]["EvalDecision"], "allowed")
        granting = self.iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=["s3", "ec2"])["PoliciesGrantingServiceAccess"]
        self.assertEqual([(g["ServiceNamespace"], [p["PolicyName"] for p in g["Policies"]]) for g in granting], [("s3", ["own"]), ("ec2", [])])


class Roles(IamTest):
    def test_a_role(self):
        made = self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Description="d", MaxSessionDuration=7200,
                                    Tags=[{"Key": "a", "Value": "b"}])["Role"]
        self.assertEqual(made["AssumeRolePolicyDocument"], json.loads(TRUST))
        self.refused("EntityAlreadyExists", self.iam.create_role, RoleName="r", AssumeRolePolicyDocument=TRUST, status=409)
        self.refused("MalformedPolicyDocument", self.iam.create_role, RoleName="x", AssumeRolePolicyDocument=allow("s3:*"), status=400)
        self.iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=allow("s3:*"))
        self.assertEqual(self.iam.list_role_policies(RoleName="r")["PolicyNames"], ["inline"])
        self.iam.create_instance_profile(InstanceProfileName="i")
        self.iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
        self.refused("LimitExceeded", self.iam.add_role_to_instance_profile, InstanceProfileName="i", RoleName="r", status=409)
        self.iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="i")
        self.refused("DeleteConflict", self.iam.delete_role, RoleName="r", status=409)
        self.iam.delete_role_policy(RoleName="r", PolicyName="inline")
        self.refused("DeleteConflict", self.iam.delete_role, RoleName="r", message="must remove roles from instance profile first")
        self.iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r")
        self.iam.delete_role(RoleName="r")
        self.refused("NoSuchEntity", self.iam.get_role, RoleName="r", status=404, message="The role with name r cannot be found.")

    def test_service_linked_roles(self):
        self.assertEqual(self.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]["RoleName"], "AWSServiceRoleForECS")
        self.refused("InvalidInput", self.iam.create_service_linked_role, AWSServiceName="ecs.amazonaws.com", message="has been taken")
        self.refused("InvalidInput", self.iam.create_service_linked_role, AWSServiceName="rds.amazonaws.com", CustomSuffix="x")
        made = self.iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="x")["Role"]
        self.assertEqual(made["RoleName"], "AWSServiceRoleForAutoScaling_x")
        for name in ("AmazonEKSClusterPolicy", "AmazonEKS_CNI_Policy", "service-role/AmazonRDSEnhancedMonitoringRole", "job-function/Billing"):
            self.assertTrue(self.iam.get_policy(PolicyArn=f"arn:aws:iam::aws:policy/{name}")["Policy"]["IsAttachable"])
        self.refused("UnmodifiableEntity", self.iam.delete_role, RoleName="AWSServiceRoleForECS")


class Account(IamTest):
    def test_the_credential_report(self):
        self.iam.create_user(UserName="rita")
        self.iam.create_access_key(UserName="rita")
        self.refused("ReportNotPresent", self.iam.get_credential_report, status=410)
        self.assertEqual(self.iam.generate_credential_report()["State"], "STARTED")
        self.eventually(lambda: self.iam.generate_credential_report()["State"] == "COMPLETE")
        rows = list(csv.DictReader(io.StringIO(self.iam.get_credential_report()["Content"].decode())))
        self.assertEqual(rows[0]["user"], "<root_account>")
        mine = next(row for row in rows if row["user"] == "rita")
        self.assertEqual((mine["password_enabled"], mine["access_key_1_active"], mine["access_key_2_active"]), ("false", "true", "false"))

    def test_authorization_details(self):
        arn = self.iam.create_policy(PolicyName="all", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
        self.iam.create_group(GroupName="g")
        self.iam.create_user(UserName="u")
        self.iam.add_user_to_group(GroupName="g", UserName="u")
        self.iam.put_user_policy(UserName="u", PolicyName="own", PolicyDocument=allow("s3:*"))
        self.iam.attach_group_policy(GroupName="g", PolicyArn=arn)
        found = self.iam.get_account_authorization_details()
        user = next(u for u in found["UserDetailList"] if u["UserName"] == "u")
        self.assertEqual((user["GroupList"], user["UserPolicyList"][0]["PolicyName"]), (["g"], "own"))
        self.assertEqual(next(g for g in found["GroupDetailList"] if g["GroupName"] == "g")["AttachedManagedPolicies"][0]["PolicyArn"], arn)
        self.assertEqual(next(p for p in found["Policies"] if p["Arn"] == arn)["PolicyVersionList"][0]["Document"]["Statement"][0]["Action"], ["s3:*"])
        only = self.iam.get_account_authorization_details(Filter=["Group"])
        self.assertEqual((only["UserDetailList"], len(only["GroupDetailList"])), ([], 1))

    def test_alias_and_summary(self):
        name = f"alias-{self.account}"
        self.iam.create_account_alias(AccountAlias=name)
        self.assertEqual(self.iam.list_account_aliases()["AccountAliases"], [name])
        self.refused("EntityAlreadyExists", client("iam", "123450000001").create_account_alias, AccountAlias=name, status=409)
        self.iam.delete_account_alias(AccountAlias=name)
        self.refused("NoSuchEntity", self.iam.delete_account_alias, AccountAlias=name, status=404)
        summary = self.iam.get_account_summary()["SummaryMap"]
        self.assertEqual((summary["UsersQuota"], summary["AccountMFAEnabled"]), (5000, 0))

    def test_what_is_not_real_says_so(self):
        self.iam.create_user(UserName="none")
        self.refused("NotImplemented", self.iam.create_service_specific_credential, UserName="none", ServiceName="codecommit.amazonaws.com",
                     status=501)


class Sessions(IamTest):
    def test_a_trust_policy_that_names_the_role_does_not_lift_a_session_s_limits(self):
        def role(name, principal):
            return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]

        first = role("first", self.account)
        second = role("second", first)

        def session(**more):
            made = self.client("sts").assume_role(RoleArn=first, RoleSessionName="session", **more)["Credentials"]
            return self.client("sts", key=made["AccessKeyId"], secret=made["SecretAccessKey"], aws_session_token=made["SessionToken"])

        session().assume_role(RoleArn=second, RoleSessionName="session")
        self.refused("AccessDenied", session(Policy=allow("s3:*")).assume_role, RoleArn=second, RoleSessionName="session")

    def test_a_federated_user_has_what_both_policies_allow(self):
        self.iam.create_user(UserName="fed")
        self.iam.put_user_policy(UserName="fed", PolicyName="p", PolicyDocument=allow("s3:*", "sts:GetFederationToken"))
        sts = self.user_client("fed", "sts")
        made = sts.get_federation_token(Name="guest", Policy=allow("s3:ListAllMyBuckets", "ec2:*"))
        self.assertEqual(made["FederatedUser"]["Arn"], f"arn:aws:sts::{self.account}:federated-user/guest")
        keys = made["Credentials"]
        options = {"key": keys["AccessKeyId"], "secret": keys["SecretAccessKey"], "aws_session_token": keys["SessionToken"]}
        self.assertEqual(self.client("sts", **options).get_caller_identity()["Arn"], made["FederatedUser"]["Arn"])
        self.client("s3", **options).list_buckets()
        self.refused("UnauthorizedOperation", self.client("ec2", **options).describe_vpcs, status=403)
        with self.assertRaises(botocore.exceptions.ClientError):
            self.client("s3", **options).create_bucket(Bucket="fed-" + self.account)
        self.refused("AccessDenied", self.client("iam", **options).list_users)
