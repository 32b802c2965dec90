#include "stratus/services/logs/filter_pattern.h"

#include <boost/json.hpp>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

#include "stratus/core/error.h"
#include "stratus/core/text.h"
#include "stratus/services/logs/regular_expression.h"

namespace stratus::services::logs {
namespace {

namespace json = boost::json;

[[noreturn]] void invalid(const std::string& why) {
  throw aws::Error("InvalidParameterException", 400, "Invalid filter pattern: " + why);
}

/// One comparison of a field: "= 500", "!= 4*", "> 1.5", "IS NULL", "NOT EXISTS".
struct Comparison {
  enum class Operator {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    is_null,
    is_true,
    is_false,
    not_exists,
    exists
  };
  std::string field;  // "$.a.b[0]" or a space-delimited field's name
  Operator op = Operator::exists;
  std::string operand;
  std::shared_ptr<const RegularExpression> regex;  // instead of the operand: %…%
};

std::optional<double> number(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || std::isnan(value)) return std::nullopt;
  return value;
}

bool compare(const Comparison& c, const std::optional<std::string>& value) {
  using Op = Comparison::Operator;
  if (c.op == Op::not_exists) return !value;
  if (!value) return false;
  switch (c.op) {
    case Op::exists:
      return true;
    case Op::is_null:
      return *value == "null";
    case Op::is_true:
      return *value == "true";
    case Op::is_false:
      return *value == "false";
    case Op::equal:
    case Op::not_equal: {
      if (c.regex) return c.regex->found_in(*value) == (c.op == Op::equal);
      const auto a = number(*value), b = number(c.operand);
      const bool same = a && b ? *a == *b : text::wildcard_match(c.operand, *value);
      return same == (c.op == Op::equal);
    }
    default:
      break;
  }
  const auto a = number(*value), b = number(c.operand);
  if (!a || !b) return false;
  switch (c.op) {
    case Op::less:
      return *a < *b;
    case Op::less_equal:
      return *a <= *b;
    case Op::greater:
      return *a > *b;
    default:
      return *a >= *b;
  }
}

/// Takes "%…%" from the beginning of `text`.
std::shared_ptr<const RegularExpression> take_regex(std::string_view& text) {
  const auto end = text.find('%', 1);
  if (end == std::string_view::npos) invalid("a regular expression is not closed");
  try {
    auto out = std::make_shared<const RegularExpression>(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    return out;
  } catch (const std::invalid_argument& e) {
    invalid(std::string("a regular expression is not valid: ") + e.what());
  }
}

/// "$.a.b[2].c" inside `root`.
std::optional<std::string> select(const json::value& root, std::string_view selector) {
  if (!selector.starts_with("$")) return std::nullopt;
  selector.remove_prefix(1);
  const json::value* at = &root;
  while (!selector.empty()) {
    if (selector.front() == '.') {
      selector.remove_prefix(1);
      const auto end = std::min(selector.find_first_of(".["), selector.size());
      const auto* object = at->if_object();
      at = object == nullptr ? nullptr : object->if_contains(selector.substr(0, end));
      selector.remove_prefix(end);
    } else if (selector.front() == '[') {
      const auto end = selector.find(']');
      if (end == std::string_view::npos) return std::nullopt;
      std::string_view inner = selector.substr(1, end - 1);
      selector.remove_prefix(end + 1);
      if (inner.size() >= 2 && (inner.front() == '\'' || inner.front() == '"')) {
        const auto* object = at->if_object();
        at = object == nullptr ? nullptr : object->if_contains(inner.substr(1, inner.size() - 2));
      } else {
        const auto index = number(inner);
        const auto* array = at->if_array();
        at = array == nullptr || !index || *index < 0 || *index >= static_cast<double>(array->size())
                 ? nullptr
                 : &(*array)[static_cast<std::size_t>(*index)];
      }
    } else {
      return std::nullopt;
    }
    if (at == nullptr) return std::nullopt;
  }
  return at->is_string() ? std::string(at->as_string()) : json::serialize(*at);
}

/// Splits a line at blanks; text in quotes or brackets is one field.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> out;
  std::size_t i = 0;
  while (i < line.size()) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++i;
      continue;
    }
    const char close = line[i] == '"' ? '"' : line[i] == '[' ? ']' : '\0';
    const auto end = close != '\0' ? line.find(close, i + 1) : line.find_first_of(" \t", i);
    if (close != '\0' && end != std::string_view::npos) {
      out.emplace_back(line.substr(i + 1, end - i - 1));
      i = end + 1;
    } else {
      const auto stop = std::min(close != '\0' ? line.find_first_of(" \t", i) : end, line.size());
      out.emplace_back(line.substr(i, stop - i));
      i = stop;
    }
  }
  return out;
}

using Values = std::function<std::optional<std::string>(std::string_view field)>;

struct Expression {
  enum class Kind { comparison, both, either } kind = Kind::comparison;
  Comparison comparison;
  std::vector<Expression> parts;

  bool holds(const Values& values) const {
    switch (kind) {
      case Kind::comparison:
        return compare(comparison, values(comparison.field));
      case Kind::both:
        return std::all_of(parts.begin(), parts.end(), [&](const Expression& e) { return e.holds(values); });
      case Kind::either:
        return std::any_of(parts.begin(), parts.end(), [&](const Expression& e) { return e.holds(values); });
    }
    return false;
  }
};

/// Recursive descent over "a = 1 && (b != x || c > 2)".
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, bool json_fields) : text_(text), json_(json_fields) {}

  Expression parse() {
    Expression e = either();
    blanks();
    if (!text_.empty()) invalid("unexpected '" + std::string(text_.substr(0, 10)) + "'");
    return e;
  }

 private:
  void blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n"), text_.size())); }
  bool take(std::string_view token) {
    blanks();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  bool take_word(std::string_view word) {
    blanks();
    if (text::lower(text_.substr(0, word.size())) != text::lower(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  Expression group(Expression::Kind kind, std::string_view token, Expression (ExpressionParser::*next)()) {
    if (++depth_ > 64) invalid("nested too deeply");
    Expression out{kind, {}, {(this->*next)()}};
    while (take(token)) out.parts.push_back((this->*next)());
    --depth_;
    return out.parts.size() == 1 ? Expression(out.parts[0]) : out;
  }
  Expression either() { return group(Expression::Kind::either, "||", &ExpressionParser::both); }
  Expression both() { return group(Expression::Kind::both, "&&", &ExpressionParser::one); }

  Expression one() {
    if (take("(")) {
      Expression inner = either();
      if (!take(")")) invalid("a bracket is not closed");
      return inner;
    }
    blanks();
    Comparison c;
    const auto end = std::min(text_.find_first_of(" \t=!<>)&|"), text_.size());
    c.field = text_.substr(0, end);
    text_.remove_prefix(end);
    if (c.field.empty() || (json_ && !c.field.starts_with("$"))) invalid("a field is missing");
    using Op = Comparison::Operator;
    static constexpr std::pair<std::string_view, Op> kOperators[] = {{"!=", Op::not_equal},     {"<=", Op::less_equal},
                                                                     {">=", Op::greater_equal}, {"=", Op::equal},
                                                                     {"<", Op::less},           {">", Op::greater}};
    for (const auto& [token, op] : kOperators)
      if (take(token)) {
        c.op = op;
        blanks();
        if (text_.starts_with("%")) {
          if (op != Op::equal && op != Op::not_equal) invalid("a regular expression is only equal or not");
          c.regex = take_regex(text_);
        } else {
          c.operand = operand();
        }
        return {Expression::Kind::comparison, c, {}};
      }
    if (take_word("NOT EXISTS"))
      c.op = Op::not_exists;
    else if (take_word("IS NULL"))
      c.op = Op::is_null;
    else if (take_word("IS TRUE"))
      c.op = Op::is_true;
    else if (take_word("IS FALSE"))
      c.op = Op::is_false;
    else if (json_)
      invalid("an operator is missing behind " + c.field);
    return {Expression::Kind::comparison, c, {}};
  }

  std::string operand() {
    if (text_.starts_with("\"")) {
      const auto end = text_.find('"', 1);
      if (end == std::string_view::npos) invalid("a quote is not closed");
      std::string out(text_.substr(1, end - 1));
      text_.remove_prefix(end + 1);
      return out;
    }
    const auto end = std::min(text_.find_first_of(" \t)&|"), text_.size());
    std::string out(text_.substr(0, end));
    if (out.empty()) invalid("a value is missing");
    text_.remove_prefix(end);
    return out;
  }

  std::string_view text_;
  bool json_;
  int depth_ = 0;
};

struct Field {
  std::string name;
  bool rest = false;  // "..."
  std::optional<Expression> condition;
};

}  // namespace

struct FilterPattern::Program {
  enum class Kind { all, terms, json, fields } kind = Kind::all;
  struct Term {
    std::string text;
    std::shared_ptr<const RegularExpression> regex;  // instead of the text
  };
  std::vector<Term> required, excluded, optional;
  std::optional<Expression> expression;
  std::vector<Field> fields;

  /// The values of named fields, or nothing where the line has not as many fields as the pattern wants.
  std::optional<std::map<std::string, std::string>> split(std::string_view message) const {
    const auto values = fields_of(message);
    const auto rest = std::find_if(fields.begin(), fields.end(), [](const Field& f) { return f.rest; });
    const auto named = fields.size() - (rest == fields.end() ? 0U : 1U);
    if (rest == fields.end() ? values.size() != named : values.size() < named) return std::nullopt;
    std::map<std::string, std::string> out;
    std::size_t at = 0;
    for (const Field& field : fields) {
      if (field.rest) {
        at = values.size() - (named - at);
        continue;
      }
      if (!field.name.empty()) out[field.name] = values[at];
      ++at;
    }
    return out;
  }
};

FilterPattern::~FilterPattern() = default;
FilterPattern::FilterPattern(FilterPattern&&) noexcept = default;

FilterPattern::FilterPattern(std::string_view text) {
  auto program = std::make_unique<Program>();
  text = text::trim(text);
  if (text.size() > 1024) invalid("longer than 1024 characters");
  if (text.empty()) {
    program->kind = Program::Kind::all;
  } else if (text.front() == '{') {
    if (text.back() != '}') invalid("a brace is not closed");
    program->kind = Program::Kind::json;
    program->expression = ExpressionParser(text.substr(1, text.size() - 2), true).parse();
  } else if (text.front() == '[') {
    if (text.back() != ']') invalid("a bracket is not closed");
    program->kind = Program::Kind::fields;
    int rests = 0;
    for (const auto& part : text::split(text.substr(1, text.size() - 2), ',')) {
      const std::string_view trimmed = text::trim(part);
      Field field;
      if (trimmed == "...") {
        field.rest = true;
        if (++rests > 1) invalid("more than one ellipsis");
      } else if (trimmed.find_first_of("=<>!") != std::string_view::npos) {
        field.condition = ExpressionParser(trimmed, false).parse();
        field.name = std::string(text::trim(trimmed.substr(0, trimmed.find_first_of(" =<>!("))));
      } else {
        field.name = trimmed;
      }
      program->fields.push_back(std::move(field));
    }
  } else {
    program->kind = Program::Kind::terms;
    while (!(text = text::trim(text)).empty()) {
      const char mark = text.front() == '-' || text.front() == '?' ? text.front() : '\0';
      if (mark != '\0') text.remove_prefix(1);
      Program::Term term;
      if (text.starts_with("%")) {
        term.regex = take_regex(text);
      } else if (text.starts_with("\"")) {
        const auto end = text.find('"', 1);
        if (end == std::string_view::npos) invalid("a quote is not closed");
        term.text = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
      } else {
        const auto end = std::min(text.find_first_of(" \t"), text.size());
        term.text = text.substr(0, end);
        text.remove_prefix(end);
      }
      if (term.text.empty() && !term.regex) invalid("an empty term");
      (mark == '-'   ? program->excluded
       : mark == '?' ? program->optional
                     : program->required)
          .push_back(std::move(term));
    }
  }
  program_ = std::move(program);
}

bool FilterPattern::matches(std::string_view message) const {
  const Program& p = *program_;
  const auto has = [&](const Program::Term& term) {
    return term.regex ? term.regex->found_in(message) : message.find(term.text) != std::string_view::npos;
  };
  switch (p.kind) {
    case Program::Kind::all:
      return true;
    case Program::Kind::terms:
      if (std::any_of(p.excluded.begin(), p.excluded.end(), has)) return false;
      if (!std::all_of(p.required.begin(), p.required.end(), has)) return false;
      return p.optional.empty() || !p.required.empty() || std::any_of(p.optional.begin(), p.optional.end(), has);
    case Program::Kind::json: {
      boost::system::error_code error;
      const auto document = json::parse(message, error);
      if (error) return false;
      return p.expression->holds([&](std::string_view field) { return select(document, field); });
    }
    case Program::Kind::fields: {
      const auto values = p.split(message);
      if (!values) return false;
      const Values lookup = [&](std::string_view field) -> std::optional<std::string> {
        const auto found = values->find(std::string(field));
        if (found == values->end()) return std::nullopt;
        return found->second;
      };
      return std::all_of(p.fields.begin(), p.fields.end(),
                         [&](const Field& f) { return !f.condition || f.condition->holds(lookup); });
    }
  }
  return false;
}

std::optional<std::string> FilterPattern::extract(std::string_view message, std::string_view selector) const {
  if (program_->kind == Program::Kind::json) {
    boost::system::error_code error;
    const auto document = json::parse(message, error);
    if (error) return std::nullopt;
    return select(document, selector);
  }
  if (program_->kind == Program::Kind::fields && selector.starts_with("$")) {
    const auto values = program_->split(message);
    if (!values) return std::nullopt;
    const auto found = values->find(std::string(selector.substr(1)));
    if (found != values->end()) return found->second;
  }
  return std::nullopt;
}

std::map<std::string, std::string> FilterPattern::extracted(std::string_view message) const {
  std::map<std::string, std::string> out;
  if (program_->kind == Program::Kind::fields) {
    if (const auto values = program_->split(message))
      for (const auto& [name, value] : *values) out["$" + name] = value;
  } else if (program_->kind == Program::Kind::json) {
    const std::function<void(const Expression&)> visit = [&](const Expression& e) {
      if (e.kind == Expression::Kind::comparison) {
        if (auto value = extract(message, e.comparison.field)) out[e.comparison.field] = *value;
      }
      for (const auto& part : e.parts) visit(part);
    };
    visit(*program_->expression);
  }
  return out;
}

}  // namespace stratus::services::logs
