// The text of an Insights query: recursive descent over its characters.
#include <algorithm>
#include <cctype>
#include <set>
#include <stdexcept>

#include "stratus/core/text.h"
#include "stratus/models/logs.h"
#include "stratus/services/logs/insights.h"

namespace stratus::services::logs::insights {
namespace {

const std::set<std::string, std::less<>> kAggregates = {"avg",    "count",      "count_distinct", "max",      "min",
                                                        "pct",    "percentile", "stddev",         "sum",      "median",
                                                        "latest", "earliest",   "sortsFirst",     "sortsLast"};
// Insights knows these too; nothing here does them.
const std::set<std::string, std::less<>> kRefused = {"pattern", "diff",   "unmask",      "unnest", "anomaly",
                                                     "lookup",  "SOURCE", "filterIndex", "join",   "subquery"};

class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text), text_(text) {}

  std::vector<Command> parse() {
    std::vector<Command> out;
    blanks();
    if (take('|')) blanks();
    do out.push_back(command());
    while (take('|'));
    if (!text_.empty()) malformed();
    return out;
  }

 private:
  [[noreturn]] void malformed(const std::string& why = "") const {
    const std::string_view before = whole_.substr(0, whole_.size() - text_.size());
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1);
    std::string what = why;
    if (what.empty())
      what = text_.empty() ? "unexpected end of the query"
                           : "unexpected symbol found " + std::string(text_.substr(0, text_.find_first_of(" \n|")));
    throw aws::logs::errors::MalformedQueryException(what + " at line " + std::to_string(line) + " and position " +
                                                     std::to_string(column));
  }

  void blanks() {
    for (;;) {
      text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size()));
      if (!text_.starts_with('#')) return;
      text_.remove_prefix(std::min(text_.find('\n'), text_.size()));
    }
  }
  bool take(char c) {
    blanks();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void need(char c) {
    if (!take(c)) malformed();
  }
  static bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '@'; }
  std::string_view word() const {
    std::size_t size = 0;
    while (size < text_.size() && in_name(text_[size])) ++size;
    return text_.substr(0, size);
  }
  /// A keyword, in any case.
  bool keyword(std::string_view wanted) {
    blanks();
    const auto found = word();
    if (text::lower(found) != wanted) return false;
    text_.remove_prefix(found.size());
    return true;
  }
  /// What was read since `from`.
  std::string since(std::string_view from) const {
    return std::string(text::trim(from.substr(0, from.size() - text_.size())));
  }

  std::string name() {
    blanks();
    if (text_.starts_with('`')) {
      const auto end = text_.find('`', 1);
      if (end == std::string_view::npos) malformed();
      std::string out(text_.substr(1, end - 1));
      text_.remove_prefix(end + 1);
      return out;
    }
    std::size_t size = 0;
    while (size < text_.size() && (in_name(text_[size]) || (size > 0 && text_[size] == '.'))) ++size;
    if (size == 0) malformed();
    std::string out(text_.substr(0, size));
    text_.remove_prefix(size);
    return out;
  }

  std::string string() {
    blanks();
    const char quote = text_.front();
    std::string out;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size()) {
        const char c = text_[++i];
        out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
      } else if (text_[i] == quote) {
        text_.remove_prefix(i + 1);
        return out;
      } else {
        out += text_[i];
      }
    }
    malformed("a quote is not closed");
  }
  bool at_string() {
    blanks();
    return text_.starts_with('"') || text_.starts_with('\'');
  }
  bool at_regex() {
    blanks();
    return text_.starts_with('/');
  }
  std::shared_ptr<const RegularExpression> regex() {
    std::string out;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size()) {
        if (text_[i + 1] != '/') out += '\\';
        out += text_[++i];
      } else if (text_[i] == '/') {
        try {
          auto made = std::make_shared<const RegularExpression>(out);
          text_.remove_prefix(i + 1);
          return made;
        } catch (const std::invalid_argument& e) {
          malformed(std::string("invalid regular expression: ") + e.what());
        }
      } else {
        out += text_[i];
      }
    }
    malformed("a regular expression is not closed");
  }

  Value number() {
    std::size_t size = 0;
    while (size < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[size])) != 0 || text_[size] == '.'))
      ++size;
    const double value = std::strtod(std::string(text_.substr(0, size)).c_str(), nullptr);
    text_.remove_prefix(size);
    // A period: 30s, 5m, 1h.
    static const std::map<std::string, double, std::less<>> units = {
        {"ms", 1},     {"s", 1e3},     {"sec", 1e3},   {"m", 60e3},       {"min", 60e3},
        {"h", 3600e3}, {"hr", 3600e3}, {"d", 86400e3}, {"w", 7 * 86400e3}};
    const auto unit = word();
    if (unit.empty()) return Value::of(value);
    const auto found = units.find(unit);
    if (found == units.end()) malformed();
    text_.remove_prefix(unit.size());
    return Value::of(value * found->second);
  }

  Expression expression() {
    if (++depth_ > 64) malformed("the query is nested too deeply");
    blanks();
    const auto from = text_;
    Expression out = either();
    if (out.kind != Expression::Kind::field || !out.text.empty()) out.text = since(from);
    --depth_;
    return out;
  }
  static Expression binary(std::string op, Expression a, Expression b) {
    Expression out{.kind = Expression::Kind::binary, .name = std::move(op)};
    out.parts = {std::move(a), std::move(b)};
    return out;
  }
  static Expression inverted(Expression inner) {
    Expression out{.kind = Expression::Kind::invert};
    out.parts = {std::move(inner)};
    return out;
  }
  Expression either() {
    Expression out = both();
    while (keyword("or")) out = binary("or", std::move(out), both());
    return out;
  }
  Expression both() {
    Expression out = condition();
    while (keyword("and")) out = binary("and", std::move(out), condition());
    return out;
  }
  Expression condition() {
    if (keyword("not")) return inverted(condition());
    blanks();
    if (text_.starts_with('!') && !text_.starts_with("!=")) {
      text_.remove_prefix(1);
      return inverted(condition());
    }
    Expression left = sum();
    blanks();
    const auto before = text_;
    const bool negative = keyword("not");
    Expression out{};
    if (keyword("like")) {
      out = likeness(std::move(left));
    } else if (keyword("in")) {
      out.kind = Expression::Kind::in;
      out.parts.push_back(std::move(left));
      need('[');
      do out.parts.push_back(sum());
      while (take(','));
      need(']');
    } else {
      text_ = before;
      if (text_.starts_with("=~")) {
        text_.remove_prefix(2);
        return likeness(std::move(left));
      }
      for (const char* op : {"!=", "<=", ">=", "=", "<", ">"})
        if (text_.starts_with(op)) {
          text_.remove_prefix(std::string_view(op).size());
          return binary(op, std::move(left), sum());
        }
      return left;
    }
    return negative ? inverted(std::move(out)) : out;
  }
  Expression likeness(Expression left) {
    Expression out{.kind = Expression::Kind::like};
    out.parts.push_back(std::move(left));
    if (at_regex()) {
      out.kind = Expression::Kind::matches;
      out.regex = regex();
    } else {
      out.parts.push_back(sum());
    }
    return out;
  }
  Expression sum() {
    Expression out = product();
    for (;;) {
      blanks();
      if (!text_.starts_with('+') && !text_.starts_with('-')) return out;
      const std::string op(text_.substr(0, 1));
      text_.remove_prefix(1);
      out = binary(op, std::move(out), product());
    }
  }
  Expression product() {
    Expression out = power();
    for (;;) {
      blanks();
      if (!text_.starts_with('*') && !text_.starts_with('/') && !text_.starts_with('%')) return out;
      const std::string op(text_.substr(0, 1));
      text_.remove_prefix(1);
      out = binary(op, std::move(out), power());
    }
  }
  Expression power() {
    Expression out = one();
    return take('^') ? binary("^", std::move(out), power()) : out;
  }
  Expression one() {
    if (++depth_ > 64) malformed("the query is nested too deeply");
    Expression out = operand();
    --depth_;
    return out;
  }
  Expression operand() {
    blanks();
    if (take('-')) {
      Expression out{.kind = Expression::Kind::negate};
      out.parts.push_back(one());
      return out;
    }
    if (take('(')) {
      Expression out = either();
      need(')');
      return out;
    }
    Expression out{};
    if (at_string()) {
      out.literal = Value::of(string());
      return out;
    }
    if (!text_.empty() && std::isdigit(static_cast<unsigned char>(text_.front())) != 0) {
      out.literal = number();
      return out;
    }
    const auto from = text_;
    const bool quoted = text_.starts_with('`');
    out.name = name();
    out.kind = Expression::Kind::field;
    blanks();
    if (!quoted && (out.name == "true" || out.name == "false")) {
      // As JSON's true and false are kept.
      out.kind = Expression::Kind::literal;
      out.literal = Value::of(out.name == "true" ? 1.0 : 0.0);
      return out;
    }
    if (quoted || !text_.starts_with('(')) return out;
    text_.remove_prefix(1);
    if (kAggregates.count(out.name) != 0) {
      aggregate(out, from);
      return out;
    }
    out.kind = Expression::Kind::call;
    if (!take(')')) {
      do out.parts.push_back(expression());
      while (take(','));
      need(')');
    }
    if (!known_function(out.name, out.parts.size())) {
      text_ = from;
      malformed("unknown function, or its number of arguments: " + out.name);
    }
    out.text = since(from);
    return out;
  }
  /// Inside `stats` it is computed; elsewhere it means the column that `stats` made.
  void aggregate(Expression& out, std::string_view from) {
    Aggregate made{.function = out.name};
    if (take('*')) {
      need(')');
    } else if (!take(')')) {
      made.of = expression();
      if (take(',')) made.percentile = number_of(expression().literal).value_or(0);
      need(')');
    }
    if (made.function == "median") made.percentile = 50;
    if (!made.of && made.function != "count") malformed();
    out.text = since(from);
    if (aggregates_ == nullptr) {
      out.name = out.text;
    } else {
      out.name = "\1" + std::to_string(aggregates_->size());
      aggregates_->push_back(std::move(made));
    }
  }

  std::vector<Column> columns() {
    std::vector<Column> out;
    do {
      Column column{expression(), ""};
      column.name = column.expression.text.empty() ? column.expression.name : column.expression.text;
      if (keyword("as")) column.name = name();
      out.push_back(std::move(column));
    } while (take(','));
    return out;
  }

  Command command() {
    using Kind = Command::Kind;
    blanks();
    const auto from = text_;
    const std::string verb(word());
    if (kRefused.count(verb) != 0) throw aws::not_implemented("StartQuery: the command " + verb);
    text_.remove_prefix(verb.size());
    const std::string lower = text::lower(verb);
    Command out;
    if (lower == "fields" || lower == "display") {
      out.kind = lower == "fields" ? Kind::fields : Kind::display;
      out.columns = columns();
    } else if (lower == "filter") {
      out.kind = Kind::filter;
      out.condition = expression();
    } else if (lower == "parse") {
      parse_command(out);
    } else if (lower == "stats") {
      out.kind = Kind::stats;
      aggregates_ = &out.aggregates;
      out.columns = columns();
      aggregates_ = nullptr;
      if (out.aggregates.empty()) malformed("stats without a function");
      if (keyword("by")) out.by = columns();
    } else if (lower == "sort") {
      out.kind = Kind::sort;
      keyword("by");
      do {
        Column column{expression(), ""};
        out.columns.push_back(std::move(column));
        const bool down = keyword("desc");
        if (!down) keyword("asc");
        out.descending.push_back(down);
      } while (take(','));
    } else if (lower == "limit" || lower == "head") {
      out.kind = Kind::limit;
      blanks();
      if (text_.empty() || std::isdigit(static_cast<unsigned char>(text_.front())) == 0) malformed();
      out.limit = static_cast<std::size_t>(number().number);
    } else if (lower == "dedup") {
      out.kind = Kind::dedup;
      out.columns = columns();
    } else {
      text_ = from;
      malformed();
    }
    blanks();
    return out;
  }
  void parse_command(Command& out) {
    out.kind = Command::Kind::parse;
    if (at_string() || at_regex())
      out.condition = {.kind = Expression::Kind::field, .name = "@message"};
    else
      out.condition = {.kind = Expression::Kind::field, .name = name()};
    if (at_regex()) {
      out.regex = regex();
      for (const auto& group : out.regex->names())
        if (!group.empty()) out.targets.push_back(group);
    } else if (at_string()) {
      out.literals = text::split(string(), '*');
    } else {
      malformed();
    }
    if (keyword("as")) {
      out.targets.clear();
      do out.targets.push_back(name());
      while (take(','));
    }
    const std::size_t places = out.regex ? out.regex->names().size() - 1 : out.literals.size() - 1;
    if (out.targets.empty() || out.targets.size() > places || (!out.regex && out.targets.size() != places))
      malformed("the number of fields is not that of what parse finds");
  }

  const std::string_view whole_;
  std::string_view text_;
  std::vector<Aggregate>* aggregates_ = nullptr;
  int depth_ = 0;
};

}  // namespace

std::vector<Command> parse_query(std::string_view text) { return Parser(text).parse(); }

}  // namespace stratus::services::logs::insights
