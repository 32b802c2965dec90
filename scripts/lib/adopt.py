#!/usr/bin/env python3
"""What an interrupted apply made but could not write into the state: reads Terraform's output on standard input and prints, for each resource that
"already exists", its address and the id to import it by, tab-separated.

A name that is ours alone ("counselor-<env>-…") belongs to the environment, so taking it into the state is what its first maker was about to do.
"""
import re
import sys

EXISTS = re.compile(r"AlreadyExist|EntityAlreadyExists|ResourceExistsException|already exists|not idempotent|Duplicate|\.Conflict|AlreadyAssociated|AlreadyOwnedByYou")
BLOCK = re.compile(r"Error: (?P<error>.*?)\n\s*\n?\s*with (?P<address>[^,\n]+),", re.S)


def errors(output):
    """(address, type, name in parentheses, message) of each error that says that something exists."""
    output = re.sub(r"\x1b\[[0-9;]*m", "", output)
    output = re.sub(r"^[│╷╵] ?", "", output, flags=re.M)
    for piece in output.split("Error: ")[1:]:
        block = BLOCK.match("Error: " + piece)
        if not block or not EXISTS.search(block["error"]):
            continue
        address = block["address"].strip()
        message = " ".join(block["error"].split())
        name = re.search(r"\(([^()\s]+)\)", message)
        kind = re.sub(r"\[.*?\]", "", address).split(".")[-2]
        yield address, kind, name[1] if name else "", message


class Lookup:
    """Ids that must be asked for; `client(service)` is boto3's."""

    def __init__(self, client):
        self.client = client

    def account(self):
        return self.client("sts").get_caller_identity()["Account"]

    def find(self, kind, name, message):
        if kind in ("aws_iam_role", "aws_iam_user", "aws_cloudwatch_log_group", "aws_ecr_repository", "aws_kms_alias", "aws_s3_bucket", "aws_ecs_cluster"):
            return name
        if kind == "aws_ecs_service":
            return f"{name.rsplit('-', 1)[0]}-cluster/{name}"
        if kind == "aws_lb":
            return self.client("elbv2").describe_load_balancers(Names=[name])["LoadBalancers"][0]["LoadBalancerArn"]
        if kind == "aws_lb_target_group":
            return self.client("elbv2").describe_target_groups(Names=[name])["TargetGroups"][0]["TargetGroupArn"]
        if kind == "aws_secretsmanager_secret":
            return self.client("secretsmanager").describe_secret(SecretId=name)["ARN"]
        if kind == "aws_iam_policy":
            return f"arn:aws:iam::{self.account()}:policy/{name}"
        if kind == "aws_iam_openid_connect_provider":
            return f"arn:aws:iam::{self.account()}:oidc-provider/token.actions.githubusercontent.com"
        if kind == "aws_cloudtrail":
            return self.client("cloudtrail").get_trail(Name=name)["Trail"]["TrailARN"]
        if kind == "aws_security_group":
            vpc = re.search(r"vpc-[0-9a-f]+", message)
            filters = [{"Name": "group-name", "Values": [name]}] + ([{"Name": "vpc-id", "Values": [vpc[0]]}] if vpc else [])
            return self.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
        return None


def main():
    import boto3
    lookup, found = Lookup(boto3.client), set()
    for address, kind, name, message in errors(sys.stdin.read()):
        if address in found:
            continue
        found.add(address)
        try:
            identity = lookup.find(kind, name, message)
        except Exception as error:  # whatever the API says: Terraform's own error stands
            print(f"adopt: {address}: {error}", file=sys.stderr)
            continue
        if identity:
            print(f"{address}\t{identity}")


if __name__ == "__main__":
    main()
