// Metric math as text: "(errors / requests) * 100", "IF(m1 > 5, SUM(METRICS()), 0)".
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stratus::services::cloudwatch {

/// What is wrong with an expression, in one sentence.
struct ExpressionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Expression {
  enum class Kind { number, text, name, call, unary, binary, list };
  Kind kind = Kind::number;
  double number = 0;
  std::string text;                  ///< a string's content, a name, a function (upper case), an operator
  std::vector<Expression> children;  ///< arguments, operands, elements
};

/// Throws ExpressionError.
Expression parse_expression(std::string_view text);
/// The ids that an expression names, in order, with repetitions.
std::vector<std::string> names_of(const Expression& expression);
/// Whether `function` (upper case) is called anywhere in it.
bool calls(const Expression& expression, std::string_view function);

}  // namespace stratus::services::cloudwatch
