#include "stratus/services/cloudwatch/words.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>

#include "stratus/core/text.h"

namespace stratus::services::cloudwatch {
namespace {

std::tm parts_of(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm out{};
  ::gmtime_r(&time, &out);
  return out;
}

std::string formatted(std::int64_t seconds, const char* format) {
  const std::tm parts = parts_of(seconds);
  char buffer[64];
  return {buffer, std::strftime(buffer, sizeof buffer, format, &parts)};
}

std::string plural(std::size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

/// "greater than the threshold".
std::string comparison(const std::string& op) {
  if (op == "GreaterThanThreshold") return "greater than the threshold";
  if (op == "GreaterThanOrEqualToThreshold") return "greater than or equal to the threshold";
  if (op == "LessThanThreshold") return "less than the threshold";
  return "less than or equal to the threshold";
}

/// "2 missing datapoints were treated as [Breaching]".
std::string filled_words(int filled, const std::string& treatment) {
  return plural(static_cast<std::size_t>(filled), "missing datapoint") + (filled == 1 ? " was" : " were") +
         " treated as [" + (treatment == "breaching" ? "Breaching" : "NonBreaching") + "]";
}

}  // namespace

std::string java_double(double value) {
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  char buffer[64];
  const double size = std::fabs(value);
  const bool plain = size >= 1e-3 && size < 1e7;
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value,
                                          plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string out(buffer, end);
  if (plain) return out.find('.') == std::string::npos ? out + ".0" : out;
  const auto e = out.find('e');
  std::string digits = out.substr(0, e);
  if (digits.find('.') == std::string::npos) digits += ".0";
  return digits + "E" + std::to_string(std::stoi(out.substr(e + 1)));
}

std::string alarm_time(Timestamp time) {
  return fmt::format("{}.{:03}+0000", formatted(time.ms / 1000, "%Y-%m-%dT%H:%M:%S"), time.ms % 1000);
}

std::string long_time(Timestamp time) { return formatted(time.ms / 1000, "%A %d %B, %Y %H:%M:%S UTC"); }

std::string region_name(const std::string& region) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"af-south-1", "Africa (Cape Town)"},
      {"ap-east-1", "Asia Pacific (Hong Kong)"},
      {"ap-northeast-1", "Asia Pacific (Tokyo)"},
      {"ap-northeast-2", "Asia Pacific (Seoul)"},
      {"ap-northeast-3", "Asia Pacific (Osaka)"},
      {"ap-south-1", "Asia Pacific (Mumbai)"},
      {"ap-southeast-1", "Asia Pacific (Singapore)"},
      {"ap-southeast-2", "Asia Pacific (Sydney)"},
      {"ca-central-1", "Canada (Central)"},
      {"eu-central-1", "EU (Frankfurt)"},
      {"eu-north-1", "EU (Stockholm)"},
      {"eu-south-1", "EU (Milan)"},
      {"eu-west-1", "EU (Ireland)"},
      {"eu-west-2", "EU (London)"},
      {"eu-west-3", "EU (Paris)"},
      {"me-south-1", "Middle East (Bahrain)"},
      {"sa-east-1", "South America (Sao Paulo)"},
      {"us-east-1", "US East (N. Virginia)"},
      {"us-east-2", "US East (Ohio)"},
      {"us-west-1", "US West (N. California)"},
      {"us-west-2", "US West (Oregon)"}};
  for (const auto& [id, name] : kNames)
    if (id == region) return std::string(name);
  return region;
}

std::string state_reason(const aws::cloudwatch::MetricAlarm& alarm, const Verdict& verdict, const std::string& to) {
  const int periods = alarm.evaluation_periods.value_or(1);
  if (to == "INSUFFICIENT_DATA")
    return "Insufficient Data: " + plural(static_cast<std::size_t>(periods), "datapoint") +
           (periods == 1 ? " was unknown." : " were unknown.");
  const std::string treatment = alarm.treat_missing_data.value_or("missing");
  const bool fills = verdict.filled > 0 && (treatment == "breaching" || treatment == "notBreaching");
  const bool alarming = to == "ALARM";
  std::vector<std::string> shown;
  for (const Point& point : verdict.used)
    if (point.breaching == alarming)
      shown.push_back(java_double(*point.value) + " (" + formatted(point.at, "%d/%m/%y %H:%M:%S") + ")");
  std::string out = "Threshold Crossed: ";
  if (shown.empty()) {
    // What decided is only what was filled in.
    const std::size_t real = verdict.used.size();
    out += real == 0 ? "no datapoints were" : plural(real, "datapoint") + (real == 1 ? " was" : " were");
    return out + " received for " + plural(static_cast<std::size_t>(periods), "period") + " and " +
           filled_words(verdict.filled, treatment) + ".";
  }
  if (alarm.datapoints_to_alarm) {
    out += std::to_string(shown.size()) + " out of the last " + plural(static_cast<std::size_t>(periods), "datapoint");
    // AWS writes "1 out of the last 1 datapoints".
    if (periods == 1) out += "s";
  } else {
    out += plural(shown.size(), "datapoint");
  }
  out += " [" + text::join(shown, ", ") + "]" + (shown.size() == 1 ? " was " : " were ") + (alarming ? "" : "not ") +
         comparison(*alarm.comparison_operator) + " (" + java_double(*alarm.threshold) + ")";
  if (fills) out += " and " + filled_words(verdict.filled, treatment);
  if (alarm.datapoints_to_alarm) {
    const int least = alarming ? *alarm.datapoints_to_alarm : periods - *alarm.datapoints_to_alarm + 1;
    out += " (minimum " + plural(static_cast<std::size_t>(least), "datapoint") +
           (alarming ? " for OK -> ALARM transition)" : " for ALARM -> OK transition)");
  }
  return out + ".";
}

std::string state_reason_data(const aws::cloudwatch::MetricAlarm& alarm, const Verdict& verdict,
                              const std::vector<Point>& range, std::int64_t period, Timestamp now) {
  std::string out = "{\"version\":\"1.0\",\"queryDate\":\"" + alarm_time(now) + "\"";
  if (!verdict.used.empty()) out += ",\"startDate\":\"" + alarm_time({verdict.used.back().at * 1000}) + "\"";
  if (alarm.unit) out += ",\"unit\":" + text::json_quote(*alarm.unit);
  if (alarm.statistic) out += ",\"statistic\":" + text::json_quote(*alarm.statistic);
  if (alarm.extended_statistic) out += ",\"statistic\":" + text::json_quote(*alarm.extended_statistic);
  out += ",\"period\":" + std::to_string(period) + ",\"recentDatapoints\":[";
  for (std::size_t i = verdict.used.size(); i-- > 0;) out += java_double(*verdict.used[i].value) + (i == 0 ? "" : ",");
  out += "],\"threshold\":" + java_double(*alarm.threshold) + ",\"evaluatedDatapoints\":[";
  // Where enough is real, the real ones; otherwise the newest periods as they are.
  std::vector<Point> evaluated = verdict.used;
  if (verdict.filled > 0) {
    evaluated.clear();
    for (const Point& point : range)
      if (point.value || evaluated.size() < static_cast<std::size_t>(alarm.evaluation_periods.value_or(1)))
        evaluated.push_back(point);
  }
  bool first = true;
  for (const Point& point : evaluated) {
    out += first ? "" : ",";
    first = false;
    out += "{\"timestamp\":\"" + alarm_time({point.at * 1000}) + "\"";
    if (point.value) {
      if (point.sample_count > 0) out += ",\"sampleCount\":" + java_double(point.sample_count);
      out += ",\"value\":" + java_double(*point.value);
    }
    out += "}";
  }
  return out + "]}";
}

std::string composite_reason_data(const std::vector<Child>& children) {
  std::string out = "{\"triggeringAlarms\":[";
  for (std::size_t i = 0; i < children.size(); ++i)
    out += std::string(i == 0 ? "" : ",") + "{\"arn\":" + text::json_quote(children[i].arn) +
           ",\"state\":{\"value\":\"" + children[i].state + "\",\"timestamp\":\"" + alarm_time(children[i].at) + "\"}}";
  return out + "]}";
}

}  // namespace stratus::services::cloudwatch
