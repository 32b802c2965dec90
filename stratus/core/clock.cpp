#include "stratus/core/clock.h"

#include <fmt/format.h>

#include <ctime>

namespace stratus {
namespace {

std::tm utc(Timestamp time) {
  std::time_t seconds = time.ms / 1000 - (time.ms % 1000 < 0 ? 1 : 0);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

/// Reads exactly `count` digits from the front of `text`.
bool take_number(std::string_view& text, std::size_t count, int& out) {
  if (text.size() < count) return false;
  out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool to_instant(int year, int month, int day, int hour, int minute, int second, Timestamp& out) {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return false;
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  out.ms = static_cast<std::int64_t>(timegm(&parts)) * 1000;
  return parts.tm_mday == day;  // timegm normalises 31 February into March
}

constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string to_rfc3339(Timestamp time) {
  const std::tm p = utc(time);
  const auto ms = ((time.ms % 1000) + 1000) % 1000;
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", p.tm_year + 1900, p.tm_mon + 1, p.tm_mday, p.tm_hour,
                          p.tm_min, p.tm_sec);
  if (ms != 0) text += fmt::format(".{:03}", ms);
  return text + "Z";
}

bool parse_rfc3339(std::string_view text, Timestamp& out) {
  int year, month, day, hour, minute, second;
  if (!take_number(text, 4, year) || !take(text, '-') || !take_number(text, 2, month) || !take(text, '-') ||
      !take_number(text, 2, day))
    return false;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return false;
  if (!take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute) || !take(text, ':') ||
      !take_number(text, 2, second))
    return false;
  if (!to_instant(year, month, day, hour, minute, second, out)) return false;
  if (take(text, '.')) {
    int scale = 100, digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
      out.ms += (text.front() - '0') * scale;
      scale /= 10;
    }
    if (digits == 0) return false;
  }
  if (take(text, 'Z') || take(text, 'z')) return text.empty();
  const bool minus = !text.empty() && text.front() == '-';
  if (!take(text, '+') && !take(text, '-')) return false;
  int off_hour, off_minute;
  if (!take_number(text, 2, off_hour)) return false;
  take(text, ':');
  if (!take_number(text, 2, off_minute) || !text.empty()) return false;
  const std::int64_t offset = (off_hour * 60 + off_minute) * 60'000LL;
  out.ms += minus ? offset : -offset;
  return true;
}

std::string to_http_date(Timestamp time) {
  const std::tm p = utc(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[p.tm_wday], p.tm_mday, kMonths[p.tm_mon],
                     p.tm_year + 1900, p.tm_hour, p.tm_min, p.tm_sec);
}

bool parse_http_date(std::string_view text, Timestamp& out) {
  if (text.size() < 5 || text[3] != ',') return false;
  text.remove_prefix(5);
  int day, year, hour, minute, second;
  if (!take_number(text, 2, day) || !take(text, ' ') || text.size() < 4) return false;
  int month = 0;
  for (int m = 0; m < 12; ++m)
    if (text.substr(0, 3) == kMonths[m]) month = m + 1;
  if (month == 0) return false;
  text.remove_prefix(3);
  if (!take(text, ' ') || !take_number(text, 4, year) || !take(text, ' ') || !take_number(text, 2, hour) ||
      !take(text, ':') || !take_number(text, 2, minute) || !take(text, ':') || !take_number(text, 2, second))
    return false;
  return to_instant(year, month, day, hour, minute, second, out) && (text == " GMT" || text == " UTC");
}

std::string to_basic_iso8601(Timestamp time) {
  const std::tm p = utc(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", p.tm_year + 1900, p.tm_mon + 1, p.tm_mday, p.tm_hour, p.tm_min,
                     p.tm_sec);
}

bool parse_basic_iso8601(std::string_view text, Timestamp& out) {
  int year, month, day, hour, minute, second;
  return take_number(text, 4, year) && take_number(text, 2, month) && take_number(text, 2, day) && take(text, 'T') &&
         take_number(text, 2, hour) && take_number(text, 2, minute) && take_number(text, 2, second) && text == "Z" &&
         to_instant(year, month, day, hour, minute, second, out);
}

Timestamp SystemClock::now() const {
  return {std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

}  // namespace stratus
