#include "app/backend/counsel/limits.h"

#include <algorithm>
#include <cmath>

namespace counselor {

int Buckets::take(const std::string& client, double amount, Clock::time_point now) {
  auto found = buckets_.find(client);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kMost) {
      buckets_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(client);
    found = buckets_.emplace(client, Bucket{size_, now, std::prev(order_.end())}).first;
  } else {
    order_.splice(order_.end(), order_, found->second.order);
  }
  Bucket& bucket = found->second;
  const double seconds = std::chrono::duration<double>(now - bucket.at).count();
  bucket.level = std::min(size_, bucket.level + std::max(0.0, seconds) * per_second_);
  bucket.at = now;
  const double wanted = std::min(amount, size_);
  if (bucket.level + 1e-9 < wanted)
    return std::max(1, static_cast<int>(std::ceil((wanted - bucket.level) / per_second_)));
  bucket.level -= amount;
  return 0;
}

void Buckets::give_back(const std::string& client, double amount) {
  if (const auto found = buckets_.find(client); found != buckets_.end())
    found->second.level = std::min(size_, found->second.level + amount);
}

StreamCount::Answer StreamCount::enter(const std::string& client) {
  if (open_ >= most_) return Answer::kFull;
  int& mine = clients_[client];
  if (mine >= most_per_client_) return Answer::kClientFull;
  ++mine;
  ++open_;
  return Answer::kYes;
}

void StreamCount::leave(const std::string& client) {
  --open_;
  if (const auto found = clients_.find(client); found != clients_.end() && --found->second <= 0) clients_.erase(found);
}

bool CircuitBreaker::allow(Clock::time_point now) {
  if (failures_ < kFailures) return true;
  if (now < until_ || trying_) return false;
  trying_ = true;
  return true;
}

void CircuitBreaker::succeeded() {
  failures_ = 0;
  trying_ = false;
}

void CircuitBreaker::failed(Clock::time_point now) {
  ++failures_;
  trying_ = false;
  if (failures_ >= kFailures) until_ = now + kRest;
}

int CircuitBreaker::seconds_left(Clock::time_point now) const {
  return std::max(1, static_cast<int>(std::ceil(std::chrono::duration<double>(until_ - now).count())));
}

}  // namespace counselor
