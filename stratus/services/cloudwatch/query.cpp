#include "stratus/services/cloudwatch/query.h"

#include <algorithm>
#include <set>

#include "stratus/core/text.h"
#include "stratus/services/cloudwatch/labels.h"
#include "stratus/services/cloudwatch/search.h"

namespace stratus::services::cloudwatch {
namespace {

constexpr std::size_t kSearchLimit = 100;  // series that one SEARCH gives, as AWS limits it
constexpr std::int64_t kMostPoints = 100'800;

bool valid_id(const std::string& id) {
  if (id.empty() || id.size() > 255 || id[0] < 'a' || id[0] > 'z') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

aws::Error in_expression(const std::string& id, const std::string& what) {
  return validation_error("Error in expression '" + id + "': " + what);
}

Expression parsed(const std::string& id, const std::string& text) {
  if (text::lower(text::trim(text)).starts_with("select "))
    throw aws::not_implemented("cloudwatch: Metrics Insights queries (expression " + id + ")");
  try {
    Expression out = parse_expression(text);
    for (const char* function :
         {"ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "DB_PERF_INSIGHTS", "LAMBDA"})
      if (calls(out, function)) throw aws::not_implemented(std::string("cloudwatch: metric math function ") + function);
    check_functions(out);
    return out;
  } catch (const ExpressionError& error) {
    throw in_expression(id, error.what());
  }
}

/// Answers queries by id, each once, whatever their order; a query that needs itself is an error.
class Run {
 public:
  Run(const QueryScope& scope, const Queries& queries)
      : scope_(scope), queries_(queries), labels_(default_labels(queries)) {}

  const MathValue& value(const std::string& id) {
    if (const auto known = values_.find(id); known != values_.end()) return known->second;
    for (std::size_t i = 0; i < queries_.size(); ++i)
      if (queries_[i].id == id) return compute(i);
    throw ExpressionError("Unknown id '" + id + "'");
  }

  std::vector<QueryResult> results(std::size_t index) {
    const auto& query = queries_[index];
    const MathValue made = value(*query.id);
    const std::string& fallback = labels_[index];
    std::vector<QueryResult> out;
    if (made.kind != MathValue::Kind::series && made.kind != MathValue::Kind::array)
      throw in_expression(*query.id, "The expression must evaluate to a time series");
    for (const auto& one : made.series) {
      QueryResult result{.id = *query.id,
                         .label = fallback,
                         .period = one.period,
                         .values = one.values,
                         .sample_counts = {},
                         .units = {}};
      if (made.kind == MathValue::Kind::array && !one.label.empty()) result.label = one.label;
      if (query.label && !query.label->empty())
        result.label = expand_label(*query.label, result.label, one.values, query);
      if (const auto read = reads_.find(*query.id); read != reads_.end()) {
        result.units = read->second.units;
        result.sample_counts = read->second.sample_counts;
      }
      out.push_back(std::move(result));
    }
    return out;
  }

 private:
  const MathValue& compute(std::size_t index) {
    const auto& query = queries_[index];
    if (!under_way_.insert(*query.id).second) throw ExpressionError("The expressions refer to each other in a circle");
    MathValue made;
    if (query.metric_stat) {
      const auto& stat = *query.metric_stat;
      QueryResult read = read_metric(scope_, metric_of(*stat.metric), *Statistic::parse(*stat.stat), *stat.period,
                                     stat.unit.value_or(""));
      made = MathValue::of(NamedSeries{labels_[index], read.period, read.values});
      reads_[*query.id] = std::move(read);
    } else {
      made = of_expression(query);
    }
    under_way_.erase(*query.id);
    return values_.insert_or_assign(*query.id, std::move(made)).first->second;
  }

  MathValue of_expression(const aws::cloudwatch::MetricDataQuery& query) {
    MathScope math;
    math.start = scope_.start;
    math.end = scope_.end;
    math.period = query.period.value_or(static_cast<std::int32_t>(period_of(queries_)));
    math.find = [this](const std::string& id) -> const MathValue& { return value(id); };
    math.metrics = [this](const std::string& part) {
      std::vector<NamedSeries> out;
      for (const auto& other : queries_)
        if (other.metric_stat && other.id->find(part) != std::string::npos)
          out.push_back(value(*other.id).series.front());
      return out;
    };
    math.search = [this](const std::string& text, const std::string& statistic, std::int64_t period) {
      return search(text, statistic, period);
    };
    return evaluate(parsed(*query.id, *query.expression), math);
  }

  std::vector<NamedSeries> search(const std::string& text, const std::string& name, std::int64_t period) {
    const auto statistic = Statistic::parse(name);
    if (!statistic) throw ExpressionError("Unknown statistic '" + name + "'");
    if (!valid_period(period)) throw ExpressionError("Invalid period " + std::to_string(period));
    const SearchQuery query(text);
    std::vector<NamedSeries> out;
    for (const auto& [key, metric] :
         scope_.store.list(scope_.account, scope_.region, scope_.now.ms / 1000 - 14 * 86'400)) {
      if (!query.matches(*metric)) continue;
      if (out.size() >= kSearchLimit) break;
      QueryResult read =
          read_metric(scope_, {metric->metric_namespace, metric->name, metric->dimensions}, *statistic, period, "");
      std::vector<std::string> values;
      for (const auto& dimension : metric->dimensions) values.push_back(*dimension.value);
      values.push_back(metric->name);
      out.push_back({text::join(values, " "), period, std::move(read.values)});
    }
    return out;
  }

  const QueryScope& scope_;
  const Queries& queries_;
  const std::vector<std::string> labels_;
  std::map<std::string, MathValue> values_;
  std::map<std::string, QueryResult> reads_;
  std::set<std::string> under_way_;
};

}  // namespace

aws::Error validation_error(std::string message) { return {"ValidationError", 400, std::move(message)}; }

bool valid_period(std::int64_t seconds) {
  return seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30 ||
         (seconds > 0 && seconds % 60 == 0);
}

MetricId metric_of(const aws::cloudwatch::Metric& metric) {
  return {metric.namespace_.value_or(""), metric.metric_name.value_or(""), metric.dimensions.value_or(Dimensions{})};
}

std::int64_t period_of(const Queries& queries) {
  std::int64_t out = 0;
  for (const auto& query : queries) {
    if (query.metric_stat) out = std::max<std::int64_t>(out, query.metric_stat->period.value_or(0));
    if (query.period) out = std::max<std::int64_t>(out, *query.period);
  }
  return out == 0 ? 60 : out;
}

void check_queries(const Queries& queries, const std::string& parameter) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto& query = queries[i];
    const std::string member = parameter + ".member." + std::to_string(i + 1);
    if (!valid_id(query.id.value_or("")))
      throw validation_error("The value " + query.id.value_or("") + " for parameter " + member +
                             ".Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.");
    if (!ids.insert(*query.id).second)
      throw validation_error("The values for parameter id in " + parameter + " are not unique.");
    if (!query.metric_stat && !query.expression)
      throw validation_error("The parameter " + member + ".MetricStat is required.\n");
    if (query.metric_stat && query.expression)
      throw validation_error("The parameters " + member + ".Expression and " + member +
                             ".MetricStat are mutually exclusive and you have specified both.");
    if (query.account_id)
      throw aws::not_implemented("cloudwatch: metrics of other accounts (" + member + ".AccountId)");
    if (query.period && !valid_period(*query.period))
      throw validation_error("The value " + std::to_string(*query.period) + " for parameter " + member +
                             ".Period is not a valid period. It must be 1, 5, 10, 20, 30, or a multiple of 60.");
    if (query.metric_stat) {
      const auto& stat = *query.metric_stat;
      if (!valid_period(*stat.period))
        throw validation_error(
            "The value " + std::to_string(*stat.period) + " for parameter " + member +
            ".MetricStat.Period is not a valid period. It must be 1, 5, 10, 20, 30, or a multiple of 60.");
      if (!Statistic::parse(*stat.stat))
        throw validation_error("The value " + *stat.stat + " for parameter " + member +
                               ".MetricStat.Stat is not supported.");
      if (!stat.metric->namespace_ || !stat.metric->metric_name)
        throw validation_error("The parameter " + member + ".MetricStat.Metric." +
                               (stat.metric->namespace_ ? "MetricName" : "Namespace") + " is required.\n");
    }
  }
  for (const auto& query : queries) {
    if (!query.expression) continue;
    for (const auto& name : names_of(parsed(*query.id, *query.expression)))
      if (ids.count(name) == 0) throw in_expression(*query.id, "Unknown id '" + name + "'");
  }
}

QueryResult read_metric(const QueryScope& scope, const MetricId& metric, const Statistic& statistic,
                        std::int64_t period, const std::string& unit) {
  if ((scope.end - scope.start) / period > kMostPoints)
    throw validation_error("The time range and the period ask for more than " + std::to_string(kMostPoints) +
                           " datapoints.");
  QueryResult out;
  out.period = period;
  const ByUnit units = scope.store.read(scope.account, scope.region, metric, scope.start, scope.end, period, unit,
                                        !statistic.simple(), scope.now);
  for (const auto& [name, periods] : units) out.units.push_back(name);
  if (units.empty()) return out;
  for (const auto& [at, values] : units.begin()->second) {
    if (const auto value = statistic.of(values)) out.values[at] = *value;
    out.sample_counts[at] = values.count;
  }
  return out;
}

std::vector<QueryResult> run_queries(const QueryScope& scope, const Queries& queries) {
  Run run(scope, queries);
  std::vector<QueryResult> out;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (!queries[i].return_data.value_or(true)) continue;
    try {
      for (auto& result : run.results(i)) out.push_back(std::move(result));
    } catch (const ExpressionError& error) {
      throw in_expression(*queries[i].id, error.what());
    }
  }
  return out;
}

}  // namespace stratus::services::cloudwatch
