"""Drives the front door of front_door_test.cpp with boto3; exits with a failure that says what differs."""
import hashlib
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = f"http://127.0.0.1:{sys.argv[1]}"


def client(service, key="AKIDTEST", secret="secret", **config):
    return boto3.client(service, endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id=key, aws_secret_access_key=secret,
                        config=Config(retries={"max_attempts": 1}, **config))


def refused(call, code):
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["RequestId"], error.response
    else:
        raise AssertionError(f"expected {code}")


ecs = client("ecs")
assert ecs.create_cluster(clusterName="boto")["cluster"]["clusterName"] == "boto"
assert ecs.list_clusters()["clusterArns"] == ["boto"]
refused(lambda: ecs.describe_tasks(cluster="x", tasks=["y"]), "NotImplemented")
refused(lambda: client("ecs", secret="wrong").list_clusters(), "InvalidSignatureException")
refused(lambda: client("lambda").list_functions(), "NotImplemented")

payload = bytes(range(256)) * 12_000  # more than stays in memory
for options in ({}, {"request_checksum_calculation": "when_required"}, {"s3": {"payload_signing_enabled": True}}):
    s3 = client("s3", **{"s3": {"addressing_style": "path"}, **options})
    for body in (payload, b"small", b""):
        s3.put_object(Bucket="bucket", Key="a key/with ümlaut+plus", Body=body)
        assert s3.get_object(Bucket="bucket", Key="a key/with ümlaut+plus")["Body"].read() == body
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        s3.put_object(Bucket="bucket", Key="k", Body=payload, ChecksumAlgorithm=algorithm)
    refused(lambda: s3.put_object(Bucket="bucket", Key="k", Body=b"x", ChecksumSHA256="AAAA"), "InvalidRequest")
    refused(lambda: s3.put_object(Bucket="bucket", Key="k", Body=b"x", ChecksumSHA256="A" * 43 + "="), "BadDigest")
    refused(lambda: s3.upload_part(Bucket="bucket", Key="k", Body=b"x", PartNumber=1, UploadId="u"), "NotImplemented")
    assert s3.get_object(Bucket="bucket", Key="k", Range="bytes=10-19")["Body"].read() == payload[10:20]

s3 = client("s3", signature_version="s3v4", s3={"addressing_style": "path"})
url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "k"}, ExpiresIn=60)
assert hashlib.sha256(urllib.request.urlopen(url).read()).digest() == hashlib.sha256(payload).digest()
put = s3.generate_presigned_url("put_object", Params={"Bucket": "bucket", "Key": "k"}, ExpiresIn=60)
urllib.request.urlopen(urllib.request.Request(put, data=b"by url", method="PUT"))
assert urllib.request.urlopen(url).read() == b"by url"
try:
    urllib.request.urlopen(url.replace("/bucket/k", "/bucket/other"))
except urllib.error.HTTPError as error:
    assert error.code == 403 and b"SignatureDoesNotMatch" in error.read()
else:
    raise AssertionError("a URL for another object was taken")
