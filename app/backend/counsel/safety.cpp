#include "app/backend/counsel/safety.h"

#include <algorithm>
#include <array>

#include "app/backend/text.h"

namespace counselor {
namespace {

bool any(const std::string& padded, const auto& phrases) {
  return std::any_of(std::begin(phrases), std::end(phrases), [&](std::string_view phrase) {
    return padded.find(" " + std::string(phrase)) != std::string::npos;
  });
}

// Folded, and matched from the start of a word: "suicid" finds suicide and suicidal. Rather once too often than once
// too seldom.
constexpr std::array kDistress = {std::string_view("kill myself"),
                                  std::string_view("killing myself"),
                                  std::string_view("suicid"),
                                  std::string_view("end my life"),
                                  std::string_view("ending my life"),
                                  std::string_view("take my own life"),
                                  std::string_view("taking my own life"),
                                  std::string_view("end it all"),
                                  std::string_view("want to die"),
                                  std::string_view("wanna die"),
                                  std::string_view("wish i was dead"),
                                  std::string_view("wish i were dead"),
                                  std::string_view("better off dead"),
                                  std::string_view("better off without me"),
                                  std::string_view("no reason to live"),
                                  std::string_view("nothing to live for"),
                                  std::string_view("dont want to live"),
                                  std::string_view("do not want to live"),
                                  std::string_view("dont want to be alive"),
                                  std::string_view("dont want to be here anymore"),
                                  std::string_view("cant go on"),
                                  std::string_view("cannot go on"),
                                  std::string_view("hurt myself"),
                                  std::string_view("hurting myself"),
                                  std::string_view("harm myself"),
                                  std::string_view("harming myself"),
                                  std::string_view("self harm"),
                                  std::string_view("cut myself"),
                                  std::string_view("cutting myself"),
                                  std::string_view("overdose on"),
                                  std::string_view("kms "),
                                  std::string_view("quiero morir"),
                                  std::string_view("me matar"),
                                  std::string_view("suizid"),
                                  std::string_view("selbstmord"),
                                  std::string_view("umbringen"),
                                  std::string_view("nicht mehr leben")};

// The same words as somebody's profession or subject.
constexpr std::array kDistressWork = {std::string_view("suicide prevention"), std::string_view("suicide hotline"),
                                      std::string_view("suicidal patients"),  std::string_view("suicidal people"),
                                      std::string_view("suicidal clients"),   std::string_view("suicidal teen"),
                                      std::string_view("suicide squad"),      std::string_view("suicide awareness"),
                                      std::string_view("suicide helpline")};

struct Scope {
  std::array<std::string_view, 14> phrases;
  const char* title;
  const char* text;
};
constexpr std::array<Scope, 3> kScopes = {{
    {{"should i sue", "can i sue", "how do i sue", "sue my", "suing my", "is it legal for my", "my legal rights",
      "write a legal", "draft a lawsuit", "legal advice", "wrongful termination claim", "is my non compete",
      "is my contract enforceable", "press charges"},
     "That needs a lawyer",
     "This service cannot advise on law. A lawyer, a legal aid office or your state's labour department can look at "
     "your case; many give a first talk for free. What I can do here: look at occupations, "
     "at your next step at work, or at how to speak of a difficult time in an interview."},
    {{"diagnose me", "do i have adhd", "do i have depression", "do i have autism", "what dose", "dosage of",
      "how many mg", "should i take medication", "should i stop taking", "stop my medication", "medical advice",
      "is it safe to take", "treat my illness", "which medication"},
     "That needs a doctor",
     "This service cannot advise on health. Please ask a doctor, a pharmacist or a nurse line. What I can do here: "
     "look for work that suits how you feel and what you can do, or for the questions to ask about "
     "adjustments at work."},
    {{"which stock", "what stocks", "should i invest", "invest my savings", "buy bitcoin", "buy crypto", "which crypto",
      "financial advice", "investment advice", "should i take out a loan", "evade tax", "avoid paying tax",
      "day trading strategy", "pick stocks"},
     "That needs a financial adviser",
     "This service cannot advise on investments, loans or taxes. A licensed adviser or a non-profit credit counsellor "
     "can. What I can do here: compare what occupations pay, or plan how to afford a training."},
}};

}  // namespace

const std::vector<Signpost>& signposts() {
  static const std::vector<Signpost> list = {
      {"In danger right now", "Call 911 (112 in Europe), or your local emergency number", ""},
      {"988 Suicide and Crisis Lifeline (USA)", "Call or text 988, day and night, free", "https://988lifeline.org"},
      {"Crisis Text Line (USA, Canada, UK, Ireland)", "Text HOME to 741741 (USA, Canada), 85258 (UK), 50808 (Ireland)",
       "https://www.crisistextline.org"},
      {"Samaritans (UK, Ireland)", "Call 116 123, day and night, free", "https://www.samaritans.org"},
      {"Elsewhere", "Find a helpline in your country", "https://findahelpline.com"},
  };
  return list;
}

std::optional<Notice> notice_for(std::string_view message) {
  std::string padded = " " + fold(message) + " ";
  std::string without = padded;
  for (const auto phrase : kDistressWork)
    for (auto at = without.find(phrase); at != std::string::npos; at = without.find(phrase))
      without.erase(at, phrase.size());
  if (any(without, kDistress))
    return Notice{"distress", "You matter more than any career question",
                  "What you write sounds very heavy. I am a program and cannot help you the way a person can, so "
                  "please talk with someone now: the people below listen day and night, for free, and "
                  "you need not know what to say. If you are in danger, call the emergency number. Your questions "
                  "about work can wait; they will still be here.",
                  signposts()};
  for (const Scope& scope : kScopes)
    if (any(padded, scope.phrases)) return Notice{"scope", scope.title, scope.text, {}};
  return std::nullopt;
}

}  // namespace counselor
