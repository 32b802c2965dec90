#include "stratus/services/cloudwatch/metric_store.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace stratus::services::cloudwatch {
namespace {

constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;
constexpr std::int64_t kPeriods[] = {1, 60, 300, 3600};
// Ages (seconds) at which a row of the period before becomes one of this period, as AWS retains data.
constexpr std::int64_t kSecondAge = 3 * kHour, kMinuteAge = 15 * kDay, kFiveMinuteAge = 63 * kDay,
                       kHourAge = 455 * kDay;
constexpr std::size_t kRowsAtOnce = 2000;  // rolled up of one series before others get their turn

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return rest < 0 ? value - rest - step : value - rest;
}

/// The finest period at which data of this age may be seen.
std::int64_t visible_period(std::int64_t age) {
  if (age > kFiveMinuteAge) return 3600;
  if (age > kMinuteAge) return 300;
  if (age > kSecondAge) return 60;
  return 1;
}

}  // namespace

MetricStore::MetricStore(state::Store& store) : store_(store), metrics_(store, "cloudwatch_metrics") {
  store_.migrate(
      "cloudwatch_metrics_data",
      {"CREATE TABLE metric_serials (serial INTEGER PRIMARY KEY AUTOINCREMENT);"
       "CREATE TABLE metric_data (serial INTEGER NOT NULL, period INTEGER NOT NULL, time INTEGER NOT NULL, "
       "unit TEXT NOT NULL, count REAL NOT NULL, sum REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT "
       "NULL, opaque INTEGER NOT NULL, bins BLOB NOT NULL, PRIMARY KEY (serial, period, time, unit)) WITHOUT "
       "ROWID"});
}

std::string MetricStore::id_of(const MetricId& metric) {
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const auto& dimension : metric.dimensions)
    sorted.emplace_back(dimension.name.value_or(""), dimension.value.value_or(""));
  std::sort(sorted.begin(), sorted.end());
  std::string out = metric.metric_namespace + "\x1f" + metric.name;
  for (const auto& [name, value] : sorted) out += "\x1e" + name + "\x1f" + value;
  return out;
}

const Metric& MetricStore::metric(const state::Key& key, const MetricId& id, Timestamp now) {
  if (const Metric* found = metrics_.find(key)) return *found;
  // AUTOINCREMENT never gives a number twice, so rows of a removed series cannot meet those of a new one.
  store_.touch();
  store_.sql().query("INSERT INTO metric_serials DEFAULT VALUES").run();
  const std::int64_t serial = store_.sql().last_insert_rowid();
  store_.sql().query("DELETE FROM metric_serials WHERE serial=?").bind(1, serial).run();
  return metrics_.put(key, {.metric_namespace = id.metric_namespace,
                            .name = id.name,
                            .dimensions = id.dimensions,
                            .serial = serial,
                            .created = now});
}

void MetricStore::add(const std::string& account, const std::string& region, const std::vector<Sample>& samples,
                      Timestamp now) {
  if (samples.empty()) return;
  // What falls into one row is merged first, so that a batch touches each row once.
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::string>, Aggregate> rows;
  for (const Sample& sample : samples) {
    const Metric& series = metric({account, region, id_of(sample.metric)}, sample.metric, now);
    const std::int64_t second = floor_to(sample.at.ms, 1000) / 1000;
    const std::int64_t period =
        std::max<std::int64_t>(sample.high_resolution ? 1 : 60, visible_period(now.ms / 1000 - second));
    rows[{series.serial, period, floor_to(second, period), sample.unit}].merge(sample.values);
    auto& last = last_[series.serial];
    last = std::max(last, second);
  }
  store_.touch();
  for (const auto& [key, values] : rows) {
    const auto& [serial, period, time, unit] = key;
    write(serial, period, time, unit, values);
  }
}

void MetricStore::write(std::int64_t serial, std::int64_t period, std::int64_t time, const std::string& unit,
                        const Aggregate& values) {
  Aggregate whole;
  {
    auto old = store_.sql().query(
        "SELECT count, sum, minimum, maximum, opaque, bins FROM metric_data WHERE serial=? AND period=? AND time=? AND "
        "unit=?");
    old.bind(1, serial).bind(2, period).bind(3, time).bind(4, unit);
    if (old.step()) {
      whole.count = old.number(0);
      whole.sum = old.number(1);
      whole.minimum = old.number(2);
      whole.maximum = old.number(3);
      whole.opaque = old.integer(4) != 0;
      whole.unpack_bins(old.blob(5));
    }
  }
  whole.merge(values);
  store_.sql()
      .query("INSERT OR REPLACE INTO metric_data VALUES (?,?,?,?,?,?,?,?,?,?)")
      .bind(1, serial)
      .bind(2, period)
      .bind(3, time)
      .bind(4, unit)
      .bind(5, whole.count)
      .bind(6, whole.sum)
      .bind(7, whole.minimum)
      .bind(8, whole.maximum)
      .bind(9, std::int64_t{whole.opaque})
      .bind_blob(10, whole.packed_bins())
      .run();
}

ByUnit MetricStore::read(const std::string& account, const std::string& region, const MetricId& id, std::int64_t start,
                         std::int64_t end, std::int64_t period, const std::string& unit, bool digest, Timestamp now) {
  ByUnit out;
  const Metric* series = metrics_.find(account, region, id_of(id));
  if (series == nullptr || period <= 0) return out;
  const std::int64_t today = now.ms / 1000;
  for (const std::int64_t stored : kPeriods) {
    // A coarser row than asked for has no finer values; but a metric of one-minute resolution shows its minutes at any
    // period.
    if (stored > std::max<std::int64_t>(period, 60)) break;
    auto rows = store_.sql().query(
        digest ? "SELECT time, unit, count, sum, minimum, maximum, opaque, bins FROM metric_data WHERE serial=? AND "
                 "period=? AND time>=? AND time<? ORDER BY time"
               : "SELECT time, unit, count, sum, minimum, maximum, opaque FROM metric_data WHERE serial=? AND period=? "
                 "AND time>=? AND time<? ORDER BY time");
    rows.bind(1, series->serial).bind(2, stored).bind(3, start).bind(4, end);
    while (rows.step()) {
      const std::int64_t second = rows.integer(0);
      const std::int64_t age = today - second;
      if (age > kHourAge) continue;
      const std::int64_t seen = std::max(stored, visible_period(age));
      if (seen > std::max<std::int64_t>(period, 60)) continue;
      std::string row_unit = rows.text(1);
      if (!unit.empty() && row_unit != unit) continue;
      Aggregate values;
      values.count = rows.number(2);
      values.sum = rows.number(3);
      values.minimum = rows.number(4);
      values.maximum = rows.number(5);
      values.opaque = rows.integer(6) != 0;
      if (digest) values.unpack_bins(rows.blob(7));
      const std::int64_t time = std::max(start, floor_to(second, seen));
      out[std::move(row_unit)][start + floor_to(time - start, period)].merge(values);
    }
  }
  return out;
}

bool MetricStore::exists(const std::string& account, const std::string& region, const MetricId& id) const {
  return metrics_.find(account, region, id_of(id)) != nullptr;
}

std::int64_t MetricStore::last_of(std::int64_t serial) {
  const auto known = last_.find(serial);
  if (known != last_.end()) return known->second;
  std::int64_t last = 0;
  for (const std::int64_t period : kPeriods) {
    auto newest = store_.sql().query("SELECT max(time) FROM metric_data WHERE serial=? AND period=?");
    newest.bind(1, serial).bind(2, period);
    if (newest.step() && !newest.is_null(0)) last = std::max(last, newest.integer(0));
  }
  return last_[serial] = last;
}

std::vector<std::pair<std::string, const Metric*>> MetricStore::list(const std::string& account,
                                                                     const std::string& region, std::int64_t since) {
  std::vector<std::pair<std::string, const Metric*>> out;
  for (const Metric* row : metrics_.list(account, region))
    if (last_of(row->serial) >= since)
      out.emplace_back(id_of({row->metric_namespace, row->name, row->dimensions}), row);
  return out;
}

void MetricStore::roll(std::int64_t serial, std::int64_t from, std::int64_t to, std::int64_t before) {
  struct Row {
    std::int64_t time;
    std::string unit;
    Aggregate values;
  };
  std::vector<Row> rows;
  {
    auto old = store_.sql().query(
        "SELECT time, unit, count, sum, minimum, maximum, opaque, bins FROM metric_data WHERE serial=? AND period=? "
        "AND "
        "time<? ORDER BY time LIMIT " +
        std::to_string(kRowsAtOnce));
    old.bind(1, serial).bind(2, from).bind(3, before);
    while (old.step()) {
      Row row{old.integer(0), old.text(1), {}};
      row.values.count = old.number(2);
      row.values.sum = old.number(3);
      row.values.minimum = old.number(4);
      row.values.maximum = old.number(5);
      row.values.opaque = old.integer(6) != 0;
      row.values.unpack_bins(old.blob(7));
      rows.push_back(std::move(row));
    }
  }
  if (rows.empty()) return;
  std::map<std::pair<std::int64_t, std::string>, Aggregate> merged;
  for (const Row& row : rows) merged[{floor_to(row.time, to), row.unit}].merge(row.values);
  store_.touch();
  for (const auto& [key, values] : merged) write(serial, to, key.first, key.second, values);
  for (const Row& row : rows)
    store_.sql()
        .query("DELETE FROM metric_data WHERE serial=? AND period=? AND time=? AND unit=?")
        .bind(1, serial)
        .bind(2, from)
        .bind(3, row.time)
        .bind(4, row.unit)
        .run();
}

bool MetricStore::age(Timestamp now, std::size_t metrics) {
  const std::int64_t today = now.ms / 1000;
  std::map<std::int64_t, state::Key> known;
  for (const auto& [key, row] : metrics_.all()) known.emplace(row->serial, key);
  for (std::size_t i = 0; i < metrics; ++i) {
    // The rows tell what there is: series of a removed account are found here too. A metric without rows is as old.
    std::optional<std::int64_t> next;
    {
      auto row = store_.sql().query("SELECT min(serial) FROM metric_data WHERE serial>?");
      row.bind(1, aged_);
      if (row.step() && !row.is_null(0)) next = row.integer(0);
    }
    for (auto at = known.upper_bound(aged_); at != known.end() && (!next || at->first < *next); ++at) {
      metrics_.erase(at->second);
      last_.erase(at->first);
    }
    if (!next) {
      aged_ = 0;
      return true;
    }
    aged_ = *next;
    if (known.count(aged_) == 0) {
      store_.touch();
      store_.sql().query("DELETE FROM metric_data WHERE serial=?").bind(1, aged_).run();
      last_.erase(aged_);
      continue;
    }
    roll(aged_, 1, 60, floor_to(today - kSecondAge, 60));
    roll(aged_, 60, 300, floor_to(today - kMinuteAge, 300));
    roll(aged_, 300, 3600, floor_to(today - kFiveMinuteAge, 3600));
    bool expired = false;
    {
      auto oldest = store_.sql().query("SELECT min(time) FROM metric_data WHERE serial=? AND period=3600");
      oldest.bind(1, aged_);
      expired = oldest.step() && !oldest.is_null(0) && oldest.integer(0) < today - kHourAge;
    }
    if (!expired) continue;
    store_.touch();
    store_.sql()
        .query("DELETE FROM metric_data WHERE serial=? AND period=3600 AND time<?")
        .bind(1, aged_)
        .bind(2, today - kHourAge)
        .run();
  }
  return false;
}

}  // namespace stratus::services::cloudwatch
