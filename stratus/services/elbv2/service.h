// Elastic Load Balancing v2: Application Load Balancers.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/services/elbv2/ports.h"
#include "stratus/services/elbv2/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::elbv2 {

/// A load balancer's name and where it leads, for DNS and for metrics.
struct Name {
  std::string dns_name;
  std::vector<std::string> addresses;  ///< public ones, or the private ones of an internal load balancer
  std::vector<std::string> private_addresses;
  std::string arn;
  std::string balancer_id;  ///< for Balancer::stats
  std::string hosted_zone_id;
};

/// A target group that a load balancer uses, for metrics.
struct GroupName {
  std::string arn, group_id;                 ///< `group_id` as in balancer::Counters
  std::map<std::string, std::string> zones;  ///< of its targets, by "address:port"
};

class Service final : public elb::Operations, private Reconciler {
 public:
  /// `certificates` may be null: then no HTTPS listener finds its certificate.
  Service(Loop& loop, state::Store& store, Random& random, balancer::Balancer& balancer, Interfaces& interfaces,
          Certificates* certificates);

  /// Adopts what runs and keeps it as it is recorded.
  void start();

  // For ECS. Unknown target groups throw TargetGroupNotFound.
  void register_target(const std::string& target_group_arn, const std::string& ip, int port, const std::string& zone);
  /// Draining for the group's deregistration delay, or until no connection is left; then gone.
  void deregister_target(const std::string& target_group_arn, const std::string& ip, int port);
  /// "initial", "healthy", "unhealthy", "draining"; "unused" also where it is not registered.
  std::string target_health(const std::string& target_group_arn, const std::string& ip, int port) const;
  bool target_group_exists(const std::string& target_group_arn) const;
  /// Whether a listener or rule sends requests to the group.
  bool has_listener(const std::string& target_group_arn) const;
  /// Every later change of a registered target's state; "unused" when it is gone.
  using HealthHandler = std::function<void(const std::string& target_group_arn, const std::string& ip, int port,
                                           const std::string& state)>;
  void on_target_health(HealthHandler handler) { health_handlers_.push_back(std::move(handler)); }

  std::vector<Name> names() const;
  std::vector<GroupName> groups_of(const std::string& load_balancer_arn) const;
  /// The most rules, without the default one, that a listener of the load balancer has.
  std::size_t most_rules(const std::string& load_balancer_arn) const;
  /// As Route 53 sees it: each target group of the load balancer that has targets has a healthy one.
  bool serves(const std::string& load_balancer_arn) const;
  void on_names_changed(std::function<void()> handler) { name_handlers_.push_back(std::move(handler)); }
  /// A certificate was renewed: listeners that serve it take the new one.
  void certificate_changed(const std::string& certificate_arn);
  /// ARNs of the load balancers whose listeners serve the certificate.
  std::vector<std::string> certificate_users(const std::string& certificate_arn) const;

  elb::AddListenerCertificatesOutput add_listener_certificates(aws::Context&,
                                                               const elb::AddListenerCertificatesInput&) override;
  elb::AddTagsOutput add_tags(aws::Context&, const elb::AddTagsInput&) override;
  elb::CreateListenerOutput create_listener(aws::Context&, const elb::CreateListenerInput&) override;
  elb::CreateLoadBalancerOutput create_load_balancer(aws::Context&, const elb::CreateLoadBalancerInput&) override;
  elb::CreateRuleOutput create_rule(aws::Context&, const elb::CreateRuleInput&) override;
  elb::CreateTargetGroupOutput create_target_group(aws::Context&, const elb::CreateTargetGroupInput&) override;
  elb::DeleteListenerOutput delete_listener(aws::Context&, const elb::DeleteListenerInput&) override;
  elb::DeleteLoadBalancerOutput delete_load_balancer(aws::Context&, const elb::DeleteLoadBalancerInput&) override;
  elb::DeleteRuleOutput delete_rule(aws::Context&, const elb::DeleteRuleInput&) override;
  elb::DeleteTargetGroupOutput delete_target_group(aws::Context&, const elb::DeleteTargetGroupInput&) override;
  elb::DeregisterTargetsOutput deregister_targets(aws::Context&, const elb::DeregisterTargetsInput&) override;
  elb::DescribeAccountLimitsOutput describe_account_limits(aws::Context&,
                                                           const elb::DescribeAccountLimitsInput&) override;
  elb::DescribeCapacityReservationOutput describe_capacity_reservation(
      aws::Context&, const elb::DescribeCapacityReservationInput&) override;
  elb::DescribeListenerAttributesOutput describe_listener_attributes(
      aws::Context&, const elb::DescribeListenerAttributesInput&) override;
  elb::DescribeListenerCertificatesOutput describe_listener_certificates(
      aws::Context&, const elb::DescribeListenerCertificatesInput&) override;
  elb::DescribeListenersOutput describe_listeners(aws::Context&, const elb::DescribeListenersInput&) override;
  elb::DescribeLoadBalancerAttributesOutput describe_load_balancer_attributes(
      aws::Context&, const elb::DescribeLoadBalancerAttributesInput&) override;
  elb::DescribeLoadBalancersOutput describe_load_balancers(aws::Context&,
                                                           const elb::DescribeLoadBalancersInput&) override;
  elb::DescribeRulesOutput describe_rules(aws::Context&, const elb::DescribeRulesInput&) override;
  elb::DescribeSSLPoliciesOutput describe_ssl_policies(aws::Context&, const elb::DescribeSSLPoliciesInput&) override;
  elb::DescribeTagsOutput describe_tags(aws::Context&, const elb::DescribeTagsInput&) override;
  elb::DescribeTargetGroupAttributesOutput describe_target_group_attributes(
      aws::Context&, const elb::DescribeTargetGroupAttributesInput&) override;
  elb::DescribeTargetGroupsOutput describe_target_groups(aws::Context&, const elb::DescribeTargetGroupsInput&) override;
  elb::DescribeTargetHealthOutput describe_target_health(aws::Context&, const elb::DescribeTargetHealthInput&) override;
  elb::ModifyListenerOutput modify_listener(aws::Context&, const elb::ModifyListenerInput&) override;
  elb::ModifyListenerAttributesOutput modify_listener_attributes(aws::Context&,
                                                                 const elb::ModifyListenerAttributesInput&) override;
  elb::ModifyLoadBalancerAttributesOutput modify_load_balancer_attributes(
      aws::Context&, const elb::ModifyLoadBalancerAttributesInput&) override;
  elb::ModifyRuleOutput modify_rule(aws::Context&, const elb::ModifyRuleInput&) override;
  elb::ModifyTargetGroupOutput modify_target_group(aws::Context&, const elb::ModifyTargetGroupInput&) override;
  elb::ModifyTargetGroupAttributesOutput modify_target_group_attributes(
      aws::Context&, const elb::ModifyTargetGroupAttributesInput&) override;
  elb::RegisterTargetsOutput register_targets(aws::Context&, const elb::RegisterTargetsInput&) override;
  elb::RemoveListenerCertificatesOutput remove_listener_certificates(
      aws::Context&, const elb::RemoveListenerCertificatesInput&) override;
  elb::RemoveTagsOutput remove_tags(aws::Context&, const elb::RemoveTagsInput&) override;
  elb::SetIpAddressTypeOutput set_ip_address_type(aws::Context&, const elb::SetIpAddressTypeInput&) override;
  elb::SetRulePrioritiesOutput set_rule_priorities(aws::Context&, const elb::SetRulePrioritiesInput&) override;
  elb::SetSecurityGroupsOutput set_security_groups(aws::Context&, const elb::SetSecurityGroupsInput&) override;
  elb::SetSubnetsOutput set_subnets(aws::Context&, const elb::SetSubnetsInput&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  void reconcile() override;

  // Rows by ARN; each throws its own NotFound.
  const LoadBalancerRow& load_balancer(const std::string& arn) const;
  const TargetGroupRow& target_group(const std::string& arn) const;
  const ListenerRow& listener(const std::string& arn) const;
  const RuleRow& rule(const std::string& arn) const;
  std::map<std::string, std::string> tags(const std::string& arn) const;
  void change_tags(const std::string& arn, const std::function<void(std::map<std::string, std::string>&)>& change);

  std::vector<std::pair<state::Key, const ListenerRow*>> listeners_of(const std::string& load_balancer_arn) const;
  std::vector<std::pair<state::Key, const RuleRow*>> rules_of(const std::string& listener_arn) const;
  /// Load balancers whose listeners or rules forward to the group.
  std::vector<std::string> users_of(const std::string& target_group_arn) const;
  void check_actions(const aws::Context&, const std::string& load_balancer_arn,
                     std::vector<elb::Action>& actions) const;
  void check_certificates(const aws::Context&, const std::vector<elb::Certificate>& certificates) const;
  elb::Rule default_rule(const ListenerRow& row) const;
  elb::TargetGroup view(const TargetGroupRow& row) const;
  elb::TargetHealth health_of(const TargetGroupRow& row, const TargetRow& target) const;
  std::vector<NodeRow> make_nodes(const aws::Context&, const std::vector<std::string>& subnets,
                                  const std::vector<std::string>& groups, const std::string& name,
                                  bool internet_facing);
  void add_target(const std::string& arn, const TargetRow& target);
  void drain_target(const std::string& arn, const std::string& address, std::optional<std::int32_t> port);

  // The controller.
  /// The engine's model of a load balancer; throws aws::Error where a certificate cannot be had.
  balancer::LoadBalancer engine_model(const state::Key& key, const LoadBalancerRow& row) const;
  balancer::TargetGroup engine_group(const TargetGroupRow& row) const;
  /// Applies the load balancer again once what changed is durable.
  void touch(const std::string& load_balancer_arn);
  void touch_users(const std::string& target_group_arn);
  void await_nodes(const LoadBalancerRow& row);
  void apply(const state::Key& key);
  void applied(const state::Key& key, const Result<>& result);
  void end_leaving();
  /// Processes without a record: what a reset of the state left.
  void end_orphans();
  void end_draining();
  void health_changed(const balancer::HealthChange& change);
  void tell_health(const std::string& arn, const std::string& address, int port, const std::string& state);
  void names_changed();

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  balancer::Balancer& balancer_;
  Interfaces& interfaces_;
  Certificates* certificates_;
  state::Table<LoadBalancerRow> load_balancers_;
  state::Table<TargetGroupRow> target_groups_;
  state::Table<ListenerRow> listeners_;
  state::Table<RuleRow> rules_;
  state::Table<LeavingRow> leaving_;
  std::vector<HealthHandler> health_handlers_;
  std::vector<std::function<void()>> name_handlers_;
  bool started_ = false;
  std::set<std::string> dirty_, applying_, removing_;
  std::set<std::string> ready_enis_, awaited_enis_;
};

/// The sixteen digits that end a load balancer's or a target group's ARN: their id in the engine.
std::string engine_id(const std::string& arn);
state::Key key_of(const std::string& arn);
const std::map<std::string, std::string>& load_balancer_attribute_defaults();
const std::map<std::string, std::string>& target_group_attribute_defaults();
std::map<std::string, std::string> listener_attribute_defaults(bool https);
aws::Error validation_error(std::string message);

/// One page of `items`; the marker counts.
template <class Item>
std::vector<Item> page(std::vector<Item> items, const std::optional<std::string>& marker,
                       std::optional<std::int32_t> size, std::optional<std::string>& next) {
  std::size_t from = 0;
  if (marker && !marker->empty()) {
    if (marker->size() > 9 || marker->find_first_not_of("0123456789") != std::string::npos)
      throw validation_error("Invalid marker '" + *marker + "'");
    from = std::min<std::size_t>(std::stoul(*marker), items.size());
  }
  const std::size_t to = std::min(items.size(), from + static_cast<std::size_t>(size.value_or(400)));
  if (to < items.size()) next = std::to_string(to);
  return {items.begin() + static_cast<std::ptrdiff_t>(from), items.begin() + static_cast<std::ptrdiff_t>(to)};
}

}  // namespace stratus::services::elbv2
