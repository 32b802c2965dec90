#include "stratus/services/fis/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "stratus/core/simulated_loop.h"
#include "stratus/services/fis/fakes.h"

namespace stratus::services::fis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Fields = std::vector<std::pair<std::string, std::string>>;

struct FaultsTest : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{7};
  FakeTasks tasks{loop};
  FakeNetwork network{loop};
  std::unique_ptr<Faults> faults;

  FaultsTest() { restart(); }
  /// Another process with the same state.
  void restart() {
    loop.settle();
    faults.reset();
    faults = std::make_unique<Faults>(loop, store, random, tasks, network);
    faults->start();
    loop.settle();
  }
  std::string begin(const Fields& fields) {
    const std::string id = faults->begin(parse_fault_request(fields));
    loop.settle();
    return id;
  }
  std::string refusal(const Fields& fields) {
    try {
      faults->begin(parse_fault_request(fields));
    } catch (const aws::Error& error) {
      return error.message;
    }
    return "";
  }
  std::vector<std::string> disturbed_now(const std::string& vpc = "vpc-1") {
    std::vector<std::string> out;
    for (const auto& fault : faults->of_vpc({kAccount, kRegion, vpc}))
      out.insert(out.end(), fault.enis.begin(), fault.enis.end());
    return out;
  }
};

TEST_F(FaultsTest, HalfOfAServicesTasksAreStoppedAndTheFaultIsOverAtOnce) {
  for (const char* id : {"1", "2", "3", "4", "5"}) tasks.add(id, "us-east-1a");
  const auto id = begin({{"kind", "stop-task"}, {"cluster", "shop"}, {"service", "web"}, {"percent", "50"}});
  EXPECT_THAT(tasks.stopped, SizeIs(2));
  EXPECT_EQ(faults->find(id)->state, "ended");
  begin({{"kind", "kill-task"}, {"cluster", "shop"}, {"count", "3"}});
  EXPECT_THAT(tasks.killed, SizeIs(3));
}

TEST_F(FaultsTest, TasksOfAnotherZoneOrServiceAreLeftAlone) {
  tasks.add("1", "us-east-1a");
  tasks.add("2", "us-east-1b");
  begin({{"kind", "kill-task"}, {"cluster", "shop"}, {"az", "us-east-1b"}});
  EXPECT_THAT(tasks.killed, ElementsAre(arn_of("2")));
  EXPECT_EQ(refusal({{"kind", "kill-task"}, {"cluster", "shop"}, {"service", "api"}}), "no such task runs");
}

TEST_F(FaultsTest, WhatCouldNotBeDoneIsSaid) {
  tasks.add("1", "us-east-1a");
  tasks.fails = true;
  const auto id = begin({{"kind", "stop-task"}, {"task", arn_of("1")}});
  EXPECT_EQ(faults->find(id)->state, "failed");
  EXPECT_THAT(faults->find(id)->reason, HasSubstr("does not run"));
}

TEST_F(FaultsTest, ACutDisturbsItsPlaceUntilItsTimeIsOver) {
  const auto id = begin({{"kind", "network-cut"}, {"subnet", "subnet-us-east-1b"}, {"for", "30"}});
  EXPECT_THAT(network.told, ElementsAre("vpc-1"));
  EXPECT_THAT(disturbed_now(), ElementsAre("eni-2"));
  EXPECT_THAT(disturbed_now("vpc-2"), IsEmpty());
  EXPECT_EQ(faults->of_vpc({kAccount, kRegion, "vpc-1"})[0].until, loop.now().ms / 1000 + 30);
  EXPECT_FALSE(faults->of_vpc({kAccount, kRegion, "vpc-1"})[0].inside_subnet);
  // What comes there later is cut too.
  network.all.push_back({"eni-3", "vpc-1", "subnet-us-east-1b", "us-east-1b"});
  EXPECT_THAT(disturbed_now(), ElementsAre("eni-2", "eni-3"));
  loop.advance(std::chrono::seconds(29));
  EXPECT_EQ(faults->find(id)->state, "running");
  loop.advance(std::chrono::seconds(1));
  EXPECT_EQ(faults->find(id)->state, "ended");
  EXPECT_THAT(disturbed_now(), IsEmpty());
  EXPECT_THAT(network.told, ElementsAre("vpc-1", "vpc-1"));
}

TEST_F(FaultsTest, AZoneIsCutInEveryVpcUnlessOneIsNamed) {
  begin({{"kind", "network-loss"}, {"percent", "25"}, {"az", "us-east-1a"}, {"for", "9"}});
  EXPECT_THAT(disturbed_now(), ElementsAre("eni-1", "eni-nat"));
  EXPECT_THAT(disturbed_now("vpc-2"), ElementsAre("eni-other"));
  EXPECT_EQ(faults->of_vpc({kAccount, kRegion, "vpc-2"})[0].loss_percent, 25);
  loop.advance(std::chrono::seconds(10));
  begin({{"kind", "network-cut"}, {"az", "us-east-1a"}, {"vpc", "vpc-1"}, {"for", "9"}});
  EXPECT_THAT(disturbed_now("vpc-2"), IsEmpty());
  EXPECT_THAT(disturbed_now(), SizeIs(2));
}

TEST_F(FaultsTest, ANatGatewayIsOffByNameOrByPlace) {
  begin({{"kind", "nat-off"}, {"vpc", "vpc-1"}, {"for", "5"}});
  EXPECT_THAT(disturbed_now(), ElementsAre("eni-nat"));
  EXPECT_TRUE(faults->of_vpc({kAccount, kRegion, "vpc-1"})[0].inside_subnet);
  EXPECT_EQ(refusal({{"kind", "nat-off"}, {"nat-gateway", "nat-2"}, {"for", "5"}}), "there is no NAT gateway nat-2");
}

TEST_F(FaultsTest, AFreezeIsUndoneAtItsEndOrWhenItIsStopped) {
  tasks.add("1", "us-east-1a");
  const Timestamp start = loop.now();
  const auto first = begin({{"kind", "freeze-task"}, {"task", arn_of("1")}, {"for", "20"}});
  EXPECT_EQ(tasks.frozen.at(arn_of("1")), start + std::chrono::seconds(20));
  // A shorter one beside it neither shortens nor ends it.
  begin({{"kind", "freeze-task"}, {"task", arn_of("1")}, {"for", "5"}});
  EXPECT_EQ(tasks.frozen.at(arn_of("1")), start + std::chrono::seconds(20));
  loop.advance(std::chrono::seconds(6));
  EXPECT_THAT(tasks.frozen, SizeIs(1));
  faults->end(first, "stopped");
  bool settled = false;
  faults->when_settled(first, [&] { settled = true; });
  EXPECT_FALSE(settled);
  loop.settle();
  EXPECT_TRUE(settled);
  EXPECT_THAT(tasks.frozen, IsEmpty());
  EXPECT_EQ(faults->find(first)->reason, "stopped");
}

TEST_F(FaultsTest, ARestartGoesOnWithWhatRunsAndEndsWhatIsOver) {
  tasks.add("1", "us-east-1a");
  const auto freeze = begin({{"kind", "freeze-task"}, {"task", arn_of("1")}, {"for", "60"}});
  const auto cut = begin({{"kind", "network-cut"}, {"subnet", "subnet-us-east-1a"}, {"for", "5"}});
  tasks.frozen.clear();
  faults.reset();
  loop.advance(std::chrono::seconds(10));
  restart();
  EXPECT_EQ(faults->find(cut)->state, "ended");
  EXPECT_EQ(faults->find(freeze)->state, "running");
  EXPECT_THAT(tasks.frozen, SizeIs(1));
  loop.advance(std::chrono::seconds(50));
  EXPECT_THAT(tasks.frozen, IsEmpty());
}

TEST_F(FaultsTest, AProcessThatDiedBeforeItUndidAStopIsMadeUpFor) {
  tasks.add("1", "us-east-1a");
  const auto id = begin({{"kind", "freeze-task"}, {"task", arn_of("1")}, {"for", "60"}});
  faults->end(id, "stopped");
  loop.settle();
  tasks.frozen[arn_of("1")] = loop.now() + std::chrono::seconds(60);  // as if it had not been undone
  restart();
  EXPECT_THAT(tasks.frozen, IsEmpty());
}

TEST_F(FaultsTest, FaultsThatAreOverAreForgottenAfterADay) {
  const auto id = begin({{"kind", "network-cut"}, {"vpc", "vpc-1"}, {"for", "1"}});
  loop.advance(std::chrono::hours(23));
  EXPECT_NE(faults->find(id), nullptr);
  loop.advance(std::chrono::hours(3));
  EXPECT_EQ(faults->find(id), nullptr);
}

TEST_F(FaultsTest, WhatMakesNoSenseIsRefusedInASentence) {
  tasks.add("1", "us-east-1a");
  const Fields task = {{"task", arn_of("1")}};
  const struct {
    Fields fields;
    const char* says;
  } cases[] = {
      {{{"kind", "melt"}}, "there is no fault 'melt'"},
      {{{"kind", "kill-task"}, {"task", arn_of("1")}, {"az", "us-east-1b"}}, "do not go with task"},
      {{{"kind", "freeze-task"}, {"task", arn_of("1")}, {"subnet", "subnet-us-east-1b"}, {"for", "3"}}, "do not go"},
      {{{"kind", "network-cut"}, {"task", arn_of("1")}, {"vpc", "vpc-1"}, {"for", "3"}}, "do not go with task"},
      {{{"kind", "kill-task"}, {"cluster", "shop"}, {"inside-subnet", "true"}},
       "goes with network-loss and network-cut"},
      {{{"kind", "nat-off"}, {"vpc", "vpc-1"}, {"for", "3"}, {"inside-subnet", "true"}}, "goes with network-loss"},
      {{{"kind", "network-cut"}, {"cluster", "shop"}, {"for", "3"}, {"inside-subnet", "true"}}, "goes with a place"},
      {{{"kind", "network-cut"}, {"vpc", "vpc-1"}, {"for", "3"}, {"inside-subnet", "yes"}}, "wants true or false"},
      {{{"kind", "network-cut"}, {"vpc", "vpc-1"}}, "wants for"},
      {{{"kind", "network-cut"}, {"vpc", "vpc-1"}, {"for", "3601"}}, "from 1 to 3600"},
      {{{"kind", "network-cut"}, {"vpc", "vpc-1"}, {"for", "1x"}}, "from 1 to 3600"},
      {{{"kind", "network-cut"}, {"for", "3"}}, "network-cut wants task"},
      {{{"kind", "network-cut"}, {"vpc", "vpc-9"}, {"for", "3"}}, "there is no VPC vpc-9"},
      {{{"kind", "network-cut"}, {"subnet", "subnet-9"}, {"for", "3"}}, "there is no subnet subnet-9"},
      {{{"kind", "network-cut"}, {"az", "us-east-1z"}, {"for", "3"}}, "no availability zone us-east-1z"},
      {{{"kind", "network-loss"}, {"vpc", "vpc-1"}, {"for", "3"}}, "wants percent"},
      {{{"kind", "network-loss"}, {"vpc", "vpc-1"}, {"for", "3"}, {"percent", "101"}}, "from 1 to 100"},
      {{{"kind", "kill-task"}, {"vpc", "vpc-1"}}, "kill-task wants task"},
      {{{"kind", "kill-task"}, {"cluster", "shop"}, {"for", "3"}}, "takes no duration"},
      {{{"kind", "kill-task"}, {"cluster", "shop"}, {"count", "2"}}, "only 1 such tasks run"},
      {{{"kind", "kill-task"}, {"service", "web"}}, "service wants its cluster"},
      {{{"kind", "kill-task"}, {"task", "1"}}, "is not the ARN of a task"},
      {{{"kind", "kill-task"}, {"task", arn_of("9")}}, "no task "},
      {{{"kind", "nat-off"}, {"cluster", "shop"}, {"for", "3"}}, "nat-off wants"},
      {{{"kind", "kill-task"}, {"tsak", "x"}}, "there is no option 'tsak'"},
  };
  for (const auto& [fields, says] : cases) EXPECT_THAT(refusal(fields), HasSubstr(says));
  try {
    parse_fault_request({{"kind", "network-latency"}, {"vpc", "vpc-1"}, {"for", "3"}});
    ADD_FAILURE() << "network-latency was taken";
  } catch (const aws::Error& error) {
    EXPECT_EQ(error.code, "NotImplemented");
    EXPECT_EQ(error.status, 501);
    EXPECT_THAT(error.message, HasSubstr("network-latency"));
  }
  EXPECT_THAT(faults->list(), IsEmpty());
}

}  // namespace
}  // namespace stratus::services::fis
