#include "app/backend/api.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <ctime>
#include <optional>

#include "app/backend/assessment.h"
#include "app/backend/counsel/safety.h"
#include "app/backend/interview.h"
#include "app/backend/json_body.h"
#include "app/backend/match.h"
#include "app/backend/plan.h"
#include "app/backend/replies.h"
#include "app/backend/resume/checks.h"
#include "app/backend/text.h"

#ifndef COUNSELOR_VERSION
#define COUNSELOR_VERSION "1.0.0"
#endif

namespace counselor {
namespace json = boost::json;

namespace {

constexpr std::size_t kMostPages = 256, kMostPageBytes = 2 * 1024 * 1024;
constexpr Route kGet{"GET, HEAD", 4096, Route::Kind::kPlain}, kPost{"POST", BodyLimits::kJson, Route::Kind::kPlain},
    kStream{"POST", BodyLimits::kJson, Route::Kind::kStream}, kChat{"POST", BodyLimits::kChat, Route::Kind::kStream},
    kFile{"POST", DocumentLimits::kBytes, Route::Kind::kDocument};

const std::map<std::string_view, const Route*>& routes() {
  static const std::map<std::string_view, const Route*> all = {{"/health", &kGet},
                                                               {"/api/health", &kGet},
                                                               {"/ready", &kGet},
                                                               {"/api/version", &kGet},
                                                               {"/api/config", &kGet},
                                                               {"/api/careers", &kGet},
                                                               {"/api/careers/compare", &kGet},
                                                               {"/api/assessment/items", &kGet},
                                                               {"/api/assessment/score", &kPost},
                                                               {"/api/match", &kPost},
                                                               {"/api/plan", &kPost},
                                                               {"/api/interview", &kPost},
                                                               {"/api/interview/feedback", &kStream},
                                                               {"/api/resume/feedback", &kStream},
                                                               {"/api/resume/review", &kFile},
                                                               {"/api/chat", &kChat}};
  return all;
}

Response ok(const json::value& body) { return {200, "application/json", json::serialize(body), {}}; }

[[noreturn]] void bad(std::string detail) { throw Problem{400, "about:blank", std::move(detail)}; }

int number(std::string_view query, const char* name, int otherwise, int least, int most) {
  const std::string text = query_value(query, name);
  if (text.empty()) return otherwise;
  if (text.size() > 7 || text.find_first_not_of("0123456789") != std::string::npos || std::stoi(text) < least ||
      std::stoi(text) > most)
    bad(std::string(name) + " must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
        ".");
  return std::stoi(text);
}

bool harmless_id(std::string_view id) {
  return id.size() >= 2 && id.size() <= 60 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

/// Careers change only with the program: a browser may ask whether they have.
Response cached(const Request& request, const std::string& etag, const std::string& body) {
  Response out{200, "application/json", "", {{"ETag", etag}, {"Cache-Control", "public, max-age=300"}}};
  const auto asked = std::string_view(request.if_none_match);
  if (asked == "*" || (!asked.empty() && asked.find(etag) != std::string_view::npos))
    out.status = 304;
  else
    out.body = body;
  return out;
}

}  // namespace

const Career& known_career(const Catalogue& catalogue, const std::string& id) {
  const Career* career = catalogue.find(id);
  if (career == nullptr)
    throw Problem{404, "about:blank",
                  harmless_id(id) ? "There is no occupation with the id " + id + "." : "There is no such occupation."};
  return *career;
}

const Route* Api::route(std::string_view path) {
  if (const auto found = routes().find(path); found != routes().end()) return found->second;
  return path.starts_with("/api/careers/") && path.size() > 13 ? &kGet : nullptr;
}

Response Api::list(const Request& request) const {
  const auto query = request.query();
  if (query.size() > 1000) bad("The query is too long.");
  const auto known = pages_.find(query);
  if (known != pages_.end()) return cached(request, catalogue_.etag(), known->second);
  CareerQuery wanted;
  wanted.text = query_value(query, "q");
  if (!valid_utf8(wanted.text) || wanted.text.find('\0') != std::string::npos) bad("q is not UTF-8.");
  if (characters(wanted.text) > 100) bad("q is longer than 100 characters.");
  wanted.interests = query_value(query, "interest");
  if (wanted.interests.size() > 3 || wanted.interests.find_first_not_of(kTypes) != std::string::npos)
    bad("interest must be one to three of the letters R, I, A, S, E, C.");
  wanted.fields = split(query_value(query, "field"), ',');
  for (const auto& field : wanted.fields)
    if (!catalogue_.has_field(field)) bad("field must be ids of fields as /api/config lists them.");
  for (const auto& growth : split(query_value(query, "growth"), ',')) {
    wanted.growth.push_back(index_of(kGrowth, growth));
    if (wanted.growth.back() < 0) bad("growth must be of: declining, steady, growing, growing fast.");
  }
  if (const auto level = query_value(query, "educationMax"); !level.empty()) {
    wanted.education_max = index_of(kEducation, level);
    if (*wanted.education_max < 0)
      bad("educationMax must be one of: none, secondary, vocational, associate, bachelor, master, doctorate.");
  }
  wanted.pay_min = number(query, "payMin", 0, 0, 1'000'000);
  static constexpr std::array<const char*, 4> kSorts = {"relevance", "title", "pay", "growth"};
  const auto sort = query_value(query, "sort");
  const int order = sort.empty() ? (wanted.text.empty() ? 1 : 0) : index_of(kSorts, sort);
  if (order < 0) bad("sort must be one of: relevance, title, pay, growth.");
  wanted.sort = static_cast<CareerQuery::Sort>(order);
  const auto offset = static_cast<std::size_t>(number(query, "offset", 0, 0, 100'000));
  const auto limit = static_cast<std::size_t>(number(query, "limit", 20, 1, 100));
  const auto found = search_.find(wanted);
  std::map<std::string, int> fields, levels, growths;
  for (const Career* career : found) {
    ++fields[career->field];
    ++levels[kEducation[static_cast<std::size_t>(career->education_level)]];
    ++growths[kGrowth[static_cast<std::size_t>(career->growth)]];
  }
  std::string body = "{\"total\":" + std::to_string(found.size()) + ",\"offset\":" + std::to_string(offset) +
                     ",\"limit\":" + std::to_string(limit) + ",\"facets\":" +
                     json::serialize(json::object{{"field", json::value_from(fields)},
                                                  {"educationLevel", json::value_from(levels)},
                                                  {"growth", json::value_from(growths)}}) +
                     ",\"careers\":[";
  for (std::size_t i = offset; i < found.size() && i < offset + limit; ++i)
    body += (i == offset ? "" : ",") + found[i]->brief;
  body += "]}";
  if (pages_.size() >= kMostPages || page_bytes_ + body.size() > kMostPageBytes) {
    pages_.clear();
    page_bytes_ = 0;
  }
  page_bytes_ += body.size();
  return cached(request, catalogue_.etag(), pages_.emplace(std::string(query), std::move(body)).first->second);
}

Response Api::compare(const Request& request) const {
  const auto ids = split(query_value(request.query(), "ids"), ',');
  if (ids.size() < 2 || ids.size() > 4) bad("ids must name two to four occupations, separated by commas.");
  std::vector<const Career*> careers;
  for (const auto& id : ids) {
    careers.push_back(&known_career(catalogue_, id));
    if (std::count(careers.begin(), careers.end(), careers.back()) > 1) bad("ids names an occupation twice.");
  }
  std::map<std::string, std::vector<int>> levels;
  for (std::size_t i = 0; i < careers.size(); ++i)
    for (const Skill& skill : careers[i]->skills) {
      auto& line = levels[skill.name];
      line.resize(careers.size(), 0);
      line[i] = skill.level;
    }
  std::vector<std::pair<std::string, std::vector<int>>> order(levels.begin(), levels.end());
  const auto shared = [](const std::vector<int>& line) {
    return std::count_if(line.begin(), line.end(), [](int level) { return level > 0; });
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const auto& a, const auto& b) { return shared(a.second) > shared(b.second); });
  json::array skills;
  for (const auto& [name, line] : order) {
    json::array row;
    for (const int level : line) row.push_back(level > 0 ? json::value(level) : json::value(nullptr));
    skills.push_back(json::object{{"name", name}, {"levels", std::move(row)}});
  }
  std::string body = "{\"careers\":[";
  for (std::size_t i = 0; i < careers.size(); ++i) body += (i == 0 ? "" : ",") + careers[i]->whole;
  return cached(request, catalogue_.etag(), body + "],\"skills\":" + json::serialize(skills) + "}");
}

Response Api::one(const Request& request) const {
  return cached(request, catalogue_.etag(), known_career(catalogue_, std::string(request.path().substr(13))).whole);
}

Response Api::config() const {
  const ModelState model = model_state();
  json::array fields, levels, growth, types, help;
  for (const auto& field : catalogue_.fields())
    fields.push_back(json::object{{"id", field.id}, {"label", field.label}, {"count", field.count}});
  static constexpr std::array<const char*, 7> kLevelLabels = {"No certificate",
                                                              "High school",
                                                              "Apprenticeship, trade school or certificate",
                                                              "Two-year degree",
                                                              "Bachelor's degree",
                                                              "Master's degree",
                                                              "Doctorate or professional degree"};
  for (std::size_t i = 0; i < kEducation.size(); ++i)
    levels.push_back(json::object{{"id", kEducation[i]}, {"label", kLevelLabels[i]}});
  for (const char* name : kGrowth) growth.emplace_back(name);
  for (const Type& type : kTypeTexts) types.push_back(replies::type(type));
  for (const Signpost& signpost : signposts()) help.push_back(replies::signpost(signpost));
  return ok(json::object{
      {"version", COUNSELOR_VERSION},
      {"model", json::object{{"available", model.available},
                             {"name", model.available ? json::value(config_.model) : json::value(nullptr)},
                             {"reason", model.reason != nullptr ? json::value(model.reason) : json::value(nullptr)}}},
      {"limits", json::object{{"resumeBytes", DocumentLimits::kBytes},
                              {"resumePages", DocumentLimits::kPages},
                              {"messageCharacters", BodyLimits::kUserMessage},
                              {"messages", BodyLimits::kMessages},
                              {"resumeTextCharacters", BodyLimits::kResumeText},
                              {"answerCharacters", BodyLimits::kAnswer},
                              {"chatPerMinute", config_.chat_per_minute},
                              {"streamsPerClient", config_.streams_per_client},
                              {"compareCareers", 4}}},
      {"fields", std::move(fields)},
      {"educationLevels", std::move(levels)},
      {"growth", std::move(growth)},
      {"types", std::move(types)},
      {"signposts", std::move(help)}});
}

Response Api::items() const {
  json::array scale, types, list;
  static constexpr std::array<const char*, 5> kLabels = {"Not at all", "Rather not", "So-so", "Gladly", "Very gladly"};
  for (std::size_t i = 0; i < kLabels.size(); ++i)
    scale.push_back(json::object{{"value", i + 1}, {"label", kLabels[i]}});
  for (const Type& type : kTypeTexts) types.push_back(replies::type(type));
  for (const Item& item : assessment_items())
    list.push_back(json::object{{"id", item.id}, {"type", std::string(1, kTypes[item.type])}, {"text", item.text}});
  Response out = ok(json::object{{"version", kAssessmentVersion},
                                 {"scale", std::move(scale)},
                                 {"types", std::move(types)},
                                 {"items", std::move(list)}});
  out.headers.emplace_back("Cache-Control", "public, max-age=300");
  return out;
}

Response Api::score(const Request& request) const {
  const auto body = parse_json(request);
  std::vector<FieldError> errors;
  Fields fields(body, "", errors);
  if (const auto version = fields.text("version", 0, 20, false); version && *version != kAssessmentVersion)
    fields.error("version", std::string("must be the version of the present items, ") + kAssessmentVersion);
  std::map<std::string, int> answers;
  std::array<int, 6> per_type{};
  const auto* given = fields.value("answers", true);
  if (given != nullptr) {
    Fields inner(*given, "/answers", errors);
    for (const Item& item : assessment_items())
      if (const auto answer = inner.integer(item.id, 1, 5, false)) {
        answers[item.id] = *answer;
        ++per_type[item.type];
      }
    inner.finish();
    for (std::size_t type = 0; type < 6; ++type)
      if (inner.object() != nullptr && errors.empty() && per_type[type] < kLeastPerType)
        fields.error("answers", std::string("needs at least ") + std::to_string(kLeastPerType) +
                                    " answers of the type " + kTypeTexts[type].name);
  }
  fields.finish();
  require_none(std::move(errors));
  return ok(replies::profile(counselor::score(answers)));
}

Response Api::match(const Request& request) const {
  const auto body = parse_json(request);
  std::vector<FieldError> errors;
  Fields fields(body, "", errors);
  MatchWishes wishes;
  wishes.scores = fields.scores("scores", true).value_or(Scores{});
  wishes.skills = fields.texts("skills", 60, 60);
  wishes.strict = fields.boolean("strict").value_or(false);
  wishes.limit = static_cast<std::size_t>(fields.integer("limit", 1, 50, false).value_or(20));
  if (const auto* given = fields.value("preferences", false)) {
    Fields inner(*given, "/preferences", errors);
    wishes.education_max = inner.choice("educationMax", kEducation.data(), kEducation.size(), false);
    wishes.pay_min = inner.integer("payMin", 0, 1'000'000, false);
    wishes.fields = inner.texts("fields", 30, 40);
    for (std::size_t i = 0; i < wishes.fields.size(); ++i)
      if (!catalogue_.has_field(wishes.fields[i]))
        inner.error("fields/" + std::to_string(i), "is no field that there is");
    const auto growths = inner.texts("growth", 4, 20);
    for (std::size_t i = 0; i < growths.size(); ++i) {
      wishes.growth.push_back(index_of(kGrowth, growths[i]));
      if (wishes.growth.back() < 0)
        inner.error("growth/" + std::to_string(i), "must be one of declining, steady, growing, growing fast");
    }
    if (const auto* context = inner.value("context", false)) {
      Fields sides(*context, "/preferences/context", errors);
      for (std::size_t i = 0; i < kContext.size(); ++i)
        wishes.context[i] = sides.integer(kContext[i], -1, 1, false).value_or(0);
      sides.finish();
    }
    inner.finish();
  }
  fields.finish();
  require_none(std::move(errors));
  std::size_t total = 0;
  const auto matches = match_careers(catalogue_, wishes, total);
  std::string out = "{\"total\":" + std::to_string(total) + ",\"matches\":[";
  for (std::size_t i = 0; i < matches.size(); ++i) out += (i == 0 ? "" : ",") + replies::match(matches[i]);
  return {200, "application/json", out + "]}", {}};
}

Response Api::plan(const Request& request) const {
  const auto body = parse_json(request);
  std::vector<FieldError> errors;
  Fields fields(body, "", errors);
  const auto id = fields.text("careerId", 2, 60, true);
  const int hours = fields.integer("hoursPerWeek", 1, 40, false).value_or(6);
  std::vector<Skill> own;
  if (const auto* list = fields.array("skills", 0, 60, true))
    for (std::size_t i = 0; i < list->size(); ++i) {
      Fields inner((*list)[i], "/skills/" + std::to_string(i), errors);
      const auto name = inner.text("name", 1, 60, true);
      const auto level = inner.integer("level", 0, 5, true);
      inner.finish();
      if (name && level) own.push_back({*name, *level});
    }
  fields.finish();
  require_none(std::move(errors));
  const Career& career = known_career(catalogue_, *id);
  return ok(replies::plan(career, plan_learning(career, own, hours)));
}

Response Api::interview(const Request& request) const {
  const auto body = parse_json(request);
  std::vector<FieldError> errors;
  Fields fields(body, "", errors);
  const auto id = fields.text("careerId", 2, 60, true);
  const auto count = fields.integer("count", 1, 20, false).value_or(8);
  const auto seed = fields.integer("seed", 0, 2147483647, false).value_or(0);
  fields.finish();
  require_none(std::move(errors));
  const Career& career = known_career(catalogue_, *id);
  return ok(replies::interview(
      career, interview_questions(career, static_cast<std::size_t>(count), static_cast<std::uint32_t>(seed))));
}

void Api::check_document_type(const Request& request) {
  const std::string type = request.content_type.substr(0, request.content_type.find(';'));
  static constexpr std::array<const char*, 4> kServed = {
      "application/octet-stream", "application/pdf",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "text/plain"};
  const int served = index_of(kServed, type);
  if (served < 0)
    throw Problem{415, "/problems/file-type",
                  "Send a PDF, a .docx or plain text, as the body itself, with its Content-Type."};
  if (request.body.empty()) throw Problem{422, "/problems/file-empty", "The file is empty."};
  Document why;
  const auto kind = recognize(request.body, why);
  if (kind == DocumentKind::kUnknown) throw Problem{415, "/problems/" + why.problem, why.detail};
  static constexpr DocumentKind kKinds[4] = {DocumentKind::kUnknown, DocumentKind::kPdf, DocumentKind::kDocx,
                                             DocumentKind::kText};
  if (served > 0 && kKinds[served] != kind)
    throw Problem{415, "/problems/file-type", "The content of the file is not what its type says."};
}

Response Api::review(const Request& request, const Document& document) const {
  if (document.problem == "busy") throw Problem{503, "/problems/busy", document.detail, {}, 5};
  if (!document.problem.empty())
    throw Problem{document.problem == "file-type" ? 415 : 422, "/problems/" + document.problem, document.detail};
  const std::string id = query_value(request.query(), "careerId");
  const Career* career = id.empty() ? nullptr : &known_career(catalogue_, id);
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  const std::string_view text = first_characters(document.text, BodyLimits::kResumeText);
  const auto findings = check_resume(text, document.pages, parts.tm_year + 1900, career);
  Document ignored;
  const auto kind = recognize(request.body, ignored);
  return ok(replies::review(findings, document, text, kind, request.body.size(), career, model_state().available));
}

Response Api::answer(const Request& request) const {
  try {
    const auto path = request.path();
    const Route* found = route(path);
    if (found == nullptr) throw Problem{404, "about:blank", "There is nothing here."};
    const bool fits = request.method == found->methods ||
                      (found->methods == "GET, HEAD" && (request.method == "GET" || request.method == "HEAD"));
    if (!fits) {
      Response out = Problem{405, "about:blank", "Only " + std::string(found->methods) + " is served here."}.response(
          request.request_id);
      out.headers.emplace_back("Allow", std::string(found->methods));
      return out;
    }
    if (path == "/api/careers") return list(request);
    if (path == "/health" || path == "/api/health") return {200, "application/json", "{\"status\":\"ok\"}", {}};
    if (path == "/ready") {
      if (draining()) throw Problem{503, "/problems/draining", "The service is about to stop.", {}, 5};
      return {200, "application/json", "{\"status\":\"ok\"}", {}};
    }
    if (path == "/api/version")
      return {200, "application/json", "{\"name\":\"counselor-backend\",\"version\":\"" COUNSELOR_VERSION "\"}", {}};
    if (path == "/api/config") return config();
    if (path == "/api/careers/compare") return compare(request);
    if (path == "/api/assessment/items") return items();
    if (path == "/api/assessment/score") return score(request);
    if (path == "/api/match") return match(request);
    if (path == "/api/plan") return plan(request);
    if (path == "/api/interview") return interview(request);
    return one(request);
  } catch (const Problem& problem) {
    return problem.response(request.request_id);
  }
}

}  // namespace counselor
