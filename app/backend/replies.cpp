#include "app/backend/replies.h"

namespace counselor::replies {
namespace json = boost::json;

namespace {

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& text : list) out.emplace_back(text);
  return out;
}
json::value maybe(const std::optional<int>& number) { return number ? json::value(*number) : json::value(nullptr); }

}  // namespace

json::object type(const Type& type) {
  return {{"code", std::string(1, type.code)}, {"name", type.name}, {"description", type.description}};
}

json::object signpost(const Signpost& signpost) {
  return {{"name", signpost.name},
          {"contact", signpost.contact},
          {"link", signpost.link.empty() ? json::value(nullptr) : json::value(signpost.link)}};
}

json::object profile(const Profile& profile) {
  json::object scores;
  json::array ranking, types;
  for (std::size_t i = 0; i < 6; ++i) scores[std::string(1, kTypes[i])] = profile.scores[i];
  for (const std::size_t i : profile.ranking) {
    ranking.emplace_back(std::string(1, kTypes[i]));
    types.push_back(json::object{{"code", std::string(1, kTypes[i])},
                                 {"name", kTypeTexts[i].name},
                                 {"score", profile.scores[i]},
                                 {"band", profile.bands[i]},
                                 {"meaning", profile.meanings[i]}});
  }
  return {{"scores", std::move(scores)},
          {"ranking", std::move(ranking)},
          {"code", profile.code},
          {"answered", profile.answered},
          {"total", assessment_items().size()},
          {"confidence", json::object{{"level", profile.confidence},
                                      {"differentiation", profile.differentiation},
                                      {"notes", texts(profile.notes)}}},
          {"explanation", json::object{{"summary", profile.summary}, {"types", std::move(types)}}}};
}

std::string match(const Match& match) {
  json::array reasons;
  for (const Reason& reason : match.reasons)
    reasons.push_back(
        json::object{{"kind", reason.kind}, {"effect", reason.in_favour ? "for" : "against"}, {"text", reason.text}});
  return "{\"career\":" + match.career->brief + ",\"score\":" + std::to_string(match.score) + ",\"fit\":" +
         json::serialize(json::object{{"interests", match.interests},
                                      {"preferences", maybe(match.preferences)},
                                      {"skills", maybe(match.skills)}}) +
         ",\"reasons\":" + json::serialize(reasons) + "}";
}

json::object plan(const Career& career, const Plan& plan) {
  json::array gap, milestones;
  for (const GapLine& line : plan.gap)
    gap.push_back(json::object{{"skill", line.skill},
                               {"have", line.have},
                               {"need", line.need},
                               {"gap", line.gap()},
                               {"priority", line.priority()}});
  for (const Milestone& stone : plan.milestones)
    milestones.push_back(json::object{{"number", stone.number},
                                      {"title", stone.title},
                                      {"fromWeek", stone.from_week},
                                      {"toWeek", stone.to_week},
                                      {"hours", stone.hours},
                                      {"skills", texts(stone.skills)},
                                      {"actions", texts(stone.actions)},
                                      {"evidence", stone.evidence}});
  return {{"career", json::object{{"id", career.id},
                                  {"title", career.title},
                                  {"education", career.education},
                                  {"educationLevel", kEducation[static_cast<std::size_t>(career.education_level)]}}},
          {"hoursPerWeek", plan.hours_per_week},
          {"totalHours", plan.total_hours},
          {"totalWeeks", plan.total_weeks},
          {"readiness", plan.readiness},
          {"gap", std::move(gap)},
          {"milestones", std::move(milestones)},
          {"notes", texts(plan.notes)}};
}

json::object interview(const Career& career, const std::vector<InterviewQuestion>& questions) {
  json::array list;
  for (const InterviewQuestion& question : questions)
    list.push_back(
        json::object{{"id", question.id},
                     {"kind", question.kind},
                     {"text", question.text},
                     {"why", question.why},
                     {"tips", texts(question.tips)},
                     {"skill", question.skill.empty() ? json::value(nullptr) : json::value(question.skill)}});
  return {{"career", json::object{{"id", career.id}, {"title", career.title}}}, {"questions", std::move(list)}};
}

json::array checks(const std::vector<Check>& checks) {
  json::array out;
  for (const Check& check : checks) {
    json::object line{{"id", check.id}, {"title", check.title}, {"status", check.status}, {"detail", check.detail}};
    if (!check.advice.empty()) line["advice"] = check.advice;
    if (!check.evidence.empty()) line["evidence"] = texts(check.evidence);
    out.push_back(std::move(line));
  }
  return out;
}

json::object review(const ResumeFindings& findings, const Document& document, std::string_view text, DocumentKind kind,
                    std::size_t bytes, const Career* career, bool model) {
  json::object out{
      {"document", json::object{{"kind", kind == DocumentKind::kPdf    ? "pdf"
                                         : kind == DocumentKind::kDocx ? "docx"
                                                                       : "text"},
                                {"bytes", bytes},
                                {"pages", document.pages > 0 ? json::value(document.pages) : json::value(nullptr)},
                                {"words", findings.words},
                                {"truncated", document.truncated || text.size() < document.text.size()}}},
      {"text", text},
      {"score", findings.score},
      {"checks", checks(findings.checks)},
      {"model", json::object{{"available", model}}}};
  if (career != nullptr)
    out["career"] = json::object{{"id", career->id},
                                 {"title", career->title},
                                 {"found", texts(findings.found)},
                                 {"missing", texts(findings.missing)}};
  return out;
}

}  // namespace counselor::replies
