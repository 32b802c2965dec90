// Trails: life, destinations, selectors, status, tags.
#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/cloudtrail/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::cloudtrail {
namespace {

constexpr std::size_t kMaxTrails = 5;  // a region
constexpr std::size_t kMaxTags = 50;
constexpr const char* kPrincipal = "cloudtrail.amazonaws.com";

bool alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void check_name(const std::string& name) {
  using ct::errors::InvalidTrailNameException;
  const std::string size = std::to_string(name.size());
  if (name.size() < 3)
    throw InvalidTrailNameException(
        "Trail name too short. Minimum allowed length: 3 characters. Specified name length: " + size + " characters.");
  if (name.size() > 128)
    throw InvalidTrailNameException(
        "Trail name too long. Maximum allowed length: 128 characters. Specified name length: " + size + " characters.");
  if (!alphanumeric(name.front())) throw InvalidTrailNameException("Trail name must starts with a letter or number.");
  if (!alphanumeric(name.back())) throw InvalidTrailNameException("Trail name must ends with a letter or number.");
  for (const char c : name)
    if (!alphanumeric(c) && c != '.' && c != '-' && c != '_')
      throw InvalidTrailNameException(
          "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), "
          "and underscores (_).");
}

std::optional<std::string> given(const std::optional<std::string>& text) {
  return text && !text->empty() ? text : std::nullopt;
}

/// The log group's name out of "arn:aws:logs:region:account:log-group:name:*".
std::string group_of(const std::string& text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "logs" || !arn->resource.starts_with("log-group:")) return "";
  return text::split(arn->resource, ':').at(1);
}

/// What Create and Update have in common.
template <class Request>
void fill(ct::Trail& out, const Request& request) {
  if (request.s3_key_prefix) out.s3_key_prefix = given(request.s3_key_prefix);
  if (request.sns_topic_name) out.sns_topic_name = given(request.sns_topic_name);
  if (request.include_global_service_events) out.include_global_service_events = request.include_global_service_events;
  if (request.is_multi_region_trail) out.is_multi_region_trail = request.is_multi_region_trail;
  if (request.enable_log_file_validation) out.log_file_validation_enabled = request.enable_log_file_validation;
  if (request.cloud_watch_logs_log_group_arn)
    out.cloud_watch_logs_log_group_arn = given(request.cloud_watch_logs_log_group_arn);
  if (request.cloud_watch_logs_role_arn) out.cloud_watch_logs_role_arn = given(request.cloud_watch_logs_role_arn);
  if (given(request.kms_key_id)) throw aws::not_implemented("CloudTrail: KmsKeyId");
  if (request.is_organization_trail.value_or(false))
    throw ct::errors::OrganizationsNotInUseException("The account is not a member of an organization.");
}

template <class Response>
Response answer(const ct::Trail& trail) {
  Response out;
  out.name = trail.name;
  out.s3_bucket_name = trail.s3_bucket_name;
  out.s3_key_prefix = trail.s3_key_prefix;
  out.sns_topic_name = trail.sns_topic_name;
  out.sns_topic_arn = trail.sns_topic_arn;
  out.include_global_service_events = trail.include_global_service_events;
  out.is_multi_region_trail = trail.is_multi_region_trail;
  out.trail_arn = trail.trail_arn;
  out.log_file_validation_enabled = trail.log_file_validation_enabled;
  out.cloud_watch_logs_log_group_arn = trail.cloud_watch_logs_log_group_arn;
  out.cloud_watch_logs_role_arn = trail.cloud_watch_logs_role_arn;
  out.is_organization_trail = false;
  return out;
}

std::map<std::string, std::string> tags_of(const std::vector<ct::Tag>& list, std::map<std::string, std::string> tags) {
  for (const auto& tag : list) tags[*tag.key] = tag.value.value_or("");
  if (tags.size() > kMaxTags)
    throw ct::errors::TagsLimitExceededException(
        "The number of tags per trail has exceeded the permitted amount of 50.");
  return tags;
}

}  // namespace

void Service::check_destinations(const aws::Context& context, ct::Trail& is) const {
  const std::string& bucket = *is.s3_bucket_name;
  if (!buckets_.exists(bucket))
    throw ct::errors::S3BucketDoesNotExistException("S3 bucket " + bucket + " does not exist!");
  const std::string prefix = is.s3_key_prefix ? *is.s3_key_prefix + "/" : "";
  if (!buckets_.lets_trail_write(context.account, bucket, prefix + "AWSLogs/" + context.account + "/CloudTrail",
                                 *is.trail_arn))
    throw ct::errors::InsufficientS3BucketPolicyException("Incorrect S3 bucket policy is detected for bucket: " +
                                                          bucket);
  is.sns_topic_arn.reset();
  if (is.sns_topic_name) {
    const std::string& topic = *is.sns_topic_name;
    const std::string arn = topic.starts_with("arn:") ? topic : make_arn("sns", context.region, context.account, topic);
    if (!sns_.topic_exists(arn) || !sns_.lets_service_publish(context.account, arn, kPrincipal, *is.trail_arn))
      throw ct::errors::InsufficientSnsTopicPolicyException(
          "SNS Topic does not exist or the topic policy is incorrect!");
    is.sns_topic_arn = arn;
  }
  if (is.cloud_watch_logs_log_group_arn.has_value() != is.cloud_watch_logs_role_arn.has_value())
    throw ct::errors::InvalidParameterCombinationException(
        "CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn must both be specified.");
  if (is.cloud_watch_logs_log_group_arn) {
    const std::string& arn = *is.cloud_watch_logs_log_group_arn;
    const std::string group = group_of(arn);
    if (group.empty() || !arn.ends_with(":*") || Arn::parse(arn)->account != context.account ||
        !logs_.group_exists(context.account, Arn::parse(arn)->region, group))
      throw ct::errors::InvalidCloudWatchLogsLogGroupArnException(
          "CloudTrail cannot validate the specified log group ARN.");
    const std::string stream =
        arn.substr(0, arn.size() - 1) + "log-stream:" + context.account + "_CloudTrail_" + context.region;
    const std::string& role = *is.cloud_watch_logs_role_arn;
    if (!iam_.role_trusts(role, kPrincipal) || !iam_.role_allows(role, "logs:PutLogEvents", stream) ||
        !iam_.role_allows(role, "logs:CreateLogStream", stream))
      throw ct::errors::InvalidCloudWatchLogsRoleArnException(
          "Access denied. Verify in IAM that the role has adequate permissions.");
  }
}

ct::CreateTrailResponse Service::create_trail(aws::Context& context, const ct::CreateTrailRequest& request) {
  const std::string& name = *request.name;
  check_name(name);
  const state::Key key{context.account, context.region, name};
  if (trails_.find(key) != nullptr)
    throw ct::errors::TrailAlreadyExistsException("Trail " + name + " already exists for customer: " + context.account);
  if (trails_.list(context.account, context.region).size() >= kMaxTrails)
    throw ct::errors::MaximumNumberOfTrailsExceededException("User: " + context.account + " already has 5 trails in " +
                                                             context.region + ".");
  Trail row;
  row.is.name = name;
  row.is.s3_bucket_name = request.s3_bucket_name;
  row.is.include_global_service_events = true;
  row.is.is_multi_region_trail = false;
  row.is.log_file_validation_enabled = false;
  row.is.is_organization_trail = false;
  row.is.has_custom_event_selectors = false;
  row.is.has_insight_selectors = false;
  row.is.home_region = context.region;
  row.is.trail_arn = make_arn("cloudtrail", context.region, context.account, "trail/" + name);
  fill(row.is, request);
  if (*row.is.is_multi_region_trail && !*row.is.include_global_service_events)
    throw ct::errors::InvalidParameterCombinationException("Multi-Region trail must include global service events.");
  if (row.is.cloud_watch_logs_role_arn)
    iam_.authorize_pass_role(context, *row.is.cloud_watch_logs_role_arn, kPrincipal);
  check_destinations(context, row.is);
  row.tags = tags_of(request.tags_list.value_or(std::vector<ct::Tag>{}), {});
  const auto out = answer<ct::CreateTrailResponse>(row.is);
  trails_.put(key, std::move(row));
  return out;
}

ct::UpdateTrailResponse Service::update_trail(aws::Context& context, const ct::UpdateTrailRequest& request) {
  Trail row = trail(context, *request.name, true);
  if (given(request.s3_bucket_name)) row.is.s3_bucket_name = request.s3_bucket_name;
  fill(row.is, request);
  if (*row.is.is_multi_region_trail && !*row.is.include_global_service_events)
    throw ct::errors::InvalidParameterCombinationException("Multi-Region trail must include global service events.");
  if (given(request.cloud_watch_logs_role_arn))
    iam_.authorize_pass_role(context, *request.cloud_watch_logs_role_arn, kPrincipal);
  check_destinations(context, row.is);
  if (*row.is.log_file_validation_enabled && row.digest_from.ms == 0) row.digest_from = context.now;
  const auto out = answer<ct::UpdateTrailResponse>(row.is);
  const state::Key key = key_of(row);
  trails_.put(key, std::move(row));
  return out;
}

ct::DeleteTrailResponse Service::delete_trail(aws::Context& context, const ct::DeleteTrailRequest& request) {
  const state::Key key = key_of(trail(context, *request.name, true));
  trails_.erase(key);
  return {};
}

ct::DescribeTrailsResponse Service::describe_trails(aws::Context& context, const ct::DescribeTrailsRequest& request) {
  const bool shadows = request.include_shadow_trails.value_or(true);
  std::vector<ct::Trail> out;
  for (const auto& [key, row] : trails_.all()) {
    if (key.account != context.account) continue;
    const bool here = key.region == context.region;
    if (!here && !(shadows && row->is.is_multi_region_trail.value_or(false))) continue;
    if (request.trail_name_list && !request.trail_name_list->empty() &&
        std::none_of(
            request.trail_name_list->begin(), request.trail_name_list->end(),
            [&, row = row](const std::string& name) { return name == *row->is.name || name == *row->is.trail_arn; }))
      continue;
    out.push_back(row->is);
  }
  return {.trail_list = std::move(out)};
}

ct::GetTrailResponse Service::get_trail(aws::Context& context, const ct::GetTrailRequest& request) {
  return {.trail = trail(context, *request.name).is};
}

ct::ListTrailsResponse Service::list_trails(aws::Context& context, const ct::ListTrailsRequest& request) {
  std::vector<ct::TrailInfo> out;
  for (const auto& [key, row] : trails_.all())
    if (key.account == context.account)
      out.push_back({.trail_arn = row->is.trail_arn, .name = row->is.name, .home_region = row->is.home_region});
  auto next = wire::page(out, "cloudtrail:ListTrails", request.next_token, 100, "InvalidNextTokenException",
                         [](const ct::TrailInfo& item) { return *item.trail_arn; });
  return {.trails = std::move(out), .next_token = std::move(next)};
}

ct::GetTrailStatusResponse Service::get_trail_status(aws::Context& context, const ct::GetTrailStatusRequest& request) {
  const Trail& row = trail(context, *request.name);
  const auto text = [](const std::optional<Timestamp>& time) {
    return time ? to_rfc3339(Timestamp{time->ms - time->ms % 1000}) : std::string();
  };
  ct::GetTrailStatusResponse out{.is_logging = row.logging,
                                 .latest_delivery_error = row.delivery_error,
                                 .latest_notification_error = row.notification_error,
                                 .latest_delivery_time = row.delivered,
                                 .latest_notification_time = row.notified,
                                 .start_logging_time = row.started,
                                 .stop_logging_time = row.stopped,
                                 .latest_cloud_watch_logs_delivery_error = row.logs_error,
                                 .latest_cloud_watch_logs_delivery_time = row.logged,
                                 .latest_digest_delivery_time = row.digested,
                                 .latest_digest_delivery_error = row.digest_error};
  out.latest_delivery_attempt_time = text(row.delivered);
  out.latest_notification_attempt_time = text(row.notified);
  out.latest_notification_attempt_succeeded = text(row.notification_error ? std::nullopt : row.notified);
  out.latest_delivery_attempt_succeeded = text(row.delivery_error ? std::nullopt : row.delivered);
  out.time_logging_started = text(row.started);
  out.time_logging_stopped = text(row.stopped);
  return out;
}

ct::StartLoggingResponse Service::start_logging(aws::Context& context, const ct::StartLoggingRequest& request) {
  const Trail& found = trail(context, *request.name, true);
  if (found.logging) return {};
  const state::Key key = key_of(found);
  const std::int64_t cursor = last_event();
  trails_.update(key, [&](Trail& row) {
    row.logging = true;
    row.started = context.now;
    row.cursor = cursor;
    row.next_delivery = context.now + settings_.delivery_interval;
    row.digest_from = context.now;
  });
  store_.after_commit([this] { wake(); });
  return {};
}

ct::StopLoggingResponse Service::stop_logging(aws::Context& context, const ct::StopLoggingRequest& request) {
  const Trail& found = trail(context, *request.name, true);
  const state::Key key = key_of(found);
  if (!found.logging) return {};
  flush();
  deliver(key);
  trails_.update(key, [&](Trail& row) {
    row.logging = false;
    row.stopped = context.now;
  });
  return {};
}

ct::GetEventSelectorsResponse Service::get_event_selectors(aws::Context& context,
                                                           const ct::GetEventSelectorsRequest& request) {
  const Trail& row = trail(context, *request.trail_name);
  ct::GetEventSelectorsResponse out{.trail_arn = row.is.trail_arn};
  if (row.advanced) {
    out.advanced_event_selectors = row.advanced;
  } else {
    out.event_selectors = row.selectors ? *row.selectors : default_selectors();
  }
  return out;
}

ct::PutEventSelectorsResponse Service::put_event_selectors(aws::Context& context,
                                                           const ct::PutEventSelectorsRequest& request) {
  const state::Key key = key_of(trail(context, *request.trail_name, true));
  const bool basic = request.event_selectors && !request.event_selectors->empty();
  const bool advanced = request.advanced_event_selectors && !request.advanced_event_selectors->empty();
  if (basic == advanced)
    throw ct::errors::InvalidEventSelectorsException(
        "Either EventSelectors or AdvancedEventSelectors must be specified, and not both.");
  auto selectors = request.event_selectors;
  if (basic) {
    check_selectors(*selectors);
    for (auto& item : *selectors) {
      if (!item.read_write_type) item.read_write_type = "All";
      if (!item.include_management_events) item.include_management_events = true;
      if (!item.data_resources) item.data_resources.emplace();
      if (!item.exclude_management_event_sources) item.exclude_management_event_sources.emplace();
    }
  } else {
    check_advanced(*request.advanced_event_selectors);
  }
  const Trail& row = trails_.update(key, [&](Trail& changed) {
    changed.selectors = basic ? selectors : std::nullopt;
    changed.advanced = advanced ? request.advanced_event_selectors : std::nullopt;
    changed.is.has_custom_event_selectors = true;
  });
  return {.trail_arn = row.is.trail_arn, .event_selectors = row.selectors, .advanced_event_selectors = row.advanced};
}

ct::GetInsightSelectorsResponse Service::get_insight_selectors(aws::Context& context,
                                                               const ct::GetInsightSelectorsRequest& request) {
  if (!request.trail_name) throw aws::not_implemented("GetInsightSelectors: EventDataStore");
  const Trail& row = trail(context, *request.trail_name);
  throw ct::errors::InsightNotEnabledException(
      "Trail " + *row.is.trail_arn +
      " does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.");
}

namespace {

void check_tag_arn(const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "cloudtrail")
    throw ct::errors::CloudTrailARNInvalidException("Resource ARN is invalid: " + arn);
  if (!parsed->resource.starts_with("trail/"))
    throw ct::errors::ResourceTypeNotSupportedException("Resource type is not supported: " + arn);
}

}  // namespace

ct::AddTagsResponse Service::add_tags(aws::Context& context, const ct::AddTagsRequest& request) {
  check_tag_arn(*request.resource_id);
  const Trail& row = trail(context, *request.resource_id);
  const auto tags = tags_of(*request.tags_list, row.tags);
  trails_.update(key_of(row), [&](Trail& changed) { changed.tags = tags; });
  return {};
}

ct::RemoveTagsResponse Service::remove_tags(aws::Context& context, const ct::RemoveTagsRequest& request) {
  check_tag_arn(*request.resource_id);
  const state::Key key = key_of(trail(context, *request.resource_id));
  trails_.update(key, [&](Trail& changed) {
    for (const auto& tag : *request.tags_list) changed.tags.erase(*tag.key);
  });
  return {};
}

ct::ListTagsResponse Service::list_tags(aws::Context& context, const ct::ListTagsRequest& request) {
  ct::ListTagsResponse out{.resource_tag_list = std::vector<ct::ResourceTag>{}};
  for (const auto& id : *request.resource_id_list) {
    check_tag_arn(id);
    ct::ResourceTag item{.resource_id = id, .tags_list = std::vector<ct::Tag>{}};
    for (const auto& [key, value] : trail(context, id).tags) item.tags_list->push_back({.key = key, .value = value});
    out.resource_tag_list->push_back(std::move(item));
  }
  return out;
}

}  // namespace stratus::services::cloudtrail
