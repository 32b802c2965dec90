#include "app/backend/plan.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "app/backend/skill_guide.h"

namespace counselor {
namespace {

/// Levels 0 to 5, as milestones call them.
constexpr std::array<const char*, 6> kLevelWords = {"nothing",       "aware",    "beginner",
                                                    "working alone", "advanced", "expert"};
/// Hours of practice from one level to the next: a rule of thumb of ours (knowing of it, doing it with help, doing it
/// alone, well, very well).
constexpr std::array<int, 5> kHours = {6, 14, 30, 50, 80};
/// No plan goes on for ever: beyond level 4 one learns at work.
constexpr int kMostLevel = 4;
/// What is learnt under supervision, one only prepares for by oneself.
constexpr int kMostUnsupervised = 2;
/// Where the work itself teaches, one is taken on with the basics of what matters most.
constexpr int kMostToBeTakenOn = 2;
constexpr std::size_t kSkillsToBeTakenOn = 2;

bool supervised(const std::string& skill) {
  const SkillGuide* guide = skill_guide(skill);
  return guide != nullptr && guide->supervised;
}

int hours_between(int have, int target) {
  int out = 0;
  for (int level = have; level < target; ++level) out += kHours[static_cast<std::size_t>(level)];
  return out;
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

std::string lower_first(std::string text) {
  if (text.size() > 1 && (text[1] == ' ' || (text[1] >= 'a' && text[1] <= 'z')) && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] + 32);
  return text;
}

bool by_law(const Career& career) { return !career.way_in.licence.empty(); }
bool mentions(const std::string& text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return text.find(part) != std::string::npos; });
}
/// Taken on with the basics, and taught at work within days or months; no training that one pays stands before it.
bool on_the_job(const Career& career) {
  return career.education_level <= index_of(kEducation, "secondary") &&
         mentions(career.way_in.time, {"day", "week", "month"}) &&
         (career.way_in.cost.starts_with("$0") || career.way_in.cost.starts_with("little"));
}
bool to_be_taken_on(const Career& career, const std::string& skill) {
  for (std::size_t i = 0; i < kSkillsToBeTakenOn; ++i)
    if (career.skills[i].name == skill) return true;
  return skill == "safety rules";
}
/// What one can show counts, whatever one has attended.
bool open_door(const Career& career) {
  return !by_law(career) &&
         mentions(career.education, {"portfolio", "showreel", "can show", "elf-taught", "earnt on the job"});
}
/// A training comes before the first day of work.
bool formal(const Career& career) {
  return !on_the_job(career) && !open_door(career) &&
         (career.education_level >= index_of(kEducation, "vocational") || by_law(career));
}
/// "Food-handler's card in many states": not everywhere.
std::string law(const Career& career) {
  const std::string& licence = career.way_in.licence;
  const bool somewhere =
      mentions(licence, {"many states", "most states", "some states", "a few states", "about", "nearly all",
                         "some programmes", "certified agencies", "some cities", "most posts"});
  return (somewhere ? "Depending on the place, the law asks for it: " : "The law asks for it: ") + licence;
}
bool apprenticeship(const Career& career) { return career.education.find("pprentice") != std::string::npos; }
/// Whether one can hurt people, oneself or the law by doing this work without the training.
bool hands_off(const Career& career) {
  return by_law(career) || std::any_of(career.skills.begin(), career.skills.end(),
                                       [](const Skill& skill) { return supervised(skill.name); });
}

Milestone see_the_work(const Career& career, bool known) {
  Milestone out;
  if (known) {
    out.title = "See what the work asks for today";
    out.hours = 3;
    out.actions = {"Read five current postings for " + career.title + " and mark what you cannot show yet.",
                   "Ask one person who does this work what has changed in the last two years."};
    out.evidence = "A list of at most five things that postings ask for and you cannot show.";
    return out;
  }
  out.title = "See the work as it is";
  out.hours = 6;
  out.actions = {"Read the whole page of " + career.title + " in the explorer and two that are related to it.",
                 "Talk with two people who do this work; ask what they would learn first today.",
                 "Spend half a day beside someone at work, or watch a full working day on video: " +
                     lower_first(career.tasks.front()) + ".",
                 "Write down what draws you and what puts you off."};
  out.evidence = "Half a page: why this work, and which doubts you will test.";
  return out;
}

Milestone way_in(const Career& career) {
  Milestone out;
  out.title = "Settle the way in";
  out.hours = on_the_job(career) ? 4 : 10;
  out.actions.push_back("The usual way: " + lower_first(career.education) + ". Time: about " + career.way_in.time +
                        ". Cost: about " + career.way_in.cost + " (our estimate for the United States).");
  if (by_law(career)) out.actions.push_back(law(career) + ". Read the rules of your own state; they differ.");
  if (apprenticeship(career))
    out.actions.emplace_back(
        "Ask two employers or unions and your state's apprenticeship office when they take people, and what the test "
        "is.");
  if (career.education_level >= index_of(kEducation, "associate"))
    out.actions.emplace_back(
        "Compare three programmes: accreditation, whole cost, how many finish, how many find work; ask for the grants "
        "before you count loans.");
  else if (on_the_job(career))
    out.actions.emplace_back("List ten employers near you, and which of them train new people.");
  else if (!apprenticeship(career))
    out.actions.emplace_back("Compare three courses or employers who train: cost, length, what the certificate opens.");
  if (on_the_job(career)) {
    out.evidence = "A list of ten employers, and the papers that they ask for.";
    return out;
  }
  out.actions.emplace_back("Choose one, write its closing date into your calendar, and what you need to be admitted.");
  out.evidence = "One page: the way you chose, its cost, how you pay for it, and the date by which you apply.";
  return out;
}

/// What no course or book begins: one does it.
bool by_doing(const std::string& skill) {
  static constexpr std::string_view kByDoing =
      "|communication|customer service|attention to detail|teamwork|calm under pressure|problem solving|patience|"
      "precision|memory|empathy|decision making|steady hands|physical fitness|self-management|practice discipline|"
      "creativity|record keeping|planning|scheduling|group leadership|working outdoors|active listening|storytelling|"
      "client relations|personal care|driving|";
  return kByDoing.find("|" + skill + "|") != std::string_view::npos;
}

std::vector<std::string> steps(const GapLine& line, int target) {
  const SkillGuide* guide = skill_guide(line.skill);
  std::vector<std::string> out;
  if (line.have == 0 && target >= 3 && !by_doing(line.skill))
    out.push_back("Begin with one introduction to " + line.skill + ", a course or a book, and finish it.");
  if (guide != nullptr)
    out.emplace_back(guide->practice);
  else
    out.push_back("Practise " + line.skill + " twice a week on small tasks of your own, and keep what you make.");
  if (supervised(line.skill) && line.need > target)
    out.emplace_back("Stop there: the rest is learnt in training and at work, under supervision.");
  else if (target >= 4)
    out.push_back("Then use it in one larger piece of work, and have someone experienced look at it.");
  out.emplace_back("Rate yourself anew, from 0 to 5.");
  return out;
}

std::string evidence(const GapLine& line, int target) {
  if (target <= 2) return "You can explain " + line.skill + " and do a simple task with help.";
  return target == 3 ? "You can do everyday " + line.skill + " alone, and show one result."
                     : "You can show a result in " + line.skill + " that someone in the occupation calls good.";
}

Milestone proof(const Career& career, const std::vector<std::string>& lead) {
  Milestone out;
  out.skills = lead;
  out.hours = 20;
  if (hands_off(career)) {
    out.title = "Get near the work, under guidance";
    out.actions = {"Volunteer, shadow or take a helper's job where it is done, for at least two full days: " +
                       lower_first(career.tasks.front()) + ".",
                   "Ask beforehand what you may do yourself and what only trained or licensed people may.",
                   "Write down three situations that you saw, and what you would have done."};
    out.evidence = "Someone in the occupation who knows you and would speak for you.";
    return out;
  }
  out.title = "Prove it in one piece of work";
  out.actions = {"Choose a task as this occupation does it, such as: " + lower_first(career.tasks.front()) + ".",
                 "Do it for a real person or organization, however small.",
                 "Describe it in ten lines: aim, what you did, result."};
  out.evidence = "A piece of work that you can show, with someone who will speak for it.";
  return out;
}

Milestone apply(const Career& career, bool ready) {
  Milestone out;
  out.hours = 10;
  if (formal(career) && !ready) {
    out.title = "Apply for the training";
    out.actions = {"Collect what admission asks for: records, references, tests, a background or health check.",
                   "Rewrite your résumé for " + career.title + " and have it checked here.",
                   "Apply in at least two places before their closing dates, and for money at the same time."};
    out.evidence = "Two applications sent, and a date by which you will know.";
    return out;
  }
  out.title = "Apply";
  out.actions = {"Rewrite your résumé for " + career.title + " and have it checked here.",
                 "Practise the interview with questions for this occupation.",
                 "Send five applications, or ask five people for a trial day."};
  if (by_law(career) && ready)
    out.actions.insert(out.actions.begin(), "Check that you have what the law asks for where you apply: " +
                                                lower_first(career.way_in.licence) + ".");
  out.evidence = "Five applications sent, and what you learnt from each answer.";
  return out;
}

std::vector<std::string> notes_of(const Plan& plan, const Career& career) {
  std::vector<std::string> out;
  if (formal(career))
    out.push_back("The training itself comes on top of these weeks: " + lower_first(career.education) + ", about " +
                  career.way_in.time + " and " + career.way_in.cost +
                  " (our estimate for the United States). The plan prepares you for it and does not replace it.");
  if (on_the_job(career))
    out.push_back("You are taken on with the basics and learn the rest at work: " + lower_first(career.education) +
                  " (" + career.way_in.time + "). Apply early; do not wait until the gap is closed.");
  if (by_law(career)) out.push_back(law(career) + ". Each state has rules of its own.");
  if (!career.way_in.licence_note.empty()) out.push_back("Licence: " + lower_first(career.way_in.licence_note) + ".");
  if (apprenticeship(career))
    out.emplace_back(
        "An apprenticeship pays from the first day; hours here are for getting one and for the start in it.");
  std::vector<std::string> guided, beyond;
  for (const GapLine& line : plan.gap) {
    if (line.have >= line.need) continue;
    if (supervised(line.skill))
      guided.push_back(line.skill);
    else if (line.need > kMostLevel)
      beyond.push_back(line.skill);
  }
  if (!guided.empty())
    out.push_back("Learnt under supervision beyond the basics, in training and at work: " + list(guided) +
                  ". Do not practise alone what can hurt somebody.");
  if (!beyond.empty()) out.push_back("The highest level of " + list(beyond) + " comes with years in the work.");
  if (plan.total_weeks > 52)
    out.push_back("At " + std::to_string(plan.hours_per_week) +
                  " hours a week this takes more than a year: look for a course, an apprenticeship or work that "
                  "pays while you learn.");
  out.emplace_back("The hours are this service's own rule of thumb, not a promise.");
  return out;
}

/// A skill's name as the first word of a line.
std::string in_front(std::string skill) {
  if (!skill.empty() && skill[0] >= 'a' && skill[0] <= 'z') skill[0] = static_cast<char>(skill[0] - 'a' + 'A');
  return skill;
}

}  // namespace

Plan plan_learning(const Career& career, const std::vector<Skill>& own, int hours_per_week) {
  Plan out;
  out.hours_per_week = hours_per_week;
  std::vector<std::pair<std::string, int>> mine;
  for (const Skill& skill : own) mine.emplace_back(usual_name(skill.name), skill.level);
  int needed = 0, had = 0;
  for (const Skill& skill : career.skills) {
    GapLine line{skill.name, 0, skill.level};
    const bool exact = std::any_of(mine.begin(), mine.end(), [&](const auto& one) { return one.first == skill.key; });
    for (const auto& [name, level] : mine)
      if (exact ? name == skill.key : same_usual_name(name, skill.key)) line.have = std::max(line.have, level);
    needed += line.need;
    had += std::min(line.have, line.need);
    out.gap.push_back(std::move(line));
  }
  out.readiness = needed == 0 ? 100 : static_cast<int>(std::lround(100.0 * had / needed));
  std::stable_sort(out.gap.begin(), out.gap.end(),
                   [](const GapLine& a, const GapLine& b) { return a.gap() > b.gap(); });

  int week = 1;
  const auto add = [&](Milestone stone) {
    const int weeks = std::max(1, (stone.hours + hours_per_week - 1) / hours_per_week);
    stone.number = static_cast<int>(out.milestones.size()) + 1;
    stone.from_week = week;
    stone.to_week = week + weeks - 1;
    week += weeks;
    out.total_hours += stone.hours;
    out.milestones.push_back(std::move(stone));
  };

  // Who can do nearly all of it has most likely had the training: the plan then leads to work, not to school.
  const bool ready = out.readiness >= 80;
  add(see_the_work(career, ready));
  const bool quick = on_the_job(career);
  if (!ready && (formal(career) || open_door(career) || by_law(career))) add(way_in(career));
  // Safety first, whatever the gap: nobody should practise the rest without it.
  std::vector<GapLine> order = out.gap;
  std::stable_partition(order.begin(), order.end(), [](const GapLine& line) { return line.skill == "safety rules"; });
  for (const GapLine& line : order) {
    const int most = quick ? kMostToBeTakenOn : supervised(line.skill) ? kMostUnsupervised : kMostLevel;
    const int target = std::min(line.need, most), hours = hours_between(line.have, target);
    if (hours == 0 || (quick && !to_be_taken_on(career, line.skill))) continue;
    Milestone stone;
    stone.title = in_front(line.skill) + ": from " + kLevelWords[static_cast<std::size_t>(line.have)] + " to " +
                  kLevelWords[static_cast<std::size_t>(target)];
    stone.hours = hours;
    stone.skills = {line.skill};
    stone.actions = steps(line, target);
    stone.evidence = evidence(line, target);
    add(std::move(stone));
  }
  std::vector<std::string> lead;
  for (const GapLine& line : out.gap)
    if (lead.size() < 3 && line.gap() > 0) lead.push_back(line.skill);
  if (!ready && !quick) add(proof(career, lead));
  add(apply(career, ready));
  out.total_weeks = week - 1;
  out.notes = notes_of(out, career);
  return out;
}

}  // namespace counselor
