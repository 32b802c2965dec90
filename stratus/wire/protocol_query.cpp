#include "stratus/wire/protocol_query.h"

#include <algorithm>

#include "stratus/core/text.h"
#include "stratus/wire/xml.h"

namespace stratus::wire {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxElements = 10'000;

using Form = std::map<std::string, std::string>;

/// True where the form has `prefix` itself or anything below it.
bool present(const Form& form, const std::string& prefix) {
  const auto at = form.lower_bound(prefix);
  if (at == form.end()) return false;
  if (at->first == prefix) return true;
  const auto below = form.lower_bound(prefix + ".");
  return below != form.end() && below->first.compare(0, prefix.size() + 1, prefix + ".") == 0;
}

/// The numbers that follow "prefix." in ascending order: a list may have gaps, and a huge index costs nothing.
std::vector<std::uint64_t> indices(const Form& form, const std::string& prefix) {
  std::vector<std::uint64_t> out;
  const std::string start = prefix + ".";
  for (auto at = form.lower_bound(start); at != form.end() && at->first.compare(0, start.size(), start) == 0; ++at) {
    const auto end = std::min(at->first.find('.', start.size()), at->first.size());
    const std::string digits = at->first.substr(start.size(), end - start.size());
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto number = std::stoull(digits);
    if (out.empty() || out.back() != number) out.push_back(number);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.size() > kMaxElements) throw aws::Error("MalformedQueryString", 400, "The list " + prefix + " is too long.");
  return out;
}

struct Reader {
  const Form& form;
  const bool ec2;

  [[noreturn]] void wrong(const std::string& key, const std::string& value, const Shape& shape) const {
    const char* kind = shape.kind == Kind::boolean ? "boolean" : shape.kind == Kind::timestamp ? "timestamp" : shape.kind == Kind::blob ? "blob" : "integer";
    if (ec2) throw aws::Error("InvalidParameterValue", 400, "Value (" + value + ") for parameter " + key + " is invalid. Must be a valid " + kind + ".");
    throw aws::Error("MalformedInput", 400, "Value " + value + " at " + key + " is not a valid " + std::string(kind));
  }

  std::string key_of(const std::string& prefix, const Member& member) const {
    std::string name;
    if (ec2) {
      name = member.query != nullptr ? member.query : member.wire;
      if (member.query == nullptr && !name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
    } else {
      name = member.wire;
    }
    return prefix.empty() ? name : prefix + "." + name;
  }

  void structure(const std::string& prefix, const Shape& shape, void* out, int depth) const {
    if (depth > kMaxDepth) throw aws::Error("MalformedQueryString", 400, "The request is nested too deeply.");
    for (const Member& member : shape.members) {
      std::string key = key_of(prefix, member);
      const Shape& target = member.shape();
      if (target.kind == Kind::list) {
        if (!ec2 && member.flattened) {
          if (member.element != nullptr) key = prefix.empty() ? member.element : prefix + "." + member.element;
        } else if (!ec2) {
          // An empty list is sent as "Name=".
          if (const auto bare = form.find(key); bare != form.end() && bare->second.empty()) {
            member_emplace(member, out);
            continue;
          }
          key += std::string(".") + (member.element != nullptr ? member.element : "member");
        }
        if (present(form, key)) list(key, target, member_emplace(member, out), depth);
      } else if (target.kind == Kind::map) {
        const std::string entries = member.flattened ? key : key + ".entry";
        if (!present(form, entries)) continue;
        void* map = member_emplace(member, out);
        for (const auto index : indices(form, entries)) {
          const std::string entry = entries + "." + std::to_string(index) + ".";
          const auto name = form.find(entry + (member.map_key != nullptr ? member.map_key : "key"));
          if (name == form.end()) continue;
          value(entry + (member.element != nullptr ? member.element : "value"), target.element(), target.insert(map, name->second), depth + 1);
        }
      } else if (present(form, key)) {
        value(key, target, member_emplace(member, out), depth + 1);
      }
    }
  }

  void list(const std::string& key, const Shape& shape, void* out, int depth) const {
    for (const auto index : indices(form, key)) value(key + "." + std::to_string(index), shape.element(), shape.append(out), depth + 1);
  }

  void value(const std::string& key, const Shape& shape, void* out, int depth) const {
    if (shape.kind == Kind::structure) {
      structure(key, shape, out, depth);
    } else if (shape.kind == Kind::list) {
      list(ec2 ? key : key + ".member", shape, out, depth);
    } else {
      const auto found = form.find(key);
      if (found == form.end()) return;
      if (!xml::parse_scalar(found->second, shape, out)) wrong(key, found->second, shape);
    }
  }
};

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    out.emplace_back(text::uri_decode(pair.substr(0, equals), true),
                     equals == std::string_view::npos ? "" : text::uri_decode(pair.substr(equals + 1), true));
  }
  return out;
}

void QueryCodec::decode(const aws::ServiceModel&, const aws::Operation& operation, const RequestParts& parts, void* request) const {
  Form form;
  for (const auto& [name, value] : parts.query) form[name] = value;
  for (auto& [name, value] : parse_form(parts.body)) form[name] = std::move(value);
  Reader{form, ec2_}.structure("", operation.input(), request, 0);
}

ReplyParts QueryCodec::encode(const aws::ServiceModel& service, const aws::Operation& operation, const std::string& request_id, const void* response) const {
  ReplyParts reply;
  reply.status = operation.status;
  reply.headers = {{"Content-Type", "text/xml;charset=UTF-8"}, {"x-amzn-RequestId", request_id}};
  std::string& out = reply.body;
  const std::string name = operation.name;
  if (ec2_) {
    out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + name + "Response xmlns=\"" + service.xml_namespace + "\"><requestId>" + request_id + "</requestId>";
    if (operation.output != nullptr) {
      xml::write_structure(out, operation.output(), response);
    } else {
      out += "<return>true</return>";
    }
    out += "</" + name + "Response>";
    return reply;
  }
  out = "<" + name + "Response xmlns=\"" + service.xml_namespace + "\">";
  if (operation.output != nullptr) {
    const std::string wrapper = operation.result_wrapper != nullptr ? operation.result_wrapper : name + "Result";
    out += "<" + wrapper + ">";
    xml::write_structure(out, operation.output(), response);
    out += "</" + wrapper + ">";
  }
  out += "<ResponseMetadata><RequestId>" + request_id + "</RequestId></ResponseMetadata></" + name + "Response>";
  return reply;
}

ReplyParts QueryCodec::error(const aws::ServiceModel* service, const std::string& request_id, const aws::Error& error) const {
  ReplyParts reply;
  reply.status = error.status;
  reply.headers = {{"Content-Type", "text/xml;charset=UTF-8"}, {"x-amzn-RequestId", request_id}};
  std::string& out = reply.body;
  if (ec2_) {
    out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>";
    xml::escape(out, error.code);
    out += "</Code><Message>";
    xml::escape(out, error.message);
    out += "</Message></Error></Errors><RequestID>" + request_id + "</RequestID></Response>";
    return reply;
  }
  out = "<ErrorResponse xmlns=\"" + std::string(service != nullptr ? service->xml_namespace : "") + "\"><Error><Type>" + (error.status < 500 ? "Sender" : "Receiver") + "</Type><Code>";
  xml::escape(out, error.code);
  out += "</Code><Message>";
  xml::escape(out, error.message);
  out += "</Message></Error><RequestId>" + request_id + "</RequestId></ErrorResponse>";
  return reply;
}

}  // namespace stratus::wire
