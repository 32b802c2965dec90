#include "app/backend/assessment.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "app/backend/match.h"

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

// One activity in each, in everyday words, that one can judge without having done it, wherever one grew up; of each
// type some that need little schooling and some that need more, and half of them away from paid work.
constexpr const char* kTexts[6][kItemsPerType] = {
    {"Repair a bicycle", "Build a shelf", "Work outdoors in all weathers", "Find out why a machine has stopped",
     "Drive a large vehicle", "Look after farm animals", "Put in a new lamp or socket", "Grow vegetables"},
    {"Find out why an experiment went wrong", "Read about a scientific discovery", "Look for patterns in measurements",
     "Work for hours on a difficult puzzle", "Compare several explanations for the same thing",
     "Learn how a medicine works in the body", "Write a small computer program",
     "Watch animals or stars and take notes"},
    {"Design the cover of a book", "Write a short story", "Perform music in front of people",
     "Arrange a room so that it looks beautiful", "Take photographs of everyday things",
     "Invent a character for a film or a game", "Think of an unusual way to tell something",
     "Draw or paint for an afternoon"},
    {"Listen to someone who is having a hard time", "Explain something until a learner understands it",
     "Help a new colleague to feel at home", "Take care of someone who is ill", "Help two people to settle a quarrel",
     "Spend an afternoon with a group of children", "Do unpaid work for people in your neighbourhood",
     "Help someone to fill in a difficult form"},
    {"Persuade a group of a plan", "Start a small business", "Lead a team", "Negotiate a better price", "Give a speech",
     "Win new customers", "Bring people together who could do business", "Make the decision when others hesitate"},
    {"Keep track of a budget", "Put a disorderly archive in order", "Check a long list for mistakes",
     "Plan a journey with all its connections", "Follow a clear procedure step by step", "Keep records up to date",
     "Enter figures in a table", "Find out why two totals differ"},
};

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

/// So many equal answers in a row are seldom meant: the types take turns, so a taste cannot make such a run.
constexpr int kLongRun = 16;

int longest_run(const std::map<std::string, int>& answers) {
  int longest = 0, run = 0, last = 0;
  for (const Item& item : assessment_items()) {
    const auto answer = answers.find(item.id);
    if (answer == answers.end()) continue;
    run = answer->second == last ? run + 1 : 1;
    last = answer->second;
    longest = std::max(longest, run);
  }
  return longest;
}

/// The first three of the ranking, as far as they stand apart: none below the person's own mean, and none that is level
/// with a letter that would not be in it. Where more than three are level at the top, all of them are right: three are
/// taken, and a note says so.
std::string code_of(const Profile& profile, const std::array<int, 6>& keen) {
  const auto at = [&](std::size_t rank) { return profile.scores[profile.ranking[rank]]; };
  const int sum = std::accumulate(profile.scores.begin(), profile.scores.end(), 0);
  std::size_t size = 3;
  while (size > 1 && at(size - 1) * 6 < sum) --size;
  const auto level = [&](std::size_t rank) {
    return at(rank - 1) == at(rank) && keen[profile.ranking[rank - 1]] == keen[profile.ranking[rank]];
  };
  std::size_t cut = size;
  while (cut > 0 && level(cut)) --cut;
  std::string out;
  for (std::size_t rank = 0; rank < (cut > 0 ? cut : size); ++rank) out += kTypes[profile.ranking[rank]];
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
  // Level types go by how often one would do it very gladly: what one is keen on says more than what one does not mind.
  std::array<int, 6> keen{};
  for (std::size_t type = 0; type < 6; ++type)
    keen[type] = static_cast<int>(std::count(given[type].begin(), given[type].end(), 5));
  std::stable_sort(out.ranking.begin(), out.ranking.end(), [&](std::size_t a, std::size_t b) {
    return out.scores[a] != out.scores[b] ? out.scores[a] > out.scores[b] : keen[a] > keen[b];
  });
  const auto at = [&](std::size_t rank) { return out.scores[out.ranking[rank]]; };
  out.differentiation = at(0) - at(5);
  const bool apart = !undifferentiated(out.scores);
  out.code = apart ? code_of(out, keen) : "";
  const double mean = std::accumulate(out.scores.begin(), out.scores.end(), 0.0) / 6;

  int doubts = 0;
  if (!apart) {
    doubts += 3;
    const char* how = mean >= 75   ? "You would do nearly everything gladly"
                      : mean <= 25 ? "Hardly anything here draws you"
                                   : "You answered nearly everything in the same way";
    out.notes.push_back(std::string(how) +
                        ", so the answers set no kind of work apart: that is a result too, but no code. What next: go "
                        "through the statements again and compare them with each other (which would you do first on a "
                        "free day?), or leave them and browse the explorer by field, pay or schooling.");
  } else if (out.differentiation < 20) {
    doubts += 2;
    out.notes.emplace_back(
        "Your interests are close together: you may like many kinds of work, or your tastes are still open. Treat the "
        "order as a first guess.");
  }
  if (apart && (mean >= 80 || mean <= 20)) {
    ++doubts;
    out.notes.emplace_back(mean >= 80 ? "You would do most of it gladly, so look at the differences between the types "
                                        "rather than at the height of the scores."
                                      : "Little of it draws you, so look at the differences between the types rather "
                                        "than at the height of the scores.");
  }
  if (apart && longest_run(answers) >= kLongRun) {
    ++doubts;
    out.notes.emplace_back(
        "Many statements in a row have the same answer. If that was tiredness, go through them again.");
  }
  if (out.answered < static_cast<int>(assessment_items().size())) {
    doubts += out.answered < 36 ? 1 : 0;
    out.notes.emplace_back("You answered " + std::to_string(out.answered) + " of " +
                           std::to_string(assessment_items().size()) +
                           " statements; with all of them the scores are steadier.");
  }
  if (apart && at(0) - at(1) < 5)
    out.notes.emplace_back(std::string(kTypeTexts[out.ranking[0]].name) + " and " + kTypeTexts[out.ranking[1]].name +
                           " are practically level: read your code with either of them first.");
  if (apart && at(2) - at(3) < 5 && at(3) >= 40)
    out.notes.emplace_back("The third place is shared by " + std::string(kTypeTexts[out.ranking[2]].name) + " and " +
                           kTypeTexts[out.ranking[3]].name + ": look at occupations with either of them.");
  if (apart && hexagon_distance(out.ranking[0], out.ranking[1]) == 3)
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
  if (!apart) {
    out.summary = "Your answers do not yet set any kind of work apart from the others.";
    return out;
  }
  std::vector<std::string> leading;
  for (std::size_t rank = 0; rank < out.code.size(); ++rank) leading.emplace_back(kTypeTexts[out.ranking[rank]].name);
  out.summary = "Your interests are strongest in " + joined(leading) + " work (code " + out.code +
                "). Interests say what you are likely to enjoy, not what you are able to do: use them to choose what "
                "to look at first, read two of the careers that fit, and talk with someone who does one of them.";
  return out;
}

}  // namespace counselor
