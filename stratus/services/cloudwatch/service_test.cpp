// Alarms and data under a clock of our own.
#include "stratus/services/cloudwatch/service.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "stratus/core/simulated_loop.h"

namespace stratus::services::cloudwatch {
namespace {

const std::string kAccount = "000000000000", kRegion = "us-east-1";

struct CloudWatch : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  Service service{loop, store};
  std::vector<AlarmAction> actions;
  std::vector<StateChange> changes;

  CloudWatch() {
    service.on_alarm_action([this](const AlarmAction& action) {
      if (action.action_arn == "arn:bad") throw aws::Error("NotFound", 404, "Topic does not exist");
      actions.push_back(action);
    });
    service.on_state_change([this](const StateChange& change) { changes.push_back(change); });
    service.start();
    loop.settle();
  }

  aws::Context context() {
    aws::Context c;
    c.account = kAccount;
    c.region = kRegion;
    c.now = loop.now();
    return c;
  }
  cw::PutMetricAlarmInput spec(const std::string& name) {
    return {.alarm_name = name,
            .ok_actions = std::vector<std::string>{"arn:ok"},
            .alarm_actions = std::vector<std::string>{"arn:alarm"},
            .insufficient_data_actions = std::vector<std::string>{"arn:none"},
            .metric_name = "m",
            .namespace_ = "n",
            .statistic = "Average",
            .period = 60,
            .evaluation_periods = 1,
            .threshold = 5,
            .comparison_operator = "GreaterThanThreshold"};
  }
  void put(const cw::PutMetricAlarmInput& input) {
    auto c = context();
    store.call([&] { service.put_metric_alarm(c, input); });
    loop.settle();
  }
  /// An alarm that stays as it is set.
  void put_ignoring(const std::string& name) {
    auto input = spec(name);
    input.treat_missing_data = "ignore";
    put(input);
  }
  void composite(const cw::PutCompositeAlarmInput& input) {
    auto c = context();
    store.call([&] { service.put_composite_alarm(c, input); });
    loop.settle();
  }
  void set(const std::string& name, const std::string& state) {
    auto c = context();
    store.call([&] { service.set_alarm_state(c, {.alarm_name = name, .state_value = state, .state_reason = "test"}); });
    loop.settle();
  }
  void record(double value, const std::string& name = "m", Duration ago = Duration(0)) {
    service.record(kAccount, kRegion, {{"n", name, {}, "", value, loop.now() - ago}});
  }
  cw::MetricAlarm alarm(const std::string& name) {
    auto c = context();
    return service.describe_alarms(c, {.alarm_names = std::vector<std::string>{name}}).metric_alarms->at(0);
  }
  cw::CompositeAlarm composite_alarm(const std::string& name) {
    auto c = context();
    return service
        .describe_alarms(c, {.alarm_names = std::vector<std::string>{name},
                             .alarm_types = std::vector<std::string>{"CompositeAlarm"}})
        .composite_alarms->at(0);
  }
  std::vector<std::string> taken() {
    std::vector<std::string> out;
    for (const auto& action : actions) out.push_back(action.alarm_name + " " + action.action_arn);
    actions.clear();
    return out;
  }
  double sum(std::int64_t period, Duration back) {
    auto c = context();
    double out = 0;
    const auto data = service.get_metric_statistics(c, {.namespace_ = "n",
                                                        .metric_name = "m",
                                                        .start_time = loop.now() - back,
                                                        .end_time = loop.now() + std::chrono::minutes(1),
                                                        .period = static_cast<std::int32_t>(period),
                                                        .statistics = std::vector<std::string>{"Sum"}});
    for (const auto& point : *data.datapoints) out += *point.sum;
    return out;
  }
  std::int64_t rows() {
    auto query = store.sql().query("SELECT count(*) FROM metric_data");
    query.step();
    return query.integer(0);
  }
};

TEST_F(CloudWatch, an_alarm_goes_off_and_comes_back_with_its_actions) {
  put(spec("a"));
  EXPECT_EQ(alarm("a").state_value, "INSUFFICIENT_DATA");
  record(7.5);
  loop.advance(std::chrono::seconds(70));
  EXPECT_EQ(alarm("a").state_value, "ALARM");
  EXPECT_EQ(alarm("a").state_reason,
            "Threshold Crossed: 1 datapoint [7.5 (01/01/26 00:00:00)] was greater than the threshold (5.0).");
  EXPECT_EQ(
      alarm("a").state_reason_data,
      "{\"version\":\"1.0\",\"queryDate\":\"2026-01-01T00:01:10.000+0000\",\"startDate\":\"2026-01-01T00:00:00.000+"
      "0000\","
      "\"statistic\":\"Average\",\"period\":60,\"recentDatapoints\":[7.5],\"threshold\":5.0,\"evaluatedDatapoints\":"
      "[{\"timestamp\":\"2026-01-01T00:00:00.000+0000\",\"sampleCount\":1.0,\"value\":7.5}]}");
  EXPECT_EQ(taken(), (std::vector<std::string>{"a arn:alarm"}));
  record(1);
  loop.advance(std::chrono::seconds(60));
  EXPECT_EQ(alarm("a").state_value, "OK");
  EXPECT_EQ(alarm("a").state_reason,
            "Threshold Crossed: 1 datapoint [1.0 (01/01/26 00:01:00)] was not greater than the threshold (5.0).");
  EXPECT_EQ(taken(), (std::vector<std::string>{"a arn:ok"}));
  // The last data point stays in the evaluation range for two more minutes.
  loop.advance(std::chrono::minutes(2));
  EXPECT_EQ(alarm("a").state_value, "OK");
  loop.advance(std::chrono::minutes(1));
  EXPECT_EQ(alarm("a").state_value, "INSUFFICIENT_DATA");
  EXPECT_EQ(alarm("a").state_reason, "Insufficient Data: 1 datapoint was unknown.");
  EXPECT_EQ(taken(), (std::vector<std::string>{"a arn:none"}));
  loop.advance(std::chrono::minutes(10));
  EXPECT_TRUE(taken().empty());
}

TEST_F(CloudWatch, m_out_of_n_is_told_as_aws_tells_it) {
  auto input = spec("a");
  input.evaluation_periods = 3;
  input.datapoints_to_alarm = 2;
  input.treat_missing_data = "notBreaching";
  put(input);
  record(9);
  loop.advance(std::chrono::seconds(60));
  record(8);
  loop.advance(std::chrono::seconds(70));
  EXPECT_EQ(alarm("a").state_reason,
            "Threshold Crossed: 2 out of the last 3 datapoints [8.0 (01/01/26 00:01:00), 9.0 (01/01/26 00:00:00)] were "
            "greater than the "
            "threshold (5.0) and 1 missing datapoint was treated as [NonBreaching] (minimum 2 datapoints for OK -> "
            "ALARM transition).");
  EXPECT_EQ(alarm("a").state_value, "ALARM");
}

TEST_F(CloudWatch, what_is_missing_can_breach) {
  auto input = spec("a");
  input.evaluation_periods = 2;
  input.treat_missing_data = "breaching";
  put(input);
  loop.advance(std::chrono::seconds(70));
  EXPECT_EQ(alarm("a").state_reason,
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
            "[Breaching].");
  EXPECT_EQ(alarm("a").state_value, "ALARM");
}

TEST_F(CloudWatch, math_alarms_compute) {
  cw::PutMetricAlarmInput input{
      .alarm_name = "rate", .evaluation_periods = 1, .threshold = 5, .comparison_operator = "GreaterThanThreshold"};
  cw::MetricStat errors{.metric = cw::Metric{.namespace_ = "n", .metric_name = "errors"}, .period = 60, .stat = "Sum"};
  cw::MetricStat requests = errors;
  requests.metric->metric_name = "requests";
  input.metrics =
      std::vector<cw::MetricDataQuery>{{.id = "e", .expression = "m1 / m2 * 100", .label = "rate", .return_data = true},
                                       {.id = "m1", .metric_stat = errors, .return_data = false},
                                       {.id = "m2", .metric_stat = requests, .return_data = false}};
  put(input);
  record(1, "errors");
  record(10, "requests");
  loop.advance(std::chrono::seconds(70));
  EXPECT_EQ(alarm("rate").state_reason,
            "Threshold Crossed: 1 datapoint [10.0 (01/01/26 00:00:00)] was greater than the threshold (5.0).");
  const auto message = boost::json::parse(changes.back().detail).as_object();
  EXPECT_EQ(message.at("configuration").at("metrics").as_array().size(), 3u);
}

TEST_F(CloudWatch, notifications_hold_what_sns_sends) {
  auto input = spec("a");
  input.dimensions = std::vector<cw::Dimension>{{"Service", "web"}};
  input.alarm_description = "too much";
  put(input);
  set("a", "ALARM");
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(actions[0].subject, "ALARM: \"a\" in US East (N. Virginia)");
  const auto message = boost::json::parse(actions[0].message).as_object();
  EXPECT_EQ(message.at("AlarmName"), "a");
  EXPECT_EQ(message.at("AWSAccountId").as_string(), kAccount);
  EXPECT_EQ(message.at("OldStateValue"), "INSUFFICIENT_DATA");
  EXPECT_EQ(message.at("NewStateReason"), "test");
  EXPECT_EQ(message.at("Region"), "US East (N. Virginia)");
  EXPECT_EQ(message.at("StateChangeTime"), "2026-01-01T00:00:00.000+0000");
  EXPECT_EQ(message.at("AlarmActions").as_array().at(0), "arn:alarm");
  EXPECT_EQ(message.at("Trigger").at("Statistic"), "AVERAGE");
  EXPECT_EQ(message.at("Trigger").at("Dimensions").at(0).at("name"), "Service");
  EXPECT_TRUE(message.at("Trigger").at("Unit").is_null());
  const auto detail = boost::json::parse(changes.at(0).detail).as_object();
  EXPECT_EQ(detail.at("state").at("value"), "ALARM");
  EXPECT_EQ(detail.at("previousState").at("value"), "INSUFFICIENT_DATA");
  EXPECT_EQ(detail.at("configuration").at("description"), "too much");
}

TEST_F(CloudWatch, disabled_and_failed_actions_are_told_in_the_history) {
  auto input = spec("a");
  input.alarm_actions = std::vector<std::string>{"arn:bad", "arn:alarm"};
  put(input);
  auto c = context();
  service.disable_alarm_actions(c, {.alarm_names = std::vector<std::string>{"a"}});
  set("a", "ALARM");
  EXPECT_TRUE(taken().empty());
  service.enable_alarm_actions(c, {.alarm_names = std::vector<std::string>{"a"}});
  set("a", "OK");
  set("a", "ALARM");
  EXPECT_EQ(taken(), (std::vector<std::string>{"a arn:ok", "a arn:alarm"}));
  std::vector<std::string> summaries;
  const auto history = service.describe_alarm_history(c, {.alarm_name = "a", .history_item_type = "Action"});
  for (const auto& item : *history.alarm_history_items) summaries.push_back(*item.history_summary);
  EXPECT_EQ(summaries,
            (std::vector<std::string>{"Successfully executed action arn:alarm",
                                      "Failed to execute action arn:bad. Received error: \"Topic does not exist\"",
                                      "Successfully executed action arn:ok"}));
}

TEST_F(CloudWatch, a_failed_call_leaves_nothing) {
  put(spec("a"));
  auto c = context();
  EXPECT_THROW(store.call([&] {
    service.set_alarm_state(c, {.alarm_name = "a", .state_value = "ALARM", .state_reason = "r"});
    service.record(kAccount, kRegion, {{"n", "m", {}, "", 1, loop.now()}});
    throw aws::Error("X", 400, "");
  }),
               aws::Error);
  EXPECT_EQ(alarm("a").state_value, "INSUFFICIENT_DATA");
  EXPECT_EQ(sum(60, std::chrono::minutes(5)), 0);
  EXPECT_EQ(service.describe_alarm_history(c, {.alarm_name = "a"}).alarm_history_items->size(), 1u);
}

TEST_F(CloudWatch, a_suppressor_holds_actions_back_and_lets_them_go) {
  put_ignoring("child");
  put_ignoring("maintenance");
  composite({.alarm_actions = std::vector<std::string>{"arn:alarm"},
             .alarm_name = "top",
             .alarm_rule = "ALARM(child)",
             .ok_actions = std::vector<std::string>{"arn:ok"},
             .actions_suppressor = "maintenance",
             .actions_suppressor_wait_period = 20,
             .actions_suppressor_extension_period = 30});
  taken();
  set("child", "ALARM");
  EXPECT_EQ(composite_alarm("top").state_value, "ALARM");
  EXPECT_EQ(composite_alarm("top").actions_suppressed_by, "WaitPeriod");
  set("maintenance", "ALARM");
  EXPECT_EQ(composite_alarm("top").actions_suppressed_by, "Alarm");
  taken();
  set("maintenance", "OK");
  EXPECT_EQ(composite_alarm("top").actions_suppressed_by, "ExtensionPeriod");
  taken();
  loop.advance(std::chrono::seconds(31));
  EXPECT_EQ(composite_alarm("top").actions_suppressed_by, std::nullopt);
  EXPECT_EQ(taken(), (std::vector<std::string>{"top arn:alarm"}));
}

TEST_F(CloudWatch, the_wait_for_a_suppressor_ends) {
  put_ignoring("child");
  put_ignoring("maintenance");
  composite({.alarm_actions = std::vector<std::string>{"arn:alarm"},
             .alarm_name = "top",
             .alarm_rule = "ALARM(child)",
             .actions_suppressor = "maintenance",
             .actions_suppressor_wait_period = 20,
             .actions_suppressor_extension_period = 30});
  set("child", "ALARM");
  taken();
  loop.advance(std::chrono::seconds(19));
  EXPECT_TRUE(taken().empty());
  loop.advance(std::chrono::seconds(2));
  EXPECT_EQ(taken(), (std::vector<std::string>{"top arn:alarm"}));
}

TEST_F(CloudWatch, scaling_actions_are_taken_again_while_the_alarm_lasts) {
  auto input = spec("a");
  input.alarm_actions = std::vector<std::string>{"arn:aws:autoscaling:us-east-1:1:scalingPolicy:x", "arn:alarm"};
  input.treat_missing_data = "breaching";
  put(input);
  loop.advance(std::chrono::minutes(5));
  int repeated = 0, first = 0;
  for (const auto& action : actions) (action.repeated ? repeated : first) += 1;
  EXPECT_EQ(first, 2);
  EXPECT_EQ(repeated, 4);
}

TEST_F(CloudWatch, data_is_rolled_up_on_the_schedule_and_none_is_lost) {
  for (int i = 0; i < 120; ++i)
    service.record(kAccount, kRegion,
                   {{"n", "m", {}, "", 1, loop.now() + std::chrono::seconds(i), std::nullopt, true}});
  EXPECT_EQ(rows(), 120);
  loop.advance(std::chrono::hours(4));
  EXPECT_EQ(rows(), 2);
  EXPECT_EQ(sum(60, std::chrono::hours(5)), 120);
  for (int i = 2; i < 10; ++i) record(1, "m", std::chrono::hours(4) - std::chrono::minutes(i));
  EXPECT_EQ(rows(), 10);
  loop.advance(std::chrono::hours(24 * 16));
  EXPECT_EQ(rows(), 2);
  EXPECT_EQ(sum(60 * 60, std::chrono::hours(24 * 17)), 128);
}

TEST_F(CloudWatch, a_minute_in_old_data_is_seen_only_at_five) {
  record(1);
  record(2, "m", std::chrono::minutes(1));
  loop.advance(std::chrono::hours(24 * 16));
  EXPECT_EQ(sum(3600, std::chrono::hours(24 * 17)), 3);
  auto c = context();
  const auto data = service.get_metric_statistics(c, {.namespace_ = "n",
                                                      .metric_name = "m",
                                                      .start_time = loop.now() - std::chrono::hours(24 * 16 + 1),
                                                      .end_time = loop.now() - std::chrono::hours(24 * 15 + 2),
                                                      .period = 60,
                                                      .statistics = std::vector<std::string>{"Sum"}});
  EXPECT_TRUE(data.datapoints->empty());
}

TEST_F(CloudWatch, services_put_look_at_and_remove_alarms) {
  auto input = spec("a");
  store.call([&] {
    EXPECT_EQ(service.put_alarm(kAccount, kRegion, input), "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a");
  });
  record(7);
  loop.advance(std::chrono::seconds(70));
  const auto look = service.look(kAccount, kRegion, "a");
  ASSERT_TRUE(look);
  EXPECT_EQ(look->state, "ALARM");
  EXPECT_EQ(look->value, 7);
  EXPECT_EQ(look->threshold, 5);
  EXPECT_EQ(service.alarms_with_action(kAccount, kRegion, "arn:alarm").size(), 1u);
  EXPECT_TRUE(service.alarms_with_action(kAccount, kRegion, "arn:other").empty());
  store.call([&] { service.remove_alarms(kAccount, kRegion, {"a", "none"}); });
  EXPECT_FALSE(service.look(kAccount, kRegion, "a"));
}

TEST_F(CloudWatch, thousands_of_alarms_are_looked_at_a_few_in_a_turn) {
  store.call([&] {
    for (int i = 0; i < 2000; ++i) {
      auto input = spec("a" + std::to_string(i));
      input.treat_missing_data = "breaching";
      service.put_alarm(kAccount, kRegion, input);
    }
  });
  loop.advance(std::chrono::seconds(71));
  EXPECT_EQ(changes.size(), 2000u);
}

TEST_F(CloudWatch, an_account_is_cleared) {
  put(spec("a"));
  record(1);
  service.clear("");
  store.clear("");
  auto c = context();
  EXPECT_TRUE(service.describe_alarm_history(c, {}).alarm_history_items->empty());
  EXPECT_TRUE(service.list_metrics(c, {}).metrics->empty());
  loop.advance(std::chrono::minutes(5));
  EXPECT_EQ(rows(), 0);
  EXPECT_TRUE(changes.empty());
}

}  // namespace
}  // namespace stratus::services::cloudwatch
