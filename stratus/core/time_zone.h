// Civil time in the zones of the machine's tz database (TZif files, RFC 8536).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/core/clock.h"

namespace stratus {

class TimeZone {
 public:
  /// "Europe/Berlin", "UTC". Nothing where the database knows no such zone.
  static std::optional<TimeZone> find(const std::string& name);
  /// From a TZif file's bytes; nothing where they are none.
  static std::optional<TimeZone> parse(std::string_view bytes);

  /// Seconds east of UTC at an instant (seconds since 1970).
  std::int64_t offset_at(std::int64_t utc) const;
  /// The instant at which clocks in the zone show `local` (seconds since 1970 as if it were UTC). A time that occurs
  /// twice is its first occurrence; one that is skipped is as much later as clocks jump.
  std::int64_t to_utc(std::int64_t local) const;

 private:
  /// The day on which a yearly change happens, as POSIX's TZ writes it: "M3.5.0/2".
  struct Change {
    int month = 1, week = 1, weekday = 0;
    std::int64_t seconds = 7200;  ///< of local time since midnight
  };
  static std::optional<std::int64_t> clock_of(std::string_view& text);
  static std::optional<Change> change_of(std::string_view& text);
  bool read_footer(std::string_view text);

  struct Transition {
    std::int64_t at, offset;
  };
  std::int64_t first_ = 0;  ///< before the first transition
  std::vector<Transition> transitions_;
  // What holds behind the last transition.
  bool footer_ = false, summer_ = false;
  std::int64_t standard_offset_ = 0, summer_offset_ = 0;
  Change to_summer_, to_standard_;
};

}  // namespace stratus
