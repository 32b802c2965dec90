// What browsers send that is no operation: preflights and forms.
#include "stratus/core/base64.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/s3/cors.h"
#include "stratus/services/s3/form_upload.h"
#include "stratus/services/s3/service.h"
#include "stratus/wire/internal_pages.h"
#include "stratus/wire/router.h"
#include "stratus/wire/sigv2.h"
#include "stratus/wire/sigv4.h"
#include "stratus/wire/xml.h"

namespace stratus::services::s3 {
namespace {

std::optional<std::string> header_of(const aws::Context& context, const char* name) {
  const auto found = context.headers.find(name);
  return found == context.headers.end() ? std::nullopt : std::optional(found->second);
}

void preflight(const aws::Context& context, const Bucket* bucket, aws::PlainReply& reply) {
  const auto origin = header_of(context, "origin"), method = header_of(context, "access-control-request-method");
  if (!origin) throw aws::Error("BadRequest", 400, "Insufficient information. Origin request header needed.");
  if (!method) throw aws::Error("BadRequest", 400, "Invalid Access-Control-Request-Method: null");
  if (bucket == nullptr || !bucket->cors)
    throw aws::Error("AccessForbidden", 403, "CORSResponse: CORS is not enabled for this bucket.");
  reply.headers = cors_headers(*bucket->cors, *origin, *method, header_of(context, "access-control-request-headers"));
  if (reply.headers.empty())
    throw refuse::with({"AccessForbidden", 403,
                        "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
                        "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are "
                        "not whitelisted by the resource's CORS spec."},
                       {{"Method", *method}, {"ResourceType", "OBJECT"}});
}

std::string field(const Form& form, const char* name) {
  const auto found = form.fields.find(name);
  return found == form.fields.end() ? "" : found->second;
}

/// Who signed a form is who calls.
void become(const wire::Credential& who, const std::string& key, const std::string& region, aws::Context& context) {
  context.identity = who.identity;
  context.identity.access_key_id = key;
  context.account = who.identity.account;
  context.region = region;
}

wire::Credential signer(const iam::Service& iam, const Form& form, const std::string& key,
                        const aws::Context& context) {
  auto credential = iam.find(key);
  if (!credential || (credential->loopback_only && !wire::is_loopback(context.source_ip)) ||
      credential->session_token != field(form, "x-amz-security-token") ||
      (credential->expires && *credential->expires <= context.now))
    throw aws::Error("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records.");
  return std::move(*credential);
}

[[noreturn]] void wrong_signature() {
  throw aws::Error("SignatureDoesNotMatch", 403,
                   "The request signature we calculated does not match the signature you provided. Check your key and "
                   "signing method.");
}

/// The key that signed the form's policy becomes the caller. Throws where the signature is not its. Version 2 is what
/// boto3 makes unless it is told otherwise.
void authenticate(const iam::Service& iam, const Form& form, aws::Context& context) {
  if (const std::string key = field(form, "awsaccesskeyid"); !key.empty()) {
    const auto credential = signer(iam, form, key, context);
    if (!crypto::equal_constant_time(wire::signature_v2(credential.secret, field(form, "policy")),
                                     field(form, "signature")))
      wrong_signature();
    return become(credential, key, "", context);
  }
  const auto scope = text::split(field(form, "x-amz-credential"), '/');  // key, date, region, s3, aws4_request
  if (field(form, "x-amz-algorithm") != "AWS4-HMAC-SHA256" || scope.size() != 5)
    throw refuse::invalid_argument("Only AWS4-HMAC-SHA256 is supported", "X-Amz-Algorithm",
                                   field(form, "x-amz-algorithm"));
  const auto credential = signer(iam, form, scope[0], context);
  const std::string wanted = crypto::to_hex(
      crypto::hmac_sha256(wire::signing_key(credential.secret, scope[1], scope[2], scope[3]), field(form, "policy")));
  if (scope[3] != "s3" || !crypto::equal_constant_time(wanted, field(form, "x-amz-signature"))) wrong_signature();
  become(credential, scope[0], scope[2], context);
}

std::string xml_escaped(const std::string& text) {
  std::string out;
  wire::xml::escape(out, text);
  return out;
}

/// The tags of a form are XML, those of a header a query.
std::string header_of_tags(const std::string& xml) {
  api::Tagging tagging;
  wire::xml::read_document(xml, shape_of<api::Tagging>(), &tagging);
  std::string out;
  for (const api::Tag& tag : tagging.tag_set.value_or(std::vector<api::Tag>{}))
    out += (out.empty() ? "" : "&") + text::uri_encode(tag.key.value_or("")) + "=" +
           text::uri_encode(tag.value.value_or(""));
  return out;
}

api::PutObjectRequest request_of(const Form& form, const std::string& bucket, std::string key) {
  api::PutObjectRequest out;
  out.bucket = bucket;
  if (const auto at = key.find("${filename}"); at != std::string::npos) key.replace(at, 11, form.filename);
  out.key = std::move(key);
  out.body = Blob{std::string(*form.file)};
  const auto take = [&](const char* name, std::optional<std::string>& to) {
    if (const auto found = form.fields.find(name); found != form.fields.end()) to = found->second;
  };
  take("acl", out.acl);
  take("content-type", out.content_type);
  take("cache-control", out.cache_control);
  take("content-disposition", out.content_disposition);
  take("content-encoding", out.content_encoding);
  take("x-amz-storage-class", out.storage_class);
  take("x-amz-server-side-encryption", out.server_side_encryption);
  take("x-amz-server-side-encryption-aws-kms-key-id", out.ssekms_key_id);
  for (const auto& [name, value] : form.fields)
    if (name.starts_with("x-amz-meta-")) {
      if (!out.metadata) out.metadata.emplace();
      (*out.metadata)[name.substr(11)] = value;
    }
  if (const auto tags = field(form, "tagging"); !tags.empty()) out.tagging = header_of_tags(tags);
  return out;
}

}  // namespace

bool Service::serve_plain(aws::Context& context, const aws::PlainRequest& request, aws::PlainReply& reply) {
  const std::string path = text::uri_decode(request.path);
  const std::string name = path.substr(1, path.find('/', 1) - 1);
  if (wire::is_website_host(context.host)) {
    serve_website(context, request, reply);
    return true;
  }
  if (request.method == "OPTIONS") {
    preflight(context, find_bucket(name), reply);
    return true;
  }
  const std::string content_type = header_of(context, "content-type").value_or("");
  if (request.method != "POST" || !content_type.starts_with("multipart/form-data")) return false;
  std::string spooled;
  if (!context.body.path.empty()) {
    const auto source = source_of(context.body, "");
    for (std::string piece; source->read(piece, 1U << 20U) && !piece.empty();) spooled += piece;
  }
  const Form form = parse_form_upload(content_type, context.body.path.empty() ? request.body : spooled);
  if (!form.file) throw refuse::invalid_argument("POST requires exactly one file upload per request.", "file", "0");
  const std::string key = field(form, "key");
  if (key.empty())
    throw refuse::invalid_argument(
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the "
        "order of the fields.",
        "key", "");
  if (form.fields.count("policy") != 0) {
    authenticate(iam_, form, context);
    check_form_policy(base64::decode(field(form, "policy")).value_or(""), form, name, context.now);
  }
  for (const auto& [header, value] : form.fields)
    if (header.starts_with("x-amz-")) context.headers.emplace(header, value);
  context.body = {};
  context.operation = "PostObject";
  const auto put = request_of(form, name, key);
  const auto done = put_object(context, put);
  const std::string location = "http://" + context.host + "/" + name + "/" + text::uri_encode(*put.key, true);
  reply.headers = context.response_headers;
  reply.headers["ETag"] = *done.e_tag;
  reply.headers["Location"] = location;
  if (done.version_id) reply.headers["x-amz-version-id"] = *done.version_id;
  if (const std::string next = field(form, "success_action_redirect"); next.starts_with("http")) {
    reply.status = 303;
    reply.headers["Location"] = next + (next.find('?') == std::string::npos ? "?" : "&") + "bucket=" + name +
                                "&key=" + text::uri_encode(*put.key) + "&etag=" + text::uri_encode(*done.e_tag);
    return true;
  }
  const std::string status = field(form, "success_action_status");
  reply.status = status == "200" ? 200 : status == "201" ? 201 : 204;
  if (reply.status == 201) {
    reply.headers["Content-Type"] = "application/xml";
    reply.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>" + xml_escaped(location) +
                 "</Location><Bucket>" + name + "</Bucket><Key>" + xml_escaped(*put.key) + "</Key><ETag>" +
                 *done.e_tag + "</ETag></PostResponse>";
  }
  return true;
}

}  // namespace stratus::services::s3
