// What CloudWatch keeps of the values of one period: count, sum, extremes, and a digest that answers percentiles.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace stratus::services::cloudwatch {

struct Aggregate {
  /// Values that fell together, and how many they are.
  struct Bin {
    double value = 0;
    double count = 0;
    bool operator==(const Bin&) const = default;
  };

  double count = 0;
  double sum = 0;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
  /// Holds a statistic set or a negative value: AWS gives no percentiles then.
  bool opaque = false;
  std::vector<Bin> bins;  ///< ascending; empty where `opaque`

  void add(double value, double times = 1);
  /// A statistic set. Where it can only be one repeated value, percentiles stay possible, as on AWS.
  void add_set(double set_count, double set_sum, double set_minimum, double set_maximum);
  void merge(const Aggregate& other);
  bool empty() const { return count == 0; }

  /// The digest as bytes for the database, and back.
  std::string packed_bins() const;
  void unpack_bins(std::string_view bytes);

 private:
  void settle();
};

}  // namespace stratus::services::cloudwatch
