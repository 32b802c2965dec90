#include "stratus/services/events/service.h"

#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"
#include "stratus/services/events/input.h"

namespace stratus::services::events {
namespace {

namespace json = boost::json;
constexpr const char* kAccount = "000000000000";
constexpr const char* kRegion = "us-east-1";

struct FakeTasks final : Tasks {
  void run(const RunTask& task) override {
    if (!failures.empty()) {
      const aws::Error error = failures.front();
      failures.erase(failures.begin());
      throw error;
    }
    runs.push_back(task);
  }
  std::vector<RunTask> runs;
  std::vector<aws::Error> failures;
};

struct NoOutbound final : sns::Outbound {
  void post(sns::HttpPost request, std::function<void(sns::HttpOutcome)> done) override {
    bodies.push_back(request.body);
    done({200, ""});
  }
  std::vector<std::string> bodies;
};
struct NoMail final : sns::Mail {
  void deliver(const std::string&, std::string, std::function<void(Result<>)> done) override { done({}); }
};

struct Events : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{11};
  iam::Service iam{loop, store, random, {}};
  kms::Service kms{loop, store, random};
  logs::Service logs{loop, store, random, kms};
  NoOutbound outbound;
  NoMail mail;
  sns::Service sns{loop, store, random, kms, outbound, mail};
  FakeTasks tasks;
  Service service{loop, store, random, iam, logs, sns, tasks};

  void SetUp() override {
    service.start();
    logs.create_group_if_missing(kAccount, kRegion, "g");
  }
  aws::Context context(const std::string& account = kAccount) {
    aws::Context c;
    c.account = account;
    c.region = kRegion;
    c.now = loop.now();
    c.identity = {aws::Identity::Kind::root, account, "arn:aws:iam::" + account + ":root", account, ""};
    return c;
  }
  static std::string group_arn() { return "arn:aws:logs:us-east-1:000000000000:log-group:g"; }
  void rule(const std::string& name, std::optional<std::string> pattern, std::optional<std::string> schedule,
            ev::Target target, const std::string& state = "ENABLED") {
    auto c = context();
    service.put_rule(c, {.name = name, .schedule_expression = schedule, .event_pattern = pattern, .state = state});
    service.put_targets(c, {.rule = name, .targets = {{std::move(target)}}});
  }
  void put(const std::string& detail, const std::string& source = "app") {
    auto c = context();
    service.put_events(c, {.entries = {{{.source = source, .detail_type = "t", .detail = detail}}}});
    loop.settle();
  }
  std::vector<std::string> logged() {
    auto c = context();
    std::vector<std::string> out;
    std::optional<std::string> token;
    do {
      const auto page = logs.filter_log_events(c, {.log_group_name = "g", .next_token = token});
      for (const auto& e : *page.events) out.push_back(*e.message);
      token = page.next_token;
    } while (token);
    return out;
  }
  std::string role(const std::string& policy, const std::string& principal = "events.amazonaws.com") {
    auto c = context();
    const auto arn =
        *iam.create_role(c, {.role_name = "r" + std::to_string(++roles),
                             .assume_role_policy_document =
                                 R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":")" +
                                 principal + R"("},"Action":"sts:AssumeRole"}]})"})
             .role->arn;
    if (!policy.empty())
      iam.put_role_policy(c, {.role_name = "r" + std::to_string(roles), .policy_name = "p", .policy_document = policy});
    return arn;
  }
  int roles = 0;
};

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aws::Error& e) {
    return e.code;
  }
  return "";
}

TEST_F(Events, a_rule_hands_on_what_its_pattern_wants) {
  rule("r", R"({"source":["app"],"detail":{"price":[{"numeric":[">",10]}]}})", {}, {.id = "1", .arn = group_arn()});
  put(R"({"price":5})");
  put(R"({"price":50})", "other");
  EXPECT_TRUE(logged().empty());
  put(R"({"price":50})");
  ASSERT_EQ(logged().size(), 1U);
  const auto event = json::parse(logged()[0]).as_object();
  EXPECT_EQ(event.at("detail-type"), "t");
  EXPECT_EQ(event.at("account"), kAccount);
  EXPECT_EQ(event.at("detail").at("price"), 50);
  auto c = context();
  service.disable_rule(c, {.name = "r"});
  put(R"({"price":50})");
  EXPECT_EQ(logged().size(), 1U);
  service.enable_rule(c, {.name = "r"});
  put(R"({"price":50})");
  EXPECT_EQ(logged().size(), 2U);
}

TEST_F(Events, what_a_rule_does_is_counted) {
  std::map<std::string, int> count;
  service.set_metric_sink([&](const Measured& one) {
    EXPECT_EQ(one.dimensions, (std::map<std::string, std::string>{{"RuleName", "r"}}));
    ++count[one.name];
  });
  rule("r", R"({"source":["app"]})", {}, {.id = "1", .arn = group_arn()});
  put("{}", "other");
  EXPECT_TRUE(count.empty());
  put("{}");
  EXPECT_EQ(count, (std::map<std::string, int>{{"Invocations", 1}, {"MatchedEvents", 1}, {"TriggeredRules", 1}}));
  auto c = context();
  logs.delete_log_group(c, {.log_group_name = "g"});
  put("{}");
  EXPECT_EQ(count["FailedInvocations"], 1);
  EXPECT_EQ(count["TriggeredRules"], 2);
}

TEST_F(Events, schedules_fire_on_the_clock) {
  rule("rate", {}, "rate(5 minutes)", {.id = "1", .arn = group_arn(), .input = "\"rate\""});
  rule("cron", {}, "cron(0 12 * * ? *)", {.id = "1", .arn = group_arn(), .input = "\"noon\""});
  loop.advance(std::chrono::minutes(4));
  EXPECT_TRUE(logged().empty());
  loop.advance(std::chrono::minutes(57));  // 01:01
  EXPECT_EQ(logged().size(), 12U);
  loop.advance(std::chrono::hours(23));
  const auto all = logged();
  EXPECT_EQ(std::count(all.begin(), all.end(), "\"noon\""), 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), "\"rate\""), 12 * 24);
  auto c = context();
  service.disable_rule(c, {.name = "rate"});
  loop.advance(std::chrono::hours(2));
  EXPECT_EQ(logged().size(), all.size());
}

TEST_F(Events, a_scheduled_event_says_which_rule_sent_it) {
  rule("rate", {}, "rate(1 minute)", {.id = "1", .arn = group_arn()});
  loop.advance(std::chrono::seconds(61));
  ASSERT_EQ(logged().size(), 1U);
  const auto event = json::parse(logged()[0]).as_object();
  EXPECT_EQ(event.at("source"), "aws.events");
  EXPECT_EQ(event.at("detail-type"), "Scheduled Event");
  EXPECT_EQ(event.at("resources").at(0), "arn:aws:events:us-east-1:000000000000:rule/rate");
  EXPECT_EQ(event.at("time"), "2026-01-01T00:01:00Z");
}

TEST_F(Events, a_topic_hears_only_what_its_policy_lets_in) {
  auto c = context();
  sns.start("http://127.0.0.1:4566");
  const auto topic = *sns.create_topic(c, {.name = "t"}).topic_arn;
  sns.subscribe(c, {.topic_arn = topic, .protocol = "http", .endpoint = "http://127.0.0.1:9/"});
  loop.settle();
  const std::string token(json::parse(outbound.bodies.at(0)).at("Token").as_string());
  sns.confirm_subscription(c, {.topic_arn = topic, .token = token});
  rule("r", R"({"source":["app"]})", {}, {.id = "1", .arn = topic, .input_path = "$.detail.text"});
  put(R"({"text":"x"})");
  EXPECT_EQ(outbound.bodies.size(), 1U);
  sns.set_topic_attributes(
      c,
      {.topic_arn = topic,
       .attribute_name = "Policy",
       .attribute_value =
           R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":")" +
           topic + R"("}]})"});
  put(R"({"text":"x"})");
  ASSERT_EQ(outbound.bodies.size(), 2U);
  EXPECT_EQ(json::parse(outbound.bodies[1]).at("Message"), "\"x\"");
}

TEST_F(Events, a_task_runs_in_the_name_of_a_role_that_may) {
  const std::string definition = "arn:aws:ecs:us-east-1:000000000000:task-definition/job:1",
                    cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/c";
  const std::string may =
      role(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}]})");
  const std::string may_not = role("");
  const std::string not_trusting =
      role(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}]})",
           "lambda.amazonaws.com");
  const auto target = [&](const std::string& arn) {
    return ev::Target{.id = "1",
                      .arn = cluster,
                      .role_arn = arn,
                      .ecs_parameters = ev::EcsParameters{.task_definition_arn = definition}};
  };
  EXPECT_EQ(code_of([&] { rule("a", R"({"source":["app"]})", {}, target(not_trusting)); }), "ValidationException");
  EXPECT_EQ(code_of([&] {
              rule("a", R"({"source":["app"]})", {},
                   {.id = "1", .arn = cluster, .ecs_parameters = ev::EcsParameters{.task_definition_arn = definition}});
            }),
            "ValidationException");
  rule("a", R"({"source":["app"]})", {}, target(may_not));
  put("{}");
  EXPECT_TRUE(tasks.runs.empty());
  rule("a", R"({"source":["app"]})", {}, target(may));
  put("{}");
  ASSERT_EQ(tasks.runs.size(), 1U);
  EXPECT_EQ(tasks.runs[0].started_by, "events-rule/a");
  EXPECT_EQ(tasks.runs[0].overrides, "");
  tasks.failures = {aws::Error("ServiceUnavailable", 503, "no room"), aws::Error("ServiceUnavailable", 503, "no room")};
  put("{}");
  EXPECT_EQ(tasks.runs.size(), 1U);
  loop.advance(std::chrono::seconds(10));
  EXPECT_EQ(tasks.runs.size(), 2U);
}

TEST_F(Events, buses_hand_on_once_and_ask_their_policy) {
  auto c = context();
  const auto bus = *service.create_event_bus(c, {.name = "b"}).event_bus_arn;
  service.put_rule(c, {.name = "back", .event_pattern = R"({"source":["app"]})", .event_bus_name = "b"});
  service.put_targets(c,
                      {.rule = "back",
                       .event_bus_name = "b",
                       .targets = {{{.id = "1", .arn = group_arn()},
                                    {.id = "2", .arn = "arn:aws:events:us-east-1:000000000000:event-bus/default"}}}});
  rule("on", R"({"source":["app"]})", {}, {.id = "1", .arn = bus});
  put("{}");
  loop.advance(std::chrono::minutes(1));
  EXPECT_EQ(logged().size(), 1U);
  auto other = context("111111111111");
  const auto send = [&] {
    const auto out = service.put_events(
        other, {.entries = {{{.source = "app", .detail_type = "t", .detail = "{}", .event_bus_name = bus}}}});
    loop.settle();
    return *out.failed_entry_count;
  };
  EXPECT_EQ(send(), 1);
  service.put_permission(
      c, {.event_bus_name = "b", .action = "events:PutEvents", .principal = "111111111111", .statement_id = "s"});
  EXPECT_EQ(send(), 0);
  EXPECT_EQ(logged().size(), 2U);
}

TEST_F(Events, reading_calls_reach_only_rules_that_ask_for_them) {
  rule("some", R"({"source":["aws.ec2"]})", {}, {.id = "1", .arn = group_arn(), .input = "\"some\""});
  rule("all", R"({"source":["aws.ec2"]})", {}, {.id = "1", .arn = group_arn(), .input = "\"all\""},
       "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");
  service.publish(kAccount, kRegion, "aws.ec2", "AWS API Call via CloudTrail", {}, R"({"readOnly":true})");
  loop.settle();
  EXPECT_EQ(logged(), std::vector<std::string>{"\"all\""});
  service.publish(kAccount, kRegion, "aws.ec2", "AWS API Call via CloudTrail", {}, R"({"readOnly":false})");
  loop.settle();
  EXPECT_EQ(logged().size(), 3U);
}

TEST(EventsInput, is_shaped_by_path_and_template) {
  const json::value event =
      json::parse(R"({"detail":{"instance":"i-1","n":5,"list":["a",{"b":"c"}],"quote":"a\"b"},"source":"s"})");
  const RuleName rule{"r", "arn:r", Timestamp{1'767'225'600'000}};
  ev::Target target{.id = "1", .arn = "x"};
  const auto shaped = [&](std::map<std::string, std::string> paths, std::string text) {
    target.input_transformer =
        ev::InputTransformer{.input_paths_map = std::move(paths), .input_template = std::move(text)};
    return input_of(target, event, rule);
  };
  EXPECT_EQ(shaped({{"i", "$.detail.instance"}}, R"("instance <i> is up")"), R"("instance i-1 is up")");
  EXPECT_EQ(shaped({{"i", "$.detail.instance"}, {"n", "$.detail.n"}}, R"({"i": <i>, "n": <n>, "s": "<n>"})"),
            R"({"i": "i-1", "n": 5, "s": "5"})");
  EXPECT_EQ(shaped({{"q", "$.detail.quote"}}, R"("<q>")"), R"("a\"b")");
  EXPECT_EQ(shaped({{"b", "$.detail.list[1].b"}}, "<b>"), "\"c\"");
  EXPECT_EQ(shaped({{"no", "$.detail.nothing"}}, R"({"x": <no>, "y": "<no>"})"), R"({"x": null, "y": ""})");
  EXPECT_EQ(shaped({}, "\"<aws.events.rule-name> <unknown>\""), "\"r <unknown>\"");
  EXPECT_EQ(shaped({}, "<aws.events.event>"), R"({"source":"s"})");
  target.input_transformer.reset();
  target.input_path = "$.detail.list";
  EXPECT_EQ(input_of(target, event, rule), R"(["a",{"b":"c"}])");
  EXPECT_THROW(at_path(event, "detail"), std::invalid_argument);
}

TEST_F(Events, says_what_is_wrong) {
  auto c = context();
  EXPECT_EQ(code_of([&] { service.put_rule(c, {.name = "r"}); }), "ValidationException");
  EXPECT_EQ(code_of([&] { service.put_rule(c, {.name = "r", .event_pattern = "{"}); }), "InvalidEventPatternException");
  EXPECT_EQ(code_of([&] { service.put_rule(c, {.name = "r", .event_pattern = R"({"a":"b"})"}); }),
            "InvalidEventPatternException");
  for (const char* schedule :
       {"rate(1 minutes)", "rate(0 minutes)", "cron(* * * * * *)", "at(2026-01-01T00:00:00)", "often"})
    EXPECT_EQ(code_of([&] { service.put_rule(c, {.name = "r", .schedule_expression = schedule}); }),
              "ValidationException")
        << schedule;
  EXPECT_EQ(code_of([&] { service.describe_rule(c, {.name = "r"}); }), "ResourceNotFoundException");
  service.put_rule(c, {.name = "r", .event_pattern = R"({"a":["b"]})"});
  EXPECT_EQ(code_of([&] {
              service.put_targets(
                  c, {.rule = "r", .targets = {{{.id = "1", .arn = "arn:aws:sqs:us-east-1:000000000000:q"}}}});
            }),
            "NotImplemented");
  EXPECT_EQ(code_of([&] { service.put_targets(c, {.rule = "r", .targets = {{{.id = "1", .arn = "x"}}}}); }),
            "ValidationException");
  service.put_targets(c, {.rule = "r", .targets = {{{.id = "1", .arn = group_arn()}}}});
  EXPECT_EQ(code_of([&] { service.delete_rule(c, {.name = "r"}); }), "ValidationException");
  service.remove_targets(c, {.rule = "r", .ids = {{"1"}}});
  service.delete_rule(c, {.name = "r"});
  EXPECT_EQ(code_of([&] { service.describe_rule(c, {.name = "r"}); }), "ResourceNotFoundException");
}

}  // namespace
}  // namespace stratus::services::events
