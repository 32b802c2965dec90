// Reads a JSON request against its schema, and remembers everything that does not hold, with its place.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/backend/careers.h"
#include "app/backend/problem.h"

namespace counselor {

/// Parses the body of `request`: 415 unless it is JSON by its Content-Type, 400 where it is none or is nested deeper
/// than 16.
boost::json::value parse_json(const Request& request);

/// One object of the body. Keys that were not asked for are errors too, at `finish`.
class Fields {
 public:
  Fields(const boost::json::value& value, std::string pointer, std::vector<FieldError>& errors);

  const boost::json::value* value(std::string_view key, bool required);
  std::optional<std::string> text(std::string_view key, std::size_t least, std::size_t most, bool required);
  std::optional<int> integer(std::string_view key, int least, int most, bool required);
  std::optional<bool> boolean(std::string_view key);
  std::optional<int> choice(std::string_view key, const char* const* names, std::size_t count, bool required);
  std::optional<Scores> scores(std::string_view key, bool required);
  /// The array, or null where it is missing or is none.
  const boost::json::array* array(std::string_view key, std::size_t least, std::size_t most, bool required);
  std::vector<std::string> texts(std::string_view key, std::size_t most, std::size_t longest);
  const boost::json::object* object() const { return object_; }
  void error(std::string_view key, std::string detail);
  std::string at(std::string_view key) const;
  void finish();

 private:
  const boost::json::object* object_ = nullptr;
  std::string pointer_;
  std::vector<FieldError>& errors_;
  std::vector<std::string_view> known_;
};

/// Throws the 422 where there are errors.
void require_none(std::vector<FieldError> errors);

}  // namespace counselor
