// Alarms on the clock: each is looked at when it is due, a few in a turn; beside that, what is old is rolled up.
#include <algorithm>

#include "stratus/core/log.h"
#include "stratus/services/cloudwatch/query.h"
#include "stratus/services/cloudwatch/service.h"

namespace stratus::services::cloudwatch {
namespace {

constexpr std::size_t kAlarmsInATurn = 50;
constexpr std::size_t kMetricsAged = 200;  // looked at each minute
// A minute is looked at this long after its end: what measures it needs a moment to say so.
constexpr std::int64_t kMinuteLag = 10'000, kSecondLag = 1'000;  // ms
constexpr std::int64_t kHistoryAge = 30LL * 86'400'000;          // ms

std::int64_t floor_to(std::int64_t value, std::int64_t step) { return value - value % step; }

std::int64_t alarm_period(const cw::MetricAlarm& alarm) {
  return alarm.metrics ? period_of(*alarm.metrics) : alarm.period.value_or(60);
}

}  // namespace

void Service::schedule(const state::Key& key, Timestamp at) {
  auto& due = due_[key];
  if (due.ms != 0) queue_.erase({due, key});
  due = at;
  queue_.emplace(at, key);
  wake_in(std::max(Duration(0), at - loop_.clock().now()));
}

Timestamp Service::next_evaluation(const Alarm& row, Timestamp now) const {
  const std::int64_t period = alarm_period(row.alarm);
  if (period < 60) return {floor_to(now.ms - kSecondLag, 10'000) + 10'000 + kSecondLag};
  // Alarms that look at more than a day are evaluated once an hour; a new one within its first minute all the same.
  const bool slow = period * row.alarm.evaluation_periods.value_or(1) > 86'400 &&
                    row.alarm.state_reason != "Unchecked: Initial alarm creation";
  const std::int64_t step = slow ? 3'600'000 : 60'000;
  return {floor_to(now.ms - kMinuteLag, step) + step + kMinuteLag};
}

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  for (std::size_t i = 0; i < kAlarmsInATurn && !queue_.empty() && queue_.begin()->first <= now; ++i) {
    const state::Key key = queue_.begin()->second;
    queue_.erase(queue_.begin());
    due_.erase(key);
    try {
      store_.call([&] {
        if (composites_.find(key) != nullptr) {
          release(key, now);
        } else {
          evaluate(key);
        }
      });
    } catch (const std::exception& error) {
      log::error("cloudwatch.evaluation_failed",
                 {{"account", key.account}, {"alarm", key.id}, {"error", error.what()}});
    }
    if (const Alarm* row = alarms_.find(key)) schedule(key, next_evaluation(*row, now));
  }
  if (!queue_.empty()) wake_in(std::max(Duration(0), queue_.begin()->first - now));
  if (now - house_kept_ >= std::chrono::minutes(1)) keep_house(now);
}

void Service::keep_house(Timestamp now) {
  house_kept_ = now;
  store_.call([&] {
    metrics_.age(now, kMetricsAged);
    bool old = false;
    {
      auto first = store_.sql().query("SELECT time FROM alarm_history ORDER BY id LIMIT 1");
      old = first.step() && first.integer(0) < now.ms - kHistoryAge;
    }
    if (!old) return;
    store_.touch();
    store_.sql().query("DELETE FROM alarm_history WHERE time<?").bind(1, now.ms - kHistoryAge).run();
  });
}

std::vector<Point> Service::points_of(const state::Key& key, const cw::MetricAlarm& alarm, Timestamp now) {
  const std::int64_t period = alarm_period(alarm);
  const int range = evaluation_range(alarm.evaluation_periods.value_or(1));
  const std::int64_t end =
      period < 60 ? floor_to(now.ms - kSecondLag, period * 1000) / 1000 : floor_to(now.ms, 60'000) / 1000;
  const QueryScope scope{metrics_, key.account, key.region, end - range * period, end, now};
  QueryResult data;
  if (alarm.metrics) {
    auto results = run_queries(scope, *alarm.metrics);
    if (!results.empty()) data = std::move(results.front());
  } else {
    const auto statistic = Statistic::parse(alarm.statistic ? *alarm.statistic : alarm.extended_statistic.value_or(""));
    data = read_metric(scope, {*alarm.namespace_, *alarm.metric_name, alarm.dimensions.value_or(Dimensions{})},
                       *statistic, period, alarm.unit.value_or(""));
  }
  std::vector<Point> out;
  for (int i = 1; i <= range; ++i) {
    Point point{.at = end - i * period, .value = std::nullopt, .sample_count = 0, .breaching = false};
    if (const auto found = data.values.find(point.at); found != data.values.end()) {
      point.value = found->second;
      point.breaching = breaches(*alarm.comparison_operator, found->second, *alarm.threshold);
    }
    if (const auto count = data.sample_counts.find(point.at); count != data.sample_counts.end())
      point.sample_count = count->second;
    out.push_back(point);
  }
  return out;
}

void Service::evaluate(const state::Key& key) {
  const Alarm* row = alarms_.find(key);
  if (row == nullptr) return;
  const cw::MetricAlarm alarm = row->alarm;
  const Timestamp now = loop_.clock().now();
  std::vector<Point> range;
  try {
    range = points_of(key, alarm, now);
  } catch (const aws::Error& error) {
    if (alarm.evaluation_state == "EVALUATION_ERROR" && alarm.state_reason == error.message) return;
    alarms_.update(key, [&](Alarm& changed) {
      changed.alarm.evaluation_state = "EVALUATION_ERROR";
      changed.alarm.state_reason = error.message;
      changed.alarm.state_updated_timestamp = now;
    });
    return;
  }
  if (alarm.evaluation_state) alarms_.update(key, [](Alarm& changed) { changed.alarm.evaluation_state.reset(); });
  const int periods = alarm.evaluation_periods.value_or(1);
  const auto missing = missing_treatment(alarm.treat_missing_data.value_or("missing")).value_or(Missing::missing);
  const Verdict verdict = decide(range, periods, alarm.datapoints_to_alarm.value_or(periods), missing);
  if (verdict.state == Verdict::State::retain) return;
  if (alarm.evaluate_low_sample_count_percentile == "ignore" && alarm.extended_statistic) {
    const auto percentile = Statistic::parse(*alarm.extended_statistic)->percentile();
    const auto rare = [&](const Point& point) { return too_few_samples(*percentile, point.sample_count); };
    if (percentile && std::any_of(verdict.used.begin(), verdict.used.end(), rare)) return;
  }
  const std::string state = verdict.state == Verdict::State::ok      ? "OK"
                            : verdict.state == Verdict::State::alarm ? "ALARM"
                                                                     : "INSUFFICIENT_DATA";
  if (state == alarm.state_value) {
    repeat_actions(key, alarm, now);
    return;
  }
  change_state(key, state, state_reason(alarm, verdict, state),
               state_reason_data(alarm, verdict, range, alarm_period(alarm), now), now);
}

}  // namespace stratus::services::cloudwatch
