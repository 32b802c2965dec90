#include "stratus/services/iam/policy.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <stdexcept>
#include <unordered_map>

#include "stratus/core/text.h"
#include "stratus/services/iam/conditions.h"

namespace stratus::services::iam {
namespace {

namespace json = boost::json;

[[noreturn]] void syntax() { throw std::invalid_argument("Syntax errors in policy."); }

std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

/// A string or a list of strings; booleans and numbers as they are written.
std::vector<std::string> strings(const json::value& value) {
  std::vector<std::string> out;
  const auto one = [&](const json::value& v) {
    if (v.is_string())
      out.emplace_back(view(v.as_string()));
    else if (v.is_bool() || v.is_number())
      out.push_back(json::serialize(v));
    else
      syntax();
  };
  if (!value.is_array()) return one(value), out;
  for (const auto& v : value.as_array()) one(v);
  return out;
}

std::string account_of(const std::string& arn) {
  const auto parts = text::split(arn, ':');
  return parts.size() > 5 ? parts[4] : "";
}

enum class PrincipalMatch { none, account, named, itself };

/// How `wanted` names `principal`: by an account that it belongs to, or itself.
PrincipalMatch match_principal(const std::string& wanted, const std::string& principal) {
  if (wanted == principal) return PrincipalMatch::itself;
  if (wanted == "*") return PrincipalMatch::named;
  const std::string account = account_of(principal);
  if (account.empty()) return PrincipalMatch::none;
  if (wanted == account || wanted == "arn:aws:iam::" + account + ":root") return PrincipalMatch::account;
  // A role stands for its sessions.
  const std::string prefix = "arn:aws:sts::" + account + ":assumed-role/";
  if (!principal.starts_with(prefix) || !wanted.starts_with("arn:aws:iam::" + account + ":role/"))
    return PrincipalMatch::none;
  const auto session = text::split(std::string_view(principal).substr(prefix.size()), '/');
  return text::split(wanted, '/').back() == session[0] ? PrincipalMatch::named : PrincipalMatch::none;
}

PrincipalMatch match_principal(const std::vector<std::string>& wanted, const std::string& principal) {
  PrincipalMatch out = PrincipalMatch::none;
  for (const auto& w : wanted) out = std::max(out, match_principal(w, principal));
  return out;
}

PrincipalMatch least_match(Policy::Naming naming) {
  switch (naming) {
    case Policy::Naming::account:
      return PrincipalMatch::account;
    case Policy::Naming::role_or_user:
      return PrincipalMatch::named;
    case Policy::Naming::itself:
      break;
  }
  return PrincipalMatch::itself;
}

bool is_sid(std::string_view text) {
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
         std::string_view::npos;
}

}  // namespace

struct Policy::Statement {
  bool allow = false;
  std::vector<std::string> actions, not_actions, resources, not_resources;  // actions in lower case
  std::optional<std::vector<std::string>> principals, not_principals;
  std::vector<Condition> conditions;

  bool applies(const Request& request, const std::string& action, Policy::Naming least) const {
    const auto action_in = [&](const std::vector<std::string>& list) {
      return std::any_of(list.begin(), list.end(),
                         [&](const std::string& a) { return text::wildcard_match(a, action); });
    };
    const auto resource_in = [&](const std::vector<std::string>& list) {
      return std::any_of(list.begin(), list.end(),
                         [&](const std::string& r) { return matches_pattern(r, request.resource, request); });
    };
    if (!actions.empty() ? !action_in(actions) : action_in(not_actions)) return false;
    if (!resources.empty() && !resource_in(resources)) return false;
    if (!not_resources.empty() && resource_in(not_resources)) return false;
    if (principals) {
      const PrincipalMatch match = match_principal(*principals, request.principal);
      if (match == PrincipalMatch::none || (allow && match < least_match(least))) return false;
    }
    if (not_principals && allow && least == Naming::itself) return false;
    if (not_principals && match_principal(*not_principals, request.principal) != PrincipalMatch::none) return false;
    return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& c) { return c.holds(request); });
  }

  static Statement read(const json::object& item, bool wants_principal) {
    Statement s;
    for (const auto& [key, value] : item) {
      const std::string_view name = view(key);
      if (name == "Effect") {
        if (value != "Allow" && value != "Deny")
          throw std::invalid_argument("Invalid effect: " + json::serialize(value));
        s.allow = value == "Allow";
      } else if (name == "Action" || name == "NotAction") {
        (name == "Action" ? s.actions : s.not_actions) = read_actions(value);
      } else if (name == "Resource" || name == "NotResource") {
        (name == "Resource" ? s.resources : s.not_resources) = read_resources(value, wants_principal);
      } else if (name == "Principal" || name == "NotPrincipal") {
        if (!wants_principal) throw std::invalid_argument("Policy document should not specify a principal.");
        (name == "Principal" ? s.principals : s.not_principals) = read_principals(value);
      } else if (name == "Condition") {
        s.conditions = read_conditions(value);
      } else if (name != "Sid") {
        syntax();
      }
    }
    if (!item.contains("Effect")) throw std::invalid_argument("Missing required field Effect");
    if (s.actions.empty() == s.not_actions.empty())
      throw std::invalid_argument("Policy statement must contain actions.");
    if (!wants_principal && s.resources.empty() == s.not_resources.empty())
      throw std::invalid_argument("Policy statement must contain resources.");
    if (wants_principal && s.principals.has_value() == s.not_principals.has_value())
      throw std::invalid_argument("Missing required field Principal");
    return s;
  }

  static std::vector<std::string> read_actions(const json::value& value) {
    auto out = strings(value);
    for (auto& action : out) {
      action = text::lower(action);
      if (action == "*") continue;
      const auto colon = action.find(':');
      if (colon == std::string::npos || colon == 0)
        throw std::invalid_argument("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
      if (action.find(':', colon + 1) != std::string::npos)
        throw std::invalid_argument("Actions/Condition can contain only one colon.");
      if (action.substr(0, colon).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
        throw std::invalid_argument("Vendor " + action.substr(0, colon) + " is not valid");
    }
    return out;
  }

  /// What AWS's older parser demands of an ARN in an identity-based policy.
  static void check_arn(const std::string& resource) {
    const auto parts = text::split(resource, ':');
    const auto open = [](const std::string& part) { return part.find_first_of("*?$") != std::string::npos; };
    static const std::set<std::string> partitions = {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b"};
    if (!open(parts[1]) && partitions.count(parts[1]) == 0)
      throw std::invalid_argument("Partition \"" + parts[1] + "\" is not valid for resource \"" + resource + "\".");
    if (parts.size() < 3 || parts[2].empty() || (open(parts[2]) && parts.size() > 3))
      throw std::invalid_argument("Resource vendor must be fully qualified and cannot contain regexes.");
    if (parts.size() < 6 && !open(resource)) throw std::invalid_argument("The policy failed legacy parsing");
    if (parts.size() > 3 && parts[2] == "s3" && !parts[3].empty() && !open(parts[3]))
      throw std::invalid_argument("Resource " + resource + " can not contain region information.");
    if (parts.size() > 3 && parts[2] == "iam" && !parts[3].empty() && !open(parts[3]))
      throw std::invalid_argument("IAM resource " + resource + " cannot contain region information.");
  }

  static std::vector<std::string> read_resources(const json::value& value, bool wants_principal) {
    auto out = strings(value);
    if (!wants_principal)
      for (const auto& resource : out)
        if (resource.starts_with("arn:")) check_arn(resource);
    for (const auto& resource : out)
      if (resource != "*" && !resource.starts_with("arn:") && !resource.starts_with("*") && resource.find("${") != 0)
        throw std::invalid_argument("Resource " + resource + " must be in ARN format or \"*\".");
    return out;
  }

  static std::vector<std::string> read_principals(const json::value& value) {
    if (!value.is_object()) {
      if (value != "*") throw std::invalid_argument("Invalid principal in policy.");
      return {"*"};
    }
    std::vector<std::string> out;
    for (const auto& [kind, names] : value.as_object()) {
      if (kind != "AWS" && kind != "Service" && kind != "Federated" && kind != "CanonicalUser")
        throw std::invalid_argument("Invalid principal in policy: \"" + std::string(view(kind)) + "\"");
      for (auto& name : strings(names)) out.push_back(std::move(name));
    }
    return out;
  }

  static std::vector<Condition> read_conditions(const json::value& value) {
    std::vector<Condition> out;
    if (!value.is_object()) syntax();
    for (const auto& [op, keys] : value.as_object()) {
      if (!keys.is_object()) syntax();
      for (const auto& [key, wanted] : keys.as_object())
        out.emplace_back(std::string(view(op)), std::string(view(key)), strings(wanted));
    }
    return out;
  }
};

Policy::~Policy() = default;
Policy::Policy(Policy&&) noexcept = default;

Policy::Policy(std::string_view document, bool wants_principal) {
  boost::system::error_code error;
  const json::value root = json::parse(document, error);
  if (error || !root.is_object()) throw std::invalid_argument("Syntax errors in policy.");
  const auto& object = root.as_object();
  for (const auto& [name, value] : object)
    if (name != "Version" && name != "Id" && name != "Statement") syntax();
  if (const auto* version = object.if_contains("Version"))
    if (*version != "2012-10-17" && *version != "2008-10-17")
      throw std::invalid_argument("The policy must contain a valid version string.");
  const auto* list = object.if_contains("Statement");
  if (list == nullptr || (!list->is_object() && !list->is_array())) syntax();
  const json::array statements = list->is_array() ? list->as_array() : json::array{*list};
  if (statements.empty()) syntax();
  std::set<std::string> sids;
  for (const auto& item : statements) {
    if (!item.is_object()) syntax();
    if (const auto* sid = item.as_object().if_contains("Sid")) {
      if (!sid->is_string()) syntax();
      const std::string_view text = view(sid->as_string());
      if (!wants_principal && !is_sid(text))
        throw std::invalid_argument(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*");
      if (!text.empty() && !sids.insert(std::string(text)).second)
        throw std::invalid_argument("Statement IDs (SID) in a single policy must be unique.");
    }
    statements_.push_back(Statement::read(item.as_object(), wants_principal));
  }
}

Decision Policy::decide(const Request& request) const { return decide_named(request, Naming::account); }

Decision Policy::decide_named(const Request& request, Naming least) const {
  Decision out = Decision::implicit_deny;
  const std::string action = text::lower(request.action);
  for (const auto& statement : statements_) {
    if (!statement.applies(request, action, least)) continue;
    if (!statement.allow) return Decision::explicit_deny;
    out = Decision::allow;
  }
  return out;
}

std::vector<std::string> Policy::principals() const {
  std::vector<std::string> out;
  for (const auto& s : statements_)
    for (const auto* list : {&s.principals, &s.not_principals})
      if (*list) out.insert(out.end(), (*list)->begin(), (*list)->end());
  return out;
}

std::vector<std::string> Policy::resources() const {
  std::vector<std::string> out;
  for (const auto& s : statements_)
    for (const auto* list : {&s.resources, &s.not_resources}) out.insert(out.end(), list->begin(), list->end());
  return out;
}

std::vector<std::string> Policy::actions() const {
  std::vector<std::string> out;
  for (const auto& s : statements_)
    for (const auto* list : {&s.actions, &s.not_actions}) out.insert(out.end(), list->begin(), list->end());
  return out;
}

const Policy& parsed(const std::string& document, bool wants_principal) {
  // Each call of a caller who is no root asks the same few documents. Only the loop's thread comes here.
  static std::unordered_map<std::string, Policy> kinds[2];
  auto& cache = kinds[wants_principal ? 1 : 0];
  if (const auto found = cache.find(document); found != cache.end()) return found->second;
  constexpr std::size_t most = 2000;
  if (cache.size() >= most) cache.clear();
  return cache.emplace(document, Policy(document, wants_principal)).first->second;
}

Decision decide(const std::vector<std::string>& documents, const Request& request) {
  Decision out = Decision::implicit_deny;
  for (const auto& document : documents) {
    const Decision one = parsed(document).decide(request);
    if (one == Decision::explicit_deny) return one;
    if (one == Decision::allow) out = one;
  }
  return out;
}

ResourceVerdict judge_resource(const std::string& document, const Request& request) {
  const Policy& policy = parsed(document, true);
  return {.decision = policy.decide(request),
          .alone = policy.decide_named(request) == Decision::allow,
          .itself = policy.decide_named(request, Policy::Naming::itself) == Decision::allow};
}

bool acts_in_session(const std::string& principal) {
  return principal.starts_with("arn:aws:sts::") ||
         (principal.starts_with("arn:aws:iam::") && principal.find(":role/") != std::string::npos);
}

Verdict judge(const Permissions& permissions, const Request& request) {
  struct Layer {
    Decision decision;
    const char* name;
  };
  std::vector<Layer> layers = {{decide(permissions.identity, request), "identity-based policy"}};
  if (permissions.boundary) layers.push_back({decide({*permissions.boundary}, request), "permissions boundary"});
  if (!permissions.session.empty()) layers.push_back({decide(permissions.session, request), "session policy"});
  for (const auto& layer : layers)
    if (layer.decision == Decision::explicit_deny) return {layer.decision, layer.name};
  // The limits first: a resource's allow may stand in for the identity's policies, but not for them.
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    if (layer->decision == Decision::implicit_deny) return {layer->decision, layer->name};
  return {Decision::allow, layers.front().name};
}

}  // namespace stratus::services::iam
