// Queries of Insights over a handful of events: each command, and what is no query.
#include "stratus/services/logs/insights.h"

#include <gtest/gtest.h>

#include "stratus/core/error.h"

namespace stratus::services::logs::insights {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;  // 2023-11-14 22:13:20

std::string run(const std::string& query, std::size_t most = 100) {
  const std::vector<std::string> messages = {
      R"({"level":"INFO","ms":12.5,"user":{"name":"ann"},"tags":["a","b"]})",
      R"({"level":"ERROR","ms":250,"user":{"name":"bob"}})",
      R"(plain text from 10.0.0.7, status=404 size=17)",
      R"({"level":"ERROR","ms":50,"user":{"name":"ann"}})",
  };
  Pipeline pipeline(parse_query(query), most);
  for (std::size_t i = messages.size(); i-- > 0;)
    if (!pipeline.take(record_of(kStart + static_cast<std::int64_t>(i) * 60'000, kStart, messages[i], "s", "1:g",
                                 "p" + std::to_string(i))))
      break;
  std::string out;
  for (const auto& row : pipeline.finish()) {
    if (!out.empty()) out += " | ";
    std::string line;
    for (const auto& [name, value] : row)
      if (name != "@ptr") line += (line.empty() ? "" : ", ") + name + "=" + value;
    out += line;
  }
  return out;
}

std::string refusal(const std::string& query) {
  try {
    parse_query(query);
  } catch (const aws::Error& e) {
    return e.code;
  }
  return "";
}

TEST(Insights, commands_answer_what_they_mean) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"fields user.name, tags.1 | limit 1", "user.name=ann"},
      {"fields @timestamp | sort @timestamp asc | limit 1", "@timestamp=2023-11-14 22:13:20.000"},
      {"FIELDS level | filter level = 'ERROR' and ms > 100", "level=ERROR"},
      {"filter ms >= 50 | fields ms, ms * 2 + 1 as more # a remark", "ms=50, more=101 | ms=250, more=501"},
      {"filter @message like /(?i)PLAIN/ | display @logStream, @log", "@logStream=s, @log=1:g"},
      {"filter @message like 'status' | parse @message 'status=* size=*' as status, size | display status, size",
       "status=404, size=17"},
      {"parse @message /from (?<ip>[0-9.]+)/ | filter isIpv4InSubnet(ip, '10.0.0.0/8') | display ip", "ip=10.0.0.7"},
      {"stats count(*)", "count(*)=4"},
      {"stats count(*) as n by level | sort n desc, level", "level=ERROR, n=2 | level=INFO, n=1 | n=1"},
      {"stats avg(ms), max(ms), min(ms), sum(ms), pct(ms, 50)",
       "avg(ms)=104.1667, max(ms)=250, min(ms)=12.5, sum(ms)=312.5, pct(ms, 50)=50"},
      {"stats count_distinct(user.name) as users, latest(level) as last", "users=2, last=ERROR"},
      {"stats count(*) by bin(2m) | sort bin(2m)",
       "bin(2m)=2023-11-14 22:12:00.000, count(*)=1 | bin(2m)=2023-11-14 22:14:00.000, count(*)=2 | "
       "bin(2m)=2023-11-14 22:16:00.000, count(*)=1"},
      {"stats sum(ms) / count(ms) as mean by level | filter mean > 100 | display level, mean", "level=ERROR, mean=150"},
      {"filter level in ['INFO', 'WARN'] | fields concat(toupper(user.name), '-', strlen(level)) as x | display x",
       "x=ANN-4"},
      {"filter not ispresent(level) | fields coalesce(level, 'none') as l | display l", "l=none"},
      {"filter !(level = 'ERROR') and ispresent(level) | fields greatest(ms, 13) as g | display g", "g=13"},
      {"fields level | dedup level", "level=ERROR | level=INFO"},
      {"filter ms = 12.5 | fields datefloor(@timestamp, 1h) as h, toMillis(@timestamp) as t | display h, t",
       "h=2023-11-14 22:00:00.000, t=1700000000000"},
      {"filter ms = 12.5 | fields replace(level, 'IN', 'x') as a, substr(level, 1, 2) as b, ms / 0 as c | display a, "
       "b, c",
       "a=xFO, b=NF"},
  };
  for (const auto& [query, wanted] : cases) EXPECT_EQ(run(query), wanted) << query;
}

TEST(Insights, without_fields_an_event_is_its_time_and_message_and_has_a_pointer) {
  Pipeline pipeline(parse_query("filter @message like 'x'"), 10);
  pipeline.take(record_of(kStart, kStart, "x", "s", "1:g", "p"));
  pipeline.take(record_of(kStart, kStart, "y", "s", "1:g", "q"));
  EXPECT_EQ(pipeline.finish(),
            (std::vector<Row>{{{"@timestamp", "2023-11-14 22:13:20.000"}, {"@message", "x"}, {"@ptr", "p"}}}));
  EXPECT_EQ(pipeline.matched(), 1);
}

TEST(Insights, what_is_no_query_is_malformed_and_what_is_not_here_is_refused) {
  for (const char* query :
       {"", "fields", "fields a,", "filter", "filter a =", "sort", "limit x", "nonsense a", "fields a | ", "stats a",
        "fields f(a)", "parse @message '*' as a, b", "filter a like /(/", "fields 'a", "fields a b", "fields bin(5x)"})
    EXPECT_EQ(refusal(query), "MalformedQueryException") << query;
  for (const char* query : {"pattern @message", "fields a | diff"})
    EXPECT_EQ(refusal(query), "NotImplemented") << query;
}

}  // namespace
}  // namespace stratus::services::logs::insights
