// From what was found to the JSON that the contract describes.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "app/backend/assessment.h"
#include "app/backend/counsel/safety.h"
#include "app/backend/interview.h"
#include "app/backend/match.h"
#include "app/backend/plan.h"
#include "app/backend/resume/checks.h"
#include "app/backend/resume/document.h"

namespace counselor::replies {

boost::json::object type(const Type& type);
boost::json::object signpost(const Signpost& signpost);
boost::json::object profile(const Profile& profile);
std::string match(const Match& match);
boost::json::object plan(const Career& career, const Plan& plan);
boost::json::object interview(const Career& career, const std::vector<InterviewQuestion>& questions);
boost::json::array checks(const std::vector<Check>& checks);
boost::json::object review(const ResumeFindings& findings, const Document& document, std::string_view text,
                           DocumentKind kind, std::size_t bytes, const Career* career, bool model);

}  // namespace counselor::replies
