#include "stratus/services/events/input.h"

#include <charconv>
#include <stdexcept>

#include "stratus/core/text.h"

namespace stratus::services::events {
namespace json = boost::json;
namespace ev = aws::events;
namespace {

std::string unquoted(std::string text) { return text.substr(1, text.size() - 2); }

/// A variable's text where it stands: inside a string of the template it is escaped, elsewhere it is a JSON value.
std::string shown(const json::value* value, bool inside_string) {
  if (value == nullptr) return inside_string ? "" : "null";
  if (!inside_string) return json::serialize(*value);
  if (value->is_string()) return unquoted(json::serialize(*value));
  return unquoted(json::serialize(json::value(json::serialize(*value))));
}

}  // namespace

const json::value* at_path(const json::value& event, const std::string& path) {
  if (path.empty() || path[0] != '$') throw std::invalid_argument("a path begins with $");
  const json::value* here = &event;
  std::size_t at = 1;
  while (at < path.size()) {
    std::string name;
    std::optional<std::size_t> index;
    if (path[at] == '.') {
      const auto end = std::min(path.find_first_of(".[", at + 1), path.size());
      name = path.substr(at + 1, end - at - 1);
      if (name.empty()) throw std::invalid_argument("an empty name");
      at = end;
    } else if (path[at] == '[') {
      const auto end = path.find(']', at);
      if (end == std::string::npos) throw std::invalid_argument("an open bracket");
      const std::string inner = path.substr(at + 1, end - at - 1);
      at = end + 1;
      if (inner.size() >= 2 && (inner[0] == '\'' || inner[0] == '"') && inner.back() == inner[0]) {
        name = inner.substr(1, inner.size() - 2);
      } else {
        std::size_t number = 0;
        const auto [rest, error] = std::from_chars(inner.data(), inner.data() + inner.size(), number);
        if (error != std::errc() || rest != inner.data() + inner.size())
          throw std::invalid_argument("no index: " + inner);
        index = number;
      }
    } else {
      throw std::invalid_argument("unexpected character at " + std::to_string(at));
    }
    if (here == nullptr) continue;
    if (index) {
      const auto* list = here->if_array();
      here = list == nullptr || *index >= list->size() ? nullptr : &(*list)[*index];
    } else {
      const auto* object = here->if_object();
      here = object == nullptr ? nullptr : object->if_contains(name);
    }
  }
  return here;
}

std::string input_of(const ev::Target& target, const json::value& event, const RuleName& rule) {
  if (target.input && !target.input->empty()) return *target.input;
  if (target.input_path && !target.input_path->empty()) {
    const json::value* part = at_path(event, *target.input_path);
    return part == nullptr ? "null" : json::serialize(*part);
  }
  if (!target.input_transformer) return json::serialize(event);
  std::map<std::string, json::value> own = {{"aws.events.rule-arn", json::value(rule.arn)},
                                            {"aws.events.rule-name", json::value(rule.name)},
                                            {"aws.events.event.ingestion-time", json::value(to_rfc3339(rule.ingested))},
                                            {"aws.events.event.json", event}};
  json::value bare = event;
  if (bare.is_object()) bare.get_object().erase("detail");
  own["aws.events.event"] = bare;
  std::map<std::string, const json::value*> variables;
  for (const auto& [name, value] : own) variables[name] = &value;
  if (target.input_transformer->input_paths_map)
    for (const auto& [name, path] : *target.input_transformer->input_paths_map) variables[name] = at_path(event, path);
  const std::string& from = *target.input_transformer->input_template;
  std::string out;
  bool inside_string = false;
  for (std::size_t at = 0; at < from.size(); ++at) {
    const char c = from[at];
    if (c == '\\' && inside_string && at + 1 < from.size()) {
      out += c;
      out += from[++at];
      continue;
    }
    if (c == '"') inside_string = !inside_string;
    const auto end = c == '<' ? from.find('>', at) : std::string::npos;
    if (end != std::string::npos) {
      if (const auto found = variables.find(from.substr(at + 1, end - at - 1)); found != variables.end()) {
        out += shown(found->second, inside_string);
        at = end;
        continue;
      }
    }
    out += c;
  }
  return out;
}

}  // namespace stratus::services::events
