#include "stratus/services/cloudwatch/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "stratus/core/text.h"

namespace stratus::services::cloudwatch {
namespace {

std::string dimension_values(const aws::cloudwatch::MetricStat& stat) {
  std::vector<std::string> out;
  if (stat.metric && stat.metric->dimensions)
    for (const auto& dimension : *stat.metric->dimensions) out.push_back(dimension.value.value_or(""));
  return text::join(out, " ");
}

std::string property(const std::string& name, const aws::cloudwatch::MetricDataQuery& query) {
  if (!query.metric_stat || !query.metric_stat->metric) return "";
  const auto& stat = *query.metric_stat;
  if (name == "MetricName") return stat.metric->metric_name.value_or("");
  if (name == "Namespace") return stat.metric->namespace_.value_or("");
  if (name == "Stat") return stat.stat.value_or("");
  if (name == "Period") return std::to_string(stat.period.value_or(0));
  if (name.starts_with("Dim.") && stat.metric->dimensions)
    for (const auto& dimension : *stat.metric->dimensions)
      if (dimension.name == name.substr(4)) return dimension.value.value_or("");
  return "";
}

}  // namespace

std::vector<std::string> default_labels(const Queries& queries) {
  struct Parts {
    std::set<std::string> namespaces, dimensions, statistics, periods;
  };
  std::map<std::string, Parts> by_name;
  for (const auto& query : queries) {
    if (!query.metric_stat || !query.return_data.value_or(true)) continue;
    auto& parts = by_name[query.metric_stat->metric->metric_name.value_or("")];
    parts.namespaces.insert(query.metric_stat->metric->namespace_.value_or(""));
    parts.dimensions.insert(dimension_values(*query.metric_stat));
    parts.statistics.insert(query.metric_stat->stat.value_or(""));
    parts.periods.insert(std::to_string(query.metric_stat->period.value_or(0)));
  }
  std::vector<std::string> out;
  for (const auto& query : queries) {
    if (!query.metric_stat) {
      out.push_back(query.id.value_or(""));
      continue;
    }
    const auto& stat = *query.metric_stat;
    const std::string name = stat.metric->metric_name.value_or("");
    const Parts& parts = by_name[name];
    std::string label;
    if (parts.namespaces.size() > 1) label += stat.metric->namespace_.value_or("") + " ";
    if (parts.dimensions.size() > 1 && !dimension_values(stat).empty()) label += dimension_values(stat) + " ";
    label += name;
    if (parts.statistics.size() > 1) label += " " + stat.stat.value_or("");
    if (parts.periods.size() > 1) label += " " + std::to_string(stat.period.value_or(0));
    out.push_back(std::move(label));
  }
  return out;
}

std::string expand_label(const std::string& label, const std::string& fallback, const Series& values,
                         const aws::cloudwatch::MetricDataQuery& query) {
  double sum = 0, least = 0, most = 0;
  if (!values.empty()) least = most = values.begin()->second;
  for (const auto& [at, value] : values) {
    sum += value;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  const auto number = [&](double value) { return values.empty() ? std::string("--") : fmt::format("{:.6g}", value); };
  const auto value_of = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "LABEL") return fallback;
    if (name == "SUM") return number(sum);
    if (name == "MIN") return number(least);
    if (name == "MAX") return number(most);
    if (name == "AVG") return number(values.empty() ? 0 : sum / static_cast<double>(values.size()));
    if (name == "FIRST") return number(values.empty() ? 0 : values.begin()->second);
    if (name == "LAST") return number(values.empty() ? 0 : values.rbegin()->second);
    if (name == "DATAPOINT_COUNT") return std::to_string(values.size());
    if (name.starts_with("PROP('") && name.ends_with("')")) return property(name.substr(6, name.size() - 8), query);
    return std::nullopt;
  };
  std::string out;
  std::size_t at = 0;
  while (at < label.size()) {
    const auto open = label.find("${", at);
    const auto close = open == std::string::npos ? open : label.find('}', open);
    if (close == std::string::npos) return out + label.substr(at);
    out += label.substr(at, open - at);
    const auto value = value_of(label.substr(open + 2, close - open - 2));
    out += value ? *value : label.substr(open, close - open + 1);
    at = close + 1;
  }
  return out;
}

}  // namespace stratus::services::cloudwatch
