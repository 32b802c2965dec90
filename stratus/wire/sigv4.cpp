#include "stratus/wire/sigv4.h"

#include <algorithm>
#include <unordered_map>

#include "stratus/core/crypto.h"
#include "stratus/core/error.h"
#include "stratus/core/text.h"
#include "stratus/wire/codec.h"

namespace stratus::wire {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

[[noreturn]] void incomplete(const std::string& why) { throw aws::Error("IncompleteSignature", 400, why); }

std::string header_of(const SignedRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

void parse_scope(const std::string& credential, Authorization& out) {
  auto parts = text::split(credential, '/');
  if (parts.size() < 5 || parts.back() != "aws4_request")
    incomplete("Credential must have at least 5 slash-delimited elements, as in AKID/20260102/us-east-1/ec2/aws4_request, got '" + credential + "'");
  const std::size_t n = parts.size();
  out.service = parts[n - 2];
  out.region = parts[n - 3];
  out.date = parts[n - 4];
  parts.resize(n - 4);
  out.access_key_id = text::join(parts, "/");
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
    pairs.emplace_back(text::uri_encode(name), equals == std::string_view::npos ? "" : text::uri_encode(text::uri_decode(pair.substr(equals + 1))));
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

std::optional<Authorization> parse_authorization(const SignedRequest& request) {
  Authorization out;
  const std::string header = header_of(request, "authorization");
  std::string date;
  if (header.starts_with(kAlgorithm)) {
    for (const auto& piece : text::split(std::string_view(header).substr(kAlgorithm.size()), ',')) {
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
    date = header_of(request, "x-amz-date");
    if (date.empty()) {
      if (!parse_http_date(header_of(request, "date"), out.time)) incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    } else if (!parse_basic_iso8601(date, out.time)) {
      incomplete("Date must be in ISO-8601 'basic format'. Got '" + date + "'.");
    }
    out.session_token = header_of(request, "x-amz-security-token");
    out.payload_hash = header_of(request, "x-amz-content-sha256");
    if (out.payload_hash.empty()) out.payload_hash = request.body_sha256;
    return out;
  }
  if (request.query.find("X-Amz-Signature=") == std::string::npos) return std::nullopt;
  out.presigned = true;
  out.payload_hash = "UNSIGNED-PAYLOAD";
  for (const auto& [name, value] : parse_form(request.query)) {
    if (name == "X-Amz-Credential") parse_scope(value, out);
    if (name == "X-Amz-SignedHeaders") out.signed_headers = text::split(value, ';');
    if (name == "X-Amz-Signature") out.signature = value;
    if (name == "X-Amz-Date" && !parse_basic_iso8601(value, out.time)) incomplete("Date must be in ISO-8601 'basic format'. Got '" + value + "'.");
    if (name == "X-Amz-Security-Token") out.session_token = value;
    if (name == "X-Amz-Content-Sha256") out.payload_hash = value;
    if (name == "X-Amz-Expires") {
      if (value.empty() || value.size() > 7 || value.find_first_not_of("0123456789") != std::string::npos)
        throw aws::Error("AuthorizationQueryParametersError", 400, "X-Amz-Expires should be a number");
      out.expires_seconds = std::stoll(value);
    }
  }
  if (out.access_key_id.empty() || out.signed_headers.empty() || out.time.ms == 0)
    throw aws::Error("AuthorizationQueryParametersError", 400,
                     "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  if (out.expires_seconds == 0) out.expires_seconds = 604'800;
  if (out.expires_seconds > 604'800)
    throw aws::Error("AuthorizationQueryParametersError", 400, "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds");
  return out;
}

std::string signing_key(const std::string& secret, const std::string& date, const std::string& region, const std::string& service) {
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

std::string canonical_request(const Authorization& authorization, const SignedRequest& request, bool s3) {
  std::string out = request.method + "\n";
  if (s3) {
    out += request.path.empty() ? "/" : text::uri_encode(text::uri_decode(request.path), true);
  } else {
    out += text::uri_encode(normalise(request.path.empty() ? "/" : request.path), true);
  }
  out += "\n" + canonical_query(request.query, authorization.presigned) + "\n";
  for (const auto& name : authorization.signed_headers) out += name + ":" + collapse_blanks(header_of(request, name)) + "\n";
  out += "\n" + text::join(authorization.signed_headers, ";") + "\n" + authorization.payload_hash;
  return out;
}

std::string string_to_sign(const Authorization& a, const std::string& canonical) {
  return std::string(kAlgorithm) + "\n" + to_basic_iso8601(a.time) + "\n" + a.date + "/" + a.region + "/" + a.service + "/aws4_request\n" + crypto::sha256_hex(canonical);
}

void verify(const Authorization& a, const SignedRequest& request, const Credential& credential, Timestamp now, bool s3) {
  const auto skew = std::chrono::abs(now - a.time);
  if (a.presigned) {
    if (now > a.time + std::chrono::seconds(a.expires_seconds)) throw aws::Error(s3 ? "AccessDenied" : "SignatureDoesNotMatch", 403, s3 ? "Request has expired" : "Signature expired");
    if (a.time > now + std::chrono::minutes(15)) throw aws::Error("SignatureDoesNotMatch", 403, "Signature not yet current");
  } else if (skew > std::chrono::minutes(15)) {
    if (s3) throw aws::Error("RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large.");
    const std::string sent = to_basic_iso8601(a.time), here = to_basic_iso8601(now);
    if (a.time < now)
      throw aws::Error("SignatureDoesNotMatch", 403, "Signature expired: " + sent + " is now earlier than " + to_basic_iso8601(now - std::chrono::minutes(15)) + " (" + here + " - 15 min.)");
    throw aws::Error("SignatureDoesNotMatch", 403, "Signature not yet current: " + sent + " is still later than " + to_basic_iso8601(now + std::chrono::minutes(15)) + " (" + here + " + 15 min.)");
  }
  if (to_basic_iso8601(a.time).substr(0, 8) != a.date)
    throw aws::Error("SignatureDoesNotMatch", 403, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + a.date + "' != '" + to_basic_iso8601(a.time).substr(0, 8) + "'.");
  if (std::find(a.signed_headers.begin(), a.signed_headers.end(), "host") == a.signed_headers.end())
    throw aws::Error("SignatureDoesNotMatch", 403, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  // A body whose digest is signed must have that digest.
  if (!a.presigned && a.payload_hash.size() == 64 && a.payload_hash != request.body_sha256)
    throw aws::Error(s3 ? "XAmzContentSHA256Mismatch" : "SignatureDoesNotMatch", s3 ? 400 : 403,
                     s3 ? "The provided 'x-amz-content-sha256' header does not match what was computed."
                        : "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
  const std::string wanted = crypto::to_hex(crypto::hmac_sha256(signing_key(credential.secret, a.date, a.region, a.service), string_to_sign(a, canonical_request(a, request, s3))));
  if (!crypto::equal_constant_time(wanted, a.signature))
    throw aws::Error("SignatureDoesNotMatch", 403,
                     "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
}

void sign(SignedRequest& request, const std::string& access_key_id, const std::string& secret, const std::string& region, const std::string& service, Timestamp now) {
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
  const std::string signature = crypto::to_hex(crypto::hmac_sha256(signing_key(secret, a.date, region, service), string_to_sign(a, canonical_request(a, request, service == "s3"))));
  request.headers["authorization"] = std::string(kAlgorithm) + " Credential=" + access_key_id + "/" + a.date + "/" + region + "/" + service +
                                     "/aws4_request, SignedHeaders=" + text::join(a.signed_headers, ";") + ", Signature=" + signature;
}

}  // namespace stratus::wire
