#include "app/backend/search.h"

#include <algorithm>

#include "app/backend/text.h"

namespace counselor {
namespace {

std::string padded(std::string_view text) { return " " + fold(text) + " "; }

/// 2 for a whole word, 1 for a prefix, else 0.
int hit(const std::string& text, const std::string& prefix) {
  const auto at = text.find(prefix);
  if (at == std::string::npos) return 0;
  return text.find(prefix + " ", at) != std::string::npos ? 2 : 1;
}

/// Words that say nothing about an occupation.
constexpr std::string_view kStopWords =
    " a about am an and any are as at be become becoming been being best but by can career careers could day days do "
    "does doing dont enjoy "
    "feel find for from get give go good had has have help how i if im in into is it its job jobs just know learn like "
    "little long look looking love "
    "make many me more most much my need new no not of on one or other our out pay people really right see should "
    "skills so some something start "
    "than that the their them then there they thing things think this time to too up use very want was way we well "
    "were what when where which who "
    "why will with without work working would year years you your ";

}  // namespace

Search::Search(const Catalogue& catalogue) {
  for (const Career& career : catalogue.all()) {
    Entry entry{&career, padded(career.title), "", "", ""};
    std::string also, skills, rest = career.summary + " " + career.day + " " + career.field_label;
    for (const auto& name : career.also_called) also += name + " ";
    for (const auto& skill : career.skills) skills += skill.name + " ";
    for (const auto& task : career.tasks) rest += " " + task;
    entry.also = padded(also);
    entry.skills = padded(skills);
    entry.rest = padded(rest);
    entries_.push_back(std::move(entry));
  }
}

std::vector<const Career*> Search::find(const CareerQuery& query) const {
  const std::string folded = fold(query.text);
  std::vector<std::string> prefixes;
  for (const auto word : words(folded)) prefixes.push_back(" " + std::string(word));
  if (!query.text.empty() && prefixes.empty()) return {};  // only punctuation: nothing can match it
  std::vector<std::pair<int, const Career*>> found;
  for (const Entry& entry : entries_) {
    const Career& career = *entry.career;
    const bool fits = std::all_of(query.interests.begin(), query.interests.end(),
                                  [&](char letter) { return career.interests.find(letter) != std::string::npos; }) &&
                      (query.fields.empty() ||
                       std::find(query.fields.begin(), query.fields.end(), career.field) != query.fields.end()) &&
                      (query.growth.empty() ||
                       std::find(query.growth.begin(), query.growth.end(), career.growth) != query.growth.end()) &&
                      (!query.education_max || career.education_level <= *query.education_max) &&
                      career.pay_middle() >= query.pay_min;
    if (!fits) continue;
    int score = 0;
    bool all = true;
    for (const auto& prefix : prefixes) {
      int here = hit(entry.title, prefix) * 40 + hit(entry.also, prefix) * 25 + hit(entry.skills, prefix) * 10 +
                 hit(entry.rest, prefix) * 4;
      // The skill that an occupation names first is what it is about.
      if (entry.skills.starts_with(prefix)) here += 15;
      all = all && here > 0;
      score += here;
    }
    if (!all) continue;
    if (!folded.empty() && entry.title.starts_with(" " + folded)) score += 200;
    if (!folded.empty() && entry.title == " " + folded + " ") score += 400;
    found.emplace_back(score, &career);
  }
  using Sort = CareerQuery::Sort;
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    switch (query.sort) {
      case Sort::kByRelevance:
        return a.first > b.first;
      case Sort::kByPay:
        return a.second->pay_middle() > b.second->pay_middle();
      case Sort::kByGrowth:
        return a.second->growth > b.second->growth;
      case Sort::kByTitle:
        return false;  // as the catalogue is
    }
    return false;
  });
  std::vector<const Career*> out;
  out.reserve(found.size());
  for (const auto& [score, career] : found) out.push_back(career);
  return out;
}

std::vector<const Career*> Search::about(std::string_view text, std::size_t most) const {
  const std::string folded = fold(text.substr(0, 4000));
  std::vector<std::string> stems;
  for (const auto word : words(folded)) {
    if (word.size() < 3 || kStopWords.find(" " + std::string(word) + " ") != std::string_view::npos) continue;
    // Nurse, nurses and nursing meet in their first letters.
    std::string stem = " " + std::string(word.size() > 6   ? word.substr(0, word.size() - 3)
                                         : word.size() > 4 ? word.substr(0, word.size() - 1)
                                                           : word);
    if (std::find(stems.begin(), stems.end(), stem) == stems.end()) stems.push_back(std::move(stem));
    if (stems.size() == 40) break;
  }
  std::vector<std::pair<int, const Career*>> found;
  for (const Entry& entry : entries_) {
    int score = 0;
    for (const auto& stem : stems)
      score += (hit(entry.title, stem) > 0 ? 12 : 0) + (hit(entry.also, stem) > 0 ? 8 : 0) +
               (hit(entry.skills, stem) > 0 ? 4 : 0) + (hit(entry.rest, stem) > 0 ? 1 : 0);
    if ((" " + folded + " ").find(entry.title) != std::string::npos) score += 30;
    if (score >= 4) found.emplace_back(score, entry.career);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const Career*> out;
  for (const auto& [score, career] : found)
    if (out.size() < most && score * 3 >= found.front().first) out.push_back(career);
  return out;
}

}  // namespace counselor
