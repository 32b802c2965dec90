#include "app/backend/resume/checks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "app/backend/match.h"
#include "app/backend/text.h"

namespace counselor {
namespace {

constexpr std::size_t kEvidence = 5, kEvidenceLength = 120;

struct Line {
  std::string_view text;  ///< without leading blanks and the bullet
  bool bullet = false;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    at = end + 1;
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    bool bullet = false;
    for (const std::string_view mark :
         {"\u2022", "\u25CF", "\u25AA", "\u25E6", "\u2013", "\u2023", "\u00B7", "- ", "* ", "o "})
      if (line.starts_with(mark) && line.size() > mark.size() + 2) {
        line.remove_prefix(mark.size());
        while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
        bullet = true;
        break;
      }
    if (!line.empty()) out.push_back({line, bullet});
  }
  return out;
}

bool word_in(std::string_view word, std::string_view list) {
  return list.find(" " + std::string(word) + " ") != std::string_view::npos;
}

constexpr std::string_view kVerbs =
    " achieved adapted administered advised analysed analyzed answered applied arranged assembled assessed assisted "
    "audited automated balanced began brought budgeted built calculated "
    "captured cared chaired changed checked cleaned closed coached collaborated collected completed composed conducted "
    "configured connected constructed converted cooked coordinated "
    "counselled counseled created cut debugged decided defined delivered demonstrated deployed designed developed "
    "devised diagnosed directed discovered documented doubled drafted drove "
    "earned edited eliminated enabled encouraged engineered established evaluated examined executed expanded explained "
    "facilitated filed finished fixed forecast founded generated grew "
    "guided halved handled helped hired identified implemented improved increased influenced initiated inspected "
    "installed integrated introduced invented investigated launched led "
    "learned lowered made maintained managed measured mentored met migrated modelled modeled monitored moved "
    "negotiated opened operated ordered organised organized overhauled oversaw "
    "performed persuaded planned prepared presented prevented produced programmed promoted proposed protected proved "
    "provided published raised ran rebuilt received recommended recorded "
    "recruited redesigned reduced refactored refurbished repaired replaced reported represented researched resolved "
    "restored restructured reviewed revised saved scheduled served set "
    "shaped simplified sold solved sorted started streamlined strengthened studied supervised supported tailored "
    "taught tested tracked trained translated treated trimmed turned "
    "updated upgraded used verified visited welded won worked wrote ";

constexpr std::string_view kWeak = " responsible duties helped assisted worked participated involved tasked ";

bool is_year(std::string_view word, int now) {
  if (word.size() != 4 || (word[0] != '1' && word[0] != '2')) return false;
  for (const char c : word)
    if (c < '0' || c > '9') return false;
  const int year = std::stoi(std::string(word));
  return year >= 1950 && year <= now + 10;
}

/// A mail address somewhere in the text: an @ with a name before it and a dotted domain behind.
bool has_mail(std::string_view text) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_' || c == '+';
  };
  for (auto at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && plain(text[end])) ++end;
    const auto domain = text.substr(at + 1, end - at - 1);
    const auto dot = domain.rfind('.');
    if (at > 0 && plain(text[at - 1]) && dot != std::string_view::npos && dot > 0 && dot + 1 < domain.size())
      return true;
  }
  return false;
}

/// Nine digits or more that only blanks, dots, dashes and brackets part.
bool has_phone(std::string_view text) {
  int digits = 0, gap = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (++digits == 9) return true;
      gap = 0;
    } else if ((c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '+') && gap < 2) {
      ++gap;
    } else {
      digits = gap = 0;
    }
  }
  return false;
}

std::string piece(std::string_view line) {
  const auto cut = first_characters(line, kEvidenceLength);
  return std::string(cut) + (cut.size() < line.size() ? "\u2026" : "");
}

Check contact(std::string_view text) {
  const bool mail = has_mail(text), phone = has_phone(text);
  if (mail && phone) return {"contact", "Contact", "good", "A mail address and a telephone number are there.", "", {}};
  if (mail || phone)
    return {"contact",
            "Contact",
            "improve",
            mail ? "There is a mail address, but no telephone number."
                 : "There is a telephone number, but no mail address.",
            "Give both near the top; leave out street, age and photograph.",
            {}};
  return {"contact",
          "Contact",
          "problem",
          "Neither a mail address nor a telephone number was found.",
          "Put both in the first lines, as text, not in a picture.",
          {}};
}

Check length(int words, int pages) {
  const std::string what = std::to_string(words) + " words" +
                           (pages > 0 ? " on " + std::to_string(pages) + (pages == 1 ? " page" : " pages") : "") + ".";
  if (words < 120)
    return {"length",
            "Length",
            "problem",
            what + " That is too little to judge by.",
            "Say for each post or project what you did and what came of it.",
            {}};
  if (words < 250)
    return {"length", "Length", "improve", what + " That is short.", "Most résumés have 300 to 700 words.", {}};
  if (words > 1100 || pages > 3)
    return {"length",
            "Length",
            "problem",
            what + " Few readers will reach the end.",
            "Cut to two pages: leave out what is older than ten years or says nothing for this work.",
            {}};
  if (words > 800 || pages > 2)
    return {"length", "Length", "improve", what + " That is long.", "Aim at two pages at most.", {}};
  return {"length", "Length", "good", what + " That is a good length.", "", {}};
}

Check sections(const std::vector<Line>& lines) {
  static constexpr std::array<std::pair<const char*, std::string_view>, 4> kSections = {{
      {"experience",
       " experience employment work history career professional projects volunteering internship internships "},
      {"education", " education training qualifications studies academic schooling apprenticeship certifications "},
      {"skills", " skills competencies technologies abilities languages tools expertise strengths "},
      {"summary", " summary profile objective about statement "},
  }};
  std::set<std::string> have;
  for (const Line& line : lines) {
    const std::string folded = fold(line.text);
    const auto parts = words(folded);
    if (parts.empty() || parts.size() > 5 || line.bullet) continue;
    for (const auto& [name, keys] : kSections)
      for (const auto word : parts)
        if (word_in(word, keys)) have.insert(name);
  }
  std::vector<std::string> missing;
  for (const auto& [name, keys] : kSections)
    if (have.count(name) == 0) missing.emplace_back(name);
  const auto essential =
      std::count_if(missing.begin(), missing.end(), [](const std::string& name) { return name != "summary"; });
  std::string list;
  for (const auto& name : missing) list += (list.empty() ? "" : ", ") + name;
  if (missing.empty())
    return {"sections", "Sections", "good", "Summary, experience, education and skills each have a heading.", "", {}};
  return {"sections",
          "Sections",
          essential >= 2   ? "problem"
          : essential == 1 ? "improve"
                           : "info",
          "No heading was found for: " + list + ".",
          "Use plain headings in lines of their own: people and programs look for them.",
          {}};
}

Check dates(const std::vector<Line>& lines, int year) {
  int years = 0;
  std::vector<std::string> future;
  for (const Line& line : lines) {
    const std::string folded = fold(line.text);
    for (const auto word : words(folded))
      if (is_year(word, year)) {
        ++years;
        if (std::stoi(std::string(word)) > year + 6 && future.size() < kEvidence) future.push_back(piece(line.text));
      }
  }
  if (!future.empty())
    return {"dates", "Dates", "improve", "A year lies far in the future.", "Check these lines.", future};
  if (years == 0)
    return {"dates",
            "Dates",
            "problem",
            "No years were found.",
            "Give from and to, at least in years, for each post and course.",
            {}};
  if (years < 3)
    return {"dates",
            "Dates",
            "improve",
            "Only " + std::to_string(years) + (years == 1 ? " year was" : " years were") + " found.",
            "Give from and to for each post and course.",
            {}};
  return {"dates", "Dates", "good", "Posts and courses are dated.", "", {}};
}

Check verbs(const std::vector<Line>& lines) {
  int bullets = 0, strong = 0;
  std::vector<std::string> weak;
  for (const Line& line : lines) {
    if (!line.bullet) continue;
    ++bullets;
    const std::string folded = fold(line.text);
    const auto parts = words(folded);
    if (parts.empty()) continue;
    if (word_in(parts.front(), kWeak)) {
      if (weak.size() < kEvidence) weak.push_back(piece(line.text));
    } else if (word_in(parts.front(), kVerbs)) {
      ++strong;
    }
  }
  if (bullets < 3)
    return {"verbs",
            "What you did",
            "improve",
            "There are hardly any bullet points.",
            "Give three to five to each post, each beginning with what you did: led, built, taught.",
            {}};
  const std::string share =
      std::to_string(strong) + " of " + std::to_string(bullets) + " points begin with what you did.";
  if (strong * 2 >= bullets && weak.size() <= 1) return {"verbs", "What you did", "good", share, "", {}};
  return {"verbs",
          "What you did",
          strong * 4 >= bullets ? "improve" : "problem",
          share,
          "Begin with a verb in the past: not \"responsible for sales\" but \"sold\".",
          weak};
}

Check results(const std::vector<Line>& lines, int year) {
  int bullets = 0, counted = 0;
  std::vector<std::string> without;
  for (const Line& line : lines) {
    if (!line.bullet) continue;
    ++bullets;
    const std::string folded = fold(line.text);
    bool figure = line.text.find('%') != std::string_view::npos || line.text.find('$') != std::string_view::npos;
    for (const auto word : words(folded))
      figure = figure || (!is_year(word, year) && word.find_first_of("0123456789") != std::string_view::npos);
    if (figure)
      ++counted;
    else if (without.size() < 3)
      without.push_back(piece(line.text));
  }
  if (bullets == 0)
    return {"results",
            "Results in figures",
            "improve",
            "There are no bullet points that could hold results.",
            "Say how many, how much, how fast: \"served 80 guests an evening\".",
            {}};
  const std::string share = std::to_string(counted) + " of " + std::to_string(bullets) + " points have a figure.";
  if (counted * 10 >= bullets * 3) return {"results", "Results in figures", "good", share, "", {}};
  return {"results",
          "Results in figures",
          counted > 0 ? "improve" : "problem",
          share,
          "Add a figure to the points that matter most; an honest estimate will do.",
          without};
}

Check readability(std::string_view text, const std::vector<Line>& lines) {
  std::vector<std::string> lengthy;
  for (const Line& line : lines) {
    const std::string folded = fold(line.text);
    if (words(folded).size() > 38 && lengthy.size() < kEvidence) lengthy.push_back(piece(line.text));
  }
  std::size_t sentences = 0, letters = 0;
  const std::string folded = fold(text);
  const auto all = words(folded);
  for (const auto word : all) letters += word.size();
  for (const Line& line : lines)
    sentences += 1 + static_cast<std::size_t>(std::count(line.text.begin(), line.text.end() - 1, '.')) / 2;
  const double per_line =
      all.empty() ? 0 : static_cast<double>(all.size()) / static_cast<double>(std::max<std::size_t>(1, sentences));
  const double per_word = all.empty() ? 0 : static_cast<double>(letters) / static_cast<double>(all.size());
  if (!lengthy.empty() || per_line > 24)
    return {"readability",
            "Easy to read",
            "improve",
            "Some lines are long.",
            "Split them: one thought each, at most two lines.",
            lengthy};
  if (per_word > 7.2)
    return {"readability",
            "Easy to read",
            "improve",
            "The words are long on average.",
            "Prefer the short word where both are true.",
            {}};
  return {"readability", "Easy to read", "good", "Lines and words are short enough to skim.", "", {}};
}

Check person(std::string_view text) {
  const std::string padded = " " + fold(text) + " ";
  int count = 0;
  for (const std::string_view word : {" i ", " me ", " my "})
    for (auto at = padded.find(word); at != std::string::npos; at = padded.find(word, at + word.size() - 1)) ++count;
  if (count <= 4) return {"person", "Plain style", "good", "It does without I and my.", "", {}};
  return {"person",
          "Plain style",
          "info",
          "I, me and my are there " + std::to_string(count) + " times.",
          "In a résumé the subject is known: leave it out.",
          {}};
}

Check private_matters(std::string_view text) {
  const std::string padded = " " + fold(text) + " ";
  std::vector<std::string> found;
  for (const std::string_view phrase : {"date of birth", "marital status", "married", "religion", "social security",
                                        "passport number", "nationality", "number of children"})
    if (padded.find(" " + std::string(phrase) + " ") != std::string::npos) found.emplace_back(phrase);
  if (found.empty())
    return {"private", "Private matters", "good", "Nothing private that employers should not ask for.", "", {}};
  return {"private",
          "Private matters",
          "improve",
          "It tells private things that are not needed.",
          "Leave them out: they invite bias and misuse.",
          found};
}

int points(const Check& check) {
  return check.status == "good" ? 100 : check.status == "info" ? 85 : check.status == "improve" ? 50 : 0;
}

}  // namespace

ResumeFindings check_resume(std::string_view text, int pages, int year, const Career* career) {
  ResumeFindings out;
  const auto lines = lines_of(text);
  const std::string folded = fold(text);
  out.words = static_cast<int>(words(folded).size());
  out.checks = {contact(text),        length(out.words, pages), sections(lines), dates(lines, year),   verbs(lines),
                results(lines, year), readability(text, lines), person(text),    private_matters(text)};
  static constexpr std::array<int, 9> kWeights = {3, 2, 2, 2, 3, 3, 1, 1, 1};
  int sum = 0, weights = 0;
  for (std::size_t i = 0; i < out.checks.size(); ++i) {
    sum += points(out.checks[i]) * kWeights[i];
    weights += kWeights[i];
  }
  if (career != nullptr) {
    const std::string padded = " " + folded + " ";
    for (const Skill& skill : career->skills) {
      const std::string name = fold(skill.name);
      bool all = true;
      for (const auto word : words(name)) {
        // Weld, welded and welding meet in their first letters.
        const auto stem = word.substr(0, word.size() > 6 ? word.size() - 3 : word.size());
        all = all && padded.find(" " + std::string(stem)) != std::string::npos;
      }
      (all ? out.found : out.missing).push_back(skill.name);
    }
    const bool most = out.found.size() * 2 >= career->skills.size();
    out.checks.push_back(
        {"career",
         "Fit for " + career->title,
         most ? "good" : "improve",
         std::to_string(out.found.size()) + " of " + std::to_string(career->skills.size()) +
             " skills of this occupation are named.",
         out.missing.empty() ? "" : "Name those that you have, in words that the occupation uses; invent none.",
         {}});
    sum += points(out.checks.back()) * 2;
    weights += 2;
  }
  out.score = static_cast<int>(std::lround(static_cast<double>(sum) / weights));
  return out;
}

}  // namespace counselor
