"""S3: buckets, objects, versions, uploads in parts, listings, configuration, as boto3's users meet them."""
import hashlib
import io
import json
import pathlib
import urllib.error
import urllib.request

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from harness import ENDPOINT, ApiTest, client, when_required

MIB = 1 << 20


def http(url, data=None, method=None, headers=None):
    """Status, headers and body of a plain HTTP call."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method, headers=headers or {}), timeout=30) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class S3Test(ApiTest):
    def setUp(self):
        # Without a version boto3 signs URLs as S3 did before 2014.
        self.s3 = self.client("s3", config=Config(signature_version="s3v4"))
        self.bucket = f"b-{self.account}-{abs(hash(self.id())) % 10**10}"
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key, body=b"x", **options):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **options)

    def read(self, key, **options):
        return self.s3.get_object(Bucket=self.bucket, Key=key, **options)["Body"].read()

    def enable_versions(self, status="Enabled"):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": status})


class Buckets(S3Test):
    def test_a_bucket_is_made_listed_found_and_removed(self):
        names = [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]
        self.assertIn(self.bucket, names)
        head = self.s3.head_bucket(Bucket=self.bucket)
        self.assertEqual(head["BucketRegion"], "us-east-1")
        self.assertIsNone(self.s3.get_bucket_location(Bucket=self.bucket)["LocationConstraint"])
        self.s3.delete_bucket(Bucket=self.bucket)
        self.refused("404", self.s3.head_bucket, Bucket=self.bucket)
        self.refused("NoSuchBucket", self.s3.list_objects_v2, Bucket=self.bucket, status=404)

    def test_names_are_global(self):
        other = self.client("s3", account="999999999991")
        self.refused("BucketAlreadyExists", other.create_bucket, Bucket=self.bucket, status=409)
        self.assertEqual(self.s3.create_bucket(Bucket=self.bucket)["Location"], "/" + self.bucket)
        self.assertNotIn(self.bucket, [bucket["Name"] for bucket in other.list_buckets()["Buckets"]])

    def test_bad_names_are_refused(self):
        for name in ("UPPER-case", "ab", "192.168.1.1", "a..b", "xn--bucket", "under_score", "bucket-s3alias"):
            self.refused("InvalidBucketName", self.s3.create_bucket, Bucket=name)

    def test_locations(self):
        west = self.client("s3", "eu-west-1")
        name = self.bucket + "-west"
        self.refused("IllegalLocationConstraintException", west.create_bucket, Bucket=name)
        self.refused("IllegalLocationConstraintException", west.create_bucket, Bucket=name,
                     CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        self.refused("InvalidLocationConstraint", self.s3.create_bucket, Bucket=name,
                     CreateBucketConfiguration={"LocationConstraint": "us-east-1"})
        west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.assertEqual(self.s3.get_bucket_location(Bucket=name)["LocationConstraint"], "eu-west-1")
        self.refused("BucketAlreadyOwnedByYou", west.create_bucket, Bucket=name,
                     CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        status, headers, body = http(self.s3.generate_presigned_url("list_objects_v2", Params={"Bucket": name}))
        self.assertEqual((status, headers["x-amz-bucket-region"]), (301, "eu-west-1"))
        self.assertIn(b"PermanentRedirect", body)
        west.put_object(Bucket=name, Key="k", Body=b"1")
        self.assertEqual(self.s3.list_objects_v2(Bucket=name)["KeyCount"], 1, "boto3 follows the redirect")

    def test_a_bucket_with_objects_stays(self):
        self.put("k")
        self.refused("BucketNotEmpty", self.s3.delete_bucket, Bucket=self.bucket, status=409)
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.s3.delete_bucket(Bucket=self.bucket)

    def test_the_expected_owner_must_fit(self):
        self.s3.head_bucket(Bucket=self.bucket, ExpectedBucketOwner=self.account)
        self.refused("403", self.s3.head_bucket, Bucket=self.bucket, ExpectedBucketOwner="999999999999")

    def test_what_is_not_configured_is_answered_as_aws_does(self):
        s3, bucket = self.s3, self.bucket
        for call, code in ((s3.get_bucket_policy, "NoSuchBucketPolicy"), (s3.get_bucket_tagging, "NoSuchTagSet"),
                           (s3.get_bucket_cors, "NoSuchCORSConfiguration"), (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
                           (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
                           (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
                           (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError")):
            self.refused(code, call, Bucket=bucket, status=404)
        self.assertNotIn("Status", s3.get_bucket_versioning(Bucket=bucket))
        self.assertNotIn("LoggingEnabled", s3.get_bucket_logging(Bucket=bucket))
        self.assertNotIn("Status", s3.get_bucket_accelerate_configuration(Bucket=bucket))
        self.assertEqual(s3.get_bucket_request_payment(Bucket=bucket)["Payer"], "BucketOwner")
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
        self.assertTrue(all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()))
        self.assertEqual(s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
                         "BucketOwnerEnforced")

    def test_what_is_not_done_is_refused_by_name(self):
        self.refused("NotImplemented", self.s3.put_bucket_metrics_configuration, Bucket=self.bucket, status=501,
                     Id="a", MetricsConfiguration={"Id": "a"}, message="PutBucketMetricsConfiguration")
        self.refused("NotImplemented", self.s3.put_bucket_logging, Bucket=self.bucket, status=501,
                     BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": self.bucket, "TargetPrefix": "l/"}})

    def test_tags(self):
        tags = [{"Key": "env", "Value": "dev"}, {"Key": "team", "Value": "x"}]
        self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": tags})
        self.assertEqual(self.s3.get_bucket_tagging(Bucket=self.bucket)["TagSet"], tags)
        self.refused("InvalidTag", self.s3.put_bucket_tagging, Bucket=self.bucket, Tagging={"TagSet": tags + tags[:1]})
        self.s3.delete_bucket_tagging(Bucket=self.bucket)
        self.refused("NoSuchTagSet", self.s3.get_bucket_tagging, Bucket=self.bucket)


class Objects(S3Test):
    def test_bytes_and_headers_come_back(self):
        out = self.put("a key/ümlaut+plus", b"hello", ContentType="text/plain", Metadata={"Colour": "blue"}, CacheControl="max-age=1",
                       ContentDisposition="inline", ContentEncoding="identity", ContentLanguage="de")
        self.assertEqual(out["ETag"], f'"{hashlib.md5(b"hello").hexdigest()}"')
        self.assertEqual(out["ServerSideEncryption"], "AES256")
        got = self.s3.get_object(Bucket=self.bucket, Key="a key/ümlaut+plus")
        self.assertEqual(got["Body"].read(), b"hello")
        self.assertEqual((got["ContentType"], got["Metadata"], got["CacheControl"], got["ContentLanguage"]),
                         ("text/plain", {"colour": "blue"}, "max-age=1", "de"))
        head = self.s3.head_object(Bucket=self.bucket, Key="a key/ümlaut+plus")
        self.assertEqual((head["ContentLength"], head["ETag"], head["AcceptRanges"]), (5, out["ETag"], "bytes"))
        self.assertNotIn("VersionId", head)
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="a key/ümlaut+plus")["ContentEncoding"], "identity")

    def test_what_is_not_there(self):
        error = self.refused("NoSuchKey", self.s3.get_object, Bucket=self.bucket, Key="none", status=404)
        self.assertEqual(error["Error"]["Key"], "none")
        self.refused("404", self.s3.head_object, Bucket=self.bucket, Key="none")
        self.s3.delete_object(Bucket=self.bucket, Key="none")

    def test_large_bodies_and_ranges(self):
        body = bytes(range(256)) * 16_000
        self.put("big", body)
        self.assertEqual(self.read("big"), body)
        for given, wanted in (("bytes=10-19", body[10:20]), ("bytes=65530-131080", body[65530:131081]), ("bytes=-7", body[-7:]),
                              (f"bytes={len(body) - 3}-", body[-3:]), ("bytes=100-99999999", body[100:])):
            got = self.s3.get_object(Bucket=self.bucket, Key="big", Range=given)
            self.assertEqual(got["Body"].read(), wanted, given)
            self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="big", Range="bytes=0-0")["ContentRange"], f"bytes 0-0/{len(body)}")
        self.refused("InvalidRange", self.s3.get_object, Bucket=self.bucket, Key="big", Range=f"bytes={len(body)}-", status=416)
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="big", Range="lines=1-2")["ContentLength"], len(body))

    def test_bytes_at_rest_are_no_plaintext(self):
        secret = b"a very recognisable plaintext " * 4000
        self.put("secret", secret)
        state = pathlib.Path(self.state_directory()) / "s3"
        files = [path for path in state.rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in files:
            self.assertNotIn(b"recognisable", path.read_bytes())
        self.assertEqual(self.read("secret"), secret)

    def state_directory(self):
        health = json.load(urllib.request.urlopen(ENDPOINT + "/_stratus/health"))
        arguments = pathlib.Path(f"/proc/{health['pid']}/cmdline").read_bytes().split(b"\0")
        return arguments[arguments.index(b"--state-dir") + 1].decode()

    def test_conditions_on_reading(self):
        etag = self.put("k", b"1")["ETag"]
        self.s3.get_object(Bucket=self.bucket, Key="k", IfMatch=etag)
        self.refused("PreconditionFailed", self.s3.get_object, Bucket=self.bucket, Key="k", IfMatch='"no"', status=412)
        self.refused("304", self.s3.get_object, Bucket=self.bucket, Key="k", IfNoneMatch=etag, status=304)
        self.refused("304", self.s3.head_object, Bucket=self.bucket, Key="k", IfNoneMatch=etag)
        modified = self.s3.head_object(Bucket=self.bucket, Key="k")["LastModified"]
        self.refused("304", self.s3.get_object, Bucket=self.bucket, Key="k", IfModifiedSince=modified)
        self.s3.get_object(Bucket=self.bucket, Key="k", IfUnmodifiedSince=modified)
        self.refused("PreconditionFailed", self.s3.get_object, Bucket=self.bucket, Key="k", IfUnmodifiedSince=modified.replace(year=2001))

    def test_conditions_on_writing(self):
        etag = self.put("lock", b"1", IfNoneMatch="*")["ETag"]
        self.refused("PreconditionFailed", self.put, "lock", b"2", IfNoneMatch="*", status=412)
        self.refused("PreconditionFailed", self.put, "lock", b"2", IfMatch='"0"', status=412)
        self.put("lock", b"2", IfMatch=etag)
        self.assertEqual(self.read("lock"), b"2")
        self.refused("NoSuchKey", self.put, "other", b"2", IfMatch=etag, status=404)
        self.refused("PreconditionFailed", self.s3.delete_object, Bucket=self.bucket, Key="lock", IfMatch=etag)

    def test_many_are_deleted_at_once(self):
        for key in "abc":
            self.put(key)
        out = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in "abz"]})
        self.assertEqual(sorted(deleted["Key"] for deleted in out["Deleted"]), ["a", "b", "z"])
        self.assertNotIn("Deleted", self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True}))
        self.assertEqual(self.s3.list_objects_v2(Bucket=self.bucket)["KeyCount"], 0)

    def test_checksums(self):
        out = self.put("k", b"hello", ChecksumAlgorithm="SHA256")
        wanted = __import__("base64").b64encode(hashlib.sha256(b"hello").digest()).decode()
        self.assertEqual(out["ChecksumSHA256"], wanted)
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k", ChecksumMode="ENABLED")["ChecksumSHA256"], wanted)
        self.assertNotIn("ChecksumSHA256", client("s3", self.account, config=when_required("response_checksum_validation"))
                         .head_object(Bucket=self.bucket, Key="k"))
        self.refused("InvalidRequest", self.put, "k", b"x", ChecksumSHA256="bad", message="Value for x-amz-checksum-sha256 header is invalid.")
        self.refused("BadDigest", self.put, "k", b"x", ChecksumSHA256=wanted,
                     message="The SHA256 you specified did not match the calculated checksum.")
        self.refused("InvalidDigest", self.put, "k", b"x", ContentMD5="rubbish")
        self.refused("BadDigest", self.put, "k", b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
        about = self.s3.get_object_attributes(Bucket=self.bucket, Key="k", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"])
        self.assertEqual((about["ObjectSize"], about["StorageClass"], about["Checksum"]["ChecksumSHA256"]), (5, "STANDARD", wanted))

    def test_object_tags(self):
        self.put("k", Tagging="a=1&b=two%20words")
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="k")["TagCount"], 2)
        tags = self.s3.get_object_tagging(Bucket=self.bucket, Key="k")["TagSet"]
        self.assertEqual(tags, [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "two words"}])
        self.s3.put_object_tagging(Bucket=self.bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="k")["TagSet"], [{"Key": "c", "Value": "3"}])
        self.s3.delete_object_tagging(Bucket=self.bucket, Key="k")
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="k")["TagSet"], [])
        eleven = [{"Key": str(n), "Value": ""} for n in range(11)]
        self.refused("BadRequest", self.s3.put_object_tagging, Bucket=self.bucket, Key="k", Tagging={"TagSet": eleven})

    def test_presigned_urls(self):
        put = self.s3.generate_presigned_url("put_object", Params={"Bucket": self.bucket, "Key": "by/url"}, ExpiresIn=60)
        self.assertEqual(http(put, b"by url", "PUT")[0], 200)
        get = self.s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "by/url",
                                                                  "ResponseContentType": "text/x", "ResponseContentDisposition": "attachment"})
        status, headers, body = http(get)
        self.assertEqual((status, body, headers["Content-Type"], headers["Content-Disposition"]), (200, b"by url", "text/x", "attachment"))
        self.assertEqual(http(get.replace("by/url", "by/other"))[0], 403)

    def test_presigned_urls_of_the_older_kind(self):
        self.put("a key", b"old")
        old = self.client("s3", config=Config(signature_version="s3"))
        url = old.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "a key", "ResponseContentType": "text/x"})
        self.assertIn("AWSAccessKeyId=", url)
        status, headers, body = http(url)
        self.assertEqual((status, body, headers["Content-Type"]), (200, b"old", "text/x"))
        self.assertIn(b"SignatureDoesNotMatch", http(url.replace("a%20key", "b"))[2])
        over = old.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "a key"}, ExpiresIn=-5)
        self.assertIn(b"Request has expired", http(over)[2])
        put = old.generate_presigned_url("put_object", Params={"Bucket": self.bucket, "Key": "by/url", "ContentType": "text/plain"})
        self.assertEqual(http(put, b"x" * (2 << 20), "PUT", {"Content-Type": "text/plain"})[0], 200)
        self.assertEqual(len(self.read("by/url")), 2 << 20)

    def test_virtual_hosted_addresses(self):
        self.put("path/k", b"here")
        url = self.s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "path/k"})
        port = ENDPOINT.rsplit(":", 1)[1]
        self.assertEqual(http(url)[2], b"here")
        for host in (f"{self.bucket}.s3.us-east-1.amazonaws.com", f"{self.bucket}.s3.localhost.localstack.cloud:{port}"):
            status, _, body = http(f"{ENDPOINT}/path/k", headers={"Host": host})
            self.assertEqual((status, b"AccessDenied" in body), (403, True), "unsigned, but found")
        self.assertIn(b"NoSuchBucket", http(f"{ENDPOINT}/k", headers={"Host": "no-such-bucket-0.s3.us-east-1.amazonaws.com"})[2])

    def test_sse_c(self):
        key = b"k" * 32
        self.put("c", b"secret", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
        self.assertEqual(self.read("c", SSECustomerAlgorithm="AES256", SSECustomerKey=key), b"secret")
        self.refused("InvalidRequest", self.s3.get_object, Bucket=self.bucket, Key="c", status=400)
        self.refused("AccessDenied", self.s3.get_object, Bucket=self.bucket, Key="c", SSECustomerAlgorithm="AES256", SSECustomerKey=b"x" * 32)

    def test_sse_kms(self):
        kms = self.client("kms")
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        out = self.put("k", b"secret", ServerSideEncryption="aws:kms", SSEKMSKeyId=arn)
        self.assertEqual((out["ServerSideEncryption"], out["SSEKMSKeyId"]), ("aws:kms", arn))
        self.assertEqual(self.read("k"), b"secret")
        kms.disable_key(KeyId=arn)
        self.refused("KMS.DisabledException", self.s3.get_object, Bucket=self.bucket, Key="k")
        self.refused("KMS.NotFoundException", self.put, "k", b"x", ServerSideEncryption="aws:kms",
                     SSEKMSKeyId="11111111-1111-4111-8111-111111111111")
        managed = self.put("m", b"1", ServerSideEncryption="aws:kms")["SSEKMSKeyId"]
        self.assertEqual(kms.describe_key(KeyId=managed)["KeyMetadata"]["KeyManager"], "AWS")

    def test_the_buckets_encryption_is_the_default(self):
        arn = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}, "BucketKeyEnabled": True}
        self.s3.put_bucket_encryption(Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        self.assertEqual(self.s3.get_bucket_encryption(Bucket=self.bucket)["ServerSideEncryptionConfiguration"]["Rules"], [rule])
        self.put("k", b"1")
        head = self.s3.head_object(Bucket=self.bucket, Key="k")
        self.assertEqual((head["SSEKMSKeyId"], head["BucketKeyEnabled"]), (arn, True))
        self.s3.delete_bucket_encryption(Bucket=self.bucket)
        self.put("k2", b"1")
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k2")["ServerSideEncryption"], "AES256")


class Copies(S3Test):
    def test_metadata_is_kept_or_replaced(self):
        self.put("from", b"bytes", ContentType="text/plain", Metadata={"a": "1"}, Tagging="t=1")
        source = {"Bucket": self.bucket, "Key": "from"}
        # Terraform encodes the slash after the bucket too.
        encoded = self.client("s3", config=Config(signature_version="s3v4"))

        def encode(request, **_):
            del request.headers["x-amz-copy-source"]
            request.headers["x-amz-copy-source"] = f"{self.bucket}%2Ffrom"

        encoded.meta.events.register("before-sign.s3.CopyObject", encode)
        encoded.copy_object(Bucket=self.bucket, Key="kept", CopySource=source)
        kept = self.s3.get_object(Bucket=self.bucket, Key="kept")
        self.assertEqual((kept["Body"].read(), kept["ContentType"], kept["Metadata"], kept["TagCount"]), (b"bytes", "text/plain", {"a": "1"}, 1))
        self.s3.copy_object(Bucket=self.bucket, Key="new", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"},
                            ContentType="text/html", TaggingDirective="REPLACE", Tagging="u=2")
        new = self.s3.head_object(Bucket=self.bucket, Key="new")
        self.assertEqual((new["ContentType"], new["Metadata"]), ("text/html", {"b": "2"}))
        self.refused("InvalidRequest", self.s3.copy_object, Bucket=self.bucket, Key="from", CopySource=source)
        self.s3.copy_object(Bucket=self.bucket, Key="from", CopySource=source, MetadataDirective="REPLACE", Metadata={"c": "3"})
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="from")["Metadata"], {"c": "3"})
        self.refused("NoSuchKey", self.s3.copy_object, Bucket=self.bucket, Key="x", CopySource={"Bucket": self.bucket, "Key": "none"})

    def test_conditions_on_the_source(self):
        etag = self.put("from", b"1")["ETag"]
        source = {"Bucket": self.bucket, "Key": "from"}
        self.s3.copy_object(Bucket=self.bucket, Key="to", CopySource=source, CopySourceIfMatch=etag)
        self.refused("PreconditionFailed", self.s3.copy_object, Bucket=self.bucket, Key="to", CopySource=source, CopySourceIfMatch='"0"')
        self.refused("PreconditionFailed", self.s3.copy_object, Bucket=self.bucket, Key="to", CopySource=source, CopySourceIfNoneMatch=etag)

    def test_one_version_is_copied(self):
        self.enable_versions()
        first = self.put("k", b"one")["VersionId"]
        self.put("k", b"two")
        out = self.s3.copy_object(Bucket=self.bucket, Key="c", CopySource={"Bucket": self.bucket, "Key": "k", "VersionId": first})
        self.assertEqual((out["CopySourceVersionId"], self.read("c")), (first, b"one"))


class Versions(S3Test):
    def test_every_version_stays(self):
        self.put("k", b"zero")
        self.enable_versions()
        one, two = self.put("k", b"one")["VersionId"], self.put("k", b"two")["VersionId"]
        self.assertEqual(self.read("k"), b"two")
        self.assertEqual((self.read("k", VersionId=one), self.read("k", VersionId="null")), (b"one", b"zero"))
        listed = self.s3.list_object_versions(Bucket=self.bucket)["Versions"]
        self.assertEqual([(v["VersionId"], v["IsLatest"]) for v in listed], [(two, True), (one, False), ("null", False)])
        self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=two)
        self.assertEqual(self.read("k"), b"one")
        self.refused("NoSuchVersion", self.s3.get_object, Bucket=self.bucket, Key="k", VersionId=two, status=404)
        self.refused("InvalidArgument", self.s3.get_object, Bucket=self.bucket, Key="k", VersionId="rubbish", status=400)

    def test_delete_markers(self):
        self.enable_versions()
        version = self.put("k", b"one")["VersionId"]
        marker = self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertTrue(marker["DeleteMarker"])
        error = self.refused("NoSuchKey", self.s3.get_object, Bucket=self.bucket, Key="k", status=404)
        self.assertEqual(error["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"], "true")
        self.refused("MethodNotAllowed", self.s3.get_object, Bucket=self.bucket, Key="k", VersionId=marker["VersionId"], status=405)
        self.assertEqual(self.read("k", VersionId=version), b"one")
        self.assertEqual(self.s3.list_objects_v2(Bucket=self.bucket)["KeyCount"], 0)
        self.refused("BucketNotEmpty", self.s3.delete_bucket, Bucket=self.bucket)
        gone = self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=marker["VersionId"])
        self.assertTrue(gone["DeleteMarker"])
        self.assertEqual(self.read("k"), b"one")

    def test_suspended_versions_replace_the_null_one(self):
        self.enable_versions()
        one = self.put("k", b"one")["VersionId"]
        self.enable_versions("Suspended")
        self.assertEqual(self.put("k", b"two")["VersionId"], "null")
        self.put("k", b"three")
        self.assertEqual(len(self.s3.list_object_versions(Bucket=self.bucket)["Versions"]), 2)
        marker = self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertEqual(marker["VersionId"], "null")
        listed = self.s3.list_object_versions(Bucket=self.bucket)
        self.assertEqual([v["VersionId"] for v in listed["Versions"]], [one])
        self.assertEqual([m["VersionId"] for m in listed["DeleteMarkers"]], ["null"])

    def test_versions_come_in_pages(self):
        self.enable_versions()
        for key in ("a", "b", "c/1", "c/2"):
            for body in (b"1", b"2", b"3"):
                self.put(key, body)
        pages = list(self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, PaginationConfig={"PageSize": 2}))
        found = [(v["Key"], v["VersionId"]) for page in pages for v in page.get("Versions", [])]
        self.assertEqual((len(found), len(set(found))), (12, 12))
        rolled = self.s3.list_object_versions(Bucket=self.bucket, Delimiter="/")
        self.assertEqual([p["Prefix"] for p in rolled["CommonPrefixes"]], ["c/"])
        self.assertEqual(len(rolled["Versions"]), 6)


class Listings(S3Test):
    def setUp(self):
        super().setUp()
        for key in ("a", "b/1", "b/2", "b/c/3", "d", "e/4", "é", "with space+plus"):
            self.put(key)

    def keys(self, **options):
        out = self.s3.list_objects_v2(Bucket=self.bucket, **options)
        return [o["Key"] for o in out.get("Contents", [])], [p["Prefix"] for p in out.get("CommonPrefixes", [])]

    def test_prefix_and_delimiter(self):
        self.assertEqual(self.keys()[0], ["a", "b/1", "b/2", "b/c/3", "d", "e/4", "with space+plus", "é"])
        self.assertEqual(self.keys(Delimiter="/"), (["a", "d", "with space+plus", "é"], ["b/", "e/"]))
        self.assertEqual(self.keys(Delimiter="/", Prefix="b/"), (["b/1", "b/2"], ["b/c/"]))
        self.assertEqual(self.keys(StartAfter="b/2"), (["b/c/3", "d", "e/4", "with space+plus", "é"], []))
        self.assertEqual(self.keys(Prefix="zzz"), ([], []))

    def test_pages(self):
        for options in ({}, {"Delimiter": "/"}):
            whole = self.s3.list_objects_v2(Bucket=self.bucket, **options)
            pages = list(self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, PaginationConfig={"PageSize": 1}, **options))
            self.assertEqual([o["Key"] for page in pages for o in page.get("Contents", [])], [o["Key"] for o in whole["Contents"]])
            self.assertEqual([p["Prefix"] for page in pages for p in page.get("CommonPrefixes", [])],
                             [p["Prefix"] for p in whole.get("CommonPrefixes", [])])
            old = list(self.s3.get_paginator("list_objects").paginate(Bucket=self.bucket, PaginationConfig={"PageSize": 1}, **options))
            self.assertEqual([o["Key"] for page in old for o in page.get("Contents", [])], [o["Key"] for o in whole["Contents"]])
        self.assertEqual(self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=0)["KeyCount"], 0)
        self.refused("InvalidArgument", self.s3.list_objects_v2, Bucket=self.bucket, ContinuationToken="rubbish")

    def test_what_a_listing_tells(self):
        one = self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=1, FetchOwner=True)
        self.assertEqual((one["IsTruncated"], one["KeyCount"], one["MaxKeys"], one["Name"], one["Prefix"]), (True, 1, 1, self.bucket, ""))
        entry = one["Contents"][0]
        self.assertEqual((entry["Size"], entry["StorageClass"], len(entry["Owner"]["ID"])), (1, "STANDARD", 64))
        self.assertNotIn("Owner", self.s3.list_objects_v2(Bucket=self.bucket)["Contents"][0])
        self.assertIn("Owner", self.s3.list_objects(Bucket=self.bucket)["Contents"][0])


class Multipart(S3Test):
    def begin(self, key="big", **options):
        return self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, **options)["UploadId"]

    def part(self, upload, number, body, key="big", **options):
        return self.s3.upload_part(Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number, Body=body, **options)["ETag"]

    def complete(self, upload, etags, key="big", **options):
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in etags]
        return self.s3.complete_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **options)

    def test_parts_become_an_object(self):
        first, second = b"a" * 5 * MIB, b"b" * 100
        upload = self.begin(ContentType="text/plain", Metadata={"x": "y"})
        etags = [(1, self.part(upload, 1, first)), (3, self.part(upload, 3, second))]
        listed = self.s3.list_parts(Bucket=self.bucket, Key="big", UploadId=upload)
        self.assertEqual([(p["PartNumber"], p["Size"]) for p in listed["Parts"]], [(1, 5 * MIB), (3, 100)])
        out = self.complete(upload, etags)
        digest = hashlib.md5(hashlib.md5(first).digest() + hashlib.md5(second).digest()).hexdigest()
        self.assertEqual(out["ETag"], f'"{digest}-2"')
        got = self.s3.get_object(Bucket=self.bucket, Key="big")
        self.assertEqual((got["Body"].read(), got["ContentType"], got["Metadata"]), (first + second, "text/plain", {"x": "y"}))
        two = self.s3.get_object(Bucket=self.bucket, Key="big", PartNumber=2)
        self.assertEqual((two["Body"].read(), two["PartsCount"]), (second, 2))
        self.assertEqual(self.read("big", Range=f"bytes={5 * MIB - 2}-{5 * MIB + 1}"), b"aabb")
        self.refused("NoSuchUpload", self.s3.list_parts, Bucket=self.bucket, Key="big", UploadId=upload, status=404)

    def test_what_does_not_fit_is_refused(self):
        upload = self.begin()
        small = self.part(upload, 1, b"small")
        other = self.part(upload, 2, b"other")
        self.refused("EntityTooSmall", self.complete, upload, [(1, small), (2, other)])
        self.refused("InvalidPartOrder", self.complete, upload, [(2, other), (1, small)])
        self.refused("InvalidPart", self.complete, upload, [(1, other)])
        self.refused("MalformedXML", self.s3.complete_multipart_upload, Bucket=self.bucket, Key="big", UploadId=upload)
        self.refused("InvalidArgument", self.part, upload, 10001, b"x")
        self.refused("NoSuchUpload", self.part, "nonsense", 1, b"x")
        self.put("big", b"there")
        self.refused("PreconditionFailed", self.complete, upload, [(1, small)], IfNoneMatch="*")
        self.complete(upload, [(2, other)])
        self.assertEqual(self.read("big"), b"other")

    def test_uploads_are_listed_and_aborted(self):
        one, two = self.begin("a/1"), self.begin("b")
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"]
        self.assertEqual([(u["Key"], u["UploadId"]) for u in uploads], [("a/1", one), ("b", two)])
        rolled = self.s3.list_multipart_uploads(Bucket=self.bucket, Delimiter="/")
        self.assertEqual((rolled["CommonPrefixes"], len(rolled["Uploads"])), ([{"Prefix": "a/"}], 1))
        self.s3.abort_multipart_upload(Bucket=self.bucket, Key="a/1", UploadId=one)
        self.refused("NoSuchUpload", self.s3.abort_multipart_upload, Bucket=self.bucket, Key="a/1", UploadId=one)

    def test_parts_are_copied(self):
        self.put("source", b"0123456789")
        upload = self.begin()
        out = self.s3.upload_part_copy(Bucket=self.bucket, Key="big", UploadId=upload, PartNumber=1, CopySourceRange="bytes=2-5",
                                       CopySource={"Bucket": self.bucket, "Key": "source"})
        self.complete(upload, [(1, out["CopyPartResult"]["ETag"])])
        self.assertEqual(self.read("big"), b"2345")

    def test_boto3_transfers(self):
        body = bytes(range(256)) * (12 * MIB // 256)
        config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
        self.s3.upload_fileobj(io.BytesIO(body), self.bucket, "transfer", Config=config)
        back = io.BytesIO()
        self.s3.download_fileobj(self.bucket, "transfer", back, Config=config)
        self.assertEqual(hashlib.sha256(back.getvalue()).digest(), hashlib.sha256(body).digest())

    def test_checksums_of_parts(self):
        body = b"z" * 5 * MIB
        for algorithm, kind in (("SHA256", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("CRC64NVME", "FULL_OBJECT")):
            with self.subTest(algorithm):
                if algorithm == "CRC64NVME":
                    self.s3 = self.client("s3", config=when_required("request_checksum_calculation"))
                    upload = self.begin(ChecksumAlgorithm=algorithm)
                    etags = [(1, self.part(upload, 1, body)), (2, self.part(upload, 2, b"end"))]
                else:
                    upload = self.begin(ChecksumAlgorithm=algorithm, ChecksumType=kind)
                    etags = [(1, self.part(upload, 1, body, ChecksumAlgorithm=algorithm)),
                             (2, self.part(upload, 2, b"end", ChecksumAlgorithm=algorithm))]
                out = self.complete(upload, etags)
                self.assertEqual(out["ChecksumType"], kind)
                whole = self.put("whole", body + b"end", **({} if algorithm == "CRC64NVME" else {"ChecksumAlgorithm": algorithm}))
                if algorithm == "CRC32":
                    self.assertEqual(out["ChecksumCRC32"], whole["ChecksumCRC32"])
                self.assertEqual(out["Checksum" + algorithm].endswith("-2"), kind == "COMPOSITE")


class Locks(ApiTest):
    def test_retention_and_holds_are_obeyed(self):
        s3 = self.client("s3")
        bucket = f"locked-{self.account}"
        s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
        self.assertEqual(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}})
        version = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
        self.assertEqual(s3.head_object(Bucket=bucket, Key="k")["ObjectLockMode"], "GOVERNANCE")
        self.refused("AccessDenied", s3.delete_object, Bucket=bucket, Key="k", VersionId=version)
        s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})
        self.refused("AccessDenied", s3.delete_object, Bucket=bucket, Key="k", VersionId=version, BypassGovernanceRetention=True)
        s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "OFF"})
        s3.delete_object(Bucket=bucket, Key="k", VersionId=version, BypassGovernanceRetention=True)
        self.refused("InvalidBucketState", s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


class Lifecycles(S3Test):
    def test_rules_come_back_and_are_told_beside_objects(self):
        rules = [{"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3},
                  "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
                  "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
                 {"ID": "cold", "Status": "Enabled", "Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "a", "Value": "b"}]}},
                  "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]}]
        self.s3.put_bucket_lifecycle_configuration(Bucket=self.bucket, LifecycleConfiguration={"Rules": rules})
        self.assertEqual(self.s3.get_bucket_lifecycle_configuration(Bucket=self.bucket)["Rules"], rules)
        self.assertIn('rule-id="tmp"', self.put("tmp/k")["Expiration"])
        self.assertNotIn("Expiration", self.put("k"))
        self.s3.delete_bucket_lifecycle(Bucket=self.bucket)
        self.refused("NoSuchLifecycleConfiguration", self.s3.get_bucket_lifecycle_configuration, Bucket=self.bucket)

    def test_broken_rules_are_refused(self):
        for code, rule in (("InvalidRequest", {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}}),
                           ("MalformedXML", {"ID": "a", "Status": "Enabled", "Expiration": {"Days": 1}}),
                           ("InvalidArgument", {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 0}}),
                           ("InvalidArgument", {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""},
                                                "Transitions": [{"Days": 1, "StorageClass": "STANDARD_IA"}]})):
            self.refused(code, self.s3.put_bucket_lifecycle_configuration, Bucket=self.bucket, LifecycleConfiguration={"Rules": [rule]})

    def test_archived_objects_must_be_restored(self):
        self.put("cold", StorageClass="GLACIER")
        self.refused("InvalidObjectState", self.s3.get_object, Bucket=self.bucket, Key="cold", status=403)
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="cold")["StorageClass"], "GLACIER")
        out = self.s3.restore_object(Bucket=self.bucket, Key="cold", RestoreRequest={"Days": 1})
        self.assertEqual(out["ResponseMetadata"]["HTTPStatusCode"], 202)
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="cold")["Restore"], 'ongoing-request="true"')
        self.refused("RestoreAlreadyInProgress", self.s3.restore_object, Bucket=self.bucket, Key="cold", RestoreRequest={"Days": 1})
        self.put("warm")
        self.refused("InvalidObjectState", self.s3.restore_object, Bucket=self.bucket, Key="warm", RestoreRequest={"Days": 1})
