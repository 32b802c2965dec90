#include <boost/json.hpp>

#include "stratus/services/cloudwatch/query.h"
#include "stratus/services/cloudwatch/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::cloudwatch {

cw::SetAlarmStateResponse Service::set_alarm_state(aws::Context& context, const cw::SetAlarmStateInput& request) {
  if (request.state_reason_data) {
    boost::system::error_code error;
    boost::json::parse(*request.state_reason_data, error);
    if (error) throw cw::errors::InvalidFormatFault("Unknown");
  }
  const state::Key key{context.account, context.region, *request.alarm_name};
  const std::string data = request.state_reason_data.value_or("");
  if (alarms_.find(key) != nullptr) {
    change_state(key, *request.state_value, *request.state_reason, data, context.now);
  } else if (composites_.find(key) != nullptr) {
    change_composite(key, *request.state_value, *request.state_reason, {}, data, context.now);
  } else {
    throw cw::errors::ResourceNotFound("");
  }
  return {};
}

cw::DescribeAlarmHistoryOutput Service::describe_alarm_history(aws::Context& context,
                                                               const cw::DescribeAlarmHistoryInput& in) {
  if (in.alarm_contributor_id)
    throw aws::not_implemented("cloudwatch:DescribeAlarmHistory: AlarmContributorId (Metrics Insights)");
  const bool ascending = in.scan_by == "TimestampAscending";
  const auto types = in.alarm_types.value_or(std::vector<std::string>{});
  // Without types only metric alarms are told, unless the name says which alarm is meant.
  const bool all = !types.empty() || in.alarm_name;
  const std::size_t most = static_cast<std::size_t>(in.max_records.value_or(100));
  std::int64_t behind = ascending ? 0 : INT64_MAX;
  if (in.next_token && !in.next_token->empty())
    behind = std::stoll(wire::page_position("DescribeAlarmHistory", *in.next_token, "InvalidNextToken"));
  std::string sql =
      "SELECT id, name, type, time, item, summary, data FROM alarm_history WHERE account=? AND region=? AND time>=? "
      "AND "
      "time<=? AND id" +
      std::string(ascending ? ">" : "<") + "?";
  if (in.alarm_name) sql += " AND name=?";
  sql += ascending ? " ORDER BY id" : " ORDER BY id DESC";
  auto rows = store_.sql().query(sql);
  rows.bind(1, context.account).bind(2, context.region);
  rows.bind(3, in.start_date ? in.start_date->ms : std::int64_t{0});
  rows.bind(4, in.end_date ? in.end_date->ms : INT64_MAX);
  rows.bind(5, behind);
  if (in.alarm_name) rows.bind(6, *in.alarm_name);
  cw::DescribeAlarmHistoryOutput out{.alarm_history_items = std::vector<cw::AlarmHistoryItem>{}};
  std::int64_t last = 0;
  while (rows.step()) {
    const std::string type = rows.text(2), item = rows.text(4);
    if (in.history_item_type && item != *in.history_item_type) continue;
    if (!types.empty() && std::find(types.begin(), types.end(), type) == types.end()) continue;
    if (!all && type != "MetricAlarm") continue;
    if (out.alarm_history_items->size() == most) {
      out.next_token = wire::page_token("DescribeAlarmHistory", std::to_string(last));
      break;
    }
    last = rows.integer(0);
    out.alarm_history_items->push_back({.alarm_name = rows.text(1),
                                        .alarm_type = type,
                                        .timestamp = Timestamp{rows.integer(3)},
                                        .history_item_type = item,
                                        .history_summary = rows.text(5),
                                        .history_data = rows.text(6)});
  }
  return out;
}

}  // namespace stratus::services::cloudwatch
