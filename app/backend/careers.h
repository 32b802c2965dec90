// The occupations that the explorer shows: a data set written for this project (careers/*.json), compiled in.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace counselor {

/// Holland's six kinds of interest, in this order wherever there are six numbers.
inline constexpr std::string_view kTypes = "RIASEC";
using Scores = std::array<int, 6>;  ///< each 0…100

inline constexpr std::array<const char*, 7> kEducation = {"none",     "secondary", "vocational", "associate",
                                                          "bachelor", "master",    "doctorate"};
inline constexpr std::array<const char*, 4> kGrowth = {"declining", "steady", "growing", "growing fast"};
inline constexpr std::array<const char*, 9> kContext = {"indoors", "outdoors",       "people",   "physical", "screen",
                                                        "travel",  "irregularHours", "autonomy", "pressure"};
template <std::size_t N>
int index_of(const std::array<const char*, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (name == names[i]) return static_cast<int>(i);
  return -1;
}

struct Skill {
  std::string name;
  int level = 0;         ///< 1 aware … 5 expert
  std::string key = {};  ///< its usual name, to be compared; "" where nobody compares it
};

/// What it takes to get in, from leaving school: for plans. Ranges for the United States, as kPayBasis.
struct WayIn {
  std::string time, cost;
  std::string licence;       ///< what the law asks for: "" where it asks for none
  std::string licence_note;  ///< why there is none, where people expect one
};

struct Career {
  std::string id, title, summary, day, education, outlook, field, field_label;
  std::string interests;  ///< up to three RIASEC letters, the strongest first
  Scores riasec{};
  std::vector<std::string> also_called, tasks, related;
  std::vector<std::string> find_by;  ///< what people type for it, beside its titles: not shown
  WayIn way_in;
  std::vector<Skill> skills;
  std::array<int, 9> context{};   ///< as kContext, each 0…4
  int education_level = 0;        ///< index into kEducation
  int growth = 0;                 ///< index into kGrowth
  int pay_low = 0, pay_high = 0;  ///< US dollars a year, before tax
  std::string brief;              ///< CareerSummary, as it is served
  std::string whole;              ///< Career, as it is served

  int pay_middle() const { return (pay_low + pay_high) / 2; }
};

struct Field {
  std::string id, label;
  int count = 0;
};

class Catalogue {
 public:
  /// Throws std::runtime_error where a document is broken: at the start, not at a request.
  explicit Catalogue(const std::vector<std::string_view>& documents);
  const std::vector<Career>& all() const { return careers_; }  ///< by title
  const std::vector<Field>& fields() const { return fields_; }
  const Career* find(std::string_view id) const;
  bool has_field(std::string_view id) const;
  const std::string& etag() const { return etag_; }  ///< changes with the data, quoted

 private:
  std::vector<Career> careers_;
  std::vector<Field> fields_;
  std::map<std::string, std::size_t, std::less<>> by_id_;
  std::string etag_;
};

/// What careers/*.json became.
std::vector<std::string_view> career_documents();
/// Where the pay figures come from: said wherever they are shown.
extern const char* const kPayBasis;
inline constexpr int kPayYear = 2025;

}  // namespace counselor
