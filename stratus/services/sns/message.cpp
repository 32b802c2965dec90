#include "stratus/services/sns/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "stratus/core/arn.h"
#include "stratus/core/base64.h"
#include "stratus/core/text.h"

namespace stratus::services::sns {
namespace {

bool is_notification(const Message& message) { return message.type == "Notification"; }

void member(std::string& out, const char* name, const std::string& value) {
  out += out.size() == 1 ? "\n" : ",\n";
  out += std::string("  \"") + name + "\" : " + text::json_quote(value);
}

std::string topic_name(const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  return parsed ? parsed->resource : arn;
}

/// RFC 5322's date, always in UTC.
std::string mail_date(Timestamp time) {
  const std::string http = to_http_date(time);
  return http.substr(0, http.size() - 3) + "+0000";
}

/// RFC 2047 where the text is not plain ASCII; line breaks can never reach a header.
std::string header_text(const std::string& value) {
  const bool plain =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  return plain ? value : "=?UTF-8?B?" + base64::encode(value) + "?=";
}

/// Base64 in lines of 76: any text, without a line that a mail reader might break.
std::string folded(std::string_view bytes) {
  const std::string whole = base64::encode(bytes);
  std::string out;
  for (std::size_t at = 0; at < whole.size(); at += 76) out += whole.substr(at, 76) + "\r\n";
  return out;
}

}  // namespace

std::string Links::subscribe(const std::string& topic_arn, const std::string& token) const {
  return base + "/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn=" + topic_arn + "&Token=" + token;
}

std::string Links::unsubscribe(const std::string& subscription_arn) const {
  return base + "/?Action=Unsubscribe&Version=2010-03-31&SubscriptionArn=" + subscription_arn;
}

std::string instant(Timestamp time) {
  const std::string second = to_rfc3339(Timestamp{time.ms - time.ms % 1000});
  return second.substr(0, 19) + fmt::format(".{:03}Z", time.ms % 1000);
}

std::string string_to_sign(const Message& message, const Delivery& delivery, const Links& links) {
  std::string out;
  const auto add = [&](const char* name, const std::string& value) { out += std::string(name) + "\n" + value + "\n"; };
  add("Message", message.text);
  add("MessageId", message.id);
  if (is_notification(message)) {
    if (message.subject) add("Subject", *message.subject);
  } else {
    add("SubscribeURL", links.subscribe(delivery.topic_arn, message.token));
  }
  add("Timestamp", instant(message.time));
  if (!is_notification(message)) add("Token", message.token);
  add("TopicArn", delivery.topic_arn);
  add("Type", message.type);
  return out;
}

std::string json_body(const Message& message, const Delivery& delivery, const Links& links,
                      const std::string& signature) {
  std::string out = "{";
  member(out, "Type", message.type);
  member(out, "MessageId", message.id);
  if (!is_notification(message)) member(out, "Token", message.token);
  member(out, "TopicArn", delivery.topic_arn);
  if (message.subject) member(out, "Subject", *message.subject);
  member(out, "Message", message.text);
  if (!is_notification(message)) member(out, "SubscribeURL", links.subscribe(delivery.topic_arn, message.token));
  member(out, "Timestamp", instant(message.time));
  member(out, "SignatureVersion", delivery.signature_version);
  member(out, "Signature", signature);
  member(out, "SigningCertURL", links.certificate);
  if (is_notification(message)) member(out, "UnsubscribeURL", links.unsubscribe(delivery.subscription_arn));
  if (!message.attributes.empty()) {
    out += ",\n  \"MessageAttributes\" : {";
    const char* separator = "\n";
    for (const auto& [name, attribute] : message.attributes) {
      out += separator + ("    " + text::json_quote(name)) + " : {\"Type\":" + text::json_quote(attribute.type) +
             ",\"Value\":" + text::json_quote(attribute.value) + "}";
      separator = ",\n";
    }
    out += "\n  }";
  }
  return out + "\n}";
}

std::string mail(const Message& message, const Delivery& delivery, const Links& links, const std::string& body_json) {
  const std::string name = delivery.display_name.empty() ? "AWS Notifications" : delivery.display_name;
  const bool json = delivery.protocol == "email-json";
  std::string subject = message.subject.value_or("AWS Notification Message");
  if (!is_notification(message)) subject = "AWS Notification - Subscription Confirmation";
  std::string body;
  if (json) {
    body = body_json;
  } else if (!is_notification(message)) {
    body = "You have chosen to subscribe to the topic:\n" + delivery.topic_arn +
           "\n\nTo confirm this subscription, click or visit the link below (If this was in error no action is "
           "necessary):\n" +
           links.subscribe(delivery.topic_arn, message.token) + "\n";
  } else {
    body = message.text +
           "\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below "
           "to unsubscribe:\n" +
           links.unsubscribe(delivery.subscription_arn) + "\n";
  }
  return "Date: " + mail_date(message.time) +
         "\r\nFrom: " + (header_text(name) == name ? "\"" + name + "\"" : header_text(name)) +
         " <no-reply@sns.amazonaws.com>\r\nTo: <" + delivery.endpoint + ">\r\nSubject: " + header_text(subject) +
         "\r\nMessage-ID: <" + message.id + "@sns.amazonaws.com>\r\nx-amz-sns-message-type: " + message.type +
         "\r\nx-amz-sns-topic: " + topic_name(delivery.topic_arn) +
         "\r\nMIME-Version: 1.0\r\nContent-Type: " + (json ? "application/json" : "text/plain") +
         "; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + folded(body);
}

}  // namespace stratus::services::sns
