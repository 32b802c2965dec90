#include "stratus/wire/sigv4.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "stratus/core/crypto.h"
#include "stratus/core/error.h"
#include "stratus/core/text.h"
#include "stratus/wire/codec.h"

namespace stratus::wire {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::int64_t kWeek = 604'800;  // seconds

[[noreturn]] void incomplete(const std::string& why) { throw aws::Error("IncompleteSignature", 400, why); }

std::string header_of(const SignedRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

/// "AKID/20260102/us-east-1/ec2/aws4_request". The pieces end up in file names, ARNs and logs: only what AWS itself
/// would write is taken.
void parse_scope(const std::string& credential, Authorization& out) {
  constexpr std::string_view digits = "0123456789", lower = "abcdefghijklmnopqrstuvwxyz0123456789-";
  auto parts = text::split(credential, '/');
  if (parts.size() != 5 || parts.back() != "aws4_request" || parts[0].empty() || parts[0].size() > 128)
    incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" +
               credential + "'");
  if (parts[1].size() != 8 || !all_of(parts[1], digits))
    incomplete("Date in Credential scope must be yyyymmdd, got '" + parts[1] + "'");
  if (parts[2].size() > 40 || !all_of(parts[2], lower))
    incomplete("Credential should be scoped to a valid region, got '" + parts[2] + "'");
  if (parts[3].size() > 60 || !all_of(parts[3], lower))
    incomplete("Credential should be scoped to a valid service, got '" + parts[3] + "'");
  out.access_key_id = std::move(parts[0]);
  out.date = std::move(parts[1]);
  out.region = std::move(parts[2]);
  out.service = std::move(parts[3]);
}

std::string collapse_blanks(std::string_view value) {
  std::string out;
  for (const char c : text::trim(value)) {
    if (c == ' ' && !out.empty() && out.back() == ' ') continue;
    out += c;
  }
  return out;
}

/// RFC 3986 section 6: dot segments and empty segments go.
std::string normalise(const std::string& path) {
  std::vector<std::string> kept;
  for (auto& part : text::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(part);
    }
  }
  std::string out = "/" + text::join(kept, "/");
  if (path.size() > 1 && path.back() == '/' && out.size() > 1) out += '/';
  return out;
}

std::string canonical_query(const std::string& query, bool presigned) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string_view rest = query;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string name = text::uri_decode(pair.substr(0, equals));
    if (presigned && name == "X-Amz-Signature") continue;
    pairs.emplace_back(text::uri_encode(name), equals == std::string_view::npos
                                                   ? ""
                                                   : text::uri_encode(text::uri_decode(pair.substr(equals + 1))));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name + "=" + value;
  }
  return out;
}

}  // namespace

namespace {

/// S3 lets the client say what the payload's digest is, or that it has none; everyone else takes the body's own.
std::string payload_hash(const SignedRequest& request, const Authorization& a, const std::string& announced) {
  if (!a.s3()) return request.body_sha256;
  if (a.presigned) return announced.empty() ? "UNSIGNED-PAYLOAD" : announced;
  if (announced.empty())
    throw aws::Error("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256");
  static const std::set<std::string> words = {"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                                              "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                                              "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"};
  if (words.count(announced) == 0 && (announced.size() != 64 || !all_of(announced, "0123456789abcdef")))
    throw aws::Error("InvalidArgument", 400,
                     "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                     "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                     "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.");
  return announced;
}

Authorization from_header(const SignedRequest& request, const std::string& header) {
  Authorization out;
  const auto blank = std::min(header.find(' '), header.size());
  if (std::string_view(header).substr(0, blank) != kAlgorithm)
    incomplete("Unsupported AWS 'algorithm': '" + header.substr(0, std::min<std::size_t>(blank, 40)) + "'.");
  for (const auto& piece : text::split(std::string_view(header).substr(blank), ',')) {
    const std::string_view part = text::trim(piece);
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = part.substr(0, equals);
    const std::string value(part.substr(equals + 1));
    if (name == "Credential") parse_scope(value, out);
    if (name == "SignedHeaders") out.signed_headers = text::split(value, ';');
    if (name == "Signature") out.signature = value;
  }
  if (out.access_key_id.empty()) incomplete("Authorization header requires 'Credential' parameter.");
  if (out.signature.empty()) incomplete("Authorization header requires 'Signature' parameter.");
  if (out.signed_headers.empty()) incomplete("Authorization header requires 'SignedHeaders' parameter.");
  const std::string date = header_of(request, "x-amz-date");
  if (date.empty()) {
    if (!parse_http_date(header_of(request, "date"), out.time))
      incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  } else if (!parse_basic_iso8601(date, out.time)) {
    incomplete("Date must be in ISO-8601 'basic format'. Got '" + date + "'.");
  }
  out.session_token = header_of(request, "x-amz-security-token");
  out.payload_hash = payload_hash(request, out, header_of(request, "x-amz-content-sha256"));
  return out;
}

Authorization from_query(const SignedRequest& request, const std::vector<std::pair<std::string, std::string>>& query) {
  const auto refuse = [](const std::string& why) { throw aws::Error("AuthorizationQueryParametersError", 400, why); };
  Authorization out;
  out.presigned = true;
  std::string algorithm, announced;
  for (const auto& [name, value] : query) {
    if (name == "X-Amz-Algorithm") algorithm = value;
    if (name == "X-Amz-Credential") parse_scope(value, out);
    if (name == "X-Amz-SignedHeaders") out.signed_headers = text::split(value, ';');
    if (name == "X-Amz-Signature") out.signature = value;
    if (name == "X-Amz-Date" && !parse_basic_iso8601(value, out.time))
      refuse("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    if (name == "X-Amz-Security-Token") out.session_token = value;
    if (name == "X-Amz-Content-Sha256") announced = value;
    if (name == "X-Amz-Expires") {
      if (value.size() > 9 || !all_of(value, "0123456789")) refuse("X-Amz-Expires should be a number");
      out.expires_seconds = std::stoll(value);
      if (out.expires_seconds == 0) refuse("X-Amz-Expires must be greater than 0");
    }
  }
  if (algorithm != kAlgorithm) refuse("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"");
  if (out.access_key_id.empty() || out.signed_headers.empty() || out.time.ms == 0 || out.expires_seconds == 0)
    refuse(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  if (out.expires_seconds > kWeek)
    refuse(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
        "604800 seconds");
  out.payload_hash = payload_hash(request, out, announced);
  return out;
}

[[noreturn]] void mismatch() {
  throw aws::Error("SignatureDoesNotMatch", 403,
                   "The request signature we calculated does not match the signature you provided. Check your AWS "
                   "Secret Access Key and signing method. "
                   "Consult the service documentation for details.");
}

/// A header that changes what the call means must be under the signature.
void check_signed_headers(const Authorization& a, const SignedRequest& request) {
  const auto is_signed = [&](const std::string& name) {
    return std::find(a.signed_headers.begin(), a.signed_headers.end(), name) != a.signed_headers.end();
  };
  if (!is_signed("host"))
    throw aws::Error("SignatureDoesNotMatch", 403,
                     "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  for (auto at = request.headers.lower_bound("x-amz-"); at != request.headers.end() && at->first.starts_with("x-amz-");
       ++at) {
    if (is_signed(at->first)) continue;
    // Outside S3 a session token may be added to a request that is signed already, and the digest is recomputed anyway.
    if (!a.s3() && (at->first == "x-amz-security-token" || at->first == "x-amz-content-sha256")) continue;
    if (a.presigned && at->first == "x-amz-content-sha256") continue;
    throw aws::Error(a.s3() ? "AccessDenied" : "SignatureDoesNotMatch", 403,
                     "There were headers present in the request which were not signed: " + at->first);
  }
}

}  // namespace

std::optional<Authorization> parse_authorization(const SignedRequest& request) {
  const std::string header = header_of(request, "authorization");
  const bool in_query = request.query.find("X-Amz-") != std::string::npos;
  const auto query = in_query ? parse_form(request.query) : std::vector<std::pair<std::string, std::string>>{};
  const bool presigned =
      std::any_of(query.begin(), query.end(), [](const auto& pair) { return pair.first == "X-Amz-Signature"; });
  if (!header.empty() && presigned)
    throw aws::Error("InvalidArgument", 400,
                     "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
                     "string parameter or the Authorization header should be specified");
  if (!header.empty()) return from_header(request, header);
  if (presigned) return from_query(request, query);
  return std::nullopt;
}

std::string signing_key(const std::string& secret, const std::string& date, const std::string& region,
                        const std::string& service) {
  // A client signs thousands of requests with one key: keep the last few derivations.
  static std::unordered_map<std::string, std::string> cache;
  const std::string name = secret + "\n" + date + "\n" + region + "\n" + service;
  if (const auto found = cache.find(name); found != cache.end()) return found->second;
  if (cache.size() > 1000) cache.clear();
  std::string key = crypto::hmac_sha256("AWS4" + secret, date);
  key = crypto::hmac_sha256(key, region);
  key = crypto::hmac_sha256(key, service);
  key = crypto::hmac_sha256(key, "aws4_request");
  cache.emplace(name, key);
  return key;
}

std::string canonical_request(const Authorization& authorization, const SignedRequest& request) {
  std::string out = request.method + "\n";
  if (authorization.s3()) {
    out += request.path.empty() ? "/" : text::uri_encode(text::uri_decode(request.path), true);
  } else {
    out += text::uri_encode(normalise(request.path.empty() ? "/" : request.path), true);
  }
  out += "\n" + canonical_query(request.query, authorization.presigned) + "\n";
  for (const auto& name : authorization.signed_headers)
    out += name + ":" + collapse_blanks(header_of(request, name)) + "\n";
  out += "\n" + text::join(authorization.signed_headers, ";") + "\n" + authorization.payload_hash;
  return out;
}

std::string string_to_sign(const Authorization& a, const std::string& canonical) {
  return std::string(kAlgorithm) + "\n" + to_basic_iso8601(a.time) + "\n" + a.date + "/" + a.region + "/" + a.service +
         "/aws4_request\n" + crypto::sha256_hex(canonical);
}

void verify(const Authorization& a, const SignedRequest& request, const Credential& credential, Timestamp now) {
  constexpr auto tolerance = std::chrono::minutes(15);
  const std::string sent = to_basic_iso8601(a.time), here = to_basic_iso8601(now);
  const auto refuse = [](const std::string& why) { throw aws::Error("SignatureDoesNotMatch", 403, why); };
  if (a.presigned) {
    if (now > a.time + std::chrono::seconds(a.expires_seconds)) {
      if (a.s3()) throw aws::Error("AccessDenied", 403, "Request has expired");
      refuse("Signature expired: " + sent + " plus " + std::to_string(a.expires_seconds) + " s is now earlier than " +
             here);
    }
    if (a.time > now + tolerance) {
      if (a.s3()) throw aws::Error("AccessDenied", 403, "Request is not valid yet");
      refuse("Signature not yet current: " + sent + " is still later than " + to_basic_iso8601(now + tolerance) + " (" +
             here + " + 15 min.)");
    }
  } else if (std::chrono::abs(now - a.time) > tolerance) {
    if (a.s3())
      throw aws::Error("RequestTimeTooSkewed", 403,
                       "The difference between the request time and the current time is too large.");
    if (a.time < now)
      refuse("Signature expired: " + sent + " is now earlier than " + to_basic_iso8601(now - tolerance) + " (" + here +
             " - 15 min.)");
    refuse("Signature not yet current: " + sent + " is still later than " + to_basic_iso8601(now + tolerance) + " (" +
           here + " + 15 min.)");
  }
  if (sent.substr(0, 8) != a.date)
    refuse("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + a.date +
           "' != '" + sent.substr(0, 8) + "', from '" + sent + "'.");
  check_signed_headers(a, request);
  const std::string wanted = crypto::to_hex(crypto::hmac_sha256(
      signing_key(credential.secret, a.date, a.region, a.service), string_to_sign(a, canonical_request(a, request))));
  if (!crypto::equal_constant_time(wanted, a.signature)) mismatch();
}

void verify_payload(const Authorization& a, const SignedRequest& request) {
  if (!a.s3() || a.payload_hash.size() != 64 || a.payload_hash == request.body_sha256) return;
  throw aws::Error("XAmzContentSHA256Mismatch", 400,
                   "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

void sign(SignedRequest& request, const std::string& access_key_id, const std::string& secret,
          const std::string& region, const std::string& service, Timestamp now) {
  request.headers["x-amz-date"] = to_basic_iso8601(now);
  request.headers["x-amz-content-sha256"] = request.body_sha256;
  Authorization a;
  a.access_key_id = access_key_id;
  a.time = now;
  a.date = to_basic_iso8601(now).substr(0, 8);
  a.region = region;
  a.service = service;
  a.payload_hash = request.body_sha256;
  for (const auto& [name, value] : request.headers) a.signed_headers.push_back(name);
  const std::string signature = crypto::to_hex(crypto::hmac_sha256(signing_key(secret, a.date, region, service),
                                                                   string_to_sign(a, canonical_request(a, request))));
  request.headers["authorization"] =
      std::string(kAlgorithm) + " Credential=" + access_key_id + "/" + a.date + "/" + region + "/" + service +
      "/aws4_request, SignedHeaders=" + text::join(a.signed_headers, ";") + ", Signature=" + signature;
}

}  // namespace stratus::wire
