// Inline and attached policies of the three kinds of principals: the same seven operations each.
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {

im::PutRolePolicyResponse Service::put_role_policy(aws::Context& context, const im::PutRolePolicyRequest& request) {
  put_inline(context, Kind::role, *request.role_name, *request.policy_name, *request.policy_document);
  return {};
}

im::GetRolePolicyResponse Service::get_role_policy(aws::Context& context, const im::GetRolePolicyRequest& request) {
  return {.role_name = request.role_name,
          .policy_name = request.policy_name,
          .policy_document = get_inline(context, Kind::role, *request.role_name, *request.policy_name)};
}

im::DeleteRolePolicyResponse Service::delete_role_policy(aws::Context& context,
                                                         const im::DeleteRolePolicyRequest& request) {
  delete_inline(context, Kind::role, *request.role_name, *request.policy_name);
  return {};
}

im::ListRolePoliciesResponse Service::list_role_policies(aws::Context& context,
                                                         const im::ListRolePoliciesRequest& request) {
  return {.policy_names = inline_names(context, Kind::role, *request.role_name), .is_truncated = false};
}

im::AttachRolePolicyResponse Service::attach_role_policy(aws::Context& context,
                                                         const im::AttachRolePolicyRequest& request) {
  attach(context, Kind::role, *request.role_name, *request.policy_arn);
  return {};
}

im::DetachRolePolicyResponse Service::detach_role_policy(aws::Context& context,
                                                         const im::DetachRolePolicyRequest& request) {
  detach(context, Kind::role, *request.role_name, *request.policy_arn);
  return {};
}

im::ListAttachedRolePoliciesResponse Service::list_attached_role_policies(
    aws::Context& context, const im::ListAttachedRolePoliciesRequest& request) {
  return {.attached_policies = attached(context, Kind::role, *request.role_name, request.path_prefix),
          .is_truncated = false};
}

im::PutUserPolicyResponse Service::put_user_policy(aws::Context& context, const im::PutUserPolicyRequest& request) {
  put_inline(context, Kind::user, *request.user_name, *request.policy_name, *request.policy_document);
  return {};
}

im::GetUserPolicyResponse Service::get_user_policy(aws::Context& context, const im::GetUserPolicyRequest& request) {
  return {.user_name = request.user_name,
          .policy_name = request.policy_name,
          .policy_document = get_inline(context, Kind::user, *request.user_name, *request.policy_name)};
}

im::DeleteUserPolicyResponse Service::delete_user_policy(aws::Context& context,
                                                         const im::DeleteUserPolicyRequest& request) {
  delete_inline(context, Kind::user, *request.user_name, *request.policy_name);
  return {};
}

im::ListUserPoliciesResponse Service::list_user_policies(aws::Context& context,
                                                         const im::ListUserPoliciesRequest& request) {
  return {.policy_names = inline_names(context, Kind::user, *request.user_name), .is_truncated = false};
}

im::AttachUserPolicyResponse Service::attach_user_policy(aws::Context& context,
                                                         const im::AttachUserPolicyRequest& request) {
  attach(context, Kind::user, *request.user_name, *request.policy_arn);
  return {};
}

im::DetachUserPolicyResponse Service::detach_user_policy(aws::Context& context,
                                                         const im::DetachUserPolicyRequest& request) {
  detach(context, Kind::user, *request.user_name, *request.policy_arn);
  return {};
}

im::ListAttachedUserPoliciesResponse Service::list_attached_user_policies(
    aws::Context& context, const im::ListAttachedUserPoliciesRequest& request) {
  return {.attached_policies = attached(context, Kind::user, *request.user_name, request.path_prefix),
          .is_truncated = false};
}

im::PutGroupPolicyResponse Service::put_group_policy(aws::Context& context, const im::PutGroupPolicyRequest& request) {
  put_inline(context, Kind::group, *request.group_name, *request.policy_name, *request.policy_document);
  return {};
}

im::GetGroupPolicyResponse Service::get_group_policy(aws::Context& context, const im::GetGroupPolicyRequest& request) {
  return {.group_name = request.group_name,
          .policy_name = request.policy_name,
          .policy_document = get_inline(context, Kind::group, *request.group_name, *request.policy_name)};
}

im::DeleteGroupPolicyResponse Service::delete_group_policy(aws::Context& context,
                                                           const im::DeleteGroupPolicyRequest& request) {
  delete_inline(context, Kind::group, *request.group_name, *request.policy_name);
  return {};
}

im::ListGroupPoliciesResponse Service::list_group_policies(aws::Context& context,
                                                           const im::ListGroupPoliciesRequest& request) {
  return {.policy_names = inline_names(context, Kind::group, *request.group_name), .is_truncated = false};
}

im::AttachGroupPolicyResponse Service::attach_group_policy(aws::Context& context,
                                                           const im::AttachGroupPolicyRequest& request) {
  attach(context, Kind::group, *request.group_name, *request.policy_arn);
  return {};
}

im::DetachGroupPolicyResponse Service::detach_group_policy(aws::Context& context,
                                                           const im::DetachGroupPolicyRequest& request) {
  detach(context, Kind::group, *request.group_name, *request.policy_arn);
  return {};
}

im::ListAttachedGroupPoliciesResponse Service::list_attached_group_policies(
    aws::Context& context, const im::ListAttachedGroupPoliciesRequest& request) {
  return {.attached_policies = attached(context, Kind::group, *request.group_name, request.path_prefix),
          .is_truncated = false};
}

}  // namespace stratus::services::iam
