"""Where backups lie: a directory of this machine, or a bucket in another region. Both list names, oldest first; a name begins with its time."""
import os
import pathlib
import shutil

KEEP = 10  # backups in a directory
KEEP_DAYS = 90  # in a bucket


class Unusable(Exception):
    """One line that says what stands in the way."""


class Directory:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    def __str__(self):
        return str(self.path)

    def names(self):
        return sorted(entry.name for entry in self.path.glob("*.tar")) if self.path.is_dir() else []

    def put(self, file, name):
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self.path / f".{name}.new"
        shutil.copyfile(file, beside)
        beside.chmod(0o600)
        with open(beside, "rb") as written:
            os.fsync(written.fileno())
        beside.rename(self.path / name)
        for old in self.names()[:-KEEP]:
            (self.path / old).unlink()

    def get(self, name, file):
        try:
            shutil.copyfile(self.path / name, file)
        except OSError as error:
            raise Unusable(f"{self.path / name} cannot be read: {error.strerror}") from error


class Bucket:
    """Versioned, encrypted, shut to the public; made by the first backup, in a region of its own. Objects go after ninety days."""

    def __init__(self, name, region, client):
        self.name, self.region = name, region
        self.s3 = client("s3", region_name=region)

    def __str__(self):
        return f"s3://{self.name}"

    def _there(self):
        from botocore.exceptions import ClientError
        try:
            self.s3.head_bucket(Bucket=self.name)
            return True
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
                return False
            raise Unusable(f"{self} cannot be used: {error}") from error

    def names(self):
        if not self._there():
            return []
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(".tar"))

    def _make(self):
        where = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.s3.create_bucket(Bucket=self.name, **where)
        self.s3.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True))
        self.s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_bucket_encryption(Bucket=self.name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
        rule = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": KEEP_DAYS}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}
        self.s3.put_bucket_lifecycle_configuration(Bucket=self.name, LifecycleConfiguration={"Rules": [rule]})

    def put(self, file, name):
        if not self._there():
            self._make()
        self.s3.upload_file(str(file), self.name, name)

    def get(self, name, file):
        from botocore.exceptions import ClientError
        try:
            self.s3.download_file(self.name, name, str(file))
        except ClientError as error:
            raise Unusable(f"{self}/{name} cannot be read: {error}") from error


def open_store(address, region):
    """A directory's path, or s3://bucket, which lies in `region`."""
    if address.startswith("s3://"):
        import boto3
        return Bucket(address[5:].strip("/"), region, boto3.client)
    return Directory(address)
