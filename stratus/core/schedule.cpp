#include "stratus/core/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "stratus/core/text.h"
#include "stratus/core/time_zone.h"

namespace stratus {
namespace {

constexpr int kFirstYear = 1970, kLastYear = 2199;  // the range that AWS documents for cron's years

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

struct Field {
  int least, most;
  std::vector<std::string_view> names{};  ///< of the values from `least` on

  std::optional<int> value(std::string_view text) const {
    const std::string lower = text::lower(text);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == lower) return least + static_cast<int>(i);
    const auto out = number(text);
    return out && *out >= least && *out <= most ? out : std::nullopt;
  }

  /// "*", "5", "1-5", "*/15", "0/10", "MON,WED-FRI"
  bool read(std::string_view text, std::set<int>& out) const {
    for (const auto& item : text::split(text, ',')) {
      const auto slash = item.find('/');
      const std::string range = item.substr(0, slash);
      int step = 1;
      if (slash != std::string::npos) {
        const auto given = number(std::string_view(item).substr(slash + 1));
        if (!given || *given == 0) return false;
        step = *given;
      }
      std::optional<int> from, to;
      if (range == "*") {
        from = least;
        to = most;
      } else if (const auto dash = range.find('-'); dash != std::string::npos) {
        from = value(range.substr(0, dash));
        to = value(range.substr(dash + 1));
      } else {
        from = value(range);
        to = slash == std::string::npos ? from : most;
      }
      if (!from || !to) return false;
      // "FRI-MON" goes over the end.
      const int span = *to >= *from ? *to - *from : *to - *from + most - least + 1;
      for (int i = 0; i <= span; i += step) out.insert((*from - least + i) % (most - least + 1) + least);
    }
    return !out.empty();
  }
};

const Field kMinutes{0, 59}, kHours{0, 23}, kDays{1, 31}, kYears{kFirstYear, kLastYear};
const Field kMonths{1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}};
const Field kWeekdays{1, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}};

bool read_days(std::string_view text, Schedule& out) {
  if (text == "L") return out.last_day = true;
  if (text == "LW") return out.last_working_day = true;
  if (text.ends_with('W')) {
    const auto day = kDays.value(text.substr(0, text.size() - 1));
    out.nearest_working_day = day.value_or(0);
    return day.has_value();
  }
  return kDays.read(text, out.days);
}

bool read_weekdays(std::string_view text, Schedule& out) {
  if (text == "L") return out.weekdays.insert(6).second;
  if (const auto hash = text.find('#'); hash != std::string_view::npos) {
    const auto day = kWeekdays.value(text.substr(0, hash));
    const auto week = number(text.substr(hash + 1));
    if (!day || !week || *week < 1 || *week > 5) return false;
    out.nth_weekday = *day - 1;
    out.nth_week = *week;
    return true;
  }
  if (text.ends_with('L')) {
    const auto day = kWeekdays.value(text.substr(0, text.size() - 1));
    if (!day) return false;
    out.last_weekday = *day - 1;
    return true;
  }
  std::set<int> days;
  if (!kWeekdays.read(text, days)) return false;
  for (const int day : days) out.weekdays.insert(day - 1);
  return true;
}

std::optional<Schedule> parse_cron(std::string_view text) {
  std::vector<std::string> fields;
  for (const auto& field : text::split(text, ' '))
    if (!field.empty()) fields.push_back(field);
  if (fields.size() != 6) return std::nullopt;
  Schedule out{.kind = Schedule::Kind::cron};
  // Days are said in one of the two fields; the other is "?".
  if ((fields[2] == "?") == (fields[4] == "?")) return std::nullopt;
  const bool fine = kMinutes.read(fields[0], out.minutes) && kHours.read(fields[1], out.hours) &&
                    kMonths.read(fields[3], out.months) && kYears.read(fields[5], out.years) &&
                    (fields[2] == "?" ? read_weekdays(fields[4], out) : read_days(fields[2], out));
  return fine ? std::optional(out) : std::nullopt;
}

std::optional<Schedule> parse_rate(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto count = number(text.substr(0, space));
  const std::string_view unit = text.substr(space + 1);
  if (!count || *count == 0) return std::nullopt;
  // 1 goes with the singular, everything else with the plural.
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kUnits{
      {{"minute", 60'000}, {"hour", 3'600'000}, {"day", 86'400'000}}};
  for (const auto& [name, ms] : kUnits)
    if (unit == std::string(name) + (*count == 1 ? "" : "s"))
      return Schedule{.kind = Schedule::Kind::rate, .period = Duration(*count * ms)};
  return std::nullopt;
}

std::optional<Schedule> parse_at(std::string_view text) {
  Timestamp when;
  if (text.size() != 19 || !parse_rfc3339(std::string(text) + "Z", when)) return std::nullopt;
  return Schedule{.kind = Schedule::Kind::at, .local = when.ms / 1000};
}

bool fits(const Schedule& s, std::chrono::sys_days date) {
  using namespace std::chrono;
  const year_month_day ymd(date);
  if (s.years.count(int(ymd.year())) == 0 || s.months.count(static_cast<int>(unsigned(ymd.month()))) == 0) return false;
  const int day = static_cast<int>(unsigned(ymd.day())), weekday_of = static_cast<int>(weekday(date).c_encoding());
  const int length = static_cast<int>(unsigned((ymd.year() / ymd.month() / last).day()));
  const bool working = weekday_of != 0 && weekday_of != 6;
  if (s.last_day) return day == length;
  if (s.last_working_day) return working && (day == length || (weekday_of == 5 && day + 2 >= length));
  if (s.nearest_working_day != 0) {
    // A Saturday is nearest to its Friday, a Sunday to its Monday, but never over the month's border.
    if (!working || s.nearest_working_day > length) return false;
    const sys_days wanted = ymd.year() / ymd.month() / std::chrono::day(static_cast<unsigned>(s.nearest_working_day));
    const unsigned on = weekday(wanted).c_encoding();
    sys_days nearest = wanted;
    if (on == 6) nearest = s.nearest_working_day == 1 ? wanted + days(2) : wanted - days(1);
    if (on == 0) nearest = s.nearest_working_day == length ? wanted - days(2) : wanted + days(1);
    return date == nearest;
  }
  if (s.last_weekday >= 0) return weekday_of == s.last_weekday && day + 7 > length;
  if (s.nth_week != 0) return weekday_of == s.nth_weekday && (day - 1) / 7 + 1 == s.nth_week;
  return s.days.empty() ? s.weekdays.count(weekday_of) != 0 : s.days.count(day) != 0;
}

std::int64_t seconds_of(Timestamp time) { return time.ms >= 0 ? time.ms / 1000 : (time.ms - 999) / 1000; }

}  // namespace

std::optional<Schedule> parse_schedule(std::string_view text) {
  if (!text.ends_with(')')) return std::nullopt;
  text.remove_suffix(1);
  for (const auto& [prefix, parse] :
       {std::pair{std::string_view("cron("), &parse_cron}, std::pair{std::string_view("rate("), &parse_rate},
        std::pair{std::string_view("at("), &parse_at}})
    if (text.starts_with(prefix)) return parse(text.substr(prefix.size()));
  return std::nullopt;
}

std::optional<Timestamp> next_after(const Schedule& schedule, Timestamp from, const std::string& time_zone) {
  if (schedule.kind == Schedule::Kind::rate) return from + schedule.period;
  const auto zone = TimeZone::find(time_zone);
  if (!zone) return std::nullopt;
  if (schedule.kind == Schedule::Kind::at) {
    const Timestamp when{zone->to_utc(schedule.local) * 1000};
    return when > from ? std::optional(when) : std::nullopt;
  }
  using namespace std::chrono;
  const std::int64_t now = seconds_of(from);
  sys_days date = floor<days>(sys_seconds(seconds(now + zone->offset_at(now))));
  const sys_days end = year(std::min(kLastYear, *schedule.years.rbegin())) / December / 31;
  for (; date <= end; date += days(1)) {
    if (!fits(schedule, date)) continue;
    const std::int64_t midnight = duration_cast<seconds>(date.time_since_epoch()).count();
    for (const int hour : schedule.hours)
      for (const int minute : schedule.minutes) {
        const Timestamp when{zone->to_utc(midnight + hour * 3600 + minute * 60) * 1000};
        if (when > from) return when;
      }
  }
  return std::nullopt;
}

bool known_time_zone(const std::string& name) { return TimeZone::find(name).has_value(); }

}  // namespace stratus
