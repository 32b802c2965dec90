"""Secrets Manager as foreign suites use it, and resource policies that decide."""
import json
import string

from harness import ApiTest


class SecretsTest(ApiTest):
    def setUp(self):
        self.secrets = self.client("secretsmanager")

    def user(self, name, *actions):
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if actions:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return arn, self.client("secretsmanager", key=key["AccessKeyId"], secret=key["SecretAccessKey"])


class Values(SecretsTest):
    def test_versions_and_stages(self):
        made = self.secrets.create_secret(Name="v", SecretString="one")
        self.assertRegex(made["ARN"], f"^arn:aws:secretsmanager:us-east-1:{self.account}:secret:v-[A-Za-z0-9]{{6}}$")
        self.refused("ResourceExistsException", self.secrets.create_secret, Name="v", SecretString="x", status=400)
        second = self.secrets.put_secret_value(SecretId="v", SecretString="two")
        self.assertEqual(second["VersionStages"], ["AWSCURRENT"])
        self.assertEqual(self.secrets.get_secret_value(SecretId=made["ARN"])["SecretString"], "two")
        self.assertEqual(self.secrets.get_secret_value(SecretId="v", VersionStage="AWSPREVIOUS")["SecretString"], "one")
        self.assertEqual(self.secrets.get_secret_value(SecretId="v", VersionId=made["VersionId"])["SecretString"], "one")
        self.refused("ResourceNotFoundException", self.secrets.get_secret_value, SecretId="v", VersionStage="none",
                     message="Secrets Manager can't find the specified secret value for staging label: none")
        page = self.secrets.list_secret_version_ids(SecretId="v", MaxResults=1)
        self.assertEqual(len(page["Versions"]), 1)
        rest = self.secrets.list_secret_version_ids(SecretId="v", MaxResults=1, NextToken=page["NextToken"])
        self.assertNotIn("NextToken", rest)

    def test_binary_and_empty(self):
        self.secrets.create_secret(Name="b", SecretBinary=b"\x00\x01")
        self.assertEqual(self.secrets.get_secret_value(SecretId="b")["SecretBinary"], b"\x00\x01")
        self.secrets.create_secret(Name="e")
        self.refused("ResourceNotFoundException", self.secrets.get_secret_value, SecretId="e", message="staging label: AWSCURRENT")
        self.refused("ResourceNotFoundException", self.secrets.get_secret_value, SecretId="none", message="can't find the specified secret.")

    def test_many_at_once(self):
        for name in ("m1", "m2"):
            self.secrets.create_secret(Name=name, SecretString=name, Tags=[{"Key": "many", "Value": "yes"}])
        found = self.secrets.batch_get_secret_value(SecretIdList=["m1", "m2", "m3"])
        self.assertEqual([v["SecretString"] for v in found["SecretValues"]], ["m1", "m2"])
        self.assertEqual([(e["SecretId"], e["ErrorCode"]) for e in found["Errors"]], [("m3", "ResourceNotFoundException")])
        found = self.secrets.batch_get_secret_value(Filters=[{"Key": "tag-key", "Values": ["many"]}])
        self.assertEqual(len(found["SecretValues"]), 2)
        self.refused("InvalidParameterException", self.secrets.batch_get_secret_value)
        _, mine = self.user("batch", "secretsmanager:BatchGetSecretValue")
        self.assertEqual([e["ErrorCode"] for e in mine.batch_get_secret_value(SecretIdList=["m1"])["Errors"]], ["AccessDeniedException"])

    def test_passwords(self):
        made = self.secrets.get_random_password(PasswordLength=20, ExcludePunctuation=True, ExcludeUppercase=True)["RandomPassword"]
        self.assertEqual((len(made), set(made) - set(string.ascii_lowercase + string.digits)), (20, set()))
        self.refused("InvalidParameterException", self.secrets.get_random_password, PasswordLength=3, message="too short")


class Life(SecretsTest):
    def test_deletion_and_restoring(self):
        self.secrets.create_secret(Name="d", SecretString="x")
        self.refused("InvalidParameterException", self.secrets.delete_secret, SecretId="d", RecoveryWindowInDays=6)
        self.refused("InvalidParameterException", self.secrets.delete_secret, SecretId="d", RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True)
        self.secrets.delete_secret(SecretId="d", RecoveryWindowInDays=7)
        self.refused("InvalidRequestException", self.secrets.get_secret_value, SecretId="d", message="marked for deletion")
        self.assertNotIn("d", [s["Name"] for s in self.secrets.list_secrets()["SecretList"]])
        self.assertIn("d", [s["Name"] for s in self.secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]])
        self.secrets.restore_secret(SecretId="d")
        self.assertEqual(self.secrets.get_secret_value(SecretId="d")["SecretString"], "x")
        self.secrets.delete_secret(SecretId="d", ForceDeleteWithoutRecovery=True)
        self.refused("ResourceNotFoundException", self.secrets.describe_secret, SecretId="d")
        self.assertEqual(self.secrets.delete_secret(SecretId="never-was", ForceDeleteWithoutRecovery=True)["Name"], "never-was")
        self.refused("ResourceNotFoundException", self.secrets.delete_secret, SecretId="never-was")

    def test_lists(self):
        for name in ("l1", "l2", "l3"):
            self.secrets.create_secret(Name=name, Description="listed " + name)
        pages = self.secrets.get_paginator("list_secrets").paginate(Filters=[{"Key": "description", "Values": ["listed"]}],
                                                                    PaginationConfig={"PageSize": 2})
        self.assertEqual([s["Name"] for page in pages for s in page["SecretList"]], ["l1", "l2", "l3"])
        found = self.secrets.list_secrets(Filters=[{"Key": "name", "Values": ["!l1"]}, {"Key": "description", "Values": ["listed"]}])
        self.assertEqual([s["Name"] for s in found["SecretList"]], ["l2", "l3"])


class Access(SecretsTest):
    def test_the_policy_of_the_secret_decides(self):
        arn, mine = self.user("reader")
        _, other = self.user("other", "secretsmanager:*")
        self.secrets.create_secret(Name="p", SecretString="x")
        self.refused("AccessDeniedException", mine.get_secret_value, SecretId="p")
        self.secrets.put_resource_policy(SecretId="p", ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}))
        self.assertEqual(mine.get_secret_value(SecretId="p")["SecretString"], "x")
        other.get_secret_value(SecretId="p")
        self.secrets.put_resource_policy(SecretId="p", ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}))
        self.refused("AccessDeniedException", other.get_secret_value, SecretId="p", message="explicit deny in a resource-based policy")
        self.refused("AccessDeniedException", self.secrets.get_secret_value, SecretId="p")  # a root too
        self.secrets.delete_resource_policy(SecretId="p")
        self.secrets.get_secret_value(SecretId="p")
        self.refused("MalformedPolicyDocumentException", self.secrets.put_resource_policy, SecretId="p", ResourcePolicy="{}")

    def test_what_opens_to_all_is_known(self):
        self.secrets.create_secret(Name="open", SecretString="x")

        def when(operator, key, value):
            return {"Principal": "*", "Condition": {operator: {key: value}}}

        for who in ({"Principal": "*"}, {"Principal": {"AWS": ["*"]}}, {"Principal": {"Service": "*"}},
                    {"NotPrincipal": {"AWS": self.account}}, when("StringLike", "aws:PrincipalArn", "*"), when("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:*"),
                    when("StringNotEquals", "aws:PrincipalAccount", self.account), when("Bool", "aws:SecureTransport", "false"),
                    when("StringEqualsIfExists", "aws:SourceAccount", self.account), when("StringLike", "aws:PrincipalOrgID", ["o-1", "*"])):
            document = json.dumps({"Statement": [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*", **who}]})
            with self.subTest(who=who):
                self.refused("PublicPolicyException", self.secrets.put_resource_policy, SecretId="open", BlockPublicPolicy=True, ResourcePolicy=document)
                self.assertFalse(self.secrets.validate_resource_policy(ResourcePolicy=document)["PolicyValidationPassed"])
        for who in ({"Principal": {"AWS": self.account}}, when("StringEquals", "aws:PrincipalAccount", self.account),
                    when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{self.account}:role/*"), when("StringEquals", "AWS:SourceVpc", "vpc-1")):
            document = json.dumps({"Statement": {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*", **who}})
            with self.subTest(who=who):
                self.secrets.put_resource_policy(SecretId="open", BlockPublicPolicy=True, ResourcePolicy=document)
                self.assertTrue(self.secrets.validate_resource_policy(ResourcePolicy=document)["PolicyValidationPassed"])

    def test_a_policy_that_names_the_role_does_not_lift_a_session_s_limits(self):
        iam, sts = self.client("iam"), self.client("sts")
        role = iam.create_role(RoleName="limited", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
        self.secrets.create_secret(Name="role", SecretString="x")
        limits = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})

        def session(**more):
            made = sts.assume_role(RoleArn=role, RoleSessionName="session", **more)["Credentials"]
            return self.client("secretsmanager", key=made["AccessKeyId"], secret=made["SecretAccessKey"], aws_session_token=made["SessionToken"])

        def name(principal):
            self.secrets.put_resource_policy(SecretId="role", ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}))

        for principal in ({"AWS": role}, "*"):
            name(principal)
            session().get_secret_value(SecretId="role")
            self.refused("AccessDeniedException", session(Policy=limits).get_secret_value, SecretId="role", message="no session policy allows")
        name({"AWS": role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session"})
        session(Policy=limits).get_secret_value(SecretId="role")
        name({"AWS": role})
        boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=limits)["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName="limited", PermissionsBoundary=boundary)
        self.refused("AccessDeniedException", session().get_secret_value, SecretId="role", message="no permissions boundary allows")

    def test_values_under_a_customer_s_key_need_a_right_to_the_key(self):
        key = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        self.secrets.create_secret(Name="k", KmsKeyId=key, SecretString="x")
        self.secrets.get_secret_value(SecretId="k")
        _, mine = self.user("keyless", "secretsmanager:*")
        self.refused("AccessDeniedException", mine.get_secret_value, SecretId="k", message="Access to KMS is not allowed")
        self.refused("AccessDeniedException", mine.put_secret_value, SecretId="k", SecretString="y", message="Access to KMS is not allowed")
        self.refused("AccessDeniedException", mine.update_secret, SecretId="k", SecretString="y", message="Access to KMS is not allowed")
        self.refused("AccessDeniedException", mine.create_secret, Name="k2", KmsKeyId=key, SecretString="y", message="Access to KMS is not allowed")
        self.assertEqual([e["ErrorCode"] for e in mine.batch_get_secret_value(SecretIdList=["k"])["Errors"]], ["AccessDeniedException"])
        _, keyed = self.user("keyed", "secretsmanager:*", "kms:Decrypt", "kms:GenerateDataKey")
        keyed.put_secret_value(SecretId="k", SecretString="y")
        self.assertEqual(keyed.get_secret_value(SecretId="k")["SecretString"], "y")

    def test_filters_need_the_right_to_list(self):
        arguments = {"Filters": [{"Key": "name", "Values": ["none"]}]}
        _, mine = self.user("filters", "secretsmanager:BatchGetSecretValue")
        self.refused("AccessDeniedException", mine.batch_get_secret_value, message="secretsmanager:ListSecrets", **arguments)
        _, lister = self.user("lister", "secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets")
        self.assertEqual(lister.batch_get_secret_value(**arguments)["SecretValues"], [])
