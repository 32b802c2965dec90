#define PCRE2_CODE_UNIT_WIDTH 8
#include "stratus/wire/validate.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <cmath>
#include <unordered_map>

#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"

namespace stratus::wire {
namespace {

/// True where `text` matches the whole pattern. A pattern that PCRE2 refuses constrains nothing; compiled once.
bool matches(const char* pattern, const std::string& text) {
  static std::unordered_map<const char*, pcre2_code*> compiled;
  auto found = compiled.find(pattern);
  if (found == compiled.end()) {
    const std::string whole = "^(?:" + std::string(pattern) + ")$";
    int error = 0;
    std::size_t offset = 0;
    auto* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(whole.c_str()), whole.size(), PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &error, &offset, nullptr);
    found = compiled.emplace(pattern, code).first;
  }
  if (found->second == nullptr) return true;
  static pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  static pcre2_match_context* limits = [] {
    auto* context = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(context, 200'000);
    return context;
  }();
  const int result = pcre2_match(found->second, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data, limits);
  return result >= 0 || (result != PCRE2_ERROR_NOMATCH);
}

std::size_t code_points(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
  return count;
}

std::string bound(double value) { return fmt::format("{}", static_cast<std::int64_t>(value)); }

class Checker {
 public:
  std::vector<std::string> problems;
  std::string first_missing;

  void structure(const Shape& shape, const void* value, const std::string& path) {
    for (const Member& member : shape.members) {
      const void* present = member_value(member, value);
      const std::string at = path.empty() ? lower_first(member.name) : path + "." + lower_first(member.name);
      if (present == nullptr) {
        if (member.required) {
          if (first_missing.empty()) first_missing = (path.empty() ? "" : path + ".") + member.name;
          problems.push_back("Value null at '" + at + "' failed to satisfy constraint: Member must not be null");
        }
        continue;
      }
      any(member.shape(), present, at, member.constraints, member.element_constraints);
    }
  }

 private:
  static std::string lower_first(const char* name) {
    std::string out(name);
    if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
    return out;
  }

  void fail(const std::string& value, const std::string& path, const std::string& constraint) {
    if (problems.size() < 10) problems.push_back("Value '" + value + "' at '" + path + "' failed to satisfy constraint: Member must " + constraint);
  }

  void length(std::size_t size, const Constraints& c, const std::string& shown, const std::string& path) {
    if (c.min && static_cast<double>(size) < *c.min) fail(shown, path, "have length greater than or equal to " + bound(*c.min));
    if (c.max && static_cast<double>(size) > *c.max) fail(shown, path, "have length less than or equal to " + bound(*c.max));
  }

  void any(const Shape& shape, const void* value, const std::string& path, const Constraints* c, const Constraints* element) {
    switch (shape.kind) {
      case Kind::structure: structure(shape, value, path); return;
      case Kind::list: {
        const std::size_t size = shape.size(value);
        if (c != nullptr) length(size, *c, "[...]", path);
        for (std::size_t i = 0; i < size && problems.size() < 10; ++i)
          any(shape.element(), shape.at(value, i), path + "." + std::to_string(i + 1) + ".member", element, nullptr);
        return;
      }
      case Kind::map:
        if (c != nullptr) length(shape.size(value), *c, "{...}", path);
        shape.each(value, [&](const std::string& key, const void* item) { any(shape.element(), item, path + "." + key + ".member", element, nullptr); });
        return;
      case Kind::string: {
        if (c == nullptr) return;
        const auto& text = *static_cast<const std::string*>(value);
        if (!c->values.empty()) {
          for (const auto& allowed : c->values)
            if (allowed == text) return;
          std::string list;
          for (const auto& allowed : c->values) list += (list.empty() ? "" : ", ") + std::string(allowed);
          fail(text, path, "satisfy enum value set: [" + list + "]");
          return;
        }
        length(code_points(text), *c, text, path);
        if (c->pattern != nullptr && !matches(c->pattern, text)) fail(text, path, "satisfy regular expression pattern: " + std::string(c->pattern));
        return;
      }
      case Kind::blob:
        if (c != nullptr) length(static_cast<const Blob*>(value)->bytes.size(), *c, "java.nio.HeapByteBuffer", path);
        return;
      case Kind::int32:
      case Kind::int64:
      case Kind::float64: {
        if (c == nullptr) return;
        const double number = shape.kind == Kind::int32   ? *static_cast<const std::int32_t*>(value)
                              : shape.kind == Kind::int64 ? static_cast<double>(*static_cast<const std::int64_t*>(value))
                                                          : *static_cast<const double*>(value);
        if (c->min && number < *c->min) fail(to_json(shape, value), path, "have value greater than or equal to " + bound(*c->min));
        if (c->max && number > *c->max) fail(to_json(shape, value), path, "have value less than or equal to " + bound(*c->max));
        return;
      }
      default: return;
    }
  }
};

}  // namespace

void validate(const aws::ServiceModel& service, const aws::Operation& operation, const void* request) {
  Checker checker;
  checker.structure(operation.input(), request, "");
  if (checker.problems.empty()) return;
  const std::string_view name = service.name;
  if (service.protocol == aws::Protocol::ec2) {
    if (!checker.first_missing.empty())
      throw aws::Error("MissingParameter", 400, "The request must contain the parameter " + checker.first_missing);
    return;  // EC2 words each refusal of its own; its operations check
  }
  const std::string text = fmt::format("{} validation error{} detected: {}", checker.problems.size(), checker.problems.size() == 1 ? "" : "s",
                                       text::join(checker.problems, "; "));
  if (name == "s3") {
    if (!checker.first_missing.empty()) throw aws::Error("InvalidRequest", 400, "Missing required parameter: " + checker.first_missing);
    throw aws::Error("InvalidArgument", 400, text);
  }
  if (name == "ecs" || name == "logs" || name == "ecr") throw aws::Error(name == "ecs" && checker.first_missing.empty() ? "InvalidParameterException" : name == "ecs" ? "ClientException" : "InvalidParameterException", 400, text);
  if (name == "route53") throw aws::Error("InvalidInput", 400, text);
  if (name == "sns") throw aws::Error("InvalidParameter", 400, "Invalid parameter: " + text);
  if (service.protocol == aws::Protocol::query) throw aws::Error("ValidationError", 400, text);
  throw aws::Error("ValidationException", 400, text);
}

}  // namespace stratus::wire
