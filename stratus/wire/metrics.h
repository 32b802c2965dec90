// What the front door counts, as Prometheus reads it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace stratus::wire {

class Metrics {
 public:
  /// `service` and `operation` must be names that we know: a client must not be able to make series.
  void count(const std::string& service, const std::string& operation, int status, double seconds);
  /// How late the loop ran a timer, the last time that it was measured.
  void loop_lag(double seconds);
  /// text/plain; version=0.0.4
  std::string text(std::size_t connections) const;

 private:
  static constexpr std::array<double, 10> kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                      0.025,  0.1,   0.5,    1,     5};  // seconds
  struct Series {
    std::uint64_t count = 0;
    double seconds = 0;
    std::array<std::uint64_t, kBuckets.size()> buckets{};
  };
  std::map<std::tuple<std::string, std::string, int>, Series> series_;
  double loop_lag_ = 0, loop_lag_most_ = 0;  // seconds
};

}  // namespace stratus::wire
