// The stages of an Insights query, one a command, and what comes out of the last.
#include <algorithm>
#include <cmath>
#include <set>

#include "stratus/core/error.h"
#include "stratus/services/logs/insights.h"

namespace stratus::services::logs::insights {

class Stage {
 public:
  virtual ~Stage() = default;
  virtual void push(Record record) { next->push(std::move(record)); }
  virtual void finish() { next->finish(); }
  /// No further record changes anything.
  virtual bool full() const { return next != nullptr && next->full(); }
  Stage* next = nullptr;
};

namespace {

/// What a query may hold in memory before it fails; `limit` behind `sort` keeps it far below.
constexpr std::size_t kMostHeld = 500'000;

class Assign final : public Stage {
 public:
  explicit Assign(const std::vector<Column>& columns) : columns_(columns) {}
  void push(Record record) override {
    for (const auto& column : columns_) {
      if (column.expression.kind == Expression::Kind::field && column.expression.name == column.name) continue;
      if (record.find(column.name) != nullptr && column.expression.text == column.name) continue;
      record.values[column.name] = evaluate(column.expression, record);
    }
    next->push(std::move(record));
  }

 private:
  const std::vector<Column>& columns_;
};

/// Stands behind the last filter of events: what arrives has matched.
class Counter final : public Stage {
 public:
  explicit Counter(std::int64_t& count) : count_(count) {}
  void push(Record record) override {
    ++count_;
    next->push(std::move(record));
  }

 private:
  std::int64_t& count_;
};

class Filter final : public Stage {
 public:
  explicit Filter(const Expression& condition) : condition_(condition) {}
  void push(Record record) override {
    const auto holds = number_of(evaluate(condition_, record));
    if (holds && *holds != 0) next->push(std::move(record));
  }

 private:
  const Expression& condition_;
};

class Parse final : public Stage {
 public:
  explicit Parse(const Command& command) : command_(command) {}
  void push(Record record) override {
    const std::string text = shown(evaluate(command_.condition, record));
    if (command_.regex) {
      if (const auto groups = command_.regex->groups(text)) {
        const auto& names = command_.regex->names();
        std::size_t unnamed = 0;
        for (std::size_t i = 1; i < groups->size(); ++i) {
          const bool by_name =
              std::find(command_.targets.begin(), command_.targets.end(), names[i]) != command_.targets.end();
          if (!by_name && unnamed == command_.targets.size()) continue;
          record.values[by_name ? names[i] : command_.targets[unnamed++]] = Value::of((*groups)[i]);
        }
      }
    } else {
      glob(text, record);
    }
    next->push(std::move(record));
  }

 private:
  void glob(const std::string& text, Record& record) const {
    const auto& literals = command_.literals;
    auto at = text.find(literals[0]);
    if (at == std::string::npos) return;
    at += literals[0].size();
    std::vector<std::string> found;
    for (std::size_t i = 1; i < literals.size(); ++i) {
      // The last asterisk takes the rest.
      const auto end = literals[i].empty() && i + 1 == literals.size() ? text.size() : text.find(literals[i], at);
      if (end == std::string::npos) return;
      found.push_back(text.substr(at, end - at));
      at = end + literals[i].size();
    }
    for (std::size_t i = 0; i < found.size(); ++i) record.values[command_.targets[i]] = Value::of(found[i]);
  }

  const Command& command_;
};

class Limit final : public Stage {
 public:
  explicit Limit(std::size_t most) : most_(most) {}
  void push(Record record) override {
    if (count_++ < most_) next->push(std::move(record));
  }
  bool full() const override { return count_ >= most_ || Stage::full(); }

 private:
  const std::size_t most_;
  std::size_t count_ = 0;
};

class Dedup final : public Stage {
 public:
  explicit Dedup(const std::vector<Column>& columns) : columns_(columns) {}
  void push(Record record) override {
    std::string key;
    for (const auto& column : columns_) {
      const Value value = evaluate(column.expression, record);
      if (!value.present()) return;
      key += shown(value) + '\0';
    }
    if (seen_.size() < kMostHeld && seen_.insert(key).second) next->push(std::move(record));
  }

 private:
  const std::vector<Column>& columns_;
  std::set<std::string> seen_;
};

class Sort final : public Stage {
 public:
  /// `most`: what comes behind needs no more than so many.
  Sort(const Command& command, std::size_t most) : command_(command), most_(most) {}
  void push(Record record) override {
    Held held{{}, std::move(record)};
    for (const auto& column : command_.columns) {
      const Value* made = held.record.find(column.expression.text);
      held.keys.push_back(made != nullptr ? *made : evaluate(column.expression, held.record));
    }
    held_.push_back(std::move(held));
    if (held_.size() > 2 * most_ + 1000) shrink();
  }
  void finish() override {
    shrink();
    for (auto& held : held_) next->push(std::move(held.record));
    next->finish();
  }
  bool full() const override { return false; }

 private:
  struct Held {
    std::vector<Value> keys;
    Record record;
  };
  void shrink() {
    std::stable_sort(held_.begin(), held_.end(), [&](const Held& a, const Held& b) {
      for (std::size_t i = 0; i < a.keys.size(); ++i) {
        // What has no value comes last.
        if (a.keys[i].present() != b.keys[i].present()) return a.keys[i].present();
        const bool down = command_.descending[i];
        if (down ? less(b.keys[i], a.keys[i]) : less(a.keys[i], b.keys[i])) return true;
        if (down ? less(a.keys[i], b.keys[i]) : less(b.keys[i], a.keys[i])) return false;
      }
      return false;
    });
    if (held_.size() > most_) held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(most_), held_.end());
  }

  const Command& command_;
  const std::size_t most_;
  std::vector<Held> held_;
};

/// One function of `stats` over one group.
class Accumulator {
 public:
  void add(const Aggregate& aggregate, const Record& record) {
    const std::string& function = aggregate.function;
    const Value value = aggregate.of ? evaluate(*aggregate.of, record) : Value::of(1.0);
    if (!value.present()) return;
    if (function == "count_distinct") {
      distinct_.insert(shown(value));
      return;
    }
    if (function == "latest" || function == "earliest") {
      const double at = number_of(*record.find("@timestamp")).value_or(0);
      if (!best_.present() || (function == "latest" ? at > when_ : at < when_)) {
        best_ = value;
        when_ = at;
      }
      return;
    }
    if (function == "max" || function == "sortsLast" || function == "min" || function == "sortsFirst") {
      const bool up = function == "max" || function == "sortsLast";
      if (!best_.present() || (up ? less(best_, value) : less(value, best_))) best_ = value;
      return;
    }
    ++count_;
    if (function == "count") return;
    const auto number = number_of(value);
    if (!number) {
      --count_;
      return;
    }
    sum_ += *number;
    squares_ += *number * *number;
    if (function == "pct" || function == "percentile" || function == "median")
      if (numbers_.size() < kMostHeld) numbers_.push_back(*number);
  }
  Value result(const Aggregate& aggregate) {
    const std::string& function = aggregate.function;
    const auto count = static_cast<double>(count_);
    if (function == "count") return Value::of(count);
    if (function == "count_distinct") return Value::of(static_cast<double>(distinct_.size()));
    if (function == "max" || function == "min") {
      const auto number = number_of(best_);
      return number ? Value::of(*number) : best_;
    }
    if (function == "latest" || function == "earliest" || function == "sortsFirst" || function == "sortsLast")
      return best_;
    if (count_ == 0) return {};
    if (function == "sum") return Value::of(sum_);
    if (function == "avg") return Value::of(sum_ / count);
    if (function == "stddev")
      return Value::of(std::sqrt(std::max(0.0, squares_ / count - sum_ / count * sum_ / count)));
    std::sort(numbers_.begin(), numbers_.end());
    const double place = aggregate.percentile / 100 * static_cast<double>(numbers_.size() - 1);
    const auto low = static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(numbers_.size() - 1)));
    const auto high = std::min(low + 1, numbers_.size() - 1);
    return Value::of(numbers_[low] + (place - static_cast<double>(low)) * (numbers_[high] - numbers_[low]));
  }

 private:
  std::int64_t count_ = 0;
  double sum_ = 0, squares_ = 0, when_ = 0;
  Value best_;
  std::set<std::string> distinct_;
  std::vector<double> numbers_;
};

class Stats final : public Stage {
 public:
  explicit Stats(const Command& command) : command_(command) {}
  void push(Record record) override {
    std::string key;
    std::vector<Value> by;
    for (const auto& column : command_.by) {
      by.push_back(evaluate(column.expression, record));
      key += shown(by.back()) + '\0';
    }
    auto found = groups_.find(key);
    if (found == groups_.end()) {
      if (groups_.size() >= kMostHeld) return;
      found = groups_.emplace(key, Group{std::move(by), std::vector<Accumulator>(command_.aggregates.size())}).first;
    }
    for (std::size_t i = 0; i < command_.aggregates.size(); ++i)
      found->second.accumulators[i].add(command_.aggregates[i], record);
  }
  void finish() override {
    // Without groups there is one result, of nothing too.
    if (groups_.empty() && command_.by.empty())
      groups_.emplace("", Group{{}, std::vector<Accumulator>(command_.aggregates.size())});
    for (auto& [key, group] : groups_) {
      Record record;
      for (std::size_t i = 0; i < command_.by.size(); ++i)
        if (group.by[i].present()) record.values[command_.by[i].name] = group.by[i];
      Record computed = record;
      for (std::size_t i = 0; i < command_.aggregates.size(); ++i)
        computed.values["\1" + std::to_string(i)] = group.accumulators[i].result(command_.aggregates[i]);
      for (const auto& column : command_.columns) {
        Value value = evaluate(column.expression, computed);
        if (value.present()) record.values[column.name] = std::move(value);
      }
      next->push(std::move(record));
    }
    next->finish();
  }
  bool full() const override { return false; }

 private:
  struct Group {
    std::vector<Value> by;
    std::vector<Accumulator> accumulators;
  };
  const Command& command_;
  std::map<std::string, Group> groups_;
};

class Sink final : public Stage {
 public:
  Sink(std::vector<std::string> columns, bool pointers, std::vector<Row>& rows)
      : columns_(std::move(columns)), pointers_(pointers), rows_(rows) {}
  void push(Record record) override {
    Row row;
    for (const auto& column : columns_)
      if (const Value* value = record.find(column); value != nullptr && value->present())
        row.emplace_back(column, shown(*value));
    if (pointers_ && !record.pointer.empty()) row.emplace_back("@ptr", record.pointer);
    rows_.push_back(std::move(row));
  }
  void finish() override {}

 private:
  const std::vector<std::string> columns_;
  const bool pointers_;
  std::vector<Row>& rows_;
};

}  // namespace

Pipeline::Pipeline(std::vector<Command> commands, std::size_t most) : commands_(std::move(commands)) {
  using Kind = Command::Kind;
  std::vector<std::string> columns, displayed;
  bool grouped = false;
  const auto add = [](std::vector<std::string>& to, const std::string& name) {
    if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
  };
  std::size_t counted = 0;
  for (std::size_t i = 0; i < commands_.size() && commands_[i].kind != Kind::stats; ++i)
    if (commands_[i].kind == Kind::filter) counted = i + 1;
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const Command& command = commands_[i];
    if (i == counted) stages_.push_back(std::make_unique<Counter>(matched_));
    switch (command.kind) {
      case Kind::display:
        displayed.clear();
        for (const auto& column : command.columns) add(displayed, column.name);
        stages_.push_back(std::make_unique<Assign>(command.columns));
        break;
      case Kind::fields:
        for (const auto& column : command.columns) add(columns, column.name);
        stages_.push_back(std::make_unique<Assign>(command.columns));
        break;
      case Kind::filter:
        stages_.push_back(std::make_unique<Filter>(command.condition));
        break;
      case Kind::parse:
        for (const auto& target : command.targets) add(columns, target);
        stages_.push_back(std::make_unique<Parse>(command));
        break;
      case Kind::stats:
        grouped = true;
        columns.clear();
        displayed.clear();
        for (const auto& column : command.by) add(columns, column.name);
        for (const auto& column : command.columns) add(columns, column.name);
        stages_.push_back(std::make_unique<Stats>(command));
        break;
      case Kind::sort: {
        std::size_t needed = most;
        for (std::size_t j = i + 1; j < commands_.size(); ++j) {
          if (commands_[j].kind == Kind::limit) {
            needed = std::min(needed, commands_[j].limit);
            break;
          }
          if (commands_[j].kind != Kind::fields && commands_[j].kind != Kind::display &&
              commands_[j].kind != Kind::parse) {
            needed = kMostHeld;
            break;
          }
        }
        stages_.push_back(std::make_unique<Sort>(command, needed));
        break;
      }
      case Kind::limit:
        stages_.push_back(std::make_unique<Limit>(command.limit));
        break;
      case Kind::dedup:
        stages_.push_back(std::make_unique<Dedup>(command.columns));
        break;
    }
  }
  if (counted == commands_.size()) stages_.push_back(std::make_unique<Counter>(matched_));
  if (!displayed.empty()) columns = displayed;
  if (columns.empty()) columns = {"@timestamp", "@message"};
  if (!grouped) std::erase(columns, "@ptr");  // it stands at the end anyhow
  stages_.push_back(std::make_unique<Limit>(most));
  stages_.push_back(std::make_unique<Sink>(columns, !grouped, rows_));
  for (std::size_t i = 0; i + 1 < stages_.size(); ++i) stages_[i]->next = stages_[i + 1].get();
}

Pipeline::~Pipeline() = default;

bool Pipeline::take(Record record) {
  stages_.front()->push(std::move(record));
  return !stages_.front()->full();
}

std::vector<Row> Pipeline::finish() {
  stages_.front()->finish();
  return std::move(rows_);
}

}  // namespace stratus::services::logs::insights
