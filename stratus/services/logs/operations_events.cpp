// Events: put, read, search.
#include <fmt/format.h>

#include "stratus/core/crypto.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/logs/stored_message.h"

namespace stratus::services::logs {
namespace {

constexpr std::int64_t kDay = 86'400'000;

/// A place between events: behind (forward) or before (backward) the event of this time and id.
struct Position {
  char direction = 'f';
  std::int64_t time = 0, id = 0;

  std::string token() const { return fmt::format("{}/{}/{}", direction, time, id); }
};

Position parse_token(const std::string& token) {
  Position out;
  long long time = 0, id = 0;
  char rest = 0;
  if (std::sscanf(token.c_str(), "%c/%lld/%lld%c", &out.direction, &time, &id, &rest) != 3 ||
      (out.direction != 'f' && out.direction != 'b'))
    throw cwl::errors::InvalidParameterException("The specified nextToken is invalid.");
  out.time = time;
  out.id = id;
  return out;
}

}  // namespace

std::string open_message(const std::string& stored, const std::optional<std::string>& key) {
  if (stored.empty()) return "";
  if (stored[0] == '\0') return stored.substr(1);
  const auto plain = key ? crypto::unseal(*key, std::string_view(stored).substr(1), "") : std::nullopt;
  if (!plain) throw cwl::errors::InvalidOperationException("A message of this log group cannot be decrypted.");
  return *plain;
}

cwl::PutLogEventsResponse Service::put_log_events(aws::Context& context, const cwl::PutLogEventsRequest& request) {
  if (request.entity) throw aws::not_implemented("PutLogEvents: entity");
  const Group& owner = group(context.account, context.region, *request.log_group_name);
  const Stream& target = stream(context.account, context.region, *request.log_group_name, *request.log_stream_name);
  std::vector<Event> accepted;
  cwl::RejectedLogEventsInfo rejected;
  std::int64_t bytes = 0, before = INT64_MIN;
  const std::int64_t oldest = context.now.ms - std::min<std::int64_t>(14, owner.retention_days.value_or(14)) * kDay;
  for (std::size_t i = 0; i < request.log_events->size(); ++i) {
    const auto& event = (*request.log_events)[i];
    const std::int64_t time = event.timestamp.value_or(0);
    const auto index = static_cast<std::int32_t>(i);
    if (time < before)
      throw cwl::errors::InvalidParameterException(
          "Log events in a single PutLogEvents request must be in chronological order.");
    before = time;
    bytes += static_cast<std::int64_t>(event.message->size()) + 26;
    if (time > context.now.ms + 2 * 3'600'000) {
      if (!rejected.too_new_log_event_start_index) rejected.too_new_log_event_start_index = index;
    } else if (time < context.now.ms - 14 * kDay) {
      rejected.too_old_log_event_end_index = index + 1;
    } else if (time < oldest) {
      rejected.expired_log_event_end_index = index + 1;
    } else {
      accepted.push_back({{time}, *event.message});
    }
  }
  if (bytes > 1'048'576)
    throw cwl::errors::InvalidParameterException("Log event too large: " + std::to_string(bytes) +
                                                 " bytes exceeds limit of 1048576");
  if (!accepted.empty() && accepted.back().time.ms - accepted.front().time.ms > kDay)
    throw cwl::errors::InvalidParameterException(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  insert({context.account, context.region, owner.name}, owner, target, accepted);
  cwl::PutLogEventsResponse response{.next_sequence_token = fmt::format("{:056}", context.now.ms)};
  if (rejected.too_new_log_event_start_index || rejected.too_old_log_event_end_index ||
      rejected.expired_log_event_end_index)
    response.rejected_log_events_info = rejected;
  return response;
}

cwl::GetLogEventsResponse Service::get_log_events(aws::Context& context, const cwl::GetLogEventsRequest& request) {
  const Group& owner = group_by(context, request.log_group_name, request.log_group_identifier);
  const Stream& source = stream(context.account, context.region, owner.name, *request.log_stream_name);
  const auto key = data_key({context.account, context.region, owner.name}, owner);
  const std::int64_t start = request.start_time.value_or(0), end = request.end_time.value_or(INT64_MAX);
  const std::int64_t limit = request.limit.value_or(10'000);
  Position at{request.start_from_head.value_or(false) ? 'f' : 'b', 0, 0};
  if (request.next_token) {
    at = parse_token(*request.next_token);
  } else if (at.direction == 'b') {
    at.time = INT64_MAX;
    at.id = INT64_MAX;
  }
  const bool forward = at.direction == 'f';
  struct Found {
    std::int64_t id, time, ingested;
    std::string message;
  };
  std::vector<Found> found;
  {
    auto query =
        store_.sql().query(forward ? "SELECT id, time, ingested, message FROM log_events WHERE stream=?1 AND time>=?2 "
                                     "AND time<?3 AND (time,id)>(?4,?5) ORDER BY time, id LIMIT ?6"
                                   : "SELECT id, time, ingested, message FROM log_events WHERE stream=?1 AND time>=?2 "
                                     "AND time<?3 AND (time,id)<(?4,?5) ORDER BY time DESC, id DESC LIMIT ?6");
    query.bind(1, source.serial).bind(2, start).bind(3, end).bind(4, at.time).bind(5, at.id).bind(6, limit);
    std::size_t bytes = 0;
    while (query.step() && bytes < 1'048'576) {
      found.push_back({query.integer(0), query.integer(1), query.integer(2), open_message(query.blob(3), key)});
      bytes += found.back().message.size() + 26;
    }
  }
  if (!forward) std::reverse(found.begin(), found.end());
  cwl::GetLogEventsResponse response{.events = std::vector<cwl::OutputLogEvent>{}};
  Position ahead{'f', at.time, at.id}, behind{'b', at.time, at.id};
  if (!found.empty()) {
    ahead = {'f', found.back().time, found.back().id};
    behind = {'b', found.front().time, found.front().id};
  } else if (at.time == INT64_MAX) {
    ahead = {'f', 0, 0};
  }
  for (auto& event : found)
    response.events->push_back(
        {.timestamp = event.time, .message = std::move(event.message), .ingestion_time = event.ingested});
  response.next_forward_token = ahead.token();
  response.next_backward_token = behind.token();
  return response;
}

cwl::FilterLogEventsResponse Service::filter_log_events(aws::Context& context,
                                                        const cwl::FilterLogEventsRequest& request) {
  const Group& owner = group_by(context, request.log_group_name, request.log_group_identifier);
  const auto key = data_key({context.account, context.region, owner.name}, owner);
  if (request.log_stream_names && request.log_stream_name_prefix)
    throw cwl::errors::InvalidParameterException("Only one of logStreamNames and logStreamNamePrefix may be given.");
  const FilterPattern pattern(request.filter_pattern.value_or(""));
  std::map<std::int64_t, std::string> searched;
  for (const Stream* row : streams_of(context.account, context.region, owner.name)) {
    if (request.log_stream_name_prefix && !row->name.starts_with(*request.log_stream_name_prefix)) continue;
    if (request.log_stream_names && std::find(request.log_stream_names->begin(), request.log_stream_names->end(),
                                              row->name) == request.log_stream_names->end())
      continue;
    searched[row->serial] = row->name;
  }
  if (request.log_stream_names)
    for (const auto& name : *request.log_stream_names) stream(context.account, context.region, owner.name, name);
  const std::int64_t start = request.start_time.value_or(0), end = request.end_time.value_or(INT64_MAX);
  const auto limit = static_cast<std::size_t>(request.limit.value_or(10'000));
  Position at{'f', start, 0};
  if (request.next_token) at = parse_token(*request.next_token);

  // Streams are read side by side and merged by time: each call looks at a bounded slice, so that one search never
  // holds the loop for long.
  struct Candidate {
    std::int64_t time, id, ingested, serial;
    std::string message;
    bool operator<(const Candidate& other) const { return std::pair(time, id) < std::pair(other.time, other.id); }
  };
  constexpr std::int64_t kSlice = 20'000;
  std::vector<Candidate> candidates;
  bool more = false;
  std::pair<std::int64_t, std::int64_t> horizon{INT64_MAX, INT64_MAX};
  for (const auto& [serial, name] : searched) {
    auto query = store_.sql().query(
        "SELECT id, time, ingested, message FROM log_events WHERE stream=?1 AND time>=?2 AND time<=?3 AND "
        "(time,id)>(?4,?5) ORDER BY time, id LIMIT ?6");
    query.bind(1, serial).bind(2, start).bind(3, end).bind(4, at.time).bind(5, at.id).bind(6, kSlice);
    std::int64_t rows = 0;
    while (query.step()) {
      ++rows;
      candidates.push_back({query.integer(1), query.integer(0), query.integer(2), serial, query.blob(3)});
    }
    if (rows == kSlice) {
      more = true;
      horizon = std::min(horizon, std::pair(candidates.back().time, candidates.back().id));
    }
  }
  std::sort(candidates.begin(), candidates.end());
  cwl::FilterLogEventsResponse response{.events = std::vector<cwl::FilteredLogEvent>{},
                                        .searched_log_streams = std::vector<cwl::SearchedLogStream>{}};
  std::size_t bytes = 0;
  Position last = at;
  for (auto& candidate : candidates) {
    if (std::pair(candidate.time, candidate.id) > horizon) break;
    if (response.events->size() >= limit || bytes >= 1'048'576) {
      more = true;
      break;
    }
    last = {'f', candidate.time, candidate.id};
    std::string message = open_message(candidate.message, key);
    if (!pattern.matches(message)) continue;
    bytes += message.size() + 26;
    response.events->push_back({.log_stream_name = searched[candidate.serial],
                                .timestamp = candidate.time,
                                .message = std::move(message),
                                .ingestion_time = candidate.ingested,
                                .event_id = fmt::format("{:056}", candidate.id)});
  }
  if (more) response.next_token = last.token();
  return response;
}

}  // namespace stratus::services::logs
