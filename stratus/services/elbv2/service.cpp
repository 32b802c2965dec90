#include "stratus/services/elbv2/service.h"

#include "stratus/core/arn.h"

namespace stratus::services::elbv2 {

std::string engine_id(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

state::Key key_of(const std::string& text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "elasticloadbalancing") return {"", "", text};
  return {arn->account, arn->region, text};
}

aws::Error validation_error(std::string message) { return aws::Error("ValidationError", 400, std::move(message)); }

Service::Service(Loop& loop, state::Store& store, Random& random, balancer::Balancer& balancer, Interfaces& interfaces,
                 Certificates* certificates)
    : Reconciler(loop, "elbv2", std::chrono::seconds(5)),
      loop_(loop),
      store_(store),
      random_(random),
      balancer_(balancer),
      interfaces_(interfaces),
      certificates_(certificates),
      load_balancers_(store, "elbv2_load_balancers"),
      target_groups_(store, "elbv2_target_groups"),
      listeners_(store, "elbv2_listeners"),
      rules_(store, "elbv2_rules"),
      leaving_(store, "elbv2_leaving") {}

const LoadBalancerRow& Service::load_balancer(const std::string& arn) const {
  const auto* row = load_balancers_.find(key_of(arn));
  if (row == nullptr) throw elb::errors::LoadBalancerNotFoundException("Load balancer '" + arn + "' not found");
  return *row;
}

const TargetGroupRow& Service::target_group(const std::string& arn) const {
  const auto* row = target_groups_.find(key_of(arn));
  if (row == nullptr) throw elb::errors::TargetGroupNotFoundException("Target group '" + arn + "' not found");
  return *row;
}

const ListenerRow& Service::listener(const std::string& arn) const {
  const auto* row = listeners_.find(key_of(arn));
  if (row == nullptr) throw elb::errors::ListenerNotFoundException("Listener '" + arn + "' not found");
  return *row;
}

const RuleRow& Service::rule(const std::string& arn) const {
  const auto* row = rules_.find(key_of(arn));
  if (row == nullptr) throw elb::errors::RuleNotFoundException("Rule '" + arn + "' not found");
  return *row;
}

std::vector<std::pair<state::Key, const ListenerRow*>> Service::listeners_of(
    const std::string& load_balancer_arn) const {
  std::vector<std::pair<state::Key, const ListenerRow*>> out;
  for (const auto& [key, row] : listeners_.all())
    if (row->value.load_balancer_arn == load_balancer_arn) out.emplace_back(key, row);
  return out;
}

std::vector<std::pair<state::Key, const RuleRow*>> Service::rules_of(const std::string& listener_arn) const {
  std::vector<std::pair<state::Key, const RuleRow*>> out;
  for (const auto& [key, row] : rules_.all())
    if (row->listener_arn == listener_arn) out.emplace_back(key, row);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::atoi(a.second->value.priority->c_str()) < std::atoi(b.second->value.priority->c_str());
  });
  return out;
}

std::vector<std::string> Service::users_of(const std::string& arn) const {
  std::set<std::string> users;
  const auto names = [&](const std::optional<std::vector<elb::Action>>& actions) {
    for (const auto& action : *actions)
      if (action.forward_config)
        for (const auto& group : *action.forward_config->target_groups)
          if (group.target_group_arn == arn) return true;
    return false;
  };
  for (const auto& [key, row] : listeners_.all())
    if (names(row->value.default_actions)) users.insert(*row->value.load_balancer_arn);
  for (const auto& [key, row] : rules_.all())
    if (names(row->value.actions)) users.insert(*listener(row->listener_arn).value.load_balancer_arn);
  return {users.begin(), users.end()};
}

elb::TargetGroup Service::view(const TargetGroupRow& row) const {
  elb::TargetGroup out = row.value;
  out.load_balancer_arns = users_of(*row.value.target_group_arn);
  return out;
}

elb::TargetHealth Service::health_of(const TargetGroupRow& row, const TargetRow& target) const {
  const std::string& arn = *row.value.target_group_arn;
  const auto users = users_of(arn);
  if (target.draining)
    return {.state = "draining",
            .reason = "Target.DeregistrationInProgress",
            .description = "Target deregistration is in progress"};
  if (users.empty())
    return {.state = "unused",
            .reason = "Target.NotInUse",
            .description = "Target group is not configured to receive traffic from the load balancer"};
  for (const auto& user : users)
    for (const auto& health : balancer_.health(engine_id(user), engine_id(arn)))
      if (health.target_id == target.address + ":" + std::to_string(target.port) &&
          health.state != balancer::State::draining) {
        elb::TargetHealth out{.state = std::string(balancer::name(health.state))};
        if (!health.reason.empty()) out.reason = health.reason;
        if (!health.description.empty()) out.description = health.description;
        return out;
      }
  return {
      .state = "initial", .reason = "Elb.RegistrationInProgress", .description = "Target registration is in progress"};
}

void Service::add_target(const std::string& arn, const TargetRow& target) {
  target_group(arn);
  target_groups_.update(key_of(arn), [&](TargetGroupRow& row) {
    for (auto& known : row.targets)
      if (known.address == target.address && known.port == target.port) {
        known = target;
        return;
      }
    row.targets.push_back(target);
  });
  touch_users(arn);
}

void Service::drain_target(const std::string& arn, const std::string& address, std::optional<std::int32_t> port) {
  const TargetGroupRow& group = target_group(arn);
  const auto delay =
      std::chrono::seconds(std::atoi(group.attributes.at("deregistration_delay.timeout_seconds").c_str()));
  bool found = false;
  target_groups_.update(key_of(arn), [&](TargetGroupRow& row) {
    for (auto& target : row.targets) {
      if (target.address != address || (port && target.port != *port) || target.draining) continue;
      target.draining = true;
      target.until = loop_.clock().now() + std::chrono::duration_cast<Duration>(delay);
      found = true;
    }
  });
  if (!found) return;
  touch_users(arn);
  store_.after_commit([this] { wake(); });
}

void Service::register_target(const std::string& arn, const std::string& ip, int port, const std::string& zone) {
  store_.call([&] { add_target(arn, {.address = ip, .port = port, .zone = zone}); });
}

void Service::deregister_target(const std::string& arn, const std::string& ip, int port) {
  store_.call([&] { drain_target(arn, ip, port); });
}

std::string Service::target_health(const std::string& arn, const std::string& ip, int port) const {
  const auto* row = target_groups_.find(key_of(arn));
  if (row == nullptr) return "unused";
  for (const auto& target : row->targets)
    if (target.address == ip && target.port == port) return *health_of(*row, target).state;
  return "unused";
}

bool Service::target_group_exists(const std::string& arn) const { return target_groups_.find(key_of(arn)) != nullptr; }

bool Service::has_listener(const std::string& arn) const { return !users_of(arn).empty(); }

std::vector<Name> Service::names() const {
  std::vector<Name> out;
  for (const auto& [key, row] : load_balancers_.all()) {
    Name name{.dns_name = *row->value.dns_name,
              .arn = key.id,
              .balancer_id = engine_id(key.id),
              .hosted_zone_id = row->value.canonical_hosted_zone_id.value_or("")};
    for (const auto& node : row->nodes) {
      name.private_addresses.push_back(node.private_address);
      name.addresses.push_back(row->value.scheme == "internal" || node.public_address.empty() ? node.private_address
                                                                                              : node.public_address);
    }
    out.push_back(std::move(name));
  }
  return out;
}

std::vector<GroupName> Service::groups_of(const std::string& load_balancer_arn) const {
  std::vector<GroupName> out;
  for (const auto& [key, row] : target_groups_.all()) {
    const auto users = users_of(key.id);
    if (std::find(users.begin(), users.end(), load_balancer_arn) == users.end()) continue;
    GroupName group{.arn = key.id, .group_id = engine_id(key.id), .zones = {}};
    for (const auto& target : row->targets)
      group.zones[target.address + ":" + std::to_string(target.port)] = target.zone;
    out.push_back(std::move(group));
  }
  return out;
}

std::size_t Service::most_rules(const std::string& load_balancer_arn) const {
  std::size_t most = 0;
  for (const auto& [key, row] : listeners_of(load_balancer_arn)) most = std::max(most, rules_of(key.id).size());
  return most;
}

bool Service::serves(const std::string& load_balancer_arn) const {
  for (const auto& [key, group] : target_groups_.all()) {
    const auto users = users_of(key.id);
    if (group->targets.empty() || std::find(users.begin(), users.end(), load_balancer_arn) == users.end()) continue;
    if (std::none_of(group->targets.begin(), group->targets.end(),
                     [&, row = group](const TargetRow& target) { return health_of(*row, target).state == "healthy"; }))
      return false;
  }
  return true;
}

std::vector<std::string> Service::certificate_users(const std::string& certificate_arn) const {
  std::set<std::string> users;
  for (const auto& [key, row] : listeners_.all()) {
    const auto& own = row->value.certificates;
    const bool uses = (own && !own->empty() && own->front().certificate_arn == certificate_arn) ||
                      std::find(row->extra_certificates.begin(), row->extra_certificates.end(), certificate_arn) !=
                          row->extra_certificates.end();
    if (uses) users.insert(*row->value.load_balancer_arn);
  }
  return {users.begin(), users.end()};
}

void Service::certificate_changed(const std::string& certificate_arn) {
  for (const auto& user : certificate_users(certificate_arn)) touch(user);
}

std::vector<std::string> Service::resources(const aws::Context&, const aws::Operation& operation, const void* request) {
  std::vector<std::string> out;
  for (const Member& member : operation.input().members) {
    const std::string_view name = member.name;
    const void* value = member_value(member, request);
    if (value == nullptr) continue;
    if (name == "ResourceArns")
      out = *static_cast<const std::vector<std::string>*>(value);
    else if (name.ends_with("Arn") && member.shape().kind == Kind::string &&
             !std::string_view(operation.name).starts_with("Describe"))
      out.push_back(*static_cast<const std::string*>(value));
  }
  return out.empty() ? std::vector<std::string>{"*"} : out;
}

}  // namespace stratus::services::elbv2
