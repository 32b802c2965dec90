// What there is to say of every skill that an occupation asks for: how to practise it, and what to ask about it.
#pragma once

#include <string>
#include <string_view>

namespace counselor {

struct SkillGuide {
  std::string_view name;
  /// It is learnt in training under supervision, or people get hurt: by oneself one only prepares for it.
  bool supervised = false;
  std::string_view practice;  ///< one thing to do, as a sentence
  std::string_view question;  ///< for an interview
};

/// By its name as careers/*.json writes it; nullptr where it is not known.
const SkillGuide* skill_guide(std::string_view name);

/// Folded, and as the explorer calls it where people say otherwise: "Excel" → "spreadsheets".
std::string usual_name(std::string_view name);
/// Whether two such names mean the same: one holds all words of the other, in a row.
bool same_usual_name(std::string_view a, std::string_view b);

}  // namespace counselor
