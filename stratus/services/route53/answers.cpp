#include "stratus/services/route53/answers.h"

#include <algorithm>
#include <cmath>

#include "stratus/core/text.h"
#include "stratus/services/route53/names.h"
#include "stratus/services/route53/places.h"

namespace stratus::services::route53 {
namespace {

using Set = aws::route53::ResourceRecordSet;

constexpr int kMaxAliases = 8;  // alias to alias; Route 53 refuses loops by never letting one be made in one step
constexpr std::size_t kMaxMultivalue = 8;

dns::Type type_of(const Set& set) {
  dns::Type type = dns::Type::a;
  dns::parse_type(*set.type, type);
  return type;
}

void add_records(const Set& set, std::string_view qname, std::vector<dns::Record>& out) {
  if (!set.resource_records) return;
  for (const auto& record : *set.resource_records)
    out.push_back({std::string(qname), type_of(set), static_cast<std::uint32_t>(set.ttl.value_or(0)),
                   data_to_zone_file(record.value.value_or(""))});
}

std::vector<const Set*> of_type(const std::vector<Set>& node, std::string_view type) {
  std::vector<const Set*> out;
  for (const auto& set : node)
    if (set.type == type) out.push_back(&set);
  return out;
}

/// RFC 2308: a negative answer lives as long as the lesser of the SOA's TTL and its minimum.
void add_soa(const PublishedZone& zone, dns::Answer& out) {
  const auto apex = zone.nodes.find(reversed(zone.name));
  if (apex == zone.nodes.end()) return;
  for (const Set* set : of_type(apex->second, "SOA")) {
    std::vector<dns::Record> records;
    add_records(*set, to_zone_file(zone.name), records);
    if (records.empty()) return;
    const auto fields = text::split(records.front().data, ' ');
    const auto minimum =
        fields.size() == 7 ? static_cast<std::uint32_t>(std::strtoul(fields[6].c_str(), nullptr, 10)) : 0;
    records.front().ttl = std::min(records.front().ttl, minimum);
    out.authority = {records.front()};
    return;
  }
}

/// The wildcard's place beside `key`'s last label.
std::string wildcard_below(const std::string& parent_key) { return parent_key + " \\052"; }

}  // namespace

dns::Answer Answers::answer(const Asker& asker, std::string_view qname, dns::Type qtype) {
  const std::string name = from_zone_file(qname);
  std::vector<const PublishedZone*> best;
  const auto consider = [&](bool is_private) {
    best.clear();
    std::size_t length = 0;
    for (const auto& [id, zone] : zones_) {
      if (zone.is_private != is_private || (is_private && !zone.vpcs.contains(asker.vpc_id))) continue;
      if (!within(name, zone.name) || zone.name.size() < length) continue;
      if (zone.name.size() > length) best.clear();
      length = zone.name.size();
      best.push_back(&zone);
    }
    std::sort(best.begin(), best.end(),
              [](const auto* a, const auto* b) { return std::tie(a->created, a->id) < std::tie(b->created, b->id); });
  };
  if (!asker.vpc_id.empty()) consider(true);
  if (best.empty()) consider(false);
  dns::Answer out;
  out.ours = false;
  for (std::size_t i = 0; i < best.size(); ++i) {
    auto found = in_zone(*best[i], asker, name, qname, qtype, 0);
    if (i == 0 || (found.rcode != dns::Rcode::nxdomain && out.rcode == dns::Rcode::nxdomain)) out = std::move(found);
  }
  return out;
}

dns::Answer Answers::answer_in(const std::string& zone_id, const Asker& asker, std::string_view qname,
                               dns::Type qtype) {
  const auto zone = zones_.find(zone_id);
  const std::string name = from_zone_file(qname);
  dns::Answer out;
  if (zone == zones_.end() || !within(name, zone->second.name)) {
    out.rcode = dns::Rcode::refused;
    return out;
  }
  return in_zone(zone->second, asker, name, qname, qtype, 0);
}

dns::Answer Answers::in_zone(const PublishedZone& zone, const Asker& asker, const std::string& name,
                             std::string_view qname, dns::Type qtype, int depth) {
  dns::Answer out;
  out.rcode = dns::Rcode::noerror;
  const std::string key = reversed(name), apex = reversed(zone.name);

  // RFC 1034 §4.3.2 step 3: from the apex down. A delegation ends our authority; what is nearest to the name matters
  // for wildcards.
  std::string encloser = apex;
  for (std::size_t at = apex.size(); at < key.size();) {
    const auto end = std::min(key.find(' ', at + 1), key.size());
    const std::string here = key.substr(0, end);
    at = end;
    const auto node = zone.nodes.find(here);
    if (node != zone.nodes.end()) {
      const auto servers = of_type(node->second, "NS");
      if (!servers.empty() && !(here == key && (qtype == dns::Type::ds || qtype == dns::Type::ns))) {
        std::string owner = *servers.front()->name;
        for (const Set* set : servers) add_records(*set, to_zone_file(owner), out.authority);
        // Addresses of name servers below the delegation itself: without them nobody could go on.
        for (const auto& record : out.authority) {
          const auto server = from_zone_file(record.data);
          const auto glue = zone.nodes.find(reversed(server));
          if (glue == zone.nodes.end()) continue;
          for (const char* type : {"A", "AAAA"})
            for (const Set* set : of_type(glue->second, type)) add_records(*set, to_zone_file(server), out.additional);
        }
        out.authoritative = false;
        return out;
      }
    }
    const auto below = zone.nodes.lower_bound(here + " ");
    if (node != zone.nodes.end() || (below != zone.nodes.end() && below->first.starts_with(here + " ")))
      encloser = here;
  }

  if (const auto node = zone.nodes.find(key); node != zone.nodes.end()) {
    answer_node(zone, asker, node->second, qname, qtype, depth, out);
  } else if (encloser == key) {
    // Nothing at the name itself, but something below it: it exists, empty.
  } else if (const auto wild = zone.nodes.find(wildcard_below(encloser)); wild != zone.nodes.end()) {
    answer_node(zone, asker, wild->second, qname, qtype, depth, out);
  } else {
    out.rcode = dns::Rcode::nxdomain;
  }
  if (out.records.empty()) add_soa(zone, out);
  return out;
}

void Answers::answer_node(const PublishedZone& zone, const Asker& asker, const Sets& node, std::string_view qname,
                          dns::Type qtype, int depth, dns::Answer& out) {
  const auto answer_type = [&](std::string_view type) {
    const auto sets = of_type(node, type);
    for (const Set* set : choose(zone, asker, sets, depth)) {
      if (set->alias_target)
        add_alias(zone, asker, *set, qname, type_of(*set), depth, out);
      else
        add_records(*set, qname, out.records);
    }
    return !sets.empty();
  };
  if (qtype == dns::Type::any) {
    std::set<std::string> types;
    for (const auto& set : node) types.insert(*set.type);
    for (const auto& type : types) answer_type(type);
    return;
  }
  if (!answer_type(dns::name(qtype)) && qtype != dns::Type::cname) answer_type("CNAME");
}

void Answers::add_alias(const PublishedZone& zone, const Asker& asker, const Set& set, std::string_view qname,
                        dns::Type qtype, int depth, dns::Answer& out) {
  const auto& target = *set.alias_target;
  if (*target.hosted_zone_id == zone.id) {
    if (depth >= kMaxAliases) return;
    const auto name = parse_name(*target.dns_name).name;
    auto found = in_zone(zone, asker, name, to_zone_file(name), qtype, depth + 1);
    // The asker never learns of an alias: the records are the name's own.
    for (auto& record : found.records) {
      if (record.name == to_zone_file(name)) record.name = qname;
      out.records.push_back(std::move(record));
    }
    return;
  }
  if (qtype != dns::Type::a) return;  // load balancers here have IPv4 addresses only
  std::string name = text::lower(*target.dns_name);
  if (name.ends_with('.')) name.pop_back();
  if (const auto endpoint = endpoints_.find(name))
    for (const auto& address : endpoint->addresses)
      out.records.push_back({std::string(qname), dns::Type::a, 60, address});
}

bool Answers::healthy(const PublishedZone& zone, const Asker& asker, const Set& set, int depth) {
  if (set.health_check_id && !healthy_(*set.health_check_id)) return false;
  if (!set.alias_target || !set.alias_target->evaluate_target_health.value_or(false)) return true;
  const auto& target = *set.alias_target;
  if (*target.hosted_zone_id == zone.id) {
    if (depth >= kMaxAliases) return true;
    const auto node = zone.nodes.find(reversed(parse_name(*target.dns_name).name));
    if (node == zone.nodes.end()) return false;
    const auto sets = of_type(node->second, *set.type);
    return std::any_of(sets.begin(), sets.end(),
                       [&](const Set* further) { return healthy(zone, asker, *further, depth + 1); });
  }
  std::string name = text::lower(*target.dns_name);
  if (name.ends_with('.')) name.pop_back();
  const auto endpoint = endpoints_.find(name);
  return endpoint && endpoint->healthy;
}

std::vector<const Set*> Answers::choose(const PublishedZone& zone, const Asker& asker,
                                        const std::vector<const Set*>& sets, int depth) {
  if (sets.empty() || !sets.front()->set_identifier) return sets;
  std::vector<const Set*> good;
  for (const Set* set : sets)
    if (healthy(zone, asker, *set, depth)) good.push_back(set);
  const Set& first = *sets.front();

  if (first.weight) {
    const auto positive = [](const Set* set) { return *set->weight > 0; };
    std::vector<const Set*> pool;
    std::copy_if(good.begin(), good.end(), std::back_inserter(pool), positive);
    // Where no healthy set has a weight, those with weight 0 take over; where none is healthy at all, every set counts.
    if (pool.empty()) pool = good;
    if (pool.empty()) std::copy_if(sets.begin(), sets.end(), std::back_inserter(pool), positive);
    if (pool.empty()) pool = sets;
    std::uint64_t total = 0;
    for (const Set* set : pool) total += static_cast<std::uint64_t>(*set->weight);
    if (total == 0) return {pool[random_.below(pool.size())]};
    std::uint64_t ticket = random_.below(total);
    for (const Set* set : pool) {
      const auto weight = static_cast<std::uint64_t>(*set->weight);
      if (ticket < weight) return {set};
      ticket -= weight;
    }
    return {pool.back()};
  }
  if (first.failover) {
    const auto role = [&](const std::vector<const Set*>& from, std::string_view wanted) -> const Set* {
      for (const Set* set : from)
        if (set->failover == wanted) return set;
      return nullptr;
    };
    if (const Set* set = role(good, "PRIMARY")) return {set};
    if (const Set* set = role(good, "SECONDARY")) return {set};
    if (const Set* set = role(sets, "PRIMARY")) return {set};
    return {sets.front()};
  }
  if (first.multi_value_answer) {
    std::vector<const Set*> pool = good.empty() ? sets : good;
    for (std::size_t i = pool.size(); i > 1; --i) std::swap(pool[i - 1], pool[random_.below(i)]);
    if (pool.size() > kMaxMultivalue) pool.resize(kMaxMultivalue);
    return pool;
  }
  if (first.region) {
    const auto& pool = good.empty() ? sets : good;
    return {*std::min_element(pool.begin(), pool.end(), [&](const Set* a, const Set* b) {
      return distance_km(asker.region, *a->region) < distance_km(asker.region, *b->region);
    })};
  }
  // Geolocation: the narrowest place that holds the asker, among the healthy; the default last; else nothing.
  const Place place = place_of(asker.region);
  const Set* best = nullptr;
  int best_rank = 0;
  for (const Set* set : good.empty() ? sets : good) {
    if (!set->geo_location) continue;
    const auto& geo = *set->geo_location;
    int rank = 0;
    if (geo.subdivision_code)
      rank = geo.country_code == place.country && *geo.subdivision_code == place.subdivision ? 4 : 0;
    else if (geo.country_code)
      rank = *geo.country_code == "*" ? 1 : *geo.country_code == place.country ? 3 : 0;
    else if (geo.continent_code)
      rank = *geo.continent_code == place.continent ? 2 : 0;
    if (rank > best_rank) {
      best = set;
      best_rank = rank;
    }
  }
  return best == nullptr ? std::vector<const Set*>{} : std::vector<const Set*>{best};
}

}  // namespace stratus::services::route53
