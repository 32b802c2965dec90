// Finds occupations: by words (ranked), by filters, and by whatever a conversation is about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/backend/careers.h"

namespace counselor {

struct CareerQuery {
  std::string text;
  std::string interests;  ///< RIASEC letters, all of which must be there
  std::vector<std::string> fields;
  std::vector<int> growth;           ///< indices into kGrowth
  std::optional<int> education_max;  ///< index into kEducation
  int pay_min = 0;                   ///< of the middle of the range
  enum class Sort { kByRelevance, kByTitle, kByPay, kByGrowth } sort = Sort::kByRelevance;
};

class Search {
 public:
  explicit Search(const Catalogue& catalogue);
  /// In order; all words must be found, each as a prefix of a word.
  std::vector<const Career*> find(const CareerQuery& query) const;
  /// The occupations that a free text is most about, at most `most`; none where nothing fits well.
  std::vector<const Career*> about(std::string_view text, std::size_t most) const;

 private:
  struct Entry {
    const Career* career;
    std::string title, also, skills, rest;  ///< folded, each with a space at both ends
  };
  std::vector<Entry> entries_;
};

}  // namespace counselor
