"""S3: who may do what: bucket policies, public access, ACLs, identities, cross-origin requests."""
import json

from harness import ENDPOINT, client
from test_s3 import S3Test, http


class Access(S3Test):
    def setUp(self):
        super().setUp()
        self.put("k", b"there")
        self.arn = f"arn:aws:s3:::{self.bucket}"
        self.iam = self.client("iam")

    def user(self, name, *statements):
        """A client of a new user with these statements as its policy."""
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p",
                                     PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return client("s3", key=key["AccessKeyId"], secret=key["SecretAccessKey"])

    def policy(self, *statements):
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))

    def open(self):
        self.s3.delete_public_access_block(Bucket=self.bucket)

    def test_identity_policies_are_obeyed(self):
        reader = self.user("reader", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": self.arn + "/*"})
        self.assertEqual(reader.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"there")
        self.refused("AccessDenied", reader.put_object, Bucket=self.bucket, Key="k", Body=b"x", message="s3:PutObject")
        self.refused("AccessDenied", reader.list_objects_v2, Bucket=self.bucket, status=403)
        self.refused("AccessDenied", reader.get_object, Bucket=self.bucket, Key="none", status=403)
        self.assertEqual(self.s3.list_objects_v2(Bucket=self.bucket)["KeyCount"], 1)

    def test_a_bucket_policy_allows_a_user_of_the_account(self):
        nobody = self.user("nobody")
        self.refused("AccessDenied", nobody.get_object, Bucket=self.bucket, Key="k")
        self.policy({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.account}:user/nobody"}, "Action": "s3:GetObject",
                     "Resource": self.arn + "/*"})
        self.assertEqual(nobody.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"there")

    def test_another_account_needs_the_bucket_policy(self):
        other = self.client("s3", account="999999999992")
        self.refused("AccessDenied", other.get_object, Bucket=self.bucket, Key="k", status=403)
        self.policy({"Effect": "Allow", "Principal": {"AWS": "999999999992"}, "Action": ["s3:GetObject", "s3:ListBucket"],
                     "Resource": [self.arn, self.arn + "/*"]})
        self.assertEqual(other.get_object(Bucket=self.bucket, Key="k")["Body"].read(), b"there")
        self.assertEqual(other.list_objects_v2(Bucket=self.bucket)["KeyCount"], 1)
        self.refused("AccessDenied", other.put_object, Bucket=self.bucket, Key="k", Body=b"x")
        self.refused("AccessDenied", other.delete_bucket_policy, Bucket=self.bucket)

    def test_a_deny_binds_the_root_too_but_not_over_the_policy(self):
        self.policy({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [self.arn, self.arn + "/*"],
                     "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
        self.refused("AccessDenied", self.s3.get_object, Bucket=self.bucket, Key="k", message="explicit deny in a resource-based policy")
        self.refused("AccessDenied", self.s3.list_objects_v2, Bucket=self.bucket)
        self.assertIn("SecureTransport", self.s3.get_bucket_policy(Bucket=self.bucket)["Policy"])
        self.s3.delete_bucket_policy(Bucket=self.bucket)
        self.assertEqual(self.read("k"), b"there")

    def test_uploads_without_the_demanded_encryption_are_denied(self):
        self.policy({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": self.arn + "/*",
                     "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}})
        self.refused("AccessDenied", self.put, "new")
        self.put("new", ServerSideEncryption="aws:kms")

    def test_prefixes_limit_listings(self):
        lister = self.user("lister", {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": self.arn,
                                      "Condition": {"StringLike": {"s3:prefix": "home/*"}}})
        self.assertEqual(lister.list_objects_v2(Bucket=self.bucket, Prefix="home/x")["KeyCount"], 0)
        self.refused("AccessDenied", lister.list_objects_v2, Bucket=self.bucket)

    def test_public_policies_are_blocked_until_the_block_is_lifted(self):
        public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": self.arn + "/*"}
        self.refused("AccessDenied", self.policy, public, message="BlockPublicPolicy")
        url = f"{ENDPOINT}/{self.bucket}/k"
        self.assertEqual(http(url)[0], 403)
        self.open()
        self.policy(public)
        self.assertEqual(http(url)[::2], (200, b"there"))
        self.assertTrue(self.s3.get_bucket_policy_status(Bucket=self.bucket)["PolicyStatus"]["IsPublic"])
        self.assertEqual(http(url, b"x", "PUT")[0], 403)
        self.s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
        self.assertEqual(http(url)[0], 403)
        self.assertEqual(self.read("k"), b"there")

    def test_broken_policies_are_refused(self):
        for document in ("nonsense", "{}", json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
                                                                                         "Resource": self.arn + "/*"}]})):
            self.refused("MalformedPolicy", self.s3.put_bucket_policy, Bucket=self.bucket, Policy=document, status=400)
        self.refused("MalformedPolicy", self.policy, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
                                                      "Resource": "arn:aws:s3:::other/*"}, message="invalid resource")

    def test_acls_need_an_ownership_that_allows_them(self):
        self.refused("AccessControlListNotSupported", self.s3.put_bucket_acl, Bucket=self.bucket, ACL="public-read")
        self.refused("AccessControlListNotSupported", self.put, "k", ACL="public-read")
        self.put("k", ACL="bucket-owner-full-control")
        acl = self.s3.get_bucket_acl(Bucket=self.bucket)
        self.assertEqual([grant["Permission"] for grant in acl["Grants"]], ["FULL_CONTROL"])
        self.assertEqual(acl["Grants"][0]["Grantee"], {"ID": acl["Owner"]["ID"], "Type": "CanonicalUser"})
        self.s3.put_bucket_ownership_controls(Bucket=self.bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
        self.refused("AccessDenied", self.put, "k", ACL="public-read")
        self.open()
        self.put("k", b"open", ACL="public-read")
        self.assertEqual(http(f"{ENDPOINT}/{self.bucket}/k")[::2], (200, b"open"))
        self.s3.put_object_acl(Bucket=self.bucket, Key="k", ACL="private")
        self.assertEqual(http(f"{ENDPOINT}/{self.bucket}/k")[0], 403)

    def test_cross_origin_requests(self):
        self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration={"CORSRules": [
            {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["x-*"], "MaxAgeSeconds": 60}]})
        ask = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a"}
        status, headers, _ = http(f"{ENDPOINT}/{self.bucket}/k", method="OPTIONS", headers=ask)
        self.assertEqual((status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Max-Age"]), (200, ask["Origin"], "60"))
        for change in ({"Origin": "https://evil.test"}, {"Access-Control-Request-Method": "DELETE"},
                       {"Access-Control-Request-Headers": "authorization"}):
            self.assertEqual(http(f"{ENDPOINT}/{self.bucket}/k", method="OPTIONS", headers={**ask, **change})[0], 403, change)
        url = self.s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "k"})
        self.assertEqual(http(url, headers={"Origin": ask["Origin"]})[1]["Access-Control-Allow-Origin"], ask["Origin"])
        self.assertNotIn("Access-Control-Allow-Origin", http(url)[1])
        self.refused("InvalidRequest", self.s3.put_bucket_cors, Bucket=self.bucket, CORSConfiguration={"CORSRules": [
            {"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]})

    def test_forms(self):
        def post(form, body=b"by form", **changes):
            fields = {**form["fields"], **changes}
            lines = b"".join(f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                             for name, value in fields.items())
            lines += b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + body + b"\r\n--xx--\r\n"
            return http(form["url"], lines, "POST", {"Content-Type": "multipart/form-data; boundary=xx"})

        form = self.s3.generate_presigned_post(self.bucket, "up/${filename}", Fields={"success_action_status": "201"}, Conditions=[
            {"success_action_status": "201"}, ["content-length-range", 1, 10]])
        status, _, body = post(form)
        self.assertEqual(status, 201, body)
        self.assertIn(b"<Key>up/a.txt</Key>", body)
        self.assertEqual(self.read("up/a.txt"), b"by form")
        self.assertIn(b"EntityTooLarge", post(form, b"far too long")[2])
        self.assertIn(b"Policy Condition failed", post(form, key="elsewhere")[2])
        self.assertIn(b"Extra input fields", post(form, acl="private")[2])
        self.assertIn(b"SignatureDoesNotMatch", post(form, **{"x-amz-signature": "0" * 64})[2])
        unsigned = {"url": form["url"], "fields": {"key": "k2"}}
        self.assertEqual(post(unsigned)[0], 403)
