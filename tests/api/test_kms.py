"""KMS as foreign suites use it: keys of every kind, aliases, grants, rotation; and key policies that decide."""
import base64
import hashlib
import json
import subprocess
import tempfile

from harness import ApiTest


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class KmsTest(ApiTest):
    def setUp(self):
        self.kms = self.client("kms")

    def key(self, **options):
        return self.kms.create_key(**options)["KeyMetadata"]

    def user(self, name, *actions):
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if actions:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return arn, self.client("kms", key=key["AccessKeyId"], secret=key["SecretAccessKey"])

    def root_statement(self, action="kms:*"):
        return {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.account}:root"}, "Action": action, "Resource": "*"}


class Keys(KmsTest):
    def test_life(self):
        made = self.key(Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}])
        self.assertEqual((made["KeySpec"], made["KeyUsage"], made["KeyState"], made["KeyManager"]),
                         ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "Enabled", "CUSTOMER"))
        name = made["KeyId"]
        self.kms.disable_key(KeyId=name)
        self.refused("DisabledException", self.kms.encrypt, KeyId=name, Plaintext=b"x")
        self.kms.enable_key(KeyId=name)
        self.assertEqual(self.kms.schedule_key_deletion(KeyId=name, PendingWindowInDays=7)["KeyState"], "PendingDeletion")
        self.refused("KMSInvalidStateException", self.kms.encrypt, KeyId=name, Plaintext=b"x")
        self.kms.cancel_key_deletion(KeyId=name)
        self.assertEqual(self.kms.describe_key(KeyId=name)["KeyMetadata"]["KeyState"], "Disabled")
        self.refused("NotFoundException", self.kms.describe_key, KeyId="00000000-0000-0000-0000-000000000000", message="does not exist")
        self.assertEqual(self.kms.list_resource_tags(KeyId=name)["Tags"], [{"TagKey": "a", "TagValue": "b"}])

    def test_aliases(self):
        name = self.key()["KeyId"]
        self.kms.create_alias(AliasName="alias/mine", TargetKeyId=name)
        self.refused("AlreadyExistsException", self.kms.create_alias, AliasName="alias/mine", TargetKeyId=name)
        self.refused("NotAuthorizedException", self.kms.create_alias, AliasName="alias/aws/mine", TargetKeyId=name)
        for bad in ({"AliasName": "mine"}, {"AliasName": "alias/a:b"}, {"AliasName": "alias/b", "TargetKeyId": "alias/mine"}):
            self.refused("ValidationException", self.kms.create_alias, **{"TargetKeyId": name, **bad})
        self.refused("NotFoundException", self.kms.describe_key, KeyId="nonsense", message="Invalid keyId 'nonsense'")
        # The aliases of AWS's services are there before their keys; whoever describes one makes its key.
        def of_ebs():
            return next(one for one in self.kms.list_aliases()["Aliases"] if one["AliasName"] == "alias/aws/ebs")

        self.assertNotIn("TargetKeyId", of_ebs())
        made = self.kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
        self.assertEqual((made["KeyManager"], of_ebs()["TargetKeyId"]), ("AWS", made["KeyId"]))
        blob = self.kms.encrypt(KeyId="alias/mine", Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"], b"x")
        self.refused("InvalidCiphertextException", self.kms.decrypt, CiphertextBlob=blob)
        self.kms.delete_alias(AliasName="alias/mine")
        self.refused("NotFoundException", self.kms.delete_alias, AliasName="alias/mine")

    def test_rotation(self):
        name = self.key()["KeyId"]
        blob = self.kms.encrypt(KeyId=name, Plaintext=b"old")["CiphertextBlob"]
        self.kms.rotate_key_on_demand(KeyId=name)
        self.assertEqual(self.kms.list_key_rotations(KeyId=name)["Rotations"][0]["RotationType"], "ON_DEMAND")
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"old")
        self.kms.enable_key_rotation(KeyId=name, RotationPeriodInDays=90)
        self.assertEqual(self.kms.get_key_rotation_status(KeyId=name)["RotationPeriodInDays"], 90)
        pair = self.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyId"]
        self.refused("UnsupportedOperationException", self.kms.enable_key_rotation, KeyId=pair)

    def test_a_dry_run_says_that_it_would_work(self):
        name = self.key()["KeyId"]
        self.refused("DryRunOperationException", self.kms.encrypt, KeyId=name, Plaintext=b"x", DryRun=True)


class Pairs(KmsTest):
    def test_signatures(self):
        for spec, algorithm in (("ECC_NIST_P256", "ECDSA_SHA_256"), ("ECC_NIST_P384", "ECDSA_SHA_384"), ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
                                ("RSA_2048", "RSASSA_PSS_SHA_256"), ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512")):
            with self.subTest(spec=spec, algorithm=algorithm):
                made = self.key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
                self.assertIn(algorithm, made["SigningAlgorithms"])
                signature = self.kms.sign(KeyId=made["KeyId"], Message=b"m", SigningAlgorithm=algorithm)["Signature"]
                self.assertTrue(self.kms.verify(KeyId=made["KeyId"], Message=b"m", Signature=signature, SigningAlgorithm=algorithm)["SignatureValid"])
                self.refused("KMSInvalidSignatureException", self.kms.verify, KeyId=made["KeyId"], Message=b"other", Signature=signature,
                             SigningAlgorithm=algorithm)
                self.refused("InvalidKeyUsageException", self.kms.encrypt, KeyId=made["KeyId"], Plaintext=b"x")

    def test_others_can_verify_with_the_public_half(self):
        name = self.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyId"]
        digest = hashlib.sha256(b"m").digest()
        signature = self.kms.sign(KeyId=name, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
        public = base64.encodebytes(self.kms.get_public_key(KeyId=name)["PublicKey"]).decode()
        with tempfile.TemporaryDirectory() as folder:
            for file, content in (("key", f"-----BEGIN PUBLIC KEY-----\n{public}-----END PUBLIC KEY-----\n".encode()), ("sig", signature), ("m", b"m")):
                with open(f"{folder}/{file}", "wb") as out:
                    out.write(content)
            done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", f"{folder}/key", "-signature", f"{folder}/sig", f"{folder}/m"],
                                  capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout.strip(), "Verified OK", done.stderr)

    def test_encryption_macs_and_data_key_pairs(self):
        name = self.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyId"]
        blob = self.kms.encrypt(KeyId=name, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")["CiphertextBlob"]
        self.assertEqual(self.kms.decrypt(KeyId=name, CiphertextBlob=blob, EncryptionAlgorithm="RSAES_OAEP_SHA_256")["Plaintext"], b"x")
        mac = self.key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyId"]
        made = self.kms.generate_mac(KeyId=mac, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
        self.assertTrue(self.kms.verify_mac(KeyId=mac, Message=b"m", Mac=made, MacAlgorithm="HMAC_SHA_256")["MacValid"])
        self.refused("KMSInvalidMacException", self.kms.verify_mac, KeyId=mac, Message=b"n", Mac=made, MacAlgorithm="HMAC_SHA_256")
        pair = self.kms.generate_data_key_pair(KeyId=self.key()["KeyId"], KeyPairSpec="ECC_NIST_P256")
        self.assertEqual(self.kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"], pair["PrivateKeyPlaintext"])
        self.refused("ValidationException", self.kms.create_key, KeySpec="RSA_2048")
        self.refused("ValidationException", self.kms.create_key, KeySpec="ECC_NIST_P256", KeyUsage="ENCRYPT_DECRYPT", message="not compatible")


class Access(KmsTest):
    def test_the_key_policy_decides(self):
        named, mine = self.user("named")
        _, other = self.user("other", "kms:*")
        name = self.key(Policy=policy(self.root_statement(), {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "kms:Encrypt", "Resource": "*"}))["KeyId"]
        mine.encrypt(KeyId=name, Plaintext=b"x")  # named, without a policy of its own
        self.refused("AccessDeniedException", mine.describe_key, KeyId=name)
        other.encrypt(KeyId=name, Plaintext=b"x")  # the account is let in, and its own policy allows
        self.kms.put_key_policy(KeyId=name, PolicyName="default", Policy=policy(
            self.root_statement("kms:PutKeyPolicy"), {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "kms:Encrypt", "Resource": "*"}))
        self.refused("AccessDeniedException", other.encrypt, KeyId=name, Plaintext=b"x", message="no resource-based policy allows")
        self.refused("AccessDeniedException", self.kms.encrypt, KeyId=name, Plaintext=b"x")  # a root is not let in either
        mine.encrypt(KeyId=name, Plaintext=b"x")

    def test_nobody_locks_themselves_out(self):
        self.refused("MalformedPolicyDocumentException", self.kms.create_key, Policy=policy(self.root_statement("kms:Encrypt")), message="in the future")
        self.refused("MalformedPolicyDocumentException", self.kms.create_key, Policy="rubbish")
        self.kms.create_key(Policy=policy(self.root_statement("kms:Encrypt")), BypassPolicyLockoutSafetyCheck=True)

    def test_decrypt_is_about_the_key_of_the_ciphertext(self):
        name = self.key()
        blob = self.kms.encrypt(KeyId=name["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        _, mine = self.user("decrypter")
        self.refused("AccessDeniedException", mine.decrypt, CiphertextBlob=blob)
        self.client("iam").put_user_policy(UserName="decrypter", PolicyName="p", PolicyDocument=policy(
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": name["Arn"]}))
        self.assertEqual(mine.decrypt(CiphertextBlob=blob)["Plaintext"], b"x")

    def test_re_encryption_needs_a_right_to_both_keys(self):
        source, target = self.key(), self.key()
        blob = self.kms.encrypt(KeyId=source["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        _, mine = self.user("mover")

        def let(**rights):
            self.client("iam").put_user_policy(UserName="mover", PolicyName="p", PolicyDocument=policy(
                *({"Effect": "Allow", "Action": "kms:" + action, "Resource": arn} for action, arn in rights.items())))

        let(ReEncryptFrom=source["Arn"])
        self.refused("AccessDeniedException", mine.re_encrypt, CiphertextBlob=blob, DestinationKeyId=target["KeyId"], message="kms:ReEncryptTo")
        let(ReEncryptTo=target["Arn"])
        self.refused("AccessDeniedException", mine.re_encrypt, CiphertextBlob=blob, DestinationKeyId=target["KeyId"], message="kms:ReEncryptFrom")
        let(ReEncryptFrom=source["Arn"], ReEncryptTo=target["Arn"])
        moved = mine.re_encrypt(CiphertextBlob=blob, DestinationKeyId=target["KeyId"], SourceKeyId=source["KeyId"])
        self.assertEqual((moved["SourceKeyId"], moved["KeyId"]), (source["Arn"], target["Arn"]))
        self.refused("IncorrectKeyException", mine.re_encrypt, CiphertextBlob=blob, DestinationKeyId=target["KeyId"], SourceKeyId=target["KeyId"])
        self.refused("NotImplemented", mine.re_encrypt, CiphertextBlob=blob, DestinationKeyId=target["KeyId"],
                     SourceEncryptionAlgorithm="RSAES_OAEP_SHA_256", SourceKeyId=source["KeyId"])

    def test_a_key_policy_holds_for_objects_of_s3(self):
        iam, s3 = self.client("iam"), self.client("s3")
        arn = iam.create_user(UserName="objects")["User"]["Arn"]
        iam.put_user_policy(UserName="objects", PolicyName="p", PolicyDocument=policy({"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"}))
        made = iam.create_access_key(UserName="objects")["AccessKey"]
        mine = self.client("s3", key=made["AccessKeyId"], secret=made["SecretAccessKey"])
        bucket, name = f"sealed-{self.account}", self.key()["KeyId"]
        s3.create_bucket(Bucket=bucket)
        sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": name}
        mine.put_object(Bucket=bucket, Key="k", Body=b"x", **sealed)
        self.assertEqual(mine.get_object(Bucket=bucket, Key="k")["Body"].read(), b"x")
        self.kms.put_key_policy(KeyId=name, PolicyName="default", Policy=policy(
            self.root_statement(), {"Effect": "Deny", "Principal": {"AWS": arn}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"}))
        self.refused("AccessDenied", mine.get_object, Bucket=bucket, Key="k", message="kms:Decrypt")
        self.refused("AccessDenied", mine.put_object, Bucket=bucket, Key="l", Body=b"x", message="kms:GenerateDataKey", **sealed)
        s3.get_object(Bucket=bucket, Key="k")
        iam.put_user_policy(UserName="objects", PolicyName="p", PolicyDocument=policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
        self.kms.put_key_policy(KeyId=name, PolicyName="default", Policy=policy(self.root_statement()))
        self.refused("AccessDenied", mine.get_object, Bucket=bucket, Key="k")
        self.kms.create_grant(KeyId=name, GranteePrincipal=arn, Operations=["Decrypt"])
        self.assertEqual(mine.get_object(Bucket=bucket, Key="k")["Body"].read(), b"x")

    def test_a_grant_is_retired_by_whom_it_says(self):
        name = self.key()["KeyId"]
        retiring, mine = self.user("retiring")
        grantee, theirs = self.user("granted")
        _, allowed = self.user("allowed", "kms:RetireGrant")

        def grant(*operations):
            return {"KeyId": name, "GrantId": self.kms.create_grant(KeyId=name, GranteePrincipal=grantee, RetiringPrincipal=retiring,
                                                                    Operations=["Encrypt", *operations])["GrantId"]}

        first = grant()
        self.refused("AccessDeniedException", theirs.retire_grant, **first)
        mine.retire_grant(**first)
        self.assertEqual(self.kms.list_grants(KeyId=name)["Grants"], [])
        other, own = grant(), grant("RetireGrant")
        self.refused("AccessDeniedException", theirs.retire_grant, **other)
        theirs.retire_grant(**own)
        self.client("iam").put_user_policy(UserName="retiring", PolicyName="p", PolicyDocument=policy(
            {"Effect": "Deny", "Action": "kms:RetireGrant", "Resource": "*"}))
        self.refused("AccessDeniedException", mine.retire_grant, **other)
        allowed.retire_grant(**other)

    def test_grants(self):
        arn, mine = self.user("grantee")
        name = self.key()["KeyId"]
        self.refused("AccessDeniedException", mine.encrypt, KeyId=name, Plaintext=b"x")
        grant = self.kms.create_grant(KeyId=name, GranteePrincipal=arn, Operations=["Encrypt"], Name="g", RetiringPrincipal=arn)
        self.assertEqual(self.kms.create_grant(KeyId=name, GranteePrincipal=arn, Operations=["Encrypt"], Name="g", RetiringPrincipal=arn)["GrantId"],
                         grant["GrantId"])
        mine.encrypt(KeyId=name, Plaintext=b"x")
        self.assertEqual([g["GrantId"] for g in self.kms.list_grants(KeyId=name)["Grants"]], [grant["GrantId"]])
        self.assertEqual(len(self.kms.list_retirable_grants(RetiringPrincipal=arn)["Grants"]), 1)
        self.kms.revoke_grant(KeyId=name, GrantId=grant["GrantId"])
        self.refused("AccessDeniedException", mine.encrypt, KeyId=name, Plaintext=b"x")
        self.refused("NotFoundException", self.kms.revoke_grant, KeyId=name, GrantId=grant["GrantId"])
