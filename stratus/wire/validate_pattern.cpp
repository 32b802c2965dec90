#define PCRE2_CODE_UNIT_WIDTH 8
#include "stratus/wire/validate_pattern.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <charconv>
#include <memory>
#include <unordered_map>

namespace stratus::wire {
namespace {

constexpr std::uint32_t kMatchLimit = 200'000;  // steps: a pattern that backtracks must not hold the loop

/// The four hexadecimal digits behind a "\u" that starts at `at`, or -1.
long code_unit(std::string_view pattern, std::size_t at) {
  if (pattern.substr(at, 2) != "\\u" || at + 6 > pattern.size()) return -1;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(pattern.data() + at + 2, pattern.data() + at + 6, value, 16);
  return error == std::errc() && end == pattern.data() + at + 6 ? static_cast<long>(value) : -1;
}

/// The inside of a bracket expression for one of Java's ASCII-only properties, or "".
std::string_view java_class(std::string_view name) {
  if (name == "Print") return "\\x20-\\x7E";
  if (name == "Graph") return "\\x21-\\x7E";
  if (name == "ASCII") return "\\x00-\\x7F";
  if (name == "Alnum") return "A-Za-z0-9";
  if (name == "Alpha") return "A-Za-z";
  if (name == "Digit") return "0-9";
  if (name == "Upper") return "A-Z";
  if (name == "Lower") return "a-z";
  return "";
}

struct CodeFree {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};

/// Compiled once a pattern: patterns are constants of the models.
pcre2_code* compiled(const char* pattern) {
  static std::unordered_map<const char*, std::unique_ptr<pcre2_code, CodeFree>> cache;
  if (const auto found = cache.find(pattern); found != cache.end()) return found->second.get();
  const std::string whole = "^(?:" + to_pcre(pattern) + ")$";
  int error = 0;
  std::size_t offset = 0;
  auto* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(whole.data()), whole.size(), PCRE2_UTF | PCRE2_DOLLAR_ENDONLY,
                             &error, &offset, nullptr);
  cache.emplace(pattern, code);
  return code;
}

}  // namespace

std::string to_pcre(std::string_view pattern) {
  std::string out;
  bool bracket = false;
  for (std::size_t i = 0; i < pattern.size();) {
    if (const long unit = code_unit(pattern, i); unit >= 0) {
      const long low = unit >= 0xD800 && unit <= 0xDBFF ? code_unit(pattern, i + 6) : -1;
      if (low >= 0xDC00 && low <= 0xDFFF) {
        out += fmt::format("\\x{{{:X}}}", 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        i += 12;
      } else {
        out += fmt::format("\\x{{{:X}}}", unit);
        i += 6;
      }
      continue;
    }
    if (pattern.substr(i, 3) == "\\p{") {
      const auto close = pattern.find('}', i);
      const auto range = close == std::string_view::npos ? "" : java_class(pattern.substr(i + 3, close - i - 3));
      if (!range.empty()) {
        out += bracket ? std::string(range) : fmt::format("[{}]", range);
        i = close + 1;
        continue;
      }
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern.substr(i, 2);
      i += 2;
      continue;
    }
    if (pattern[i] == '[') bracket = true;
    if (pattern[i] == ']') bracket = false;
    out += pattern[i++];
  }
  return out;
}

bool matches(const char* pattern, std::string_view text) {
  pcre2_code* code = compiled(pattern);
  if (code == nullptr) return true;
  static pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  static pcre2_match_context* limits = [] {
    auto* context = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(context, kMatchLimit);
    return context;
  }();
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data, limits) !=
         PCRE2_ERROR_NOMATCH;
}

bool pattern_is_known(const char* pattern) { return compiled(pattern) != nullptr; }

}  // namespace stratus::wire
