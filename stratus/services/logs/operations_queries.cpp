// Queries of Insights: each runs on the loop, some events a turn, and keeps its result for a week.
#include <boost/json.hpp>
#include <set>

#include "stratus/core/base64.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/logs/pages.h"
#include "stratus/services/logs/running_query.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/logs/stored_message.h"

namespace stratus::services::logs {
namespace {

namespace json = boost::json;

constexpr int kEventsPerTurn = 1000;
constexpr std::int64_t kSample = 500;           // events of one stream
constexpr std::int64_t kKept = 7 * 86'400'000;  // ms
constexpr std::size_t kConcurrent = 30;
constexpr std::int64_t kMinute = 60'000;

bool under_way(const std::string& status) { return status == "Scheduled" || status == "Running"; }

/// What an event is found by again; of the caller's own account and region.
std::string pointer_of(const std::string& group, const std::string& stream, std::int64_t id) {
  return base64::encode(group + "\n" + stream + "\n" + std::to_string(id));
}

/// Epoch seconds; whoever gives milliseconds means those.
std::int64_t milliseconds(std::int64_t given, std::int64_t rest) {
  return given > 99'999'999'999 ? given : given * 1000 + rest;
}

}  // namespace

cwl::StartQueryResponse Service::start_query(aws::Context& context, const cwl::StartQueryRequest& request) {
  if (request.query_language.value_or("CWLI") != "CWLI")
    throw aws::not_implemented("StartQuery: queryLanguage " + *request.query_language);
  if (request.log_group_name.has_value() + request.log_group_names.has_value() +
          request.log_group_identifiers.has_value() !=
      1)
    throw cwl::errors::InvalidParameterException(
        "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be given.");
  Query row;
  row.groups = request.log_group_names.value_or(std::vector<std::string>{});
  if (request.log_group_name) row.groups = {*request.log_group_name};
  if (request.log_group_identifiers) row.groups = *request.log_group_identifiers;
  if (row.groups.empty() || row.groups.size() > 50)
    throw cwl::errors::InvalidParameterException("A query needs between 1 and 50 log groups.");
  for (auto& name : row.groups) {
    const std::string given = name;
    try {
      name = group_by(context, std::nullopt, name).name;
    } catch (const aws::Error& e) {
      if (e.code != "ResourceNotFoundException") throw;
      throw cwl::errors::ResourceNotFoundException(
          "Log group '" + given + "' does not exist for account ID '" + context.account +
          "' (Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: " +
          context.request_id + "; Proxy: null)");
    }
  }
  row.start = milliseconds(request.start_time.value_or(0), 0);
  row.end = milliseconds(request.end_time.value_or(0), 999);
  if (row.end < row.start)
    throw cwl::errors::InvalidParameterException("The end of the query's time range lies before its start.");
  row.text = *request.query_string;
  insights::parse_query(row.text);
  std::size_t running = 0;
  for (const Query* other : insights_.list(context.account, context.region))
    running += under_way(other->status) ? 1 : 0;
  if (running >= kConcurrent)
    throw cwl::errors::LimitExceededException("Account maximum query concurrency of [30] reached.");
  row.most = request.limit.value_or(10'000);
  row.id = random_.uuid();
  row.created = context.now.ms;
  const state::Key key{context.account, context.region, row.id};
  insights_.put(key, std::move(row));
  store_.after_commit([this, key] { begin_query(key); });
  return {.query_id = key.id};
}

void Service::resume_queries() {
  // Results whose query was forgotten with its account.
  std::vector<std::string> known;
  {
    auto query = store_.sql().query("SELECT DISTINCT query FROM log_query_results");
    while (query.step()) known.push_back(query.text(0));
  }
  std::set<std::string> mine;
  for (const auto& [key, row] : insights_.all()) mine.insert(key.id);
  store_.call([&] {
    for (const auto& id : known)
      if (mine.count(id) == 0) {
        store_.touch();
        store_.sql().query("DELETE FROM log_query_results WHERE query=?").bind(1, id).run();
      }
  });
  for (const auto& [key, row] : insights_.all())
    if (under_way(row->status)) begin_query(key);
}

void Service::begin_query(const state::Key& key) {
  const Query* row = insights_.find(key);
  if (row == nullptr || !under_way(row->status)) return;
  auto query = std::make_unique<RunningQuery>(insights::parse_query(row->text), row->most);
  try {
    for (const auto& name : row->groups) {
      const Group* owner = groups_.find(key.account, key.region, name);
      if (owner == nullptr) continue;
      const auto secret = data_key({key.account, key.region, name}, *owner);
      for (const Stream* stream : streams_of(key.account, key.region, name))
        if (stream->last_event.value_or(0) >= row->start && stream->first_event.value_or(0) <= row->end)
          query->sources.push_back({stream->serial, name, stream->name, key.account + ":" + name, secret, {}});
    }
  } catch (const aws::Error& e) {
    log::warning("a query could not begin", {{"query", key.id}, {"reason", e.message}});
    store_.call([&] { end_query(key, "Failed", {}); });
    return;
  }
  running_[key] = std::move(query);
  store_.call([&] { insights_.update(key, [](Query& changed) { changed.status = "Running"; }); });
  loop_.post([this, key] { advance_query(key); });
}

void Service::advance_query(const state::Key& key) {
  const auto found = running_.find(key);
  const Query* row = insights_.find(key);
  if (found == running_.end() || row == nullptr || !under_way(row->status)) {
    running_.erase(key);
    return;
  }
  RunningQuery& query = *found->second;
  bool over = false;
  try {
    for (int i = 0; i < kEventsPerTurn && !over; ++i) {
      EventSource* newest = nullptr;
      for (auto& source : query.sources) {
        source.fill(store_, row->start, row->end);
        if (source.ready.empty()) continue;
        if (newest == nullptr || std::pair(newest->ready.front().time, newest->ready.front().id) <
                                     std::pair(source.ready.front().time, source.ready.front().id))
          newest = &source;
      }
      if (newest == nullptr) {
        over = true;
        break;
      }
      const EventSource::Found event = std::move(newest->ready.front());
      newest->ready.pop_front();
      const std::string message = open_message(event.message, newest->key);
      ++query.scanned;
      query.bytes += static_cast<double>(message.size());
      over = !query.pipeline.take(insights::record_of(event.time, event.ingested, message, newest->stream, newest->log,
                                                      pointer_of(newest->group, newest->stream, event.id)));
    }
    if (!over) return loop_.post([this, key] { advance_query(key); });
    store_.call([&] { end_query(key, "Complete", query.pipeline.finish()); });
  } catch (const std::exception& e) {
    log::warning("a query failed", {{"query", key.id}, {"reason", e.what()}});
    store_.call([&] { end_query(key, "Failed", {}); });
  }
  running_.erase(key);
}

void Service::end_query(const state::Key& key, const std::string& status, const std::vector<insights::Row>& rows) {
  const auto running = running_.find(key);
  insights_.update(key, [&](Query& row) {
    row.status = status;
    row.finished = loop_.clock().now().ms;
    if (running == running_.end()) return;
    row.scanned = running->second->scanned;
    row.bytes = running->second->bytes;
    row.matched = static_cast<double>(running->second->pipeline.matched());
  });
  store_.touch();
  std::int64_t position = 0;
  for (const auto& row : rows) {
    json::array cells;
    for (const auto& [field, value] : row) cells.push_back(json::array{field, value});
    store_.sql()
        .query("INSERT OR REPLACE INTO log_query_results (query, position, row) VALUES (?,?,?)")
        .bind(1, key.id)
        .bind(2, position++)
        .bind(3, json::serialize(cells))
        .run();
  }
}

void Service::forget_queries() {
  const std::int64_t now = loop_.clock().now().ms;
  for (const auto& [key, row] : insights_.all())
    if (now - row->created > kKept) {
      store_.touch();
      store_.sql().query("DELETE FROM log_query_results WHERE query=?").bind(1, key.id).run();
      insights_.erase(key);
    }
}

cwl::StopQueryResponse Service::stop_query(aws::Context& context, const cwl::StopQueryRequest& request) {
  const state::Key key{context.account, context.region, *request.query_id};
  const Query* row = insights_.find(key);
  if (row == nullptr) throw cwl::errors::ResourceNotFoundException("The specified query does not exist.");
  if (!under_way(row->status))
    throw cwl::errors::InvalidParameterException("Query is in end state: " + row->status + ".");
  end_query(key, "Cancelled", {});
  return {.success = true};
}

cwl::GetQueryResultsResponse Service::get_query_results(aws::Context& context,
                                                        const cwl::GetQueryResultsRequest& request) {
  const Query* row = insights_.find(context.account, context.region, *request.query_id);
  if (row == nullptr) throw cwl::errors::ResourceNotFoundException("The specified query does not exist.");
  cwl::GetQueryResultsResponse out{
      .query_language = "CWLI", .results = std::vector<std::vector<cwl::ResultField>>{}, .status = row->status};
  const auto running = running_.find({context.account, context.region, row->id});
  const bool now = running != running_.end();
  out.statistics = cwl::QueryStatistics{
      .records_matched = now ? static_cast<double>(running->second->pipeline.matched()) : row->matched,
      .records_scanned = now ? running->second->scanned : row->scanned,
      .estimated_records_skipped = 0.0,
      .bytes_scanned = now ? running->second->bytes : row->bytes,
      .estimated_bytes_skipped = 0.0,
      .log_groups_scanned = static_cast<double>(row->groups.size())};
  const auto from = static_cast<std::int64_t>(position_of(request.next_token));
  const std::int64_t most = std::max(1, request.max_items.value_or(10'000));
  auto query =
      store_.sql().query("SELECT row FROM log_query_results WHERE query=? AND position>=? ORDER BY position LIMIT ?");
  query.bind(1, row->id).bind(2, from).bind(3, most + 1);
  while (query.step()) {
    if (static_cast<std::int64_t>(out.results->size()) == most) {
      out.next_token = std::to_string(from + most);
      break;
    }
    std::vector<cwl::ResultField> fields;
    const json::value cells = json::parse(query.text(0));
    for (const auto& cell : cells.as_array())
      fields.push_back({.field = std::string(cell.at(0).as_string()), .value = std::string(cell.at(1).as_string())});
    out.results->push_back(std::move(fields));
  }
  return out;
}

cwl::DescribeQueriesResponse Service::describe_queries(aws::Context& context,
                                                       const cwl::DescribeQueriesRequest& request) {
  std::vector<const Query*> rows = insights_.list(context.account, context.region);
  std::stable_sort(rows.begin(), rows.end(), [](const Query* a, const Query* b) { return a->created > b->created; });
  std::vector<cwl::QueryInfo> found;
  for (const Query* row : rows) {
    if (request.log_group_name &&
        std::find(row->groups.begin(), row->groups.end(), *request.log_group_name) == row->groups.end())
      continue;
    if (request.status && row->status != *request.status) continue;
    if (request.query_language.value_or("CWLI") != "CWLI") continue;
    std::vector<std::string> quoted;
    for (const auto& name : row->groups) quoted.push_back("\"" + name + "\"");
    found.push_back({.query_language = "CWLI",
                     .query_id = row->id,
                     .query_string = "SOURCE " + text::join(quoted, ", ") + " START=" + std::to_string(row->start) +
                                     " END=" + std::to_string(row->end) + " | " + row->text,
                     .status = row->status,
                     .create_time = row->created});
    if (row->groups.size() == 1) found.back().log_group_name = row->groups.front();
  }
  auto next = cut(found, request.next_token, static_cast<std::size_t>(request.max_results.value_or(1000)));
  return {.queries = std::move(found), .next_token = std::move(next)};
}

cwl::GetLogRecordResponse Service::get_log_record(aws::Context& context, const cwl::GetLogRecordRequest& request) {
  const auto parts = text::split(base64::decode(*request.log_record_pointer).value_or(""), '\n');
  if (parts.size() != 3 || parts[2].empty() || parts[2].find_first_not_of("0123456789") != std::string::npos)
    throw cwl::errors::InvalidParameterException("The specified log record pointer is invalid.");
  const Group& owner = group(context.account, context.region, parts[0]);
  const Stream& source = stream(context.account, context.region, parts[0], parts[1]);
  auto query = store_.sql().query("SELECT time, ingested, message FROM log_events WHERE stream=? AND id=?");
  query.bind(1, source.serial).bind(2, std::int64_t{std::stoll(parts[2])});
  if (!query.step()) throw cwl::errors::ResourceNotFoundException("The specified log record does not exist.");
  const std::int64_t time = query.integer(0), ingested = query.integer(1);
  const auto record = insights::record_of(
      time, ingested, open_message(query.blob(2), data_key({context.account, context.region, owner.name}, owner)),
      source.name, context.account + ":" + owner.name, *request.log_record_pointer);
  cwl::GetLogRecordResponse out{.log_record = std::map<std::string, std::string>{}};
  for (const auto& [name, value] : record.values) (*out.log_record)[name] = insights::shown(value);
  (*out.log_record)["@timestamp"] = std::to_string(time);
  (*out.log_record)["@ingestionTime"] = std::to_string(ingested);
  return out;
}

cwl::GetLogGroupFieldsResponse Service::get_log_group_fields(aws::Context& context,
                                                             const cwl::GetLogGroupFieldsRequest& request) {
  const Group& owner = group_by(context, request.log_group_name, request.log_group_identifier);
  // Eight minutes to each side of a moment, or the last fifteen.
  std::int64_t start = context.now.ms - 15 * kMinute, end = context.now.ms;
  if (request.time) {
    start = milliseconds(*request.time, 0) - 8 * kMinute;
    end = milliseconds(*request.time, 0) + 8 * kMinute;
  }
  const auto key = data_key({context.account, context.region, owner.name}, owner);
  std::map<std::string, std::int32_t> counts;
  std::int32_t events = 0;
  for (const Stream* row : streams_of(context.account, context.region, owner.name)) {
    auto query = store_.sql().query(
        "SELECT time, ingested, message FROM log_events WHERE stream=? AND time>=? AND time<=? ORDER BY time LIMIT ?");
    query.bind(1, row->serial).bind(2, start).bind(3, end).bind(4, kSample);
    while (query.step()) {
      ++events;
      const auto record = insights::record_of(query.integer(0), query.integer(1), open_message(query.blob(2), key),
                                              row->name, context.account + ":" + owner.name, "");
      for (const auto& [name, value] : record.values)
        if (name != "@ptr") ++counts[name];
    }
  }
  cwl::GetLogGroupFieldsResponse out{.log_group_fields = std::vector<cwl::LogGroupField>{}};
  for (const auto& [name, count] : counts)
    out.log_group_fields->push_back({.name = name, .percent = count * 100 / events});
  std::stable_sort(out.log_group_fields->begin(), out.log_group_fields->end(),
                   [](const auto& a, const auto& b) { return *a.percent > *b.percent; });
  return out;
}

}  // namespace stratus::services::logs
