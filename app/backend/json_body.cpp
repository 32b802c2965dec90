#include "app/backend/json_body.h"

#include <algorithm>

#include "app/backend/text.h"

namespace counselor {
namespace json = boost::json;

json::value parse_json(const Request& request) {
  auto type = request.content_type.substr(0, request.content_type.find(';'));
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  while (!type.empty() && type.back() == ' ') type.pop_back();
  if (type != "application/json") throw Problem{415, "about:blank", "The body must be application/json."};
  json::parse_options options;
  options.max_depth = 16;
  boost::system::error_code error;
  auto out = json::parse(request.body, error, {}, options);
  if (error) throw Problem{400, "about:blank", "The body is not well-formed JSON."};
  return out;
}

namespace {

/// A stranger's name within a JSON pointer (RFC 6901, 3), as much of it as helps.
std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : first_characters(key, 60)) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

}  // namespace

Fields::Fields(const json::value& value, std::string pointer, std::vector<FieldError>& errors)
    : object_(value.if_object()), pointer_(std::move(pointer)), errors_(errors) {
  if (object_ == nullptr) errors_.push_back({pointer_, "must be an object"});
}

std::string Fields::at(std::string_view key) const { return pointer_ + "/" + std::string(key); }

void Fields::error(std::string_view key, std::string detail) {
  if (errors_.size() < 20) errors_.push_back({at(key), std::move(detail)});
}

const json::value* Fields::value(std::string_view key, bool required) {
  known_.push_back(key);
  if (object_ == nullptr) return nullptr;
  const auto* found = object_->if_contains(key);
  if (found == nullptr && required) error(key, "is missing");
  return found;
}

std::optional<std::string> Fields::text(std::string_view key, std::size_t least, std::size_t most, bool required) {
  const auto* found = value(key, required);
  if (found == nullptr) return std::nullopt;
  const auto* text = found->if_string();
  if (text == nullptr) {
    error(key, "must be a string");
    return std::nullopt;
  }
  const auto length = characters({text->data(), text->size()});
  if (length < least || length > most) {
    error(key, length < least ? "must have at least " + std::to_string(least) + " characters"
                              : "must have at most " + std::to_string(most) + " characters");
    return std::nullopt;
  }
  return std::string(*text);
}

std::optional<int> Fields::integer(std::string_view key, int least, int most, bool required) {
  const auto* found = value(key, required);
  if (found == nullptr) return std::nullopt;
  boost::system::error_code error_code;
  const auto number = found->is_number() ? found->to_number<std::int64_t>(error_code) : 0;
  if (!found->is_number() || error_code || number < least || number > most) {
    error(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return static_cast<int>(number);
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const auto* found = value(key, false);
  if (found == nullptr) return std::nullopt;
  if (!found->is_bool()) {
    error(key, "must be true or false");
    return std::nullopt;
  }
  return found->as_bool();
}

std::optional<int> Fields::choice(std::string_view key, const char* const* names, std::size_t count, bool required) {
  const auto* found = value(key, required);
  if (found == nullptr) return std::nullopt;
  if (const auto* text = found->if_string())
    for (std::size_t i = 0; i < count; ++i)
      if (*text == names[i]) return static_cast<int>(i);
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ", ") + std::string(names[i]);
  error(key, "must be one of " + list);
  return std::nullopt;
}

std::optional<Scores> Fields::scores(std::string_view key, bool required) {
  const auto* found = value(key, required);
  if (found == nullptr) return std::nullopt;
  Fields inner(*found, at(key), errors_);
  Scores out{};
  bool whole = inner.object() != nullptr;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto score = inner.integer(kTypes.substr(i, 1), 0, 100, true);
    whole = whole && score.has_value();
    out[i] = score.value_or(0);
  }
  inner.finish();
  return whole ? std::optional(out) : std::nullopt;
}

const json::array* Fields::array(std::string_view key, std::size_t least, std::size_t most, bool required) {
  const auto* found = value(key, required);
  if (found == nullptr) return nullptr;
  const auto* list = found->if_array();
  if (list == nullptr || list->size() < least || list->size() > most) {
    error(key, "must be a list of " + std::to_string(least) + " to " + std::to_string(most));
    return nullptr;
  }
  return list;
}

std::vector<std::string> Fields::texts(std::string_view key, std::size_t most, std::size_t longest) {
  std::vector<std::string> out;
  const auto* list = array(key, 0, most, false);
  if (list == nullptr) return out;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto* text = (*list)[i].if_string();
    const std::size_t length = text == nullptr ? 0 : characters({text->data(), text->size()});
    if (length == 0 || length > longest)
      error(std::string(key) + "/" + std::to_string(i),
            "must be a text of 1 to " + std::to_string(longest) + " characters");
    else
      out.emplace_back(*text);
  }
  return out;
}

void Fields::finish() {
  if (object_ == nullptr) return;
  for (const auto& member : *object_)
    if (std::find(known_.begin(), known_.end(), std::string_view(member.key().data(), member.key().size())) ==
        known_.end())
      error(escaped({member.key().data(), member.key().size()}), "is not known here");
}

void require_none(std::vector<FieldError> errors) {
  if (errors.empty()) return;
  std::string detail = "The request does not hold";
  if (!errors.front().pointer.empty()) detail += ": " + errors.front().pointer + " " + errors.front().detail;
  throw Problem{422, "/problems/validation", detail + ".", std::move(errors)};
}

}  // namespace counselor
