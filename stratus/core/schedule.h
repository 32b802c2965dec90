// Schedule expressions as AWS writes them: at(2026-01-02T03:04:05), rate(5 minutes), cron(0 8 ? * MON-FRI *).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "stratus/core/clock.h"

namespace stratus {

struct Schedule {
  enum class Kind { at, rate, cron } kind = Kind::rate;
  std::int64_t local = 0;  ///< at: seconds since 1970 as clocks of the schedule's zone show them
  Duration period{};       ///< rate

  // cron; a set holds every value that fits.
  std::set<int> minutes, hours, months, years;
  std::set<int> days;                  ///< of the month; empty where `weekdays` decide
  std::set<int> weekdays;              ///< 0 is Sunday
  bool last_day = false;               ///< L: of the month
  bool last_working_day = false;       ///< LW
  int nearest_working_day = 0;         ///< 15W: the working day nearest to the 15th, within its month
  int last_weekday = -1;               ///< 6L: the month's last Friday
  int nth_weekday = -1, nth_week = 0;  ///< 3#2: the month's second Tuesday
};

/// Nothing where the text is no schedule.
std::optional<Schedule> parse_schedule(std::string_view text);

/// The first time after `from`, on clocks of `time_zone` ("UTC", "Europe/Berlin"); nothing where there is none. A rate
/// counts from `from`.
std::optional<Timestamp> next_after(const Schedule& schedule, Timestamp from, const std::string& time_zone = "UTC");

bool known_time_zone(const std::string& name);

}  // namespace stratus
