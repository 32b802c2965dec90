#include <gtest/gtest.h>

#include "stratus/core/arn.h"
#include "stratus/core/clock.h"
#include "stratus/core/ids.h"
#include "stratus/core/process.h"
#include "stratus/core/simulated_loop.h"
#include "stratus/core/text.h"

namespace stratus {
namespace {

TEST(Clock, writes_and_reads_the_three_formats_of_an_instant) {
  const Timestamp t{1'767'323'045'678};
  EXPECT_EQ(to_rfc3339(t), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(to_http_date(t), "Fri, 02 Jan 2026 03:04:05 GMT");
  EXPECT_EQ(to_basic_iso8601(t), "20260102T030405Z");
  Timestamp back;
  ASSERT_TRUE(parse_rfc3339("2026-01-02T04:04:05.678+01:00", back));
  EXPECT_EQ(back, t);
  ASSERT_TRUE(parse_http_date("Fri, 02 Jan 2026 03:04:05 GMT", back));
  EXPECT_EQ(back.ms, 1'767'323'045'000);
  ASSERT_TRUE(parse_basic_iso8601("20260102T030405Z", back));
  for (const char* wrong : {"", "2026-13-01T00:00:00Z", "2026-02-31T00:00:00Z", "2026-01-01T00:00:00", "yesterday"})
    EXPECT_FALSE(parse_rfc3339(wrong, back)) << wrong;
}

TEST(Text, wildcards_match_as_policies_do) {
  EXPECT_TRUE(text::wildcard_match("arn:aws:s3:::a*/b?", "arn:aws:s3:::abc/b1"));
  EXPECT_FALSE(text::wildcard_match("arn:aws:s3:::a*/b?", "arn:aws:s3:::abc/b"));
  EXPECT_TRUE(text::wildcard_match("*", ""));
  EXPECT_FALSE(text::wildcard_match("", "x"));
}

TEST(Arn, keeps_colons_of_the_resource) {
  const auto arn = Arn::parse("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/x:*");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->resource, "log-group:/ecs/x:*");
  EXPECT_EQ(arn->text(), "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/x:*");
  EXPECT_FALSE(Arn::parse("arn:aws:logs:us-east-1"));
}

TEST(Process, runs_with_input_and_tells_a_failure_by_name) {
  const auto answer = run_checked({.argv = {"tr", "a-z", "A-Z"}, .input = "hello"});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(*answer, "HELLO");
  const auto missing = run({.argv = {"no-such-program-anywhere"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().error, ENOENT);
  const auto slow = run({.argv = {"sleep", "30"}, .timeout = Duration(50)});
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().error, ETIMEDOUT);
}

TEST(Process, a_detached_program_is_not_our_child) {
  const auto pid = spawn_detached({.argv = {"sleep", "0.2"}});
  ASSERT_TRUE(pid) << pid.error().message();
  EXPECT_EQ(read_file("/proc/" + std::to_string(*pid) + "/comm").value(), "sleep\n");
  EXPECT_FALSE(spawn_detached({.argv = {"no-such-program-anywhere"}}));
}

TEST(SimulatedLoop, runs_timers_at_their_instant_and_a_reconciler_at_its_interval) {
  SimulatedLoop loop;
  struct Counting final : Reconciler {
    explicit Counting(Loop& l) : Reconciler(l, "counting", Duration(1000)) {}
    int runs = 0;
    void reconcile() override { ++runs; }
  } counting(loop);
  counting.start();
  counting.wake();
  counting.wake();
  loop.settle();
  EXPECT_EQ(counting.runs, 1) << "wakes coalesce";
  loop.advance(Duration(3500));
  EXPECT_EQ(counting.runs, 4);
}

TEST(Random, shapes_ids_as_ec2_does) {
  SeededRandom random(7);
  const auto id = random.ec2_id("vpc");
  EXPECT_EQ(id.size(), 4U + 17U);
  EXPECT_EQ(id.substr(0, 5), "vpc-0");
  EXPECT_EQ(random.uuid()[14], '4');
}

}  // namespace
}  // namespace stratus
