// Matches of invented people, and what must hold for everybody.
#include "app/backend/match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "app/backend/assessment.h"
#include "app/backend/question.h"

namespace counselor {
namespace {

struct Matches : testing::Test {
  Catalogue catalogue{career_documents()};
  std::vector<Match> top(const MatchWishes& wishes) {
    std::size_t total = 0;
    return match_careers(catalogue, wishes, total);
  }
  static std::string ids(const std::vector<Match>& matches) {
    std::string out;
    for (const Match& match : matches) out += match.career->id + " ";
    return out;
  }
};

struct Person {
  const char* who;
  Scores scores;
  std::vector<const char*> wanted;    ///< at least one of them is among the first ten
  std::vector<const char*> unwanted;  ///< none of them is
};

TEST_F(Matches, suit_twenty_invented_people) {
  const std::vector<Person> people = {
      {"a shy tinkerer",
       {90, 70, 20, 10, 10, 45},
       {"electronics-technician", "mechanical-engineer", "robotics-technician"},
       {"sales-manager", "recruiter"}},
      {"a born seller",
       {15, 15, 30, 65, 95, 35},
       {"account-executive", "sales-manager", "real-estate-agent"},
       {"archivist", "lab-technician"}},
      {"an artist",
       {30, 20, 98, 25, 30, 10},
       {"illustrator", "sculptor", "animator"},
       {"accountant", "payroll-specialist"}},
      {"a nurse to be",
       {45, 50, 10, 95, 35, 40},
       {"registered-nurse", "licensed-practical-nurse", "nursing-assistant"},
       {"actuary", "sculptor"}},
      {"a lover of spreadsheets",
       {20, 60, 10, 15, 40, 95},
       {"accountant", "bookkeeper", "payroll-specialist"},
       {"dancer", "youth-worker"}},
      {"a scientist",
       {40, 98, 25, 15, 10, 40},
       {"physicist", "biochemist", "statistician"},
       {"retail-salesperson", "hairdresser"}},
      {"a helper of people",
       {15, 30, 35, 98, 30, 20},
       {"counsellor", "social-worker", "primary-teacher"},
       {"machinist", "actuary"}},
      {"somebody for the outdoors",
       {95, 45, 15, 25, 15, 15},
       {"arborist", "forester", "landscaper"},
       {"accountant", "writer"}},
      {"a born leader",
       {30, 30, 15, 50, 98, 55},
       {"operations-manager", "chief-executive", "construction-manager"},
       {"illustrator", "watchmaker"}},
      {"a programmer",
       {45, 90, 35, 10, 25, 65},
       {"software-developer", "data-engineer", "database-administrator"},
       {"childcare-worker", "waiter"}},
      {"a writer", {10, 35, 98, 35, 35, 30}, {"writer", "journalist", "editor"}, {"welder", "truck-driver"}},
      {"a cook", {70, 25, 65, 40, 60, 35}, {"chef", "baker", "cook"}, {"physicist", "payroll-specialist"}},
      {"a maker with an eye",
       {85, 20, 85, 15, 20, 30},
       {"cabinetmaker", "jeweller", "sculptor"},
       {"loan-officer", "recruiter"}},
      {"a teacher",
       {20, 40, 45, 95, 45, 30},
       {"teacher", "primary-teacher", "preschool-teacher"},
       {"machinist", "butcher"}},
      {"an organizer",
       {20, 20, 20, 60, 75, 80},
       {"executive-assistant", "office-manager", "human-resources-specialist", "operations-manager",
        "administrative-assistant"},
       {"sculptor", "physicist"}},
      {"a detective at heart",
       {40, 85, 15, 50, 55, 55},
       {"detective", "forensic-scientist", "safety-specialist", "epidemiologist"},
       {"florist", "dancer"}},
      {"a rescuer",
       {75, 40, 5, 80, 45, 30},
       {"firefighter", "paramedic", "police-officer"},
       {"bookkeeper", "translator"}},
      {"a driver",
       {85, 15, 5, 30, 30, 60},
       {"truck-driver", "bus-driver", "train-operator", "heavy-equipment-operator"},
       {"illustrator", "lecturer"}},
      {"a designer of apps",
       {20, 60, 85, 40, 35, 30},
       {"ux-designer", "web-developer", "instructional-designer", "graphic-designer"},
       {"roofer", "payroll-specialist"}},
      {"a lawyer to be",
       {5, 65, 40, 60, 80, 60},
       {"lawyer", "judge", "compliance-officer", "mediator"},
       {"welder", "zookeeper"}},
  };
  for (const Person& person : people) {
    MatchWishes wishes;
    wishes.scores = person.scores;
    wishes.limit = 10;
    const auto matches = top(wishes);
    const auto has = [&](const char* id) {
      return std::any_of(matches.begin(), matches.end(), [&](const Match& match) { return match.career->id == id; });
    };
    EXPECT_TRUE(std::any_of(person.wanted.begin(), person.wanted.end(), has)) << person.who << ": " << ids(matches);
    for (const char* id : person.unwanted) EXPECT_FALSE(has(id)) << person.who << ": " << ids(matches);
    std::set<std::string> fields;
    for (const Match& match : matches) fields.insert(match.career->field);
    EXPECT_GE(fields.size(), 2U) << person.who << " sees one corner only: " << ids(matches);
  }
}

TEST_F(Matches, obey_what_a_life_allows) {
  MatchWishes changer;  // fifty, no degree, a bad back, used to people
  changer.scores = {30, 20, 20, 80, 60, 50};
  changer.education_max = index_of(kEducation, "vocational");
  changer.context[3] = -1;
  changer.limit = 10;
  for (const Match& match : top(changer)) {
    EXPECT_LE(match.career->education_level, 2) << match.career->id;
    EXPECT_LE(match.career->context[3], 2) << match.career->id << " is hard on the back";
  }
  MatchWishes home;  // at a screen, few people, no shifts, at least 60 000
  home.scores = {20, 60, 40, 30, 30, 70};
  home.context[4] = 1;
  home.context[2] = home.context[6] = -1;
  home.pay_min = 60'000;
  home.limit = 10;
  for (const Match& match : top(home)) {
    EXPECT_GE(match.career->context[4], 3) << match.career->id;
    EXPECT_LE(match.career->context[2], 2) << match.career->id;
    EXPECT_LE(match.career->context[6], 2) << match.career->id;
    EXPECT_GE(match.career->pay_high, 60'000) << match.career->id;
  }
  MatchWishes teenager;  // everything social, but not through years of college
  teenager.scores = {20, 50, 20, 95, 40, 20};
  teenager.education_max = index_of(kEducation, "secondary");
  teenager.limit = 8;
  for (const Match& match : top(teenager)) EXPECT_LE(match.career->education_level, 1) << match.career->id;
}

TEST_F(Matches, do_what_is_wished_whoever_wishes) {
  std::mt19937 engine(5);
  for (int round = 0; round < 60; ++round) {
    MatchWishes wishes;
    for (int& score : wishes.scores) score = static_cast<int>(engine() % 101);
    wishes.limit = catalogue.all().size();
    wishes.education_max = static_cast<int>(engine() % 7);
    wishes.pay_min = 30'000 + static_cast<int>(engine() % 8) * 10'000;
    wishes.strict = true;
    for (const Match& match : top(wishes)) {
      EXPECT_LE(match.career->education_level, *wishes.education_max);
      EXPECT_GE(match.career->pay_middle(), *wishes.pay_min);
    }
    // A wish moves what meets it up, or leaves it, against what does not.
    wishes.strict = false;
    wishes.education_max.reset();
    wishes.pay_min.reset();
    std::map<const Career*, int> before;
    for (const Match& match : top(wishes)) before[match.career] = match.score;
    const auto side = engine() % 9;
    wishes.context[side] = engine() % 2 == 0 ? 1 : -1;
    for (const Match& match : top(wishes)) {
      const int much = wishes.context[side] > 0 ? match.career->context[side] : 4 - match.career->context[side];
      if (much == 4) {
        EXPECT_GE(match.score, before[match.career]) << match.career->id;
      }
      if (much == 0) {
        EXPECT_LE(match.score, before[match.career]) << match.career->id;
      }
    }
  }
}

TEST_F(Matches, give_reasons_that_are_true) {
  std::mt19937 engine(6);
  for (int round = 0; round < 40; ++round) {
    MatchWishes wishes;
    for (int& score : wishes.scores) score = static_cast<int>(engine() % 101);
    wishes.education_max = static_cast<int>(engine() % 7);
    wishes.pay_min = 40'000;
    wishes.skills = {"Excel", "patience"};
    double mean = 0;
    for (const int score : wishes.scores) mean += score / 6.0;
    for (const Match& match : top(wishes)) {
      ASSERT_FALSE(match.reasons.empty());
      for (std::size_t i = 1; i < match.reasons.size(); ++i)
        EXPECT_GE(match.reasons[i - 1].in_favour, match.reasons[i].in_favour);
      for (const Reason& reason : match.reasons) {
        const std::string kind = reason.kind;
        for (std::size_t type = 0; type < 6 && kind == "interest"; ++type) {
          const std::string draws = std::string(kTypeTexts[type].name) + " work, which draws you ";
          if (reason.text.find(draws + "more") != std::string::npos) {
            EXPECT_GT(wishes.scores[type], mean) << reason.text;
          }
          if (reason.text.find(draws + "less") != std::string::npos) {
            EXPECT_LT(wishes.scores[type], mean) << reason.text;
          }
        }
        if (kind == "education") {
          EXPECT_EQ(reason.in_favour, match.career->education_level <= *wishes.education_max);
        }
        if (kind == "pay") {
          EXPECT_EQ(reason.in_favour, match.career->pay_middle() >= *wishes.pay_min);
        }
        if (kind == "skills" && reason.text.find("spreadsheets") != std::string::npos) {
          EXPECT_TRUE(std::any_of(match.career->skills.begin(), match.career->skills.end(),
                                  [](const Skill& skill) { return skill.name == "spreadsheets"; }));
        }
      }
    }
  }
}

TEST_F(Matches, see_interests_in_a_profile_that_is_nearly_level) {
  MatchWishes wishes;
  wishes.scores = {53, 63, 56, 50, 50, 53};
  const auto matches = top(wishes);
  EXPECT_NE(matches.front().career->interests.find('I'), std::string::npos) << ids(matches);
  EXPECT_NE(matches.front().reasons.front().text.find("Investigative work, which draws you more"), std::string::npos)
      << matches.front().reasons.front().text;
}

TEST_F(Matches, let_no_career_crowd_out_the_others) {
  std::mt19937 engine(7);
  std::map<std::string, int> seen;
  constexpr int kPeople = 400;
  for (int round = 0; round < kPeople; ++round) {
    MatchWishes wishes;
    for (int& score : wishes.scores) score = static_cast<int>(engine() % 101);
    wishes.limit = 20;
    for (const Match& match : top(wishes)) ++seen[match.career->id];
  }
  for (const auto& [id, times] : seen) EXPECT_LT(times, kPeople / 4) << id << " is shown to nearly everyone";
  std::string never;
  for (const Career& career : catalogue.all())
    if (!seen.contains(career.id)) never += career.id + " ";
  EXPECT_GE(seen.size() * 100, catalogue.all().size() * 80) << "never shown: " << never;
}

TEST_F(Matches, make_no_order_of_interests_that_are_level) {
  for (const int level : {0, 50, 100}) {
    MatchWishes wishes;
    wishes.scores.fill(level);
    wishes.scores[2] = std::min(100, level + 5);
    wishes.limit = 24;
    const auto matches = top(wishes);
    std::set<std::string> fields;
    for (const Match& match : matches) {
      EXPECT_EQ(match.interests, 50) << match.career->id;
      EXPECT_NE(match.reasons.front().text.find("set no kind of work apart"), std::string::npos);
      fields.insert(match.career->field);
    }
    EXPECT_GE(fields.size(), 12U) << "level matches come from all fields, not from the start of the alphabet";
  }
}

TEST_F(Matches, show_the_best_first) {
  MatchWishes wishes;
  wishes.scores = {40, 60, 20, 80, 30, 10};
  wishes.limit = catalogue.all().size();
  const auto matches = top(wishes);
  EXPECT_EQ(matches.size(), catalogue.all().size());
  for (std::size_t i = 1; i < matches.size(); ++i) EXPECT_LE(matches[i].score, matches[i - 1].score);
}

TEST(Skills, have_the_names_that_people_give_them) {
  EXPECT_TRUE(same_skill("Excel", "spreadsheets"));
  EXPECT_TRUE(same_skill("Python", "programming"));
  EXPECT_TRUE(same_skill("people skills", "communication"));
  EXPECT_TRUE(same_skill("Welding", "welding"));
  EXPECT_TRUE(same_skill("pipe welding", "welding"));
  EXPECT_TRUE(same_skill("color sense", "colour sense"));
  EXPECT_FALSE(same_skill("", "welding"));
  EXPECT_FALSE(same_skill("art", "artificial"));
}

}  // namespace
}  // namespace counselor
