// Health, targets that come and go, reloads, deaths and restarts.
#include <signal.h>

#include <filesystem>

#include "stratus/dataplane/balancer/kernel/machine.h"
#include "stratus/dataplane/balancer/node_process.h"
#include "stratus/dataplane/balancer/runtime_api.h"

namespace stratus::balancer {
namespace {

namespace fs = std::filesystem;

class Lifetime : public BalancerKernelTest {};

TEST_F(Lifetime, HealthFollowsTheChecks) {
  TargetServer good(wire->out_path(), "10.77.0.11", 8080, "good"), bad(wire->out_path(), "10.77.0.12", 8080, "bad");
  bad.health = 500;
  auto desired = model();
  desired.target_groups[0].health_check.interval_seconds = 2;
  desired.target_groups[0].targets = {target(11), target(12)};
  ASSERT_TRUE(owner->apply(desired).ok());
  EXPECT_EQ(state("web", "10.77.0.12"), State::initial);
  EXPECT_TRUE(becomes("web", "10.77.0.11", State::healthy));
  EXPECT_TRUE(becomes("web", "10.77.0.12", State::unhealthy));
  const auto unhealthy = owner->health("lb1", "web")[1];
  EXPECT_EQ(unhealthy.reason, "Target.ResponseCodeMismatch");
  EXPECT_EQ(unhealthy.description, "Health checks failed with these codes: [500]");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(curl(*wire, "http://10.77.0.1/").body, "good");

  bad.health = 200;
  EXPECT_TRUE(becomes("web", "10.77.0.12", State::healthy));
  good.health = 0;
  EXPECT_TRUE(becomes("web", "10.77.0.11", State::unhealthy));
  EXPECT_EQ(owner->health("lb1", "web")[0].reason, "Target.Timeout");
  EXPECT_EQ(curl(*wire, "http://10.77.0.1/").body, "bad");

  // None is healthy: the load balancer fails open, to all of them.
  bad.health = 404;
  EXPECT_TRUE(becomes("web", "10.77.0.12", State::unhealthy));
  std::set<std::string> answers;
  for (int i = 0; i < 10; ++i) answers.insert(curl(*wire, "http://10.77.0.1/").body);
  EXPECT_EQ(answers, (std::set<std::string>{"good", "bad"}));
  EXPECT_FALSE(owner->changes().empty());
}

TEST_F(Lifetime, ANewTargetNeedNotWaitOutTheInterval) {
  auto desired = model();
  desired.target_groups[0].health_check.interval_seconds = 60;
  desired.target_groups[0].health_check.healthy_threshold = 5;
  ASSERT_TRUE(owner->apply(desired).ok());
  TargetServer server(wire->out_path(), "10.77.0.11", 8080, "new");
  desired.target_groups[0].targets = {target(11)};
  ASSERT_TRUE(owner->apply(desired).ok());
  EXPECT_TRUE(becomes("web", "10.77.0.11", State::healthy, Duration(5000)));
}

TEST_F(Lifetime, TargetsComeAndGoUnderLoadWithoutAReloadOrAFailedRequest) {
  TargetServer a(wire->out_path(), "10.77.0.11", 8080, "a"), b(wire->out_path(), "10.77.0.12", 8080, "b");
  auto desired = model();
  auto& targets = desired.target_groups[0].targets;
  targets = {target(11)};
  ASSERT_TRUE(owner->apply(desired).ok());
  ASSERT_TRUE(becomes("web", "10.77.0.11", State::healthy));
  const auto pid = serving_pid();
  Load load(*wire, "/");
  const auto drained = [&](std::size_t index) {
    return eventually([&] { return owner->health("lb1", "web").at(index).drained; });
  };
  for (int round = 0; round < 3; ++round) {
    targets = {target(11), target(12)};
    ASSERT_TRUE(owner->apply(desired).ok());
    ASSERT_TRUE(becomes("web", "10.77.0.12", State::healthy));
    const int before = b.requests;
    ASSERT_TRUE(eventually([&] { return b.requests > before + 20; }));
    targets[0].draining = true;
    ASSERT_TRUE(owner->apply(desired).ok());
    EXPECT_EQ(state("web", "10.77.0.11"), State::draining);
    ASSERT_TRUE(drained(0));
    targets = {target(12)};
    ASSERT_TRUE(owner->apply(desired).ok());
    const int gone = a.requests;
    const int now = b.requests;
    ASSERT_TRUE(eventually([&] { return b.requests > now + 50; }));
    EXPECT_EQ(a.requests, gone);
    targets = {target(11), target(12)};
    ASSERT_TRUE(owner->apply(desired).ok());
    ASSERT_TRUE(becomes("web", "10.77.0.11", State::healthy));
    targets[1].draining = true;
    ASSERT_TRUE(owner->apply(desired).ok());
    ASSERT_TRUE(drained(1));
    targets = {target(11)};
    ASSERT_TRUE(owner->apply(desired).ok());
  }
  // Nothing of the removed ones stays behind in the process, not even while their kept connections were idle.
  const auto servers = [&] {
    const auto csv = ask(wire->directory() + "/t/balancer/lb1/eni-1/1.sock", "show stat");
    std::size_t count = 0;
    if (csv)
      for (const auto& [key, row] : parse_stat(*csv)) count += key.second.starts_with("t") ? 1U : 0U;
    return count;
  };
  EXPECT_TRUE(eventually([&] { return servers() == 2; })) << servers();
  load.stop();
  EXPECT_GT(load.good, 500);
  EXPECT_EQ(load.bad, 0) << load.first_failure();
  EXPECT_EQ(serving_pid(), pid);
}

TEST_F(Lifetime, ATargetThatIsSimplyGoneHasItsConnectionsClosed) {
  TargetServer a(wire->out_path(), "10.77.0.11", 8080, "a");
  auto desired = model();
  desired.target_groups[0].targets = {target(11)};
  ASSERT_TRUE(owner->apply(desired).ok());
  ASSERT_TRUE(becomes("web", "10.77.0.11", State::healthy));
  Reply reply;
  std::thread waiting([&] { reply = curl(*wire, "http://10.77.0.1/hang"); });
  EXPECT_TRUE(eventually([&] { return a.requests > 0; }));
  const auto begin = std::chrono::steady_clock::now();
  desired.target_groups[0].targets.clear();
  EXPECT_TRUE(owner->apply(desired).ok());
  waiting.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));  // the request would wait for a minute
  EXPECT_NE(reply.status, 200);
  EXPECT_EQ(curl(*wire, "http://10.77.0.1/").status, 503);
}

TEST_F(Lifetime, AReloadUnderLoadLosesNoRequestAndKeepsHealth) {
  TargetServer a(wire->out_path(), "10.77.0.11", 8080, "a"), b(wire->out_path(), "10.77.0.12", 8080, "b");
  b.health = 500;
  auto desired = model();
  desired.target_groups[0].targets = {target(11), target(12)};
  ASSERT_TRUE(owner->apply(desired).ok());
  ASSERT_TRUE(becomes("web", "10.77.0.11", State::healthy));
  ASSERT_TRUE(becomes("web", "10.77.0.12", State::unhealthy));
  const auto changes = owner->changes().size();
  auto pid = serving_pid();
  Load load(*wire, "/");
  for (int round = 0; round < 4; ++round) {
    Action fixed;
    fixed.status = 418 + round;
    desired.listeners[0].rules = {{"r", 1, {{Condition::Field::path_pattern, "", {"/teapot"}, {}}}, fixed}};
    ASSERT_TRUE(owner->apply(desired).ok());
    EXPECT_NE(serving_pid(), pid);
    pid = serving_pid();
    EXPECT_EQ(curl(*wire, "http://10.77.0.1/teapot").status, 418 + round);
    EXPECT_EQ(state("web", "10.77.0.11"), State::healthy);
    EXPECT_EQ(state("web", "10.77.0.12"), State::unhealthy);
    const int before = load.good;
    ASSERT_TRUE(eventually([&] { return load.good > before + 100; }));
  }
  load.stop();
  EXPECT_EQ(load.bad, 0) << load.first_failure();
  EXPECT_EQ(b.requests, 0);  // the unhealthy one was not tried between two generations
  EXPECT_EQ(owner->changes().size(), changes);
  // What cannot be carried changes nothing.
  desired.target_groups[0].health_check.matcher = "fine";
  EXPECT_FALSE(owner->apply(desired).ok());
  EXPECT_EQ(serving_pid(), pid);
  EXPECT_EQ(curl(*wire, "http://10.77.0.1/").body, "a");
}

TEST_F(Lifetime, AKilledProcessComesBack) {
  TargetServer a(wire->out_path(), "10.77.0.11", 8080, "a");
  auto desired = model();
  desired.target_groups[0].targets = {target(11)};
  ASSERT_TRUE(owner->apply(desired).ok());
  ASSERT_TRUE(becomes("web", "10.77.0.11", State::healthy));
  const auto pid = serving_pid();
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  ASSERT_TRUE(
      eventually([&] { return serving_pid() != pid && curl(*wire, "http://10.77.0.1/").body == "a"; }, Duration(4000)));
}

TEST_F(Lifetime, ARestartedOwnerAdoptsWhatRuns) {
  TargetServer a(wire->out_path(), "10.77.0.11", 8080, "a"), b(wire->out_path(), "10.77.0.12", 8080, "b");
  auto desired = model();
  desired.target_groups[0].targets = {target(11)};
  ASSERT_TRUE(owner->apply(desired).ok());
  ASSERT_TRUE(becomes("web", "10.77.0.11", State::healthy));
  const auto pid = serving_pid();
  Load load(*wire, "/");
  owner.reset();
  owner = std::make_unique<Owner>(settings());
  const auto found = owner->start();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "lb1");
  EXPECT_THAT(found[0].eni_ids, testing::ElementsAre("eni-1"));
  desired.target_groups[0].targets.push_back(target(12));  // what changed while nobody was there
  ASSERT_TRUE(owner->apply(desired).ok());
  EXPECT_EQ(state("web", "10.77.0.11"), State::healthy);
  EXPECT_TRUE(becomes("web", "10.77.0.12", State::healthy));
  EXPECT_EQ(serving_pid(), pid);
  load.stop();
  EXPECT_EQ(load.bad, 0) << load.first_failure();

  ASSERT_TRUE(owner->remove("lb1").ok());
  EXPECT_FALSE(identify(pid));
  EXPECT_EQ(curl(*wire, "http://10.77.0.1/").status, 0);
  EXPECT_FALSE(fs::exists(wire->directory() + "/t/balancer/lb1"));
}

TEST_F(Lifetime, PurgeLeavesNothingNotEvenWhatNobodyClaimed) {
  auto desired = model();
  ASSERT_TRUE(owner->apply(desired).ok());
  const auto pid = serving_pid();
  ASSERT_GT(pid, 1);
  ASSERT_TRUE(identify(pid));
  owner.reset();
  owner = std::make_unique<Owner>(settings());
  ASSERT_TRUE(owner->purge().ok());
  EXPECT_FALSE(identify(pid));
  EXPECT_FALSE(fs::exists(wire->directory() + "/t/balancer"));
}

TEST_F(Lifetime, KeysAreForRootAloneAndTheProcessIsNotRoot) {
  ASSERT_TRUE(owner->apply(model()).ok());
  const auto status = read_file("/proc/" + std::to_string(serving_pid()) + "/status");
  ASSERT_TRUE(status.ok());
  EXPECT_THAT(*status, testing::ContainsRegex("Uid:\t[1-9][0-9]*\t[1-9]"));
  const auto root = wire->directory() + "/t/balancer/lb1/eni-1";
  EXPECT_EQ(fs::status(root).permissions() & fs::perms::mask, fs::perms::owner_all);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(root)) {
    ++files;
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all) &
                  (entry.path().extension() == ".log" ? fs::perms::others_all : fs::perms::mask),
              fs::perms::none)
        << entry.path();
  }
  EXPECT_GT(files, 4);
}

}  // namespace
}  // namespace stratus::balancer
