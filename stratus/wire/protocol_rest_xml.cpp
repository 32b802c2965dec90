#include "stratus/wire/protocol_rest_xml.h"

#include <pugixml.hpp>

#include "stratus/core/text.h"
#include "stratus/wire/xml.h"

namespace stratus::wire {
namespace {

[[noreturn]] void invalid(const Member& member) {
  throw aws::Error("InvalidArgument", 400, std::string("Argument ") + member.wire + " is invalid.");
}

void put_text(const Member& member, std::string_view text, void* request) {
  if (!xml::parse_scalar(text, member.shape(), member_emplace(member, request))) invalid(member);
}

bool is_s3(const aws::ServiceModel* service) { return service != nullptr && std::string_view(service->name) == "s3"; }

}  // namespace

void RestXmlCodec::decode(const aws::ServiceModel&, const aws::Operation& operation, const RequestParts& parts, void* request) const {
  const Shape& shape = operation.input();
  const Member* payload = nullptr;
  bool has_body = false;
  for (const Member& member : shape.members) {
    const Shape& target = member.shape();
    switch (member.location) {
      case Location::uri:
        if (const auto label = parts.labels.find(member.wire); label != parts.labels.end()) put_text(member, label->second, request);
        break;
      case Location::querystring:
        if (target.kind == Kind::map) {
          void* map = member_emplace(member, request);
          for (const auto& [name, value] : parts.query) *static_cast<std::string*>(target.insert(map, name)) = value;
          break;
        }
        for (const auto& [name, value] : parts.query) {
          if (name != member.wire) continue;
          if (target.kind == Kind::list) {
            void* slot = static_cast<char*>(request) + member.offset;
            const void* existing = member.optional ? target.get_optional(slot) : slot;
            void* list = existing != nullptr ? const_cast<void*>(existing) : member_emplace(member, request);
            if (!xml::parse_scalar(value, target.element(), target.append(list))) invalid(member);
          } else {
            put_text(member, value, request);
          }
        }
        break;
      case Location::header:
        if (const auto header = parts.headers.find(text::lower(member.wire)); header != parts.headers.end()) {
          if (target.kind == Kind::list) {
            void* list = member_emplace(member, request);
            for (const auto& part : text::split(header->second, ','))
              if (!xml::parse_scalar(text::trim(part), target.element(), target.append(list))) invalid(member);
          } else {
            put_text(member, header->second, request);
          }
        }
        break;
      case Location::headers: {
        const std::string prefix = text::lower(member.wire);
        void* map = nullptr;
        for (const auto& [name, value] : parts.headers) {
          if (!name.starts_with(prefix)) continue;
          if (map == nullptr) map = member_emplace(member, request);
          *static_cast<std::string*>(target.insert(map, name.substr(prefix.size()))) = value;
        }
        break;
      }
      default:
        has_body = true;
        if (member.payload) payload = &member;
    }
  }
  if (payload != nullptr && payload->shape().kind == Kind::blob) {
    static_cast<Blob*>(member_emplace(*payload, request))->bytes = parts.body;
    return;
  }
  if (payload != nullptr && payload->shape().kind == Kind::string) {
    *static_cast<std::string*>(member_emplace(*payload, request)) = parts.body;
    return;
  }
  if (!has_body || parts.body.empty()) return;
  pugi::xml_document document;
  const auto parsed = document.load_buffer(parts.body.data(), parts.body.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed || !document.document_element())
    throw aws::Error("MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema");
  if (payload != nullptr) {
    xml::read_structure(document.document_element(), payload->shape(), member_emplace(*payload, request));
  } else {
    xml::read_structure(document.document_element(), shape, request);
  }
}

ReplyParts RestXmlCodec::encode(const aws::ServiceModel& service, const aws::Operation& operation, const std::string& request_id, const void* response) const {
  ReplyParts reply;
  reply.status = operation.status;
  reply.headers = {{"x-amzn-RequestId", request_id}, {"x-amz-request-id", request_id}};
  if (operation.output == nullptr) return reply;
  const Shape& shape = operation.output();
  const Member* payload = nullptr;
  bool has_body = false;
  for (const Member& member : shape.members) {
    const void* value = member_value(member, response);
    if (member.payload) payload = &member;
    if (member.location == Location::body) has_body = true;
    if (value == nullptr) continue;
    if (member.location == Location::header) {
      reply.headers[member.wire] = xml::scalar(member.shape(), value, member.timestamp_format, TimestampFormat::rfc822);
    } else if (member.location == Location::headers) {
      member.shape().each(value, [&](const std::string& name, const void* text) { reply.headers[member.wire + name] = *static_cast<const std::string*>(text); });
    } else if (member.location == Location::status_code) {
      reply.status = *static_cast<const std::int32_t*>(value);
    }
  }
  if (payload != nullptr && payload->shape().kind != Kind::structure) {
    const void* value = member_value(*payload, response);
    if (value == nullptr) return reply;
    if (payload->shape().kind == Kind::blob) {
      reply.body = static_cast<const Blob*>(value)->bytes;
    } else {
      reply.body = xml::scalar(payload->shape(), value, TimestampFormat::unset, TimestampFormat::iso8601);
    }
    return reply;
  }
  if (!has_body) return reply;
  const Shape* root = &shape;
  const void* value = response;
  std::string name = operation.output_name != nullptr ? operation.output_name : std::string(operation.name) + "Response";
  // S3's roots are called after the operation's result as its documentation shows them, not after the shape.
  if (is_s3(&service) && name.ends_with("Output")) name = name.substr(0, name.size() - 6) + "Result";
  const std::string ns = is_s3(&service) ? "http://s3.amazonaws.com/doc/2006-03-01/" : service.xml_namespace;
  if (payload != nullptr) {
    value = member_value(*payload, response);
    if (value == nullptr) return reply;
    root = &payload->shape();
    name = payload->wire;
  }
  reply.headers["Content-Type"] = is_s3(&service) ? "application/xml" : "text/xml";
  std::string& out = reply.body;
  out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + name + (ns.empty() ? "" : " xmlns=\"" + ns + "\"") + ">";
  xml::write_structure(out, *root, value);
  out += "</" + name + ">";
  return reply;
}

ReplyParts RestXmlCodec::error(const aws::ServiceModel* service, const std::string& request_id, const aws::Error& error) const {
  ReplyParts reply;
  reply.status = error.status;
  reply.headers = {{"Content-Type", "application/xml"}, {"x-amzn-RequestId", request_id}, {"x-amz-request-id", request_id}};
  std::string& out = reply.body;
  const bool s3 = is_s3(service);
  out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (!s3) out += "<ErrorResponse xmlns=\"" + std::string(service != nullptr ? service->xml_namespace : "") + "\">";
  out += "<Error>";
  if (!s3) out += std::string("<Type>") + (error.status < 500 ? "Sender" : "Receiver") + "</Type>";
  out += "<Code>";
  xml::escape(out, error.code);
  out += "</Code><Message>";
  xml::escape(out, error.message);
  out += "</Message>";
  for (const auto& [name, value] : error.details) {
    out += "<" + name + ">";
    xml::escape(out, value);
    out += "</" + name + ">";
  }
  if (s3) {
    out += "<RequestId>" + request_id + "</RequestId></Error>";
  } else {
    out += "</Error><RequestId>" + request_id + "</RequestId></ErrorResponse>";
  }
  return reply;
}

}  // namespace stratus::wire
