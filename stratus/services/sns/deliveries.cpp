// The deliverer: sends what is due, tries again as the delivery policy says, gives up when it is exhausted.
#include "stratus/core/crypto.h"
#include "stratus/core/log.h"
#include "stratus/core/shape_json.h"
#include "stratus/services/sns/delivery_policy.h"
#include "stratus/services/sns/service.h"

namespace stratus::services::sns {
namespace {

constexpr std::size_t kMostUnderWay = 64;
/// Tokens, and subscriptions that nobody confirmed, live for two days.
constexpr Duration kConfirmation = std::chrono::hours(48);
const state::Key kSigningKey{"", "", "1"};
constexpr const char* kCertificates = "/_aws/sns/";

RetryPolicy policy_of(const Delivery& delivery) {
  return delivery.protocol.starts_with("http") ? retry_policy(delivery.delivery_policy) : mail_policy();
}

/// A client's error will be the same the next time; being asked to slow down, or a server's error, may pass.
bool worth_retrying(int status) {
  return status == 0 || status == 429 || status >= 500 || (status >= 100 && status < 200);
}

}  // namespace

void Service::start(std::string base_url) {
  base_url_ = std::move(base_url);
  for (const auto& [key, row] : deliveries_.all()) due_[{row->next, key.id}] = key;
  Reconciler::start();
}

void Service::ensure_signing_key() {
  if (!signing_key_.private_key.empty() || making_key_) return;
  const auto adopt = [this](KeyPair pair) {
    certificate_path_ =
        kCertificates + ("SimpleNotificationService-" + crypto::sha256_hex(pair.certificate).substr(0, 32)) + ".pem";
    signing_key_ = std::move(pair);
  };
  if (const SigningKey* row = signing_keys_.find(kSigningKey)) {
    if (auto secret = crypto::unseal(master_, row->private_key.bytes, "sns")) return adopt({*secret, row->certificate});
  }
  making_key_ = true;
  const auto made = std::make_shared<KeyPair>();
  loop_.run_blocking(
      [made, now = loop_.clock().now().ms / 1000] { *made = make_key_pair(now); },
      [this, made, adopt] {
        making_key_ = false;
        store_.call([&] {
          signing_keys_.put(kSigningKey, {{crypto::seal(master_, made->private_key, "sns")}, made->certificate});
        });
        adopt(std::move(*made));
        wake();
      });
}

std::optional<std::string> Service::certificate(const std::string& path) const {
  if (certificate_path_.empty() || path != certificate_path_) return std::nullopt;
  return signing_key_.certificate;
}

Links Service::links() const { return {base_url_, base_url_ + certificate_path_}; }

void Service::schedule(const state::Key& key, Timestamp at) { due_[{at, key.id}] = key; }

void Service::forget_the_unconfirmed() {
  const Timestamp now = loop_.clock().now();
  store_.call([&] {
    for (const auto& [key, row] : subscriptions_.all())
      if (!row->confirmed && row->created + kConfirmation <= now) subscriptions_.erase(key);
    for (const auto& [key, row] : duplicates_.all())
      if (row->until <= now) duplicates_.erase(key);
  });
}

bool Service::throttled(const Delivery& delivery, Timestamp now, Timestamp& until) {
  const auto most = policy_of(delivery).receives_per_second;
  if (!most) return false;
  Timestamp& next = next_receive_[delivery.subscription_arn];
  if (next > now) {
    until = next;
    return true;
  }
  next = std::max(next, now) + Duration(1000 / *most);
  return false;
}

void Service::reconcile() {
  forget_the_unconfirmed();
  if (due_.empty()) return;
  ensure_signing_key();
  if (signing_key_.private_key.empty()) return;
  const Timestamp now = loop_.clock().now();
  while (!due_.empty() && due_.begin()->first.first <= now && under_way_.size() < kMostUnderWay) {
    const state::Key key = due_.begin()->second;
    due_.erase(due_.begin());
    const Delivery* row = deliveries_.find(key);
    if (row == nullptr) continue;
    if (Timestamp until{}; throttled(*row, now, until)) {
      schedule(key, until);
      continue;
    }
    under_way_.insert(key.id);
    send(key, *row);
  }
  if (!due_.empty() && under_way_.size() < kMostUnderWay)
    wake_in(std::max(Duration(1), due_.begin()->first.first - now));
}

std::optional<Message> Service::open(const state::Key& key, const Delivery& delivery) const {
  if (!delivery.data_key) return from_json<Message>(delivery.content.bytes);
  try {
    const std::string plain =
        kms_.decrypt(key.account, key.region, delivery.data_key->bytes, {{"aws:sns:topicArn", delivery.topic_arn}});
    if (const auto text = crypto::unseal(plain, delivery.content.bytes, delivery.id)) return from_json<Message>(*text);
  } catch (const aws::Error& error) {
    log::warning("sns.sealed", {{"topic", delivery.topic_arn}, {"error", error.message}});
  }
  return std::nullopt;
}

void Service::send(const state::Key& key, const Delivery& delivery) {
  const auto message = open(key, delivery);
  if (!message) return finished(key, false, true, "the topic's KMS key cannot be used");
  const Links where = links();
  const std::string signature = delivery.raw ? ""
                                             : sign(signing_key_.private_key, delivery.signature_version,
                                                    string_to_sign(*message, delivery, where));
  const std::string body = delivery.raw ? message->text : json_body(*message, delivery, where, signature);
  if (!delivery.protocol.starts_with("http")) {
    mail_.deliver(delivery.endpoint, sns::mail(*message, delivery, where, body), [this, key](const Result<>& result) {
      finished(key, result.ok(), true, result ? "" : result.error().message());
    });
    return;
  }
  HttpPost post{.url = delivery.endpoint,
                .headers = {{"x-amz-sns-message-type", message->type},
                            {"x-amz-sns-message-id", message->id},
                            {"x-amz-sns-topic-arn", delivery.topic_arn},
                            {"Content-Type", policy_of(delivery).content_type},
                            {"User-Agent", "Amazon Simple Notification Service Agent"},
                            {"Accept-Encoding", "gzip,deflate"}},
                .body = body};
  if (message->type != "SubscriptionConfirmation")
    post.headers.emplace_back("x-amz-sns-subscription-arn", delivery.subscription_arn);
  if (delivery.raw) post.headers.emplace_back("x-amz-sns-rawdelivery", "true");
  outbound_.post(std::move(post), [this, key](const HttpOutcome& outcome) {
    const bool arrived = outcome.status >= 200 && outcome.status < 300;
    finished(key, arrived, worth_retrying(outcome.status),
             outcome.status == 0 ? outcome.error : "status " + std::to_string(outcome.status));
  });
}

void Service::finished(const state::Key& key, bool arrived, bool again, const std::string& why) {
  under_way_.erase(key.id);
  const Delivery* row = deliveries_.find(key);
  if (row != nullptr) {
    const int attempts = row->attempts + 1;
    const auto pause = again ? policy_of(*row).pause(attempts) : std::nullopt;
    if (!arrived && !pause)
      log::warning("sns.not_delivered", {{"subscription", row->subscription_arn},
                                         {"endpoint", row->endpoint},
                                         {"attempts", attempts},
                                         {"error", why}});
    store_.call([&] {
      if (arrived || !pause) {
        deliveries_.erase(key);
      } else {
        const Timestamp next = loop_.clock().now() + *pause;
        deliveries_.update(key, [&](Delivery& changed) {
          changed.attempts = attempts;
          changed.next = next;
        });
        schedule(key, next);
      }
    });
  }
  wake();
}

}  // namespace stratus::services::sns
