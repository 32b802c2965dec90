// Distress in what a person writes, in the languages that most people write here. Rather once too often than once too
// seldom; but work has its own talk of death (hotlines, idioms, kilometres), and that is no distress.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace counselor {

struct Signpost {
  std::string name, contact, link;  ///< link: "" where there is none
};

/// A language, by its phrases, and what is said to who speaks it.
struct Tongue {
  const char* name;
  const char* phrases;      ///< between bars, see Phrases
  const char* no_distress;  ///< what begins like one of them, or around it, and means something else
  const char* comfort;      ///< before the English text; "" for English
  std::vector<Signpost> signposts;
};
const std::vector<Tongue>& tongues();

/// The language in which the message speaks of distress, or null.
const Tongue* distress_in(std::string_view message);

}  // namespace counselor
