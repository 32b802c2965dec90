#include "stratus/services/cloudwatch/expression.h"

#include <algorithm>
#include <charconv>

namespace stratus::services::cloudwatch {
namespace {

constexpr int kMaxDepth = 64;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression whole() {
    Expression out = disjunction(0);
    skip();
    if (at_ != text_.size()) unexpected();
    return out;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  [[noreturn]] void unexpected() const {
    if (at_ >= text_.size()) throw ExpressionError("Unexpected end of the expression");
    throw ExpressionError("Unexpected '" + std::string(1, text_[at_]) + "' at position " + std::to_string(at_));
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    // "AND" is no beginning of a name.
    if (is_name_start(token[0]) && at_ + token.size() < text_.size() &&
        (is_name_start(text_[at_ + token.size()]) || is_digit(text_[at_ + token.size()])))
      return false;
    at_ += token.size();
    return true;
  }
  static Expression binary(const char* symbol, Expression left, Expression right) {
    Expression out{.kind = Expression::Kind::binary, .text = symbol};
    out.children.push_back(std::move(left));
    out.children.push_back(std::move(right));
    return out;
  }

  Expression disjunction(int depth) {
    if (depth > kMaxDepth) throw ExpressionError("The expression is nested too deeply");
    Expression out = conjunction(depth);
    while (take("||") || take("OR")) out = binary("OR", std::move(out), conjunction(depth));
    return out;
  }
  Expression conjunction(int depth) {
    Expression out = comparison(depth);
    while (take("&&") || take("AND")) out = binary("AND", std::move(out), comparison(depth));
    return out;
  }
  Expression comparison(int depth) {
    Expression out = sum(depth);
    while (true) {
      const char* found = nullptr;
      for (const char* symbol : {"==", "!=", "<=", ">=", "<", ">"})
        if (take(symbol)) {
          found = symbol;
          break;
        }
      if (found == nullptr) return out;
      out = binary(found, std::move(out), sum(depth));
    }
  }
  Expression sum(int depth) {
    Expression out = product(depth);
    while (true) {
      if (take("+")) {
        out = binary("+", std::move(out), product(depth));
      } else if (take("-")) {
        out = binary("-", std::move(out), product(depth));
      } else {
        return out;
      }
    }
  }
  Expression product(int depth) {
    Expression out = power(depth);
    while (true) {
      if (take("*")) {
        out = binary("*", std::move(out), power(depth));
      } else if (take("/")) {
        out = binary("/", std::move(out), power(depth));
      } else {
        return out;
      }
    }
  }
  Expression power(int depth) {
    if (depth > kMaxDepth) throw ExpressionError("The expression is nested too deeply");
    Expression out = unary(depth);
    if (take("^")) out = binary("^", std::move(out), power(depth + 1));
    return out;
  }
  Expression unary(int depth) {
    if (depth > kMaxDepth) throw ExpressionError("The expression is nested too deeply");
    for (const char* symbol : {"-", "+"})
      if (take(symbol)) {
        Expression out{.kind = Expression::Kind::unary, .text = symbol};
        out.children.push_back(unary(depth + 1));
        return out;
      }
    return primary(depth);
  }
  Expression primary(int depth) {
    skip();
    if (at_ >= text_.size()) unexpected();
    const char c = text_[at_];
    if (is_digit(c) || c == '.') return number();
    if (c == '\'' || c == '"') return quoted(c);
    if (c == '(') {
      ++at_;
      Expression out = disjunction(depth + 1);
      if (!take(")")) unexpected();
      return out;
    }
    if (c == '[') {
      ++at_;
      Expression out{.kind = Expression::Kind::list};
      if (!take("]")) arguments(out, "]", depth);
      return out;
    }
    if (!is_name_start(c)) unexpected();
    const std::size_t from = at_;
    while (at_ < text_.size() && (is_name_start(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string name(text_.substr(from, at_ - from));
    if (!take("(")) return {.kind = Expression::Kind::name, .text = name};
    Expression out{.kind = Expression::Kind::call, .text = upper(name)};
    if (!take(")")) arguments(out, ")", depth);
    return out;
  }
  void arguments(Expression& out, std::string_view close, int depth) {
    do out.children.push_back(disjunction(depth + 1));
    while (take(","));
    if (!take(close)) unexpected();
  }
  Expression number() {
    Expression out;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), out.number);
    if (error != std::errc()) unexpected();
    at_ += static_cast<std::size_t>(end - begin);
    if (at_ < text_.size() && is_name_start(text_[at_])) unexpected();
    return out;
  }
  Expression quoted(char quote) {
    Expression out{.kind = Expression::Kind::text};
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out.text += text_[at_];
    }
    if (at_ >= text_.size()) unexpected();
    ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void collect(const Expression& expression, std::vector<std::string>& out) {
  if (expression.kind == Expression::Kind::name) out.push_back(expression.text);
  for (const auto& child : expression.children) collect(child, out);
}

}  // namespace

Expression parse_expression(std::string_view text) { return Parser(text).whole(); }

std::vector<std::string> names_of(const Expression& expression) {
  std::vector<std::string> out;
  collect(expression, out);
  // Ids begin with a small letter; the words that FILL and SORT take do not.
  std::erase_if(out, [](const std::string& name) { return name[0] < 'a' || name[0] > 'z'; });
  return out;
}

bool calls(const Expression& expression, std::string_view function) {
  if (expression.kind == Expression::Kind::call && expression.text == function) return true;
  return std::any_of(expression.children.begin(), expression.children.end(),
                     [&](const Expression& child) { return calls(child, function); });
}

}  // namespace stratus::services::cloudwatch
