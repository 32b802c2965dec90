#include "stratus/services/logs/service.h"

#include <cmath>

#include "stratus/core/arn.h"
#include "stratus/core/crypto.h"
#include "stratus/services/logs/running_query.h"

namespace stratus::services::logs {

std::string group_arn(const std::string& account, const std::string& region, const std::string& group) {
  return make_arn("logs", region, account, "log-group:" + group);
}

Service::Service(Loop& loop, state::Store& store, Random& random, kms::Service& kms)
    : Reconciler(loop, "logs", std::chrono::minutes(1)),
      loop_(loop),
      store_(store),
      random_(random),
      kms_(kms),
      groups_(store, "logs_groups"),
      streams_(store, "logs_streams"),
      filters_(store, "logs_metric_filters"),
      queries_(store, "logs_query_definitions"),
      policies_(store, "logs_resource_policies"),
      insights_(store, "logs_queries") {
  store_.migrate(
      "logs",
      {"CREATE TABLE log_streams (serial INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);"
       "CREATE TABLE log_events (id INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, time INTEGER NOT NULL, "
       "ingested INTEGER NOT NULL, message BLOB NOT NULL);"
       "CREATE INDEX log_events_by_time ON log_events (stream, time, id)",
       "CREATE TABLE log_query_results (query TEXT NOT NULL, position INTEGER NOT NULL, row TEXT NOT NULL, "
       "PRIMARY KEY (query, position)) WITHOUT ROWID"});
}

Service::~Service() = default;

void Service::start() {
  Reconciler::start();
  resume_queries();
}

void Service::reconcile() {
  const std::int64_t now = loop_.clock().now().ms;
  store_.call([&] {
    forget_queries();
    for (const auto& [key, row] : streams_.all()) {
      const Group* owner = groups_.find(key.account, key.region, row->group);
      if (owner == nullptr || !owner->retention_days) continue;
      const std::int64_t oldest = now - std::int64_t{*owner->retention_days} * 86'400'000;
      if (!row->first_event || *row->first_event >= oldest) continue;
      std::int64_t bytes = 0;
      std::optional<std::int64_t> first;
      {
        auto gone = store_.sql().query(
            "SELECT coalesce(sum(length(message) + 26), 0) FROM log_events WHERE stream=? AND time<?");
        gone.bind(1, row->serial).bind(2, oldest);
        if (gone.step()) bytes = gone.integer(0);
      }
      store_.sql().query("DELETE FROM log_events WHERE stream=? AND time<?").bind(1, row->serial).bind(2, oldest).run();
      {
        auto left = store_.sql().query("SELECT min(time) FROM log_events WHERE stream=?");
        left.bind(1, row->serial);
        if (left.step() && !left.is_null(0)) first = left.integer(0);
      }
      streams_.update(key, [&](Stream& changed) {
        changed.stored_bytes = std::max<std::int64_t>(0, changed.stored_bytes - bytes);
        changed.first_event = first;
      });
    }
  });
}

const Group& Service::group(const std::string& account, const std::string& region, const std::string& name) const {
  const Group* found = groups_.find(account, region, name);
  if (found == nullptr) throw cwl::errors::ResourceNotFoundException("The specified log group does not exist.");
  return *found;
}

const Stream& Service::stream(const std::string& account, const std::string& region, const std::string& group_name,
                              const std::string& name) const {
  const Stream* found = streams_.find(account, region, group_name + "\n" + name);
  if (found == nullptr) throw cwl::errors::ResourceNotFoundException("The specified log stream does not exist.");
  return *found;
}

const Group& Service::group_by_arn(const aws::Context& context, const std::string& text) const {
  const auto arn = Arn::parse(text);
  if (!arn || !arn->resource.starts_with("log-group:"))
    throw cwl::errors::InvalidParameterException("Invalid ARN: " + text);
  std::string name = arn->resource.substr(10);
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  if (arn->account != context.account)
    throw cwl::errors::ResourceNotFoundException("The specified log group does not exist.");
  return group(context.account, arn->region, name);
}

const Group& Service::group_by(const aws::Context& context, const std::optional<std::string>& name,
                               const std::optional<std::string>& identifier) const {
  if (name && identifier)
    throw aws::Error("ValidationException", 400, "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
  if (!name && !identifier)
    throw cwl::errors::InvalidParameterException("Either logGroupName or logGroupIdentifier must be given.");
  const std::string& text = name ? *name : *identifier;
  return text.starts_with("arn:") ? group_by_arn(context, text) : group(context.account, context.region, text);
}

std::vector<const Stream*> Service::streams_of(const std::string& account, const std::string& region,
                                               const std::string& group_name) const {
  std::vector<const Stream*> out;
  for (const Stream* row : streams_.list(account, region))
    if (row->group == group_name) out.push_back(row);
  return out;
}

bool Service::group_exists(const std::string& account, const std::string& region, const std::string& name) const {
  return groups_.find(account, region, name) != nullptr;
}

void Service::create_group_if_missing(const std::string& account, const std::string& region, const std::string& name) {
  if (group_exists(account, region, name)) return;
  groups_.put({account, region, name}, {.name = name, .created = loop_.clock().now()});
}

void Service::create_stream_if_missing(const std::string& account, const std::string& region,
                                       const std::string& group_name, const std::string& name) {
  group(account, region, group_name);
  const state::Key key{account, region, group_name + "\n" + name};
  if (streams_.find(key) != nullptr) return;
  store_.touch();
  store_.sql().query("INSERT INTO log_streams (name) VALUES (?)").bind(1, key.id).run();
  streams_.put(
      key,
      {.group = group_name, .name = name, .serial = store_.sql().last_insert_rowid(), .created = loop_.clock().now()});
}

std::int64_t Service::stored_bytes(const std::string& account) const {
  std::int64_t sum = 0;
  for (const auto& [key, row] : streams_.all())
    if (key.account == account) sum += row->stored_bytes;
  return sum;
}

std::optional<std::string> Service::data_key(const state::Key& key, const Group& owner) {
  if (!owner.data_key) return std::nullopt;
  return kms_.decrypt(key.account, key.region, owner.data_key->bytes,
                      {{"aws:logs:arn", group_arn(key.account, key.region, owner.name)}});
}

void Service::give_data_key(const aws::Context& context, Group& owner, const std::string& kms_key) {
  std::string arn;
  try {
    arn = kms_.usable_key_arn(context.account, context.region, kms_key);
  } catch (const aws::Error&) {
    throw cwl::errors::InvalidParameterException("The specified KMS Key Id could not be found.");
  }
  // A new key seals what comes; what is stored stays readable under the data key that sealed it, so an existing data
  // key is kept and sealed anew.
  const std::string plain =
      owner.data_key ? *data_key({context.account, context.region, owner.name}, owner) : crypto::random_bytes(32);
  owner.data_key = Blob{kms_.encrypt(context.account, context.region, arn, plain,
                                     {{"aws:logs:arn", group_arn(context.account, context.region, owner.name)}})};
  owner.kms_key = arn;
}

void Service::insert(const state::Key& group_key, const Group& owner, const Stream& target,
                     const std::vector<Event>& events) {
  if (events.empty()) return;
  const std::int64_t now = loop_.clock().now().ms;
  const auto key = owner.kms_key ? data_key(group_key, owner) : std::nullopt;
  store_.touch();
  std::int64_t bytes = 0, first = events.front().time.ms, last = first;
  for (const Event& event : events) {
    // The first byte tells whether the message is sealed.
    const std::string stored =
        key ? "\x01" + crypto::seal(*key, event.message, "") : std::string(1, '\0') + event.message;
    store_.sql()
        .query("INSERT INTO log_events (stream, time, ingested, message) VALUES (?,?,?,?)")
        .bind(1, target.serial)
        .bind(2, event.time.ms)
        .bind(3, now)
        .bind_blob(4, stored)
        .run();
    bytes += static_cast<std::int64_t>(event.message.size()) + 26;
    first = std::min(first, event.time.ms);
    last = std::max(last, event.time.ms);
  }
  const std::string group_name = owner.name, stream_name = target.name;
  streams_.update({group_key.account, group_key.region, group_name + "\n" + stream_name}, [&](Stream& row) {
    row.first_event = std::min(row.first_event.value_or(first), first);
    row.last_event = std::max(row.last_event.value_or(last), last);
    row.last_ingestion = now;
    row.stored_bytes += bytes;
  });
  if (ingested_)
    store_.after_commit([this, group_key, group_name, bytes, count = static_cast<std::int64_t>(events.size())] {
      ingested_(group_key.account, group_key.region, group_name, bytes, count);
    });
  if (!metric_sink_) return;
  for (const MetricFilter* row : filters_.list(group_key.account, group_key.region)) {
    if (row->filter.log_group_name != group_name) continue;
    const FilterPattern pattern(row->filter.filter_pattern.value_or(""));
    for (const Event& event : events) {
      const bool hit = pattern.matches(event.message);
      for (const auto& transformation : *row->filter.metric_transformations) {
        std::optional<double> value;
        std::map<std::string, std::string> dimensions;
        if (!hit) {
          value = transformation.default_value;
        } else {
          std::string text = transformation.metric_value.value_or("1");
          if (text.starts_with("$")) text = pattern.extract(event.message, text).value_or("");
          char* end = nullptr;
          const double parsed = std::strtod(text.c_str(), &end);
          if (!text.empty() && *end == '\0' && std::isfinite(parsed)) value = parsed;
          if (transformation.dimensions)
            for (const auto& [name, selector] : *transformation.dimensions)
              if (auto found = pattern.extract(event.message, selector)) dimensions[name] = *found;
        }
        if (!value) continue;
        metric_sink_({group_key.account, group_key.region, transformation.metric_namespace.value_or(""),
                      transformation.metric_name.value_or(""), transformation.unit.value_or("None"), dimensions, *value,
                      event.time});
      }
    }
  }
}

void Service::append(const std::string& account, const std::string& region, const std::string& group_name,
                     const std::string& stream_name, const std::vector<Event>& events) {
  store_.call([&] {
    create_stream_if_missing(account, region, group_name, stream_name);
    insert({account, region, group_name}, group(account, region, group_name),
           stream(account, region, group_name, stream_name), events);
  });
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  std::string resource = "log-group:*", stream_name;
  std::vector<std::string> several;
  for (const Member& member : operation.input().members) {
    const std::string_view name = member.name;
    if (name == "logGroupNames" || name == "logGroupIdentifiers")
      if (const auto* list = static_cast<const std::vector<std::string>*>(member_value(member, request)))
        for (const auto& one : *list)
          several.push_back(one.starts_with("arn:") ? one : group_arn(context.account, context.region, one));
    if (member.shape().kind != Kind::string) continue;
    const auto* value = static_cast<const std::string*>(member_value(member, request));
    if (value == nullptr) continue;
    if (name == "logGroupName") resource = "log-group:" + *value;
    if (name == "logStreamName") stream_name = *value;
    if ((name == "resourceArn" || name == "logGroupIdentifier") && value->starts_with("arn:")) return {*value};
  }
  const std::string_view op = operation.name;
  if (op == "StartQuery" && !several.empty()) return several;
  if (op == "CreateLogStream" || op == "PutLogEvents" || op == "GetLogEvents" || op == "DeleteLogStream")
    resource += ":log-stream:" + stream_name;
  return {make_arn("logs", context.region, context.account, resource)};
}

}  // namespace stratus::services::logs
