#include "stratus/services/cloudwatch/service.h"

#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/log.h"

namespace stratus::services::cloudwatch {

std::string alarm_arn(const std::string& account, const std::string& region, const std::string& name) {
  return make_arn("cloudwatch", region, account, "alarm:" + name);
}

aws::Error invalid_value(std::string message) { return cw::errors::InvalidParameterValueException(std::move(message)); }

Service::Service(Loop& loop, state::Store& store)
    : Reconciler(loop, "cloudwatch", std::chrono::seconds(10)),
      loop_(loop),
      store_(store),
      metrics_(store),
      alarms_(store, "cloudwatch_alarms"),
      composites_(store, "cloudwatch_composite_alarms"),
      dashboards_(store, "cloudwatch_dashboards") {
  store_.migrate(
      "cloudwatch_alarm_history",
      {"CREATE TABLE alarm_history (id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT "
       "NULL, name TEXT NOT NULL, type TEXT NOT NULL, time INTEGER NOT NULL, item TEXT NOT NULL, summary TEXT "
       "NOT NULL, data TEXT NOT NULL);"
       "CREATE INDEX alarm_history_by_time ON alarm_history (account, region, time);"
       "CREATE INDEX alarm_history_by_name ON alarm_history (account, region, name, time)"});
}

void Service::start() {
  const Timestamp now = loop_.clock().now();
  for (const auto& [key, row] : alarms_.all()) schedule(key, next_evaluation(*row, now));
  // Waits that ended while no daemon ran end now.
  for (const auto& [key, row] : composites_.all())
    if (row->held) schedule(key, row->wait_until.value_or(row->extend_until.value_or(now)));
  Reconciler::start();
}

void Service::record(const std::string& account, const std::string& region, const std::vector<Datum>& data) {
  if (data.empty()) return;
  std::vector<Sample> samples;
  samples.reserve(data.size());
  for (const Datum& datum : data) {
    Sample sample{.metric = {datum.metric_namespace, datum.name, {}},
                  .unit = datum.unit.empty() ? "None" : datum.unit,
                  .at = datum.at,
                  .high_resolution = datum.high_resolution,
                  .values = {}};
    for (const auto& [name, value] : datum.dimensions) sample.metric.dimensions.push_back({name, value});
    if (datum.values) {
      sample.values = *datum.values;
    } else {
      sample.values.add(datum.value);
    }
    if (!sample.values.empty()) samples.push_back(std::move(sample));
  }
  store_.call([&] { metrics_.add(account, region, samples, loop_.clock().now()); });
}

void Service::clear(const std::string& account) {
  store_.call([&] {
    store_.touch();
    if (account.empty()) {
      store_.sql().query("DELETE FROM alarm_history").run();
    } else {
      store_.sql().query("DELETE FROM alarm_history WHERE account=?").bind(1, account).run();
    }
  });
  // Data points whose metric is gone are found by the next round of ageing.
}

std::size_t Service::alarm_count(const std::string& account) const {
  const auto of = [&](const auto& table) {
    const auto all = table.all();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& pair) { return pair.first.account == account; }));
  };
  return of(alarms_) + of(composites_);
}

std::vector<std::string> Service::resources(const aws::Context& context, const aws::Operation& operation,
                                            const void* request) {
  const std::string_view name = operation.name;
  std::vector<std::string> out;
  for (const Member& member : operation.input().members) {
    const void* value = member_value(member, request);
    if (value == nullptr) continue;
    const std::string_view field = member.name;
    if (field == "ResourceARN") return {*static_cast<const std::string*>(value)};
    if (field == "AlarmName") {
      return {alarm_arn(context.account, context.region, *static_cast<const std::string*>(value))};
    } else if (field == "AlarmNames" && name != "DescribeAlarms") {
      for (const auto& alarm : *static_cast<const std::vector<std::string>*>(value))
        out.push_back(alarm_arn(context.account, context.region, alarm));
    } else if (field == "DashboardName") {
      return {make_arn("cloudwatch", "", context.account, "dashboard/" + *static_cast<const std::string*>(value))};
    } else if (field == "DashboardNames") {
      for (const auto& dashboard : *static_cast<const std::vector<std::string>*>(value))
        out.push_back(make_arn("cloudwatch", "", context.account, "dashboard/" + dashboard));
    }
  }
  if (!out.empty()) return out;
  if (name == "DescribeAlarms") return {alarm_arn(context.account, context.region, "*")};
  return {"*"};
}

void Service::remember(const state::Key& key, const char* type, const char* item, const std::string& summary,
                       const std::string& data, Timestamp now) {
  store_.touch();
  store_.sql()
      .query(
          "INSERT INTO alarm_history (account, region, name, type, time, item, summary, data) VALUES (?,?,?,?,?,?,?,?)")
      .bind(1, key.account)
      .bind(2, key.region)
      .bind(3, key.id)
      .bind(4, std::string_view(type))
      .bind(5, now.ms)
      .bind(6, std::string_view(item))
      .bind(7, summary)
      .bind(8, data)
      .run();
}

}  // namespace stratus::services::cloudwatch
