// Changes of security group rules in place, and who refers to a group.
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/ipv6.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {
namespace {

[[noreturn]] void no_rule(const std::string& id) {
  throw aws::Error("InvalidSecurityGroupRuleId.NotFound", 400,
                   "The security group rule ID '" + id + "' does not exist");
}

}  // namespace

e::ModifySecurityGroupRulesResult Service::modify_security_group_rules(
    aws::Context& context, const e::ModifySecurityGroupRulesRequest& request) {
  SecurityGroup row = group(context, *request.group_id);
  for (const auto& update : *request.security_group_rules) {
    const std::string id = update.security_group_rule_id.value_or("");
    const auto found = std::find_if(row.rules.begin(), row.rules.end(), [&](const GroupRule& r) { return r.id == id; });
    if (found == row.rules.end()) no_rule(id);
    if (!update.security_group_rule) continue;
    const auto& wanted = *update.security_group_rule;
    const int peers = (wanted.cidr_ipv4 ? 1 : 0) + (wanted.cidr_ipv6 ? 1 : 0) + (wanted.referenced_group_id ? 1 : 0) +
                      (wanted.prefix_list_id ? 1 : 0);
    if (peers != 1)
      throw aws::Error("InvalidParameterCombination", 400,
                       "Exactly one source or destination must be specified for a security group rule");
    GroupRule changed{.id = found->id, .egress = found->egress};
    changed.protocol = wanted.ip_protocol.value_or("");
    if (changed.protocol == "6") changed.protocol = "tcp";
    if (changed.protocol == "17") changed.protocol = "udp";
    if (changed.protocol == "1") changed.protocol = "icmp";
    if (changed.protocol == "58") changed.protocol = "icmpv6";
    if (changed.protocol != "-1") {
      changed.from_port = wanted.from_port;
      changed.to_port = wanted.to_port;
    }
    if (wanted.cidr_ipv4) {
      const auto cidr = parse_cidr(*wanted.cidr_ipv4);
      if (!cidr) throw aws::Error("InvalidParameterValue", 400, "CIDR block " + *wanted.cidr_ipv4 + " is malformed");
      changed.cidr = cidr->text();
    } else if (wanted.cidr_ipv6) {
      const auto block = ipv6_block(*wanted.cidr_ipv6);
      if (!block) throw aws::Error("InvalidParameterValue", 400, "CIDR block " + *wanted.cidr_ipv6 + " is malformed");
      changed.cidr = *block;
    } else if (wanted.prefix_list_id) {
      changed.prefix_list_id = prefix_list(context, *wanted.prefix_list_id).id;
    } else {
      check_peer_group(context, *wanted.referenced_group_id, row.vpc_id);
      changed.group_id = *wanted.referenced_group_id;
    }
    changed.description = wanted.description.value_or("");
    *found = std::move(changed);
  }
  groups_.update({context.account, context.region, row.id}, [&](SecurityGroup& g) { g.rules = row.rules; });
  mark(context.account, context.region, row.vpc_id);
  return {.return_ = true};
}

/// By rule id, or by permissions whose peers carry the new descriptions.
void Service::describe_rules(const aws::Context& context, const std::optional<std::string>& group_id, bool egress,
                             const std::optional<std::vector<e::IpPermission>>& permissions,
                             const std::optional<std::vector<e::SecurityGroupRuleDescription>>& descriptions) {
  if (!group_id) throw aws::Error("MissingParameter", 400, "The request must contain the parameter groupId");
  SecurityGroup row = group(context, *group_id);
  if (descriptions)
    for (const auto& given : *descriptions) {
      const std::string id = given.security_group_rule_id.value_or("");
      const auto found = std::find_if(row.rules.begin(), row.rules.end(),
                                      [&](const GroupRule& r) { return r.id == id && r.egress == egress; });
      if (found == row.rules.end()) no_rule(id);
      found->description = given.description.value_or("");
    }
  const auto set = [&](const e::IpPermission& permission, const std::string& cidr, const std::string& peer,
                       const std::optional<std::string>& description) {
    for (GroupRule& rule : row.rules)
      if (rule.egress == egress && rule.protocol == permission.ip_protocol.value_or("-1") && rule.cidr == cidr &&
          rule.group_id + rule.prefix_list_id == peer &&
          (rule.protocol == "-1" || (rule.from_port == permission.from_port && rule.to_port == permission.to_port))) {
        rule.description = description.value_or("");
        return;
      }
    throw aws::Error("InvalidPermission.NotFound", 400, "The specified rule does not exist in this security group.");
  };
  if (permissions)
    for (const auto& permission : *permissions) {
      if (permission.ip_ranges)
        for (const auto& range : *permission.ip_ranges) {
          const auto cidr = parse_cidr(range.cidr_ip.value_or(""));
          set(permission, cidr ? cidr->text() : "", "", range.description);
        }
      if (permission.prefix_list_ids)
        for (const auto& list : *permission.prefix_list_ids)
          set(permission, "", list.prefix_list_id.value_or(""), list.description);
      if (permission.ipv6_ranges)
        for (const auto& range : *permission.ipv6_ranges)
          set(permission, ipv6_block(range.cidr_ipv6.value_or("")).value_or(""), "", range.description);
      if (permission.user_id_group_pairs)
        for (const auto& pair : *permission.user_id_group_pairs)
          set(permission, "", pair.group_id.value_or(""), pair.description);
    }
  groups_.update({context.account, context.region, row.id}, [&](SecurityGroup& g) { g.rules = row.rules; });
}

e::UpdateSecurityGroupRuleDescriptionsEgressResult Service::update_security_group_rule_descriptions_egress(
    aws::Context& context, const e::UpdateSecurityGroupRuleDescriptionsEgressRequest& request) {
  describe_rules(context, request.group_id, true, request.ip_permissions, request.security_group_rule_descriptions);
  return {.return_ = true};
}

e::UpdateSecurityGroupRuleDescriptionsIngressResult Service::update_security_group_rule_descriptions_ingress(
    aws::Context& context, const e::UpdateSecurityGroupRuleDescriptionsIngressRequest& request) {
  describe_rules(context, request.group_id, false, request.ip_permissions, request.security_group_rule_descriptions);
  return {.return_ = true};
}

e::DescribeSecurityGroupReferencesResult Service::describe_security_group_references(
    aws::Context& context, const e::DescribeSecurityGroupReferencesRequest& request) {
  e::DescribeSecurityGroupReferencesResult out{.security_group_reference_set =
                                                   std::vector<e::SecurityGroupReference>{}};
  for (const auto& id : *request.group_id) {
    const SecurityGroup& owner = group(context, id);
    for (const Peering* peering : peerings_of(owner.vpc_id)) {
      const bool requester = peering->vpc_id == owner.vpc_id;
      const std::string account = requester ? peering->peer_account : peering->account;
      const std::string region = requester ? peering->peer_region : peering->region;
      const std::string other = requester ? peering->peer_vpc_id : peering->vpc_id;
      for (const SecurityGroup* peer : groups_.list(account, region))
        if (peer->vpc_id == other && std::any_of(peer->rules.begin(), peer->rules.end(),
                                                 [&](const GroupRule& r) { return r.group_id == owner.id; }))
          out.security_group_reference_set->push_back(
              {.group_id = owner.id, .referencing_vpc_id = other, .vpc_peering_connection_id = peering->id});
    }
  }
  return out;
}

e::GetSecurityGroupsForVpcResult Service::get_security_groups_for_vpc(
    aws::Context& context, const e::GetSecurityGroupsForVpcRequest& request) {
  const Vpc& owner = vpc(context.account, context.region, *request.vpc_id);
  std::vector<e::SecurityGroupForVpc> found;
  for (const SecurityGroup* row : groups_.list(context.account, context.region)) {
    if (row->vpc_id != owner.id) continue;
    e::SecurityGroupForVpc item{.description = row->description,
                                .group_name = row->name,
                                .owner_id = context.account,
                                .group_id = row->id,
                                .tags = tags_of(context.account, context.region, row->id),
                                .primary_vpc_id = owner.id};
    if (matches(request.filters, [&](const std::string& name, bool& known) -> std::vector<std::string> {
          std::vector<std::string> tags;
          if (tag_values(name, *item.tags, tags)) return tags;
          if (name == "group-id") return {row->id};
          if (name == "group-name") return {row->name};
          if (name == "description") return {row->description};
          if (name == "owner-id") return {context.account};
          if (name == "primary-vpc-id") return {owner.id};
          known = false;
          return {};
        }))
      found.push_back(std::move(item));
  }
  auto next = page(found, request.next_token, request.max_results);
  return {.next_token = std::move(next), .security_group_for_vpcs = std::move(found)};
}

}  // namespace stratus::services::ec2
