// Interview practice that needs no model: questions out of an occupation's data, and checks of an answer's form.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/backend/careers.h"
#include "app/backend/resume/checks.h"

namespace counselor {

struct InterviewQuestion {
  std::string id, kind, text, why, skill;  ///< skill: "" where it is about none
  std::vector<std::string> tips;
};

/// The same seed gives the same questions.
std::vector<InterviewQuestion> interview_questions(const Career& career, std::size_t count, std::uint32_t seed);

/// Length, a told situation, one's own part, a result, figures, filler words; for a question of another kind, what that
/// one asks for. Nothing is praised that is not there.
std::vector<Check> check_answer(std::string_view question, std::string_view answer);

}  // namespace counselor
