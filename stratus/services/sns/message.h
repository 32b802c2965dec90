// What subscribers read: JSON over HTTP, mail.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
#pragma once

#include <string>

#include "stratus/services/sns/resources.h"

namespace stratus::services::sns {

/// Where a subscriber finds Stratus: "http://127.0.0.1:4566".
struct Links {
  std::string base;
  std::string certificate;  ///< URL

  std::string subscribe(const std::string& topic_arn, const std::string& token) const;
  std::string unsubscribe(const std::string& subscription_arn) const;
};

/// The instant as SNS writes it, always with milliseconds.
std::string instant(Timestamp time);

/// The text that is signed.
std::string string_to_sign(const Message& message, const Delivery& delivery, const Links& links);

/// The body that is posted, unless it is delivered raw; `signature` in base64.
std::string json_body(const Message& message, const Delivery& delivery, const Links& links,
                      const std::string& signature);

/// An RFC 5322 message. `id` makes its Message-ID.
std::string mail(const Message& message, const Delivery& delivery, const Links& links, const std::string& body_json);

}  // namespace stratus::services::sns
