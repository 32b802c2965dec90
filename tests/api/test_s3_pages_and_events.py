"""S3: buckets as websites, event notifications, the terms of access, forms of the older signature, long writes."""
import base64
import json
import os
import pathlib
import threading
import uuid

from harness import ENDPOINT, ApiTest
from test_s3 import MIB, http
from test_sns import Subscriber

HOST = ENDPOINT.removeprefix("http://")


class Pages(ApiTest):
    def setUp(self):
        self.s3 = self.client("s3")
        self.bucket = f"pages-{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=self.bucket)

    def page(self, path, method="GET", host=None):
        import http.client
        connection = http.client.HTTPConnection(HOST, timeout=30)
        connection.request(method, path, headers={"Host": host or f"{self.bucket}.s3-website-us-east-1.amazonaws.com"})
        reply = connection.getresponse()
        body = reply.read().decode()
        connection.close()
        return reply.status, reply.headers, body

    def test_a_bucket_is_a_website(self):
        s3, bucket = self.s3, self.bucket
        self.assertEqual(self.page("/")[0], 404)
        self.assertIn("NoSuchWebsiteConfiguration", self.page("/")[2])
        for wish, code in (({}, "InvalidArgument"), ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"),
                           ({"IndexDocument": {"Suffix": "i"}, "RedirectAllRequestsTo": {"HostName": "x"}}, "InvalidArgument"),
                           ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [
                               {"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]}, "InvalidRequest")):
            self.refused(code, s3.put_bucket_website, Bucket=bucket, WebsiteConfiguration=wish)
        site = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"},
                "RoutingRules": [{"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}},
                                 {"Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "old/"},
                                  "Redirect": {"HostName": "example.com", "Protocol": "https", "HttpRedirectCode": "302", "ReplaceKeyWith": "new"}}]}
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=site)
        self.assertEqual({k: v for k, v in s3.get_bucket_website(Bucket=bucket).items() if k != "ResponseMetadata"}, site)
        for key, text in (("index.html", "<p>hello</p>"), ("sub/index.html", "sub"), ("error.html", "sorry"), ("moved", "")):
            more = {"WebsiteRedirectLocation": "/elsewhere"} if key == "moved" else {}
            s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="text/html", **more)
        # The owner's own page is nobody's before a policy opens it.
        self.assertEqual(self.page("/")[0], 403)
        s3.delete_public_access_block(Bucket=bucket)
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"],
             "Resource": [f"arn:aws:s3:::{bucket}/*", f"arn:aws:s3:::{bucket}"]}]}))
        status, headers, body = self.page("/")
        self.assertEqual((status, headers["Content-Type"], body), (200, "text/html", "<p>hello</p>"))
        status, headers, body = self.page("/index.html", "HEAD", f"{bucket}.s3-website.localhost")
        self.assertEqual((status, headers["Content-Length"], body), (200, "12", ""))
        self.assertEqual(self.page("/sub/")[2], "sub")
        for path, wanted in (("/sub", (302, "/sub/")), ("/moved", (301, "/elsewhere")), ("/old/x", (302, "https://example.com/new")),
                             ("/docs/a b", (301, f"http://{bucket}.s3-website-us-east-1.amazonaws.com/documents/a%20b"))):
            status, headers, _ = self.page(path.replace(" ", "%20"))
            self.assertEqual((status, headers["Location"]), wanted, path)
        self.assertEqual(self.page("/none")[::2], (404, "sorry"))
        self.assertEqual(self.page("/", "DELETE")[0], 405)
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}})
        status, headers, _ = self.page("/a/b")
        self.assertEqual((status, headers["Location"]), (301, "https://example.com/a/b"))
        s3.delete_bucket_website(Bucket=bucket)
        self.refused("NoSuchWebsiteConfiguration", s3.get_bucket_website, Bucket=bucket, status=404)

    def test_terms_of_access(self):
        s3, bucket = self.s3, self.bucket
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "999999999992"}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]}))
        other = self.client("s3", account="999999999992")
        other.get_object(Bucket=bucket, Key="k")
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
        self.assertEqual(s3.get_bucket_request_payment(Bucket=bucket)["Payer"], "Requester")
        self.refused("AccessDenied", other.get_object, Bucket=bucket, Key="k", status=403)
        self.assertEqual(other.get_object(Bucket=bucket, Key="k", RequestPayer="requester")["RequestCharged"], "requester")
        s3.get_object(Bucket=bucket, Key="k")  # the owner pays anyhow
        fast = f"{bucket}.s3-accelerate.amazonaws.com"
        self.assertIn("not configured", self.page("/k", host=fast)[2])
        s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"})
        self.assertEqual(s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"], "Enabled")
        self.assertIn("AccessDenied", self.page("/k", host=fast)[2])
        for name in ("analytics", "intelligent_tiering", "inventory", "metrics"):
            self.refused("NoSuchConfiguration", getattr(s3, f"get_bucket_{name}_configuration"), Bucket=bucket, Id="a", status=404)

    def test_forms_of_the_older_signature(self):
        fields = self.s3.generate_presigned_post(
            self.bucket, "form/${filename}", Fields={"tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>"},
            Conditions=[["starts-with", "$tagging", ""], ["content-length-range", 1, 5]])["fields"]
        self.assertIn("AWSAccessKeyId", fields)

        def post(fields, data):
            parts = "".join(f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
            parts += f'--XX\r\nContent-Disposition: form-data; name="file"; filename="n"\r\n\r\n{data}\r\n--XX--\r\n'
            return http(f"{ENDPOINT}/{self.bucket}", parts.encode(), "POST", {"Content-Type": "multipart/form-data; boundary=XX"})

        self.assertEqual(post(fields, "12345")[0], 204)
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="form/n")["TagSet"], [{"Key": "a", "Value": "b c"}])
        self.assertIn(b"EntityTooLarge", post(fields, "123456")[2])
        self.assertIn(b"SignatureDoesNotMatch", post({**fields, "signature": "AAAA"}, "1")[2])
        self.assertIn(b"InvalidAccessKeyId", post({**fields, "AWSAccessKeyId": "AKIAIOSFODNN7EXAMPLE"}, "1")[2])

    def test_others_are_answered_while_a_large_object_is_written(self):
        size = 128 * MIB
        folder = pathlib.Path(os.environ["STRATUS_TEST_STATE"]) / "s3/objects"
        done, failed = threading.Event(), []

        def work():
            try:
                body = os.urandom(MIB) * (size // MIB)
                first = self.s3.put_object(Bucket=self.bucket, Key="large", Body=body)["ETag"]
                second = self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource=f"{self.bucket}/large")["CopyObjectResult"]["ETag"]
                if first != second:
                    failed.append(f"the copy has another ETag: {first}, {second}")
            except Exception as error:  # told by the test's own thread
                failed.append(repr(error))
            done.set()

        def partial():
            found = set()
            for path in folder.glob("*/*"):
                try:
                    if 0 < path.stat().st_size < size:
                        found.add(path.name)
                except FileNotFoundError:
                    pass
            return found

        other = self.client("sts")
        before, answered = partial(), 0
        thread = threading.Thread(target=work)
        thread.start()
        while not done.wait(0.002):
            asked = partial() - before
            if asked:
                other.get_caller_identity()
                answered += bool(asked & partial())
        thread.join()
        self.assertEqual(failed, [])
        self.assertGreater(answered, 0, "no call was both asked and answered while a large object was being written")
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="copy")["ContentLength"], size)
        self.refused("BadDigest", self.s3.put_object, Bucket=self.bucket, Key="bad", Body=b"x" * 3 * MIB,
                     ContentMD5=base64.b64encode(b"0" * 16).decode(), status=400)
        self.refused("404", self.s3.head_object, Bucket=self.bucket, Key="bad")
        self.assertFalse({path.name for path in folder.glob("*/*") if path.stat().st_size > 2 * MIB} - {
            path.name for path in folder.glob("*/*") if path.stat().st_size > size} - before, "a refused object's bytes stay")


class Events(ApiTest):
    def setUp(self):
        self.s3, self.sns = self.client("s3"), self.client("sns")
        self.bucket = f"events-{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.topic = self.sns.create_topic(Name="happened")["TopicArn"]

    def test_a_topic_hears_what_happens(self):
        s3, bucket = self.s3, self.bucket
        wish = {"TopicConfigurations": [
            {"Id": "made", "TopicArn": self.topic, "Events": ["s3:ObjectCreated:*"],
             "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".txt"}]}}},
            {"TopicArn": self.topic, "Events": ["s3:ObjectRemoved:*", "s3:ObjectTagging:Put"]}]}
        put = s3.put_bucket_notification_configuration
        # Without the topic's leave nothing is told.
        self.refused("InvalidArgument", put, Bucket=bucket, NotificationConfiguration=wish,
                     message="Unable to validate the following destination configurations")
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="Policy", AttributeValue=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "SNS:Publish",
                                                     "Resource": self.topic, "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
                                                                                           "StringEquals": {"aws:SourceAccount": self.account}}}]}))
        subscriber = Subscriber()
        self.addCleanup(subscriber.close)
        self.sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=subscriber.url)
        token = self.eventually(lambda: subscriber.of_type("SubscriptionConfirmation"), 30, "the confirmation's arrival")[0][1]["Token"]
        self.sns.confirm_subscription(TopicArn=self.topic, Token=token)
        for broken, code in (({"TopicArn": "arn:aws:sqs:us-east-1:1:x", "Events": ["s3:ObjectCreated:*"]}, "InvalidArgument"),
                             ({"TopicArn": self.topic, "Events": ["s3:ObjectCreated:Put"]}, "InvalidArgument"),
                             ({"TopicArn": self.topic, "Events": ["s3:ObjectRestore:Completed"]}, "NotImplemented")):
            more = {"TopicConfigurations": wish["TopicConfigurations"] + [{**broken, "Filter": {"Key": {"FilterRules": [
                {"Name": "prefix", "Value": "in/deep/"}]}}}]}
            self.refused(code, put, Bucket=bucket, NotificationConfiguration=more)
        self.refused("NotImplemented", put, Bucket=bucket, status=501, NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": f"arn:aws:sqs:us-east-1:{self.account}:q", "Events": ["s3:ObjectCreated:*"]}]})
        put(Bucket=bucket, NotificationConfiguration=wish)
        kept = s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"]
        self.assertEqual(kept[0], wish["TopicConfigurations"][0])
        self.assertTrue(kept[1]["Id"])
        s3.put_object(Bucket=bucket, Key="in/a b.txt", Body=b"hello", Tagging="x=y")
        s3.put_object(Bucket=bucket, Key="out/a.txt", Body=b"nobody hears")
        s3.copy_object(Bucket=bucket, Key="in/c.txt", CopySource=f"{bucket}/out/a.txt")
        s3.put_object_tagging(Bucket=bucket, Key="in/c.txt", Tagging={"TagSet": []})
        s3.delete_object(Bucket=bucket, Key="in/c.txt")

        def messages():
            return [json.loads(body["Message"]) for _, body in subscriber.of_type("Notification")]

        told = self.eventually(lambda: len(found := messages()) >= 6 and found, 30, "the arrival of two tests and four events")
        self.assertEqual([one["Event"] for one in told if "Event" in one], ["s3:TestEvent"] * 2)
        records = {one["Records"][0]["eventName"]: one["Records"][0] for one in told if "Records" in one}
        self.assertEqual(sorted(records), ["ObjectCreated:Copy", "ObjectCreated:Put", "ObjectRemoved:Delete", "ObjectTagging:Put"])
        made = records["ObjectCreated:Put"]["s3"]
        self.assertEqual((made["configurationId"], made["bucket"]["arn"], made["object"]["key"], made["object"]["size"], made["object"]["eTag"]),
                         ("made", f"arn:aws:s3:::{bucket}", "in/a+b.txt", 5, "5d41402abc4b2a76b9719d911017c592"))
        self.assertNotIn("size", records["ObjectRemoved:Delete"]["s3"]["object"])
        put(Bucket=bucket, NotificationConfiguration={})
        self.assertNotIn("TopicConfigurations", s3.get_bucket_notification_configuration(Bucket=bucket))

    def test_an_event_bus_hears_what_happens(self):
        s3, bucket = self.s3, self.bucket
        events, logs = self.client("events"), self.client("logs")
        logs.create_log_group(logGroupName="/aws/events/s3")
        events.put_rule(Name="s3", EventPattern=json.dumps({"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}))
        events.put_targets(Rule="s3", Targets=[{"Id": "l", "Arn": f"arn:aws:logs:us-east-1:{self.account}:log-group:/aws/events/s3"}])
        s3.put_object(Bucket=bucket, Key="before", Body=b"nobody hears")
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
        self.assertIn("EventBridgeConfiguration", s3.get_bucket_notification_configuration(Bucket=bucket))
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        version = s3.put_object(Bucket=bucket, Key="a b", Body=b"hello")["VersionId"]
        s3.delete_object(Bucket=bucket, Key="a b")
        told = self.eventually(lambda: len(found := [json.loads(line["message"]) for line in logs.filter_log_events(
            logGroupName="/aws/events/s3")["events"]]) >= 2 and found, 30, "the arrival of two events")
        made, gone = (next(one for one in told if one["detail-type"] == kind) for kind in ("Object Created", "Object Deleted"))
        self.assertEqual((made["detail"]["object"]["key"], made["detail"]["object"]["version-id"], made["detail"]["reason"], made["resources"]),
                         ("a b", version, "PutObject", [f"arn:aws:s3:::{bucket}"]))
        self.assertEqual(gone["detail"]["deletion-type"], "Delete Marker Created")
        self.assertEqual(len(told), 2)
