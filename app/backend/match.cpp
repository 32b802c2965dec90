#include "app/backend/match.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "app/backend/assessment.h"
#include "app/backend/skill_guide.h"

namespace counselor {
namespace {

const char* context_words(std::size_t side) {
  static constexpr const char* kWords[9] = {
      "indoor work",      "work outdoors", "contact with people",        "bodily effort",
      "work at a screen", "travel",        "shifts, nights or weekends", "room to decide alone",
      "pressure"};
  return kWords[side];
}

std::string money(int dollars) {
  std::string text = std::to_string(dollars);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return "$" + text;
}

double mean_of(const Scores& scores) { return std::accumulate(scores.begin(), scores.end(), 0.0) / 6; }

/// What speaks for and against it is held against the person's own level: who answers everything gladly has not six
/// strong interests, and who is sparing with praise has some all the same.
void add_interest_reasons(const Scores& person, const Career& career, Match& match) {
  if (undifferentiated(person)) {
    match.reasons.push_back({"interest", true,
                             "Your answers set no kind of work apart yet, so your interests speak neither for nor "
                             "against it."});
    return;
  }
  const double mean = mean_of(person);
  const auto [least, most] = std::minmax_element(person.begin(), person.end());
  const double range = *most - *least;  // who differs little between the types says something with little
  for (std::size_t i = 0; i < career.interests.size(); ++i) {
    const auto type = kTypes.find(career.interests[i]);
    const std::string name = kTypeTexts[type].name, score = " (" + std::to_string(person[type]) + " of 100)";
    const std::string part = i == 0 ? "At its core it is " : "Part of it is ";
    if (person[type] >= mean + std::min(10.0, range / 3))
      match.reasons.push_back({"interest", true, part + name + " work, which draws you more than most" + score + "."});
    else if (person[type] <= mean - std::min(15.0, range / 2.5) && person[type] < 50)
      match.reasons.push_back({"interest", false, part + name + " work, which draws you less than most" + score + "."});
  }
}

/// Adds to `points` of `weights` what one wish is worth. What goes against a wish also costs a share of the whole, or
/// strong interests would outweigh every wish.
struct Tally {
  double points = 0, weights = 0, left = 1;
  bool meets = true;
  void add(double weight, bool met, double partly = 0) {
    weights += weight;
    points += weight * (met ? 1 : partly);
    if (!met) left *= partly > 0 ? 0.9 : weight >= 2 ? 0.65 : 0.85;
    meets = meets && met;
  }
};

/// The best first. What is level is dealt out by fields in turn, the better outlook first, so that no field fills the
/// page because of its place in the alphabet.
void mix_fields(std::vector<Match>& matches) {
  std::stable_sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
    return a.score != b.score ? a.score > b.score : a.career->growth > b.career->growth;
  });
  std::map<std::string_view, int> seen;
  for (std::size_t first = 0; first < matches.size();) {
    std::size_t last = first;
    while (last < matches.size() && matches[last].score == matches[first].score) ++last;
    std::vector<std::pair<int, Match>> level;
    for (std::size_t i = first; i < last; ++i) {
      const int turn = seen[matches[i].career->field]++;
      level.emplace_back(turn, std::move(matches[i]));
    }
    std::stable_sort(level.begin(), level.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = first; i < last; ++i) matches[i] = std::move(level[i - first].second);
    first = last;
  }
}

}  // namespace

int interest_fit(const Scores& person, const Career& career) {
  if (undifferentiated(person)) return 50;  // it prefers nothing: everything fits it half
  const double a = mean_of(person), b = mean_of(career.riasec);
  double both = 0, first = 0, second = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    both += (person[i] - a) * (career.riasec[i] - b);
    first += (person[i] - a) * (person[i] - a);
    second += (career.riasec[i] - b) * (career.riasec[i] - b);
  }
  const double shape = first < 1 || second < 1 ? 0 : both / std::sqrt(first * second);
  double level = 0, weights = 0;
  for (std::size_t i = 0; i < career.interests.size(); ++i) {
    const double weight = 3.0 - static_cast<double>(i);
    level += weight * person[kTypes.find(career.interests[i])];
    weights += weight;
  }
  return static_cast<int>(std::lround(std::clamp(0.7 * (shape + 1) * 50 + 0.3 * level / weights, 0.0, 100.0)));
}

bool undifferentiated(const Scores& scores) {
  const auto [least, most] = std::minmax_element(scores.begin(), scores.end());
  return *most - *least < kLeastDifference;
}

bool same_skill(std::string_view a, std::string_view b) { return same_usual_name(usual_name(a), usual_name(b)); }

std::vector<Match> match_careers(const Catalogue& catalogue, const MatchWishes& wishes, std::size_t& total) {
  std::vector<Match> out;
  std::vector<std::string> own;
  for (const auto& name : wishes.skills) own.push_back(usual_name(name));
  for (const Career& career : catalogue.all()) {
    Match match;
    match.career = &career;
    match.interests = interest_fit(wishes.scores, career);
    Tally tally;
    add_interest_reasons(wishes.scores, career, match);
    if (wishes.education_max) {
      const int over = career.education_level - *wishes.education_max;
      tally.add(2, over <= 0, over == 1 ? 0.4 : 0);
      match.reasons.push_back({"education", over <= 0,
                               over <= 0 ? "The usual way in stays within the schooling that you would go through: " +
                                               career.education + "."
                                         : "It usually takes more schooling than you want: " + career.education +
                                               ". That is about " + career.way_in.time + "."});
    }
    if (wishes.pay_min) {
      const bool met = career.pay_middle() >= *wishes.pay_min;
      tally.add(2, met, career.pay_high >= *wishes.pay_min ? 0.5 : 0);
      match.reasons.push_back(
          {"pay", met,
           "Pay is about " + money(career.pay_low) + " to " + money(career.pay_high) + " a year" +
               (met                                  ? "."
                : career.pay_high >= *wishes.pay_min ? ", so only the upper part reaches what you want."
                                                     : ", less than you want.")});
    }
    if (!wishes.growth.empty()) {
      const bool met = std::find(wishes.growth.begin(), wishes.growth.end(), career.growth) != wishes.growth.end();
      tally.add(1, met);
      match.reasons.push_back(
          {"growth", met,
           std::string("Its outlook is ") + kGrowth[static_cast<std::size_t>(career.growth)] + ": " + career.outlook});
    }
    if (!wishes.fields.empty()) {
      const bool met = std::find(wishes.fields.begin(), wishes.fields.end(), career.field) != wishes.fields.end();
      tally.add(1.5, met);
      match.reasons.push_back({"field", met,
                               met ? "It is in a field that you like: " + career.field_label + "."
                                   : "It is in another field: " + career.field_label + "."});
    }
    const bool firm = tally.meets;
    for (std::size_t side = 0; side < kContext.size(); ++side) {
      if (wishes.context[side] == 0) continue;
      const int much = career.context[side];
      const double met = wishes.context[side] > 0 ? much / 4.0 : 1 - much / 4.0;
      tally.weights += 1;
      tally.points += met;
      if (met <= 0.25) tally.left *= 0.85;
      if (met >= 0.75 || met <= 0.25)
        match.reasons.push_back(
            {"context", met >= 0.75,
             std::string(much >= 3   ? "It has much "
                         : much <= 1 ? "It has little "
                                     : "It has some ") +
                 context_words(side) +
                 (wishes.context[side] > 0 ? ", which you would like." : ", which you would rather not have.")});
      if (met >= 0.75 && wishes.context[side] < 0)
        match.reasons.back().text = std::string("It has little ") + context_words(side) + ", as you wish.";
    }
    if (wishes.strict && !firm) continue;
    if (tally.weights > 0) match.preferences = static_cast<int>(std::lround(100 * tally.points / tally.weights));
    if (!wishes.skills.empty()) {
      std::vector<std::string> shared;
      for (const auto& skill : career.skills)
        if (std::any_of(own.begin(), own.end(), [&](const auto& name) { return same_usual_name(name, skill.key); }))
          shared.push_back(skill.name);
      match.skills = static_cast<int>(
          std::lround(100.0 * static_cast<double>(shared.size()) / static_cast<double>(career.skills.size())));
      if (!shared.empty()) {
        std::string list;
        for (const auto& name : shared) list += (list.empty() ? "" : ", ") + name;
        match.reasons.push_back({"skills", true, "You bring skills that it needs: " + list + "."});
      }
    }
    double score = match.interests * 0.6, weights = 0.6;
    if (match.preferences) score += *match.preferences * 0.3, weights += 0.3;
    if (match.skills) score += *match.skills * 0.1, weights += 0.1;
    match.score = static_cast<int>(std::lround(score / weights * tally.left));
    if (match.reasons.empty())
      match.reasons.push_back(
          {"interest", true, "Its kinds of work (" + career.interests + ") neither draw you nor put you off."});
    std::stable_sort(match.reasons.begin(), match.reasons.end(),
                     [](const Reason& a, const Reason& b) { return a.in_favour > b.in_favour; });
    out.push_back(std::move(match));
  }
  mix_fields(out);
  total = out.size();
  if (out.size() > wishes.limit) out.resize(wishes.limit);
  return out;
}

}  // namespace counselor
