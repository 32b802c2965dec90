#include "app/backend/search.h"

#include <algorithm>
#include <array>
#include <set>

#include "app/backend/text.h"

namespace counselor {
namespace {

std::string folded_once(std::string_view text) { return one_spelling(fold(text)); }
std::string padded(std::string_view text) { return " " + folded_once(text) + " "; }

/// 2 for a whole word, 1 for a prefix, else 0.
int hit(const std::string& text, const std::string& prefix) {
  const auto at = text.find(prefix);
  if (at == std::string::npos) return 0;
  return text.find(prefix + " ", at) != std::string::npos ? 2 : 1;
}

/// Words of a search that only say that one is searching.
bool filler(std::string_view word) {
  static constexpr std::string_view kFiller =
      " a an and as at be become becoming career careers for from how i in into job jobs like my of on or position "
      "role "
      "that the to want with work working works ";
  return kFiller.find(" " + std::string(word) + " ") != std::string_view::npos;
}

/// The words to find, each as itself and as its singular.
struct Word {
  std::string prefix, alone;
};

/// More words are a text and no search; fifty single letters would keep everybody else waiting for 50 ms.
constexpr std::size_t kMostSought = 12;

std::vector<Word> sought(const std::string& folded) {
  std::vector<Word> out;
  const auto all = words(folded);
  const bool only_filler = std::all_of(all.begin(), all.end(), filler);
  for (const auto word : all) {
    if (out.size() == kMostSought) break;
    Word next{" " + std::string(word), " " + singular(word)};
    const bool again =
        std::any_of(out.begin(), out.end(), [&](const Word& other) { return other.prefix == next.prefix; });
    if (!again && (only_filler || !filler(word))) out.push_back(std::move(next));
  }
  return out;
}

/// Single slips between two words (wrong, missing, added, swapped letters), or `most` + 1 where there are more.
std::size_t slips(std::string_view a, std::string_view b, std::size_t most) {
  if (a.size() > b.size() + most || b.size() > a.size() + most || a.size() > 30 || b.size() > 30) return most + 1;
  std::array<std::array<std::size_t, 32>, 32> d{};
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

/// Whether one of the names, which two spaces part, has all of its words among `stems`: then it is what is meant.
bool named(std::string_view names, const std::vector<std::string>& stems) {
  while (!names.empty()) {
    const auto end = std::min(names.find("  "), names.size());
    const std::string name = " " + std::string(names.substr(0, end)) + " ";
    const auto parts = words(name);
    if (!parts.empty() && std::all_of(parts.begin(), parts.end(), [&](std::string_view word) {
          return std::any_of(stems.begin(), stems.end(), [&](const std::string& stem) {
            return (" " + std::string(word) + " ").starts_with(stem);
          });
        }))
      return true;
    names.remove_prefix(std::min(end + 2, names.size()));
  }
  return false;
}

/// What people search for beside titles and skills: conditions, in the words that they use.
std::string conditions(const Career& career) {
  std::string out;
  if (remote_friendly(career)) out += " remote work from home";
  if (career.context[1] >= 3) out += " outdoors outside nature";
  if (career.education_level <= index_of(kEducation, "vocational")) out += " no degree without a degree";
  if (career.context[2] <= 1) out += " introvert quiet";
  return out;
}

}  // namespace

Search::Search(const Catalogue& catalogue) {
  entries_.reserve(catalogue.all().size());
  for (const Career& career : catalogue.all()) {
    Entry entry{&career, padded(career.title), "", "", ""};
    std::string also = "  ", skills,
                rest = career.summary + " " + career.day + " " + career.field_label + " " + career.outlook +
                       conditions(career);
    for (const auto* list : {&career.also_called, &career.find_by})
      for (const auto& name : *list) also += fold(name) + "  ";
    for (const auto& skill : career.skills) skills += skill.name + " ";
    for (const auto& task : career.tasks) rest += " " + task;
    entry.also = one_spelling(std::move(also));
    entry.skills = padded(skills);
    entry.rest = padded(rest);
    entries_.push_back(std::move(entry));
  }
}

const std::vector<std::string_view>& Search::vocabulary() const {
  std::call_once(vocabulary_made_, [this] {
    for (const Entry& entry : entries_)
      for (const auto* text : {&entry.title, &entry.also, &entry.skills})
        for (const auto word : words(*text))
          if (word.size() > 3) vocabulary_.push_back(word);
    std::sort(vocabulary_.begin(), vocabulary_.end());
    vocabulary_.erase(std::unique(vocabulary_.begin(), vocabulary_.end()), vocabulary_.end());
  });
  return vocabulary_;
}

std::string Search::corrected(const std::string& folded) const {
  std::string out;
  int left = 4;  // a long text of nonsense is not worth more
  for (const auto word : words(folded)) {
    std::string best(word);
    const bool known = std::any_of(vocabulary().begin(), vocabulary().end(),
                                   [&](std::string_view other) { return other.starts_with(word); });
    if (!known && word.size() > 3 && left-- > 0) {
      std::size_t least = word.size() >= 8 ? 3 : 2;
      for (const auto& other : vocabulary())
        if (const auto apart = slips(word, other, least - 1); apart < least) {
          least = apart;
          best = other;
        }
    }
    out += (out.empty() ? "" : " ") + best;
  }
  return out;
}

std::vector<std::pair<int, const Career*>> Search::ranked(const CareerQuery& query, const std::string& folded,
                                                          std::size_t least) const {
  const auto prefixes = sought(folded);
  const std::string one = singular(folded);
  const std::string first = " " + folded, alone = " " + one, name = "  " + folded + "  ", other = "  " + one + "  ";
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
    std::size_t hits = 0;
    for (const Word& word : prefixes) {
      const auto best = [&](const std::string& text) {
        const int here = hit(text, word.prefix);
        return here == 2 || word.alone == word.prefix ? here : std::max(here, hit(text, word.alone));
      };
      // One or two letters begin too many words to be looked for in whole sentences.
      const bool tiny = word.prefix.size() <= 3;
      int here =
          best(entry.title) * 40 + best(entry.also) * 25 + best(entry.skills) * 10 + (tiny ? 0 : best(entry.rest) * 4);
      // The skill that an occupation names first is what it is about.
      if (entry.skills.starts_with(word.prefix)) here += 15;
      hits += here > 0 ? 1 : 0;
      score += here;
    }
    if (hits < std::min(least, prefixes.size())) continue;
    if (!folded.empty()) {
      if (entry.title.starts_with(first) || entry.title.starts_with(alone)) score += 200;
      if (entry.title == first + " " || entry.title == alone + " ") score += 400;
      if (entry.also.find(name) != std::string::npos || entry.also.find(other) != std::string::npos)
        score += 350;
      else if (entry.also.find(alone) != std::string::npos)
        score += 60;
    }
    found.emplace_back(score, &career);
  }
  return found;
}

std::vector<const Career*> Search::find(const CareerQuery& query) const {
  std::string folded = folded_once(query.text);
  const auto wanted = words(folded).size();
  if (!query.text.empty() && wanted == 0) return {};  // only punctuation: nothing can match it
  auto found = ranked(query, folded, wanted);
  if (found.empty() && wanted > 0) {
    folded = corrected(folded);
    found = ranked(query, folded, wanted);
    const auto all = sought(folded).size();
    for (auto least = all; found.empty() && least > (all + 1) / 2; --least) found = ranked(query, folded, least - 1);
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

std::vector<const Career*> Search::about(const Question& question, std::size_t most) const {
  std::vector<std::pair<int, const Career*>> found, allowed;
  for (const Entry& entry : entries_) {
    const Career& career = *entry.career;
    int score = 0;
    int hits = 0;
    for (const auto& stem : question.about) {
      const int here = (hit(entry.title, stem) > 0 ? 12 : 0) + (hit(entry.also, stem) > 0 ? 8 : 0) +
                       (hit(entry.skills, stem) > 0 ? 5 : 0) + (hit(entry.rest, stem) > 0 ? 1 : 0);
      score += here;
      hits += here > 0 ? 1 : 0;
    }
    if (question.type != 0 && !career.interests.empty()) {
      if (career.interests.front() == question.type)
        score += 4;
      else if (career.interests.find(question.type) == std::string::npos)
        score -= 4;
    }
    if (hits > 1) score += 8 * (hits - 1);  // who names two things means where they meet
    if (named(entry.title, question.about) || named(entry.also, question.about)) score += 30;
    const bool refused = std::any_of(question.unwanted.begin(), question.unwanted.end(), [&](const std::string& stem) {
      return hit(entry.title, stem) > 0 || hit(entry.also, stem) > 0;
    });
    if (refused) continue;
    if (score >= 5) found.emplace_back(score, &career);
    if (question.allows(career)) allowed.emplace_back(score, &career);
  }
  if (question.limits()) {
    std::vector<std::pair<int, const Career*>> both;
    for (const auto& one : allowed)
      if (one.first >= 5) both.push_back(one);
    // Words and limits together; limits alone where no word says more; words alone where the limits leave nothing.
    if (!both.empty())
      found = std::move(both);
    else if (found.empty() && (question.about.empty() || question.bounds()))
      found = std::move(allowed);
  }
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    if (a.first / 4 != b.first / 4) return a.first > b.first;  // nearly level: what has a future, then what pays
    if (!question.limits()) return a.first > b.first;
    if (!question.well_paid && a.second->growth != b.second->growth) return a.second->growth > b.second->growth;
    if (!question.well_paid && question.pay_min == 0 && a.second->education_level != b.second->education_level)
      return a.second->education_level < b.second->education_level;  // the nearest first
    return a.second->pay_middle() > b.second->pay_middle();
  });
  std::vector<const Career*> out;
  std::set<std::string_view> fields;
  const bool broad = !found.empty() && found.front().first < 5;  // limits alone: something of each field
  for (const auto& [score, career] : found)
    if (out.size() < most && score * 3 >= found.front().first && (!broad || fields.insert(career->field).second))
      out.push_back(career);
  return out;
}

}  // namespace counselor
