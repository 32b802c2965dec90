#include "app/backend/interview.h"

#include <algorithm>
#include <random>

#include "app/backend/text.h"

namespace counselor {
namespace {

std::string lower_first(std::string text) {
  if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z' && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] + 32);
  return text;
}

bool any(const std::string& folded, std::initializer_list<std::string_view> phrases) {
  const std::string padded = " " + folded + " ";
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    return padded.find(" " + std::string(phrase) + " ") != std::string::npos;
  });
}

}  // namespace

std::vector<Question> interview_questions(const Career& career, std::size_t count, std::uint32_t seed) {
  std::vector<Question> pool;
  const std::vector<std::string> story = {"Tell one situation, what you had to do, what you did, and what came of it.",
                                          "Keep to two minutes.", "End with a result, with a figure if there is one."};
  for (const Skill& skill : career.skills)
    pool.push_back({"", "skill",
                    "Tell me about a time when your " + skill.name + " made a difference. What did you do yourself?",
                    "Whether you have used " + skill.name + " in earnest: this occupation needs it at level " +
                        std::to_string(skill.level) + " of 5.",
                    skill.name, story});
  for (const auto& task : career.tasks)
    pool.push_back(
        {"",
         "situational",
         "Suppose that on your first Monday you are asked to do this: " + lower_first(task) + ". How would you begin?",
         "How you approach a usual task when not everything is known.",
         "",
         {"Ask first: what is the aim, who needs it, until when?", "Name your first three steps.",
          "Say how you would notice that it goes wrong."}});
  if (career.context[8] >= 3)
    pool.push_back({"", "behavioural", "Describe a moment of real pressure. What did you let go, and what not?",
                    "This work has pressure; they want to know your limits.", "", story});
  if (career.context[2] >= 3)
    pool.push_back({"", "behavioural",
                    "Tell me about a person with whom it was hard to work or to deal. What did you change?",
                    "Much of the day is with people.", "", story});
  if (career.context[6] >= 3)
    pool.push_back(
        {"",
         "situational",
         "The hours are irregular. How will you arrange the rest of your life around them?",
         "Whether you know what you are agreeing to.",
         "",
         {"Be honest about what does not work.", "Show that you have thought of sleep, family and travel."}});
  if (career.context[7] >= 3)
    pool.push_back({"", "behavioural", "Tell me about a decision that you made alone and later regretted, or defended.",
                    "You will often decide without anyone to ask.", "", story});
  pool.push_back({"", "behavioural", "What is a mistake from which you learnt something that you still use?",
                  "Whether you notice, own and repair mistakes.", "", story});
  pool.push_back({"", "behavioural",
                  "When did you last change your mind about something at work or in learning? What changed it?",
                  "Whether you can be taught.", "", story});
  std::mt19937 engine(seed);
  std::shuffle(pool.begin(), pool.end(), engine);

  std::vector<Question> out;
  out.push_back({"",
                 "motivation",
                 "Why do you want to be " + std::string(career.title.find_first_of("AEIOUaeiou") == 0 ? "an " : "a ") +
                     lower_first(career.title) + ", and why now?",
                 "Whether you know the work, and whether your reasons will last.",
                 "",
                 {"Name something about the day-to-day work that draws you, such as: " + lower_first(career.day),
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

std::vector<Check> check_answer(std::string_view answer) {
  const std::string folded = fold(answer);
  const auto count = words(folded).size();
  std::vector<Check> out;
  const std::string length = "You used " + std::to_string(count) + " words.";
  if (count < 40)
    out.push_back({"length",
                   "Length",
                   "improve",
                   length + " A spoken answer of one to two minutes has about 120 to 260.",
                   "Add what the situation was and what came of it.",
                   {}});
  else if (count > 320)
    out.push_back({"length",
                   "Length",
                   "improve",
                   length + " That takes more than two and a half minutes to say.",
                   "Cut what the listener does not need to understand the result.",
                   {}});
  else
    out.push_back({"length", "Length", "good", length + " That is good to listen to.", "", {}});
  const bool situation = any(folded, {"when", "while", "during", "at the time", "last year", "in my", "we had",
                                      "there was", "one day", "once", "was asked", "my last"});
  out.push_back({"situation",
                 "A real situation",
                 situation ? "good" : "improve",
                 situation ? "You place your answer in a situation." : "It is not clear when and where this happened.",
                 situation ? "" : "Begin with one sentence: where, when, what was at stake.",
                 {}});
  const bool own = any(folded, {"i", "my", "ive", "id"});
  out.push_back({"own-part",
                 "Your own part",
                 own ? "good" : "improve",
                 own ? "You say what you did yourself." : "It is not clear what you did yourself.",
                 own ? "" : "Say I where it was you.",
                 {}});
  const bool result =
      any(folded, {"so that",    "result", "resulted", "as a result", "in the end", "finally", "led to",
                   "since then", "saved",  "improved", "increased",   "reduced",    "learned", "learnt",
                   "finished",   "solved", "won",      "worked",      "happy",      "grew",    "achieved"});
  out.push_back({"result",
                 "A result",
                 result ? "good" : "improve",
                 result ? "You say what came of it." : "The answer ends before its result.",
                 result ? "" : "End with what was different afterwards, or what you learnt.",
                 {}});
  const bool figures = std::any_of(folded.begin(), folded.end(), [](char c) { return c >= '0' && c <= '9'; });
  out.push_back({"figures",
                 "Figures",
                 figures ? "good" : "info",
                 figures ? "A figure makes it believable." : "There is no figure in it.",
                 figures ? "" : "How many, how long, how much? One figure is enough.",
                 {}});
  return out;
}

}  // namespace counselor
