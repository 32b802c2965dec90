// What can be said about a résumé without a model: form, not worth.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/backend/careers.h"

namespace counselor {

struct Check {
  std::string id, title, status;  ///< good, improve, problem or info
  std::string detail, advice;     ///< advice: "" where there is nothing to do
  std::vector<std::string> evidence;
};

struct ResumeFindings {
  int words = 0, score = 0;  ///< 0…100
  std::vector<Check> checks;
  std::vector<std::string> found, missing;  ///< of a career's skills
};

/// `pages`: 0 where the format has none. `year`: the present one, for dates.
ResumeFindings check_resume(std::string_view text, int pages, int year, const Career* career);

}  // namespace counselor
