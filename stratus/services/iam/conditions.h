// The Condition block of a policy statement: operators over the request's keys.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stratus/services/iam/policy.h"

namespace stratus::services::iam {

/// Replaces ${key} and ${key, 'default'} by the request's value; ${*}, ${?} and ${$} stand for these characters.
/// Nothing where a key has no value: what names it matches nothing.
std::optional<std::string> expand(const std::string& pattern, const Request& request);

/// As `text::wildcard_match`, where a wildcard that came out of a variable is an ordinary character.
bool matches_pattern(const std::string& pattern, const std::string& value, const Request& request);

class Condition {
 public:
  /// `op` as written: "ForAnyValue:StringLikeIfExists". Throws std::invalid_argument where there is no such operator.
  Condition(const std::string& op, const std::string& key, std::vector<std::string> wanted);
  bool holds(const Request& request) const;

 private:
  using Test = std::function<bool(const std::string& value, const std::string& wanted, const Request& request)>;
  friend struct Operators;
  Test test_;
  bool null_ = false, negated_ = false, if_exists_ = false, for_all_ = false, for_any_ = false;
  std::string key_;  // lower case
  std::vector<std::string> wanted_;
};

}  // namespace stratus::services::iam
