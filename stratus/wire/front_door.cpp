#include "stratus/wire/front_door.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"
#include "stratus/wire/validate.h"

namespace stratus::wire {
namespace {

constexpr std::array<double, 10> kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5};  // seconds

struct Series {
  std::uint64_t count = 0;
  double seconds = 0;
  std::array<std::uint64_t, kBuckets.size()> buckets{};
};

/// An unknown key, a wrong signature, a missing one: each family of services words it in its own way.
aws::Error word(const aws::Error& error, const Route& route) {
  const aws::Protocol protocol = route.protocol;
  if (error.code == "UnknownKey") {
    if (protocol == aws::Protocol::ec2) return aws::Error("AuthFailure", 401, "AWS was not able to validate the provided access credentials");
    if (protocol == aws::Protocol::json || protocol == aws::Protocol::cbor) return aws::Error("UnrecognizedClientException", 400, "The security token included in the request is invalid.");
    if (std::string_view(route.service->name) == "s3") return aws::Error("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records.");
    return aws::Error("InvalidClientTokenId", 403, "The security token included in the request is invalid.");
  }
  if (error.code == "ExpiredToken") {
    if (protocol == aws::Protocol::json || protocol == aws::Protocol::cbor) return aws::Error("ExpiredTokenException", 400, error.message);
    if (protocol == aws::Protocol::ec2) return aws::Error("RequestExpired", 400, error.message);
  }
  if (error.code == "SignatureDoesNotMatch") {
    if (protocol == aws::Protocol::json || protocol == aws::Protocol::cbor) return aws::Error("InvalidSignatureException", 400, error.message);
    if (protocol == aws::Protocol::ec2) return aws::Error("AuthFailure", 401, "AWS was not able to validate the provided access credentials");
  }
  return error;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace

struct FrontDoor::State {
  State(AsioLoop& l, state::Store& s, Random& r, FrontDoorSettings given)
      : loop(l), store(s), random(r), settings(std::move(given)), started(l.clock().now()),
        server(l, settings.server, [this](HttpRequest request, std::function<void(HttpReply)> reply) { handle(std::move(request), std::move(reply)); }) {}

  AsioLoop& loop;
  state::Store& store;
  Random& random;
  const FrontDoorSettings settings;
  const Timestamp started;
  Router router;
  std::vector<std::pair<std::string, HttpHandler>> raw;
  std::map<std::pair<std::string, std::string>, HttpHandler> internal;
  const Credentials* credentials = nullptr;
  const Authorizer* authorizer = nullptr;
  Audit* audit = nullptr;
  std::function<std::string()> health;
  std::map<std::array<std::string, 3>, Series> series;  // service, operation, status
  Server server;

  void handle(HttpRequest request, std::function<void(HttpReply)> reply) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path.starts_with("/_stratus/")) {
      answer_internal(path, std::move(request), std::move(reply));
      return;
    }
    for (const auto& [prefix, handler] : raw)
      if (path == prefix || path.starts_with(prefix + "/")) {
        handler(std::move(request), std::move(reply));
        return;
      }
    serve(std::move(request), path, std::move(reply));
  }

  void answer_internal(const std::string& path, HttpRequest request, std::function<void(HttpReply)> reply) {
    HttpReply out;
    out.headers["Content-Type"] = "application/json";
    if (!is_loopback(request.peer)) {
      out.status = 403;
      out.body = "{\"message\":\"only from this machine\"}\n";
    } else if (const auto found = internal.find({request.method, path}); found != internal.end()) {
      found->second(std::move(request), std::move(reply));
      return;
    } else if (path == "/_stratus/health" && request.method == "GET") {
      std::string services;
      for (const auto& name : router.services()) services += (services.empty() ? "" : ",") + text::json_quote(name);
      out.body = fmt::format("{{\"status\":\"running\",\"version\":{},\"pid\":{},\"uptime_seconds\":{},\"services\":[{}],\"parts\":{}}}\n",
                             text::json_quote(settings.version), ::getpid(), (loop.clock().now() - started).count() / 1000, services, health ? health() : "{}");
    } else if (path == "/_stratus/metrics" && request.method == "GET") {
      out.headers["Content-Type"] = "text/plain; version=0.0.4";
      out.body = metrics();
    } else {
      out.status = 404;
      out.body = "{\"message\":\"no such page\"}\n";
    }
    reply(std::move(out));
  }

  std::string metrics() const {
    std::string out = "# TYPE stratus_requests_total counter\n";
    for (const auto& [key, s] : series)
      out += fmt::format("stratus_requests_total{{service=\"{}\",operation=\"{}\",status=\"{}\"}} {}\n", key[0], key[1], key[2], s.count);
    out += "# TYPE stratus_request_seconds histogram\n";
    for (const auto& [key, s] : series) {
      const std::string labels = fmt::format("service=\"{}\",operation=\"{}\",status=\"{}\"", key[0], key[1], key[2]);
      for (std::size_t i = 0; i < kBuckets.size(); ++i) out += fmt::format("stratus_request_seconds_bucket{{{},le=\"{}\"}} {}\n", labels, kBuckets[i], s.buckets[i]);
      out += fmt::format("stratus_request_seconds_bucket{{{},le=\"+Inf\"}} {}\nstratus_request_seconds_sum{{{}}} {}\nstratus_request_seconds_count{{{}}} {}\n", labels, s.count, labels,
                         s.seconds, labels, s.count);
    }
    long pages = 0;
    if (const auto statm = read_file("/proc/self/statm")) std::sscanf(statm->c_str(), "%*d %ld", &pages);
    out += fmt::format("# TYPE stratus_connections gauge\nstratus_connections {}\n", server.connections());
    out += fmt::format("# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {}\n", pages * ::sysconf(_SC_PAGESIZE));
    return out;
  }

  void count(const std::string& service, const std::string& operation, int status, std::chrono::steady_clock::time_point begun) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    Series& s = series[{service, operation, std::to_string(status)}];
    ++s.count;
    s.seconds += seconds;
    for (std::size_t i = 0; i < kBuckets.size(); ++i)
      if (seconds <= kBuckets[i]) ++s.buckets[i];
  }

  void serve(HttpRequest request, const std::string& path, std::function<void(HttpReply)> reply) {
    const auto begun = std::chrono::steady_clock::now();
    aws::Context context;
    context.request_id = random.uuid();
    context.now = loop.clock().now();
    context.source_ip = request.peer;
    context.host = request.headers["host"];
    context.user_agent = request.headers["user-agent"];
    SignedRequest signed_request;
    signed_request.method = request.method;
    signed_request.path = path;
    if (const auto mark = request.target.find('?'); mark != std::string::npos) signed_request.query = request.target.substr(mark + 1);
    signed_request.headers = request.headers;
    signed_request.body_sha256 = request.body_sha256;
    RequestParts parts{request.method, path, parse_form(signed_request.query), request.headers, request.body, {}};

    Route route;
    ReplyParts out;
    CallRecord call;
    call.context = &context;
    const auto fail = [&](const aws::Error& error) {
      const aws::Error worded = route.service != nullptr ? word(error, route) : error;
      call.error_code = worded.code;
      call.error_message = worded.message;
      out = codec_for(route.protocol).error(route.service, context.request_id, worded);
      if (worded.status >= 500 && worded.code != "NotImplemented")
        log::error("request.failed", {{"request_id", context.request_id}, {"service", context.service}, {"operation", context.operation}, {"code", worded.code}, {"message", worded.message}});
    };
    try {
      std::optional<Authorization> authorization;
      std::optional<aws::Error> broken;
      try {
        authorization = parse_authorization(signed_request);
      } catch (const aws::Error& e) {
        broken = e;
      }
      auto found = router.find(parts, authorization ? authorization->service : "");
      if (!found) {
        route.protocol = parts.headers.count("x-amz-target") != 0 ? aws::Protocol::json : aws::Protocol::query;
        if (broken) throw *broken;
        if (parts.headers.count("x-amz-target") != 0) throw aws::Error("UnknownOperationException", 400, "");
        if (authorization) throw aws::Error("NotImplemented", 501, "Service " + authorization->service + " is not implemented by Stratus.");
        throw aws::Error("MissingAuthenticationToken", 403, "Missing Authentication Token");
      }
      route = std::move(*found);
      context.service = route.service->name;
      context.operation = route.operation_name;
      call.service = route.service;
      call.operation = route.operation_name;
      parts.labels = std::move(route.labels);
      const bool s3 = context.service == "s3";
      if (broken) throw *broken;
      if (!authorization) {
        if (route.protocol == aws::Protocol::ec2) throw aws::Error("MissingAuthenticationToken", 403, "Request is missing Authentication Token");
        if (s3) throw aws::Error("AccessDenied", 403, "Access Denied");
        throw aws::Error(route.protocol == aws::Protocol::json ? "MissingAuthenticationTokenException" : "MissingAuthenticationToken", route.protocol == aws::Protocol::json ? 400 : 403, "Missing Authentication Token");
      }
      const auto credential = credentials == nullptr ? std::nullopt : credentials->find(authorization->access_key_id);
      if (!credential || credential->session_token != authorization->session_token) throw aws::Error("UnknownKey", 403, "");
      verify(*authorization, signed_request, *credential, context.now, s3);
      if (credential->expires && *credential->expires <= context.now) throw aws::Error("ExpiredToken", 403, "The security token included in the request is expired");
      context.identity = credential->identity;
      context.identity.access_key_id = authorization->access_key_id;
      context.account = credential->identity.account;
      context.region = authorization->region;
      context.headers = request.headers;
      context.body = request.file;
      context.body_sha256 = request.body_sha256;
      if (authorization->payload_hash.starts_with("STREAMING-")) throw aws::not_implemented("x-amz-content-sha256: " + authorization->payload_hash);
      if (route.operation == nullptr) {
        if (route.protocol == aws::Protocol::json || route.protocol == aws::Protocol::cbor) throw aws::Error("UnknownOperationException", 400, "");
        if (route.protocol == aws::Protocol::rest_xml) throw aws::Error("MethodNotAllowed", 405, "The specified method is not allowed against this resource.");
        throw aws::Error("InvalidAction", 400, "The action " + route.operation_name + " is not valid for this web service.");
      }
      if (route.operation->invoke == nullptr) throw aws::not_implemented(std::string(route.service->iam_prefix) + ":" + route.operation_name);
      if (!request.file.path.empty() && !s3) throw aws::Error("RequestEntityTooLargeException", 413, "The request body is larger than " + std::to_string(settings.server.memory_body) + " bytes.");
      run(route, context, parts, call, out);
    } catch (const aws::Error& error) {
      fail(error);
    } catch (const std::exception& error) {
      log::error("request.crashed", {{"request_id", context.request_id}, {"service", context.service}, {"operation", context.operation}, {"error", error.what()}});
      fail(aws::Error("InternalFailure", 500, "The request processing has failed because of an unknown error, exception or failure."));
    }
    if (audit != nullptr && call.service != nullptr) {
      try {
        audit->record(call);
      } catch (const std::exception& error) {
        log::error("audit.failed", {{"request_id", context.request_id}, {"error", error.what()}});
      }
    }
    HttpReply answer;
    answer.status = context.response_status != 0 && call.error_code.empty() ? context.response_status : out.status;
    answer.headers = std::move(out.headers);
    if (call.error_code.empty())
      for (const auto& [name, value] : context.response_headers) answer.headers[name] = value;
    answer.body = std::move(out.body);
    if (call.error_code.empty()) answer.file = context.response_body;
    if (request.method == "HEAD") {
      if (const auto length = answer.headers.find("Content-Length"); length != answer.headers.end()) {
        answer.content_length = std::stoull(length->second);
        answer.headers.erase(length);
      }
    }
    count(context.service.empty() ? "none" : context.service, route.operation == nullptr ? "unknown" : route.operation_name, answer.status, begun);
    if (!store.dirty()) {
      reply(std::move(answer));
      return;
    }
    auto shared = std::make_shared<HttpReply>(std::move(answer));
    store.after_commit([shared, reply = std::move(reply)] { reply(std::move(*shared)); });
  }

  void run(const Route& route, aws::Context& context, const RequestParts& parts, CallRecord& call, ReplyParts& out) {
    const Codec& codec = codec_for(route.protocol);
    const auto decode = [&](void* input) {
      codec.decode(*route.service, *route.operation, parts, input);
      if (audit != nullptr) call.request_json = to_json(route.operation->input(), input);
      validate(*route.service, *route.operation, input);
      if (authorizer != nullptr)
        authorizer->authorize(context, std::string(route.service->iam_prefix) + ":" + route.operation_name, route.implementation->resources(context, *route.operation, input));
    };
    const auto encode = [&](const void* output) {
      if (audit != nullptr && route.operation->output != nullptr) call.response_json = to_json(route.operation->output(), output);
      out = codec.encode(*route.service, *route.operation, context.request_id, output);
    };
    const auto work = [&] { route.operation->invoke(*route.implementation, context, decode, encode); };
    // What only reads needs no savepoint; a name tells, and a writer among them still opens the shared transaction by itself.
    const std::string_view name = route.operation_name;
    const bool reads = name.starts_with("Describe") || name.starts_with("List") || name.starts_with("Head");
    if (reads) {
      work();
    } else {
      store.call(work);
    }
  }
};

FrontDoor::FrontDoor(AsioLoop& loop, state::Store& store, Random& random, FrontDoorSettings settings) : state_(std::make_unique<State>(loop, store, random, std::move(settings))) {}
FrontDoor::~FrontDoor() = default;

void FrontDoor::add(const aws::ServiceModel& model, aws::Service& implementation) { state_->router.add(model, implementation); }
void FrontDoor::add_raw(const std::string& prefix, HttpHandler handler) { state_->raw.emplace_back(prefix, std::move(handler)); }
void FrontDoor::add_internal(const std::string& method, const std::string& path, HttpHandler handler) { state_->internal[{method, "/_stratus/" + path}] = std::move(handler); }
void FrontDoor::set_credentials(const Credentials& credentials) { state_->credentials = &credentials; }
void FrontDoor::set_authorizer(const Authorizer& authorizer) { state_->authorizer = &authorizer; }
void FrontDoor::set_audit(Audit& audit) { state_->audit = &audit; }
void FrontDoor::set_health(std::function<std::string()> health) { state_->health = std::move(health); }
void FrontDoor::listen() { state_->server.listen(); }
std::uint16_t FrontDoor::port() const { return state_->server.port(); }
void FrontDoor::stop(Duration grace, std::function<void()> done) { state_->server.stop(grace, std::move(done)); }

}  // namespace stratus::wire
