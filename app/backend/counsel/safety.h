// What the counsellor must not do, decided before any model is asked: distress is met with signposts, and advice that
// needs a doctor, a lawyer or a licensed adviser is declined, and so is talk about the counsellor's own instructions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/backend/counsel/distress.h"

namespace counselor {

/// Those that are shown to everybody; who writes in another language sees that one's first.
const std::vector<Signpost>& signposts();

struct Notice {
  std::string kind;  ///< distress, scope or no-model
  std::string title, text;
  std::vector<Signpost> signposts;
};

/// Nothing where the model may answer.
std::optional<Notice> notice_for(std::string_view message);

}  // namespace counselor
