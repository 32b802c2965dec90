// Perl's regular expressions over log messages, bounded so that no expression holds the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stratus::services::logs {

class RegularExpression {
 public:
  /// Throws std::invalid_argument with the reason where the text is no expression.
  explicit RegularExpression(std::string_view text);
  ~RegularExpression();

  /// Whether it is found anywhere in `subject`. An expression that would need too many steps is not found.
  bool found_in(std::string_view subject) const;
  /// The text of each group, the whole match first; nothing where it is not found. A group that took no part is empty.
  std::optional<std::vector<std::string>> groups(std::string_view subject) const;
  /// The group's name by its number; "" where it has none.
  const std::vector<std::string>& names() const { return names_; }

 private:
  struct Code;
  std::unique_ptr<Code> code_;
  std::vector<std::string> names_;
};

}  // namespace stratus::services::logs
