#include "stratus/core/time_zone.h"

#include <algorithm>
#include <chrono>

#include "stratus/core/process.h"

namespace stratus {
namespace {

constexpr const char* kDatabase = "/usr/share/zoneinfo/";

std::int64_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
  return size == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
}

struct Header {
  std::size_t isutc, isstd, leap, times, types, chars;
  std::size_t body(std::size_t width) const {
    return times * width + times + types * 6 + chars + leap * (width + 4) + isstd + isutc;
  }
};

constexpr std::size_t kHeader = 44;

std::optional<Header> header(std::string_view bytes) {
  if (bytes.size() < kHeader || bytes.substr(0, 4) != "TZif") return std::nullopt;
  std::size_t counts[6];
  for (std::size_t i = 0; i < 6; ++i) {
    counts[i] = static_cast<std::uint32_t>(number(bytes, 20 + 4 * i, 4));
    if (counts[i] > 100'000) return std::nullopt;
  }
  return Header{counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
}

std::optional<std::int64_t> digits(std::string_view& text) {
  std::size_t n = 0;
  std::int64_t value = 0;
  while (n < text.size() && n < 4 && text[n] >= '0' && text[n] <= '9') value = value * 10 + (text[n++] - '0');
  if (n == 0) return std::nullopt;
  text.remove_prefix(n);
  return value;
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool skip_name(std::string_view& text) {
  if (skip(text, '<')) {
    const auto end = text.find('>');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
    return true;
  }
  std::size_t n = 0;
  while (n < text.size() && std::isalpha(static_cast<unsigned char>(text[n]))) ++n;
  text.remove_prefix(n);
  return n >= 3;
}

}  // namespace

std::optional<TimeZone> TimeZone::find(const std::string& name) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '_' || c == '-' || c == '+';
  };
  if (name.empty() || name.front() == '/' || name.size() > 50 || !std::all_of(name.begin(), name.end(), plain))
    return std::nullopt;
  const auto bytes = read_file(kDatabase + name);
  // A machine without the database still knows what UTC is.
  if (!bytes) return name == "UTC" || name == "Etc/UTC" ? std::optional<TimeZone>(TimeZone()) : std::nullopt;
  return parse(*bytes);
}

std::optional<TimeZone> TimeZone::parse(std::string_view bytes) {
  auto head = header(bytes);
  if (!head) return std::nullopt;
  std::size_t width = 4;
  if (bytes[4] >= '2') {  // the same again with 64-bit times, then the footer
    if (bytes.size() < kHeader + head->body(4)) return std::nullopt;
    bytes.remove_prefix(kHeader + head->body(4));
    head = header(bytes);
    if (!head) return std::nullopt;
    width = 8;
  }
  if (bytes.size() < kHeader + head->body(width) || head->types == 0) return std::nullopt;
  const std::size_t kinds = kHeader + head->times * width, types = kinds + head->times;
  const auto offset = [&](std::size_t type) { return number(bytes, types + 6 * type, 4); };
  TimeZone zone;
  zone.first_ = offset(0);
  for (std::size_t i = 0; i < head->times; ++i) {
    const auto type = static_cast<std::uint8_t>(bytes[kinds + i]);
    if (type >= head->types) return std::nullopt;
    zone.transitions_.push_back({number(bytes, kHeader + i * width, width), offset(type)});
  }
  if (width == 8) {
    std::string_view rest = bytes.substr(kHeader + head->body(width));
    if (rest.size() > 2 && rest.front() == '\n')
      zone.footer_ = zone.read_footer(rest.substr(1, rest.find('\n', 1) - 1));
  }
  return zone;
}

/// "[+-]hh[:mm[:ss]]"
std::optional<std::int64_t> TimeZone::clock_of(std::string_view& text) {
  const bool negative = skip(text, '-');
  if (!negative) skip(text, '+');
  const auto hours = digits(text);
  if (!hours) return std::nullopt;
  std::int64_t seconds = *hours * 3600;
  for (const std::int64_t unit : {60, 1}) {
    if (!skip(text, ':')) break;
    const auto more = digits(text);
    if (!more) return std::nullopt;
    seconds += *more * unit;
  }
  return negative ? -seconds : seconds;
}

std::optional<TimeZone::Change> TimeZone::change_of(std::string_view& text) {
  if (!skip(text, ',') || !skip(text, 'M')) return std::nullopt;
  Change out;
  const auto month = digits(text);
  if (!month || *month < 1 || *month > 12 || !skip(text, '.')) return std::nullopt;
  const auto week = digits(text);
  if (!week || *week < 1 || *week > 5 || !skip(text, '.')) return std::nullopt;
  const auto weekday = digits(text);
  if (!weekday || *weekday > 6) return std::nullopt;
  out.month = static_cast<int>(*month);
  out.week = static_cast<int>(*week);
  out.weekday = static_cast<int>(*weekday);
  if (skip(text, '/')) {
    const auto seconds = clock_of(text);
    if (!seconds) return std::nullopt;
    out.seconds = *seconds;
  }
  return out;
}

/// "CET-1CEST,M3.5.0,M10.5.0/3": POSIX counts west as positive.
bool TimeZone::read_footer(std::string_view text) {
  if (!skip_name(text)) return false;
  const auto west = clock_of(text);
  if (!west) return false;
  standard_offset_ = -*west;
  if (text.empty()) return true;
  if (!skip_name(text)) return false;
  summer_offset_ = standard_offset_ + 3600;
  if (!text.empty() && text.front() != ',') {
    const auto summer_west = clock_of(text);
    if (!summer_west) return false;
    summer_offset_ = -*summer_west;
  }
  const auto to_summer = change_of(text), to_standard = change_of(text);
  if (!to_summer || !to_standard || !text.empty()) return false;
  to_summer_ = *to_summer;
  to_standard_ = *to_standard;
  summer_ = true;
  return true;
}

std::int64_t TimeZone::offset_at(std::int64_t utc) const {
  if (!transitions_.empty() && utc < transitions_.front().at) return first_;
  if (transitions_.empty() || (utc >= transitions_.back().at && footer_)) {
    if (!footer_) return first_;
    if (!summer_) return standard_offset_;
    using namespace std::chrono;
    const auto year = year_month_day(floor<days>(sys_seconds(seconds(utc + standard_offset_)))).year();
    const auto instant = [&](const Change& change, std::int64_t offset_before) {
      const auto of_month = std::chrono::month(static_cast<unsigned>(change.month));
      const auto day = std::chrono::weekday(static_cast<unsigned>(change.weekday));
      const sys_days date = change.week == 5 ? sys_days(year / of_month / day[last])
                                             : sys_days(year / of_month / day[static_cast<unsigned>(change.week)]);
      return duration_cast<seconds>(date.time_since_epoch()).count() + change.seconds - offset_before;
    };
    const std::int64_t begins = instant(to_summer_, standard_offset_), ends = instant(to_standard_, summer_offset_);
    // South of the equator summer goes over the turn of the year.
    const bool summer = begins < ends ? utc >= begins && utc < ends : utc >= begins || utc < ends;
    return summer ? summer_offset_ : standard_offset_;
  }
  const auto after = std::upper_bound(transitions_.begin(), transitions_.end(), utc,
                                      [](std::int64_t at, const Transition& t) { return at < t.at; });
  return std::prev(after)->offset;
}

std::int64_t TimeZone::to_utc(std::int64_t local) const {
  constexpr std::int64_t kDay = 86'400;
  const std::int64_t before = offset_at(local - kDay), after = offset_at(local + kDay);
  if (offset_at(local - before) == before) return local - before;
  if (offset_at(local - after) == after) return local - after;
  return local - before;
}

}  // namespace stratus
