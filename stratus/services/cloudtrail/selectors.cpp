#include "stratus/services/cloudtrail/selectors.h"

#include <algorithm>
#include <array>

#include "stratus/core/arn.h"

namespace stratus::services::cloudtrail {
namespace {

constexpr std::array<std::string_view, 8> kFields = {"readOnly",         "eventSource",    "eventName",
                                                     "eventCategory",    "resources.type", "resources.ARN",
                                                     "userIdentity.arn", "eventType"};

[[noreturn]] void invalid(const std::string& message) { throw ct::errors::InvalidEventSelectorsException(message); }

bool any(const std::optional<std::vector<std::string>>& list, const std::function<bool(const std::string&)>& test) {
  return list && std::any_of(list->begin(), list->end(), test);
}

std::string value_of(const Facts& event, const std::string& field) {
  if (field == "readOnly") return event.read_only ? "true" : "false";
  if (field == "eventSource") return event.source;
  if (field == "eventName") return event.name;
  if (field == "eventCategory") return event.data ? "Data" : "Management";
  if (field == "resources.type") return event.resource_type;
  if (field == "resources.ARN") return event.resource_arn;
  if (field == "eventType") return "AwsApiCall";
  return event.user_arn;
}

/// Each kind of comparison that is given must hold; within one, any value that is wanted, none that is not.
bool holds(const ct::AdvancedFieldSelector& selector, const std::string& value) {
  const auto equal = [&](const std::string& text) { return value == text; };
  const auto starts = [&](const std::string& text) { return value.starts_with(text); };
  const auto ends = [&](const std::string& text) { return value.ends_with(text); };
  if (selector.equals && !any(selector.equals, equal)) return false;
  if (selector.starts_with && !any(selector.starts_with, starts)) return false;
  if (selector.ends_with && !any(selector.ends_with, ends)) return false;
  return !any(selector.not_equals, equal) && !any(selector.not_starts_with, starts) &&
         !any(selector.not_ends_with, ends);
}

bool selected_by(const ct::AdvancedEventSelector& selector, const Facts& event) {
  const auto& fields = *selector.field_selectors;
  return std::all_of(fields.begin(), fields.end(), [&](const ct::AdvancedFieldSelector& field) {
    return holds(field, value_of(event, *field.field));
  });
}

bool covers(const ct::DataResource& resource, const Facts& event) {
  if (resource.type.value_or("") != event.resource_type) return false;
  return any(resource.values, [&](const std::string& value) {
    // "arn:aws:s3" means every bucket; "arn:aws:s3:::bucket/" everything in one.
    return event.resource_arn.starts_with(value);
  });
}

bool selected_by(const ct::EventSelector& selector, const Facts& event) {
  const std::string kind = selector.read_write_type.value_or("All");
  if ((kind == "ReadOnly" && !event.read_only) || (kind == "WriteOnly" && event.read_only)) return false;
  if (event.data) {
    const auto resources = selector.data_resources.value_or(std::vector<ct::DataResource>{});
    return std::any_of(resources.begin(), resources.end(),
                       [&](const ct::DataResource& item) { return covers(item, event); });
  }
  if (!selector.include_management_events.value_or(true)) return false;
  return !any(selector.exclude_management_event_sources,
              [&](const std::string& source) { return source == event.source; });
}

}  // namespace

std::vector<ct::EventSelector> default_selectors() {
  return {{.read_write_type = "All",
           .include_management_events = true,
           .data_resources = std::vector<ct::DataResource>{},
           .exclude_management_event_sources = std::vector<std::string>{}}};
}

bool selected(const Trail& trail, const Facts& event) {
  if (trail.advanced)
    return std::any_of(trail.advanced->begin(), trail.advanced->end(),
                       [&](const auto& item) { return selected_by(item, event); });
  if (!trail.selectors) return !event.data;
  return std::any_of(trail.selectors->begin(), trail.selectors->end(),
                     [&](const auto& item) { return selected_by(item, event); });
}

bool wants_data(const Trail& trail) {
  if (trail.advanced)
    return std::any_of(trail.advanced->begin(), trail.advanced->end(), [](const ct::AdvancedEventSelector& selector) {
      return std::any_of(selector.field_selectors->begin(), selector.field_selectors->end(), [](const auto& field) {
        return *field.field == "eventCategory" &&
               any(field.equals, [](const std::string& text) { return text == "Data"; });
      });
    });
  return trail.selectors &&
         std::any_of(trail.selectors->begin(), trail.selectors->end(), [](const ct::EventSelector& selector) {
           return selector.data_resources && !selector.data_resources->empty();
         });
}

void check_selectors(const std::vector<ct::EventSelector>& selectors) {
  if (selectors.empty() || selectors.size() > 5) invalid("A trail has one to five event selectors.");
  std::size_t values = 0;
  for (const auto& selector : selectors) {
    if (selector.exclude_management_event_sources) {
      for (const auto& source : *selector.exclude_management_event_sources)
        if (source != "kms.amazonaws.com" && source != "rdsdata.amazonaws.com")
          invalid("The ExcludeManagementEventSources value " + source + " is not valid.");
      if (!selector.exclude_management_event_sources->empty() && selector.include_management_events == false)
        invalid("ExcludeManagementEventSources needs IncludeManagementEvents.");
    }
    if (!selector.data_resources) continue;
    for (const auto& resource : *selector.data_resources) {
      const std::string type = resource.type.value_or("");
      if (type == "AWS::Lambda::Function" || type == "AWS::DynamoDB::Table")
        throw aws::not_implemented("PutEventSelectors: data events of " + type);
      if (type != "AWS::S3::Object") invalid("The data resource type " + type + " is not valid.");
      for (const auto& value : resource.values.value_or(std::vector<std::string>{})) {
        ++values;
        if (!value.starts_with("arn:aws:s3")) invalid("Value " + value + " for DataResources.Values is invalid.");
      }
    }
  }
  if (values > 250) invalid("A trail has at most 250 data resources.");
}

void check_advanced(const std::vector<ct::AdvancedEventSelector>& selectors) {
  if (selectors.empty()) invalid("AdvancedEventSelectors must not be empty.");
  for (const auto& selector : selectors) {
    bool category = false, data = false, type = false;
    for (const auto& field : *selector.field_selectors) {
      const std::string& name = *field.field;
      if (std::find(kFields.begin(), kFields.end(), name) == kFields.end())
        invalid("The field " + name + " is not supported by advanced event selectors.");
      if (!field.equals && !field.starts_with && !field.ends_with && !field.not_equals && !field.not_starts_with &&
          !field.not_ends_with)
        invalid("The field selector of " + name + " has no condition.");
      if (name == "eventCategory") {
        category = true;
        if (!field.equals || field.equals->size() != 1) invalid("eventCategory must be equal to one value.");
        const std::string& wanted = field.equals->front();
        if (wanted == "NetworkActivity") throw aws::not_implemented("PutEventSelectors: network activity events");
        if (wanted != "Management" && wanted != "Data") invalid("The eventCategory " + wanted + " is not valid.");
        data = wanted == "Data";
      }
      if (name == "resources.type") {
        type = true;
        const auto kinds = field.equals.value_or(std::vector<std::string>{});
        for (const auto& kind : kinds)
          if (kind != "AWS::S3::Object" && kind != "AWS::SNS::Topic")
            throw aws::not_implemented("PutEventSelectors: data events of " + kind);
      }
    }
    if (!category) invalid("An advanced event selector must have a field selector of eventCategory.");
    if (data && !type) invalid("A selector of data events must have a field selector of resources.type.");
  }
}

}  // namespace stratus::services::cloudtrail
