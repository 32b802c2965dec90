#include "stratus/daemon/metrics_elb.h"

#include <algorithm>

#include "stratus/core/arn.h"

namespace stratus::daemon {
namespace {

using services::cloudwatch::Aggregate;
using services::cloudwatch::Datum;
using Dimensions = std::map<std::string, std::string>;

constexpr const char* kNamespace = "AWS/ApplicationELB";
constexpr double kSamplesOfAMinute = 12;  // MetricSources looks every five seconds

/// "app/name/0123456789abcdef", "targetgroup/name/0123456789abcdef": the end of an ARN, as dimensions name things.
std::string dimension_of(const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  const std::string resource = parsed ? parsed->resource : arn;
  constexpr std::string_view prefix = "loadbalancer/";
  return resource.starts_with(prefix) ? resource.substr(prefix.size()) : resource;
}

double grown(std::uint64_t before, std::uint64_t after) {
  return after > before ? static_cast<double>(after - before) : 0;
}

/// AWS tells a count only where it is not zero.
void count(std::vector<Datum>& out, const char* name, const Dimensions& dimensions, double value, Timestamp minute,
           const char* unit = "Count") {
  if (value > 0) out.push_back({kNamespace, name, dimensions, unit, value, minute});
}

void several(std::vector<Datum>& out, const char* name, const Dimensions& dimensions, const Aggregate& values,
             Timestamp minute, const char* unit = "Count") {
  if (!values.empty()) out.push_back({kNamespace, name, dimensions, unit, 0, minute, values});
}

Dimensions with(Dimensions dimensions, const std::string& name, const std::string& value) {
  if (!value.empty()) dimensions[name] = value;
  return dimensions;
}

/// The capacity units of a minute, as a part of an hour: what was used most of, of the four things that AWS charges.
/// https://aws.amazon.com/elasticloadbalancing/pricing/
double capacity_units(const balancer::Counters& before, const balancer::Counters& now, double connections,
                      std::size_t rules) {
  constexpr double kSeconds = 60, kMinutesOfAnHour = 60, kFreeRules = 10, kGB = 1e9;
  const double requests = grown(before.requests, now.requests);
  const double bytes = grown(before.received_bytes + before.sent_bytes, now.received_bytes + now.sent_bytes);
  // Which rule a request stopped at is not counted: beyond the free ones, each request is taken to see them all.
  const double evaluated = requests * std::max(0.0, static_cast<double>(rules) - kFreeRules);
  return std::max({grown(before.new_connections, now.new_connections) / kSeconds / 25, connections / 3000,
                   bytes / kGB * kMinutesOfAnHour, evaluated / kSeconds / 1000}) /
         kMinutesOfAnHour;
}

void response_time(const balancer::GroupCounters& before, const balancer::GroupCounters& after, Aggregate& into) {
  const double responses = grown(before.timed_responses, after.timed_responses);
  const double seconds = after.response_seconds - before.response_seconds;
  if (responses > 0 && seconds >= 0) into.add(seconds / responses, responses);
}

const balancer::GroupCounters& group_of(const balancer::Counters& counters, const std::string& id) {
  static const balancer::GroupCounters nothing;
  const auto found = counters.groups.find(id);
  return found == counters.groups.end() ? nothing : found->second;
}

}  // namespace

std::map<std::string, balancer::Counters> ElbMetrics::counters_of(const std::string& id) const {
  auto out = balancer_.zone_stats(id);
  out[""] = balancer_.stats(id);
  return out;
}

void ElbMetrics::sample() {
  std::set<std::string> alive;
  for (const auto& name : elbv2_.names()) {
    alive.insert(name.arn);
    Sampled& sampled = sampled_[name.arn];
    auto now = counters_of(name.balancer_id);
    for (const auto& [zone, counters] : now) {
      if (counters.active_connections > 0)
        sampled.connections[zone].add(static_cast<double>(counters.active_connections));
      // The engine gives running averages: what came between two samples counts with the average between them.
      for (const auto& [id, group] : counters.groups) {
        const auto& before = group_of(sampled.sampled[zone], id);
        response_time(before, group, sampled.response_times[{zone, id}]);
        response_time(before, group, sampled.response_times[{zone, ""}]);
      }
    }
    sample_health(name, sampled);
    sampled.sampled = std::move(now);
  }
  std::erase_if(sampled_, [&](const auto& pair) { return alive.count(pair.first) == 0; });
}

void ElbMetrics::sample_health(const services::elbv2::Name& name, Sampled& sampled) {
  for (const auto& group : elbv2_.groups_of(name.arn)) {
    std::map<std::string, std::pair<int, int>> counts{{"", {0, 0}}};  // by zone: healthy, unhealthy
    for (const auto& target : balancer_.health(name.balancer_id, group.group_id)) {
      if (target.state != balancer::State::healthy && target.state != balancer::State::unhealthy) continue;
      const auto zone = group.zones.find(target.target_id + ":" + std::to_string(target.port));
      for (const std::string& at : {std::string(), zone == group.zones.end() ? std::string() : zone->second}) {
        auto& pair = counts[at];
        (target.state == balancer::State::healthy ? pair.first : pair.second) += 1;
        if (zone == group.zones.end() || zone->second.empty()) break;
      }
    }
    for (const auto& [zone, pair] : counts) {
      sampled.healthy[{zone, group.group_id}].add(pair.first);
      sampled.unhealthy[{zone, group.group_id}].add(pair.second);
    }
  }
}

void ElbMetrics::of_zone(const std::string& zone, const Dimensions& dimensions, const balancer::Counters& now,
                         Sampled& sampled, Timestamp minute, std::vector<Datum>& out) const {
  const balancer::Counters& before = sampled.told[zone];
  count(out, "RequestCount", dimensions, grown(before.requests, now.requests), minute);
  count(out, "NewConnectionCount", dimensions, grown(before.new_connections, now.new_connections), minute);
  count(out, "RejectedConnectionCount", dimensions, grown(before.rejected_connections, now.rejected_connections),
        minute);
  count(out, "ProcessedBytes", dimensions,
        grown(before.received_bytes + before.sent_bytes, now.received_bytes + now.sent_bytes), minute, "Bytes");
  count(out, "HTTPCode_ELB_3XX_Count", dimensions, grown(before.elb_3xx, now.elb_3xx), minute);
  count(out, "HTTPCode_ELB_4XX_Count", dimensions, grown(before.elb_4xx, now.elb_4xx), minute);
  count(out, "HTTPCode_ELB_5XX_Count", dimensions, grown(before.elb_5xx, now.elb_5xx), minute);
  count(out, "HTTPCode_ELB_503_Count", dimensions, grown(before.elb_503, now.elb_503), minute);
  count(out, "ClientTLSNegotiationErrorCount", dimensions, grown(before.tls_errors, now.tls_errors), minute);
  if (zone.empty()) {
    count(out, "HTTP_Fixed_Response_Count", dimensions, grown(before.fixed_responses, now.fixed_responses), minute);
    count(out, "HTTP_Redirect_Count", dimensions, grown(before.redirects, now.redirects), minute);
  }
  if (zone.empty()) {
    const Aggregate& open = sampled.connections[zone];
    const double average = open.empty() ? 0 : open.sum / kSamplesOfAMinute;
    out.push_back(
        {kNamespace, "ConsumedLCUs", dimensions, "Count", capacity_units(before, now, average, sampled.rules), minute});
  }
  several(out, "ActiveConnectionCount", dimensions, sampled.connections[zone], minute);
  double c2xx = 0, c3xx = 0, c4xx = 0, c5xx = 0, errors = 0;
  for (const auto& [id, group] : now.groups) {
    const auto& was = group_of(before, id);
    c2xx += grown(was.target_2xx, group.target_2xx);
    c3xx += grown(was.target_3xx, group.target_3xx);
    c4xx += grown(was.target_4xx, group.target_4xx);
    c5xx += grown(was.target_5xx, group.target_5xx);
    errors += grown(was.connection_errors, group.connection_errors);
  }
  count(out, "HTTPCode_Target_2XX_Count", dimensions, c2xx, minute);
  count(out, "HTTPCode_Target_3XX_Count", dimensions, c3xx, minute);
  count(out, "HTTPCode_Target_4XX_Count", dimensions, c4xx, minute);
  count(out, "HTTPCode_Target_5XX_Count", dimensions, c5xx, minute);
  count(out, "TargetConnectionErrorCount", dimensions, errors, minute);
  several(out, "TargetResponseTime", dimensions, sampled.response_times[{zone, ""}], minute, "Seconds");
}

void ElbMetrics::of_group(const services::elbv2::GroupName& group, const std::string& zone, Dimensions dimensions,
                          const balancer::Counters& now, Sampled& sampled, Timestamp minute,
                          std::vector<Datum>& out) const {
  const auto& was = group_of(sampled.told[zone], group.group_id);
  const auto& is = group_of(now, group.group_id);
  dimensions["TargetGroup"] = dimension_of(group.arn);
  const double requests = grown(was.requests, is.requests);
  count(out, "RequestCount", dimensions, requests, minute);
  count(out, "HTTPCode_Target_2XX_Count", dimensions, grown(was.target_2xx, is.target_2xx), minute);
  count(out, "HTTPCode_Target_3XX_Count", dimensions, grown(was.target_3xx, is.target_3xx), minute);
  count(out, "HTTPCode_Target_4XX_Count", dimensions, grown(was.target_4xx, is.target_4xx), minute);
  count(out, "HTTPCode_Target_5XX_Count", dimensions, grown(was.target_5xx, is.target_5xx), minute);
  count(out, "TargetConnectionErrorCount", dimensions, grown(was.connection_errors, is.connection_errors), minute);
  several(out, "TargetResponseTime", dimensions, sampled.response_times[{zone, group.group_id}], minute, "Seconds");
  several(out, "HealthyHostCount", dimensions, sampled.healthy[{zone, group.group_id}], minute);
  several(out, "UnHealthyHostCount", dimensions, sampled.unhealthy[{zone, group.group_id}], minute);
  if (!zone.empty() || requests == 0) return;
  const double hosts = std::max(1.0, sampled.healthy[{zone, group.group_id}].maximum);
  count(out, "RequestCountPerTarget", dimensions, requests / hosts, minute);
  count(out, "RequestCountPerTarget", {{"TargetGroup", dimension_of(group.arn)}}, requests / hosts, minute);
}

void ElbMetrics::publish(Timestamp minute) {
  for (const auto& name : elbv2_.names()) {
    const auto arn = Arn::parse(name.arn);
    Sampled& sampled = sampled_[name.arn];
    auto now = counters_of(name.balancer_id);
    sampled.rules = elbv2_.most_rules(name.arn);
    const auto groups = elbv2_.groups_of(name.arn);
    std::vector<Datum> data;
    // A zone without a node can still have targets.
    std::set<std::string> zones;
    for (const auto& [zone, counters] : now) zones.insert(zone);
    for (const auto& [key, hosts] : sampled.healthy) zones.insert(key.first);
    for (const auto& zone : zones) {
      const Dimensions dimensions = with({{"LoadBalancer", dimension_of(name.arn)}}, "AvailabilityZone", zone);
      if (now.count(zone) != 0) of_zone(zone, dimensions, now[zone], sampled, minute, data);
      for (const auto& group : groups) of_group(group, zone, dimensions, now[zone], sampled, minute, data);
    }
    cloudwatch_.record(arn->account, arn->region, data);
    sampled.told = std::move(now);
    sampled.connections.clear();
    sampled.response_times.clear();
    sampled.healthy.clear();
    sampled.unhealthy.clear();
  }
}

}  // namespace stratus::daemon
