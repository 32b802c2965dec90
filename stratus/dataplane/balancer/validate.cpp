// What can be told without a balancer: whether a model can be carried, and whether this machine can carry any.
#include <cstdio>

#include "stratus/core/check.h"
#include "stratus/core/process.h"
#include "stratus/core/text.h"
#include "stratus/dataplane/balancer/balancer.h"
#include "stratus/dataplane/balancer/render.h"
#include "stratus/dataplane/balancer/tls_policies.h"

namespace stratus::balancer {

Result<> validate(const LoadBalancer& model) {
  RenderSettings settings;
  settings.directory = "/";
  settings.user = settings.group = "haproxy";
  const auto rendered = render(model, Node{"eni", "", "127.0.0.1", ""}, settings);
  if (!rendered) return rendered.error();
  return {};
}

std::vector<std::string> tls_policies() {
  std::vector<std::string> out;
  for (const auto& policy : all_tls_policies()) out.emplace_back(policy.name);
  return out;
}

std::vector<std::string> tls_ciphers(const std::string& policy) {
  const TlsPolicy* found = find_tls_policy(policy);
  STRATUS_ASSERT(found != nullptr);
  std::string all(found->max_version == "TLSv1.3" ? tls13_suites : "");
  if (!found->ciphers.empty()) all += (all.empty() ? "" : ":") + std::string(found->ciphers);
  return text::split(all, ':');
}

std::vector<std::string> missing_requirements() {
  Command command;
  command.argv = {"haproxy", "-v"};
  const auto version = run_checked(command);
  if (!version) return {"HAProxy is not installed: apt-get install haproxy"};
  // Servers can be added and removed at run time, with health checks, since 2.6.
  const auto at = version->find("version ");
  int major = 0, minor = 0;
  if (at == std::string::npos || std::sscanf(version->c_str() + at, "version %d.%d", &major, &minor) != 2 ||
      major < 2 || (major == 2 && minor < 6))
    return {"HAProxy 2.6 or newer is needed: apt-get install haproxy"};
  return {};
}

}  // namespace stratus::balancer
