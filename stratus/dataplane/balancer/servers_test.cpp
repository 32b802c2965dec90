#include "stratus/dataplane/balancer/servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratus/core/simulated_loop.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/balancer/fake_balancer.h"
#include "stratus/dataplane/balancer/tally.h"

namespace stratus::balancer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Target target{"10.0.0.5", "10.0.0.5", 3000, "us-east-1a", false};
const std::string server = server_name(target), checked = "g.web/" + server, open_server = "o.web/" + server;
constexpr Timestamp now{1'000'000};

std::vector<TargetGroup> groups(std::vector<Target> targets = {target}) {
  TargetGroup web;
  web.id = "web";
  web.targets = std::move(targets);
  web.health_check.interval_seconds = 10;
  web.health_check.unhealthy_threshold = 3;
  return {web};
}

Rows rows(const std::string& status, const std::string& check, const std::string& open_status,
          const std::string& open_check) {
  Rows out;
  out[{"g.web", server}] = {{"status", status}, {"check_status", check}, {"check_code", "500"}, {"weight", "100"}};
  out[{"o.web", server}] = {{"status", open_status}, {"check_code", "500"}, {"weight", "100"}};
  if (!open_check.empty()) out[{"o.web", server}]["check_status"] = open_check;
  return out;
}

TEST(Plan, AddsATargetThatNobodyUsesBeforeItsFirstVerdict) {
  Memories memories;
  const auto commands = plan(groups(), {}, memories, now);
  EXPECT_THAT(commands,
              ElementsAre("add server " + checked + " 10.0.0.5:3000 check inter 10s rise 5 fall 3 weight 100",
                          "add server " + open_server + " 10.0.0.5:3000 check inter 1s rise 1 fall 1000000 weight 100",
                          "enable health " + open_server, "set server " + open_server + " state ready",
                          "set server " + open_server + " health up", "set weight " + checked + " 0",
                          "enable health " + checked, "set server " + checked + " state ready",
                          "set server " + checked + " health down", "set weight " + checked + " 100"));
}

TEST(Plan, LeavesAloneWhatIsAsItShouldBe) {
  Memories memories;
  EXPECT_THAT(plan(groups(), rows("UP", "L7OK", "no check", ""), memories, now), IsEmpty());
  EXPECT_THAT(plan(groups(), rows("DOWN", "L7STS", "no check", ""), memories, now), IsEmpty());
  EXPECT_THAT(plan(groups(), rows("DOWN", "L7STS", "UP", "INI"), memories, now), IsEmpty());
}

TEST(Plan, TakesOneSuccessForANewTargetAndPatienceForAFailure) {
  Memories memories;
  EXPECT_THAT(plan(groups(), rows("DOWN", "INI", "UP", "L7OK"), memories, now),
              ElementsAre("set server " + checked + " health up", "disable health " + open_server));
  const auto failing = rows("DOWN", "INI", "UP", "L7STS");
  EXPECT_THAT(plan(groups(), failing, memories, now), IsEmpty());
  EXPECT_EQ(observe(groups(), failing, memories)["web"][0].state, State::initial);
  EXPECT_THAT(plan(groups(), failing, memories, now + Duration(19'000)), IsEmpty());
  EXPECT_THAT(plan(groups(), failing, memories, now + Duration(20'000)), ElementsAre("disable health " + open_server));
  const auto seen = observe(groups(), rows("DOWN", "INI", "no check", ""), memories)["web"][0];
  EXPECT_EQ(seen.state, State::unhealthy);
  EXPECT_EQ(seen.reason, "Target.ResponseCodeMismatch");
  EXPECT_EQ(seen.description, "Health checks failed with these codes: [500]");
}

TEST(Plan, DrainsThenRemoves) {
  auto draining = target;
  draining.draining = true;
  Memories memories;
  EXPECT_THAT(plan(groups({draining}), rows("UP", "L7OK", "no check", ""), memories, now),
              ElementsAre("set server " + checked + " state maint", "set server " + open_server + " state maint"));
  auto busy = rows("MAINT", "", "MAINT", "");
  busy[{"g.web", server}]["scur"] = "2";
  EXPECT_THAT(plan(groups({draining}), busy, memories, now), IsEmpty());
  EXPECT_EQ(observe(groups({draining}), busy, memories)["web"][0].state, State::draining);
  EXPECT_FALSE(observe(groups({draining}), busy, memories)["web"][0].drained);
  EXPECT_TRUE(observe(groups({draining}), rows("MAINT", "", "MAINT", ""), memories)["web"][0].drained);
  EXPECT_THAT(plan(groups({}), busy, memories, now),
              ElementsAre("set server " + checked + " state maint", "shutdown sessions server " + checked,
                          "del server " + checked, "set server " + open_server + " state maint",
                          "shutdown sessions server " + open_server, "del server " + open_server));
  // Registered again while it drained: it begins anew.
  EXPECT_THAT(plan(groups(), busy, memories, now), Contains("set server " + checked + " state ready"));
}

TEST(Observe, NamesTheReason) {
  const struct {
    std::string check, reason;
  } cases[] = {{"L7STS", "Target.ResponseCodeMismatch"},
               {"L7TOUT", "Target.Timeout"},
               {"L4TOUT", "Target.Timeout"},
               {"L4CON", "Target.FailedHealthChecks"},
               {"L7RSP", "Target.FailedHealthChecks"},
               {"L6RSP", "Target.FailedHealthChecks"}};
  for (const auto& c : cases) {
    const auto seen = observe(groups(), rows("DOWN", c.check, "no check", ""), {})["web"][0];
    EXPECT_EQ(seen.state, State::unhealthy);
    EXPECT_EQ(seen.reason, c.reason) << c.check;
  }
  EXPECT_EQ(observe(groups(), rows("UP 1/3", "L7STS", "no check", ""), {})["web"][0].state, State::healthy);
  EXPECT_EQ(observe(groups(), {}, {})["web"][0].reason, "Elb.RegistrationInProgress");
}

TEST(Merge, CallsATargetHealthyWhenEveryNodeDoes) {
  const auto up = observe(groups(), rows("UP", "L7OK", "no check", ""), {}),
             down = observe(groups(), rows("DOWN", "L4CON", "no check", ""), {});
  EXPECT_EQ(merge({up, up})["web"][0].state, State::healthy);
  EXPECT_EQ(merge({up, down})["web"][0].state, State::unhealthy);
  EXPECT_EQ(merge({down, up})["web"][0].state, State::unhealthy);
}

TEST(ServerState, CarriesWhatIsKnownAndStartsTheNewUndecided) {
  const auto fresh = server_state(groups(), "");
  EXPECT_THAT(fresh, HasSubstr("1 g.web 1 " + server + " 10.0.0.5 0 0 "));
  EXPECT_THAT(fresh, HasSubstr("1 o.web 1 " + server + " 10.0.0.5 2 0 "));
  const std::string tail = " 100 100 5 15 3 4 6 0 0 0 - 3000 - 0 0 - - 0";
  const auto old = "1\n# header\n7 g.web 3 " + server + " 10.0.0.5 2 0" + tail + "\n8 o.web 4 " + server +
                   " 10.0.0.5 2 0" + tail + "\n";
  const auto carried = server_state(groups(), old);
  EXPECT_THAT(carried, HasSubstr("7 g.web 3 " + server + " 10.0.0.5 2 0" + tail));
  EXPECT_EQ(text::split(carried, '\n').size(), 5U);
}

TEST(RuntimeApi, ReadsStatistics) {
  const auto parsed = parse_stat("# pxname,svname,scur,status,\nl.http,FRONTEND,3,OPEN,\ng.web,t1,,UP 1/2,\n\n");
  EXPECT_EQ(parsed.size(), 2U);
  EXPECT_EQ(number(parsed.at({"l.http", "FRONTEND"}), "scur"), 3U);
  EXPECT_EQ(text_of(parsed.at({"g.web", "t1"}), "status"), "UP 1/2");
  EXPECT_EQ(number(parsed.at({"g.web", "t1"}), "scur"), 0U);
  EXPECT_TRUE(parse_stat("").empty());
  EXPECT_FALSE(ask("/nonexistent.sock", "show info").ok());
}

TEST(Counting, TellsElbsResponsesFromTheTargets) {
  const auto stat = [](int frontend_5xx, int target_5xx, int fixed_4xx, int none) {
    Rows out;
    out[{"l.http", "FRONTEND"}] = {
        {"hrsp_5xx", std::to_string(frontend_5xx)}, {"hrsp_4xx", std::to_string(fixed_4xx)}, {"conn_tot", "9"}};
    out[{"g.web", "t1"}] = {
        {"hrsp_5xx", std::to_string(target_5xx)}, {"hrsp_2xx", "4"}, {"stot", "6"}, {"rtime", "500"}};
    out[{"f.http.r1", "BACKEND"}] = {{"hrsp_4xx", std::to_string(fixed_4xx)}};
    out[{"none", "BACKEND"}] = {{"hrsp_5xx", std::to_string(none)}};
    return out;
  };
  Tally tally;
  const auto first = stat(5, 2, 3, 1);
  tally.add({}, first);
  auto counters = tally.counters({});
  EXPECT_EQ(counters.requests, 6U);
  EXPECT_EQ(counters.elb_5xx, 3U);
  EXPECT_EQ(counters.elb_503, 1U);
  EXPECT_EQ(counters.elb_4xx, 0U);
  EXPECT_EQ(counters.fixed_responses, 3U);
  EXPECT_EQ(counters.groups["web"].target_5xx, 2U);
  EXPECT_DOUBLE_EQ(counters.groups["web"].response_seconds, 3.0);
  tally.add(first, first);
  EXPECT_EQ(tally.counters(counters).elb_5xx, 3U);
  tally.add({}, first);  // a new process counts from zero
  counters = tally.counters(counters);
  EXPECT_EQ(counters.elb_5xx, 6U);
  EXPECT_EQ(counters.new_connections, 18U);
}

TEST(FakeBalancerTest, ScriptsHealthOnTheLoopsTime) {
  SimulatedLoop loop;
  FakeBalancer fake(loop);
  std::vector<State> seen;
  fake.on_health([&](const HealthChange& change) { seen.push_back(change.after.state); });
  LoadBalancer model;
  model.id = "lb1";
  model.target_groups = groups();
  bool applied = false;
  fake.apply(model, [&](Result<> result) { applied = result.ok(); });
  loop.settle();
  EXPECT_TRUE(applied);
  EXPECT_EQ(fake.health("lb1", "web").at(0).state, State::initial);
  loop.advance(Duration(200));
  EXPECT_EQ(fake.health("lb1", "web").at(0).state, State::healthy);
  fake.set_health("web", "10.0.0.5", State::unhealthy, "Target.Timeout");
  loop.settle();
  model.target_groups[0].targets[0].draining = true;
  fake.apply(model, [](const Result<>&) {});
  loop.advance(Duration(200));
  EXPECT_TRUE(fake.health("lb1", "web").at(0).drained);
  EXPECT_THAT(seen, ElementsAre(State::initial, State::healthy, State::unhealthy, State::draining, State::draining));
  model.target_groups[0].health_check.matcher = "x";
  bool refused = false;
  fake.apply(model, [&](const Result<>& result) { refused = !result.ok(); });
  loop.settle();
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace stratus::balancer
