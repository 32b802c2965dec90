#include "stratus/services/s3/lifecycle.h"

#include <set>

#include "stratus/services/s3/errors.h"

namespace stratus::services::s3 {
namespace {

constexpr std::int64_t kDay = 86'400'000;       // milliseconds
constexpr std::int64_t kSmallest = 128 * 1024;  // bytes; smaller objects are not moved to another class by themselves

/// Ages count in whole days and end at the next midnight UTC.
Timestamp midnight_after(Timestamp from, std::int64_t days) {
  const std::int64_t at = from.ms + days * kDay;
  return {(at + kDay - 1) / kDay * kDay};
}

bool has_tag(const Attributes& about, const api::Tag& tag) {
  for (const api::Tag& own : about.tags)
    if (own.key == tag.key && own.value.value_or("") == tag.value.value_or("")) return true;
  return false;
}

bool enabled(const api::LifecycleRule& rule) { return rule.status == "Enabled"; }

/// Whether a rule's filter takes a key; `version` is null for uploads and delete markers, which have no size and no
/// tags.
bool fits(const api::LifecycleRule& rule, const std::string& key, const Version* version) {
  if (rule.prefix && !key.starts_with(*rule.prefix)) return false;
  if (!rule.filter) return true;
  const auto sized = [&](const std::optional<std::int64_t>& above, const std::optional<std::int64_t>& below) {
    if (!above && !below) return true;
    return version != nullptr && (!above || version->size > *above) && (!below || version->size < *below);
  };
  const auto& filter = *rule.filter;
  if (filter.prefix && !key.starts_with(*filter.prefix)) return false;
  if (filter.tag && (version == nullptr || !has_tag(version->attributes, *filter.tag))) return false;
  if (!sized(filter.object_size_greater_than, filter.object_size_less_than)) return false;
  if (!filter.and_) return true;
  if (filter.and_->prefix && !key.starts_with(*filter.and_->prefix)) return false;
  if (filter.and_->tags)
    for (const api::Tag& tag : *filter.and_->tags)
      if (version == nullptr || !has_tag(version->attributes, tag)) return false;
  return sized(filter.and_->object_size_greater_than, filter.and_->object_size_less_than);
}

bool names_size(const api::LifecycleRule& rule) {
  if (!rule.filter) return false;
  const auto& filter = *rule.filter;
  return filter.object_size_greater_than || filter.object_size_less_than ||
         (filter.and_ && (filter.and_->object_size_greater_than || filter.and_->object_size_less_than));
}

/// Classes from the warmest to the coldest; a transition only goes down.
int coldness(const std::string& storage_class) {
  static const std::map<std::string, int> order = {
      {"STANDARD", 0},   {"REDUCED_REDUNDANCY", 0}, {"STANDARD_IA", 1}, {"INTELLIGENT_TIERING", 2},
      {"ONEZONE_IA", 3}, {"GLACIER_IR", 4},         {"GLACIER", 5},     {"DEEP_ARCHIVE", 6}};
  const auto found = order.find(storage_class);
  return found == order.end() ? 7 : found->second;
}

void check_class(const std::optional<std::string>& storage_class) {
  if (!storage_class) throw refuse::malformed_xml();
}

}  // namespace

std::optional<std::pair<Timestamp, std::string>> expiration(const std::vector<api::LifecycleRule>& rules,
                                                            const Version& version) {
  std::optional<std::pair<Timestamp, std::string>> out;
  for (const api::LifecycleRule& rule : rules) {
    if (!enabled(rule) || !rule.expiration || !fits(rule, version.key, &version)) continue;
    std::optional<Timestamp> end;
    if (rule.expiration->days) end = midnight_after(version.modified, *rule.expiration->days);
    if (rule.expiration->date) end = *rule.expiration->date;
    if (end && (!out || *end < out->first)) out = {*end, rule.id.value_or("")};
  }
  return out;
}

bool abandons(const std::vector<api::LifecycleRule>& rules, const Upload& upload, Timestamp now) {
  for (const api::LifecycleRule& rule : rules) {
    if (!enabled(rule) || !rule.abort_incomplete_multipart_upload || !fits(rule, upload.key, nullptr)) continue;
    const auto& days = rule.abort_incomplete_multipart_upload->days_after_initiation;
    if (days && midnight_after(upload.initiated, *days) <= now) return true;
  }
  return false;
}

std::vector<LifecycleAction> plan_lifecycle(const std::vector<api::LifecycleRule>& rules,
                                            const std::vector<Version>& versions, Timestamp now) {
  using Kind = LifecycleAction::Kind;
  std::vector<LifecycleAction> out;
  std::vector<bool> erased(versions.size(), false);
  // Noncurrent versions: `newer` counts those between this one and the current one.
  std::int32_t newer = 0;
  for (std::size_t i = 1; i < versions.size(); ++i) {
    const Version& version = versions[i];
    std::string moved;
    for (const api::LifecycleRule& rule : rules) {
      if (!enabled(rule) || !fits(rule, version.key, version.marker ? nullptr : &version)) continue;
      if (const auto& noncurrent = rule.noncurrent_version_expiration) {
        const bool old =
            noncurrent->noncurrent_days && midnight_after(version.superseded, *noncurrent->noncurrent_days) <= now;
        if (old && newer >= noncurrent->newer_noncurrent_versions.value_or(0)) erased[i] = true;
      }
      if (rule.noncurrent_version_transitions && !version.marker)
        for (const auto& transition : *rule.noncurrent_version_transitions)
          if (midnight_after(version.superseded, transition.noncurrent_days.value_or(0)) <= now &&
              newer >= transition.newer_noncurrent_versions.value_or(0) &&
              (version.size >= kSmallest || names_size(rule)) &&
              coldness(*transition.storage_class) > coldness(moved.empty() ? version.attributes.storage_class : moved))
            moved = *transition.storage_class;
    }
    ++newer;
    if (erased[i]) {
      out.push_back({Kind::erase, i, ""});
    } else if (!moved.empty()) {
      out.push_back({Kind::transition, i, moved});
    }
  }
  if (versions.empty() || !versions.front().latest) return out;
  const Version& current = versions.front();
  if (current.marker) {
    // A marker that hides nothing any more goes too.
    const bool alone = std::all_of(erased.begin() + 1, erased.end(), [](bool gone) { return gone; });
    for (const api::LifecycleRule& rule : rules) {
      if (!alone || !enabled(rule) || !rule.expiration || !fits(rule, current.key, nullptr)) continue;
      const bool by_age = rule.expiration->days && midnight_after(current.modified, *rule.expiration->days) <= now;
      const bool by_date = rule.expiration->date && *rule.expiration->date <= now;
      if (rule.expiration->expired_object_delete_marker.value_or(false) || by_age || by_date) {
        out.push_back({Kind::erase, 0, ""});
        break;
      }
    }
    return out;
  }
  if (const auto end = expiration(rules, current); end && end->first <= now) {
    out.push_back({Kind::expire, 0, ""});
    return out;
  }
  std::string moved;
  for (const api::LifecycleRule& rule : rules) {
    if (!enabled(rule) || !rule.transitions || !fits(rule, current.key, &current)) continue;
    for (const auto& transition : *rule.transitions) {
      const Timestamp due =
          transition.date ? *transition.date : midnight_after(current.modified, transition.days.value_or(0));
      if (due <= now && (current.size >= kSmallest || names_size(rule)) &&
          coldness(*transition.storage_class) > coldness(moved.empty() ? current.attributes.storage_class : moved))
        moved = *transition.storage_class;
    }
  }
  if (!moved.empty()) out.push_back({Kind::transition, 0, moved});
  return out;
}

void check_lifecycle(const std::vector<api::LifecycleRule>& rules) {
  if (rules.empty() || rules.size() > 1000) throw refuse::malformed_xml();
  std::set<std::string> ids;
  for (const api::LifecycleRule& rule : rules) {
    if (rule.id && rule.id->size() > 255)
      throw refuse::invalid_argument("ID length should not exceed allowed limit of 255", "ID", *rule.id);
    if (rule.id && !rule.id->empty() && !ids.insert(*rule.id).second)
      throw refuse::invalid_argument("Rule ID must be unique. Found same ID for more than one rule", "ID", *rule.id);
    if (rule.status != "Enabled" && rule.status != "Disabled") throw refuse::malformed_xml();
    if (rule.filter.has_value() == rule.prefix.has_value()) throw refuse::malformed_xml();
    if (rule.filter) {
      const auto& f = *rule.filter;
      const int given = f.prefix.has_value() + f.tag.has_value() + f.and_.has_value() +
                        f.object_size_greater_than.has_value() + f.object_size_less_than.has_value();
      if (given > 1) throw refuse::malformed_xml();
    }
    if (!rule.expiration && !rule.transitions && !rule.noncurrent_version_expiration &&
        !rule.noncurrent_version_transitions && !rule.abort_incomplete_multipart_upload)
      throw refuse::invalid_request("At least one action needs to be specified in a rule");
    if (const auto& end = rule.expiration) {
      const int given = end->days.has_value() + end->date.has_value() + end->expired_object_delete_marker.has_value();
      if (given != 1) throw refuse::malformed_xml();
      if (end->days && *end->days <= 0)
        throw refuse::invalid_argument("'Days' for Expiration action must be a positive integer", "Days",
                                       std::to_string(*end->days));
      if (end->date && end->date->ms % kDay != 0)
        throw refuse::invalid_argument("'Date' must be at midnight GMT", "Date", to_rfc3339(*end->date));
      const bool tagged = rule.filter && (rule.filter->tag || (rule.filter->and_ && rule.filter->and_->tags));
      if (end->expired_object_delete_marker && tagged)
        throw refuse::invalid_request("ExpiredObjectDeleteMarker cannot be specified with Tags");
    }
    if (const auto& noncurrent = rule.noncurrent_version_expiration) {
      if (!noncurrent->noncurrent_days) throw refuse::malformed_xml();
      if (*noncurrent->noncurrent_days <= 0)
        throw refuse::invalid_argument(
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive "
            "integer",
            "NoncurrentDays", std::to_string(*noncurrent->noncurrent_days));
    }
    if (const auto& abort = rule.abort_incomplete_multipart_upload) {
      if (!abort->days_after_initiation || *abort->days_after_initiation <= 0) throw refuse::malformed_xml();
      if (rule.filter && (rule.filter->tag || (rule.filter->and_ && rule.filter->and_->tags)))
        throw refuse::invalid_request("AbortIncompleteMultipartUpload cannot be specified with Tags");
    }
    if (rule.transitions)
      for (const auto& transition : *rule.transitions) {
        check_class(transition.storage_class);
        if (transition.days.has_value() == transition.date.has_value()) throw refuse::malformed_xml();
        if ((*transition.storage_class == "STANDARD_IA" || *transition.storage_class == "ONEZONE_IA") &&
            transition.days && *transition.days < 30)
          throw refuse::invalid_argument(
              "'Days' in Transition action must be greater than or equal to 30 for "
              "storageClass '" +
                  *transition.storage_class + "'",
              "Days", std::to_string(*transition.days));
      }
    if (rule.noncurrent_version_transitions)
      for (const auto& transition : *rule.noncurrent_version_transitions) check_class(transition.storage_class);
  }
}

}  // namespace stratus::services::s3
