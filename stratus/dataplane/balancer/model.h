// What an Application Load Balancer is to be: plain values, made by the service from its records, in AWS's terms.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stratus::balancer {

/// One elastic network interface of the load balancer, in one subnet. Its HAProxy runs inside `netns` and listens on
/// `address`.
struct Node {
  std::string eni_id;
  std::string netns;    ///< path: "/run/netns/st-eni-…"
  std::string address;  ///< private IPv4 address
  std::string availability_zone;
};

enum class Protocol { http, https };

struct Certificate {
  std::string pem;                     ///< certificate, chain and private key, concatenated
  std::vector<std::string> sni_names;  ///< empty: the names in the certificate itself
  bool is_default = false;
};

/// All conditions of a rule must hold; one of a condition's values must match. `*` and `?` are wildcards where AWS has
/// them.
struct Condition {
  enum class Field { path_pattern, host_header, http_header, http_request_method, query_string, source_ip };
  Field field = Field::path_pattern;
  std::string header_name;                                       ///< http_header
  std::vector<std::string> values;                               ///< every field but query_string
  std::vector<std::pair<std::string, std::string>> query_pairs;  ///< query_string: key (may be empty) and value
};

struct WeightedGroup {
  std::string target_group_id;
  int weight = 1;
};

/// One terminal action.
struct Action {
  enum class Type { forward, redirect, fixed_response };
  Type type = Type::fixed_response;

  // forward
  std::vector<WeightedGroup> groups;
  int group_stickiness_seconds = 0;  ///< 0: off; else clients stay with the target group that they got (AWSALBTG)

  // redirect; each may hold #{protocol} #{host} #{port} #{path} #{query}
  std::string redirect_protocol = "#{protocol}", redirect_host = "#{host}", redirect_port = "#{port}",
              redirect_path = "/#{path}", redirect_query = "#{query}";

  // redirect (301, 302) and fixed_response (2xx, 4xx, 5xx)
  int status = 503;
  std::string content_type;
  std::string body;
};

struct Rule {
  std::string id;
  int priority = 0;
  std::vector<Condition> conditions;
  Action action;
};

struct Listener {
  std::string id;
  std::uint16_t port = 80;
  Protocol protocol = Protocol::http;
  std::vector<Certificate> certificates;  ///< https: exactly one is the default
  std::string tls_policy;                 ///< https: "ELBSecurityPolicy-…"
  std::vector<Rule> rules;                ///< any order; the lowest priority number wins
  Action default_action;
};

struct Target {
  std::string id;  ///< the service's name for it (an instance id, an address)
  std::string address;
  std::uint16_t port = 80;
  std::string availability_zone;
  /// Gets no new requests (unless a sticky client insists on nothing else: never), finishes the running ones. The
  /// service removes it from the model when the deregistration delay is over, or as soon as `TargetHealth::drained`. A
  /// target that disappears from the model has its connections closed at once.
  bool draining = false;
};

struct HealthCheck {
  bool enabled = true;
  Protocol protocol = Protocol::http;
  std::uint16_t port = 0;  ///< 0: the port on which the target receives traffic
  std::string path = "/";
  std::string matcher = "200";  ///< "200", "200,302", "200-299,302"
  int interval_seconds = 30, timeout_seconds = 5;
  int healthy_threshold = 5, unhealthy_threshold = 2;
};

struct TargetGroup {
  enum class Algorithm { round_robin, least_outstanding_requests, weighted_random };
  std::string id;  ///< short, of [A-Za-z0-9_-]
  Protocol protocol = Protocol::http;
  std::vector<Target> targets;
  HealthCheck health_check;
  int slow_start_seconds = 0;
  Algorithm algorithm = Algorithm::round_robin;
  /// Stickiness by the load balancer's own cookie (AWSALB), or by the application's where `app_cookie` is not empty.
  int stickiness_seconds = 0;
  std::string app_cookie;
};

struct Attributes {
  enum class ForwardedFor { append, preserve, remove };
  int idle_timeout_seconds = 60;
  int client_keep_alive_seconds = 3600;
  bool http2 = true;
  bool drop_invalid_header_fields = false;
  bool preserve_host_header = false;
  bool xff_client_port = false;
  bool tls_version_and_cipher_headers = false;
  ForwardedFor forwarded_for = ForwardedFor::append;
};

struct LoadBalancer {
  std::string id;    ///< short, of [A-Za-z0-9_-]: names files and directories
  std::string name;  ///< for logs
  std::vector<Node> nodes;
  std::vector<Listener> listeners;
  std::vector<TargetGroup> target_groups;  ///< every group that a listener or rule names
  Attributes attributes;
};

}  // namespace stratus::balancer
