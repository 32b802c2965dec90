#include "stratus/services/cloudwatch/statistic.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "stratus/core/text.h"

namespace stratus::services::cloudwatch {
namespace {

std::optional<double> number(std::string_view text) {
  double out = 0;
  if (text.empty() || text.front() == '+') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(out)) return std::nullopt;
  return out;
}

/// A percentage with at most ten decimals, as CloudWatch takes it.
std::optional<double> percentage(std::string_view text) {
  const auto dot = text.find('.');
  if (text.find_first_not_of("0123456789.") != std::string_view::npos || text.starts_with('.')) return std::nullopt;
  if (dot != std::string_view::npos && (text.size() - dot - 1 > 10 || dot + 1 == text.size())) return std::nullopt;
  const auto value = number(text);
  return value && *value >= 0 && *value <= 100 ? value : std::nullopt;
}

/// The smallest value below or at which `share` (0…1) of the weight lies: the nearest rank.
double quantile(const Aggregate& values, double share) {
  const double wanted = share * values.count;
  double seen = 0;
  for (const auto& bin : values.bins) {
    seen += bin.count;
    if (seen >= wanted * (1 - 1e-12)) return std::clamp(bin.value, values.minimum, values.maximum);
  }
  return values.maximum;
}

}  // namespace

bool Statistic::parse_bound(std::string_view text, Bound& out) {
  text = text::trim(text);
  if (text.empty()) return true;
  out.percent = text.ends_with('%');
  if (out.percent) text.remove_suffix(1);
  out.value = out.percent ? percentage(text) : number(text);
  return out.value.has_value();
}

std::optional<Statistic> Statistic::parse(std::string_view name) {
  Statistic out;
  out.name_ = std::string(name);
  static constexpr std::pair<std::string_view, Kind> kSimple[] = {{"SampleCount", Kind::sample_count},
                                                                  {"Average", Kind::average},
                                                                  {"Sum", Kind::sum},
                                                                  {"Minimum", Kind::minimum},
                                                                  {"Maximum", Kind::maximum}};
  for (const auto& [text, kind] : kSimple)
    if (name == text) {
      out.kind_ = kind;
      return out;
    }
  if (name.size() > 1 && (name[0] == 'p' || name[0] == 'P') && name[1] >= '0' && name[1] <= '9') {
    const auto value = percentage(name.substr(1));
    if (!value) return std::nullopt;
    out.kind_ = Kind::percentile;
    out.high_ = {value, true};
    return out;
  }
  const std::string lower = text::lower(name);
  if (lower == "iqm") {
    out.kind_ = Kind::trimmed_mean;
    out.low_ = {25.0, true};
    out.high_ = {75.0, true};
    return out;
  }
  static constexpr std::pair<std::string_view, Kind> kRanges[] = {{"tm", Kind::trimmed_mean},
                                                                  {"wm", Kind::winsorized_mean},
                                                                  {"pr", Kind::percentile_rank},
                                                                  {"tc", Kind::trimmed_count},
                                                                  {"ts", Kind::trimmed_sum}};
  for (const auto& [text, kind] : kRanges) {
    if (!lower.starts_with(text)) continue;
    out.kind_ = kind;
    std::string_view rest = name.substr(2);
    if (rest.starts_with('(') && rest.ends_with(')')) {
      rest = rest.substr(1, rest.size() - 2);
      const auto colon = rest.find(':');
      if (colon == std::string_view::npos) return std::nullopt;
      if (!parse_bound(rest.substr(0, colon), out.low_) || !parse_bound(rest.substr(colon + 1), out.high_))
        return std::nullopt;
      if (!out.low_.value && !out.high_.value) return std::nullopt;
      if (out.low_.value && out.high_.value && out.low_.percent != out.high_.percent) return std::nullopt;
      const bool percent = out.low_.value ? out.low_.percent : out.high_.percent;
      if (kind == Kind::percentile_rank && percent) return std::nullopt;
      if (percent) {
        if (!out.low_.value) out.low_ = {0.0, true};
        if (!out.high_.value) out.high_ = {100.0, true};
      }
      if (out.low_.value && out.high_.value && *out.low_.value >= *out.high_.value) return std::nullopt;
      return out;
    }
    if (kind == Kind::percentile_rank) return std::nullopt;
    const auto value = percentage(rest);
    if (!value) return std::nullopt;
    out.low_ = {0.0, true};
    out.high_ = {value, true};
    return out;
  }
  return std::nullopt;
}

std::optional<double> Statistic::percentile() const { return kind_ == Kind::percentile ? high_.value : std::nullopt; }

std::optional<double> Statistic::of_range(const Aggregate& values) const {
  double inside = 0, sum = 0, below = 0, above = 0;
  double lowest = values.maximum, highest = values.minimum;
  const bool percent = low_.value ? low_.percent : high_.percent;
  double seen = 0;
  for (const auto& bin : values.bins) {
    double weight = 0;
    if (percent) {
      // The part of the bin's weight that lies between the two ranks.
      const double from = *low_.value / 100 * values.count, to = *high_.value / 100 * values.count;
      weight = std::max(0.0, std::min(seen + bin.count, to) - std::max(seen, from));
      below += std::max(0.0, std::min(seen + bin.count, from) - seen);
    } else if ((!low_.value || bin.value > *low_.value) && (!high_.value || bin.value <= *high_.value)) {
      weight = bin.count;
    } else if (low_.value && bin.value <= *low_.value) {
      below += bin.count;
    }
    seen += bin.count;
    if (weight > 0) {
      inside += weight;
      sum += weight * bin.value;
      lowest = std::min(lowest, bin.value);
      highest = std::max(highest, bin.value);
    }
  }
  above = values.count - inside - below;
  switch (kind_) {
    case Kind::trimmed_count:
      return inside;
    case Kind::trimmed_sum:
      return sum;
    case Kind::percentile_rank:
      return inside / values.count * 100;
    case Kind::winsorized_mean:
      // What lies outside counts as the value at the edge.
      if (inside == 0) return std::nullopt;
      return (sum + below * lowest + above * highest) / values.count;
    default:
      return inside == 0 ? std::nullopt : std::optional(sum / inside);
  }
}

std::optional<double> Statistic::of(const Aggregate& values) const {
  if (values.empty()) return std::nullopt;
  switch (kind_) {
    case Kind::sample_count:
      return values.count;
    case Kind::average:
      return values.sum / values.count;
    case Kind::sum:
      return values.sum;
    case Kind::minimum:
      return values.minimum;
    case Kind::maximum:
      return values.maximum;
    case Kind::percentile:
      if (values.opaque) return std::nullopt;
      return *high_.value == 0 ? values.minimum : quantile(values, *high_.value / 100);
    default:
      if (values.opaque) return std::nullopt;
      return of_range(values);
  }
}

}  // namespace stratus::services::cloudwatch
