// Resource record sets: batches of changes that hold as a whole or not at all, and their listing.
#include <fmt/format.h>

#include <algorithm>

#include "stratus/core/text.h"
#include "stratus/services/route53/names.h"
#include "stratus/services/route53/paging.h"
#include "stratus/services/route53/places.h"
#include "stratus/services/route53/service.h"

namespace stratus::services::route53 {
namespace {

using Set = r53::ResourceRecordSet;
constexpr std::size_t kMaxChanges = 1000, kMaxRecords = 10000;

/// "[name='www.example.com.', type='A', set-identifier='blue']"
std::string shown(const Set& set) {
  std::string out = fmt::format("[name='{}', type='{}'", *set.name, *set.type);
  if (set.set_identifier) out += fmt::format(", set-identifier='{}'", *set.set_identifier);
  return out + "]";
}

bool same_target(const std::optional<r53::AliasTarget>& a, const std::optional<r53::AliasTarget>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->hosted_zone_id == b->hosted_zone_id && a->dns_name == b->dns_name &&
                a->evaluate_target_health.value_or(false) == b->evaluate_target_health.value_or(false));
}

std::vector<std::string> sorted_values(const Set& set) {
  std::vector<std::string> out;
  if (set.resource_records)
    for (const auto& record : *set.resource_records) out.push_back(record.value.value_or(""));
  std::sort(out.begin(), out.end());
  return out;
}

bool same_values(const Set& a, const Set& b) {
  const auto geo = [](const Set& set) {
    const auto g = set.geo_location.value_or(r53::GeoLocation{});
    return std::tuple(g.continent_code, g.country_code, g.subdivision_code);
  };
  return a.ttl == b.ttl && same_target(a.alias_target, b.alias_target) && sorted_values(a) == sorted_values(b) &&
         a.weight == b.weight && a.region == b.region && a.failover == b.failover &&
         a.multi_value_answer == b.multi_value_answer && a.health_check_id == b.health_check_id && geo(a) == geo(b);
}

/// The routing policy's field, in the word of AWS's messages; "" for a simple set.
std::string_view policy(const Set& set) {
  if (set.weight) return "weighted";
  if (set.region) return "latency";
  if (set.failover) return "failover";
  if (set.geo_location) return "geolocation";
  if (set.multi_value_answer) return "multivalue answer";
  return "";
}

/// What the shape of one change demands; thrown at once, as AWS does before it looks at the zone.
void check_shape(const std::string& action, const Set& set) {
  const std::string where = fmt::format("in Change with [Action={}, Name={}, Type={}, SetIdentifier={}]", action,
                                        *set.name, *set.type, set.set_identifier.value_or("null"));
  if (dns::Type known{}; !dns::parse_type(*set.type, known))
    throw aws::not_implemented("ChangeResourceRecordSets: Type " + *set.type);
  if (set.traffic_policy_instance_id) throw aws::not_implemented("ChangeResourceRecordSets: TrafficPolicyInstanceId");
  if (set.cidr_routing_config) throw aws::not_implemented("ChangeResourceRecordSets: CidrRoutingConfig");
  if (set.geo_proximity_location) throw aws::not_implemented("ChangeResourceRecordSets: GeoProximityLocation");
  constexpr const char* choice = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]";
  const bool records = set.resource_records && !set.resource_records->empty();
  if (set.alias_target && (records || set.ttl))
    throw r53::errors::InvalidInput(
        fmt::format("Invalid request: Expected exactly one of {}, but found more than one {}", choice, where));
  if (!set.alias_target && !(records && set.ttl)) {
    if (records) throw r53::errors::InvalidInput("Invalid request: Missing field 'TTL' " + where);
    if (set.ttl) throw r53::errors::InvalidInput("Invalid request: Missing field 'ResourceRecords' " + where);
    throw r53::errors::InvalidInput(
        fmt::format("Invalid request: Expected exactly one of {}, but found none {}", choice, where));
  }
  const int policies = static_cast<int>(set.weight.has_value()) + static_cast<int>(set.region.has_value()) +
                       static_cast<int>(set.failover.has_value()) + static_cast<int>(set.geo_location.has_value()) +
                       static_cast<int>(set.multi_value_answer.value_or(false));
  constexpr const char* routes =
      "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]";
  if (policies > 1)
    throw r53::errors::InvalidInput(
        fmt::format("Invalid request: Expected exactly one of {}, but found more than one {}", routes, where));
  if (policies == 0 && set.set_identifier)
    throw r53::errors::InvalidInput(
        fmt::format("Invalid request: Expected exactly one of {}, but found none {}", routes, where));
  if (policies == 1 && !set.set_identifier)
    throw r53::errors::InvalidInput("Invalid request: Missing field 'SetIdentifier' " + where);
  if (set.region && !known_region(*set.region))
    throw r53::errors::InvalidInput("Invalid request: unknown Region '" + *set.region + "' " + where);
  if (set.multi_value_answer.value_or(false) && set.alias_target)
    throw r53::errors::InvalidInput("Invalid request: MultiValueAnswer cannot be used with AliasTarget " + where);
  if (set.geo_location) {
    const auto& geo = *set.geo_location;
    if ((geo.continent_code && (geo.country_code || geo.subdivision_code)) ||
        (!geo.continent_code && !geo.country_code))
      throw r53::errors::InvalidInput("Invalid request: the GeoLocation is not valid " + where);
  }
}

}  // namespace

void Service::check_set(const aws::Context& context, const ZoneRow& zone, const Set& set,
                        const std::map<std::string, RecordRow>& records, std::vector<std::string>& problems) {
  const std::string& name = *set.name;
  const std::string& type = *set.type;
  const auto refuse = [&](std::string problem) {
    if (std::find(problems.begin(), problems.end(), problem) == problems.end()) problems.push_back(std::move(problem));
  };
  // The sets of the name, in the state that the batch leaves.
  const std::string prefix = zone.id + "\t" + reversed(name) + "\t";
  const std::string identifier = set.set_identifier.value_or("");
  for (auto at = records.lower_bound(prefix); at != records.end() && at->first.starts_with(prefix); ++at) {
    const Set& other = at->second.value;
    if (other.type != type) {
      if (type == "CNAME" || other.type == "CNAME")
        refuse(fmt::format(
            "RRSet of type {} with DNS name {} is not permitted as it conflicts with other records with the "
            "same DNS name in zone {}",
            type, name, zone.name));
      continue;
    }
    if (other.set_identifier == set.set_identifier) continue;
    if (policy(set).empty()) {
      refuse(fmt::format(
          "RRSet with DNS name {}, type {} cannot be created as other RRSets exist with the same name and type.", name,
          type));
    } else if (policy(other) != policy(set)) {
      refuse(fmt::format(
          "RRSet with DNS name {}, type {}, SetIdentifier {} cannot be created as a non-{} set exists with the "
          "same name and type.",
          name, type, identifier, policy(set)));
    } else if (set.weight && set.ttl && other.ttl && set.ttl != other.ttl) {
      refuse(fmt::format(
          "RRSet with DNS name {} and type {}, SetIdentifier {} cannot be created as weighted sets must contain "
          "the same TTL.",
          name, type, identifier));
    } else if ((set.region && set.region == other.region) || (set.failover && set.failover == other.failover) ||
               (set.geo_location && set.geo_location->continent_code == other.geo_location->continent_code &&
                set.geo_location->country_code == other.geo_location->country_code &&
                set.geo_location->subdivision_code == other.geo_location->subdivision_code)) {
      refuse(fmt::format(
          "RRSet with DNS name {}, type {}, SetIdentifier {} cannot be created as another {} set exists with the "
          "same name, type and value.",
          name, type, identifier, policy(set)));
    }
  }
  if (name == zone.name && type == "CNAME")
    refuse(fmt::format("RRSet of type CNAME with DNS name {} is not permitted at apex in zone {}", name, zone.name));
  if (type == "SOA" && name != zone.name)
    refuse(fmt::format("RRSet of type SOA with DNS name {} is not permitted as it does not match the zone {}", name,
                       zone.name));
  if (!policy(set).empty() &&
      (type == "SOA" || (type == "NS" && name == zone.name) || (type == "NS" && set.multi_value_answer)))
    refuse(fmt::format("RRSet with DNS name {}, type {} cannot have a routing policy.", name, type));
  if (set.health_check_id) {
    if (health_checks_.find(context.account, "", *set.health_check_id) == nullptr)
      throw r53::errors::NoSuchHealthCheck("No health check exists with the specified ID: " + *set.health_check_id);
    if (policy(set).empty())
      refuse(fmt::format("RRSet with DNS name {}, type {} cannot have a health check without a routing policy.", name,
                         type));
  }
  if (set.resource_records) {
    const auto values = sorted_values(set);
    if (const auto twice = std::adjacent_find(values.begin(), values.end()); twice != values.end())
      refuse("Duplicate Resource Record: '" + *twice + "'");
    for (const auto& record : *set.resource_records)
      if (const auto problem = value_problem(type, record.value.value_or("")); !problem.empty())
        refuse("Invalid Resource Record: " + problem);
    if ((type == "CNAME" || type == "SOA") && values.size() > 1)
      refuse(fmt::format("RRSet of type {} with DNS name {} must have exactly one value.", type, name));
  }
  if (!set.alias_target) return;
  const auto& target = *set.alias_target;
  if (type == "NS" || type == "SOA") return refuse(fmt::format("An alias of type {} is not permitted.", type));
  const std::string zone_id = plain_id(*target.hosted_zone_id);
  const std::string tried =
      fmt::format("Tried to create an alias that targets {}, type {} in zone {}, ", *target.dns_name, type, zone_id);
  if (zone_id == zone.id) {
    if (!within(*target.dns_name, zone.name))
      return refuse(tried + "but the alias target name does not lie within the target zone");
    const std::string wanted = zone.id + "\t" + reversed(*target.dns_name) + "\t" + type + "\t";
    const auto at = records.lower_bound(wanted);
    if (*target.dns_name == name || at == records.end() || !at->first.starts_with(wanted))
      refuse(tried + "but that target was not found");
    return;
  }
  std::string dns_name = *target.dns_name;
  if (dns_name.ends_with('.')) dns_name.pop_back();
  const auto endpoint = endpoints_.find(dns_name);
  if (endpoint && endpoint->hosted_zone_id == zone_id) {
    if (type != "A" && type != "AAAA") refuse(tried + "but that target was not found");
    return;
  }
  if (endpoints_.is_load_balancer_zone(zone_id)) {
    if (!dns_name.ends_with(".elb.amazonaws.com"))
      refuse(tried + "but the alias target name does not lie within the target zone");
    return refuse(tried + "but that target was not found");
  }
  if (zones_.find(context.account, "", zone_id) != nullptr) {
    // A record of another zone of the account: Route 53 wants it within the record's own zone.
    refuse(tried + "but the alias target name does not lie within the target zone");
    return;
  }
  throw aws::not_implemented("ChangeResourceRecordSets: AliasTarget in hosted zone " + zone_id +
                             " (only load balancers and records of the same zone are served)");
}

r53::ChangeResourceRecordSetsResponse Service::change_resource_record_sets(
    aws::Context& context, const r53::ChangeResourceRecordSetsRequest& request) {
  const ZoneRow owner = zone(context, request.hosted_zone_id);
  const auto& batch = *request.change_batch;
  if (batch.changes->size() > kMaxChanges)
    throw r53::errors::InvalidChangeBatch("[Number of records limit of 1000 exceeded.]");

  std::map<std::string, RecordRow> records;
  for (const auto& [key, row] : records_of(context.account, owner.id)) records[key.id] = *row;
  const auto before = records;
  std::vector<std::string> problems;
  std::set<std::string> written;
  std::map<std::string, std::string> seen;  // key → the last action on it
  for (const auto& change : *batch.changes) {
    const std::string& action = *change.action;
    Set set = *change.resource_record_set;
    check_shape(action, set);
    const auto parsed = parse_name(*set.name);
    if (!parsed.problem.empty()) {
      problems.push_back(parsed.problem);
      continue;
    }
    set.name = parsed.name;
    if (set.multi_value_answer && !*set.multi_value_answer) set.multi_value_answer.reset();
    if (set.alias_target) {
      set.resource_records.reset();
      const auto target = parse_name(set.alias_target->dns_name.value_or(""));
      if (!target.problem.empty()) {
        problems.push_back(target.problem);
        continue;
      }
      set.alias_target->dns_name = target.name;
      set.alias_target->hosted_zone_id = plain_id(*set.alias_target->hosted_zone_id);
    }
    if (!within(*set.name, owner.name)) {
      problems.push_back(fmt::format("RRSet with DNS name {} is not permitted in zone {}", *set.name, owner.name));
      continue;
    }
    const std::string key = record_key(owner.id, set);
    if (const auto earlier = seen.find(key);
        earlier != seen.end() && !(earlier->second == "DELETE" && action != "DELETE"))
      throw r53::errors::InvalidChangeBatch(fmt::format(
          "[The request contains an invalid set of changes for a resource record set '{} {}']", *set.type, *set.name));
    seen[key] = action;
    const auto found = records.find(key);
    if (action == "DELETE") {
      if (found == records.end()) {
        problems.push_back("Tried to delete resource record set " + shown(set) + " but it was not found");
      } else if (!same_values(found->second.value, set)) {
        problems.push_back("Tried to delete resource record set " + shown(set) +
                           " but the values provided do not match the current values");
      } else {
        records.erase(found);
        written.erase(key);
      }
      continue;
    }
    if (action == "CREATE" && found != records.end()) {
      problems.push_back("Tried to create resource record set " + shown(set) + " but it already exists");
      continue;
    }
    records[key] = {.zone_id = owner.id, .value = std::move(set)};
    written.insert(key);
  }
  if (problems.empty()) {
    for (const auto& key : written) check_set(context, owner, records.at(key).value, records, problems);
    const std::string apex = owner.id + "\t" + reversed(owner.name) + "\t";
    if (!records.contains(apex + "SOA\t")) problems.emplace_back("A HostedZone must contain exactly one SOA record.");
    if (!records.contains(apex + "NS\t"))
      problems.emplace_back("A HostedZone must contain at least one NS record for the zone itself.");
    if (records.size() > kMaxRecords) throw r53::errors::LimitsExceeded("Limits Exceeded: MAX_RRSETS_BY_ZONE");
    // What another set is an alias of stays.
    for (const auto& [key, row] : records) {
      const auto& target = row.value.alias_target;
      if (written.contains(key) || !target || *target->hosted_zone_id != owner.id) continue;
      const std::string wanted = owner.id + "\t" + reversed(*target->dns_name) + "\t" + *row.value.type + "\t";
      const auto at = records.lower_bound(wanted);
      if (at == records.end() || !at->first.starts_with(wanted))
        problems.push_back(
            fmt::format("Tried to delete resource record set [name='{}', type='{}'] but it is the target of the "
                        "alias {}",
                        *target->dns_name, *row.value.type, *row.value.name));
    }
  }
  if (!problems.empty()) throw r53::errors::InvalidChangeBatch("[" + text::join(problems, ", ") + "]");

  for (const auto& [key, row] : before)
    if (!records.contains(key)) records_.erase({context.account, "", key});
  for (const auto& key : written) records_.put({context.account, "", key}, records.at(key));
  return {.change_info = begin_change(context, owner.id, batch.comment)};
}

r53::ListResourceRecordSetsResponse Service::list_resource_record_sets(
    aws::Context& context, const r53::ListResourceRecordSetsRequest& request) {
  const ZoneRow& owner = zone(context, request.hosted_zone_id);
  const std::size_t max = max_items(request.max_items, 300);
  if (request.start_record_type && !request.start_record_name)
    throw r53::errors::InvalidInput("The input is not valid: a record type cannot be specified without a record name.");
  if (request.start_record_identifier && !request.start_record_type)
    throw r53::errors::InvalidInput(
        "The input is not valid: a record identifier cannot be specified without a record name and type.");
  auto found = records_of(context.account, owner.id);
  if (request.start_record_name && !request.start_record_name->empty()) {
    const auto parsed = parse_name(*request.start_record_name);
    if (!parsed.problem.empty()) throw r53::errors::InvalidInput(parsed.problem);
    const std::tuple from(reversed(parsed.name), request.start_record_type.value_or(""),
                          request.start_record_identifier.value_or(""));
    std::erase_if(found, [&](const auto& entry) {
      const Set& set = entry.second->value;
      return std::tuple(reversed(*set.name), *set.type, set.set_identifier.value_or("")) < from;
    });
  }
  r53::ListResourceRecordSetsResponse out{
      .resource_record_sets = std::vector<Set>{}, .is_truncated = found.size() > max, .max_items = std::to_string(max)};
  if (found.size() > max) {
    const Set& next = found[max].second->value;
    out.next_record_name = next.name;
    out.next_record_type = next.type;
    out.next_record_identifier = next.set_identifier;
  }
  for (std::size_t i = 0; i < std::min(max, found.size()); ++i)
    out.resource_record_sets->push_back(found[i].second->value);
  return out;
}

r53::TestDNSAnswerResponse Service::test_dns_answer(aws::Context& context, const r53::TestDNSAnswerRequest& request) {
  const ZoneRow& owner = zone(context, request.hosted_zone_id);
  const auto parsed = parse_name(*request.record_name);
  if (!parsed.problem.empty()) throw r53::errors::InvalidInput(parsed.problem);
  if (request.resolver_ip || request.edns0_client_subnet_ip)
    throw aws::not_implemented("TestDNSAnswer: ResolverIP and EDNS0ClientSubnetIP (every asker stands in a region)");
  dns::Type type = dns::Type::a;
  if (!dns::parse_type(*request.record_type, type))
    throw aws::not_implemented("TestDNSAnswer: RecordType " + *request.record_type);
  const auto answer =
      answers_.answer_in(owner.id, {.vpc_id = "", .region = context.region}, to_zone_file(parsed.name), type);
  constexpr const char* codes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
  r53::TestDNSAnswerResponse out{.nameserver = owner.name_servers.front(),
                                 .record_name = parsed.name,
                                 .record_type = request.record_type,
                                 .record_data = std::vector<std::string>{},
                                 .response_code = codes[static_cast<int>(answer.rcode)],
                                 .protocol = "UDP"};
  for (const auto& record : answer.records)
    if (record.type == type) out.record_data->push_back(record.data);
  return out;
}

}  // namespace stratus::services::route53
