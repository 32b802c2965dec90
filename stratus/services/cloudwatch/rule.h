// A composite alarm's rule: "ALARM("a") AND (OK("b") OR NOT INSUFFICIENT_DATA(c))".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/services/cloudwatch/expression.h"

namespace stratus::services::cloudwatch {

class AlarmRule {
 public:
  /// Throws ExpressionError.
  explicit AlarmRule(std::string_view text);

  /// Names or ARNs of the alarms that it looks at, each once, in order.
  std::vector<std::string> alarms() const { return alarms_; }
  /// `state_of` gives an alarm's state, "" where there is no such alarm (then no condition on it holds).
  bool holds(const std::function<std::string(const std::string& alarm)>& state_of) const;

 private:
  struct Node {
    enum class Kind { constant, state, negation, conjunction, disjunction };
    Kind kind = Kind::constant;
    bool truth = false;
    std::string state, alarm;
    std::vector<Node> children;
  };
  class Parser;
  static bool holds(const Node& node, const std::function<std::string(const std::string&)>& state_of);

  Node root_;
  std::vector<std::string> alarms_;
};

/// The alarm's name out of a name or an alarm's ARN.
std::string alarm_name_of(const std::string& name_or_arn);

}  // namespace stratus::services::cloudwatch
