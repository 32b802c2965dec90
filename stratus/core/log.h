// Structured log: one JSON line per event that an operator acts on. Never a secret.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace stratus::log {

enum class Level { debug, info, warning, error };

/// One key and its value; numbers and booleans are written bare, text is quoted and escaped.
struct Field {
  std::string key;
  std::string value;
  bool quoted = true;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <class N, class = std::enable_if_t<std::is_arithmetic_v<N>>>
  Field(std::string_view k, N v) : key(k), value(text(v)), quoted(false) {}

 private:
  static std::string text(bool v) { return v ? "true" : "false"; }
  template <class N>
  static std::string text(N v) {
    return std::to_string(v);
  }
};

using Fields = std::initializer_list<Field>;

/// Sends lines at or above `level` to `path` (appended), or to standard error where `path` is empty. Call once, at
/// start.
void open(const std::string& path, Level level);
void write(Level level, std::string_view event, Fields fields);

inline void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warning(std::string_view event, Fields fields = {}) { write(Level::warning, event, fields); }
inline void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }

}  // namespace stratus::log
