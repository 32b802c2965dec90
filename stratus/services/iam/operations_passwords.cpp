// Passwords of users, and the account's policy on them.
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "stratus/core/check.h"
#include "stratus/core/crypto.h"
#include "stratus/core/text.h"
#include "stratus/services/iam/service.h"

namespace stratus::services::iam {
namespace {

constexpr int kRounds = 20'000;           // of PBKDF2: under ten milliseconds, on the event loop
constexpr std::size_t kMostEarlier = 24;  // what PasswordReusePrevention can ask for
constexpr const char* kSymbols = "!@#$%^&*()_+-=[]{}|'";

std::string derive(const std::string& password, const std::string& salt) {
  std::array<unsigned char, 32> out{};
  STRATUS_ASSERT(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                                   reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                                   kRounds, EVP_sha256(), static_cast<int>(out.size()), out.data()) == 1);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

Password hidden(const std::string& password) {
  const std::string salt = crypto::random_bytes(16);
  return {{salt}, {derive(password, salt)}};
}

bool is(const Password& known, const std::string& password) {
  return crypto::equal_constant_time(known.digest.bytes, derive(password, known.salt.bytes));
}

bool any(const std::string& text, bool (*wanted)(char)) { return std::any_of(text.begin(), text.end(), wanted); }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool symbol(char c) { return std::string_view(kSymbols).find(c) != std::string_view::npos; }

/// What is wrong with a password; "" where nothing is.
std::string fault(const std::string& password, const PasswordPolicy* policy) {
  if (policy == nullptr) {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    constexpr std::size_t least = 8;
    const int kinds = static_cast<int>(any(password, upper)) + static_cast<int>(any(password, lower)) +
                      static_cast<int>(any(password, digit)) + static_cast<int>(any(password, symbol));
    if (password.size() < least) return "Password should have a minimum length of 8";
    if (kinds < 3)
      return "Password should include at least three of uppercase letters, lowercase letters, numbers and symbols";
    return "";
  }
  if (password.size() < static_cast<std::size_t>(policy->minimum_length))
    return "Password should have a minimum length of " + std::to_string(policy->minimum_length);
  if (policy->uppercase && !any(password, upper)) return "Password should have at least one uppercase letter";
  if (policy->lowercase && !any(password, lower)) return "Password should have at least one lowercase letter";
  if (policy->numbers && !any(password, digit)) return "Password should have at least one number";
  if (policy->symbols && !any(password, symbol))
    return std::string("Password should have at least one of the following symbols: ") + kSymbols;
  return "";
}

}  // namespace

const LoginProfile& Service::login_profile(const aws::Context& context, const std::string& user) const {
  const Entity& row = entity(context, Kind::user, user);
  if (!row.login) throw im::errors::NoSuchEntityException("Login Profile for User " + user + " cannot be found.");
  return *row.login;
}

void Service::set_password(const aws::Context& context, const std::string& user, const std::string& password) {
  const PasswordPolicy* policy = password_policies_.find(context.account, "", "policy");
  if (const std::string wrong = fault(password, policy); !wrong.empty())
    throw im::errors::PasswordPolicyViolationException(wrong);
  entities_.update(key(context, Kind::user, user), [&](Entity& row) {
    if (!row.login) {
      row.login = LoginProfile{.created = Timestamp{context.now.ms / 1000 * 1000}};
    } else {
      LoginProfile& login = *row.login;
      login.earlier.insert(login.earlier.begin(), login.password);
      const auto forbidden = static_cast<std::size_t>(policy == nullptr ? 0 : policy->reuse_prevention.value_or(0));
      for (std::size_t i = 0; i < std::min(forbidden, login.earlier.size()); ++i)
        if (is(login.earlier[i], password))
          throw im::errors::PasswordPolicyViolationException("Password should not be one of the last " +
                                                             std::to_string(forbidden) + " passwords");
      if (login.earlier.size() > kMostEarlier) login.earlier.resize(kMostEarlier);
    }
    row.login->password = hidden(password);
    row.login->changed = context.now;
  });
}

im::CreateLoginProfileResponse Service::create_login_profile(aws::Context& context,
                                                             const im::CreateLoginProfileRequest& request) {
  const std::string user = caller_user(context, request.user_name);
  if (entity(context, Kind::user, user).login)
    throw im::errors::EntityAlreadyExistsException("Login Profile for user " + user + " already exists.");
  if (!request.password) throw aws::Error("ValidationError", 400, "Must specify a password for the login profile");
  set_password(context, user, *request.password);
  entities_.update(key(context, Kind::user, user),
                   [&](Entity& row) { row.login->reset_required = request.password_reset_required.value_or(false); });
  const LoginProfile& made = login_profile(context, user);
  return {.login_profile = im::LoginProfile{
              .user_name = user, .create_date = made.created, .password_reset_required = made.reset_required}};
}

im::GetLoginProfileResponse Service::get_login_profile(aws::Context& context,
                                                       const im::GetLoginProfileRequest& request) {
  const std::string user = caller_user(context, request.user_name);
  const LoginProfile& found = login_profile(context, user);
  return {.login_profile = im::LoginProfile{
              .user_name = user, .create_date = found.created, .password_reset_required = found.reset_required}};
}

im::UpdateLoginProfileResponse Service::update_login_profile(aws::Context& context,
                                                             const im::UpdateLoginProfileRequest& request) {
  login_profile(context, *request.user_name);
  if (request.password) set_password(context, *request.user_name, *request.password);
  if (request.password_reset_required)
    entities_.update(key(context, Kind::user, *request.user_name),
                     [&](Entity& row) { row.login->reset_required = *request.password_reset_required; });
  return {};
}

im::DeleteLoginProfileResponse Service::delete_login_profile(aws::Context& context,
                                                             const im::DeleteLoginProfileRequest& request) {
  const std::string user = caller_user(context, request.user_name);
  login_profile(context, user);
  entities_.update(key(context, Kind::user, user), [](Entity& row) { row.login.reset(); });
  return {};
}

im::ChangePasswordResponse Service::change_password(aws::Context& context, const im::ChangePasswordRequest& request) {
  if (context.identity.kind != aws::Identity::Kind::user)
    throw im::errors::InvalidUserTypeException("Only IAM Users can change their own password");
  const std::string user = caller_user(context, std::nullopt);
  if (!is(login_profile(context, user).password, *request.old_password))
    throw aws::Error("AccessDenied", 403, "The old password was incorrect.");
  if (const PasswordPolicy* policy = password_policies_.find(context.account, "", "policy");
      policy != nullptr && policy->hard_expiry && policy->max_age_days &&
      context.now - login_profile(context, user).changed >= std::chrono::hours(24) * *policy->max_age_days)
    throw aws::Error("AccessDenied", 403, "The password has expired: only an administrator can set a new one.");
  set_password(context, user, *request.new_password);
  entities_.update(key(context, Kind::user, user), [](Entity& row) { row.login->reset_required = false; });
  return {};
}

im::UpdateAccountPasswordPolicyResponse Service::update_account_password_policy(
    aws::Context& context, const im::UpdateAccountPasswordPolicyRequest& request) {
  // What is not given goes back to its default.
  PasswordPolicy row;
  row.minimum_length = request.minimum_password_length.value_or(6);
  row.symbols = request.require_symbols.value_or(false);
  row.numbers = request.require_numbers.value_or(false);
  row.uppercase = request.require_uppercase_characters.value_or(false);
  row.lowercase = request.require_lowercase_characters.value_or(false);
  row.users_may_change = request.allow_users_to_change_password.value_or(false);
  row.max_age_days = request.max_password_age;
  row.reuse_prevention = request.password_reuse_prevention;
  row.hard_expiry = request.hard_expiry.value_or(false);
  password_policies_.put({context.account, "", "policy"}, row);
  return {};
}

im::GetAccountPasswordPolicyResponse Service::get_account_password_policy(aws::Context& context,
                                                                          const im::GetAccountPasswordPolicyRequest&) {
  const PasswordPolicy* row = password_policies_.find(context.account, "", "policy");
  if (row == nullptr)
    throw im::errors::NoSuchEntityException("The Password Policy with domain name " + context.account +
                                            " cannot be found.");
  return {.password_policy = im::PasswordPolicy{.minimum_password_length = row->minimum_length,
                                                .require_symbols = row->symbols,
                                                .require_numbers = row->numbers,
                                                .require_uppercase_characters = row->uppercase,
                                                .require_lowercase_characters = row->lowercase,
                                                .allow_users_to_change_password = row->users_may_change,
                                                .expire_passwords = row->max_age_days.has_value(),
                                                .max_password_age = row->max_age_days,
                                                .password_reuse_prevention = row->reuse_prevention,
                                                .hard_expiry = row->hard_expiry}};
}

im::DeleteAccountPasswordPolicyResponse Service::delete_account_password_policy(
    aws::Context& context, const im::DeleteAccountPasswordPolicyRequest&) {
  if (!password_policies_.erase({context.account, "", "policy"}))
    throw im::errors::NoSuchEntityException("The account policy with name PasswordPolicy cannot be found.");
  return {};
}

}  // namespace stratus::services::iam
