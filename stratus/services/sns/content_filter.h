// The language in which EventBridge's rules and SNS's filter policies say which JSON they want.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stratus::services::sns {

/// What is wrong with a filter, in the words of AWS's compiler of filters.
struct FilterError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

class ContentFilter {
 public:
  /// Throws FilterError.
  explicit ContentFilter(std::string_view text);
  bool matches(const boost::json::value& document) const;

  /// Keys with values of their own, at any depth.
  std::size_t leaves() const;
  /// The product of the number of values of each key, each times its depth: what SNS limits.
  std::size_t combinations() const;
  bool nested() const;

 private:
  /// One alternative for a field's value. `absent`: holds where the field is not there; `test` is then not asked.
  struct Rule {
    bool absent = false;
    std::function<bool(const boost::json::value& scalar)> test;
  };
  struct Node;
  struct Field {
    std::string name;
    std::vector<Rule> rules;         ///< any of them
    std::vector<Node> inside;        ///< one, where the field is an object
    std::vector<Node> alternatives;  ///< of "$or"
  };
  struct Node {
    std::vector<Field> fields;  ///< all of them
  };

  static Node read(const boost::json::object& object, int depth);
  static Rule rule(const boost::json::value& value);
  static Rule expression(const boost::json::object& object);
  static bool holds(const Node& node, const boost::json::value* value);
  static bool holds(const Field& field, const boost::json::object* object, const boost::json::value* whole);
  static bool any(const std::vector<Rule>& rules, const boost::json::value& value);
  static std::size_t leaves(const Node& node);
  static std::size_t combinations(const Node& node, std::size_t depth);

  Node root_;
};

}  // namespace stratus::services::sns
