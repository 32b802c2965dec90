#include "stratus/wire/validate.h"

#include <fmt/format.h>

#include <algorithm>

#include "stratus/core/shape_json.h"
#include "stratus/core/text.h"
#include "stratus/wire/validate_pattern.h"

namespace stratus::wire {
namespace {

constexpr std::size_t kMaxProblems = 10;
constexpr std::size_t kShown = 1024;  // bytes of a value in a message

struct Problem {
  std::string path;        ///< "tags.1.member.key"
  std::string name;        ///< the member's own name, as the model writes it
  std::string value;       ///< "null", "'x'", or "" where it is not to be shown
  std::string constraint;  ///< "Member must not be null"
  bool missing = false;
  bool in_body = false;  ///< below a member that HTTP does not bind elsewhere
  std::optional<double> bound{};
  bool too_small = false;
};

/// Members that the models call sensitive and constrain: a message never repeats them.
bool sensitive(std::string_view member) {
  return member == "SecretString" || member == "RotationToken" || member == "Plaintext";
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string bound(double value) { return fmt::format("{}", static_cast<std::int64_t>(value)); }

std::string lower_first(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

/// A value as a message shows it.
std::string shown(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::string: {
      const auto& text = *static_cast<const std::string*>(value);
      if (text.size() <= kShown) return text;
      std::size_t end = kShown;
      while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
      return text.substr(0, end) + "...";
    }
    case Kind::blob:
      return "java.nio.HeapByteBuffer";
    case Kind::structure:
      return std::string(shape.name) + "(...)";
    case Kind::map:
      return "{...}";
    case Kind::list: {
      std::string out = "[";
      const std::size_t size = shape.size(value);
      for (std::size_t i = 0; i < size; ++i) {
        if (i != 0) out += ", ";
        if (out.size() > kShown) return out + "...]";
        out += shown(shape.element(), shape.at(value, i));
      }
      return out + "]";
    }
    default:
      return to_json(shape, value);
  }
}

double number_of(const Shape& shape, const void* value) {
  if (shape.kind == Kind::int32) return *static_cast<const std::int32_t*>(value);
  if (shape.kind == Kind::int64) return static_cast<double>(*static_cast<const std::int64_t*>(value));
  return *static_cast<const double*>(value);
}

/// The sentence of a set of allowed values.
std::string enum_sentence(const Constraints& c) {
  return fmt::format("Member must satisfy enum value set: [{}]", fmt::join(c.values, ", "));
}

/// What a length, or a number where `word` is "value", must be.
std::string at_most(const Constraints& c, std::string_view word) {
  return fmt::format("Member must have {} less than or equal to {}", word, bound(*c.max));
}
std::string at_least(const Constraints& c, std::string_view word) {
  return fmt::format("Member must have {} greater than or equal to {}", word, bound(*c.min));
}
std::string pattern_sentence(const Constraints& c) {
  return std::string("Member must satisfy regular expression pattern: ") + c.pattern;
}

bool is_number(const Shape& shape) {
  return shape.kind == Kind::int32 || shape.kind == Kind::int64 || shape.kind == Kind::float64;
}

/// Every demand of `c`, as AWS lists them for the elements of a list.
std::string all_sentences(const Shape& shape, const Constraints& c) {
  const std::string_view word = is_number(shape) ? "value" : "length";
  std::vector<std::string> parts;
  if (!c.values.empty()) parts.push_back(enum_sentence(c));
  if (c.max) parts.push_back(at_most(c, word));
  if (c.min) parts.push_back(at_least(c, word));
  if (c.pattern != nullptr) parts.push_back(pattern_sentence(c));
  return "Member must satisfy constraint: [" + text::join(parts, ", ") + "]";
}

class Checker {
 public:
  void structure(const Shape& shape, const void* object, const std::string& path, bool in_body) {
    for (const Member& member : shape.members) {
      if (problems_.size() >= kMaxProblems) return;
      const bool body = in_body || member.location == Location::body;
      const std::string name = lower_first(member.name);
      at_ = {path.empty() ? name : path + "." + name, member.name, "", "", false, body};
      const void* value = member_value(member, object);
      if (value == nullptr) {
        if (member.required) missing();
        continue;
      }
      scalar_or_size(member.shape(), value, member.constraints);
      // A copy: what stands inside moves at_.
      if (member.shape().kind >= Kind::list) inside(member.shape(), value, member, Problem(at_));
    }
  }

  const std::vector<Problem>& problems() const { return problems_; }

 private:
  void missing() {
    at_.value = "null";
    at_.constraint = "Member must not be null";
    at_.missing = true;
    problems_.push_back(at_);
  }

  void fail(const Shape& shape, const void* value, std::string constraint, std::optional<double> limit = {},
            bool too_small = false) {
    if (problems_.size() >= kMaxProblems) return;
    Problem problem = at_;
    if (!sensitive(at_.name)) problem.value = "'" + shown(shape, value) + "'";
    problem.constraint = std::move(constraint);
    problem.bound = limit;
    problem.too_small = too_small;
    problems_.push_back(std::move(problem));
  }

  void range(const Shape& shape, const void* value, const Constraints& c, double size, std::string_view word) {
    if (c.max && size > *c.max) fail(shape, value, at_most(c, word), c.max);
    if (c.min && size < *c.min) fail(shape, value, at_least(c, word), c.min, true);
  }

  /// The demands on a value itself, not on what it holds.
  void scalar_or_size(const Shape& shape, const void* value, const Constraints* c) {
    if (c == nullptr) return;
    switch (shape.kind) {
      case Kind::string: {
        const auto& text = *static_cast<const std::string*>(value);
        if (!c->values.empty()) {
          if (std::find(c->values.begin(), c->values.end(), text) == c->values.end())
            fail(shape, value, enum_sentence(*c));
          return;
        }
        range(shape, value, *c, static_cast<double>(code_points(text)), "length");
        // S3 decodes a copy's source before it looks for the slash: "bucket%2Fkey" is one too.
        if (c->pattern != nullptr && at_.name != "CopySource" && !matches(c->pattern, text))
          fail(shape, value, pattern_sentence(*c));
        return;
      }
      case Kind::blob:
        range(shape, value, *c, static_cast<double>(static_cast<const Blob*>(value)->bytes.size()), "length");
        return;
      case Kind::list:
      case Kind::map:
        range(shape, value, *c, static_cast<double>(shape.size(value)), "length");
        return;
      case Kind::int32:
      case Kind::int64:
      case Kind::float64:
        range(shape, value, *c, number_of(shape, value), "value");
        return;
      default:
        return;
    }
  }

  /// What a list, a map or a structure holds. Elements that are no structures are one problem of their container.
  void inside(const Shape& shape, const void* value, const Member& member, const Problem& at) {
    if (shape.kind == Kind::structure) {
      structure(shape, value, at.path, at.in_body);
      return;
    }
    if (shape.kind != Kind::list && shape.kind != Kind::map) return;
    const Shape& element = shape.element();
    bool wrong = false;
    const auto each = [&](const std::string& key, const void* item) {
      if (problems_.size() >= kMaxProblems) return;
      if (element.kind == Kind::structure) {
        structure(element, item, at.path + "." + key + ".member", at.in_body);
      } else if (!wrong && member.element_constraints != nullptr) {
        const std::size_t before = problems_.size();
        at_ = at;
        scalar_or_size(element, item, member.element_constraints);
        wrong = problems_.size() != before;
        problems_.resize(before);
      }
    };
    if (shape.kind == Kind::list) {
      const std::size_t size = shape.size(value);
      for (std::size_t i = 0; i < size && problems_.size() < kMaxProblems; ++i)
        each(element.kind == Kind::structure ? std::to_string(i + 1) : "", shape.at(value, i));
    } else {
      shape.each(value, each);
    }
    if (!wrong) return;
    at_ = at;
    fail(shape, value, all_sentences(element, *member.element_constraints));
  }

  std::vector<Problem> problems_;
  Problem at_;  ///< where the checker stands
};

/// "2 validation errors detected: Value null at 'name' failed to satisfy constraint: …; …", as most services word it.
std::string detected(const std::vector<Problem>& problems) {
  std::vector<std::string> sentences;
  for (const auto& problem : problems)
    sentences.push_back(fmt::format("Value {}at '{}' failed to satisfy constraint: {}",
                                    problem.value.empty() ? "" : problem.value + " ", problem.path,
                                    problem.constraint));
  return fmt::format("{} validation error{} detected: {}", problems.size(), problems.size() == 1 ? "" : "s",
                     text::join(sentences, "; "));
}

/// EC2 names what is missing and what is out of range; its operations judge everything else, each in its own words.
void refuse_ec2(const std::vector<Problem>& problems) {
  for (const auto& problem : problems) {
    if (problem.missing)
      throw aws::Error("MissingParameter", 400, "The request must contain the parameter " + problem.path);
    if (problem.bound && problem.constraint.starts_with("Member must have value")) {
      const std::string value = problem.value.substr(1, problem.value.size() - 2);
      throw aws::Error("InvalidParameterValue", 400,
                       fmt::format("Value ( {} ) for parameter {} is invalid. Expecting a value {} than {}.", value,
                                   problem.path, problem.too_small ? "greater" : "less", bound(*problem.bound)));
    }
  }
}

[[noreturn]] void refuse_s3(const std::vector<Problem>& problems) {
  const Problem& first = problems.front();
  if (first.in_body) {
    if (first.missing && first.path.find('.') == std::string::npos)
      throw aws::Error("MissingRequestBodyError", 400, "Request Body is empty");
    if (first.name == "LocationConstraint")
      throw aws::Error("InvalidLocationConstraint", 400, "The specified location-constraint is not valid");
    throw aws::Error("MalformedXML", 400,
                     "The XML you provided was not well-formed or did not validate against our published schema");
  }
  if (first.missing) throw aws::Error("InvalidRequest", 400, "Missing required parameter: " + first.name);
  if (first.name == "StorageClass")
    throw aws::Error("InvalidStorageClass", 400, "The storage class you specified is not valid");
  if (first.name == "EncodingType")
    throw aws::Error("InvalidArgument", 400, "Invalid Encoding Method specified in Request");
  if (first.name == "ServerSideEncryption")
    throw aws::Error("InvalidArgument", 400, "The encryption method specified is not supported");
  throw aws::Error("InvalidArgument", 400, detected(problems));
}

/// ECR names one parameter: "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length …'".
[[noreturn]] void refuse_ecr(const Problem& problem) {
  std::string demand = problem.constraint.substr(std::string_view("Member ").size());
  constexpr std::string_view kPattern = "must satisfy regular expression pattern: ";
  if (demand.starts_with(kPattern)) demand = "must satisfy regular expression '" + demand.substr(kPattern.size()) + "'";
  throw aws::Error("InvalidParameterException", 400,
                   fmt::format("Invalid parameter at '{}' failed to satisfy constraint: '{}'", problem.path, demand));
}

}  // namespace

void validate(const aws::ServiceModel& service, const aws::Operation& operation, const void* request) {
  Checker checker;
  checker.structure(operation.input(), request, "", false);
  const auto& problems = checker.problems();
  if (problems.empty()) return;
  const std::string_view name = service.name;
  if (service.protocol == aws::Protocol::ec2) {
    refuse_ec2(problems);
    return;
  }
  if (name == "s3") refuse_s3(problems);
  if (name == "ecr") refuse_ecr(problems.front());
  const std::string text = detected(problems);
  if (name == "ecs") {
    const bool missing = std::any_of(problems.begin(), problems.end(), [](const Problem& p) { return p.missing; });
    throw aws::Error(missing ? "ClientException" : "InvalidParameterException", 400, text);
  }
  if (name == "logs") throw aws::Error("InvalidParameterException", 400, text);
  if (name == "route53") throw aws::Error("InvalidInput", 400, text);
  if (name == "sns") throw aws::Error("InvalidParameter", 400, "Invalid parameter: " + text);
  throw aws::Error(service.protocol == aws::Protocol::query ? "ValidationError" : "ValidationException", 400, text);
}

}  // namespace stratus::wire
