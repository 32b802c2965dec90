// What one client may take: a few requests a minute, a budget of tokens an hour, some streams at once; and the switch
// that spares a failing service.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <string>
#include <unordered_map>

namespace counselor {

using Clock = std::chrono::steady_clock;

/// Buckets that fill evenly, one per client. Remembers the latest 10 000 clients.
class Buckets {
 public:
  Buckets(double size, std::chrono::seconds refill)
      : size_(size), per_second_(size / static_cast<double>(refill.count())) {}
  /// Takes `amount`, or says in how many seconds it would be there (then nothing is taken). More than a whole bucket is
  /// taken from a full one.
  int take(const std::string& client, double amount, Clock::time_point now);
  void give_back(const std::string& client, double amount);

 private:
  struct Bucket {
    double level;
    Clock::time_point at;
    std::list<std::string>::iterator order;
  };
  static constexpr std::size_t kMost = 10'000;
  double size_, per_second_;
  std::unordered_map<std::string, Bucket> buckets_;
  std::list<std::string> order_;  ///< the one used last at the end
};

/// Streams that are open, in all and per client.
class StreamCount {
 public:
  StreamCount(int all, int per_client) : most_(all), most_per_client_(per_client) {}
  enum class Answer { kYes, kClientFull, kFull };
  Answer enter(const std::string& client);
  void leave(const std::string& client);
  int open() const { return open_; }

 private:
  int most_, most_per_client_, open_ = 0;
  std::map<std::string, int> clients_;
};

/// Opens after five failures in a row; a quarter of a minute later one request may try, and its end decides.
class CircuitBreaker {
 public:
  static constexpr int kFailures = 5;
  static constexpr std::chrono::seconds kRest{15};
  /// Whether a request may go; where it is the trial, the next ones may not until it has ended.
  bool allow(Clock::time_point now);
  void succeeded();
  void failed(Clock::time_point now);
  /// The trial ended without a verdict: the client left.
  void undecided() { trying_ = false; }
  bool open(Clock::time_point now) const { return failures_ >= kFailures && now < until_; }
  int seconds_left(Clock::time_point now) const;

 private:
  int failures_ = 0;
  bool trying_ = false;
  Clock::time_point until_{};
};

}  // namespace counselor
