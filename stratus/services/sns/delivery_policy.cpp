#include "stratus/services/sns/delivery_policy.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>

namespace stratus::services::sns {
namespace json = boost::json;
namespace {

constexpr std::array<std::string_view, 4> kBackoffs = {"arithmetic", "exponential", "geometric", "linear"};
constexpr std::array<std::string_view, 12> kContentTypes = {"text/css",
                                                            "text/csv",
                                                            "text/html",
                                                            "text/plain",
                                                            "text/xml",
                                                            "application/atom+xml",
                                                            "application/json",
                                                            "application/octet-stream",
                                                            "application/soap+xml",
                                                            "application/x-www-form-urlencoded",
                                                            "application/xhtml+xml",
                                                            "application/xml"};

json::object defaults() {
  return {{"minDelayTarget", 20},       {"maxDelayTarget", 20},   {"numRetries", 3},
          {"numMaxDelayRetries", 0},    {"numNoDelayRetries", 0}, {"numMinDelayRetries", 0},
          {"backoffFunction", "linear"}};
}

std::string at(const json::object& object, std::string_view key) { return std::string(object.at(key).as_string()); }

void only(const json::object& object, std::initializer_list<std::string_view> known) {
  for (const auto& member : object)
    if (std::find(known.begin(), known.end(), std::string_view(member.key())) == known.end())
      throw std::invalid_argument("Unexpected JSON member: " + std::string(member.key()));
}

const json::object* object_at(const json::object& parent, std::string_view key) {
  const auto* value = parent.if_contains(key);
  if (value == nullptr || value->is_null()) return nullptr;
  if (!value->is_object()) throw std::invalid_argument(std::string(key) + " must be an object");
  return &value->get_object();
}

int integer(const json::object& object, std::string_view key, int least, int most) {
  const auto& value = object.at(key);
  if (!value.is_int64() || value.get_int64() < least || value.get_int64() > most)
    throw std::invalid_argument(std::string(key) + " must be an integer between " + std::to_string(least) + " and " +
                                std::to_string(most));
  return static_cast<int>(value.get_int64());
}

void check_retry(const json::object& given) {
  only(given, {"minDelayTarget", "maxDelayTarget", "numRetries", "numMaxDelayRetries", "numNoDelayRetries",
               "numMinDelayRetries", "backoffFunction"});
  json::object all = defaults();
  for (const auto& member : given)
    if (!member.value().is_null()) all[member.key()] = member.value();
  const int low = integer(all, "minDelayTarget", 1, 3600), high = integer(all, "maxDelayTarget", 1, 3600);
  if (low > high) throw std::invalid_argument("minDelayTarget must be less than or equal to maxDelayTarget");
  const int total = integer(all, "numRetries", 0, 100);
  const int parts = integer(all, "numMaxDelayRetries", 0, 100) + integer(all, "numNoDelayRetries", 0, 100) +
                    integer(all, "numMinDelayRetries", 0, 100);
  if (parts > total)
    throw std::invalid_argument(
        "numRetries must be greater than or equal to numMinDelayRetries + numNoDelayRetries + numMaxDelayRetries");
  if (!all["backoffFunction"].is_string() ||
      std::find(kBackoffs.begin(), kBackoffs.end(), at(all, "backoffFunction")) == kBackoffs.end())
    throw std::invalid_argument("backoffFunction must be one of arithmetic, exponential, geometric, linear");
}

void check_throttle(const json::object& given) {
  only(given, {"maxReceivesPerSecond"});
  if (const auto* value = given.if_contains("maxReceivesPerSecond"); value != nullptr && !value->is_null())
    integer(given, "maxReceivesPerSecond", 1, 1'000'000);
}

void check_request(const json::object& given) {
  only(given, {"headerContentType"});
  const auto* value = given.if_contains("headerContentType");
  if (value == nullptr) return;
  const std::string text = value->is_string() ? std::string(value->get_string()) : "";
  const std::string type = text.substr(0, text.find(';'));
  if (std::find(kContentTypes.begin(), kContentTypes.end(), type) == kContentTypes.end())
    throw std::invalid_argument("headerContentType is not supported: " + text);
}

json::object parse(const std::string& text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) throw std::invalid_argument("failed to parse JSON");
  return value.get_object();
}

json::object parse_or_empty(const std::string& text) { return text.empty() ? json::object{} : parse(text); }

void overlay(json::object& base, const json::object* over) {
  if (over == nullptr) return;
  for (const auto& member : *over)
    if (!member.value().is_null()) base[member.key()] = member.value();
}

}  // namespace

std::optional<Duration> RetryPolicy::pause(int retry) const {
  if (retry > retries) return std::nullopt;
  const auto seconds = [](double value) { return Duration(static_cast<std::int64_t>(value * 1000)); };
  if (retry <= no_delay) return Duration(0);
  retry -= no_delay;
  if (retry <= min_delay) return seconds(min_seconds);
  retry -= min_delay;
  const int steps = retries - no_delay - min_delay - max_delay;
  if (retry > steps) return seconds(max_seconds);
  const double i = retry, n = steps;
  double share = i / n;
  if (backoff == "arithmetic") share = i * (i + 1) / (n * (n + 1));
  if (backoff == "geometric") share = (std::exp2(i) - 1) / (std::exp2(n) - 1);
  if (backoff == "exponential") share = std::expm1(i) / std::expm1(n);
  return seconds(min_seconds + (max_seconds - min_seconds) * share);
}

RetryPolicy mail_policy() {
  RetryPolicy out;
  out.retries = 50;
  out.no_delay = 3;
  out.min_seconds = 1;
  out.max_seconds = 60;
  out.backoff = "exponential";
  return out;
}

void check_topic_policy(const std::string& text) {
  const json::object root = parse(text);
  only(root, {"http"});
  const auto* http = object_at(root, "http");
  if (http == nullptr) return;
  only(*http, {"defaultHealthyRetryPolicy", "disableSubscriptionOverrides", "defaultThrottlePolicy",
               "defaultRequestPolicy", "defaultSicklyRetryPolicy"});
  if (const auto* retry = object_at(*http, "defaultHealthyRetryPolicy")) check_retry(*retry);
  if (const auto* throttle = object_at(*http, "defaultThrottlePolicy")) check_throttle(*throttle);
  if (const auto* request = object_at(*http, "defaultRequestPolicy")) check_request(*request);
  if (object_at(*http, "defaultSicklyRetryPolicy") != nullptr)
    throw std::invalid_argument("defaultSicklyRetryPolicy is not supported");
  if (const auto* flag = http->if_contains("disableSubscriptionOverrides"); flag != nullptr && !flag->is_bool())
    throw std::invalid_argument("disableSubscriptionOverrides must be a boolean");
}

void check_subscription_policy(const std::string& text) {
  const json::object root = parse(text);
  only(root, {"healthyRetryPolicy", "throttlePolicy", "requestPolicy", "sicklyRetryPolicy", "guaranteed"});
  if (const auto* retry = object_at(root, "healthyRetryPolicy")) check_retry(*retry);
  if (const auto* throttle = object_at(root, "throttlePolicy")) check_throttle(*throttle);
  if (const auto* request = object_at(root, "requestPolicy")) check_request(*request);
  if (object_at(root, "sicklyRetryPolicy") != nullptr)
    throw std::invalid_argument("sicklyRetryPolicy is not supported");
  if (const auto* flag = root.if_contains("guaranteed"); flag != nullptr && *flag != false)
    throw std::invalid_argument("guaranteed is not supported");
}

std::string effective_topic_policy(const std::string& topic) {
  const json::object root = parse_or_empty(topic);
  const auto* given = object_at(root, "http");
  json::object http;
  json::object retry = defaults();
  if (given != nullptr) overlay(retry, object_at(*given, "defaultHealthyRetryPolicy"));
  http["defaultHealthyRetryPolicy"] = retry;
  http["disableSubscriptionOverrides"] = false;
  if (given != nullptr && given->contains("disableSubscriptionOverrides"))
    http["disableSubscriptionOverrides"] = given->at("disableSubscriptionOverrides");
  if (given != nullptr)
    if (const auto* throttle = object_at(*given, "defaultThrottlePolicy")) http["defaultThrottlePolicy"] = *throttle;
  json::object request = {{"headerContentType", "text/plain; charset=UTF-8"}};
  if (given != nullptr) overlay(request, object_at(*given, "defaultRequestPolicy"));
  http["defaultRequestPolicy"] = request;
  return json::serialize(json::object{{"http", http}});
}

std::string effective_subscription_policy(const std::string& topic, const std::string& subscription) {
  const json::object above = parse(effective_topic_policy(topic));
  const json::object& http = above.at("http").as_object();
  json::object out;
  json::object retry = http.at("defaultHealthyRetryPolicy").as_object();
  json::object request = http.at("defaultRequestPolicy").as_object();
  out["throttlePolicy"] = nullptr;
  if (const auto* throttle = object_at(http, "defaultThrottlePolicy")) out["throttlePolicy"] = *throttle;
  if (!http.at("disableSubscriptionOverrides").as_bool()) {
    const json::object own = parse_or_empty(subscription);
    overlay(retry, object_at(own, "healthyRetryPolicy"));
    overlay(request, object_at(own, "requestPolicy"));
    if (const auto* throttle = object_at(own, "throttlePolicy")) out["throttlePolicy"] = *throttle;
  }
  out["healthyRetryPolicy"] = retry;
  out["sicklyRetryPolicy"] = nullptr;
  out["requestPolicy"] = request;
  out["guaranteed"] = false;
  return json::serialize(out);
}

RetryPolicy retry_policy(const std::string& effective) {
  RetryPolicy out;
  if (effective.empty()) return out;
  const json::object root = parse(effective);
  const json::object& retry = root.at("healthyRetryPolicy").as_object();
  const auto count = [&](const char* key) { return static_cast<int>(retry.at(key).as_int64()); };
  out.retries = count("numRetries");
  out.no_delay = count("numNoDelayRetries");
  out.min_delay = count("numMinDelayRetries");
  out.max_delay = count("numMaxDelayRetries");
  out.min_seconds = count("minDelayTarget");
  out.max_seconds = count("maxDelayTarget");
  out.backoff = at(retry, "backoffFunction");
  out.content_type = at(root.at("requestPolicy").as_object(), "headerContentType");
  if (const auto* throttle = object_at(root, "throttlePolicy"))
    if (const auto* most = throttle->if_contains("maxReceivesPerSecond"); most != nullptr && most->is_int64())
      out.receives_per_second = static_cast<int>(most->get_int64());
  return out;
}

}  // namespace stratus::services::sns
