#include "stratus/dataplane/balancer/tally.h"

#include <algorithm>

namespace stratus::balancer {
namespace {

std::int64_t grown(const Row& before, const Row& after, std::string_view column) {
  const auto was = static_cast<std::int64_t>(number(before, column)),
             is = static_cast<std::int64_t>(number(after, column));
  return is >= was ? is - was : is;  // a server that was removed and added again counts from zero
}

std::uint64_t growing(std::int64_t value, std::uint64_t last) {
  return std::max(last, static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
}

}  // namespace

void Tally::Responses::add(const Row& before, const Row& after) {
  c2xx += grown(before, after, "hrsp_2xx");
  c3xx += grown(before, after, "hrsp_3xx");
  c4xx += grown(before, after, "hrsp_4xx");
  c5xx += grown(before, after, "hrsp_5xx");
}

void Tally::Responses::add(const Responses& other) {
  c2xx += other.c2xx;
  c3xx += other.c3xx;
  c4xx += other.c4xx;
  c5xx += other.c5xx;
}

void Tally::add(const Rows& before, const Rows& after) {
  static const Row nothing;
  for (const auto& [key, row] : after) {
    const auto& [proxy, server] = key;
    const auto found = before.find(key);
    const Row& was = found == before.end() ? nothing : found->second;
    if (server == "FRONTEND") {
      frontends_.add(was, row);
      connections_ += grown(was, row, "conn_tot");
      received_ += grown(was, row, "bin");
      sent_ += grown(was, row, "bout");
      rejected_ += grown(was, row, "dcon") + grown(was, row, "dses");
      tls_errors_ += grown(was, row, "ssl_failed_handshake");
    } else if (server == "BACKEND") {
      if (proxy == "none") none_.add(was, row);
      if (proxy.starts_with("f.")) fixed_.add(was, row);
      if (proxy.starts_with("r.")) redirects_.add(was, row);
    } else if (proxy.starts_with("g.") || proxy.starts_with("o.")) {
      Responses responses;
      responses.add(was, row);
      auto& group = groups_[proxy.substr(2)];
      group.responses.add(responses);
      group.requests += grown(was, row, "stot");
      group.connection_errors += grown(was, row, "econ");
      // HAProxy gives the average of the server's last 1024 requests, in milliseconds.
      group.response_seconds += static_cast<double>(responses.c2xx + responses.c3xx + responses.c4xx + responses.c5xx) *
                                static_cast<double>(number(row, "rtime")) / 1000.0;
    }
  }
}

void Tally::add(const Tally& other) {
  frontends_.add(other.frontends_);
  fixed_.add(other.fixed_);
  redirects_.add(other.redirects_);
  none_.add(other.none_);
  connections_ += other.connections_;
  received_ += other.received_;
  sent_ += other.sent_;
  rejected_ += other.rejected_;
  tls_errors_ += other.tls_errors_;
  for (const auto& [id, group] : other.groups_) {
    auto& mine = groups_[id];
    mine.responses.add(group.responses);
    mine.requests += group.requests;
    mine.connection_errors += group.connection_errors;
    mine.response_seconds += group.response_seconds;
  }
}

Counters Tally::counters(const Counters& last) const {
  Counters out = last;
  Responses targets;
  std::int64_t requests = 0;
  for (const auto& [id, group] : groups_) {
    targets.add(group.responses);
    requests += group.requests;
    auto& g = out.groups[id];
    g.requests = growing(group.requests, g.requests);
    g.target_2xx = growing(group.responses.c2xx, g.target_2xx);
    g.target_3xx = growing(group.responses.c3xx, g.target_3xx);
    g.target_4xx = growing(group.responses.c4xx, g.target_4xx);
    g.target_5xx = growing(group.responses.c5xx, g.target_5xx);
    g.connection_errors = growing(group.connection_errors, g.connection_errors);
    const auto& r = group.responses;
    g.timed_responses = growing(r.c2xx + r.c3xx + r.c4xx + r.c5xx, g.timed_responses);
    g.response_seconds = std::max(g.response_seconds, group.response_seconds);
  }
  out.requests = growing(requests, last.requests);
  out.elb_3xx = growing(frontends_.c3xx - targets.c3xx, last.elb_3xx);
  out.elb_4xx = growing(frontends_.c4xx - targets.c4xx - fixed_.c4xx, last.elb_4xx);
  out.elb_5xx = growing(frontends_.c5xx - targets.c5xx - fixed_.c5xx, last.elb_5xx);
  out.elb_503 = growing(none_.c5xx, last.elb_503);
  out.fixed_responses = growing(fixed_.c2xx + fixed_.c4xx + fixed_.c5xx, last.fixed_responses);
  out.redirects = growing(redirects_.c3xx, last.redirects);
  out.new_connections = growing(connections_, last.new_connections);
  out.received_bytes = growing(received_, last.received_bytes);
  out.sent_bytes = growing(sent_, last.sent_bytes);
  out.rejected_connections = growing(rejected_, last.rejected_connections);
  out.tls_errors = growing(tls_errors_, last.tls_errors);
  return out;
}

}  // namespace stratus::balancer
