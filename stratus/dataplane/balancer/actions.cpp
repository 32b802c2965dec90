#include "stratus/dataplane/balancer/actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "stratus/core/text.h"
#include "stratus/dataplane/balancer/responses.h"
#include "stratus/dataplane/balancer/text_safety.h"

namespace stratus::balancer {
namespace {

Failure bad(std::string what) { return Failure{std::move(what), EINVAL}; }

/// `pattern` with ELB's keywords as a HAProxy log-format string.
std::string with_keywords(std::string_view pattern, const Listener& listener) {
  const std::pair<std::string_view, std::string> keywords[] = {
      {"#{protocol}", listener.protocol == Protocol::https ? "https" : "http"},
      {"#{host}", "%[req.hdr(host),host_only]"},
      {"#{port}", std::to_string(listener.port)},
      {"#{path}", "%[path,regsub(^/,)]"},
      {"#{query}", "%[query]"},
  };
  std::string out;
  while (!pattern.empty()) {
    const auto* found = std::find_if(std::begin(keywords), std::end(keywords),
                                     [&](const auto& p) { return pattern.starts_with(p.first); });
    if (found != std::end(keywords)) {
      out += found->second;
      pattern.remove_prefix(found->first.size());
    } else {
      out += literal_format(pattern.substr(0, 1));
      pattern.remove_prefix(1);
    }
  }
  return out;
}

Result<ActionLines> forward(const LoadBalancer& model, const Rule& rule) {
  ActionLines out;
  int total = 0;
  for (const auto& group : rule.action.groups) {
    const auto same = [&](const TargetGroup& g) { return g.id == group.target_group_id; };
    if (std::none_of(model.target_groups.begin(), model.target_groups.end(), same))
      return bad("forwards to target group '" + group.target_group_id + "', which the model does not have");
    if (group.weight < 0 || group.weight > 999)
      return bad(fmt::format("weight {} of target group {}", group.weight, group.target_group_id));
    total += group.weight;
  }
  if (rule.action.groups.empty()) return bad("forwards to nothing");
  const auto when = fmt::format("if {{ var(txn.rule) -m str {} }}", rule.id);
  if (rule.action.groups.size() == 1) {
    if (total > 0)
      out.frontend =
          fmt::format("  http-request set-var(txn.group) str({}) {}\n", rule.action.groups[0].target_group_id, when);
    return out;
  }
  if (rule.action.group_stickiness_seconds > 0) {
    std::string names;
    for (const auto& group : rule.action.groups) names += " " + group.target_group_id;
    out.frontend += fmt::format(
        "  http-request set-var(txn.group) req.cook(AWSALBTG) {} {{ req.cook(AWSALBTG) -m str --{} }}\n", when, names);
    out.frontend +=
        fmt::format("  http-request set-var(txn.sticky) int({}) {}\n", rule.action.group_stickiness_seconds, when);
  }
  if (total == 0) return out;
  out.frontend += fmt::format("  http-request set-var(txn.lot) rand({}) {}\n", total, when);
  int up_to = 0;
  for (const auto& group : rule.action.groups) {
    if (group.weight == 0) continue;
    up_to += group.weight;
    out.frontend += fmt::format(
        "  http-request set-var(txn.group) str({}) {} !{{ var(txn.group) -m found }} {{ var(txn.lot) -m int lt {} }}\n",
        group.target_group_id, when, up_to);
  }
  return out;
}

Result<ActionLines> redirect(const Listener& listener, const Rule& rule, const KeepFile& keep) {
  const auto& a = rule.action;
  if (a.status != 301 && a.status != 302) return bad(fmt::format("redirect with status {}", a.status));
  for (const auto* part :
       {&a.redirect_protocol, &a.redirect_host, &a.redirect_port, &a.redirect_path, &a.redirect_query})
    if (!is_one_line(*part)) return bad("redirect to '" + *part + "'");
  const auto name = action_backend(listener, rule);
  ActionLines out;
  out.frontend =
      fmt::format("  http-request set-var(txn.backend) str({}) if {{ var(txn.rule) -m str {} }}\n", name, rule.id);
  const auto protocol = text::lower(with_keywords(a.redirect_protocol, listener));
  out.backend = fmt::format("backend {}\n", name);
  out.backend +=
      fmt::format("  http-request set-var-fmt(txn.query) {}\n", quoted(with_keywords(a.redirect_query, listener)));
  out.backend += "  http-request set-var-fmt(txn.suffix) '?%[var(txn.query)]' if { var(txn.query) -m len gt 0 }\n";
  const auto location =
      fmt::format("{}://{}:{}{}%[var(txn.suffix)]", protocol, with_keywords(a.redirect_host, listener),
                  with_keywords(a.redirect_port, listener), with_keywords(a.redirect_path, listener));
  out.backend += fmt::format(
      "  http-request return status {} content-type text/html file {} hdr Server awselb/2.0 hdr Location {}\n\n",
      a.status, quoted(keep("page", page(a.status))), quoted(location));
  return out;
}

Result<ActionLines> fixed_response(const Listener& listener, const Rule& rule, const KeepFile& keep) {
  const auto& a = rule.action;
  if (a.status < 200 || a.status > 599 || (a.status >= 300 && a.status < 400))
    return bad(fmt::format("fixed response with status {}", a.status));
  if (!is_one_line(a.content_type)) return bad("content type '" + a.content_type + "'");
  const auto name = action_backend(listener, rule);
  ActionLines out;
  out.frontend =
      fmt::format("  http-request set-var(txn.backend) str({}) if {{ var(txn.rule) -m str {} }}\n", name, rule.id);
  out.backend = fmt::format("backend {}\n  http-request return status {}", name, a.status);
  if (!a.body.empty())
    out.backend += fmt::format(" content-type {} file {}",
                               quoted(a.content_type.empty() ? "text/plain; charset=utf-8" : a.content_type),
                               quoted(keep("body", a.body)));
  out.backend += " hdr Server awselb/2.0\n";
  if (a.status == 503)
    out.backend += "  http-after-response set-status 503 reason \"Service Temporarily Unavailable\"\n";
  out.backend += "\n";
  return out;
}

}  // namespace

std::string action_backend(const Listener& listener, const Rule& rule) {
  return fmt::format("{}.{}.{}", rule.action.type == Action::Type::redirect ? "r" : "f", listener.id, rule.id);
}

Result<ActionLines> action_lines(const LoadBalancer& model, const Listener& listener, const Rule& rule,
                                 const KeepFile& keep) {
  switch (rule.action.type) {
    case Action::Type::forward:
      return forward(model, rule);
    case Action::Type::redirect:
      return redirect(listener, rule, keep);
    case Action::Type::fixed_response:
      return fixed_response(listener, rule, keep);
  }
  return bad("unknown action");
}

}  // namespace stratus::balancer
