#include "stratus/services/route53/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "stratus/core/log.h"
#include "stratus/services/route53/names.h"

namespace stratus::services::route53 {
namespace {

constexpr std::string_view kIdAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::chrono::hours kChangesKept{24 * 7};

}  // namespace

std::string plain_id(std::string_view id) {
  const auto slash = id.rfind('/');
  return std::string(slash == std::string_view::npos ? id : id.substr(slash + 1));
}

std::string record_key(const std::string& zone_id, const r53::ResourceRecordSet& set) {
  return zone_id + "\t" + reversed(*set.name) + "\t" + *set.type + "\t" + set.set_identifier.value_or("");
}

Service::Service(Loop& loop, state::Store& store, Random& random, Vpcs& vpcs, AliasEndpoints& endpoints, Prober& prober)
    : Reconciler(loop, "route53", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      vpcs_(vpcs),
      endpoints_(endpoints),
      prober_(prober),
      zones_(store, "route53_zones"),
      records_(store, "route53_records"),
      changes_(store, "route53_changes"),
      delegation_sets_(store, "route53_delegation_sets"),
      health_checks_(store, "route53_health_checks"),
      answers_(random, endpoints, [this](const std::string& id) { return healthy(id); }) {}

void Service::start() {
  for (const auto& [key, row] : zones_.all()) unpublished_.insert(key.id);
  const Timestamp now = loop_.clock().now();
  store_.call([&] {
    for (const auto& [key, row] : changes_.all()) {
      if (row->status == "PENDING")
        changes_.update(key, [](ChangeRow& change) { change.status = "INSYNC"; });  // published below
      else if (row->submitted + kChangesKept < now)
        changes_.erase(key);
    }
  });
  Reconciler::start();
  wake();
}

void Service::reconcile() {
  // A reset of the state takes rows away without a word.
  for (const auto& [id, zone] : answers_.zones()) {
    bool known = false;
    for (const auto& [key, row] : zones_.all()) known = known || key.id == id;
    if (!known) unpublished_.insert(id);
  }
  const auto changed = std::exchange(unpublished_, {});
  for (const auto& id : changed) publish(id);
  if (!changed.empty()) {
    store_.call([&] {
      for (const auto& id : changed)
        for (const auto& key : std::exchange(pending_[id], {}))
          if (changes_.find(key) != nullptr) changes_.update(key, [](ChangeRow& change) { change.status = "INSYNC"; });
    });
    for (const auto& id : changed) pending_.erase(id);
    for (const auto& handler : published_handlers_) handler();
  }
  probe_due();
}

void Service::publish(const std::string& zone_id) {
  for (const auto& [key, row] : zones_.all()) {
    if (key.id != zone_id) continue;
    PublishedZone zone{.id = row->id,
                       .name = row->name,
                       .is_private = row->is_private,
                       .vpcs = {},
                       .created = row->created,
                       .name_servers = row->name_servers,
                       .nodes = {}};
    for (const auto& vpc : row->vpcs) zone.vpcs.insert(*vpc.vpc_id);
    for (const auto& [record_key, record] : records_of(key.account, zone_id))
      zone.nodes[reversed(*record->value.name)].push_back(record->value);
    answers_.publish(std::move(zone));
    return;
  }
  answers_.withdraw(zone_id);
}

std::vector<std::string> Service::public_names() const {
  std::vector<std::string> out;
  for (const auto& [id, zone] : answers_.zones()) {
    if (zone.is_private) continue;
    for (const auto& [key, node] : zone.nodes) {
      const bool named = std::any_of(node.begin(), node.end(), [](const r53::ResourceRecordSet& set) {
        return set.type == "A" || set.type == "AAAA" || set.type == "CNAME";
      });
      const std::string& name = *node.front().name;
      if (named && name.find('\\') == std::string::npos) out.push_back(to_zone_file(name));
    }
  }
  return out;
}

bool Service::is_name_server(std::string_view qname) const {
  for (const auto& [id, zone] : answers_.zones())
    if (std::find(zone.name_servers.begin(), zone.name_servers.end(), qname) != zone.name_servers.end()) return true;
  return false;
}

const ZoneRow& Service::zone(const aws::Context& context, const std::optional<std::string>& id) const {
  const std::string plain = plain_id(id.value_or(""));
  const ZoneRow* row = zones_.find(context.account, "", plain);
  if (row == nullptr) throw r53::errors::NoSuchHostedZone("No hosted zone found with ID: " + plain);
  return *row;
}

std::vector<std::pair<state::Key, const RecordRow*>> Service::records_of(const std::string& account,
                                                                         const std::string& zone_id) const {
  std::vector<std::pair<state::Key, const RecordRow*>> out;
  for (const RecordRow* row : records_.list(account, ""))
    if (row->zone_id == zone_id) out.emplace_back(state::Key{account, "", record_key(zone_id, row->value)}, row);
  return out;
}

r53::ChangeInfo Service::begin_change(const aws::Context& context, const std::string& zone_id,
                                      const std::optional<std::string>& comment) {
  ChangeRow row{
      .id = "C" + random_.from(kIdAlphabet, 20), .status = "PENDING", .submitted = context.now, .comment = comment};
  const state::Key key{context.account, "", row.id};
  r53::ChangeInfo out{
      .id = "/change/" + row.id, .status = row.status, .submitted_at = row.submitted, .comment = row.comment};
  changes_.put(key, std::move(row));
  // Published once it is durable: an answer must never be taken back by a crash.
  store_.after_commit([this, zone_id, key] {
    unpublished_.insert(zone_id);
    pending_[zone_id].insert(key);
    wake();
  });
  return out;
}

std::vector<std::string> Service::new_name_servers() {
  // AWS numbers its name servers by domain: 0–511 below .com, then .net, .org and .co.uk; the number tells the stripe.
  std::vector<std::string> out;
  constexpr const char* domains[] = {"com", "net", "org", "co.uk"};
  constexpr std::uint64_t each = 512;
  for (std::uint64_t i = 0; i < 4; ++i) {
    const std::uint64_t number = random_.below(each);
    out.push_back(fmt::format("ns-{}.awsdns-{:02}.{}", i * each + number, number / 8, domains[i]));
  }
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random_.below(i)]);
  return out;
}

r53::GetChangeResponse Service::get_change(aws::Context& context, const r53::GetChangeRequest& request) {
  const std::string id = plain_id(*request.id);
  const ChangeRow* row = changes_.find(context.account, "", id);
  if (row == nullptr) throw r53::errors::NoSuchChange("Could not find resource with ID: " + id);
  return {
      .change_info = r53::ChangeInfo{
          .id = "/change/" + row->id, .status = row->status, .submitted_at = row->submitted, .comment = row->comment}};
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  std::vector<std::string> out;
  const auto arn = [](std::string_view type, const std::string& id) {
    return fmt::format("arn:aws:route53:::{}/{}", type, plain_id(id));
  };
  for (const Member& member : operation.input().members) {
    const std::string_view name = member.name;
    const void* value = member_value(member, request);
    if (value == nullptr) continue;
    if (name == "HostedZoneId" && member.shape().kind == Kind::string)
      out.push_back(arn("hostedzone", *static_cast<const std::string*>(value)));
    else if (name == "HealthCheckId")
      out.push_back(arn("healthcheck", *static_cast<const std::string*>(value)));
    else if (name == "Id")
      out.push_back(arn(operation.name == std::string_view("GetChange") ? "change"
                        : std::string_view(operation.name).find("DelegationSet") != std::string_view::npos
                            ? "delegationset"
                            : "hostedzone",
                        *static_cast<const std::string*>(value)));
    else if (name == "ResourceId") {
      const bool is_zone = zones_.find(context.account, "", *static_cast<const std::string*>(value)) != nullptr;
      out.push_back(arn(is_zone ? "hostedzone" : "healthcheck", *static_cast<const std::string*>(value)));
    }
  }
  return out.empty() ? std::vector<std::string>{"*"} : out;
}

}  // namespace stratus::services::route53
