#include "stratus/services/ec2/service.h"

#include <arpa/inet.h>

#include "stratus/core/arn.h"
#include "stratus/core/log.h"

namespace stratus::services::ec2 {

bool Cidr::contains(const Cidr& other) const { return other.length >= length && contains(other.base); }
bool Cidr::contains(std::uint32_t address) const {
  return length == 0 || (address >> (32 - length)) == (base >> (32 - length));
}
std::string Cidr::text() const { return address_text(base) + "/" + std::to_string(length); }

std::string address_text(std::uint32_t address) {
  const in_addr raw{htonl(address)};
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &raw, text, sizeof text);
  return text;
}

std::optional<std::uint32_t> parse_address(const std::string& text) {
  in_addr raw{};
  if (inet_pton(AF_INET, text.c_str(), &raw) != 1) return std::nullopt;
  return ntohl(raw.s_addr);
}

std::optional<Cidr> parse_cidr(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto base = parse_address(text.substr(0, slash));
  const std::string digits = text.substr(slash + 1);
  if (!base || digits.empty() || digits.size() > 2 || digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const int length = std::stoi(digits);
  if (length > 32) return std::nullopt;
  return Cidr{length == 0 ? 0 : *base & (~0U << (32 - length)), length};
}

Service::Service(Loop& loop, state::Store& store, Random& random, network::Network& network, std::string public_pool)
    : Reconciler(loop, "ec2", std::chrono::seconds(30)),
      loop_(loop),
      store_(store),
      random_(random),
      network_(network),
      public_pool_(std::move(public_pool)),
      accounts_(store, "ec2_accounts"),
      tags_(store, "ec2_tags"),
      vpcs_(store, "ec2_vpcs"),
      subnets_(store, "ec2_subnets"),
      gateways_(store, "ec2_internet_gateways"),
      addresses_(store, "ec2_addresses"),
      nats_(store, "ec2_nat_gateways"),
      tables_(store, "ec2_route_tables"),
      acls_(store, "ec2_network_acls"),
      groups_(store, "ec2_security_groups"),
      enis_(store, "ec2_network_interfaces"),
      peerings_(store, "ec2_peerings"),
      dhcp_options_(store, "ec2_dhcp_options"),
      key_pairs_(store, "ec2_key_pairs"),
      prefix_lists_(store, "ec2_prefix_lists") {}

void Service::start() {
  for (const auto& [key, row] : vpcs_.all()) dirty_.insert(key);
  // Routers of VPCs that went while the daemon was down.
  network_.list([this](const Result<std::vector<std::string>>& there) {
    if (!there) return;
    for (const auto& id : *there) {
      bool known = false;
      for (const auto& [key, row] : vpcs_.all()) known = known || key.id == id;
      if (!known) network_.remove(id, nullptr);
    }
  });
  Reconciler::start();
}

void Service::mark(const state::Key& vpc) {
  dirty_.insert(vpc);
  mark_peers(vpc.id);
  store_.after_commit([this] { wake(); });
}

network::Vpc Service::compile(const state::Key& key, const Vpc& vpc) const {
  network::Vpc out;
  out.id = vpc.id;
  out.cidrs = {vpc.cidr};
  for (const auto& block : vpc.secondary_cidrs) out.cidrs.push_back(block.cidr);
  for (const Peering* row : peerings_of(vpc.id)) out.peerings.push_back(compile(*row, vpc.id));
  for (const InternetGateway* row : gateways_.list(key.account, key.region))
    out.internet_gateway = out.internet_gateway || row->vpc_id == vpc.id;
  for (const Subnet* row : subnets_.list(key.account, key.region))
    if (row->vpc_id == vpc.id)
      out.subnets.push_back({row->id, row->cidr, row->acl_id, table_of_subnet(key, vpc.main_route_table, row->id)});
  for (const RouteTable* row : tables_.list(key.account, key.region)) {
    if (row->vpc_id != vpc.id) continue;
    network::RouteTable table{row->id, {}};
    for (const Route& route : row->routes) {
      network::Route compiled{route.destination, network::Route::Target::blackhole, ""};
      if (!route.gateway_id.empty()) {
        const InternetGateway* gateway = gateways_.find(key.account, key.region, route.gateway_id);
        if (gateway != nullptr && gateway->vpc_id == vpc.id) compiled.target = network::Route::Target::internet_gateway;
      } else if (!route.nat_gateway_id.empty()) {
        const NatGateway* nat = nats_.find(key.account, key.region, route.nat_gateway_id);
        if (nat != nullptr && (nat->state == "available" || nat->state == "pending"))
          compiled = {route.destination, network::Route::Target::eni, nat->eni_id};
      } else if (!route.peering_id.empty()) {
        compiled = {route.destination, network::Route::Target::peering, route.peering_id};
      } else if (!route.eni_id.empty() && enis_.find(key.account, key.region, route.eni_id) != nullptr) {
        compiled = {route.destination, network::Route::Target::eni, route.eni_id};
      }
      if (const PrefixList* list = prefix_lists_.find(key.account, key.region, route.destination)) {
        for (const auto& entry : list->versions.back().entries) {
          compiled.destination = entry.cidr;
          table.routes.push_back(compiled);
        }
        continue;
      }
      table.routes.push_back(std::move(compiled));
    }
    out.route_tables.push_back(std::move(table));
  }
  const std::map<std::string, std::string> numbers = {{"tcp", "6"}, {"udp", "17"}, {"icmp", "1"}};
  for (const NetworkAcl* row : acls_.list(key.account, key.region)) {
    if (row->vpc_id != vpc.id) continue;
    network::NetworkAcl acl{row->id, {}};
    for (const AclEntry& entry : row->entries)
      acl.entries.push_back({entry.number, entry.egress, entry.allow, entry.protocol, entry.cidr,
                             entry.from_port.value_or(0), entry.to_port.value_or(65535), entry.icmp_type.value_or(-1),
                             entry.icmp_code.value_or(-1)});
    out.network_acls.push_back(std::move(acl));
  }
  for (const SecurityGroup* row : groups_.list(key.account, key.region)) {
    if (row->vpc_id != vpc.id) continue;
    network::SecurityGroup group{row->id, {}};
    for (const GroupRule& rule : row->rules) {
      const auto number = numbers.find(rule.protocol);
      network::GroupRule compiled{rule.egress,
                                  number == numbers.end() ? rule.protocol : number->second,
                                  rule.from_port.value_or(-1),
                                  rule.to_port.value_or(-1),
                                  {},
                                  {}};
      if (!rule.cidr.empty()) compiled.cidrs.push_back(rule.cidr);
      if (!rule.group_id.empty()) compiled.groups.push_back(rule.group_id);
      if (const PrefixList* list = prefix_lists_.find(key.account, key.region, rule.prefix_list_id))
        for (const auto& entry : list->versions.back().entries) compiled.cidrs.push_back(entry.cidr);
      if (compiled.cidrs.empty() && compiled.groups.empty()) continue;  // a prefix list without entries
      group.rules.push_back(std::move(compiled));
    }
    out.security_groups.push_back(std::move(group));
  }
  std::map<std::string, std::string> public_addresses;
  for (const Address* row : addresses_.list(key.account, key.region))
    if (!row->eni_id.empty()) public_addresses[row->eni_id] = row->public_ip;
  for (const NetworkInterface* row : enis_.list(key.account, key.region)) {
    if (row->vpc_id != vpc.id) continue;
    network::Eni eni{row->id,     row->subnet_id,         {row->private_ip},
                     row->groups, row->source_dest_check, row->type == "nat_gateway",
                     ""};
    eni.mac = row->mac;
    eni.addresses.insert(eni.addresses.end(), row->secondary_ips.begin(), row->secondary_ips.end());
    if (const auto found = public_addresses.find(row->id); found != public_addresses.end())
      eni.public_address = found->second;
    out.enis.push_back(std::move(eni));
  }
  if (faults_) out.faults = faults_(key);
  return out;
}

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  // Now and then everything again: what somebody broke in the kernel is repaired.
  if (now - full_at_ >= std::chrono::minutes(2)) {
    full_at_ = now;
    for (const auto& key : in_kernel_) dirty_.insert(key);
  }
  const auto dirty = std::exchange(dirty_, {});
  for (const state::Key& key : dirty) {
    auto waiting = handed_over_.extract(key);
    const auto told = waiting ? std::move(waiting.mapped()) : std::vector<std::function<void()>>();
    const auto tell = [told] {
      for (const auto& done : told) done();
    };
    const Vpc* vpc = vpcs_.find(key);
    if (vpc == nullptr) {
      if (in_kernel_.erase(key) != 0)
        network_.remove(key.id, [this, key](const Result<>& result) {
          if (!result) dirty_.insert(key), in_kernel_.insert(key), wake_in(std::chrono::seconds(2));
          if (scopes_changed_) scopes_changed_();
        });
      loop_.post(tell);
      continue;
    }
    network::Vpc model = compile(key, *vpc);
    // An empty VPC needs no router; one that was there stays until the VPC goes.
    if (model.enis.empty() && in_kernel_.count(key) == 0) {
      loop_.post(tell);
      continue;
    }
    std::set<std::string> enis;
    for (const auto& eni : model.enis) enis.insert(eni.id);
    network_.apply(std::move(model), [this, key, enis = std::move(enis), told, tell](const Result<>& result) {
      if (!result) handed_over_[key].insert(handed_over_[key].end(), told.begin(), told.end());
      applied(key, enis, result);
      if (result) tell();
    });
  }
  store_.call([&] {
    for (const auto& [key, row] : peerings_.all()) {
      if (row->status == "pending-acceptance" && row->expires <= now)
        end_peering(key, "expired", "Expired", now);
      else if (row->over && now - *row->over > std::chrono::hours(2))
        peerings_.erase(key), untag(key.account, key.region, key.id);
    }
    // A deleted NAT gateway stays visible for an hour.
    for (const auto& [key, row] : nats_.all())
      if (row->deleted && now - *row->deleted > std::chrono::hours(1))
        nats_.erase(key), untag(key.account, key.region, key.id);
  });
}

void Service::applied(const state::Key& key, std::set<std::string> enis, const Result<>& result) {
  if (!result) {
    dirty_.insert(key);
    wake_in(std::chrono::seconds(1));
    return;
  }
  const bool first = in_kernel_.insert(key).second;
  for (const auto& id : enis) {
    ready_.insert(id);
    if (auto waiting = waiting_.extract(id))
      for (auto& done : waiting.mapped()) done({});
  }
  store_.call([&] {
    for (const NatGateway* row : nats_.list(key.account, key.region)) {
      if (row->vpc_id != key.id) continue;
      const state::Key nat{key.account, key.region, row->id};
      if (row->state == "pending" && enis.count(row->eni_id) != 0) {
        nats_.update(nat, [](NatGateway& n) { n.state = "available"; });
      } else if (row->state == "deleting" && enis.count(row->eni_id) == 0) {
        nats_.update(nat, [&](NatGateway& n) {
          n.state = "deleted";
          n.deleted = loop_.clock().now();
        });
      }
    }
  });
  if (first && scopes_changed_) scopes_changed_();
}

void Service::clear(const std::string& account, std::function<void()> done) {
  auto left = std::make_shared<int>(1);
  const auto step = [left, done = std::move(done)] {
    if (--*left == 0 && done) done();
  };
  for (const auto& [key, row] : vpcs_.all()) {
    if (!account.empty() && key.account != account) continue;
    dirty_.erase(key);
    in_kernel_.erase(key);
    ++*left;
    network_.remove(key.id, [step](const Result<>&) { step(); });
  }
  step();
}

void Service::when_ready(const std::string& id, std::function<void(Result<>)> done) {
  if (ready_.count(id) != 0) {
    loop_.post([done = std::move(done)] { done({}); });
    return;
  }
  waiting_[id].push_back(std::move(done));
}

const Subnet& Service::subnet(const std::string& account, const std::string& region, const std::string& id) const {
  const Subnet* found = subnets_.find(account, region, id);
  if (found == nullptr) throw aws::Error("InvalidSubnetID.NotFound", 400, "The subnet ID '" + id + "' does not exist");
  return *found;
}

const Vpc& Service::vpc(const std::string& account, const std::string& region, const std::string& id) const {
  const Vpc* found = vpcs_.find(account, region, id);
  if (found == nullptr) throw aws::Error("InvalidVpcID.NotFound", 400, "The vpc ID '" + id + "' does not exist");
  return *found;
}

void Service::check_groups(const std::string& account, const std::string& region,
                           const std::vector<std::string>& groups, const std::string& vpc_id) const {
  for (const auto& id : groups) {
    const SecurityGroup* found = groups_.find(account, region, id);
    if (found == nullptr)
      throw aws::Error("InvalidGroup.NotFound", 400, "The security group '" + id + "' does not exist");
    if (found->vpc_id != vpc_id)
      throw aws::Error(
          "InvalidParameterValue", 400,
          "You have specified two resources that belong to different networks: " + id + " and " + vpc_id + ".");
  }
}

std::string Service::free_address(const state::Key& where, const Subnet& subnet) const {
  std::set<std::string> used;
  for (const NetworkInterface* row : enis_.list(where.account, where.region))
    if (row->subnet_id == subnet.id) {
      used.insert(row->private_ip);
      used.insert(row->secondary_ips.begin(), row->secondary_ips.end());
    }
  const Cidr cidr = *parse_cidr(subnet.cidr);
  // The first four addresses and the last one are AWS's.
  for (std::uint32_t offset = 4; offset + 1 < cidr.size(); ++offset) {
    std::string address = address_text(cidr.base + offset);
    if (used.count(address) == 0) return address;
  }
  throw aws::Error("InsufficientFreeAddressesInSubnet", 400,
                   "The specified subnet does not have enough free addresses to satisfy the request.");
}

std::string Service::free_public_address() const {
  std::set<std::string> used;
  for (const auto& [key, row] : addresses_.all()) used.insert(row->public_ip);
  const Cidr pool = *parse_cidr(public_pool_);
  // The host's link has its addresses at the pool's end; a small pool spares less at both ends.
  const std::uint32_t spared = pool.size() > 1024 ? 256 : 8;
  if (pool.size() <= 2 * spared)
    throw aws::Error("AddressLimitExceeded", 400, "The maximum number of addresses has been reached.");
  const std::uint32_t count = pool.size() - 2 * spared;
  // A start at random keeps a released address from coming back at once.
  const auto start = static_cast<std::uint32_t>(random_.below(count));
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string address = address_text(pool.base + spared + (start + i) % count);
    if (!address.ends_with(".0") && !address.ends_with(".255") && used.count(address) == 0) return address;
  }
  throw aws::Error("AddressLimitExceeded", 400, "The maximum number of addresses has been reached.");
}

InterfaceView Service::create_interface(const InterfaceRequest& request) {
  const Subnet& where = subnet(request.account, request.region, request.subnet_id);
  const Vpc& owner = vpc(request.account, request.region, where.vpc_id);
  NetworkInterface row;
  row.groups = request.groups.empty() && request.type != "nat_gateway" ? std::vector<std::string>{owner.default_group}
                                                                       : request.groups;
  check_groups(request.account, request.region, row.groups, owner.id);
  row.id = random_.ec2_id("eni");
  row.vpc_id = owner.id;
  row.subnet_id = where.id;
  row.private_ip =
      request.private_ip.empty() ? free_address({request.account, request.region, ""}, where) : request.private_ip;
  row.description = request.description;
  row.type = request.type;
  row.requester = request.requester;
  row.source_dest_check = request.type != "nat_gateway";
  row.created = loop_.clock().now();
  const std::string digits = random_.hex(10);
  row.mac = "0a:" + digits.substr(0, 2) + ":" + digits.substr(2, 2) + ":" + digits.substr(4, 2) + ":" +
            digits.substr(6, 2) + ":" + digits.substr(8, 2);
  const std::string id = row.id, vpc_id = owner.id, private_ip = row.private_ip;
  enis_.put({request.account, request.region, id}, std::move(row));
  if (request.public_address) {
    Address address;
    address.allocation_id = random_.ec2_id("eipalloc");
    address.public_ip = free_public_address();
    address.association_id = random_.ec2_id("eipassoc");
    address.eni_id = id;
    address.private_ip = private_ip;
    address.service_managed = true;
    const state::Key key{request.account, request.region, address.allocation_id};
    addresses_.put(key, std::move(address));
  }
  mark(request.account, request.region, vpc_id);
  return interface(request.account, request.region, id);
}

void Service::delete_interface(const std::string& account, const std::string& region, const std::string& id) {
  const NetworkInterface* row = enis_.find(account, region, id);
  if (row == nullptr) return;
  const std::string vpc_id = row->vpc_id;
  for (const Address* address : addresses_.list(account, region)) {
    if (address->eni_id != id) continue;
    const state::Key key{account, region, address->allocation_id};
    if (address->service_managed) {
      addresses_.erase(key);
    } else {
      addresses_.update(key, [](Address& a) { a.association_id = a.eni_id = a.private_ip = ""; });
    }
  }
  enis_.erase({account, region, id});
  untag(account, region, id);
  // Not before it is done: a dry run is undone.
  store_.after_commit([this, id] {
    ready_.erase(id);
    waiting_.erase(id);
  });
  mark(account, region, vpc_id);
}

void Service::set_interface_groups(const std::string& account, const std::string& region, const std::string& id,
                                   const std::vector<std::string>& groups) {
  const NetworkInterface* row = enis_.find(account, region, id);
  if (row == nullptr)
    throw aws::Error("InvalidNetworkInterfaceID.NotFound", 400, "The networkInterface ID '" + id + "' does not exist");
  const std::string vpc_id = row->vpc_id;
  check_groups(account, region, groups, vpc_id);
  enis_.update({account, region, id}, [&](NetworkInterface& eni) { eni.groups = groups; });
  mark(account, region, vpc_id);
}

InterfaceView Service::interface(const std::string& account, const std::string& region, const std::string& id) const {
  const NetworkInterface* row = enis_.find(account, region, id);
  if (row == nullptr)
    throw aws::Error("InvalidNetworkInterfaceID.NotFound", 400, "The networkInterface ID '" + id + "' does not exist");
  InterfaceView out{row->id,         row->vpc_id, row->subnet_id, subnet(account, region, row->subnet_id).zone,
                    row->private_ip, "",          row->mac,       network_.netns_path(row->id)};
  for (const Address* address : addresses_.list(account, region))
    if (address->eni_id == id) out.public_ip = address->public_ip;
  return out;
}

std::vector<Service::RunningNat> Service::running_nat_gateways() const {
  std::vector<RunningNat> out;
  for (const auto& [key, row] : nats_.all())
    if (row->state == "available") out.push_back({key.account, key.region, key.id, row->eni_id, row->created});
  return out;
}

std::vector<InterfaceView> Service::interfaces(const std::string& account, const std::string& region) const {
  std::vector<InterfaceView> out;
  for (const NetworkInterface* row : enis_.list(account, region)) out.push_back(interface(account, region, row->id));
  return out;
}

std::vector<ResolverScope> Service::resolver_scopes() const {
  std::vector<ResolverScope> out;
  for (const state::Key& key : in_kernel_) {
    const Vpc* row = vpcs_.find(key);
    if (row == nullptr || !row->dns_support) continue;
    network::Vpc model;
    model.cidrs = {row->cidr};
    out.push_back(
        {key.account, key.region, row->id, network_.router_netns_path(row->id), network::resolver_addresses(model)});
  }
  return out;
}

std::vector<e::Tag> Service::tags_of(const std::string& account, const std::string& region,
                                     const std::string& id) const {
  std::vector<e::Tag> out;
  if (const Tags* row = tags_.find(account, region, id))
    for (const auto& [key, value] : row->values) out.push_back({.key = key, .value = value});
  return out;
}

void Service::tag(const aws::Context& context, const std::string& id,
                  const std::optional<std::vector<e::TagSpecification>>& specifications, std::string_view type) {
  if (!specifications) return;
  Tags row;
  for (const auto& specification : *specifications) {
    if (specification.resource_type != type)
      throw aws::Error("InvalidParameterValue", 400,
                       "Value (" + specification.resource_type.value_or("") +
                           ") for parameter resourceType is invalid. This operation creates a " + std::string(type) +
                           ".");
    if (specification.tags)
      for (const auto& tag : *specification.tags) row.values[tag.key.value_or("")] = tag.value.value_or("");
  }
  if (!row.values.empty()) tags_.put({context.account, context.region, id}, std::move(row));
}

void Service::untag(const std::string& account, const std::string& region, const std::string& id) {
  tags_.erase({account, region, id});
}

}  // namespace stratus::services::ec2
