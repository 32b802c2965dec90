#include "stratus/services/sns/service.h"

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/state/master_key.h"

namespace stratus::services::sns {

Service::Service(Loop& loop, state::Store& store, Random& random, kms::Service& kms, Outbound& outbound, Mail& mail)
    : Reconciler(loop, "sns", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      kms_(kms),
      outbound_(outbound),
      mail_(mail),
      topics_(store, "sns_topics"),
      subscriptions_(store, "sns_subscriptions"),
      deliveries_(store, "sns_deliveries"),
      duplicates_(store, "sns_duplicates"),
      signing_keys_(store, "sns_signing_keys"),
      master_(state::master_key(store.directory())) {}

state::Key parse_topic_arn(const std::string& text, const std::string& parameter) {
  const auto parts = text::split(text, ':');
  if (parts.size() < 6)
    throw sn::errors::InvalidParameterException("Invalid parameter: " + parameter +
                                                " Reason: An ARN must have at least 6 elements, not " +
                                                std::to_string(parts.size()));
  if (parts[0] != "arn" || parts[2] != "sns")
    throw sn::errors::InvalidParameterException("Invalid parameter: " + parameter);
  std::string id = parts[5];
  for (std::size_t i = 6; i < parts.size(); ++i) id += ":" + parts[i];
  return {parts[4], parts[3], id};
}

state::Key Service::topic_key(const std::string& arn) { return parse_topic_arn(arn, "TopicArn"); }
state::Key Service::subscription_key(const std::string& arn) { return parse_topic_arn(arn, "SubscriptionArn"); }

const Topic* Service::find_topic(const std::string& arn) const {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "sns") return nullptr;
  return topics_.find(parsed->account, parsed->region, parsed->resource);
}

bool Service::topic_exists(const std::string& arn) const { return find_topic(arn) != nullptr; }

const Topic& Service::topic(const aws::Context& context, const std::string& arn, const std::string& action,
                            const iam::ConditionKeys& more) const {
  const state::Key key = topic_key(arn);
  if (key.region != context.region) throw sn::errors::InvalidParameterException("Invalid parameter: TopicArn");
  const Topic* found = topics_.find(key);
  const bool own = key.account == context.account;
  if (found == nullptr && own) throw sn::errors::NotFoundException("Topic does not exist");
  auto decision = iam::Decision::implicit_deny;
  if (found != nullptr) {
    iam::Request request{"sns:" + action,
                         arn,
                         context.identity.arn,
                         {{"aws:sourceowner", {context.account}},
                          {"aws:principalaccount", {context.account}},
                          {"aws:principalarn", {context.identity.arn}},
                          {"aws:sourceip", {context.source_ip}},
                          {"aws:useragent", {context.user_agent}},
                          {"aws:userid", {context.identity.user_id}},
                          {"aws:principalisawsservice", {"false"}},
                          {"aws:currenttime", {to_rfc3339(context.now)}}}};
    request.context.insert(more.begin(), more.end());
    decision = iam::parsed(found->attributes.at("Policy"), true).decide(request);
  }
  // Within an account the caller's own policies are enough; another account needs the topic's word.
  if (decision == iam::Decision::explicit_deny || (!own && decision != iam::Decision::allow))
    throw sn::errors::AuthorizationErrorException(
        "User: " + context.identity.arn + " is not authorized to perform: SNS:" + action + " on resource: " + arn +
        (decision == iam::Decision::explicit_deny
             ? " with an explicit deny in a resource-based policy"
             : " because no resource-based policy allows the SNS:" + action + " action"));
  return *found;
}

bool Service::lets_service_publish(const std::string& account, const std::string& topic_arn,
                                   const std::string& principal, const std::string& source_arn) const {
  const Topic* found = find_topic(topic_arn);
  if (found == nullptr) return false;
  iam::Request request{"sns:Publish",
                       topic_arn,
                       principal,
                       {{"aws:sourceaccount", {account}},
                        {"aws:principalisawsservice", {"true"}},
                        {"aws:principalservicename", {principal}},
                        {"aws:currenttime", {to_rfc3339(loop_.clock().now())}}}};
  if (!source_arn.empty()) request.context["aws:sourcearn"] = {source_arn};
  // CloudWatch speaks for the owner of the alarm, so that a topic's first policy lets it in; other services need
  // to be named. https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
  if (principal == "cloudwatch.amazonaws.com") request.context["aws:sourceowner"] = {account};
  return iam::parsed(found->attributes.at("Policy"), true).decide(request) == iam::Decision::allow;
}

std::string Service::publish_from_service(const std::string& account, const std::string& region,
                                          const std::string& topic_arn, const std::string& subject,
                                          const std::string& message, const std::string& principal,
                                          const std::string& source_arn) {
  const Topic* found = find_topic(topic_arn);
  if (found == nullptr || topic_key(topic_arn).region != region)
    throw sn::errors::NotFoundException("Topic does not exist");
  if (!lets_service_publish(account, topic_arn, principal, source_arn))
    throw sn::errors::AuthorizationErrorException(
        principal + " is not authorized to perform: SNS:Publish on resource: " + topic_arn);
  Publication publication;
  publication.message = message;
  if (!subject.empty()) publication.subject = subject;
  Published out;
  store_.call([&] { out = publish_to(*found, publication); });
  return out.message_id;
}

const Subscription& Service::subscription(const aws::Context& context, const std::string& arn) const {
  const state::Key key = subscription_key(arn);
  if (key.id.find(':') == std::string::npos)
    throw sn::errors::InvalidParameterException(
        "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not " +
        std::to_string(text::split(arn, ':').size()));
  const Subscription* found = subscriptions_.find(key);
  if (found == nullptr) throw sn::errors::NotFoundException("Subscription does not exist");
  if (!context.account.empty() && found->owner != context.account && key.account != context.account)
    throw sn::errors::AuthorizationErrorException("User: " + context.identity.arn +
                                                  " is not authorized to access this resource: " + arn);
  return *found;
}

std::vector<const Subscription*> Service::subscriptions_of(const std::string& topic_arn) const {
  const state::Key key = topic_key(topic_arn);
  std::vector<const Subscription*> out;
  for (const Subscription* row : subscriptions_.list(key.account, key.region))
    if (row->topic_arn == topic_arn) out.push_back(row);
  return out;
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  for (const Member& member : operation.input().members) {
    const std::string_view name = member.name;
    if (member.shape().kind != Kind::string) continue;
    const auto* value = static_cast<const std::string*>(member_value(member, request));
    if (value == nullptr) continue;
    if (name == "TopicArn" || name == "TargetArn" || name == "ResourceArn") return {*value};
    if (name == "SubscriptionArn") {
      const auto arn = Arn::parse(*value);
      if (arn) return {make_arn("sns", arn->region, arn->account, arn->resource.substr(0, arn->resource.find(':')))};
    }
    if (name == "Name") return {make_arn("sns", context.region, context.account, *value)};
  }
  return {"*"};
}

}  // namespace stratus::services::sns
