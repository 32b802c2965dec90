// What a free question asks for: the words it is about, the limits it sets and what it rules out. Plain rules, in
// English.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/backend/careers.h"

namespace counselor {

struct Question {
  std::vector<std::string> about;     ///< beginnings of words, each with a blank before it
  std::vector<std::string> unwanted;  ///< the same, of what the person does not want
  std::optional<int> education_max;   ///< index into kEducation
  int pay_min = 0;                    ///< US dollars a year
  bool remote = false, part_time = false, well_paid = false;
  bool fresh_start = false;       ///< with a criminal record: without what checks of it stand before
  bool elsewhere = false;         ///< whether the person asks for something else than what the words name
  char type = 0;                  ///< the RIASEC letter of what the work should be like, if that is said
  std::vector<int> growth;        ///< indices into kGrowth
  std::array<int, 9> context{};   ///< -1 rather not, 1 gladly, as kContext
  std::vector<std::string> skip;  ///< skills that an occupation should not ask for

  bool limits() const;                      ///< whether it says anything but words
  bool bounds() const;                      ///< whether it sets bounds of schooling, pay, place or outlook
  bool allows(const Career& career) const;  ///< by its limits and what it rules out, not by its words
};

Question read_question(std::string_view text);

/// Whether the work can usually be done from home: all of it at a screen, none of it tied to a place.
bool remote_friendly(const Career& career);

/// "nurses" → "nurse", "therapies" → "therapy"; what is no plural stays.
std::string singular(std::string_view word);
/// One spelling for both Englishes: "counselor" and "counsellor" are the same. Of folded text.
std::string one_spelling(std::string folded);
/// Words that say nothing about an occupation.
bool says_nothing(std::string_view word);

}  // namespace counselor
