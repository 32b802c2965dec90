// What a message says, however it is spelled: the form in which phrases are looked for.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace counselor {

/// Readings of one message. An apostrophe binds in "don't" and parts in "l'envie"; "su1c1d3" has digits for letters.
enum class Reading { kApostrophesBind, kApostrophesPart, kDigitsAreLetters };

/// Lower case without accents, invisible characters and repetitions, each word once spaced, a space at either end:
/// "  S.U.I.C.I.D.E!! Noooo" → " suicide no ". Lookalikes of other scripts and styled letters become the plain ones.
std::u32string plain_words(std::string_view message, Reading reading);

/// Phrases, found where a word begins (the end of the last word is open: "suicid" finds "suicidal"; one that ends with
/// a space ends with the word). In scripts that write words together they are found anywhere.
class Phrases {
 public:
  Phrases() = default;
  /// `list`: phrases between bars, spelled as people do.
  explicit Phrases(std::string_view list);
  /// The length of the longest one at `at`, or 0.
  std::size_t match(const std::u32string& text, std::size_t at) const;

 private:
  std::unordered_map<std::uint64_t, std::vector<std::u32string>> by_start_;
};

/// Where in `text` a phrase may begin.
bool may_begin(const std::u32string& text, std::size_t at);

}  // namespace counselor
