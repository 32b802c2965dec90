#include "app/backend/plan.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "app/backend/match.h"

namespace counselor {
namespace {

/// Hours of practice from one level to the next: a rule of thumb of ours (knowing of it, doing it with help, doing it
/// alone, well, very well).
constexpr std::array<int, 5> kHours = {6, 14, 30, 50, 80};
/// No plan goes on for ever: beyond level 4 one learns at work.
constexpr int kMostLevel = 4;

int hours_between(int have, int need) {
  int out = 0;
  for (int level = have; level < std::min(need, kMostLevel); ++level) out += kHours[static_cast<std::size_t>(level)];
  return out;
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

}  // namespace

Plan plan_learning(const Career& career, const std::vector<Skill>& own, int hours_per_week) {
  Plan out;
  out.hours_per_week = hours_per_week;
  int needed = 0, had = 0;
  for (const Skill& skill : career.skills) {
    GapLine line{skill.name, 0, skill.level};
    for (const Skill& mine : own)
      if (same_skill(mine.name, skill.name)) line.have = std::max(line.have, mine.level);
    needed += line.need;
    had += std::min(line.have, line.need);
    out.gap.push_back(std::move(line));
  }
  out.readiness = needed == 0 ? 100 : static_cast<int>(std::lround(100.0 * had / needed));
  std::stable_sort(out.gap.begin(), out.gap.end(),
                   [](const GapLine& a, const GapLine& b) { return a.gap() > b.gap(); });

  int week = 1;
  const auto add = [&](std::string title, int hours, std::vector<std::string> skills, std::vector<std::string> actions,
                       std::string evidence) {
    const int weeks = std::max(1, (hours + hours_per_week - 1) / hours_per_week);
    out.milestones.push_back({static_cast<int>(out.milestones.size()) + 1, week, week + weeks - 1, hours,
                              std::move(title), std::move(evidence), std::move(skills), std::move(actions)});
    week += weeks;
    out.total_hours += hours;
  };

  add("See the work as it is", 6, {},
      {"Read the whole page of " + career.title + " in the explorer and two that are related to it.",
       "Talk with two people who do this work; ask what they would learn first today.",
       "Write down what draws you and what puts you off."},
      "Half a page: why this work, and which doubts you will test.");
  for (const GapLine& line : out.gap) {
    const int hours = hours_between(line.have, line.need);
    if (hours == 0) continue;
    std::vector<std::string> actions;
    if (line.have == 0) actions.push_back("Take one introductory course or book on " + line.skill + " and finish it.");
    if (line.have < 3 && line.need >= 3)
      actions.push_back("Practise " + line.skill + " twice a week on small tasks of your own, and keep what you make.");
    if (line.need >= 4)
      actions.push_back("Do one larger piece of work that needs " + line.skill +
                        ", and have someone experienced look at it.");
    if (actions.empty())
      actions.push_back("Practise " + line.skill + " in a real task, and write down what went wrong.");
    actions.push_back("Rate yourself anew, from 0 to 5.");
    const int target = std::min(line.need, kMostLevel);
    add("Bring " + line.skill + " from " + std::to_string(line.have) + " to " + std::to_string(target), hours,
        {line.skill}, std::move(actions),
        target <= 2   ? "You can explain " + line.skill + " and do a simple task with help."
        : target == 3 ? "You can do everyday " + line.skill + " alone, and show one result."
                      : "You can show a result in " + line.skill + " that someone in the trade calls good.");
  }
  std::vector<std::string> tasks(career.tasks.begin(),
                                 career.tasks.begin() + std::min<std::ptrdiff_t>(2, std::ssize(career.tasks)));
  std::vector<std::string> lead;
  for (const GapLine& line : out.gap)
    if (lead.size() < 3) lead.push_back(line.skill);
  add("Prove it in one piece of work", 20, lead,
      {"Choose a task as this occupation does it, such as: " + tasks.front() + ".",
       "Do it for a real person or organization, however small.",
       "Describe it in ten lines: aim, what you did, result."},
      "A piece of work that you can show, with someone who will speak for it.");
  add("Apply", 10, {},
      {"Rewrite your résumé for " + career.title + " and have it checked here.",
       "Practise the interview with questions for this occupation.",
       "Send five applications, or ask five people for a trial day."},
      "Five applications sent, and what you learnt from each answer.");
  out.total_weeks = week - 1;

  if (career.education_level >= 2)
    out.notes.push_back("The usual way into this occupation is: " + career.education +
                        ". The plan prepares you for it and does not replace it.");
  std::vector<std::string> beyond;
  for (const GapLine& line : out.gap)
    if (line.need > kMostLevel && line.have < line.need) beyond.push_back(line.skill);
  if (!beyond.empty()) out.notes.push_back("The highest level of " + list(beyond) + " comes with years in the work.");
  if (out.total_weeks > 52)
    out.notes.push_back("At " + std::to_string(hours_per_week) +
                        " hours a week this takes more than a year: look for a course, an apprenticeship or work that "
                        "pays while you learn.");
  out.notes.push_back("The hours are this service's own rule of thumb, not a promise.");
  return out;
}

}  // namespace counselor
