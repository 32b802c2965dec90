#include "app/backend/counsel/counsel.h"

#include <cstdio>

#include "app/backend/counsel/safety.h"
#include "app/backend/interview.h"
#include "app/backend/json_body.h"
#include "app/backend/log.h"
#include "app/backend/replies.h"
#include "app/backend/text.h"

namespace counselor {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::object notice_event(const Notice& notice) {
  json::array help;
  for (const auto& signpost : notice.signposts) help.push_back(replies::signpost(signpost));
  return {{"kind", notice.kind}, {"title", notice.title}, {"text", notice.text}, {"signposts", std::move(help)}};
}

// These are functions because GCC 12 cannot have initializer lists within a co_await (bug 98401).
json::object done_event(const char* reason) { return {{"finishReason", reason}}; }
json::object delta_event(const std::string& text) { return {{"text", text}}; }
json::object checks_event(std::string_view question, std::string_view answer) {
  return {{"checks", replies::checks(check_answer(question, answer))}};
}

json::object error_event(const char* type, const char* title, const char* detail, int retry_after) {
  return {{"type", type}, {"title", title}, {"detail", detail}, {"retryable", true}, {"retryAfter", retry_after}};
}

json::object failure_event(const ModelFailure& failure, bool spoke) {
  return error_event(
      failure.kind == ModelFailure::Kind::kRateLimited ? "/problems/rate-limit" : "/problems/model-failing",
      spoke ? "The answer was cut" : "No answer",
      spoke ? "The connection to the language model broke before the answer was whole. What came so far stays; you can "
              "try again."
            : "The language model's service did not answer. You can try again.",
      std::max(1, failure.retry_after));
}

Notice only_checks(bool failing) {
  return {"no-model",
          "Only the checks this time",
          failing ? "The language model's service is failing just now; the checks above need no model."
                  : "There is no key for the language model here; the checks above need none.",
          {}};
}

Problem cannot_speak(const ModelFailure& failure, bool ending) {
  if (ending) return {503, "/problems/draining", "The service is about to stop. Try again.", {}, 5};
  return {
      503,
      "/problems/model-failing",
      failure.kind == ModelFailure::Kind::kRateLimited
          ? "The language model's service is overloaded. Try again shortly."
      : failure.kind == ModelFailure::Kind::kUnfit
          ? "The language model's service does not take this question. Ask it in other words, or share less with it."
          : "The language model's service cannot be reached just now. Everything else works; try again shortly.",
      {},
      std::max(1, failure.retry_after)};
}

Problem used_up(int wait) {
  return {
      429,
      "/problems/rate-limit",
      "Your share of the model is used up for the moment. Try again in " + std::to_string((wait + 59) / 60) + " min.",
      {},
      wait};
}

Problem too_often(int wait) {
  return {429,
          "/problems/rate-limit",
          "You have asked often within a minute. Try again in " + std::to_string(wait) +
              (wait == 1 ? " second." : " seconds."),
          {},
          wait};
}

Problem too_many_streams(bool of_client) {
  if (of_client)
    return {429, "/problems/rate-limit", "You have several answers under way. Wait for one to end, or stop it.", {}, 5};
  return {503, "/problems/busy", "The counsellor is busy. Try again shortly.", {}, 10};
}

/// A stream's place, given back whatever happens.
struct Place {
  StreamCount& count;
  const std::string& client;
  ~Place() { count.leave(client); }
};

json::value parsed_and_freed(Request& request) {
  auto body = parse_json(request);
  std::string().swap(request.body);
  return body;
}

Problem no_model() {
  return {503, "/problems/no-model",
          "There is no key for the language model here, so the counsellor cannot answer. Assessment, explorer, plans, "
          "résumé checks and interview questions work without it."};
}

const char* finish_name(const std::string& reason) {
  return reason == "length" ? "length" : reason == "content_filter" ? "filtered" : "stop";
}

json::object finished_event(const std::string& finish, int input, int output) {
  json::object out = done_event(finish_name(finish));
  if (input >= 0) out["usage"] = json::object{{"inputTokens", input}, {"outputTokens", std::max(0, output)}};
  return out;
}

void log_failure(const Request& request, const ModelFailure& failure) {
  log_line({{"event", "model_failed"}, {"reason", failure.reason}, {"request_id", request.request_id}});
}

void log_notice(const Request& request, const Notice& notice) {
  log_line({{"event", "notice"}, {"kind", notice.kind}, {"request_id", request.request_id}});
}

/// Counts and the outcome, never words.
void log_end(const Request& request, const char* outcome, int input, int output, const std::string& reason) {
  json::object line{{"event", "counsel"},
                    {"outcome", outcome},
                    {"tokens_in", input},
                    {"tokens_out", output},
                    {"request_id", request.request_id}};
  if (!reason.empty()) line["reason"] = reason;
  log_line(line);
}

}  // namespace

ModelState Counsel::state() const {
  if (!model_.configured()) return {false, "no-key"};
  if (model_.failing()) return {false, "failing"};
  return {true, nullptr};
}

std::string Counsel::fence() {
  char text[32];
  std::snprintf(text, sizeof text, "==DATA-%08x%08x==", random_(), random_());
  return text;
}

std::string Counsel::pseudonym(const std::string& client) const {
  std::uint64_t hash = 1469598103934665603ULL ^ salt_;
  for (const unsigned char c : client) hash = (hash ^ c) * 1099511628211ULL;
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

json::object Counsel::meta(const Request& request, const std::vector<const Career*>& careers, bool model) const {
  json::array list;
  for (const Career* career : careers)
    list.push_back(json::object{{"id", career->id}, {"title", career->title}, {"link", "/careers/" + career->id}});
  return {{"requestId", request.request_id},
          {"model", model ? json::value(config_.model) : json::value(nullptr)},
          {"careers", std::move(list)}};
}

asio::awaitable<void> Counsel::answer(Request& request, EventSink& sink) {
  if (const int wait = requests_.take(request.client, 1, Clock::now()); wait > 0) throw too_often(wait);
  const auto entered = streams_.enter(request.client);
  if (entered != StreamCount::Answer::kYes) throw too_many_streams(entered == StreamCount::Answer::kClientFull);
  const Place place{streams_, request.client};
  const auto path = request.path();
  if (path == "/api/chat")
    co_await chat(request, sink);
  else if (path == "/api/resume/feedback")
    co_await resume(request, sink);
  else
    co_await interview(request, sink);
}

std::optional<Notice> Counsel::read_chat(Request& request, Prompt& prompt) {
  const auto body = parsed_and_freed(request);
  std::vector<FieldError> errors;
  Fields fields(body, "", errors);
  std::vector<Message> conversation;
  if (const auto* list = fields.array("messages", 1, BodyLimits::kMessages, true))
    for (std::size_t i = 0; i < list->size(); ++i) {
      Fields inner((*list)[i], "/messages/" + std::to_string(i), errors);
      static constexpr std::array<const char*, 2> kRoles = {"user", "assistant"};
      const auto role = inner.choice("role", kRoles.data(), kRoles.size(), true);
      const auto content =
          inner.text("content", 1, role == 1 ? BodyLimits::kAssistantMessage : BodyLimits::kUserMessage, true);
      inner.finish();
      conversation.push_back({role != 1, content.value_or("")});
      if (i + 1 == list->size() && role == 1) inner.error("role", "must be user in the last message");
    }
  Shared shared;
  if (const auto* given = fields.value("shared", false)) {
    Fields inner(*given, "/shared", errors);
    shared.scores = inner.scores("scores", false);
    for (const auto& id : inner.texts("careerIds", 10, 60))
      if (const Career* career = catalogue_.find(id))
        shared.careers.push_back(career);  // one that is no more there is no error of the person's
    shared.skills = inner.texts("skills", 60, 60);
    shared.resume_text = inner.text("resumeText", 0, BodyLimits::kResumeText, false).value_or("");
    shared.note = inner.text("note", 0, 1000, false).value_or("");
    inner.finish();
  }
  fields.finish();
  require_none(std::move(errors));
  if (auto notice = notice_for(conversation.back().content)) return notice;
  // What is shared with every message is answered once, or it would end every conversation.
  if (auto notice = notice_for(shared.note); conversation.size() == 1 && notice && notice->kind == "distress")
    return notice;
  prompt = chat_prompt(catalogue_, search_, conversation, shared, fence());
  return std::nullopt;
}

asio::awaitable<void> Counsel::chat(Request& request, EventSink& sink) {
  Prompt prompt;
  if (const auto notice = read_chat(request, prompt)) {
    log_notice(request, *notice);
    const std::vector<const Career*> no_careers;
    if (co_await sink.send("meta", meta(request, no_careers, false)) &&
        co_await sink.send("notice", notice_event(*notice)))
      co_await sink.send("done", done_event(notice->kind == "distress" ? "signpost" : "scope"));
    co_return;
  }
  co_await speak(request, std::move(prompt), sink, false);
}

Prompt Counsel::read_resume(Request& request) {
  const auto body = parsed_and_freed(request);
  std::vector<FieldError> errors;
  Fields fields(body, "", errors);
  const auto text = fields.text("text", 40, BodyLimits::kResumeText, true);
  const auto id = fields.text("careerId", 2, 60, false);
  fields.finish();
  require_none(std::move(errors));
  const Career* career = id ? &known_career(catalogue_, *id) : nullptr;
  return resume_prompt(*text, career, fence());
}

asio::awaitable<void> Counsel::resume(Request& request, EventSink& sink) {
  co_await speak(request, read_resume(request), sink, false);
}

Practice Counsel::read_interview(Request& request) {
  const auto body = parsed_and_freed(request);
  std::vector<FieldError> errors;
  Fields fields(body, "", errors);
  const auto id = fields.text("careerId", 2, 60, true);
  const auto question = fields.text("question", 5, 500, true);
  const auto answer = fields.text("answer", 1, BodyLimits::kAnswer, true);
  fields.finish();
  require_none(std::move(errors));
  return {&known_career(catalogue_, *id), *question, *answer};
}

asio::awaitable<void> Counsel::interview(Request& request, EventSink& sink) {
  const Practice given = read_interview(request);
  const bool model = state().available;
  const auto notice = notice_for(given.answer);
  const bool distress = notice && notice->kind == "distress";
  const std::vector<const Career*> grounded(1, given.career);
  if (!co_await sink.send("meta", meta(request, grounded, model && !distress))) co_return;
  if (!co_await sink.send("checks", checks_event(given.question, given.answer))) co_return;
  if (distress) {
    if (co_await sink.send("notice", notice_event(*notice))) co_await sink.send("done", done_event("signpost"));
    co_return;
  }
  if (!model) {
    const Notice missing = only_checks(model_.configured());
    if (co_await sink.send("notice", notice_event(missing))) co_await sink.send("done", done_event("no-model"));
    co_return;
  }
  co_await speak(request, interview_prompt(*given.career, given.question, given.answer, fence()), sink, true);
}

asio::awaitable<void> Counsel::speak(const Request& request, Prompt prompt, EventSink& sink, bool begun) {
  if (!model_.configured()) throw no_model();
  // Four characters to a token is the usual estimate for English; the true count is settled at the end.
  const double estimate = static_cast<double>(prompt.characters) / 4 + config_.answer_tokens;
  if (const int wait = tokens_.take(request.client, estimate, Clock::now()); wait > 0) {
    if (!begun) throw used_up(wait);
    co_await sink.send("error", error_event("/problems/rate-limit", "Enough for now",
                                            "Your share of the model is used up for the moment.", wait));
    co_return;
  }
  std::unique_ptr<Answer> answer;
  std::optional<ModelFailure> failure;
  bool spoke = false;
  int input = -1, output = -1;
  std::size_t characters_out = 0;
  std::string finish;
  try {
    answer = co_await model_.ask(prompt.messages, request.request_id, pseudonym(request.client), sink.stop);
  } catch (const ModelFailure& error) {
    failure = error;
  }
  json::array().swap(prompt.messages);  // a stream may last minutes: it need not hold what was sent
  if (failure && !begun) {
    tokens_.give_back(request.client, estimate);
    if (failure->kind == ModelFailure::Kind::kGone && !sink.ending) co_return;
    log_failure(request, *failure);
    throw cannot_speak(*failure, sink.ending);
  }
  bool there = true;
  if (!failure) {
    if (!begun) there = co_await sink.send("meta", meta(request, prompt.grounded, true));
    while (there) {
      std::optional<Piece> piece;
      try {
        piece = co_await answer->next();
      } catch (const ModelFailure& error) {
        failure = error;
      }
      if (!failure && !piece && !spoke)
        failure = ModelFailure{ModelFailure::Kind::kFailing, "an answer without words", 2};
      if (failure || !piece) break;
      if (!spoke) model_.breaker().succeeded();
      spoke = true;
      if (piece->input_tokens >= 0) input = piece->input_tokens;
      if (piece->output_tokens >= 0) output = piece->output_tokens;
      if (!piece->finish_reason.empty()) finish = piece->finish_reason;
      characters_out += piece->text.size();
      if (!piece->text.empty()) there = co_await sink.send("delta", delta_event(piece->text));
    }
  }
  sink.stop.connection = nullptr;
  const bool gone = !there || (sink.stop.now && !sink.ending);
  if (gone && !spoke) model_.breaker().undecided();
  if (failure && !gone && !sink.ending && failure->kind == ModelFailure::Kind::kFailing && answer)
    model_.breaker().failed(Clock::now());
  const double used = input >= 0 ? static_cast<double>(input) + std::max(0, output)
                                 : static_cast<double>(prompt.characters + characters_out) / 4;
  tokens_.give_back(request.client, estimate - used);
  log_end(request,
          gone          ? "client left"
          : sink.ending ? "service stopped"
          : failure     ? "cut"
                        : finish_name(finish),
          input, output, failure ? failure->reason : "");
  if (gone) co_return;
  if (sink.ending) {
    co_await sink.send("error", error_event("/problems/draining", "Interrupted",
                                            "The service is being renewed. Send the question again.", 2));
  } else if (failure) {
    co_await sink.send("error", failure_event(*failure, spoke));
  } else {
    co_await sink.send("done", finished_event(finish, input, output));
  }
}

}  // namespace counselor
