// What of the explorer, and of the person, is given to the model for a question.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/backend/counsel/prompt.h"
#include "app/backend/text.h"

namespace counselor {
namespace {

struct Grounding : testing::Test {
  Catalogue catalogue{career_documents()};
  Search search{catalogue};
  Shared shared;
  Prompt ask(const std::string& text) {
    return chat_prompt(catalogue, search, {{true, text}}, shared, "==DATA-0123456789abcdef==");
  }
  static std::string ids(const Prompt& prompt) {
    std::string out;
    for (const Career* career : prompt.grounded) out += career->id + " ";
    return out;
  }
  static std::string all_of(const Prompt& prompt) { return boost::json::serialize(prompt.messages); }
};

struct Asked {
  const char* text;
  std::vector<const char*> wanted, unwanted;
};

TEST_F(Grounding, has_the_occupations_that_a_question_is_about) {
  const std::vector<Asked> asked = {
      {"What do electricians earn?", {"electrician"}, {}},
      {"how do i become a nurse", {"registered-nurse"}, {}},
      {"Is nursing a good idea at 45?", {"registered-nurse"}, {}},
      {"I like animals but hate blood", {"animal-groomer"}, {"veterinarian", "veterinary-technician", "animator"}},
      {"I love dogs", {"animal-groomer"}, {"surgeon"}},
      {"I want to work with kids, but not as a teacher", {"childcare-worker"}, {"teacher", "primary-teacher"}},
      {"What does a UX designer do all day?", {"ux-designer"}, {}},
      {"difference between an LPN and an RN?", {"licensed-practical-nurse", "registered-nurse"}, {}},
      {"Should I become a plumber or an electrician?", {"plumber", "electrician"}, {}},
      {"I'm good at math and want to work in insurance", {"actuary"}, {}},
      {"Can I become a pilot without a degree?", {"pilot"}, {}},
      {"counselor or psychologist?", {"counsellor", "clinical-psychologist"}, {}},
      {"Tell me about welding", {"welder"}, {}},
      {"how much does a vet make", {"veterinarian"}, {}},
      {"I want to fly planes", {"pilot"}, {}},
      {"something with wood", {"carpenter"}, {}},
      {"I like cooking", {"cook"}, {"fisher"}},
      {"I hate selling. What else is there in real estate?", {"property-manager"}, {"real-estate-agent"}},
      {"Is cybersecurity still in demand?", {"security-analyst"}, {}},
      {"What licence do I need as a hairdresser?", {"hairdresser"}, {}},
      {"I was a cashier for ten years, what next?", {"retail-salesperson"}, {}},
      {"barista to manager, is that possible?", {"barista"}, {}},
      {"How do I become a cop", {"police-officer"}, {"writer"}},
      {"I like cars", {"automotive-technician"}, {"home-care-aide"}},
      {"I'm good at excel", {"data-analyst"}, {}},
      {"tell me about trades", {"electrician", "plumber"}, {"securities-trader"}},
      {"I'm a nurse and burned out, what else could I do?", {"registered-nurse", "nurse-practitioner"}, {}},
      {"I have a criminal record, what jobs can I get?", {}, {"detective", "teacher", "archivist"}},
      {"I want to help people, but not in a hospital", {}, {"registered-nurse", "nurse-anaesthetist", "it-manager"}},
      {"I need part time work from home", {"administrative-assistant"}, {"it-manager"}},
      {"help with my truck driving career", {"truck-driver"}, {}},
  };
  for (const Asked& one : asked) {
    const Prompt prompt = ask(one.text);
    const auto has = [&](const char* id) {
      return std::any_of(prompt.grounded.begin(), prompt.grounded.end(), [&](const Career* c) { return c->id == id; });
    };
    for (const char* id : one.wanted) EXPECT_TRUE(has(id)) << one.text << ": " << id << " is not in " << ids(prompt);
    for (const char* id : one.unwanted) EXPECT_FALSE(has(id)) << one.text << ": " << id << " is in " << ids(prompt);
  }
}

TEST_F(Grounding, obeys_the_limits_that_a_question_sets) {
  for (const char* text :
       {"which jobs without a degree pay 60k?", "What can I earn $60,000 with if I never went to college?",
        "no degree, at least 60k a year please"}) {
    const Prompt prompt = ask(text);
    EXPECT_GE(prompt.grounded.size(), 3U) << text;
    for (const Career* career : prompt.grounded) {
      EXPECT_LE(career->education_level, index_of(kEducation, "vocational")) << text << ": " << career->id;
      EXPECT_GE(career->pay_middle(), 60'000) << text << ": " << career->id;
    }
  }
  for (const Career* career : ask("Which jobs can I do from home without talking to people?").grounded) {
    EXPECT_TRUE(remote_friendly(*career)) << career->id;
    EXPECT_LE(career->context[2], 2) << career->id;
  }
  for (const Career* career : ask("I want to be outdoors and I can't stand heights").grounded) {
    EXPECT_GE(career->context[1], 2) << career->id;
    EXPECT_TRUE(std::none_of(career->skills.begin(), career->skills.end(), [](const Skill& skill) {
      return skill.name == "working at heights";
    })) << career->id;
  }
  for (const Career* career : ask("jobs that pay $40 an hour").grounded) EXPECT_GE(career->pay_middle(), 83'200);
  for (const Career* career : ask("I want to work outdoors with my hands").grounded) {
    EXPECT_GE(career->context[1], 2) << career->id;
    EXPECT_GE(career->context[3], 2) << career->id;
  }
  for (const Career* career : ask("which careers are growing fast?").grounded)
    EXPECT_EQ(career->growth, 3) << career->id;
  EXPECT_GE(ask("jobs that AI won't replace").grounded.size(), 3U);
  EXPECT_TRUE(ask("hello, how are you?").grounded.empty());
  EXPECT_TRUE(ask("I don't know what I want to do. Where do I begin?").grounded.empty());
}

TEST_F(Grounding, fits_the_shared_interests_within_the_limits) {
  shared.scores = Scores{95, 40, 10, 20, 20, 45};
  const Prompt practical = ask("which jobs without a degree pay 60k?");
  shared.scores = Scores{10, 30, 20, 95, 60, 40};
  const Prompt social = ask("which jobs without a degree pay 60k?");
  EXPECT_NE(ids(practical), ids(social));
  for (const auto* prompt : {&practical, &social})
    for (const Career* career : prompt->grounded) {
      EXPECT_LE(career->education_level, 2) << career->id;
      EXPECT_GE(career->pay_middle(), 60'000) << career->id;
    }
  ASSERT_FALSE(practical.grounded.empty());
  EXPECT_EQ(practical.grounded.front()->interests.front(), 'R');
}

TEST_F(Grounding, gives_each_occupation_with_link_pay_way_in_and_law) {
  const std::string said = all_of(ask("What do electricians earn?"));
  for (const char* part : {"[Electrician](/careers/electrician)", "$45,000 to $92,000", "4 to 5 years",
                           "required by law: State", "growing fast", "2025"})
    EXPECT_NE(said.find(part), std::string::npos) << part;
}

TEST_F(Grounding, tells_of_the_person_nothing_that_was_not_shared) {
  const std::string bare = all_of(ask("What do electricians earn?"));
  for (const char* part : {"Interest scores", "has shared", "BEGIN SKILLS", "BEGIN NOTE", "BEGIN RESUME"})
    EXPECT_EQ(bare.find(part), std::string::npos) << part;
  shared.note = "I am 50";
  const std::string note = all_of(ask("What do electricians earn?"));
  EXPECT_NE(note.find("I am 50"), std::string::npos);
  for (const char* part : {"Interest scores", "BEGIN SKILLS", "BEGIN RESUME"})
    EXPECT_EQ(note.find(part), std::string::npos);
}

TEST(Questions, tell_what_is_refused_from_what_is_asked) {
  EXPECT_FALSE(read_question("I don't know what to do").limits());
  EXPECT_FALSE(read_question("I can't find a job as a welder").limits());
  EXPECT_EQ(read_question("I earn 45k and am 50").pay_min, 45'000);
  EXPECT_EQ(read_question("I am 50 and work 40 hours").pay_min, 0);
  EXPECT_EQ(read_question("at least $72,500 a year").pay_min, 72'500);
  EXPECT_EQ(read_question("$30 an hour").pay_min, 62'400);
  EXPECT_EQ(read_question("do I need a degree for that?").education_max, std::nullopt);
  EXPECT_EQ(read_question("I left school at 16").education_max, index_of(kEducation, "secondary"));
  const Question question = read_question("I hate maths, but computers are fine");
  EXPECT_EQ(question.context[4], 0) << "the sentence turned";
  EXPECT_NE(std::find(question.skip.begin(), question.skip.end(), "mathematics"), question.skip.end());
}

}  // namespace
}  // namespace counselor
