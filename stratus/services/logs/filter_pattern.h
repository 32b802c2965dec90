// CloudWatch Logs' filter patterns: terms, JSON selectors, space-delimited fields.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stratus::services::logs {

class FilterPattern {
 public:
  /// Throws aws::Error InvalidParameterException where the text is no pattern.
  explicit FilterPattern(std::string_view text);
  ~FilterPattern();
  FilterPattern(FilterPattern&&) noexcept;

  bool matches(std::string_view message) const;
  /// What a metric's value or dimension may refer to: "$.latency", "$status"; nothing where the message has no such
  /// field.
  std::optional<std::string> extract(std::string_view message, std::string_view selector) const;
  /// The fields that the pattern names, with their values in `message`.
  std::map<std::string, std::string> extracted(std::string_view message) const;

 private:
  struct Program;
  std::unique_ptr<const Program> program_;
};

}  // namespace stratus::services::logs
