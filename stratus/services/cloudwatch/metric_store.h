// Where metric data lies: one row per metric, unit and period of 1 s, 60 s, 300 s or 3600 s.
//
// A value is written once, into the row of its resolution; ageing rolls rows up: 1 s rows become 60 s rows after 3
// hours, those 300 s rows after 15 days, those 3600 s rows after 63 days, and after 455 days they go. Reading merges
// whatever rows fall into the asked period, so a row that waits to be rolled up is never seen finer than AWS would show
// it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "stratus/services/cloudwatch/aggregate.h"
#include "stratus/services/cloudwatch/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::cloudwatch {

using Dimensions = std::vector<aws::cloudwatch::Dimension>;

struct MetricId {
  std::string metric_namespace, name;
  Dimensions dimensions;
};

struct Sample {
  MetricId metric;
  std::string unit = "None";
  Timestamp at;
  bool high_resolution = false;
  Aggregate values;
};

/// By unit, then by the start of the period in seconds since the epoch.
using Periods = std::map<std::int64_t, Aggregate>;
using ByUnit = std::map<std::string, Periods>;

class MetricStore {
 public:
  explicit MetricStore(state::Store& store);

  /// Adds values, inside a call of the store.
  void add(const std::string& account, const std::string& region, const std::vector<Sample>& samples, Timestamp now);
  /// Periods of `period` seconds, aligned to `start`, in [start, end); all units where `unit` is empty. The digest is
  /// read only where it is `wanted`.
  ByUnit read(const std::string& account, const std::string& region, const MetricId& metric, std::int64_t start,
              std::int64_t end, std::int64_t period, const std::string& unit, bool digest, Timestamp now);
  bool exists(const std::string& account, const std::string& region, const MetricId& metric) const;
  /// Every metric of an account and region that got data at or after `since` (seconds), in the order of their keys.
  std::vector<std::pair<std::string, const Metric*>> list(const std::string& account, const std::string& region,
                                                          std::int64_t since);
  /// Rolls up and forgets what is old of a few metrics, inside a call of the store; the next call goes on with the next
  /// ones. Returns true at the end of a round.
  bool age(Timestamp now, std::size_t metrics);

  static std::string id_of(const MetricId& metric);

 private:
  std::int64_t last_of(std::int64_t serial);
  void write(std::int64_t serial, std::int64_t period, std::int64_t time, const std::string& unit,
             const Aggregate& values);
  void roll(std::int64_t serial, std::int64_t from, std::int64_t to, std::int64_t before);
  const Metric& metric(const state::Key& key, const MetricId& id, Timestamp now);

  state::Store& store_;
  state::Table<Metric> metrics_;
  std::unordered_map<std::int64_t, std::int64_t> last_;  ///< newest data of a series, seconds; filled when asked for
  std::int64_t aged_ = 0;                                ///< the last series that `age` looked at
};

}  // namespace stratus::services::cloudwatch
