#include "stratus/dataplane/balancer/render.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/balancer/actions.h"
#include "stratus/dataplane/balancer/conditions.h"
#include "stratus/dataplane/balancer/responses.h"
#include "stratus/dataplane/balancer/servers.h"
#include "stratus/dataplane/balancer/text_safety.h"
#include "stratus/dataplane/balancer/tls_policies.h"

namespace stratus::balancer {
namespace {

Failure bad(std::string what) { return Failure{std::move(what), EINVAL}; }

bool is_address(const std::string& text) {
  in_addr parsed{};
  return inet_pton(AF_INET, text.c_str(), &parsed) == 1;
}

/// "200", "200,302", "200-299,302": what `http-check expect status` takes too.
bool is_matcher(std::string_view matcher) {
  for (const auto& part : text::split(matcher, ',')) {
    const auto ends = text::split(part, '-');
    if (ends.empty() || ends.size() > 2) return false;
    for (const auto& code : ends)
      if (code.size() != 3 || code.find_first_not_of("0123456789") != std::string::npos) return false;
  }
  return !matcher.empty();
}

/// Writes one node's configuration, section by section.
class Writer {
 public:
  Writer(const LoadBalancer& model, const Node& node, const RenderSettings& settings)
      : model_(model), node_(node), settings_(settings) {}

  Result<Rendered> write() {
    if (!is_plain_id(model_.id)) return bad("load balancer id '" + model_.id + "' cannot name a file");
    if (!is_address(node_.address)) return bad("node address '" + node_.address + "' is not an IPv4 address");
    global();
    defaults();
    none();
    std::set<std::uint16_t> ports;
    for (const auto& listener : model_.listeners) {
      if (!ports.insert(listener.port).second) return bad(fmt::format("two listeners on port {}", listener.port));
      if (auto done = frontend(listener); !done) return done.error();
    }
    std::string structure = out_.config;
    for (const auto& group : model_.target_groups) {
      if (auto done = target_group(group, structure); !done) return done.error();
    }
    // File names carry their content's hash, so that the text alone tells whether anything changed. What differs
    // between two generations of one process is left out.
    for (const auto* path : {&settings_.socket, &settings_.state_file})
      if (const auto at = structure.find(*path); !path->empty() && at != std::string::npos)
        structure.erase(at, path->size());
    out_.structure = crypto::sha256_hex(structure);
    return std::move(out_);
  }

 private:
  template <class... A>
  void line(fmt::format_string<A...> format, A&&... arguments) {
    fmt::format_to(std::back_inserter(out_.config), format, std::forward<A>(arguments)...);
    out_.config += '\n';
  }

  /// Keeps `content` beside the configuration; the name is derived from it.
  std::string file(std::string_view kind, std::string content) {
    const auto name = fmt::format("{}-{}", kind, crypto::sha256_hex(content).substr(0, 24));
    out_.files[name] = std::move(content);
    return settings_.directory + "/" + name;
  }

  void global() {
    line("global");
    line("  user {}", settings_.user);
    line("  group {}", settings_.group);
    line("  stats socket {} mode 600 level admin expose-fd listeners", quoted(settings_.socket));
    line("  server-state-file {}", quoted(settings_.state_file));
    line("  hard-stop-after {}ms", settings_.hard_stop_after.count());
    if (settings_.threads > 0) line("  nbthread {}", settings_.threads);
    // ELB takes request lines and headers of up to 64 KiB together.
    line("  tune.bufsize 69632");
    line("  tune.http.maxhdr 256");
    line("  tune.ssl.default-dh-param 2048");
    line("");
  }

  void defaults() {
    const auto& a = model_.attributes;
    line("http-errors elb");
    for (const int status : {400, 403, 408, 413, 500, 502, 504})
      line("  errorfile {} {}", status, quoted(file("error", error_file(status))));
    line("");
    line("defaults");
    line("  mode http");
    line("  errorfiles elb");
    // HAProxy says 503 for a connection that failed; ELB says 502 when it was refused and 504 when ten seconds passed.
    const std::string verdict = "%[date(0,ms),sub(txn.start),div(9900),iif(504 Gateway Time-out,502 Bad Gateway)]";
    line("  http-error status 503 content-type text/html lf-file {} hdr Server awselb/2.0",
         quoted(file("unreachable", page(verdict))));
    line("  load-server-state-from-file global");
    line("  timeout connect 10s");
    line("  timeout client {}s", a.idle_timeout_seconds);
    line("  timeout server {}s", a.idle_timeout_seconds);
    line("  timeout tunnel {}s", a.idle_timeout_seconds);
    line("  timeout http-keep-alive {}s", a.idle_timeout_seconds);
    line("  timeout http-request {}s", a.idle_timeout_seconds);
    line("  timeout client-fin 10s");
    line("  retries 0");
    line("  option http-no-delay");
    line("  option http-ignore-probes");
    line("  option idle-close-on-response");
    line("  http-reuse safe");
    line("");
  }

  void none() {
    line("backend none");
    line("  http-request return status 503 content-type text/html file {} hdr Server awselb/2.0",
         quoted(file("page", page(503))));
    line("  http-after-response set-status 503 reason \"Service Temporarily Unavailable\"");
    line("");
  }

  Result<> frontend(const Listener& listener) {
    if (!is_plain_id(listener.id)) return bad("listener id '" + listener.id + "' cannot name a frontend");
    const bool tls = listener.protocol == Protocol::https;
    std::string bind = fmt::format("{}:{}", node_.address, listener.port);
    if (tls) {
      auto options = tls_options(listener);
      if (!options) return options.error();
      bind += *options;
    }
    line("frontend l.{}", listener.id);
    line("  bind {}", bind);
    request_headers(listener);

    auto rules = listener.rules;
    std::stable_sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) { return a.priority < b.priority; });
    rules.push_back(Rule{"default", 0, {}, listener.default_action});
    std::string backends;
    for (const auto& rule : rules) {
      if (!is_plain_id(rule.id)) return bad("rule id '" + rule.id + "' cannot name a backend");
      auto conditions = acl(rule.conditions);
      if (!conditions) return failure_of(rule, conditions.error());
      line("  http-request set-var(txn.rule) str({}) if !{{ var(txn.rule) -m found }} {}", rule.id, *conditions);
      const auto write_file = [this](std::string_view kind, std::string content) {
        return file(kind, std::move(content));
      };
      auto action = action_lines(model_, listener, rule, write_file);
      if (!action) return failure_of(rule, action.error());
      out_.config += action->frontend;
      backends += action->backend;
    }
    choose_backend();
    out_.config += backends;
    return {};
  }

  static Failure failure_of(const Rule& rule, const Failure& why) {
    return Failure{"rule " + rule.id + ": " + why.what, why.error};
  }

  void request_headers(const Listener& listener) {
    const auto& a = model_.attributes;
    const bool tls = listener.protocol == Protocol::https;
    line("  tcp-request connection set-var(sess.start) date()");
    line("  http-request set-var(txn.start) date(0,ms)");
    if (a.drop_invalid_header_fields) line("  http-request del-header '[^-A-Za-z0-9]' -m reg");
    const std::string client = a.xff_client_port ? "%[src]:%[src_port]" : "%[src]";
    if (a.forwarded_for == Attributes::ForwardedFor::remove) line("  http-request del-header X-Forwarded-For");
    if (a.forwarded_for == Attributes::ForwardedFor::append) {
      line(
          "  http-request set-var(txn.forwarded) req.fhdr(X-Forwarded-For) if {{ req.fhdr_cnt(X-Forwarded-For) eq 1 "
          "}}");
      line(
          "  http-request set-header X-Forwarded-For \"%[var(txn.forwarded)], {}\" if {{ var(txn.forwarded) -m found "
          "}}",
          client);
      line("  http-request add-header X-Forwarded-For \"{}\" if !{{ var(txn.forwarded) -m found }}", client);
    }
    line("  http-request set-header X-Forwarded-Proto {}", tls ? "https" : "http");
    line("  http-request set-header X-Forwarded-Port {}", listener.port);
    line("  http-request del-header X-Amzn-Tls-Version");
    line("  http-request del-header X-Amzn-Tls-Cipher-Suite");
    if (tls && a.tls_version_and_cipher_headers) {
      line("  http-request set-header X-Amzn-Tls-Version %[ssl_fc_protocol]");
      line("  http-request set-header X-Amzn-Tls-Cipher-Suite %[ssl_fc_cipher]");
    }
    line("  http-request set-var-fmt(txn.time) \"%{{+X}}o%Ts\"");
    line("  http-request set-var-fmt(txn.trace) \"1-%[var(txn.time),lower]-%[uuid(4),regsub(-,,g),bytes(0,24)]\"");
    line("  http-request set-var(txn.traced) req.fhdr(X-Amzn-Trace-Id)");
    line("  http-request set-header X-Amzn-Trace-Id \"Root=%[var(txn.trace)]\" if !{{ var(txn.traced) -m found }}");
    line(
        "  http-request set-header X-Amzn-Trace-Id \"Self=%[var(txn.trace)];%[var(txn.traced)]\" if {{ var(txn.traced) "
        "-m sub Root= }}");
    line(
        "  http-request set-header X-Amzn-Trace-Id \"Root=%[var(txn.trace)];%[var(txn.traced)]\" if {{ var(txn.traced) "
        "-m found }} "
        "!{{ var(txn.traced) -m sub Root= }}");
    if (!a.preserve_host_header && listener.port != (tls ? 443 : 80))
      line("  http-request set-header Host \"%[req.hdr(host)]:{}\" if {{ req.hdr(host) -m reg -- '^[^:]+$' }}",
           listener.port);
    // A connection older than this is closed with its next response.
    line("  http-response set-header Connection close if {{ date(),sub(sess.start) ge {} }}",
         a.client_keep_alive_seconds);
    line("  http-after-response set-header Date \"%[date,http_date]\" if !{{ res.hdr(date) -m found }}");
  }

  void choose_backend() {
    line("  http-request set-var-fmt(txn.checked) \"g.%[var(txn.group)]\" if {{ var(txn.group) -m found }}");
    line("  http-request set-var-fmt(txn.open) \"o.%[var(txn.group)]\" if {{ var(txn.group) -m found }}");
    line("  http-request set-var(txn.backend) var(txn.checked) if {{ var(txn.checked),nbsrv gt 0 }}");
    // A process that finishes its last connections after a reload counts no servers; it still has them.
    line("  http-request set-var(txn.backend) var(txn.checked) if {{ stopping }} {{ var(txn.checked) -m found }}");
    line(
        "  http-request set-var(txn.backend) var(txn.open) if !{{ var(txn.backend) -m found }} {{ var(txn.open),nbsrv "
        "gt 0 }}");
    line("  http-request set-var(txn.backend) str(none) if !{{ var(txn.backend) -m found }}");
    line(
        "  http-response add-header Set-Cookie \"AWSALBTG=%[var(txn.group)]; "
        "Expires=%[date,add(txn.sticky),http_date]; Path=/\" "
        "if {{ var(txn.sticky) -m found }}");
    line("  use_backend %[var(txn.backend)]");
    line("");
  }

  Result<std::string> tls_options(const Listener& listener) {
    const auto* policy = find_tls_policy(listener.tls_policy);
    if (policy == nullptr) return bad("TLS policy '" + listener.tls_policy + "' is not implemented");
    auto certificates = listener.certificates;
    std::stable_partition(certificates.begin(), certificates.end(), [](const Certificate& c) { return c.is_default; });
    if (certificates.empty() || !certificates.front().is_default)
      return bad("listener " + listener.id + " has no default certificate");
    std::string list;
    for (const auto& certificate : certificates) {
      list += file("certificate", certificate.pem);
      for (const auto& name : certificate.sni_names) {
        if (!is_one_line(name) || name.find_first_of(" #[]!'\"\\") != std::string::npos || name.empty())
          return bad("certificate name '" + name + "'");
        // The default certificate answers for every name anyhow; a filter on it would do no harm and no good.
        if (!certificate.is_default) list += " " + name;
      }
      list += "\n";
    }
    std::string out = fmt::format(" ssl crt-list {} ssl-min-ver {} ssl-max-ver {}", quoted(file("certificates", list)),
                                  policy->min_version, policy->max_version);
    if (!policy->ciphers.empty()) out += fmt::format(" ciphers {}", policy->ciphers);
    if (policy->max_version == "TLSv1.3") out += fmt::format(" ciphersuites {}", tls13_suites);
    return out + (model_.attributes.http2 ? " alpn h2,http/1.1" : " alpn http/1.1");
  }

  Result<> target_group(const TargetGroup& group, std::string& structure) {
    const auto& check = group.health_check;
    if (!is_plain_id(group.id)) return bad("target group id '" + group.id + "' cannot name a backend");
    if (check.enabled && !is_matcher(check.matcher))
      return bad("health check matcher '" + check.matcher + "' of target group " + group.id);
    if (check.enabled &&
        (!is_one_line(check.path) || !check.path.starts_with('/') || check.path.find(' ') != std::string::npos))
      return bad("health check path '" + check.path + "' of target group " + group.id);
    if (group.app_cookie.find_first_of(" ,;()'\"\\=") != std::string::npos || !is_one_line(group.app_cookie))
      return bad("application cookie '" + group.app_cookie + "'");
    const auto start = out_.config.size();
    backend(group, checked_backend(group.id));
    const auto middle = out_.config.size();
    backend(group, open_backend(group.id));
    structure += out_.config.substr(start);
    // A change of the check's figures concerns every server: it shows here even while the group is empty.
    structure += checked_options(group, Target{}) + open_options(group, Target{});
    std::string checked, open;
    for (const auto& target : group.targets) {
      if (!is_address(target.address)) return bad("target '" + target.id + "' has no IPv4 address");
      const std::string_view out_of_use = target.draining ? " disabled" : "";
      checked +=
          fmt::format("  server {} {} weight 100{}\n", server_name(target), checked_options(group, target), out_of_use);
      open +=
          fmt::format("  server {} {} weight 100{}\n", server_name(target), open_options(group, target), out_of_use);
    }
    out_.config.append(open);
    out_.config.insert(middle, checked);
    return {};
  }

  void backend(const TargetGroup& group, const std::string& name) {
    const auto& check = group.health_check;
    line("backend {}", name);
    switch (group.algorithm) {
      case TargetGroup::Algorithm::round_robin:
        line("  balance roundrobin");
        break;
      case TargetGroup::Algorithm::least_outstanding_requests:
        line("  balance leastconn");
        break;
      case TargetGroup::Algorithm::weighted_random:
        line("  balance random");
        break;
    }
    if (check.enabled) {
      line("  option httpchk");
      line("  http-check send meth GET uri {} ver HTTP/1.1 hdr Host {} hdr User-Agent ELB-HealthChecker/2.0",
           quoted(literal_format(check.path)), node_.address);
      line("  http-check expect status {}", check.matcher);
      line("  timeout check {}s", check.timeout_seconds);
    }
    if (!group.app_cookie.empty()) {
      line("  stick-table type string len 128 size 100k expire {}s", group.stickiness_seconds);
      line("  stick on req.cook({})", group.app_cookie);
      line("  stick store-response res.cook({})", group.app_cookie);
    } else if (group.stickiness_seconds > 0) {
      line("  use-server %[req.cook(AWSALB)] if {{ req.cook(AWSALB) -m found }}");
      const auto expires = fmt::format("%[srv_name]; Expires=%[date,http_date({})]; Path=/", group.stickiness_seconds);
      line("  http-response add-header Set-Cookie \"AWSALB={}\"", expires);
      line("  http-response add-header Set-Cookie \"AWSALBCORS={}; SameSite=None; Secure\"", expires);
    }
    line("  http-response set-var(txn.answered) bool(true)");
    line(
        "  http-after-response set-status 504 reason \"Gateway Time-out\" if {{ status 503 }} !{{ var(txn.answered) -m "
        "found }} "
        "{{ date(0,ms),sub(txn.start) ge 9900 }}");
    line(
        "  http-after-response set-status 502 reason \"Bad Gateway\" if {{ status 503 }} !{{ var(txn.answered) -m "
        "found }}");
  }

  const LoadBalancer& model_;
  const Node& node_;
  const RenderSettings& settings_;
  Rendered out_;
};

}  // namespace

Result<Rendered> render(const LoadBalancer& model, const Node& node, const RenderSettings& settings) {
  return Writer(model, node, settings).write();
}

}  // namespace stratus::balancer
