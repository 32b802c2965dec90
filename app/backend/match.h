// How well occupations fit a person's interests and wishes, and why: plain arithmetic that can be explained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/backend/careers.h"

namespace counselor {

struct MatchWishes {
  Scores scores{};
  std::optional<int> education_max, pay_min;
  std::vector<int> growth;
  std::vector<std::string> fields, skills;
  std::array<int, 9> context{};  ///< -1 rather not, 1 gladly, as kContext
  bool strict = false;
  std::size_t limit = 20;
};

struct Reason {
  const char* kind;
  bool in_favour = true;
  std::string text;
};
struct Match {
  const Career* career = nullptr;
  int score = 0, interests = 0;
  std::optional<int> preferences, skills;
  std::vector<Reason> reasons;
};

/// The best first; `total` is how many there were before the limit.
std::vector<Match> match_careers(const Catalogue& catalogue, const MatchWishes& wishes, std::size_t& total);

/// 0…100: how alike the shapes of two profiles are (their correlation), with the overlap of the leading letters.
int interest_fit(const Scores& person, const Career& career);

/// Scores that lie so close together that their order is chance: one answer more or less would turn it round. With
/// eight answers a type from a scale of five, a score's standard error is about nine points of a hundred.
inline constexpr int kLeastDifference = 10;
bool undifferentiated(const Scores& scores);

/// Whether the names of two skills mean the same: folded, by their usual names, one holding all words of the other.
bool same_skill(std::string_view a, std::string_view b);

}  // namespace counselor
