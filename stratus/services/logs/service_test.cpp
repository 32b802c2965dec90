#include "stratus/services/logs/service.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "stratus/core/simulated_loop.h"

namespace stratus::services::logs {
namespace {

/// What a daemon holds, until it ends.
struct Life {
  SimulatedLoop loop;
  state::Store store;
  SeededRandom random{5};
  kms::Service kms{loop, store, random};
  Service service{loop, store, random, kms};
  explicit Life(const std::string& directory = "") : store(loop, directory) {}

  aws::Context context() {
    aws::Context c;
    c.account = "000000000000";
    c.region = "us-east-1";
    c.now = loop.now();
    return c;
  }
};

struct Logs : testing::Test, Life {
  void group(const std::string& name) {
    auto c = context();
    service.create_log_group(c, {.log_group_name = name});
  }
  void write(const std::string& stream, std::vector<std::string> messages) {
    std::vector<Event> events;
    for (auto& m : messages) events.push_back({loop.now(), m});
    service.append("000000000000", "us-east-1", "g", stream, events);
  }
  std::vector<std::string> search(const std::string& pattern) {
    auto c = context();
    std::vector<std::string> out;
    for (auto& e : *service.filter_log_events(c, {.log_group_name = "g", .filter_pattern = pattern}).events)
      out.push_back(*e.message);
    return out;
  }
};

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aws::Error& e) {
    return e.code;
  }
  return "";
}

TEST_F(Logs, events_come_back_in_order_and_page_by_page_in_both_directions) {
  group("g");
  for (int i = 0; i < 25; ++i) {
    write("s", {"m" + std::to_string(i)});
    loop.advance(Duration(10));
  }
  auto c = context();
  std::string token;
  std::vector<std::string> seen;
  for (int page = 0; page < 10; ++page) {
    auto r = service.get_log_events(c, {.log_group_name = "g",
                                        .log_stream_name = "s",
                                        .next_token = token.empty() ? std::nullopt : std::optional(token),
                                        .limit = 10,
                                        .start_from_head = true});
    for (auto& e : *r.events) seen.push_back(*e.message);
    if (*r.next_forward_token == token) break;
    token = *r.next_forward_token;
  }
  ASSERT_EQ(seen.size(), 25U);
  EXPECT_EQ(seen.front(), "m0");
  EXPECT_EQ(seen.back(), "m24");
  auto tail = service.get_log_events(c, {.log_group_name = "g", .log_stream_name = "s", .limit = 5});
  EXPECT_EQ(tail.events->front().message, "m20");
  auto before = service.get_log_events(
      c, {.log_group_name = "g", .log_stream_name = "s", .next_token = tail.next_backward_token, .limit = 5});
  EXPECT_EQ(before.events->front().message, "m15");
  write("s", {"new"});
  EXPECT_EQ(service.get_log_events(c, {.log_group_name = "g", .log_stream_name = "s", .next_token = token})
                .events->at(0)
                .message,
            "new");
}

/// A state directory that outlives one service and goes with the test.
struct Kept {
  std::string path = (std::filesystem::temp_directory_path() / "stratus-logs-XXXXXX").string();
  Kept() { EXPECT_NE(::mkdtemp(path.data()), nullptr); }
  ~Kept() { std::filesystem::remove_all(path); }
};

TEST(LogsAgain, a_query_that_a_restart_cut_short_runs_to_its_end) {
  const Kept kept;
  std::string id;
  {
    Life life(kept.path);
    auto c = life.context();
    life.service.create_log_group(c, {.log_group_name = "g"});
    life.service.append("000000000000", "us-east-1", "g", "s", {{life.loop.now(), "one"}, {life.loop.now(), "two"}});
    const std::int64_t now = life.loop.now().ms / 1000;
    id = *life.service
              .start_query(c, {.log_group_name = "g",
                               .start_time = now - 60,
                               .end_time = now + 60,
                               .query_string = "fields @message | filter @message like /two/"})
              .query_id;
    EXPECT_NE(life.service.get_query_results(c, {.query_id = id}).status, "Complete") << "or nothing is cut short";
  }
  Life again(kept.path);
  auto c = again.context();
  again.service.start();
  again.loop.advance(Duration(1'000));
  const auto found = again.service.get_query_results(c, {.query_id = id});
  EXPECT_EQ(found.status, "Complete");
  ASSERT_EQ(found.results->size(), 1U);
  EXPECT_EQ(found.results->front().front().value, "two");
}

TEST_F(Logs, patterns_select_by_terms_json_and_fields) {
  group("g");
  write("s", {"ERROR disk full", "INFO ok", R"({"level":"error","status":503,"path":"/a"})",
              "127.0.0.1 - frank [10/Oct/2000] \"GET /x\" 404 12"});
  EXPECT_EQ(search("ERROR").size(), 1U);
  EXPECT_EQ(search("?ERROR ?INFO").size(), 2U);
  EXPECT_EQ(search("-ERROR -INFO").size(), 2U);
  EXPECT_EQ(search("\"disk full\"").size(), 1U);
  EXPECT_EQ(search("{ $.status >= 500 && $.path = \"/a*\" }").size(), 1U);
  EXPECT_EQ(search("{ $.status = 200 || $.level = warn }").size(), 0U);
  EXPECT_EQ(search("{ $.missing NOT EXISTS && ($.status = 503) }").size(), 1U);
  EXPECT_EQ(search("[ip, id, user, time, request, status=4*, size]").size(), 1U);
  EXPECT_EQ(search("[..., status=5*, size]").size(), 0U);
  EXPECT_EQ(code_of([&] { search("{ $.a = }"); }), "InvalidParameterException");
  EXPECT_EQ(search("%ERR[OP]R%").size(), 1U);
  EXPECT_EQ(search("ERROR -%d[aiu]sk full%").size(), 0U);
  EXPECT_EQ(search("{ $.path = %^/a.*% && $.status != %^4% }").size(), 1U);
  EXPECT_EQ(search("[ip, id, user, time, request, status=%4[0-9]{2}%, size]").size(), 1U);
  EXPECT_EQ(code_of([&] { search("%[0-9%"); }), "InvalidParameterException");
}

TEST_F(Logs, a_metric_filter_publishes_what_it_finds) {
  group("g");
  std::vector<MetricPoint> points;
  service.set_metric_sink([&](const MetricPoint& p) { points.push_back(p); });
  auto c = context();
  service.put_metric_filter(
      c, {.log_group_name = "g",
          .filter_name = "latency",
          .filter_pattern = "{ $.ms > 0 }",
          .metric_transformations = {{{.metric_name = "Latency", .metric_namespace = "App", .metric_value = "$.ms"}}}});
  write("s", {R"({"ms":12.5})", R"({"other":1})"});
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].value, 12.5);
  EXPECT_EQ(points[0].metric_namespace, "App");
}

TEST_F(Logs, retention_removes_what_is_older_and_nothing_else) {
  service.start();
  group("g");
  write("s", {"old"});
  auto c = context();
  service.put_retention_policy(c, {.log_group_name = "g", .retention_in_days = 7});
  loop.advance(std::chrono::hours(24 * 6));
  write("s", {"young"});
  EXPECT_EQ(search("").size(), 2U);
  loop.advance(std::chrono::hours(25));
  EXPECT_EQ(search(""), std::vector<std::string>{"young"});
  EXPECT_EQ(code_of([&] { service.put_retention_policy(c, {.log_group_name = "g", .retention_in_days = 8}); }),
            "InvalidParameterException");
}

TEST_F(Logs, an_encrypted_group_keeps_no_plain_text_and_needs_its_key) {
  auto c = context();
  const auto key = *kms.create_key(c, {}).key_metadata->key_id;
  service.create_log_group(c, {.log_group_name = "g", .kms_key_id = key});
  write("s", {"very private"});
  EXPECT_EQ(search("private").size(), 1U);
  {
    auto rows = store.sql().query("SELECT message FROM log_events");
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.blob(0).find("private"), std::string::npos);
  }
  kms.disable_key(c, {.key_id = key});
  EXPECT_EQ(code_of([&] { search("private"); }), "DisabledException");
  EXPECT_EQ(code_of([&] { service.create_log_group(c, {.log_group_name = "h", .kms_key_id = "no-such-key"}); }),
            "InvalidParameterException");
}

TEST_F(Logs, unknown_groups_and_streams_are_named_as_such) {
  auto c = context();
  EXPECT_EQ(code_of([&] { service.create_log_stream(c, {.log_group_name = "x", .log_stream_name = "y"}); }),
            "ResourceNotFoundException");
  group("g");
  EXPECT_EQ(code_of([&] { service.create_log_group(c, {.log_group_name = "g"}); }), "ResourceAlreadyExistsException");
  EXPECT_EQ(code_of([&] { service.get_log_events(c, {.log_group_name = "g", .log_stream_name = "y"}); }),
            "ResourceNotFoundException");
}

}  // namespace
}  // namespace stratus::services::logs
