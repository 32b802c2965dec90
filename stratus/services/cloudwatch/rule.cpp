#include "stratus/services/cloudwatch/rule.h"

#include <algorithm>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"

namespace stratus::services::cloudwatch {

class AlarmRule::Parser {
 public:
  Parser(std::string_view text, std::vector<std::string>& alarms) : text_(text), alarms_(alarms) {}

  Node whole() {
    Node out = disjunction(0);
    skip();
    if (at_ != text_.size()) unexpected();
    return out;
  }

 private:
  static constexpr int kMaxDepth = 100;

  void skip() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  [[noreturn]] void unexpected() const {
    throw ExpressionError("Error parsing rule at position " + std::to_string(at_));
  }
  /// A keyword, in capitals, that ends where a letter could not go on.
  bool take(std::string_view word) {
    skip();
    if (!text_.substr(at_).starts_with(word)) return false;
    if (word.size() > 1 && at_ + word.size() < text_.size()) {
      const char next = text_[at_ + word.size()];
      if ((next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') || next == '_') return false;
    }
    at_ += word.size();
    return true;
  }
  Node join(Node::Kind kind, Node left, Node right) {
    if (left.kind == kind) {
      left.children.push_back(std::move(right));
      return left;
    }
    Node out{.kind = kind};
    out.children.push_back(std::move(left));
    out.children.push_back(std::move(right));
    return out;
  }
  Node disjunction(int depth) {
    if (depth > kMaxDepth) throw ExpressionError("The rule is nested too deeply");
    Node out = conjunction(depth);
    while (take("OR")) out = join(Node::Kind::disjunction, std::move(out), conjunction(depth));
    return out;
  }
  Node conjunction(int depth) {
    Node out = term(depth);
    while (take("AND")) out = join(Node::Kind::conjunction, std::move(out), term(depth));
    return out;
  }
  Node term(int depth) {
    if (depth > kMaxDepth) throw ExpressionError("The rule is nested too deeply");
    if (take("NOT")) {
      Node out{.kind = Node::Kind::negation};
      out.children.push_back(term(depth + 1));
      return out;
    }
    if (take("(")) {
      Node out = disjunction(depth + 1);
      if (!take(")")) unexpected();
      return out;
    }
    if (take("TRUE")) return {.kind = Node::Kind::constant, .truth = true};
    if (take("FALSE")) return {.kind = Node::Kind::constant};
    for (const char* state : {"INSUFFICIENT_DATA", "ALARM", "OK"})
      if (take(state)) {
        Node out{.kind = Node::Kind::state, .state = state, .alarm = name()};
        if (std::find(alarms_.begin(), alarms_.end(), out.alarm) == alarms_.end()) alarms_.push_back(out.alarm);
        return out;
      }
    unexpected();
  }
  std::string name() {
    if (!take("(")) unexpected();
    skip();
    std::string out;
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      const char quote = text_[at_++];
      while (at_ < text_.size() && text_[at_] != quote) out += text_[at_++];
      if (at_ >= text_.size()) unexpected();
      ++at_;
    } else {
      while (at_ < text_.size() && text_[at_] != ')') out += text_[at_++];
      out = std::string(text::trim(out));
    }
    if (!take(")") || out.empty()) unexpected();
    return out;
  }

  std::string_view text_;
  std::vector<std::string>& alarms_;
  std::size_t at_ = 0;
};

AlarmRule::AlarmRule(std::string_view text) { root_ = Parser(text, alarms_).whole(); }

bool AlarmRule::holds(const Node& node, const std::function<std::string(const std::string&)>& state_of) {
  const auto each = [&](const Node& child) { return holds(child, state_of); };
  switch (node.kind) {
    case Node::Kind::constant:
      return node.truth;
    case Node::Kind::state:
      return state_of(node.alarm) == node.state;
    case Node::Kind::negation:
      return !each(node.children[0]);
    case Node::Kind::conjunction:
      return std::all_of(node.children.begin(), node.children.end(), each);
    case Node::Kind::disjunction:
      return std::any_of(node.children.begin(), node.children.end(), each);
  }
  return false;
}

bool AlarmRule::holds(const std::function<std::string(const std::string&)>& state_of) const {
  return holds(root_, state_of);
}

std::string alarm_name_of(const std::string& name_or_arn) {
  const auto arn = Arn::parse(name_or_arn);
  if (arn && arn->service == "cloudwatch" && arn->resource.starts_with("alarm:")) return arn->resource.substr(6);
  return name_or_arn;
}

}  // namespace stratus::services::cloudwatch
