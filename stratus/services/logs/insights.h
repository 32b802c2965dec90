// CloudWatch Logs Insights: the text of a query becomes a pipeline of stages through which events run, newest first.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stratus/services/logs/regular_expression.h"

namespace stratus::services::logs::insights {

struct Value {
  enum class Kind { none, text, number, time } kind = Kind::none;
  std::string text;
  double number = 0;  ///< of a time: ms since 1970

  static Value of(std::string text) { return {Kind::text, std::move(text), 0}; }
  static Value of(double number) { return {Kind::number, {}, number}; }
  static Value at(double ms) { return {Kind::time, {}, ms}; }
  bool present() const { return kind != Kind::none; }
};

/// As results show it: numbers with at most four decimals, times as "2024-01-31 13:00:00.000".
std::string shown(const Value& value);
std::optional<double> number_of(const Value& value);
/// Numbers by size, everything else by its text.
bool less(const Value& a, const Value& b);

/// One event, or one group of `stats`.
struct Record {
  std::map<std::string, Value, std::less<>> values;
  std::string pointer;  ///< "@ptr"; "" of a group

  const Value* find(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  }
};

/// The fields of an event: those of every event, and those that are found in a JSON message ("a.b", "list.0").
Record record_of(std::int64_t time, std::int64_t ingested, const std::string& message, const std::string& stream,
                 const std::string& log, const std::string& pointer);

struct Expression {
  enum class Kind { literal, field, call, binary, negate, invert, in, like, matches } kind = Kind::literal;
  Value literal;
  std::string name;  ///< of a field or a function; the operator
  std::string text;  ///< as written: what a result column of it is called
  std::vector<Expression> parts;
  std::shared_ptr<const RegularExpression> regex;
};
Value evaluate(const Expression& expression, const Record& record);
/// Whether Insights has a function of this name for so many arguments.
bool known_function(std::string_view name, std::size_t arguments);

struct Column {
  Expression expression;
  std::string name;
};
struct Aggregate {
  std::string function;
  std::optional<Expression> of;  ///< nothing: count(*)
  double percentile = 0;
};
struct Command {
  enum class Kind { fields, display, filter, parse, stats, sort, limit, dedup } kind = Kind::fields;
  std::vector<Column> columns;        ///< of fields, display, stats (what is computed), dedup
  std::vector<Column> by;             ///< of stats
  std::vector<Aggregate> aggregates;  ///< of stats: columns refer to them as fields "\1<index>"
  Expression condition;               ///< of filter; what parse reads
  std::vector<std::string> literals;  ///< of a glob: what stands around its asterisks
  std::shared_ptr<const RegularExpression> regex;
  std::vector<std::string> targets;  ///< of parse
  std::vector<bool> descending;      ///< of sort, one a column
  std::size_t limit = 0;
};

/// Throws aws::Error: MalformedQueryException, or NotImplemented for commands that are not here.
std::vector<Command> parse_query(std::string_view text);

using Row = std::vector<std::pair<std::string, std::string>>;

class Stage;

/// A query under way. Events are to come newest first.
class Pipeline {
 public:
  Pipeline(std::vector<Command> commands, std::size_t most);
  ~Pipeline();
  /// False: no further event can change the result.
  bool take(Record record);
  std::vector<Row> finish();
  std::int64_t matched() const { return matched_; }

 private:
  std::vector<Command> commands_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::vector<Row> rows_;
  std::int64_t matched_ = 0;
};

}  // namespace stratus::services::logs::insights
