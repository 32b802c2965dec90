#include "stratus/services/cloudwatch/aggregate.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace stratus::services::cloudwatch {
namespace {

// Up to this many different values percentiles are exact; beyond, values fall together in bins of 1 % width (2 %, 4 %,
// … until they fit), so a digest never exceeds 4 KiB.
constexpr std::size_t kExact = 128;
constexpr std::size_t kBins = 256;

void coarsen(std::vector<Aggregate::Bin>& bins, double width) {
  const double scale = 1.0 / std::log1p(width);
  const auto bucket = [&](double value) {
    return value <= 0 ? std::numeric_limits<double>::lowest() : std::floor(std::log(value) * scale);
  };
  std::vector<Aggregate::Bin> out;
  double last = 0;
  for (const auto& bin : bins) {
    const double at = bucket(bin.value);
    if (!out.empty() && at == last) {
      auto& into = out.back();
      into.value = (into.value * into.count + bin.value * bin.count) / (into.count + bin.count);
      into.count += bin.count;
    } else {
      out.push_back(bin);
      last = at;
    }
  }
  bins = std::move(out);
}

}  // namespace

void Aggregate::settle() {
  if (opaque) {
    bins.clear();
    return;
  }
  if (bins.size() <= kExact) return;
  double width = 0.01;
  coarsen(bins, width);
  while (bins.size() > kBins) coarsen(bins, width *= 2);
}

void Aggregate::add(double value, double times) {
  if (times <= 0) return;
  count += times;
  sum += value * times;
  minimum = std::min(minimum, value);
  maximum = std::max(maximum, value);
  if (value < 0) opaque = true;
  if (!opaque) {
    const auto at =
        std::lower_bound(bins.begin(), bins.end(), value, [](const Bin& b, double v) { return b.value < v; });
    if (at != bins.end() && at->value == value) {
      at->count += times;
      return;
    }
    bins.insert(at, {value, times});
  }
  settle();
}

void Aggregate::add_set(double set_count, double set_sum, double set_minimum, double set_maximum) {
  if (set_count <= 0) return;
  if (set_minimum == set_maximum && set_sum == set_minimum * set_count) {
    add(set_minimum, set_count);
    return;
  }
  count += set_count;
  sum += set_sum;
  minimum = std::min(minimum, set_minimum);
  maximum = std::max(maximum, set_maximum);
  opaque = true;
  settle();
}

void Aggregate::merge(const Aggregate& other) {
  count += other.count;
  sum += other.sum;
  minimum = std::min(minimum, other.minimum);
  maximum = std::max(maximum, other.maximum);
  opaque = opaque || other.opaque;
  if (!opaque && !other.bins.empty()) {
    std::vector<Bin> out;
    out.reserve(bins.size() + other.bins.size());
    std::merge(bins.begin(), bins.end(), other.bins.begin(), other.bins.end(), std::back_inserter(out),
               [](const Bin& a, const Bin& b) { return a.value < b.value; });
    bins.clear();
    for (const auto& bin : out) {
      if (!bins.empty() && bins.back().value == bin.value) {
        bins.back().count += bin.count;
      } else {
        bins.push_back(bin);
      }
    }
  }
  settle();
}

std::string Aggregate::packed_bins() const {
  // One repeated value needs no digest: the other columns tell it.
  if (opaque || bins.size() <= 1) return "";
  std::string out(bins.size() * sizeof(Bin), '\0');
  std::memcpy(out.data(), bins.data(), out.size());
  return out;
}

void Aggregate::unpack_bins(std::string_view bytes) {
  bins.clear();
  if (opaque || count == 0) return;
  if (bytes.empty()) {
    bins.push_back({minimum, count});
    return;
  }
  bins.resize(bytes.size() / sizeof(Bin));
  std::memcpy(bins.data(), bytes.data(), bins.size() * sizeof(Bin));
}

}  // namespace stratus::services::cloudwatch
