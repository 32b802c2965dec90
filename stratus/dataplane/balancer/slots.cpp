#include "stratus/dataplane/balancer/slots.h"

#include <fmt/format.h>

#include <algorithm>

#include "stratus/core/text.h"

namespace stratus::balancer {
namespace {

std::string value(const Row& row, const char* column) {
  const auto found = row.find(column);
  return found == row.end() ? "" : found->second;
}

/// "* L7OK" while the next check runs.
std::string check_status(const Row& row) {
  const std::string text = value(row, "check_status");
  return text.starts_with("* ") ? text.substr(2) : text;
}

bool passed(const Row& row) { return check_status(row) == "L7OK" || check_status(row) == "L7OKC"; }
bool is_down(const Row& row) { return value(row, "status").starts_with("DOWN"); }
bool is_maintained(const Row& row) { return value(row, "status").starts_with("MAINT"); }

TargetHealth with(TargetHealth health, State state, std::string reason, std::string description) {
  health.state = state;
  health.reason = std::move(reason);
  health.description = std::move(description);
  health.drained = false;
  return health;
}

TargetHealth failed(const TargetHealth& health, const Row& row) {
  const std::string status = check_status(row);
  if (status == "L4TOUT" || status == "L6TOUT" || status == "L7TOUT")
    return with(health, State::unhealthy, "Target.Timeout", "Request timed out");
  if (status == "L7STS")
    return with(health, State::unhealthy, "Target.ResponseCodeMismatch",
                fmt::format("Health checks failed with these codes: [{}]", value(row, "check_code")));
  return with(health, State::unhealthy, "Target.FailedHealthChecks", "Health checks failed");
}

const Target* find_target(const TargetGroup& group, const Slot& slot) {
  for (const auto& target : group.targets)
    if (target.id == slot.target_id && target.address == slot.address && target.port == slot.port) return &target;
  return nullptr;
}

}  // namespace

bool assign(Slots& slots, const LoadBalancer& model, Timestamp now) {
  bool grown = false;
  std::erase_if(slots, [&](const auto& entry) {
    return std::none_of(model.target_groups.begin(), model.target_groups.end(),
                        [&](const TargetGroup& group) { return group.id == entry.first; });
  });
  for (const auto& group : model.target_groups) {
    auto& row = slots[group.id];
    for (auto& slot : row)
      if (!slot.target_id.empty() && find_target(group, slot) == nullptr) {
        slot = Slot{};
        slot.used = true;
      }
    for (const auto& target : group.targets) {
      const auto mine = std::find_if(row.begin(), row.end(), [&](const Slot& slot) {
        return slot.target_id == target.id && slot.address == target.address && slot.port == target.port;
      });
      if (mine != row.end()) {
        const bool draining = mine->health.state == State::draining;
        if (target.draining != draining) mine->since = now;
        if (target.draining && !draining)
          mine->health = with(mine->health, State::draining, "Target.DeregistrationInProgress",
                              "Target deregistration is in progress");
        if (!target.draining && draining)
          mine->health = with(mine->health, State::initial, "Elb.RegistrationInProgress",
                              "Target registration is in progress");
        continue;
      }
      auto free = std::find_if(row.begin(), row.end(),
                               [](const Slot& slot) { return slot.target_id.empty() && !slot.used; });
      if (free == row.end()) {
        std::erase_if(row, [](const Slot& slot) { return slot.target_id.empty(); });
        const std::size_t filled = row.size();
        row.resize(std::max<std::size_t>(16, 2 * (filled + 1)));
        free = row.begin() + static_cast<std::ptrdiff_t>(filled);
        grown = true;
      }
      *free = Slot{target.id, target.address, target.port, {}, now, false};
      free->health.target_id = target.id;
      free->health.port = target.port;
      free->health = target.draining ? with(free->health, State::draining, "Target.DeregistrationInProgress",
                                            "Target deregistration is in progress")
                     : group.health_check.enabled
                         ? with(free->health, State::initial, "Elb.RegistrationInProgress",
                                "Target registration is in progress")
                         : with(free->health, State::healthy, "", "");
    }
    if (row.empty()) {
      row.resize(16);
      grown = true;
    }
  }
  return grown;
}

void renew(Slots& slots) {
  for (auto& [group, row] : slots)
    for (auto& slot : row) slot.used = false;
}

std::vector<HealthChange> observe(Slots& slots, const LoadBalancer& model, const std::vector<Row>& rows,
                                  Timestamp now) {
  std::map<std::pair<std::string, std::string>, std::vector<const Row*>> by_server;
  for (const Row& row : rows) by_server[{value(row, "pxname"), value(row, "svname")}].push_back(&row);
  std::vector<HealthChange> changes;
  for (const auto& group : model.target_groups) {
    auto& line = slots[group.id];
    for (std::size_t i = 0; i < line.size(); ++i) {
      Slot& slot = line[i];
      if (slot.target_id.empty()) continue;
      const std::string address = fmt::format("{}:{}", slot.address, slot.port);
      std::vector<const Row*> seen;
      int connections = 0;
      for (const auto& backend : {"g_" + group.id, "o_" + group.id})
        for (const Row* row : by_server[{backend, fmt::format("s{}", i)}]) {
          connections += std::atoi(value(*row, "scur").c_str());
          if (backend[0] == 'g' && !is_maintained(*row) && value(*row, "addr") == address) seen.push_back(row);
        }
      if (seen.empty()) continue;
      TargetHealth after = slot.health;
      const auto pass = std::find_if(seen.begin(), seen.end(),
                                     [](const Row* row) { return passed(*row) && !is_down(*row); });
      const bool any_pass = std::any_of(seen.begin(), seen.end(), [](const Row* row) { return passed(*row); });
      const bool all_down = std::all_of(seen.begin(), seen.end(), [](const Row* row) { return is_down(*row); });
      const auto& check = group.health_check;
      switch (slot.health.state) {
        case State::initial:
          // AWS counts one success after a registration as healthy, and takes the whole threshold to call it unhealthy.
          if (any_pass)
            after = with(after, State::healthy, "", "");
          else if (all_down && now - slot.since >=
                                   std::chrono::seconds(check.interval_seconds) * check.unhealthy_threshold)
            after = failed(after, *seen.front());
          break;
        case State::healthy:
          if (all_down && check.enabled) after = failed(after, *seen.front());
          break;
        case State::unhealthy:
          if (pass != seen.end()) after = with(after, State::healthy, "", "");
          break;
        case State::draining: after.drained = connections == 0; break;
        case State::unused: break;
      }
      if (after.state == slot.health.state && after.drained == slot.health.drained) continue;
      if (after.state != slot.health.state) slot.since = now;
      changes.push_back({model.id, group.id, slot.health, after});
      slot.health = after;
    }
  }
  return changes;
}

std::vector<std::string> plan(const Slots& slots, const std::vector<Row>& rows) {
  std::map<std::pair<std::string, std::string>, const Row*> by_server;
  for (const Row& row : rows) by_server[{value(row, "pxname"), value(row, "svname")}] = &row;
  std::vector<std::string> commands;
  for (const auto& [group, line] : slots)
    for (std::size_t i = 0; i < line.size(); ++i)
      for (const bool open : {false, true}) {
        const std::string backend = (open ? "o_" : "g_") + group, server = fmt::format("s{}", i);
        const auto found = by_server.find({backend, server});
        if (found == by_server.end()) continue;
        const Row& row = *found->second;
        const Slot& slot = line[i];
        const std::string name = backend + "/" + server;
        const bool wanted = !slot.target_id.empty() && (!open || slot.health.state == State::unhealthy);
        if (!wanted) {
          if (!is_maintained(row)) commands.push_back("set server " + name + " state maint");
          // Those of a target that only moved out of the fail-open twin may finish.
          if (!is_maintained(row) && slot.target_id.empty()) commands.push_back("shutdown sessions server " + name);
          continue;
        }
        if (value(row, "addr") != fmt::format("{}:{}", slot.address, slot.port))
          commands.push_back(fmt::format("set server {} addr {} port {}", name, slot.address, slot.port));
        const std::string weight = open || slot.health.state == State::healthy ? "100" : "0";
        const std::string actual = value(row, "uweight").empty() ? value(row, "weight") : value(row, "uweight");
        if (actual != weight) commands.push_back(fmt::format("set server {} weight {}", name, weight));
        if (is_maintained(row)) commands.push_back("set server " + name + " state ready");
        if (!open && slot.health.state == State::healthy && is_down(row) && passed(row))
          commands.push_back("set server " + name + " health up");
      }
  return commands;
}

std::vector<Row> parse_stat(std::string_view csv) {
  std::vector<Row> rows;
  std::vector<std::string> columns;
  for (const auto& line : text::split(csv, '\n')) {
    if (line.empty()) continue;
    std::vector<std::string> cells;
    std::string cell;
    bool quoted = false;
    for (const char c : line) {
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted) {
        cells.push_back(std::move(cell));
        cell.clear();
      } else if (c != '\r')
        cell += c;
    }
    cells.push_back(std::move(cell));
    if (line.starts_with("# ")) {
      columns = std::move(cells);
      columns[0] = columns[0].substr(2);
      continue;
    }
    Row row;
    for (std::size_t i = 0; i < std::min(cells.size(), columns.size()); ++i) row[columns[i]] = cells[i];
    if (row.contains("svname") && !row["svname"].empty()) rows.push_back(std::move(row));
  }
  return rows;
}

std::string to_text(const Slots& slots) {
  std::string out;
  for (const auto& [group, line] : slots)
    for (const auto& slot : line)
      out += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", group, slot.target_id, slot.address, slot.port,
                         static_cast<int>(slot.health.state), slot.health.reason, slot.health.description,
                         slot.since.ms, slot.used ? 1 : 0);
  return out;
}

Slots slots_from_text(std::string_view text) {
  Slots slots;
  for (const auto& line : text::split(text, '\n')) {
    const auto cells = text::split(line, '\t');
    if (cells.size() != 9) continue;
    Slot slot{cells[1], cells[2], static_cast<std::uint16_t>(std::atoi(cells[3].c_str())), {}, {}, cells[8] == "1"};
    slot.health = {cells[1], slot.port, static_cast<State>(std::clamp(std::atoi(cells[4].c_str()), 0, 4)), cells[5],
                   cells[6]};
    slot.since.ms = std::atoll(cells[7].c_str());
    slots[cells[0]].push_back(std::move(slot));
  }
  return slots;
}

}  // namespace stratus::balancer
