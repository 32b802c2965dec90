#include "stratus/core/text.h"
#include "stratus/services/elbv2/service.h"

namespace stratus::services::elbv2 {
namespace {

constexpr std::size_t kMaxCertificates = 25;

void check_protocol(const std::string& protocol) {
  if (protocol != "HTTP" && protocol != "HTTPS")
    throw validation_error("Listener protocol '" + protocol + "' must be one of 'HTTP, HTTPS'");
}

void check_policy(const std::string& policy) {
  const auto known = balancer::tls_policies();
  if (std::find(known.begin(), known.end(), policy) == known.end())
    throw elb::errors::SSLPolicyNotFoundException("SSL policy '" + policy + "' not found");
}

void check_status(const std::string& status) {
  if (status.size() != 3 || status.find_first_not_of("0123456789") != std::string::npos ||
      std::string_view("245").find(status[0]) == std::string_view::npos)
    throw elb::errors::InvalidLoadBalancerActionException("The status code '" + status + "' must be 2XX, 4XX or 5XX");
}

}  // namespace

void Service::check_certificates(const aws::Context& context, const std::vector<elb::Certificate>& certificates) const {
  for (const auto& certificate : certificates) {
    const std::string arn = certificate.certificate_arn.value_or("");
    if (certificates_ == nullptr)
      throw elb::errors::CertificateNotFoundException("Certificate '" + arn + "' not found");
    certificates_->pem(context.account, context.region, arn);
  }
}

void Service::check_actions(const aws::Context& context, const std::string& load_balancer_arn,
                            std::vector<elb::Action>& actions) const {
  if (actions.empty()) throw validation_error("An action must be specified");
  for (auto& action : actions) {
    const std::string type = action.type.value_or("");
    if (type.starts_with("authenticate-") || type == "jwt-validation") throw aws::not_implemented("Action: " + type);
    if (&action != &actions.back())
      throw elb::errors::TooManyActionsException(
          "Only the last action may be a forward, redirect or fixed-response action");
    if (type == "forward") {
      if (!action.forward_config || !action.forward_config->target_groups ||
          action.forward_config->target_groups->empty()) {
        if (!action.target_group_arn)
          throw elb::errors::InvalidLoadBalancerActionException(
              "A target group ARN must be specified for a forward action");
        action.forward_config =
            elb::ForwardActionConfig{.target_groups = {{{.target_group_arn = action.target_group_arn, .weight = 1}}}};
      }
      auto& config = *action.forward_config;
      if (config.target_groups->size() > 5)
        throw elb::errors::InvalidLoadBalancerActionException("At most 5 target groups may be specified");
      for (auto& group : *config.target_groups) {
        if (!group.weight) group.weight = 1;
        if (*group.weight < 0 || *group.weight > 999) throw validation_error("Weight must be between 0 and 999");
        const std::string arn = group.target_group_arn.value_or("");
        const auto& value = target_group(arn).value;
        if (value.vpc_id != load_balancer(load_balancer_arn).value.vpc_id)
          throw elb::errors::InvalidConfigurationRequestException("The target group '" + arn +
                                                                  "' is in another VPC than the load balancer");
        for (const auto& user : users_of(arn))
          if (user != load_balancer_arn)
            throw elb::errors::TargetGroupAssociationLimitException(
                "The following target groups cannot be associated with more than one load balancer: " + arn);
      }
      if (config.target_groups->size() == 1)
        action.target_group_arn = config.target_groups->front().target_group_arn;
      else
        action.target_group_arn.reset();
      if (!config.target_group_stickiness_config)
        config.target_group_stickiness_config = elb::TargetGroupStickinessConfig{.enabled = false};
    } else if (type == "redirect") {
      if (!action.redirect_config)
        throw elb::errors::InvalidLoadBalancerActionException("A redirect action needs a RedirectConfig");
      auto& redirect = *action.redirect_config;
      if (!redirect.protocol) redirect.protocol = "#{protocol}";
      if (!redirect.host) redirect.host = "#{host}";
      if (!redirect.port) redirect.port = "#{port}";
      if (!redirect.path) redirect.path = "/#{path}";
      if (!redirect.query) redirect.query = "#{query}";
      if (*redirect.protocol != "HTTP" && *redirect.protocol != "HTTPS" && *redirect.protocol != "#{protocol}")
        throw elb::errors::InvalidLoadBalancerActionException(
            "The redirect protocol must be HTTP, HTTPS or #{protocol}");
      if (*redirect.protocol == "#{protocol}" && *redirect.host == "#{host}" && *redirect.port == "#{port}" &&
          *redirect.path == "/#{path}" && *redirect.query == "#{query}")
        throw elb::errors::InvalidLoadBalancerActionException(
            "The redirect configuration is not valid because it creates a loop.");
    } else if (type == "fixed-response") {
      if (!action.fixed_response_config)
        throw elb::errors::InvalidLoadBalancerActionException("A fixed-response action needs a FixedResponseConfig");
      check_status(action.fixed_response_config->status_code.value_or(""));
      static const std::set<std::string> types = {"text/plain", "text/css", "text/html", "application/javascript",
                                                  "application/json"};
      if (const auto& content = action.fixed_response_config->content_type; content && !types.contains(*content))
        throw elb::errors::InvalidLoadBalancerActionException(
            "The ContentType must be one of:'text/html','application/json','application/javascript','text/css',"
            "'text/plain'");
    } else {
      throw elb::errors::InvalidLoadBalancerActionException("Action type '" + type +
                                                            "' must be one of forward, redirect, fixed-response");
    }
  }
  (void)context;
}

elb::CreateListenerOutput Service::create_listener(aws::Context& context, const elb::CreateListenerInput& request) {
  const std::string& owner = *request.load_balancer_arn;
  load_balancer(owner);
  if (!request.port) throw validation_error("A listener port must be specified");
  if (!request.protocol) throw validation_error("A listener protocol must be specified");
  check_protocol(*request.protocol);
  if (*request.port < 1 || *request.port > 65535)
    throw validation_error("Port '" + std::to_string(*request.port) + "' must be between 1 and 65535 inclusive");
  if (request.mutual_authentication && request.mutual_authentication->mode.value_or("off") != "off")
    throw aws::not_implemented("CreateListener: MutualAuthentication " + *request.mutual_authentication->mode);
  if (request.alpn_policy && !request.alpn_policy->empty())
    throw validation_error("ALPN policies are not supported for application load balancers");
  for (const auto& [key, row] : listeners_of(owner))
    if (row->value.port == request.port)
      throw elb::errors::DuplicateListenerException("A listener already exists on this port for this load balancer '" +
                                                    owner + "'");
  const std::string path = owner.substr(owner.find("loadbalancer/") + 13),
                    prefix = owner.substr(0, owner.find("loadbalancer/"));
  const std::string id = random_.hex(16);
  ListenerRow row;
  auto& value = row.value;
  value.listener_arn = prefix + "listener/" + path + "/" + id;
  value.load_balancer_arn = owner;
  value.port = request.port;
  value.protocol = request.protocol;
  value.default_actions = request.default_actions;
  check_actions(context, owner, *value.default_actions);
  if (*request.protocol == "HTTPS") {
    if (!request.certificates || request.certificates->empty())
      throw validation_error("A certificate must be specified for HTTPS listeners");
    if (request.certificates->size() != 1)
      throw validation_error("Exactly one certificate must be specified for HTTPS listeners");
    check_certificates(context, *request.certificates);
    value.certificates = {{{.certificate_arn = request.certificates->front().certificate_arn}}};
    value.ssl_policy = request.ssl_policy.value_or("ELBSecurityPolicy-2016-08");
    check_policy(*value.ssl_policy);
    value.mutual_authentication = elb::MutualAuthenticationAttributes{.mode = "off"};
  } else if ((request.certificates && !request.certificates->empty()) || request.ssl_policy) {
    throw elb::errors::InvalidConfigurationRequestException(
        "A certificate or SSL policy cannot be specified for HTTP listeners");
  }
  row.default_rule_arn = prefix + "listener-rule/" + path + "/" + id + "/" + random_.hex(16);
  for (const auto& tag : request.tags.value_or(std::vector<elb::Tag>{}))
    row.tags[tag.key.value_or("")] = tag.value.value_or("");
  elb::CreateListenerOutput out{.listeners = {{value}}};
  listeners_.put(key_of(*value.listener_arn), row);
  touch(owner);
  return out;
}

elb::DescribeListenersOutput Service::describe_listeners(aws::Context&, const elb::DescribeListenersInput& request) {
  std::vector<elb::Listener> found;
  if (request.listener_arns && !request.listener_arns->empty()) {
    for (const auto& arn : *request.listener_arns) found.push_back(listener(arn).value);
  } else {
    if (!request.load_balancer_arn)
      throw validation_error("You must specify either listener ARNs or a load balancer ARN");
    load_balancer(*request.load_balancer_arn);
    for (const auto& [key, row] : listeners_of(*request.load_balancer_arn)) found.push_back(row->value);
  }
  elb::DescribeListenersOutput out;
  out.listeners = page(std::move(found), request.marker, request.page_size, out.next_marker);
  return out;
}

elb::ModifyListenerOutput Service::modify_listener(aws::Context& context, const elb::ModifyListenerInput& request) {
  const std::string& arn = *request.listener_arn;
  ListenerRow row = listener(arn);
  auto& value = row.value;
  const std::string owner = *value.load_balancer_arn;
  if (request.mutual_authentication && request.mutual_authentication->mode.value_or("off") != "off")
    throw aws::not_implemented("ModifyListener: MutualAuthentication " + *request.mutual_authentication->mode);
  if (request.port) {
    for (const auto& [key, other] : listeners_of(owner))
      if (other->value.port == request.port && key.id != arn)
        throw elb::errors::DuplicateListenerException(
            "A listener already exists on this port for this load balancer '" + owner + "'");
    value.port = request.port;
  }
  if (request.protocol) {
    check_protocol(*request.protocol);
    value.protocol = request.protocol;
  }
  if (request.certificates && !request.certificates->empty()) {
    if (request.certificates->size() != 1)
      throw elb::errors::TooManyCertificatesException("Exactly one certificate may be specified");
    check_certificates(context, *request.certificates);
    value.certificates = {{{.certificate_arn = request.certificates->front().certificate_arn}}};
  }
  if (request.ssl_policy) {
    check_policy(*request.ssl_policy);
    value.ssl_policy = request.ssl_policy;
  }
  if (*value.protocol == "HTTPS") {
    if (!value.certificates || value.certificates->empty())
      throw validation_error("A certificate must be specified for HTTPS listeners");
    if (!value.ssl_policy) value.ssl_policy = "ELBSecurityPolicy-2016-08";
    value.mutual_authentication = elb::MutualAuthenticationAttributes{.mode = "off"};
  } else {
    value.certificates.reset();
    value.ssl_policy.reset();
    value.mutual_authentication.reset();
    row.extra_certificates.clear();
  }
  if (request.default_actions && !request.default_actions->empty()) {
    value.default_actions = request.default_actions;
    check_actions(context, owner, *value.default_actions);
  }
  elb::ModifyListenerOutput out{.listeners = {{value}}};
  listeners_.put(key_of(arn), std::move(row));
  touch(owner);
  return out;
}

elb::DeleteListenerOutput Service::delete_listener(aws::Context&, const elb::DeleteListenerInput& request) {
  const std::string& arn = *request.listener_arn;
  const std::string owner = *listener(arn).value.load_balancer_arn;
  for (const auto& [key, row] : rules_of(arn)) rules_.erase(key);
  listeners_.erase(key_of(arn));
  touch(owner);
  return {};
}

elb::AddListenerCertificatesOutput Service::add_listener_certificates(
    aws::Context& context, const elb::AddListenerCertificatesInput& request) {
  const std::string& arn = *request.listener_arn;
  const ListenerRow& row = listener(arn);
  if (row.value.protocol != "HTTPS")
    throw elb::errors::UnsupportedProtocolException("Certificates can only be added to HTTPS listeners");
  if (request.certificates->empty()) throw validation_error("A certificate must be specified");
  check_certificates(context, *request.certificates);
  std::set<std::string> all(row.extra_certificates.begin(), row.extra_certificates.end());
  for (const auto& certificate : *request.certificates) all.insert(*certificate.certificate_arn);
  if (all.size() > kMaxCertificates)
    throw elb::errors::TooManyCertificatesException(
        "A listener can have at most 25 certificates besides the default one");
  listeners_.update(key_of(arn), [&](ListenerRow& changed) {
    for (const auto& certificate : *request.certificates)
      if (std::find(changed.extra_certificates.begin(), changed.extra_certificates.end(),
                    *certificate.certificate_arn) == changed.extra_certificates.end())
        changed.extra_certificates.push_back(*certificate.certificate_arn);
  });
  touch(*listener(arn).value.load_balancer_arn);
  elb::AddListenerCertificatesOutput out{.certificates = std::vector<elb::Certificate>{}};
  for (const auto& certificate : *request.certificates)
    out.certificates->push_back({.certificate_arn = certificate.certificate_arn, .is_default = false});
  return out;
}

elb::RemoveListenerCertificatesOutput Service::remove_listener_certificates(
    aws::Context&, const elb::RemoveListenerCertificatesInput& request) {
  const std::string& arn = *request.listener_arn;
  const auto& own = listener(arn).value.certificates;
  for (const auto& certificate : *request.certificates)
    if (own && !own->empty() && own->front().certificate_arn == certificate.certificate_arn)
      throw elb::errors::OperationNotPermittedException("The default certificate of a listener cannot be removed");
  listeners_.update(key_of(arn), [&](ListenerRow& changed) {
    for (const auto& certificate : *request.certificates)
      std::erase(changed.extra_certificates, certificate.certificate_arn.value_or(""));
  });
  touch(*listener(arn).value.load_balancer_arn);
  return {};
}

elb::DescribeListenerCertificatesOutput Service::describe_listener_certificates(
    aws::Context&, const elb::DescribeListenerCertificatesInput& request) {
  const ListenerRow& row = listener(*request.listener_arn);
  std::vector<elb::Certificate> found;
  for (const auto& certificate : row.value.certificates.value_or(std::vector<elb::Certificate>{}))
    found.push_back({.certificate_arn = certificate.certificate_arn, .is_default = true});
  for (const auto& arn : row.extra_certificates) found.push_back({.certificate_arn = arn, .is_default = false});
  elb::DescribeListenerCertificatesOutput out;
  out.certificates = page(std::move(found), request.marker, request.page_size, out.next_marker);
  return out;
}

elb::DescribeSSLPoliciesOutput Service::describe_ssl_policies(aws::Context&,
                                                              const elb::DescribeSSLPoliciesInput& request) {
  std::vector<elb::SslPolicy> found;
  if (request.names)
    for (const auto& name : *request.names) check_policy(name);
  for (const auto& name : balancer::tls_policies()) {
    if (request.names && !request.names->empty() &&
        std::find(request.names->begin(), request.names->end(), name) == request.names->end())
      continue;
    std::vector<std::string> protocols;
    const bool tls13 = name.find("TLS13") != std::string::npos, only13 = name.find("TLS13-1-3") != std::string::npos;
    if (name == "ELBSecurityPolicy-2016-08" || name.find("TLS13-1-0") != std::string::npos)
      protocols = {"TLSv1", "TLSv1.1"};
    if (name.find("TLS13-1-1") != std::string::npos || name.find("TLS-1-1") != std::string::npos ||
        name.find("FS-1-1") != std::string::npos)
      protocols = {"TLSv1.1"};
    if (!only13) protocols.emplace_back("TLSv1.2");
    if (tls13) protocols.emplace_back("TLSv1.3");
    std::vector<elb::Cipher> listed;
    for (const auto& cipher : balancer::tls_ciphers(name))
      listed.push_back({.name = cipher, .priority = static_cast<std::int32_t>(listed.size() + 1)});
    found.push_back({.ssl_protocols = protocols,
                     .ciphers = std::move(listed),
                     .name = name,
                     .supported_load_balancer_types = {{"application"}}});
  }
  elb::DescribeSSLPoliciesOutput out;
  out.ssl_policies = page(std::move(found), request.marker, request.page_size, out.next_marker);
  return out;
}

}  // namespace stratus::services::elbv2
