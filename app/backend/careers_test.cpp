// The data set itself, and the search in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "app/backend/search.h"
#include "app/backend/text.h"

namespace counselor {
namespace {

struct Careers : testing::Test {
  Catalogue catalogue{career_documents()};
  Search search{catalogue};
  std::vector<const Career*> find(const std::string& text) {
    CareerQuery query;
    query.text = text;
    return search.find(query);
  }
};

TEST_F(Careers, there_are_many_and_each_field_and_type_has_some) {
  EXPECT_GE(catalogue.all().size(), 150U);
  for (const auto& field : catalogue.fields()) EXPECT_GE(field.count, 4) << field.id;
  for (const char letter : kTypes)
    EXPECT_GE(std::count_if(catalogue.all().begin(), catalogue.all().end(),
                            [&](const Career& career) { return career.interests.front() == letter; }),
              10)
        << letter;
}

TEST_F(Careers, each_is_whole_and_no_text_is_there_twice) {
  std::set<std::string> summaries, days;
  for (const Career& career : catalogue.all()) {
    EXPECT_GE(career.related.size(), 1U) << career.id;
    EXPECT_GE(career.summary.size(), 20U) << career.id;
    EXPECT_TRUE(summaries.insert(career.summary).second) << career.id;
    EXPECT_TRUE(days.insert(career.day).second) << career.id;
    EXPECT_LT(career.pay_high, career.pay_low * 8) << career.id;
    EXPECT_TRUE(valid_utf8(career.whole));
    for (const auto& task : career.tasks) EXPECT_GE(task.size(), 11U) << career.id << ": " << task;
  }
}

TEST_F(Careers, a_search_does_not_mind_case_accents_or_half_words) {
  for (const char* text : {"REGISTERED NURSE", "registered nurse", "  Registered   Núrse ", "nurse regist", "RN"}) {
    const auto found = find(text);
    ASSERT_FALSE(found.empty()) << text;
    EXPECT_EQ(found.front()->id, "registered-nurse") << text;
  }
  EXPECT_EQ(find("welding").front()->id, "welder");
  EXPECT_EQ(find("lawyer").front()->id, "lawyer") << "the exact title comes first";
  EXPECT_TRUE(find("zzzz").empty());
  EXPECT_TRUE(find("!?").empty());
  EXPECT_EQ(find("").size(), catalogue.all().size());
}

TEST_F(Careers, filters_hold_together) {
  CareerQuery query;
  query.interests = "SA";
  query.education_max = index_of(kEducation, "bachelor");
  query.pay_min = 40'000;
  query.sort = CareerQuery::Sort::kByPay;
  const auto found = search.find(query);
  ASSERT_FALSE(found.empty());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NE(found[i]->interests.find('S'), std::string::npos);
    EXPECT_NE(found[i]->interests.find('A'), std::string::npos);
    EXPECT_LE(found[i]->education_level, *query.education_max);
    EXPECT_GE(found[i]->pay_middle(), 40'000);
    EXPECT_LE(found[i]->pay_middle(), found[i == 0 ? 0 : i - 1]->pay_middle());
  }
}

TEST_F(Careers, are_related_to_what_is_like_them_and_all_can_be_reached) {
  std::set<std::string> reached;
  for (const Career& career : catalogue.all()) {
    EXPECT_GE(career.related.size(), 2U) << career.id;
    for (const auto& id : career.related) {
      const Career* other = catalogue.find(id);
      ASSERT_NE(other, nullptr) << career.id << ": " << id;
      EXPECT_NE(other, &career) << career.id << " is related to itself";
      EXPECT_TRUE(std::any_of(career.interests.begin(), career.interests.end(),
                              [&](char letter) { return other->interests.find(letter) != std::string::npos; }))
          << career.id << " and " << id << " have nothing in common";
      reached.insert(id);
    }
  }
  for (const Career& career : catalogue.all())
    EXPECT_TRUE(reached.contains(career.id)) << career.id << " is named by none";
}

TEST_F(Careers, say_enough_to_decide_by) {
  std::set<std::string> outlooks, known;
  for (const Career& career : catalogue.all()) {
    EXPECT_GE(career.outlook.size(), 40U) << career.id << ": " << career.outlook;
    EXPECT_TRUE(outlooks.insert(career.outlook).second) << career.id << ": " << career.outlook;
    EXPECT_GE(career.education.size(), 15U) << career.id << ": " << career.education;
    EXPECT_GE(career.summary.size(), 30U) << career.id << ": " << career.summary;
    EXPECT_GE(career.day.size(), 45U) << career.id << ": " << career.day;
    EXPECT_GE(career.skills.size(), 4U) << career.id;
    EXPECT_FALSE(career.also_called.empty()) << career.id;
    EXPECT_GT(career.pay_high * 10, career.pay_low * 12) << career.id;
    EXPECT_LT(career.pay_high, career.pay_low * 8) << career.id;
    EXPECT_TRUE(known.insert(career.title).second) << career.title;
  }
}

TEST_F(Careers, agree_with_themselves) {
  for (const Career& career : catalogue.all()) {
    const auto& side = career.context;
    EXPECT_GE(side[0] + side[1], 3) << career.id << " is neither indoors nor outdoors";
    EXPECT_LE(side[0] + side[1], 7) << career.id << " is always in both";
    // Who sits at a screen all day does not lift all day.
    EXPECT_FALSE(side[4] == 4 && side[3] >= 3) << career.id;
    if (career.education_level >= index_of(kEducation, "master")) {
      EXPECT_GE(career.pay_middle(), 45'000) << career.id;
    }
    if (career.growth == 0) {
      EXPECT_EQ(career.outlook.find("well above average"), std::string::npos) << career.id;
    }
    EXPECT_FALSE(career.education_level == 0 && career.education.find("degree") < 4) << career.id;
    const std::string text =
        " " + fold(career.summary + " " + career.day + " " + career.education + " " + career.outlook) + " ";
    for (const char* word : {" he ", " she ", " his ", " her ", " him ", " man ", " men ", " woman ", " women ",
                             " color ", " center ", " labor ", " license ", " program of ", " jewelry "})
      EXPECT_EQ(text.find(word), std::string::npos) << career.id << ":" << word;
  }
  const auto count = [&](auto condition) {
    return std::count_if(catalogue.all().begin(), catalogue.all().end(), condition);
  };
  EXPECT_GE(count([](const Career& career) { return career.education_level <= 1; }), 50)
      << "without any training beyond school";
  EXPECT_GE(count([](const Career& career) { return career.education_level == 2; }), 40) << "trades";
}

TEST(Text, folds_and_counts) {
  EXPECT_EQ(fold("Café-Owner’s  Ünïcode!"), "cafe owners unicode");
  EXPECT_EQ(fold("C++ & C#"), "c++ c#");
  EXPECT_EQ(characters("añb"), 3U);
  EXPECT_EQ(first_characters("añb", 2), "añ");
  EXPECT_TRUE(valid_utf8("añ€𝄞"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF", "a\x80"})
    EXPECT_FALSE(valid_utf8(bad));
  EXPECT_EQ(query_value("a=1&b=x%20y+z&c", "b"), "x y z");
  EXPECT_EQ(query_value("a=%zz", "a"), "%zz");
}

}  // namespace
}  // namespace counselor
