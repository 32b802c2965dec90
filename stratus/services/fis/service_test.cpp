#include "stratus/services/fis/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stratus/core/shape_json.h"
#include "stratus/core/simulated_loop.h"
#include "stratus/services/fis/catalogue.h"
#include "stratus/services/fis/fakes.h"
#include "stratus/services/fis/targets.h"

namespace stratus::services::fis {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kAlarm = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors";

struct FakeAlarms final : Alarms {
  std::map<std::string, std::string> states;
  std::optional<std::string> state(const std::string& arn) override {
    const auto found = states.find(arn);
    return found == states.end() ? std::nullopt : std::optional(found->second);
  }
};

struct FakeRoles final : Roles {
  bool trusted = true;
  std::set<std::string> denied;
  void check_pass(const aws::Context&, const std::string&) override {}
  bool trusts(const std::string&) override { return trusted; }
  bool allows(const std::string&, const std::string& action, const std::string&) override {
    return denied.count(action) == 0;
  }
};

struct FakeJournal final : Journal {
  std::vector<std::string> lines;
  bool group_exists(const std::string&, const std::string&, const std::string& group) override {
    return group == "fis";
  }
  void append(const std::string&, const std::string&, const std::string&, const std::string&, Timestamp,
              const std::string& message) override {
    lines.push_back(message);
  }
};

struct FakeEvents final : Events {
  std::vector<std::string> details;
  void publish(const std::string&, const std::string&, const std::string&, const std::string& detail) override {
    details.push_back(detail);
  }
};

struct ExperimentsTest : testing::Test {
  SimulatedLoop loop;
  state::Store store{loop, ""};
  SeededRandom random{11};
  FakeTasks tasks{loop};
  FakeNetwork network{loop};
  FakeAlarms alarms;
  FakeRoles roles;
  FakeJournal journal;
  FakeEvents events;
  std::unique_ptr<Faults> faults;
  std::unique_ptr<Service> service;
  aws::Context context;
  int tokens = 0;

  ExperimentsTest() {
    context.account = kAccount;
    context.region = kRegion;
    restart();
  }
  void restart() {
    loop.settle();
    service.reset();
    faults.reset();
    faults = std::make_unique<Faults>(loop, store, random, tasks, network);
    service =
        std::make_unique<Service>(loop, store, random, *faults, Ports{tasks, network, alarms, roles, journal, events});
    faults->on_over([this](const Fault&) { service->notice(); });
    faults->start();
    service->start();
    loop.settle();
  }
  template <class T>
  static T read(const std::string& json) {
    return from_json<T>(json);
  }
  /// `more` are members of the request beside those that every template has.
  std::string create(const std::string& actions, const std::string& targets = "{}", const std::string& more = "") {
    context.now = loop.now();
    auto request = read<f::CreateExperimentTemplateRequest>(
        R"({"description":"d","roleArn":"arn:aws:iam::000000000000:role/fis","actions":)" + actions + R"(,"targets":)" +
        targets + (more.find("stopConditions") == std::string::npos ? R"(,"stopConditions":[{"source":"none"}])" : "") +
        (more.empty() ? "" : "," + more) + "}");
    request.client_token = "token-" + std::to_string(++tokens);
    std::string id;
    store.call([&] { id = *service->create_experiment_template(context, request).experiment_template->id; });
    return id;
  }
  std::string refusal(const std::string& actions, const std::string& targets = "{}", const std::string& more = "") {
    try {
      create(actions, targets, more);
    } catch (const aws::Error& error) {
      return error.code + ": " + error.message;
    }
    return "";
  }
  std::string start(const std::string& template_id, const std::string& options = "{}") {
    context.now = loop.now();
    f::StartExperimentRequest request{.client_token = "token-" + std::to_string(++tokens),
                                      .experiment_template_id = template_id};
    request.experiment_options = read<f::StartExperimentExperimentOptionsInput>(options);
    f::Experiment started;
    store.call([&] { started = *service->start_experiment(context, request).experiment; });
    EXPECT_EQ(*started.state->status, "pending");
    loop.settle();
    return *started.id;
  }
  std::string start_refusal(const std::string& template_id, const std::map<std::string, std::string>& tags) {
    try {
      service->start_experiment(
          context,
          {.client_token = "token-" + std::to_string(++tokens), .experiment_template_id = template_id, .tags = tags});
    } catch (const aws::Error& error) {
      return error.code + ": " + error.message;
    }
    return "";
  }
  f::Experiment look(const std::string& id) { return *service->get_experiment(context, {.id = id}).experiment; }
  std::string status(const std::string& id) { return *look(id).state->status; }
  std::string status(const std::string& id, const std::string& action) {
    return *look(id).actions->at(action).state->status;
  }
  void stop(const std::string& id) {
    store.call([&] { service->stop_experiment(context, {.id = id}); });
    loop.settle();
  }
};

constexpr const char* kStopHalf = R"({"stop":{"actionId":"aws:ecs:stop-task","targets":{"Tasks":"half"}}})";
constexpr const char* kHalf =
    R"j({"half":{"resourceType":"aws:ecs:task","selectionMode":"PERCENT(50)","parameters":{"cluster":"shop","service":"web"}}})j";
constexpr const char* kCut =
    R"({"cut":{"actionId":"aws:network:disrupt-connectivity","parameters":{"duration":"PT5M","scope":"all"},"targets":{"Subnets":"b"}}})";
constexpr const char* kSubnetB =
    R"({"b":{"resourceType":"aws:ec2:subnet","selectionMode":"ALL","resourceTags":{"zone":"us-east-1b"}}})";
const std::string kHalt =
    R"("stopConditions":[{"source":"aws:cloudwatch:alarm","value":")" + std::string(kAlarm) + "\"}]";

TEST_F(ExperimentsTest, HalfOfTheTasksAreStoppedAndTheExperimentCompletes) {
  for (const char* id : {"1", "2", "3", "4"}) tasks.add(id);
  const auto id = start(create(kStopHalf, kHalf));
  EXPECT_THAT(tasks.stopped, SizeIs(2));
  EXPECT_EQ(status(id), "completed");
  EXPECT_EQ(status(id, "stop"), "completed");
  EXPECT_TRUE(look(id).end_time && look(id).actions->at("stop").end_time);
  const auto resolved = service->list_experiment_resolved_targets(context, {.experiment_id = id});
  EXPECT_THAT(*resolved.resolved_targets, SizeIs(2));
  EXPECT_THAT(events.details, SizeIs(3));  // initiating, running, completed
}

TEST_F(ExperimentsTest, ActionsStartAfterEachOther) {
  tasks.add("1");
  const auto id =
      start(create(R"({"a":{"actionId":"aws:fis:wait","parameters":{"duration":"PT2M"}},)"
                   R"("b":{"actionId":"aws:ecs:stop-task","targets":{"Tasks":"all"},"startAfter":["a"]},)"
                   R"("c":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["b"]}})",
                   R"({"all":{"resourceType":"aws:ecs:task","selectionMode":"ALL","parameters":{"cluster":"shop"}}})"));
  EXPECT_EQ(status(id, "a"), "running");
  EXPECT_EQ(status(id, "b"), "pending");
  EXPECT_THAT(tasks.stopped, IsEmpty());
  loop.advance(std::chrono::seconds(119));
  EXPECT_THAT(tasks.stopped, IsEmpty());
  loop.advance(std::chrono::seconds(2));
  EXPECT_THAT(tasks.stopped, ElementsAre(arn_of("1")));
  EXPECT_EQ(status(id), "running");
  loop.advance(std::chrono::seconds(61));
  EXPECT_EQ(status(id), "completed");
}

TEST_F(ExperimentsTest, ACutLastsForItsTime) {
  const auto id = start(create(kCut, kSubnetB));
  EXPECT_EQ(status(id), "running");
  const auto of_vpc = faults->of_vpc({kAccount, kRegion, "vpc-1"});
  ASSERT_THAT(of_vpc, SizeIs(1));
  EXPECT_THAT(of_vpc[0].enis, ElementsAre("eni-2"));
  loop.advance(std::chrono::minutes(5) + std::chrono::seconds(2));
  EXPECT_EQ(status(id), "completed");
  EXPECT_THAT(faults->of_vpc({kAccount, kRegion, "vpc-1"}), IsEmpty());
}

TEST_F(ExperimentsTest, AScopeLeavesOtherPacketsAlone) {
  const auto scoped = [&](const std::string& scope) {
    std::string actions = kCut;
    actions.replace(actions.find("all"), 3, scope);
    const auto id = start(create(actions, kSubnetB));
    const auto now = faults->of_vpc({kAccount, kRegion, "vpc-1"});
    stop(id);
    EXPECT_THAT(now, SizeIs(1));
    return now.empty() ? network::Fault() : now[0];
  };
  EXPECT_THAT(scoped("all").peers, IsEmpty());
  EXPECT_THAT(scoped("availability-zone").peers, ElementsAre("10.0.1.0/24"));
  EXPECT_FALSE(scoped("availability-zone").except_peers);
  EXPECT_THAT(scoped("vpc").peers, ElementsAre("10.0.0.0/16"));
  EXPECT_TRUE(scoped("vpc").except_peers);
}

TEST_F(ExperimentsTest, AStopConditionThatGoesIntoAlarmHaltsTheExperiment) {
  alarms.states[kAlarm] = "OK";
  const auto id = start(create(kCut, kSubnetB, kHalt));
  EXPECT_EQ(status(id), "running");
  alarms.states[kAlarm] = "ALARM";
  loop.advance(std::chrono::seconds(2));
  EXPECT_EQ(status(id), "stopped");
  EXPECT_EQ(status(id, "cut"), "stopped");
  EXPECT_THAT(*look(id).state->reason, HasSubstr(kAlarm));
  EXPECT_THAT(faults->of_vpc({kAccount, kRegion, "vpc-1"}), IsEmpty());
}

TEST_F(ExperimentsTest, AStopConditionInAlarmFromTheStartLetsNothingHappen) {
  tasks.add("1");
  tasks.add("2");
  alarms.states[kAlarm] = "ALARM";
  const auto id = start(create(kStopHalf, kHalf, kHalt));
  EXPECT_EQ(status(id), "stopped");
  EXPECT_EQ(status(id, "stop"), "cancelled");
  EXPECT_THAT(tasks.stopped, IsEmpty());
}

TEST_F(ExperimentsTest, AStoppedExperimentEndsWhatItBroke) {
  const auto id = start(create(kCut, kSubnetB));
  stop(id);
  EXPECT_EQ(status(id), "stopped");
  EXPECT_THAT(faults->of_vpc({kAccount, kRegion, "vpc-1"}), IsEmpty());
  stop(id);
  EXPECT_EQ(status(id), "stopped");
}

TEST_F(ExperimentsTest, ARestartGoesOnWithTheExperiment) {
  const auto id = start(create(kCut, kSubnetB));
  restart();
  EXPECT_EQ(status(id), "running");
  EXPECT_THAT(faults->of_vpc({kAccount, kRegion, "vpc-1"}), SizeIs(1));
  service.reset();
  faults.reset();
  loop.advance(std::chrono::minutes(10));
  restart();
  loop.advance(std::chrono::seconds(2));
  EXPECT_EQ(status(id), "completed");
}

TEST_F(ExperimentsTest, EmptyTargetsFailOrAreSkipped) {
  const auto fails = start(create(kStopHalf, kHalf));
  EXPECT_EQ(status(fails), "failed");
  EXPECT_THAT(*look(fails).state->reason, HasSubstr("half"));
  EXPECT_EQ(status(fails, "stop"), "cancelled");
  const auto skips = start(create(kStopHalf, kHalf, R"("experimentOptions":{"emptyTargetResolutionMode":"skip"})"));
  EXPECT_EQ(status(skips), "completed");
  EXPECT_EQ(status(skips, "stop"), "skipped");
}

TEST_F(ExperimentsTest, ActionsOfAWSOnWhatCannotBeHereFindNothing) {
  const auto id =
      start(create(R"({"a":{"actionId":"aws:ec2:stop-instances","targets":{"Instances":"i"}}})",
                   R"({"i":{"resourceType":"aws:ec2:instance","selectionMode":"ALL","resourceTags":{"a":"b"}}})"));
  EXPECT_EQ(status(id), "failed");
  EXPECT_THAT(*look(id).state->reason, HasSubstr("Target resolution returned empty set for target: i"));
  EXPECT_EQ(status(id, "a"), "cancelled");
}

TEST_F(ExperimentsTest, SkipAllOnlyResolvesTargets) {
  tasks.add("1");
  tasks.add("2");
  const auto id = start(create(kStopHalf, kHalf), R"({"actionsMode":"skip-all"})");
  EXPECT_EQ(status(id), "completed");
  EXPECT_EQ(status(id, "stop"), "skipped");
  EXPECT_THAT(tasks.stopped, IsEmpty());
  EXPECT_THAT(*service->list_experiment_resolved_targets(context, {.experiment_id = id}).resolved_targets, SizeIs(1));
}

TEST_F(ExperimentsTest, TheRoleMustBeFisAndMustAllowTheAction) {
  tasks.add("1");
  tasks.add("2");
  roles.denied = {"ecs:StopTask"};
  const auto denied = start(create(kStopHalf, kHalf));
  EXPECT_EQ(status(denied), "failed");
  EXPECT_THAT(*look(denied).state->reason, HasSubstr("not authorized to perform: ecs:StopTask"));
  EXPECT_THAT(tasks.stopped, IsEmpty());
  roles.trusted = false;
  EXPECT_THAT(*look(start(create(kStopHalf, kHalf))).state->reason, HasSubstr("Unable to assume role"));
}

TEST_F(ExperimentsTest, AlarmsCanBeAsserted) {
  const std::string actions = R"({"sure":{"actionId":"aws:cloudwatch:assert-alarm-state","parameters":{"alarmArns":")" +
                              std::string(kAlarm) + R"(","alarmStates":"OK,INSUFFICIENT_DATA"}}})";
  alarms.states[kAlarm] = "OK";
  EXPECT_EQ(status(start(create(actions))), "completed");
  alarms.states[kAlarm] = "ALARM";
  const auto id = start(create(actions));
  EXPECT_EQ(status(id), "failed");
  EXPECT_THAT(*look(id).state->reason, HasSubstr("is in state ALARM"));
}

TEST_F(ExperimentsTest, TheJournalTellsTheStory) {
  const auto id =
      start(create(kCut, kSubnetB,
                   R"("logConfiguration":{"logSchemaVersion":2,"cloudWatchLogsConfiguration":{"logGroupArn":)"
                   R"("arn:aws:logs:us-east-1:000000000000:log-group:fis:*"}})"));
  stop(id);
  std::vector<std::string> types;
  for (const auto& line : journal.lines) {
    const auto at = line.find("\"log_type\":\"") + 12;
    types.push_back(line.substr(at, line.find('"', at) - at));
  }
  EXPECT_THAT(types,
              ElementsAre("experiment-start", "target-resolution-end", "action-start", "action-end", "experiment-end"));
}

TEST_F(ExperimentsTest, ALogGroupElsewhereIsRefusedByName) {
  for (const char* group :
       {"arn:aws:logs:us-east-1:111111111111:log-group:fis:*", "arn:aws:logs:eu-west-1:000000000000:log-group:fis:*"}) {
    const auto template_id =
        create(kCut, kSubnetB,
               R"("logConfiguration":{"logSchemaVersion":2,"cloudWatchLogsConfiguration":{"logGroupArn":")" +
                   std::string(group) + "\"}}");
    EXPECT_THAT(start_refusal(template_id, {}), AllOf(HasSubstr("ValidationException"), HasSubstr(group)));
  }
  EXPECT_THAT(journal.lines, IsEmpty());
}

TEST_F(ExperimentsTest, TagsOfExperimentsAreCheckedAndFoundByTheirArn) {
  const auto template_id = create(kCut, kSubnetB);
  EXPECT_THAT(start_refusal(template_id, {{"aws:mine", "x"}}), HasSubstr("must not begin with aws:"));
  std::map<std::string, std::string> many;
  for (int i = 0; i < 51; ++i) many["key" + std::to_string(i)] = "x";
  EXPECT_THAT(start_refusal(template_id, many), HasSubstr("at most 50 tags"));
  const auto id = start(template_id);
  const auto tags_of = [&](const std::string& resource) {
    return *service->list_tags_for_resource(context, {.resource_arn = "arn:aws:fis:us-east-1:000000000000:" + resource})
                .tags;
  };
  store.call([&] {
    service->tag_resource(context,
                          {.resource_arn = *look(id).arn, .tags = std::map<std::string, std::string>{{"a", "b"}}});
  });
  EXPECT_EQ(tags_of("experiment/" + id).at("a"), "b");
  EXPECT_THAT(tags_of("experiment-template/" + template_id), IsEmpty());
  // An id under another type's name is not found.
  EXPECT_THROW(tags_of("experiment/" + template_id), aws::Error);
  EXPECT_THROW(tags_of("experiment-template/" + id), aws::Error);
}

TEST_F(ExperimentsTest, TheSafetyLeverStopsWhatRunsAndKeepsOthersFromStarting) {
  const auto template_id = create(kCut, kSubnetB);
  const auto id = start(template_id);
  store.call([&] {
    service->update_safety_lever_state(
        context, {.id = "default", .state = f::UpdateSafetyLeverStateInput{.status = "engaged", .reason = "drill"}});
  });
  loop.settle();
  EXPECT_EQ(status(id), "stopped");
  EXPECT_THROW(start(template_id), aws::Error);
}

TEST_F(ExperimentsTest, TheSameTokenIsTheSameCall) {
  const auto template_id = create(kCut, kSubnetB);
  f::StartExperimentRequest request{.client_token = "same", .experiment_template_id = template_id};
  const auto first = *service->start_experiment(context, request).experiment->id;
  EXPECT_EQ(*service->start_experiment(context, request).experiment->id, first);
  request.tags = std::map<std::string, std::string>{{"other", "call"}};
  EXPECT_THROW(service->start_experiment(context, request), aws::Error);
}

TEST_F(ExperimentsTest, WhatMakesNoSenseOrIsNotDoneIsRefusedByName) {
  const std::string wait = R"({"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"}}})";
  EXPECT_EQ(refusal(wait), "");
  const struct {
    std::string actions, targets, more;
    const char* says;
  } cases[] = {
      {"{}", "{}", "", "at least one action"},
      {R"({"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1S"}}})", "{}", "", "one minute to 12 hours"},
      {R"({"w":{"actionId":"aws:fis:wait","parameters":{"duration":"soon"}}})", "{}", "", "one minute to 12 hours"},
      {R"({"w":{"actionId":"aws:fis:wait"}})", "{}", "", "must have the parameter duration"},
      {R"({"w":{"actionId":"aws:made:up"}})", "{}", "", "ValidationException: Invalid action ID"},
      {R"({"w":{"actionId":"aws:ec2:make-tea"}})", "{}", "", "ValidationException: Invalid action ID"},
      {R"({"w":{"actionId":"aws:ecs:task-cpu-stress"}})", "{}", "", "NotImplemented: "},
      {R"({"w":{"actionId":"aws:ecs:drain-container-instances"}})", "{}", "", "NotImplemented: "},
      {R"({"w":{"actionId":"aws:ssm:start-automation-execution"}})", "{}", "", "NotImplemented: "},
      {R"({"w":{"actionId":"aws:ec2:api-insufficient-instance-capacity-error"}})", "{}", "", "NotImplemented: "},
      {R"({"w":{"actionId":"aws:ec2:stop-instances"}})", "{}", "", "takes one target: Instances"},
      {R"({"w":{"actionId":"aws:ec2:stop-instances","targets":{"Instances":"b"}}})", kSubnetB, "",
       "is of type aws:ec2:subnet"},
      {wait, R"({"r":{"resourceType":"aws:iam:role","selectionMode":"ALL","resourceTags":{"a":"b"}}})", "",
       "NotImplemented: "},
      {wait, R"({"r":{"resourceType":"aws:s3:bucket","selectionMode":"ALL","resourceTags":{"a":"b"}}})", "",
       "NotImplemented: "},
      {wait, R"({"r":{"resourceType":"aws:tea:pot","selectionMode":"ALL","resourceTags":{"a":"b"}}})", "",
       "ValidationException: Target r: invalid resource type"},
      {R"({"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["x"]}})", "{}", "",
       "start after x"},
      {R"({"a":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["b"]},)"
       R"("b":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["a"]}})",
       "{}", "", "circle"},
      {kStopHalf, "{}", "", "there is no target half"},
      {kStopHalf, kSubnetB, "", "there is no target half"},
      {R"({"s":{"actionId":"aws:ecs:stop-task","targets":{"Tasks":"b"}}})", kSubnetB, "", "is of type aws:ec2:subnet"},
      {R"({"s":{"actionId":"aws:ecs:stop-task"}})", kHalf, "", "takes one target: Tasks"},
      {R"({"c":{"actionId":"aws:network:disrupt-connectivity","parameters":{"duration":"PT1M","scope":"s3"},"targets":{"Subnets":"b"}}})",
       kSubnetB, "", "NotImplemented: "},
      {R"({"c":{"actionId":"aws:network:disrupt-connectivity","parameters":{"duration":"PT1M","scope":"moon"},"targets":{"Subnets":"b"}}})",
       kSubnetB, "", "invalid scope"},
      {kStopHalf, R"({"half":{"resourceType":"aws:ecs:task","selectionMode":"SOME","resourceTags":{"a":"b"}}})", "",
       "Invalid selection mode"},
      {kStopHalf, R"({"half":{"resourceType":"aws:ecs:task","selectionMode":"ALL"}})", "", "must have resource ARNs"},
      {wait, "{}", R"("stopConditions":[{"source":"moon"}])", "Invalid stop condition source"},
      {wait, "{}", R"("stopConditions":[{"source":"aws:cloudwatch:alarm"}])", "must be the ARN of an alarm"},
      {wait, "{}", R"("experimentOptions":{"accountTargeting":"multi-account"})", "NotImplemented: "},
      {wait, "{}", R"("logConfiguration":{"logSchemaVersion":2,"s3Configuration":{"bucketName":"logs"}})",
       "NotImplemented: "},
  };
  for (const auto& [actions, targets, more, says] : cases)
    EXPECT_THAT(refusal(actions, targets, more), HasSubstr(says));
}

TEST(FisTargets, FiltersLookIntoDescriptions) {
  constexpr const char* json = R"({"state":{"name":"up"},"containers":[{"name":"main"},{"name":"side"}],"count":2})";
  EXPECT_TRUE(matches_filter(json, "State.Name", {"down", "up"}));
  EXPECT_TRUE(matches_filter(json, "Containers.Name", {"side"}));
  EXPECT_TRUE(matches_filter(json, "count", {"2"}));
  EXPECT_FALSE(matches_filter(json, "State.Name", {"down"}));
  EXPECT_FALSE(matches_filter(json, "State", {"up"}));
  EXPECT_FALSE(matches_filter(json, "Nothing.There", {"up"}));
  EXPECT_FALSE(matches_filter("", "State.Name", {"up"}));
}

TEST(FisTargets, SelectionModesAndDurations) {
  for (const char* good : {"ALL", "COUNT(1)", "PERCENT(100)"}) EXPECT_TRUE(valid_selection(good)) << good;
  for (const char* bad : {"", "all", "COUNT(0)", "COUNT(x)", "COUNT(", "PERCENT(101)", "COUNT(1)x"})
    EXPECT_FALSE(valid_selection(bad)) << bad;
  EXPECT_EQ(parse_duration("PT1H30M"), Duration(std::chrono::minutes(90)));
  EXPECT_EQ(parse_duration("P1DT2S"), Duration(std::chrono::seconds(86'402)));
  for (const char* bad : {"", "P", "PT", "1M", "PT1", "PT1D", "P1M", "PT-1M", "PT99999999S"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

}  // namespace
}  // namespace stratus::services::fis
