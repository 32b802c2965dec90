#include "app/backend/counsel/plain_words.h"

#include <algorithm>
#include <utility>

#include "app/backend/text.h"

namespace counselor {
namespace {

bool within(char32_t code, char32_t first, char32_t last) { return code >= first && code <= last; }
bool latin(char32_t code) { return within(code, 'a', 'z'); }
bool digit(char32_t code) { return within(code, '0', '9'); }
/// Kana, ideographs, Hangul: written without spaces, or with suffixes that bind.
bool written_together(char32_t code) {
  return within(code, 0x3040, 0x30FF) || within(code, 0x3400, 0x9FFF) || within(code, 0xAC00, 0xD7A3) ||
         within(code, 0xF900, 0xFAFF);
}
bool arabic(char32_t code) { return within(code, 0x620, 0x6FF); }

/// Shows nothing, or only changes the letter before it.
bool invisible(char32_t code) {
  return code == 0xAD || code == 0x34F || code == 0x61C || code == 0x640 || code == 0x670 || code == 0x93C ||
         code == 0x180E || code == 0x3164 || code == 0xFEFF || within(code, 0x300, 0x36F) ||
         within(code, 0x483, 0x489) || within(code, 0x610, 0x61A) || within(code, 0x64B, 0x65F) ||
         within(code, 0x115F, 0x1160) || within(code, 0x200B, 0x200F) || within(code, 0x202A, 0x202E) ||
         within(code, 0x2060, 0x206F) || within(code, 0xFE00, 0xFE0F) || within(code, 0xE0000, 0xE0FFF);
}

bool apostrophe(char32_t code) {
  return code == '\'' || code == '`' || code == 0xB4 || code == 0x2BC || code == 0x2018 || code == 0x2019;
}

/// Styled letters as the letters that they show: full width, mathematical, circled, squared.
char32_t unstyled(char32_t code) {
  if (within(code, 0xFF01, 0xFF5E)) return code - 0xFEE0;
  if (within(code, 0x1D400, 0x1D6A3)) return U'a' + (code - 0x1D400) % 26;
  if (within(code, 0x1D7CE, 0x1D7FF)) return U'0' + (code - 0x1D7CE) % 10;
  if (within(code, 0x24B6, 0x24E9)) return U'a' + (code - 0x24B6) % 26;
  for (const char32_t first : {0x1F130U, 0x1F150U, 0x1F170U})
    if (within(code, first, first + 25)) return U'a' + (code - first);
  return code;
}

/// One spelling for what is written in several ways.
char32_t one_spelling(char32_t code) {
  if (within(code, 0x410, 0x42F)) code += 0x20;
  if (within(code, 0x400, 0x40F)) code += 0x50;
  switch (code) {
    case 0x218:  // Romanian s and t with a comma
    case 0x219:
      return 's';
    case 0x21A:
    case 0x21B:
      return 't';
    case 0x439:  // й as и, ё as е, ї as і, ґ as г
      return 0x438;
    case 0x451:
      return 0x435;
    case 0x457:
      return 0x456;
    case 0x490:
    case 0x491:
      return 0x433;
    case 0x622:  // alif, whatever it carries
    case 0x623:
    case 0x625:
    case 0x671:
      return 0x627;
    case 0x649:
    case 0x6CC:
      return 0x64A;
    case 0x629:
      return 0x647;
    case 0x6A9:
      return 0x643;
    case 0x901:  // chandrabindu as anusvara
      return 0x902;
    default:
      break;
  }
  // Devanagari letters with a dot below as those without.
  static constexpr char32_t kWithoutDot[8] = {0x915, 0x916, 0x917, 0x91C, 0x921, 0x922, 0x92B, 0x92F};
  if (within(code, 0x958, 0x95F)) return kWithoutDot[code - 0x958];
  return code;
}

/// Punctuation and signs of all scripts, roughly.
bool parts_words(char32_t code) {
  return code < 0x30 || within(code, ':', '@') || within(code, '[', '`') || within(code, '{', 0xBF) ||
         within(code, 0x2000, 0x2BFF) || within(code, 0x3000, 0x303F) || within(code, 0xFF00, 0xFFEF) ||
         code == 0x60C || code == 0x61B || code == 0x61F || code == 0x6D4 || code == 0x964 || code == 0x965 ||
         within(code, 0x1F000, 0x1FAFF) || code > 0x10FFFF;
}

/// Cyrillic and Greek letters that look like a Latin one.
char32_t lookalike(char32_t code) {
  static constexpr std::u32string_view kOthers = U"аеосрухіјѕкмтнвгԁԛԝһαεικορτυχνϲ",
                                       kLatin = U"aeocpyxijskmthbrdqwhaeikoptuxvc";
  static_assert(kOthers.size() == kLatin.size());
  const auto at = kOthers.find(code);
  return at == std::u32string_view::npos ? code : kLatin[at];
}

char32_t letter_for(char32_t code) {
  static constexpr std::u32string_view kSigns = U"013457@$!|", kLetters = U"oieastasil";
  const auto at = kSigns.find(code);
  return at == std::u32string_view::npos ? code : kLetters[at];
}

using Word = std::u32string;

std::vector<Word> words_of(std::string_view message, Reading reading) {
  std::vector<Word> out;
  Word word;
  const auto end = [&] {
    if (!word.empty()) out.push_back(std::exchange(word, {}));
  };
  for (std::size_t at = 0; at < message.size();) {
    char32_t code = next_character(message, at);
    if (invisible(code)) continue;
    if (apostrophe(code) && reading != Reading::kApostrophesPart) continue;
    code = unstyled(code);
    if (within(code, 'A', 'Z')) code += 32;
    if (const char plain = plain_letter(code); plain != 0) code = static_cast<unsigned char>(plain);
    if (reading == Reading::kDigitsAreLetters && letter_for(code) != code && !digit(code)) {
      word += code;  // what it is depends on its neighbours
      continue;
    }
    if (parts_words(code)) {
      end();
      continue;
    }
    word += one_spelling(code);
  }
  end();
  return out;
}

void normalize(Word& word, Reading reading) {
  const bool has_latin = std::any_of(word.begin(), word.end(), latin);
  if (has_latin) {
    if (reading == Reading::kDigitsAreLetters) {
      // At the end a sign is more likely itself: "die!".
      while (!word.empty() && (word.back() == '!' || word.back() == '$' || word.back() == '@')) word.pop_back();
      std::transform(word.begin(), word.end(), word.begin(), letter_for);
    }
    std::transform(word.begin(), word.end(), word.begin(), lookalike);
  }
  word.erase(std::unique(word.begin(), word.end()), word.end());
}

}  // namespace

bool may_begin(const std::u32string& text, std::size_t at) {
  return (at > 0 && text[at - 1] == ' ') || written_together(text[at]) || arabic(text[at]);
}

std::u32string plain_words(std::string_view message, Reading reading) {
  auto words = words_of(message, reading);
  for (Word& word : words) normalize(word, reading);
  std::u32string out = U" ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    // "d i e": three letters and more that stand alone are one word.
    std::size_t alone = 0;
    while (i + alone < words.size() && words[i + alone].size() == 1 && !digit(words[i + alone][0]) &&
           !written_together(words[i + alone][0]))
      ++alone;
    Word word = words[i];
    if (alone >= 3) {
      for (std::size_t j = 1; j < alone; ++j) word += words[i + j];
      word.erase(std::unique(word.begin(), word.end()), word.end());
      i += alone - 1;
    }
    if (word.empty()) continue;
    if (out.size() > 1 && written_together(out[out.size() - 2]) && written_together(word[0])) out.pop_back();
    out += word;
    out += U' ';
  }
  return out;
}

Phrases::Phrases(std::string_view list) {
  for (const std::string& spelled : split(list, '|')) {
    auto phrase = plain_words(spelled, Reading::kApostrophesBind).substr(1);
    if (phrase.size() < 3) continue;
    const bool whole = spelled.ends_with(' ');
    if (!whole) phrase.pop_back();
    const auto keep = [this](std::u32string text) {
      by_start_[static_cast<std::uint64_t>(text[0]) << 32 | text[1]].push_back(std::move(text));
    };
    // Words run together hide nothing either, where what comes of it is long enough to be no other word.
    std::u32string together;
    for (const char32_t code : phrase)
      if (code != ' ' && (together.empty() || together.back() != code)) together += code;
    if (together.size() >= 9 && together.size() < phrase.size()) keep(std::move(together));
    keep(std::move(phrase));
  }
}

std::size_t Phrases::match(const std::u32string& text, std::size_t at) const {
  if (at + 1 >= text.size()) return 0;
  const auto found = by_start_.find(static_cast<std::uint64_t>(text[at]) << 32 | text[at + 1]);
  if (found == by_start_.end()) return 0;
  std::size_t longest = 0;
  for (const auto& phrase : found->second)
    if (phrase.size() > longest && text.compare(at, phrase.size(), phrase) == 0) longest = phrase.size();
  return longest;
}

}  // namespace counselor
