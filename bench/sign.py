"""Writes a wrk script that sends one signed DescribeVpcs again and again. Usage: sign.py URL"""
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

body = "Action=DescribeVpcs&Version=2016-11-15"
request = AWSRequest("POST", sys.argv[1] + "/", data=body, headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
SigV4Auth(Credentials("test", "test"), "ec2", "us-east-1").add_auth(request)
print('wrk.method = "POST"')
print(f'wrk.body = "{body}"')
for name, value in request.headers.items():
    print(f"wrk.headers[{name!r}] = {value!r}")
