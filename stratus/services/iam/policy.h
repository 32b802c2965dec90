// The evaluation of IAM policies: a pure function of documents and one request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stratus::services::iam {

/// What one decision is about.
struct Request {
  std::string action;     ///< "ecs:CreateCluster"
  std::string resource;   ///< ARN or "*"
  std::string principal;  ///< ARN of the caller; matters where a document names principals
  std::map<std::string, std::vector<std::string>> context;  ///< condition keys, lower case: "aws:sourceip"
};

enum class Decision { implicit_deny, allow, explicit_deny };

class Policy {
 public:
  /// Throws std::invalid_argument that says what is wrong. `wants_principal`: trust and resource policies.
  explicit Policy(std::string_view document, bool wants_principal = false);
  ~Policy();
  Policy(Policy&&) noexcept;
  Decision decide(const Request& request) const;

 private:
  struct Statement;
  std::vector<Statement> statements_;
};

/// An explicit deny anywhere wins, then any allow.
Decision decide(const std::vector<std::string>& documents, const Request& request);

}  // namespace stratus::services::iam
