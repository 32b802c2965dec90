// Hosted zones and the networks that see them.
#include <fmt/format.h>

#include <algorithm>

#include "stratus/services/route53/names.h"
#include "stratus/services/route53/paging.h"
#include "stratus/services/route53/service.h"

namespace stratus::services::route53 {
namespace {

constexpr std::string_view kIdAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
// Every private zone names these; nobody is meant to ask them.
const std::vector<std::string> kPrivateServers = {"ns-1536.awsdns-00.co.uk", "ns-0.awsdns-00.com",
                                                  "ns-1024.awsdns-00.org", "ns-512.awsdns-00.net"};
constexpr std::int64_t kNsTtl = 172800, kSoaTtl = 900;  // seconds
constexpr std::int64_t kZoneLimit = 500, kRecordLimit = 10000, kVpcLimit = 300;

bool same(const r53::VPC& a, const r53::VPC& b) { return a.vpc_id == b.vpc_id && a.vpc_region == b.vpc_region; }

bool holds(const std::vector<r53::VPC>& list, const r53::VPC& vpc) {
  return std::any_of(list.begin(), list.end(), [&](const r53::VPC& known) { return same(known, vpc); });
}

}  // namespace

void Service::check_vpc(const std::string& account, const r53::VPC& vpc) const {
  if (!vpc.vpc_id || !vpc.vpc_region) throw r53::errors::InvalidInput("Both VPCId and VPCRegion must be specified.");
  if (!vpcs_.exists(account, *vpc.vpc_region, *vpc.vpc_id))
    throw r53::errors::InvalidVPCId(
        fmt::format("The VPC: {} in region {} that you provided is not authorized to make the association.",
                    *vpc.vpc_id, *vpc.vpc_region));
}

void Service::check_no_conflict(const std::string& zone_id, const std::string& name, const r53::VPC& vpc) const {
  for (const auto& [key, row] : zones_.all())
    if (row->is_private && key.id != zone_id && row->name == name && holds(row->vpcs, vpc))
      throw r53::errors::ConflictingDomainExists(fmt::format(
          "The VPC {} in region {} has already been associated with the hosted zone {} with the same domain name.",
          *vpc.vpc_id, *vpc.vpc_region, key.id));
}

void Service::put_required_records(const state::Key& key, const ZoneRow& row) {
  std::vector<r53::ResourceRecord> servers;
  for (const auto& server : row.name_servers) servers.push_back({.value = server + "."});
  const r53::ResourceRecordSet ns{.name = row.name, .type = "NS", .ttl = kNsTtl, .resource_records = servers};
  const r53::ResourceRecordSet soa{
      .name = row.name,
      .type = "SOA",
      .ttl = kSoaTtl,
      .resource_records = {
          {{.value = row.name_servers.front() + ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"}}}};
  for (const auto& set : {ns, soa})
    records_.put({key.account, "", record_key(row.id, set)}, {.zone_id = row.id, .value = set});
}

r53::HostedZone Service::view(const aws::Context& context, const ZoneRow& row) const {
  r53::HostedZone out{
      .id = "/hostedzone/" + row.id,
      .name = row.name,
      .caller_reference = row.caller_reference,
      .config = r53::HostedZoneConfig{.comment = row.comment, .private_zone = row.is_private},
      .resource_record_set_count = static_cast<std::int64_t>(records_of(context.account, row.id).size())};
  return out;
}

r53::CreateHostedZoneResponse Service::create_hosted_zone(aws::Context& context,
                                                          const r53::CreateHostedZoneRequest& request) {
  const auto parsed = parse_name(*request.name);
  if (!parsed.problem.empty() || parsed.name.find("\\052") != std::string::npos)
    throw r53::errors::InvalidDomainName("The domain name you specified is not valid: " + *request.name);
  const auto config = request.hosted_zone_config.value_or(r53::HostedZoneConfig{});
  if (config.private_zone.value_or(false) && !request.vpc)
    throw r53::errors::InvalidInput(
        "When you're creating a private hosted zone (when you specify true for PrivateZone), "
        "you must also specify values for VPCId and VPCRegion.");
  for (const ZoneRow* row : zones_.list(context.account, ""))
    if (row->caller_reference == *request.caller_reference)
      throw r53::errors::HostedZoneAlreadyExists(
          "A hosted zone has already been created with the specified caller reference.");
  if (zones_.list(context.account, "").size() >= static_cast<std::size_t>(kZoneLimit))
    throw r53::errors::TooManyHostedZones("Cannot create more than 500 hosted zones.");

  ZoneRow row{.id = "Z" + random_.from(kIdAlphabet, 20),
              .name = parsed.name,
              .caller_reference = *request.caller_reference,
              .comment = config.comment,
              .is_private = request.vpc.has_value(),
              .created = context.now};
  if (row.is_private) {
    if (request.delegation_set_id)
      throw r53::errors::InvalidInput("A reusable delegation set cannot be used with a private hosted zone.");
    check_vpc(context.account, *request.vpc);
    check_no_conflict("", row.name, *request.vpc);
    row.vpcs = {*request.vpc};
    row.name_servers = kPrivateServers;
  } else if (request.delegation_set_id) {
    const auto* set = delegation_sets_.find(context.account, "", plain_id(*request.delegation_set_id));
    if (set == nullptr)
      throw r53::errors::NoSuchDelegationSet("No delegation set found with ID: " +
                                             plain_id(*request.delegation_set_id));
    row.delegation_set_id = set->id;
    row.name_servers = set->name_servers;
  } else {
    row.name_servers = new_name_servers();
  }
  const state::Key key{context.account, "", row.id};
  put_required_records(key, row);
  const ZoneRow& saved = zones_.put(key, std::move(row));

  r53::CreateHostedZoneResponse out{.hosted_zone = view(context, saved),
                                    .change_info = begin_change(context, saved.id, std::nullopt),
                                    .location = "https://route53.amazonaws.com/2013-04-01/hostedzone/" + saved.id};
  if (saved.is_private) {
    out.vpc = saved.vpcs.front();
  } else {
    out.delegation_set = r53::DelegationSet{.name_servers = saved.name_servers};
    if (saved.delegation_set_id) out.delegation_set->id = "/delegationset/" + *saved.delegation_set_id;
  }
  return out;
}

r53::GetHostedZoneResponse Service::get_hosted_zone(aws::Context& context, const r53::GetHostedZoneRequest& request) {
  const ZoneRow& row = zone(context, request.id);
  r53::GetHostedZoneResponse out{.hosted_zone = view(context, row)};
  if (row.is_private) {
    out.vpcs = row.vpcs;
  } else {
    out.delegation_set = r53::DelegationSet{.name_servers = row.name_servers};
    if (row.delegation_set_id) out.delegation_set->id = "/delegationset/" + *row.delegation_set_id;
  }
  return out;
}

r53::DeleteHostedZoneResponse Service::delete_hosted_zone(aws::Context& context,
                                                          const r53::DeleteHostedZoneRequest& request) {
  const ZoneRow row = zone(context, request.id);
  std::vector<state::Key> required;
  for (const auto& [key, record] : records_of(context.account, row.id)) {
    const auto& set = record->value;
    if (set.name != row.name || (set.type != "NS" && set.type != "SOA"))
      throw r53::errors::HostedZoneNotEmpty(
          "The specified hosted zone contains non-required resource record sets and so cannot be deleted.");
    required.push_back(key);
  }
  for (const auto& key : required) records_.erase(key);
  zones_.erase({context.account, "", row.id});
  return {.change_info = begin_change(context, row.id, std::nullopt)};
}

r53::UpdateHostedZoneCommentResponse Service::update_hosted_zone_comment(
    aws::Context& context, const r53::UpdateHostedZoneCommentRequest& request) {
  const ZoneRow& row = zone(context, request.id);
  const ZoneRow& saved =
      zones_.update({context.account, "", row.id}, [&](ZoneRow& changed) { changed.comment = request.comment; });
  return {.hosted_zone = view(context, saved)};
}

r53::GetHostedZoneCountResponse Service::get_hosted_zone_count(aws::Context& context,
                                                               const r53::GetHostedZoneCountRequest&) {
  return {.hosted_zone_count = static_cast<std::int64_t>(zones_.list(context.account, "").size())};
}

r53::ListHostedZonesResponse Service::list_hosted_zones(aws::Context& context,
                                                        const r53::ListHostedZonesRequest& request) {
  const std::size_t max = max_items(request.max_items, 100);
  std::vector<const ZoneRow*> found;
  bool marker_seen = !request.marker || request.marker->empty();
  for (const ZoneRow* row : zones_.list(context.account, "")) {
    // The marker is the first zone of the next page.
    marker_seen = marker_seen || row->id == plain_id(*request.marker);
    if (!marker_seen) continue;
    if (request.delegation_set_id && row->delegation_set_id != plain_id(*request.delegation_set_id)) continue;
    if (request.hosted_zone_type && !row->is_private) continue;
    found.push_back(row);
  }
  if (!marker_seen) throw r53::errors::InvalidInput("The specified marker is not valid: " + *request.marker);
  r53::ListHostedZonesResponse out{.hosted_zones = std::vector<r53::HostedZone>{},
                                   .marker = request.marker,
                                   .is_truncated = found.size() > max,
                                   .max_items = std::to_string(max)};
  if (found.size() > max) out.next_marker = found[max]->id;
  for (std::size_t i = 0; i < std::min(max, found.size()); ++i) out.hosted_zones->push_back(view(context, *found[i]));
  return out;
}

r53::ListHostedZonesByNameResponse Service::list_hosted_zones_by_name(
    aws::Context& context, const r53::ListHostedZonesByNameRequest& request) {
  const std::size_t max = max_items(request.max_items, 100);
  if (request.hosted_zone_id && !request.dns_name)
    throw r53::errors::InvalidInput("A hosted zone ID cannot be specified without a DNS name.");
  auto found = zones_.list(context.account, "");
  std::sort(found.begin(), found.end(), [](const ZoneRow* a, const ZoneRow* b) {
    return std::pair(reversed(a->name), a->id) < std::pair(reversed(b->name), b->id);
  });
  if (request.dns_name) {
    const auto parsed = parse_name(*request.dns_name);
    if (!parsed.problem.empty())
      throw r53::errors::InvalidDomainName("The domain name you specified is not valid: " + *request.dns_name);
    const std::pair from(reversed(parsed.name), request.hosted_zone_id ? plain_id(*request.hosted_zone_id) : "");
    std::erase_if(found, [&](const ZoneRow* row) { return std::pair(reversed(row->name), row->id) < from; });
  }
  r53::ListHostedZonesByNameResponse out{.hosted_zones = std::vector<r53::HostedZone>{},
                                         .dns_name = request.dns_name,
                                         .hosted_zone_id = request.hosted_zone_id,
                                         .is_truncated = found.size() > max,
                                         .max_items = std::to_string(max)};
  if (found.size() > max) {
    out.next_dns_name = found[max]->name;
    out.next_hosted_zone_id = found[max]->id;
  }
  for (std::size_t i = 0; i < std::min(max, found.size()); ++i) out.hosted_zones->push_back(view(context, *found[i]));
  return out;
}

r53::ListHostedZonesByVPCResponse Service::list_hosted_zones_by_vpc(aws::Context& context,
                                                                    const r53::ListHostedZonesByVPCRequest& request) {
  const std::size_t max = max_items(request.max_items, 100);
  const r53::VPC vpc{.vpc_region = request.vpc_region, .vpc_id = request.vpc_id};
  check_vpc(context.account, vpc);
  std::vector<std::pair<state::Key, const ZoneRow*>> found;
  for (const auto& [key, row] : zones_.all())
    if (holds(row->vpcs, vpc) && (!request.next_token || key.id >= *request.next_token)) found.emplace_back(key, row);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first.id < b.first.id; });
  r53::ListHostedZonesByVPCResponse out{.hosted_zone_summaries = std::vector<r53::HostedZoneSummary>{},
                                        .max_items = std::to_string(max)};
  if (found.size() > max) out.next_token = found[max].first.id;
  for (std::size_t i = 0; i < std::min(max, found.size()); ++i)
    out.hosted_zone_summaries->push_back({.hosted_zone_id = found[i].second->id,
                                          .name = found[i].second->name,
                                          .owner = r53::HostedZoneOwner{.owning_account = found[i].first.account}});
  return out;
}

r53::AssociateVPCWithHostedZoneResponse Service::associate_vpc_with_hosted_zone(
    aws::Context& context, const r53::AssociateVPCWithHostedZoneRequest& request) {
  const std::string id = plain_id(*request.hosted_zone_id);
  state::Key key{context.account, "", id};
  const ZoneRow* row = zones_.find(key);
  bool foreign = false;
  // Another account's zone, whose owner authorized this network.
  if (row == nullptr)
    for (const auto& [other, candidate] : zones_.all())
      if (other.id == id) {
        key = other;
        row = candidate;
        foreign = true;
      }
  if (row == nullptr) throw r53::errors::NoSuchHostedZone("No hosted zone found with ID: " + id);
  if (foreign && !holds(row->authorized, *request.vpc))
    throw r53::errors::NotAuthorizedException(fmt::format(
        "The VPC: {} has not authorized to associate with your hosted zone.", request.vpc->vpc_id.value_or("")));
  if (!row->is_private)
    throw r53::errors::PublicZoneVPCAssociation(
        "You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't support associating a VPC "
        "with "
        "a public hosted zone.");
  check_vpc(context.account, *request.vpc);
  if (holds(row->vpcs, *request.vpc))
    throw r53::errors::ConflictingDomainExists(fmt::format(
        "The VPC {} in region {} has already been associated with the hosted zone {} with the same domain name.",
        *request.vpc->vpc_id, *request.vpc->vpc_region, id));
  check_no_conflict(id, row->name, *request.vpc);
  if (row->vpcs.size() >= static_cast<std::size_t>(kVpcLimit))
    throw r53::errors::LimitsExceeded("The hosted zone is already associated with the maximum number of VPCs.");
  zones_.update(key, [&](ZoneRow& changed) { changed.vpcs.push_back(*request.vpc); });
  return {.change_info = begin_change(context, id, request.comment)};
}

r53::DisassociateVPCFromHostedZoneResponse Service::disassociate_vpc_from_hosted_zone(
    aws::Context& context, const r53::DisassociateVPCFromHostedZoneRequest& request) {
  const ZoneRow& row = zone(context, request.hosted_zone_id);
  const std::string vpc_id = request.vpc->vpc_id.value_or("");
  if (!holds(row.vpcs, *request.vpc))
    throw r53::errors::VPCAssociationNotFound(
        fmt::format("The VPC: {} is not associated with hosted zone {}.", vpc_id, row.id));
  if (row.vpcs.size() == 1)
    throw r53::errors::LastVPCAssociation(fmt::format(
        "The VPC {} is the last VPC associated with the hosted zone. A private hosted zone must have at least one VPC.",
        vpc_id));
  const std::string id = row.id;
  zones_.update({context.account, "", id}, [&](ZoneRow& changed) {
    std::erase_if(changed.vpcs, [&](const r53::VPC& vpc) { return same(vpc, *request.vpc); });
  });
  return {.change_info = begin_change(context, id, request.comment)};
}

r53::CreateVPCAssociationAuthorizationResponse Service::create_vpc_association_authorization(
    aws::Context& context, const r53::CreateVPCAssociationAuthorizationRequest& request) {
  const ZoneRow& row = zone(context, request.hosted_zone_id);
  if (!row.is_private) throw r53::errors::InvalidInput("A VPC association authorization needs a private hosted zone.");
  if (!request.vpc->vpc_id || !request.vpc->vpc_region)
    throw r53::errors::InvalidInput("Both VPCId and VPCRegion must be specified.");
  const std::string id = row.id;
  zones_.update({context.account, "", id}, [&](ZoneRow& changed) {
    if (!holds(changed.authorized, *request.vpc)) changed.authorized.push_back(*request.vpc);
  });
  return {.hosted_zone_id = id, .vpc = request.vpc};
}

r53::DeleteVPCAssociationAuthorizationResponse Service::delete_vpc_association_authorization(
    aws::Context& context, const r53::DeleteVPCAssociationAuthorizationRequest& request) {
  const ZoneRow& row = zone(context, request.hosted_zone_id);
  if (!holds(row.authorized, *request.vpc))
    throw r53::errors::VPCAssociationAuthorizationNotFound(fmt::format(
        "The VPC: {} has not been authorized for hosted zone {}.", request.vpc->vpc_id.value_or(""), row.id));
  zones_.update({context.account, "", std::string(row.id)}, [&](ZoneRow& changed) {
    std::erase_if(changed.authorized, [&](const r53::VPC& vpc) { return same(vpc, *request.vpc); });
  });
  return {};
}

r53::ListVPCAssociationAuthorizationsResponse Service::list_vpc_association_authorizations(
    aws::Context& context, const r53::ListVPCAssociationAuthorizationsRequest& request) {
  const ZoneRow& row = zone(context, request.hosted_zone_id);
  return {.hosted_zone_id = row.id, .vpcs = row.authorized};
}

r53::GetDNSSECResponse Service::get_dnssec(aws::Context& context, const r53::GetDNSSECRequest& request) {
  const ZoneRow& row = zone(context, request.hosted_zone_id);
  if (row.is_private) throw r53::errors::InvalidArgument("Operation is unsupported for private");
  return {.status = r53::DNSSECStatus{.serve_signature = "NOT_SIGNING"},
          .key_signing_keys = std::vector<r53::KeySigningKey>{}};
}

r53::ListQueryLoggingConfigsResponse Service::list_query_logging_configs(
    aws::Context& context, const r53::ListQueryLoggingConfigsRequest& request) {
  if (request.hosted_zone_id) zone(context, request.hosted_zone_id);
  return {.query_logging_configs = std::vector<r53::QueryLoggingConfig>{}};
}

r53::GetHostedZoneLimitResponse Service::get_hosted_zone_limit(aws::Context& context,
                                                               const r53::GetHostedZoneLimitRequest& request) {
  const ZoneRow& row = zone(context, request.hosted_zone_id);
  const bool records = *request.type == "MAX_RRSETS_BY_ZONE";
  if (!records && !row.is_private)
    throw r53::errors::HostedZoneNotPrivate("The specified hosted zone is a public hosted zone.");
  return {.limit = r53::HostedZoneLimit{.type = request.type, .value = records ? kRecordLimit : kVpcLimit},
          .count = static_cast<std::int64_t>(records ? records_of(context.account, row.id).size() : row.vpcs.size())};
}

r53::GetAccountLimitResponse Service::get_account_limit(aws::Context& context,
                                                        const r53::GetAccountLimitRequest& request) {
  const std::string& type = *request.type;
  std::int64_t value = 0, count = 0;
  if (type == "MAX_HOSTED_ZONES_BY_OWNER") {
    value = kZoneLimit;
    count = static_cast<std::int64_t>(zones_.list(context.account, "").size());
  } else if (type == "MAX_HEALTH_CHECKS_BY_OWNER") {
    value = 200;
    count = static_cast<std::int64_t>(health_checks_.list(context.account, "").size());
  } else if (type == "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER") {
    value = 100;
    count = static_cast<std::int64_t>(delegation_sets_.list(context.account, "").size());
  }  // traffic policies are refused: none may be made
  return {.limit = r53::AccountLimit{.type = type, .value = value}, .count = count};
}

}  // namespace stratus::services::route53
