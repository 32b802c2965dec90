// What is said of an interview's answer without a model: by what its question asks for.
#include <algorithm>

#include "app/backend/interview.h"
#include "app/backend/text.h"

namespace counselor {
namespace {

bool any(const std::string& padded, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    return padded.find(" " + std::string(phrase) + " ") != std::string::npos;
  });
}
int count(const std::string& padded, std::string_view phrase) {
  int out = 0;
  const std::string whole = " " + std::string(phrase) + " ";
  for (auto at = padded.find(whole); at != std::string::npos; at = padded.find(whole, at + whole.size() - 1)) ++out;
  return out;
}

enum class Asks { kStory, kPlan, kReasons, kQuestions };

Asks what_it_asks(std::string_view question) {
  const std::string padded = " " + fold(question) + " ";
  if (any(padded, {"like to ask us", "questions for us", "like to ask me", "ask us"})) return Asks::kQuestions;
  if (padded.starts_with(" why ") || any(padded, {"why do you want", "why this"})) return Asks::kReasons;
  if (padded.starts_with(" suppose ") || any(padded, {"how would you", "what would you", "how do you", "imagine"}))
    return Asks::kPlan;
  return Asks::kStory;
}

Check line(const char* id, const char* title, bool good, std::string praise, std::string lack, std::string advice,
           const char* otherwise = "improve") {
  return {id,
          title,
          good ? "good" : otherwise,
          good ? std::move(praise) : std::move(lack),
          good ? std::string() : std::move(advice),
          {}};
}

/// A count or a share of something; a year alone says only when.
bool has_figure(const std::vector<std::string_view>& all, std::string_view answer) {
  if (answer.find('%') != std::string_view::npos || answer.find('$') != std::string_view::npos) return true;
  static constexpr std::string_view kNumbers =
      " two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty hundred "
      "thousand million half third quarter double doubled twice tripled percent dozen ";
  return std::any_of(all.begin(), all.end(), [](std::string_view word) {
    const bool digits = word.find_first_of("0123456789") != std::string_view::npos;
    const bool year = word.size() == 4 && (word.starts_with("19") || word.starts_with("20")) &&
                      word.find_first_not_of("0123456789") == std::string_view::npos;
    return (digits && !year) || kNumbers.find(" " + std::string(word) + " ") != std::string_view::npos;
  });
}

Check length_of(std::size_t count, Asks asks) {
  const std::string used = "You used " + std::to_string(count) + (count == 1 ? " word." : " words.");
  const std::size_t least = asks == Asks::kQuestions ? 12 : 40;
  if (count < least)
    return {"length",
            "Length",
            "improve",
            used + (asks == Asks::kQuestions ? " One or two whole questions have more."
                                             : " A spoken answer of one to two minutes has about 120 to 260."),
            asks == Asks::kStory  ? "Add what the situation was and what came of it."
            : asks == Asks::kPlan ? "Add your first three steps, and how you would know that it went well."
                                  : "Say one thing more, and make it particular to this post.",
            {}};
  if (count > 320)
    return {"length",
            "Length",
            "improve",
            used + " That takes more than two and a half minutes to say.",
            "Cut what the listener does not need to understand the result.",
            {}};
  if (count < 80 && asks != Asks::kQuestions)
    return {"length",
            "Length",
            "info",
            used + " That is about half a minute: short, and enough only if nothing is missing.",
            "There is room for one more concrete thing.",
            {}};
  return {"length", "Length", "good", used + " That is good to listen to.", "", {}};
}

void check_story(const std::string& padded, std::vector<Check>& out) {
  out.push_back(line(
      "situation", "A real situation",
      any(padded, {"when",      "while",     "during",    "at the time", "last year",   "last month", "last summer",
                   "in my",     "we had",    "there was", "one day",     "once",        "was asked",  "my last",
                   "years ago", "at school", "at work",   "at my",       "one evening", "one morning"}),
      "You place your answer in a situation.", "It is not clear when and where this happened.",
      "Begin with one sentence: where, when, what was at stake."));
  const int own = count(padded, "i") + count(padded, "ive") + count(padded, "id");
  const int ours = count(padded, "we") + count(padded, "our") + count(padded, "us");
  out.push_back(own > 0 && ours > own * 2 ? line("own-part", "Your own part", false, "",
                                                 "There is much more we than I: it is not clear what you did yourself.",
                                                 "Say I where it was you.")
                                          : line("own-part", "Your own part", own > 0, "You say what you did yourself.",
                                                 "It is not clear what you did yourself.", "Say I where it was you."));
  out.push_back(
      line("result", "A result",
           any(padded, {"so that",    "result", "resulted", "as a result", "in the end", "finally",  "led to",
                        "since then", "saved",  "improved", "increased",   "reduced",    "learned",  "learnt",
                        "finished",   "solved", "won",      "happy",       "grew",       "achieved", "afterwards",
                        "thanked",    "fixed",  "passed",   "on time",     "ended",      "now they", "came back"}),
           "You say what came of it.", "The answer ends before its result.",
           "End with what was different afterwards, or what you learnt."));
}

void check_plan(const std::string& padded, std::vector<Check>& out) {
  out.push_back(line("steps", "Steps in order",
                     any(padded, {"first", "firstly", "begin by", "begin with", "start by", "start with", "before"}) &&
                         any(padded, {"then", "next", "after", "afterwards", "second", "secondly", "finally", "once"}),
                     "You name steps in an order.", "It is not clear what you would do first and what after it.",
                     "Say first, then, finally: three steps are enough."));
  out.push_back(line(
      "asking", "Finding out",
      any(padded, {"ask", "check", "find out", "look at", "listen", "talk", "speak", "measure", "read", "clarify"}),
      "You find out before you act.", "You act before you know.", "Say what you would ask or check first, and whom."));
}

void check_reasons(const std::string& padded, std::vector<Check>& out) {
  out.push_back(line("reasons", "Reasons",
                     any(padded, {"because", "since", "so that", "that is why", "thats why", "draws me", "i like",
                                  "i love", "i enjoy", "interests me", "reason"}),
                     "You give a reason.", "It does not say why.",
                     "Name one thing of the day-to-day work that draws you."));
  out.push_back(
      line("own-part", "Something that you did",
           any(padded, {"when i", "i did", "ive", "i have", "i worked", "i helped", "i built", "i learned", "i learnt",
                        "i tried", "i spent", "i made", "i was", "my last", "years", "volunteered", "i took"}),
           "You connect it with something that you did.", "Nothing in it shows that you have tried.",
           "Add one thing that you did already, however small."));
  out.push_back(line("pay", "Pay", !any(padded, {"salary", "money", "pays well", "the pay", "well paid", "earn more"}),
                     "You leave the pay for later.", "It speaks of pay.", "Keep the pay for the talk about the offer.",
                     "info"));
}

}  // namespace

std::vector<Check> check_answer(std::string_view question, std::string_view answer) {
  const std::string folded = fold(answer);
  const std::string padded = " " + folded + " ";
  const auto all = words(folded);
  const Asks asks = what_it_asks(question);
  std::vector<std::string_view> different(all);
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());

  // Too little, the same again and again, or the question itself: there is nothing to praise or to check further.
  if (all.size() < 8)
    return {{"length",
             "Length",
             "problem",
             all.empty() ? "There are no words in it."
                         : "You used " + std::to_string(all.size()) + (all.size() == 1 ? " word." : " words.") +
                               " That is too little to say anything about.",
             "Write it as you would say it, in whole sentences; one minute has about 120 words.",
             {}}};
  if (different.size() * 4 < all.size() || (all.size() >= 20 && different.size() < 8))
    return {{"content",
             "Content",
             "problem",
             "The same few words come again and again.",
             "Answer in sentences: what happened, what you did, what came of it.",
             {}}};
  if (const std::string asked = fold(question);
      asked.size() > 20 && folded.find(asked) != std::string::npos && all.size() < words(asked).size() + 8)
    return {{"content",
             "Content",
             "problem",
             "It repeats the question and says hardly anything more.",
             "Begin with your answer; the question is known.",
             {}}};

  std::vector<Check> out;
  out.push_back(length_of(all.size(), asks));
  if (asks == Asks::kStory) check_story(padded, out);
  if (asks == Asks::kPlan) check_plan(padded, out);
  if (asks == Asks::kReasons) check_reasons(padded, out);
  if (asks == Asks::kQuestions)
    out.push_back(line("asking", "A question", answer.find('?') != std::string_view::npos, "You ask something.",
                       "There is no question in it.", "Ask one thing that only people there can tell you."));
  if (asks == Asks::kStory)
    out.push_back(line("figures", "Figures", has_figure(all, answer), "A figure makes it believable.",
                       "There is no figure in it.", "How many, how long, how much? One figure is enough.", "info"));

  int filler = 0;
  for (const std::string_view phrase : {"um", "uh", "er", "basically", "actually", "you know", "kind of", "sort of",
                                        "i mean", "like i said", "literally", "or whatever", "and stuff"})
    filler += count(padded, phrase);
  if (filler >= 3)
    out.push_back({"filler",
                   "Filler words",
                   "improve",
                   std::to_string(filler) + " fillers, such as basically or kind of.",
                   "Leave them out and pause instead.",
                   {}});
  int hedges = 0;
  for (const std::string_view phrase : {"maybe", "probably", "i think", "i guess", "i suppose", "perhaps", "hopefully"})
    hedges += count(padded, phrase);
  if (hedges >= 3)
    out.push_back({"certainty",
                   "Certainty",
                   "improve",
                   "You hedge " + std::to_string(hedges) + " times (maybe, I think).",
                   "Say what you know plainly, and once what you do not.",
                   {}});
  if (any(padded, {"stupid", "idiot", "idiots", "hated my", "hate my", "terrible boss", "awful boss", "useless",
                   "incompetent"}))
    out.push_back({"tone",
                   "Tone",
                   "improve",
                   "It speaks ill of somebody.",
                   "Say what was difficult and what you did about it; let the listener judge.",
                   {}});
  return out;
}

}  // namespace counselor
