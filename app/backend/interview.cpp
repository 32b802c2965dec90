#include "app/backend/interview.h"

#include <algorithm>
#include <random>

#include "app/backend/skill_guide.h"

namespace counselor {
namespace {

std::string lower_first(std::string text) {
  if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z' && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] + 32);
  return text;
}

/// "an electrician", "a UX designer", "a university lecturer": by how the word sounds.
std::string with_article(const std::string& title) {
  const std::string name = lower_first(title);
  const auto begins = [&](std::initializer_list<std::string_view> list) {
    return std::any_of(list.begin(), list.end(), [&](std::string_view head) { return name.starts_with(head); });
  };
  const bool vowel = name.find_first_of("aeiouAEIOU") == 0 && !begins({"uni", "use", "UX", "eu", "one"});
  return (vowel ? "an " : "a ") + name;
}

struct Scene {
  std::string_view field, text, why;
};
/// What happens in a field whatever the post is.
constexpr Scene kScenes[] = {
    {"agriculture", "A week of bad weather ruins your plan for the season. How would you go on?",
     "Whether you can plan anew with what is left."},
    {"agriculture", "You find a plant or an animal that looks ill, and the owner does not see it. What would you do?",
     "Whether you look closely and speak up."},
    {"arts", "A client says: I do not like it, but I cannot say why. What would you ask?",
     "Whether you can turn taste into something to work with."},
    {"arts", "You have two days for something that needs five. What would you leave out?",
     "Whether you know what the work lives from."},
    {"business", "Two departments want opposite things from you by Friday. How would you proceed?",
     "How you set priorities in the open."},
    {"business", "You notice that a report to the management is wrong, and it has already gone out. What would you do?",
     "Whether you put things right at once."},
    {"care", "Someone in your care tells you a secret that worries you. What would you do?",
     "Whether you know the limits of confidence."},
    {"care", "A relative is angry with you for something that you did not decide. How would you answer?",
     "Whether you stay kind and clear."},
    {"education", "A third of the group is bored and a third is lost. What would you do in the next ten minutes?",
     "Whether you notice learners, and can change a plan."},
    {"education", "A parent or a learner disputes a mark or an assessment. How would you handle it?",
     "Fairness, and whether you can explain a judgement."},
    {"engineering", "A test fails a week before delivery, and nobody knows why. How would you proceed?",
     "Whether you search by method under pressure."},
    {"engineering", "The cheapest solution meets the standard, barely. What would you tell the client?",
     "Judgement and honesty about margins."},
    {"finance", "A manager asks you to move a figure into the next quarter. What would you say?",
     "Integrity, and how you say no."},
    {"finance", "Two systems show different totals for the same month. Where would you begin?",
     "Whether you reconcile by method."},
    {"health", "A patient refuses the treatment that the team thinks right. How would you act?",
     "Respect, explanation, and knowing whom to call in."},
    {"health", "You see a colleague make a mistake that has harmed nobody so far. What would you do?",
     "Whether patients' safety comes before comfort."},
    {"hospitality", "The house is full, one colleague is ill, and a guest complains loudly. What would you do first?",
     "Order and kindness when all comes at once."},
    {"hospitality", "A guest wants something that you may not give. How would you say it?",
     "Whether you can refuse and still be a good host."},
    {"law", "Somebody provokes you in front of others. How would you react?", "Self-control and proportion."},
    {"law", "A friend asks you for information that you have through your work. What would you answer?", "Discretion."},
    {"manufacturing", "The line is waiting, and you are not sure that the part is good. What would you do?",
     "Whether quality and safety come before speed."},
    {"manufacturing", "A machine behaves oddly near the end of your shift. How would you hand it over?",
     "Care for those who come after you."},
    {"media", "Shortly before publication you doubt a fact. What would you do?",
     "Whether accuracy comes before speed."},
    {"media", "Something of yours gets a storm of angry comments. How would you respond?",
     "Composure, and willingness to check oneself."},
    {"public", "A citizen is upset about a rule that you did not make and must apply. How would you talk with them?",
     "Patience, fairness and plain words."},
    {"public", "A superior asks for something that seems against the rules. What would you do?",
     "Whether you know the proper way to object."},
    {"sales", "A customer is about to buy something that will not solve their problem. What would you do?",
     "Whether you sell for the long term."},
    {"sales", "You are far behind your target in the last week of the month. How would you use that week?",
     "Focus, and honesty under pressure."},
    {"science", "Your result contradicts what the group has published. How would you proceed?", "Rigour and courage."},
    {"science", "There is money for half of the samples that you wanted. How would you decide?",
     "Whether you can design within limits."},
    {"sport", "A talented person in your group will not follow the rules. What would you do?",
     "Fairness, and how you lead."},
    {"sport", "Someone wants to go on although they are hurt. How would you decide?",
     "Whether health comes before results."},
    {"technology",
     "A change of yours has just broken something that people are using. What would you do in the first ten minutes?",
     "Whether you limit the damage, tell people, then search."},
    {"technology", "You are asked to estimate something that you have never done. What would you answer?",
     "Honesty about uncertainty, and how you reduce it."},
    {"trades", "The customer wants it done in a way that breaks the code. How would you explain your no?",
     "Whether you hold to what is safe and legal."},
    {"trades", "You open a wall and find something that the plan does not show. What would you do?",
     "Whether you stop, look and ask."},
    {"transport", "You are late, and the safe way is the slow one. What would you do?",
     "Whether safety comes before the timetable."},
    {"transport", "A load, a door or an instrument does not look right just before you leave. How would you proceed?",
     "Whether you check rather than hope."},
};

const std::vector<std::string>& story_tips() {
  static const std::vector<std::string> tips = {
      "Tell one situation, what you had to do, what you did, and what came of it.", "Keep to two minutes.",
      "End with a result, with a figure if there is one."};
  return tips;
}
const std::vector<std::string>& plan_tips() {
  static const std::vector<std::string> tips = {
      "Ask first: what is the aim, who needs it, until when?", "Name your first three steps, in order.",
      "Say how you would notice that it goes wrong, and whom you would tell."};
  return tips;
}

void add_skills(const Career& career, std::vector<InterviewQuestion>& pool) {
  for (const Skill& skill : career.skills) {
    const SkillGuide* guide = skill_guide(skill.name);
    pool.push_back({"", "skill",
                    guide != nullptr
                        ? std::string(guide->question)
                        : "Tell me about a time when " + skill.name + " mattered. What did you do yourself?",
                    "Whether you have used " + skill.name + " in earnest: this occupation needs it at level " +
                        std::to_string(skill.level) + " of 5.",
                    skill.name, story_tips()});
  }
}

void add_conditions(const Career& career, std::vector<InterviewQuestion>& pool) {
  const auto behavioural = [&](const char* text, const char* why) {
    pool.push_back({"", "behavioural", text, why, "", story_tips()});
  };
  if (career.context[8] >= 3)
    behavioural("Describe a day on which everything came at once. What did you let go, and what not?",
                "This work has pressure; they want to know your limits.");
  if (career.context[2] >= 3)
    behavioural("Tell me about a person with whom it was hard to work or to deal. What did you change?",
                "Much of the day is with people.");
  if (career.context[6] >= 3)
    pool.push_back(
        {"",
         "situational",
         "The hours are irregular. How would you arrange the rest of your life around them?",
         "Whether you know what you are agreeing to.",
         "",
         {"Be honest about what does not work.", "Show that you have thought of sleep, family and travel."}});
  if (career.context[7] >= 3)
    behavioural("Tell me about a decision that you made alone and later regretted, or defended.",
                "You will often decide without anyone to ask.");
  behavioural("What is a mistake from which you learnt something that you still use?",
              "Whether you notice, own and repair mistakes.");
  behavioural("When did you last change your mind about something at work or in learning? What changed it?",
              "Whether you can be taught.");
}

}  // namespace

std::vector<InterviewQuestion> interview_questions(const Career& career, std::size_t count, std::uint32_t seed) {
  std::mt19937 engine(seed);
  std::vector<InterviewQuestion> skills, scenes, others, pool;
  add_skills(career, skills);
  for (const Scene& scene : kScenes)
    if (scene.field == career.field)
      scenes.push_back({"", "situational", std::string(scene.text), std::string(scene.why), "", plan_tips()});
  for (const auto& task : career.tasks)
    scenes.push_back({"", "situational",
                      "Suppose you are to do this for the first time by yourself: " + lower_first(task) +
                          ". How would you begin, and how would you know that it went well?",
                      "How you approach a usual task when not everything is known.", "", plan_tips()});
  add_conditions(career, others);
  // In turns, so that a short practice has some of each kind.
  for (auto* list : {&skills, &scenes, &others}) std::shuffle(list->begin(), list->end(), engine);
  for (std::size_t i = 0; i < std::max({skills.size(), scenes.size(), others.size()}); ++i)
    for (auto* list : {&skills, &scenes, &others})
      if (i < list->size()) pool.push_back(std::move((*list)[i]));

  std::vector<InterviewQuestion> out;
  out.push_back({"",
                 "motivation",
                 "Why do you want to be " + with_article(career.title) + ", and why now?",
                 "Whether you know the work, and whether your reasons will last.",
                 "",
                 {"Name something about the day-to-day work that draws you. A day may look like this: " + career.day,
                  "Connect it with something that you have done.", "Leave out what the pay is."}});
  for (auto& question : pool)
    if (out.size() + 1 < count) out.push_back(std::move(question));
  if (count > 1)
    out.push_back({"",
                   "closing",
                   "What would you like to ask us?",
                   "Whether you have looked into them and think ahead.",
                   "",
                   {"Ask what a good first half-year would look like.", "Ask what is hard about the work at present.",
                    "Ask about the next steps."}});
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i].id = career.id + "-" + std::to_string(seed) + "-" + std::to_string(i + 1);
  return out;
}

}  // namespace counselor
