#include "app/backend/question.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "app/backend/skill_guide.h"
#include "app/backend/text.h"

namespace counselor {
namespace {

constexpr std::string_view kStopWords =
    " a about above ability able after again all also although always am an and another any anyone anything are around "
    "as at away bad be because become becoming been before being below best better between but by came can cannot cant "
    "career careers change changing choose come could day days decide degree degrees did didnt different do does doing "
    "done dont earn earning earns easy else enjoy enough even ever every experience feel few find first for from get "
    "getting give go going good great had has hate have havent having hello help hi high hour hours how however i id "
    "idea if ill im in income into is it its ive job jobs just keep kind know learn least less let life like likes "
    "little live long look looking lot lots love made make makes making many may maybe me mean mind money month more "
    "most much must my need never new next nice no not nothing now of off often ok old on one only open or other our "
    "out over own paid part pay paying pays people perhaps place please position possible prefer pretty probably quite "
    "rather really right role roles salaries salary same say see seem should show since skills so some someone "
    "something sort start still such suggest suit suitable suits take tell than thank thanks that the their them then "
    "there these they thing things think this those though time to today told too train training try turn under until "
    "up us use usual usually very wage wages want was way we week well went were what whats when where whether which "
    "while "
    "who whose why will wish with within without work worked working works worth would year years yes yet you your ok "
    "us ur mr ms vs etc ";

bool one_of(std::string_view word, std::string_view list) {
  return !word.empty() && list.find(" " + std::string(word) + " ") != std::string_view::npos;
}

constexpr std::string_view kRefusals =
    " hate hates hating dislike avoid without no not dont cant cannot afraid scared fear except isnt wouldnt faint ";
constexpr std::string_view kTurns = " but and though although however yet i ";
/// "I don't know", "not sure": no refusal of anything.
constexpr std::string_view kHarmless = " know sure idea decide mind matter only just have need find wait stop afford ";

/// What people rule out by one word, and the skills that go with it.
struct Ruled {
  std::string_view words;
  std::vector<std::string> skills;
  int side = -1;  ///< of kContext, to have little of
};
const std::vector<Ruled>& ruled() {
  static const std::vector<Ruled> list = {
      {" blood needles injuries gore ",
       {"patient care", "clinical observation", "emergency care", "surgical technique", "surgical instruments",
        "personal care", "medical equipment", "infection control"}},
      {" math maths mathematics numbers calculations ",
       {"mathematics", "statistics", "financial modelling", "bookkeeping", "data analysis"}},
      {" selling sales cold-calling ", {"sales"}},
      {" hospital hospitals clinic clinics ",
       {"patient care", "clinical observation", "emergency care", "surgical technique", "surgical instruments",
        "medical equipment", "medical imaging", "medication safety"}},
      {" draw drawing ", {"drawing"}},
      {" heights climbing ", {"working at heights"}},
      {" coding programming code ", {"programming", "scripting"}},
      {" kids children ", {"child development", "teaching"}},
      {" driving ", {"driving"}},
      {" people customers crowds strangers ", {}, 2},
      {" lifting heavy standing ", {}, 3},
      {" computers computer screens screen desk desks offices office sitting ", {}, 4},
      {" travel travelling traveling ", {}, 5},
      {" shifts nights weekends weekend night evenings ", {}, 6},
      {" stress pressure stressful deadlines ", {}, 8},
  };
  return list;
}

struct Sign {
  const char* phrase;
  std::size_t side;
  int wish;
};
constexpr Sign kSigns[] = {
    {"outdoors", 1, 1},       {"outdoor", 1, 1},      {"outside", 1, 1},        {"in nature", 1, 1},
    {"fresh air", 1, 1},      {"with people", 2, 1},  {"help people", 2, 1},    {"helping people", 2, 1},
    {"helping others", 2, 1}, {"by myself", 2, -1},   {"introvert", 2, -1},     {"introverted", 2, -1},
    {"shy", 2, -1},           {"alone", 2, -1},       {"my hands", 3, 1},       {"with hands", 3, 1},
    {"bad back", 3, -1},      {"wheelchair", 3, -1},  {"desk job", 4, 1},       {"office job", 4, 1},
    {"regular hours", 6, -1}, {"9 to 5", 6, -1},      {"nine to five", 6, -1},  {"my own boss", 7, 1},
    {"low stress", 8, -1},    {"stress free", 8, -1}, {"not stressful", 8, -1}, {"calm job", 8, -1},
    {"to travel", 5, 1},      {"travelling", 5, 1},   {"traveling", 5, 1},
};

constexpr std::pair<std::string_view, char> kTypeSigns[] = {
    {"help people", 'S'},       {"helping people", 'S'}, {"help others", 'S'},     {"helping others", 'S'},
    {"caring for people", 'S'}, {"creative", 'A'},       {"creativity", 'A'},      {"my hands", 'R'},
    {"with hands", 'R'},        {"hands on", 'R'},       {"lead people", 'E'},     {"leading people", 'E'},
    {"my own boss", 'E'},       {"very organized", 'C'}, {"detail oriented", 'C'},
};

bool has(const std::string& padded, std::string_view phrase) {
  return padded.find(" " + std::string(phrase) + " ") != std::string::npos;
}
bool any(const std::string& padded, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) { return has(padded, phrase); });
}

/// The amount that is asked for, in dollars a year: "60k", "$60,000", "$30 an hour". 0 where there is none.
int amount(std::string_view text, const std::string& padded) {
  const bool hourly = any(padded, {"hour", "hourly", "hr"});
  const bool of_pay = any(padded, {"pay", "pays", "paying", "paid", "earn", "earns", "earning", "salary", "salaries",
                                   "make", "makes", "income", "wage", "wages", "money"});
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) continue;
    const bool dollar = i > 0 && text[i - 1] == '$';
    std::string digits;
    while (i < text.size() && digits.size() < 8) {
      const bool grouped = text[i] == ',' && i + 3 < text.size() &&
                           std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
                           std::isdigit(static_cast<unsigned char>(text[i + 3])) != 0;
      if (std::isdigit(static_cast<unsigned char>(text[i])) != 0)
        digits += text[i];
      else if (!grouped)
        break;
      ++i;
    }
    const bool thousands = i < text.size() && (text[i] == 'k' || text[i] == 'K');
    const int value = std::atoi(digits.c_str()) * (thousands && digits.size() <= 3 ? 1000 : 1);
    if ((dollar || thousands || of_pay) && value >= 15'000 && value <= 1'000'000) return value;
    if (dollar && hourly && value >= 8 && value <= 500) return value * 2080;  // hours of a full-time year
  }
  return 0;
}

/// "without a degree", "I never went to college": how far one's schooling goes, if that is said.
std::optional<int> schooling(const std::vector<std::string_view>& all, const std::string& padded) {
  if (any(padded, {"no qualifications", "without qualifications", "left school", "only high school", "dropout",
                   "dropped out", "high school diploma", "just high school"}))
    return index_of(kEducation, "secondary");
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!one_of(all[i], " degree degrees college university diploma bachelor bachelors uni ")) continue;
    for (std::size_t back = 1; back <= 5 && back <= i; ++back)
      if (one_of(all[i - back], " without no not dont didnt never havent lack skip skipping non avoid isnt doesnt "))
        return index_of(kEducation, "vocational");
  }
  return std::nullopt;
}

/// What people say, and the words of occupations in which it is found.
constexpr std::pair<std::string_view, std::string_view> kMeant[] = {
    {"trade", "electrician"},   {"trade", "plumber"},    {"trade", "carpenter"},
    {"trade", "welder"},        {"kid", "child"},        {"kid", "preschool"},
    {"baby", "child"},          {"fly", "flying"},       {"fly", "pilot"},
    {"plane", "pilot"},         {"plane", "aircraft"},   {"airplane", "pilot"},
    {"math", "mathematic"},     {"maths", "mathematic"}, {"computer", "software"},
    {"computer", "it support"}, {"dog", "animal"},       {"cat", "animal"},
    {"horse", "animal"},        {"pet", "animal"},       {"wood", "joinery"},
    {"wood", "carpent"},        {"food", "cook"},        {"garden", "plant"},
    {"clothes", "sewing"},      {"movie", "film"},       {"rescue", "emergency"},
    {"number", "spreadsheet"},  {"number", "bookkeep"},  {"climate", "environmental"},
    {"green", "environmental"}, {"green", "sustainab"},  {"ocean", "marine"},
    {"sea", "marine"},          {"book", "librar"},      {"book", "publish"},
    {"elderly", "home care"},   {"old", "home care"},    {"metal", "weld"},
    {"metal", "machinist"},     {"car", "automotive"},   {"space", "aerospace"},
    {"space", "astronom"},      {"law", "lawyer"},       {"sport", "coach"},
    {"house", "building"},      {"drone", "pilot"},      {"crime", "detective"},
    {"hair", "hairdress"},
};

void add(std::vector<std::string>& list, std::string word) {
  if (list.size() < 40 && std::find(list.begin(), list.end(), word) == list.end()) list.push_back(std::move(word));
}

/// Beginnings in which the forms of a word meet: nurse, nurses and nursing; never so short that others join in.
void add_stems(std::vector<std::string>& list, std::string_view word) {
  std::string base = singular(word);
  if (base.ends_with("ing") && base.size() >= 7) {
    base.resize(base.size() - 3);
  } else if (base.ends_with("ing") && base.size() == 6) {
    add(list, " " + base.substr(0, 3) + "er");
  } else if (base.ends_with("e") && base.size() >= 6) {
    base.pop_back();
  }
  // Three letters begin too many words: those only as they are.
  if (base.size() <= 3) {
    add(list, " " + base + " ");
    add(list, " " + base + "s ");
  } else {
    add(list, " " + base);
  }
  if (const std::string usual = usual_name(word); usual != word) add(list, " " + singular(usual));
  for (const auto& [said, meant] : kMeant)
    if (base == said) add(list, " " + std::string(meant));
}

}  // namespace

bool says_nothing(std::string_view word) { return one_of(word, kStopWords); }

std::string singular(std::string_view word) {
  std::string out(word);
  if (out.size() < 4 || !out.ends_with("s") || out.ends_with("ss") || out.ends_with("us") || out.ends_with("is") ||
      out.ends_with("ics"))
    return out;
  if (out.ends_with("ies") && out.size() > 4) return out.substr(0, out.size() - 3) + "y";
  if (out.ends_with("ches") || out.ends_with("shes") || out.ends_with("xes")) return out.substr(0, out.size() - 2);
  return out.substr(0, out.size() - 1);
}

std::string one_spelling(std::string folded) {
  static constexpr std::pair<std::string_view, std::string_view> kSame[] = {
      {"counsell", "counsel"},
      {"jewell", "jewel"},
      {"labour", "labor"},
      {"colour", "color"},
      {"behaviour", "behavior"},
      {"anaesth", "anesth"},
      {"paediatr", "pediatr"},
      {"orthopaed", "orthoped"},
      {"archaeo", "archeo"},
      {"palaeo", "paleo"},
      {"organis", "organiz"},
      {"specialis", "specializ"},
      {"optimis", "optimiz"},
      {"localis", "localiz"},
      {"visualis", "visualiz"},
      {"centre", "center"},
      {"theatre", "theater"},
      {"fibre", "fiber"},
      {"programme", "program"},
      {"licence", "license"},
      {"practise", "practice"},
      {"defence", "defense"},
      {"travell", "travel"},
      {"modell", "model"},
      {"adviser", "advisor"},
      {"aeroplane", "airplane"},
      {"tyre", "tire"},
      {"mould", "mold"},
      {"aesthetic", "esthetic"},
      {"make up", "makeup"},
      {"dietici", "dietiti"},
      {"draughts", "drafts"},
      {"e learning", "elearning"},
      {"front end", "frontend"},
      {"back end", "backend"},
      {"health care", "healthcare"},
      {"help desk", "helpdesk"},
      {"cyber security", "cybersecurity"},
      {"x ray", "xray"},
      {"fire fighter", "firefighter"},
      {"book keep", "bookkeep"},
      {"film maker", "filmmaker"},
  };
  // One pass over the text, with the pairs that begin with each letter: this runs over every text at the start.
  static const auto by_letter = [] {
    std::array<std::vector<std::pair<std::string_view, std::string_view>>, 26> out;
    for (const auto& pair : kSame) out[static_cast<std::size_t>(pair.first[0] - 'a')].push_back(pair);
    return out;
  }();
  std::string out;
  out.reserve(folded.size());
  std::size_t taken = 0;  // up to here it is in `out`
  for (std::size_t at = 0; at + 1 < folded.size(); ++at) {
    if (folded[at] < 'a' || folded[at] > 'z') continue;
    for (const auto& [from, to] : by_letter[static_cast<std::size_t>(folded[at] - 'a')])
      if (folded[at + 1] == from[1] && std::string_view(folded).substr(at).starts_with(from)) {
        out.append(folded, taken, at - taken);
        out += to;
        taken = at + from.size();
        at = taken - 1;
        break;
      }
  }
  out.append(folded, taken);
  return out;
}

bool remote_friendly(const Career& career) {
  return career.context[0] == 4 && career.context[4] == 4 && career.context[3] == 0 && career.context[5] <= 2 &&
         career.context[6] <= 3;
}

bool Question::bounds() const {
  return education_max || pay_min > 0 || remote || part_time || fresh_start || well_paid || type != 0 ||
         !growth.empty();
}

bool Question::limits() const {
  return bounds() || !skip.empty() || std::any_of(context.begin(), context.end(), [](int wish) { return wish != 0; });
}

bool Question::allows(const Career& career) const {
  if (education_max && career.education_level > *education_max) return false;
  if (career.pay_middle() < pay_min || (remote && !remote_friendly(career))) return false;
  if (part_time && career.outlook.find("part-time") == std::string::npos) return false;
  if (fresh_start && (one_of(career.field, " law education care finance health public ") ||
                      career.way_in.licence.find("ackground") != std::string::npos))
    return false;
  if (type != 0 && career.interests.find(type) == std::string::npos) return false;
  if (!growth.empty() && std::find(growth.begin(), growth.end(), career.growth) == growth.end()) return false;
  for (std::size_t side = 0; side < context.size(); ++side)
    if ((context[side] < 0 && career.context[side] >= 3) || (context[side] > 0 && career.context[side] <= 2))
      return false;
  return std::none_of(career.skills.begin(), career.skills.end(), [&](const Skill& skill) {
    return std::find(skip.begin(), skip.end(), skill.name) != skip.end();
  });
}

Question read_question(std::string_view text) {
  Question out;
  text = text.substr(0, 4000);
  const std::string whole = one_spelling(fold(text));
  const std::string padded = " " + whole + " ";
  out.pay_min = amount(text, padded);
  out.education_max = schooling(words(whole), padded);
  out.remote = any(padded, {"remote", "remotely", "from home", "home office", "wfh", "telework", "at home"});
  out.well_paid = any(padded, {"well paid", "high paying", "best paid", "best paying", "good money", "well paying",
                               "highest paid", "highest paying", "high salary", "pay well", "pays well", "pay best"});
  if (any(padded, {"in demand", "growing", "future proof", "job security", "secure job", "most wanted", "shortage"}))
    out.growth = {2, 3};
  if (any(padded, {"growing fast", "fastest growing", "grow fastest"})) out.growth = {3};
  // What a machine does last is done with hands or with people, and is growing.
  if (any(padded, {"ai", "robots", "automation", "chatgpt"}) &&
      any(padded, {"replace", "replaced", "safe", "proof", "take", "automate", "automated", "survive"})) {
    out.growth = {2, 3};
    out.context[4] = -1;
  }
  out.part_time = any(padded, {"part time", "parttime", "few hours", "flexible hours"});
  out.fresh_start = any(padded, {"criminal record", "felony", "felon", "conviction", "ex offender", "been in prison"});
  out.elsewhere = any(padded, {"else", "instead", "next", "alternative", "alternatives", "similar", "related", "switch",
                               "leave", "leaving", "burned out", "burnt out", "career change", "change careers"});
  for (const Sign& sign : kSigns)
    if (has(padded, sign.phrase)) out.context[sign.side] = sign.wish;
  for (const auto& [phrase, type] : kTypeSigns)
    if (has(padded, phrase)) out.type = type;

  // Clause by clause: what is refused ends with the clause, or where the sentence turns.
  std::string clause;
  const auto take = [&] {
    const std::string folded = one_spelling(fold(clause));
    clause.clear();
    int refused = 0;  // how many words the refusal still reaches
    const auto all = words(folded);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto word = all[i];
      if (one_of(word, kTurns) || one_of(word, " degree college university diploma ")) refused = 0;
      if (one_of(word, kRefusals) && (i == 0 || all[i - 1] != "why") &&
          (i + 1 == all.size() || !one_of(all[i + 1], kHarmless))) {
        refused = one_of(word, " without no except ") ? 3 : 6;
        continue;
      }
      if (refused > 0) {
        --refused;
        for (const Ruled& rule : ruled())
          if (one_of(word, rule.words)) {
            out.skip.insert(out.skip.end(), rule.skills.begin(), rule.skills.end());
            if (rule.side >= 0) out.context[static_cast<std::size_t>(rule.side)] = -1;
          }
      }
      if (word.size() < 2 || (word[0] >= '0' && word[0] <= '9') || says_nothing(word) ||
          one_of(
              word,
              " college university diploma bachelor remote remotely outdoors outdoor outside home growing grow fast "
              "fastest demand future proof hands hand creative creativity stress stressful replace replaced criminal "
              "record felony felon conviction prison flexible burned burnt alternative alternatives similar related "
              "switch leave leaving stay mom dad parent bored laid travel travelling traveling introvert shy quiet "
              "sitting desk boss organized oriented ") ||
          (word == "ai" && out.context[4] < 0))
        continue;
      add_stems(refused > 0 ? out.unwanted : out.about, word);
    }
  };
  for (const char c : text) {
    if (c == ',' || c == '.' || c == ';' || c == ':' || c == '!' || c == '?' || c == '\n')
      take();
    else
      clause += c;
  }
  take();
  return out;
}

}  // namespace counselor
