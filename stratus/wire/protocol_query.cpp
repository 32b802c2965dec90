#include "stratus/wire/protocol_query.h"

#include <algorithm>

#include "stratus/core/text.h"
#include "stratus/wire/protocol_text.h"
#include "stratus/wire/xml.h"

namespace stratus::wire {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxListLength = 10'000;
constexpr std::size_t kMaxDigits = 18;  // of an index, so that it fits 64 bits

using Form = std::map<std::string, std::string, std::less<>>;

/// True where the form has anything below `prefix`.
bool below(const Form& form, const std::string& prefix) {
  const std::string start = prefix + ".";
  const auto at = form.lower_bound(start);
  return at != form.end() && at->first.starts_with(start);
}

class Reader {
 public:
  Reader(const Form& form, bool ec2) : form_(form), ec2_(ec2) {}

  void structure(const std::string& prefix, const Shape& shape, void* out, int depth) const {
    if (depth > kMaxDepth) throw aws::Error("MalformedQueryString", 400, "The request is nested too deeply.");
    for (const Member& member : shape.members) {
      const std::string key = key_of(prefix, member);
      switch (member.shape().kind) {
        case Kind::list:
          list_member(prefix, key, member, out, depth);
          break;
        case Kind::map:
          map_member(key, member, out, depth);
          break;
        case Kind::structure:
          if (below(form_, key)) {
            structure(key, member.shape(), member_emplace(member, out), depth + 1);
          } else if (const auto bare = form_.find(key); bare != form_.end() && !bare->second.empty()) {
            wrong(key, bare->second, member.shape());
          }
          break;
        default:
          if (const auto found = form_.find(key); found != form_.end()) {
            scalar(key, found->second, member.shape(), member_emplace(member, out));
          } else if (below(form_, key)) {
            unexpected(key);
          }
      }
    }
  }

 private:
  /// The text of a value that is not of its kind.
  [[noreturn]] void wrong(const std::string& key, const std::string& value, const Shape& shape) const {
    const char* kind = shape.kind == Kind::boolean     ? "boolean"
                       : shape.kind == Kind::timestamp ? "timestamp"
                       : shape.kind == Kind::blob      ? "blob"
                       : shape.kind == Kind::float64   ? "double"
                       : shape.kind == Kind::structure ? "structure"
                       : shape.kind == Kind::list      ? "list"
                       : shape.kind == Kind::map       ? "map"
                                                       : "integer";
    if (ec2_)
      throw aws::Error("InvalidParameterValue", 400,
                       "Value (" + value + ") for parameter " + key + " is invalid. Must be a valid " + kind + ".");
    if (shape.kind == Kind::list || shape.kind == Kind::map)
      throw aws::Error("MalformedInput", 400, "Unexpected list element termination");
    throw aws::Error("MalformedInput", 400, "Value " + value + " at " + key + " is not a valid " + kind);
  }

  /// Keys below something that has nothing below it: read on, they would be a filter that is silently ignored.
  [[noreturn]] void unexpected(const std::string& key) const {
    if (ec2_)
      throw aws::Error("UnknownParameter", 400,
                       "The parameter " + form_.lower_bound(key + ".")->first + " is not recognized");
    throw aws::Error("MalformedInput", 400, "Start of list found where not expected");
  }

  std::string key_of(const std::string& prefix, const Member& member) const {
    std::string name = ec2_ && member.query != nullptr ? member.query : member.wire;
    if (ec2_ && member.query == nullptr && !name.empty() && name[0] >= 'a' && name[0] <= 'z')
      name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return prefix.empty() ? name : prefix + "." + name;
  }

  /// The keys "prefix.N" in ascending order of N: a list may have gaps, and a huge index costs nothing.
  std::vector<std::string> elements(const std::string& prefix) const {
    const std::string start = prefix + ".";
    std::map<std::uint64_t, std::string> found;
    for (auto at = form_.lower_bound(start); at != form_.end() && at->first.starts_with(start); ++at) {
      const auto end = std::min(at->first.find('.', start.size()), at->first.size());
      const std::string digits = at->first.substr(start.size(), end - start.size());
      if (digits.empty() || digits.size() > kMaxDigits || digits.find_first_not_of("0123456789") != std::string::npos) {
        if (ec2_) throw aws::Error("UnknownParameter", 400, "The parameter " + at->first + " is not recognized");
        throw aws::Error("MalformedInput", 400, "Key " + at->first + " has no valid index");
      }
      found.emplace(std::stoull(digits), start + digits);
      if (found.size() > kMaxListLength)
        throw aws::Error("MalformedQueryString", 400, "The list " + prefix + " is too long.");
    }
    std::vector<std::string> out;
    out.reserve(found.size());
    for (auto& [number, key] : found) out.push_back(std::move(key));
    return out;
  }

  void list_member(const std::string& prefix, const std::string& key, const Member& member, void* out,
                   int depth) const {
    const Shape& target = member.shape();
    const auto bare = form_.find(key);
    if (ec2_) {
      if (below(form_, key)) {
        list(key, target, member_emplace(member, out), depth);
      } else if (bare != form_.end()) {
        // Without an index it is the only element.
        void* made = member_emplace(member, out);
        if (bare->second.empty()) return;
        if (target.element().kind >= Kind::list) wrong(key, bare->second, target);
        scalar(key, bare->second, target.element(), target.append(made));
      }
      return;
    }
    std::string elements_key = key;
    if (!member.flattened) {
      elements_key += '.';
      elements_key += member.element != nullptr ? member.element : "member";
    } else if (member.element != nullptr) {
      elements_key = prefix.empty() ? member.element : prefix + "." + member.element;
    }
    if (below(form_, elements_key)) {
      list(elements_key, target, member_emplace(member, out), depth);
    } else if (bare != form_.end()) {
      // An empty list is sent as "Name=".
      if (!bare->second.empty()) wrong(key, bare->second, target);
      member_emplace(member, out);
    } else if (!member.flattened && below(form_, key)) {
      throw aws::Error("MalformedInput", 400, "Top level element may not be treated as a list");
    }
  }

  void map_member(const std::string& key, const Member& member, void* out, int depth) const {
    const Shape& target = member.shape();
    const std::string entries = member.flattened ? key : key + ".entry";
    if (!below(form_, entries)) {
      if (!member.flattened && below(form_, key)) unexpected(key);
      if (const auto bare = form_.find(key); bare != form_.end() && !bare->second.empty())
        wrong(key, bare->second, target);
      return;
    }
    void* map = member_emplace(member, out);
    for (const auto& entry : elements(entries)) {
      const auto name = form_.find(entry + "." + (member.map_key != nullptr ? member.map_key : "key"));
      if (name == form_.end()) throw aws::Error("MalformedInput", 400, "The entry " + entry + " has no key");
      value(entry + "." + (member.element != nullptr ? member.element : "value"), target.element(),
            target.insert(map, name->second), depth + 1);
    }
  }

  void list(const std::string& key, const Shape& shape, void* out, int depth) const {
    if (depth > kMaxDepth) throw aws::Error("MalformedQueryString", 400, "The request is nested too deeply.");
    for (const auto& element : elements(key)) value(element, shape.element(), shape.append(out), depth + 1);
  }

  void value(const std::string& key, const Shape& shape, void* out, int depth) const {
    const auto found = form_.find(key);
    if (shape.kind == Kind::structure) {
      if (found != form_.end() && !found->second.empty()) wrong(key, found->second, shape);
      structure(key, shape, out, depth);
    } else if (shape.kind == Kind::list) {
      list(ec2_ ? key : key + ".member", shape, out, depth);
    } else if (found != form_.end()) {
      scalar(key, found->second, shape, out);
    } else if (below(form_, key)) {
      unexpected(key);
    }
  }

  void scalar(const std::string& key, const std::string& text, const Shape& shape, void* out) const {
    if (!xml::parse_scalar(text, shape, out)) wrong(key, text, shape);
  }

  const Form& form_;
  const bool ec2_;
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

void QueryCodec::decode(const aws::ServiceModel&, const aws::Operation& operation, const RequestParts& parts,
                        void* request) const {
  Form form;
  const auto add = [&](const std::string& name, std::string value) {
    // What is stored must fit the XML of later replies.
    if (!valid_utf8(name) || !valid_utf8(value)) {
      if (ec2_) throw aws::Error("InvalidCharacter", 400, "The request contains characters that are not valid UTF-8.");
      throw aws::Error("MalformedQueryString", 400, "The query string is not valid UTF-8.");
    }
    form[name] = std::move(value);
  };
  for (const auto& [name, value] : parts.query) add(name, value);
  for (auto& [name, value] : parse_form(parts.body)) add(name, std::move(value));
  Reader(form, ec2_).structure("", operation.input(), request, 0);
}

ReplyParts QueryCodec::encode(const aws::ServiceModel& service, const aws::Operation& operation,
                              const std::string& request_id, const void* response) const {
  ReplyParts reply;
  reply.status = operation.status;
  reply.headers = {{"Content-Type", "text/xml;charset=UTF-8"}, {"x-amzn-RequestId", request_id}};
  std::string& out = reply.body;
  const std::string name = operation.name;
  if (ec2_) out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += "<" + name + "Response xmlns=\"" + service.xml_namespace + "\">";
  if (ec2_) {
    xml::write_text(out, "requestId", request_id);
    if (operation.output != nullptr) {
      xml::write_structure(out, operation.output(), response);
    } else {
      out += "<return>true</return>";
    }
  } else {
    if (operation.output != nullptr)
      xml::write_root(out, operation.result_wrapper != nullptr ? operation.result_wrapper : name + "Result", "",
                      operation.output(), response);
    out += "<ResponseMetadata>";
    xml::write_text(out, "RequestId", request_id);
    out += "</ResponseMetadata>";
  }
  out += "</" + name + "Response>";
  return reply;
}

ReplyParts QueryCodec::error(const aws::ServiceModel* service, const std::string& request_id,
                             const aws::Error& error) const {
  ReplyParts reply;
  reply.status = error.status;
  reply.headers = {{"Content-Type", "text/xml;charset=UTF-8"}, {"x-amzn-RequestId", request_id}};
  std::string& out = reply.body;
  if (ec2_) {
    out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>";
  } else {
    out = "<ErrorResponse";
    if (service != nullptr) out += std::string(" xmlns=\"") + service->xml_namespace + "\"";
    out += "><Error>";
    xml::write_text(out, "Type", error.status < 500 ? "Sender" : "Receiver");
  }
  xml::write_text(out, "Code",
                  std::string(ec2_ ? std::string_view(error.code) : error_names(service, error.code).code));
  xml::write_text(out, "Message", error.message);
  for (const auto& [name, value] : error.details) xml::write_text(out, name, value);
  out += "</Error>";
  if (ec2_) out += "</Errors>";
  xml::write_text(out, ec2_ ? "RequestID" : "RequestId", request_id);
  out += ec2_ ? "</Response>" : "</ErrorResponse>";
  return reply;
}

}  // namespace stratus::wire
