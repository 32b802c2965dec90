// Time, injected everywhere so that controllers can be simulated.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace stratus {

using Duration = std::chrono::milliseconds;

/// A wall-clock instant: milliseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t ms = 0;

  double seconds() const { return static_cast<double>(ms) / 1000.0; }
  auto operator<=>(const Timestamp&) const = default;
  friend Timestamp operator+(Timestamp t, Duration d) { return {t.ms + d.count()}; }
  friend Timestamp operator-(Timestamp t, Duration d) { return {t.ms - d.count()}; }
  friend Duration operator-(Timestamp a, Timestamp b) { return Duration(a.ms - b.ms); }
};

/// RFC 3339 in UTC with milliseconds where they are not zero: "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z".
std::string to_rfc3339(Timestamp time);
/// Accepts what to_rfc3339 writes, fractions of any length and numeric offsets; false where the text is no instant.
bool parse_rfc3339(std::string_view text, Timestamp& out);
/// RFC 7231 IMF-fixdate: "Fri, 02 Jan 2026 03:04:05 GMT".
std::string to_http_date(Timestamp time);
bool parse_http_date(std::string_view text, Timestamp& out);
/// "20260102T030405Z", as SigV4 writes it; false where the text has another shape.
std::string to_basic_iso8601(Timestamp time);
bool parse_basic_iso8601(std::string_view text, Timestamp& out);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
};

}  // namespace stratus
