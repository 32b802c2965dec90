// The occupations that the explorer shows: a data set written for this project, compiled in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace counselor {

struct Career {
  std::string id, title, summary, education, day;
  std::string interests;  ///< RIASEC letters, the strongest first
  std::vector<std::string> skills;
  int pay_low = 0, pay_high = 0;  ///< US dollars a year, before tax
  std::string growth;             ///< "declining", "steady", "growing", "growing fast"
  std::string json;               ///< the whole of it, as it is served
};

/// The document that careers.json became.
const char* careers_json();
/// Throws std::runtime_error where the document is broken: at the start, not at a request.
std::vector<Career> load_careers(std::string_view document);

struct CareerQuery {
  std::string text;      ///< words that title, summary or skills must hold, in any case
  std::string interest;  ///< one RIASEC letter
  std::size_t offset = 0, limit = 20;
};
struct CareerPage {
  std::size_t total = 0;
  std::vector<const Career*> careers;
};
CareerPage find_careers(const std::vector<Career>& all, const CareerQuery& query);

}  // namespace counselor
