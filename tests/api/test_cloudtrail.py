"""CloudTrail: who did what, and what trails carry of it."""
import datetime
import gzip
import json

from harness import ApiTest


class Lookup(ApiTest):
    def setUp(self):
        self.trail, self.ec2 = self.client("cloudtrail"), self.client("ec2")

    def look(self, key, value, **more):
        return self.trail.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **more)["Events"]

    def test_a_call_is_recorded_with_its_parameters_and_its_result(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        event = self.look("ResourceName", vpc)[0]
        record = json.loads(event["CloudTrailEvent"])
        self.assertEqual((event["EventName"], event["EventSource"], event["Username"], event["ReadOnly"]), ("CreateVpc", "ec2.amazonaws.com", "root", "false"))
        self.assertIn({"ResourceType": "AWS::EC2::VPC", "ResourceName": vpc}, event["Resources"])
        self.assertEqual(record["userIdentity"]["type"], "Root")
        self.assertEqual(record["userIdentity"]["accountId"], self.account)
        self.assertEqual(record["requestParameters"]["cidrBlock"], "10.9.0.0/16")
        self.assertEqual(record["responseElements"]["vpc"]["vpcId"], vpc)
        self.assertEqual((record["eventVersion"], record["awsRegion"], record["sourceIPAddress"], record["eventType"], record["eventCategory"],
                          record["managementEvent"], record["readOnly"], record["recipientAccountId"]),
                         ("1.11", "us-east-1", "127.0.0.1", "AwsApiCall", "Management", True, False, self.account))
        self.assertEqual(record["eventID"], event["EventId"])
        self.assertEqual(self.look("EventId", event["EventId"])[0]["EventName"], "CreateVpc")
        self.ec2.delete_vpc(VpcId=vpc)

    def test_reading_and_failing_calls_are_recorded_too(self):
        self.ec2.describe_subnets()
        record = json.loads(self.look("EventName", "DescribeSubnets")[0]["CloudTrailEvent"])
        self.assertTrue(record["readOnly"])
        self.assertIsNone(record["responseElements"])
        self.refused("InvalidVpcID.NotFound", self.ec2.delete_vpc, VpcId="vpc-00000000000000000")
        record = json.loads(self.look("EventName", "DeleteVpc")[0]["CloudTrailEvent"])
        self.assertEqual(record["errorCode"], "Client.InvalidVpcID.NotFound")
        self.assertIn("vpc-00000000000000000", record["errorMessage"])

    def test_secrets_are_not_written_down(self):
        self.client("secretsmanager").create_secret(Name="s", SecretString="very-private")
        key = self.client("iam").create_access_key(UserName=self.client("iam").create_user(UserName="u")["User"]["UserName"])["AccessKey"]
        created = self.look("EventName", "CreateSecret")[0]["CloudTrailEvent"]
        self.assertIn('"name":"s"', created)
        self.assertNotIn("very-private", created)
        made = self.look("EventName", "CreateAccessKey")[0]["CloudTrailEvent"]
        self.assertIn(key["AccessKeyId"], made)
        self.assertNotIn(key["SecretAccessKey"], made)

    def test_sessions_name_their_role(self):
        iam = self.client("iam")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="auditor", PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}]}))
        session = self.client("sts").assume_role(RoleArn=role, RoleSessionName="night")["Credentials"]
        as_role = self.client("ec2", key=session["AccessKeyId"], secret=session["SecretAccessKey"], aws_session_token=session["SessionToken"])
        as_role.describe_vpcs()
        self.refused("UnauthorizedOperation", as_role.describe_subnets)
        events = self.look("Username", "night")
        self.assertEqual([event["EventName"] for event in events], ["DescribeSubnets", "DescribeVpcs"])
        denied, allowed = (json.loads(event["CloudTrailEvent"]) for event in events)
        self.assertEqual(denied["errorCode"], "Client.UnauthorizedOperation")
        self.assertEqual(allowed["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"], role)
        self.assertEqual(self.look("AccessKeyId", session["AccessKeyId"])[0]["EventName"], "DescribeSubnets")

    def test_pages_times_and_refusals(self):
        client = self.client("ec2", region="eu-west-1")
        trail = self.client("cloudtrail", region="eu-west-1")
        for _ in range(7):
            client.describe_vpcs()
        attribute = [{"AttributeKey": "EventName", "AttributeValue": "DescribeVpcs"}]
        first = trail.lookup_events(LookupAttributes=attribute, MaxResults=5)
        second = trail.lookup_events(LookupAttributes=attribute, MaxResults=5, NextToken=first["NextToken"])
        self.assertEqual((len(first["Events"]), len(second["Events"])), (5, 2))
        self.assertNotIn("NextToken", second)
        self.assertEqual(len({event["EventId"] for event in first["Events"] + second["Events"]}), 7)
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        self.assertEqual(trail.lookup_events(StartTime=tomorrow)["Events"], [])
        self.refused("InvalidTimeRangeException", trail.lookup_events, StartTime=tomorrow, EndTime=tomorrow - datetime.timedelta(hours=1))
        self.refused("InvalidLookupAttributesException", trail.lookup_events, LookupAttributes=attribute * 2)
        self.refused("InvalidNextTokenException", trail.lookup_events, NextToken="x")

    def test_eventbridge_hears_calls(self):
        events, logs = self.client("events"), self.client("logs")
        logs.create_log_group(logGroupName="calls")
        events.put_rule(Name="calls", EventPattern=json.dumps({"source": ["aws.ec2"], "detail-type": ["AWS API Call via CloudTrail"],
                                                              "detail": {"eventName": ["CreateVpc"]}}))
        events.put_targets(Rule="calls", Targets=[{"Id": "1", "Arn": f"arn:aws:logs:us-east-1:{self.account}:log-group:calls"}])
        vpc = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        heard = self.eventually(lambda: logs.filter_log_events(logGroupName="calls")["events"])
        self.assertEqual(json.loads(heard[0]["message"])["detail"]["responseElements"]["vpc"]["vpcId"], vpc)
        self.ec2.delete_vpc(VpcId=vpc)


class Refusals(ApiTest):
    def setUp(self):
        self.trail = self.client("cloudtrail")

    def test_names_and_buckets(self):
        create = self.trail.create_trail
        for name, message in (("a", "too short"), ("a" * 129, "too long"), ("-ab", "starts with"), ("ab-", "ends with"), ("a b", "can only contain")):
            self.refused("InvalidTrailNameException", create, Name=name, S3BucketName="x", message=message)
        self.refused("S3BucketDoesNotExistException", create, Name="trail", S3BucketName="there-is-no-such-bucket",
                     message="S3 bucket there-is-no-such-bucket does not exist!")
        self.refused("TrailNotFoundException", self.trail.get_trail, Name="none", message=f"Unknown trail: arn:aws:cloudtrail:us-east-1:{self.account}:trail/none for the user: {self.account}")
        self.assertEqual(self.trail.describe_trails(trailNameList=["none"])["trailList"], [])
        self.refused("NotImplemented", self.trail.create_event_data_store, Name="store", status=501)


class Trails(ApiTest):
    def setUp(self):
        self.trail, self.s3 = self.client("cloudtrail"), self.client("s3")
        self.bucket = f"trails-{self.account}-{self._testMethodName.replace('_', '-')[-24:].strip('-')}"
        self.s3.create_bucket(Bucket=self.bucket)

    def open_bucket(self):
        principal = {"Service": "cloudtrail.amazonaws.com"}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{self.bucket}"},
            {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{self.bucket}/AWSLogs/{self.account}/*",
             "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}]}))

    def test_a_bucket_must_let_the_trail_in(self):
        self.refused("InsufficientS3BucketPolicyException", self.trail.create_trail, Name="shut", S3BucketName=self.bucket)
        self.open_bucket()
        made = self.trail.create_trail(Name="shut", S3BucketName=self.bucket)
        self.assertEqual((made["IsMultiRegionTrail"], made["IncludeGlobalServiceEvents"], made["LogFileValidationEnabled"]), (False, True, False))
        self.refused("TrailAlreadyExistsException", self.trail.create_trail, Name="shut", S3BucketName=self.bucket)
        self.trail.delete_trail(Name="shut")

    def test_files_lie_where_aws_puts_them(self):
        self.open_bucket()
        arn = self.trail.create_trail(Name="real", S3BucketName=self.bucket, IsMultiRegionTrail=True, EnableLogFileValidation=True,
                                      TagsList=[{"Key": "k", "Value": "v"}])["TrailARN"]
        self.assertFalse(self.trail.get_trail_status(Name="real")["IsLogging"])
        self.assertEqual(self.trail.list_tags(ResourceIdList=[arn])["ResourceTagList"], [{"ResourceId": arn, "TagsList": [{"Key": "k", "Value": "v"}]}])
        self.trail.start_logging(Name="real")
        self.client("ec2").describe_vpcs()
        self.trail.stop_logging(Name=arn)
        keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]]
        self.assertEqual(len(keys), 1)
        day = datetime.datetime.now(datetime.timezone.utc).strftime("%Y/%m/%d")
        self.assertRegex(keys[0], rf"^AWSLogs/{self.account}/CloudTrail/us-east-1/{day}/{self.account}_CloudTrail_us-east-1_\d{{8}}T\d{{4}}Z_\w{{16}}\.json\.gz$")
        records = json.loads(gzip.decompress(self.s3.get_object(Bucket=self.bucket, Key=keys[0])["Body"].read()))["Records"]
        self.assertIn("DescribeVpcs", [record["eventName"] for record in records])
        status = self.trail.get_trail_status(Name="real")
        self.assertFalse(status["IsLogging"])
        self.assertNotIn("LatestDeliveryError", status)
        self.assertTrue(self.trail.describe_trails(trailNameList=["real"])["trailList"][0]["IsMultiRegionTrail"])
        self.assertEqual(self.trail.get_event_selectors(TrailName="real")["EventSelectors"][0]["ReadWriteType"], "All")
