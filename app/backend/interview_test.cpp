// Interview questions of every occupation, and what is said of an answer without a model.
#include "app/backend/interview.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace counselor {
namespace {

const Check* find(const std::vector<Check>& checks, std::string_view id) {
  const auto found = std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.id == id; });
  return found == checks.end() ? nullptr : &*found;
}
std::string status(const std::vector<Check>& checks, std::string_view id) {
  const Check* check = find(checks, id);
  return check == nullptr ? "none" : check->status;
}
bool praises(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.status == "good"; });
}

constexpr const char* kStory = "Tell me about a time when you found a fault. What did you do yourself?";

TEST(Interviews, ask_the_same_for_the_same_seed_and_nothing_twice) {
  const Catalogue catalogue(career_documents());
  for (const Career& career : catalogue.all()) {
    const auto first = interview_questions(career, 8, 1), again = interview_questions(career, 8, 1);
    ASSERT_EQ(first.size(), 8U) << career.id;
    std::set<std::string> texts, kinds;
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(first[i].text, again[i].text);
      EXPECT_LE(first[i].text.size(), 500U) << first[i].text;
      EXPECT_TRUE(texts.insert(first[i].text).second) << first[i].text;
      kinds.insert(first[i].kind);
    }
    EXPECT_EQ(kinds.size(), 5U) << career.id << " lacks a kind of question";
  }
  EXPECT_EQ(interview_questions(catalogue.all().front(), 1, 1).size(), 1U);
}

TEST(Interviews, differ_from_occupation_to_occupation) {
  const Catalogue catalogue(career_documents());
  const auto texts = [&](const char* id) {
    std::set<std::string> out;
    for (const auto& question : interview_questions(*catalogue.find(id), 8, 3)) out.insert(question.text);
    return out;
  };
  for (const auto& [one, other] : {std::pair{"registered-nurse", "welder"},
                                   {"teacher", "software-developer"},
                                   {"chef", "accountant"},
                                   {"pilot", "social-worker"}}) {
    const auto a = texts(one), b = texts(other);
    EXPECT_LE(std::count_if(a.begin(), a.end(), [&](const auto& text) { return b.contains(text); }), 3)
        << one << ", " << other;
  }
}

TEST(Interviews, say_a_and_an_as_people_do) {
  const Catalogue catalogue(career_documents());
  const auto why = [&](const char* id) { return interview_questions(*catalogue.find(id), 1, 1).front().text; };
  EXPECT_NE(why("ux-designer").find("be a UX designer"), std::string::npos) << why("ux-designer");
  EXPECT_NE(why("lecturer").find("be a university lecturer"), std::string::npos) << why("lecturer");
  EXPECT_NE(why("user-researcher").find("be a user researcher"), std::string::npos) << why("user-researcher");
  EXPECT_NE(why("electrician").find("be an electrician"), std::string::npos);
  EXPECT_NE(why("it-support-specialist").find("be an IT support"), std::string::npos);
  EXPECT_NE(why("urban-planner").find("be an urban planner"), std::string::npos);
}

TEST(AnswerChecks, never_praise_what_says_nothing) {
  const Catalogue catalogue(career_documents());
  std::vector<std::string> asked = {kStory, "Why this work?"};
  for (const auto& question : interview_questions(*catalogue.find("welder"), 12, 2)) asked.push_back(question.text);
  std::string same;
  for (int i = 0; i < 60; ++i) same += "when I saved result 5 ";
  for (const auto& question : asked)
    for (const std::string& answer : {std::string(" "), std::string("I."), std::string("42 42 42"), std::string("..."),
                                      std::string("I was good when I did it"), std::string("😀😀😀"), same, question})
      EXPECT_FALSE(praises(check_answer(question, answer))) << question << " <- " << answer.substr(0, 40);
}

TEST(AnswerChecks, find_situation_part_result_and_figure) {
  const auto good = check_answer(
      kStory,
      "Last year, when I worked in a bicycle shop, a customer came back for the third time with the same rattle. I "
      "took "
      "the bike apart step by step, measured the bearing and found that the axle was bent by half a millimetre. I "
      "replaced it, rode twenty minutes and wrote down what I had done. In the end the rattle was gone, the customer "
      "thanked us, and since then we check every axle first, which has saved us about five returns a month.");
  for (const char* id : {"situation", "own-part", "result", "figures"}) EXPECT_EQ(status(good, id), "good") << id;
  const auto vague = check_answer(
      kStory,
      "We are a good team and we always find faults together because our team is careful and we help us when "
      "we can, so our work is fine and I like that we have each other in our shop with all our people.");
  EXPECT_EQ(status(vague, "own-part"), "improve") << "much we, hardly any I";
  EXPECT_EQ(status(vague, "result"), "improve");
  EXPECT_NE(status(vague, "figures"), "good");
  EXPECT_NE(
      status(check_answer(kStory, "In 2019 when I was at my first job there was a pump and I repaired it in the end."),
             "figures"),
      "good")
      << "a year is no result";
}

TEST(AnswerChecks, ask_of_each_question_what_it_asks_for) {
  const auto plan =
      check_answer("Suppose you are to do this for the first time by yourself: weld. How would you begin?",
                   "First I would ask who needs it and until when, then I would check the material and the "
                   "drawing, and after that I would make a trial seam and have it looked at.");
  EXPECT_EQ(status(plan, "steps"), "good");
  EXPECT_EQ(status(plan, "asking"), "good");
  EXPECT_EQ(find(plan, "situation"), nullptr) << "nobody asked for a story";
  const auto why =
      check_answer("Why do you want to be a welder, and why now?",
                   "I like to see in the evening what I have made, because it holds. I took a course in the "
                   "spring and helped my neighbour to mend a trailer.");
  EXPECT_EQ(status(why, "reasons"), "good");
  EXPECT_EQ(status(why, "own-part"), "good");
  EXPECT_EQ(status(why, "pay"), "good");
  EXPECT_EQ(status(check_answer("Why do you want to be a welder, and why now?",
                                "The salary is what matters to me and welders are said to make good money these days."),
                   "pay"),
            "info");
  const auto closing =
      check_answer("What would you like to ask us?", "I have no questions at the moment, thank you very much.");
  EXPECT_EQ(status(closing, "asking"), "improve");
  EXPECT_EQ(status(check_answer("What would you like to ask us?",
                                "What would a good first half-year look like to you, and what is hard?"),
                   "asking"),
            "good");
}

TEST(AnswerChecks, notice_fillers_hedges_and_ill_words) {
  const std::string body = " when I was at work I repaired the pump and in the end it ran for two years without a stop";
  EXPECT_EQ(status(check_answer(kStory, "Um, basically, you know," + body), "filler"), "improve");
  EXPECT_EQ(status(check_answer(kStory, "Maybe, I think, probably," + body), "certainty"), "improve");
  EXPECT_EQ(status(check_answer(kStory, "My boss was an idiot," + body), "tone"), "improve");
  for (const char* id : {"filler", "certainty", "tone"})
    EXPECT_EQ(status(check_answer(kStory, "Well," + body), id), "none");
}

}  // namespace
}  // namespace counselor
