// What is said to the model: who it is, what it may rely on, and what a person wrote, kept apart from instructions.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/backend/careers.h"
#include "app/backend/search.h"

namespace counselor {

struct Message {
  bool from_user = true;
  std::string content;
};

/// What the person chose to share.
struct Shared {
  std::optional<Scores> scores;
  std::vector<const Career*> careers;
  std::vector<std::string> skills;
  std::string resume_text, note;
};

struct Prompt {
  boost::json::array messages;          ///< as the API of the model wants them
  std::vector<const Career*> grounded;  ///< the occupations that are in the context
  std::size_t characters = 0;
};

/// `fence`: random for each request, so that no text can contain the end of its own quotation.
Prompt chat_prompt(const Catalogue& catalogue, const Search& search, const std::vector<Message>& conversation,
                   const Shared& shared, const std::string& fence);
Prompt resume_prompt(std::string_view text, const Career* career, const std::string& fence);
Prompt interview_prompt(const Career& career, std::string_view question, std::string_view answer,
                        const std::string& fence);

/// A stranger's text as quoted data: what cannot be seen out, the fence out, marked at both ends.
std::string quoted(std::string_view label, std::string_view text, const std::string& fence);

}  // namespace counselor
