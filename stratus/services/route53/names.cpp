#include "stratus/services/route53/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "stratus/core/text.h"

namespace stratus::services::route53 {
namespace {

bool octal(char c) { return c >= '0' && c <= '7'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

/// One character of a label, lower-cased, escaped where it must be.
void put(std::string& out, unsigned char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<unsigned char>(c - 'A' + 'a');
  if ((c >= 'a' && c <= 'z') || digit(static_cast<char>(c)) || c == '-' || c == '_')
    out += static_cast<char>(c);
  else
    out += fmt::format("\\{:03o}", c);
}

std::string fatal(std::string_view code, std::string_view sentence, std::string_view value) {
  return fmt::format("FATAL problem: {} ({}) encountered with '{}'", code, sentence, value);
}

/// The byte of `\ooo` at `at`; -1 where there is none.
int octal_escape(std::string_view text, std::size_t at) {
  if (text[at] != '\\' || at + 3 >= text.size() || !octal(text[at + 1]) || !octal(text[at + 2]) || !octal(text[at + 3]))
    return -1;
  const int value = (text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0');
  return value > 255 ? -1 : value;
}

}  // namespace

ParsedName parse_name(std::string_view text) {
  ParsedName out;
  const auto fail = [&](std::string problem) {
    out = {"", std::move(problem)};
    return out;
  };
  std::string_view rest = text;
  if (rest.ends_with('.')) rest.remove_suffix(1);
  if (rest.empty()) return fail(fatal("DomainNameEmpty", "Domain name is empty", text));
  std::size_t label = 0, length = 1;  // bytes on the wire: each label with its length, and the root
  for (std::size_t i = 0; i <= rest.size(); ++i) {
    if (i == rest.size() || rest[i] == '.') {
      if (label == 0) return fail(fatal("DomainLabelEmpty", "Domain label is empty", text));
      if (label > 63) return fail(fatal("DomainLabelTooLong", "Domain label is too long", text));
      length += label + 1;
      out.name += '.';
      label = 0;
      continue;
    }
    const int escaped = octal_escape(rest, i);
    if (escaped >= 0) i += 3;
    const auto c = escaped >= 0 ? static_cast<unsigned char>(escaped) : static_cast<unsigned char>(rest[i]);
    if (escaped < 0 && (c <= ' ' || c >= 0x7f))
      return fail(fatal("UnsupportedCharacter", "Value contains unsupported characters", text));
    put(out.name, c);
    ++label;
  }
  if (length > 255) return fail(fatal("DomainNameTooLong", "Domain name is too long", text));
  return out;
}

std::string reversed(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  auto labels = text::split(name, '.');
  std::reverse(labels.begin(), labels.end());
  return text::join(labels, " ");
}

std::string to_zone_file(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return data_to_zone_file(name);
}

std::string from_zone_file(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '.') {
      out += '.';
    } else if (name[i] == '\\' && i + 3 < name.size() && digit(name[i + 1]) && digit(name[i + 2]) &&
               digit(name[i + 3])) {
      put(out, static_cast<unsigned char>((name[i + 1] - '0') * 100 + (name[i + 2] - '0') * 10 + (name[i + 3] - '0')));
      i += 3;
    } else if (name[i] == '\\' && i + 1 < name.size()) {
      put(out, static_cast<unsigned char>(name[++i]));
    } else {
      put(out, static_cast<unsigned char>(name[i]));
    }
  }
  if (!out.ends_with('.')) out += '.';
  return out;
}

std::string data_to_zone_file(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const int escaped = octal_escape(value, i);
    if (escaped >= 0) {
      out += fmt::format("\\{:03d}", escaped);
      i += 3;
    } else if (value[i] == '\\' && i + 1 < value.size()) {
      out += value[i];
      out += value[++i];
    } else {
      out += value[i];
    }
  }
  return out;
}

bool within(std::string_view name, std::string_view zone) {
  return name == zone ||
         (name.size() > zone.size() && name.ends_with(zone) && name[name.size() - zone.size() - 1] == '.');
}

}  // namespace stratus::services::route53
