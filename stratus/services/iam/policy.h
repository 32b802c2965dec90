// The evaluation of IAM policies: a pure function of documents and one request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stratus::services::iam {

/// The values of condition keys by their names in lower case: "aws:sourceip". A key without values is a key that is not
/// there.
using ConditionKeys = std::map<std::string, std::vector<std::string>>;

/// What one decision is about.
struct Request {
  std::string action;     ///< "ecs:CreateCluster"
  std::string resource;   ///< ARN or "*"
  std::string principal;  ///< ARN of the caller, or the name of a service; matters where a document names principals
  ConditionKeys context;
};

enum class Decision { implicit_deny, allow, explicit_deny };

class Policy {
 public:
  /// Throws std::invalid_argument that says what is wrong. `wants_principal`: trust and resource policies.
  explicit Policy(std::string_view document, bool wants_principal = false);
  ~Policy();
  Policy(Policy&&) noexcept;
  Decision decide(const Request& request) const;
  /// How closely a document must name a principal for its allow to count.
  enum class Naming { account, role_or_user, itself };
  /// As `decide`, but an allow counts only where it names the principal at least so closely. A role, and "*", stand for
  /// a role's sessions; `itself` is the ARN of the session.
  Decision decide_named(const Request& request, Naming least = Naming::role_or_user) const;
  /// What stands under Principal and NotPrincipal: ARNs, account numbers, names of services, "*".
  std::vector<std::string> principals() const;
  /// What stands under Resource and NotResource, and under Action and NotAction (in lower case).
  std::vector<std::string> resources() const;
  std::vector<std::string> actions() const;

 private:
  struct Statement;
  std::vector<Statement> statements_;
};

/// `document` parsed, kept for the next time. Throws as the constructor of Policy.
const Policy& parsed(const std::string& document, bool wants_principal = false);

/// An explicit deny anywhere wins, then any allow.
Decision decide(const std::vector<std::string>& documents, const Request& request);

/// Everything that limits one caller.
struct Permissions {
  std::vector<std::string> identity;    ///< inline, attached, of groups
  std::optional<std::string> boundary;  ///< allows at most this
  std::vector<std::string> session;     ///< where it is not empty, a session may at most what one of these allows
};

struct Verdict {
  Decision decision = Decision::implicit_deny;
  /// Which kind of policy decided: "identity-based policy", "permissions boundary", "session policy".
  const char* source = "identity-based policy";
  bool allowed() const { return decision == Decision::allow; }
  /// Whether a boundary or a session's policies leave the request out.
  bool limited() const {
    return decision == Decision::implicit_deny &&
           (std::string_view(source) == "permissions boundary" || std::string_view(source) == "session policy");
  }
};
/// Whether the ARN is a role's or a session's: what names the role does not lift the limits of who acts under it.
bool acts_in_session(const std::string& principal);

Verdict judge(const Permissions& permissions, const Request& request);

/// What a resource's own policy says.
struct ResourceVerdict {
  Decision decision = Decision::implicit_deny;
  bool alone = false;     ///< the allow names the caller: it needs no policy of the caller's beside it
  bool itself = false;    ///< it names the very ARN, not the role behind a session
  bool required = false;  ///< without the resource's allow nobody may, whatever their own policies say
};
ResourceVerdict judge_resource(const std::string& document, const Request& request);

}  // namespace stratus::services::iam
