#include "stratus/services/cloudwatch/math.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <optional>

namespace stratus::services::cloudwatch {
namespace {

using Kind = MathValue::Kind;
using Arguments = std::vector<MathValue>;

/// A result that is no number (a division by zero, the logarithm of a negative one) is no data point.
void put(Series& out, std::int64_t at, double value) {
  if (std::isfinite(value)) out[at] = value;
}

std::optional<double> operate(const std::string& symbol, double a, double b) {
  if (symbol == "+") return a + b;
  if (symbol == "-") return a - b;
  if (symbol == "*") return a * b;
  if (symbol == "/") return b == 0 ? std::nullopt : std::optional(a / b);
  if (symbol == "^") return std::pow(a, b);
  if (symbol == "==") return a == b;
  if (symbol == "!=") return a != b;
  if (symbol == "<=") return a <= b;
  if (symbol == ">=") return a >= b;
  if (symbol == "<") return a < b;
  if (symbol == ">") return a > b;
  if (symbol == "AND") return a != 0 && b != 0;
  return a != 0 || b != 0;
}

NamedSeries combine(const std::string& symbol, const NamedSeries& a, const NamedSeries& b) {
  NamedSeries out{a.label, std::max(a.period, b.period), {}};
  for (const auto& [at, value] : a.values)
    if (const auto other = b.values.find(at); other != b.values.end())
      if (const auto result = operate(symbol, value, other->second)) put(out.values, at, *result);
  return out;
}

NamedSeries combine(const std::string& symbol, const NamedSeries& a, double b, bool swapped) {
  NamedSeries out{a.label, a.period, {}};
  for (const auto& [at, value] : a.values)
    if (const auto result = swapped ? operate(symbol, b, value) : operate(symbol, value, b))
      put(out.values, at, *result);
  return out;
}

MathValue binary(const std::string& symbol, const MathValue& a, const MathValue& b) {
  if (a.kind == Kind::text || b.kind == Kind::text)
    throw ExpressionError("Operator " + symbol + " does not take strings");
  if (a.kind == Kind::scalar && b.kind == Kind::scalar) {
    const auto result = operate(symbol, a.scalar, b.scalar);
    if (!result) throw ExpressionError("Division by zero");
    return MathValue::of(*result);
  }
  MathValue out{.kind = a.kind == Kind::array || b.kind == Kind::array ? Kind::array : Kind::series};
  if (a.kind == Kind::scalar) {
    for (const auto& one : b.series) out.series.push_back(combine(symbol, one, a.scalar, true));
  } else if (b.kind == Kind::scalar) {
    for (const auto& one : a.series) out.series.push_back(combine(symbol, one, b.scalar, false));
  } else if (a.kind == Kind::series && b.kind == Kind::array) {
    for (const auto& one : b.series) {
      out.series.push_back(combine(symbol, a.series.front(), one));
      out.series.back().label = one.label;
    }
  } else if (a.kind == Kind::array && b.kind == Kind::series) {
    for (const auto& one : a.series) out.series.push_back(combine(symbol, one, b.series.front()));
  } else {
    if (a.series.size() != b.series.size())
      throw ExpressionError("Operator " + symbol + " needs arrays of the same length");
    for (std::size_t i = 0; i < a.series.size(); ++i) out.series.push_back(combine(symbol, a.series[i], b.series[i]));
  }
  return out;
}

/// Applies `change` to each series of an argument.
template <class Change>
MathValue each(const MathValue& value, Change&& change) {
  MathValue out{.kind = value.kind};
  for (const auto& one : value.series) {
    NamedSeries made{one.label, one.period, {}};
    change(one, made);
    out.series.push_back(std::move(made));
  }
  return out;
}

MathValue map(const MathValue& value, double (*function)(double)) {
  if (value.kind == Kind::scalar) return MathValue::of(function(value.scalar));
  return each(value, [&](const NamedSeries& in, NamedSeries& out) {
    for (const auto& [at, number] : in.values) put(out.values, at, function(number));
  });
}

std::optional<double> reduce(const std::string& name, const std::vector<double>& numbers) {
  if (name == "METRIC_COUNT") return static_cast<double>(numbers.size());
  if (numbers.empty()) return std::nullopt;
  double sum = 0;
  for (const double number : numbers) sum += number;
  if (name == "SUM") return sum;
  if (name == "MIN") return *std::min_element(numbers.begin(), numbers.end());
  if (name == "MAX") return *std::max_element(numbers.begin(), numbers.end());
  const double average = sum / static_cast<double>(numbers.size());
  if (name == "AVG") return average;
  double squares = 0;
  for (const double number : numbers) squares += (number - average) * (number - average);
  return std::sqrt(squares / static_cast<double>(numbers.size()));  // STDDEV
}

/// A series becomes a scalar; an array becomes a series of what its members have at each instant.
MathValue aggregate(const std::string& name, const MathValue& value) {
  if (value.kind == Kind::text) throw ExpressionError(name + " does not take strings");
  if (value.kind == Kind::scalar) return MathValue::of(reduce(name, {value.scalar}).value_or(0));
  if (value.kind == Kind::series) {
    std::vector<double> numbers;
    for (const auto& [at, number] : value.series.front().values) numbers.push_back(number);
    return MathValue::of(reduce(name, numbers).value_or(0));
  }
  std::map<std::int64_t, std::vector<double>> columns;
  NamedSeries out{name, 60, {}};
  for (const auto& one : value.series) {
    out.period = std::max(out.period, one.period);
    for (const auto& [at, number] : one.values) columns[at].push_back(number);
  }
  for (const auto& [at, numbers] : columns) put(out.values, at, *reduce(name, numbers));
  return MathValue::of(std::move(out));
}

NamedSeries constant(double value, const MathScope& scope, std::int64_t period) {
  NamedSeries out{"", period, {}};
  for (std::int64_t at = scope.start; at < scope.end; at += period) put(out.values, at, value);
  return out;
}

MathValue fill(const MathValue& value, const MathValue& with, const MathScope& scope) {
  if (value.kind != Kind::series && value.kind != Kind::array) throw ExpressionError("FILL takes a time series");
  const bool repeat = with.kind == Kind::text && with.text == "REPEAT";
  const bool linear = with.kind == Kind::text && with.text == "LINEAR";
  if (with.kind == Kind::text && !repeat && !linear)
    throw ExpressionError("FILL fills with a number, a time series, REPEAT or LINEAR");
  if (with.kind == Kind::array) throw ExpressionError("FILL does not fill with an array");
  return each(value, [&](const NamedSeries& in, NamedSeries& out) {
    out.values = in.values;
    for (std::int64_t at = scope.start; at < scope.end; at += in.period) {
      if (in.values.count(at) != 0) continue;
      const auto after = in.values.lower_bound(at);
      if (with.kind == Kind::scalar) {
        put(out.values, at, with.scalar);
      } else if (with.kind == Kind::series) {
        const auto& other = with.series.front().values;
        if (const auto found = other.find(at); found != other.end()) put(out.values, at, found->second);
      } else if (after != in.values.begin()) {
        const auto before = std::prev(after);
        if (repeat) {
          put(out.values, at, before->second);
        } else if (after != in.values.end()) {
          const double share =
              static_cast<double>(at - before->first) / static_cast<double>(after->first - before->first);
          put(out.values, at, before->second + share * (after->second - before->second));
        }
      }
    }
  });
}

MathValue choose(const MathValue& condition, const MathValue& yes, const std::optional<MathValue>& no,
                 const MathScope& scope) {
  const auto series_of = [](const MathValue& value) -> const NamedSeries* {
    if (value.kind == Kind::array || value.kind == Kind::text)
      throw ExpressionError("IF takes numbers and time series");
    return value.kind == Kind::series ? &value.series.front() : nullptr;
  };
  const NamedSeries* when = series_of(condition);
  if (when == nullptr) {
    if (condition.scalar != 0) return yes;
    if (no) return *no;
    return MathValue::of(NamedSeries{"", scope.period, {}});
  }
  const NamedSeries* a = series_of(yes);
  const NamedSeries* b = no ? series_of(*no) : nullptr;
  NamedSeries out{when->label, when->period, {}};
  for (const auto& [at, truth] : when->values) {
    const MathValue& side = truth != 0 ? yes : (no ? *no : condition);
    if (truth == 0 && !no) continue;
    const NamedSeries* from = truth != 0 ? a : b;
    if (from == nullptr) {
      put(out.values, at, side.scalar);
    } else if (const auto found = from->values.find(at); found != from->values.end()) {
      put(out.values, at, found->second);
    }
  }
  return MathValue::of(std::move(out));
}

double calendar(const std::string& name, std::int64_t at) {
  const std::time_t time = at;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  if (name == "MINUTE") return parts.tm_min;
  if (name == "HOUR") return parts.tm_hour;
  if (name == "DAY") return parts.tm_wday == 0 ? 7 : parts.tm_wday;  // Monday is 1
  if (name == "DATE") return parts.tm_mday;
  if (name == "MONTH") return parts.tm_mon + 1;
  if (name == "YEAR") return parts.tm_year + 1900;
  return static_cast<double>(at);  // EPOCH
}

MathValue difference(const std::string& name, const MathValue& value) {
  return each(value, [&](const NamedSeries& in, NamedSeries& out) {
    const std::pair<const std::int64_t, double>* last = nullptr;
    for (const auto& point : in.values) {
      if (last != nullptr) {
        const auto seconds = static_cast<double>(point.first - last->first);
        put(out.values, point.first,
            name == "DIFF_TIME" ? seconds
            : name == "RATE"    ? (point.second - last->second) / seconds
                                : point.second - last->second);
      }
      last = &point;
    }
  });
}

const MathValue& argument(const std::string& name, const Arguments& arguments, std::size_t index,
                          std::initializer_list<Kind> kinds) {
  const MathValue& value = arguments[index];
  if (std::find(kinds.begin(), kinds.end(), value.kind) == kinds.end())
    throw ExpressionError("Argument " + std::to_string(index + 1) + " of " + name + " is of the wrong type");
  return value;
}

MathValue sort(const Arguments& arguments) {
  MathValue out = argument("SORT", arguments, 0, {Kind::array});
  const std::string& by = argument("SORT", arguments, 1, {Kind::text}).text;
  const std::string& order = argument("SORT", arguments, 2, {Kind::text}).text;
  if (order != "ASC" && order != "DESC") throw ExpressionError("SORT orders ASC or DESC");
  const auto key = [&](const NamedSeries& one) {
    std::vector<double> numbers;
    for (const auto& [at, number] : one.values) numbers.push_back(number);
    return reduce(by, numbers).value_or(0);
  };
  std::stable_sort(out.series.begin(), out.series.end(), [&](const NamedSeries& a, const NamedSeries& b) {
    return order == "ASC" ? key(a) < key(b) : key(a) > key(b);
  });
  if (arguments.size() > 3) {
    const double limit = argument("SORT", arguments, 3, {Kind::scalar}).scalar;
    if (limit >= 0 && limit < static_cast<double>(out.series.size()))
      out.series.resize(static_cast<std::size_t>(limit));
  }
  return out;
}

MathValue slice(const Arguments& arguments) {
  const MathValue& array = argument("SLICE", arguments, 0, {Kind::array});
  const auto bound = [&](std::size_t index) {
    const double value = argument("SLICE", arguments, index, {Kind::scalar}).scalar;
    return static_cast<std::size_t>(std::clamp(value, 0.0, static_cast<double>(array.series.size())));
  };
  const std::size_t from = bound(1);
  if (arguments.size() == 2)  // SLICE(array, index) gives the single series
    return from < array.series.size() ? MathValue::of(array.series[from]) : MathValue::of(NamedSeries{});
  MathValue out{.kind = Kind::array};
  for (std::size_t i = from; i < bound(2); ++i) out.series.push_back(array.series[i]);
  return out;
}

MathValue call(const std::string& name, const Arguments& a, const MathScope& scope) {
  constexpr Kind S = Kind::scalar, TS = Kind::series, A = Kind::array;
  if (name == "SUM" || name == "AVG" || name == "MIN" || name == "MAX" || name == "STDDEV")
    return aggregate(name, a[0]);
  if (name == "METRIC_COUNT") {
    argument(name, a, 0, {TS, A});
    return MathValue::of(static_cast<double>(a[0].series.size()));
  }
  if (name == "ABS") return map(argument(name, a, 0, {S, TS, A}), [](double x) { return std::fabs(x); });
  if (name == "CEIL") return map(argument(name, a, 0, {S, TS, A}), [](double x) { return std::ceil(x); });
  if (name == "FLOOR") return map(argument(name, a, 0, {S, TS, A}), [](double x) { return std::floor(x); });
  if (name == "LOG") return map(argument(name, a, 0, {S, TS, A}), [](double x) { return std::log(x); });
  if (name == "LOG10") return map(argument(name, a, 0, {S, TS, A}), [](double x) { return std::log10(x); });
  if (name == "DIFF" || name == "DIFF_TIME" || name == "RATE") return difference(name, argument(name, a, 0, {TS, A}));
  if (name == "MINUTE" || name == "HOUR" || name == "DAY" || name == "DATE" || name == "MONTH" || name == "YEAR" ||
      name == "EPOCH")
    return each(argument(name, a, 0, {TS}), [&](const NamedSeries& in, NamedSeries& out) {
      for (const auto& [at, number] : in.values) out.values[at] = calendar(name, at);
    });
  if (name == "PERIOD") return MathValue::of(static_cast<double>(argument(name, a, 0, {TS}).series.front().period));
  if (name == "FILL") return fill(a[0], a[1], scope);
  if (name == "IF") return choose(a[0], a[1], a.size() > 2 ? std::optional(a[2]) : std::nullopt, scope);
  if (name == "TIME_SERIES") return MathValue::of(constant(argument(name, a, 0, {S}).scalar, scope, scope.period));
  if (name == "RUNNING_SUM")
    return each(argument(name, a, 0, {TS, A}), [](const NamedSeries& in, NamedSeries& out) {
      double sum = 0;
      for (const auto& [at, number] : in.values) out.values[at] = sum += number;
    });
  if (name == "FIRST" || name == "LAST") {
    const auto& array = argument(name, a, 0, {A}).series;
    return MathValue::of(array.empty() ? NamedSeries{} : name == "FIRST" ? array.front() : array.back());
  }
  if (name == "REMOVE_EMPTY") {
    MathValue out = argument(name, a, 0, {A});
    std::erase_if(out.series, [](const NamedSeries& one) { return one.values.empty(); });
    return out;
  }
  if (name == "SORT") return sort(a);
  if (name == "SLICE") return slice(a);
  if (name == "METRICS") {
    MathValue out{.kind = Kind::array};
    out.series = scope.metrics(a.empty() ? "" : argument(name, a, 0, {Kind::text}).text);
    return out;
  }
  MathValue out{.kind = Kind::array};  // SEARCH
  out.series = scope.search(argument(name, a, 0, {Kind::text}).text,
                            a.size() > 1 ? argument(name, a, 1, {Kind::text}).text : "Average",
                            a.size() > 2 ? static_cast<std::int64_t>(argument(name, a, 2, {S}).scalar) : scope.period);
  return out;
}

struct Known {
  const char* name;
  std::size_t least, most;
};
constexpr Known kFunctions[] = {
    {"ABS", 1, 1},         {"AVG", 1, 1},         {"CEIL", 1, 1},    {"DATE", 1, 1},         {"DAY", 1, 1},
    {"DIFF", 1, 1},        {"DIFF_TIME", 1, 1},   {"EPOCH", 1, 1},   {"FILL", 2, 2},         {"FIRST", 1, 1},
    {"FLOOR", 1, 1},       {"HOUR", 1, 1},        {"IF", 2, 3},      {"LAST", 1, 1},         {"LOG", 1, 1},
    {"LOG10", 1, 1},       {"MAX", 1, 1},         {"METRICS", 0, 1}, {"METRIC_COUNT", 1, 1}, {"MIN", 1, 1},
    {"MINUTE", 1, 1},      {"MONTH", 1, 1},       {"PERIOD", 1, 1},  {"RATE", 1, 1},         {"REMOVE_EMPTY", 1, 1},
    {"RUNNING_SUM", 1, 1}, {"SEARCH", 1, 3},      {"SLICE", 2, 3},   {"SORT", 3, 4},         {"STDDEV", 1, 1},
    {"SUM", 1, 1},         {"TIME_SERIES", 1, 1}, {"YEAR", 1, 1}};

}  // namespace

void check_functions(const Expression& expression) {
  if (expression.kind == Expression::Kind::call) {
    const auto found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                    [&](const Known& known) { return expression.text == known.name; });
    if (found == std::end(kFunctions)) throw ExpressionError("Unknown function " + expression.text);
    if (expression.children.size() < found->least || expression.children.size() > found->most)
      throw ExpressionError("Function " + expression.text + " has a wrong number of arguments");
  }
  for (const auto& child : expression.children) check_functions(child);
}

MathValue evaluate(const Expression& expression, const MathScope& scope) {
  switch (expression.kind) {
    case Expression::Kind::number:
      return MathValue::of(expression.number);
    case Expression::Kind::text:
      return {.kind = Kind::text, .scalar = 0, .series = {}, .text = expression.text};
    case Expression::Kind::name:
      // The words that FILL and SORT take stand bare.
      for (const char* word : {"REPEAT", "LINEAR", "ASC", "DESC", "SUM", "AVG", "MIN", "MAX", "STDDEV"})
        if (expression.text == word) return {.kind = Kind::text, .scalar = 0, .series = {}, .text = expression.text};
      return scope.find(expression.text);
    case Expression::Kind::unary: {
      const MathValue value = evaluate(expression.children[0], scope);
      return expression.text == "-" ? binary("*", value, MathValue::of(-1)) : value;
    }
    case Expression::Kind::binary: {
      const MathValue left = evaluate(expression.children[0], scope);
      return binary(expression.text, left, evaluate(expression.children[1], scope));
    }
    case Expression::Kind::list: {
      MathValue out{.kind = Kind::array};
      for (const auto& child : expression.children) {
        MathValue value = evaluate(child, scope);
        if (value.kind == Kind::text) throw ExpressionError("An array holds time series and numbers");
        if (value.kind == Kind::scalar) {
          out.series.push_back(constant(value.scalar, scope, scope.period));
        } else {
          for (auto& one : value.series) out.series.push_back(std::move(one));
        }
      }
      return out;
    }
    case Expression::Kind::call:
      break;
  }
  Arguments arguments;
  for (const auto& child : expression.children) arguments.push_back(evaluate(child, scope));
  return call(expression.text, arguments, scope);
}

}  // namespace stratus::services::cloudwatch
