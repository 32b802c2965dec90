#include "stratus/wire/metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "stratus/core/process.h"

namespace stratus::wire {

void Metrics::count(const std::string& service, const std::string& operation, int status, double seconds) {
  Series& series = series_[{service, operation, status}];
  ++series.count;
  series.seconds += seconds;
  for (std::size_t i = 0; i < kBuckets.size(); ++i)
    if (seconds <= kBuckets[i]) ++series.buckets[i];
}

void Metrics::loop_lag(double seconds) {
  loop_lag_ = seconds;
  loop_lag_most_ = std::max(loop_lag_most_, seconds);
}

std::string Metrics::text(std::size_t connections) const {
  std::string out;
  const auto family = [&](const char* name, const char* type, const char* help) {
    out += fmt::format("# HELP {} {}\n", name, help);
    out += fmt::format("# TYPE {} {}\n", name, type);
  };
  family("stratus_requests_total", "counter", "API calls.");
  for (const auto& [key, series] : series_) {
    const auto& [service, operation, status] = key;
    out += fmt::format("stratus_requests_total{{service=\"{}\",operation=\"{}\",status=\"{}\"}} {}\n", service,
                       operation, status, series.count);
  }
  family("stratus_request_seconds", "histogram", "Time from a request's last byte to its answer, without the commit.");
  for (const auto& [key, series] : series_) {
    const auto& [service, operation, status] = key;
    const std::string labels = fmt::format("service=\"{}\",operation=\"{}\",status=\"{}\"", service, operation, status);
    for (std::size_t i = 0; i < kBuckets.size(); ++i)
      out += fmt::format("stratus_request_seconds_bucket{{{},le=\"{}\"}} {}\n", labels, kBuckets[i], series.buckets[i]);
    out += fmt::format("stratus_request_seconds_bucket{{{},le=\"+Inf\"}} {}\n", labels, series.count);
    out += fmt::format("stratus_request_seconds_sum{{{}}} {}\n", labels, series.seconds);
    out += fmt::format("stratus_request_seconds_count{{{}}} {}\n", labels, series.count);
  }
  family("stratus_connections", "gauge", "Open connections.");
  out += fmt::format("stratus_connections {}\n", connections);
  family("stratus_loop_lag_seconds", "gauge", "How late the event loop ran its last measured timer.");
  out += fmt::format("stratus_loop_lag_seconds {}\n", loop_lag_);
  family("stratus_loop_lag_max_seconds", "gauge",
         "The latest that the event loop has run a measured timer since the start.");
  out += fmt::format("stratus_loop_lag_max_seconds {}\n", loop_lag_most_);
  long pages = 0;
  if (const auto statm = read_file("/proc/self/statm")) std::sscanf(statm->c_str(), "%*d %ld", &pages);
  family("process_resident_memory_bytes", "gauge", "Resident memory.");
  out += fmt::format("process_resident_memory_bytes {}\n", pages * ::sysconf(_SC_PAGESIZE));
  return out;
}

}  // namespace stratus::wire
