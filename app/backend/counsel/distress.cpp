#include "app/backend/counsel/distress.h"

#include "app/backend/counsel/plain_words.h"

namespace counselor {
namespace {

struct Index {
  const Tongue* tongue;
  Phrases distress;
};

bool hears(const Phrases& distress, const Phrases& none, const std::u32string& text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (!may_begin(text, at)) continue;
    const auto other = none.match(text, at), found = distress.match(text, at);
    if (found > other) return true;
    if (other > 1) at += other - 1;  // past what means something else
  }
  return false;
}

}  // namespace

const Tongue* distress_in(std::string_view message) {
  static const std::vector<Index> indexes = [] {
    std::vector<Index> out;
    for (const Tongue& tongue : tongues()) out.push_back({&tongue, Phrases(tongue.phrases)});
    return out;
  }();
  static const Phrases none = [] {
    std::string all;
    for (const Tongue& tongue : tongues()) all += std::string(all.empty() ? "" : "|") + tongue.no_distress;
    return Phrases(all);
  }();
  std::u32string before;
  for (const Reading reading : {Reading::kApostrophesBind, Reading::kApostrophesPart, Reading::kDigitsAreLetters}) {
    auto text = plain_words(message, reading);
    if (text == before) continue;
    for (const Index& index : indexes)
      if (hears(index.distress, none, text)) return index.tongue;
    before = std::move(text);
  }
  return nullptr;
}

}  // namespace counselor
