// Finds occupations: by words (ranked), by filters, and by whatever a conversation is about.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/backend/careers.h"
#include "app/backend/question.h"

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
  Search(const Search&) = delete;  // its vocabulary looks into its entries
  Search& operator=(const Search&) = delete;
  /// In order; all words must be found, each as a prefix of a word. Where nothing has them all, misspelt words are read
  /// as the nearest known ones, and then most of the words, at least half of them, are enough.
  std::vector<const Career*> find(const CareerQuery& query) const;
  /// The occupations that a question is most about, within the limits that it sets, at most `most`; none where nothing
  /// fits well.
  std::vector<const Career*> about(const Question& question, std::size_t most) const;

 private:
  struct Entry {
    const Career* career;
    /// Folded, each with a space at both ends; `also` with two round each name, so that a whole one can be found.
    std::string title, also, skills, rest;
  };
  std::vector<std::pair<int, const Career*>> ranked(const CareerQuery& query, const std::string& folded,
                                                    std::size_t least) const;
  std::string corrected(const std::string& folded) const;

  std::vector<Entry> entries_;
  /// The words of titles and skills in entries_, each once; made when the first misspelt word comes.
  const std::vector<std::string_view>& vocabulary() const;
  mutable std::once_flag vocabulary_made_;
  mutable std::vector<std::string_view> vocabulary_;
};

}  // namespace counselor
