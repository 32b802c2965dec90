#include "stratus/wire/protocol_rest_xml.h"

#include <pugixml.hpp>

#include "stratus/core/text.h"
#include "stratus/wire/http_bindings.h"
#include "stratus/wire/protocol_text.h"
#include "stratus/wire/xml.h"

namespace stratus::wire {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kS3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

bool is_s3(const aws::ServiceModel* service) { return service != nullptr && std::string_view(service->name) == "s3"; }

void read_body(const aws::Operation& operation, const Member* payload, std::string_view body, void* request) {
  if (payload != nullptr && payload->shape().kind == Kind::blob) {
    static_cast<Blob*>(member_emplace(*payload, request))->bytes = body;
    return;
  }
  if (payload != nullptr && payload->shape().kind == Kind::string) {
    if (!valid_utf8(body)) xml::malformed();
    *static_cast<std::string*>(member_emplace(*payload, request)) = body;
    return;
  }
  if (body.empty()) return;
  if (!valid_utf8(body) || body.find('\0') != std::string_view::npos) xml::malformed();
  pugi::xml_document document;
  // Entities that the document declares itself are left as they stand: nothing expands.
  const auto parsed = document.load_buffer(body.data(), body.size(), pugi::parse_default | pugi::parse_ws_pcdata_single,
                                           pugi::encoding_utf8);
  const auto root = document.document_element();
  if (!parsed || !root) xml::malformed();
  // Another root would read as an empty document, and an empty document may erase a configuration.
  const char* expected = payload != nullptr ? payload->wire : operation.input_name;
  const std::string_view name = root.name();
  if (expected != nullptr && name != expected && !name.ends_with(":" + std::string(expected))) xml::malformed();
  if (payload != nullptr) {
    xml::read_structure(root, payload->shape(), member_emplace(*payload, request));
  } else {
    xml::read_structure(root, operation.input(), request);
  }
}

/// The root of a reply. S3's are called as its API reference shows them, which no rule derives from the shapes' names.
std::string root_name(const aws::ServiceModel& service, const aws::Operation& operation) {
  std::string name =
      operation.output_name != nullptr ? operation.output_name : std::string(operation.name) + "Response";
  if (!is_s3(&service)) return name;
  static const std::map<std::string_view, const char*> roots = {
      {"CreateMultipartUpload", "InitiateMultipartUploadResult"},
      {"DeleteObjects", "DeleteResult"},
      {"GetBucketAccelerateConfiguration", "AccelerateConfiguration"},
      {"GetBucketAcl", "AccessControlPolicy"},
      {"GetBucketCors", "CORSConfiguration"},
      {"GetBucketLifecycleConfiguration", "LifecycleConfiguration"},
      {"GetBucketLogging", "BucketLoggingStatus"},
      {"GetBucketNotificationConfiguration", "NotificationConfiguration"},
      {"GetBucketRequestPayment", "RequestPaymentConfiguration"},
      {"GetBucketTagging", "Tagging"},
      {"GetBucketVersioning", "VersioningConfiguration"},
      {"GetBucketWebsite", "WebsiteConfiguration"},
      {"GetObjectAcl", "AccessControlPolicy"},
      {"GetObjectTagging", "Tagging"},
      {"ListBuckets", "ListAllMyBucketsResult"},
      {"ListObjectVersions", "ListVersionsResult"},
      {"ListObjects", "ListBucketResult"},
      {"ListObjectsV2", "ListBucketResult"},
  };
  if (const auto known = roots.find(operation.name); known != roots.end()) return known->second;
  if (name.ends_with("Output")) name.replace(name.size() - 6, 6, "Result");
  return name;
}

/// The namespace of a reply: the service's, or where its metadata has none (Route 53) the one that its requests bear.
std::string_view reply_namespace(const aws::ServiceModel& service) {
  if (is_s3(&service)) return kS3Namespace;
  if (service.xml_namespace != nullptr && *service.xml_namespace != '\0') return service.xml_namespace;
  for (const auto& operation : service.operations)
    if (operation.input_namespace != nullptr) return operation.input_namespace;
  return "";
}

/// `<LocationConstraint>us-west-2</LocationConstraint>`, without a root around it; empty in us-east-1.
std::string bucket_location(const Shape& shape, const void* response) {
  std::string out = std::string(kDeclaration) + "<LocationConstraint xmlns=\"" + std::string(kS3Namespace) + "\"";
  const void* value = shape.members.empty() ? nullptr : member_value(shape.members.front(), response);
  if (value == nullptr || static_cast<const std::string*>(value)->empty()) return out + "/>";
  out += '>';
  xml::escape(out, *static_cast<const std::string*>(value));
  return out + "</LocationConstraint>";
}

}  // namespace

void RestXmlCodec::decode(const aws::ServiceModel&, const aws::Operation& operation, const RequestParts& parts,
                          void* request) const {
  try {
    read_bindings(operation.input(), parts, request);
  } catch (const WrongBinding& wrong) {
    if (wrong.broken_path) throw aws::Error("InvalidURI", 400, "Couldn't parse the specified URI.");
    throw aws::Error("InvalidArgument", 400, std::string("Argument ") + wrong.member->wire + " is invalid.");
  }
  if (const auto body = body_of(operation.input()); body.any) read_body(operation, body.payload, parts.body, request);
}

ReplyParts RestXmlCodec::encode(const aws::ServiceModel& service, const aws::Operation& operation,
                                const std::string& request_id, const void* response) const {
  ReplyParts reply;
  reply.status = operation.status;
  reply.headers = {{"x-amzn-RequestId", request_id}, {"x-amz-request-id", request_id}};
  if (operation.output == nullptr) return reply;
  const Shape& shape = operation.output();
  write_bindings(shape, response, reply);
  const auto [payload, has_body] = body_of(shape);
  const void* value = payload != nullptr ? member_value(*payload, response) : response;
  if (!has_body || value == nullptr) return reply;
  if (payload != nullptr && payload->shape().kind == Kind::blob) {
    reply.body = static_cast<const Blob*>(value)->bytes;
    return reply;
  }
  if (payload != nullptr && payload->shape().kind != Kind::structure) {
    reply.body = xml::scalar(payload->shape(), value, TimestampFormat::unset, TimestampFormat::iso8601);
    return reply;
  }
  reply.headers["Content-Type"] = is_s3(&service) ? "application/xml" : "text/xml";
  if (is_s3(&service) && std::string_view(operation.name) == "GetBucketLocation") {
    reply.body = bucket_location(shape, response);
    return reply;
  }
  reply.body = kDeclaration;
  xml::write_root(reply.body, payload != nullptr ? payload->wire : root_name(service, operation),
                  reply_namespace(service), payload != nullptr ? payload->shape() : shape, value);
  return reply;
}

ReplyParts RestXmlCodec::error(const aws::ServiceModel* service, const std::string& request_id,
                               const aws::Error& error) const {
  ReplyParts reply;
  reply.status = error.status;
  reply.headers = {
      {"Content-Type", "application/xml"}, {"x-amzn-RequestId", request_id}, {"x-amz-request-id", request_id}};
  std::string& out = reply.body;
  const bool s3 = is_s3(service);
  out = kDeclaration;
  if (!s3) {
    out += "<ErrorResponse";
    if (const auto ns = service != nullptr ? reply_namespace(*service) : std::string_view(); !ns.empty())
      out += " xmlns=\"" + std::string(ns) + "\"";
    out += '>';
  }
  out += "<Error>";
  if (!s3) xml::write_text(out, "Type", error.status < 500 ? "Sender" : "Receiver");
  xml::write_text(out, "Code", error.code);
  xml::write_text(out, "Message", error.message);
  for (const auto& [name, value] : error.details) xml::write_text(out, name, value);
  if (!s3) out += "</Error>";
  xml::write_text(out, "RequestId", request_id);
  out += s3 ? "</Error>" : "</ErrorResponse>";
  return reply;
}

}  // namespace stratus::wire
