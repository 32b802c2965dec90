#include "stratus/dataplane/balancer/servers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "stratus/core/crypto.h"
#include "stratus/core/text.h"

namespace stratus::balancer {
namespace {

constexpr int full_weight = 100;

bool is_maintenance(std::string_view status) { return status.starts_with("MAINT"); }
bool is_down(std::string_view status) { return status.starts_with("DOWN"); }

bool passed(std::string_view check) {
  return check == "L7OK" || check == "L7OKC" || check == "L6OK" || check == "L4OK";
}
bool undecided(std::string_view check) { return check.empty() || check == "INI" || check == "UNK" || check == "HANA"; }

std::string tls_options(const TargetGroup& group) {
  std::string out;
  if (group.protocol == Protocol::https) out += " ssl verify none";
  if (group.health_check.protocol == Protocol::https) {
    out += group.protocol == Protocol::https ? "" : " check-ssl verify none";
  } else if (group.protocol == Protocol::https) {
    out += " no-check-ssl";
  }
  if (group.health_check.port != 0) out += fmt::format(" port {}", group.health_check.port);
  return out;
}

const Row* find(const Rows& rows, const std::string& proxy, const std::string& server) {
  const auto found = rows.find({proxy, server});
  return found == rows.end() ? nullptr : &found->second;
}

/// Is the probing check, which is on until the target's first verdict, still on?
bool probing(const Row* open_row) { return open_row != nullptr && !text_of(*open_row, "check_status").empty(); }

void remove(const std::string& server, std::vector<std::string>& out) {
  out.push_back("set server " + server + " state maint");
  out.push_back("shutdown sessions server " + server);
  out.push_back("del server " + server);
}

/// Leaving maintenance HAProxy takes a server for healthy; with weight 0 nobody is sent there until that is put right.
void bring_in(const std::string& server, bool checked, bool check_runs_down, std::vector<std::string>& out) {
  if (check_runs_down) out.push_back("set weight " + server + " 0");
  if (checked) out.push_back("enable health " + server);
  out.push_back("set server " + server + " state ready");
  if (check_runs_down) {
    out.push_back("set server " + server + " health down");
    out.push_back(fmt::format("set weight {} {}", server, full_weight));
  }
}

void settle(const TargetGroup& group, const std::string& checked, const std::string& open, const Row& row,
            const Row& open_row, Memory& memory, Timestamp now, std::vector<std::string>& out) {
  const auto check = text_of(open_row, "check_status");
  if (text_of(row, "status").starts_with("UP")) {
    if (number(row, "weight") == 0 && group.slow_start_seconds == 0) {  // we died between two commands of bring_in
      out.push_back("set server " + checked + " health down");
      out.push_back(fmt::format("set weight {} {}", checked, full_weight));
    } else {
      out.push_back("disable health " + open);
    }
    memory = {};
  } else if (passed(check)) {
    out.push_back("set server " + checked + " health up");
    out.push_back("disable health " + open);
    memory = {};
  } else if (!undecided(check)) {
    if (memory.first_failure.ms == 0) memory.first_failure = now;
    memory.last_failure = check;
    memory.last_code = text_of(open_row, "check_code");
    const auto patience =
        std::chrono::seconds(group.health_check.interval_seconds * (group.health_check.unhealthy_threshold - 1));
    if (now - memory.first_failure >= patience) out.push_back("disable health " + open);
  }
}

void explain(std::string_view check, std::string_view code, TargetHealth& health) {
  if (check == "L7STS") {
    health.reason = "Target.ResponseCodeMismatch";
    health.description = fmt::format("Health checks failed with these codes: [{}]", code);
  } else if (check == "L4TOUT" || check == "L6TOUT" || check == "L7TOUT") {
    health.reason = "Target.Timeout";
    health.description = "Request timed out";
  } else {
    health.reason = "Target.FailedHealthChecks";
    health.description = "Health checks failed";
  }
}

TargetHealth observe_one(const TargetGroup& group, const Target& target, const Rows& rows, const Memories& memories) {
  const auto server = server_name(target);
  const auto* row = find(rows, checked_backend(group.id), server);
  const auto* open_row = find(rows, open_backend(group.id), server);
  TargetHealth out;
  out.target_id = target.id;
  out.port = target.port;
  if (target.draining) {
    out.state = State::draining;
    out.reason = "Target.DeregistrationInProgress";
    out.description = "Target deregistration is in progress";
    const auto idle = [](const Row* r) {
      return r == nullptr || (is_maintenance(text_of(*r, "status")) && number(*r, "scur") == 0);
    };
    out.drained = idle(row) && idle(open_row);
    return out;
  }
  const auto status = row == nullptr ? std::string_view() : text_of(*row, "status");
  const bool ready = row != nullptr && !is_maintenance(status) && !is_down(status);
  if (ready && (status.starts_with("no check") || number(*row, "weight") > 0)) {
    out.state = State::healthy;
    return out;
  }
  if (row == nullptr || is_maintenance(status) || ready || probing(open_row)) {
    out.state = State::initial;
    out.reason = "Elb.RegistrationInProgress";
    out.description = "Target registration is in progress";
    return out;
  }
  out.state = State::unhealthy;
  const auto check = text_of(*row, "check_status");
  const auto memory = memories.find(checked_backend(group.id) + "/" + server);
  if (!undecided(check) && !passed(check))
    explain(check, text_of(*row, "check_code"), out);
  else if (memory != memories.end())
    explain(memory->second.last_failure, memory->second.last_code, out);
  else
    explain("", "", out);
  return out;
}

int rank(State state) {
  switch (state) {
    case State::unhealthy:
      return 0;
    case State::initial:
      return 1;
    case State::draining:
      return 2;
    case State::healthy:
      return 3;
    case State::unused:
      return 4;
  }
  return 5;
}

}  // namespace

std::string checked_backend(std::string_view group_id) { return "g." + std::string(group_id); }
std::string open_backend(std::string_view group_id) { return "o." + std::string(group_id); }

std::string server_name(const Target& target) {
  return "t" + crypto::sha256_hex(fmt::format("{}|{}|{}", target.id, target.address, target.port)).substr(0, 20);
}

std::string checked_options(const TargetGroup& group, const Target& target) {
  const auto& check = group.health_check;
  std::string out = fmt::format("{}:{}", target.address, target.port);
  if (check.enabled)
    out += fmt::format(" check inter {}s rise {} fall {}", check.interval_seconds, check.healthy_threshold,
                       check.unhealthy_threshold);
  if (group.slow_start_seconds > 0) out += fmt::format(" slowstart {}s", group.slow_start_seconds);
  return out + tls_options(group);
}

std::string open_options(const TargetGroup& group, const Target& target) {
  std::string out = fmt::format("{}:{}", target.address, target.port);
  // Never down for want of health: a fall of a million checks is eleven days of them.
  if (group.health_check.enabled) out += " check inter 1s rise 1 fall 1000000";
  return out + tls_options(group);
}

std::vector<std::string> plan(const std::vector<TargetGroup>& groups, const Rows& rows, Memories& memories,
                              Timestamp now) {
  std::vector<std::string> out;
  std::set<std::pair<std::string, std::string>> wanted;
  for (const auto& group : groups) {
    for (const auto& target : group.targets) {
      const auto name = server_name(target);
      const auto in_checked = std::pair(checked_backend(group.id), name),
                 in_open = std::pair(open_backend(group.id), name);
      const auto checked = in_checked.first + "/" + name, open = in_open.first + "/" + name;
      wanted.insert(in_checked);
      wanted.insert(in_open);
      const auto* row = find(rows, in_checked.first, name);
      const auto* open_row = find(rows, in_open.first, name);
      if (row == nullptr)
        out.push_back(fmt::format("add server {} {} weight {}", checked, checked_options(group, target), full_weight));
      if (open_row == nullptr)
        out.push_back(fmt::format("add server {} {} weight {}", open, open_options(group, target), full_weight));
      // The new ones are in maintenance; so are those that drained, or whose adding was interrupted.
      const bool out_of_use = row == nullptr || is_maintenance(text_of(*row, "status"));
      const bool open_out_of_use = open_row == nullptr || is_maintenance(text_of(*open_row, "status"));
      const bool check = group.health_check.enabled;
      if (target.draining) {
        // Maintenance, not drain: a server in drain still takes the requests of clients that stick to it.
        if (!out_of_use) out.push_back("set server " + checked + " state maint");
        if (!open_out_of_use) out.push_back("set server " + open + " state maint");
        memories.erase(checked);
        continue;
      }
      if (open_out_of_use) bring_in(open, check, false, out);
      // Fully healthy, so that no failed probe takes it down: a server that has just come would go with its first.
      if (check && (open_out_of_use || is_down(text_of(*open_row, "status")))) {
        if (!open_out_of_use && !probing(open_row)) out.push_back("enable health " + open);
        out.push_back("set server " + open + " health up");
        if (!open_out_of_use && !probing(open_row)) out.push_back("disable health " + open);
      }
      if (out_of_use) bring_in(checked, check, check, out);
      if (check && !out_of_use && !open_out_of_use && probing(open_row))
        settle(group, checked, open, *row, *open_row, memories[checked], now, out);
    }
  }
  for (const auto& [key, row] : rows) {
    const auto& [proxy, server] = key;
    if (server == "FRONTEND" || server == "BACKEND" || (!proxy.starts_with("g.") && !proxy.starts_with("o."))) continue;
    if (wanted.contains(key)) continue;
    remove(proxy + "/" + server, out);
    memories.erase(proxy + "/" + server);
  }
  return out;
}

Health observe(const std::vector<TargetGroup>& groups, const Rows& rows, const Memories& memories) {
  Health out;
  for (const auto& group : groups) {
    auto& list = out[group.id];
    for (const auto& target : group.targets) list.push_back(observe_one(group, target, rows, memories));
  }
  return out;
}

Health merge(const std::vector<Health>& nodes) {
  Health out;
  for (const auto& node : nodes) {
    for (const auto& [group, list] : node) {
      auto& merged = out[group];
      for (const auto& seen : list) {
        const auto same = [&](const TargetHealth& h) { return h.target_id == seen.target_id && h.port == seen.port; };
        const auto found = std::find_if(merged.begin(), merged.end(), same);
        if (found == merged.end()) {
          merged.push_back(seen);
          continue;
        }
        const bool drained = found->drained && seen.drained;
        if (rank(seen.state) < rank(found->state)) *found = seen;
        found->drained = drained;
      }
    }
  }
  return out;
}

std::string server_state(const std::vector<TargetGroup>& groups, std::string_view old_state) {
  // Columns of version 1 (doc/management.txt, "show servers state"): 1 be_name, 3 srv_name, 4 srv_addr, 18 srv_port.
  std::map<std::string, std::string> known;
  std::string header =
      "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
      "srv_time_since_last_change "
      "srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id "
      "srv_f_forced_id "
      "srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";
  for (const auto& line : text::split(old_state, '\n')) {
    if (line.starts_with("#")) header = line;
    const auto columns = text::split(line, ' ');
    if (columns.size() > 18) known[columns[1] + "/" + columns[3]] = line;
  }
  std::string out = "1\n" + header + "\n";
  for (const auto& group : groups) {
    if (!group.health_check.enabled) continue;
    for (const auto& target : group.targets) {
      const auto name = server_name(target);
      const auto checked = checked_backend(group.id), open = open_backend(group.id);
      const auto old = known.find(checked + "/" + name), old_open = known.find(open + "/" + name);
      if (old != known.end() && old_open != known.end()) {
        out += old->second + "\n" + old_open->second + "\n";
      } else {
        // Stopped (0), no admin state, full weight, check status INI (1), unknown (0), health 0, configured and enabled
        // (6).
        out += fmt::format("1 {} 1 {} {} 0 0 {} {} 0 1 0 0 6 0 0 0 - {} - 0 0 - - 0\n", checked, name, target.address,
                           full_weight, full_weight, target.port);
        // Running (2), at its full health.
        out += fmt::format("1 {} 1 {} {} 2 0 {} {} 0 1 0 1000000 6 0 0 0 - {} - 0 0 - - 0\n", open, name,
                           target.address, full_weight, full_weight, target.port);
      }
    }
  }
  return out;
}

}  // namespace stratus::balancer
