// Network ACLs and security groups.
#include "stratus/core/arn.h"
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/ipv6.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {
namespace {

/// EC2 shows TCP, UDP and ICMP by name in groups, by number in ACLs.
std::string group_protocol(const std::string& text) {
  static const std::map<std::string, std::string> names = {
      {"6", "tcp"},   {"17", "udp"},    {"1", "icmp"}, {"all", "-1"},    {"tcp", "tcp"},
      {"udp", "udp"}, {"icmp", "icmp"}, {"-1", "-1"},  {"58", "icmpv6"}, {"icmpv6", "icmpv6"}};
  const std::string lower = text::lower(text);
  if (const auto found = names.find(lower); found != names.end()) return found->second;
  if (!lower.empty() && lower.size() <= 3 && lower.find_first_not_of("0123456789") == std::string::npos &&
      std::stoi(lower) <= 255)
    return lower;
  throw aws::Error("InvalidParameterValue", 400, "Invalid value '" + text + "' for IP protocol. Unknown protocol.");
}

bool same(const GroupRule& a, const GroupRule& b) {
  return a.egress == b.egress && a.protocol == b.protocol && a.from_port == b.from_port && a.to_port == b.to_port &&
         a.cidr == b.cidr && a.group_id == b.group_id && a.prefix_list_id == b.prefix_list_id;
}

std::string peer_text(const GroupRule& rule) {
  std::string out = "peer: " +
                    (!rule.cidr.empty()       ? rule.cidr
                     : !rule.group_id.empty() ? rule.group_id
                                              : rule.prefix_list_id) +
                    ", " +
                    (rule.protocol == "-1"                 ? "ALL"
                     : text::lower(rule.protocol) == "tcp" ? "TCP"
                                                           : rule.protocol);
  if (rule.from_port)
    out += ", from port: " + std::to_string(*rule.from_port) +
           ", to port: " + std::to_string(rule.to_port.value_or(*rule.from_port));
  return out + ", ALLOW";
}

/// One rule a peer: what the API calls security group rules.
std::vector<GroupRule> rules_of(const std::vector<e::IpPermission>& permissions, bool egress,
                                const std::function<std::string(const std::string&)>& group_by_name) {
  std::vector<GroupRule> out;
  for (const auto& permission : permissions) {
    if (!permission.ip_protocol)
      throw aws::Error("MissingParameter", 400, "The request must contain the parameter ipProtocol");
    GroupRule base{.egress = egress, .protocol = group_protocol(*permission.ip_protocol)};
    const bool icmp = base.protocol == "icmp" || base.protocol == "icmpv6";
    if (base.protocol == "tcp" || base.protocol == "udp" || icmp) {
      base.from_port = permission.from_port;
      base.to_port = permission.to_port;
      if (!icmp) {
        if (!base.from_port || !base.to_port)
          throw aws::Error("MissingParameter", 400, "The request must contain the parameter fromPort and toPort");
        if (*base.from_port < 0 || *base.to_port > 65535 || *base.from_port > *base.to_port)
          throw aws::Error("InvalidParameterValue", 400,
                           "Invalid TCP/UDP port range (" + std::to_string(*base.from_port) + ":" +
                               std::to_string(*base.to_port) + ")");
      }
    }
    std::size_t peers = 0;
    if (permission.ip_ranges)
      for (const auto& range : *permission.ip_ranges) {
        const auto cidr = parse_cidr(range.cidr_ip.value_or(""));
        if (!cidr)
          throw aws::Error("InvalidParameterValue", 400, "CIDR block " + range.cidr_ip.value_or("") + " is malformed");
        if (cidr->text() != *range.cidr_ip)
          throw aws::Error("InvalidParameterValue", 400,
                           "CIDR block " + *range.cidr_ip + " is not aligned; " + cidr->text() + " is");
        GroupRule rule = base;
        rule.cidr = cidr->text();
        rule.description = range.description.value_or("");
        out.push_back(std::move(rule));
        ++peers;
      }
    if (permission.user_id_group_pairs)
      for (const auto& pair : *permission.user_id_group_pairs) {
        GroupRule rule = base;
        rule.group_id = pair.group_id ? *pair.group_id : group_by_name(pair.group_name.value_or(""));
        rule.description = pair.description.value_or("");
        out.push_back(std::move(rule));
        ++peers;
      }
    if (permission.ipv6_ranges)
      for (const auto& range : *permission.ipv6_ranges) {
        const auto block = ipv6_block(range.cidr_ipv6.value_or(""));
        if (!block)
          throw aws::Error("InvalidParameterValue", 400,
                           "CIDR block " + range.cidr_ipv6.value_or("") + " is malformed");
        GroupRule rule = base;
        rule.cidr = *block;
        rule.description = range.description.value_or("");
        out.push_back(std::move(rule));
        ++peers;
      }
    if (permission.prefix_list_ids)
      for (const auto& list : *permission.prefix_list_ids) {
        GroupRule rule = base;
        rule.prefix_list_id = list.prefix_list_id.value_or("");
        rule.description = list.description.value_or("");
        out.push_back(std::move(rule));
        ++peers;
      }
    if (peers == 0)
      throw aws::Error("MissingParameter", 400, "The request must contain a peer: a CIDR block or a security group");
  }
  return out;
}

/// The short form of a request: one permission out of its single parameters.
template <class Request>
std::vector<e::IpPermission> permissions_of(const Request& request) {
  if (request.ip_permissions) return *request.ip_permissions;
  if (!request.ip_protocol && !request.cidr_ip && !request.source_security_group_name) return {};
  e::IpPermission one{
      .ip_protocol = request.ip_protocol.value_or("-1"), .from_port = request.from_port, .to_port = request.to_port};
  if (request.cidr_ip) one.ip_ranges = {{e::IpRange{.cidr_ip = request.cidr_ip}}};
  if (request.source_security_group_name)
    one.user_id_group_pairs = {{e::UserIdGroupPair{.group_name = request.source_security_group_name}}};
  return {one};
}

}  // namespace

const NetworkAcl& Service::acl(const aws::Context& context, const std::string& id) const {
  const NetworkAcl* found = acls_.find(context.account, context.region, id);
  if (found == nullptr)
    throw aws::Error("InvalidNetworkAclID.NotFound", 400, "The networkAcl ID '" + id + "' does not exist");
  return *found;
}

e::NetworkAcl Service::describe(const aws::Context& context, const NetworkAcl& row) const {
  e::NetworkAcl out{.associations = std::vector<e::NetworkAclAssociation>{},
                    .entries = std::vector<e::NetworkAclEntry>{},
                    .is_default = row.is_default,
                    .network_acl_id = row.id};
  for (const Subnet* s : subnets_.list(context.account, context.region))
    if (s->acl_id == row.id)
      out.associations->push_back(
          {.network_acl_association_id = s->acl_association_id, .network_acl_id = row.id, .subnet_id = s->id});
  for (const AclEntry& entry : row.entries) {
    e::NetworkAclEntry item{.egress = entry.egress,
                            .protocol = entry.protocol,
                            .rule_action = entry.allow ? "allow" : "deny",
                            .rule_number = entry.number};
    (is_ipv6(entry.cidr) ? item.ipv6_cidr_block : item.cidr_block) = entry.cidr;
    if (entry.from_port) item.port_range = e::PortRange{.from = entry.from_port, .to = entry.to_port};
    if (entry.icmp_type) item.icmp_type_code = e::IcmpTypeCode{.code = entry.icmp_code, .type = entry.icmp_type};
    out.entries->push_back(std::move(item));
  }
  for (const bool egress : {true, false})
    out.entries->push_back(
        {.cidr_block = "0.0.0.0/0", .egress = egress, .protocol = "-1", .rule_action = "deny", .rule_number = 32767});
  out.tags = tags_of(context.account, context.region, row.id);
  out.vpc_id = row.vpc_id;
  out.owner_id = context.account;
  return out;
}

e::CreateNetworkAclResult Service::create_network_acl(aws::Context& context,
                                                      const e::CreateNetworkAclRequest& request) {
  vpc(context.account, context.region, *request.vpc_id);
  NetworkAcl row{.id = random_.ec2_id("acl"), .vpc_id = *request.vpc_id};
  tag(context, row.id, request.tag_specifications, "network-acl");
  const state::Key key{context.account, context.region, row.id};
  const NetworkAcl& made = acls_.put(key, std::move(row));
  mark(context.account, context.region, made.vpc_id);
  return {.network_acl = describe(context, made), .client_token = request.client_token};
}

e::DescribeNetworkAclsResult Service::describe_network_acls(aws::Context& context,
                                                            const e::DescribeNetworkAclsRequest& request) {
  ensure_default(context);
  auto found = select<e::NetworkAcl>(
      acls_.list(context.account, context.region), request.network_acl_ids, "InvalidNetworkAclID.NotFound",
      "networkAcl ID", request.filters, [&](const NetworkAcl& a) { return describe(context, a); },
      [](const NetworkAcl& a) { return a.id; },
      [](const std::string& name, bool& known, const NetworkAcl& row,
         const e::NetworkAcl& item) -> std::vector<std::string> {
        std::vector<std::string> out;
        if (tag_values(name, *item.tags, out)) return out;
        if (name == "vpc-id") return {row.vpc_id};
        if (name == "network-acl-id" || name == "association.network-acl-id") return {row.id};
        if (name == "default") return {row.is_default ? "true" : "false"};
        if (name == "owner-id") return {*item.owner_id};
        for (const auto& a : *item.associations) {
          if (name == "association.subnet-id") out.push_back(*a.subnet_id);
          if (name == "association.association-id") out.push_back(*a.network_acl_association_id);
        }
        if (name == "association.subnet-id" || name == "association.association-id") return out;
        for (const auto& entry : *item.entries) {
          if (name == "entry.cidr") out.push_back(entry.cidr_block.value_or(""));
          if (name == "entry.ipv6-cidr") out.push_back(entry.ipv6_cidr_block.value_or(""));
          if (name == "entry.icmp.type")
            out.push_back(entry.icmp_type_code ? std::to_string(*entry.icmp_type_code->type) : "");
          if (name == "entry.icmp.code")
            out.push_back(entry.icmp_type_code ? std::to_string(*entry.icmp_type_code->code) : "");
          if (name == "entry.port-range.from")
            out.push_back(entry.port_range ? std::to_string(*entry.port_range->from) : "");
          if (name == "entry.port-range.to")
            out.push_back(entry.port_range ? std::to_string(*entry.port_range->to) : "");
          if (name == "entry.rule-number") out.push_back(std::to_string(*entry.rule_number));
          if (name == "entry.protocol") out.push_back(*entry.protocol);
          if (name == "entry.rule-action") out.push_back(*entry.rule_action);
          if (name == "entry.egress") out.emplace_back(*entry.egress ? "true" : "false");
        }
        if (!out.empty()) return out;
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.network_acls = std::move(found), .next_token = std::move(next)};
}

e::DeleteNetworkAclResponse Service::delete_network_acl(aws::Context& context,
                                                        const e::DeleteNetworkAclRequest& request) {
  const NetworkAcl row = acl(context, *request.network_acl_id);
  if (row.is_default) throw aws::Error("InvalidParameterValue", 400, "cannot delete default network ACL " + row.id);
  for (const Subnet* s : subnets_.list(context.account, context.region))
    if (s->acl_id == row.id)
      throw aws::Error("DependencyViolation", 400,
                       "The networkAcl '" + row.id + "' has dependencies and cannot be deleted.");
  untag(context.account, context.region, row.id);
  acls_.erase({context.account, context.region, row.id});
  mark(context.account, context.region, row.vpc_id);
  return {};
}

namespace {

template <class Request>
AclEntry entry_of(const Request& request) {
  if (*request.rule_number < 1 || *request.rule_number > 32766)
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" + std::to_string(*request.rule_number) +
                         ") for parameter ruleNumber is invalid. Must be between 1 and 32766.");
  if (request.cidr_block && request.ipv6_cidr_block)
    throw aws::Error("InvalidParameterCombination", 400, "Only one of cidrBlock and ipv6CidrBlock may be specified");
  std::optional<std::string> block;
  if (request.ipv6_cidr_block)
    block = ipv6_block(*request.ipv6_cidr_block);
  else if (const auto cidr = parse_cidr(request.cidr_block.value_or("")))
    block = cidr->text();
  if (!block)
    throw aws::Error("InvalidParameterValue", 400,
                     "Value (" +
                         (request.ipv6_cidr_block ? *request.ipv6_cidr_block : request.cidr_block.value_or("")) +
                         ") for parameter " + (request.ipv6_cidr_block ? "ipv6CidrBlock" : "cidrBlock") +
                         " is invalid. This is not a valid CIDR block.");
  static const std::map<std::string, std::string> numbers = {
      {"tcp", "6"}, {"udp", "17"}, {"icmp", "1"}, {"icmpv6", "58"}, {"all", "-1"}};
  std::string protocol = text::lower(*request.protocol);
  if (const auto found = numbers.find(protocol); found != numbers.end()) protocol = found->second;
  AclEntry out{.number = *request.rule_number,
               .egress = *request.egress,
               .allow = *request.rule_action == "allow",
               .protocol = protocol,
               .cidr = *block};
  if (protocol == "6" || protocol == "17") {
    if (!request.port_range || !request.port_range->from || !request.port_range->to)
      throw aws::Error("InvalidParameterValue", 400, "PortRange must be specified for protocol " + protocol);
    out.from_port = request.port_range->from;
    out.to_port = request.port_range->to;
  }
  if (protocol == "1" || protocol == "58") {
    if (!request.icmp_type_code)
      throw aws::Error("InvalidParameterValue", 400, "IcmpTypeCode must be specified for protocol " + protocol);
    out.icmp_type = request.icmp_type_code->type.value_or(-1);
    out.icmp_code = request.icmp_type_code->code.value_or(-1);
  }
  return out;
}

}  // namespace

e::CreateNetworkAclEntryResponse Service::create_network_acl_entry(aws::Context& context,
                                                                   const e::CreateNetworkAclEntryRequest& request) {
  const NetworkAcl row = acl(context, *request.network_acl_id);
  const AclEntry entry = entry_of(request);
  for (const AclEntry& existing : row.entries)
    if (existing.number == entry.number && existing.egress == entry.egress)
      throw aws::Error("NetworkAclEntryAlreadyExists", 400,
                       "The network acl entry identified by " + std::to_string(entry.number) + " already exists.");
  acls_.update({context.account, context.region, row.id}, [&](NetworkAcl& a) { a.entries.push_back(entry); });
  mark(context.account, context.region, row.vpc_id);
  return {};
}

e::ReplaceNetworkAclEntryResponse Service::replace_network_acl_entry(aws::Context& context,
                                                                     const e::ReplaceNetworkAclEntryRequest& request) {
  const NetworkAcl row = acl(context, *request.network_acl_id);
  const AclEntry entry = entry_of(request);
  bool found = false;
  acls_.update({context.account, context.region, row.id}, [&](NetworkAcl& a) {
    for (AclEntry& existing : a.entries)
      if (existing.number == entry.number && existing.egress == entry.egress) {
        existing = entry;
        found = true;
      }
  });
  if (!found)
    throw aws::Error("InvalidNetworkAclEntry.NotFound", 400,
                     "The network acl entry identified by " + std::to_string(entry.number) + " does not exist.");
  mark(context.account, context.region, row.vpc_id);
  return {};
}

e::DeleteNetworkAclEntryResponse Service::delete_network_acl_entry(aws::Context& context,
                                                                   const e::DeleteNetworkAclEntryRequest& request) {
  const NetworkAcl row = acl(context, *request.network_acl_id);
  const auto is_it = [&](const AclEntry& entry) {
    return entry.number == *request.rule_number && entry.egress == *request.egress;
  };
  if (std::none_of(row.entries.begin(), row.entries.end(), is_it))
    throw aws::Error(
        "InvalidNetworkAclEntry.NotFound", 400,
        "The network acl entry identified by " + std::to_string(*request.rule_number) + " does not exist.");
  acls_.update({context.account, context.region, row.id}, [&](NetworkAcl& a) { std::erase_if(a.entries, is_it); });
  mark(context.account, context.region, row.vpc_id);
  return {};
}

e::ReplaceNetworkAclAssociationResult Service::replace_network_acl_association(
    aws::Context& context, const e::ReplaceNetworkAclAssociationRequest& request) {
  const NetworkAcl target = acl(context, *request.network_acl_id);
  for (const Subnet* s : subnets_.list(context.account, context.region)) {
    if (s->acl_association_id != *request.association_id) continue;
    if (s->vpc_id != target.vpc_id)
      throw aws::Error("InvalidParameterValue", 400,
                       "Network ACL " + target.id + " and subnet " + s->id + " belong to different networks");
    const std::string fresh = random_.ec2_id("aclassoc"), vpc_id = s->vpc_id;
    subnets_.update({context.account, context.region, s->id}, [&](Subnet& row) {
      row.acl_id = target.id;
      row.acl_association_id = fresh;
    });
    mark(context.account, context.region, vpc_id);
    return {.new_association_id = fresh};
  }
  throw aws::Error("InvalidAssociationID.NotFound", 400,
                   "The association ID '" + *request.association_id + "' does not exist");
}

std::string Service::group_id_of(const aws::Context& context, const std::optional<std::string>& id,
                                 const std::optional<std::string>& name) {
  if (id) return *id;
  if (!name) throw aws::Error("MissingParameter", 400, "The request must contain the parameter GroupName or GroupId");
  // A name alone means one of the default VPC.
  ensure_default(context);
  const Vpc* by_default = default_vpc(context);
  for (const SecurityGroup* row : groups_.list(context.account, context.region))
    if (by_default != nullptr && row->vpc_id == by_default->id && row->name == *name) return row->id;
  throw aws::Error("InvalidGroup.NotFound", 400,
                   "The security group '" + *name + "' does not exist in default VPC '" +
                       (by_default == nullptr ? "none" : by_default->id) + "'");
}

const SecurityGroup& Service::group(const aws::Context& context, const std::string& id) const {
  const SecurityGroup* found = groups_.find(context.account, context.region, id);
  if (found == nullptr)
    throw aws::Error("InvalidGroup.NotFound", 400, "The security group '" + id + "' does not exist");
  return *found;
}

e::SecurityGroup Service::describe(const aws::Context& context, const SecurityGroup& row) const {
  // Rules with the same protocol and ports are shown as one permission with many peers.
  const auto permissions = [&](bool egress) {
    std::vector<e::IpPermission> out;
    for (const GroupRule& rule : row.rules) {
      if (rule.egress != egress) continue;
      e::IpPermission* into = nullptr;
      for (auto& p : out)
        if (p.ip_protocol == rule.protocol && p.from_port == rule.from_port && p.to_port == rule.to_port) into = &p;
      if (into == nullptr) {
        out.push_back({.ip_protocol = rule.protocol,
                       .from_port = rule.from_port,
                       .to_port = rule.to_port,
                       .user_id_group_pairs = std::vector<e::UserIdGroupPair>{},
                       .ip_ranges = std::vector<e::IpRange>{},
                       .ipv6_ranges = std::vector<e::Ipv6Range>{},
                       .prefix_list_ids = std::vector<e::PrefixListId>{}});
        into = &out.back();
      }
      const std::optional<std::string> description =
          rule.description.empty() ? std::nullopt : std::optional(rule.description);
      if (is_ipv6(rule.cidr))
        into->ipv6_ranges->push_back({.description = description, .cidr_ipv6 = rule.cidr});
      else if (!rule.cidr.empty())
        into->ip_ranges->push_back({.description = description, .cidr_ip = rule.cidr});
      if (!rule.prefix_list_id.empty())
        into->prefix_list_ids->push_back({.description = description, .prefix_list_id = rule.prefix_list_id});
      if (!rule.group_id.empty())
        into->user_id_group_pairs->push_back(
            {.description = description, .user_id = context.account, .group_id = rule.group_id});
    }
    return out;
  };
  e::SecurityGroup out{.group_id = row.id};
  out.ip_permissions_egress = permissions(true);
  out.tags = tags_of(context.account, context.region, row.id);
  out.vpc_id = row.vpc_id;
  out.security_group_arn = make_arn("ec2", context.region, context.account, "security-group/" + row.id);
  out.owner_id = context.account;
  out.group_name = row.name;
  out.description = row.description;
  out.ip_permissions = permissions(false);
  return out;
}

e::CreateSecurityGroupResult Service::create_security_group(aws::Context& context,
                                                            const e::CreateSecurityGroupRequest& request) {
  if (!request.vpc_id) ensure_default(context);
  const Vpc* by_default = request.vpc_id ? nullptr : default_vpc(context);
  if (!request.vpc_id && by_default == nullptr)
    throw aws::Error("VPCIdNotSpecified", 400,
                     "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.");
  const std::string vpc_id = request.vpc_id ? *request.vpc_id : by_default->id;
  vpc(context.account, context.region, vpc_id);
  const std::string& name = *request.group_name;
  if (name == "default" || name.starts_with("sg-"))
    throw aws::Error("InvalidParameterValue", 400, "Cannot use reserved security group name: " + name);
  if (name.empty() || name.size() > 255 || request.description->size() > 255)
    throw aws::Error("InvalidParameterValue", 400,
                     "Value for parameter GroupName or GroupDescription is invalid. Character sets beyond ASCII and "
                     "more than 255 characters are not supported.");
  if (request.description->empty())
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter GroupDescription");
  for (const SecurityGroup* other : groups_.list(context.account, context.region))
    if (other->vpc_id == vpc_id && other->name == name)
      throw aws::Error("InvalidGroup.Duplicate", 400,
                       "The security group '" + name + "' already exists for VPC '" + vpc_id + "'");
  SecurityGroup row{.id = random_.ec2_id("sg"), .vpc_id = vpc_id, .name = name, .description = *request.description};
  row.rules = {{.id = random_.ec2_id("sgr"), .egress = true, .protocol = "-1", .cidr = "0.0.0.0/0"}};
  tag(context, row.id, request.tag_specifications, "security-group");
  const state::Key key{context.account, context.region, row.id};
  const SecurityGroup& made = groups_.put(key, std::move(row));
  mark(context.account, context.region, made.vpc_id);
  return {.group_id = made.id,
          .tags = tags_of(context.account, context.region, made.id),
          .security_group_arn = make_arn("ec2", context.region, context.account, "security-group/" + made.id)};
}

e::DescribeSecurityGroupsResult Service::describe_security_groups(aws::Context& context,
                                                                  const e::DescribeSecurityGroupsRequest& request) {
  ensure_default(context);
  if (request.group_names)
    for (const auto& name : *request.group_names) group_id_of(context, std::nullopt, name);
  std::map<std::string, std::string> names;
  for (const SecurityGroup* row : groups_.list(context.account, context.region)) names[row->id] = row->name;
  std::vector<const SecurityGroup*> rows;
  for (const SecurityGroup* row : groups_.list(context.account, context.region))
    if (!request.group_names ||
        std::find(request.group_names->begin(), request.group_names->end(), row->name) != request.group_names->end())
      rows.push_back(row);
  auto found = select<e::SecurityGroup>(
      rows, std::nullopt, "", "", request.filters, [&](const SecurityGroup& g) { return describe(context, g); },
      [](const SecurityGroup& g) { return g.id; },
      [&](const std::string& name, bool& known, const SecurityGroup& row,
          const e::SecurityGroup& item) -> std::vector<std::string> {
        std::vector<std::string> out;
        if (tag_values(name, *item.tags, out)) return out;
        if (name == "vpc-id") return {row.vpc_id};
        if (name == "group-id") return {row.id};
        if (name == "group-name") return {row.name};
        if (name == "description") return {row.description};
        if (name == "owner-id") return {*item.owner_id};
        if (!name.starts_with("ip-permission.") && !name.starts_with("egress.ip-permission.")) {
          known = false;
          return {};
        }
        const bool egress = name.starts_with("egress.");
        const std::string field = name.substr(egress ? 21 : 14);
        for (const GroupRule& rule : row.rules) {
          if (rule.egress != egress) continue;
          if (field == "cidr" || field == "ipv6-cidr")
            out.push_back(is_ipv6(rule.cidr) == (field != "cidr") ? rule.cidr : "");
          else if (field == "prefix-list-id")
            out.push_back(rule.prefix_list_id);
          else if (field == "user-id")
            out.push_back(rule.group_id.empty() ? "" : *item.owner_id);
          else if (field == "group-name")
            out.push_back(rule.group_id == row.id           ? row.name
                          : names.count(rule.group_id) != 0 ? names.at(rule.group_id)
                                                            : "");
          else if (field == "group-id")
            out.push_back(rule.group_id);
          else if (field == "protocol")
            out.push_back(rule.protocol);
          else if (field == "from-port")
            out.push_back(rule.from_port ? std::to_string(*rule.from_port) : "");
          else if (field == "to-port")
            out.push_back(rule.to_port ? std::to_string(*rule.to_port) : "");
          else
            known = false;
        }
        return out;
      });
  if (request.group_ids) {
    for (const auto& id : *request.group_ids) group(context, id);
    std::erase_if(found, [&](const e::SecurityGroup& g) {
      return std::find(request.group_ids->begin(), request.group_ids->end(), *g.group_id) == request.group_ids->end();
    });
  }
  auto next = page(found, request.next_token, request.max_results);
  return {.next_token = std::move(next), .security_groups = std::move(found)};
}

e::DeleteSecurityGroupResult Service::delete_security_group(aws::Context& context,
                                                            const e::DeleteSecurityGroupRequest& request) {
  const SecurityGroup row = group(context, group_id_of(context, request.group_id, request.group_name));
  if (row.name == "default")
    throw aws::Error("CannotDelete", 400,
                     "the specified group: \"" + row.id + "\" name: \"default\" cannot be deleted by a user");
  const aws::Error in_use("DependencyViolation", 400, "resource " + row.id + " has a dependent object");
  for (const NetworkInterface* eni : enis_.list(context.account, context.region))
    if (std::find(eni->groups.begin(), eni->groups.end(), row.id) != eni->groups.end()) throw in_use;
  for (const SecurityGroup* other : groups_.list(context.account, context.region))
    if (other->id != row.id)
      for (const GroupRule& rule : other->rules)
        if (rule.group_id == row.id) throw in_use;
  for (const GroupRule& rule : row.rules) untag(context.account, context.region, rule.id);
  untag(context.account, context.region, row.id);
  groups_.erase({context.account, context.region, row.id});
  mark(context.account, context.region, row.vpc_id);
  return {.return_ = true, .group_id = row.id};
}

e::SecurityGroupRule Service::describe(const aws::Context& context, const SecurityGroup& owner,
                                       const GroupRule& rule) const {
  e::SecurityGroupRule out{.security_group_rule_id = rule.id,
                           .group_id = owner.id,
                           .group_owner_id = context.account,
                           .is_egress = rule.egress,
                           .ip_protocol = rule.protocol};
  out.from_port = rule.from_port.value_or(-1);
  out.to_port = rule.to_port.value_or(-1);
  if (!rule.cidr.empty()) (is_ipv6(rule.cidr) ? out.cidr_ipv6 : out.cidr_ipv4) = rule.cidr;
  if (!rule.prefix_list_id.empty()) out.prefix_list_id = rule.prefix_list_id;
  if (!rule.group_id.empty())
    out.referenced_group_info = e::ReferencedSecurityGroup{.group_id = rule.group_id, .user_id = context.account};
  if (!rule.description.empty()) out.description = rule.description;
  out.tags = tags_of(context.account, context.region, rule.id);
  out.security_group_rule_arn = make_arn("ec2", context.region, context.account, "security-group-rule/" + rule.id);
  return out;
}

std::vector<e::SecurityGroupRule> Service::authorize(aws::Context& context, const std::string& group_id, bool egress,
                                                     const std::vector<e::IpPermission>& permissions,
                                                     const std::optional<std::vector<e::TagSpecification>>& tags) {
  const SecurityGroup row = group(context, group_id);
  if (permissions.empty())
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter ipPermissions");
  auto rules = rules_of(permissions, egress, [&](const std::string& name) {
    for (const SecurityGroup* other : groups_.list(context.account, context.region))
      if (other->vpc_id == row.vpc_id && other->name == name) return other->id;
    throw aws::Error("InvalidGroup.NotFound", 400, "The security group '" + name + "' does not exist");
  });
  // The default quota, which AWS counts apart for each direction and family.
  constexpr std::ptrdiff_t most_rules = 60;
  for (const bool ipv6 : {false, true}) {
    const auto counts = [&](const GroupRule& r) { return r.egress == egress && is_ipv6(r.cidr) == ipv6; };
    if (std::count_if(row.rules.begin(), row.rules.end(), counts) + std::count_if(rules.begin(), rules.end(), counts) >
        most_rules)
      throw aws::Error("RulesPerSecurityGroupLimitExceeded", 400,
                       "The maximum number of rules per security group has been reached.");
  }
  std::vector<e::SecurityGroupRule> out;
  for (GroupRule& rule : rules) {
    if (std::count_if(rules.begin(), rules.end(), [&](const GroupRule& other) { return same(other, rule); }) > 1)
      throw aws::Error("InvalidParameterValue", 400, "The same permission must not appear multiple times");
    if (!rule.prefix_list_id.empty()) prefix_list(context, rule.prefix_list_id);
    if (!rule.group_id.empty()) check_peer_group(context, rule.group_id, row.vpc_id);
    for (const GroupRule& existing : row.rules)
      if (same(existing, rule))
        throw aws::Error("InvalidPermission.Duplicate", 400,
                         "the specified rule \"" + peer_text(rule) + "\" already exists");
    rule.id = random_.ec2_id("sgr");
    tag(context, rule.id, tags, "security-group-rule");
    out.push_back(describe(context, row, rule));
  }
  groups_.update({context.account, context.region, row.id},
                 [&](SecurityGroup& g) { g.rules.insert(g.rules.end(), rules.begin(), rules.end()); });
  mark(context.account, context.region, row.vpc_id);
  return out;
}

void Service::revoke(aws::Context& context, const std::string& group_id, bool egress,
                     const std::vector<e::IpPermission>& permissions,
                     const std::optional<std::vector<std::string>>& rule_ids) {
  const SecurityGroup row = group(context, group_id);
  std::vector<GroupRule> left = row.rules;
  if (rule_ids)
    for (const auto& id : *rule_ids) {
      if (std::erase_if(left, [&](const GroupRule& r) { return r.id == id && r.egress == egress; }) == 0)
        throw aws::Error("InvalidSecurityGroupRuleId.NotFound", 400,
                         "The security group rule ID '" + id + "' does not exist");
      untag(context.account, context.region, id);
    }
  for (const GroupRule& gone : rules_of(permissions, egress, [&](const std::string& name) { return name; })) {
    const auto before = left.size();
    std::erase_if(left, [&](const GroupRule& r) {
      if (!same(r, gone)) return false;
      untag(context.account, context.region, r.id);
      return true;
    });
    if (left.size() == before)
      throw aws::Error("InvalidPermission.NotFound", 400, "The specified rule does not exist in this security group.");
  }
  groups_.update({context.account, context.region, row.id}, [&](SecurityGroup& g) { g.rules = left; });
  mark(context.account, context.region, row.vpc_id);
}

e::AuthorizeSecurityGroupIngressResult Service::authorize_security_group_ingress(
    aws::Context& context, const e::AuthorizeSecurityGroupIngressRequest& request) {
  const std::string group_id = group_id_of(context, request.group_id, request.group_name);
  return {
      .return_ = true,
      .security_group_rules = authorize(context, group_id, false, permissions_of(request), request.tag_specifications)};
}

e::AuthorizeSecurityGroupEgressResult Service::authorize_security_group_egress(
    aws::Context& context, const e::AuthorizeSecurityGroupEgressRequest& request) {
  return {.return_ = true,
          .security_group_rules =
              authorize(context, *request.group_id, true, permissions_of(request), request.tag_specifications)};
}

e::RevokeSecurityGroupIngressResult Service::revoke_security_group_ingress(
    aws::Context& context, const e::RevokeSecurityGroupIngressRequest& request) {
  const std::string group_id = group_id_of(context, request.group_id, request.group_name);
  revoke(context, group_id, false, permissions_of(request), request.security_group_rule_ids);
  return {.return_ = true};
}

e::RevokeSecurityGroupEgressResult Service::revoke_security_group_egress(
    aws::Context& context, const e::RevokeSecurityGroupEgressRequest& request) {
  revoke(context, *request.group_id, true, permissions_of(request), request.security_group_rule_ids);
  return {.return_ = true};
}

e::DescribeSecurityGroupRulesResult Service::describe_security_group_rules(
    aws::Context& context, const e::DescribeSecurityGroupRulesRequest& request) {
  std::vector<e::SecurityGroupRule> found;
  for (const SecurityGroup* row : groups_.list(context.account, context.region))
    for (const GroupRule& rule : row->rules) {
      if (request.security_group_rule_ids &&
          std::find(request.security_group_rule_ids->begin(), request.security_group_rule_ids->end(), rule.id) ==
              request.security_group_rule_ids->end())
        continue;
      auto item = describe(context, *row, rule);
      if (matches(request.filters, [&](const std::string& name, bool& known) -> std::vector<std::string> {
            std::vector<std::string> tags;
            if (tag_values(name, *item.tags, tags)) return tags;
            if (name == "group-id") return {row->id};
            if (name == "security-group-rule-id") return {rule.id};
            known = false;
            return {};
          }))
        found.push_back(std::move(item));
    }
  if (request.security_group_rule_ids)
    for (const auto& id : *request.security_group_rule_ids)
      if (std::none_of(found.begin(), found.end(), [&](const auto& rule) { return rule.security_group_rule_id == id; }))
        throw aws::Error("InvalidSecurityGroupRuleId.NotFound", 400,
                         "The security group rule ID '" + id + "' does not exist");
  auto next = page(found, request.next_token, request.max_results);
  return {.security_group_rules = std::move(found), .next_token = std::move(next)};
}

}  // namespace stratus::services::ec2
