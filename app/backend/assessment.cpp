#include "app/backend/assessment.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace counselor {

const std::array<Type, 6> kTypeTexts = {{
    {'R', "Realistic", "Working with hands, tools, machines, plants or animals; seeing at day's end what was done.",
     "You like things that one can touch and that work or do not work. Practical, outdoor and technical tasks are "
     "likely to feel like time well spent.",
     "Working with tools and machines for most of the day would probably tire you sooner than others."},
    {'I', "Investigative", "Asking why, observing, measuring and thinking a problem through to its cause.",
     "You like to understand. Work that leaves room for questions, evidence and careful thought is likely to hold you.",
     "Long spells of analysis for its own sake are probably not what you look for in a day."},
    {'A', "Artistic", "Making something that was not there before, in words, images, sound, movement or form.",
     "You like to express and to invent. Work with open tasks and few fixed rules is likely to bring out your best.",
     "You may be at ease without much room for invention, and like to know what is expected."},
    {'S', "Social", "Helping, teaching, caring for and listening to people.",
     "You like to be useful to people directly. Work in which someone is better off for your time is likely to give "
     "you energy.",
     "Looking after people all day would probably cost you more than it gives you."},
    {'E', "Enterprising", "Persuading, leading, starting things and carrying the risk.",
     "You like to move people and things. Work with goals, negotiation and responsibility is likely to suit you.",
     "Selling and leading are probably not what you want to be measured by."},
    {'C', "Conventional", "Putting things in order, keeping them exact, and making systems dependable.",
     "You like order that others can rely on. Work with clear rules, figures and care for detail is likely to suit "
     "you.",
     "Routine, records and fixed procedures probably bore you soon."},
}};

namespace {

constexpr const char* kTexts[6][kItemsPerType] = {
    {"Repair a bicycle that others have given up on", "Build a shelf from a drawing",
     "Spend a working day outdoors in any weather", "Find out by hand why a machine is stuck",
     "Drive or steer a large vehicle", "Look after animals on a farm or in a clinic",
     "Wire a lamp and test that it is safe", "Grow vegetables from seed to harvest"},
    {"Work out why an experiment gave an unexpected result", "Read about a discovery and question its proof",
     "Look for a pattern in a table of measurements", "Solve a puzzle that takes several evenings",
     "Compare explanations until only one is left", "Learn how a medicine acts in the body",
     "Write a small program that answers a question", "Observe something closely over weeks and take notes"},
    {"Design the cover of a book", "Write a story that someone will read aloud", "Play or sing in front of others",
     "Arrange a room so that it has a mood", "Take photographs until one says what you meant",
     "Invent a character, a game or a world", "Find a new form for an old idea",
     "Spend an afternoon drawing or making something by hand"},
    {"Listen to someone who is going through a hard time", "Explain something until a learner's face lights up",
     "Help a new colleague to find their feet", "Care for someone who is ill",
     "Settle a quarrel so that both can live with it", "Lead a group of children through an afternoon",
     "Give your time to people in your neighbourhood", "Notice what someone needs before they ask"},
    {"Convince a room of a plan", "Start something of your own and carry the risk", "Lead a team towards a deadline",
     "Negotiate a better price", "Speak for a group in front of others", "Set yourself a target and beat it",
     "Bring two people together who should do business", "Decide when others hesitate"},
    {"Keep a budget to the last coin", "Put a muddled archive in order", "Check a long list until it has no mistake",
     "Plan a journey with every connection", "Work by a clear procedure and make it better",
     "Keep records that others rely on", "Prepare forms so that nothing has to be asked twice",
     "Sort out why two figures do not agree"},
};

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

}  // namespace

const std::vector<Item>& assessment_items() {
  static const std::vector<Item> items = [] {
    std::vector<Item> out;
    for (std::size_t round = 0; round < kItemsPerType; ++round)
      for (std::size_t type = 0; type < 6; ++type)
        out.push_back({std::string(1, static_cast<char>(kTypes[type] + 32)) + std::to_string(round + 1), type,
                       kTexts[type][round]});
    return out;
  }();
  return items;
}

int hexagon_distance(std::size_t a, std::size_t b) {
  const int apart = std::abs(static_cast<int>(a) - static_cast<int>(b));
  return std::min(apart, 6 - apart);
}

Profile score(const std::map<std::string, int>& answers) {
  Profile out;
  std::array<std::vector<int>, 6> given;
  for (const auto& item : assessment_items())
    if (const auto answer = answers.find(item.id); answer != answers.end()) given[item.type].push_back(answer->second);
  double spread = 0;
  for (std::size_t type = 0; type < 6; ++type) {
    const auto& values = given[type];
    out.answered += static_cast<int>(values.size());
    if (values.empty()) continue;
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    out.scores[type] = static_cast<int>(std::lround((mean - 1) / 4 * 100));
    double variance = 0;
    for (const int value : values) variance += (value - mean) * (value - mean);
    spread += std::sqrt(variance / static_cast<double>(values.size())) / 6;
  }
  std::iota(out.ranking.begin(), out.ranking.end(), std::size_t{0});
  std::stable_sort(out.ranking.begin(), out.ranking.end(),
                   [&](std::size_t a, std::size_t b) { return out.scores[a] > out.scores[b]; });
  for (int i = 0; i < 3; ++i) out.code += kTypes[out.ranking[static_cast<std::size_t>(i)]];
  const auto at = [&](std::size_t rank) { return out.scores[out.ranking[rank]]; };
  out.differentiation = at(0) - at(5);

  const auto most = std::max_element(answers.begin(), answers.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  const bool all_same = most != answers.end() && std::all_of(answers.begin(), answers.end(),
                                                             [&](const auto& a) { return a.second == most->second; });
  int doubts = 0;
  if (all_same) {
    doubts += 3;
    out.notes.emplace_back(
        "Every statement has the same answer, so the order of the types says nothing yet. Try again and let yourself "
        "prefer.");
  } else if (out.differentiation < 20) {
    doubts += 2;
    out.notes.emplace_back(
        "Your interests are close together: you may like many kinds of work, or your tastes are still open. Treat the "
        "order as a first guess.");
  }
  if (out.answered < static_cast<int>(assessment_items().size())) {
    doubts += out.answered < 36 ? 1 : 0;
    out.notes.emplace_back("You answered " + std::to_string(out.answered) + " of " +
                           std::to_string(assessment_items().size()) +
                           " statements; with all of them the scores are steadier.");
  }
  if (!all_same && at(0) - at(1) < 5)
    out.notes.emplace_back(std::string(kTypeTexts[out.ranking[0]].name) + " and " + kTypeTexts[out.ranking[1]].name +
                           " are practically level: read your code with either of them first.");
  if (!all_same && at(2) - at(3) < 5)
    out.notes.emplace_back("The third letter of your code is close to the fourth; look at occupations with " +
                           std::string(kTypeTexts[out.ranking[3]].name) + " interests as well.");
  if (!all_same && hexagon_distance(out.ranking[0], out.ranking[1]) == 3)
    out.notes.emplace_back(
        "Your two strongest types seldom go together. That is no mistake: look for the rarer occupations that join "
        "them, or give one of them room outside of work.");
  if (spread > 1.4) {
    ++doubts;
    out.notes.emplace_back(
        "Within the types your answers differ widely, so single statements may tell you more than the scores.");
  }
  out.confidence = doubts >= 2 ? "low" : doubts == 1 ? "medium" : "high";

  for (std::size_t type = 0; type < 6; ++type) {
    const int value = out.scores[type];
    out.bands[type] = value >= 65 ? "high" : value >= 40 ? "middling" : "low";
    out.meanings[type] =
        value >= 65 ? kTypeTexts[type].high
        : value >= 40
            ? std::string("This side of work is neither a need nor a burden to you: some of it in a week will do.")
            : std::string(kTypeTexts[type].low);
  }
  std::vector<std::string> leading;
  for (std::size_t rank = 0; rank < 3; ++rank) leading.emplace_back(kTypeTexts[out.ranking[rank]].name);
  out.summary = all_same ? "Your answers do not yet set any kind of work apart from the others."
                         : "Your interests are strongest in " + joined(leading) + " work (code " + out.code +
                               "). Interests say what you are likely to enjoy, not what you are able to do: use them "
                               "to choose what to look at first.";
  return out;
}

}  // namespace counselor
