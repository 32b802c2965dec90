#include "stratus/services/cloudtrail/service.h"

#include <boost/json.hpp>
#include <tuple>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/state/master_key.h"

namespace stratus::services::cloudtrail {
namespace {

constexpr std::size_t kMostHeld = 1000;
constexpr Duration kKept = std::chrono::hours(24 * 90);

/// The object or the topic that a data event is about: type and ARN.
std::pair<std::string, std::string> subject_of(const Entry& entry) {
  boost::system::error_code error;
  const auto request = boost::json::parse(entry.request, error);
  if (error || !request.is_object()) return {};
  const auto text = [&](const char* name) {
    const auto* value = request.get_object().if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  if (entry.service == "s3") return {"AWS::S3::Object", "arn:aws:s3:::" + text("Bucket") + "/" + text("Key")};
  if (entry.service == "sns") return {"AWS::SNS::Topic", text("TopicArn")};
  return {};
}

}  // namespace

Service::Service(Loop& loop, state::Store& store, Random& random, iam::Service& iam, logs::Service& logs,
                 sns::Service& sns, events::Service& events, Buckets& buckets, Settings settings)
    : Reconciler(loop, "cloudtrail", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      iam_(iam),
      logs_(logs),
      sns_(sns),
      events_(events),
      buckets_(buckets),
      settings_(settings),
      trails_(store, "cloudtrail_trails"),
      digest_keys_(store, "cloudtrail_digest_keys"),
      master_(state::master_key(store.directory())) {
  store_.migrate("cloudtrail",
                 {"CREATE TABLE cloudtrail_events (id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region "
                  "TEXT NOT NULL, "
                  "time INTEGER NOT NULL, read_only INTEGER NOT NULL, data INTEGER NOT NULL, source TEXT NOT NULL, "
                  "name TEXT NOT NULL, "
                  "user TEXT NOT NULL, access_key TEXT NOT NULL, event_id TEXT NOT NULL, resource_type TEXT NOT NULL, "
                  "resource_arn TEXT NOT NULL, body TEXT NOT NULL);"
                  "CREATE INDEX cloudtrail_events_by_account ON cloudtrail_events (account)"});
}

Service::~Service() {
  if (timer_ != 0) loop_.cancel(timer_);
}

void Service::start() { Reconciler::start(); }

void Service::record(const wire::CallRecord& call) {
  const aws::Context& from = *call.context;
  if (from.account.empty()) return;  // nobody's: the signature told no account
  const bool data = is_data_event(call.service->name, call.operation);
  if (data) {
    // Selectors know no other resources.
    if (std::string_view(call.service->name) != "s3" && std::string_view(call.service->name) != "sns") return;
    const auto trails = trails_.all();
    const bool wanted = std::any_of(trails.begin(), trails.end(), [&](const auto& item) {
      return item.first.account == from.account && item.second->logging && wants_data(*item.second);
    });
    if (!wanted) return;
  }
  Entry entry;
  entry.context.account = from.account;
  entry.context.region = from.region;
  entry.context.request_id = from.request_id;
  entry.context.identity = from.identity;
  entry.context.source_ip = from.source_ip;
  entry.context.user_agent = from.user_agent;
  entry.context.host = from.host;
  entry.context.now = from.now;
  entry.source = call.service->event_source;
  entry.service = call.service->name;
  entry.name = call.operation;
  entry.read_only = call.read_only;
  entry.data = data;
  entry.request = call.request_json;
  if (!call.read_only) entry.response = call.response_json;
  entry.error_code = call.error_code;
  entry.error_message = call.error_message;
  held_.push_back(std::move(entry));
  // What changed something is written with the change, in its commit; what did not is written with others, so that
  // reading costs no write of its own.
  if (store_.dirty() || held_.size() >= kMostHeld) {
    flush();
  } else if (timer_ == 0) {
    timer_ = loop_.after(settings_.write_delay, [this] {
      timer_ = 0;
      flush();
    });
  }
}

std::string Service::role_behind(const aws::Identity& who) const {
  if (who.kind != aws::Identity::Kind::assumed_role) return "";
  const auto parts = text::split(who.arn, '/');
  const std::string arn = "arn:aws:iam::" + who.account + ":role/" + (parts.size() > 1 ? parts[1] : "");
  return iam_.role_by_arn(arn) == nullptr ? "" : arn;
}

void Service::flush() {
  if (held_.empty()) return;
  const auto entries = std::exchange(held_, {});
  store_.touch();
  for (const Entry& entry : entries) write(entry);
}

void Service::write(const Entry& given) {
  Entry entry = given;
  entry.event_id = random_.uuid();
  if (entry.data) std::tie(entry.resource_type, entry.resource_arn) = subject_of(entry);
  const std::string body = record_json(entry, role_behind(entry.context.identity));
  static const std::string insert =
      "INSERT INTO cloudtrail_events (account, region, time, read_only, data, source, name, user, access_key, "
      "event_id, "
      "resource_type, resource_arn, body) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)";
  const aws::Context& context = entry.context;
  store_.sql()
      .query(insert)
      .bind(1, context.account)
      .bind(2, context.region)
      .bind(3, context.now.ms)
      .bind(4, std::int64_t{entry.read_only})
      .bind(5, std::int64_t{entry.data})
      .bind(6, entry.source)
      .bind(7, entry.name)
      .bind(8, user_name(context.identity))
      .bind(9, context.identity.access_key_id)
      .bind(10, entry.event_id)
      .bind(11, entry.resource_type)
      .bind(12, entry.resource_arn)
      .bind(13, body)
      .run();
  if (!entry.data && events_.listens(context.account, context.region))
    events_.publish(context.account, context.region, "aws." + entry.source.substr(0, entry.source.find('.')),
                    "AWS API Call via CloudTrail", {}, body);
}

void Service::clear(const std::string& account) {
  held_.clear();
  store_.touch();
  if (account.empty()) {
    store_.sql().query("DELETE FROM cloudtrail_events").run();
  } else {
    store_.sql().query("DELETE FROM cloudtrail_events WHERE account=?").bind(1, account).run();
  }
}

std::int64_t Service::last_event() {
  flush();
  auto query = store_.sql().query("SELECT COALESCE(MAX(id), 0) FROM cloudtrail_events");
  return query.step() ? query.integer(0) : 0;
}

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  flush();
  auto old =
      store_.sql().query("SELECT 1 FROM cloudtrail_events WHERE id=(SELECT MIN(id) FROM cloudtrail_events) AND time<?");
  if (old.bind(1, (now - kKept).ms).step()) {
    store_.touch();
    store_.sql().query("DELETE FROM cloudtrail_events WHERE time<?").bind(1, (now - kKept).ms).run();
  }
  std::optional<Timestamp> soonest;
  const auto trails = trails_.all();
  for (const auto& [key, row] : trails) {
    if (!row->logging) continue;
    Timestamp next = row->next_delivery;
    if (next <= now) {
      deliver(key);
      next = now + settings_.delivery_interval;
    }
    if (!soonest || next < *soonest) soonest = next;
  }
  if (soonest) wake_in(std::max(Duration(1), *soonest - now));
}

state::Key Service::key_of(const Trail& row) {
  const auto arn = Arn::parse(*row.is.trail_arn);
  return {arn->account, arn->region, *row.is.name};
}

const Trail& Service::trail(const aws::Context& context, const std::string& name, bool change) const {
  std::string id = name, region = context.region;
  if (name.starts_with("arn:")) {
    const auto arn = Arn::parse(name);
    if (!arn || arn->service != "cloudtrail" || !arn->resource.starts_with("trail/"))
      throw ct::errors::CloudTrailARNInvalidException("Trail ARN is invalid: " + name);
    id = arn->resource.substr(6);
    region = arn->region;
    if (arn->account != context.account)
      throw ct::errors::TrailNotFoundException("Unknown trail: " + name + " for the user: " + context.account);
  }
  const Trail* found = trails_.find(context.account, region, id);
  if (found == nullptr) {
    // A trail of every region has a shadow in each.
    for (const auto& [key, row] : trails_.all())
      if (key.account == context.account && key.id == id && !name.starts_with("arn:") &&
          row->is.is_multi_region_trail.value_or(false))
        found = row;
  }
  if (found == nullptr)
    throw ct::errors::TrailNotFoundException(
        "Unknown trail: " + make_arn("cloudtrail", region, context.account, "trail/" + id) +
        " for the user: " + context.account);
  if (change && *found->is.home_region != context.region)
    throw ct::errors::InvalidHomeRegionException("Trail " + id + " can only be changed in its home region " +
                                                 *found->is.home_region + ".");
  return *found;
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  for (const Member& member : operation.input().members) {
    const std::string_view name = member.name;
    if ((name != "Name" && name != "TrailName" && name != "ResourceId") || member.shape().kind != Kind::string)
      continue;
    const auto* value = static_cast<const std::string*>(member_value(member, request));
    if (value != nullptr)
      return {value->starts_with("arn:") ? *value
                                         : make_arn("cloudtrail", context.region, context.account, "trail/" + *value)};
  }
  return {"*"};
}

}  // namespace stratus::services::cloudtrail
