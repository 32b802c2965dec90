// Identifiers as AWS shapes them, from an injected source of randomness.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace stratus {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  /// `digits` lower-case hexadecimal digits.
  std::string hex(std::size_t digits);
  /// `length` characters out of `alphabet`.
  std::string from(std::string_view alphabet, std::size_t length);
  /// "vpc-0123456789abcdef0": the prefix, a dash, 17 hexadecimal digits, the first of them 0, as EC2 writes ids.
  std::string ec2_id(std::string_view prefix);
  /// Version 4: "01234567-89ab-4cde-8f01-23456789abcd".
  std::string uuid();
  /// In [0, bound).
  std::uint64_t below(std::uint64_t bound);
};

/// From the kernel's generator (getrandom).
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

/// The same sequence for the same seed: for tests and simulation.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace stratus
