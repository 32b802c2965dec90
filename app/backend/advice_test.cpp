// Assessment, matches, plans and interviews.
#include <gtest/gtest.h>

#include <set>

#include "app/backend/assessment.h"
#include "app/backend/interview.h"
#include "app/backend/match.h"
#include "app/backend/plan.h"

namespace counselor {
namespace {

std::map<std::string, int> answers(const Scores& levels) {
  std::map<std::string, int> out;
  for (const Item& item : assessment_items()) out[item.id] = levels[item.type];
  return out;
}

TEST(Assessment, has_eight_items_of_each_type_and_none_twice) {
  std::array<int, 6> count{};
  std::set<std::string> texts;
  for (const Item& item : assessment_items()) {
    ++count[item.type];
    EXPECT_TRUE(texts.insert(item.text).second) << item.text;
  }
  for (const int one : count) EXPECT_EQ(one, kItemsPerType);
}

TEST(Assessment, scores_the_ends_and_the_middle) {
  const Profile profile = score(answers({5, 1, 3, 2, 4, 3}));
  EXPECT_EQ(profile.scores, (Scores{100, 0, 50, 25, 75, 50}));
  EXPECT_EQ(profile.code, "REA");
  EXPECT_EQ(profile.confidence, "high");
}

TEST(Assessment, doubts_answers_that_are_all_the_same) {
  const Profile profile = score(answers({3, 3, 3, 3, 3, 3}));
  EXPECT_EQ(profile.confidence, "low");
  ASSERT_FALSE(profile.notes.empty());
  EXPECT_EQ(score(answers({5, 1, 3, 2, 4, 3})).notes.size(), 1U) << "only that A and C are level";
}

TEST(Assessment, says_when_opposites_lead) {
  const Profile profile = score(answers({5, 1, 1, 5, 2, 2}));
  bool said = false;
  for (const auto& note : profile.notes) said = said || note.find("seldom go together") != std::string::npos;
  EXPECT_TRUE(said);
  EXPECT_EQ(hexagon_distance(0, 3), 3);
  EXPECT_EQ(hexagon_distance(0, 5), 1);
}

TEST(Matches, each_career_fits_its_own_profile_best_or_nearly) {
  const Catalogue catalogue(career_documents());
  for (const Career& career : catalogue.all()) EXPECT_GE(interest_fit(career.riasec, career), 85) << career.id;
}

TEST(Matches, wishes_move_and_strict_wishes_remove) {
  const Catalogue catalogue(career_documents());
  MatchWishes wishes;
  wishes.scores = {10, 90, 20, 70, 10, 20};
  wishes.education_max = index_of(kEducation, "vocational");
  wishes.limit = 50;
  std::size_t all = 0, some = 0;
  const auto loose = match_careers(catalogue, wishes, all);
  wishes.strict = true;
  const auto strict = match_careers(catalogue, wishes, some);
  EXPECT_EQ(all, catalogue.all().size());
  EXPECT_LT(some, all);
  for (const auto& match : strict) EXPECT_LE(match.career->education_level, 2);
  for (std::size_t i = 1; i < loose.size(); ++i) EXPECT_LE(loose[i].score, loose[i - 1].score);
  for (const auto& match : loose) EXPECT_FALSE(match.reasons.empty());
}

TEST(Plans, cover_the_gap_week_by_week) {
  const Catalogue catalogue(career_documents());
  const Career& welder = *catalogue.find("welder");
  const Plan nothing = plan_learning(welder, {}, 5), everything = plan_learning(welder, welder.skills, 5);
  EXPECT_EQ(everything.readiness, 100);
  EXPECT_EQ(nothing.readiness, 0);
  EXPECT_GT(nothing.total_hours, everything.total_hours);
  int week = 1;
  for (const auto& stone : nothing.milestones) {
    EXPECT_EQ(stone.from_week, week);
    EXPECT_GE(stone.to_week, stone.from_week);
    EXPECT_LE(stone.hours, (stone.to_week - stone.from_week + 1) * 5);
    week = stone.to_week + 1;
  }
  EXPECT_EQ(nothing.total_weeks, week - 1);
  EXPECT_LT(plan_learning(welder, {}, 10).total_weeks, nothing.total_weeks);
  EXPECT_GT(plan_learning(welder, {{"Welding", 3}}, 5).readiness, 0) << "a skill's name may be written otherwise";
}

TEST(Interviews, ask_the_same_for_the_same_seed_and_nothing_twice) {
  const Catalogue catalogue(career_documents());
  for (const Career& career : catalogue.all()) {
    const auto first = interview_questions(career, 8, 1), again = interview_questions(career, 8, 1);
    ASSERT_EQ(first.size(), 8U) << career.id;
    std::set<std::string> texts;
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(first[i].text, again[i].text);
      EXPECT_TRUE(texts.insert(first[i].text).second);
    }
  }
  EXPECT_EQ(interview_questions(catalogue.all().front(), 1, 1).size(), 1U);
}

}  // namespace
}  // namespace counselor
