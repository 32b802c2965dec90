#include "app/backend/match.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/backend/assessment.h"
#include "app/backend/text.h"

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

void add_interest_reasons(const Scores& person, const Career& career, Match& match) {
  for (const char letter : career.interests) {
    const auto type = kTypes.find(letter);
    if (person[type] >= 60)
      match.reasons.push_back({"interest", true,
                               "It is " + std::string(kTypeTexts[type].name) +
                                   " work, and that is one of your strong interests (" + std::to_string(person[type]) +
                                   " of 100)."});
    else if (person[type] < 35)
      match.reasons.push_back({"interest", false,
                               "It asks for " + std::string(kTypeTexts[type].name) +
                                   " interest, which is low in your profile (" + std::to_string(person[type]) +
                                   " of 100)."});
  }
}

/// Adds to `points` of `weights` what one wish is worth, and its reason. False where a strict wish is not met.
struct Tally {
  double points = 0, weights = 0;
  bool meets = true;
  void add(double weight, bool met, double partly = 0) {
    weights += weight;
    points += weight * (met ? 1 : partly);
    meets = meets && met;
  }
};

}  // namespace

int interest_fit(const Scores& person, const Career& career) {
  const auto mean = [](const Scores& scores) { return std::accumulate(scores.begin(), scores.end(), 0.0) / 6; };
  const double a = mean(person), b = mean(career.riasec);
  double both = 0, first = 0, second = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    both += (person[i] - a) * (career.riasec[i] - b);
    first += (person[i] - a) * (person[i] - a);
    second += (career.riasec[i] - b) * (career.riasec[i] - b);
  }
  // A flat profile prefers nothing: everything fits it half.
  const double shape = first < 1 || second < 1 ? 0 : both / std::sqrt(first * second);
  double level = 0, weights = 0;
  for (std::size_t i = 0; i < career.interests.size(); ++i) {
    const double weight = 3.0 - static_cast<double>(i);
    level += weight * person[kTypes.find(career.interests[i])];
    weights += weight;
  }
  return static_cast<int>(std::lround(std::clamp(0.7 * (shape + 1) * 50 + 0.3 * level / weights, 0.0, 100.0)));
}

bool same_skill(std::string_view a, std::string_view b) {
  const std::string first = " " + fold(a) + " ", second = " " + fold(b) + " ";
  if (first.size() <= 2 || second.size() <= 2) return false;
  return first.find(second) != std::string::npos || second.find(first) != std::string::npos;
}

std::vector<Match> match_careers(const Catalogue& catalogue, const MatchWishes& wishes, std::size_t& total) {
  std::vector<Match> out;
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
                                         : "It usually takes more schooling than you want: " + career.education + "."});
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
        if (std::any_of(wishes.skills.begin(), wishes.skills.end(),
                        [&](const auto& own) { return same_skill(own, skill.name); }))
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
    match.score = static_cast<int>(std::lround(score / weights));
    if (match.reasons.empty())
      match.reasons.push_back(
          {"interest", true, "Its interests (" + career.interests + ") lie near the middle of your profile."});
    std::stable_sort(match.reasons.begin(), match.reasons.end(),
                     [](const Reason& a, const Reason& b) { return a.in_favour > b.in_favour; });
    out.push_back(std::move(match));
  }
  std::stable_sort(out.begin(), out.end(), [](const Match& a, const Match& b) { return a.score > b.score; });
  total = out.size();
  if (out.size() > wishes.limit) out.resize(wishes.limit);
  return out;
}

}  // namespace counselor
