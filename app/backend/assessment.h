// The interest assessment: our own statements, one list per RIASEC type, and what the answers say.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "app/backend/careers.h"

namespace counselor {

inline constexpr const char* kAssessmentVersion = "2";
inline constexpr int kItemsPerType = 8, kLeastPerType = 4;

struct Type {
  char code;
  const char* name;
  const char* description;
  const char* high;  ///< what a high score says
  const char* low;
};
extern const std::array<Type, 6> kTypeTexts;

struct Item {
  std::string id;  ///< "r1"
  std::size_t type = 0;
  const char* text;
};
/// In the order to ask them: the types take turns, so that no block of one kind wears people out.
const std::vector<Item>& assessment_items();

struct Profile {
  Scores scores{};
  std::array<std::size_t, 6> ranking{};
  std::string code;  ///< up to three letters that stand apart from the rest; "" where none does
  int answered = 0, differentiation = 0;
  std::string confidence;  ///< low, medium, high
  std::vector<std::string> notes;
  std::string summary;
  std::array<std::string, 6> bands, meanings;  ///< by type
};

/// `answers`: from an item's id to 1…5; each type has at least kLeastPerType.
Profile score(const std::map<std::string, int>& answers);

/// Neighbours on Holland's hexagon are 1 apart, opposites 3.
int hexagon_distance(std::size_t a, std::size_t b);

}  // namespace counselor
