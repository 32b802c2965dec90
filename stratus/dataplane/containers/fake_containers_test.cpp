#include "stratus/dataplane/containers/fake_containers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"

namespace stratus::containers {
namespace {

ContainerSpec named(const std::string& id) {
  ContainerSpec out;
  out.id = id;
  out.task = "task";
  return out;
}

class FakeTest : public testing::Test {
 protected:
  FakeTest() { listen(); }
  void listen() {
    fake_.on_exit([this](const Exit& exit) { exits_.push_back(exit); });
    fake_.on_log([this](const LogBatch& batch) {
      for (const auto& line : batch.lines) lines_.push_back(line.text);
      finished_ = finished_ || batch.finished;
    });
  }
  SimulatedLoop loop_;
  FakeContainers fake_{loop_};
  std::vector<Exit> exits_;
  std::vector<std::string> lines_;
  bool finished_ = false;
};

TEST_F(FakeTest, StartsAfterItsLatencyPrintsAndExitsAsScripted) {
  fake_.script = [](const ContainerSpec&) {
    Script out;
    out.start_latency = Duration(100);
    out.exit_after = Duration(1000);
    out.exit_code = 3;
    out.log_lines = {"hello"};
    out.cpu_vcpus = 0.5;
    return out;
  };
  std::optional<Started> started;
  fake_.start(named("a"), [&](Result<Started> result) { started = *result; });
  loop_.advance(Duration(99));
  EXPECT_FALSE(started.has_value());
  loop_.advance(Duration(1));
  ASSERT_TRUE(started.has_value());
  loop_.advance(Duration(500));
  std::uint64_t cpu = 0;
  fake_.stats("a", [&](Result<Stats> stats) { cpu = stats->cpu_ns; });
  loop_.advance(Duration(1));
  EXPECT_EQ(cpu, 250'000'000U);
  EXPECT_THAT(lines_, testing::ElementsAre("hello"));
  loop_.advance(Duration(1000));
  ASSERT_EQ(exits_.size(), 1U);
  EXPECT_EQ(exits_[0].code, 3);
  EXPECT_TRUE(finished_);
}

TEST_F(FakeTest, StopsGentlyOrAfterTheTimeout) {
  fake_.script = [](const ContainerSpec& spec) {
    Script out;
    out.ignores_stop = spec.id == "deaf";
    return out;
  };
  std::map<std::string, int> codes;
  for (const std::string id : {"good", "deaf"}) {
    fake_.start(named(id), [](Result<Started>) {});
    loop_.advance(Duration(100));
    fake_.stop(id, Duration(30'000), [&codes, id](Result<Exit> exit) { codes[id] = exit->code; });
  }
  loop_.advance(Duration(1000));
  EXPECT_EQ(codes, (std::map<std::string, int>{{"good", 143}}));
  loop_.advance(Duration(30'000));
  EXPECT_EQ(codes["deaf"], 137);
}

TEST_F(FakeTest, ContainersOutliveTheirOwner) {
  bool answered = false;
  fake_.start(named("a"), [&](Result<Started>) { answered = true; });
  fake_.lose_owner();
  loop_.advance(Duration(1000));
  EXPECT_FALSE(answered);
  fake_.exit_now("a", 9);
  loop_.settle();
  EXPECT_TRUE(exits_.empty());
  listen();
  std::vector<Existing> found;
  fake_.open([&](Result<std::vector<Existing>> existing) { found = *existing; });
  loop_.advance(Duration(10));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].exit->code, 9);
  fake_.follow_log("a", 0);
  loop_.settle();
  loop_.advance(Duration(10));
  EXPECT_TRUE(finished_);
}

TEST_F(FakeTest, FailsWhereTheScriptSaysSo) {
  fake_.script = [](const ContainerSpec&) {
    Script out;
    out.start_failure = Failure{"no such program", ENOENT};
    return out;
  };
  int error = 0;
  fake_.start(named("a"), [&](Result<Started> result) { error = result.error().error; });
  loop_.advance(Duration(100));
  EXPECT_EQ(error, ENOENT);
  EXPECT_EQ(fake_.size(), 0U);
}

}  // namespace
}  // namespace stratus::containers
