// VPC peering connections, between accounts and regions too. The request is the requester's row; both sides see it.
#include "stratus/services/ec2/filters.h"
#include "stratus/services/ec2/service.h"

namespace stratus::services::ec2 {
namespace {

std::string status_text(const Peering& row) {
  if (row.status == "pending-acceptance") return "Pending Acceptance by " + row.peer_account;
  if (row.status == "active") return "Active";
  return row.message;
}

[[noreturn]] void wrong_state(const Peering& row, const std::string& verb) {
  throw aws::Error(
      "InvalidStateTransition", 400,
      "Invalid state transition for " + row.id + ", attempted to transition from " + row.status + " to " + verb);
}

}  // namespace

std::vector<const Peering*> Service::peerings_of(const std::string& vpc_id) const {
  std::vector<const Peering*> out;
  for (const auto& [key, row] : peerings_.all())
    if (row->status == "active" && (row->vpc_id == vpc_id || row->peer_vpc_id == vpc_id)) out.push_back(row);
  return out;
}

void Service::mark_peers(const std::string& vpc_id) {
  for (const Peering* row : peerings_of(vpc_id)) {
    dirty_.insert({row->account, row->region, row->vpc_id});
    dirty_.insert({row->peer_account, row->peer_region, row->peer_vpc_id});
  }
}

state::Key Service::peering_key(const aws::Context& context, const std::string& id) const {
  for (const auto& [key, row] : peerings_.all())
    if (row->id == id && ((row->account == context.account && row->region == context.region) ||
                          (row->peer_account == context.account && row->peer_region == context.region)))
      return key;
  throw aws::Error("InvalidVpcPeeringConnectionID.NotFound", 400,
                   "The vpcPeeringConnection ID '" + id + "' does not exist");
}

void Service::check_peer_group(const aws::Context& context, const std::string& group_id,
                               const std::string& vpc_id) const {
  for (const Peering* row : peerings_of(vpc_id)) {
    const bool requester = row->vpc_id == vpc_id;
    const SecurityGroup* found = groups_.find(requester ? row->peer_account : row->account,
                                              requester ? row->peer_region : row->region, group_id);
    if (found != nullptr && found->vpc_id == (requester ? row->peer_vpc_id : row->vpc_id)) return;
  }
  check_groups(context.account, context.region, {group_id}, vpc_id);
}

/// What the data plane of `vpc_id` must know of the other side.
network::Peering Service::compile(const Peering& row, const std::string& vpc_id) const {
  const bool requester = row.vpc_id == vpc_id;
  const state::Key here = requester ? state::Key{row.account, row.region, row.vpc_id}
                                    : state::Key{row.peer_account, row.peer_region, row.peer_vpc_id};
  const state::Key there = requester ? state::Key{row.peer_account, row.peer_region, row.peer_vpc_id}
                                     : state::Key{row.account, row.region, row.vpc_id};
  network::Peering out{.id = row.id, .peer_vpc_id = there.id};
  if (const Vpc* peer = vpcs_.find(there)) {
    out.peer_cidrs = {peer->cidr};
    for (const auto& block : peer->secondary_cidrs) out.peer_cidrs.push_back(block.cidr);
  }
  std::set<std::string> named;
  for (const SecurityGroup* group : groups_.list(here.account, here.region))
    if (group->vpc_id == here.id)
      for (const GroupRule& rule : group->rules)
        if (!rule.group_id.empty()) named.insert(rule.group_id);
  for (const SecurityGroup* group : groups_.list(there.account, there.region)) {
    if (group->vpc_id != there.id || named.count(group->id) == 0) continue;
    network::SecurityGroupMembers members{.group_id = group->id};
    for (const NetworkInterface* eni : enis_.list(there.account, there.region)) {
      if (std::find(eni->groups.begin(), eni->groups.end(), group->id) == eni->groups.end()) continue;
      members.addresses.push_back(eni->private_ip);
      members.addresses.insert(members.addresses.end(), eni->secondary_ips.begin(), eni->secondary_ips.end());
    }
    out.peer_groups.push_back(std::move(members));
  }
  return out;
}

e::VpcPeeringConnection Service::describe(const aws::Context& context, const Peering& row) const {
  const auto side = [&](const std::string& account, const std::string& region, const std::string& id) {
    e::VpcPeeringConnectionVpcInfo out{.owner_id = account, .vpc_id = id, .region = region};
    if (const Vpc* found = vpcs_.find(account, region, id)) {
      out.cidr_block = found->cidr;
      out.cidr_block_set = {{e::CidrBlock{.cidr_block = found->cidr}}};
      for (const auto& block : found->secondary_cidrs) out.cidr_block_set->push_back({.cidr_block = block.cidr});
    }
    out.peering_options =
        e::VpcPeeringConnectionOptionsDescription{.allow_dns_resolution_from_remote_vpc = false,
                                                  .allow_egress_from_local_classic_link_to_remote_vpc = false,
                                                  .allow_egress_from_local_vpc_to_remote_classic_link = false};
    return out;
  };
  e::VpcPeeringConnection out;
  out.requester_vpc_info = side(row.account, row.region, row.vpc_id);
  out.accepter_vpc_info = side(row.peer_account, row.peer_region, row.peer_vpc_id);
  if (row.status == "pending-acceptance") {
    out.expiration_time = row.expires;
    out.accepter_vpc_info->peering_options.reset();
  }
  out.status = e::VpcPeeringConnectionStateReason{.code = row.status, .message = status_text(row)};
  out.tags = tags_of(context.account, context.region, row.id);
  out.vpc_peering_connection_id = row.id;
  return out;
}

e::CreateVpcPeeringConnectionResult Service::create_vpc_peering_connection(
    aws::Context& context, const e::CreateVpcPeeringConnectionRequest& request) {
  if (!request.vpc_id || !request.peer_vpc_id)
    throw aws::Error("MissingParameter", 400, "The request must contain the parameters vpcId and peerVpcId");
  const Vpc here = vpc(context.account, context.region, *request.vpc_id);
  Peering row{.id = random_.ec2_id("pcx"),
              .vpc_id = here.id,
              .account = context.account,
              .region = context.region,
              .peer_vpc_id = *request.peer_vpc_id,
              .peer_account = request.peer_owner_id.value_or(context.account),
              .peer_region = request.peer_region.value_or(context.region),
              .expires = context.now + std::chrono::hours(24 * 7)};
  const Vpc* there = vpcs_.find(row.peer_account, row.peer_region, row.peer_vpc_id);
  if (there == nullptr) {
    // Of another account or region, AWS learns it only later, and the request fails.
    if (row.peer_account == context.account && row.peer_region == context.region)
      throw aws::Error("InvalidVpcID.NotFound", 400, "The vpc ID '" + row.peer_vpc_id + "' does not exist");
    row.status = "failed";
    row.message = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";
    row.over = context.now;
  } else {
    if (there->id == here.id)
      throw aws::Error("InvalidParameterValue", 400, "A VPC cannot be peered with itself: " + here.id);
    for (const auto& [key, other] : peerings_.all()) {
      const bool same = (other->vpc_id == here.id && other->peer_vpc_id == there->id) ||
                        (other->vpc_id == there->id && other->peer_vpc_id == here.id);
      if (same && (other->status == "active" || other->status == "pending-acceptance")) {
        if (other->account == context.account) return {.vpc_peering_connection = describe(context, *other)};
        throw aws::Error("VpcPeeringConnectionAlreadyExists", 400,
                         "A peering connection between these VPCs already exists: " + other->id);
      }
    }
    const auto blocks = [](const Vpc& v) {
      std::vector<Cidr> out = {*parse_cidr(v.cidr)};
      for (const auto& block : v.secondary_cidrs) out.push_back(*parse_cidr(block.cidr));
      return out;
    };
    for (const Cidr& a : blocks(here))
      for (const Cidr& b : blocks(*there))
        if (a.overlaps(b)) {
          row.status = "failed";
          row.message = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";
          row.over = context.now;
        }
  }
  tag(context, row.id, request.tag_specifications, "vpc-peering-connection");
  const state::Key key{context.account, context.region, row.id};
  e::VpcPeeringConnection out = describe(context, peerings_.put(key, std::move(row)));
  if (out.status->code == "pending-acceptance")
    out.status = e::VpcPeeringConnectionStateReason{
        .code = "initiating-request", .message = "Initiating Request to " + *out.accepter_vpc_info->owner_id};
  return {.vpc_peering_connection = std::move(out)};
}

e::AcceptVpcPeeringConnectionResult Service::accept_vpc_peering_connection(
    aws::Context& context, const e::AcceptVpcPeeringConnectionRequest& request) {
  if (!request.vpc_peering_connection_id)
    throw aws::Error("MissingParameter", 400, "The request must contain the parameter vpcPeeringConnectionId");
  const state::Key key = peering_key(context, *request.vpc_peering_connection_id);
  const Peering row = *peerings_.find(key);
  if (row.peer_account != context.account || row.peer_region != context.region)
    throw aws::Error("OperationNotPermitted", 400, "User " + context.account + " cannot accept peering " + row.id);
  if (row.status != "pending-acceptance" && row.status != "active") wrong_state(row, "active");
  const Peering& active = peerings_.update(key, [](Peering& p) { p.status = "active"; });
  const Peering made = active;
  mark(made.account, made.region, made.vpc_id);
  mark(made.peer_account, made.peer_region, made.peer_vpc_id);
  return {.vpc_peering_connection = describe(context, made)};
}

void Service::end_peering(const state::Key& key, const std::string& status, const std::string& message, Timestamp now) {
  const Peering before = *peerings_.find(key);
  peerings_.update(key, [&](Peering& p) {
    p.status = status;
    p.message = message;
    p.over = now;
  });
  mark(before.account, before.region, before.vpc_id);
  mark(before.peer_account, before.peer_region, before.peer_vpc_id);
}

e::RejectVpcPeeringConnectionResult Service::reject_vpc_peering_connection(
    aws::Context& context, const e::RejectVpcPeeringConnectionRequest& request) {
  const state::Key key = peering_key(context, *request.vpc_peering_connection_id);
  const Peering row = *peerings_.find(key);
  if (row.peer_account != context.account || row.peer_region != context.region)
    throw aws::Error("OperationNotPermitted", 400, "User " + context.account + " cannot reject peering " + row.id);
  if (row.status != "pending-acceptance") wrong_state(row, "rejected");
  end_peering(key, "rejected", "Inactive", context.now);
  return {.return_ = true};
}

e::DeleteVpcPeeringConnectionResult Service::delete_vpc_peering_connection(
    aws::Context& context, const e::DeleteVpcPeeringConnectionRequest& request) {
  const state::Key key = peering_key(context, *request.vpc_peering_connection_id);
  const Peering row = *peerings_.find(key);
  if (row.status == "deleted") return {.return_ = true};
  if (row.status != "active" && row.status != "pending-acceptance" && row.status != "failed")
    wrong_state(row, "deleted");
  end_peering(key, "deleted", "Deleted by " + context.account, context.now);
  return {.return_ = true};
}

e::DescribeVpcPeeringConnectionsResult Service::describe_vpc_peering_connections(
    aws::Context& context, const e::DescribeVpcPeeringConnectionsRequest& request) {
  std::vector<const Peering*> rows;
  for (const auto& [key, row] : peerings_.all())
    if ((row->account == context.account && row->region == context.region) ||
        (row->peer_account == context.account && row->peer_region == context.region))
      rows.push_back(row);
  auto found = select<e::VpcPeeringConnection>(
      rows, request.vpc_peering_connection_ids, "InvalidVpcPeeringConnectionID.NotFound", "vpcPeeringConnection ID",
      request.filters, [&](const Peering& p) { return describe(context, p); }, [](const Peering& p) { return p.id; },
      [](const std::string& name, bool& known, const Peering& row,
         const e::VpcPeeringConnection& item) -> std::vector<std::string> {
        std::vector<std::string> tags;
        if (tag_values(name, *item.tags, tags)) return tags;
        if (name == "vpc-peering-connection-id") return {row.id};
        if (name == "status-code") return {row.status};
        if (name == "status-message") return {*item.status->message};
        if (name == "requester-vpc-info.vpc-id") return {row.vpc_id};
        if (name == "requester-vpc-info.owner-id") return {row.account};
        if (name == "requester-vpc-info.cidr-block") return {item.requester_vpc_info->cidr_block.value_or("")};
        if (name == "accepter-vpc-info.vpc-id") return {row.peer_vpc_id};
        if (name == "accepter-vpc-info.owner-id") return {row.peer_account};
        if (name == "accepter-vpc-info.cidr-block") return {item.accepter_vpc_info->cidr_block.value_or("")};
        known = false;
        return {};
      });
  auto next = page(found, request.next_token, request.max_results);
  return {.vpc_peering_connections = std::move(found), .next_token = std::move(next)};
}

}  // namespace stratus::services::ec2
