"""What the API tests share: boto3 clients of the daemon under test, refusals, waiting.

`run.py` starts the daemon and sets STRATUS_TEST_ENDPOINT; each test class works in an account of its own, so that tests need not clean up
after each other.
"""
import itertools
import os
import time
import unittest
import urllib.error
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("STRATUS_TEST_ENDPOINT", "http://127.0.0.1:4566")
REGION = "us-east-1"
DAEMON = None  # the daemon under test, for tests that kill it and start it again; set by run.py
_accounts = itertools.count(100000000001 + (os.getpid() % 10000) * 1000)


def when_required(*options):
    """Checksums only where an operation demands them: what older clients do anyhow, without an option for it."""
    try:
        return Config(**{option: "when_required" for option in options})
    except TypeError:
        return Config()


def client(service, account="000000000000", region=REGION, **options):
    config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}).merge(options.pop("config", Config()))
    return boto3.client(service, endpoint_url=ENDPOINT, region_name=region, aws_access_key_id=options.pop("key", account),
                        aws_secret_access_key=options.pop("secret", "test"), config=config, **options)


class ApiTest(unittest.TestCase):
    """One account a class; `self.client("sns")` speaks to it."""
    account = ""

    @classmethod
    def setUpClass(cls):
        cls.account = str(next(_accounts))

    def client(self, service, region=REGION, **options):
        return client(service, options.pop("account", self.account), region, **options)

    def signed(self, service, method, path):
        """(status, body) of a request for which the client may have no operation."""
        request = AWSRequest(method=method, url=ENDPOINT + path)
        SigV4Auth(Credentials(self.account, "test"), service, REGION).add_auth(request)
        try:
            with urllib.request.urlopen(urllib.request.Request(request.url, method=method, headers=dict(request.headers)), timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def refused(self, code, call, *args, status=None, message=None, **kwargs):
        """The call must be refused with this code; the error is returned."""
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        response = caught.exception.response
        self.assertEqual(response["Error"]["Code"], code, response["Error"].get("Message"))
        if status is not None:
            self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status)
        if message is not None:
            self.assertIn(message, response["Error"]["Message"])
        return response

    def eventually(self, condition, seconds=10, what="the condition"):
        """Waits until `condition()` is truthy and returns its value."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                self.fail(f"{what} did not come true within {seconds} s; last: {value!r}")
            time.sleep(0.05)
