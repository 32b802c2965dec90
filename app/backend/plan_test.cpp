// Learning plans: ordered, possible in the hours that there are, and safe to follow.
#include "app/backend/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "app/backend/skill_guide.h"

namespace counselor {
namespace {

struct Plans : testing::Test {
  Catalogue catalogue{career_documents()};
  static std::string text_of(const Plan& plan) {
    std::string out;
    for (const auto& stone : plan.milestones) {
      out += stone.title + "\n" + stone.evidence + "\n";
      for (const auto& action : stone.actions) out += action + "\n";
    }
    for (const auto& note : plan.notes) out += note + "\n";
    return out;
  }
};

TEST_F(Plans, cover_the_gap_week_by_week) {
  const Career& welder = *catalogue.find("welder");
  const Plan nothing = plan_learning(welder, {}, 5), everything = plan_learning(welder, welder.skills, 5);
  EXPECT_EQ(everything.readiness, 100);
  EXPECT_EQ(nothing.readiness, 0);
  EXPECT_GT(nothing.total_hours, everything.total_hours);
  EXPECT_LT(plan_learning(welder, {}, 10).total_weeks, nothing.total_weeks);
  EXPECT_GT(plan_learning(welder, {{"Welding", 3}}, 5).readiness, 0) << "a skill's name may be written otherwise";
}

TEST_F(Plans, are_in_order_for_anybody_with_any_hours) {
  std::mt19937 engine(11);
  for (const Career& career : catalogue.all()) {
    std::vector<Skill> own;
    for (const Skill& skill : career.skills)
      if (engine() % 2 == 0) own.push_back({skill.name, static_cast<int>(engine() % 6)});
    const int hours = 1 + static_cast<int>(engine() % 40);
    const Plan plan = plan_learning(career, own, hours);
    int week = 1, number = 1, sum = 0;
    for (const auto& stone : plan.milestones) {
      EXPECT_EQ(stone.number, number++) << career.id;
      EXPECT_EQ(stone.from_week, week) << career.id;
      EXPECT_LE(stone.hours, (stone.to_week - stone.from_week + 1) * hours) << career.id << ": " << stone.title;
      EXPECT_GT(stone.hours, (stone.to_week - stone.from_week) * hours) << career.id << ": " << stone.title;
      EXPECT_GE(stone.actions.size(), 2U) << career.id << ": " << stone.title;
      EXPECT_FALSE(stone.evidence.empty()) << career.id << ": " << stone.title;
      week = stone.to_week + 1;
      sum += stone.hours;
    }
    EXPECT_EQ(plan.total_weeks, week - 1) << career.id;
    EXPECT_EQ(plan.total_hours, sum) << career.id;
    // Whoever learns one skill has less to do, never more.
    own.push_back(career.skills.front());
    EXPECT_LE(plan_learning(career, own, hours).total_hours, plan.total_hours) << career.id;
  }
}

TEST_F(Plans, name_time_cost_and_what_the_law_asks_for) {
  for (const char* id : {"registered-nurse", "electrician", "pilot", "teacher", "lawyer", "truck-driver", "hairdresser",
                         "physician", "real-estate-agent", "plumber", "counsellor", "pharmacist", "architect"}) {
    const Career& career = *catalogue.find(id);
    EXPECT_FALSE(career.way_in.licence.empty()) << id << " may not be done without a licence";
    const Plan plan = plan_learning(career, {}, 6);
    const std::string text = text_of(plan);
    EXPECT_NE(text.find(career.way_in.licence), std::string::npos) << id;
    EXPECT_NE(text.find(career.way_in.time), std::string::npos) << id;
    EXPECT_NE(text.find(career.way_in.cost), std::string::npos) << id;
    EXPECT_EQ(plan.milestones[1].title, "Settle the way in") << id;
  }
  for (const char* id : {"writer", "software-developer", "retail-salesperson", "graphic-designer"})
    EXPECT_EQ(text_of(plan_learning(*catalogue.find(id), {}, 6)).find("The law asks"), std::string::npos) << id;
}

TEST_F(Plans, send_nobody_to_practise_on_people_or_on_the_mains) {
  for (const Career& career : catalogue.all()) {
    const Plan plan = plan_learning(career, {}, 6);
    const bool guided = std::any_of(career.skills.begin(), career.skills.end(),
                                    [](const Skill& skill) { return skill_guide(skill.name)->supervised; });
    for (const auto& stone : plan.milestones) {
      if (guided || !career.way_in.licence.empty()) {
        EXPECT_NE(stone.title, "Prove it in one piece of work") << career.id;
      }
      for (const auto& skill : stone.skills)
        if (skill_guide(skill)->supervised && stone.title.find(": from ") != std::string::npos) {
          EXPECT_TRUE(stone.title.ends_with("to beginner") || stone.title.ends_with("to aware"))
              << career.id << ": " << stone.title;
        }
    }
  }
}

TEST_F(Plans, lead_those_who_can_do_it_to_work_and_not_to_school) {
  const Career& electrician = *catalogue.find("electrician");
  const Plan ready = plan_learning(electrician, electrician.skills, 6);
  ASSERT_EQ(ready.milestones.size(), 2U);
  EXPECT_EQ(ready.milestones.back().title, "Apply");
  EXPECT_NE(ready.milestones.back().actions.front().find("state or city licence"), std::string::npos);
  EXPECT_EQ(plan_learning(electrician, {}, 6).milestones.back().title, "Apply for the training");
}

TEST_F(Plans, make_nobody_study_for_years_what_is_learnt_in_days) {
  for (const char* id : {"barista", "cleaner", "waiter", "warehouse-worker", "retail-salesperson",
                         "customer-service-representative", "courier", "receptionist"}) {
    const Plan plan = plan_learning(*catalogue.find(id), {}, 6);
    EXPECT_LE(plan.total_weeks, 16) << id;
    EXPECT_EQ(plan.milestones.back().title, "Apply") << id;
    EXPECT_NE(text_of(plan).find("learn the rest at work"), std::string::npos) << id;
  }
  for (const char* id : {"web-developer", "graphic-designer", "software-developer"}) {
    const Plan plan = plan_learning(*catalogue.find(id), {}, 6);
    EXPECT_EQ(plan.milestones.back().title, "Apply") << id << ": work that one can show opens the door";
    EXPECT_EQ(plan.milestones[plan.milestones.size() - 2].title, "Prove it in one piece of work") << id;
  }
  EXPECT_EQ(plan_learning(*catalogue.find("registered-nurse"), {}, 6).milestones.back().title,
            "Apply for the training");
}

TEST_F(Plans, put_safety_first) {
  const Plan plan = plan_learning(*catalogue.find("roofer"), {}, 6);
  const auto first = std::find_if(plan.milestones.begin(), plan.milestones.end(), [](const Milestone& stone) {
    return stone.title.find(": from ") != std::string::npos;
  });
  ASSERT_NE(first, plan.milestones.end());
  EXPECT_EQ(first->skills.front(), "safety rules");
}

TEST_F(Plans, know_something_particular_of_every_skill) {
  for (const Career& career : catalogue.all())
    for (const Skill& skill : career.skills) {
      const SkillGuide* guide = skill_guide(skill.name);
      ASSERT_NE(guide, nullptr) << career.id << ": " << skill.name;
      EXPECT_TRUE(guide->practice.ends_with(".")) << skill.name;
      EXPECT_TRUE(guide->question.ends_with("?") || guide->question.ends_with(".")) << skill.name;
    }
}

}  // namespace
}  // namespace counselor
