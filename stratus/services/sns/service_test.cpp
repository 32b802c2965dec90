#include "stratus/services/sns/service.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "stratus/core/base64.h"
#include "stratus/core/simulated_loop.h"
#include "stratus/services/sns/delivery_policy.h"
#include "stratus/services/sns/http_outbound.h"
#include "stratus/services/sns/maildir.h"

namespace stratus::services::sns {
namespace {

namespace json = boost::json;
constexpr const char* kAccount = "000000000000";

struct FakeOutbound final : Outbound {
  explicit FakeOutbound(SimulatedLoop& l) : loop(l) {}
  void post(HttpPost request, std::function<void(HttpOutcome)> done) override {
    times.push_back(loop.now());
    posts.push_back(std::move(request));
    const int status = statuses.empty() ? 200 : statuses.front();
    if (!statuses.empty()) statuses.erase(statuses.begin());
    loop.post([done = std::move(done), status] { done({status, status == 0 ? "refused" : ""}); });
  }
  json::object body(std::size_t at) const { return json::parse(posts.at(at).body).as_object(); }
  std::string header(std::size_t at, const std::string& name) const {
    for (const auto& [key, value] : posts.at(at).headers)
      if (key == name) return value;
    return "";
  }
  SimulatedLoop& loop;
  std::vector<HttpPost> posts;
  std::vector<Timestamp> times;
  std::vector<int> statuses;  ///< of the next replies; 200 behind them
};

struct FakeMail final : Mail {
  void deliver(const std::string& address, std::string message, std::function<void(Result<>)> done) override {
    mails.emplace_back(address, std::move(message));
    done({});
  }
  std::vector<std::pair<std::string, std::string>> mails;
};

struct Sns : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{7};
  kms::Service kms{loop, store, random};
  FakeOutbound out{loop};
  FakeMail mail;
  Service service{loop, store, random, kms, out, mail};
  std::string topic;

  void SetUp() override {
    service.start("http://127.0.0.1:4566");
    auto c = context();
    topic = *service.create_topic(c, {.name = "t"}).topic_arn;
  }
  aws::Context context(const std::string& account = kAccount) {
    aws::Context c;
    c.account = account;
    c.region = "us-east-1";
    c.now = loop.now();
    c.identity = {aws::Identity::Kind::root, account, "arn:aws:iam::" + account + ":root", account, ""};
    return c;
  }
  /// A confirmed subscription.
  std::string subscribe(const std::string& protocol, const std::string& endpoint,
                        std::map<std::string, std::string> attributes = {}) {
    auto c = context();
    const auto arn = *service
                          .subscribe(c, {.topic_arn = topic,
                                         .protocol = protocol,
                                         .endpoint = endpoint,
                                         .attributes = attributes.empty() ? std::nullopt : std::optional(attributes),
                                         .return_subscription_arn = true})
                          .subscription_arn;
    loop.settle();
    if (protocol.starts_with("http")) {
      const auto token = std::string(out.body(out.posts.size() - 1).at("Token").as_string());
      aws::Context nobody;
      nobody.now = loop.now();
      service.confirm_subscription(nobody, {.topic_arn = topic, .token = token});
      out.posts.clear();
      out.times.clear();
    }
    return arn;
  }
  std::string publish(const std::string& message, std::optional<std::string> subject = {},
                      std::optional<std::map<std::string, sn::MessageAttributeValue>> attributes = {}) {
    auto c = context();
    auto id =
        *service
             .publish(c, {.topic_arn = topic, .message = message, .subject = subject, .message_attributes = attributes})
             .message_id;
    loop.settle();
    return id;
  }
};

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aws::Error& e) {
    return e.code;
  }
  return "";
}

/// Verifies as a subscriber does: with the certificate's public key, over the text that AWS's guide prescribes.
bool verifies(const std::string& certificate, const json::object& body) {
  std::string text;
  const auto add = [&](const char* name) {
    if (const auto* value = body.if_contains(name))
      text += std::string(name) + "\n" + std::string(value->as_string()) + "\n";
  };
  const bool notification = body.at("Type") == "Notification";
  for (const char* name : {"Message", "MessageId"}) add(name);
  add(notification ? "Subject" : "SubscribeURL");
  add("Timestamp");
  if (!notification) add("Token");
  for (const char* name : {"TopicArn", "Type"}) add(name);
  BIO* bio = BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size()));
  X509* parsed = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  EVP_PKEY* key = X509_get_pubkey(parsed);
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  const auto signature = *base64::decode(std::string(body.at("Signature").as_string()));
  EVP_DigestVerifyInit(digest, nullptr, body.at("SignatureVersion") == "2" ? EVP_sha256() : EVP_sha1(), nullptr, key);
  const bool good = EVP_DigestVerify(digest, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  EVP_MD_CTX_free(digest);
  EVP_PKEY_free(key);
  X509_free(parsed);
  BIO_free(bio);
  return good;
}

TEST_F(Sns, an_http_endpoint_confirms_and_then_gets_signed_notifications) {
  auto c = context();
  const auto answer =
      service.subscribe(c, {.topic_arn = topic, .protocol = "http", .endpoint = "http://127.0.0.1:9/x"});
  EXPECT_EQ(answer.subscription_arn, "pending confirmation");
  loop.settle();
  ASSERT_EQ(out.posts.size(), 1U);
  EXPECT_EQ(out.header(0, "x-amz-sns-message-type"), "SubscriptionConfirmation");
  const auto confirm = out.body(0);
  const std::string url(confirm.at("SigningCertURL").as_string());
  ASSERT_TRUE(url.starts_with("http://127.0.0.1:4566"));
  const auto certificate = service.certificate(url.substr(21));
  ASSERT_TRUE(certificate);
  EXPECT_TRUE(verifies(*certificate, confirm));
  publish("unheard");
  EXPECT_EQ(out.posts.size(), 1U);
  EXPECT_EQ(code_of([&] { service.confirm_subscription(c, {.topic_arn = topic, .token = "wrong"}); }),
            "InvalidParameter");
  service.confirm_subscription(c, {.topic_arn = topic, .token = std::string(confirm.at("Token").as_string())});
  const auto id = publish("hello", "greeting");
  ASSERT_EQ(out.posts.size(), 2U);
  auto note = out.body(1);
  EXPECT_EQ(note.at("MessageId"), json::value(id));
  EXPECT_EQ(note.at("Message"), "hello");
  EXPECT_EQ(out.header(1, "x-amz-sns-message-id"), id);
  EXPECT_TRUE(verifies(*certificate, note));
  note["Message"] = "forged";
  EXPECT_FALSE(verifies(*certificate, note));
  service.set_topic_attributes(c, {.topic_arn = topic, .attribute_name = "SignatureVersion", .attribute_value = "2"});
  publish("with SHA-256");
  EXPECT_EQ(out.body(2).at("SignatureVersion"), "2");
  EXPECT_TRUE(verifies(*certificate, out.body(2)));
}

TEST_F(Sns, a_failed_post_is_tried_again_as_the_delivery_policy_says) {
  subscribe(
      "http", "http://127.0.0.1:9/x",
      {{"DeliveryPolicy",
        R"({"healthyRetryPolicy":{"numRetries":4,"numNoDelayRetries":1,"minDelayTarget":2,"maxDelayTarget":10,"numMinDelayRetries":1,"numMaxDelayRetries":1}})"}});
  out.statuses = {500, 0, 503, 429, 500};
  const Timestamp start = loop.now();
  publish("m");
  loop.advance(std::chrono::hours(2));
  ASSERT_EQ(out.times.size(), 5U);
  std::vector<std::int64_t> seconds;
  for (const auto time : out.times) seconds.push_back((time - start).count() / 1000);
  EXPECT_EQ(seconds, (std::vector<std::int64_t>{0, 0, 2, 12, 22}));
}

TEST_F(Sns, a_clients_error_is_final_and_a_late_success_ends_the_retries) {
  subscribe("http", "http://127.0.0.1:9/x");
  out.statuses = {404};
  publish("refused");
  loop.advance(std::chrono::hours(1));
  EXPECT_EQ(out.posts.size(), 1U);
  out.statuses = {500, 500};
  publish("late");
  loop.advance(std::chrono::hours(1));
  EXPECT_EQ(out.posts.size(), 4U);
}

TEST_F(Sns, a_throttle_spreads_messages) {
  subscribe("http", "http://127.0.0.1:9/x", {{"DeliveryPolicy", R"({"throttlePolicy":{"maxReceivesPerSecond":2}})"}});
  for (int i = 0; i < 5; ++i) publish("m");
  loop.advance(std::chrono::seconds(10));
  ASSERT_EQ(out.times.size(), 5U);
  EXPECT_EQ((out.times[4] - out.times[0]).count(), 2000);
}

TEST_F(Sns, filters_choose_by_attributes_and_by_body) {
  const auto arn = subscribe("http", "http://127.0.0.1:9/x",
                             {{"FilterPolicy", R"({"kind":["order"],"price":[{"numeric":[">",100]}]})"}});
  publish("plain");
  publish("cheap", {},
          {{{"kind", {.data_type = "String", .string_value = "order"}},
            {"price", {.data_type = "Number", .string_value = "5"}}}});
  EXPECT_TRUE(out.posts.empty());
  publish("dear", {},
          {{{"kind", {.data_type = "String.Array", .string_value = R"(["x","order"])"}},
            {"price", {.data_type = "Number", .string_value = "500"}}}});
  ASSERT_EQ(out.posts.size(), 1U);
  EXPECT_EQ(out.body(0).at("MessageAttributes").at("price").at("Value"), "500");
  auto c = context();
  service.set_subscription_attributes(
      c, {.subscription_arn = arn, .attribute_name = "FilterPolicyScope", .attribute_value = "MessageBody"});
  service.set_subscription_attributes(
      c, {.subscription_arn = arn, .attribute_name = "FilterPolicy", .attribute_value = R"({"a":{"b":["x"]}})"});
  publish(R"({"a":{"b":"y"}})");
  publish("no JSON");
  EXPECT_EQ(out.posts.size(), 1U);
  publish(R"({"a":{"b":"x"}})");
  EXPECT_EQ(out.posts.size(), 2U);
  service.set_subscription_attributes(
      c, {.subscription_arn = arn, .attribute_name = "FilterPolicy", .attribute_value = "{}"});
  publish("everything again");
  EXPECT_EQ(out.posts.size(), 3U);
}

TEST_F(Sns, raw_delivery_sends_the_bare_message_and_structure_chooses_by_protocol) {
  subscribe("http", "http://127.0.0.1:9/x", {{"RawMessageDelivery", "true"}});
  auto c = context();
  service.publish(c,
                  {.topic_arn = topic, .message = R"({"default":"d","http":"for http"})", .message_structure = "json"});
  loop.settle();
  ASSERT_EQ(out.posts.size(), 1U);
  EXPECT_EQ(out.posts[0].body, "for http");
  EXPECT_EQ(out.header(0, "x-amz-sns-rawdelivery"), "true");
  EXPECT_EQ(code_of([&] {
              service.publish(c, {.topic_arn = topic, .message = R"({"http":"x"})", .message_structure = "json"});
            }),
            "InvalidParameter");
}

TEST_F(Sns, mail_carries_the_link_that_confirms) {
  auto c = context();
  service.subscribe(c, {.topic_arn = topic, .protocol = "email", .endpoint = "ada@example.com"});
  loop.settle();
  ASSERT_EQ(mail.mails.size(), 1U);
  const std::string& text = mail.mails[0].second;
  EXPECT_NE(text.find("\r\nTo: <ada@example.com>\r\n"), std::string::npos);
  std::string encoded = text.substr(text.find("\r\n\r\n") + 4);
  std::erase_if(encoded, [](char ch) { return ch == '\r' || ch == '\n'; });
  const std::string body = *base64::decode(encoded);
  const auto at = body.find("&Token=");
  ASSERT_NE(at, std::string::npos) << body;
  const std::string token = body.substr(at + 7, 288);
  aws::Context nobody;
  service.confirm_subscription(nobody, {.topic_arn = topic, .token = token});
  publish("hello\r\nX-Injected: yes", "subject");
  ASSERT_EQ(mail.mails.size(), 2U);
  EXPECT_EQ(mail.mails[1].second.find("X-Injected"), std::string::npos);
  EXPECT_NE(mail.mails[1].second.find("Subject: subject\r\n"), std::string::npos);
}

TEST_F(Sns, what_nobody_confirms_is_forgotten_after_two_days) {
  auto c = context();
  service.subscribe(c, {.topic_arn = topic, .protocol = "email", .endpoint = "ada@example.com"});
  loop.advance(std::chrono::hours(47));
  EXPECT_EQ(service.list_subscriptions(c, {}).subscriptions->size(), 1U);
  EXPECT_EQ(service.list_subscriptions(c, {}).subscriptions->at(0).subscription_arn, "PendingConfirmation");
  loop.advance(std::chrono::hours(2));
  EXPECT_TRUE(service.list_subscriptions(c, {}).subscriptions->empty());
}

TEST_F(Sns, another_account_and_a_service_need_the_topics_policy) {
  auto other = context("111111111111");
  EXPECT_EQ(code_of([&] { service.publish(other, {.topic_arn = topic, .message = "m"}); }), "AuthorizationError");
  auto c = context();
  service.add_permission(
      c, {.topic_arn = topic, .label = "x", .aws_account_id = {{"111111111111"}}, .action_name = {{"Publish"}}});
  EXPECT_EQ(code_of([&] { service.publish(other, {.topic_arn = topic, .message = "m"}); }), "");
  EXPECT_EQ(code_of([&] { service.get_topic_attributes(other, {.topic_arn = topic}); }), "AuthorizationError");
  service.remove_permission(c, {.topic_arn = topic, .label = "x"});
  EXPECT_EQ(code_of([&] { service.publish(other, {.topic_arn = topic, .message = "m"}); }), "AuthorizationError");

  const auto from = [&](const char* principal, const char* account) {
    return code_of([&] {
      service.publish_from_service(account, "us-east-1", topic, "s", "m", principal,
                                   "arn:aws:x:us-east-1:000000000000:y");
    });
  };
  EXPECT_EQ(from("cloudwatch.amazonaws.com", kAccount), "");  // an alarm of the topic's owner
  EXPECT_EQ(from("cloudwatch.amazonaws.com", "111111111111"), "AuthorizationError");
  EXPECT_EQ(from("events.amazonaws.com", kAccount), "AuthorizationError");
  service.set_topic_attributes(
      c,
      {.topic_arn = topic,
       .attribute_name = "Policy",
       .attribute_value =
           R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":")" +
           topic + R"("}]})"});
  EXPECT_EQ(from("events.amazonaws.com", kAccount), "");
  EXPECT_EQ(from("cloudwatch.amazonaws.com", kAccount), "AuthorizationError");
}

TEST_F(Sns, an_encrypted_topic_keeps_no_plain_text_and_needs_its_key) {
  auto c = context();
  const auto key = *kms.create_key(c, {}).key_metadata->key_id;
  service.set_topic_attributes(c, {.topic_arn = topic, .attribute_name = "KmsMasterKeyId", .attribute_value = key});
  subscribe("http", "http://127.0.0.1:9/x");
  out.statuses = {500};
  publish("very private");
  auto rows = store.sql().query("SELECT body FROM sns_deliveries");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(0).find("private"), std::string::npos);
  loop.advance(std::chrono::minutes(1));
  EXPECT_EQ(out.body(1).at("Message"), "very private");
  kms.disable_key(c, {.key_id = key});
  EXPECT_EQ(code_of([&] { publish("m"); }), "KMSDisabled");
}

TEST_F(Sns, a_fifo_topic_takes_a_message_once_and_numbers_them) {
  auto c = context();
  const auto fifo = *service.create_topic(c, {.name = "f.fifo", .attributes = {{{"FifoTopic", "true"}}}}).topic_arn;
  const auto send = [&](const char* once) {
    return service.publish(
        c, {.topic_arn = fifo, .message = "m", .message_deduplication_id = once, .message_group_id = "g"});
  };
  const auto first = send("1"), again = send("1"), second = send("2");
  EXPECT_EQ(first.message_id, again.message_id);
  EXPECT_EQ(first.sequence_number, again.sequence_number);
  EXPECT_LT(*first.sequence_number, *second.sequence_number);
  loop.advance(std::chrono::minutes(6));
  EXPECT_NE(send("1").message_id, first.message_id);
  EXPECT_EQ(code_of([&] { service.publish(c, {.topic_arn = fifo, .message = "m", .message_group_id = "g"}); }),
            "InvalidParameter");
  EXPECT_EQ(code_of([&] { service.publish(c, {.topic_arn = fifo, .message = "m"}); }), "InvalidParameter");
}

TEST_F(Sns, what_is_not_really_done_is_refused_by_name) {
  auto c = context();
  for (const char* protocol : {"sqs", "lambda", "sms", "application", "firehose"})
    EXPECT_EQ(code_of([&] { service.subscribe(c, {.topic_arn = topic, .protocol = protocol, .endpoint = "x"}); }),
              "NotImplemented");
  EXPECT_EQ(code_of([&] { service.publish(c, {.phone_number = "+491701234567", .message = "m"}); }), "NotImplemented");
  EXPECT_EQ(code_of([&] {
              service.set_topic_attributes(
                  c, {.topic_arn = topic, .attribute_name = "TracingConfig", .attribute_value = "Active"});
            }),
            "NotImplemented");
}

TEST(SnsDeliveries, a_queue_survives_a_restart) {
  const std::string directory = testing::TempDir() + "sns-queue-" + std::to_string(::getpid());
  std::filesystem::create_directories(directory);
  aws::Context c;
  c.account = kAccount;
  c.region = "us-east-1";
  SimulatedLoop loop;
  SeededRandom random(3);
  FakeOutbound out(loop);
  FakeMail mail;
  {
    state::Store store(loop, directory);
    kms::Service kms(loop, store, random);
    Service first(loop, store, random, kms, out, mail);  // never started: it delivers nothing
    const auto topic = *first.create_topic(c, {.name = "t"}).topic_arn;
    first.subscribe(c, {.topic_arn = topic, .protocol = "http", .endpoint = "http://127.0.0.1:9/x"});
    store.commit();
    loop.settle();
    EXPECT_TRUE(out.posts.empty());
  }
  {
    state::Store store(loop, directory);
    kms::Service kms(loop, store, random);
    Service second(loop, store, random, kms, out, mail);
    second.start("http://127.0.0.1:4566");
    loop.settle();
    EXPECT_EQ(out.posts.size(), 1U);
  }
  std::filesystem::remove_all(directory);
}

TEST(SnsUrls, are_taken_apart) {
  const auto url = parse_url("https://user:p%40ss@example.com:8443/a/b?c=d#e");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(url->password, "p@ss");
  EXPECT_EQ(parse_url("http://[::1]:80")->host, "[::1]");
  for (const char* bad : {"ftp://x/", "http:///x", "http://x:99999/", "x", "http://a b/"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

TEST(SnsMailboxes, cannot_leave_their_folder) {
  EXPECT_EQ(mailbox_name("Ada@Example.com"), "ada@example.com");
  EXPECT_EQ(mailbox_name("../../etc/passwd@x"), "_._.._etc_passwd@x");
}

}  // namespace
}  // namespace stratus::services::sns
