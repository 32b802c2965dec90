"""SNS against a real HTTP subscriber on loopback, real mail in the Maildir, and the signature that subscribers check."""
import base64
import email
import http.server
import json
import pathlib
import tempfile
import threading
import urllib.error
import urllib.request

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from harness import ENDPOINT, ApiTest


class Subscriber:
    """An HTTP endpoint that keeps what it gets; `answers` are the statuses of the next replies."""

    def __init__(self):
        outer = self
        self.posts, self.answers = [], []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.posts.append((dict(self.headers.items()), body))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of_type(self, kind):
        return [(headers, json.loads(body)) for headers, body in list(self.posts)
                if headers.get("x-amz-sns-message-type") == kind and not headers.get("x-amz-sns-rawdelivery")]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def verify(body):
    """As AWS's guide says: the fields in order, the certificate's key."""
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if body["Type"] != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{body[name]}\n" for name in names if name in body)
    pem = urllib.request.urlopen(body["SigningCertURL"], timeout=5).read()
    digest = hashes.SHA256() if body["SignatureVersion"] == "2" else hashes.SHA1()
    x509.load_pem_x509_certificate(pem).public_key().verify(base64.b64decode(body["Signature"]), text.encode(), padding.PKCS1v15(), digest)


class Delivery(ApiTest):
    def setUp(self):
        self.sns = self.client("sns")
        self.subscriber = Subscriber()
        self.addCleanup(self.subscriber.close)
        self.topic = self.sns.create_topic(Name="t-" + self._testMethodName[:60])["TopicArn"]

    def subscribe(self, **attributes):
        self.sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=self.subscriber.url, Attributes=attributes)
        found = self.eventually(lambda: self.subscriber.of_type("SubscriptionConfirmation"))
        with urllib.request.urlopen(found[-1][1]["SubscribeURL"], timeout=5) as reply:
            self.assertIn(b"ConfirmSubscriptionResult", reply.read())
        return self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"][0]["SubscriptionArn"]

    def test_a_subscriber_confirms_by_the_link_and_gets_signed_notifications(self):
        self.assertEqual(self.sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=self.subscriber.url)["SubscriptionArn"],
                         "pending confirmation")
        headers, confirmation = self.eventually(lambda: self.subscriber.of_type("SubscriptionConfirmation"))[0]
        verify(confirmation)
        self.assertEqual(headers["x-amz-sns-topic-arn"], self.topic)
        self.assertEqual(headers["Content-Type"], "text/plain; charset=UTF-8")
        self.assertEqual(self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"][0]["SubscriptionArn"], "PendingConfirmation")
        self.refused("InvalidParameter", self.sns.confirm_subscription, TopicArn=self.topic, Token="wrong")
        arn = self.sns.confirm_subscription(TopicArn=self.topic, Token=confirmation["Token"])["SubscriptionArn"]
        sent = self.sns.publish(TopicArn=self.topic, Message="grüße", Subject="s", MessageAttributes={
            "n": {"DataType": "Number", "StringValue": "5"}, "b": {"DataType": "Binary", "BinaryValue": b"\0x"}})
        headers, note = self.eventually(lambda: self.subscriber.of_type("Notification"))[0]
        verify(note)
        self.assertEqual(note["MessageId"], sent["MessageId"])
        self.assertEqual((note["Message"], note["Subject"]), ("grüße", "s"))
        self.assertEqual(note["MessageAttributes"]["b"], {"Type": "Binary", "Value": base64.b64encode(b"\0x").decode()})
        self.assertEqual(headers["x-amz-sns-subscription-arn"], arn)
        note["Message"] = "forged"
        with self.assertRaises(InvalidSignature):
            verify(note)

    def test_the_link_in_a_notification_unsubscribes_and_tells_so(self):
        self.subscribe()
        self.sns.publish(TopicArn=self.topic, Message="m")
        note = self.eventually(lambda: self.subscriber.of_type("Notification"))[0][1]
        urllib.request.urlopen(note["UnsubscribeURL"], timeout=5).read()
        self.assertEqual(self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"], [])
        verify(self.eventually(lambda: self.subscriber.of_type("UnsubscribeConfirmation"))[0][1])
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(ENDPOINT + "/?Action=DeleteTopic&Version=2010-03-31&TopicArn=" + self.topic, timeout=5)
        self.assertEqual(caught.exception.code, 403)

    def test_a_server_error_is_tried_again(self):
        self.subscribe(DeliveryPolicy=json.dumps({"healthyRetryPolicy": {"numRetries": 3, "numNoDelayRetries": 3}}))
        self.subscriber.answers = [500, 503]
        self.sns.publish(TopicArn=self.topic, Message="m")
        self.eventually(lambda: len(self.subscriber.of_type("Notification")) == 3)

    def test_raw_delivery_and_structure(self):
        self.subscribe(RawMessageDelivery="true")
        self.sns.publish(TopicArn=self.topic, Message=json.dumps({"default": "d", "http": "for http"}), MessageStructure="json")
        headers, body = self.eventually(lambda: [p for p in self.subscriber.posts if "x-amz-sns-rawdelivery" in p[0]])[0]
        self.assertEqual(body, "for http")
        self.refused("InvalidParameter", self.sns.publish, TopicArn=self.topic, Message="no json", MessageStructure="json")

    def test_filters_are_applied(self):
        arn = self.subscribe(FilterPolicy=json.dumps({"store": ["example"], "price": [{"numeric": [">=", 100]}]}))
        attributes = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        self.assertEqual(attributes["FilterPolicyScope"], "MessageAttributes")
        entry = {"store": {"DataType": "String", "StringValue": "example"}}
        self.sns.publish(TopicArn=self.topic, Message="cheap", MessageAttributes={**entry, "price": {"DataType": "Number", "StringValue": "99"}})
        self.sns.publish(TopicArn=self.topic, Message="dear", MessageAttributes={**entry, "price": {"DataType": "Number", "StringValue": "100"}})
        self.eventually(lambda: self.subscriber.of_type("Notification"))
        self.assertEqual([body["Message"] for _, body in self.subscriber.of_type("Notification")], ["dear"])

    def test_mail_lands_in_the_maildir(self):
        self.sns.subscribe(TopicArn=self.topic, Protocol="email", Endpoint="Ada@Example.com")
        mails = self.eventually(lambda: list(state_directory().glob("mail/ada@example.com/new/*")))
        message = email.message_from_bytes(mails[0].read_bytes())
        self.assertEqual(message["To"], "<Ada@Example.com>")
        body = message.get_payload(decode=True).decode()
        link = next(line for line in body.splitlines() if line.startswith("http"))
        urllib.request.urlopen(link, timeout=5).read()
        self.sns.publish(TopicArn=self.topic, Message="hello by mail", Subject="Grüße"[:2] + "ss")
        mails = self.eventually(lambda: len(found := list(state_directory().glob("mail/ada@example.com/new/*"))) == 2 and found)
        texts = [email.message_from_bytes(m.read_bytes()).get_payload(decode=True).decode() for m in mails]
        self.assertTrue(any(text.startswith("hello by mail") for text in texts), texts)


def state_directory():
    """Of the daemon under test: other runs have directories of their own beside it."""
    pid = str(json.load(urllib.request.urlopen(ENDPOINT + "/_stratus/health", timeout=5))["pid"])
    for lock in pathlib.Path(tempfile.gettempdir()).glob("stratus-api-*/state/lock"):
        try:
            if lock.read_text() == pid:
                return lock.parent
        except FileNotFoundError:
            continue
    raise AssertionError("the daemon under test has no state directory here")


class Topics(ApiTest):
    def setUp(self):
        self.sns = self.client("sns")

    def test_a_topic_has_the_attributes_that_clients_expect(self):
        arn = self.sns.create_topic(Name="some-topic")["TopicArn"]
        self.assertEqual(arn, f"arn:aws:sns:us-east-1:{self.account}:some-topic")
        attributes = self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertEqual(attributes["Owner"], self.account)
        self.assertEqual(attributes["DisplayName"], "")
        self.assertEqual(attributes["SubscriptionsConfirmed"], "0")
        self.assertEqual(json.loads(attributes["Policy"])["Statement"][0]["Sid"], "__default_statement_ID")
        retry = json.loads(attributes["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
        self.assertEqual((retry["numRetries"], retry["minDelayTarget"], retry["backoffFunction"]), (3, 20, "linear"))
        self.assertNotIn("KmsMasterKeyId", attributes)
        self.sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Shown")
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"], "Shown")
        self.refused("InvalidParameter", self.sns.set_topic_attributes, TopicArn=arn, AttributeName="Color", AttributeValue="x")

    def test_creating_again_answers_the_same_topic_or_says_what_differs(self):
        arn = self.sns.create_topic(Name="again", Attributes={"DisplayName": "a"}, Tags=[{"Key": "k", "Value": "v"}])["TopicArn"]
        self.assertEqual(self.sns.create_topic(Name="again")["TopicArn"], arn)
        self.refused("InvalidParameter", self.sns.create_topic, Name="again", Attributes={"DisplayName": "b"},
                     message="already exists with different attributes")
        self.refused("InvalidParameter", self.sns.create_topic, Name="again", Tags=[{"Key": "k", "Value": "w"}],
                     message="already exists with different tags")

    def test_names(self):
        for bad in ("a b", "x!", "a" * 257):
            self.refused("InvalidParameter", self.sns.create_topic, Name=bad)
        self.refused("InvalidParameter", self.sns.create_topic, Name="no-suffix", Attributes={"FifoTopic": "true"})
        self.assertTrue(self.sns.create_topic(Name="a" * 256)["TopicArn"])

    def test_more_than_a_page_of_topics(self):
        client = self.client("sns", region="eu-west-1")
        for number in range(120):
            client.create_topic(Name=f"topic-{number:03}")
        first = client.list_topics()
        self.assertEqual(len(first["Topics"]), 100)
        self.assertEqual(len(client.list_topics(NextToken=first["NextToken"])["Topics"]), 20)

    def test_missing_topics(self):
        gone = f"arn:aws:sns:us-east-1:{self.account}:gone"
        self.refused("NotFound", self.sns.get_topic_attributes, TopicArn=gone, status=404)
        self.refused("NotFound", self.sns.publish, TopicArn=gone, Message="m")
        self.refused("InvalidParameter", self.sns.publish, TopicArn="x", Message="m", message="at least 6 elements, not 1")
        self.refused("ResourceNotFound", self.sns.list_tags_for_resource, ResourceArn=gone)
        self.sns.delete_topic(TopicArn=gone)

    def test_tags(self):
        arn = self.sns.create_topic(Name="tagged", Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
        self.sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
        self.sns.untag_resource(ResourceArn=arn, TagKeys=["a"])
        self.assertEqual(self.sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "b", "Value": "2"}])
        self.refused("TagLimitExceeded", self.sns.tag_resource, ResourceArn=arn,
                     Tags=[{"Key": f"k{i}", "Value": "v"} for i in range(51)])

    def test_permissions_open_a_topic_to_another_account(self):
        arn = self.sns.create_topic(Name="shared")["TopicArn"]
        other = self.client("sns", account="999999999999")
        self.refused("AuthorizationError", other.publish, TopicArn=arn, Message="m", status=403)
        self.sns.add_permission(TopicArn=arn, Label="other", AWSAccountId=["999999999999"], ActionName=["Publish"])
        other.publish(TopicArn=arn, Message="m")
        self.refused("InvalidParameter", self.sns.add_permission, TopicArn=arn, Label="other", AWSAccountId=["999999999999"],
                     ActionName=["Publish"], message="Statement already exists")
        self.refused("InvalidParameter", self.sns.add_permission, TopicArn=arn, Label="x", AWSAccountId=["999999999999"],
                     ActionName=["Nothing"], message="out of service scope")
        self.sns.remove_permission(TopicArn=arn, Label="other")
        self.refused("AuthorizationError", other.publish, TopicArn=arn, Message="m")

    def test_an_explicit_deny_of_the_policy_binds_the_owner(self):
        arn = self.sns.create_topic(Name="denied")["TopicArn"]
        self.sns.publish(TopicArn=arn, Message="m")
        self.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": arn}]}))
        self.refused("AuthorizationError", self.sns.publish, TopicArn=arn, Message="m")
        self.refused("InvalidParameter", self.sns.set_topic_attributes, TopicArn=arn, AttributeName="Policy", AttributeValue="{")


class Publishing(ApiTest):
    def setUp(self):
        self.sns = self.client("sns")
        self.topic = self.sns.create_topic(Name="p")["TopicArn"]

    def test_what_a_message_may_be(self):
        publish = lambda **more: self.sns.publish(TopicArn=self.topic, **{"Message": "m", **more})
        self.refused("InvalidParameter", publish, Message="", message="Empty message")
        self.refused("InvalidParameter", publish, Message="x" * 262145, message="Message too long")
        publish(Message="x" * 262144)
        for subject in ("", "x" * 101, "two\nlines", " blank first"):
            self.refused("InvalidParameter", publish, Subject=subject)
        publish(Subject="x" * 100)
        self.refused("ParameterValueInvalid", publish, MessageAttributes={"a": {"DataType": "Strange", "StringValue": "x"}})
        self.refused("ParameterValueInvalid", publish, MessageAttributes={"a": {"DataType": "Number", "StringValue": "x"}})
        self.refused("InvalidParameter", publish, MessageDeduplicationId="x")
        self.assertTrue(self.sns.publish(TargetArn=self.topic, Message="m")["MessageId"])
        self.refused("InvalidParameter", self.sns.publish, Message="m")
        self.refused("NotImplemented", self.sns.publish, PhoneNumber="+491701234567", Message="m", status=501)

    def test_batches(self):
        answer = self.sns.publish_batch(TopicArn=self.topic, PublishBatchRequestEntries=[
            {"Id": "good", "Message": "m"}, {"Id": "bad", "Message": "m", "Subject": "x" * 101}])
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["good"])
        self.assertEqual([(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]], [("bad", "InvalidParameter", True)])
        batch = lambda entries: self.sns.publish_batch(TopicArn=self.topic, PublishBatchRequestEntries=entries)
        self.refused("TooManyEntriesInBatchRequest", batch, [{"Id": str(i), "Message": "m"} for i in range(11)])
        self.refused("BatchEntryIdsNotDistinct", batch, [{"Id": "1", "Message": "m"}] * 2)
        self.refused("InvalidBatchEntryId", batch, [{"Id": "?", "Message": "m"}])

    def test_fifo(self):
        arn = self.sns.create_topic(Name="f.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["ContentBasedDeduplication"], "false")
        send = lambda **more: self.sns.publish(TopicArn=arn, Message="m", **more)
        self.refused("InvalidParameter", send)
        self.refused("InvalidParameter", send, MessageGroupId="g")
        one = send(MessageGroupId="g", MessageDeduplicationId="1")
        self.assertEqual(send(MessageGroupId="g", MessageDeduplicationId="1")["MessageId"], one["MessageId"])
        self.assertGreater(send(MessageGroupId="g", MessageDeduplicationId="2")["SequenceNumber"], one["SequenceNumber"])


class Subscriptions(ApiTest):
    def setUp(self):
        self.sns = self.client("sns")
        self.topic = self.sns.create_topic(Name="s")["TopicArn"]

    def subscribe(self, protocol="http", endpoint="http://127.0.0.1:9/x", **attributes):
        return self.sns.subscribe(TopicArn=self.topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True)

    def test_what_may_subscribe(self):
        for protocol in ("sqs", "lambda", "sms", "application", "firehose"):
            self.refused("NotImplemented", self.subscribe, protocol, "x", status=501, message=protocol)
        self.refused("InvalidParameter", self.subscribe, "pigeon", "x")
        self.refused("InvalidParameter", self.subscribe, "http", "https://127.0.0.1/")
        self.refused("InvalidParameter", self.subscribe, "email", "nobody")
        self.refused("NotImplemented", self.subscribe, RedrivePolicy='{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:q"}')
        self.refused("InvalidParameter", self.subscribe, "email", "a@example.com", RawMessageDelivery="true")

    def test_attributes_read_back(self):
        arn = self.subscribe(FilterPolicy='{"a":["x"]}', DeliveryPolicy='{"healthyRetryPolicy":{"numRetries":5}}')["SubscriptionArn"]
        self.assertEqual(self.subscribe(FilterPolicy='{"a":["x"]}', DeliveryPolicy='{"healthyRetryPolicy":{"numRetries":5}}')["SubscriptionArn"], arn)
        self.refused("InvalidParameter", self.subscribe, FilterPolicy='{"a":["y"]}', message="already exists with different attributes")
        attributes = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        self.assertEqual(attributes["PendingConfirmation"], "true")
        self.assertEqual(attributes["RawMessageDelivery"], "false")
        self.assertEqual(json.loads(attributes["EffectiveDeliveryPolicy"])["healthyRetryPolicy"]["numRetries"], 5)
        self.sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true")
        self.sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}")
        attributes = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        self.assertEqual(attributes["RawMessageDelivery"], "true")
        self.assertNotIn("FilterPolicy", attributes)
        self.assertNotIn("FilterPolicyScope", attributes)
        self.refused("NotFound", self.sns.get_subscription_attributes, SubscriptionArn=self.topic + ":0")
        self.refused("InvalidParameter", self.sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName="Color", AttributeValue="x")

    def test_filter_policies_are_validated(self):
        for policy, reason in (({"a": {"b": ["x"]}}, "does not support nested filter policy"),
                               ({str(i): ["x"] for i in range(6)}, "can not have more than 5 keys"),
                               ({"a": [{"nearly": "x"}]}, "Unrecognized match type nearly"),
                               ({"a": [["x"]]}, "Match value must be String, number, true, false, or null"),
                               ({"a": [{"exists": "yes"}]}, "exists match pattern must be either true or false."),
                               ({"a": [{"numeric": ["<", "1"]}]}, "Value of < must be numeric"),
                               ({k: [str(i) for i in range(6)] for k in "abc"}, "Filter policy is too complex")):
            self.refused("InvalidParameter", self.subscribe, FilterPolicy=json.dumps(policy), message=reason)
        self.refused("InvalidParameter", self.subscribe, FilterPolicy="no json")
        self.subscribe(endpoint="http://127.0.0.1:9/body", FilterPolicy='{"a":{"b":["x"]}}', FilterPolicyScope="MessageBody")
