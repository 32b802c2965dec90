// Subscriptions: life, confirmation, attributes.
#include <boost/json.hpp>
#include <set>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/sns/content_filter.h"
#include "stratus/services/sns/delivery_policy.h"
#include "stratus/services/sns/http_outbound.h"
#include "stratus/services/sns/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::sns {
namespace {

constexpr std::size_t kPage = 100;
constexpr std::size_t kMaxFilterKeys = 5;
constexpr std::size_t kMaxFilterCombinations = 150;
const std::set<std::string, std::less<>> kRefusedProtocols = {"sqs", "lambda", "sms", "application", "firehose"};

[[noreturn]] void invalid(const std::string& what) {
  throw sn::errors::InvalidParameterException("Invalid parameter: " + what);
}

bool by_http(const std::string& protocol) { return protocol == "http" || protocol == "https"; }

std::string get(const std::map<std::string, std::string>& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? "" : found->second;
}

void check_endpoint(const std::string& protocol, const std::string& endpoint) {
  if (endpoint.empty()) invalid("Endpoint");
  if (by_http(protocol)) {
    const auto url = parse_url(endpoint);
    if (!url || url->scheme != protocol) invalid("Endpoint must match the specified protocol");
    return;
  }
  const auto at = endpoint.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == endpoint.size() ||
      endpoint.find('@', at + 1) != std::string::npos || endpoint.size() > 254)
    invalid("Email address");
  for (const char c : endpoint)
    if (static_cast<unsigned char>(c) <= 0x20 || c == '<' || c == '>' || c == '"' || c == ',' || c == '\x7f')
      invalid("Email address");
}

/// One attribute by itself; what depends on others is `check_together`'s.
void check_attribute(const std::string& operation, const std::string& protocol, const std::string& name,
                     const std::string& value, const std::string& where) {
  if (name == "RawMessageDelivery") {
    const std::string flag = text::lower(value);
    if (!flag.empty() && flag != "true" && flag != "false")
      invalid(where + "RawMessageDelivery: Invalid value [" + value + "]. Must be true or false.");
    if (flag == "true" && !by_http(protocol))
      invalid(where + "RawMessageDelivery: Delivery protocol [" + protocol +
              "] does not support raw message delivery.");
  } else if (name == "DeliveryPolicy") {
    if (value.empty()) return;
    if (!by_http(protocol))
      invalid(where + "DeliveryPolicy: Delivery protocol [" + protocol + "] does not support delivery policies");
    try {
      check_subscription_policy(value);
    } catch (const std::invalid_argument& error) {
      invalid("DeliveryPolicy: " + std::string(error.what()));
    }
  } else if (name == "FilterPolicyScope") {
    if (!value.empty() && value != "MessageAttributes" && value != "MessageBody")
      invalid(where + "FilterPolicyScope: Invalid value [" + value +
              "]. Please use either MessageBody or MessageAttributes");
  } else if (name == "RedrivePolicy" || name == "ReplayPolicy" || name == "SubscriptionRoleArn") {
    if (!value.empty() && value != "{}") throw aws::not_implemented(operation + ": " + name);
  } else if (name != "FilterPolicy") {
    invalid("AttributeName");
  }
}

/// As AWS keeps them: flags in lower case, nothing that is empty, a scope only beside its policy.
std::map<std::string, std::string> tidy(std::map<std::string, std::string> attributes) {
  if (const std::string raw = get(attributes, "RawMessageDelivery"); !raw.empty())
    attributes["RawMessageDelivery"] = text::lower(raw);
  const std::string policy = get(attributes, "FilterPolicy");
  if (policy == "{}") attributes.erase("FilterPolicy");
  std::erase_if(attributes, [](const auto& entry) { return entry.second.empty() || entry.second == "{}"; });
  if (!policy.empty() && policy != "{}") {
    attributes.emplace("FilterPolicyScope", "MessageAttributes");
    check_filter_policy(policy, attributes["FilterPolicyScope"]);
  }
  return attributes;
}

}  // namespace

void check_filter_policy(const std::string& policy, const std::string& scope) {
  try {
    const ContentFilter filter(policy);
    if (scope == "MessageAttributes" && filter.nested())
      invalid("Filter policy scope MessageAttributes does not support nested filter policy");
    if (filter.leaves() > kMaxFilterKeys) invalid("FilterPolicy: Filter policy can not have more than 5 keys");
    if (filter.combinations() > kMaxFilterCombinations) invalid("FilterPolicy: Filter policy is too complex");
  } catch (const FilterError& error) {
    const std::string reason = error.what();
    if (reason == "Filter is not an object") invalid("FilterPolicy: failed to parse JSON.");
    // AWS's compiler says where in the text a numeric expression goes wrong; the rest it says plainly.
    const bool numeric = reason.find("numeric") != std::string::npos || reason.find("Bottom") != std::string::npos;
    invalid(numeric ? "Attributes Reason: FilterPolicy: " + reason + "\n at ..." : "FilterPolicy: " + reason);
  }
}

sn::SubscribeResponse Service::subscribe(aws::Context& context, const sn::SubscribeInput& request) {
  const std::string& protocol = *request.protocol;
  const std::string endpoint = request.endpoint.value_or("");
  const Topic& row =
      topic(context, *request.topic_arn, "Subscribe", {{"sns:protocol", {protocol}}, {"sns:endpoint", {endpoint}}});
  if (kRefusedProtocols.count(protocol) != 0) throw aws::not_implemented("Subscribe: protocol " + protocol);
  if (!by_http(protocol) && protocol != "email" && protocol != "email-json")
    invalid("Amazon SNS does not support this protocol string: " + protocol);
  if (row.attributes.count("FifoTopic") != 0) invalid("Invalid protocol type: " + protocol);
  check_endpoint(protocol, endpoint);
  const auto given = request.attributes.value_or(std::map<std::string, std::string>{});
  for (const auto& [name, value] : given) check_attribute("Subscribe", protocol, name, value, "Attributes Reason: ");
  const auto attributes = tidy(given);
  const bool tell = request.return_subscription_arn.value_or(false);
  for (const Subscription* existing : subscriptions_of(row.arn)) {
    if (existing->protocol != protocol || existing->endpoint != endpoint) continue;
    if (!given.empty() && attributes != existing->attributes)
      invalid("Attributes Reason: Subscription already exists with different attributes");
    if (existing->confirmed) return {.subscription_arn = existing->arn};
    confirmation(row, *existing, "SubscriptionConfirmation");
    return {.subscription_arn = tell ? existing->arn : "pending confirmation"};
  }
  const std::string arn = row.arn + ":" + random_.uuid();
  const Subscription& made = subscriptions_.put(subscription_key(arn), {.arn = arn,
                                                                        .topic_arn = row.arn,
                                                                        .owner = context.account,
                                                                        .principal = context.identity.arn,
                                                                        .protocol = protocol,
                                                                        .endpoint = endpoint,
                                                                        .created = context.now,
                                                                        .token = random_.hex(288),
                                                                        .attributes = attributes});
  confirmation(row, made, "SubscriptionConfirmation");
  return {.subscription_arn = tell ? arn : "pending confirmation"};
}

sn::ConfirmSubscriptionResponse Service::confirm_subscription(aws::Context& context,
                                                              const sn::ConfirmSubscriptionInput& request) {
  const std::string& topic_arn = *request.topic_arn;
  topic_key(topic_arn);
  if (find_topic(topic_arn) == nullptr) throw sn::errors::NotFoundException("Topic does not exist");
  const bool is_signed = !context.account.empty();
  const bool wants_signature =
      request.authenticate_on_unsubscribe && text::lower(*request.authenticate_on_unsubscribe) == "true";
  if (wants_signature && !is_signed)
    throw sn::errors::AuthorizationErrorException("AuthenticateOnUnsubscribe needs a signed request");
  for (const Subscription* row : subscriptions_of(topic_arn)) {
    if (row->token != *request.token) continue;
    const std::string arn = row->arn;
    if (!row->confirmed)
      subscriptions_.update(subscription_key(arn), [&](Subscription& changed) {
        changed.confirmed = true;
        changed.confirmed_by_signature = is_signed;
        changed.signed_unsubscribe = wants_signature;
      });
    return {.subscription_arn = arn};
  }
  invalid("Token");
}

void Service::remove(const Subscription& row) {
  const std::string arn = row.arn, topic_arn = row.topic_arn;
  subscriptions_.erase(subscription_key(arn));
  if (find_topic(topic_arn) != nullptr)
    topics_.update(topic_key(topic_arn), [](Topic& changed) { ++changed.subscriptions_deleted; });
}

sn::UnsubscribeResponse Service::unsubscribe(aws::Context& context, const sn::UnsubscribeInput& request) {
  const std::string& arn = *request.subscription_arn;
  const state::Key key = subscription_key(arn);
  if (key.id.find(':') == std::string::npos)
    invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not " +
            std::to_string(text::split(arn, ':').size()));
  const Subscription* row = subscriptions_.find(key);
  if (row == nullptr) return {};
  if (context.account.empty()) {
    if (row->signed_unsubscribe)
      throw sn::errors::AuthorizationErrorException(
          "This subscription can only be deleted by an authenticated request");
    // Whoever had the link is told, so that the endpoint's owner can subscribe again.
    const Topic* owner = find_topic(row->topic_arn);
    if (owner != nullptr && row->confirmed) confirmation(*owner, *row, "UnsubscribeConfirmation");
  } else {
    row = &subscription(context, arn);
    if (!row->confirmed) invalid("Cannot unsubscribe a subscription that is pending confirmation");
  }
  remove(*row);
  return {};
}

namespace {

sn::Subscription describe(const Subscription& row) {
  return {.subscription_arn = row.confirmed ? row.arn : "PendingConfirmation",
          .owner = row.owner,
          .protocol = row.protocol,
          .endpoint = row.endpoint,
          .topic_arn = row.topic_arn};
}

/// One page of rows, which stand in the order of their ARNs.
std::optional<std::string> cut(std::vector<const Subscription*>& rows, const std::string& scope,
                               const std::optional<std::string>& token) {
  return wire::page(rows, scope, token, kPage, "InvalidParameter", [](const Subscription* row) { return row->arn; });
}

}  // namespace

sn::ListSubscriptionsResponse Service::list_subscriptions(aws::Context& context,
                                                          const sn::ListSubscriptionsInput& request) {
  std::vector<const Subscription*> rows;
  for (const auto& [key, row] : subscriptions_.all())
    if (row->owner == context.account && key.region == context.region) rows.push_back(row);
  std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->arn < b->arn; });
  auto next = cut(rows, "sns:ListSubscriptions", request.next_token);
  sn::ListSubscriptionsResponse out{.subscriptions = std::vector<sn::Subscription>{}, .next_token = std::move(next)};
  for (const Subscription* row : rows) out.subscriptions->push_back(describe(*row));
  return out;
}

sn::ListSubscriptionsByTopicResponse Service::list_subscriptions_by_topic(
    aws::Context& context, const sn::ListSubscriptionsByTopicInput& request) {
  auto rows = subscriptions_of(topic(context, *request.topic_arn, "ListSubscriptionsByTopic").arn);
  auto next = cut(rows, "sns:" + *request.topic_arn, request.next_token);
  sn::ListSubscriptionsByTopicResponse out{.subscriptions = std::vector<sn::Subscription>{},
                                           .next_token = std::move(next)};
  for (const Subscription* row : rows) out.subscriptions->push_back(describe(*row));
  return out;
}

std::map<std::string, std::string> Service::subscription_attributes(const Subscription& row) const {
  auto out = row.attributes;
  out["SubscriptionArn"] = row.arn;
  out["TopicArn"] = row.topic_arn;
  out["Owner"] = row.owner;
  out["Protocol"] = row.protocol;
  out["Endpoint"] = row.endpoint;
  out["SubscriptionPrincipal"] = row.principal;
  out["PendingConfirmation"] = row.confirmed ? "false" : "true";
  out["ConfirmationWasAuthenticated"] = row.confirmed_by_signature ? "true" : "false";
  out.emplace("RawMessageDelivery", "false");
  if (by_http(row.protocol)) {
    const Topic* owner = find_topic(row.topic_arn);
    out["EffectiveDeliveryPolicy"] = effective_subscription_policy(
        owner == nullptr ? "" : get(owner->attributes, "DeliveryPolicy"), get(row.attributes, "DeliveryPolicy"));
  }
  return out;
}

sn::GetSubscriptionAttributesResponse Service::get_subscription_attributes(
    aws::Context& context, const sn::GetSubscriptionAttributesInput& request) {
  return {.attributes = subscription_attributes(subscription(context, *request.subscription_arn))};
}

sn::SetSubscriptionAttributesResponse Service::set_subscription_attributes(
    aws::Context& context, const sn::SetSubscriptionAttributesInput& request) {
  const std::string name = *request.attribute_name, value = request.attribute_value.value_or("");
  const Subscription& row = subscription(context, *request.subscription_arn);
  check_attribute("SetSubscriptionAttributes", row.protocol, name, value, "");
  auto attributes = row.attributes;
  attributes[name] = value;
  if (name == "FilterPolicy" && (value.empty() || value == "{}")) attributes.erase("FilterPolicyScope");
  // A scope may be set before its policy.
  const std::string scope = get(attributes, "FilterPolicyScope");
  attributes = tidy(std::move(attributes));
  if (!scope.empty() && name == "FilterPolicyScope") attributes["FilterPolicyScope"] = scope;
  subscriptions_.update(subscription_key(std::string(row.arn)),
                        [&](Subscription& changed) { changed.attributes = attributes; });
  return {};
}

}  // namespace stratus::services::sns
