// What a task hears at 169.254.170.2: metadata of versions 2 to 4, statistics, its role's credentials, its protection.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
#include <boost/json.hpp>
#include <thread>

#include "stratus/core/arn.h"
#include "stratus/core/log.h"
#include "stratus/core/text.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

namespace json = boost::json;

constexpr auto kCredentialsLast = std::chrono::hours(6);     // as ECS's do
constexpr auto kCredentialsRenewed = std::chrono::hours(1);  // before they end; SDKs ask again some minutes before

Ecs::Answer refusal(int status, const std::string& code, const std::string& message) {
  return {status, json::serialize(json::object{{"code", code}, {"message", message}, {"HTTPErrorCode", status}})};
}

void put_time(json::object& out, const char* name, const std::optional<Timestamp>& time) {
  if (time) out[name] = to_rfc3339(*time);
}

std::string family_of(const std::string& definition_arn) {
  const std::string name = definition_arn.substr(definition_arn.rfind('/') + 1);
  return name.substr(0, name.rfind(':'));
}
std::string revision_of(const std::string& definition_arn) {
  return definition_arn.substr(definition_arn.rfind(':') + 1);
}

json::object network_of(const Task& task, int version) {
  json::object out{{"NetworkMode", "awsvpc"}, {"IPv4Addresses", json::array{task.private_ip}}};
  if (version < 4) return out;
  out["AttachmentIndex"] = 0;
  out["MACAddress"] = task.mac;
  json::array servers, domains;
  for (const auto& server : text::split(task.resolver, ' ')) servers.emplace_back(server);
  if (!task.search.empty())
    for (const auto& domain : text::split(task.search, ' ')) domains.emplace_back(domain);
  out["DomainNameServers"] = std::move(servers);
  out["DomainNameSearchList"] = std::move(domains);
  out["PrivateDNSName"] = "ip-" + text::join(text::split(task.private_ip, '.'), "-") + ".ec2.internal";
  if (!task.subnet_cidr.empty()) {
    out["IPv4SubnetCIDRBlock"] = task.subnet_cidr;
    const auto slash = task.subnet_cidr.find('/');
    auto gateway = text::split(task.subnet_cidr.substr(0, slash), '.');
    if (gateway.size() == 4) gateway[3] = std::to_string(std::atoi(gateway[3].c_str()) + 1);
    out["SubnetGatewayIpv4Address"] = text::join(gateway, ".") + task.subnet_cidr.substr(slash);
  }
  return out;
}

json::object reading(const containers::Stats& stats) {
  return {{"cpu_usage", json::object{{"total_usage", stats.cpu_ns}}},
          {"online_cpus", static_cast<std::uint64_t>(std::thread::hardware_concurrency())}};
}

}  // namespace

std::optional<state::Key> Ecs::key_of_task(const std::string& task_id) const {
  for (const auto& [key, task] : tasks_.all())
    if (key.id == task_id) return key;
  return std::nullopt;
}

void Ecs::open_endpoint(const state::Key& key) {
  const Task& task = *tasks_.find(key);
  ports_.endpoints.open(key.id, task.netns, [this, key](const Result<>& opened) {
    if (opened) return;
    log::warning("ecs.endpoint_failed", {{"task", key.id}, {"error", opened.error().message()}});
    // The namespace may be on its way (after a boot): as long as the task lives, again.
    loop_.after(std::chrono::seconds(2), [this, key] {
      const Task* now = tasks_.find(key);
      if (now != nullptr && now->last != "STOPPED" && now->last != "DEPROVISIONING") open_endpoint(key);
    });
  });
}

void Ecs::answer(const std::string& task_id, const std::string& method, const std::string& path,
                 const std::string& body, std::function<void(Answer)> reply) {
  const auto key = key_of_task(task_id);
  const Task* task = key ? tasks_.find(*key) : nullptr;
  if (task == nullptr) return reply(refusal(404, "NoTask", "The task is gone."));
  auto parts = text::split(path.substr(0, path.find('?')), '/');
  std::erase(parts, "");
  const auto is = [&](std::size_t from, const std::vector<std::string>& rest) {
    return parts.size() == from + rest.size() &&
           std::equal(rest.begin(), rest.end(), parts.begin() + static_cast<std::ptrdiff_t>(from));
  };
  const bool get = method == "GET" || method == "HEAD";
  std::vector<std::size_t> all(task->containers.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  if (get && parts.size() == 3 && parts[0] == "v2" && parts[1] == "credentials")
    return reply(credentials(*key, parts[2]));
  if (get && is(0, {"v2", "metadata"})) return reply({200, task_metadata(*key, *task, 2, false)});
  if (get && is(0, {"v2", "stats"})) return stats(*key, all, false, std::move(reply));
  if (parts.size() < 2) return reply(refusal(404, "NotFound", "404 page not found"));
  // Everything else names the container that asks.
  std::optional<std::size_t> index;
  for (const std::size_t i : all)
    if (task->containers[i].runtime_id == parts[1]) index = i;
  if (!index)
    return reply(refusal(404, "NoContainer", "unable to get container ID from request: no container " + parts[1]));
  if (is(0, {"api", parts[1], "task-protection", "v1", "state"}) && (get || method == "PUT"))
    return reply(protection(*key, method, body));
  const int version = parts[0] == "v3" ? 3 : parts[0] == "v4" ? 4 : 0;
  if (version == 0 || !get) return reply(refusal(404, "NotFound", "404 page not found"));
  if (is(2, {})) return reply({200, container_metadata(*key, *task, *index, version)});
  if (is(2, {"task"})) return reply({200, task_metadata(*key, *task, version, false)});
  if (is(2, {"taskWithTags"})) return reply({200, task_metadata(*key, *task, version, true)});
  if (is(2, {"stats"})) return stats(*key, {*index}, true, std::move(reply));
  if (is(2, {"task", "stats"})) return stats(*key, all, false, std::move(reply));
  reply(refusal(404, "NotFound", "404 page not found"));
}

Ecs::Answer Ecs::credentials(const state::Key& key, const std::string& id) {
  const Task& task = *tasks_.find(key);
  const TaskDefinition* definition = definition_by_arn(task.definition_arn);
  const std::string role =
      task.overrides.task_role_arn.value_or(definition ? definition->definition.task_role_arn.value_or("") : "");
  if (role.empty() || task.credentials_id.empty() || id != task.credentials_id)
    return refusal(400, "InvalidIdInRequest", "CredentialsV2Request: Credentials not found");
  const Timestamp now = loop_.clock().now();
  auto& [issued_role, held] = issued_[key.id];
  if (issued_role != role || held.expires - now < kCredentialsRenewed) {
    std::optional<RoleCredentials> fresh;
    store_.call([&] { fresh = ports_.permissions.assume(role, key.id, kCredentialsLast); });
    if (!fresh)
      return refusal(500, "InternalServerError",
                     "CredentialsV2Request: Credentials not found: the role " + role + " is gone");
    issued_role = role;
    held = *fresh;
  }
  return {200, json::serialize(json::object{{"RoleArn", role},
                                            {"AccessKeyId", held.access_key_id},
                                            {"SecretAccessKey", held.secret},
                                            {"Token", held.token},
                                            {"Expiration", to_rfc3339(held.expires)}})};
}

std::string Ecs::container_metadata(const state::Key& key, const Task& task, std::size_t index, int version) const {
  const ContainerState& state = task.containers[index];
  const TaskDefinition* definition = definition_by_arn(task.definition_arn);
  const std::string cluster_arn = make_arn("ecs", key.region, key.account, "cluster/" + task.cluster);
  json::object out{
      {"DockerId", state.runtime_id},
      {"Name", state.name},
      {"DockerName", state.name},
      {"Image", state.image},
      {"ImageID", state.digest},
      {"Labels", json::object{{"com.amazonaws.ecs.cluster", cluster_arn},
                              {"com.amazonaws.ecs.container-name", state.name},
                              {"com.amazonaws.ecs.task-arn", task.arn},
                              {"com.amazonaws.ecs.task-definition-family", family_of(task.definition_arn)},
                              {"com.amazonaws.ecs.task-definition-version", revision_of(task.definition_arn)}}},
      {"DesiredStatus", task.desired},
      {"KnownStatus", state.status},
      {"Type", "NORMAL"}};
  if (state.exit_code) out["ExitCode"] = *state.exit_code;
  put_time(out, "CreatedAt", state.created);
  put_time(out, "StartedAt", state.started);
  put_time(out, "FinishedAt", state.finished);
  json::object limits{{"CPU", 0}};
  if (definition != nullptr) {
    const auto& d = (*definition->definition.container_definitions)[index];
    limits["CPU"] = d.cpu.value_or(0);
    if (d.memory) limits["Memory"] = *d.memory;
    if (d.docker_labels)
      for (const auto& [name, value] : *d.docker_labels) out["Labels"].as_object()[name] = value;
    if (d.health_check) out["Health"] = json::object{{"status", state.health}};
    if (!state.log_group.empty() && version >= 4) {
      out["LogDriver"] = "awslogs";
      out["LogOptions"] = json::object{
          {"awslogs-group", state.log_group}, {"awslogs-region", key.region}, {"awslogs-stream", state.log_stream}};
    }
  }
  out["Limits"] = std::move(limits);
  if (version >= 4) {
    out["ContainerARN"] =
        make_arn("ecs", key.region, key.account, "container/" + task.cluster + "/" + task.id + "/" + state.name);
    out["Snapshotter"] = "overlayfs";
  }
  out["Networks"] = json::array{network_of(task, version)};
  return json::serialize(out);
}

std::string Ecs::task_metadata(const state::Key& key, const Task& task, int version, bool tags) const {
  json::object out{{"Cluster", make_arn("ecs", key.region, key.account, "cluster/" + task.cluster)},
                   {"TaskARN", task.arn},
                   {"Family", family_of(task.definition_arn)},
                   {"Revision", revision_of(task.definition_arn)},
                   {"DesiredStatus", task.desired},
                   {"KnownStatus", task.last},
                   {"Limits", json::object{{"CPU", std::stod(task.cpu) / 1024}, {"Memory", std::stoi(task.memory)}}},
                   {"AvailabilityZone", task.zone}};
  put_time(out, "PullStartedAt", task.pull_started);
  put_time(out, "PullStoppedAt", task.pull_stopped);
  json::array containers;
  for (std::size_t i = 0; i < task.containers.size(); ++i)
    containers.push_back(json::parse(container_metadata(key, task, i, version)));
  out["Containers"] = std::move(containers);
  if (version >= 4) {
    out["LaunchType"] = task.launch_type;
    out["FaultInjectionEnabled"] = false;
    if (task.group.starts_with("service:")) out["ServiceName"] = task.group.substr(8);
  }
  if (tags) {
    json::object of_task;
    for (const auto& [name, value] : task.tags) of_task[name] = value;
    out["TaskTags"] = std::move(of_task);
  }
  return json::serialize(out);
}

void Ecs::stats(const state::Key& key, std::vector<std::size_t> which, bool one, std::function<void(Answer)> reply) {
  const Task& task = *tasks_.find(key);
  struct Collected {
    std::size_t left;
    json::object readings;
  };
  const auto collected = std::make_shared<Collected>();
  std::vector<std::pair<std::string, std::string>> wanted;
  for (const std::size_t i : which)
    if (task.containers[i].status == "RUNNING" && !task.containers[i].runtime_id.empty())
      wanted.emplace_back(task.containers[i].runtime_id, task.containers[i].name);
  collected->left = wanted.size();
  if (wanted.empty()) return reply(one ? refusal(500, "NoStats", "no statistics yet") : Answer{200, "{}"});
  for (const auto& [id, name] : wanted)
    containers_.stats(id, [this, collected, one, reply, id = id, name = name](const Result<containers::Stats>& stats) {
      const Timestamp now = loop_.clock().now();
      json::object out{{"id", id}, {"name", name}, {"read", to_rfc3339(now)}};
      if (stats) {
        if (const auto before = last_stats_.find(id); before != last_stats_.end()) {
          out["preread"] = to_rfc3339(before->second.first);
          out["precpu_stats"] = reading(before->second.second);
        }
        out["cpu_stats"] = reading(*stats);
        out["memory_stats"] = json::object{{"usage", stats->memory_bytes}, {"limit", stats->memory_limit_bytes}};
        out["pids_stats"] = json::object{{"current", stats->pids}};
        last_stats_[id] = {now, *stats};
      }
      collected->readings[id] = std::move(out);
      if (--collected->left != 0) return;
      reply({200, json::serialize(one ? json::value(collected->readings.begin()->value())
                                      : json::value(collected->readings))});
    });
}

Ecs::Answer Ecs::protection(const state::Key& key, const std::string& method, const std::string& body) {
  const Task& task = *tasks_.find(key);
  const TaskDefinition* definition = definition_by_arn(task.definition_arn);
  const std::string role =
      task.overrides.task_role_arn.value_or(definition ? definition->definition.task_role_arn.value_or("") : "");
  const std::string action = method == "PUT" ? "ecs:UpdateTaskProtection" : "ecs:GetTaskProtection";
  const auto failed = [&](int status, const std::string& code, const std::string& message) {
    return Answer{status, json::serialize(json::object{
                              {"requestID", random_.uuid()},
                              {"error", json::object{{"Arn", task.arn}, {"Code", code}, {"Message", message}}}})};
  };
  if (role.empty() || !ports_.permissions.allows(role, action, task.arn))
    return failed(400, "AccessDeniedException",
                  (role.empty() ? "The task has no role that" : role) + " is not authorized to perform: " + action);
  if (!task.group.starts_with("service:")) return failed(400, "TASK_NOT_VALID", "The task is not part of a service.");
  c::ProtectedTask shown{.task_arn = task.arn, .protection_enabled = task.protected_until > loop_.clock().now()};
  if (method == "PUT") {
    boost::system::error_code broken;
    const json::value wanted = json::parse(body, broken);
    const auto* on = broken || !wanted.is_object() ? nullptr : wanted.as_object().if_contains("ProtectionEnabled");
    if (on == nullptr || !on->is_bool())
      return failed(400, "InvalidParameterException", "Invalid request: does not contain 'ProtectionEnabled' field");
    const auto* minutes = wanted.as_object().if_contains("ExpiresInMinutes");
    const std::int64_t most = minutes != nullptr && minutes->is_int64() ? minutes->as_int64() : 120;
    if (most < 1 || most > 2880)
      return failed(400, "InvalidParameterException", "expiresInMinutes must be between 1 and 2880.");
    store_.call([&] { shown = protect(key, on->as_bool(), static_cast<std::int32_t>(most)); });
  } else if (*shown.protection_enabled) {
    shown.expiration_date = task.protected_until;
  }
  json::object out{{"ProtectionEnabled", *shown.protection_enabled}, {"TaskArn", *shown.task_arn}};
  if (shown.expiration_date) out["ExpirationDate"] = to_rfc3339(*shown.expiration_date);
  return {200, json::serialize(json::object{{"protection", std::move(out)}})};
}

}  // namespace stratus::services::ecs
