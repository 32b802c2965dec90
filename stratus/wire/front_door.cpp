#include "stratus/wire/front_door.h"

#include <fmt/format.h>
#include <unistd.h>

#include <set>

#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/later.h"
#include "stratus/core/log.h"
#include "stratus/core/process.h"
#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"
#include "stratus/wire/gzip.h"
#include "stratus/wire/internal_pages.h"
#include "stratus/wire/metrics.h"
#include "stratus/wire/refusals.h"
#include "stratus/wire/sigv2.h"
#include "stratus/wire/validate.h"

namespace stratus::wire {
namespace {

constexpr std::uint64_t kInternalBodyLimit = 1U << 20U;  // bytes
constexpr Duration kLagInterval{1'000};

using Reply = std::function<void(HttpReply)>;

std::string path_of(const HttpRequest& request) { return request.target.substr(0, request.target.find('?')); }

SignedRequest signed_part(const HttpRequest& request) {
  SignedRequest out{request.method, path_of(request), "", request.headers, request.body_sha256};
  if (const auto mark = request.target.find('?'); mark != std::string::npos)
    out.query = request.target.substr(mark + 1);
  return out;
}

aws::Error not_served(const Route& route) {
  return aws::not_implemented(std::string(route.service->iam_prefix) + ":" + route.operation_name);
}

/// One request on its way through the door.
struct Call {
  SignedRequest signed_request;
  RequestParts parts;
  std::optional<Authorization> authorization;
  aws::Context context;
  Route route;
  ReplyParts out;
  CallRecord record;
};

/// A call with all that its reply needs: it may wait for the pool.
struct Served {
  HttpRequest request;
  Reply reply;
  std::chrono::steady_clock::time_point begun;
  Call call;
  std::shared_ptr<aws::LongWork> work;  ///< done; its outcome lives until the reply
};

}  // namespace

struct FrontDoor::State {
  State(AsioLoop& l, state::Store& s, Random& r, FrontDoorSettings given)
      : loop(l),
        store(s),
        random(r),
        settings(std::move(given)),
        started(l.clock().now()),
        server(
            l, settings.server,
            [this](HttpRequest request, Reply reply) { handle(std::move(request), std::move(reply)); },
            [this](const HttpRequest& head) { return admit(head); }) {
    pages.add("GET", "health", [this](const HttpRequest&, const Reply& reply) { reply(health_page()); });
    pages.add("GET", "metrics", [this](const HttpRequest&, const Reply& reply) {
      HttpReply out;
      out.headers["Content-Type"] = "text/plain; version=0.0.4";
      out.body = metrics.text(server.connections());
      reply(std::move(out));
    });
  }
  ~State() {
    if (lag_timer != 0) loop.cancel(lag_timer);
  }

  AsioLoop& loop;
  state::Store& store;
  Random& random;
  const FrontDoorSettings settings;
  const Timestamp started;
  Router router;
  InternalPages pages;
  Metrics metrics;
  std::vector<std::pair<std::string, HttpHandler>> raw;
  std::set<std::string, std::less<>> unsigned_operations;
  const Credentials* credentials = nullptr;
  const Authorizer* authorizer = nullptr;
  Audit* audit = nullptr;
  std::function<std::string()> health;
  TimerId lag_timer = 0;
  Server server;
  std::vector<std::unique_ptr<Server>> elsewhere;

  const HttpHandler* raw_handler(const std::string& path) const {
    for (const auto& [prefix, handler] : raw)
      if (path == prefix || path.starts_with(prefix + "/")) return &handler;
    return nullptr;
  }

  /// How much of a body is read, and through what. S3's uploads are large, and their signature covers only headers: it
  /// is checked before the first byte of the body.
  Admission admit(const HttpRequest& head) const {
    Admission out;
    const std::string path = path_of(head);
    out.body_limit = settings.body_limit;
    if (path.starts_with("/_stratus/")) {
      out.body_limit = kInternalBodyLimit;
    } else if (raw_handler(path) != nullptr) {
      out.body_limit = settings.server.body_limit;
    } else {
      try {
        const SignedRequest request = signed_part(head);
        const auto authorization = parse_authorization(request);
        if (!authorization) {
          out.filter = checksum_filter(head.headers);
          const RequestParts parts{head.method, path, parse_form(request.query), head.headers, {}, {}};
          if (credentials != nullptr && presigned_v2(parts)) {
            std::string key;
            authenticate_link(parts, head.peer, key);
            out.body_limit = settings.s3_body_limit;
          }
        }
        if (!authorization || !authorization->s3()) return out;
        const Credential credential = authenticate(*authorization, request, head.peer);
        out.body_limit = settings.s3_body_limit;
        out.filter = is_aws_chunked(authorization->payload_hash)
                         ? aws_chunked_decoder(*authorization, credential.secret, head.headers)
                         : checksum_filter(head.headers);
      } catch (const aws::Error& error) {
        out.refused = error;
      }
    }
    return out;
  }

  /// The key that signed `request`, after its signature and its lifetime are checked.
  Credential authenticate(const Authorization& authorization, const SignedRequest& request,
                          const std::string& peer) const {
    auto credential = credentials == nullptr ? std::nullopt : credentials->find(authorization.access_key_id);
    if (!credential || (credential->loopback_only && !is_loopback(peer)) ||
        !crypto::equal_constant_time(credential->session_token, authorization.session_token))
      throw aws::Error(kUnknownKey, 403, "");
    const Timestamp now = loop.clock().now();
    verify(authorization, request, *credential, now);
    if (credential->expires && *credential->expires <= now)
      throw aws::Error("ExpiredToken", 403, "The security token included in the request is expired");
    return std::move(*credential);
  }

  /// The same for a URL that is signed with version 2.
  Credential authenticate_link(const RequestParts& parts, const std::string& peer, std::string& key) const {
    auto credential = authenticate_v2(parts, Router::path_with_bucket(parts), *credentials, loop.clock().now(), key);
    if (credential.loopback_only && !is_loopback(peer)) throw aws::Error(kUnknownKey, 403, "");
    return credential;
  }

  void handle(HttpRequest request, Reply reply) {
    const std::string path = path_of(request);
    if (path.starts_with("/_stratus/")) return pages.serve(std::move(request), std::move(reply));
    if (const HttpHandler* handler = raw_handler(path)) {
      if (!request.broken) return (*handler)(std::move(request), std::move(reply));
      HttpReply out;
      out.status = request.broken->status;
      out.body = request.broken->message + "\n";
      out.headers["Content-Type"] = "text/plain";
      return reply(std::move(out));
    }
    serve(std::move(request), std::move(reply));
  }

  HttpReply health_page() const {
    std::string services;
    for (const auto& name : router.services()) services += (services.empty() ? "" : ",") + text::json_quote(name);
    HttpReply out;
    out.headers["Content-Type"] = "application/json";
    out.body = fmt::format(
        "{{\"status\":\"running\",\"version\":{},\"pid\":{},\"uptime_seconds\":{},\"services\":[{}],\"parts\":{}}}\n",
        text::json_quote(settings.version), ::getpid(), (loop.clock().now() - started).count() / 1000, services,
        health ? health() : "{}");
    return out;
  }

  void measure_lag() {
    const Timestamp due = loop.clock().now() + kLagInterval;
    lag_timer = loop.after(kLagInterval, [this, due] {
      metrics.loop_lag(std::max(0.0, static_cast<double>((loop.clock().now() - due).count()) / 1000));
      measure_lag();
    });
  }

  void serve(HttpRequest request, Reply reply) {
    auto served = std::make_shared<Served>();
    served->request = std::move(request);
    served->reply = std::move(reply);
    served->begun = std::chrono::steady_clock::now();
    Call& call = served->call;
    call.context.request_id = random.uuid();
    call.context.now = loop.clock().now();
    call.context.source_ip = served->request.peer;
    call.context.secure = served->request.secure;
    call.context.host = served->request.headers["host"];
    call.context.user_agent = served->request.headers["user-agent"];
    call.record.context = &call.context;
    attempt(served, [this](Served& s) { answer(s.request, s.call); });
  }

  void attempt(const std::shared_ptr<Served>& served, const std::function<void(Served&)>& step) {
    Call& call = served->call;
    try {
      step(*served);
    } catch (const aws::Later& later) {
      served->work = later.work;
      loop.run_blocking([work = later.work] { work->run(); },
                        [this, served] { attempt(served, [this](Served& s) { answer_again(s.call); }); });
      return;
    } catch (const aws::Error& error) {
      fail(call, error);
    } catch (const std::exception& error) {
      log::error("request.crashed", {{"request_id", call.context.request_id},
                                     {"service", call.context.service},
                                     {"operation", call.context.operation},
                                     {"error", error.what()}});
      fail(call, aws::Error("InternalFailure", 500,
                            "The request processing has failed because of an unknown error, exception or failure."));
    }
    conclude(*served);
  }

  /// What the work on the pool was for, with everything that was decided before it decided again.
  void answer_again(Call& call) {
    call.context.now = loop.clock().now();
    call.context.response_headers.clear();
    call.context.error_headers.clear();
    call.context.response_status = 0;
    call.context.response_body = {};
    if (call.route.operation == nullptr) {
      serve_plain(call);
    } else {
      run(call);
    }
  }

  void conclude(Served& served) {
    Call& call = served.call;
    if (audit != nullptr && call.record.service != nullptr) {
      try {
        audit->record(call.record);
      } catch (const std::exception& error) {
        log::error("audit.failed", {{"request_id", call.context.request_id}, {"error", error.what()}});
      }
    }
    HttpReply out = finish(call, served.request.method == "HEAD");
    metrics.count(call.context.service.empty() ? "none" : call.context.service,
                  call.route.operation == nullptr ? "unknown" : call.route.operation->name, out.status,
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - served.begun).count());
    if (!store.dirty()) return served.reply(std::move(out));
    store.after_commit([held = std::make_shared<HttpReply>(std::move(out)), reply = std::move(served.reply)] {
      reply(std::move(*held));
    });
  }

  /// Fills `call.out`, or throws what the client is to read.
  void answer(HttpRequest& request, Call& call) {
    std::optional<aws::Error> malformed;
    call.signed_request = signed_part(request);
    call.parts = {request.method,
                  call.signed_request.path,
                  parse_form(call.signed_request.query),
                  std::move(request.headers),
                  request.body,
                  {}};
    std::string spooled;
    try {
      call.authorization = parse_authorization(call.signed_request);
    } catch (const aws::Error& error) {
      malformed = error;
    }
    const bool s3 = call.authorization ? call.authorization->s3() : router.unsigned_s3(call.parts);
    if (!request.file.path.empty() && !s3) {
      // What no service streams is small enough to be read back.
      auto content = read_file(request.file.path);
      if (!content) throw std::runtime_error(content.error().message());
      spooled = std::move(*content);
      call.parts.body = spooled;
    }
    if (const auto encoding = call.parts.headers.find("content-encoding");
        !s3 && encoding != call.parts.headers.end() && encoding->second == "gzip") {
      if (auto plain = gunzip(call.parts.body, settings.body_limit)) {
        spooled = std::move(*plain);
        call.parts.body = spooled;
      } else if (!malformed) {
        malformed = aws::Error("SerializationException", 400, "The body is no valid gzip stream.");
      }
    }
    route(call, malformed);
    if (malformed) throw *malformed;
    if (request.broken) throw *request.broken;
    const bool served = call.route.operation == nullptr || call.route.operation->invoke != nullptr;
    const bool open = call.route.implementation->decides_access();
    if (!call.authorization && open) return serve_unsigned(request, call, served);
    // Some operations need no signature (AssumeRoleWithWebIdentity); none of these is served.
    if (!call.authorization && !served) throw not_served(call.route);
    if (!call.authorization && call.route.operation != nullptr &&
        unsigned_operations.count(std::string(call.route.service->iam_prefix) + ":" + call.route.operation->name) !=
            0) {
      call.context.headers = call.parts.headers;
      run(call);
      return;
    }
    if (!call.authorization) throw aws::Error(kMissingToken, 403, "");
    const Credential credential = authenticate(*call.authorization, call.signed_request, request.peer);
    verify_payload(*call.authorization, call.signed_request);
    if (call.authorization->service != call.route.service->signing_name)
      throw aws::Error(
          "SignatureDoesNotMatch", 403,
          std::string("Credential should be scoped to correct service: '") + call.route.service->signing_name + "'.");
    aws::Context& context = call.context;
    context.identity = credential.identity;
    context.identity.access_key_id = call.authorization->access_key_id;
    context.account = credential.identity.account;
    context.region = call.authorization->region;
    if (s3) take_payload(request, call);
    context.headers = call.parts.headers;
    if (call.route.operation == nullptr && serve_plain(call)) return;
    if (call.route.operation == nullptr) throw aws::Error(kUnknownOperation, 400, "");
    if (!served) throw not_served(call.route);
    run(call);
  }

  /// A service that takes unsigned requests says itself what anyone may do.
  void serve_unsigned(const HttpRequest& request, Call& call, bool served) {
    aws::Context& context = call.context;
    context.identity = {aws::Identity::Kind::anonymous, "", "*", "anonymous", ""};
    if (credentials != nullptr && presigned_v2(call.parts)) {
      std::string key;
      context.identity = authenticate_link(call.parts, request.peer, key).identity;
      context.identity.access_key_id = key;
      context.account = context.identity.account;
      for (const auto& [name, value] : call.parts.query)
        if (const std::string header = text::lower(name); header.starts_with("x-amz-"))
          call.parts.headers.emplace(header, value);
    }
    context.body = request.file;
    context.body_sha256 = request.body_sha256;
    context.headers = call.parts.headers;
    if (call.route.operation == nullptr && serve_plain(call)) return;
    if (call.route.operation == nullptr) throw aws::Error(kUnknownOperation, 400, "");
    if (!served) throw not_served(call.route);
    run(call);
  }

  bool serve_plain(Call& call) {
    const aws::PlainRequest request{call.parts.method, Router::path_with_bucket(call.parts), call.parts.query,
                                    call.parts.body};
    aws::PlainReply reply;
    bool taken = false;
    store.call([&] { taken = call.route.implementation->serve_plain(call.context, request, reply); });
    if (taken) call.out = {reply.status, std::move(reply.headers), std::move(reply.body)};
    return taken;
  }

  void route(Call& call, const std::optional<aws::Error>& malformed) const {
    auto found = router.find(call.parts, call.authorization ? call.authorization->service : "");
    if (!found) {
      // The protocol of a service that is not here can only be guessed: forms go to "/", REST services have paths and
      // mostly speak JSON.
      const bool target = call.parts.headers.count("x-amz-target") != 0;
      call.route.protocol =
          target || (call.authorization && call.parts.path != "/") ? aws::Protocol::json : aws::Protocol::query;
      if (malformed) throw *malformed;
      if (target && !(call.authorization && !router.signs_as(call.authorization->service)))
        throw aws::Error(kUnknownOperation, 400, "");
      if (call.authorization)
        throw aws::Error("NotImplemented", 501,
                         "Service " + call.authorization->service + " is not implemented by Stratus.");
      throw aws::Error(kMissingToken, 403, "");
    }
    call.route = std::move(*found);
    call.context.service = call.route.service->name;
    call.context.operation = call.route.operation_name;
    call.parts.labels = call.route.labels;
    call.record.service = call.route.service;
    call.record.operation = call.route.operation_name;
    call.record.read_only = is_read_only(call.route.operation_name);
  }

  /// The payload as S3 sees it: decoded, its checksums beside the other headers, on disk where it is large.
  static void take_payload(const HttpRequest& request, Call& call) {
    call.context.body = request.file;
    call.context.body_sha256 = request.body_sha256;
    for (const auto& [name, value] : request.trailers) call.parts.headers[name] = value;
    // Some clients move the x-amz- headers of a presigned request into its URL, where the signature covers them too.
    if (call.authorization->presigned)
      for (const auto& [name, value] : call.parts.query)
        if (const std::string header = text::lower(name); header.starts_with("x-amz-"))
          call.parts.headers.emplace(header, value);
    if (!is_aws_chunked(call.authorization->payload_hash)) return;
    std::vector<std::string> encodings;
    for (const auto& encoding : text::split(call.parts.headers["content-encoding"], ','))
      if (const auto name = text::trim(encoding); !name.empty() && name != "aws-chunked") encodings.emplace_back(name);
    call.parts.headers.erase("content-encoding");
    if (!encodings.empty()) call.parts.headers["content-encoding"] = text::join(encodings, ",");
    call.parts.headers["content-length"] = call.parts.headers["x-amz-decoded-content-length"];
  }

  void run(Call& call) {
    const Route& route = call.route;
    const Codec& codec = codec_for(route.protocol);
    const auto decode = [&](void* input) {
      codec.decode(*route.service, *route.operation, call.parts, input);
      if (audit != nullptr) call.record.request_json = without_secrets(to_json(route.operation->input(), input));
      validate(*route.service, *route.operation, input);
      authorize(call, input);
    };
    const auto encode = [&](const void* output) {
      if (audit != nullptr && !call.record.read_only && route.operation->output != nullptr)
        call.record.response_json = without_secrets(to_json(route.operation->output(), output));
      call.out = codec.encode(*route.service, *route.operation, call.context.request_id, output);
    };
    const auto work = [&] {
      bool only_asks = false;
      const auto decode_and_look = [&](void* input) {
        decode(input);
        only_asks = asks_only(route, input);
      };
      route.operation->invoke(*route.implementation, call.context, decode_and_look, encode);
      // It would have worked: what it did is undone by the savepoint that this leaves.
      if (!only_asks) return;
      if (route.protocol == aws::Protocol::ec2)
        throw aws::Error("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.");
      throw aws::Error("DryRunOperationException", 412,
                       "The request would have succeeded, but the DryRun option is set.");
    };
    // What only reads needs no savepoint; a name tells, and a writer among them still opens the shared transaction by
    // itself.
    const std::string_view name = route.operation_name;
    if (name.starts_with("Describe") || name.starts_with("List") || name.starts_with("Head") ||
        name == "GetCallerIdentity") {
      work();
    } else {
      store.call(work);
    }
  }

  /// EC2's and KMS's DryRun.
  static bool asks_only(const Route& route, const void* input) {
    if (route.protocol != aws::Protocol::ec2 && std::string_view(route.service->name) != "kms") return false;
    for (const Member& member : route.operation->input().members)
      if (std::string_view(member.name) == "DryRun") {
        const auto* value = static_cast<const bool*>(member_value(member, input));
        return value != nullptr && *value;
      }
    return false;
  }

  void authorize(Call& call, const void* input) const {
    if (authorizer == nullptr || !call.authorization || call.route.implementation->decides_access()) return;
    try {
      authorizer->authorize(call.context, std::string(call.route.service->iam_prefix) + ":" + call.route.operation_name,
                            call.route.implementation->resources(call.context, *call.route.operation, input));
    } catch (const aws::Error& error) {
      throw aws::Error(error.status < 500 ? kNotAuthorized : error.code.c_str(), error.status, error.message);
    }
  }

  static void fail(Call& call, const aws::Error& error) {
    const aws::Error said = worded(error, call.route);
    call.record.error_code = said.code;
    call.record.error_message = said.message;
    call.record.response_json.clear();
    call.out = codec_for(call.route.protocol).error(call.route.service, call.context.request_id, said);
    if (said.status >= 500 && said.code != "NotImplemented")
      log::error("request.failed", {{"request_id", call.context.request_id},
                                    {"service", call.context.service},
                                    {"operation", call.context.operation},
                                    {"code", said.code},
                                    {"message", said.message}});
  }

  static HttpReply finish(Call& call, bool head) {
    const bool ok = call.record.error_code.empty();
    HttpReply out;
    out.status = ok && call.context.response_status != 0 ? call.context.response_status : call.out.status;
    out.headers = std::move(call.out.headers);
    out.body = std::move(call.out.body);
    if (ok) {
      for (auto& [name, value] : call.context.response_headers) out.headers[name] = std::move(value);
      out.file = call.context.response_body;
    } else {
      for (auto& [name, value] : call.context.error_headers) out.headers[name] = std::move(value);
    }
    if (call.context.service == "s3")
      out.headers["x-amz-id-2"] = base64::encode(crypto::sha256(call.context.request_id));
    if (head) {
      if (const auto length = out.headers.find("Content-Length"); length != out.headers.end()) {
        out.content_length = std::stoull(length->second);
        out.headers.erase(length);
      }
    }
    return out;
  }
};

FrontDoor::FrontDoor(AsioLoop& loop, state::Store& store, Random& random, FrontDoorSettings settings)
    : state_(std::make_unique<State>(loop, store, random, std::move(settings))) {}
FrontDoor::~FrontDoor() = default;

void FrontDoor::add(const aws::ServiceModel& model, aws::Service& implementation) {
  state_->router.add(model, implementation);
}
void FrontDoor::add_raw(const std::string& prefix, HttpHandler handler) {
  state_->raw.emplace_back(prefix, std::move(handler));
}
void FrontDoor::allow_unsigned(const std::string& action) { state_->unsigned_operations.insert(action); }
void FrontDoor::add_internal(const std::string& method, const std::string& path, HttpHandler handler) {
  state_->pages.add(method, path, std::move(handler));
}
void FrontDoor::set_credentials(const Credentials& credentials) { state_->credentials = &credentials; }
void FrontDoor::set_authorizer(const Authorizer& authorizer) { state_->authorizer = &authorizer; }
void FrontDoor::set_audit(Audit& audit) { state_->audit = &audit; }
void FrontDoor::set_health(std::function<std::string()> health) { state_->health = std::move(health); }

void FrontDoor::listen() {
  state_->server.listen();
  state_->measure_lag();
}

void FrontDoor::serve_on(UniqueFd socket, TlsChooser tls) {
  ServerSettings settings = state_->settings.server;
  settings.tls = std::move(tls);
  auto server = std::make_unique<Server>(
      state_->loop, std::move(settings),
      [state = state_.get()](HttpRequest request, Reply reply) { state->handle(std::move(request), std::move(reply)); },
      [state = state_.get()](const HttpRequest& head) { return state->admit(head); });
  server->listen_on(std::move(socket));
  state_->elsewhere.push_back(std::move(server));
}

std::uint16_t FrontDoor::port() const { return state_->server.port(); }

void FrontDoor::stop(Duration grace, std::function<void()> done) {
  if (state_->lag_timer != 0) state_->loop.cancel(std::exchange(state_->lag_timer, 0));
  const auto running = std::make_shared<std::size_t>(1 + state_->elsewhere.size());
  const auto one = [running, done = std::move(done)] {
    if (--*running == 0) done();
  };
  for (const auto& server : state_->elsewhere) server->stop(grace, one);
  state_->server.stop(grace, one);
}

}  // namespace stratus::wire
