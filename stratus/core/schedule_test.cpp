#include "stratus/core/schedule.h"

#include <gtest/gtest.h>

#include "stratus/core/time_zone.h"

namespace stratus {
namespace {

Timestamp at(const std::string& text) {
  Timestamp out;
  EXPECT_TRUE(parse_rfc3339(text, out)) << text;
  return out;
}

std::string next(const std::string& schedule, const std::string& from, const std::string& zone = "UTC") {
  const auto parsed = parse_schedule(schedule);
  if (!parsed) return "no schedule";
  const auto when = next_after(*parsed, at(from), zone);
  return when ? to_rfc3339(*when) : "never";
}

TEST(Schedule, NextTimes) {
  // 2026-01-01 is a Thursday.
  const struct {
    const char *schedule, *from, *next;
  } cases[] = {
      {"rate(5 minutes)", "2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z"},
      {"rate(1 hour)", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"},
      {"rate(2 days)", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"},
      {"at(2026-05-06T07:08:09)", "2026-01-01T00:00:00Z", "2026-05-06T07:08:09Z"},
      {"at(2026-05-06T07:08:09)", "2026-05-06T07:08:09Z", "never"},
      {"cron(0 10 * * ? *)", "2026-01-01T00:00:00Z", "2026-01-01T10:00:00Z"},
      {"cron(0 10 * * ? *)", "2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"},
      {"cron(15 12 * * ? *)", "2026-01-01T12:14:59Z", "2026-01-01T12:15:00Z"},
      {"cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00:00Z", "2026-01-05T18:00:00Z"},
      {"cron(0 8 1 * ? *)", "2026-01-01T08:00:00Z", "2026-02-01T08:00:00Z"},
      {"cron(0/15 * * * ? *)", "2026-01-01T00:01:00Z", "2026-01-01T00:15:00Z"},
      {"cron(0/10 * ? * MON-FRI *)", "2026-01-03T00:00:00Z", "2026-01-05T00:00:00Z"},
      {"cron(0/5 8-17 ? * FRI-MON *)", "2026-01-05T17:55:00Z", "2026-01-09T08:00:00Z"},
      {"cron(0 9 ? * 2#1 *)", "2026-01-06T00:00:00Z", "2026-02-02T09:00:00Z"},
      {"cron(0 9 ? * 6L *)", "2026-01-01T00:00:00Z", "2026-01-30T09:00:00Z"},
      {"cron(0 9 L * ? *)", "2026-02-01T00:00:00Z", "2026-02-28T09:00:00Z"},
      {"cron(0 9 LW * ? *)", "2026-01-31T00:00:00Z", "2026-02-27T09:00:00Z"},
      {"cron(0 9 3W * ? *)", "2026-01-01T00:00:00Z", "2026-01-02T09:00:00Z"},
      {"cron(0 9 1W FEB ? *)", "2026-01-01T00:00:00Z", "2026-02-02T09:00:00Z"},
      {"cron(0 0 29 2 ? *)", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"cron(0 0 30 2 ? *)", "2026-01-01T00:00:00Z", "never"},
      {"cron(0 0 1 1 ? 2025)", "2026-01-01T00:00:00Z", "never"},
      {"cron(0 0 1 1 ? 2027-2028)", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"},
  };
  for (const auto& c : cases) EXPECT_EQ(next(c.schedule, c.from), c.next) << c.schedule << " after " << c.from;
}

TEST(Schedule, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "rate(5 minute)",
                           "rate(1 minutes)",
                           "rate(0 minutes)",
                           "rate(-1 minutes)",
                           "rate(5 weeks)",
                           "rate(5)",
                           "cron(0 10 * * * *)",
                           "cron(0 10 ? * ? *)",
                           "cron(60 10 * * ? *)",
                           "cron(0 24 * * ? *)",
                           "cron(0 10 0 * ? *)",
                           "cron(0 10 ? * 8 *)",
                           "cron(0 10 * * ?)",
                           "cron(0 10 * * ? 1969)",
                           "cron(0/0 10 * * ? *)",
                           "cron(0 10 ? * 2#6 *)",
                           "cron( )",
                           "at(2026-13-01T00:00:00)",
                           "at(2026-01-01)",
                           "rate(5 minutes",
                           "5 minutes"})
    EXPECT_FALSE(parse_schedule(text)) << text;
}

TEST(Schedule, FollowsTheClocksOfItsZone) {
  EXPECT_EQ(next("cron(0 8 * * ? *)", "2026-01-10T00:00:00Z", "Europe/Berlin"), "2026-01-10T07:00:00Z");
  EXPECT_EQ(next("cron(0 8 * * ? *)", "2026-07-10T00:00:00Z", "Europe/Berlin"), "2026-07-10T06:00:00Z");
  EXPECT_EQ(next("cron(0 8 * * ? *)", "2026-07-10T00:00:00Z", "America/New_York"), "2026-07-10T12:00:00Z");
  EXPECT_EQ(next("at(2026-07-10T08:00:00)", "2026-01-01T00:00:00Z", "Asia/Kolkata"), "2026-07-10T02:30:00Z");
  // The hour that is skipped (2:30 on 29 March in Berlin) and the one that comes twice (2:30 on 25 October).
  EXPECT_EQ(next("cron(30 2 * * ? *)", "2026-03-28T12:00:00Z", "Europe/Berlin"), "2026-03-29T01:30:00Z");
  EXPECT_EQ(next("cron(30 2 * * ? *)", "2026-10-24T12:00:00Z", "Europe/Berlin"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(next("cron(30 2 * * ? *)", "2026-10-25T00:30:00Z", "Europe/Berlin"), "2026-10-26T01:30:00Z");
  EXPECT_TRUE(known_time_zone("Europe/Berlin"));
  for (const char* name : {"Europe/Nowhere", "", "../../etc/passwd", "/etc/localtime", "Europe"})
    EXPECT_FALSE(known_time_zone(name)) << name;
}

TEST(TimeZone, GoesOnBehindItsTable) {
  const auto berlin = TimeZone::find("Europe/Berlin"), sydney = TimeZone::find("Australia/Sydney");
  ASSERT_TRUE(berlin && sydney);
  EXPECT_EQ(berlin->offset_at(at("2060-01-10T00:00:00Z").ms / 1000), 3600);
  EXPECT_EQ(berlin->offset_at(at("2060-07-10T00:00:00Z").ms / 1000), 7200);
  EXPECT_EQ(sydney->offset_at(at("2060-01-10T00:00:00Z").ms / 1000), 39600);
  EXPECT_EQ(sydney->offset_at(at("2060-07-10T00:00:00Z").ms / 1000), 36000);
}

TEST(TimeZone, SurvivesDamagedFiles) {
  std::string bytes("TZif2", 5);
  bytes.resize(44, '\0');
  EXPECT_FALSE(TimeZone::parse(bytes));
  EXPECT_FALSE(TimeZone::parse("TZif"));
  bytes[35] = 4;
  bytes[32] = '\x7f';
  EXPECT_FALSE(TimeZone::parse(bytes));
}

}  // namespace
}  // namespace stratus
