// Validation, issue, renewal and expiry.
#include <algorithm>
#include <memory>

#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/acm/service.h"

namespace stratus::services::acm {
namespace {

constexpr std::chrono::hours kValidationLimit{72};
constexpr std::chrono::hours kLife{24 * 395};  // thirteen months, as AWS issues
constexpr std::chrono::hours kRenewBefore{24 * 60};
constexpr std::chrono::seconds kLookAgain{30};
constexpr std::chrono::hours kRenewalLookAgain{1};
constexpr std::chrono::minutes kBackdated{5};  // clocks of clients differ

bool same_name(std::string a, std::string b) {
  if (a.ends_with('.')) a.pop_back();
  if (b.ends_with('.')) b.pop_back();
  return text::lower(a) == text::lower(b);
}

}  // namespace

void Service::start() {
  Reconciler::start();
  wake();
}

void Service::reconcile() {
  const Timestamp now = loop_.clock().now();
  std::optional<Timestamp> next;
  const auto at = [&](Timestamp time) { next = next ? std::min(*next, time) : time; };
  for (const auto& [key, row] : certificates_.all()) {
    const auto& value = row->value;
    const std::string& arn = key.id;
    if (value.status == "PENDING_VALIDATION") {
      if (*value.created_at + kValidationLimit <= now) {
        store_.call([&, key = key] {
          certificates_.update(key, [](CertificateRow& timed_out) {
            timed_out.value.status = "VALIDATION_TIMED_OUT";
            for (auto& option : *timed_out.value.domain_validation_options)
              if (option.validation_status != "SUCCESS") option.validation_status = "FAILED";
          });
        });
        continue;
      }
      look_up(key, false);
      at(now + kLookAgain);
      at(*value.created_at + kValidationLimit);
    } else if (value.status == "ISSUED") {
      if (*value.not_after <= now) {
        store_.call([&, key = key] {
          certificates_.update(key, [](CertificateRow& expired) { expired.value.status = "EXPIRED"; });
        });
        changed(arn);
        continue;
      }
      at(*value.not_after);
      if (value.type != "AMAZON_ISSUED") continue;
      const bool due = row->renewal_asked || *value.not_after - kRenewBefore <= now;
      if (!due) {
        at(*value.not_after - kRenewBefore);
      } else if (!users_.in_use_by(arn).empty()) {
        // AWS renews what is in use; what nobody serves may lapse.
        if (row->renewal_asked || next_look_[arn] <= now) look_up(key, true);
        at(now + kRenewalLookAgain);
      } else {
        at(now + kRenewalLookAgain);
      }
    }
  }
  if (next) wake_in(std::max<Duration>(*next - now, Duration(100)));
}

void Service::look_up(const state::Key& key, bool renewal) {
  const CertificateRow* row = certificates_.find(key);
  if (row == nullptr || !busy_.insert(key.id).second) return;
  std::map<std::string, std::string> wanted;  // record → where it must lead
  for (const auto& option : *row->value.domain_validation_options)
    if (renewal || option.validation_status != "SUCCESS")
      wanted[*option.resource_record->name] = *option.resource_record->value;
  auto seen = std::make_shared<std::map<std::string, bool>>();
  if (wanted.empty()) return validated(key, renewal, *seen);
  const std::size_t count = wanted.size();
  for (const auto& [name, value] : wanted)
    resolution_.cname(name, [this, key, renewal, seen, count, name = name, value = value](const std::string& answer) {
      (*seen)[name] = !answer.empty() && same_name(answer, value);
      if (seen->size() == count) validated(key, renewal, *seen);
    });
}

void Service::validated(const state::Key& key, bool renewal, const std::map<std::string, bool>& seen) {
  busy_.erase(key.id);
  const CertificateRow* row = certificates_.find(key);
  if (row == nullptr) return;
  const Timestamp now = loop_.clock().now();
  const bool complete = std::all_of(seen.begin(), seen.end(), [](const auto& entry) { return entry.second; });
  if (renewal) {
    next_look_[key.id] = now + kRenewalLookAgain;
    store_.call([&] {
      certificates_.update(key, [&](CertificateRow& changed) {
        changed.renewal_asked = false;
        if (complete) return;
        cm::RenewalSummary summary{.renewal_status = "PENDING_VALIDATION",
                                   .domain_validation_options = changed.value.domain_validation_options,
                                   .updated_at = now};
        for (auto& option : *summary.domain_validation_options)
          option.validation_status = seen.at(*option.resource_record->name) ? "SUCCESS" : "PENDING_VALIDATION";
        changed.value.renewal_summary = std::move(summary);
      });
    });
    if (complete) issue(key, true);
    return;
  }
  if (row->value.status != "PENDING_VALIDATION") return;
  const bool progress = std::any_of(seen.begin(), seen.end(), [](const auto& entry) { return entry.second; });
  if (progress)
    store_.call([&] {
      certificates_.update(key, [&](CertificateRow& changed) {
        for (auto& option : *changed.value.domain_validation_options)
          if (const auto found = seen.find(*option.resource_record->name); found != seen.end() && found->second)
            option.validation_status = "SUCCESS";
      });
    });
  if (complete) issue(key, false);
}

std::string Service::issue_server(const std::string& key, const std::vector<std::string>& names) {
  const Timestamp now = loop_.clock().now();
  return x509::issue(root_, key, names, random_serial(), now - kBackdated, now + kLife);
}

void Service::issue(const state::Key& key, bool renewal) {
  const CertificateRow* row = certificates_.find(key);
  if (row == nullptr || !busy_.insert(key.id).second) return;
  const auto pair = std::make_shared<x509::Pair>();
  const Timestamp now = loop_.clock().now();
  loop_.run_blocking(
      [pair, root = root_, names = *row->value.subject_alternative_names, algorithm = *row->value.key_algorithm,
       serial = random_serial(), now] {
        pair->key = x509::make_key(algorithm);
        pair->certificate = x509::issue(root, pair->key, names, serial, now - kBackdated, now + kLife);
      },
      [this, key, renewal, pair] { issued(key, renewal, *pair); });
}

void Service::issued(const state::Key& key, bool renewal, const x509::Pair& pair) {
  busy_.erase(key.id);
  const CertificateRow* row = certificates_.find(key);
  if (row == nullptr || (row->value.status != "PENDING_VALIDATION" && !renewal)) return;
  const Timestamp now = loop_.clock().now();
  const auto described = x509::describe(pair.certificate);
  store_.call([&] {
    certificates_.update(key, [&](CertificateRow& made) {
      auto& value = made.value;
      made.certificate = pair.certificate;
      made.chain = root_.certificate;
      made.sealed_key = {seal(key.id, pair.key)};
      value.status = "ISSUED";
      if (!renewal) value.issued_at = now;
      value.serial = described->serial;
      value.subject = "CN=" + *value.domain_name;
      value.issuer = described->issuer_name;
      value.not_before = described->not_before;
      value.not_after = described->not_after;
      value.signature_algorithm = described->signature_algorithm;
      value.key_usages = {{{.name = "DIGITAL_SIGNATURE"}}};
      if (value.key_algorithm->starts_with("RSA")) value.key_usages->push_back({.name = "KEY_ENCIPHERMENT"});
      value.extended_key_usages = {{{.name = "TLS_WEB_SERVER_AUTHENTICATION", .oid = "1.3.6.1.5.5.7.3.1"},
                                    {.name = "TLS_WEB_CLIENT_AUTHENTICATION", .oid = "1.3.6.1.5.5.7.3.2"}}};
      for (auto& option : *value.domain_validation_options) option.validation_status = "SUCCESS";
      if (renewal)
        value.renewal_summary = cm::RenewalSummary{.renewal_status = "SUCCESS",
                                                   .domain_validation_options = value.domain_validation_options,
                                                   .updated_at = now};
    });
    changed(key.id);
  });
  log::info(renewal ? "acm.renewed" : "acm.issued", {{"certificate", key.id}});
  wake();
}

}  // namespace stratus::services::acm
