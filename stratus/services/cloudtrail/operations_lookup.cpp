// LookupEvents: the last 90 days of an account's management events in one region.
#include "stratus/services/cloudtrail/service.h"
#include "stratus/wire/pagination.h"

namespace stratus::services::cloudtrail {
namespace {

constexpr std::int32_t kMaxResults = 50;

/// The column that an attribute is looked up in; "" for those of resources.
std::string column_of(const std::string& attribute) {
  if (attribute == "EventId") return "event_id";
  if (attribute == "EventName") return "name";
  if (attribute == "EventSource") return "source";
  if (attribute == "Username") return "user";
  if (attribute == "AccessKeyId") return "access_key";
  if (attribute == "ReadOnly") return "read_only";
  return "";
}

}  // namespace

ct::LookupEventsResponse Service::lookup_events(aws::Context& context, const ct::LookupEventsRequest& request) {
  const auto attributes = request.lookup_attributes.value_or(std::vector<ct::LookupAttribute>{});
  if (attributes.size() > 1)
    throw ct::errors::InvalidLookupAttributesException("You can only specify one lookup attribute.");
  if (request.start_time && request.end_time && *request.start_time > *request.end_time)
    throw ct::errors::InvalidTimeRangeException("The start time must be before the end time.");
  const std::int32_t most = request.max_results.value_or(kMaxResults);
  if (most < 1 || most > kMaxResults)
    throw ct::errors::InvalidMaxResultsException("A max results value of " + std::to_string(most) +
                                                 " is invalid. Specify max results between 1 and 50.");
  // Insights are not computed, so that there are none.
  if (request.event_category) return {.events = std::vector<ct::Event>{}};
  std::string where = "account=? AND region=? AND data=0", text;
  std::string column, kind;
  if (!attributes.empty()) {
    kind = *attributes[0].attribute_key;
    text = *attributes[0].attribute_value;
    column = column_of(kind);
    where += column.empty() ? " AND instr(body, ?)>0" : " AND " + column + "=?";
  }
  if (request.start_time) where += " AND time>=?";
  if (request.end_time) where += " AND time<=?";
  const std::string scope = "cloudtrail:" + context.region + ":" + kind + ":" + text;
  std::int64_t behind = INT64_MAX;
  if (request.next_token) {
    behind = std::stoll(wire::page_position(scope, *request.next_token, "InvalidNextTokenException",
                                            "A token that is not valid was specified."));
  }
  // Not before everything is checked: what a refused call wrote is undone.
  flush();
  ct::LookupEventsResponse out{.events = std::vector<ct::Event>{}};
  // By type of resource only what was parsed can tell; a name is at least somewhere in the record.
  std::string sql =
      "SELECT id, event_id, name, read_only, access_key, time, source, user, body FROM cloudtrail_events WHERE " +
      where + " AND id<? ORDER BY id DESC";
  auto rows = store_.sql().query(sql);
  int position = 0;
  rows.bind(++position, context.account);
  rows.bind(++position, context.region);
  if (column == "read_only") {
    rows.bind(++position, std::int64_t{text == "true"});
  } else if (kind == "ResourceType") {
    rows.bind(++position, std::string_view("{"));
  } else if (!kind.empty()) {
    rows.bind(++position, text);
  }
  if (request.start_time) rows.bind(++position, request.start_time->ms - request.start_time->ms % 1000);
  if (request.end_time) rows.bind(++position, request.end_time->ms);
  rows.bind(++position, behind);
  std::int64_t last = 0;
  while (rows.step()) {
    const std::string body = rows.text(8);
    auto resources = resources_of(body);
    if (kind == "ResourceType" || kind == "ResourceName") {
      const bool named = std::any_of(resources.begin(), resources.end(), [&](const ct::Resource& item) {
        return (kind == "ResourceType" ? *item.resource_type : *item.resource_name) == text;
      });
      if (!named) continue;
    }
    if (out.events->size() == static_cast<std::size_t>(most)) {
      out.next_token = wire::page_token(scope, std::to_string(last));
      break;
    }
    last = rows.integer(0);
    ct::Event event{.event_id = rows.text(1),
                    .event_name = rows.text(2),
                    .read_only = rows.integer(3) != 0 ? "true" : "false",
                    .access_key_id = rows.text(4),
                    .event_time = Timestamp{rows.integer(5) - rows.integer(5) % 1000},
                    .event_source = rows.text(6),
                    .username = rows.text(7),
                    .resources = std::move(resources),
                    .cloud_trail_event = body};
    out.events->push_back(std::move(event));
  }
  return out;
}

}  // namespace stratus::services::cloudtrail
