// The assessment, and how its scores fit occupations.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "app/backend/assessment.h"
#include "app/backend/match.h"

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

TEST(Assessment, asks_one_thing_in_each_item_and_in_few_words) {
  for (const Item& item : assessment_items()) {
    const std::string text = std::string(" ") + item.text + " ";
    EXPECT_LE(std::count(text.begin(), text.end(), ' '), 11) << item.text;
    // "and" joins two activities unless it joins two words for one.
    EXPECT_TRUE(text.find(" and ") == std::string::npos ||
                text.find("animals or stars and take notes") != std::string::npos)
        << item.text;
    for (const char* doubtful : {" not ", " never ", " always ", " money "})
      EXPECT_EQ(text.find(doubtful), std::string::npos) << item.text;
  }
}

TEST(Assessment, scores_the_ends_and_the_middle) {
  const Profile profile = score(answers({5, 1, 3, 2, 4, 3}));
  EXPECT_EQ(profile.scores, (Scores{100, 0, 50, 25, 75, 50}));
  EXPECT_EQ(profile.code, "RE") << "A and C are level: neither is the third letter";
  EXPECT_EQ(profile.confidence, "high");
  EXPECT_EQ(score(answers({5, 2, 4, 1, 3, 2})).code, "RAE");
  EXPECT_EQ(score(answers({5, 2, 2, 2, 2, 2})).code, "R") << "one type stands out, so one letter does";
}

TEST(Assessment, gives_no_code_to_answers_that_set_nothing_apart) {
  for (const int same : {1, 2, 3, 4, 5}) {
    const Profile profile = score(answers({same, same, same, same, same, same}));
    EXPECT_EQ(profile.code, "") << same;
    EXPECT_EQ(profile.confidence, "low") << same;
    EXPECT_EQ(profile.differentiation, 0) << same;
    ASSERT_EQ(profile.notes.size(), 1U) << same;
    EXPECT_NE(profile.notes.front().find("no code"), std::string::npos) << profile.notes.front();
    EXPECT_EQ(profile.summary.find("strongest"), std::string::npos) << profile.summary;
  }
  // One answer that differs is no preference either.
  auto nearly = answers({3, 3, 3, 3, 3, 3});
  nearly["a1"] = 4;
  EXPECT_EQ(score(nearly).code, "");
  // Who agrees with everything and yet prefers has a code.
  EXPECT_EQ(score(answers({5, 4, 4, 5, 4, 4})).code, "RS");
}

TEST(Assessment, breaks_ties_by_what_one_would_do_very_gladly) {
  auto tied = answers({1, 3, 1, 1, 3, 1});  // I and E level on average, E by fives and ones
  for (int i = 1; i <= 8; ++i) tied["e" + std::to_string(i)] = i % 2 == 0 ? 5 : 1;
  const Profile profile = score(tied);
  EXPECT_EQ(profile.scores[1], profile.scores[4]);
  EXPECT_EQ(profile.code, "EI");
}

TEST(Assessment, notices_answers_given_without_reading) {
  auto tired = answers({5, 2, 3, 1, 4, 2});
  int place = 0;
  for (const Item& item : assessment_items())
    if (++place > 24) tired[item.id] = 3;
  const auto notes = score(tired).notes;
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(),
                          [](const auto& note) { return note.find("in a row") != std::string::npos; }));
  for (const auto& note : score(answers({5, 2, 3, 1, 4, 2})).notes) EXPECT_EQ(note.find("in a row"), std::string::npos);
}

TEST(Assessment, holds_for_any_answers) {
  std::mt19937 engine(3);
  for (int round = 0; round < 500; ++round) {
    std::map<std::string, int> given;
    for (const Item& item : assessment_items()) given[item.id] = 1 + static_cast<int>(engine() % 5);
    const Profile profile = score(given);
    EXPECT_LE(profile.code.size(), 3U);
    EXPECT_EQ(profile.code.empty(), undifferentiated(profile.scores));
    for (std::size_t i = 0; i < profile.code.size(); ++i) EXPECT_EQ(profile.code[i], kTypes[profile.ranking[i]]);
    for (std::size_t i = 1; i < 6; ++i)
      EXPECT_GE(profile.scores[profile.ranking[i - 1]], profile.scores[profile.ranking[i]]);
    EXPECT_FALSE(profile.summary.empty());
  }
}

TEST(Assessment, says_when_opposites_lead) {
  const Profile profile = score(answers({5, 1, 1, 5, 2, 2}));
  bool said = false;
  for (const auto& note : profile.notes) said = said || note.find("seldom go together") != std::string::npos;
  EXPECT_TRUE(said);
  EXPECT_EQ(hexagon_distance(0, 3), 3);
  EXPECT_EQ(hexagon_distance(0, 5), 1);
}

TEST(Fit, each_career_fits_its_own_profile_best_or_nearly) {
  const Catalogue catalogue(career_documents());
  for (const Career& career : catalogue.all()) EXPECT_GE(interest_fit(career.riasec, career), 85) << career.id;
}

}  // namespace
}  // namespace counselor
